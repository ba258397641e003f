"""The check that the how-to shows finds what it says, and nothing near it."""

import pytest

from evaluator.audit.check import Check, Severity
from evaluator.audit.claim_set import ClaimSet
from evaluator.audit.printed import Scale
from tests.unit.evaluator.audit.tables import claim
from tests.unit.how_to import entry_of

MEDIAN = entry_of("add-a-check.md", Check)


def found(median, recall, k=5):
    claims = [claim(median, scale=Scale.PLAIN, metric="MedR"), claim(recall, metric=f"R@{k}")]
    return list(MEDIAN.find(ClaimSet.of(claims), ClaimSet(())))


@pytest.mark.parametrize(("median", "recall"), [("3", "43.7"), ("12", "61.0"), ("4.5", "49.9")])
def test_a_recall_on_the_wrong_side_of_one_half_is_found(median, recall):
    [finding] = found(median, recall)
    assert finding.severity is Severity.WARNING
    assert f"R@5 {recall} with MedR {median}" in finding.arithmetic


@pytest.mark.parametrize(
    ("median", "recall"), [("3", "63.7"), ("12", "31.0"), ("5", "49.9"), ("6", "50.0"), ("3", "50")]
)
def test_what_rounding_allows_is_not(median, recall):
    assert found(median, recall) == []
