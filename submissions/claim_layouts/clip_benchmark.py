"""The table of results that CLIP_benchmark publishes, of many tasks."""

from collections.abc import Iterator

from evaluator.audit.printed import Scale
from submissions.claim_layout import Cells, ClaimLayout, rounded
from submissions.claim_source import Source

DECIMALS = 6
"""Its values are 32-bit floats written out with sixteen digits, of which seven are known at most."""
_PROTOCOLS = {"flickr30k": "flickr30k-1k", "mscoco_captions": "coco-5k-25010"}
_COLUMNS = {
    "image_retrieval_recall@5": ("image_retrieval", "t2i", "Image retrieval finds images: a caption asks."),
    "text_retrieval_recall@5": ("text_retrieval", "i2t", "Text retrieval finds captions: an image asks."),
}


def _read(row: Cells) -> Iterator[Cells]:
    if row["task"] != "zeroshot_retrieval":
        return
    dataset, protocol = row["dataset"], _PROTOCOLS.get(row["dataset"], "")
    for column, (label, direction, reason) in _COLUMNS.items():
        yield {
            "table": "benchmark.csv",
            "row": f"{row['dataset']} {row['model_fullname']}",
            "column": column,
            "system": row["model"],
            "variant": row["pretrained"],
            "dataset": "" if protocol else dataset,
            "protocol": protocol,
            "printed_direction": label,
            "direction": direction,
            "direction_reason": reason,
            "metric": "R@5",
            "value": rounded(row[column], DECIMALS),
            "kind": "reproduced",
            "reference": f"open_clip:{row['model']}/{row['pretrained']}",
        }


CLIP_BENCHMARK = ClaimLayout(
    name="clip_benchmark",
    summary=(
        "R@5 of the rows of the task zeroshot_retrieval, rounded to six decimals; rows of other tasks are left out."
    ),
    columns=frozenset({"dataset", "model", "pretrained", "model_fullname", "task", *_COLUMNS}),
    scale=Scale.FRACTION,
    source=Source(
        name="clip_benchmark",
        title="Results of CLIP_benchmark",
        citation="Cherti and Beaumont. CLIP benchmark. Zenodo, 2022. doi:10.5281/zenodo.15403103",
        url="https://github.com/LAION-AI/CLIP_benchmark/blob/main/benchmark/benchmark.csv",
        licence="MIT",
        note="Fractions, computed in 32 bits and rounded to six decimals here.",
    ),
    read=_read,
    example={
        "dataset": "flickr30k",
        "model": "ViT-B-32",
        "pretrained": "openai",
        "task": "zeroshot_retrieval",
        "model_fullname": "ViT-B-32 openai",
        "image_retrieval_recall@5": "0.8338000178337097",
        "text_retrieval_recall@5": "0.9490000009536744",
    },
)
