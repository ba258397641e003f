"""`rematch dump` and `rematch restore`: everything into one file, and back into an empty database."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from splits.terminal import JsonFlag, print_json

if TYPE_CHECKING:
    from submissions.dump.restoring import Restored
    from submissions.dump.writing import Choice, Written


def dump(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Where to; compressed where it ends in .gz or .tgz. `-` for a pipe.")
    ],
    *,
    public: Annotated[
        bool,
        typer.Option(
            "--public",
            help="Only what may be published: no accounts, tokens, uploads, requests, acts of admins, logs or names of"
            " workers, and no private submissions with what hangs on them.",
        ),
    ] = False,
    without_artifacts: Annotated[
        bool, typer.Option("--without-artifacts", help="Only rows, where the files have a backup of their own.")
    ] = False,
    leave_out_missing: Annotated[
        bool,
        typer.Option("--leave-out-missing", help="List stored files that cannot be read instead of giving up."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write all records and files of a board, as they are at this moment, into one archive.

    It is a tar archive of JSON lines and of the files as they were handed in; README.txt in it says what is where.
    Others may go on working meanwhile. It holds hashes of tokens and private submissions, so keep the file to
    yourself.
    """
    from submissions.dump.writing import Choice
    from submissions.dump.writing import dump as write

    choice = Choice(artifacts=not without_artifacts, is_public=public, leave_out_missing=leave_out_missing)
    if file == "-":
        typer.echo(_told_written(_dump_into_pipe(choice), "the pipe"), err=True)
        return
    written = write(Path(file), choice, force=force)
    if as_json:
        print_json(_written_document(written))
    else:
        typer.echo(_told_written(written, file))


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `rematch dump` wrote.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Put what a dump holds into an empty database, of whichever kind, and into the store of files.

    All of it is checked first; if anything is wrong, nothing is stored. A dump of an older version is migrated. What
    was being scored is queued again.
    """
    from submissions.database import safe_url
    from submissions.dump.restoring import restore as put_back

    found = put_back(file)
    if as_json:
        print_json(_restored_document(found))
    else:
        typer.echo("\n".join(_told_restored(found, safe_url())))


def _dump_into_pipe(choice: "Choice") -> "Written":
    from submissions.dump.writing import dump_into
    from submissions.errors import DumpError

    if sys.stdout.isatty():
        raise DumpError("A dump is no text for a terminal. Name a file, or put something behind the pipe.")
    try:
        written = dump_into(sys.stdout.buffer, choice)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise DumpError(
            f"The dump cannot be written to the pipe: {error.strerror or error}. What came out of it is useless."
        ) from error
    return written


def _told_written(written: "Written", where: str) -> str:
    from submissions.findings import count_of

    header = written.header
    files = count_of(header.artifacts.files, "file") if header.artifacts else "no files"
    missing = f"\n{len(written.missing):,} of them could not be read and are left out." if written.missing else ""
    return (
        f"{header.n_rows:,} rows of {len(header.tables)} tables and {files} are in {where}: {written.size:,} bytes,"
        f" SHA-256 {written.sha256}{missing}"
    )


def _written_document(written: "Written") -> dict[str, Any]:
    return {
        "size": written.size,
        "sha256": written.sha256,
        "missing": list(written.missing),
        "header": written.header.model_dump(mode="json"),
    }


def _told_restored(found: "Restored", database: str) -> list[str]:
    header, resumed = found.header, found.resumed
    files = f" {found.n_stored:,} of {header.artifacts.files:,} files were stored anew." if header.artifacts else ""
    lines = [f"{header.n_rows:,} rows of {len(header.tables)} tables are in {database}.{files}"]
    if header.artifacts is None:
        lines.append("The dump holds no files: see that the folder of artifacts is the one that belongs to it.")
    if found.missing:
        lines.append(f"{len(found.missing):,} files could not be read when it was written and are still missing.")
    lines.append(
        f"{resumed.n_running:,} evaluations that were running are queued again, {resumed.n_queued:,} were queued"
        f" ({resumed.n_reserved:,} of them for one process, now for every worker). Workers find them by themselves."
    )
    if resumed.n_uploads:
        lines.append(f"{resumed.n_uploads:,} uploads that were under way are to be begun again.")
    return lines


def _restored_document(found: "Restored") -> dict[str, Any]:
    return {
        "header": found.header.model_dump(mode="json"),
        "files_stored": found.n_stored,
        "missing": sorted(found.missing),
        "requeued": found.resumed.n_running,
        "queued": found.resumed.n_queued,
        "no_longer_reserved": found.resumed.n_reserved,
        "uploads_dropped": found.resumed.n_uploads,
    }
