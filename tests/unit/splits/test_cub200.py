"""CUB-200-2011: the official test split, AttnGAN's unseen classes, and what is missing when a folder is incomplete."""

import pytest

from splits import SPLITS, SplitError, load_split
from splits.datasets import cub200

ATTNGAN = "cub200/attngan-test"


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    """A folder like the official one: all 11,788 names, AttnGAN's photos where they belong, and short captions."""
    folder = tmp_path_factory.mktemp("cub")
    (folder / "CUB_200_2011").mkdir()
    names = list(load_split(ATTNGAN).image_ids)
    names = [f"002.Other/Other_{n:05}.jpg" for n in range(cub200.N_IMAGES - len(names))] + names
    flags = ["0"] * cub200.N_TEST + ["1"] * (cub200.N_IMAGES - cub200.N_TEST)
    for file, values in (("images.txt", names), ("train_test_split.txt", flags)):
        lines = [f"{number} {value}" for number, value in enumerate(values, 1)]
        (folder / "CUB_200_2011" / file).write_text("\n".join(lines) + "\n")
    texts = folder / "text_c10"
    for name in (*names[: cub200.N_TEST], *names[-2933:]):
        file = (texts / name).with_suffix(".txt")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("a\n" * 10)
    return folder


def test_the_official_test_split_is_built_in_the_order_of_image_ids(official):
    split = SPLITS["cub200/test"].build(official)
    assert (split.n_images, split.n_captions) == (5794, 57940)
    assert split.image_ids[0] == "002.Other/Other_00000.jpg"
    assert split.caption_ids[10] == "002.Other/Other_00001.jpg#0"


def test_the_unseen_classes_read_with_nothing_at_hand_and_are_proved_from_the_official_folder(official):
    split = load_split(ATTNGAN)
    assert (split.n_images, split.n_captions) == (2933, 29330)
    assert len({name[:3] for name in split.image_ids}) == 50
    assert SPLITS[ATTNGAN].build(official).digest == SPLITS[ATTNGAN].digest


def told(function, *arguments, folder, **more):
    with pytest.raises(SplitError) as caught:
        function(*arguments, **more)
    return str(caught.value).replace(str(folder), "FOLDER")


def test_a_folder_without_the_lists_says_what_is_missing(tmp_path):
    message = told(SPLITS["cub200/test"].build, tmp_path, folder=tmp_path)
    assert message.startswith("FOLDER has no images.txt, neither itself nor in CUB_200_2011. Obtain CUB_200_2011.tgz")


def test_a_list_that_was_cut_is_refused(tmp_path):
    (tmp_path / "images.txt").write_text("1 a\n2 b\n")
    assert told(SPLITS["cub200/test"].build, tmp_path, folder=tmp_path).startswith(
        "FOLDER/images.txt is only a part of the official file: 2 of 11,788 lines."
    )


def test_a_list_with_too_many_lines_is_refused(tmp_path):
    (tmp_path / "images.txt").write_text("1 a\n" * (cub200.N_IMAGES + 1))
    assert told(SPLITS["cub200/test"].build, tmp_path, folder=tmp_path) == (
        "FOLDER/images.txt has 11,789 lines, the official file has 11,788. Obtain it again."
    )


def test_a_line_out_of_place_is_named(tmp_path):
    (tmp_path / "images.txt").write_text("1 a\n" + "3 b\n" * (cub200.N_IMAGES - 1))
    assert told(SPLITS["cub200/test"].build, tmp_path, folder=tmp_path) == (
        "FOLDER/images.txt, line 2: found '3 b', expected the number 2 and one value."
    )


def test_a_folder_without_captions_says_so(tmp_path):
    message = told(cub200.captioned_birds, ["a/b.jpg"], tmp_path, name="cub200/few", folder=tmp_path)
    assert message.startswith("FOLDER has no folder text or text_c10 with the captions.")


def test_missing_captions_are_counted_with_the_first_position(tmp_path):
    (tmp_path / "text" / "a").mkdir(parents=True)
    (tmp_path / "text" / "a" / "b.txt").write_text("a\n" * 10)
    names = ["a/b.jpg", "a/c.jpg", "a/d.jpg"]
    message = told(cub200.captioned_birds, names, tmp_path, name="cub200/few", folder=tmp_path)
    assert message.startswith("FOLDER/text lacks the captions of 2 of 3 photos, first c.txt at position 1.")


def test_a_photo_with_nine_captions_is_named(tmp_path):
    (tmp_path / "text" / "a").mkdir(parents=True)
    (tmp_path / "text" / "a" / "b.txt").write_text("a\n" * 9 + "\n")
    assert told(cub200.captioned_birds, ["a/b.jpg"], tmp_path, name="cub200/few", folder=tmp_path) == (
        "FOLDER/text/a/b.txt has 9 captions, expected 10 (photo at position 0). Obtain the captions again."
    )


@pytest.mark.real_data
class TestAgainstRealFiles:
    def test_the_ten_real_classes_have_ten_captions_for_each_photo(self, shared_data):
        cub = shared_data / "cub"
        names = [line.split()[1] for line in (cub / "meta" / "images.txt").read_text().splitlines()]
        split = cub200.captioned_birds(names, cub, name="cub200/ten-classes")
        assert (split.n_images, split.n_captions) == (543, 5430)
        assert all((cub / "images" / name).is_file() for name in split.image_ids)

    def test_the_official_flags_count_5794_test_photos(self, shared_data):
        lines = (shared_data / "cub" / "meta" / "train_test_split.txt").read_text().splitlines()
        assert (len(lines), sum(line.endswith(" 0") for line in lines)) == (cub200.N_IMAGES, cub200.N_TEST)

    def test_the_unseen_classes_are_complete_and_in_the_order_of_image_ids(self, shared_data):
        meta = shared_data / "cub" / "meta"
        split = load_split(ATTNGAN)
        listed = (meta / "attngan_test_filenames.txt").read_text().split()
        assert split.image_ids == tuple(f"{name}.jpg" for name in listed)
        classes = [int(line.split()[1]) for line in (meta / "image_class_labels.txt").read_text().splitlines()]
        mine = [int(name[:3]) for name in split.image_ids]
        assert mine == [label for label in classes if label in set(mine)]
        names = [line.split()[1] for line in (meta / "images.txt").read_text().splitlines()]
        assert [name for name in names if int(name[:3]) in set(mine)] == [
            n for n in split.image_ids if int(n[:3]) <= 10
        ]
