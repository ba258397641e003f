"""How a full board feels in a real browser, and what a day of visits does to its memory.

python -m benchmarks.board_visits [--systems 2000] [--seeds 8] [--visits 15] [--views 500]

2,000 systems with 8 seeds each are 208,000 rows of results. The times are from navigation, or from the choice of a
filter, to the frame in which the table is painted, on a warm server in a warm browser, beside a page of one line: what
Streamlit itself costs here and now. Memory is the server's resident set after every fiftieth view, each a new session.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.board import ROOT, web_server
from benchmarks.board_rows import fill

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
FIRST_NAME = "table.board tbody th.name a"
SETTINGS = ("zero-shot", "fine-tuned")
EVERY = 50


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Run a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        try:
            yield browser
        finally:
            browser.close()


def seconds_of_visits(browser: "Browser", address: str, *, visits: int) -> list[float]:
    """Time visits, each in a new tab of one context, whose cache is warm after the first, which is left out."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    seconds = []
    for _ in range(visits + 1):
        page = context.new_page()
        began = time.perf_counter()
        page.goto(address)
        page.locator("table.board tbody tr").first.wait_for(timeout=120_000)
        page.evaluate(PAINTED)
        seconds.append(time.perf_counter() - began)
        page.close()
    context.close()
    return seconds[1:]


def seconds_of_filters(browser: "Browser", address: str, *, changes: int) -> list[float]:
    """Time from the choice of a setting to the painted table of its systems."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(address)
    page.locator(FIRST_NAME).first.wait_for(timeout=120_000)
    seconds = []
    for number in range(changes):
        wanted = SETTINGS[number % len(SETTINGS)]
        page.get_by_role("combobox", name="Setting").click()
        option = page.get_by_role("option", name=wanted, exact=True)
        option.wait_for()
        began = time.perf_counter()
        option.click()
        page.wait_for_function(
            "words => [...document.querySelectorAll('table.board tbody th.name')]"
            ".every(cell => cell.innerText.includes(words)) && document.querySelector('table.board tbody tr')",
            arg=wanted,
        )
        page.evaluate(PAINTED)
        seconds.append(time.perf_counter() - began)
    page.close()
    return seconds


def seconds_after_results(
    browser: "Browser", address: str, *, n_seeds: int, results: int = 5
) -> dict[str, list[float]]:
    """Time the first visit after a new result: to a painted board, and to the board with that result in it."""
    from submissions.database import session

    painted, followed = [], []
    for number in range(results):
        name = f"newcomer {number}"
        with session() as opened:
            fill(opened, n_systems=1, n_seeds=n_seeds, seed=number + 1, name=name)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        began = time.perf_counter()
        page.goto(f"{address}&order=newest&search=newcomer")
        page.locator("table.board tbody tr, p.empty").first.wait_for(timeout=120_000)
        page.evaluate(PAINTED)
        painted.append(time.perf_counter() - began)
        page.get_by_role("link", name=name).wait_for(timeout=120_000)
        followed.append(time.perf_counter() - began)
        page.close()
    return {"first visit after a new result": painted, "until that result is on the board": followed}


def megabytes_over_views(browser: "Browser", address: str, pid: int, *, views: int) -> list[float]:
    """View the board so often, each time as somebody new, and return the server's memory after every fiftieth."""
    memory = [resident_megabytes(pid)]
    for number in range(views):
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        page: Page = context.new_page()
        page.goto(address)
        page.locator("table.board tbody tr").first.wait_for(timeout=120_000)
        context.close()
        if (number + 1) % EVERY == 0:
            memory.append(resident_megabytes(pid))
    return memory


def resident_megabytes(pid: int) -> float:
    """Return the resident set of a process in units of 2**20 bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def row(label: str, seconds: Sequence[float]) -> str:
    """Return a line with the median and both ends, in milliseconds."""
    ordered = sorted(1000 * one for one in seconds)
    return f"{label:<44} {statistics.median(ordered):7.0f} ms   ({ordered[0]:.0f} to {ordered[-1]:.0f})"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.board_visits", description="A full board in a browser.")
    parser.add_argument("--systems", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--visits", type=int, default=15)
    parser.add_argument("--views", type=int, default=500, help="how often the board is looked at for its memory")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        os.environ["REMATCH_DATABASE_URL"] = f"sqlite:///{folder}/board.db"
        from submissions.database import migrate, session

        migrate()
        with session() as opened:
            fill(opened, n_systems=options.systems, n_seeds=options.seeds)
        bare = Path(folder) / "bare.py"
        bare.write_text(
            "import streamlit as st\nst.html('<table class=board><tbody><tr><td>1</td></tr></tbody></table>')\n"
        )
        with web_server(bare, program="streamlit") as (address, _):
            print(row("a page of one line", seconds_of_visits(browser, address, visits=options.visits)))
        with web_server(ROOT / "leaderboard/app.py") as (address, pid):
            board = f"{address}/?tab=Scene"
            began = time.perf_counter()
            seconds_of_visits(browser, board, visits=0)
            print(f"{'the very first visit, as soon as it answers':<44} {1000 * (time.perf_counter() - began):7.0f} ms")
            print(row("navigation to the painted board", seconds_of_visits(browser, board, visits=options.visits)))
            print(
                row(
                    "choice of a filter to the painted board",
                    seconds_of_filters(browser, board, changes=options.visits),
                )
            )
            for label, seconds in seconds_after_results(browser, board, n_seeds=options.seeds).items():
                print(row(label, seconds))
            memory = megabytes_over_views(browser, board, pid, views=options.views)
            print(f"memory of the server over {options.views} views, MB: " + " ".join(f"{one:.0f}" for one in memory))


if __name__ == "__main__":
    main()
