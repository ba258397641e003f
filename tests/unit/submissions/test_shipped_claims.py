"""The claims that come with the project: how many, of what, and some of them read by eye in the printed tables."""

from collections import Counter
from math import ceil, floor

import pytest

from evaluator.audit.claim import Kind
from evaluator.protocol import PROTOCOLS
from splits import SPLITS
from splits.split import Direction
from submissions.shipped_claims import FOLDER, read_shipped, shipped_names
from submissions.system_facts import Interaction, read_systems

SOURCES = {sourced.source.name: sourced for sourced in read_shipped()}
ALL = [claim for sourced in SOURCES.values() for claim in sourced.claims]
RAO = SOURCES["rao2022"].claims


def cells_of(source, **wanted):
    """The digits of all claims that are as wanted, in printed order."""
    found = [c for c in SOURCES[source].claims if all(getattr(c, name) == value for name, value in wanted.items())]
    return " ".join(claim.printed.text for claim in found)


def test_every_source_is_there_with_all_its_numbers():
    assert {name: len(sourced.claims) for name, sourced in SOURCES.items()} == {
        "clip-issue-115": 24,
        "hendriksen2023-logs": 90,
        "kim2021": 12,
        "radford2021": 12,
        "rao2022": 623,
        "rao2022-readme": 102,
        "rao2022-ten-seeds": 480,
        "vilbert-issue-78": 12,
        "zeng2022": 24,
    }


@pytest.mark.parametrize("name", shipped_names())
class TestEverySource:
    def test_is_named_as_its_file_and_says_where_it_is_from(self, name):
        source = SOURCES[name].source
        assert source.name == name
        assert all((source.title, source.citation, source.url, source.note))

    def test_says_why_a_label_means_its_direction(self, name):
        labelled = [claim for claim in SOURCES[name].claims if claim.printed_direction]
        assert [claim.cell for claim in labelled if not claim.direction_reason] == []

    def test_can_be_read_in_a_diff(self, name):
        lines = (FOLDER / f"{name}.csv").read_text().splitlines()
        assert max(map(len, lines)) < 420
        assert all(line.isprintable() for line in lines)


def test_every_protocol_and_dataset_exists_and_every_number_counts_its_queries_where_known():
    datasets = {definition.dataset.name for definition in SPLITS.values()}
    assert {claim.dataset for claim in ALL} <= datasets
    assert {claim.protocol for claim in ALL} - {None} <= set(PROTOCOLS)
    assert all(claim.n_queries for claim in ALL if claim.protocol)


def test_rao_prints_three_kinds_of_number():
    counted = Counter((claim.table, claim.kind) for claim in RAO)
    assert counted == {
        ("Table 3", Kind.REPORTED): 63,
        ("Table 3", Kind.REPRODUCED): 36,
        ("Table 5", Kind.REPORTED): 66,
        ("Table 5", Kind.REPRODUCED): 66,
        ("Table 5", Kind.ABLATION): 66,
        ("Table 6", Kind.REPORTED): 98,
        ("Table 6", Kind.REPRODUCED): 114,
        ("Table 6", Kind.ABLATION): 114,
    }
    assert {claim.n_seeds for claim in RAO if claim.kind is Kind.REPORTED} == {None}
    assert {claim.n_seeds for claim in RAO if claim.kind is not Kind.REPORTED} == {3}
    assert {claim.ablation for claim in RAO if claim.kind is Kind.ABLATION} == {"hard negatives"}


def test_the_labels_of_rao_mean_the_opposite_in_another_table():
    meant = {(claim.table, claim.printed_direction, claim.direction) for claim in RAO}
    assert meant == {
        ("Table 3", "IR", Direction.T2I),
        ("Table 3", "TR", Direction.I2T),
        ("Table 5", "IR", Direction.I2T),
        ("Table 5", "TR", Direction.T2I),
        ("Table 6", "IR", Direction.I2T),
        ("Table 6", "TR", Direction.T2I),
    }


@pytest.mark.parametrize(
    ("wanted", "digits"),
    [
        ({"table": "Table 3", "system": "UNITER", "kind": Kind.REPORTED, "protocol": "coco-5k"},
         "50.33 78.52 87.16 64.4 87.4 93.08"),
        ({"system": "PixelBERT", "variant": "R50", "protocol": "flickr30k-1k"}, "59.8 85.5 91.6 75.7 94.7 97.1"),
        ({"system": "PixelBERT", "variant": "X152", "protocol": "flickr30k-1k"}, "71.5 92.1 95.8 87 98.9 99.5"),
        ({"system": "ViLBERT", "kind": Kind.REPORTED}, "58.2 84.9 91.5"),
        ({"table": "Table 5", "system": "SCAN", "variant": "i-t AVG", "kind": Kind.ABLATION},
         "46 77.5 87 34.1 65.9 76.4"),
        ({"table": "Table 5", "system": "CAMERA", "kind": Kind.REPRODUCED}, "38.8 61.6 71.6 23.7 47.9 56.9"),
        ({"table": "Table 6", "system": "VSRN", "kind": Kind.REPORTED, "protocol": "coco-5k"},
         "53 81.1 89.4 40.5 70.6 70.6"),
        ({"table": "Table 6", "system": "SCAN", "variant": "t-i LSE", "kind": Kind.REPRODUCED, "protocol": "coco-1k"},
         "64.4 91.9 96.9 49.5 83 91.2"),
        ({"table": "Table 6", "system": "SGRAF", "variant": "SGR", "kind": Kind.REPORTED, "protocol": "coco-5k"},
         "56.9 90.5 40.2 79.8"),
        ({"table": "Table 6", "system": "CAMP", "kind": Kind.REPRODUCED}, ""),
    ],
    ids=str,
)  # fmt: skip
def test_cells_of_rao_are_those_of_the_printed_tables(wanted, digits):
    assert cells_of("rao2022", **wanted) == digits


