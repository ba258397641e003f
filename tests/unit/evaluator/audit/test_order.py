"""Whether two lists order the same systems alike: against scipy, by hand, and with noise and digits honoured."""

import csv
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaluator.audit.order import agreement_of_order, beyond_noise
from evaluator.audit.order_chance import EXACT_UP_TO
from evaluator.audit.order_noise import tau_interval
from evaluator.audit.printed import Printed, Scale
from evaluator.audit.system_value import SystemValue
from evaluator.errors import ClaimError


def printed(texts):
    return {f"system {n}": SystemValue.of_printed(Printed(text, Scale.PERCENT)) for n, text in enumerate(texts.split())}


def computed(values, error=None, freedom=inf):
    return {f"system {n}": SystemValue(float(v), 0.0, error, freedom) for n, v in enumerate(values)}


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 12))
@settings(max_examples=100, deadline=None)
def test_tau_with_ties_is_that_of_scipy(seed, n):
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 6, (2, n))
    found = agreement_of_order(computed(first), computed(second)).tau
    expected = stats.kendalltau(first, second).statistic
    assert found == (None if np.isnan(expected) else pytest.approx(expected))


@pytest.mark.parametrize("n", [4, 5, 7, EXACT_UP_TO])
def test_the_p_value_of_few_systems_without_ties_is_exact(n):
    rng = np.random.default_rng(n)
    for _ in range(5):
        first, second = rng.normal(size=(2, n))
        expected = stats.kendalltau(first, second, method="exact").pvalue
        assert agreement_of_order(computed(first), computed(second)).pvalue == pytest.approx(expected)


def test_the_p_value_of_many_systems_is_near_the_exact_one():
    rng = np.random.default_rng(2)
    first = rng.normal(size=12)
    second = first + rng.normal(size=12)
    expected = stats.kendalltau(first, second, method="exact").pvalue
    assert agreement_of_order(computed(first), computed(second)).pvalue == pytest.approx(expected, abs=0.004)


def test_three_systems_in_the_same_order_are_no_evidence():
    assert agreement_of_order(computed([3, 2, 1]), computed([9, 5, 1])).pvalue == pytest.approx(1 / 3)


def test_every_pair_is_counted_once_as_the_same_tied_or_flipped():
    found = agreement_of_order(printed("80.0 70.0 70.0 60.0"), printed("70.0 80.0 80.0 80.0"))
    # Same: none. Tied in both: 1-2. Tied in the second only: 1-3, 2-3. Flipped: 0-1, 0-2, 0-3.
    assert (found.same, found.tied_in_both, found.tied_in_one, len(found.flips)) == (0, 1, 2, 3)
    assert found.n_pairs == 6
    assert found.agreement == pytest.approx((1 + 0.5 * 2) / 6)


def test_equal_lists_with_ties_agree_wholly():
    found = agreement_of_order(printed("80.0 70.0 70.0"), printed("80.0 70.0 70.0"))
    assert (found.tau, found.agreement) == (pytest.approx(1), 1)


def test_values_that_digits_cannot_tell_apart_are_tied():
    # 72.5 may stand for anything up to 72.55, so it is not above 72.52 and not below it.
    found = agreement_of_order(printed("72.5 72.52 60.0"), printed("72.52 72.5 60.0"))
    assert (found.tied_in_both, found.flips) == (1, ())


def test_values_one_printed_step_apart_are_not_tied():
    found = agreement_of_order(printed("72.6 72.5"), printed("72.5 72.6"))
    assert (found.tau, len(found.flips)) == (pytest.approx(-1), 1)


def test_a_list_of_one_printed_value_has_no_tau():
    found = agreement_of_order(printed("70.0 70.0 70.0"), printed("70.0 71.0 72.0"))
    assert (found.tau, found.pvalue) == (None, None)


def test_systems_of_one_list_only_are_named_and_left_out():
    first = {"a": SystemValue(3), "b": SystemValue(2), "old": SystemValue(9)}
    second = {"b": SystemValue(1), "new": SystemValue(5), "a": SystemValue(4)}
    found = agreement_of_order(first, second)
    assert (found.systems, found.only_in_first, found.only_in_second) == (("a", "b"), ("old",), ("new",))
    assert found.tau == 1


def test_fewer_than_two_common_systems_are_refused():
    with pytest.raises(ClaimError, match="at least two systems that both lists have, found 1"):
        agreement_of_order({"a": SystemValue(1)}, {"a": SystemValue(1), "b": SystemValue(2)})


def test_a_flip_says_who_was_ahead_and_by_how_much():
    first, second = computed([0.70, 0.60]), computed([0.61, 0.64])
    [flip] = agreement_of_order(first, second).flips
    assert (flip.ahead_in_first, flip.ahead_in_second) == ("system 0", "system 1")
    assert (flip.gap_in_first, flip.gap_in_second) == (pytest.approx(0.10), pytest.approx(0.03))


def test_a_flip_without_known_noise_is_neither_certain_nor_noise():
    [flip] = agreement_of_order(computed([0.7, 0.6]), computed([0.6, 0.7])).flips
    assert (flip.beyond_in_first, flip.is_certain) == (None, None)


