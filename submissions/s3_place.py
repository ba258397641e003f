"""Where an S3-compatible store of files is, read from settings that may hold no credentials."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from submissions.errors import SettingsError

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,62}")
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*")
"""Characters that every server takes as they are."""
_LONGEST_PREFIX = 512
_CREDENTIALS = (
    "holds credentials. Take them out: they are read from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from the"
    " profile that AWS_PROFILE names"
)


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket, or what lies below a prefix in it."""

    bucket: str
    prefix: str = ""
    """Without slashes at its ends; empty for the whole bucket."""
    endpoint_url: str | None = None
    """The server; None for that of AWS."""
    region: str | None = None
    """None for what the AWS settings of this machine say."""

    def __str__(self) -> str:
        """Name it as the settings do."""
        url = "/".join(part for part in (f"s3://{self.bucket}", self.prefix) if part)
        return f"{url} at {self.endpoint_url}" if self.endpoint_url else url

    def key(self, *parts: str) -> str:
        """Return the name of an object below the prefix.

        >>> S3Place("scores", "rematch").key("ab", "abc")
        'rematch/ab/abc'
        """
        return "/".join(part for part in (self.prefix, *parts) if part)

    def folder(self, *parts: str) -> str:
        """Return what the names of all objects below the prefix, or below a folder there, begin with."""
        key = self.key(*parts)
        return f"{key}/" if key else ""


def parse_s3_place(url: str, *, endpoint_url: str | None = None, region: str | None = None) -> S3Place:
    """Read the settings of an S3-compatible store.

    Args:
        url: The bucket and prefix.
        endpoint_url: The server, if it is not that of AWS.
        region: Where the bucket is.

    Raises:
        SettingsError: One of them cannot be used; what it says is not shown, as it may hold credentials.
    """
    problem = _problem_of_url(url)
    if problem:
        raise SettingsError(
            f"REMATCH_ARTIFACTS_URL {problem}; expected s3://BUCKET or s3://BUCKET/PREFIX. Change it in the environment"
            " or in .env."
        )
    problem = _problem_of_endpoint(endpoint_url) if endpoint_url else None
    if problem:
        raise SettingsError(
            f"REMATCH_S3_ENDPOINT_URL {problem}; expected http://HOST:PORT or https://HOST of an S3-compatible server,"
            " and nothing for AWS. Change it in the environment or in .env."
        )
    parts = urlsplit(url)
    return S3Place(parts.netloc, parts.path.strip("/"), endpoint_url or None, region or None)


def _problem_of_url(url: str) -> str | None:
    """Say what is wrong with the address of a bucket, as the rest of a sentence; None if nothing is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "is no address"
    if "@" in parts.netloc:
        return _CREDENTIALS
    if parts.query or parts.fragment:
        return "has something after a question mark or a hash sign"
    if not parts.netloc:
        return "names no bucket"
    if not _BUCKET.fullmatch(parts.netloc):
        return "names a bucket that can be none (3 to 63 letters, digits, dots, dashes and underscores)"
    prefix = parts.path.strip("/")
    if not prefix:
        return None
    if not _PREFIX.fullmatch(prefix) or len(prefix) > _LONGEST_PREFIX or {".", ".."} & set(prefix.split("/")):
        return (
            f"has a prefix that cannot be used (at most {_LONGEST_PREFIX} letters, digits and -_.!*'() between slashes)"
        )
    return None


def _problem_of_endpoint(url: str) -> str | None:
    """Say what is wrong with the address of a server, as the rest of a sentence; None if nothing is."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is no address"
    if "@" in parts.netloc:
        return _CREDENTIALS
    if parts.scheme not in ("http", "https") or not host or port == 0:
        return "is no address of a web server"
    return "has something after a question mark or a hash sign" if parts.query or parts.fragment else None
