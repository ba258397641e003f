"""The store of files in a folder, of one machine or shared by several.

Files are copied and never linked: an edit of the original afterwards must not reach the store.
"""

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from submissions.artifacts import StoredFile, changed_message, copied, damaged_message, digest_of
from submissions.errors import ArtifactError
from submissions.folder_faults import missing_message, reading, storing
from submissions.old_files import is_old, old_files

STAGING = ".staging"
UNSETTLED = ".unsettled"
LEFTOVER = ".leftover"


@dataclass(frozen=True, slots=True)
class FolderStore:
    """A folder of files named by their content; see `ArtifactStore`."""

    root: Path

    def location(self, sha256: str) -> Path:
        """Return where a file of that content lies or would lie."""
        return self.root / sha256[:2] / sha256

    def mark(self, sha256: str) -> Path:
        """Return the file that marks another as published and not yet settled."""
        return self.root / UNSETTLED / sha256

    def keep(self, files: Mapping[str, Path]) -> None:
        """Copy files into the store, all or none; see `ArtifactStore`."""
        own = [sha256 for sha256, path in files.items() if self._is_own(path, sha256)]
        with ExitStack() as staging:
            staged = {
                sha256: staging.enter_context(self._staged(path, sha256))
                for sha256, path in files.items()
                if sha256 not in own
            }
            for sha256 in own:
                self._renew(sha256)
            for sha256, temporary in staged.items():
                with storing(files[sha256], self.root):
                    self._publish(temporary, sha256)

    def adopt(self, path: Path, sha256: str, size: int) -> None:
        """Move a file into the store, without a copy where it is on the same file system; see `ArtifactStore`."""
        with storing(path, self.root):
            found = path.stat().st_size
            if found != size:
                raise ArtifactError(f"{path} has {found:,} bytes where {size:,} were announced. Send it again.")
            if self._is_own(path, sha256):
                self._renew(sha256)
                return
            _flush(path)
            try:
                self._publish(path, sha256)
                # Not before: what could not be published must stay open for another try.
                self.location(sha256).chmod(0o444)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                self.keep({sha256: path})
                path.unlink()

    def settle(self, digests: Iterable[str]) -> None:
        """Take the marks away; see `ArtifactStore`."""
        # A mark that stays is looked at again by whoever clears leftovers away.
        with suppress(OSError):
            for sha256 in digests:
                self.mark(sha256).unlink(missing_ok=True)

    def holds(self, sha256: str, size: int) -> bool:
        """Whether the file is there and of that size; see `ArtifactStore`."""
        with reading(sha256, self.root), suppress(FileNotFoundError, NotADirectoryError):
            return self.location(sha256).stat().st_size == size
        return False

    def open_path(self, sha256: str, size: int) -> Path:
        """Return where the file lies, once all of it was read and found whole; see `ArtifactStore`."""
        path = self.location(sha256)
        with reading(sha256, self.root):
            found = path.stat().st_size
            # A file of another size need not be read to be known as damaged.
            if found != size or digest_of(path).sha256 != sha256:
                raise ArtifactError(damaged_message(StoredFile(sha256, size), found, str(path)))
        return path

    def is_whole(self, stored: StoredFile) -> bool:
        """Whether a file is stored and undamaged; see `ArtifactStore`."""
        try:
            self.open_path(stored.sha256, stored.size)
        except ArtifactError:
            return False
        return True

    def remove_unfinished(self, older_seconds: float) -> int:
        """Remove half copied files; see `ArtifactStore`."""
        old = old_files(self.root / STAGING, older_seconds)
        for path in old:
            final = self.location(path.name.removesuffix(LEFTOVER))
            if path.name.endswith(LEFTOVER) and not final.exists():
                # Whoever moved it aside was killed before the mark was looked at: somebody may refer to it by now.
                path.replace(final)
            else:
                path.unlink(missing_ok=True)
        return len(old)

    def unsettled(self, older_seconds: float) -> Iterator[str]:
        """Return what has an old mark; see `ArtifactStore`."""
        return (mark.name for mark in old_files(self.root / UNSETTLED, older_seconds))

    def discard(self, sha256: str, older_seconds: float) -> bool:
        """Remove a file that nothing refers to; see `ArtifactStore`."""
        final, aside = self.location(sha256), self.root / STAGING / f"{sha256}{LEFTOVER}"
        # Nothing is staged where all files were moved here.
        aside.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            final.replace(aside)
        # Whoever hands it in renews the mark before the file, and takes it away last.
        if is_old(self.mark(sha256), older_seconds):
            aside.unlink(missing_ok=True)
            self.mark(sha256).unlink(missing_ok=True)
            return True
        with suppress(FileNotFoundError):
            aside.replace(final)
        return False

    def _is_own(self, path: Path, sha256: str) -> bool:
        try:
            return path.samefile(self.location(sha256))
        except OSError:
            return False

    def _renew(self, sha256: str) -> None:
        own = self.location(sha256)
        with storing(own, self.root):
            self._touch_mark(sha256)
        # Only from now on does nobody take it for a leftover.
        if not own.is_file():
            raise ArtifactError(missing_message(sha256, self.root))

    @contextmanager
    def _staged(self, source: Path, sha256: str) -> Iterator[Path]:
        with storing(source, self.root):
            folder = self.root / STAGING
            folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder)
        temporary = Path(name)
        try:
            with storing(source, self.root), os.fdopen(handle, "wb") as target:
                stored = copied(source, target.write)
                target.flush()
                os.fsync(target.fileno())
                temporary.chmod(0o444)
            if stored.sha256 != sha256:
                raise ArtifactError(changed_message(source))
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    def _publish(self, temporary: Path, sha256: str) -> None:
        final = self.location(sha256)
        self._touch_mark(sha256)
        final.parent.mkdir(exist_ok=True)
        temporary.replace(final)
        # The new name itself survives a power cut only once its folder is flushed too.
        for folder in (final.parent, self.root):
            _flush(folder)

    def _touch_mark(self, sha256: str) -> None:
        mark = self.mark(sha256)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
