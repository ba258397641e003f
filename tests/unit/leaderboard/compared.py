"""Systems that were really scored on a toy split, stored as a worker stores them."""

from collections.abc import Sequence
from functools import cache
from uuid import UUID

import numpy as np

from evaluator.counts_codec import counts_digest
from evaluator.evaluation import evaluate
from evaluator.protocol import PROTOCOLS
from evaluator.report import Report
from evaluator.run import MatrixRun, ScoreFile
from splits.loading import load_split
from submissions import database
from submissions.result_rows import rows_of
from submissions.tables import Artifact, Evaluation, Status, Submission, SubmittedRun


@cache
def report_of(strength: float, seed: int, protocol: str = "toy-scene") -> Report:
    """Score a matrix that knows the pairs of a toy split the better, the stronger it is."""
    split = load_split(PROTOCOLS[protocol].split)
    scores = np.random.default_rng(seed).standard_normal((split.n_images, split.n_captions)).astype(np.float32)
    scores[split.pairs[:, 1], split.pairs[:, 0]] += strength
    return evaluate(ScoreFile(MatrixRun(scores), "npy"), PROTOCOLS[protocol], split, seed=seed, resamplings=20)


def add_scored(system: str, strength: float, seeds: Sequence[int], protocol: str = "toy-scene", **more: object) -> UUID:
    """Store a submission whose runs were scored; `more` are further columns of the submission."""
    database.migrate()
    with database.session() as session:
        manifest = more.pop("manifest", {"system": system, "runs": [{"file": f"{seed}.npy"} for seed in seeds]})
        submission = Submission(system=system, submitter="a group", setting="zero-shot", manifest=manifest, **more)
        session.add(submission)
        session.flush()
        for position, seed in enumerate(seeds):
            report = report_of(strength, seed, protocol)
            sha256 = f"{submission.id.hex}{position:032x}"
            session.add(Artifact(sha256=sha256, size=1_250_128, filename=f"{seed}.npy"))
            run = SubmittedRun(
                submission_id=submission.id, position=position, artifact_sha256=sha256, format="npy", seed=seed,
                seed_governs=["training"],
            )  # fmt: skip
            session.add(run)
            session.flush()
            evaluation = Evaluation(
                run_id=run.id, protocol=protocol, protocol_version=report.protocol_version, split=report.split,
                split_digest=report.split_digest, judgments="original", centricity=report.centricity,
                evaluator_version="0.1.0", seed=seed, status=Status.SUCCEEDED, n_images=report.n_images,
                n_captions=report.n_captions, ranks_sha256=counts_digest(report.counts),
            )  # fmt: skip
            session.add(evaluation)
            session.flush()
            session.add_all(rows_of(evaluation.id, report))
        return submission.id
