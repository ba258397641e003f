"""BridgeTower: two towers joined by cross-modal layers; some checkpoints also have heads to find candidates with.

The towers of pictures are run once for all captions they are matched with; what comes out is the library's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evaluator.caption_ids import as_tensors
from evaluator.cross_encoder import CrossEncoder, stacked
from evaluator.cross_encoder_family import Layout, cross_encoder_family, load_parts
from evaluator.dual_encoder import unit_rows
from evaluator.model import Checkpoint, ModelError, ModelFamily, ModelRequest, States

if TYPE_CHECKING:
    import torch

MODEL_TYPE = "bridgetower"
LENGTH = 50
MATCHING_HEAD = "itm_score.fc"
LOGIT_SCALE = 2.6592
"""The start value of a temperature that no ranking depends on; the contrastive class insists on one."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BridgeTower(CrossEncoder):
    """A loaded checkpoint that matches."""

    towers: Any
    matching: Any
    """The head: of two logits the second says that a pair belongs together."""
    head_rule: str = "itm"

    def image_state(self, prepared: NDArray[np.float32]) -> "tuple[torch.Tensor, ...]":
        """Return what the vision tower hands to every cross-modal layer."""
        import torch

        from evaluator.networks.bridgetower_fusion import see

        return see(self.towers, self.on_device(torch.from_numpy(prepared)[None]))

    def match(self, image_state: "tuple[torch.Tensor, ...]", captions: States) -> NDArray[np.float32]:
        """Return the logit that the pair belongs together."""
        from evaluator.networks.bridgetower_fusion import fuse

        fused = fuse(self.towers, image_state, *as_tensors(captions, self.device))
        scores: NDArray[np.float32] = self.matching(fused)[:, 1].float().cpu().numpy()
        return scores


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ContrastiveBridgeTower(BridgeTower):
    """A loaded checkpoint that also finds its own candidates."""

    image_head: Any
    caption_head: Any

    def collate_images(self, prepared: Sequence[NDArray[np.float32]]) -> "torch.Tensor":
        """Stack pictures."""
        return stacked(prepared)

    def encode_images(self, batch: "torch.Tensor") -> "torch.Tensor":
        """Project the first token of each picture, as the last cross-modal layer is given it."""
        from evaluator.networks.bridgetower_fusion import see

        seen = see(self.towers, self.on_device(batch))
        return unit_rows(self.image_head(seen[-1][:, 0]))

    def encode_captions(self, captions: Sequence[str]) -> "torch.Tensor":
        """Project the first token of each caption."""
        from evaluator.networks.bridgetower_fusion import read

        _, last, _ = read(self.towers, *as_tensors(self.captions.of(captions), self.device))
        return unit_rows(self.caption_head(last[:, 0]))


def load(request: ModelRequest) -> BridgeTower:
    """Load a checkpoint of BridgeTowerForImageAndTextRetrieval."""
    from transformers import BridgeTowerForImageAndTextRetrieval

    network, parts = load_parts(request, _layout("bridgetower", BridgeTowerForImageAndTextRetrieval))
    return BridgeTower(towers=network.bridgetower, matching=network.itm_score, **parts)


def load_contrastive(request: ModelRequest) -> ContrastiveBridgeTower:
    """Load a checkpoint of BridgeTowerForContrastiveLearning that has kept its matching head."""
    from transformers import BridgeTowerForContrastiveLearning

    found: dict[str, torch.Tensor] = {}

    def look(state: "dict[str, torch.Tensor]") -> "dict[str, torch.Tensor]":
        found.update({key: tensor for key, tensor in state.items() if key.startswith(MATCHING_HEAD)})
        return state

    layout = _layout("bridgetower-itc", BridgeTowerForContrastiveLearning)
    network, parts = load_parts(request, replace(layout, amend=_with_temperature, adapt=look))
    matching = _matching_head(found, network.config.hidden_size, request.name)
    return ContrastiveBridgeTower(
        towers=network.bridgetower,
        matching=matching.to(request.device, parts["dtype"]).eval(),
        image_head=network.itc_image_head,
        caption_head=network.itc_text_head,
        **parts,
    )


def _layout(family: str, network: Any) -> Layout:
    from transformers import BridgeTowerConfig, BridgeTowerImageProcessorPil, RobertaTokenizer

    return Layout(
        family=family,
        model_type=MODEL_TYPE,
        network=network,
        configuration=BridgeTowerConfig,
        processor=BridgeTowerImageProcessorPil,
        tokenizer=RobertaTokenizer,
        length=LENGTH,
        attention="eager",
    )


def _with_temperature(configuration: Any) -> None:
    if getattr(configuration, "logit_scale_init_value", None) is None:
        configuration.logit_scale_init_value = LOGIT_SCALE


def _matching_head(state: "dict[str, torch.Tensor]", width: int, name: str) -> "torch.nn.Linear":
    """Build the head that the contrastive class lets go of."""
    import torch

    matching = torch.nn.Linear(2 * width, 2)
    try:
        matching.load_state_dict({part: state[f"{MATCHING_HEAD}.{part}"] for part in ("weight", "bias")})
    except (KeyError, RuntimeError) as error:
        raise ModelError(
            f"bridgetower-itc:{name}: expected weights {MATCHING_HEAD}.weight and .bias of the head that"
            f" matches a picture with a caption: {error!s:.120}. Use a checkpoint trained for matching as well."
        ) from error
    return matching


_ANY = Checkpoint(
    name="",
    source="",
    licence="MIT",
    resolution=288,
    citation="Xu et al. 2023, BridgeTower, arXiv 2206.08657",
)

BRIDGETOWER: ModelFamily = cross_encoder_family(
    "bridgetower",
    model_type=MODEL_TYPE,
    title="BridgeTower (cross-encoder; needs another model's candidates)",
    load=load,
    alike=_ANY,
    on_hub={
        "BridgeTower/bridgetower-base-itm-mlm": {
            "parameters": 326_350_082,
            "pretraining_data": "COCO, Visual Genome, SBU, Conceptual Captions (4M images)",
        }
    },
    finds_candidates=False,
)

BRIDGETOWER_ITC: ModelFamily = cross_encoder_family(
    "bridgetower-itc",
    model_type=MODEL_TYPE,
    title="BridgeTower (contrastive, then image-text matching)",
    load=load_contrastive,
    alike=_ANY,
    on_hub={
        "BridgeTower/bridgetower-large-itm-mlm-itc": {
            "pretraining_data": "COCO, Visual Genome, SBU, Conceptual Captions 3M and 12M"
        }
    },
    finds_candidates=True,
)
