"""The stored rank counts of a run, unpacked once, as what tests and pages need of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluator.audit.stored_counts import Asked, by_image_of, is_by_image
from evaluator.by_image import ByImage
from evaluator.errors import ProtocolError
from splits.split import Direction, Indices
from submissions.ranks_query import RankedRun

if TYPE_CHECKING:
    from evaluator.protocol import Protocol
    from evaluator.report import RankCounts
    from splits.split import Split


@dataclass(frozen=True, slots=True, eq=False)
class UnpackedRun:
    """One run with its counts."""

    stored: RankedRun
    counts: "Mapping[Direction, RankCounts]"
    grounds: Asked | None
    """What its queries were asked on; None where protocol or split are not at hand."""

    def by_image(self, column: str) -> ByImage | None:
        """Tell what every image does to a value such as `i2t R@1` or `rsum`; None where what is stored does not say."""
        direction, _, metric = column.rpartition(" ")
        if not direction and metric in self.stored.effects:
            return self._from_effects(metric)
        side = Direction(direction) if direction else None
        if self.grounds is None or not self.counts or not is_by_image(metric):
            return None
        try:
            return by_image_of(self.counts, self.grounds, metric=metric, direction=side)
        except ProtocolError:
            return None

    def _from_effects(self, metric: str) -> ByImage | None:
        from evaluator.effects_codec import decode_effects

        # rsum is of both directions; of another value the mean over both is meant.
        keys = [("both", metric)] if ("both", metric) in self.stored.values else [(side, metric) for side in Direction]
        if any(key not in self.stored.values for key in keys):
            return None
        value = sum(self.stored.values[key] for key in keys) / len(keys)
        packed = self.stored.effects[metric]
        return ByImage(value, decode_effects(packed.content), packed.n_clusters)

    def asked(self, direction: Direction, *, by_owner: bool) -> "tuple[Indices, RankCounts] | None":
        """Return the queries of a direction with their counts; None where they are not stored.

        Args:
            direction: Which.
            by_owner: Whether a query is named by its image, as where every run draws other captions.
        """
        if direction not in self.counts:
            return None
        counts = self.counts[direction]
        if not by_owner:
            return counts.queries, counts
        return None if self.grounds is None else (self.grounds.owners(counts, direction), counts)


def unpacked(run: RankedRun, protocol: "Protocol | None", split: "Split | None") -> UnpackedRun:
    """Unpack the counts of a run.

    Args:
        run: As it is stored.
        protocol: Its protocol; None where the catalogue has it no longer.
        split: Its split, with all captions; None where it is not at hand.
    """
    from evaluator.counts_codec import decode_counts

    counts = {Direction(direction): decode_counts(content) for direction, content in run.counts.items()}
    grounds = Asked.of(protocol, split, seed=run.seed) if protocol and split and counts else None
    return UnpackedRun(run, counts, grounds)
