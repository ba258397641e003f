"""Flickr30k: Karpathy's test and validation images, whose ids are kept in this package as plain lists."""

import re
from collections.abc import Mapping, Sequence
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

from splits.annotations import read_annotations
from splits.blocks import split_in_blocks
from splits.caption_texts import find_annotations, texts_of
from splits.data_layout import DataLayout, below, first_folder
from splits.errors import SplitError
from splits.proof import prove
from splits.split import Centricity, Dataset, Split, SplitDefinition

FLICKR30K = Dataset(
    name="flickr30k",
    title="Flickr30k",
    centricity=Centricity.SCENE,
    licence="captions for non-commercial research; the photos are under the terms of Flickr",
    citation="Young et al., From Image Descriptions to Visual Denotations, TACL 2014; test images: Karpathy and"
    " Fei-Fei, Deep Visual-Semantic Alignments for Generating Image Descriptions, CVPR 2015",
    source="https://shannon.cs.illinois.edu/DenotationGraph; subsets from Karpathy's dataset_flickr30k.json",
)
INSTRUCTIONS = (
    "To prove a copy, name one of: Karpathy's dataset_flickr30k.json, the list flickr30k_{subset}.json that ALBEF and"
    " its successors read, JSON lines with img_path and sentences, or a plain list of image names."
)
DATA_INSTRUCTIONS = (
    "Obtain the photos and captions by the form at https://shannon.cs.illinois.edu/DenotationGraph and unpack both"
    " into one folder: it then holds flickr30k-images/*.jpg and results_20130124.token. Instead of the latter,"
    " Karpathy's dataset_flickr30k.json (preferred where both are there) or the lists flickr30k_test.json and"
    " flickr30k_val.json serve as well."
)
CAPTIONS_PER_IMAGE = 5


@cache
def read_subset(subset: str) -> Split:
    """Read Karpathy's test or val images; captions are named by image and position."""
    text = files("splits").joinpath(f"data/flickr30k_karpathy_{subset}.txt").read_text(encoding="ascii")
    image_ids = [f"{number}.jpg" for number in text.split()]
    counts = [CAPTIONS_PER_IMAGE] * len(image_ids)
    return split_in_blocks(f"flickr30k/karpathy-{subset}", FLICKR30K, image_ids=image_ids, counts=counts)


def build_subset(path: Path, *, subset: str) -> Split:
    """Build the split from a public copy of its list, and prove it."""
    found = read_annotations(path, subset=subset)
    if not found.images:
        raise SplitError(f"{path} is {found.layout.value} without any image of the subset {subset!r}.")
    built = split_in_blocks(
        f"flickr30k/karpathy-{subset}",
        FLICKR30K,
        image_ids=[_image_id(image.file_name, path) for image in found.images],
        # A plain list of names has no captions: it proves the images and their order, and each has five.
        counts=[CAPTIONS_PER_IMAGE if image.n_captions is None else image.n_captions for image in found.images],
    )
    return prove(read_subset(subset), built, path)


def _files(split: Split, folder: Path) -> Sequence[Path]:
    photos = first_folder(folder, "flickr30k-images", "flickr30k_images/flickr30k_images", "flickr30k_images", "images")
    return [below(photos, image) for image in split.image_ids]


def _captions(split: Split, folder: Path) -> Mapping[str, str]:
    subset = "flickr30k_val.json" if split.name == KARPATHY_VAL.name else "flickr30k_test.json"
    path = find_annotations(folder, "dataset_flickr30k.json", subset, "results_20130124.token")
    return texts_of(path, _image_id)[1]


def _image_id(file_name: str, path: Path) -> str:
    found = re.fullmatch(r"(\d+)(\.jpg)?", file_name)
    if not found:
        raise SplitError(f"{path}: {file_name!r:.80} is not the name of a Flickr30k image, such as 1007129816.jpg.")
    return f"{found[1]}.jpg"


KARPATHY_TEST = SplitDefinition(
    name="flickr30k/karpathy-test",
    dataset=FLICKR30K,
    n_images=1000,
    n_captions=5000,
    digest="sha256:05e4c3f74f39a46cc60b4b5436c0af9eac4080cb700618946368c978a93a0624",
    read=partial(read_subset, "test"),
    build=partial(build_subset, subset="test"),
    instructions=INSTRUCTIONS.format(subset="test"),
)
KARPATHY_VAL = SplitDefinition(
    name="flickr30k/karpathy-val",
    dataset=FLICKR30K,
    n_images=1014,
    n_captions=5070,
    digest="sha256:36b07e080a6c56735ea7c75121ac346066d0fbba08a12d1461396d88117d9981",
    read=partial(read_subset, "val"),
    build=partial(build_subset, subset="val"),
    instructions=INSTRUCTIONS.format(subset="val"),
)
LAYOUT = DataLayout(name=FLICKR30K.name, files=_files, captions=_captions, instructions=DATA_INSTRUCTIONS)
