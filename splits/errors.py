"""The errors a user can cause, shown unchanged in terminal, API and page.

A message says what was expected, what was found, where, and what to do.
"""


class RematchError(Exception):
    """An error of the input: one clear message, exit code 1, no traceback."""


class UnknownNameError(RematchError):
    """A name that no catalogue entry carries; the message suggests near ones."""


class SplitError(RematchError):
    """A split that cannot be built, or whose data is not what its definition says."""


class DataError(RematchError):
    """Pictures or captions of a dataset that are missing, unreadable or not the official ones."""
