"""What is done with the objects of an S3-compatible store: each a verb, with faults told in words."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from submissions.artifacts import BLOCK
from submissions.checked_stream import CheckedStream
from submissions.s3_client import s3_client
from submissions.s3_faults import explained
from submissions.s3_place import S3Place

PART = 8 * 2**20
"""What is sent by one request; parts on their way are in memory."""
FETCHED = 32 * 2**20
"""What is fetched by one request; what arrives is written at once."""
MOST_PARTS = 9000
"""The protocol allows 10,000."""
COPIED = 2**30
"""What the server copies by one request, without sending it anywhere."""
AT_ONCE = 4
"""Parts on their way at the same time."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An upload in parts that was begun and never completed."""

    key: str
    upload_id: str


@dataclass(frozen=True, slots=True)
class S3Bucket:
    """The objects of a bucket; each method raises ArtifactError when the server does not do as asked."""

    place: S3Place

    def put_empty(self, key: str) -> None:
        """Make an object without content, or renew the time of one."""
        with self._asked() as client:
            client.put_object(Bucket=self.place.bucket, Key=key, Body=b"")

    def upload(self, path: Path, sha256: str, key: str) -> None:
        """Send a file, in parts if it is large; nothing is there under the name unless all of it arrived unchanged.

        Raises:
            ArtifactError: As everywhere, or its content is another than was checked.
            OSError: It cannot be read.
        """
        size = path.stat().st_size
        with self._asked() as client, CheckedStream(path, sha256) as stream:
            part = max(PART, -(-size // MOST_PARTS))
            client.upload_fileobj(stream, self.place.bucket, key, Config=_transfer(part))

    def download(self, key: str, stream: IO[bytes]) -> None:
        """Fetch an object into a file.

        Raises:
            ArtifactError: As everywhere.
            OSError: The file cannot be written.
        """
        with self._asked() as client:
            client.download_fileobj(self.place.bucket, key, stream, Config=_transfer(FETCHED))

    def read(self, key: str, use: Callable[[bytes], object]) -> None:
        """Fetch an object and hand on its blocks, without keeping any."""
        with self._asked() as client, closing(client.get_object(Bucket=self.place.bucket, Key=key)["Body"]) as body:
            for block in body.iter_chunks(BLOCK):
                use(block)

    def size_of(self, key: str) -> int | None:
        """Return the size of an object; None if there is none."""
        head = self._head(key)
        return None if head is None else int(head["ContentLength"])

    def is_old(self, key: str, older_seconds: float) -> bool:
        """Whether an object is there and was written so long ago."""
        head = self._head(key)
        return head is not None and _is_before(head["LastModified"], older_seconds)

    def old_keys(self, prefix: str, older_seconds: float) -> Iterator[str]:
        """Return the names below a prefix that were written so long ago."""
        with self._asked() as client:
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=self.place.bucket, Prefix=prefix):
                for found in page.get("Contents", ()):
                    if _is_before(found["LastModified"], older_seconds):
                        yield found["Key"]

    def remove(self, key: str) -> None:
        """Remove an object, if it is there."""
        with self._asked() as client:
            client.delete_object(Bucket=self.place.bucket, Key=key)

    def copy(self, source: str, target: str) -> None:
        """Copy an object on the server."""
        with self._asked() as client:
            named = {"Bucket": self.place.bucket, "Key": source}
            client.copy(named, self.place.bucket, target, Config=_transfer(COPIED))

    def unfinished(self, prefix: str, older_seconds: float) -> Iterator[Unfinished]:
        """Return the uploads below a prefix that were begun so long ago and never completed."""
        with self._asked() as client:
            from botocore.exceptions import ClientError

            pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=self.place.bucket, Prefix=prefix)
            try:
                for page in pages:
                    for found in page.get("Uploads", ()):
                        if _is_before(found["Initiated"], older_seconds):
                            yield Unfinished(found["Key"], found["UploadId"])
            except ClientError as error:
                # Servers that cannot list them leave them to their operators.
                if error.response["Error"]["Code"] != "NotImplemented":
                    raise

    def abort(self, upload: Unfinished) -> None:
        """Remove what arrived of an upload that was never completed."""
        with self._asked() as client:
            client.abort_multipart_upload(Bucket=self.place.bucket, Key=upload.key, UploadId=upload.upload_id)

    def _head(self, key: str) -> dict[str, Any] | None:
        with self._asked() as client:
            from botocore.exceptions import ClientError

            try:
                found: dict[str, Any] = client.head_object(Bucket=self.place.bucket, Key=key)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                    raise
                # This answer has no body: a bucket that is not there looks like an object that is not.
                client.list_objects_v2(Bucket=self.place.bucket, Prefix=key, MaxKeys=1)
                return None
        return found

    @contextmanager
    def _asked(self) -> Iterator[Any]:
        client = s3_client(self.place)
        with explained(self.place):
            yield client


def _is_before(moment: datetime, older_seconds: float) -> bool:
    return moment < datetime.now(UTC) - timedelta(seconds=older_seconds)


def _transfer(part: int) -> Any:
    """Return how a file is sent, fetched or copied, in memory that does not depend on its size."""
    from boto3.s3.transfer import TransferConfig

    config = TransferConfig(
        multipart_threshold=part, multipart_chunksize=part, max_concurrency=AT_ONCE, preferred_transfer_client="classic"
    )
    config.max_in_memory_upload_chunks = AT_ONCE
    return config
