"""What submitters are told of the limits of this board."""

from submissions.findings import count_of
from worker.settings import get_settings
from worker.work import Work


def too_long_message(work: Work) -> str:
    """Say which limit was too short for an evaluation, and what can be done."""
    if work.order is not None:
        limit = count_of(get_settings().model_soft_limit_seconds, "second")
        return (
            f"The model was stopped after {limit}, the most that one may take on this board; what it encoded is kept."
            " The operator can allow more (REMATCH_MODEL_SOFT_LIMIT_SECONDS) and have it go on (rematch requeue)."
        )
    limit = count_of(get_settings().soft_limit_seconds, "second")
    return (
        f"Scoring was stopped after {limit}, the most that one evaluation may take on this board. Its operator can"
        " allow more (REMATCH_SOFT_LIMIT_SECONDS) and have it scored again (rematch requeue). At home there is no such"
        " limit: rematch score"
    )


def killed_message(seconds: int) -> str:
    """Say that an evaluation did not heed its limit, and what can be done."""
    return (
        f"It was stopped by force after {count_of(seconds, 'second')}, as it did not end when its time was over. The"
        " operator of this board can allow more (REMATCH_HARD_LIMIT_SECONDS; REMATCH_MODEL_HARD_LIMIT_SECONDS where a"
        " model is run) and have it scored again (rematch requeue)."
    )
