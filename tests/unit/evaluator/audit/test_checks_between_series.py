"""What is wrong between series: folds, directions, repeats, seeds, ablations, cells out of line."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from evaluator.audit.check import Severity, examine
from evaluator.audit.checks.folds import wholes_of
from evaluator.audit.claim import Kind
from evaluator.audit.claim_set import ClaimSet
from evaluator.audit.printed import Printed, Scale
from evaluator.audit.thinning import recall_in_folds
from splits.split import Direction
from tests.unit.evaluator.audit.tables import claim, table
from tests.unit.evaluator.audit.test_checks_of_one_series import found, one_row

COCO = {"dataset": "coco", "n_images": 5000, "n_captions": 25000}


def whole_and_folds(whole, folds, other_whole="- - -", other_folds="- - -", whole_name="coco-5k"):
    return [
        *one_row(whole, other_whole, protocol=whole_name, **COCO),
        *one_row(folds, other_folds, protocol="coco-1k", **COCO),
    ]


class TestWholeAgainstFolds:
    HONEST = ("41.3 71.1 81.2", "64.6 90.0 95.7", "30.3 59.4 72.4", "52.0 84.3 92.0")

    @pytest.mark.parametrize("whole", ["coco-5k", "coco-5k-25010"])
    def test_an_honest_pair_is_none(self, whole):
        assert found("whole-against-folds", whole_and_folds(*self.HONEST, whole_name=whole)) == []

    def test_a_whole_above_its_folds_is_an_error(self):
        [finding] = found("whole-against-folds", whole_and_folds("64.6 90.0 95.7", "41.3 71.1 81.2"))
        assert finding.severity is Severity.ERROR
        assert "R@1 64.6 above 41.3" in finding.arithmetic
        assert finding.innocent

    def test_a_whole_at_the_level_of_its_folds_is_a_warning(self):
        [finding] = found("whole-against-folds", whole_and_folds("64.1 - -", "64.6 90.0 95.7"))
        assert finding.severity is Severity.WARNING
        assert "R@1 64.1 at the level of 64.6" in finding.arithmetic

    def test_nearly_everything_found_in_both_is_none(self):
        assert found("whole-against-folds", whole_and_folds("90.0 97.0 99.0", "97.0 97.5 99.6")) == []

    def test_folds_that_gain_more_or_less_than_they_can_are_a_warning_with_the_bounds(self):
        [more] = found("whole-against-folds", whole_and_folds("- - -", "- - -", "24.4 53.4 66.8", "64.4 81.4 90.8"))
        assert more.severity is Severity.WARNING
        assert "R@1 64.4, where the whole gallery's numbers allow 38.08 to 55.56" in more.arithmetic
        [less] = found("whole-against-folds", whole_and_folds("- - -", "- - -", "16.5 42.4 56.7", "25.2 56.9 67.4"))
        assert "R@1 25.2, where the whole gallery's numbers allow 29.03 to 46.56" in less.arithmetic

    def test_up_to_a_point_beyond_the_bounds_is_none(self):
        assert found("whole-against-folds", whole_and_folds("- - -", "- - -", "24.4 53.4 66.8", "56.5 81.4 90.8")) == []

    def test_recalls_that_fall_bound_nothing(self):
        assert found("whole-against-folds", whole_and_folds("- - -", "- - -", "24.4 66.8 53.4", "64.4 81.4 90.8")) == []

    def test_different_systems_and_kinds_are_not_held_against_each_other(self):
        whole, folds = (
            one_row("64.6 90.0 95.7", protocol="coco-5k", **COCO),
            one_row("41.3 71.1 81.2", protocol="coco-1k"),
        )
        for change in ({"system": "B"}, {"kind": Kind.REPRODUCED}, {"variant": "v"}, {"seed": "1"}):
            assert found("whole-against-folds", [*whole, *(replace(one, **change) for one in folds)]) == []

    def test_the_catalogue_says_which_gallery_folds_are_of(self):
        assert wholes_of("coco-1k") == (("coco-5k", 5), ("coco-5k-25010", 5))
        assert wholes_of("coco-5k") == wholes_of("flickr30k-1k") == wholes_of(None) == wholes_of("of others") == ()

    def test_the_bounds_hold_for_lists_that_are_cut_into_random_folds(self):
        generator = np.random.default_rng(0)
        images, per_image, folds = 1000, 5, 5
        fold = generator.permutation(images) % folds
        scores = generator.standard_normal((images, images * per_image)).astype(np.float32)
        # Captions of one image score alike, as they do in a real model: the hardest case for the bounds.
        scores += 2 * generator.standard_normal((images, images)).repeat(per_image, axis=1).astype(np.float32)
        own = np.arange(images).repeat(per_image)
        scores[own, np.arange(images * per_image)] += generator.choice([0, 5, 9], images).repeat(per_image)
        for ranks_of, sizes, by in ((scores, (1,), per_image), (scores.T, (1, 5, 10), 1)):
            query = np.arange(images) if by > 1 else own
            candidate = own if by > 1 else np.arange(images)
            relevant = candidate[None, :] == query[:, None]
            best = np.where(relevant, ranks_of, -np.inf).max(1)
            above = (ranks_of > best[:, None]) & ~relevant
            within = (above & (fold[candidate][None, :] == fold[query][:, None])).sum(1)
            whole = [(k, float((above.sum(1) < k).mean())) for k in (1, 5, 10)]
            for k in sizes:
                bounds = recall_in_folds(k, whole, folds, per_image=by)
                assert bounds.low - 0.01 <= (within < k).mean() <= bounds.high + 0.01
                assert bounds.high - bounds.low < 0.6


ROW = {"A": ("43.7 71.9 82.1", "32.3 60.9 72.1")}
SWAPPED = {"A": ("32.5 61.0 72.0", "43.6 71.5 82.2")}


class TestDirections:
    def test_one_label_with_two_meanings_is_told_with_its_tables(self):
        one = [replace(c, table="Table 3", printed_direction="IR") for c in one_row("- - -", "32.3 60.9 72.1")]
        other = [replace(c, table="Table 5", printed_direction="IR") for c in one_row("43.7 71.9 82.1")]
        [finding] = found("directions-disagree", [*one, *other])
        assert finding.severity is Severity.WARNING
        assert "The label IR means t2i in Table 3 and i2t in Table 5" in finding.arithmetic
        assert [cell.table for cell in finding.cells] == ["Table 3", "Table 5"]

    def test_a_label_that_always_means_one_direction_is_none(self):
        assert found("directions-disagree", table(ROW) + table(ROW, table="Table 2")) == []

    def test_numbers_that_fit_only_when_interchanged_are_found_in_another_table_and_another_source(self):
        own, others = table(ROW), table(SWAPPED, source="other")
        [finding] = found("directions-disagree", own, others)
        assert finding.severity is Severity.WARNING
        assert "10.7 points apart on average, with the directions of one interchanged 0.2" in finding.arithmetic
        [finding] = found("directions-disagree", own + table(SWAPPED, table="Table 2"))
        assert len(finding.cells) == 12

    def test_the_very_numbers_interchanged_are_an_error(self):
        swapped = {"A": (ROW["A"][1], ROW["A"][0])}
        [finding] = found("directions-disagree", table(ROW), table(swapped, source="other"))
        assert finding.severity is Severity.ERROR

    def test_different_numbers_that_do_not_fit_better_interchanged_are_none(self):
        apart = {"A": ("63.7 81.9 92.1", "52.3 80.9 82.1")}
        near = {"A": ("40.7 69.9 80.1", "36.3 64.9 75.1")}
        alike = {"A": ("33.5 61.0 72.0", "32.6 61.5 72.2")}
        for other in (apart, near, alike):
            assert found("directions-disagree", table(ROW), table(other, source="other")) == []

    def test_other_systems_ablations_and_single_runs_are_not_compared(self):
        swapped = table(SWAPPED, source="other")
        for change in ({"system": "B"}, {"kind": Kind.ABLATION}, {"seed": "3"}, {"protocol": "coco-5k"}):
            others = [replace(one, **change) for one in swapped]
            assert found("directions-disagree", table(ROW), others) == []

    def test_numbers_on_data_that_nobody_names_are_not_compared(self):
        nameless = {"dataset": "", "protocol": None}
        own, others = table(ROW, **nameless), table(SWAPPED, source="other", **nameless)
        assert found("directions-disagree", own, others) == []

    def test_a_label_that_stands_for_both_directions_in_one_table_is_none(self):
        both = [replace(one, printed_direction="recall") for one in table(ROW)]
        single = [replace(one, printed_direction="recall") for one in table({"A": (ROW["A"][0], "- - -")}, table="T 2")]
        assert found("directions-disagree", both) == []
        assert found("directions-disagree", both + single) == []

    def test_a_system_in_very_many_tables_is_held_against_the_first_distinct_ones(self):
        rows = [({"A": (f"{43 + n / 100:.2f} 71.9 82.1", "32.3 60.9 72.1")}, f"T {n}") for n in range(800)]
        claims = [one for row, name in rows for one in table(row, table=name)]
        last = table(SWAPPED, table="last")
        assert len(found("directions-disagree", claims[:6] + last)) == 1
        assert len(found("directions-disagree", claims + last)) == 50

    def test_interchanged_rows_are_found_among_copies_of_one(self):
        claims = [one for n in range(60) for one in table(ROW, table=f"T {n}")]
        assert len(found("directions-disagree", claims + table(SWAPPED, table="last"))) == 60


ROWS = {
    "A": ("43.7 71.9 82.1", "32.3 60.9 72.1"),
    "B": ("43.7 71.9 82.1", "32.4 60.0 70.1"),
    "C": ("53.7 73.9 84.1", "32.3 61.9 72.1"),
}


class TestRepeats:
    def test_a_series_of_another_system_is_found(self):
        [finding] = found("repeated-numbers", table(ROWS))
        assert finding.severity is Severity.WARNING
        assert {cell.system for cell in finding.cells} == {"A", "B"}
        assert "are both R@1 43.7, R@5 71.9, R@10 82.1" in finding.arithmetic

    def test_single_equal_cells_are_none(self):
        assert found("repeated-numbers", table({name: ROWS[name] for name in "AC"})) == []

    def test_both_directions_of_two_rows_are_one_finding(self):
        [finding] = found("repeated-numbers", table({"A": ROWS["A"], "B": ROWS["A"]}))
        assert len(finding.cells) == 12

    def test_a_dataset_that_repeats_another_is_found(self):
        again = one_row("43.7 71.9 82.1", dataset="coco", protocol="coco-5k")
        [finding] = found("repeated-numbers", one_row("43.7 71.9 82.1") + again)
        assert "coco-5k, i2t" in finding.arithmetic

    def test_three_cells_that_agree_across_directions_or_datasets_are_a_note(self):
        across = {"A": ("81.7 95.9 97.8", "62.1 85.0 91.2"), "B": ("90.1 98.0 99.1", "81.7 95.9 97.8")}
        [finding] = found("repeated-numbers", table(across, n_images=5000, n_captions=25000))
        assert finding.severity is Severity.NOTE
        assert "3 pairs of series were compared" in finding.arithmetic
        again = one_row("43.7 71.9 82.1", dataset="coco", protocol="coco-5k")
        [finding] = found("repeated-numbers", one_row("43.7 71.9 82.1") + again)
        assert finding.severity is Severity.NOTE

    def test_the_more_pairs_are_compared_the_less_one_that_agrees_says(self):
        same = {"A": ("43.7 71.9 82.1", "- - -"), "B": ("43.7 71.9 82.1", "- - -")}
        many = {f"S{n}": (f"{30 + n / 10:.1f} {60 + n / 10:.1f} {70 + n / 10:.1f}", "- - -") for n in range(120)}
        assert [one.severity for one in found("repeated-numbers", table(same))] == [Severity.WARNING]
        [finding] = found("repeated-numbers", table({**many, **same}))
        assert finding.severity is Severity.NOTE
        assert "7,381 pairs" in finding.arithmetic

    def test_what_chance_leads_to_expect_across_directions_is_none(self):
        same = {"A": ("81.7 95.9 97.8", "- - -"), "B": ("- - -", "81.7 95.9 97.8")}
        many = {f"S{n}": (f"{30 + n / 10:.1f} {60 + n / 10:.1f} {70 + n / 10:.1f}", "- - -") for n in range(250)}
        assert found("repeated-numbers", table({**many, **same}, n_images=5000, n_captions=25000)) == []

    def test_a_row_of_twenty_thousand_cells_needs_no_more_memory_than_its_cells(self):
        cells = [claim(f"{30 + n % 400 / 10:.1f}", dataset=f"d{n}", protocol=None) for n in range(20_000)]
        tracemalloc.start()
        assert found("repeated-numbers", cells) == []
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 100 * 2**20

    def test_a_row_that_differs_in_one_cell_is_a_note_on_that_cell(self):
        near = {"A": ROWS["A"], "B": ("43.7 71.9 82.7", "32.3 60.9 72.1")}
        [series, note] = found("repeated-numbers", table(near))
        assert (series.severity, note.severity) == (Severity.WARNING, Severity.NOTE)
        assert [str(cell.printed) for cell in note.cells] == ["82.1", "82.7"]
        assert "agree in 5 of 6 cells" in note.arithmetic

    def test_two_cells_apart_is_no_near_row(self):
        apart = {"A": ROWS["A"], "B": ("43.7 71.9 82.7", "32.3 60.9 72.2")}
        assert found("repeated-numbers", table(apart)) == []

    def test_a_column_that_repeats_another_k_is_found(self):
        rows = {"A": ("43.7 71.9 71.9", "1 2 3"), "B": ("53.7 73.9 73.9", "2 3 4"), "C": ("58.7 75.9 75.9", "3 4 5")}
        findings = [f for f in found("repeated-numbers", table(rows)) if "columns" in f.arithmetic]
        assert ["the columns flickr30k-1k i2t R@5 and flickr30k-1k i2t R@10" in f.arithmetic for f in findings] == [
            True
        ]
        rows["C"] = ("58.7 75.9 76.0", "3 4 5")
        assert not [f for f in found("repeated-numbers", table(rows)) if "columns" in f.arithmetic]

    def test_what_two_tables_quote_of_one_system_is_none(self):
        quoted = table({"A": ROWS["A"]}, table="Table 2", variant="with BERT")
        assert found("repeated-numbers", table({"A": ROWS["A"]}) + quoted) == []

    @pytest.mark.parametrize("row", ["98.1 99.8 100.0", "0.3 1.4 2.8", "4 12 18", "0.531 1.167 1.583"])
    def test_numbers_that_agree_by_chance_are_none(self, row):
        assert found("repeated-numbers", table({"A": (row, "- - -"), "B": (row, "- - -")})) == []

    def test_a_ceiling_and_single_runs_are_none(self):
        assert (
            found("repeated-numbers", table({"A": ("100 100 100", "- - -"), "B": ("100.0 100.0 100.0", "- - -")})) == []
        )
        runs = [replace(one, seed=one.system) for one in table({"A": ROWS["A"], "B": ROWS["A"]})]
        assert found("repeated-numbers", runs) == []


def runs_of(*texts, **changes):
    return [
        replace(one, seed=str(number), table="runs", row=f"run {number}", kind=Kind.REPRODUCED, **changes)
        for number, text in enumerate(texts, 1)
        for one in one_row(text)
    ]


class TestMeanOutsideSeeds:
    RUNS = ("43.2 71.4 81.3", "45.1 74.3 83.2", "41.9 71.8 82.7", "45.2 73.0 83.3")

    def mean(self, text, n_seeds=None):
        return claim(text, kind=Kind.REPRODUCED, n_seeds=n_seeds)

    def test_a_mean_outside_its_runs_is_a_warning_with_their_range(self):
        [finding] = found("mean-outside-seeds", [self.mean("46.0"), *runs_of(*self.RUNS)])
        assert finding.severity is Severity.WARNING
        assert "i2t R@1 46.0, the runs lie between 41.9 and 45.2" in finding.arithmetic
        assert finding.innocent

    @pytest.mark.parametrize("text", ["41.9", "45.2", "41.8", "45.3", "43"])
    def test_a_mean_within_them_is_none_with_rounding(self, text):
        assert found("mean-outside-seeds", [self.mean(text), *runs_of(*self.RUNS)]) == []

    def test_the_mean_of_all_runs_listed_beside_it_must_be_theirs(self):
        beside = [replace(self.mean("44.0", 4), table="runs"), *runs_of(*self.RUNS)]
        [finding] = found("mean-outside-seeds", beside)
        assert finding.severity is Severity.ERROR
        assert "the mean of all is 43.85" in finding.arithmetic
        assert finding.innocent == ""

    def test_as_many_runs_of_another_table_or_source_may_be_other_runs(self):
        mean, runs = self.mean("44.0", 4), runs_of(*self.RUNS)
        beside = replace(mean, table="runs")
        elsewhere = [replace(one, source="other") for one in runs]
        for own, others in (([mean, *runs], []), ([beside], elsewhere), ([beside, *runs[:6]], elsewhere[6:])):
            [finding] = found("mean-outside-seeds", own, others)
            assert finding.severity is Severity.WARNING
            assert "the mean of all is 43.85" in finding.arithmetic
            assert "other runs" in finding.innocent

    def test_a_mean_of_all_is_none_within_rounding(self):
        for text in ("43.9", "43.8"):
            assert found("mean-outside-seeds", [self.mean(text, 4), *runs_of(*self.RUNS)]) == []

    def test_a_mean_of_three_that_no_three_of_the_runs_have_is_a_note(self):
        [finding] = found("mean-outside-seeds", [self.mean("45.1", 3), *runs_of(*self.RUNS)])
        assert finding.severity is Severity.NOTE
        assert "the lowest 3 have the mean 43.4 and the highest 3 44.5" in finding.arithmetic
        assert found("mean-outside-seeds", [self.mean("44.5", 3), *runs_of(*self.RUNS)]) == []

    def test_reported_numbers_and_other_systems_are_not_of_these_runs(self):
        for change in ({"kind": Kind.REPORTED}, {"variant": "v"}, {"direction": Direction.T2I}):
            assert found("mean-outside-seeds", [replace(self.mean("46.0"), **change), *runs_of(*self.RUNS)]) == []


class TestIdenticalSeeds:
    def test_runs_that_agree_in_every_cell_are_named(self):
        runs = runs_of("78.4 93.9 96.6", "76.4 93.9 96.4", "78.4 93.9 96.6")
        [finding] = found("identical-seeds", runs)
        assert finding.severity is Severity.WARNING
        assert "the runs 1 and 3 of 3 agree in all 3 cells (i2t R@1 78.4" in finding.arithmetic
        assert "two seeds" in finding.innocent

    def test_one_cell_apart_is_none(self):
        assert found("identical-seeds", runs_of("78.4 93.9 96.6", "78.4 93.9 96.7")) == []

    def test_runs_that_all_agree_may_be_of_a_deterministic_system(self):
        [finding] = found("identical-seeds", runs_of("78.4 93.9 96.6", "78.4 93.9 96.6"))
        assert "deterministic" in finding.innocent

    @pytest.mark.parametrize("row", ["99.2 100.0 100.0", "78.4 93.9 100.0", "0.1 0.5 1.0"])
    def test_cells_at_the_ceiling_or_the_floor_tell_nothing(self, row):
        assert found("identical-seeds", runs_of(row, row)) == []

    def test_two_systems_and_two_cells_are_none(self):
        other = runs_of("78.4 93.9 96.6", variant="v")
        assert found("identical-seeds", runs_of("78.4 93.9 96.6") + other) == []
        assert found("identical-seeds", runs_of("78.4 93.9 -", "78.4 93.9 -")) == []


FULL = {"A": ("73.5 90.5 95.5", "53.1 78.7 85.4")}


class TestAblationWins:
    def ablated(self, i2t, t2i):
        return table({"A": (i2t, t2i)}, kind=Kind.ABLATION, ablation="without hard negatives")

    def full(self, kind=Kind.REPRODUCED):
        return table(FULL, kind=kind)

    def test_better_in_every_cell_is_a_warning_with_all_pairs(self):
        [finding] = found("ablation-wins", self.full() + self.ablated("74.5 92.5 96.8", "56.9 82.4 89.1"))
        assert finding.severity is Severity.WARNING
        assert "all 6 cells: i2t R@1 74.5 against 73.5" in finding.arithmetic

    @pytest.mark.parametrize("cell", ["95.5", "95.4"])
    def test_one_cell_that_is_not_better_is_enough_for_none(self, cell):
        assert found("ablation-wins", self.full() + self.ablated(f"74.5 92.5 {cell}", "56.9 82.4 89.1")) == []

    def test_reported_numbers_are_taken_only_where_nothing_was_reproduced(self):
        better = self.ablated("74.5 92.5 96.8", "56.9 82.4 89.1")
        assert found("ablation-wins", self.full(Kind.REPORTED) + better)
        above = table({"A": ("79.5 95.5 98.5", "63.1 88.7 95.4")}, kind=Kind.REPRODUCED)
        assert found("ablation-wins", self.full(Kind.REPORTED) + above + better) == []

    def test_without_a_full_system_there_is_nothing_to_beat(self):
        assert found("ablation-wins", self.ablated("74.5 92.5 96.8", "56.9 82.4 89.1")) == []

    def test_a_lower_rank_is_the_better_one(self):
        ranks = [
            claim(t, scale=Scale.PLAIN, metric=m, kind=Kind.REPRODUCED) for t, m in (("5", "MedR"), ("9.0", "MeanR"))
        ]
        lower = [replace(one, printed=Printed("3", Scale.PLAIN), kind=Kind.ABLATION, ablation="x") for one in ranks]
        recall = claim("73.5", kind=Kind.REPRODUCED)
        better = claim("74.5", kind=Kind.ABLATION, ablation="x")
        assert found("ablation-wins", [*ranks, recall, *lower, better])


class TestCellOutOfLine:
    """Rows that follow one law, as those of a real table do: logits a fixed distance apart, with a little noise."""

    def rows(self, change=None):
        generator = np.random.default_rng(3)
        rows = {}
        for number in range(14):
            logits = -0.5 + 0.12 * number + np.array([0, 1.25, 1.85]) + generator.normal(0, 0.02, 3)
            rows[f"S{number}"] = " ".join(f"{value:.1f}" for value in 100 / (1 + np.exp(-logits)))
        rows.update(change or {})
        return table({name: (row, "- - -") for name, row in rows.items()})

    def test_rows_in_line_are_none(self):
        assert found("cell-out-of-line", self.rows()) == []

    def test_a_jump_in_one_recall_is_found_and_what_it_would_be_is_told(self):
        row = [str(one.printed) for one in self.rows() if one.system == "S5"]
        assert float(row[0]) < 55
        [finding] = found("cell-out-of-line", self.rows({"S5": f"64.4 {row[1]} {row[2]}"}))
        assert finding.severity is Severity.WARNING
        assert {cell.system for cell in finding.cells} == {"S5"}
        assert f"R@1 is about {float(row[0]):.0f}"[:-1] in finding.arithmetic
        assert "64.4 is" in finding.arithmetic
        assert "too high" in finding.arithmetic

    def test_a_system_that_is_better_in_every_cell_is_in_line(self):
        assert found("cell-out-of-line", self.rows({"S5": "82.0 94.1 96.7"})) == []

    def test_a_point_is_no_jump(self):
        row = [float(str(one.printed)) for one in self.rows() if one.system == "S5"]
        assert found("cell-out-of-line", self.rows({"S5": f"{row[0] + 1:.1f} {row[1]} {row[2]}"})) == []

    def test_a_row_at_the_end_of_its_table_is_not_judged(self):
        assert found("cell-out-of-line", self.rows({"S0": "37.0 68.0 95.0"})) == []

    def test_rows_far_off_in_level_are_no_neighbours(self):
        far = {f"S{n}": ("5.0 12.0 17.0" if n < 7 else "90.0 98.5 99.0") for n in range(14) if n != 5}
        assert found("cell-out-of-line", self.rows({**far, "S5": "64.4 71.0 82.0"})) == []

    def test_rows_of_data_that_nobody_names_are_no_block(self):
        row = [str(one.printed) for one in self.rows() if one.system == "S5"]
        jump = self.rows({"S5": f"64.4 {row[1]} {row[2]}"})
        assert found("cell-out-of-line", [replace(one, dataset="", protocol=None) for one in jump]) == []

    def test_few_hits_or_misses_say_nothing(self):
        row = [str(one.printed) for one in self.rows() if one.system == "S5"]
        assert found("cell-out-of-line", self.rows({"S5": f"{row[0]} {row[1]} 99.9"})) == []

    def test_few_rows_say_nothing(self):
        claims = [one for one in self.rows({"S5": "64.4 71.0 82.0"}) if one.system in {f"S{n}" for n in range(7)}]
        assert found("cell-out-of-line", claims) == []


def test_errors_come_first_of_all_that_is_found():
    claims = [*runs_of("78.4 93.9 96.6", "78.4 93.9 96.6"), *table({"B": ("50.0 40.0 60.0", "- - -")})]
    assert [finding.severity for finding in examine(ClaimSet.of(claims))] == [Severity.ERROR, Severity.WARNING]
