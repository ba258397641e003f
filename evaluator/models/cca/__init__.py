"""The family `cca`: the classical baseline as a model that is trained when it is loaded, without any framework."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evaluator.fingerprints import configuration_digest
from evaluator.model import Checkpoint, EncoderFacts, ModelError, ModelFamily, ModelRequest, Precision
from evaluator.models.cca.training import CcaModel, CcaOptions, Examples, examples_of, fit
from evaluator.models.cca.word_features import Features
from splits.catalog import near_names

if TYPE_CHECKING:
    from PIL.Image import Image

OPTIONS = {"baseline": CcaOptions(), "pairs": CcaOptions(word_pairs=True)}


@dataclass(frozen=True, slots=True, eq=False)
class CcaEncoder:
    """A trained baseline as an encoder of pictures and captions."""

    model: CcaModel
    facts: EncoderFacts
    default_batch_size: int = 4096
    """All of a toy dataset at once: a matrix product of other rows may differ in its last bits."""

    def prepare_image(self, picture: "Image") -> NDArray[np.uint8]:
        """Return the pixels."""
        return np.asarray(picture.convert("RGB"))

    def collate_images(self, prepared: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """Stack pictures, which are all of one size."""
        return np.stack(prepared)

    def encode_images(self, batch: NDArray[np.uint8]) -> Features:
        """Encode pixels."""
        return self.model.encode_images(batch)

    def encode_captions(self, captions: Sequence[str]) -> Features:
        """Encode captions."""
        return self.model.encode_captions(captions)

    def count_truncated(self, captions: Sequence[str]) -> int:
        """Return 0: a caption of any length is read whole."""
        return 0


def load(request: ModelRequest) -> CcaEncoder:
    """Train a baseline on the training part of the toy dataset that is to be encoded; it computes on the CPU always.

    Raises:
        ModelError: There is no such baseline, or the dataset is no toy dataset.
    """
    check(request.name)
    _refuse_unusable(request)
    dataset = _dataset(request)
    parts = (_examples(f"{dataset}/{part}") for part in ("train", "validation"))
    model = fit(*parts, seed=request.seed, options=OPTIONS[request.name])
    return CcaEncoder(model, _facts(request.name, model))


def check(name: str) -> None:
    """Refuse a name that is no baseline's.

    Raises:
        ModelError: With those there are.
    """
    if name not in OPTIONS:
        known = ", ".join(f"cca:{one}" for one in OPTIONS)
        raise ModelError(f"There is no cca:{name:.120}.{near_names(name, list(OPTIONS))} Known are: {known}.")


def _refuse_unusable(request: ModelRequest) -> None:
    if request.weights is not None or request.weights_sha256 is not None or request.revision is not None:
        raise ModelError(f"cca:{request.name} is trained when it is loaded. Leave weights and revision out.")
    if request.precision is not Precision.FP32:
        raise ModelError(f"cca:{request.name} computes in fp32 only, not in {request.precision.value}.")


def _dataset(request: ModelRequest) -> str:
    from splits.toy.parts import DATASETS

    name = None if request.content is None else request.content.split.dataset.name
    if name not in DATASETS:
        raise ModelError(
            f"cca:{request.name} is trained on the training part of what it is to encode, which only the datasets"
            f" {' and '.join(DATASETS)} have here; {name or 'no dataset'} was given. Choose a protocol of theirs."
        )
    return name


def _examples(split_name: str) -> Examples:
    from splits.loading import load_split
    from splits.toy import captions, render_images

    return examples_of(render_images(split_name), captions(split_name), load_split(split_name).image_of_caption)


def _facts(name: str, model: CcaModel) -> EncoderFacts:
    arrays = (model.image_mean, model.image_map, model.caption_mean, model.caption_map, model.vocabulary.weights)
    digest = hashlib.sha256("\n".join(model.vocabulary.places).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return EncoderFacts(
        reference=f"cca:{name}",
        revision=None,
        weights_sha256=digest.hexdigest(),
        parameters=sum(array.size for array in arrays),
        image_transform="histograms of colours and edge orientations in a grid, of every pixel as it is",
        resize_backend="none",
        text_transform="lower case, words" + (" and pairs of neighbours" if model.options.word_pairs else ""),
        context_length=None,
        dtype="float32",
        network="two linear maps into one space, no activation",
        network_sha256=configuration_digest(
            {**asdict(model.options), "cues": sorted(model.options.cues), "regularisation": model.regularisation}
        ),
        tokenizer_sha256=configuration_digest(list(model.vocabulary.places)),
        libraries={"numpy": np.__version__},
    )


def _checkpoint(name: str, what: str) -> Checkpoint:
    return Checkpoint(
        name,
        source="trained when it is loaded, in a second, on the training part of the toy dataset",
        licence="Apache-2.0",
        pretraining_data="none",
        setting="fine-tuned on the toy dataset that is encoded",
        citation=f"this project: regularised canonical correlation of pixels and {what}",
    )


CCA = ModelFamily(
    name="cca",
    title="Classical baseline (CCA)",
    load=load,
    check=check,
    checkpoints=(_checkpoint("baseline", "words"), _checkpoint("pairs", "words and pairs of words")),
    grammar="baseline",
    trains=True,
    dependencies=(),
)
