"""What the HTTP API allows: sizes, rates and quotas; every variable starts with `REMATCH_`."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from submissions.settings import read_settings


class ApiSettings(BaseSettings):
    """What the HTTP API allows."""

    model_config = SettingsConfigDict(env_prefix="REMATCH_", extra="ignore")

    api_requests_per_minute: Annotated[int, Field(ge=1)] = 600
    """Requests of one account in a minute."""
    api_address_requests_per_minute: Annotated[int, Field(ge=1)] = 300
    """Requests without a token, or with a wrong one, from one address in a minute."""
    api_daily_submissions: Annotated[int, Field(ge=0)] = 100
    """Submissions of one account in 24 hours; those that failed through the board do not count."""
    api_unfinished_evaluations: Annotated[int, Field(ge=1)] = 400
    """Evaluations of one account that wait or run at the same time."""
    upload_unfinished_mb: Annotated[int, Field(ge=1)] = 20480
    """Bytes of one account's files that are on their way or not handed in yet, in units of 2**20."""
    upload_idle_seconds: Annotated[float, Field(gt=0)] = 60.0
    """How long the sender of a file may be silent before the connection is given up; the upload can be resumed."""
    min_free_mb: Annotated[int, Field(ge=0)] = 1024
    """Space that uploads leave free on the disk, in units of 2**20 bytes."""
    check_processes: Annotated[int, Field(ge=1)] = 2
    """Processes that look at what is handed in."""
    check_seconds: Annotated[float, Field(gt=0)] = 600.0
    """How long they look at one submission."""
    check_memory_mb: Annotated[int, Field(ge=256)] = 4096
    """How much memory each may use, in units of 2**20 bytes; mapped files do not count."""


def get_api_settings() -> ApiSettings:
    """Read the settings of the API anew; see `read_settings`."""
    return read_settings(ApiSettings)
