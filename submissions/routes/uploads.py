"""Files come in: announced with their SHA-256, sent in one piece or many, resumed where they broke off."""

from typing import Annotated
from uuid import UUID

import anyio
from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from submissions import uploads
from submissions.account_tables import Account, Upload
from submissions.api_access import OwnAccount
from submissions.api_documents import NewUpload, UploadDocument
from submissions.api_errors import ApiError, DigestError, OffsetError, TooLargeError
from submissions.api_settings import get_api_settings
from submissions.database import session
from submissions.tables import now

router = APIRouter(prefix="/uploads", tags=["uploads"])

BLOCK = 2**20
"""Bytes that are gathered before they are written: what an upload needs of memory, whatever its size."""
_LOOK_EVERY = 64 * BLOCK
"""Bytes between two looks at the free space."""

Offset = Annotated[int | None, Header(ge=0, description="The bytes that have arrived before this part.")]


class StalledError(ApiError):
    """A sender that fell silent."""

    status, code = 408, "stalled"


@router.post("", status_code=201, responses={200: {"description": "Known: nothing, or only the rest, is to be sent."}})
def begin(asked: NewUpload, own: OwnAccount, response: Response) -> UploadDocument:
    """Announce a file. What you sent before, or what belongs to a public submission, is not sent again."""
    declared = uploads.Declared(asked.sha256, asked.size, asked.filename)
    with session() as opened:
        before = now()
        upload = uploads.begin(opened, own, declared)
        response.status_code = 200 if upload.created_at < before or upload.completed_at else 201
    response.headers["Location"] = f"/api/v1/uploads/{upload.id}"
    return document(upload)


@router.get("/{upload_id}")
def show(upload_id: UUID, own: OwnAccount, response: Response) -> UploadDocument:
    """Say how much of a file has arrived."""
    return _told(_own(upload_id, own), response)


@router.head("/{upload_id}")
def head(upload_id: UUID, own: OwnAccount) -> Response:
    """Say the same in headers: `Upload-Offset` and `Upload-Length`."""
    response = Response(headers={"Cache-Control": "no-store"})
    _told(_own(upload_id, own), response)
    return response


@router.patch(
    "/{upload_id}",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def send(
    upload_id: UUID, request: Request, own: OwnAccount, response: Response, upload_offset: Offset = None
) -> UploadDocument:
    """Send bytes of a file from where it broke off; with the last of them, its SHA-256 is compared."""
    upload = await run_in_threadpool(_own, upload_id, own)
    if upload.completed_at is None:
        await _append(upload, request, upload_offset)
        if uploads.arrived(upload) == upload.size:
            upload = await run_in_threadpool(_finish, upload, own)
    return _told(upload, response)


@router.delete("/{upload_id}", status_code=204)
def discard(upload_id: UUID, own: OwnAccount) -> None:
    """Forget a file that was not handed in."""
    with session() as opened:
        uploads.discard(opened, uploads.own_upload(opened, upload_id, own))


def document(upload: Upload) -> UploadDocument:
    """Return an upload as it is told."""
    return UploadDocument(
        id=upload.id,
        sha256=upload.sha256,
        size=upload.size,
        filename=upload.filename,
        offset=uploads.arrived(upload),
        complete=upload.completed_at is not None,
    )


async def _append(upload: Upload, request: Request, offset: int | None) -> None:
    """Write what comes as it comes; what has arrived stays, however the request ends."""
    idle = get_api_settings().upload_idle_seconds
    with uploads.appending(upload) as part:
        size = part.seek(0, 2)
        if offset != size:
            raise OffsetError(size, offset)
        gathered, looked = bytearray(), size
        stream = aiter(request.stream())
        try:
            while True:
                with anyio.fail_after(idle):
                    chunk = await anext(stream, None)
                if chunk is None:
                    break
                size += len(chunk)
                if size > upload.size:
                    raise TooLargeError(f"Expected {upload.size:,} bytes, as declared, found more. Check the file.")
                gathered += chunk
                if len(gathered) >= BLOCK:
                    if size - looked >= _LOOK_EVERY:
                        await run_in_threadpool(uploads.refuse_full_disk, 0)
                        looked = size
                    await run_in_threadpool(part.write, gathered)
                    gathered.clear()
        except TimeoutError:
            raise StalledError(f"Nothing came for {idle:g} seconds. What arrived is kept: go on from there.") from None
        except ClientDisconnect:
            # Nobody is there to be told; the next request asks how much arrived.
            return
        finally:
            if gathered and part.tell() + len(gathered) <= upload.size:
                part.write(gathered)


def _finish(upload: Upload, own: Account) -> Upload:
    try:
        uploads.finish(upload)
    except DigestError:
        with session() as opened:
            uploads.discard(opened, uploads.own_upload(opened, upload.id, own))
        raise
    with session() as opened:
        done = uploads.own_upload(opened, upload.id, own)
        done.completed_at = now()
        opened.add(done)
    return done


def _own(upload_id: UUID, own: Account) -> Upload:
    with session() as opened:
        return uploads.own_upload(opened, upload_id, own)


def _told(upload: Upload, response: Response) -> UploadDocument:
    told = document(upload)
    response.headers["Upload-Offset"], response.headers["Upload-Length"] = str(told.offset), str(told.size)
    return told
