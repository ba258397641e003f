"""Where submissions are kept and how large they may be; every variable starts with `REMATCH_`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from submissions.errors import SettingsError
from submissions.s3_place import S3Place, parse_s3_place

Kind = TypeVar("Kind", bound=BaseSettings)


class LogFormat(StrEnum):
    """For whom lines are logged: people, or programs that collect them."""

    TEXT = "text"
    JSON = "json"


class Settings(BaseSettings):
    """Where submissions are kept and how large they may be."""

    model_config = SettingsConfigDict(env_prefix="REMATCH_", extra="ignore")

    home: Path = Path("var")
    """The folder for everything that is kept: the embedded database, artifacts, built splits, logs."""
    database_url: str | None = None
    """Where records are kept: `postgresql://...` or `sqlite:///...`; by default a SQLite file under the home."""
    artifacts_url: str | None = None
    """Where score files are kept: a folder, as a path or `file://...`, or `s3://BUCKET/PREFIX` of an S3-compatible
    server; by default `artifacts` under the home."""
    s3_endpoint_url: str | None = None
    """The server of an `s3://...`, `http://HOST:PORT` or `https://HOST`; that of AWS by default."""
    s3_region: str | None = None
    """The region of the bucket; by default what the AWS settings of the machine say."""
    artifact_cache_mb: Annotated[int, Field(ge=1)] = 20480
    """How much of an S3-compatible store is kept on this machine at most, in units of 2**20 bytes."""
    max_file_mb: Annotated[int, Field(ge=1)] = 8192
    """The largest score file that is taken in, in units of 2**20 bytes."""
    max_runs: Annotated[int, Field(ge=1)] = 200
    """The most runs that one manifest may list."""
    log_format: LogFormat = LogFormat.TEXT
    """How processes log: `text`, or `json` with one object a line."""

    @property
    def database(self) -> str:
        """The database's URL with its driver, whether set or by default."""
        url = self.database_url or f"sqlite:///{self.home.absolute() / 'rematch.db'}"
        for plain in ("postgresql://", "postgres://"):
            if url.startswith(plain):
                return f"postgresql+psycopg://{url.removeprefix(plain)}"
        return url

    @property
    def artifacts(self) -> Path | S3Place:
        """The folder of the artifacts or their bucket, whether set or by default.

        Raises:
            SettingsError: The URL is neither.
        """
        url = self.artifacts_url
        if not url:
            return self.home.absolute() / "artifacts"
        scheme = url.partition(":")[0].lower() if ":" in url else ""
        if scheme == "s3":
            return parse_s3_place(url, endpoint_url=self.s3_endpoint_url, region=self.s3_region)
        if "://" not in url:
            return Path(url).absolute()
        parts = urlsplit(url)
        if scheme != "file" or parts.netloc not in ("", "localhost"):
            # The address itself is not shown: it may hold a password.
            raise SettingsError(
                f"REMATCH_ARTIFACTS_URL is of the kind {scheme!r:.40}; expected a folder on this machine, as a path or"
                " file:///path, or s3://BUCKET/PREFIX of an S3-compatible server."
            )
        return Path(unquote(parts.path))

    @property
    def artifact_cache(self) -> Path:
        """The folder of what is kept on this machine of artifacts that are elsewhere."""
        return self.home.absolute() / "cache" / "artifacts"


def get_settings() -> Settings:
    """Read the settings of this package anew; see `read_settings`."""
    return read_settings(Settings)


def read_settings(kind: type[Kind]) -> Kind:
    """Read settings anew: reading takes a fraction of a millisecond, so nothing has to be kept or cleared.

    Raises:
        SettingsError: A variable has a value that cannot be used.
    """
    try:
        return kind()
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None


def _explain(error: ValidationError) -> str:
    """Say which variable has which unusable value."""
    lines = [
        f"REMATCH_{str(item['loc'][0]).upper()} is {item['input']!r:.80}: {item['msg'][:1].lower()}{item['msg'][1:]}."
        for item in error.errors()
    ]
    return "\n".join([*lines, "Change it in the environment or in .env; docs/reference/settings.md lists all."])
