"""The family that the how-to shows keeps the contract of encoders, and finds what it says it looks at."""

import numpy as np
import pytest

from evaluator.checkpoints import known_checkpoints
from evaluator.model import ModelError, ModelFamily, ModelRequest
from splits import load_split
from splits.content import load_content
from tests.unit.evaluator.encoder_contract import check_encoder
from tests.unit.how_to import entry_of


@pytest.fixture
def family():
    return entry_of("add-a-model.md", ModelFamily)


def test_the_family_keeps_the_contract_of_encoders(family):
    check_encoder(family.load(ModelRequest("eight")))


def test_the_family_is_far_above_chance_on_coloured_objects(family):
    encoder = family.load(ModelRequest("eight"))
    content = load_content(load_split("toy-object/test"))
    few = range(60)
    images = encoder.encode_images(
        encoder.collate_images([encoder.prepare_image(content.pictures.open(one)) for one in few])
    )
    pairs = content.split.pairs
    first = [int(pairs[pairs[:, 1] == image, 0][0]) for image in few]
    scores = images @ encoder.encode_captions([content.captions[one] for one in first]).T
    ranks = (scores > np.diag(scores)[:, None]).sum(axis=1)
    assert np.median(ranks) < 20


def test_another_name_is_refused_and_the_known_one_named(family):
    with pytest.raises(ModelError, match="Known is: colour-words:eight"):
        family.load(ModelRequest("nine"))


def test_it_is_listed_with_its_facts(family):
    (known,) = known_checkpoints([family])
    assert known.document()["reference"] == "colour-words:eight"
