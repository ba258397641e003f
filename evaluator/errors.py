"""What can be wrong with a score file or with a request to score one."""

from splits.errors import RematchError


class ScoreFileError(RematchError):
    """A score file that cannot be read, or does not fit its split."""


class ChangedFileError(ScoreFileError):
    """A score file that was replaced or written to while it was read: what was read may be of both."""


class ProtocolError(RematchError):
    """A request that a protocol cannot answer, such as a K beyond the gallery."""


class ClaimError(RematchError):
    """A reported number, or a file of them, that cannot be read as what it is declared to be."""
