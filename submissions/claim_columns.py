"""The columns of a claims file: the names, what they mean, and what holds where a cell is empty."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a claims file, or one key of a claim in JSON or YAML."""

    name: str
    meaning: str
    default: str = "empty"
    """What an empty cell means, in words."""
    required: bool = False
    for_all: bool = True
    """Whether it can be said once, above the table, for all rows that leave it empty."""


COLUMNS = (
    Column("table", "The table as printed: `Table 5`, or the file of a log.", "`the table`"),
    Column("row", "The row as printed.", "system and variant"),
    Column("column", "The column as printed: `IR@1`.", "direction and metric"),
    Column("system", "The system, by the name that other sources use too.", required=True),
    Column("variant", "What tells this system from others of the same name."),
    Column("ablation", "The part that was taken away; with kind `ablation` only."),
    Column("dataset", "A dataset of the catalogue, or its name as printed.", "the dataset of the protocol"),
    Column("protocol", "The protocol of ours that measures the same.", "none does"),
    Column("printed_direction", "The direction as printed: `IR`, `text retrieval`."),
    Column("direction", "`i2t`, `t2i`, or `both` for rsum and mean.", "both"),
    Column("direction_reason", "Why the printed label means this direction."),
    Column("metric", "`R@K`, `rsum`, `mean` (of recalls), or a metric of the catalogue.", required=True),
    Column("value", "The number with its digits as printed, and nothing else.", required=True, for_all=False),
    Column("scale", "`percent`, `fraction` or `plain`, where it is not that of the file.", "that of the file"),
    Column("kind", "`reported`, `reproduced` or `ablation`.", "`reported`"),
    Column("n_images", "Images ranked or asked with, all folds together.", "those of the protocol's split"),
    Column("n_captions", "Captions ranked or asked with, all folds together.", "those of the protocol's split"),
    Column("n_seeds", "Runs that the number is a mean of.", "not said"),
    Column("seed", "Which single run it is of, in a list of runs.", "not said"),
    Column("reference", "The model by our name: `open_clip:ViT-B-32/openai`."),
    Column("note", "What must be known of this number.", for_all=False),
)
COLUMN_NAMES = tuple(column.name for column in COLUMNS)
REQUIRED = tuple(column.name for column in COLUMNS if column.required)
FOR_ALL = tuple(column.name for column in COLUMNS if column.for_all)
BOTH = "both"
OVER_BOTH = ("rsum", "mean")
"""Metrics that may be over both directions."""
THE_TABLE = "the table"
