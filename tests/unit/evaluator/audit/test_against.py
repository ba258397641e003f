"""Reported numbers are paired with the reproduced ones beside them, and told in points and in seeds' deviations."""

import pytest

from evaluator.audit.against import Outcome, Standing, returns
from evaluator.audit.claim import Kind
from evaluator.audit.claim_set import ClaimSet
from evaluator.audit.printed import Scale
from evaluator.audit.seed_lists import SeedLists
from splits.split import Direction
from tests.unit.evaluator.audit.shipped import shipped
from tests.unit.evaluator.audit.tables import claim


def pair(reported, reproduced, **changes):
    return [
        claim(reported, **{**changes, "kind": Kind.REPORTED}),
        claim(reproduced, **{"n_seeds": 3, **changes, "kind": Kind.REPRODUCED}),
    ]


def listed(*texts, **changes):
    """Single runs of another source."""
    stated = {"source": "list", "kind": Kind.REPRODUCED, **changes}
    return [claim(text, **stated, seed=str(number)) for number, text in enumerate(texts)]


def only(claims, runs=()):
    [system] = returns(ClaimSet.of(claims), runs=runs)
    return system


@pytest.mark.parametrize(
    ("reported", "reproduced", "outcome"),
    [
        ("50.0", "50.0", Outcome.WITHIN_ROUNDING),
        ("50.0", "50.1", Outcome.WITHIN_ROUNDING),
        ("50", "50.5", Outcome.WITHIN_ROUNDING),
        ("50.0", "50.2", Outcome.ABOVE),
        ("50.0", "49.8", Outcome.BELOW),
    ],
)
def test_numbers_that_may_be_one_before_rounding_came_back(reported, reproduced, outcome):
    [cell] = only(pair(reported, reproduced)).cells
    assert cell.outcome is outcome
    assert cell.gap == pytest.approx((float(reproduced) - float(reported)) / 100)
    assert cell.in_stds is None


def test_a_gap_is_told_in_deviations_where_runs_are_listed():
    [cell] = only(pair("50.0", "52.0"), listed("49.0", "50.0", "51.0")).cells
    assert cell.spread.std == pytest.approx(0.01)
    assert (cell.spread.n_runs, cell.spread.source) == (3, "list")
    assert cell.in_stds == pytest.approx(2.0)
    # t(97.5 %, 2) * 1 point * sqrt(1 + 1/3) = 4.97 points
    assert cell.outcome is Outcome.WITHIN_SEED_NOISE
    assert only(pair("50.0", "55.2"), listed("49.0", "50.0", "51.0")).cells[0].outcome is Outcome.ABOVE


def test_a_reported_mean_of_seeds_allows_less():
    runs = listed("49.0", "50.0", "51.0")
    means = [claim("50.0", n_seeds=3), claim("54.0", n_seeds=3, kind=Kind.REPRODUCED)]
    assert only(pair("50.0", "54.0"), runs).cells[0].outcome is Outcome.WITHIN_SEED_NOISE
    assert only(means, runs).cells[0].outcome is Outcome.ABOVE


def test_runs_that_are_all_the_same_count_once_and_say_nothing_alone():
    assert only(pair("50.0", "52.0"), listed("49.0", "51.0", "51.0")).cells[0].spread.n_runs == 2
    assert only(pair("50.0", "52.0"), listed("51.0", "51.0")).cells[0].spread is None


def test_runs_in_the_same_source_are_used_and_are_no_pair_themselves():
    claims = [*pair("50.0", "52.0"), *listed("49.0", "51.0", source="made-up")]
    assert [cell.spread.n_runs for cell in only(claims).cells] == [2]


def test_runs_of_another_system_protocol_direction_or_metric_say_nothing():
    for changes in ({"system": "B"}, {"protocol": "coco-5k"}, {"direction": Direction.T2I}, {"metric": "R@5"}):
        assert only(pair("50.0", "52.0"), listed("49.0", "51.0", **changes)).cells[0].spread is None


def test_of_several_variants_the_one_that_is_named_counts():
    runs = [*listed("40.0", "44.0", variant="large"), *listed("49.0", "51.0", variant="small")]
    assert only(pair("50.0", "50.5", variant="large"), runs).cells[0].spread.variant == "large"
    assert only(pair("50.0", "50.5", variant="huge"), runs).cells[0].spread is None


def test_runs_of_another_variant_are_of_another_system():
    runs = [*listed("70.0", "74.0", variant="pretrained"), *listed("49.0", "51.0", variant="random")]
    assert only(pair("72.0", "50.5"), runs).cells[0].spread is None


@pytest.mark.parametrize(
    "changes",
    [
        {"table": "Table 2"},
        {"source": "other"},
        {"direction": Direction.T2I},
        {"metric": "R@5"},
        {"protocol": "coco-5k"},
    ],
)
def test_numbers_of_different_cells_are_no_pair(changes):
    assert returns(ClaimSet.of([claim("50.0"), claim("50.0", kind=Kind.REPRODUCED, **changes)])) == ()


def test_an_ablation_is_no_pair():
    claims = [claim("50.0"), claim("40.0", kind=Kind.ABLATION, ablation="loss")]
    assert returns(ClaimSet.of(claims)) == ()


