"""The page About says everything of every protocol and split, from the catalogues."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from evaluator.metric import METRICS
from evaluator.protocol import PROTOCOLS
from leaderboard import about_words, citation, remarks
from leaderboard.about_page import metrics_html, protocol_html, split_html
from leaderboard.anchors import about_link, anchor
from splits.loading import SPLITS
from tests.unit.leaderboard.app_pages import LEADERBOARD, shown, words_of

ROOT = Path(__file__).resolve().parents[3]
DIGEST = "sha256:4e3cd7ea95eb751b0d085459835f48264188a429786e3d99596de835954f33e3"


@pytest.fixture(scope="module")
def about():
    return shown(LEADERBOARD / "views/about.py", protocol="coco-1k")[0]


def places_of(app):
    return set(re.findall(r' id="([^"]+)"', words_of(app)))


def test_every_protocol_and_split_has_a_place_to_link_to(about):
    places = places_of(about)
    assert {anchor("protocol", name) for name in PROTOCOLS} <= places
    assert {anchor("split", name) for name in SPLITS} <= places


def test_every_place_on_the_page_that_is_linked_to_is_there(about):
    assert set(re.findall(r'href="#([^"]+)"', words_of(about))) <= places_of(about)


def test_digests_are_shown_whole(about):
    assert f'<code class="whole">{DIGEST}</code>' in words_of(about)


def test_a_number_is_cited_with_all_that_makes_it_the_same_for_everybody(about):
    today = date(2026, 11, 27)
    assert citation.number_cited(PROTOCOLS["coco-1k"], DIGEST, "0.1.0", today) == (
        "SYSTEM: rsum VALUE ± STD over N seeds, coco-1k version 1 (coco/karpathy-test-25000, "
        f"{DIGEST}), Rematch evaluator 0.1.0, as of 2026-11-27."
    )
    assert any("coco-1k version 1" in element.value for element in about.code)


def test_a_stale_protocol_in_the_address_falls_back():
    app, _ = shown(LEADERBOARD / "views/about.py", protocol="coco-6k")
    assert app.selectbox(key="protocol").value == next(iter(PROTOCOLS))


def test_a_protocol_says_folds_metrics_and_what_it_is_ranked_on():
    page = protocol_html(PROTOCOLS["coco-1k-random"])
    assert "5 at random, 100 draws, averaged" in page
    assert "<dt>Ranked on</dt><dd>rsum</dd>" in page
    assert "mAP@R, the mean of both directions" in protocol_html(PROTOCOLS["coco-eccv"])


def test_a_split_says_size_licence_and_the_protocols_that_use_it():
    page = split_html(SPLITS["coco/karpathy-test-25000"], PROTOCOLS.values())
    assert "<dd>25,000</dd>" in page
    assert "<dd>original, cxc, eccv</dd>" in page
    assert about_link("protocol", "coco-1k", page="") in page
    assert "coco-5k-25010" not in page
    assert "annotations CC BY 4.0" in page


def test_every_metric_is_defined():
    page = metrics_html()
    assert [name for name in METRICS if METRICS[name].definition.replace("'", "&#x27;") not in page] == []


def test_every_badge_of_several_runs_is_explained():
    named = {value for name, value in vars(remarks).items() if name.isupper() and isinstance(value, str)}
    explained = " ".join(badge for badge, _ in about_words.BADGES)
    assert [badge for badge in named if badge not in explained] == []


def test_every_page_of_the_documentation_that_is_named_is_there():
    assert [path for path in about_words.PAGES.values() if not (ROOT / path).is_file()] == []


def test_the_citation_is_that_of_the_citation_file():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation.citation() == cited
    assert cited["title"] in citation.as_text(cited)
    assert "author = {{The Rematch founders}}" in citation.as_bibtex(cited)


def test_a_citation_with_people_a_date_and_an_address_has_them_all():
    people = [{"given-names": "Ada", "family-names": "Lovelace"}, {"name": "A group"}]
    cited = {
        "title": "T",
        "version": "1.0",
        "license": "MIT",
        "authors": people,
        "date-released": date(2027, 1, 2),
        "repository-code": "https://example.org/r",
    }
    assert citation.as_text(cited) == (
        "Ada Lovelace, A group (2027). T. Version 1.0 [software]. MIT. https://example.org/r"
    )
    entry = citation.as_bibtex(cited)
    assert "author = {{Ada Lovelace} and {A group}}" in entry
    assert "year = {2027}" in entry
    assert "url = {https://example.org/r}" in entry
