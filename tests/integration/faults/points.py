"""Where a worker can be made to die, hang or stop in the midst of an evaluation: run inside of it, steered by files.

A file `EVALUATION.POINT` in the folder `faults` of the home holds an action and how often it is still to be taken.
"""

import ctypes
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

POINTS = (
    "before-claim",
    "claim-uncommitted",
    "claimed",
    "reading",
    "ranking",
    "before-recording",
    "result-uncommitted",
    "recorded",
)
"""In the order in which an evaluation comes by."""


def folder() -> Path:
    """Return where the files are."""
    path = Path(os.environ["REMATCH_HOME"]) / "faults"
    path.mkdir(parents=True, exist_ok=True)
    return path


def plan(evaluation_id: UUID, point: str, action: str, *, times: int = 1) -> None:
    """Have something happen to an evaluation."""
    (folder() / f"{evaluation_id}.{point}").write_text(f"{action} {times}")


def is_there(evaluation_id: UUID, point: str) -> bool:
    """Whether an evaluation was at a point where something was planned."""
    return (folder() / f"{evaluation_id}.{point}.reached").exists()


def let_go(evaluation_id: UUID, point: str) -> None:
    """Let what hangs at a point go on."""
    (folder() / f"{evaluation_id}.{point}.go").touch()


def _come_by(evaluation_id: UUID, point: str) -> None:
    path = folder() / f"{evaluation_id}.{point}"
    if not path.exists():
        return
    action, times = path.read_text().split()
    if int(times) > 1:
        path.write_text(f"{action} {int(times) - 1}")
    else:
        path.unlink()
    path.with_name(f"{path.name}.reached").write_text(str(os.getpid()))
    _ACTIONS[action](path.with_name(f"{path.name}.go"))


def _hang(go: Path) -> None:
    while not go.exists():
        time.sleep(0.02)


def _block(_: Path) -> None:
    # As a library does that never returns: no signal is heeded and, by the interpreter's lock, no other thread runs.
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    ctypes.PyDLL(None).sleep(600)


def _take_memory(_: Path) -> None:
    np.ones(2**30)


_ACTIONS: dict[str, Callable[[Path], None]] = {
    "kill": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "stop": lambda _: os.kill(os.getpid(), signal.SIGSTOP),
    "hang": _hang,
    "block": _block,
    "memory": _take_memory,
}


def install() -> None:
    """Let every evaluation of this process come by all points."""
    import evaluator.evaluation
    from submissions import store
    from worker import jobs, measuring, recording, tasks

    claim, take, score, evaluate = store.claim, jobs._claim, measuring.score, evaluator.evaluation.evaluate
    succeed, record, run_task = recording.Attempt.succeeded, store.record_success, tasks.run_task
    at_work: list[UUID] = []

    def claim_slowly(session: Any, evaluation_id: UUID, **options: Any) -> Any:
        found = claim(session, evaluation_id, **options)
        if found is not None:
            _come_by(evaluation_id, "claim-uncommitted")
        return found

    def take_slowly(evaluation_id: UUID) -> Any:
        at_work[:] = [evaluation_id]
        _come_by(evaluation_id, "before-claim")
        attempt = take(evaluation_id)
        if attempt is not None:
            _come_by(evaluation_id, "claimed")
        return attempt

    def score_slowly(work: Any) -> Any:
        _come_by(work.evaluation_id, "reading")
        return score(work)

    def evaluate_slowly(*arguments: Any, **options: Any) -> Any:
        _come_by(at_work[0], "ranking")
        return evaluate(*arguments, **options)

    def succeed_slowly(attempt: Any, *arguments: Any) -> Any:
        _come_by(attempt.work.evaluation_id, "before-recording")
        return succeed(attempt, *arguments)

    def record_slowly(session: Any, evaluation_id: UUID, *arguments: Any, **options: Any) -> Any:
        recorded = record(session, evaluation_id, *arguments, **options)
        if recorded:
            _come_by(evaluation_id, "result-uncommitted")
        return recorded

    def run_slowly(first: UUID, **options: Any) -> Any:
        left = run_task(first, **options)
        _come_by(first, "recorded")
        return left

    store.claim, jobs._claim, measuring.score = claim_slowly, take_slowly, score_slowly
    evaluator.evaluation.evaluate = evaluate_slowly
    recording.Attempt.succeeded, store.record_success, tasks.run_task = succeed_slowly, record_slowly, run_slowly
