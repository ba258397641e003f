"""Why an evaluation failed or waits: one word to count by, and the words for whoever handed it in."""

from enum import StrEnum


class Reason(StrEnum):
    """Why an evaluation failed, waits or was cancelled; only `INPUT` is something its submitter can mend."""

    INPUT = "input"
    """What was handed in cannot be scored."""
    TIME_LIMIT = "time-limit"
    """It took longer than this board allows."""
    MEMORY = "memory"
    """It needed more memory than this board allows, or has."""
    WORKER_LOST = "worker-lost"
    """Its worker died or fell silent."""
    INTERNAL = "internal"
    """Something is wrong with the program; the log of the worker says what."""
    MISSING_HERE = "missing-here"
    """Pictures, captions, weights or a package are not on this machine."""
    ARTIFACT = "artifact"
    """A stored file is missing, damaged or out of reach."""
    UNFIT_WORKER = "unfit-worker"
    """The worker is of another version, or lacks the device."""
    SETTINGS = "settings"
    """A setting of the worker cannot be used."""
    DATABASE = "database"
    """The database was out of reach in the middle of it."""
    OUTDATED = "outdated"
    """A newer version of its protocol took its place."""
    WITHDRAWN = "withdrawn"
    """Whoever handed it in, or an admin, took it out of the queue."""

    @property
    def is_ours(self) -> bool:
        """Whether it is a fault of this board: never charged to a submitter, and queueing it again may help."""
        return self not in (Reason.INPUT, Reason.OUTDATED, Reason.WITHDRAWN)


MAX_ATTEMPTS = 3

_AGAIN = (
    "The operator of this board can have it scored again (rematch requeue), and so can you: hand in the same again."
)
OURS_MESSAGE = f"Scoring failed for a reason that is not in the file; the log of the worker says which. {_AGAIN}"
LOST_MESSAGE = (
    f"Scoring was begun {MAX_ATTEMPTS} times and its worker died each time, perhaps for want of memory; the log of the"
    f" worker says more. {_AGAIN}"
)
MEMORY_MESSAGE = (
    f"Scoring was begun {MAX_ATTEMPTS} times and needed more memory each time than one evaluation may take on this"
    f" board; its operator can allow more (REMATCH_JOB_MEMORY_MB). {_AGAIN}"
)
RETRY_MESSAGE = "Scoring failed for a reason that is not in the file. It is tried again by itself."
WAITS_MESSAGE = "Scoring waits for this board, not for you:"
TRIED_AGAIN_MESSAGE = "It is tried again by itself until it succeeds."
POSTPONED_MESSAGE = (
    f"{WAITS_MESSAGE} something it needs is missing there, and the log of the worker says what. {TRIED_AGAIN_MESSAGE}"
)
OUTDATED_MESSAGE = "A newer version of this protocol replaced this evaluation before it was begun."
