"""The pictures and captions of a split: all of them and in order, or a message that says what is missing."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from splits import SPLITS, UnknownNameError, load_split
from splits.caption_draw import draw_captions, with_captions
from splits.content import Content, DataError, Pictures, load_content
from splits.data_layout import LAYOUTS, data_folder
from splits.toy import captions, render_images

BIRDS = {
    "name": "my-birds/test",
    "centricity": "object",
    "images": ["wren.png", "robin", 7],
    "captions": ["w1", "w2", "r1", 70],
    "pairs": [["w1", "wren.png"], ["w2", "wren.png"], ["r1", "robin"], [70, 7]],
}
TEXTS = {"w1": "a wren", "w2": "a small wren", "r1": "a robin", "70": "a tit", "not asked for": "x"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The data of a person's own split, in its folder below `REMATCH_DATA`."""
    monkeypatch.setenv("REMATCH_DATA", str(tmp_path / "data"))
    images = tmp_path / "data" / "my-birds" / "images"
    images.mkdir(parents=True)
    for number, name in enumerate(("wren.png", "robin.JPG", "7.webp")):
        Image.new("RGB", (8, 6), (number * 50, 10, 10)).save(images / name)
    (images.parent / "captions.json").write_text(json.dumps(TEXTS))
    return images.parent


@pytest.fixture
def birds(tmp_path):
    (tmp_path / "birds.json").write_text(json.dumps(BIRDS))
    return load_split(tmp_path / "birds.json")


def told(split, place, **more):
    with pytest.raises(DataError) as caught:
        load_content(split, **more)
    return str(caught.value).replace(str(place), "FOLDER")


class TestToyDatasets:
    @pytest.mark.parametrize("name", ["toy-scene/validation", "toy-object/validation"])
    def test_they_are_rendered_with_no_folder_at_all(self, name):
        content = load_content(load_split(name))
        assert content.captions == tuple(captions(name))
        for index in (0, 41, 199):
            assert (np.asarray(content.pictures.open(index)) == render_images(name)[index]).all()
        assert content.pictures.open(0).mode == "RGB"

    def test_one_caption_per_image_keeps_the_texts_with_their_ids(self):
        split = load_split("toy-scene/validation")
        drawn = draw_captions(split, 3)
        texts = captions(split.name)
        assert load_content(with_captions(split, drawn)).captions == tuple(texts[caption] for caption in drawn)

    def test_the_digests_are_pinned_by_the_rendering(self):
        one, again = (load_content(load_split("toy-object/validation")) for _ in range(2))
        assert one.pictures_digest == again.pictures_digest
        assert one.captions_digest == again.captions_digest
        assert one.pictures_digest != load_content(load_split("toy-scene/validation")).pictures_digest

    def test_a_split_of_some_of_its_images_has_those_pictures(self, tmp_path):
        ids = ["toy-object-test-004", "toy-object-train-001"]
        document = {
            "name": "my-toys/few",
            "centricity": "object",
            "images": ids,
            "captions": [f"{image}-0" for image in ids],
            "pairs": [[f"{image}-0", image] for image in ids],
            "layout": "toy-object",
        }
        (tmp_path / "few.json").write_text(json.dumps(document))
        content = load_content(load_split(tmp_path / "few.json"))
        assert content.captions == (captions("toy-object/test")[4], captions("toy-object/train")[1])
        assert (np.asarray(content.pictures.open(1)) == render_images("toy-object/train")[1]).all()

    def test_an_image_that_is_not_of_the_dataset_is_named(self, birds):
        assert told(replace(birds, dataset=replace(birds.dataset, layout="toy-scene")), "no folder").startswith(
            "my-birds/test: 3 of 3 images are not in toy-scene, first 'wren.png'. 4 of 4 captions of my-birds/test have"
        )


