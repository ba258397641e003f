"""The official layouts: miniature copies of each are read, real ones where this machine has them, and gaps are told."""

import csv
import gzip
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from splits import SPLITS, load_split
from splits.blocks import split_in_blocks
from splits.caption_draw import draw_captions, with_captions
from splits.content import DataError, load_content
from splits.datasets import abo, coco, coco_data, cub200, fashion200k, flickr30k


def draw(path, number=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (9, 7), (10 * number, 20, 30)).save(path)


def write(path, document):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))


def first_of(name, n_images):
    """The first images of a split with their captions, under a name of its own."""
    split = load_split(name)
    owners = split.image_of_caption
    captions = [c for c, owner in zip(split.caption_ids, owners, strict=True) if owner < n_images]
    counts = np.bincount(owners)[:n_images].tolist()
    images = split.image_ids[:n_images]
    dataset = replace(split.dataset, layout=split.dataset.name)
    return split_in_blocks("my-part/test", dataset, image_ids=images, counts=counts, caption_ids=captions)


def told(split, folder):
    with pytest.raises(DataError) as caught:
        load_content(split, folder=folder)
    return str(caught.value).replace(str(folder), "FOLDER")


class TestCoco:
    def annotations(self, split):
        """The captions of some images as the three public files give them, each in an order of its own."""
        images, sentences = [], []
        for number, image in enumerate(split.image_ids):
            name = f"COCO_val2014_{int(image):012d}.jpg"
            captions = [c for c, owner in enumerate(split.image_of_caption) if owner == number]
            images.append({"id": int(image), "file_name": name, "filename": name, "split": "test"})
            sentences.append([f"caption {caption}" for caption in captions])
        official = [
            {"image_id": image["id"], "id": 1000 * place + position, "caption": text}
            for place, (image, texts) in enumerate(zip(images, sentences, strict=True), 1)
            for position, text in enumerate(texts)
        ]
        other = {"image_id": 999, "id": 5, "caption": "not asked for"}
        karpathy = [
            {**image, "sentences": [{"raw": text, "sentid": n} for n, text in enumerate(texts)]}
            for image, texts in zip(images, sentences, strict=True)
        ]
        return {
            "annotations/captions_val2014.json": {
                "images": [{"id": 999, "file_name": "COCO_val2014_000000000999.jpg"}, *images[::-1]],
                "annotations": [*official[::-1], other],
            },
            "dataset_coco.json": {"images": karpathy[::-1]},
            "annotations/coco_karpathy_test.json": [
                {"image": f"val2014/{image['file_name']}", "caption": texts}
                for image, texts in zip(images, sentences, strict=True)
            ],
        }

    def photos(self, split, folder):
        for number, image in enumerate(split.image_ids):
            draw(folder / f"COCO_val2014_{int(image):012d}.jpg", number)

    @pytest.mark.parametrize("photos", ["val2014", "images/val2014"])
    @pytest.mark.parametrize(
        "file", ["annotations/captions_val2014.json", "dataset_coco.json", "annotations/coco_karpathy_test.json"]
    )
    def test_captions_by_position_come_in_the_same_order_from_every_public_file(self, file, photos, tmp_path):
        split = first_of("coco/karpathy-test-25010", 3)
        self.photos(split, tmp_path / photos)
        write(tmp_path / file, self.annotations(split)[file])
        content = load_content(split, folder=tmp_path)
        assert content.captions == tuple(f"caption {n}" for n in range(15))
        assert content.pictures.open(2).size == (9, 7)

    def test_captions_by_annotation_id_are_found_by_it(self, tmp_path):
        split = first_of("coco/karpathy-test-25000", 2)
        self.photos(split, tmp_path / "val2014")
        images = [{"id": int(i), "file_name": f"COCO_val2014_{int(i):012d}.jpg"} for i in split.image_ids]
        owners = split.image_of_caption
        entries = [
            {"image_id": images[owner]["id"], "id": int(caption), "caption": f"text {caption}"}
            for caption, owner in zip(split.caption_ids, owners, strict=True)
        ]
        write(tmp_path / "captions_val2014.json", {"images": images, "annotations": entries[::-1]})
        assert load_content(split, folder=tmp_path).captions == tuple(f"text {c}" for c in split.caption_ids)

    def test_a_list_without_annotation_ids_cannot_name_the_25000(self, tmp_path):
        split = first_of("coco/karpathy-test-25000", 2)
        write(tmp_path / "coco_karpathy_test.json", [{"image": "COCO_val2014_000000391895.jpg", "caption": ["a"]}])
        assert (
            "FOLDER/coco_karpathy_test.json is a JSON list of images with captions without annotation ids, by which"
            " my-part/test names its captions."
        ) in told(split, tmp_path)

    def test_missing_captions_and_the_first_of_them_are_told(self, tmp_path):
        split = first_of("coco/karpathy-test-25010", 2)
        self.photos(split, tmp_path / "val2014")
        write(tmp_path / "coco_karpathy_test.json", [{"image": "COCO_val2014_000000391895.jpg", "caption": ["a"]}])
        assert told(split, tmp_path).startswith(
            "FOLDER/coco_karpathy_test.json lacks 9 of the 10 captions of my-part/test, first '391895#1'. Obtain val20"
        )

    def test_missing_photos_and_files_are_told_with_where_to_obtain_them(self, tmp_path):
        message = told(load_split("coco/karpathy-test-25010"), tmp_path)
        assert message.startswith(
            "5,000 of 5,000 pictures of coco/karpathy-test-25010 are missing, first"
            " FOLDER/val2014/COCO_val2014_000000391895.jpg. FOLDER has no file with captions: expected"
            " captions_val2014.json or dataset_coco.json or coco_karpathy_test.json, in the folder itself or in"
            " annotations or caption_datasets. Obtain val2014.zip and annotations_trainval2014.zip from"
        )

    def test_an_image_id_that_is_not_cocos_is_told(self, tmp_path):
        split = split_in_blocks("coco/mine", coco.COCO, image_ids=["../1"], counts=[1])
        assert told(split, tmp_path).startswith("coco/mine: '../1' is not the id of a COCO image, such as 391895.")

    def whole_list(self, change=lambda _: None):
        """A list like the official one of all 25,010 captions, with texts of our own."""
        split = load_split("coco/karpathy-test-25010")
        counts = np.bincount(split.image_of_caption)
        entries = [
            {"image": f"COCO_val2014_{int(image):012d}.jpg", "caption": [f"{image} {n}" for n in range(count)]}
            for image, count in zip(split.image_ids, counts, strict=True)
        ]
        change(entries)
        return entries

    def test_texts_that_are_not_the_official_ones_are_refused(self, tmp_path):
        write(tmp_path / "coco_karpathy_test.json", self.whole_list())
        assert (
            "has a text for every caption of coco/karpathy-test-25010, but not the official texts in the official order"
        ) in told(load_split("coco/karpathy-test-25010"), tmp_path)

    def test_the_known_defective_copy_is_named(self, tmp_path):
        write(tmp_path / "coco_karpathy_test.json", self.whole_list(lambda entries: entries[83]["caption"].pop()))
        assert "This is the known defective copy of the COCO test list with 25,009 captions" in told(
            load_split("coco/karpathy-test-25010"), tmp_path
        )

    @pytest.mark.real_data
    def test_the_real_texts_are_those_of_the_25010_ids(self, shared_data, tmp_path):
        split = load_split("coco/karpathy-test-25010")
        entries = json.loads((shared_data / "coco" / "coco_karpathy_test_25010.json").read_text())
        write(tmp_path / "coco_karpathy_test.json", entries)
        texts = coco_data.captions(split, tmp_path)
        assert texts["391895#1"] == entries[0]["caption"][1]
        assert [texts[caption] for caption in split.caption_ids] == [text for e in entries for text in e["caption"]]
        entries[4000]["caption"][:2] = entries[4000]["caption"][1::-1]
        write(tmp_path / "coco_karpathy_test.json", entries)
        with pytest.raises(DataError, match="but not the official texts in the official order"):
            coco_data.captions(split, tmp_path)

    @pytest.mark.real_data
    def test_the_real_defective_copy_is_named(self, shared_data, tmp_path):
        copy = shared_data / "coco" / "coco_karpathy_test_25009_defective_copy.json"
        write(tmp_path / "coco_karpathy_test.json", copy.read_text())
        with pytest.raises(DataError, match="known defective copy of the COCO test list"):
            coco_data.captions(load_split("coco/karpathy-test-25010"), tmp_path)


