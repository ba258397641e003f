"""Files come in: announced with their SHA-256, sent in one piece or many, resumed where they broke off."""

import asyncio
import os
from typing import Annotated, BinaryIO
from uuid import UUID

import anyio
from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from submissions import upload_parts, uploads
from submissions.account_tables import Account, Upload
from submissions.api_access import OwnAccount
from submissions.api_documents import FaultDocument, NewUpload, UploadDocument
from submissions.api_errors import ApiError, DigestError, OffsetError, TooLargeError
from submissions.api_settings import get_api_settings
from submissions.database import session
from submissions.tables import now

router = APIRouter(prefix="/uploads", tags=["uploads"])

BLOCK = 2**20
"""Bytes that are gathered before they are written: what an upload needs of memory, whatever its size."""

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


@router.get("")
def show_all(own: OwnAccount) -> list[UploadDocument]:
    """List the files that you have on their way, or have not handed in yet."""
    with session() as opened:
        return [document(one) for one in uploads.waiting_uploads(opened, own)]


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
    responses={
        status: {"model": FaultDocument, "description": description}
        for status, description in (
            (408, "Nothing came for a while. What has arrived stays."),
            (507, "The disk of the board is full. What has arrived stays."),
        )
    },
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
    if upload.completed_at is not None:
        return _told(upload, response)
    with upload_parts.appending(upload_id) as part:
        # Again, as another request may have ended it until this one had the part for itself.
        upload = await run_in_threadpool(_own, upload_id, own)
        if upload.completed_at is None:
            await _append(part, upload, request, upload_offset)
            if part.tell() == upload.size:
                upload = await run_in_threadpool(_finish, upload, own)
        else:
            # Opening made it anew.
            upload_parts.part_of(upload_id).unlink(missing_ok=True)
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
        offset=upload_parts.arrived(upload),
        complete=upload.completed_at is not None,
    )


async def _append(part: BinaryIO, upload: Upload, request: Request, offset: int | None) -> None:
    """Write what comes as it comes; what has arrived stays, however the request ends."""
    idle, size = get_api_settings().upload_idle_seconds, part.seek(0, os.SEEK_END)
    if offset != size:
        raise OffsetError(size, offset)
    await run_in_threadpool(upload_parts.refuse_full_disk, upload.size - size)
    gathered, stream = bytearray(), aiter(request.stream())
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
                block, gathered = gathered, bytearray()
                await _written(part, block)
    except TimeoutError:
        raise StalledError(f"Nothing came for {idle:g} seconds. What arrived is kept: go on from there.") from None
    except ClientDisconnect:
        # Nobody is there to be told; the next request asks how much arrived.
        return
    finally:
        if gathered:
            await _written(part, gathered)


async def _written(part: BinaryIO, block: bytearray) -> None:
    """Write a block in a thread, and wait for that thread even when the server is told to stop meanwhile."""
    writing = asyncio.ensure_future(run_in_threadpool(upload_parts.write_all, part, bytes(block)))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await writing
        raise


def _finish(upload: Upload, own: Account) -> Upload:
    """Make the part an artifact; only the request that has the part for itself comes here."""
    try:
        upload_parts.finish(upload)
    except DigestError:
        upload_parts.part_of(upload.id).unlink(missing_ok=True)
        with session() as opened:
            opened.delete(uploads.own_upload(opened, upload.id, own))
        raise
    with session() as opened:
        done = uploads.own_upload(opened, upload.id, own)
        done.completed_at = now()
        opened.add(done)
    # Where it was copied into the store, or where opening made it anew, nothing is left.
    upload_parts.part_of(upload.id).unlink(missing_ok=True)
    return done


def _own(upload_id: UUID, own: Account) -> Upload:
    with session() as opened:
        return uploads.own_upload(opened, upload_id, own)


def _told(upload: Upload, response: Response) -> UploadDocument:
    told = document(upload)
    response.headers["Upload-Offset"], response.headers["Upload-Length"] = str(told.offset), str(told.size)
    return told
