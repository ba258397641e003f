"""COCO's two caption pools: what is installed, what public copies prove, and which copies are refused."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from splits import SPLITS, Direction, SplitError, load_split
from splits.datasets import coco
from splits.installed import installed_file

A, B = "coco/karpathy-test-25000", "coco/karpathy-test-25010"


def entries(extra=coco.SIX_CAPTIONS):
    """The list of the 25,010 captions in the layout of ALBEF, without their texts."""
    split = load_split(A)
    counts = [6 if index in extra else 5 for index in range(split.n_images)]
    return [
        {"image": f"val2014/COCO_val2014_{int(image):012}.jpg", "caption": [""] * count}
        for image, count in zip(split.image_ids, counts, strict=True)
    ]


def karpathy(order=None):
    split = load_split(A)
    images = []
    for index in order or range(split.n_images):
        ids = [int(caption) for caption in split.caption_ids[5 * index : 5 * index + 5]]
        ids += [10**6 + index] if index in coco.SIX_CAPTIONS else []
        name = f"COCO_val2014_{int(split.image_ids[index]):012}.jpg"
        sentences = [{"sentid": number} for number in ids]
        images.append({"filename": name, "split": "test", "sentences": sentences})
    return {"images": [{"filename": "x.jpg", "split": "train", "sentences": []}, *images], "dataset": "coco"}


def official():
    annotated = karpathy(order=range(4999, -1, -1))["images"][1:]
    numbered = [(int(image["filename"][-16:-4]), image) for image in annotated]
    return {
        "images": [{"id": number, "file_name": image["filename"]} for number, image in numbered],
        "annotations": [
            {"image_id": number, "id": sentence["sentid"]}
            for number, image in numbered
            for sentence in reversed(image["sentences"])
        ],
    }


def save(tmp_path, document):
    path = tmp_path / "copy.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def told(name, path):
    with pytest.raises(SplitError) as caught:
        SPLITS[name].build(path)
    return str(caught.value).replace(str(path), "FILE")


def test_the_package_is_not_imported_for_its_data():
    code = f"import sys; from splits import load_split; load_split({A!r}); sys.exit('eccv_caption' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_package_that_is_missing_is_named_with_the_command_that_installs_it():
    with pytest.raises(
        SplitError, match=r"The file data/x of the package no-such-package is needed .* pip install no-s"
    ):
        installed_file("no_such_package", "data/x")
    with pytest.raises(SplitError, match=r"The file data/x of the package eccv-caption is needed and not installed"):
        installed_file("eccv_caption", "data/x")


def test_both_pools_have_the_same_images_in_the_same_order():
    a, b = load_split(A), load_split(B)
    assert (a.n_images, a.n_captions, b.n_captions) == (5000, 25000, 25010)
    assert a.image_ids == b.image_ids
    assert (a.image_ids[0], a.caption_ids[0], b.caption_ids[5]) == ("391895", "770337", "60623#0")
    assert np.flatnonzero(np.bincount(b.image_of_caption) == 6).tolist() == list(coco.SIX_CAPTIONS)


def test_cxc_is_symmetric_and_leaves_28_captions_unasked():
    cxc = load_split(A).judgments("cxc")
    assert (len(cxc.i2t.asked), len(cxc.t2i.asked)) == (5000, 24972)
    there = set(zip(cxc.i2t.query_of_candidate.tolist(), cxc.i2t.candidates.tolist(), strict=True))
    back = set(zip(cxc.t2i.candidates.tolist(), cxc.t2i.query_of_candidate.tolist(), strict=True))
    assert there == back
    assert len(there) == 35585


def test_eccv_asks_few_queries_and_counts_two_captions_outside_the_gallery():
    eccv = load_split(A).judgments("eccv")
    assert (len(eccv.i2t.asked), len(eccv.t2i.asked)) == (1261, 1332)
    assert len(eccv.i2t.candidates) == 22548
    assert eccv.i2t.n_relevant.sum() == 22550
    over = np.flatnonzero(eccv.i2t.n_relevant > np.diff(eccv.i2t.offsets))
    assert {load_split(A).image_ids[index] for index in over} == {"421999", "575916"}
    assert eccv.towards(Direction.T2I).n_relevant.sum() == len(eccv.t2i.candidates) == 11279


def test_judgments_that_are_not_the_pinned_ones_are_refused():
    with pytest.raises(SplitError, match=r"The judgments cxc of .* have the digest sha256:.*, pinned is sha256:0"):
        coco._judgments(load_split(A), "cxc", "sha256:0")


@pytest.mark.parametrize(
    ("name", "document"),
    [(A, karpathy), (A, official), (B, entries), (B, karpathy), (B, official)],
    ids=["karpathy-25000", "official-25000", "list-25010", "karpathy-25010", "official-25010"],
)
def test_public_copies_prove_the_pinned_digest(name, document, tmp_path):
    assert SPLITS[name].build(save(tmp_path, document())).digest == SPLITS[name].digest


def test_the_copy_with_25009_captions_is_refused_by_name(tmp_path):
    path = save(tmp_path, entries(extra=coco.SIX_CAPTIONS[1:]))
    assert told(B, path) == (
        f"FILE is not {B}. Missing: 1 of the 25,010 captions of {B}, first '415746#5' of position 420. This is the"
        " known defective copy of the COCO test list with 25,009 captions: the image at position 83 lost its sixth"
        " caption. Use a list with 25,010 captions, and score that caption too."
    )
    assert "the known defective copy" in told(A, path)


def test_25000_captions_are_not_taken_for_25010(tmp_path):
    message = told(B, save(tmp_path, entries(extra=())))
    assert f"Missing: 10 of the 25,010 captions of {B}" in message
    assert "It has the first five captions of every image, 25,000 in all, where ten images have a sixth" in message
    assert f"use the split {A}" in message


def test_25010_captions_are_not_taken_for_25000(tmp_path):
    message = told(A, save(tmp_path, entries()))
    assert message.startswith(
        f"FILE is a JSON list of images with captions with 25,010 captions and no annotation ids, by which {A}"
    )
    assert f"use the split {B}" in message


def test_images_in_another_order_are_refused(tmp_path):
    message = told(B, save(tmp_path, entries()[::-1]))
    assert f"It has the 5,000 images of {B} in another order, first at position 0: expected '391895'" in message
    assert "their blocks of 1,000 images are other folds" in message
    assert "in another order" in told(A, save(tmp_path, karpathy(order=range(4999, -1, -1))))


def test_a_list_of_names_in_another_order_is_refused_by_name(tmp_path):
    names = [entry["image"] for entry in entries()]
    message = told(B, save(tmp_path, "\n".join(names[::-1])))
    assert "such as karpathy_test_images.txt of Up-Down captioning" in message


def test_a_list_of_names_in_order_proves_nothing_about_captions(tmp_path):
    path = save(tmp_path, "\n".join(entry["image"] for entry in entries()))
    assert told(B, path).startswith("FILE lists the images in canonical order, but no captions: it proves no split.")


def test_caption_texts_without_ids_are_told_apart_from_names(tmp_path):
    path = save(tmp_path, "A man .\n" * 25000)
    assert told(A, path).startswith(f"FILE looks like the 25,000 caption texts of {A}, one a line, without any ids.")


def test_the_official_file_of_another_year_is_refused(tmp_path):
    document = official()
    gone = document["images"].pop(0)["id"]
    message = told(A, save(tmp_path, document))
    assert message.startswith(f"FILE lacks 1 of the 5,000 test images, first {gone}. They are all in the official capt")


def test_names_that_are_not_cocos_are_refused(tmp_path):
    assert told(B, save(tmp_path, "1.png\n")) == (
        "FILE: '1.png' is not the name of a COCO image, COCO_val2014_000000391895.jpg."
    )


@pytest.mark.real_data
class TestAgainstRealCopies:
    def test_the_real_list_of_25010_captions_proves_the_pinned_digest(self, shared_data):
        assert SPLITS[B].build(shared_data / "coco" / "coco_karpathy_test_25010.json").digest == SPLITS[B].digest

    def test_a_second_source_of_ids_gives_the_pinned_digest(self, shared_data):
        ids = np.load(shared_data / "coco" / "coco_test_ids.npy", allow_pickle=False)
        image_of = json.loads((shared_data / "coco" / "original_caption_to_image.json").read_text())
        owners = [str(image_of[str(caption)][0]) for caption in ids]
        images = [owners[index] for index in range(0, 25000, 5)]
        pairs = [[index, index // 5] for index in range(25000)]
        document = {"images": images, "captions": [str(caption) for caption in ids], "pairs": pairs}
        text = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
        assert f"sha256:{hashlib.sha256(text).hexdigest()}" == SPLITS[A].digest

    def test_both_pools_stand_in_the_order_of_the_real_list(self, shared_data):
        real = json.loads((shared_data / "coco" / "coco_karpathy_test_25010.json").read_text())
        order = tuple(str(int(entry["image"][-16:-4])) for entry in real)
        assert load_split(A).image_ids == load_split(B).image_ids == order

    def test_the_judgments_are_those_of_their_own_repository(self, shared_data):
        for name in ("cxc", "eccv"):
            judgments = load_split(A).judgments(name)
            real = json.loads((shared_data / "coco" / f"{name}_caption_to_image.json").read_text())
            assert sum(map(len, real.values())) == judgments.t2i.n_relevant.sum()

    @pytest.mark.parametrize(
        ("file", "words"),
        [
            ("coco_karpathy_test_25009_defective_copy.json", "the known defective copy"),
            ("karpathy_test_images.txt", "Up-Down captioning"),
            ("scan_testall_caps.txt", "without any ids"),
        ],
    )
    def test_the_real_traps_are_refused_by_name(self, file, words, shared_data):
        assert words in told(B, shared_data / "coco" / file)
