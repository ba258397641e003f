"""axe-core finds no serious fault of accessibility on any page, light on a desk and dark on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.unit.leaderboard.compared import add_scored

SERIOUS = frozenset({"serious", "critical"})
LOOKS = {"light, on a desk": ("light", 1400), "dark, on a phone": ("dark", 390)}
PAGES = {
    "overview": "/",
    "board": "/?tab=Scene",
    "no such board": "/?tab=Class-level",
    "scene and object": "/scene_object?source=hendriksen2023-logs",
    "entry": "/entry?id={first}",
    "compare": "/compare?ids={all}",
    "seeds": "/seeds",
    "drivers": "/drivers?source=rao2022",
    "audits": "/audit",
    "audit": "/audit?source=rao2022",
    "submit": "/submit",
    "queue": "/queue",
    "about": "/about",
}


@pytest.fixture(scope="module")
def addresses(tmp_path_factory, board_over) -> Iterator[dict[str, str]]:
    """Every page over three systems that were really scored."""
    home: Path = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REMATCH_HOME", str(home))
        patch.delenv("REMATCH_DATABASE_URL", raising=False)
        systems = {"strong": (4.0, (1, 2)), "middle": (3.0, (3,)), "weak": (2.0, (4, 5))}
        ids = [str(add_scored(name, *made)) for name, made in systems.items()]
    with board_over(home) as address:
        yield {name: address + path.format(first=ids[0], all=",".join(ids)) for name, path in PAGES.items()}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_a_serious_fault(name, look, addresses, browser):
    scheme, width = LOOKS[look]
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.set_default_timeout(60_000)
    try:
        page.goto(addresses[name])
        page.locator("h1").first.wait_for()
        page.locator("[data-test-script-state=notRunning]").wait_for(state="attached")
        found = Axe().run(page)
    finally:
        page.close()
    serious = [one for one in found.response["violations"] if one["impact"] in SERIOUS]
    told = [f"{one['id']}: {one['help']}: {[node['html'][:200] for node in one['nodes'][:3]]}" for one in serious]
    assert not told, "\n".join(told)
