"""The tokens of this person's boards, in a file that nobody else may read."""

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

from splits.errors import RematchError

TOKEN = "REMATCH_TOKEN"  # noqa: S105  # the name of a variable
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class CredentialsError(RematchError):
    """An address that is none, or a file of tokens that cannot be used."""


def checked_server(url: str) -> str:
    """Return the address of a board as it is kept.

    Raises:
        CredentialsError: It is none.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query or parts.fragment:
        raise CredentialsError(
            f"{url!r:.120} is no address of a board; expected https://HOST or http://HOST:PORT, without a token in it."
        )
    return url.strip().rstrip("/").removesuffix("/api/v1")


def is_in_the_clear(url: str) -> bool:
    """Whether a token on its way to a board can be read by others."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in LOOPBACK


def token_for(url: str) -> str | None:
    """Return the token for a board: that of the environment, or that of the last login; None if there is none."""
    return os.environ.get(TOKEN) or _read().get(url)


def keep_token(url: str, token: str) -> Path:
    """Keep a token, and return where.

    Raises:
        CredentialsError: It cannot be written.
    """
    return _write({**_read(), url: token})


def forget_token(url: str) -> bool:
    """Forget the token for a board; False if there was none."""
    known = _read()
    if known.pop(url, None) is None:
        return False
    _write(known)
    return True


def _path() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "rematch" / "tokens.json"


def _read() -> dict[str, str]:
    path = _path()
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no JSON"
        raise CredentialsError(f"{path} cannot be read: {reason}. Delete it, then log in again.") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise CredentialsError(f"{path} holds no tokens. Delete it, then log in again.")
    return found


def _write(known: dict[str, str]) -> Path:
    path = _path()
    temporary = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        # Never readable by others, not even for the moment between writing and a change of its mode.
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(known, file, indent=2)
        temporary.replace(path)
    except OSError as error:
        raise CredentialsError(f"{path} cannot be written: {error.strerror}.") from None
    return path
