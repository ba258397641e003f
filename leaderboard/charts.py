"""The look of all charts, and charts as files."""

from typing import Any

import altair as alt

SCENE, OBJECT, NEUTRAL = "#2f78b7", "#c8731a", "#808891"
"""Blue and orange differ for every kind of colour vision, and both can be read on white and on black."""
SIDES = alt.Scale(domain=["scene", "object"], range=[SCENE, OBJECT])
SHAPES = alt.Scale(domain=["scene", "object"], range=["circle", "square"])
"""Colour is never the only difference."""
NAMES = alt.Axis(labelLimit=150, labelOverlap=False)
"""The axis of systems: every one is named, and a long name leaves room for the picture on a phone."""
INK = {"light": "#1c1f23", "dark": "#e6e8eb"}
"""The colour of words among marks: that of axes follows the page by itself, this does not."""
PIXELS_PER_INCH = 144


def styled(chart: Any) -> Any:
    """Return a chart with the look of all: no frame, light grids, letters as large as those of the page."""
    return (
        chart.configure_view(stroke=None)
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal", gridOpacity=0.35, labelLimit=220)
        .configure_legend(labelFontSize=12, titleFontSize=12, orient="top", title=None)
        .configure_point(size=70)
    )


def as_svg(chart: Any) -> str:
    """Draw a chart as SVG, on white."""
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(_on_white(chart))
    return svg


def as_png(chart: Any) -> bytes:
    """Draw a chart as PNG, on white, at a resolution for print."""
    import vl_convert

    png: bytes = vl_convert.vegalite_to_png(_on_white(chart), ppi=PIXELS_PER_INCH)
    return png


def _on_white(chart: Any) -> dict[str, Any]:
    """A page gives a chart its width and background; a file has neither."""
    document: dict[str, Any] = chart.to_dict()
    document.setdefault("background", "white")
    if document.get("width") in (None, "container") and not {"hconcat", "vconcat", "facet"} & set(document):
        document["width"] = 720
    return document
