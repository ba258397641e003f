"""Toy-scene: rendered pictures of two to five shapes, five captions each; needs no download."""

from splits.split import Centricity, Dataset
from splits.toy import define
from splits.toy.layout import toy_layout

DATASET = Dataset(
    name="toy-scene",
    title="Toy scenes",
    centricity=Centricity.SCENE,
    licence="CC0-1.0",
    citation="this project",
    source="Rendered by the package splits.toy from a fixed seed; nothing to download.",
)

TRAIN = define("toy-scene/train", DATASET, "sha256:d2dae1c7730895cfca96c975d749a8450d7b970fee5965937d4ef12361ce796f")
VALIDATION = define(
    "toy-scene/validation", DATASET, "sha256:1b99bd969dd2d8168cc43a0dcaeb5af7f3606055f67a495f681be86b8b6c13c3"
)
TEST = define("toy-scene/test", DATASET, "sha256:16cfa4734a39d03ee9d9f48c34afded1e512a6338aa635843b12038fe7dd9548")

LAYOUT = toy_layout(DATASET.name)
