"""What visitors of the board may do; every variable starts with `REMATCH_`."""

from pydantic import field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from submissions.settings import read_settings


class Settings(BaseSettings):
    """What visitors of the board may do."""

    model_config = SettingsConfigDict(env_prefix="REMATCH_", extra="ignore")

    api_url: str | None = None
    """The HTTP API over which the page Submit hands in, with the token that a visitor types."""

    @field_validator("api_url")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        # An empty variable is how a compose file says that it is not set.
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("expected http://HOST:PORT or https://HOST")
        return value or None


def get_settings() -> Settings:
    """Read the settings of this package anew; see `read_settings`."""
    return read_settings(Settings)