def test_a_system_is_summed_up_over_its_cells_and_for_each_protocol():
    claims = [
        *pair("50.0", "50.0"),
        *pair("60.0", "57.0", metric="R@5"),
        *pair("70.0", "71.0", metric="R@10"),
        *pair("40.0", "20.0", protocol="coco-5k"),
    ]
    system = only(claims)
    assert system.mean_gap == pytest.approx(-0.055)
    assert [system.share(outcome) for outcome in Outcome] == [0.25, 0, 0.5, 0.25]
    assert system.worst.gap == pytest.approx(-0.2)
    assert system.standing is Standing.BELOW
    assert {p: one.standing for p, one in system.by_protocol.items()} == {
        "flickr30k-1k": Standing.CAME_BACK,
        "coco-5k": Standing.FAR_BELOW,
    }
    assert system.mean_in_stds is None
    assert only(pair("50.0", "55.0")).standing is Standing.ABOVE
    assert only(pair("50.0", "53.0"), listed("49.0", "51.0")).mean_in_stds == pytest.approx(0.03 / 2**0.5 / 0.01)


@pytest.fixture(scope="module")
def systems():
    return {one.name: one for one in returns(shipped()["rao2022"], runs=shipped()["rao2022-ten-seeds"])}


class TestRao:
    """Reported against reproduced in Tables 3, 5 and 6."""

    def test_the_conclusion_of_the_paper_comes_out(self, systems):
        assert {name: str(one.standing) for name, one in systems.items()} == {
            "ViLBERT": "came back",
            "UNITER Base": "below",
            "ViLT DA": "came back",
            "VSE++": "came back",
            "SCAN t-i LSE": "came back",
            "SCAN t-i AVG": "came back",
            "SCAN i-t LSE": "came back",
            "SCAN i-t AVG": "came back",
            "CAMP": "far below",
            "VSRN": "below",
            "SGRAF SAF": "came back",
            "SGRAF SGR": "came back",
            "SAEM": "far below",
            "CAMERA": "far below",
        }

    def test_every_pair_of_the_tables_is_there(self, systems):
        assert sum(len(one.cells) for one in systems.values()) == 173

    def test_deviations_are_those_of_the_listed_runs(self, systems):
        saem = systems["SAEM"].cells[0]
        assert (saem.reported.metric, saem.gap) == ("R@1", pytest.approx(-0.187))
        assert saem.in_stds == pytest.approx(-35.9, abs=0.3)

    def test_the_same_run_listed_twice_counts_once(self, systems):
        assert {cell.spread.n_runs for cell in systems["SGRAF SGR"].by_protocol["flickr30k-1k"].cells} == {9}

    def test_the_worst_cell_of_vsepp_is_the_one_that_its_own_runs_contradict(self, systems):
        flickr = systems["VSE++"].by_protocol["flickr30k-1k"]
        assert (flickr.worst.reproduced.column, str(flickr.worst.reproduced.printed)) == (
            "Flickr30k (1K) TR@10",
            "79.5",
        )
        assert flickr.worst.in_stds > 20
        assert flickr.share(Outcome.WITHIN_SEED_NOISE) == pytest.approx(5 / 6)

    def test_of_what_came_back_most_cells_are_rounding_or_seeds_where_runs_are_listed(self, systems):
        for name in ("SCAN i-t AVG", "SGRAF SGR"):
            flickr = systems[name].by_protocol["flickr30k-1k"]
            assert flickr.share(Outcome.WITHIN_ROUNDING) + flickr.share(Outcome.WITHIN_SEED_NOISE) == 1


def test_lists_are_kept_by_source_system_and_variant():
    lists = SeedLists.of([*listed("49.0", "51.0"), *listed("50.0", ablation="loss")])
    assert [tuple(key) for key in lists.runs] == [("list", "A", "")]
    assert len(lists.runs["list", "A", ""]) == 2


def test_ranks_and_sums_take_no_part_in_a_mean_over_cells():
    ranks = pair("5", "3", metric="MedR", scale=Scale.PLAIN)
    sums = pair("420.0", "400.0", metric="rsum", direction=None)
    system = only([*pair("50.0", "50.2"), *ranks, *sums])
    assert [cell.reported.metric for cell in system.cells] == ["R@1"]
    assert system.mean_gap == pytest.approx(0.002)


def test_a_single_reported_run_does_not_stand_for_the_reported_mean():
    runs = [claim(text, kind=Kind.REPORTED, seed=seed) for seed, text in (("1", "52.0"), ("2", "48.0"))]
    [cell] = only([*pair("50.0", "50.1"), *runs]).cells
    assert (str(cell.reported.printed), cell.outcome) == ("50.0", Outcome.WITHIN_ROUNDING)


def test_runs_on_other_data_say_nothing_of_the_noise():
    there = {"protocol": None, "dataset": "a"}
    runs = [
        *listed("52.9", "53.0", "53.1", protocol=None, dataset="a"),
        *listed("10.5", "20.5", "30.5", protocol=None, dataset="b"),
    ]
    [cell] = only(pair("50.0", "53.0", **there), runs).cells
    assert cell.outcome is Outcome.ABOVE
    assert cell.in_stds == pytest.approx(30.0)
