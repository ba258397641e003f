"""What words of a board mean, for the page About: the terms that are in no catalogue."""

from evaluator.model_order import OTHER_PRECISION
from evaluator.protocol import RECALLS, RSUM
from evaluator.reranking.depth import TRUNCATED
from leaderboard.components import DIRECTIONS
from leaderboard.remarks import IDENTICAL_RUNS, INCOMPLETE, NOT_DETERMINISTIC, SIGMA_0, UNPAIRED

TERMS = (
    (
        DIRECTIONS["i2t"],
        (
            "An image is the query, captions are ranked. Most papers say text retrieval, TR or sentence retrieval; some"
            " use the name the other way round."
        ),
    ),
    (
        DIRECTIONS["t2i"],
        (
            "A caption is the query, images are ranked. Most papers say image retrieval or IR; some use the name the"
            " other way round."
        ),
    ),
    (
        "R@K",
        (
            "The share of queries with at least one relevant candidate among the first K, which is Success@K or hit"
            " rate elsewhere. It is not the share of relevant candidates that are found."
        ),
    ),
    (RSUM, f"The sum of {', '.join(RECALLS)} in both directions: at most 600 in percent."),
    (
        "Shared rank",
        (
            "1 + the number of systems that are better beyond noise: by a paired test over images and, where there are"
            " several seeds, by a test over seeds. Systems that noise cannot tell apart share a rank."
        ),
    ),
    ("± and n", "The sample standard deviation (n - 1) over n seeds. With one seed there is none, and none is shown."),
    (
        "Claim",
        (
            "A number as a paper or a log prints it, with its digits. It carries a dagger (†) and is never ranked among"
            " results."
        ),
    ),
    (
        "Scene- and object-centric",
        (
            "Whether pictures show scenes of several things, as those of COCO do, or one object, as those of a shop do."
            " Their boards are never mixed."
        ),
    ),
)
BADGES = (
    (
        "ties 12.0 %",
        "So many queries tie their best relevant candidate with others, and it moves a recall by more than 0.1 point.",
    ),
    ("evidence only", "Ranks were handed in instead of scores: nothing says how ties were broken."),
    ("one direction", "The file answers only i2t or only t2i, so there is no rsum and no rank."),
    (SIGMA_0, "Declared deterministic and run more than once: no evidence of stability."),
    (NOT_DETERMINISTIC, "The declaration is not believed: the standard deviation is shown and used."),
    (IDENTICAL_RUNS, "Runs under different seeds have the same file, or the same ranks for every query."),
    (f"{OTHER_PRECISION} bf16", "Computed in another arithmetic than fp32: a row of its own on every board."),
    (f"{TRUNCATED} k=100", "Recalls beyond so many candidates are cut off: a row of its own on every board."),
    (f"{INCOMPLETE}: 2 of 3 runs", "The other runs wait, run or failed."),
    (UNPAIRED, "Its rank rests on intervals alone, as results that were stored earlier lack what paired tests need."),
)
EVIDENCE = (
    ("run here", "The model was run by a worker of this board, from pictures and captions to ranks."),
    ("rescored", "Scores or embeddings were handed in, and ranked here."),
    ("ranks only", "The ranks of every query were handed in, and counted here."),
    ("claim only", "Nothing but the printed number is known."),
)
TIES = (
    "Candidates with the same score have no order, and scripts give them one by accident: the same file then scores"
    " differently in two programs. Here tied candidates stand in a random order, and the value is what is expected over"
    " all orders, in closed form. Beside it stand two bounds: pessimistic, irrelevant candidates first, and optimistic."
    " A system that gives every candidate the same score reaches chance, never more."
)
INTERVALS = (
    "Below a mean stands its 95 % interval: would other pictures give this value? It comes from a bootstrap that draws"
    " images, each with all its captions, as the captions of one image are not independent. The ± is another question:"
    " would another training run, or another draw of captions, give this value? The two are never added up."
)
PAGES = {
    "Ties": "docs/explanation/ties.md",
    "Seeds and intervals": "docs/explanation/seeds-and-intervals.md",
    "Paired tests": "docs/explanation/paired-tests.md",
    "Why R@K is Success@K": "docs/explanation/why-r-at-k-is-success-at-k.md",
    "Folds": "docs/explanation/folds.md",
}
"""What says more, in the documentation that comes with the source."""
