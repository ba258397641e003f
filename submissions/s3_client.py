"""The connection to an S3-compatible server: made once in each process, with limits on how long it waits."""

import os
from functools import cache
from typing import Any

from submissions.errors import SettingsError
from submissions.s3_place import S3Place

CONNECT_SECONDS = 5
ANSWER_SECONDS = 60
"""Between two signs of life of the server, not for a whole file."""
TRIES = 4
DEFAULT_REGION = "us-east-1"
"""What servers other than AWS take as theirs unless told otherwise."""


def s3_client(place: S3Place) -> Any:
    """Return the client of a place's server.

    Raises:
        SettingsError: There is no boto3, or it cannot use the settings.
    """
    return _client(place.endpoint_url, place.region, os.getpid())


@cache
def _client(endpoint_url: str | None, region: str | None, _process: int) -> Any:
    """Make a client; a forked process makes its own, as two cannot share a connection."""
    try:
        from boto3.session import Session
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise SettingsError(
            "REMATCH_ARTIFACTS_URL names an S3 store, for which boto3 is missing on this machine. Install it:"
            ' pip install "rematch[s3]"'
        ) from error
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        # The SHA-256 of what is sent is part of the signature, for the server to check; the newer checksums in trailers
        # are unknown to many.
        s3={"addressing_style": "path" if endpoint_url else "auto", "payload_signing_enabled": True},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        session = Session()
        return session.client(
            "s3", endpoint_url=endpoint_url, region_name=region or session.region_name or DEFAULT_REGION, config=config
        )
    except (BotoCoreError, ValueError) as error:
        raise SettingsError(
            f"The S3 store cannot be used: {str(error).rstrip('.')}. Check REMATCH_S3_ENDPOINT_URL, REMATCH_S3_REGION"
            " and the AWS settings of this machine."
        ) from error
