"""What the numbers of the boards are: protocols, splits, metrics, words, and how to cite them."""

from datetime import UTC, datetime

import streamlit as st

from evaluator import __version__
from evaluator.protocol import PROTOCOLS
from leaderboard import about_words, citation
from leaderboard.about_page import (
    contents_html,
    metrics_html,
    protocol_html,
    section_html,
    split_html,
    versions_html,
    words_html,
)
from leaderboard.components import text
from leaderboard.frame import head
from splits.catalog import natural_key
from splits.loading import SPLITS

SECTIONS = {
    "metrics": "Metrics",
    "words": "Words",
    "ties": "Ties",
    "intervals": "Intervals",
    "citation": "Citation",
    "versions": "Versions",
}


# Browsers go to the place in an address before anything is drawn there.
SCROLL = """<script>
document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
</script>"""


def protocols_html() -> str:
    """Draw all protocols."""
    lead = "A protocol is a versioned recipe. Numbers compare only within one version on one split."
    return section_html("protocols", "Protocols", "".join(map(protocol_html, PROTOCOLS.values())), lead)


def splits_html() -> str:
    """Draw all splits."""
    lead = "A split is frozen: its digest covers the ids, their order and the judgments. Two digests are two splits."
    drawn = (split_html(SPLITS[name], PROTOCOLS.values()) for name in sorted(SPLITS, key=natural_key))
    return section_html("splits", "Splits", "".join(drawn), lead)


def meanings_html() -> str:
    """Draw metrics and terms, and how ties and intervals work."""
    groups = {
        "Terms": about_words.TERMS,
        "Badges": about_words.BADGES,
        "What a number rests on": about_words.EVIDENCE,
    }
    pages = ", ".join(f"{title} (<code>{path}</code>)" for title, path in about_words.PAGES.items())
    bodies = {
        "metrics": metrics_html(),
        "words": "".join(words_html(title, words) for title, words in groups.items()),
        "ties": f"<p>{text(about_words.TIES)}</p>",
        "intervals": f"<p>{text(about_words.INTERVALS)}</p>",
    }
    more = f'<p class="note">More in the documentation that comes with the source: {pages}.</p>'
    return "".join(section_html(name, SECTIONS[name], body) for name, body in bodies.items()) + more


def draw_citation() -> None:
    """Draw how to cite Rematch, and a number of it."""
    cited = citation.citation()
    st.html(section_html("citation", SECTIONS["citation"], "", cited["message"]))
    st.code(citation.as_text(cited), language=None, wrap_lines=True)
    st.code(citation.as_bibtex(cited), language=None, wrap_lines=True)
    st.html("<h3>A number</h3>")
    name = st.selectbox("Protocol", list(PROTOCOLS), key="protocol", bind="query-params", width=300)
    protocol = PROTOCOLS[name]
    digest = SPLITS[protocol.split].digest if protocol.split else None
    words = citation.number_cited(protocol, digest, __version__, datetime.now(UTC).date())
    st.code(words, language=None, wrap_lines=True)


head("About", "What the numbers on these boards are, and how to cite them.")
with st.container(key="about"):
    contents = contents_html(PROTOCOLS, sorted(SPLITS, key=natural_key), SECTIONS)
    st.html(contents + protocols_html() + splits_html() + meanings_html())
    draw_citation()
    today = f"As of {datetime.now(UTC):%Y-%m-%d}."
    st.html(section_html("versions", SECTIONS["versions"], versions_html(), today))
    st.html(SCROLL, unsafe_allow_javascript=True)
