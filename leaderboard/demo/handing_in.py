"""Write the demo's score files and manifests, and hand them in on the path that every user takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from evaluator.run import EmbeddingRun, MatrixRun, Run
from evaluator.score_format import FORMATS
from leaderboard.demo.broken import BrokenSubmission, Scored
from leaderboard.demo.systems import SEEDS, DemoSystem
from leaderboard.demo.toy_data import ToyData

SUBMITTER = "rematch demo"
MANIFEST = "submission.yaml"


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What came of handing in a system."""

    submission_id: UUID
    is_new: bool
    """False when the same was handed in before."""
    remarks: tuple[str, ...]
    """What the check found worth saying, though it is no error."""


def write_system(folder: Path, system: DemoSystem, datasets: Sequence[ToyData]) -> Path:
    """Run a system on every dataset under every seed, write its score files, and return its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    runs: list[dict[str, Any]] = []
    for data in datasets:
        for seed in SEEDS:
            file = f"{data.dataset}-seed{seed}{system.suffix}"
            _write_scores(folder / file, system, system.scores(data, seed), data)
            runs.append(
                {
                    "file": file,
                    "seed": seed,
                    "seed_governs": list(system.seed_governs),
                    "protocols": [data.dataset],
                    # Toy-object has as many captions as images, so that shape alone leaves the axes open.
                    **({"orientation": "images-x-captions"} if system.format == "matrix" else {}),
                }
            )
    return _write_manifest(folder, {**_described(system.name, system.description, system.deterministic), "runs": runs})


def write_broken(folder: Path, broken: BrokenSubmission, scored: Scored) -> Path:
    """Write a broken submission, and return its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    broken.write(folder / broken.file, scored)
    sound = {
        **_described("A broken submission", broken.name, deterministic=False),
        "protocols": [broken.dataset],
        "runs": [{"file": broken.file, "seed": 0, "seed_governs": ["training"]}],
    }
    return _write_manifest(folder, {**sound, **(broken.manifest or {})})


def hand_in(manifest: Path) -> HandedIn:
    """Submit a manifest; one that was handed in before is recognised, an older one of the system is replaced."""
    from submissions.database import session
    from submissions.errors import AlreadySubmittedError
    from submissions.findings import Level
    from submissions.intake import check, record
    from submissions.renewal import renew
    from submissions.status import current_submission

    checked = check(manifest)
    remarks = tuple(dict.fromkeys(found.message for found in checked.findings if found.level is Level.WARN))
    try:
        with session() as opened:
            system = checked.manifest.system if checked.manifest else ""
            earlier = current_submission(opened, submitter=SUBMITTER, system=system)
            return HandedIn(record(opened, checked, supersedes=earlier).id, is_new=True, remarks=remarks)
    except AlreadySubmittedError as known:
        with session() as opened:
            renew(opened, checked, known.submission_id)
        return HandedIn(known.submission_id, is_new=False, remarks=remarks)


def refusal(manifest: Path) -> str:
    """Hand in what is broken, and return what its submitter is told, each finding on one line.

    Raises:
        RuntimeError: It was taken in.
    """
    from submissions.database import session
    from submissions.intake import SubmissionRefusedError, submit

    try:
        with session() as opened:
            submit(opened, manifest)
    except SubmissionRefusedError as error:
        return "\n".join(" ".join(f"{found.where}: {found.message}".split()) for found in error.findings)
    raise RuntimeError(f"{manifest} is broken and was taken in.")


def _write_scores(path: Path, system: DemoSystem, run: Run, data: ToyData) -> None:
    if path.suffix != ".safetensors":
        FORMATS[system.format].write(path, run, data.split)
        return
    # Without ids, as most people save it: the library orders what it keeps beside tensors differently each time, and
    # the demo's files are to be the same in every run.
    from safetensors.numpy import save_file

    if isinstance(run, EmbeddingRun):
        save_file({"image_embeddings": np.asarray(run.images), "text_embeddings": np.asarray(run.captions)}, path)
    elif isinstance(run, MatrixRun):
        save_file({"scores": np.asarray(run.scores)}, path)


def _described(system: str, description: str, deterministic: bool) -> dict[str, Any]:
    return {
        "system": system,
        "submitter": SUBMITTER,
        "setting": "trained-from-scratch",
        "description": description,
        "deterministic": deterministic,
    }


def _write_manifest(folder: Path, document: Mapping[str, Any]) -> Path:
    import yaml

    path = folder / MANIFEST
    path.write_text(yaml.safe_dump(dict(document), sort_keys=False), encoding="utf-8")
    return path
