"""How the queue works: broker, limits, signs of life. Nothing here can change a number."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from submissions.errors import SettingsError
from submissions.settings import read_settings
from worker.broker_url import checked_broker_url


class Settings(BaseSettings):
    """How the queue works."""

    model_config = SettingsConfigDict(env_prefix="REMATCH_", extra="ignore")

    broker_url: str | None = None
    """`redis://...` of the broker; without one, a local worker process runs the same jobs."""
    retry_seconds: Annotated[float, Field(gt=0)] = 10.0
    """How long an evaluation waits after a fault of ours; four times as long after each further one."""
    soft_limit_seconds: Annotated[int, Field(ge=1)] = 3600
    """After this long an evaluation is stopped and fails with a message."""
    hard_limit_seconds: Annotated[int, Field(ge=2)] = 3900
    """After this long the process of an evaluation that did not stop is killed."""
    model_soft_limit_seconds: Annotated[int, Field(ge=1)] = 86400
    """The same for running a model on one dataset."""
    model_hard_limit_seconds: Annotated[int, Field(ge=2)] = 90000
    """The same for running a model on one dataset."""
    device: str | None = None
    """Where models are run: `cpu`, `cuda`, `cuda:1`; a GPU if there is one. One worker for each GPU."""
    heartbeat_seconds: Annotated[float, Field(gt=0)] = 10.0
    """How often a running evaluation says that it is alive."""
    stale_seconds: Annotated[float, Field(gt=0)] = 120.0
    """How long after its last sign of life a running evaluation is queued again."""
    reap_seconds: Annotated[float, Field(gt=0)] = 60.0
    """How often every worker looks for evaluations that were lost."""
    announce_seconds: Annotated[float, Field(gt=0)] = 2.0
    """How often every worker announces what is queued and no broker was told of, once it is that old."""
    resend_seconds: Annotated[float, Field(gt=0)] = 60.0
    """How long after all messages of its time left the broker's queue an evaluation that waits is announced again."""
    alive_folder: Path | None = None
    """Where workers and the reaper leave signs of life for a health check; none are left without it."""
    poll_seconds: Annotated[float, Field(gt=0)] = 1.0
    """How often the local worker looks for work."""
    concurrency: Annotated[int, Field(ge=1)] = 1
    """Evaluations at once in one worker; each uses all cores by itself."""
    job_memory_mb: Annotated[int, Field(ge=0)] | None = None
    """The most memory that one evaluation may allocate, in units of 2**20 bytes, where mapped files do not count.

    0 is no limit; by default four fifths of what the machine or the container has, divided by the concurrency.
    """

    @field_validator("broker_url")
    @classmethod
    def _broker_can_be_one(cls, url: str | None) -> str | None:
        return checked_broker_url(url) if url else None

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> "Settings":
        for kind in ("", "MODEL_"):
            soft, hard = (getattr(self, f"{kind}{name}_limit_seconds".lower()) for name in ("soft", "hard"))
            if soft >= hard:
                raise SettingsError(
                    f"REMATCH_{kind}SOFT_LIMIT_SECONDS is {soft}, which must be below"
                    f" REMATCH_{kind}HARD_LIMIT_SECONDS, {hard}."
                )
        if self.heartbeat_seconds * 2 > self.stale_seconds:
            raise SettingsError(
                f"REMATCH_STALE_SECONDS is {self.stale_seconds:g}, which must be at least twice"
                f" REMATCH_HEARTBEAT_SECONDS, {self.heartbeat_seconds:g}: else live workers are given up for dead."
            )
        return self


def get_settings() -> Settings:
    """Read the settings of this package anew; see `submissions.settings.read_settings`."""
    return read_settings(Settings)
