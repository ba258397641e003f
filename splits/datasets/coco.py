"""MS COCO: the two caption pools of Karpathy's 5,000 test images, and what was judged on them later.

Both splits are read from the data files of the `eccv-caption` package, which are found without importing it, because
importing it warns about optional packages. The 25,010 captions carry no annotation ids in the public files that list
them, so theirs are positional.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from splits.annotations import Annotations, Layout, read_annotations
from splits.blocks import split_in_blocks
from splits.errors import SplitError
from splits.installed import installed_file
from splits.judged_ids import judged_pairs
from splits.proof import prove
from splits.split import Centricity, Dataset, Judgments, Split, SplitDefinition
from splits.traps import explain_shape

COCO = Dataset(
    name="coco",
    title="MS COCO Captions",
    centricity=Centricity.SCENE,
    licence="annotations CC BY 4.0; the photos are under the terms of Flickr",
    citation="Lin et al., Microsoft COCO: Common Objects in Context, ECCV 2014; test images: Karpathy and Fei-Fei,"
    " Deep Visual-Semantic Alignments for Generating Image Descriptions, CVPR 2015",
    source="https://cocodataset.org; ids and judgments from the package eccv-caption",
)
DIGEST_25000 = "sha256:4e3cd7ea95eb751b0d085459835f48264188a429786e3d99596de835954f33e3"
DIGEST_25010 = "sha256:75adab55f98b6fa733f4ffc938fff0109792c635f668d906ec91597e4a6a124f"
DIGEST_CXC = "sha256:9443447f3c59ff7fc8b29083c571e4e208f36cfffaef3bd2b8c22d32d94a6e68"
DIGEST_ECCV = "sha256:f87ea9ed2e08d5dd4fc0d793bbdb6500d8862deb2a770cff0e5fc480bc8a356b"
SIX_CAPTIONS = (83, 1272, 1499, 1727, 3045, 3066, 3879, 3993, 4219, 4767)
"""The positions of the ten images with six captions; the 25,000 pool leaves the sixth out."""
INSTRUCTIONS = (
    "To prove a copy, name one of: the official captions_val2014.json, Karpathy's dataset_coco.json, or for the 25,010"
    " captions the list coco_karpathy_test.json that ALBEF and its successors read."
)


@cache
def read_25000() -> Split:
    """Read the 25,000 captions, the first five of each image by annotation id."""
    import numpy as np

    caption_ids = [str(caption) for caption in np.load(_packaged("coco_test_ids.npy"), allow_pickle=False)]
    image_of = _package_json("original_caption_to_image.json")
    image_ids = list(dict.fromkeys(str(image_of[caption][0]) for caption in caption_ids))
    position = {image: index for index, image in enumerate(image_ids)}
    pairs = [(index, position[str(image_of[caption][0])]) for index, caption in enumerate(caption_ids)]
    return Split(
        "coco/karpathy-test-25000",
        COCO,
        tuple(image_ids),
        tuple(caption_ids),
        np.array(pairs),
        extended={"cxc": _cxc, "eccv": _eccv},
    )


@cache
def read_25010() -> Split:
    """Name the 25,010 captions by image and position."""
    counts = [5] * read_25000().n_images
    for index in SIX_CAPTIONS:
        counts[index] = 6
    return split_in_blocks("coco/karpathy-test-25010", COCO, image_ids=read_25000().image_ids, counts=counts)


def build_25000(path: Path) -> Split:
    """Build the 25,000 captions from a file that carries annotation ids, and prove them."""
    found = _read(path, read_25000())
    if found.layout not in (Layout.KARPATHY, Layout.OFFICIAL_COCO):
        total = sum(image.n_captions or 0 for image in found.images)
        trap = explain_shape(read_25000(), (len(found.images), total))
        raise SplitError(
            f"{path} is {found.layout.value} with {total:,} captions and no annotation ids, by which"
            f" coco/karpathy-test-25000 names its captions. {trap + ' ' if trap else ''}{INSTRUCTIONS}"
        )
    first_five = [sorted(image.caption_ids)[:5] for image in found.images]
    built = split_in_blocks(
        "coco/karpathy-test-25000",
        COCO,
        image_ids=[image_id(image.file_name, path) for image in found.images],
        counts=[len(ids) for ids in first_five],
        caption_ids=[str(caption) for ids in first_five for caption in ids],
    )
    return prove(read_25000(), built, path)


def build_25010(path: Path) -> Split:
    """Build the 25,010 captions from any of the public files that list them, and prove them."""
    found = _read(path, read_25010())
    built = split_in_blocks(
        "coco/karpathy-test-25010",
        COCO,
        image_ids=[image_id(image.file_name, path) for image in found.images],
        counts=[image.n_captions or 0 for image in found.images],
    )
    return prove(read_25010(), built, path)


def _read(path: Path, expected: Split) -> Annotations:
    found = read_annotations(path)
    if found.layout is Layout.NAMES:
        _refuse_names([image.file_name for image in found.images], path, expected)
    if found.layout is not Layout.OFFICIAL_COCO:
        return found
    # The official file has all 40,504 validation images in an order of its own.
    by_id = {image_id(image.file_name, path): image for image in found.images}
    wanted = read_25000().image_ids
    missing = [image for image in wanted if image not in by_id]
    if missing:
        raise SplitError(
            f"{path} lacks {len(missing):,} of the {len(wanted):,} test images, first {missing[0]}."
            " They are all in the official captions_val2014.json, and none is in captions_train2014.json"
            " or in the files of 2017."
        )
    return Annotations(found.layout, [by_id[image] for image in wanted])


def _refuse_names(names: list[str], path: Path, split: Split) -> NoReturn:
    if len(names) == read_25000().n_captions:
        raise SplitError(
            f"{path} looks like the 25,000 caption texts of {read_25000().name}, one a line, without any ids."
            f" {INSTRUCTIONS}"
        )
    image_ids = [image_id(name, path) for name in names]
    expected, built = (
        split_in_blocks(split.name, COCO, image_ids=ids, counts=[1] * len(ids)) for ids in (split.image_ids, image_ids)
    )
    prove(expected, built, path)
    raise SplitError(f"{path} lists the images in canonical order, but no captions: it proves no split. {INSTRUCTIONS}")


def image_id(file_name: str, path: Path) -> str:
    """Turn the name of a photo into COCO's number of the image."""
    found = re.fullmatch(r"(?:COCO_\w+?_)?0*(\d+)\.jpg", file_name)
    if not found:
        raise SplitError(f"{path}: {file_name!r:.80} is not the name of a COCO image, COCO_val2014_000000391895.jpg.")
    return found[1]


