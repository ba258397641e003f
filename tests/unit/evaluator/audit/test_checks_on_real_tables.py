"""What the checks find in tables that were printed, and that they raise no false alarm there."""

from collections import Counter
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from evaluator.audit.check import Severity, examine
from evaluator.audit.checks.outliers import OUTLIERS
from evaluator.audit.claim import Claim
from evaluator.audit.claim_set import ClaimSet
from evaluator.audit.printed import Printed, Scale
from submissions.claims_file import read_claims
from tests.unit.evaluator.audit.shipped import others, shipped

FOUND = {
    "rao2022": {
        ("ablation-wins", "warning", "SGRAF SAF", "flickr30k-1k"): 1,
        ("ablation-wins", "warning", "CAMERA", "flickr30k-1k"): 1,
        ("directions-disagree", "warning", "ViLBERT", "flickr30k-1k"): 2,
        ("whole-against-folds", "warning", "VSE++", "coco-5k"): 1,
        ("whole-against-folds", "warning", "CAMERA", "coco-5k"): 1,
        ("cell-out-of-line", "warning", "VSE++", "flickr30k-1k"): 1,
        ("cell-out-of-line", "warning", "VSE++", "coco-5k"): 1,
        ("cell-out-of-line", "warning", "VSRN", "coco-5k"): 1,
        ("cell-out-of-line", "warning", "CAMERA", "coco-1k"): 1,
        ("repeated-numbers", "warning", "SGRAF SAF", "coco-5k"): 1,
        ("mean-outside-seeds", "warning", "VSE++", "flickr30k-1k"): 1,
        ("mean-outside-seeds", "warning", "SCAN i-t AVG", "flickr30k-1k"): 1,
        ("mean-outside-seeds", "note", "SAEM", "flickr30k-1k"): 1,
        ("mean-outside-seeds", "note", "CAMERA", "flickr30k-1k"): 1,
        ("flat-tail", "warning", "VSRN", "coco-5k"): 1,
        ("flat-tail", "note", "ViLT DA", "flickr30k-1k"): 1,
    },
    "rao2022-readme": {
        ("mean-outside-seeds", "warning", "SAEM pretrained BERT", "flickr30k-1k"): 1,
        ("mean-outside-seeds", "warning", "CAMERA pretrained BERT", "flickr30k-1k"): 1,
    },
    "rao2022-ten-seeds": {("identical-seeds", "warning", "SGRAF SGR", "flickr30k-1k"): 1},
    "hendriksen2023-logs": {
        ("flat-tail", "warning", f"X-VLM 4M, k_test {k}", dataset): count
        for k in (2, 4)
        for dataset, count in (
            ("coco-5k-25010", 2),
            ("flickr30k-1k", 2),
            ("fashion200k", k // 2),
            ("abo", k // 2),
        )
    },
    "radford2021": {},
    "zeng2022": {},
    "kim2021": {},
    "clip-issue-115": {},
    "vilbert-issue-78": {},
}
"""What was checked by hand against the printed tables, as `docs/explanation/what-the-audit-finds.md` tells it."""


def told(findings):
    """Check, severity, system, and protocol or dataset of each."""
    return Counter(
        (one.check, one.severity.value, one.cells[0].name, one.cells[0].protocol or one.cells[0].dataset)
        for one in findings
    )


def test_every_source_that_comes_with_the_project_is_examined_here():
    assert set(FOUND) == set(shipped())


@pytest.mark.parametrize("name", FOUND)
def test_what_is_found_in_a_source_is_what_was_checked_by_hand(name):
    assert told(examine(shipped()[name], others(name))) == FOUND[name]


def test_the_arithmetic_of_rao_et_al_names_the_cells_with_their_digits():
    text = "\n".join(one.arithmetic for one in examine(shipped()["rao2022"], others("rao2022")))
    for cell in (
        "The label IR means t2i in Table 3 (IR is at the level of image retrieval",
        "The label TR means i2t in Table 3 (TR is at the level of sentence retrieval",
        "and i2t in Table 5 and Table 6",
        "and t2i in Table 5 and Table 6",
        "R@1 25.2, where the whole gallery's numbers allow 29.03 to 46.56; R@5 54.9",
        "R@1 64.4, where the whole gallery's numbers allow 38.08 to 55.56",
        "79.5 is 6.1 times its standard error too high",
        "70.6 is 10.6 times its standard error too low",
        "64.4 is 12.0 times its standard error too high",
        "are both R@1 38.7, R@5 68.1, R@10 79.3",
        "t2i R@10 79.5, the runs lie between 72 and 72.9",
        "i2t R@1 67.7, the runs lie between 65.6 and 66.8",
    ):
        assert cell in text


def test_the_truncated_logs_of_x_vlm_are_found_with_their_digits():
    flat = examine(shipped()["hendriksen2023-logs"], others("hendriksen2023-logs"))
    printed = {tuple(str(cell.printed) for cell in one.cells[1:]) for one in flat}
    scene = {("84.48", "84.5"), ("74.16", "74.16"), ("67.613", "67.6409"), ("55.3299", "55.3778")}
    scene |= {("84.1", "84.1"), ("72.36", "72.44"), ("91.1", "91.1"), ("82.36", "82.48")}
    assert scene <= printed


@pytest.fixture(scope="module")
def open_clip(shared_data):
    """The published table of open_clip, 121 models."""
    return read_claims(shared_data / "published_tables" / "openclip_retrieval_results.csv").claims


@pytest.mark.real_data
def test_no_error_in_the_table_of_open_clip_and_only_models_that_are_there_twice(open_clip):
    assert len(open_clip) == 121 * 12
    findings = examine(open_clip)
    assert {(one.check, one.severity) for one in findings} == {("repeated-numbers", Severity.WARNING)}
    assert [sorted({cell.name for cell in one.cells}) for one in findings] == [
        ["ViT-B-32 openai", "ViT-B-32-quickgelu openai"],
        ["RN101 openai", "RN101-quickgelu openai"],
        ["RN50 openai", "RN50-quickgelu openai"],
        ["ViT-B-32 commonpool_s_image_s13m_b4k", "ViT-B-32 datacomp_s_s13m_b4k"],
    ]


@pytest.mark.real_data
@pytest.mark.parametrize(("table", "count"), [("openclip_retrieval_results", 200), ("mieb_summary", 80)])
@pytest.mark.parametrize("size", [8, 10, 20, 40])
def test_no_cell_of_an_honest_table_of_few_systems_is_out_of_line(shared_data, table, count, size):
    systems: dict[tuple[str, str], list[Claim]] = {}
    for one in read_claims(shared_data / "published_tables" / f"{table}.csv").claims:
        digits = Printed(f"{100 * one.printed.value:.1f}", Scale.PERCENT)
        systems.setdefault((one.system, one.variant), []).append(replace(one, printed=digits))
    rows = list(systems.values())
    draw = np.random.default_rng(0)
    subsets = [[rows[i] for i in draw.choice(len(rows), size, replace=False)] for _ in range(count // size)]
    assert not any(list(OUTLIERS.find(ClaimSet.of(chain(*some)), ClaimSet(()))) for some in subsets)


@pytest.mark.real_data
def test_a_cell_of_open_clip_that_is_changed_by_hand_is_found(open_clip):
    claims = list(open_clip)
    place = next(i for i, one in enumerate(claims) if one.name == "ViT-L-14 openai" and one.metric == "R@5")
    digits = str(claims[place].printed)
    wrong = replace(claims[place], printed=replace(claims[place].printed, text=f"{float(digits) - 0.09:.4f}"))
    claims[place] = wrong
    findings = [one for one in examine(ClaimSet.of(claims)) if one.check == "cell-out-of-line"]
    assert [wrong in one.cells for one in findings] == [True]
