"""CUB-200-2011: one bird in each photo, ten sentences each (Reed et al. 2016).

Images stand in the order of the official image ids. A photo's captions are the ten lines of its text file, named by
image and position.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from splits.blocks import split_in_blocks
from splits.data_layout import DataLayout, below, first_folder, is_file
from splits.documents import read_bounded
from splits.errors import SplitError
from splits.proof import prove
from splits.split import Centricity, Dataset, Split, SplitDefinition

CUB200 = Dataset(
    name="cub200",
    title="CUB-200-2011 with captions",
    centricity=Centricity.OBJECT,
    licence="non-commercial research",
    citation="Wah et al., The Caltech-UCSD Birds-200-2011 Dataset, 2011; captions: Reed et al., Learning Deep"
    " Representations of Fine-grained Visual Descriptions, CVPR 2016",
    source="https://www.vision.caltech.edu/datasets/cub_200_2011; captions: https://github.com/reedscot/cvpr2016",
)
N_IMAGES = 11788
N_TEST = 5794
CAPTIONS_PER_IMAGE = 10
TEST = "cub200/test"
ATTNGAN_TEST = "cub200/attngan-test"
INSTRUCTIONS = (
    "Obtain CUB_200_2011.tgz from https://www.vision.caltech.edu/datasets/cub_200_2011 and the captions of Reed et al."
    " (folder text_c10, or text in AttnGAN's birds.zip), unpack both into one folder, and name that folder."
)
DATA_INSTRUCTIONS = f"{INSTRUCTIONS} It then holds CUB_200_2011/images and text_c10 or text, a folder for each class."


def build_test(folder: Path) -> Split:
    """Build the official test split, 5,794 photos of all 200 classes."""
    names = _official_names(folder)
    flags = _numbered_lines(_find_file(folder, "train_test_split.txt"), N_IMAGES)
    return captioned_birds([name for name, flag in zip(names, flags, strict=True) if flag == "0"], folder, name=TEST)


def build_attngan_test(folder: Path) -> Split:
    """Build the photos of AttnGAN's 50 unseen test classes from the official files, and prove them."""
    classes = {name.partition("/")[0] for name in read_attngan_test().image_ids}
    names = [name for name in _official_names(folder) if name.partition("/")[0] in classes]
    return prove(read_attngan_test(), captioned_birds(names, folder, name=ATTNGAN_TEST), folder)


@cache
def read_attngan_test() -> Split:
    """Read the 2,933 photos of AttnGAN's test list, which names them in the order of the official image ids."""
    text = files("splits").joinpath("data/cub200_attngan_test.txt").read_text(encoding="ascii")
    image_ids = [f"{name}.jpg" for name in text.split()]
    counts = [CAPTIONS_PER_IMAGE] * len(image_ids)
    return split_in_blocks(ATTNGAN_TEST, CUB200, image_ids=image_ids, counts=counts)


def captioned_birds(image_names: list[str], folder: Path, *, name: str) -> Split:
    """Build a split over some photos, checking that each has its ten captions below a folder.

    Args:
        image_names: Names relative to the folder of images, in canonical order.
        folder: Where the folder `text` or `text_c10` with one text file for each photo is.
        name: The name of the split.
    """
    texts = _find_texts(folder)
    missing = [image for image in image_names if not _text_file(texts, image).is_file()]
    if missing:
        raise SplitError(
            f"{texts} lacks the captions of {len(missing):,} of {len(image_names):,} photos, first"
            f" {_text_file(texts, missing[0]).name} at position {image_names.index(missing[0])}. {INSTRUCTIONS}"
        )
    for position, image in enumerate(image_names):
        count = len(caption_lines(_text_file(texts, image)))
        if count != CAPTIONS_PER_IMAGE:
            raise SplitError(
                f"{_text_file(texts, image)} has {count} captions, expected {CAPTIONS_PER_IMAGE} (photo at position"
                f" {position}). Obtain the captions again."
            )
    counts = [CAPTIONS_PER_IMAGE] * len(image_names)
    return split_in_blocks(name, CUB200, image_ids=image_names, counts=counts)


def caption_lines(file: Path) -> list[str]:
    """Read the captions of one photo, a line each.

    Where some official files have two replacement characters, bytes of another encoding once parted two words: a space
    is read there.
    """
    lines = (line.decode(errors="replace") for line in read_bounded(file).splitlines())
    return [re.sub("\ufffd+", " ", line).strip() for line in lines if line.strip()]


def _files(split: Split, folder: Path) -> Sequence[Path]:
    photos = first_folder(folder, "CUB_200_2011/images", "images")
    return [below(photos, image) for image in split.image_ids]


def _captions(split: Split, folder: Path) -> Mapping[str, str]:
    texts = _find_texts(folder)
    files = {image: _text_file(texts, image) for image in split.image_ids}
    return {
        f"{image}#{position}": text
        for image, file in files.items()
        if is_file(file)
        for position, text in enumerate(caption_lines(file))
    }


def _official_names(folder: Path) -> list[str]:
    return _numbered_lines(_find_file(folder, "images.txt"), N_IMAGES)


def _numbered_lines(file: Path, expected: int) -> list[str]:
    lines = read_bounded(file).decode(errors="replace").splitlines()
    if len(lines) < expected:
        raise SplitError(
            f"{file} is only a part of the official file: {len(lines):,} of {expected:,} lines. A part of the split is"
            f" not the split; name the whole file's folder. {INSTRUCTIONS}"
        )
    if len(lines) > expected:
        raise SplitError(f"{file} has {len(lines):,} lines, the official file has {expected:,}. Obtain it again.")
    values = []
    for number, line in enumerate(lines, 1):
        parts = line.split()
        if len(parts) != 2 or parts[0] != str(number):
            raise SplitError(f"{file}, line {number}: found {line!r:.80}, expected the number {number} and one value.")
        values.append(parts[1])
    return values


def _find_file(folder: Path, name: str) -> Path:
    places = [folder / inner / name for inner in (".", "CUB_200_2011", "meta")]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise SplitError(f"{folder} has no {name}, neither itself nor in CUB_200_2011. {INSTRUCTIONS}")
    return found


def _find_texts(folder: Path) -> Path:
    outer = (".", "CUB_200_2011", "cvpr2016_cub", "birds")
    places = [folder / place / inner for place in outer for inner in ("text", "text_c10")]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        raise SplitError(f"{folder} has no folder text or text_c10 with the captions. {INSTRUCTIONS}")
    return found


def _text_file(texts: Path, image: str) -> Path:
    return below(texts, image).with_suffix(".txt")


CUB200_TEST = SplitDefinition(
    name=TEST,
    dataset=CUB200,
    n_images=N_TEST,
    n_captions=N_TEST * CAPTIONS_PER_IMAGE,
    digest=None,
    build=build_test,
    instructions=INSTRUCTIONS,
)
CUB200_ATTNGAN_TEST = SplitDefinition(
    name=ATTNGAN_TEST,
    dataset=CUB200,
    n_images=2933,
    n_captions=2933 * CAPTIONS_PER_IMAGE,
    digest="sha256:3d69f1eaad90b6282b90a4b9aff3046e780266bd5ec8a7f0f5171dd459147eda",
    read=read_attngan_test,
    build=build_attngan_test,
    instructions=INSTRUCTIONS,
)
LAYOUT = DataLayout(name=CUB200.name, files=_files, captions=_captions, instructions=DATA_INSTRUCTIONS)
