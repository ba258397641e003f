"""What the checks find in tables that were printed, and that they raise no false alarm there."""

import time
from collections import Counter

import pytest

from evaluator.audit.check import Severity, examine
from evaluator.audit.claim_set import ClaimSet
from tests.unit.evaluator.audit import real_tables

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def tables(shared_data):
    """The folder beside the real data that holds the tables of the papers."""
    return shared_data.parent / "tables"


def told(findings):
    """Check, severity, system, protocol or dataset, direction and printed cells of each, in a few words."""
    return Counter(
        (one.check, one.severity.value, one.cells[0].name, one.cells[0].protocol or one.cells[0].dataset)
        for one in findings
    )


BERT = "pretrained BERT"
RAO = {
    ("ablation-wins", "warning", "SGRAF SAF", "flickr30k-1k"): 1,
    ("ablation-wins", "warning", "CAMERA", "flickr30k-1k"): 1,
    ("directions-disagree", "warning", "ViLBERT", "flickr30k-1k"): 2,
    ("whole-against-folds", "warning", "VSE++", "coco-5k"): 1,
    ("whole-against-folds", "warning", "CAMERA", "coco-5k"): 1,
    ("identical-seeds", "warning", "SGRAF SGR", "flickr30k-1k"): 1,
    ("cell-out-of-line", "warning", "VSE++", "flickr30k-1k"): 1,
    ("cell-out-of-line", "warning", "CAMP", "flickr30k-1k"): 1,
    ("cell-out-of-line", "warning", f"CAMERA {BERT}", "flickr30k-1k"): 1,
    ("cell-out-of-line", "warning", "VSRN", "coco-5k"): 1,
    ("cell-out-of-line", "warning", "CAMERA", "coco-1k"): 1,
    ("repeated-numbers", "warning", "SGRAF SAF", "coco-5k"): 1,
    ("mean-outside-seeds", "warning", "VSE++", "flickr30k-1k"): 1,
    ("mean-outside-seeds", "warning", "SCAN i-t AVG", "flickr30k-1k"): 1,
    ("mean-outside-seeds", "warning", f"SAEM {BERT}", "flickr30k-1k"): 1,
    ("mean-outside-seeds", "warning", f"CAMERA {BERT}", "flickr30k-1k"): 1,
    ("mean-outside-seeds", "note", f"SAEM {BERT}", "flickr30k-1k"): 1,
    ("mean-outside-seeds", "note", "SAEM", "flickr30k-1k"): 1,
    ("mean-outside-seeds", "note", "CAMERA", "flickr30k-1k"): 1,
    ("flat-tail", "warning", "VSRN", "coco-5k"): 1,
    ("flat-tail", "note", "ViLT-DA", "flickr30k-1k"): 1,
}


def test_all_that_is_found_in_rao_et_al_is_what_was_checked_by_hand(tables):
    findings = examine(real_tables.rao(tables))
    assert told(findings) == RAO
    text = "\n".join(one.arithmetic for one in findings)
    for cell in (
        "The label IR means t2i in Table 3 and i2t in Table 5 and Table 6",
        "The label TR means i2t in Table 3 and t2i in Table 5 and Table 6",
        "R@1 25.2, which they put between 29.0% and 46.6%; R@5 54.9",
        "R@1 64.4, which they put between 38.1% and 55.6%",
        "the runs 2 and 6 of 10 agree in all 6 cells",
        "79.5 is 6.0 times their spread too high",
        "58.0 is 9.8 times their spread too high",
        "52.0 is 5.5 times their spread too low",
        "70.6 is 12.0 times their spread too low",
        "64.4 is 13.1 times their spread too high",
        "are both R@1 38.7, R@5 68.1, R@10 79.3",
        "t2i R@10 79.5, the runs lie between 72.0 and 72.9",
        "i2t R@1 67.7, the runs lie between 65.6 and 66.8",
    ):
        assert cell in text


def test_the_truncated_logs_of_x_vlm_are_found_and_its_fine_tuned_rows_are_not(tables):
    findings = examine(real_tables.hendriksen(tables))
    assert {one.severity for one in findings} == {Severity.WARNING}
    flat = [one.cells for one in findings if one.check == "flat-tail"]
    assert all("called zero-shot" in cells[0].variant for cells in flat)
    printed = {tuple(str(cell.printed) for cell in cells[1:]) for cells in flat}
    scene = {("84.48", "84.5"), ("74.16", "74.16"), ("67.613", "67.6409"), ("55.3299", "55.3778")}
    scene |= {("84.1", "84.1"), ("72.36", "72.44"), ("91.1", "91.1"), ("82.36", "82.48")}
    assert scene <= printed
    # Of the twelve series on object-centric data, with few hits in all, six are sure enough.
    assert len(printed - scene) == 6
    # Nothing else is found than the same series again, as cells out of line among those that rank whole galleries.
    others = [one for one in findings if one.check != "flat-tail"]
    assert {one.check for one in others} == {"cell-out-of-line"}
    assert {one.cells for one in others} <= set(flat)


def test_no_error_in_the_table_of_open_clip_and_only_models_that_are_there_twice(shared_data):
    claims = real_tables.open_clip(shared_data)
    assert len(claims) == 121 * 12
    findings = examine(claims)
    assert {(one.check, one.severity) for one in findings} == {("repeated-numbers", Severity.WARNING)}
    assert [sorted({cell.name for cell in one.cells}) for one in findings] == [
        ["ViT-B-32 openai", "ViT-B-32-quickgelu openai"],
        ["RN101 openai", "RN101-quickgelu openai"],
        ["RN50 openai", "RN50-quickgelu openai"],
        ["ViT-B-32 commonpool_s_image_s13m_b4k", "ViT-B-32 datacomp_s_s13m_b4k"],
    ]


def test_a_cell_of_open_clip_that_is_changed_by_hand_is_found(shared_data):
    from dataclasses import replace

    claims = list(real_tables.open_clip(shared_data))
    place = next(i for i, one in enumerate(claims) if one.name == "ViT-L-14 openai" and one.metric == "R@5")
    digits = str(claims[place].printed)
    wrong = replace(claims[place], printed=replace(claims[place].printed, text=f"{float(digits) - 0.09:.4f}"))
    claims[place] = wrong
    findings = [one for one in examine(ClaimSet.of(claims)) if one.check == "cell-out-of-line"]
    assert [wrong in one.cells for one in findings] == [True]


def test_a_table_of_a_thousand_claims_takes_no_more_than_a_second_or_two(shared_data):
    claims = real_tables.open_clip(shared_data)
    examine(claims)
    start = time.process_time()
    examine(ClaimSet.of(claims))
    assert time.process_time() - start < 3
