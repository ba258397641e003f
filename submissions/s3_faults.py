"""What an S3-compatible server says when something is wrong, in words: what happened, where, and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import shorten
from typing import Any

from submissions.errors import ArtifactError
from submissions.s3_place import S3Place

_LONGEST_REASON = 200
_NO_CREDENTIALS = (
    "{place} cannot be used without credentials: {reason}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a"
    " profile (AWS_PROFILE)."
)
_REFUSED = (
    "{place} refuses the credentials of this machine ({reason}). Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or"
    " the profile, and that they may list, read, write and delete there."
)
_AWAY = (
    "{place} does not answer: {reason}. Check that the server runs and can be reached from here"
    " (REMATCH_S3_ENDPOINT_URL), then try again; evaluations that wait for it are tried again by themselves."
)
_NO_BUCKET = (
    "There is no bucket {place.bucket!r} for {place}. Make it (aws s3 mb s3://{place.bucket}), or correct"
    " REMATCH_ARTIFACTS_URL or REMATCH_S3_ENDPOINT_URL."
)
_FULL = "{place} takes no more files ({reason}). Free some space there, or raise its quota."
_REGION = "{place} is in another region ({reason}). Set REMATCH_S3_REGION to that of the bucket."
_CLOCK = "{place} refuses the time of this machine ({reason}). Set its clock."
_OTHER = "{place} cannot be used: {reason}. Check REMATCH_ARTIFACTS_URL and REMATCH_S3_ENDPOINT_URL."

_OF_CODE = {
    _NO_BUCKET: ("NoSuchBucket", "404"),
    _REFUSED: (
        "403", "AccessDenied", "AllAccessDisabled", "ExpiredToken", "InvalidAccessKeyId", "InvalidClientTokenId",
        "InvalidToken", "SignatureDoesNotMatch", "UnauthorizedAccess",
    ),
    _REGION: ("301", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"),
    _CLOCK: ("RequestTimeTooSkewed",),
    _FULL: (
        "507", "EntityTooLarge", "InsufficientStorage", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded",
        "XMinioStorageFull",
    ),
    _AWAY: ("500", "502", "503", "504", "InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"),
}  # fmt: skip
"""What is said of the codes that servers answer with, and of the status where an answer has no body."""
_OF_KIND = {
    _NO_CREDENTIALS: (
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "TokenRetrievalError",
    ),
    _AWAY: ("ConnectionError", "HTTPClientError", "IncompleteReadError"),
}
"""What is said of the classes of the library's own faults."""


@contextmanager
def explained(place: S3Place) -> Iterator[None]:
    """Turn whatever keeps a server from doing what it was asked into one message.

    Raises:
        ArtifactError: With what to do.
    """
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
    from s3transfer.exceptions import RetriesExceededError, S3DownloadFailedError, S3UploadFailedError

    try:
        yield
    except RetriesExceededError as error:
        raise ArtifactError(_AWAY.format(place=place, reason=_shown(error.last_exception))) from error
    except ClientError as error:
        raise ArtifactError(_of_answer(error.response).format(place=place, reason=_reason(error))) from error
    except (BotoCoreError, Boto3Error, ResponseParserError, S3DownloadFailedError, S3UploadFailedError) as error:
        raise ArtifactError(_of_kind(error).format(place=place, reason=_shown(error))) from error


def _of_answer(response: dict[str, Any]) -> str:
    code = str(response.get("Error", {}).get("Code", ""))
    status = str(response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
    for known in (code, status):
        for words, codes in _OF_CODE.items():
            if known in codes:
                return words
    return _OTHER


def _of_kind(error: Exception) -> str:
    names = {cls.__name__ for cls in type(error).__mro__}
    return next((words for words, kinds in _OF_KIND.items() if names & set(kinds)), _OTHER)


def _reason(error: Any) -> str:
    answer = error.response.get("Error", {})
    code, message = answer.get("Code", "no code"), str(answer.get("Message", "")).rstrip(".")
    return _short(f"{code}: {message}" if message and message != code else str(code))


def _shown(error: Exception) -> str:
    return _short(str(error).rstrip(".") or type(error).__name__)


def _short(reason: str) -> str:
    # What is no S3 server may answer with a page.
    return shorten(reason, _LONGEST_REASON, placeholder="...")
