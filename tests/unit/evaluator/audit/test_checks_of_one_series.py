"""What is wrong within one series: recalls that fall, flat tails, impossible values, wrong sums."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.audit.check import CHECKS, Severity
from evaluator.audit.checks.granularity import is_possible
from evaluator.audit.claim_set import ClaimSet
from evaluator.audit.printed import Printed, Scale
from splits.split import Direction
from tests.unit.evaluator.audit.tables import claim, table


def found(name, claims, others=()):
    return list(CHECKS[name].find(ClaimSet.of(claims), ClaimSet.of(others)))


def one_row(i2t, t2i="- - -", **changes):
    return table({"A": (i2t, t2i)}, **changes)


class TestRecallFalls:
    def test_a_recall_below_that_at_a_smaller_k_is_an_error_that_shows_both(self):
        [finding] = found("recall-falls", one_row("40.5 70.6 69.6"))
        assert finding.severity is Severity.ERROR
        assert [str(cell.printed) for cell in finding.cells] == ["70.6", "69.6"]
        assert "R@5 70.6 is above R@10 69.6" in finding.arithmetic

    def test_each_is_held_against_the_highest_before_it(self):
        assert [
            [str(cell.printed) for cell in finding.cells]
            for finding in found("recall-falls", one_row("50.0 40.0 45.0"))
        ] == [["50.0", "40.0"], ["50.0", "45.0"]]

    @pytest.mark.parametrize(
        "row", ["40.5 70.6 70.6", "70.6 70.6 70.6", "70.64 70.6 70.6", "40.5 70.63 70.6", "71 70.9 80"]
    )
    def test_equal_values_and_what_rounding_explains_are_none(self, row):
        assert found("recall-falls", one_row(row)) == []

    def test_a_fall_across_directions_is_none(self):
        assert found("recall-falls", one_row("50.0 80.0 90.0", "30.0 60.0 70.0")) == []


class TestFlatTail:
    @pytest.mark.parametrize("row", ["64.60 84.48 84.50", "64.24 74.16 74.16"])
    def test_a_tail_that_stops_at_five_is_found_and_the_depth_is_told(self, row):
        [finding] = found("flat-tail", one_row(row, n_images=5000))
        assert finding.severity is Severity.WARNING
        assert "k between 2 and 5" in finding.innocent
        assert row.split()[1] in finding.arithmetic

    @pytest.mark.parametrize(
        "row",
        ["97.0 100.0 100.0", "96.8 99.8 100.0", "94.3 99.7 99.8", "94.3 99.7 99.7", "88.0 98.7 99.4", "0.0 0.0 0.0"],
    )
    def test_saturation_is_none(self, row):
        assert found("flat-tail", one_row(row)) == []

    @pytest.mark.parametrize("row", ["43.7 71.9 82.1", "1.0 4.6 8.0", "12.68 31.64 42.52", "0.1 0.5 1.0"])
    def test_an_honest_tail_is_none_at_any_level(self, row):
        assert found("flat-tail", one_row(row, n_images=5000)) == []

    def test_printed_alike_without_proof_of_it_is_a_note(self):
        [finding] = found("flat-tail", one_row("82.9 98.1 98.1"))
        assert finding.severity is Severity.NOTE
        assert found("flat-tail", one_row("82.9 98.1 98.3")) == []

    def test_few_digits_are_counted_in_favour_of_the_source(self):
        assert found("flat-tail", one_row("20 45 45", n_images=5000))
        assert found("flat-tail", one_row("98 99 99", n_images=25000)) == []

    def test_unknown_queries_are_taken_as_a_thousand_and_told(self):
        [finding] = found("flat-tail", one_row("64.6 84.4 84.4", n_images=None))
        assert "taking 1,000 queries" in finding.arithmetic

    def test_without_r_at_1_there_is_nothing_to_hold_it_against(self):
        assert found("flat-tail", one_row("- 84.4 84.4")) == []


class TestImpossibleValue:
    def test_a_share_between_two_hit_counts_is_an_error_with_both_counts(self):
        [finding] = found("impossible-value", [claim("43.75", seed="1")])
        assert finding.severity is Severity.ERROR
        assert finding.innocent == ""
        assert "437 hits are 43.7000 and 438 hits are 43.8000" in finding.arithmetic

    def test_the_nearest_possible_values_are_none(self):
        assert found("impossible-value", [claim("43.70"), claim("43.80"), claim("43.7"), claim("44")]) == []

    def test_several_runs_make_more_values_possible_and_are_named_where_nobody_says_how_many(self):
        [finding] = found("impossible-value", [claim("43.75")])
        assert finding.severity is Severity.WARNING
        assert "a mean of 2 runs" in finding.innocent
        assert found("impossible-value", [claim("43.75", n_seeds=2), claim("43.77", n_seeds=3)]) == []

    def test_a_mean_of_a_known_number_of_runs_may_be_of_rounded_values(self):
        [finding] = found("impossible-value", [claim("43.75", n_seeds=3)])
        assert finding.severity is Severity.WARNING
        assert "rounded before" in finding.innocent

    def test_digits_that_were_cut_off_are_named(self):
        # 48 of 2,856 are 1.680672 %.
        [finding] = found("impossible-value", [claim("1.6806", n_images=2856, seed="1")])
        assert finding.severity is Severity.WARNING
        assert "cut off" in finding.innocent
        assert found("impossible-value", [claim("1.6807", n_images=2856, seed="1")]) == []

    @pytest.mark.parametrize(
        ("text", "scale"),
        [
            ("0.7049999833106995", Scale.FRACTION),
            ("0.70499998", Scale.FRACTION),
            ("70.49999833106995", Scale.PERCENT),
            ("70.19999694824219", Scale.PERCENT),
        ],
    )
    def test_the_digits_of_a_32_bit_float_are_named(self, text, scale):
        [finding] = found("impossible-value", [claim(text, scale=scale, seed="1")])
        assert finding.severity is Severity.WARNING
        assert "32-bit float" in finding.innocent

    @pytest.mark.parametrize("text", ["0.7049999", "0.7049998", "0.70499987", "0.7044999833106995"])
    def test_other_digits_than_those_of_a_32_bit_float_are_not(self, text):
        [finding] = found("impossible-value", [claim(text, scale=Scale.FRACTION, seed="1")])
        assert "32-bit" not in finding.innocent

    @pytest.mark.parametrize("queries", [1000, None])
    def test_what_is_no_share_is_said_to_be_none(self, queries):
        for text, what in (("-5.0", "no share is negative"), ("143.7", "no share is above 100 %")):
            [finding] = found("impossible-value", [claim(text, n_images=queries)])
            assert finding.severity is Severity.ERROR
            assert finding.innocent == ""
            assert what in finding.arithmetic
            assert "hits" not in finding.arithmetic
        assert found("impossible-value", [claim("100.0"), claim("0.0"), claim("100")]) == []

    def test_captions_are_the_queries_of_t2i_and_folds_count_together(self):
        t2i = {"direction": Direction.T2I, "protocol": "coco-1k", "n_images": 5000, "n_captions": 25000, "seed": "1"}
        assert found("impossible-value", [claim("43.704", **t2i)]) == []
        assert found("impossible-value", [claim("43.702", **t2i)])

    def test_unknown_counts_ranks_and_random_folds_are_left_alone(self):
        unknown = claim("43.75", n_images=None)
        rank = claim("4.25", scale=Scale.PLAIN, metric="MedR")
        random = claim("43.75", protocol="coco-1k-random")
        assert found("impossible-value", [unknown, rank, random]) == []
        assert found("impossible-value", [claim("43.75", protocol=None), claim("43.75", protocol="of others")])

    @given(
        st.integers(1, 60),
        st.integers(1, 3),
        st.integers(0, 3),
        st.sampled_from([Scale.PERCENT, Scale.FRACTION]),
        st.integers(0, 10**6),
    )
    def test_possible_is_what_some_hit_count_gives(self, queries, runs, decimals, scale, drawn):
        one = 10**decimals * (100 if scale is Scale.PERCENT else 1)
        text = f"{Decimal(drawn % (one + 1)).scaleb(-decimals):f}"
        printed, trials = Printed(text, scale), queries * runs
        # In whole numbers only: twice the distance of hits / trials from the value is no more than a step.
        steps = drawn % (one + 1)
        by_force = any(2 * abs(hits * one - steps * trials) <= trials for hits in range(trials + 1))
        assert is_possible(printed.low, printed.high, trials) == by_force

    @given(st.integers(1, 5000), st.data())
    def test_what_was_printed_from_hits_is_always_possible(self, queries, data):
        share = Decimal(data.draw(st.integers(0, queries))) / queries
        text = f"{100 * share:.{data.draw(st.integers(0, 6))}f}"
        printed = Printed(text, Scale.PERCENT)
        assert is_possible(printed.low, printed.high, queries)


class TestSumOfRecalls:
    ROWS = ("43.7 71.9 82.1", "32.3 60.9 72.1")

    def total(self, text, metric="rsum", direction=None, **changes):
        return claim(text, metric=metric, direction=direction, printed_direction="", column=metric, **changes)

    def test_an_rsum_that_its_terms_exclude_is_an_error_with_the_right_sum(self):
        [finding] = found("sum-of-recalls", [*one_row(*self.ROWS), self.total("364.0")])
        assert finding.severity is Severity.ERROR
        assert "rsum 364.0, but R@1 43.7" in finding.arithmetic
        assert "give 363, and between 362.7 and 363.3" in finding.arithmetic
        assert len(finding.cells) == 7

    @pytest.mark.parametrize("text", ["363.0", "362.7", "363.3", "363"])
    def test_an_rsum_that_rounding_of_its_terms_allows_is_none(self, text):
        assert found("sum-of-recalls", [*one_row(*self.ROWS), self.total(text)]) == []

    def test_just_beyond_all_rounding_is_found(self):
        assert found("sum-of-recalls", [*one_row(*self.ROWS), self.total("363.4")])

    def test_a_sum_of_one_direction_adds_up_that_direction(self):
        i2t = {"metric": "rsum", "direction": Direction.I2T}
        assert found("sum-of-recalls", [*one_row(*self.ROWS), self.total("197.7", **i2t)]) == []
        assert found("sum-of-recalls", [*one_row(*self.ROWS), self.total("165.3", **i2t)])

    def test_a_mean_is_held_against_its_terms(self):
        assert found("sum-of-recalls", [*one_row(*self.ROWS), self.total("60.5", "mean")]) == []
        [finding] = found("sum-of-recalls", [*one_row(*self.ROWS), self.total("61.0", "mean")])
        assert "give 60.5" in finding.arithmetic

    def test_a_mean_that_may_be_of_other_cells_is_a_warning(self):
        [finding] = found("sum-of-recalls", [*one_row(*self.ROWS), self.total("61.0", "mean")])
        assert finding.innocent
        assert finding.severity is Severity.WARNING

    def test_a_total_of_terms_that_are_not_printed_cannot_be_checked(self):
        assert found("sum-of-recalls", [*one_row("43.7 - 82.1", self.ROWS[1]), self.total("300.0")]) == []
        elsewhere = self.total("300.0", dataset="coco", protocol="coco-5k")
        assert found("sum-of-recalls", [*one_row(*self.ROWS), elsewhere]) == []

    def test_a_total_on_another_scale_is_not_compared(self):
        assert found("sum-of-recalls", [*one_row(*self.ROWS), self.total("521.0", scale=Scale.PLAIN)]) == []


def test_the_bound_on_a_flat_tail_is_no_smaller_than_the_chance():
    from scipy.stats import binom

    from evaluator.audit.checks.truncation import LEAST_SHARE, _Tail

    for missed, hits, early in [(100, 0, 0.5), (776, 3, 0.56), (50, 2, 0.9), (5000, 20, 0.03), (10, 1, 1.0)]:
        exact = binom.cdf(hits, missed, LEAST_SHARE * early)
        assert exact <= _Tail(missed, hits, early).chance * (1 + 1e-9)
    assert math.isclose(_Tail(100, 0, 0.5).chance, binom.cdf(0, 100, 0.15))
