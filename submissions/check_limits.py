"""How much a check of what strangers sent may take, and what is said when it takes more."""

import resource

from submissions.api_errors import ApiError
from submissions.findings import count_of


class UncheckableError(ApiError):
    """A submission that cannot be looked at within the limits of this board."""

    status, code = 422, "uncheckable"


def took_too_long(seconds: float) -> UncheckableError:
    """Say that a check was stopped."""
    return UncheckableError(
        f"The check was stopped after {count_of(round(seconds), 'second')}, the most that it may take on this board."
        " Nothing was stored. Check it at home: rematch submit MANIFEST --dry-run"
    )


def needs_too_much() -> UncheckableError:
    """Say that a check took too much memory, or ended its process."""
    return UncheckableError(
        "A file needs more memory to be read than this board gives to a check, or makes its reader fail."
        " Nothing was stored. Check it at home (rematch submit MANIFEST --dry-run), and save it as .npy."
    )


def limit_memory(megabytes: int) -> None:
    """Limit what this process may allocate from now on."""
    # Of data, not of addresses: mapping a file of any size costs nothing.
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 2**20,) * 2)
