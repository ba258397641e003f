"""Fashion200k: garments on their own, with one product description each."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from splits.blocks import split_in_blocks
from splits.data_layout import DataLayout, below, is_file
from splits.documents import read_bounded
from splits.errors import SplitError
from splits.split import Centricity, Dataset, Split, SplitDefinition

FASHION200K = Dataset(
    name="fashion200k",
    title="Fashion200k",
    centricity=Centricity.OBJECT,
    licence="none stated; the photos belong to the shops they come from",
    citation="Han et al., Automatic Spatially-aware Fashion Concept Discovery, ICCV 2017",
    source="https://github.com/xthan/fashion-200k",
)
CATEGORIES = ("dress", "jacket", "pants", "skirt", "top")
INSTRUCTIONS = (
    "Obtain the folder labels of Fashion200k, linked from https://github.com/xthan/fashion-200k, and name it or the"
    " folder that holds it. It has one file for each of five categories, such as dress_test_detect_all.txt."
)
DATA_INSTRUCTIONS = (
    "Obtain the labels and the photos of Fashion200k, linked from https://github.com/xthan/fashion-200k, and unpack"
    " both into one folder: it then holds labels/*_test_detect_all.txt, and the photos at the paths that these name,"
    " such as women/dresses/casual_and_day_dresses/57996836/57996836_9.jpeg."
)
TEST = "fashion200k/test"


def build_test(path: Path) -> Split:
    """Build the test split: every image of the official test lists, in the order of file names and of lines.

    Several photos of one product share a description, so equal texts belong to different images; each caption is
    judged relevant to the photo of its own line only.
    """
    image_ids = [image for file in _label_files(path) for image, _ in _read_labels(file)]
    return split_in_blocks(TEST, FASHION200K, image_ids=image_ids, counts=[1] * len(image_ids))


def _label_files(path: Path) -> list[Path]:
    folder = path / "labels" if (path / "labels").is_dir() else path
    found = {category: sorted(folder.glob(f"{category}*_test_*.txt")) for category in CATEGORIES}
    missing = [category for category, files in found.items() if not files]
    if missing:
        raise SplitError(
            f"{folder} has no test labels of {', '.join(missing)}; {len(CATEGORIES) - len(missing)} of"
            f" {len(CATEGORIES)} categories are there. {INSTRUCTIONS}"
        )
    several = [files for files in found.values() if len(files) > 1]
    if several:
        raise SplitError(
            f"{folder} has {several[0][0].name} and {several[0][1].name} for one category; keep the official one."
        )
    return [files[0] for files in found.values()]


def _read_labels(file: Path) -> list[tuple[str, str]]:
    try:
        lines = read_bounded(file).decode().splitlines()
    except UnicodeDecodeError as error:
        raise SplitError(f"{file}: byte {error.start} is not UTF-8 text. Obtain the file again.") from error
    return [_image_and_text(line, f"{file}, line {number}") for number, line in enumerate(lines, 1)]


def _image_and_text(line: str, where: str) -> tuple[str, str]:
    parts = line.split("\t")
    if len(parts) != 3 or not parts[0].strip() or not parts[2].strip():
        raise SplitError(
            f"{where}: found {line!r:.80}, expected image path, detection score and description, parted by tabs."
        )
    return parts[0].strip(), parts[2].strip()


def _files(split: Split, folder: Path) -> Sequence[Path]:
    first = split.image_ids[0]
    # Some copies keep the photos in a folder of their own beside the labels.
    places = [place for place in (folder, folder / "images", folder / "pictures") if is_file(below(place, first))]
    return [below(places[0] if places else folder, image) for image in split.image_ids]


def _captions(_split: Split, folder: Path) -> Mapping[str, str]:
    return {f"{image}#0": text for file in _label_files(folder) for image, text in _read_labels(file)}


FASHION200K_TEST = SplitDefinition(
    name=TEST,
    dataset=FASHION200K,
    n_images=None,
    n_captions=None,
    digest=None,
    build=build_test,
    instructions=INSTRUCTIONS,
)
LAYOUT = DataLayout(name=FASHION200K.name, files=_files, captions=_captions, instructions=DATA_INSTRUCTIONS)
