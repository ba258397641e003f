"""Records of boards of any size: systems with several seeds, on scene- and object-centric data, with what they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert
from sqlmodel import Session, SQLModel

from evaluator.effects_codec import encode_effects
from submissions.tables import Artifact, Evaluation, ImageEffects, Queue, Result, Status, Submission, SubmittedRun

_ARTIFACT = "0" * 64
_SETTINGS = ("zero-shot", "fine-tuned", "trained-from-scratch")
_DATA = (["CC3M"], ["CC3M", "SBU"], ["LAION-400M"], [])
_INTERACTIONS = ("dual-encoder", "cross-encoder", "re-ranking")


@dataclass(frozen=True, slots=True)
class Ground:
    """What systems are measured on."""

    protocol: str
    split: str
    centricity: str
    n_images: int
    captions_per_image: int


SCENES = Ground("coco-5k", "coco/karpathy-test-25000", "scene", 5000, 5)
OBJECTS = Ground("abo", "abo/test", "object", 2000, 1)


def fill(
    session: Session,
    *,
    n_systems: int,
    n_seeds: int,
    seed: int = 0,
    name: str = "system",
    grounds: Sequence[Ground] = (SCENES,),
) -> None:
    """Store generated systems, each with as many seeds on every ground; a third of them does not say what it is."""
    rng = np.random.default_rng(seed)
    now = datetime.now(UTC)
    kinds = (Artifact, Submission, SubmittedRun, Evaluation, Result, ImageEffects)
    rows: dict[type[SQLModel], list[dict[str, Any]]] = {kind: [] for kind in kinds}
    if session.get(Artifact, _ARTIFACT) is None:
        rows[Artifact].append({"sha256": _ARTIFACT, "size": 1, "filename": "scores.npy", "created_at": now})
    difficulties = [rng.uniform(-0.3, 0.3, ground.n_images) for ground in grounds]
    for number in range(n_systems):
        submission = uuid4()
        rows[Submission].append(_submission(rng, submission, number, name, n_seeds) | {"created_at": now})
        # What is good on scenes is often, and not always, good on objects.
        level = rng.uniform(0.2, 0.6)
        levels = [level, *(float(np.clip(level + rng.normal(0, 0.06), 0.05, 0.65)) for _ in grounds[1:])]
        for position in range(n_seeds):
            run = uuid4()
            rows[SubmittedRun].append(
                {
                    "id": run,
                    "submission_id": submission,
                    "position": position,
                    "artifact_sha256": _ARTIFACT,
                    "format": "npy",
                    "seed": position,
                    "seed_governs": ["training"],
                }
            )
            finished = now - timedelta(seconds=(number * n_seeds + position) * 7 % 100_003)
            for ground, own, difficulty in zip(grounds, levels, difficulties, strict=True):
                evaluation = uuid4()
                rows[Evaluation].append(
                    _evaluation(evaluation, run, ground)
                    | {
                        "ranks_sha256": f"{number:032d}{position:032d}",
                        "queued_at": now,
                        "finished_at": finished,
                    }
                )
                rows[Result] += _results(evaluation, own + rng.normal(0, 0.004))
                rows[ImageEffects].append(_effects(rng, evaluation, ground, np.clip(own + difficulty, 0, 1)))
    for table, values in rows.items():
        if values:
            session.execute(insert(table), values)


def _submission(rng: np.random.Generator, submission: UUID, number: int, name: str, n_seeds: int) -> dict[str, Any]:
    manifest: dict[str, Any] = {"runs": [{"file": "scores.npy"}] * n_seeds}
    if number % 3:
        manifest["traits"] = {
            "parameters": int(10 ** rng.uniform(7, 9.5)),
            "pretraining_data": _DATA[number % len(_DATA)],
            "pretraining_pairs": int(10 ** rng.uniform(6, 9)),
            "interaction": _INTERACTIONS[number % len(_INTERACTIONS)],
            "hard_negatives": bool(number % 2),
        }
    return {
        "id": submission,
        "system": f"{name} {number:04d}",
        "submitter": f"group {number % 37}",
        "setting": _SETTINGS[number % len(_SETTINGS)],
        "deterministic": False,
        "manifest": manifest,
    }


def _evaluation(evaluation: UUID, run: UUID, ground: Ground) -> dict[str, Any]:
    return {
        "id": evaluation,
        "run_id": run,
        "protocol": ground.protocol,
        "protocol_version": 1,
        "split": ground.split,
        "split_digest": "sha256:" + "1" * 64,
        "judgments": "original",
        "centricity": ground.centricity,
        "evaluator_version": "0.1.0",
        "queue": Queue.SCORES,
        "status": Status.SUCCEEDED,
        "badges": [],
        "warnings": [],
        "n_images": ground.n_images,
        "n_captions": ground.captions_per_image * ground.n_images,
        "attempts": 1,
    }


def _effects(rng: np.random.Generator, evaluation: UUID, ground: Ground, chance: NDArray[np.float64]) -> dict[str, Any]:
    """Three recalls of every image and of its captions, all around one chance."""
    hits = rng.random((3, ground.n_images)) < chance
    n = ground.captions_per_image
    of_captions = rng.binomial(n, chance, (3, ground.n_images)) / n
    sums = hits.sum(axis=0) + of_captions.sum(axis=0)
    content = encode_effects(np.round(sums - sums.mean(), 12) / ground.n_images)
    return {"evaluation_id": evaluation, "metric": "rsum", "n_clusters": ground.n_images, "content": content}


def _results(evaluation: UUID, level: float) -> list[dict[str, Any]]:
    def row(metric: str, direction: str, value: float, half: float) -> dict[str, Any]:
        return {
            "evaluation_id": evaluation,
            "metric": metric,
            "direction": direction,
            "expected": value,
            "pessimistic": value,
            "optimistic": value,
            "low": value - half,
            "high": value + half,
        }

    rows, total = [], 0.0
    for direction, shift in (("i2t", 0.1), ("t2i", 0.0)):
        for metric, lift in (("R@1", 0.0), ("R@5", 0.2), ("R@10", 0.29)):
            value = min(level + shift + lift, 1.0)
            total += value
            rows.append(row(metric, direction, value, 0.012))
        rows += [
            row("MedR", direction, 2.0, 0.5),
            row("MeanR", direction, 9.1, 1.0),
            row("MRR", direction, level, 0.01),
        ]
    return [*rows, row("rsum", "both", total, 0.05)]