class TestFlickr30k:
    def copies(self, split):
        texts = [[f"caption {5 * n + k}" for k in range(5)] for n in range(split.n_images)]
        named = list(zip(split.image_ids, texts, strict=True))
        return {
            "dataset_flickr30k.json": {
                "images": [
                    {"filename": i, "split": "val", "sentences": [{"raw": x, "sentid": k} for k, x in enumerate(t)]}
                    for i, t in named[::-1]
                ]
            },
            "flickr30k_test.json": [{"image": f"flickr30k-images/{i}", "caption": t} for i, t in named],
            "results_20130124.token": "".join(f"{i}#{k}\t{x}\n" for i, t in named for k, x in enumerate(t)),
        }

    @pytest.mark.parametrize("photos", ["flickr30k-images", "flickr30k_images/flickr30k_images", "images"])
    @pytest.mark.parametrize("file", ["dataset_flickr30k.json", "flickr30k_test.json", "results_20130124.token"])
    def test_every_public_file_gives_the_captions_in_order(self, file, photos, tmp_path):
        split = first_of("flickr30k/karpathy-test", 3)
        for number, image in enumerate(split.image_ids):
            draw(tmp_path / photos / image, number)
        write(tmp_path / file, self.copies(split)[file])
        content = load_content(split, folder=tmp_path)
        assert content.captions == tuple(f"caption {n}" for n in range(15))
        assert content.pictures.open(0).size == (9, 7)

    def test_a_caption_without_a_text_is_missing(self, tmp_path):
        split = first_of("flickr30k/karpathy-test", 1)
        sentences = [{"raw": "a", "sentid": 0}, {"tokens": ["b"], "sentid": 1}]
        image = {"filename": split.image_ids[0], "split": "test", "sentences": sentences}
        write(tmp_path / "dataset_flickr30k.json", {"images": [image]})
        assert f"4 of 5 captions of my-part/test have no text in FOLDER, first '{split.caption_ids[1]}'." in told(
            split, tmp_path
        )

    def test_captions_given_one_by_one_are_counted_through(self, tmp_path):
        split = first_of("flickr30k/karpathy-test", 1)
        draw(tmp_path / "images" / split.image_ids[0])
        write(tmp_path / "flickr30k_test.json", [{"image": split.image_ids[0], "caption": x} for x in "abcde"])
        assert load_content(split, folder=tmp_path).captions == tuple("abcde")

    def test_validation_images_have_a_list_of_their_own(self, tmp_path):
        split = load_split("flickr30k/karpathy-val")
        write(tmp_path / "flickr30k_val.json", [{"image": image, "caption": ["a"] * 5} for image in split.image_ids])
        assert told(split, tmp_path).startswith(
            "1,014 of 1,014 pictures of flickr30k/karpathy-val are missing, first"
            f" FOLDER/flickr30k-images/{split.image_ids[0]}. Obtain the photos and captions by the form at"
        )

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("10.jpg#1 no tab", "line 2: found '10.jpg#1 no tab', expected image#position, a tab and a caption."),
            ("10.jpg#2\ta", "line 2: found caption 2 of '10.jpg', expected its caption 1. Obtain the file again."),
        ],
    )
    def test_a_broken_line_of_captions_is_named(self, line, message, tmp_path):
        write(tmp_path / "results_20130124.token", f"10.jpg#0\ta\n{line}\n")
        assert f"FOLDER/results_20130124.token, {message}" in told(first_of("flickr30k/karpathy-test", 1), tmp_path)

    @pytest.mark.real_data
    def test_the_real_captions_of_the_test_images_are_read_in_order(self, shared_data, tmp_path):
        lines = (shared_data / "flickr30k" / "iglue_test_ann.jsonl").read_text().splitlines()
        entries = [json.loads(line) for line in lines]
        write(tmp_path / "flickr30k_test.json", "\n".join(lines))
        split = load_split("flickr30k/karpathy-test")
        texts = flickr30k.LAYOUT.captions(split, tmp_path)
        expected = [text for entry in entries for text in entry["sentences"]]
        assert [texts[caption] for caption in split.caption_ids] == expected