class TestYourOwnData:
    def test_pictures_are_found_with_and_without_their_suffix(self, folder, birds):
        content = load_content(birds)
        assert content.captions == ("a wren", "a small wren", "a robin", "a tit")
        assert [content.pictures.open(index).size for index in range(3)] == [(8, 6)] * 3
        assert content.pictures.open(0).getpixel((0, 0)) == (0, 10, 10)
        assert content.pictures_digest.startswith("sha256:")

    def test_another_folder_can_be_named(self, folder, birds, tmp_path):
        folder.rename(tmp_path / "elsewhere")
        assert load_content(birds, folder=tmp_path / "elsewhere").captions[0] == "a wren"

    def test_a_missing_folder_is_named_with_what_belongs_there(self, birds, tmp_path):
        assert told(birds, tmp_path) == (
            "There is no folder FOLDER/var/data/my-birds with the pictures and captions of my-birds/test. The folder"
            " of your own data holds images/<image id>, with or without a suffix such as .jpg, and captions.json, an"
            " object that gives the text of every caption id. That folder is FOLDER/var/data/my-birds; REMATCH_DATA or"
            " rematch run --data names another place."
        )

    def test_missing_pictures_are_counted_with_the_first(self, folder, birds):
        (folder / "images" / "robin.JPG").unlink()
        (folder / "images" / "7.webp").unlink()
        assert told(birds, folder).startswith(
            "2 of 3 pictures of my-birds/test are missing, first FOLDER/images/robin. The folder of your own data holds"
        )

    def test_a_picture_that_is_there_twice_is_refused(self, folder, birds):
        (folder / "images" / "robin.png").touch()
        assert told(birds, folder).startswith("The image 'robin' is there twice, as FOLDER/images/robin.png and robin.")

    def test_missing_and_empty_captions_are_counted_with_the_first(self, folder, birds):
        (folder / "captions.json").write_text(json.dumps({**TEXTS, "w2": " \n"} | {"r1": ""}))
        assert told(birds, folder).startswith("2 of 4 captions of my-birds/test are empty, first 'w2'. The folder")
        (folder / "captions.json").write_text(json.dumps({"w1": "a"}))
        assert told(birds, folder).startswith(
            "3 of 4 captions of my-birds/test have no text in FOLDER, first 'w2'. The folder"
        )

    def test_half_a_character_is_no_text(self, folder, birds):
        (folder / "captions.json").write_text(json.dumps({**TEXTS, "r1": "\ud800 x"}))
        with pytest.raises(DataError, match="caption 'r1' at position 2 is no text"):
            load_content(birds)

    def test_everything_that_is_wrong_is_told_at_once(self, folder, birds):
        (folder / "images" / "wren.png").unlink()
        (folder / "captions.json").unlink()
        message = told(birds, folder)
        assert message.startswith(
            "1 of 3 pictures of my-birds/test are missing, first FOLDER/images/wren.png. There is"
        )
        assert "There is no file FOLDER/captions.json." in message

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("[1]", "FOLDER/captions.json is no object that gives the text of every caption id."),
            ("{", "FOLDER/captions.json is not JSON:"),
            ('{"w1": 3}', "FOLDER/captions.json: what is given for the caption 'w1' is no text."),
            ('{"w1": "a", "w1": "b"}', "FOLDER/captions.json gives the key 'w1' twice."),
        ],
    )
    def test_a_broken_file_of_captions_is_refused(self, content, message, folder, birds):
        (folder / "captions.json").write_text(content)
        assert told(birds, folder).startswith(message)

    @pytest.mark.parametrize("image", ["../secret.png", "/etc/passwd", "a/../../b", "..\\b"])
    def test_an_image_id_leads_nowhere_but_below_the_folder(self, image, folder, tmp_path):
        document = BIRDS | {"images": [image], "captions": ["w1"], "pairs": [["w1", image]]}
        (tmp_path / "birds.json").write_text(json.dumps(document))
        assert "leads out of FOLDER/images: the id of an image" in told(load_split(tmp_path / "birds.json"), folder)

    def test_a_damaged_picture_is_named_when_it_is_opened(self, folder, birds):
        (folder / "images" / "wren.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        content = load_content(birds)
        with pytest.raises(DataError, match=r"wren\.png"):
            content.pictures.open(0)

    def test_a_name_that_no_file_can_have_counts_as_missing(self, folder, tmp_path):
        image = "x" * 300
        document = BIRDS | {"images": [image], "captions": ["w1"], "pairs": [["w1", image]]}
        (tmp_path / "birds.json").write_text(json.dumps(document))
        split = load_split(tmp_path / "birds.json")
        assert told(split, folder).startswith("1 of 1 pictures of my-birds/test are missing, first FOLDER/images/xxx")

    def test_a_folder_that_cannot_be_counts_as_missing(self, birds, tmp_path):
        long = tmp_path / ("x" * 300)
        assert told(birds, tmp_path, folder=long).startswith("There is no folder FOLDER/xxx")


class TestLayouts:
    def test_the_folder_is_below_the_data_or_below_the_home(self, monkeypatch, tmp_path):
        assert data_folder("coco") == tmp_path / "var" / "data" / "coco"
        monkeypatch.setenv("REMATCH_DATA", "/elsewhere")
        assert str(data_folder("coco")) == "/elsewhere/coco"
        monkeypatch.delenv("REMATCH_DATA")
        monkeypatch.delenv("REMATCH_HOME")
        assert str(data_folder("coco")) == "var/data/coco"

    def test_a_layout_named_by_the_split_file_reads_the_folder_of_that_dataset(self, birds, tmp_path):
        split = replace(birds, dataset=replace(birds.dataset, layout="cub200"))
        assert told(split, tmp_path).startswith("There is no folder FOLDER/var/data/cub200 with the pictures")

    def test_a_layout_can_be_named_for_a_folder_that_is_laid_out_like_it(self, birds, tmp_path):
        with pytest.raises(DataError, match=r"data/cub200 with the pictures and captions of my-birds/test"):
            load_content(birds, layout="cub200")

    def test_an_unknown_layout_is_answered_with_known_ones(self, birds):
        with pytest.raises(UnknownNameError, match=r"There is no data layout named 'coc'\. Did you mean coco"):
            load_content(birds, layout="coc")

    def test_every_dataset_of_the_catalogue_has_one(self):
        assert {definition.dataset.name for definition in SPLITS.values()} == set(LAYOUTS)

    @pytest.mark.parametrize("name", list(LAYOUTS))
    def test_every_layout_has_files_or_renders_and_says_what_to_obtain(self, name):
        layout = LAYOUTS[name]
        assert (layout.files is None) != (layout.render is None)
        assert layout.instructions.endswith(".")

    def test_what_a_layout_lacks_is_refused_when_the_content_is_made(self, birds):
        pictures = Pictures(open=lambda _: Image.new("RGB", (1, 1)), digest=lambda _: "")
        with pytest.raises(DataError, match=r"my-birds/test has 4 captions, found 1\."):
            Content(birds, ("a",), pictures)
        with pytest.raises(DataError, match=r"1 of 4 captions are empty, first 'w2' at position 1\."):
            Content(birds, ("a", " ", "b", "c"), pictures)
