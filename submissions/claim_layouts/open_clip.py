"""The table of retrieval results that open_clip publishes."""

from collections.abc import Iterator

from evaluator.audit.printed import Scale
from submissions.claim_layout import Cells, ClaimLayout
from submissions.claim_source import Source

_TABLE = "openclip_retrieval_results.csv"
_PROTOCOLS = {"Flickr": "flickr30k-1k", "MSCOCO": "coco-5k-25010"}
_DIRECTIONS = {"image retr.": "t2i", "text retr.": "i2t"}
_REASONS = {
    "t2i": "Image retrieval finds images: a caption asks.",
    "i2t": "Text retrieval finds captions: an image asks.",
}
_METRICS = ("R@1", "R@5", "R@10")
_CELLS = {
    f"{dataset} {label} {metric}": (protocol, label, direction, metric)
    for dataset, protocol in _PROTOCOLS.items()
    for label, direction in _DIRECTIONS.items()
    for metric in _METRICS
}


def _read(row: Cells) -> Iterator[Cells]:
    name, pretrained = row["name"], row["pretrained"]
    size = [f"{row[column]} {unit}" for column, unit in _SIZES.items() if row.get(column)]
    for column, (protocol, label, direction, metric) in _CELLS.items():
        yield {
            "table": _TABLE,
            "row": f"{name} {pretrained}",
            "column": column,
            "system": name,
            "variant": pretrained,
            "protocol": protocol,
            "printed_direction": label,
            "direction": direction,
            "direction_reason": _REASONS[direction],
            "metric": metric,
            "value": row[column],
            "kind": "reproduced",
            "reference": f"open_clip:{name}/{pretrained}",
            "note": ", ".join(size),
        }


_SIZES = {"params (M)": "million parameters", "FLOPs (B)": "billion operations"}

OPEN_CLIP = ClaimLayout(
    name="open_clip",
    summary=(
        "R@1, R@5 and R@10 of open_clip's checkpoints on Flickr30k and COCO. The average over other tasks and the"
        " columns of WinoGAViL are left out."
    ),
    columns=frozenset({"name", "pretrained", *_CELLS}),
    scale=Scale.FRACTION,
    source=Source(
        name="open_clip",
        title="Zero-shot retrieval results of open_clip",
        citation="Ilharco et al. OpenCLIP. Zenodo, 2021. doi:10.5281/zenodo.5143773",
        url="https://github.com/mlfoundations/open_clip/blob/main/docs/openclip_retrieval_results.csv",
        licence="MIT",
        note=(
            "Fractions with four decimals. The table does not state the pool of captions of COCO: all 25,010 are"
            " assumed, as the evaluation behind it takes every caption."
        ),
    ),
    read=_read,
    example={
        "name": "RN50",
        "pretrained": "openai",
        "params (M)": "102.01",
        "FLOPs (B)": "18.18",
        **dict.fromkeys(_CELLS, "0.5000"),
    },
)
