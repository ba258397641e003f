"""What can be wrong with a request, each with its status and a code for machines."""

from collections.abc import Mapping, Sequence
from typing import Any

from splits.errors import RematchError
from submissions.findings import Finding


class ApiError(RematchError):
    """A request that cannot be answered as asked."""

    status = 400
    code = "bad_request"

    def __init__(self, message: str, *, headers: Mapping[str, str] | None = None, details: Any = None) -> None:
        super().__init__(message)
        self.headers = dict(headers or {})
        self.details = details


class UnauthorizedError(ApiError):
    """No token, or one that is not known."""

    status, code = 401, "unauthorized"

    def __init__(self, message: str) -> None:
        super().__init__(message, headers={"WWW-Authenticate": "Bearer"})


class ForbiddenError(ApiError):
    """Something that this account may not do."""

    status, code = 403, "forbidden"


class NotFoundError(ApiError):
    """Nothing there, or nothing that this account may know of."""

    status, code = 404, "not_found"


class ConflictError(ApiError):
    """Something that does not fit what is there."""

    status, code = 409, "conflict"


class OffsetError(ApiError):
    """A part of a file that does not begin where the last one ended."""

    status, code = 409, "wrong_offset"

    def __init__(self, expected: int, found: int | None) -> None:
        stated = "none" if found is None else f"{found:,}"
        super().__init__(
            f"Upload-Offset: expected {expected:,}, the bytes that have arrived, found {stated}. Go on from there.",
            headers={"Upload-Offset": str(expected)},
        )


class TooLargeError(ApiError):
    """More bytes than are taken in."""

    status, code = 413, "too_large"


class DigestError(ApiError):
    """A file that is not what its sender said it would be."""

    status, code = 422, "wrong_digest"


class RefusedError(ApiError):
    """A submission with errors."""

    status, code = 422, "refused"

    def __init__(self, findings: Sequence[Finding]) -> None:
        lines = [f"{one.where}: {one.message}" for one in findings if one.level == "ERROR"]
        super().__init__(
            "\n".join([*lines, "Nothing was stored. Mend this and try again."]),
            details={"findings": [findings_document(one) for one in findings]},
        )


class TooManyRequestsError(ApiError):
    """More requests, or more submissions, than are allowed for now."""

    status, code = 429, "too_many_requests"

    def __init__(self, message: str, *, retry_seconds: float | None = None) -> None:
        headers = {} if retry_seconds is None else {"Retry-After": str(max(1, round(retry_seconds)))}
        super().__init__(message, headers=headers)


class QuotaError(TooManyRequestsError):
    """A quota that is used up."""

    code = "quota"


class UnavailableError(ApiError):
    """Something of ours that is away for now; the same request may succeed later."""

    status, code = 503, "unavailable"

    def __init__(self, message: str, *, retry_seconds: float = 10) -> None:
        super().__init__(message, headers={"Retry-After": str(round(retry_seconds))})


class InternalError(ApiError):
    """A fault of ours."""

    status, code = 500, "internal"


class StorageFullError(ApiError):
    """A disk that has no room for what is to be sent."""

    status, code = 507, "storage_full"


def findings_document(one: Finding) -> dict[str, str]:
    """Return a finding as JSON."""
    return {"level": one.level.value, "where": one.where, "message": one.message}
