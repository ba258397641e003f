"""A summary of the retrieval tasks of MIEB, one line for each model, task and direction."""

from collections.abc import Iterator

from evaluator.audit.printed import Scale
from submissions.claim_layout import Cells, ClaimLayout, rounded
from submissions.claim_source import Source

DECIMALS = 5
"""As many as MIEB keeps; a small value has an exponent there."""
_DATASETS = {"Flickr30k": "flickr30k", "MSCOCO": "coco", "Fashion200k": "fashion200k"}
_PROTOCOLS = {"flickr30k": "flickr30k-1k"}
_REASONS = {
    "i2t": "The task's name says I2T: an image asks.",
    "t2i": "The task's name says T2I: a caption asks.",
}
_CUTOFFS = (1, 5, 10)


def _read(row: Cells) -> Iterator[Cells]:
    task = row["task"]
    label = "I2T" if "I2T" in task else "T2I"
    printed = task.partition(label)[0]
    dataset = _DATASETS.get(printed, printed)
    protocol = _PROTOCOLS.get(dataset, "")
    for cutoff in _CUTOFFS:
        column = next((name for name in (f"cv_recall_at_{cutoff}", f"hit_rate_at_{cutoff}") if row.get(name)), None)
        if column is not None:
            yield {
                "table": task,
                "row": row["model"],
                "column": column,
                "system": row["model"].replace("__", "/", 1),
                "dataset": dataset,
                "protocol": protocol,
                "printed_direction": label,
                "direction": label.lower(),
                "direction_reason": _REASONS[label.lower()],
                "metric": f"R@{cutoff}",
                "value": rounded(row[column], DECIMALS),
                "kind": "reproduced",
            }


MIEB = ClaimLayout(
    name="mieb",
    summary=(
        "R@1, R@5 and R@10 of the tasks of MIEB, from cv_recall_at_k or hit_rate_at_k, which count a query with any"
        " hit; recall_at_k is the share of relevant candidates found, another metric, and is left out."
    ),
    columns=frozenset({"model", "task", "mteb_version", *(f"cv_recall_at_{k}" for k in _CUTOFFS)}),
    scale=Scale.FRACTION,
    source=Source(
        name="mieb",
        title="Retrieval results of MIEB",
        citation="Xiao et al. MIEB: Massive Image Embedding Benchmark. 2025. arXiv:2504.10471",
        url="https://github.com/embeddings-benchmark/results",
        licence="CC0-1.0",
        note=(
            "Fractions with five decimals. Only Flickr30k is the split of a protocol of ours: the values on COCO are"
            " no shares of 25,000 or 25,010 captions, and Fashion200k is another choice of items."
        ),
    ),
    read=_read,
    example={
        "model": "BAAI__bge-visualized-base",
        "task": "Flickr30kI2TRetrieval",
        "mteb_version": "1.14.15",
        "cv_recall_at_1": "0.505",
        "cv_recall_at_5": "0.799",
        "cv_recall_at_10": "0.881",
    },
)
