"""What was measured: results, systems, and the files that they came from."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, BinaryIO
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime
from sqlmodel import Session

from submissions import api_query, paging
from submissions.account_tables import Account
from submissions.api_access import Asking, OwnAccount
from submissions.api_documents import ArtifactDocument, Page, ResultDocument, Sha256Hex, SystemDocument
from submissions.api_errors import ApiError, NotFoundError
from submissions.artifacts import BLOCK, artifact_store
from submissions.database import session
from submissions.file_access import is_handed_in, is_own_file
from submissions.held_files import files_held
from submissions.tables import Artifact

router = APIRouter()

_CSV_PAGE = 1000
COLUMNS = tuple(ResultDocument.model_fields)


class Form(StrEnum):
    """How results are written."""

    JSON = "json"
    CSV = "csv"


Text = Annotated[str | None, Query(max_length=200)]


@router.get(
    "/results",
    tags=["results"],
    response_model=Page[ResultDocument],
    responses={200: {"content": {"text/csv": {}}, "description": "A page as JSON, or everything as CSV."}},
)
def results(
    who: Asking,
    *,
    protocol: Text = None,
    split: Annotated[str | None, Query(max_length=200, description="A name or a digest.")] = None,
    system: Text = None,
    submission: UUID | None = None,
    metric: Text = None,
    direction: Text = None,
    as_of: Annotated[
        AwareDatetime | None, Query(description="What was finished, and not yet replaced, at this moment.")
    ] = None,
    superseded: Annotated[bool, Query(description="Also results of submissions that were replaced.")] = False,
    form: Annotated[Form, Query(alias="format", description="CSV gives everything at once.")] = Form.JSON,
    after: paging.After = None,
    limit: paging.Limit = 100,
) -> Response | Page[ResultDocument]:
    """List results in the order in which they were finished: every number with all that it depends on."""
    if as_of is not None and not api_query.is_within_reach(as_of):
        raise ApiError("as_of: expected a moment between the years 1901 and 8999, found another.")
    wanted = api_query.ResultFilter(protocol, split, system, submission, metric, direction, as_of, superseded)
    if form is Form.CSV:
        return StreamingResponse(_csv(who.account, wanted), media_type="text/csv; charset=utf-8")
    with session() as opened:
        found, following = api_query.results(opened, who.account, wanted, after=after, limit=limit)
    return Page(items=found, next=following)


@router.get("/systems", tags=["results"])
def systems(who: Asking) -> list[SystemDocument]:
    """List the systems that have a result."""
    with session() as opened:
        return api_query.systems(opened, who.account)


@router.get("/artifacts/{sha256}", tags=["results"])
def artifact(sha256: Sha256Hex, who: Asking) -> ArtifactDocument:
    """Say what is known of a stored file."""
    with session() as opened:
        return ArtifactDocument.model_validate(_seen(opened, sha256, who.account), from_attributes=True)


@router.get("/artifacts/{sha256}/content", tags=["results"], response_class=StreamingResponse)
def content(sha256: Sha256Hex, own: OwnAccount) -> StreamingResponse:
    """Send a stored file back to whoever handed it in, or to an admin."""
    with session() as opened:
        found = _seen(opened, sha256, own)
        if not is_own_file(opened, own, sha256):
            raise NotFoundError(f"There is no file {sha256} of yours here.")
    with files_held():
        # Open, it can be read to its end, whatever becomes of its name.
        stream = artifact_store().open_path(found.sha256, found.size).open("rb")
    headers = {
        "Content-Length": str(found.size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.filename, safe='')}",
    }
    return StreamingResponse(_blocks(stream), media_type="application/octet-stream", headers=headers)


def _seen(opened: Session, sha256: str, viewer: Account | None) -> Artifact:
    found = opened.get(Artifact, sha256) if is_handed_in(opened, viewer, sha256) else None
    if found is None:
        raise NotFoundError(f"There is no file {sha256} here.")
    return found


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while block := stream.read(BLOCK):
            yield block


def _csv(viewer: Account | None, wanted: api_query.ResultFilter) -> Iterator[str]:
    """Write page after page, so that a board of any size needs the memory of one."""
    yield _lines([COLUMNS])
    after: str | None = None
    while True:
        with session() as opened:
            found, after = api_query.results(opened, viewer, wanted, after=after, limit=_CSV_PAGE)
        yield _lines([[_cell(getattr(one, name)) for name in COLUMNS] for one in found])
        if after is None:
            return


def _lines(rows: "list[list[str]] | list[tuple[str, ...]]") -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(value)
    if isinstance(value, datetime):
        return value.isoformat()
    # A spreadsheet would run a name that begins like a formula.
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@") else text
