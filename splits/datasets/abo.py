"""Amazon Berkeley Objects: product photos, with the product's English name as the caption.

No official test list for retrieval by text exists, so `abo/test` is ours: of all main images of listings with an
English name, the 5,000 whose image ids have the smallest SHA-256. Anyone with the official files gets the same 5,000.
"""

import csv
import gzip
import hashlib
import io
import logging
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from splits.blocks import split_in_blocks
from splits.data_layout import DataLayout, below, first_folder
from splits.documents import MAX_BYTES, parse_json
from splits.errors import SplitError
from splits.shown import quoted
from splits.split import Centricity, Dataset, Split, SplitDefinition

logger = logging.getLogger(__name__)

ABO = Dataset(
    name="abo",
    title="Amazon Berkeley Objects",
    centricity=Centricity.OBJECT,
    licence="CC BY-NC 4.0, as the archive's own licence file states",
    citation="Collins et al., ABO: Dataset and Benchmarks for Real-World 3D Object Understanding, CVPR 2022",
    source="https://amazon-berkeley-objects.s3.amazonaws.com/index.html",
)
N_TEST = 5000
TEST = "abo/test"
INSTRUCTIONS = (
    "Obtain abo-listings.tar and images/metadata/images.csv.gz from"
    " https://amazon-berkeley-objects.s3.amazonaws.com/index.html, unpack them into one folder, and name that folder:"
    " it then holds listings/metadata/listings_*.json.gz and images/metadata/images.csv.gz."
)
DATA_INSTRUCTIONS = (
    "Obtain abo-listings.tar and abo-images-small.tar from https://amazon-berkeley-objects.s3.amazonaws.com/index.html"
    " and unpack both into one folder: it then holds listings/metadata/listings_*.json.gz, images/small and"
    " images/metadata/images.csv.gz."
)


def build_test(folder: Path) -> Split:
    """Build our test split of 5,000 product photos with one English name each."""
    captions = english_names(folder)
    if len(captions) < N_TEST:
        raise SplitError(
            f"{folder} has {len(captions):,} main images with an English name, {TEST} draws {N_TEST:,} of them."
            f" {INSTRUCTIONS}"
        )
    return draw_images(captions, N_TEST)


def draw_images(captions: dict[str, str], size: int) -> Split:
    """Draw the images with the smallest SHA-256 of their ids, in that order."""
    image_ids = sorted(captions, key=lambda image: hashlib.sha256(image.encode()).hexdigest())[:size]
    caption_ids = [captions[image] for image in image_ids]
    return split_in_blocks(TEST, ABO, image_ids=image_ids, counts=[1] * len(image_ids), caption_ids=caption_ids)


def english_names(folder: Path) -> dict[str, str]:
    """Map every main image to the listing that names it, `<item id>@<domain>`: the first with an English name.

    Listings that give no caption are counted, and the counts logged.
    """
    known = {image for image, _ in _images(_find(folder, "images.csv.gz"))}
    captions: dict[str, str] = {}
    left_out = {"no English name": 0, "no main image": 0, "a main image that an earlier listing has": 0}
    for listing, where in _listings(folder):
        image = listing.get("main_image_id")
        if image is None:
            left_out["no main image"] += 1
        elif english_name(listing, where) is None:
            left_out["no English name"] += 1
        elif image not in known:
            raise SplitError(f"{where}: the main image {image!r:.80} is not in images.csv.gz. Obtain both files again.")
        elif image in captions:
            left_out["a main image that an earlier listing has"] += 1
        else:
            captions[image] = f"{_text(listing, 'item_id', where)}@{_text(listing, 'domain_name', where)}"
    for reason, count in left_out.items():
        logger.warning("%s: %d listings with %s were left out", folder, count, reason)
    return captions


def _listings(folder: Path) -> Iterator[tuple[dict[str, Any], str]]:
    files = [file for place in _places(folder, "listings") for file in sorted(place.glob("listings_*.json.gz"))]
    if not files:
        raise SplitError(f"{folder} has no listings_*.json.gz, neither itself nor in listings/metadata. {INSTRUCTIONS}")
    for file in files:
        for number, line in enumerate(_lines(file), 1):
            where = f"{file}, line {number}"
            listing = parse_json(line.encode(), where)
            if not isinstance(listing, dict):
                raise SplitError(f"{where}: expected a listing as a JSON object. Obtain the file again.")
            yield listing, where


def english_name(listing: dict[str, Any], where: str) -> str | None:
    """Return the caption a listing gives: its first name in any English, if it has one."""
    names = listing.get("item_name", [])
    if not isinstance(names, list) or not all(isinstance(name, dict) for name in names):
        raise SplitError(f"{where}: 'item_name' is no list of names with language tags. Obtain the file again.")
    english = (str(name.get("value", "")) for name in names if str(name.get("language_tag", "")).startswith("en"))
    return next((name for name in english if name.strip()), None)


def _text(listing: dict[str, Any], key: str, where: str) -> str:
    value = listing.get(key)
    if not isinstance(value, str) or not value:
        raise SplitError(f"{where}: the listing has no {key!r}. Obtain the file again.")
    return value


def _images(file: Path) -> Iterator[tuple[str, str]]:
    """Every image's id, and its path below the folders of photos."""
    for number, row in enumerate(csv.DictReader(_lines(file)), 2):
        if not row.get("image_id"):
            raise SplitError(f"{file}, line {number}: there is no 'image_id'. Obtain the file again.")
        yield row["image_id"], row.get("path") or ""


def _files(split: Split, folder: Path) -> Sequence[Path]:
    photos = first_folder(folder, "images/small", "small")
    table = _find(folder, "images.csv.gz")
    path_of = dict(_images(table))
    lost = [image for image in split.image_ids if not path_of.get(image)]
    if lost:
        raise SplitError(
            f"{table} has no path for {len(lost):,} of the {split.n_images:,} images, first {quoted(lost[0])}."
        )
    return [below(photos, path_of[image]) for image in split.image_ids]


def _captions(_split: Split, folder: Path) -> Mapping[str, str]:
    texts: dict[str, str] = {}
    for listing, where in _listings(folder):
        name = english_name(listing, where)
        if name is not None:
            texts.setdefault(f"{listing.get('item_id')}@{listing.get('domain_name')}", name)
    return texts


def _lines(file: Path) -> Iterator[str]:
    read = 0
    try:
        with gzip.open(file) as stream:
            text = io.TextIOWrapper(io.BufferedReader(stream), encoding="utf-8")
            while line := text.readline(MAX_BYTES + 1):
                read += len(line)
                if read > MAX_BYTES:
                    raise SplitError(f"{file} unpacks to more than {MAX_BYTES // 2**20} MB; the official ones do not.")
                yield line
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise SplitError(f"{file} is damaged or not gzip text. Obtain it again.") from error


def _find(folder: Path, name: str) -> Path:
    found = next((place / name for place in _places(folder, "images") if (place / name).is_file()), None)
    if found is None:
        raise SplitError(f"{folder} has no {name}, neither itself nor in images/metadata. {INSTRUCTIONS}")
    return found


def _places(folder: Path, kind: str) -> list[Path]:
    return [folder, folder / kind / "metadata"]


ABO_TEST = SplitDefinition(
    name=TEST,
    dataset=ABO,
    n_images=N_TEST,
    n_captions=N_TEST,
    digest=None,
    build=build_test,
    instructions=INSTRUCTIONS,
)
LAYOUT = DataLayout(name=ABO.name, files=_files, captions=_captions, instructions=DATA_INSTRUCTIONS)
