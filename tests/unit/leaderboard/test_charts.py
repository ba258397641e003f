"""Charts as files: drawn, with the words and the shapes of what they show."""

import io
import xml.etree.ElementTree as ElementTree

import altair as alt
import pandas as pd
import pytest
from PIL import Image

from leaderboard.charts import SHAPES, SIDES, as_png, as_svg, styled


@pytest.fixture
def chart():
    table = pd.DataFrame({"rsum": [410.5, 388.0], "side": ["scene", "object"], "system": ["CCA & <co>", "CLIP"]})
    points = alt.Chart(table).mark_point().encode(
        x=alt.X("rsum:Q"), y="system:N", color=alt.Color("side:N", scale=SIDES), shape=alt.Shape("side:N", scale=SHAPES)
    )  # fmt: skip
    return styled(points)


def test_an_svg_holds_the_words_of_the_chart_escaped(chart):
    drawn = ElementTree.fromstring(as_svg(chart))  # noqa: S314  # our own
    words = {element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {"CCA & <co>", "CLIP", "rsum", "scene", "object"} <= words
    assert float(drawn.get("width")) > 720


def test_a_png_is_a_picture_on_white_for_print(chart):
    picture = Image.open(io.BytesIO(as_png(chart)))
    assert picture.format == "PNG"
    assert picture.width > 1000
    assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
