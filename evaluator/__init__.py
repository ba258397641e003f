"""HOW it is measured: a library that needs no database, queue or network.

The public names are loaded when first used: every command imports this package for its errors, and the help of the
command must not wait for numpy and numba.
"""

from typing import TYPE_CHECKING

from splits.lazy_names import names_from

if TYPE_CHECKING:
    from evaluator.errors import ProtocolError, ScoreFileError
    from evaluator.evaluation import evaluate
    from evaluator.metric import METRICS, Aggregate, Metric, TieValues
    from evaluator.protocol import PROTOCOLS, Folds, Protocol
    from evaluator.reading import read_score_file
    from evaluator.report import Measurement, RankCounts, Report
    from evaluator.run import EmbeddingRun, ListRun, MatrixRun, RankedLists, RankEvidence, Run, ScoreFile
    from evaluator.score_format import FORMATS, Orientation, Reading, ScoreFormat

__version__ = "0.1.0"

_HOMES = {
    "evaluator.errors": ("ProtocolError", "ScoreFileError"),
    "evaluator.evaluation": ("evaluate",),
    "evaluator.metric": ("METRICS", "Aggregate", "Metric", "TieValues"),
    "evaluator.protocol": ("PROTOCOLS", "Folds", "Protocol"),
    "evaluator.reading": ("read_score_file",),
    "evaluator.report": ("Measurement", "RankCounts", "Report"),
    "evaluator.run": ("EmbeddingRun", "ListRun", "MatrixRun", "RankEvidence", "RankedLists", "Run", "ScoreFile"),
    "evaluator.score_format": ("FORMATS", "Orientation", "Reading", "ScoreFormat"),
}

__all__ = [
    "FORMATS",
    "METRICS",
    "PROTOCOLS",
    "Aggregate",
    "EmbeddingRun",
    "Folds",
    "ListRun",
    "MatrixRun",
    "Measurement",
    "Metric",
    "Orientation",
    "Protocol",
    "ProtocolError",
    "RankCounts",
    "RankEvidence",
    "RankedLists",
    "Reading",
    "Report",
    "Run",
    "ScoreFile",
    "ScoreFileError",
    "ScoreFormat",
    "TieValues",
    "__version__",
    "evaluate",
    "read_score_file",
]

if not TYPE_CHECKING:  # a type checker takes the names from the imports, and refuses any other
    __getattr__ = names_from(__name__, _HOMES)
