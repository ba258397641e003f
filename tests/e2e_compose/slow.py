"""Work that takes its time: an ordinary file, in a worker that may use a tenth of a processor."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import yaml

from submissions.client import Client
from tests.e2e_compose.stack import Stack, wait_for

WIDTH = 1024
"""Of the embeddings: some fifteen seconds of a processor."""


def write_slow_submission(folder: Path, *, system: str) -> Path:
    """Write embeddings of COCO's test split, and return the manifest."""
    folder.mkdir(exist_ok=True)
    generator = np.random.default_rng(abs(hash(system)))
    np.savez(
        folder / "vectors.npz",
        image_embeddings=generator.standard_normal((5000, WIDTH), dtype=np.float32),
        text_embeddings=generator.standard_normal((25000, WIDTH), dtype=np.float32),
    )
    manifest = {
        "system": system,
        "submitter": "Somebody",
        "setting": "zero-shot",
        "protocols": ["coco-5k"],
        "runs": [{"file": "vectors.npz", "seed": 0, "seed_governs": ["sampling"]}],
    }
    (folder / "submission.yaml").write_text(yaml.safe_dump(manifest))
    return folder / "submission.yaml"


@contextmanager
def a_slow_job_in(stack: Stack, client: Client, folder: Path) -> Iterator[str]:
    """Have a worker in the middle of a job that is not done soon; afterwards it may use its processors again."""
    slow_down(stack, "0.1")
    try:
        submission = client.submit(write_slow_submission(folder, system=folder.name))["submission"]
        wait_for(lambda: client.status(submission)["status"] == "running", "The beginning of the job")
        yield submission
    finally:
        slow_down(stack, "2")


def slow_down(stack: Stack, processors: str) -> None:
    for container in stack.containers("worker-scores"):
        stack.engine("update", "--cpus", processors, container)


def worker_process(stack: Stack) -> str:
    """The id that the worker's main process has in its container."""
    names = stack.inside("worker-scores", "ls", "/tmp/alive").stdout.split()  # noqa: S108  # the container's own
    return next(name.partition("-")[2] for name in names if name.startswith("worker-"))
