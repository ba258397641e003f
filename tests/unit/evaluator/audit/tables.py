"""Tables of claims made by hand, in as few words as possible."""

from collections.abc import Mapping
from typing import Any

from evaluator.audit.claim import Claim, Kind
from evaluator.audit.printed import Printed, Scale
from splits.split import Direction

RECALLS = ("R@1", "R@5", "R@10")


def claim(text: str = "50.0", *, scale: Scale = Scale.PERCENT, **changes: Any) -> Claim:
    """One claim, of which everything can be said otherwise."""
    stated: dict[str, Any] = {
        "source": "made-up",
        "table": "Table 1",
        "row": "A",
        "column": "R@1",
        "system": "A",
        "metric": "R@1",
        "kind": Kind.REPORTED,
        "dataset": "flickr30k",
        "protocol": "flickr30k-1k",
        "printed_direction": "i2t",
        "direction": Direction.I2T,
        "n_images": 1000,
        "n_captions": 5000,
    }
    return Claim(printed=Printed(text, scale), **{**stated, **changes})


def table(rows: Mapping[str, tuple[str, str]], **changes: Any) -> list[Claim]:
    """R@1, R@5 and R@10 of systems as i2t and t2i, each as one text; a dash is an empty cell."""
    return [
        claim(
            text,
            row=system,
            system=system,
            column=f"{direction} {metric}",
            metric=metric,
            direction=direction,
            printed_direction=direction.value,
            **changes,
        )
        for system, cells in rows.items()
        for direction, texts in zip(Direction, cells, strict=True)
        for metric, text in zip(RECALLS, texts.split(), strict=True)
        if text != "-"
    ]
