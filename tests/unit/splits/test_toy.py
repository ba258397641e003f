"""The toy splits are the same everywhere, and what their captions say is in the pictures."""

import hashlib
import json
import re

import numpy as np
import pytest

from splits import SPLITS, UnknownNameError
from splits.toy import PARTS, captions, render_images
from splits.toy.badge import badge_captions, badges_of
from splits.toy.parts import part_named
from splits.toy.scene import Mention, Relation, Statement, Thing, holds, related, scenes_of
from splits.toy.scene_captions import scene_captions
from splits.toy.vocabulary import BACKGROUNDS, COLOUR_WORDS, NUMBER_WORDS, PALETTE, SHAPE_WORDS, SIZE_WORDS

TESTS = ("toy-scene/test", "toy-object/test")
PIXELS = {
    "toy-scene/test": "b84f4bb21008e60144626e64839c192eb87af3b172cb4eb66e2496c8abb3743d",
    "toy-object/test": "d2b3ed74877b12bdebb13014c9245a778c4e2d71175787a7fb5ae0b0b8485eaa",
}
SENTENCES = {
    "toy-scene/test": "eab25d9e01c0504e8bcc23825c39b67a905eefd596c55b94000814e79472dc35",
    "toy-object/test": "b4d3d6a0c9aa46dd289fbb59ead1f5119038d6f7ced818c150c1db5cc7119d8e",
}


def _shares_of_colours(image):
    """How many pixels are nearest to each colour of the palette, backgrounds apart."""
    names = [*PALETTE, *(None for _ in BACKGROUNDS)]
    wanted = np.array([*PALETTE.values(), *BACKGROUNDS], dtype=np.float64)
    nearest = ((image.reshape(-1, 1, 3) - wanted) ** 2).sum(axis=2).argmin(axis=1)
    counts = np.bincount(nearest, minlength=len(wanted))
    return {name: count for name, count in zip(names, counts, strict=True) if name is not None}


def _words_in(text, words):
    """The values that a text names, each found by one of its own words."""
    return {value for value, all_words in words.items() if any(re.search(rf"\b{w}\b", text) for w in all_words)}