class TestCub200:
    NAMES = ("001.Albatross/Albatross_1.jpg", "002.Auklet/Auklet_2.jpg")

    def copy(self, folder, *, images="CUB_200_2011/images", texts="text_c10", lines=10):
        for number, name in enumerate(self.NAMES):
            draw(folder / images / name, number)
            write(folder / texts / name.replace(".jpg", ".txt"), "".join(f"{name} {n}\n" for n in range(lines)))
        return folder

    def split(self):
        return split_in_blocks("cub200/two", cub200.CUB200, image_ids=self.NAMES, counts=[10, 10])

    @pytest.mark.parametrize("images", ["CUB_200_2011/images", "images"])
    @pytest.mark.parametrize("texts", ["text", "text_c10", "cvpr2016_cub/text_c10", "birds/text"])
    def test_photos_and_captions_are_found_where_the_archives_unpack_to(self, images, texts, tmp_path):
        content = load_content(self.split(), folder=self.copy(tmp_path, images=images, texts=texts))
        assert content.captions[:2] == (f"{self.NAMES[0]} 0", f"{self.NAMES[0]} 1")
        assert content.captions[10] == f"{self.NAMES[1]} 0"
        assert content.pictures.open(1).size == (9, 7)

    def test_a_photo_with_nine_captions_lacks_one(self, tmp_path):
        assert told(self.split(), self.copy(tmp_path, lines=9)).startswith(
            "2 of 20 captions of cub200/two have no text in FOLDER, first '001.Albatross/Albatross_1.jpg#9'. Obtain CUB"
        )

    def test_missing_photos_and_texts_are_told(self, tmp_path):
        folder = self.copy(tmp_path)
        (folder / "CUB_200_2011" / "images" / self.NAMES[1]).unlink()
        (folder / "text_c10" / "002.Auklet" / "Auklet_2.txt").unlink()
        assert told(self.split(), folder).startswith(
            "1 of 2 pictures of cub200/two are missing, first FOLDER/CUB_200_2011/images/002.Auklet/Auklet_2.jpg."
            " 10 of 20 captions of cub200/two have no text in FOLDER, first '002.Auklet/Auklet_2.jpg#0'."
        )

    def test_lost_spaces_are_read_as_spaces(self, tmp_path):
        folder = self.copy(tmp_path)
        (folder / "text_c10" / "001.Albatross" / "Albatross_1.txt").write_bytes(
            "a\ufffd\ufffdblack bird \n".encode() + b"a\xa0white bird\n" + b"a bird\n" * 8
        )
        captions = load_content(self.split(), folder=folder).captions
        assert captions[:3] == ("a black bird", "a white bird", "a bird")

    @pytest.mark.real_data
    def test_the_ten_real_classes_are_read_whole(self, shared_data):
        cub = shared_data / "cub"
        names = [line.split()[1] for line in (cub / "meta" / "images.txt").read_text().splitlines()]
        split = cub200.captioned_birds(names, cub, name="cub200/ten-classes")
        content = load_content(split, folder=cub)
        assert (split.n_images, len(content.captions)) == (543, 5430)
        lines = (cub / "text" / names[100]).with_suffix(".txt").read_text().splitlines()
        assert content.captions[1000:1010] == tuple(line.strip() for line in lines)
        assert not any("\ufffd" in caption for caption in content.captions)
        for index in range(0, 543, 6):
            picture = content.pictures.open(index)
            assert picture.mode == "RGB"
            assert min(picture.size) > 50
        assert content.pictures_digest == load_content(split, folder=cub).pictures_digest
        one = load_content(with_captions(split, draw_captions(split, 0)), folder=cub)
        assert len(one.captions) == 543
        assert set(one.captions) <= set(content.captions)


