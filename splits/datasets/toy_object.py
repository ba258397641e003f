"""Toy-object: rendered pictures of one badge, one fine-grained caption each; needs no download."""

from splits.split import Centricity, Dataset
from splits.toy import define
from splits.toy.layout import toy_layout

DATASET = Dataset(
    name="toy-object",
    title="Toy objects",
    centricity=Centricity.OBJECT,
    licence="CC0-1.0",
    citation="this project",
    source="Rendered by the package splits.toy from a fixed seed; nothing to download.",
)

TRAIN = define("toy-object/train", DATASET, "sha256:2514e177e8e712c65bcc9bd924d91310ab370712c295f4e42d3e1a08fc1ff878")
VALIDATION = define(
    "toy-object/validation", DATASET, "sha256:b41e34c49443e19c28060f1b6c667c5cb053535f04c2c0a89dd95df883205a49"
)
TEST = define("toy-object/test", DATASET, "sha256:6ef58e9797048d7d18821356c1715ceac038fe12790700916ee7e87ed385d334")

LAYOUT = toy_layout(DATASET.name)