class TestEveryToySplit:
    @pytest.fixture(params=PARTS)
    def name(self, request):
        return request.param

    def test_is_what_its_definition_says(self, name):
        definition, split = SPLITS[name], SPLITS[name].read()
        assert split.digest == definition.digest
        assert (split.n_images, split.n_captions) == (definition.n_images, definition.n_captions)
        assert split.n_images >= 200
        assert render_images(name).shape == (split.n_images, 64, 64, 3)
        assert len(captions(name)) == split.n_captions

    def test_gives_every_caption_to_the_image_it_was_written_for_first(self, name):
        split = SPLITS[name].read()
        per_image = split.n_captions // split.n_images
        assert np.array_equal(split.image_of_caption, np.arange(split.n_captions) // per_image)

    def test_has_a_few_captions_that_fit_two_images_and_none_that_fit_three(self, name):
        split = SPLITS[name].read()
        n_images = np.bincount(split.pairs[:, 0])
        assert n_images.max() == 2
        assert 0.02 < (n_images == 2).mean() < 0.2

    def test_says_everything_in_other_words(self, name):
        assert len(set(captions(name))) == len(captions(name))

    def test_shares_no_picture_and_no_id_with_another(self, name):
        others = [other for other in PARTS if other != name]
        ids = set(SPLITS[name].read().image_ids)
        pictures = {image.tobytes() for image in render_images(name)}
        assert len(pictures) == len(ids)
        for other in others:
            assert not ids & set(SPLITS[other].read().image_ids)
            assert not pictures & {image.tobytes() for image in render_images(other)}


@pytest.mark.parametrize("name", TESTS)
def test_pictures_are_the_same_to_the_last_bit(name):
    assert hashlib.sha256(render_images(name).tobytes()).hexdigest() == PIXELS[name]


@pytest.mark.parametrize("name", TESTS)
def test_sentences_are_the_same_to_the_last_letter(name):
    assert hashlib.sha256(json.dumps(captions(name)).encode()).hexdigest() == SENTENCES[name]


def test_shared_pictures_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        render_images("toy-scene/validation")[0, 0, 0, 0] = 1


@pytest.mark.parametrize("function", [render_images, captions])
def test_an_unknown_toy_split_is_named_with_the_known_ones(function):
    with pytest.raises(UnknownNameError, match=r"no toy split named 'toy-scene/tset'.*toy-scene/test"):
        function("toy-scene/tset")


class TestScenes:
    part = part_named("toy-scene/test")

    def test_have_two_to_five_things_in_different_cells(self):
        scenes = scenes_of(self.part)
        assert {len(scene) for scene in scenes} == {2, 3, 4, 5}
        for scene in scenes:
            assert len({(thing.row, thing.column) for thing in scene}) == len(scene)

    def test_judgments_are_complete(self):
        scenes = scenes_of(self.part)
        for caption in scene_captions(self.part):
            assert caption.images == tuple(n for n, scene in enumerate(scenes) if holds(caption.statement, scene))

    def test_words_say_what_the_statement_means(self):
        for caption in scene_captions(self.part):
            mentions = caption.statement.mentions
            for words, attribute in ((COLOUR_WORDS, "colour"), (SHAPE_WORDS, "shape"), (SIZE_WORDS, "size")):
                said = {getattr(m, attribute) for m in mentions} - {None}
                assert _words_in(caption.text, words) >= said
            assert _words_in(caption.text, COLOUR_WORDS) <= {m.colour for m in mentions}
            if caption.statement.n_things:
                number = NUMBER_WORDS[caption.statement.n_things]
                assert len(re.findall(rf"\b{number} (?:shapes|things|figures)\b", caption.text)) == 1

    def test_colours_that_a_caption_names_are_in_all_its_pictures(self):
        images = render_images(self.part.name)
        shares = [_shares_of_colours(image) for image in images]
        for caption in scene_captions(self.part):
            for colour in {m.colour for m in caption.statement.mentions} - {None}:
                for image in caption.images:
                    assert shares[image][colour] >= 15, (caption.text, image)

    def test_things_lie_in_the_cell_that_captions_name(self):
        images = render_images(self.part.name)
        for image, scene in zip(images, scenes_of(self.part), strict=True):
            for thing in scene:
                window = image[thing.row * 64 // 3 : (thing.row + 1) * 64 // 3]
                window = window[:, thing.column * 64 // 3 : (thing.column + 1) * 64 // 3]
                assert _shares_of_colours(window)[thing.colour] >= 15, thing

    def test_big_things_cover_more_than_small_ones(self):
        images = render_images(self.part.name)
        areas = {"small": [], "big": []}
        for image, scene in zip(images, scenes_of(self.part), strict=True):
            colours = [thing.colour for thing in scene]
            for thing in scene:
                if thing.shape == "square" and colours.count(thing.colour) == 1:
                    areas[thing.size].append(_shares_of_colours(image)[thing.colour])
        assert max(areas["small"]) < min(areas["big"])

    def test_five_captions_are_built_in_five_ways(self):
        written = scene_captions(self.part)
        kinds = [
            {(len(c.statement.mentions), len(c.statement.relations), c.statement.n_things is None) for c in five}
            for five in (written[n : n + 5] for n in range(0, len(written), 5))
        ]
        assert min(len(ways) for ways in kinds) >= 2
        assert np.mean([len(ways) for ways in kinds]) > 4


class TestStatements:
    scene = (
        Thing("circle", "red", "big", 0, 0),
        Thing("circle", "blue", "small", 0, 2),
        Thing("star", "red", "small", 2, 2),
    )

    @pytest.mark.parametrize(
        ("statement", "is_true"),
        [
            (Statement((Mention("circle", "red"),)), True),
            (Statement((Mention("star", "blue"),)), False),
            (Statement((Mention(colour="red"), Mention(colour="red"))), True),
            (Statement((Mention("star"), Mention(colour="red"), Mention(colour="red"))), False),
            (Statement((Mention("star"),), n_things=3), True),
            (Statement((Mention("star"),), n_things=2), False),
            (Statement((Mention("star", row=2, column=2),)), True),
            (Statement((Mention("star", row=2, column=0),)), False),
            (Statement((Mention(colour="red"), Mention("circle")), ((0, Relation.BELOW, 1),)), True),
            (Statement((Mention("star"), Mention("circle")), ((0, Relation.LEFT, 1),)), False),
        ],
    )
    def test_are_true_when_different_things_fit_every_mention(self, statement, is_true):
        assert holds(statement, self.scene) is is_true

    def test_relations_are_mirrored_and_double_on_a_diagonal(self):
        circle, _, star = self.scene
        assert set(related(circle, star)) == {Relation.LEFT, Relation.ABOVE}
        assert set(related(star, circle)) == {Relation.RIGHT, Relation.BELOW}


class TestBadges:
    part = part_named("toy-object/test")

    def test_are_all_different(self):
        assert len(set(badges_of(self.part))) == self.part.n_images

    def test_judgments_are_complete(self):
        badges = badges_of(self.part)
        for caption in badge_captions(self.part):
            assert caption.images == tuple(n for n, badge in enumerate(badges) if caption.statement.fits(badge))

    def test_colours_that_a_caption_names_are_in_all_its_pictures(self):
        images = render_images(self.part.name)
        for caption in badge_captions(self.part):
            said = caption.statement
            assert _words_in(caption.text, COLOUR_WORDS) == {said.colour, said.second} - {None}
            for image in caption.images:
                shares = _shares_of_colours(images[image])
                for colour in {said.colour, said.second} - {None}:
                    assert shares[colour] >= 8, (caption.text, image)

    def test_outlines_are_dark_and_the_thick_ones_wider(self):
        images, inks = render_images(self.part.name), {"none": [], "thin": [], "thick": []}
        for image, badge in zip(images, badges_of(self.part), strict=True):
            inks[badge.outline].append(_shares_of_colours(image)["black"])
        assert max(inks["none"]) < 5
        assert min(inks["thick"]) > 60
        assert np.mean(inks["thick"]) > 2 * np.mean(inks["thin"]) > 60

    def test_sizes_are_told_apart_by_the_area(self):
        images, areas = render_images(self.part.name), {"small": [], "medium": [], "big": []}
        for image, badge in zip(images, badges_of(self.part), strict=True):
            if badge.shape == "square" and badge.outline == "thick":
                areas[badge.size].append(sum(_shares_of_colours(image).values()))
        assert max(areas["small"]) < min(areas["medium"])
        assert max(areas["medium"]) < min(areas["big"])