def test_cells_that_are_not_from_the_printed_text_say_so():
    noted = Counter(claim.table for claim in RAO if "README of the authors' code" in claim.note)
    assert noted == {"Table 5": 21, "Table 6": 18}
    assert {claim.printed_direction for claim in RAO if "lost its last cell" in claim.note} == {"TR"}


def test_cells_that_the_readme_of_the_code_has_otherwise_keep_the_digits_of_the_paper_and_say_so():
    noted = [claim for claim in RAO if "in the README of the code" in claim.note]
    assert {(claim.name, claim.metric, claim.printed.text) for claim in noted} == {
        ("VSRN", "R@10", "70.6"),
        ("SAEM", "R@5", "63.9"),
        ("CAMERA", "R@5", "62.4"),
    }


def test_ten_runs_are_ten_seeds_of_a_system_of_the_paper():
    ten = SOURCES["rao2022-ten-seeds"].claims
    runs = {(claim.system, claim.variant): set() for claim in ten}
    for claim in ten:
        runs[claim.system, claim.variant].add(claim.seed)
    assert {len(seeds) for seeds in runs.values()} == {10}
    of_the_paper = {(claim.system, claim.variant) for claim in RAO}
    assert set(runs) - of_the_paper == {(system, "pretrained BERT") for system in ("SAEM", "CAMERA")}
    assert cells_of("rao2022-ten-seeds", system="VSE++", seed="8") == "47 72.8 82.5 32.6 61.6 72.6"


def test_the_logs_are_of_few_candidates_and_every_number_is_a_share_of_the_pool_they_name():
    logs = SOURCES["hendriksen2023-logs"].claims
    assert Counter(claim.variant for claim in logs)["4M, k_test 2"] == 30
    assert Counter(claim.variant for claim in logs)["4M, k_test 4"] == 30
    impossible = [
        claim.cell
        for claim in logs
        if ceil(claim.printed.low * claim.n_queries) > floor(claim.printed.high * claim.n_queries)
    ]
    assert impossible == []
    assert cells_of("hendriksen2023-logs", variant="4M, k_test 2", dataset="coco") == (
        "64.24 74.16 74.16 42.0352 55.3299 55.3778"
    )


def test_reported_scores_keep_their_last_digit():
    assert cells_of("kim2021", protocol="flickr30k-1k", direction=Direction.I2T) == "83.60 96.80 98.60"
    assert cells_of("radford2021", protocol="flickr30k-1k", direction=Direction.I2T) == "88.0 98.7 99.4"
    assert cells_of("zeng2022", variant="16M, fine-tuned", protocol="coco-5k-25010") == "81.2 95.6 98.2 63.4 85.8 91.5"


def test_issues_keep_the_digits_and_labels_of_their_opening_posts():
    assert cells_of("vilbert-issue-78", protocol="flickr30k-1k", printed_direction="TR") == "69.3 89 94"
    assert cells_of("clip-issue-115", row="RN50", direction=Direction.T2I) == "27.40 51.52 62.28"


def test_every_system_of_rao_is_described_by_one_row():
    systems = read_systems()
    assert len(systems.systems) == 13
    for claim in RAO:
        assert systems.of(claim.system, claim.variant) is not None, claim.name
    described = [facts for facts in systems.systems if any(facts.is_of(c.system, c.variant) for c in RAO)]
    assert described == list(systems.systems)


@pytest.mark.parametrize(
    ("system", "variant", "parameters", "interaction"),
    [
        ("ViLBERT", "", 221_000_000, Interaction.BOTH),
        ("UNITER", "Base", 110_000_000, Interaction.BETWEEN),
        ("SGRAF", "SGR", 19_000_000, Interaction.BOTH),
        ("SGRAF", "SAF", 18_000_000, Interaction.BOTH),
        ("SCAN", "t-i AVG", 9_000_000, Interaction.BETWEEN),
        ("CAMERA", "", 156_000_000, Interaction.WITHIN),
    ],
)
def test_systems_have_the_size_and_interaction_of_the_tables(system, variant, parameters, interaction):
    facts = read_systems().of(system, variant)
    assert (facts.n_parameters, facts.interaction) == (parameters, interaction)


def test_settings_of_training_stand_as_printed():
    systems = read_systems()
    assert systems.of("UNITER", "Base").training["coco"].learning_rate == "5e-5 / 4e-5"
    assert systems.of("SGRAF", "SGR").training["flickr30k"].learning_rate == "0.0002/30/×0.1"
    assert "coco" not in systems.of("CAMP").training
    assert [facts.system for facts in systems.systems if facts.is_pretrained] == [
        "ViLBERT",
        "PixelBERT",
        "Unicoder-VL",
        "UNITER",
        "ViLT",
    ]
    assert systems.of("VSE++", "with a tail") is not None
    assert systems.of("BLIP") is None
