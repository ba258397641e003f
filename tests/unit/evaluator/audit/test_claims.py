"""Printed numbers keep their digits, and claims find their series."""

from decimal import Decimal

import pytest

from evaluator.audit.claim_set import ClaimSet
from evaluator.audit.printed import Printed, Scale
from evaluator.errors import ClaimError
from splits.split import Direction
from tests.unit.evaluator.audit.tables import claim, table


@pytest.mark.parametrize(
    ("text", "scale", "value", "low", "high", "decimals"),
    [
        ("72.5", Scale.PERCENT, "0.725", "0.7245", "0.7255", 1),
        ("87", Scale.PERCENT, "0.87", "0.865", "0.875", 0),
        ("0.7245", Scale.FRACTION, "0.7245", "0.72445", "0.72455", 4),
        ("100.0", Scale.PERCENT, "1", "0.9995", "1.0005", 1),
        ("14", Scale.PLAIN, "14", "13.5", "14.5", 0),
        ("-0.3", Scale.PERCENT, "-0.003", "-0.0035", "-0.0025", 1),
    ],
)
def test_a_printed_number_says_between_what_it_was_rounded(text, scale, value, low, high, decimals):
    found = Printed(text, scale)
    assert (found.value, found.low, found.high) == tuple(map(Decimal, (value, low, high)))
    assert found.decimals == decimals
    assert str(found) == text


@pytest.mark.parametrize("text", ["", "-", "nan", "inf", "72,5", "72.5%", "1e2", "7_2", " 72", "٣", "7.2.5", "--1"])
def test_what_is_no_printed_number_is_refused(text):
    with pytest.raises(ClaimError, match="no number as a table prints it"):
        Printed(text, Scale.PERCENT)


def test_the_queries_of_a_claim_are_those_of_its_direction():
    assert claim(direction=Direction.I2T, n_images=1000, n_captions=5000).n_queries == 1000
    assert claim(direction=Direction.T2I, n_images=1000, n_captions=5000).n_queries == 5000
    assert claim(direction=None, n_images=1000, n_captions=5000).n_queries is None


def test_the_cells_of_one_system_in_one_direction_are_one_series():
    claims = table({"VSE++": ("43.7 71.9 82.1", "32.3 60.9 72.1"), "SCAN": ("67.7 88.9 94.4", "44.0 74.2 82.6")})
    series = ClaimSet.of(claims).series
    assert [(one.key.system, one.key.direction) for one in series] == [
        ("VSE++", Direction.I2T),
        ("VSE++", Direction.T2I),
        ("SCAN", Direction.I2T),
        ("SCAN", Direction.T2I),
    ]
    assert [(k, str(one.printed)) for k, one in series[0].recalls()] == [(1, "43.7"), (5, "71.9"), (10, "82.1")]


def test_of_a_metric_that_is_there_twice_the_first_counts():
    [series] = ClaimSet.of([claim(text="50.0"), claim(text="60.0")]).series
    assert str(series["R@1"].printed) == "50.0"
