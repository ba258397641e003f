"""Amazon Berkeley Objects: our own draw of 5,000 product photos, the same for everyone with the official files."""

import gzip
import hashlib
import json

import pytest

from splits import SPLITS, SplitError
from splits.datasets import abo


def listing(number, **changes):
    found = {
        "item_id": f"B{number:04}",
        "domain_name": "amazon.com",
        "main_image_id": f"image{number}",
        "item_name": [{"language_tag": "de_DE", "value": "Stuhl"}, {"language_tag": "en_US", "value": "chair"}],
        **changes,
    }
    return {key: value for key, value in found.items() if value is not None}


def folder_of(tmp_path, listings, images=None, lines=None):
    (tmp_path / "listings" / "metadata").mkdir(parents=True, exist_ok=True)
    (tmp_path / "images" / "metadata").mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(item) + "\n" for item in listings) if lines is None else lines
    with gzip.open(tmp_path / "listings" / "metadata" / "listings_0.json.gz", "wt") as stream:
        stream.write(text)
    known = [f"image{n}" for n in range(6000)] if images is None else images
    with gzip.open(tmp_path / "images" / "metadata" / "images.csv.gz", "wt") as stream:
        stream.write("image_id,height,width,path\n" + "".join(f"{image},1,1,x\n" for image in known))
    return tmp_path


def told(folder, function=abo.build_test):
    with pytest.raises(SplitError) as caught:
        function(folder)
    return str(caught.value).replace(str(folder), "FOLDER")


def test_the_5000_images_with_the_smallest_sha256_are_drawn(tmp_path):
    split = SPLITS["abo/test"].build(folder_of(tmp_path, [listing(n) for n in range(5100)]))
    digests = [hashlib.sha256(image.encode()).hexdigest() for image in split.image_ids]
    others = {f"image{n}" for n in range(5100)} - set(split.image_ids)
    assert (split.n_images, split.n_captions) == (5000, 5000)
    assert digests == sorted(digests)
    assert all(hashlib.sha256(other.encode()).hexdigest() > digests[-1] for other in others)
    assert split.caption_ids[0] == f"B{int(split.image_ids[0][5:]):04}@amazon.com"


def test_the_draw_does_not_depend_on_the_order_of_listings(tmp_path):
    listings = [listing(n) for n in range(5010)]
    forwards = abo.build_test(folder_of(tmp_path, listings))
    assert abo.build_test(folder_of(tmp_path, listings[::-1])).digest == forwards.digest


def test_listings_that_give_no_caption_are_counted_aloud(tmp_path, caplog):
    listings = [
        listing(0),
        listing(1, main_image_id=None),
        listing(2, item_name=[{"language_tag": "de_DE", "value": "Stuhl"}, {"language_tag": "en_GB", "value": " "}]),
        listing(3, item_name=None),
        listing(4, main_image_id="image0"),
    ]
    assert abo.english_names(folder_of(tmp_path, listings)) == {"image0": "B0000@amazon.com"}
    assert [record.message.partition(": ")[2] for record in caplog.records] == [
        "2 listings with no English name were left out",
        "1 listings with no main image were left out",
        "1 listings with a main image that an earlier listing has were left out",
    ]


def test_too_few_images_are_refused(tmp_path):
    message = told(folder_of(tmp_path, [listing(n) for n in range(3)]))
    assert message.startswith(
        "FOLDER has 3 main images with an English name, abo/test draws 5,000 of them. Obtain abo-"
    )


def test_missing_files_are_named(tmp_path):
    assert told(tmp_path).startswith("FOLDER has no images.csv.gz, neither itself nor in images/metadata. Obtain abo-l")
    folder_of(tmp_path, [])
    (tmp_path / "listings" / "metadata" / "listings_0.json.gz").unlink()
    assert told(tmp_path).startswith("FOLDER has no listings_*.json.gz, neither itself nor in listings/metadata.")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"main_image_id": "imageX"}, "the main image 'imageX' is not in images.csv.gz. Obtain both files again."),
        ({"item_id": None}, "the listing has no 'item_id'. Obtain the file again."),
        ({"domain_name": ""}, "the listing has no 'domain_name'. Obtain the file again."),
        ({"item_name": "chair"}, "'item_name' is no list of names with language tags. Obtain the file again."),
        ({"item_name": ["chair"]}, "'item_name' is no list of names with language tags. Obtain the file again."),
    ],
)
def test_a_broken_listing_is_named_with_its_line(changes, message, tmp_path):
    folder = folder_of(tmp_path, [listing(0), listing(1, **changes)])
    assert told(folder) == f"FOLDER/listings/metadata/listings_0.json.gz, line 2: {message}"


def test_a_line_that_is_no_listing_is_named(tmp_path):
    folder = folder_of(tmp_path, [], lines="[]\n")
    assert told(folder).endswith(
        "listings_0.json.gz, line 1: expected a listing as a JSON object. Obtain the file again."
    )


def test_a_table_without_image_ids_is_refused(tmp_path):
    folder = folder_of(tmp_path, [], images=["a", ""])
    assert (
        told(folder) == "FOLDER/images/metadata/images.csv.gz, line 3: there is no 'image_id'. Obtain the file again."
    )


def test_a_file_cut_off_or_not_packed_is_refused(tmp_path):
    file = folder_of(tmp_path, [listing(n) for n in range(100)]) / "listings" / "metadata" / "listings_0.json.gz"
    for content in (file.read_bytes()[:-20], b"plain"):
        file.write_bytes(content)
        assert told(tmp_path).endswith("listings_0.json.gz is damaged or not gzip text. Obtain it again.")


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(abo, "MAX_BYTES", 2**20)
    folder = folder_of(tmp_path, [], lines="x" * 2**21)
    assert told(folder).endswith("listings_0.json.gz unpacks to more than 1 MB; the official ones do not.")
