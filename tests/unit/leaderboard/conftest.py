"""A real database under tmp_path, and a short way to put submissions into it."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import numpy as np
import pytest

from evaluator.effects_codec import encode_effects
from leaderboard import fresh
from submissions import database
from submissions.tables import Artifact, Evaluation, ImageEffects, Result, Status, Submission, SubmittedRun, now

AddSubmission = Callable[..., UUID]
METRICS = ("R@1", "R@5", "R@10")
MAIN = sys.modules["__main__"]


def results_of(level: float, half: float, directions: Sequence[str]) -> list[tuple[str, str, float, float]]:
    """R@1, R@5 and R@10 of each direction, and rsum where both are there, around a level."""
    rows = [
        (metric, direction, min(level + lift, 1.0), half)
        for direction in directions
        for metric, lift in zip(METRICS, (0.0, 0.1, 0.2), strict=True)
    ]
    rows += [("MedR", direction, 4.0, 1.0) for direction in directions]
    if len(directions) == 2:
        rows.append(("rsum", "both", sum(row[2] for row in rows if row[0] in METRICS), 6 * half))
    return rows


def effects_of(evaluation: Evaluation, level: float, half: float) -> ImageEffects:
    """Effects of 200 images with the standard error that the interval of rsum has, like those of no other run."""
    rows = np.random.default_rng(int(level * 1e6)).normal(size=200)
    rows -= rows.mean()
    rows *= 6 * half / 1.96 / np.sqrt(np.sum(rows**2))
    return ImageEffects(evaluation_id=evaluation.id, metric="rsum", n_clusters=200, content=encode_effects(rows))


@pytest.fixture
def database_ready() -> None:
    database.migrate()


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a small board may take long too; a page shows what was just added all the same."""
    monkeypatch.setattr(fresh, "PATIENCE_SECONDS", 60.0)


@pytest.fixture(autouse=True)
def _own_main() -> Iterator[None]:
    """Streamlit takes the place of `__main__` for a page and keeps it: what other tests start would run the page."""
    yield
    sys.modules["__main__"] = MAIN


@pytest.fixture
def add_submission(database_ready: None) -> AddSubmission:
    """Store a submission; one run for each level."""

    def add(
        system: str,
        levels: Sequence[float],
        *,
        half: float = 0.01,
        protocol: str = "toy-scene",
        version: int = 1,
        split: str = "toy-scene/test",
        centricity: str = "scene",
        directions: Sequence[str] = ("i2t", "t2i"),
        status: Status = Status.SUCCEEDED,
        submitter: str = "a group",
        setting: str = "zero-shot",
        deterministic: bool = False,
        same_ranks: bool = False,
        message: str | None = None,
        badges: Sequence[Sequence[str]] = (),
        filename: str = "scores.npy",
        superseded_by: UUID | None = None,
        with_effects: bool = True,
        traits: Mapping[str, object] | None = None,
        run_record: Mapping[str, object] | None = None,
        created_at: datetime | None = None,
        finished_at: datetime | None = None,
    ) -> UUID:
        with database.session() as session:
            stated = {"traits": dict(traits)} if traits is not None else {}
            submission = Submission(
                system=system,
                submitter=submitter,
                setting=setting,
                deterministic=deterministic,
                manifest={"system": system, "runs": [{"file": filename}] * len(levels), **stated},
                superseded_by=superseded_by,
                created_at=created_at or now(),
            )
            session.add(submission)
            session.flush()
            for position, level in enumerate(levels):
                sha256 = (submission.id.hex + f"{position:032x}")[:64]
                session.add(Artifact(sha256=sha256, size=1, filename=filename))
                run = SubmittedRun(
                    submission_id=submission.id,
                    position=position,
                    artifact_sha256=sha256,
                    format="npy" if run_record is None else "model",
                    seed=position,
                    seed_governs=["training"],
                )
                session.add(run)
                session.flush()
                evaluation = Evaluation(
                    run_id=run.id,
                    protocol=protocol,
                    protocol_version=version,
                    split=split,
                    split_digest=f"sha256:{split.encode().hex():0<64.64}",
                    judgments="original",
                    centricity=centricity,
                    evaluator_version="0.1.0",
                    status=status,
                    message=message,
                    run_record=None if run_record is None else dict(run_record),
                    queued_at=created_at or now(),
                    finished_at=finished_at or created_at,
                    badges=list(badges[position]) if badges else [],
                    n_images=200,
                    n_captions=1000,
                    ranks_sha256="5" * 64 if same_ranks else sha256,
                )
                session.add(evaluation)
                session.flush()
                if status is Status.SUCCEEDED:
                    session.add_all(
                        Result(
                            evaluation_id=evaluation.id,
                            metric=metric,
                            direction=direction,
                            expected=value,
                            pessimistic=value - 0.002,
                            optimistic=value + 0.002,
                            low=value - around,
                            high=value + around,
                        )
                        for metric, direction, value, around in results_of(level, half, directions)
                    )
                    if with_effects and len(directions) == 2:
                        session.add(effects_of(evaluation, level, half))
            return submission.id

    return add