def _packaged(name: str) -> Path:
    return installed_file("eccv_caption", f"data/{name}")


def _package_json(name: str) -> Any:
    return json.loads(_packaged(name).read_bytes())


@cache
def _cxc(split: Split) -> Judgments:
    return _judgments(split, "cxc", DIGEST_CXC)


@cache
def _eccv(split: Split) -> Judgments:
    return _judgments(split, "eccv", DIGEST_ECCV)


def _judgments(split: Split, name: str, pinned: str) -> Judgments:
    i2t = judged_pairs(_package_json(f"{name}_image_to_caption.json"), split.image_ids, split.caption_ids)
    t2i = judged_pairs(_package_json(f"{name}_caption_to_image.json"), split.caption_ids, split.image_ids)
    judgments = Judgments(name, i2t=i2t, t2i=t2i)
    if judgments.digest != pinned:
        raise SplitError(
            f"The judgments {name} of {split.name} have the digest {judgments.digest}, pinned is {pinned}."
            " The installed eccv-caption holds other data: install the version in the requirements."
        )
    return judgments


KARPATHY_TEST_25000 = SplitDefinition(
    name="coco/karpathy-test-25000",
    dataset=COCO,
    n_images=5000,
    n_captions=25000,
    digest=DIGEST_25000,
    read=read_25000,
    build=build_25000,
    instructions=INSTRUCTIONS,
)
KARPATHY_TEST_25010 = SplitDefinition(
    name="coco/karpathy-test-25010",
    dataset=COCO,
    n_images=5000,
    n_captions=25010,
    digest=DIGEST_25010,
    read=read_25010,
    build=build_25010,
    instructions=INSTRUCTIONS,
)
