"""How long the routes of the HTTP API take on a full board: a real server, a real PostgreSQL, one client after another.

python -m benchmarks.api_routes [--results 10000] [--requests 200] [--json FILE]

Each figure stands beside `GET /health` of the same run: what any request costs on this machine at this time.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import numpy as np

from benchmarks.board_rows import SCENES, fill
from benchmarks.hand_in import make_token
from benchmarks.served import answers, api_on
from tests.servers import free_port, own_postgres, own_redis, wait_until

N_SEEDS = 5


@dataclass(frozen=True)
class Timed:
    """How long one route takes."""

    route: str
    p50_ms: float
    p95_ms: float
    kilobytes: float


def main() -> None:
    parser = argparse.ArgumentParser(description="Time of the API's routes on a full board.")
    parser.add_argument("--results", type=int, default=10_000, help="evaluations that have a result")
    parser.add_argument("--requests", type=int, default=200, help="requests of each route")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    with own_postgres() as postgres, own_redis() as redis:
        postgres.administer("CREATE DATABASE board")
        os.environ.update(
            REMATCH_DATABASE_URL=f"{postgres.url}/board",
            REMATCH_BROKER_URL=redis.url,
            REMATCH_API_REQUESTS_PER_MINUTE="1000000",
            REMATCH_API_ADDRESS_REQUESTS_PER_MINUTE="1000000",
        )
        token, n_rows = _filled(options.results)
        with _served() as url:
            timed = [_timed(url, route, token, options.requests) for route in _routes(url)]
    print(f"{options.results:,} evaluations with {n_rows:,} results, {options.requests} requests of each route")
    print(f"{'route':<62} {'p50':>9} {'p95':>9} {'kB':>8} {'x health':>9}")
    for one in timed:
        ratio = one.p50_ms / timed[0].p50_ms
        print(f"{one.route:<62} {one.p50_ms:>6.1f} ms {one.p95_ms:>6.1f} ms {one.kilobytes:>8.1f} {ratio:>9.1f}")
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in timed], indent=2))


def _filled(n_results: int) -> tuple[str, int]:
    from sqlalchemy import func
    from sqlmodel import select

    from submissions.database import migrate, session
    from submissions.tables import Result

    migrate()
    with session() as opened:
        fill(opened, n_systems=n_results // N_SEEDS, n_seeds=N_SEEDS)
        n_rows = opened.exec(select(func.count()).select_from(Result)).one()
    with session() as opened:
        opened.connection().exec_driver_sql("ANALYZE")
    return make_token(), n_rows


@contextmanager
def _served() -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="rematch-api-") as folder:
        api = api_on(port, Path(folder) / "log")
        api.start()
        try:
            wait_until(lambda: answers(url, "/ready"), "An answer of the API")
            yield url
        finally:
            api.end()


def _routes(url: str) -> list[str]:
    one = httpx.get(f"{url}/api/v1/submissions?limit=1").json()["items"][0]["submission"]
    after = httpx.get(f"{url}/api/v1/results?limit=1000").json()["next"]
    return [
        "/health",
        "/ready",
        "/metrics",
        "/api/v1/me",
        f"/api/v1/submissions/{one}",
        "/api/v1/submissions?limit=50",
        "/api/v1/results?limit=100",
        f"/api/v1/results?limit=100&after={after}",
        f"/api/v1/results?protocol={SCENES.protocol}&metric=R@1&direction=i2t&limit=100",
        f"/api/v1/results?submission={one}",
        "/api/v1/results?as_of=2099-01-01T00:00:00Z&limit=100",
        "/api/v1/systems",
        "/api/v1/claims",
        "/api/v1/splits",
        "/api/v1/protocols",
    ]


def _timed(url: str, route: str, token: str, n_requests: int) -> Timed:
    seconds, size = [], 0
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        for _ in range(5):
            client.get(route)
        for _ in range(n_requests):
            began = time.perf_counter()
            answer = client.get(route)
            seconds.append(time.perf_counter() - began)
            assert answer.status_code == 200, (route, answer.text)
            size = len(answer.content)
    p50, p95 = (float(np.percentile(seconds, at) * 1000) for at in (50, 95))
    shown = route if len(route) <= 60 else f"{route[:57]}..."
    return Timed(shown, p50, p95, size / 1024)


if __name__ == "__main__":
    main()
