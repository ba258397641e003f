"""BridgeTower: two towers joined by cross-modal layers; some checkpoints also have heads to find candidates with.

The towers of pictures are run once for all captions they are matched with; what comes out is the library's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evaluator.caption_ids import CaptionIds, as_tensors
from evaluator.cross_encoder import CrossEncoder, cross_encoder_facts, stacked
from evaluator.dual_encoder import unit_rows, weights_dtype
from evaluator.model import Checkpoint, ModelError, ModelFamily, ModelRequest, States
from evaluator.weights.pretrained_folder import GRAMMAR, PretrainedFolder, check_source, find_folder
from evaluator.weights.pretrained_network import load_network

if TYPE_CHECKING:
    import torch

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
    from transformers import BridgeTowerConfig, BridgeTowerForImageAndTextRetrieval

    folder = find_folder(request, model_type="bridgetower")
    configuration = folder.part(BridgeTowerConfig, "a configuration")
    network, digest = load_network(folder, BridgeTowerForImageAndTextRetrieval, configuration, attention="eager")
    network = network.to(request.device, weights_dtype(request.precision))
    rest = _rest("bridgetower", folder, network, digest, request)
    return BridgeTower(towers=network.bridgetower, matching=network.itm_score, **rest)


def load_contrastive(request: ModelRequest) -> ContrastiveBridgeTower:
    """Load a checkpoint of BridgeTowerForContrastiveLearning that has kept its matching head."""
    import torch
    from transformers import BridgeTowerConfig, BridgeTowerForContrastiveLearning

    folder = find_folder(request, model_type="bridgetower")
    configuration = folder.part(BridgeTowerConfig, "a configuration")
    if getattr(configuration, "logit_scale_init_value", None) is None:
        configuration.logit_scale_init_value = LOGIT_SCALE
    matching = torch.nn.Linear(2 * configuration.hidden_size, 2)

    def take_matching_head(state: "dict[str, torch.Tensor]") -> "dict[str, torch.Tensor]":
        try:
            matching.load_state_dict({part: state[f"{MATCHING_HEAD}.{part}"] for part in ("weight", "bias")})
        except (KeyError, RuntimeError) as error:
            raise ModelError(
                f"bridgetower-itc:{request.name}: expected weights {MATCHING_HEAD}.weight and .bias of the head that"
                f" matches a picture with a caption: {error!s:.120}. Use a checkpoint trained for matching as well."
            ) from error
        return state

    kind = BridgeTowerForContrastiveLearning
    network, digest = load_network(folder, kind, configuration, adapt=take_matching_head, attention="eager")
    dtype = weights_dtype(request.precision)
    network, matching = network.to(request.device, dtype), matching.to(request.device, dtype).eval()
    rest = _rest("bridgetower-itc", folder, network, digest, request)
    heads = {"image_head": network.itc_image_head, "caption_head": network.itc_text_head}
    return ContrastiveBridgeTower(towers=network.bridgetower, matching=matching, **heads, **rest)


def _rest(family: str, folder: PretrainedFolder, network: Any, digest: str, request: ModelRequest) -> dict[str, Any]:
    """Return what both kinds have of a checkpoint beside its network."""
    from transformers import BridgeTowerImageProcessorPil, RobertaTokenizer

    processor = folder.part(BridgeTowerImageProcessorPil, "an image processor")
    captions = CaptionIds(folder.tokenizer(RobertaTokenizer), LENGTH)
    dtype = weights_dtype(request.precision)
    facts = cross_encoder_facts(
        family,
        request,
        folder,
        network=network,
        weights_sha256=digest,
        processor=processor,
        captions=captions,
        dtype=dtype,
    )
    return {"processor": processor, "captions": captions, "device": request.device, "dtype": dtype, "facts": facts}


_BASE = Checkpoint(
    name="BridgeTower/bridgetower-base-itm-mlm",
    source="hf-hub:BridgeTower/bridgetower-base-itm-mlm",
    licence="MIT",
    resolution=288,
    pretraining_data="COCO, Visual Genome, SBU, Conceptual Captions (4M images)",
    citation="Xu et al. 2023, BridgeTower, arXiv 2206.08657",
)
_LARGE = replace(
    _BASE,
    name="BridgeTower/bridgetower-large-itm-mlm-itc",
    source="hf-hub:BridgeTower/bridgetower-large-itm-mlm-itc",
    pretraining_data="COCO, Visual Genome, SBU, Conceptual Captions 3M and 12M",
)

BRIDGETOWER: ModelFamily = ModelFamily(
    name="bridgetower",
    title="BridgeTower (cross-encoder; needs another model's candidates)",
    load=load,
    locate=lambda request: find_folder(request, model_type="bridgetower").weights,
    check=lambda name: check_source(BRIDGETOWER, name),
    checkpoints=(_BASE,),
    grammar=GRAMMAR,
    needs_candidates=True,
    dependencies=("torch", "transformers"),
)

BRIDGETOWER_ITC: ModelFamily = replace(
    BRIDGETOWER,
    name="bridgetower-itc",
    title="BridgeTower (contrastive, then image-text matching)",
    load=load_contrastive,
    check=lambda name: check_source(BRIDGETOWER_ITC, name),
    checkpoints=(_LARGE,),
    needs_candidates=False,
    is_two_stage=True,
)
