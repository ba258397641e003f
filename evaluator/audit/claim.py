"""What a claim is: one number that a source states, with everything that is needed to hold it against others."""

from dataclasses import dataclass
from enum import StrEnum

from evaluator.audit.printed import Printed
from splits.split import Direction


class Kind(StrEnum):
    """How a source came by a number."""

    REPORTED = "reported"
    """By the authors of the system, or quoted from them."""
    REPRODUCED = "reproduced"
    """By somebody who ran the system again."""
    ABLATION = "ablation"
    """Of the system with a part taken away."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One printed number of one cell."""

    source: str
    """Name of the source, such as `rao2022`."""
    table: str
    """As printed: `Table 5`, or the file of a log."""
    row: str
    """As printed."""
    column: str
    """As printed: `IR@1`."""
    system: str
    metric: str
    """A name of the catalogue of metrics, or `rsum`, or `mean` over recalls: what the cell is after resolution."""
    printed: Printed
    kind: Kind
    variant: str = ""
    """What tells this system from others of the same name; of an ablation, what was taken away is in `ablation`."""
    ablation: str = ""
    dataset: str = ""
    """As a name of the catalogue of datasets, or as printed where the catalogue has none."""
    protocol: str | None = None
    """The protocol of ours that measures the same; None where none does."""
    printed_direction: str = ""
    """As printed: `IR`, `text retrieval`."""
    direction: Direction | None = None
    """As resolved; None for numbers over both directions."""
    direction_reason: str = ""
    """Why the printed label means this direction."""
    n_images: int | None = None
    """Images that were ranked or asked with, all folds together; None where nobody says."""
    n_captions: int | None = None
    n_seeds: int | None = None
    """Runs that the number is a mean of; None where nobody says."""
    seed: str | None = None
    """Which single run it is of, in a list of runs; None for a mean or a number of which nothing is said."""
    reference: str = ""
    """The model by our name, such as `open_clip:ViT-B-32/openai`, where one is known to be meant."""
    note: str = ""

    @property
    def ground(self) -> str:
        """Return the protocol it is under or, where none is known, the dataset as named; "" where nobody names any."""
        return self.protocol or self.dataset

    @property
    def n_queries(self) -> int | None:
        """Return how many queries the number averages over in one run; None where it is unknown."""
        if self.direction is None:
            return None
        return self.n_images if self.direction is Direction.I2T else self.n_captions

    @property
    def cell(self) -> str:
        """Return where it is printed, for messages."""
        return f"{self.table}, {self.row}, {self.column}"

    @property
    def name(self) -> str:
        """Return system and variant."""
        return f"{self.system} {self.variant}".strip()
