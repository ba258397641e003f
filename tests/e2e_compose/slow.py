"""Work that takes its time: an ordinary file, in a worker that may use a tenth of a processor."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import yaml

from submissions.client import Client
from tests.e2e_compose.stack import Stack, wait_for

WIDTH = 2048
"""Of the embeddings: some ten seconds of a processor."""


def write_slow_submission(folder: Path, *, system: str) -> Path:
    """Write embeddings of COCO's test split, and return the manifest."""
    folder.mkdir(exist_ok=True)
    generator = np.random.default_rng(abs(hash(system)))
    np.savez(
        folder / "vectors.npz",
        image_embeddings=generator.standard_normal((5000, WIDTH), dtype=np.float32).astype(np.float16),
        text_embeddings=generator.standard_normal((25000, WIDTH), dtype=np.float32).astype(np.float16),
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
    slow_down(stack, "0.08")
    try:
        submission = client.submit(write_slow_submission(folder, system=folder.name))["submission"]
        wait_for(lambda: client.status(submission)["status"] == "running", "The beginning of the job")
        yield submission
    finally:
        slow_down(stack, "2")


def slow_down(stack: Stack, processors: str) -> None:
    for container in stack.containers("worker-scores"):
        stack.engine("update", "--cpus", processors, container)


def scale(stack: Stack, number: int) -> None:
    wanted = ("--scale", f"worker-scores={number}", "worker-scores")
    stack.compose("up", "--detach", "--no-deps", "--no-build", "--no-recreate", *wanted)


def signal_to(stack: Stack, kind: str, signal: str) -> str:
    """Send a signal to the main process of a worker or to its job, and return its id in the container."""
    names = stack.inside("worker-scores", "ls", "/tmp/alive").stdout.split()  # noqa: S108  # the container's own
    process = next(name.partition("-")[2] for name in names if name.startswith(f"{kind}-"))
    # By the shell: a small image has no program of that name.
    stack.inside("worker-scores", "sh", "-c", f"kill -{signal} {process}")
    return process
