"""The check of a submission whose files were uploaded, in a process of its own.

Readers of file formats work on what strangers sent: a file that makes one crash, take for ever or ask for all memory
ends a child that is replaced, and never the API.
"""

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import TimeoutError as TookTooLongError
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from submissions.api_errors import UnavailableError
from submissions.api_settings import get_api_settings
from submissions.artifacts import StoredFile, artifact_store
from submissions.check import check_manifest
from submissions.check_limits import limit_memory, needs_too_much, took_too_long
from submissions.errors import ArtifactError, ManifestError
from submissions.findings import Checked, CheckedFile, Finding, Level
from submissions.held_files import files_held
from submissions.manifest import Manifest, parse_manifest
from submissions.named_files import among_uploads

MANIFEST = "manifest"
Check = Callable[[Mapping[str, Any], Mapping[str, StoredFile], str], Checked]
"""Checks a manifest with its stored files, by the names that it gives them, for an account."""
MOST_WAITING = 20
"""Checks that wait or run; who comes after them is asked to come again."""
MOST_OF_ONE = 4
"""The same for one account, so that nobody keeps the others out."""
MOST_FINDINGS = 300
"""A manifest can go wrong in more places than anybody reads."""
_TASKS_OF_A_CHILD = 200


class GoneError(Exception):
    """A stored file that is not there any more, or is damaged; `_file` of who asked says what to do."""

    def __init__(self, name: str, sha256: str) -> None:
        super().__init__(name, sha256)
        self.name = name
        self.sha256 = sha256


class CheckProcesses:
    """Children that check what was handed in; made once for each process of the API."""

    def __init__(self) -> None:
        """Start them; a child takes a second or two until it is ready for its first check."""
        settings = get_api_settings()
        self._seconds = settings.check_seconds
        self._lock, self._waiting = threading.Lock(), Counter[str]()
        self._pool = ProcessPool(
            max_workers=settings.check_processes,
            max_tasks=_TASKS_OF_A_CHILD,
            initializer=limit_memory,
            initargs=[settings.check_memory_mb],
            # The API has threads: forking it could copy a lock that nobody ever opens.
            context=multiprocessing.get_context("spawn"),
        )
        for _ in range(settings.check_processes):
            self._pool.schedule(_get_ready)

    def check(self, document: Mapping[str, Any], files: Mapping[str, StoredFile], account: str) -> Checked:
        """Check a manifest with its files; see `check_uploaded`.

        Raises:
            UncheckableError: It took too long, too much memory, or ended the child.
            GoneError: A stored file is not there any more, or is damaged.
            UnavailableError: Too many others wait.
        """
        with self._a_place(account):
            future = self._pool.schedule(
                check_uploaded, args=[dict(document), dict(files), account], timeout=self._seconds
            )
            try:
                found: Checked = future.result()
            except TookTooLongError:
                raise took_too_long(self._seconds) from None
            except (MemoryError, ProcessExpired):
                raise needs_too_much() from None
            return found

    def close(self) -> None:
        """End the children."""
        self._pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves it untyped
        self._pool.join()

    @contextmanager
    def _a_place(self, account: str) -> Iterator[None]:
        with self._lock:
            if self._waiting.total() >= MOST_WAITING or self._waiting[account] >= MOST_OF_ONE:
                raise UnavailableError(
                    "Many submissions are being checked at the moment. Send the same again in a while."
                )
            self._waiting[account] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting[account] -= 1
                self._waiting += Counter()


@contextmanager
def checking() -> Iterator[Check]:
    """Check in processes of its own until the block ends."""
    processes = CheckProcesses()
    try:
        yield processes.check
    finally:
        processes.close()


@files_held()
def check_uploaded(document: Mapping[str, Any], stored: Mapping[str, StoredFile], _account: str = "") -> Checked:
    """Check a manifest whose files were uploaded, with the one validator of all submissions.

    Args:
        document: The manifest.
        stored: By the names that the manifest gives them.

    Raises:
        GoneError: A stored file is not there any more, or is damaged.
    """
    return check_opened(document, lambda: _opened(stored))


def check_opened(document: Mapping[str, Any], open_files: Callable[[], Mapping[str, CheckedFile]]) -> Checked:
    """Check a manifest with files that a stranger sent, wherever they lie.

    Args:
        document: The manifest.
        open_files: Returns the files by the names that the manifest gives them; not asked where it cannot be read.
    """
    path = Path(MANIFEST)
    try:
        manifest = parse_manifest(document)
    except ManifestError as error:
        findings = tuple(Finding(Level.ERROR, MANIFEST, problem) for problem in error.problems)
        return Checked(path, None, (), None, findings)
    files = open_files()
    checked = check_manifest(manifest, path, files=among_uploads(files))
    shown = [*(_without_paths(one, files) for one in checked.findings), *_unnamed(manifest, files)]
    return replace(checked, findings=_cut(shown))


def _opened(stored: Mapping[str, StoredFile]) -> dict[str, CheckedFile]:
    """Open each content once, whatever number of names it has: all of it is read."""
    names = {content: name for name, content in stored.items()}
    paths: dict[StoredFile, Path] = {}
    for content, name in names.items():
        try:
            paths[content] = artifact_store().open_path(content.sha256, content.size)
        except ArtifactError:
            raise GoneError(name, content.sha256) from None
    return {name: CheckedFile(paths[content], content, name) for name, content in stored.items()}


def _cut(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Keep as many findings as anybody reads, the errors first among them."""
    if len(findings) <= MOST_FINDINGS:
        return tuple(findings)
    worst = sorted(findings, key=lambda one: one.level is not Level.ERROR)[:MOST_FINDINGS]
    more = Finding(worst[0].level, MANIFEST, f"{len(findings) - MOST_FINDINGS:,} more findings of the kind.")
    return (*worst, more)


def _without_paths(finding: Finding, files: Mapping[str, CheckedFile]) -> Finding:
    """Call files as their sender does: where they are stored is nobody's business, and means nothing to anybody."""
    message = finding.message
    for name, file in files.items():
        message = message.replace(str(file.path), name).replace(file.path.name, name)
    return replace(finding, message=message)


def _unnamed(manifest: Manifest, files: Iterable[str]) -> Iterator[Finding]:
    named = {manifest.split, *(name for run in manifest.runs for name in (run.file, run.weights))}
    for name in files:
        if name not in named:
            message = f"{name} is sent along, and the manifest does not name it. Name it there, or leave it out."
            yield Finding(Level.ERROR, "files", message)


def _get_ready() -> None:
    """Load what every check needs, so that the first one need not wait for it."""
    import evaluator.finiteness
    import evaluator.reading
    import evaluator.score_format

    list(evaluator.score_format.FORMATS)
