"""Boards stored without being computed: systems with the levels and traits that a test asks for."""

from collections.abc import Mapping, Sequence
from typing import Any

from submissions import database
from submissions.tables import Artifact, Evaluation, Result, Status, Submission, SubmittedRun

CELLS = [(direction, metric) for direction in ("i2t", "t2i") for metric in ("R@1", "R@5", "R@10")]
STEP = 0.0573
"""Between one recall and the next, so that all differ."""


def rsum_of(level: float) -> float:
    """Return what the six recalls of a level add up to."""
    return 6 * level + 15 * STEP


def store_system(
    system: str, levels: Mapping[tuple[str, str], Sequence[float]], *, traits: Mapping[str, Any] | None = None
) -> None:
    """Store a submission that succeeded.

    Args:
        system: Its name.
        levels: By protocol and centricity, i2t R@1 of each run.
        traits: Of its manifest.
    """
    manifest = {"system": system, "runs": [{"file": "scores.npy"}], **({"traits": traits} if traits else {})}
    with database.session() as session:
        submission = Submission(system=system, submitter="a group", setting="zero-shot", manifest=manifest)
        session.add(submission)
        session.flush()
        for seed in range(max(map(len, levels.values()))):
            sha256 = f"{submission.id.hex}{seed:032x}"
            session.add(Artifact(sha256=sha256, size=1, filename="scores.npy"))
            run = SubmittedRun(
                submission_id=submission.id, position=seed, artifact_sha256=sha256, format="npy", seed=seed,
                seed_governs=["training"],
            )  # fmt: skip
            session.add(run)
            session.flush()
            for (protocol, centricity), values in levels.items():
                if seed < len(values):
                    _store_evaluation(session, run, protocol, centricity, values[seed])


def _store_evaluation(session, run, protocol, centricity, level):
    evaluation = Evaluation(
        run_id=run.id, protocol=protocol, protocol_version=1, split=f"{protocol}/test",
        split_digest=f"sha256:{protocol.encode().hex():0<64}", judgments="original", centricity=centricity,
        evaluator_version="0.1.0", status=Status.SUCCEEDED, n_images=200, n_captions=1000,
        ranks_sha256=f"{run.id.hex}{protocol.encode().hex():0<32.32}",
    )  # fmt: skip
    session.add(evaluation)
    session.flush()
    cells = {cell: level + STEP * number for number, cell in enumerate(CELLS)}
    for (direction, metric), value in {**cells, ("both", "rsum"): rsum_of(level)}.items():
        around = {"low": value - 0.02, "high": value + 0.02, "pessimistic": value, "optimistic": value}
        session.add(Result(evaluation_id=evaluation.id, metric=metric, direction=direction, expected=value, **around))
