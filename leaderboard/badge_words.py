"""What each badge says to somebody who has not met it: the sentences of docs/reference/board.md."""

EXPLANATIONS = {
    "ties": (
        "so many queries tie their best relevant candidate with others, and it matters: the bounds are on the entry's"
        " page; of several runs the largest share"
    ),
    "evidence only": ("per-query ranks were handed in, which cannot be rescored: nothing says how ties were broken"),
    "compared unpaired": (
        "what images do to its value is not stored for every run, so its rank rests on intervals alone"
    ),
    "one direction": "the file answers only i2t or only t2i",
    "sigma = 0 by construction": "declared deterministic and run more than once: no evidence of stability",
    "declared deterministic, but runs differ": (
        "the declaration is not believed: the standard deviation is shown and used"
    ),
    "identical runs": "runs under different seeds have the same file or the same ranks for every query",
    "incomplete": "the other runs are waiting, running or failed; the entry's page says which",
    "precision": "the model was run in another arithmetic than fp32, which changes its scores a little",
    "truncated re-ranking": "so few candidates were re-ranked that the recalls of a larger K are cut off",
}
"""By how a badge begins."""


def explanation(badge: str) -> str:
    """Return what a badge means as a sentence; empty for one of a later version."""
    words = next((words for start, words in EXPLANATIONS.items() if badge.startswith(start)), "")
    return f"{words[:1].upper()}{words[1:]}." if words else ""
