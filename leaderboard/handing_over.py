"""What the page Submit does with a manifest and its files: have them checked, hand them in, ask what came of it.

There are two doors with the same functions: the records of this machine, and an HTTP API.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol
from uuid import UUID

import yaml

from leaderboard.staging import SafeFile, staged
from splits.errors import RematchError
from submissions.client import Client, ServerError
from submissions.errors import AlreadySubmittedError
from submissions.findings import Checked, Finding, Level

MANIFEST = "manifest"
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """A manifest and its files, as a visitor has put them together."""

    document: Mapping[str, Any]
    files: Sequence[SafeFile]
    replaces: UUID | None = None
    """An earlier submission of the same submitter, in whose place it comes."""
    is_private: bool = False
    """Whether only its owner and admins see it until it is published."""

    @property
    def mark(self) -> str:
        """What tells it from what the visitor chose before or after."""
        files = [(file.name, file.sent.file_id) for file in self.files]
        return repr((self.document, files, self.replaces, self.is_private))

    def paths_in(self, folder: Path) -> dict[str, Path]:
        """Say where its files are in a folder."""
        return {file.name: folder / file.name for file in self.files}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found, and where it was handed in, the id of the submission."""

    findings: tuple[Finding, ...]
    submission: str | None = None
    is_known: bool = False
    """Whether the same was handed in before."""

    @property
    def is_acceptable(self) -> bool:
        """Whether it can be handed in."""
        return bool(self.findings) and all(one.level is not Level.ERROR for one in self.findings)


class Door(Protocol):
    """Where submissions go in."""

    has_owners: ClassVar[bool]
    """Whether submissions belong to accounts, and so can be private."""

    def check(self, parcel: Parcel) -> Outcome:
        """Check a submission; nothing is stored."""

    def hand_in(self, parcel: Parcel) -> Outcome:
        """Check a submission again, and record it."""

    def status(self, submission: str) -> dict[str, Any] | None:
        """Say what became of a submission that the visitor may see, None if there is none."""

    def publish(self, submission: str) -> None:
        """Show a private submission to everybody."""


@dataclass(frozen=True, slots=True)
class OwnDoor:
    """The records of this machine."""

    check_files: Callable[[Mapping[str, Any], Mapping[str, Path]], Checked]
    """The check in a process of its own."""
    start_scoring: Callable[[Sequence[UUID]], object]
    has_owners: ClassVar[bool] = False

    def check(self, parcel: Parcel) -> Outcome:
        """See `Door`."""
        with staged(parcel.files) as folder:
            return Outcome(self.check_files(parcel.document, parcel.paths_in(folder)).findings)

    def hand_in(self, parcel: Parcel) -> Outcome:
        """See `Door`."""
        from submissions.database import prepare, session
        from submissions.intake import record
        from submissions.status import read_status

        prepare()
        with staged(parcel.files) as folder:
            checked = self.check_files(parcel.document, parcel.paths_in(folder))
            if not checked.is_acceptable:
                return Outcome(checked.findings)
            try:
                with session() as opened:
                    submission = record(opened, checked, supersedes=parcel.replaces).id
            except AlreadySubmittedError as known:
                return Outcome(checked.findings, str(known.submission_id), is_known=True)
        with session() as opened:
            queued = read_status(opened, submission).queued
        self.start_scoring(queued)
        return Outcome(checked.findings, str(submission))

    def status(self, submission: str) -> dict[str, Any] | None:
        """See `Door`."""
        from submissions.database import session
        from submissions.errors import SubmissionError
        from submissions.status import read_status
        from submissions.status_document import status_document

        try:
            with session() as opened:
                found = read_status(opened, UUID(submission))
        except (ValueError, SubmissionError):
            return None
        return None if found.is_private else status_document(found)

    def publish(self, submission: str) -> None:
        """See `Door`; nothing is private here."""


@dataclass(frozen=True, slots=True)
class ApiDoor:
    """An HTTP API, seen with the token that a visitor typed."""

    url: str
    token: str | None
    has_owners: ClassVar[bool] = True

    def check(self, parcel: Parcel) -> Outcome:
        """See `Door`."""
        with staged(parcel.files) as folder, self._client() as board:
            found = board.check(_written(parcel, folder))
        return Outcome(_findings(found))

    def hand_in(self, parcel: Parcel) -> Outcome:
        """See `Door`."""
        with staged(parcel.files) as folder, self._client() as board:
            manifest = _written(parcel, folder)
            found = board.check(manifest)
            checked = Outcome(_findings(found))
            if not checked.is_acceptable:
                return checked
            replaces = None if parcel.replaces is None else str(parcel.replaces)
            handed_in = board.submit(manifest, private=parcel.is_private, supersedes=replaces)
        return Outcome(checked.findings, str(handed_in["submission"]), is_known=bool(handed_in["known"]))

    def status(self, submission: str) -> dict[str, Any] | None:
        """See `Door`."""
        try:
            with self._client() as board:
                return board.status(str(UUID(submission)))
        except ValueError:
            return None
        except ServerError as error:
            if error.code == "not_found":
                return None
            raise

    def publish(self, submission: str) -> None:
        """See `Door`."""
        with self._client() as board:
            board.publish(str(UUID(submission)))

    def _client(self) -> Client:
        # Somebody waits in front of the page: rather a message soon than an answer late.
        return Client(
            self.url, self.token, timeout=PATIENCE_SECONDS, sleep=lambda seconds: time.sleep(min(seconds, 1.0))
        )


def _written(parcel: Parcel, folder: Path) -> Path:
    """Write the manifest beside its files, where the client looks for them; no safe name begins with a dot."""
    path = folder / ".manifest.yaml"
    path.write_text(yaml.safe_dump(dict(parcel.document), allow_unicode=True), encoding="utf-8")
    return path


def _findings(found: Mapping[str, Any]) -> tuple[Finding, ...]:
    return tuple(Finding(Level(one["level"]), one["where"], one["message"]) for one in found["findings"])


def refused(error: RematchError) -> Outcome:
    """Show an error as what a check found."""
    return Outcome((Finding(Level.ERROR, MANIFEST, str(error)),))
