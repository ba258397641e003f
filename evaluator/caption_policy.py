"""The captions that a protocol ranks: all of a split, or one drawn for each image."""

import numpy as np

from evaluator.errors import ProtocolError
from evaluator.finiteness import refuse_nonfinite
from evaluator.protocol import Protocol
from evaluator.ranking import restrict
from evaluator.run import MatrixRun, RankEvidence, Run
from splits.caption_draw import draw_captions, with_captions
from splits.split import CaptionPolicy, Split


def under_policy(protocol: Protocol, split: Split, run: Run, *, seed: int) -> tuple[Split, Run]:
    """Return the part of a split, and of a run over all its captions, that a protocol ranks.

    Args:
        protocol: It says whether all captions are used, or one for each image.
        split: The protocol's split.
        run: Scores for all captions of the split.
        seed: The caption seed.

    Raises:
        ScoreFileError: A score is NaN or infinite, also one of a caption that was not drawn.
    """
    if protocol.captions is CaptionPolicy.ALL:
        return split, run
    if isinstance(run, MatrixRun):
        refuse_nonfinite(run, split)
    drawn = draw_captions(split, seed)
    return with_captions(split, drawn), restrict(run, np.arange(split.n_images), drawn)


def check_policy(protocol: Protocol, split: Split, run: Run) -> None:
    """Refuse ranks without scores where only some captions are ranked: they count all.

    Raises:
        ProtocolError: With what to hand in instead.
    """
    if protocol.captions is CaptionPolicy.ONE and isinstance(run, RankEvidence):
        raise ProtocolError(
            f"Protocol {protocol.name} ranks one caption per image, but the file holds ranks among all"
            f" {split.n_captions:,}. Hand in the scores: a similarity matrix, embeddings or ranked lists."
        )
