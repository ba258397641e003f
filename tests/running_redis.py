"""A redis-server of a test's own, with the options and the password it wants."""

import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import redis


def free_port() -> int:
    """Return a port on which nobody listens at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_redis(
    folder: Path, *options: str, wait_for: Callable[..., None], password: str = "", port: int | None = None
) -> "Iterator[tuple[subprocess.Popen[bytes], redis.Redis]]":
    """Run a server on a free port, and yield its process and a client."""
    folder.mkdir(exist_ok=True)
    chosen = port or free_port()
    words = ["redis-server", "--port", str(chosen), "--bind", "127.0.0.1", "--dir", str(folder), *options]
    words += ["--requirepass", password] if password else []
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    client = redis.Redis(port=chosen, password=password or None)

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False

    try:
        wait_for(answers, "An answer of redis-server")
        yield process, client
    finally:
        client.close()
        # Not asked to end: one that cannot save what it has would refuse.
        process.kill()
        process.wait()


def url_of(client: redis.Redis, password: str = "") -> str:
    """Return the address of the server that a client is connected to."""
    return f"redis://:{password}@127.0.0.1:{client.connection_pool.connection_kwargs['port']}/0"