class TestFashion200k:
    def copy(self, folder, photos=".", labels="labels"):
        for number, category in enumerate(fashion200k.CATEGORIES):
            name = f"women/{category}/1/1_0.jpeg"
            write(folder / labels / f"{category}_test_detect_all.txt", f"{name}\t0.9\ta {category} \n")
            draw(folder / photos / name, number)
        return folder

    @pytest.mark.parametrize("photos", [".", "images", "pictures"])
    def test_photos_lie_at_the_paths_that_the_labels_name(self, photos, tmp_path):
        folder = self.copy(tmp_path, photos)
        content = load_content(SPLITS["fashion200k/test"].build(folder), folder=folder)
        assert content.captions == ("a dress", "a jacket", "a pants", "a skirt", "a top")
        assert content.pictures.open(4).size == (9, 7)

    def test_missing_photos_and_labels_are_told(self, tmp_path):
        folder = self.copy(tmp_path)
        split = SPLITS["fashion200k/test"].build(folder)
        (folder / "women" / "dress" / "1" / "1_0.jpeg").unlink()
        (folder / "labels" / "top_test_detect_all.txt").unlink()
        message = told(split, folder)
        assert message.startswith(
            "1 of 5 pictures of fashion200k/test are missing, first FOLDER/women/dress/1/1_0.jpeg."
            " FOLDER/labels has no test labels of top; 4 of 5 categories are there."
        )
        assert "Obtain the labels and the photos of Fashion200k" in message

    @pytest.mark.real_data
    def test_real_descriptions_are_read_for_their_photos(self, shared_data, tmp_path):
        manifest = json.loads((shared_data / "fashion200k" / "manifest_5000_labels_only.json").read_text())
        items = [item for item in manifest["items"] if item["split"] == "test"]
        for category in fashion200k.CATEGORIES:
            lines = [f"{item['id']}\t0.9\t{item['title']}\n" for item in items if item["category"] == category]
            write(tmp_path / "labels" / f"{category}_test_detect_all.txt", "".join(lines))
        split = fashion200k.build_test(tmp_path)
        texts = fashion200k.LAYOUT.captions(split, tmp_path)
        titles = {f"{item['id']}#0": item["title"].strip() for item in items}
        assert [texts[caption] for caption in split.caption_ids] == [titles[c] for c in split.caption_ids]
        assert told(split, tmp_path).startswith("733 of 733 pictures of fashion200k/test are missing, first FOLDER/wom")


