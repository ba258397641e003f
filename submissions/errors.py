"""What can be wrong with a submission or with the place where submissions are kept."""

from uuid import UUID

from splits.errors import RematchError


class SettingsError(RematchError):
    """A setting that cannot be used."""


class ManifestError(RematchError):
    """A manifest that cannot be read or breaks its schema."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
        """One sentence or two for each thing that is wrong."""


class SubmissionError(RematchError):
    """A submission that cannot be taken in, or that is not there."""


class AlreadySubmittedError(SubmissionError):
    """The same manifest with the same files was handed in before by the same submitter."""

    def __init__(self, submission_id: UUID) -> None:
        super().__init__(
            f"This manifest and its files were handed in before, as submission {submission_id}. Nothing was stored"
            f" again. See what came of it: rematch status {submission_id}"
        )
        self.submission_id = submission_id


class ArtifactError(RematchError):
    """A file that cannot be stored, or a stored file that is missing or damaged."""


class DatabaseError(RematchError):
    """A database that cannot be reached or is not of this version."""


class AccountError(RematchError):
    """An account or a token that is not there, cannot be made, or must not go."""


class DumpError(RematchError):
    """A dump that cannot be written, or that cannot be restored."""