def test_a_flip_is_certain_only_where_both_gaps_are_beyond_noise():
    wide, narrow = computed([0.7, 0.6], error=0.01), computed([0.600, 0.601], error=0.01)
    [flip] = agreement_of_order(wide, narrow).flips
    assert (flip.beyond_in_first, flip.beyond_in_second, flip.is_certain) == (True, False, False)
    [flip] = agreement_of_order(wide, computed([0.6, 0.7], error=0.01)).flips
    assert flip.is_certain is True


def test_one_gap_within_noise_settles_a_flip_although_nothing_is_known_of_the_other():
    [flip] = agreement_of_order(computed([0.7, 0.6]), computed([0.600, 0.601], error=0.01)).flips
    assert flip.is_certain is False


def test_the_noise_of_seeds_is_held_against_welchs_test():
    first, second = [0.70, 0.72, 0.71], [0.68, 0.69, 0.70]
    found = beyond_noise(SystemValue.of_seeds(first), SystemValue.of_seeds(second))
    assert found is bool(stats.ttest_ind(first, second, equal_var=False).pvalue < 0.05)
    third = [0.65, 0.66, 0.655]
    assert beyond_noise(SystemValue.of_seeds(first), SystemValue.of_seeds(third)) is True


def test_rounding_is_taken_off_a_gap_before_it_is_tested():
    exact = (SystemValue(0.6210, 0.0, 0.005), SystemValue(0.6070, 0.0, 0.005))
    coarse = (SystemValue(0.6210, 0.0005, 0.005), SystemValue(0.6070, 0.0005, 0.005))
    assert (beyond_noise(*exact), beyond_noise(*coarse)) == (True, False)


def test_no_noise_gives_no_interval():
    found = agreement_of_order(computed([3, 2, 1]), computed([3, 1, 2]))
    assert (found.interval, found.n_noise_known) == (None, 0)


def test_gaps_far_beyond_noise_leave_one_tau():
    found = agreement_of_order(computed([3, 2, 1], error=1e-3), computed([3, 1, 2], error=1e-3))
    assert found.interval == (pytest.approx(found.tau), pytest.approx(found.tau))


def test_noise_as_wide_as_the_gaps_leaves_every_tau_open():
    found = agreement_of_order(computed([3, 2, 1], error=50), computed([3, 2, 1], error=50))
    assert found.interval == (pytest.approx(-1), pytest.approx(1))


def test_few_seeds_leave_more_open_than_many_with_the_same_standard_error():
    values = np.arange(6) * 1.5
    few = agreement_of_order(computed(values, 1.0, 1), computed(values, 1.0, 1)).interval
    many = agreement_of_order(computed(values, 1.0), computed(values, 1.0)).interval
    assert few[0] < many[0]


def test_an_interval_over_part_of_the_noise_says_of_how_much():
    noisy = {**computed([3, 2, 1]), "system 0": SystemValue(3, 0, 0.5)}
    found = agreement_of_order(noisy, computed([3, 2, 1]))
    assert (found.n_noise_known, found.interval is not None) == (1, True)


def test_the_same_seed_gives_the_same_interval():
    first, second = computed([3, 2, 1, 0], error=1.0), computed([3, 1, 2, 0], error=1.0)
    one, other = (agreement_of_order(first, second, seed=7) for _ in range(2))
    assert one == other


def test_the_interval_covers_the_tau_of_the_true_orders():
    rng = np.random.default_rng(0)
    covered = []
    for study in range(200):
        truth = rng.normal(0, 3, (2, 8))
        runs = truth[..., None] + rng.normal(0, 1, (2, 8, 3))
        low, high = tau_interval(*([SystemValue.of_seeds(own) for own in one] for one in runs.tolist()), seed=study)
        covered.append(low - 1e-9 <= stats.kendalltau(*truth).statistic <= high + 1e-9)
    assert np.mean(covered) >= 0.93


@pytest.mark.parametrize("wrong", [{"value": float("nan")}, {"value": 1, "rounding": -1}, {"value": 1, "error": -1}])
def test_what_is_no_value_is_refused(wrong):
    with pytest.raises(ValueError, match="must be finite"):
        SystemValue(**wrong)


@pytest.mark.real_data
def test_the_order_of_raos_reported_numbers_comes_back_in_part(shared_data):
    with (shared_data.parent / "tables" / "rao2022.csv").open() as lines:
        cells = [
            row
            for row in csv.DictReader(lines)
            if (row["dataset"], row["true_direction"], row["k"]) == ("MS-COCO 5K", "image-to-text", "1")
            and row["reported_in_paper"]
            and row["reproduced"]
        ]
    reported, reproduced = (
        {
            f"{row['system']} {row['variant']}".strip(): SystemValue.of_printed(Printed(row[name], Scale.PERCENT))
            for row in cells
        }
        for name in ("reported_in_paper", "reproduced")
    )
    found = agreement_of_order(reported, reproduced)
    assert (len(found.systems), found.n_pairs, len(found.flips)) == (9, 36, 7)
    assert found.tau == pytest.approx(22 / 36)
    assert found.interval is None
    [flip] = [one for one in found.flips if (one.ahead_in_first, one.ahead_in_second) == ("UNITER-Base", "ViLT-DA")]
    assert (flip.gap_in_first, flip.gap_in_second) == (pytest.approx(0.015), pytest.approx(0.099))