class TestAbo:
    def copy(self, folder, n_images=4, **changes):
        (folder / "listings" / "metadata").mkdir(parents=True)
        (folder / "images" / "metadata").mkdir(parents=True)
        with gzip.open(folder / "listings" / "metadata" / "listings_0.json.gz", "wt") as stream:
            for n in range(n_images + 1):
                names = [("de_DE", "Stuhl"), ("en_IN", f"chair {n}"), ("en_US", "other")]
                names = names[:1] if n == n_images else names
                listing = {
                    "item_id": f"B{n}",
                    "domain_name": "amazon.com",
                    "main_image_id": f"image{n}",
                    "item_name": [{"language_tag": tag, "value": value} for tag, value in names],
                }
                stream.write(json.dumps(listing) + "\n")
        with gzip.open(folder / "images" / "metadata" / "images.csv.gz", "wt", newline="") as stream:
            table = csv.writer(stream)
            table.writerow(["image_id", "height", "width", "path"])
            for n in range(n_images):
                table.writerow([f"image{n}", 7, 9, changes.get(f"image{n}", f"0{n}/0{n}photo.jpg")])
                draw(folder / "images" / "small" / f"0{n}" / f"0{n}photo.jpg", n)
        return folder

    def split(self, folder, size=3):
        return abo.draw_images(abo.english_names(folder), size)

    def test_photos_lie_at_the_paths_of_the_table_and_captions_are_the_first_english_names(self, tmp_path):
        folder = self.copy(tmp_path)
        split = self.split(folder)
        content = load_content(split, folder=folder)
        assert content.captions == tuple(f"chair {image[5:]}" for image in split.image_ids)
        numbers = [content.pictures.open(index).getpixel((0, 0))[0] for index in range(3)]
        assert [round(number / 10) for number in numbers] == [int(image[5:]) for image in split.image_ids]

    def test_missing_photos_are_told(self, tmp_path):
        folder = self.copy(tmp_path)
        split = self.split(folder)
        first = split.image_ids[0][5:]
        (folder / "images" / "small" / f"0{first}" / f"0{first}photo.jpg").unlink()
        message = told(split, folder)
        assert message.startswith(
            f"1 of 3 pictures of abo/test are missing, first FOLDER/images/small/0{first}/0{first}photo.jpg. Obtain abo"
        )

    def test_an_image_without_a_path_is_told(self, tmp_path):
        folder = self.copy(tmp_path, image1="", image2="")
        message = told(self.split(folder, 4), folder)
        assert message.startswith(
            "FOLDER/images/metadata/images.csv.gz has no path for 2 of the 4 images, first 'image"
        )

    def test_a_path_that_leads_out_of_the_folder_is_refused(self, tmp_path):
        folder = self.copy(tmp_path, image1="../../secret.jpg")
        assert "'../../secret.jpg' leads out of FOLDER/images/small" in told(self.split(folder, 4), folder)


@pytest.mark.real_data
def test_flickr8k_is_read_as_ones_own_data(shared_data, tmp_path):
    flickr8k = shared_data / "flickr8k"
    (tmp_path / "images").symlink_to(flickr8k / "clip_vitb32_100x5" / "images")
    photos = sorted(path.stem for path in (tmp_path / "images").iterdir())
    texts = dict(line.split("\t", 1) for line in (flickr8k / "Flickr8k.token.txt").read_text().splitlines())
    ids = [f"{photo}.jpg#{n}" for photo in photos for n in range(5)]
    write(tmp_path / "captions.json", {caption: texts[caption] for caption in ids})
    document = {
        "name": "my-flickr8k/first-hundred",
        "centricity": "scene",
        "images": photos,
        "captions": ids,
        "pairs": [[caption, caption.partition(".jpg#")[0]] for caption in ids],
    }
    write(tmp_path / "split.json", document)
    content = load_content(load_split(tmp_path / "split.json"), folder=tmp_path)
    assert len(content.captions) == 500
    assert content.captions[3] == texts[f"{photos[0]}.jpg#3"]
    assert all(content.pictures.open(index).mode == "RGB" for index in range(0, 100, 10))
