"""The family `xvlm`: X-VLM with its published checkpoints, or any file of the same layout."""

from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING

from evaluator.dual_encoder import weights_dtype
from evaluator.fingerprints import configuration_digest
from evaluator.library_versions import library_versions
from evaluator.model import Checkpoint, EncoderFacts, ModelFamily, ModelRequest
from evaluator.models.xvlm.captions import CaptionReader, load_reader
from evaluator.models.xvlm.checkpoint import check_name, find_source, sizes_for
from evaluator.models.xvlm.encoder import MEAN, STD, XvlmEncoder

if TYPE_CHECKING:
    from evaluator.networks.xvlm import Xvlm

DRIVE = "https://drive.google.com"
FOUR = f"{DRIVE}/file/d/1B3gzyzuDN1DU0lvt2kDz2nTTwSKWqzV5"
SIXTEEN = f"{DRIVE}/file/d/1VolF9P9cPSuD8CZMjwbKW20wUrAIaEFK"
FOUR_FINE_TUNED = f"{DRIVE}/file/d/1laNJHBnVGF7onbEYh1vO-b2P5TxdqH-k (an archive of all fine-tuned 4M checkpoints)"
SIXTEEN_COCO = f"{DRIVE}/drive/folders/1VotCNmdevvtMuJmdxPfg3MOZXJRnV96D"
SIXTEEN_FLICKR30K = f"{DRIVE}/drive/folders/1lsuBVP7MEqGqWkqRxaxb8N8TbSKqQ1Yz"

PARAMETERS = MappingProxyType({384: 213_959_547, 224: 213_824_187})
DATA_4M = "COCO, Visual Genome, SBU, CC3M (4M images), with regions of COCO and Visual Genome"
DATA_16M = "as 4M, with CC12M and regions of OpenImages, Objects365 and RefCOCO (16M images)"


def _checkpoint(name: str, source: str, setting: str = "zero-shot") -> Checkpoint:
    resolution = int(name.rpartition("-")[2])
    return Checkpoint(
        name=name,
        source=source,
        licence="BSD-3-Clause",
        parameters=PARAMETERS[resolution],
        resolution=resolution,
        pretraining_data=DATA_16M if name.startswith("16m") else DATA_4M,
        setting=setting,
        citation="Zeng et al. 2022, X-VLM, arXiv 2111.08276",
    )


CHECKPOINTS = (
    _checkpoint("4m-224", FOUR),
    _checkpoint("4m-384", FOUR),
    _checkpoint("16m-224", SIXTEEN),
    _checkpoint("16m-384", SIXTEEN),
    _checkpoint("4m-coco-384", FOUR_FINE_TUNED, "fine-tuned on COCO"),
    _checkpoint("4m-flickr30k-384", FOUR_FINE_TUNED, "fine-tuned on Flickr30k"),
    _checkpoint("16m-coco-384", SIXTEEN_COCO, "fine-tuned on COCO"),
    _checkpoint("16m-flickr30k-384", SIXTEEN_FLICKR30K, "fine-tuned on Flickr30k"),
)
FILES = MappingProxyType(
    {
        "4m-224": "4m_base_model_state_step_199999.th",
        "4m-384": "4m_base_model_state_step_199999.th",
        "16m-224": "16m_base_model_state_step_199999.th",
        "16m-384": "16m_base_model_state_step_199999.th",
        "4m-coco-384": "4m-coco.pth",
        "4m-flickr30k-384": "4m-flickr30k.pth",
        "16m-coco-384": "16m-coco.pth",
        "16m-flickr30k-384": "16m-flickr30k.pth",
    }
)
"""Under which name each file is kept; one of pre-training serves both sizes of pictures."""
_BY_NAME = MappingProxyType({checkpoint.name: checkpoint for checkpoint in CHECKPOINTS})


def check(name: str) -> None:
    """Refuse a name that is neither a checkpoint's nor a network's, and names no file.

    Raises:
        ModelError: It is none of them.
    """
    check_name(name, _BY_NAME)


def load(request: ModelRequest) -> XvlmEncoder:
    """Load a checkpoint, its relative position biases interpolated where it was trained on smaller pictures.

    Raises:
        MissingHereError: Its weights or the vocabulary are not here.
        ModelError: There is no such checkpoint, or its weights are not X-VLM's.
    """
    import torch

    from evaluator.networks.xvlm import Xvlm
    from evaluator.networks.xvlm_layout import published_weights, published_window
    from evaluator.weights.reading import read_weights

    source = find_source(request, _BY_NAME, FILES)
    state, digest = read_weights(source.weights, sha256=request.weights_sha256)
    sizes = sizes_for(source, state)
    reader = load_reader(
        source.weights.parent, entries=sizes.vocabulary, max_words=sizes.max_words, max_tokens=sizes.max_tokens
    )
    with torch.device("meta"):
        weights, interpolated = published_weights(Xvlm(sizes), state, str(source.weights))
    # The random weights that a new network begins with must not move the draws of whoever loads it.
    with torch.random.fork_rng(devices=[]):
        network = Xvlm(sizes)
    network.load_state_dict(weights)
    dtype = weights_dtype(request.precision)
    network = network.eval().requires_grad_(False).to(request.device, dtype)
    trained = published_window(state) if interpolated else None
    facts = _facts(request.name, network, reader, digest=digest, dtype=str(dtype), trained_window=trained)
    return XvlmEncoder(network, reader, request.device, dtype, facts)


def _facts(
    name: str, network: "Xvlm", reader: CaptionReader, *, digest: str, dtype: str, trained_window: int | None
) -> EncoderFacts:
    side, window = network.sizes.image_size, network.sizes.window
    grown = f"; position biases interpolated from windows of {trained_window} to {window} tokens"
    return EncoderFacts(
        reference=f"xvlm:{name}",
        revision=None,
        weights_sha256=digest,
        parameters=sum(weight.numel() for weight in network.parameters()),
        image_transform=(
            f"RGB; resized to {side} x {side} pixels, bicubic, proportions not kept; values from 0 to 1, less"
            f" {MEAN}, divided by {STD}; windows of {window} tokens{grown if trained_window else ''}"
        ),
        resize_backend="PIL",
        text_transform=reader.description,
        context_length=network.sizes.max_tokens,
        dtype=dtype.removeprefix("torch."),
        network=f"{type(network).__name__}, a Swin and a BERT; activations GELU",
        network_sha256=configuration_digest(asdict(network.sizes)),
        tokenizer_sha256=reader.vocabulary_digest,
        libraries=library_versions(("torch", "timm", "tokenizers", "pillow", "numpy", "scipy")),
    )


XVLM = ModelFamily(
    name="xvlm",
    title="X-VLM (contrastive, then image-text matching)",
    load=load,
    locate=lambda request: (find_source(request, _BY_NAME, FILES).weights,),
    checkpoints=CHECKPOINTS,
    check=check,
    grammar="NAME, or file:PATH[@PIXELS]",
    is_two_stage=True,
    dependencies=("torch", "timm", "tokenizers"),
)
