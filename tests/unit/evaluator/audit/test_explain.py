"""Claims that plain scripts make under each alternative from one matrix are explained by that alternative."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from evaluator import PROTOCOLS, EmbeddingRun, Folds, ListRun, MatrixRun, RankedLists, RankEvidence
from evaluator.audit.alternative import ALTERNATIVES
from evaluator.audit.case import Case
from evaluator.audit.explain import attempt, explain, weigh
from evaluator.audit.explanation_text import sentence
from evaluator.audit.printed import Scale
from evaluator.errors import ClaimError, ScoreFileError
from evaluator.protocol import RECALLS
from splits import CaptionPolicy
from splits.split import Centricity, Dataset, Direction, Split
from tests.unit.evaluator.audit import plain_scripts as scripts
from tests.unit.evaluator.audit.tables import claim

N_IMAGES = 2000
OWNERS = np.sort(np.concatenate([np.repeat(np.arange(N_IMAGES), 5), np.arange(0, N_IMAGES, 20)]))
"""Every twentieth image has a sixth caption."""
FIRST = np.searchsorted(OWNERS, np.arange(N_IMAGES))
FIVE = np.flatnonzero(np.arange(len(OWNERS)) - FIRST[OWNERS] < 5)
DATASET = Dataset("made", "Generated", Centricity.SCENE, "CC0-1.0", "none", "generated")
STANDARD = replace(PROTOCOLS["standard"], metrics=RECALLS)


def split_of(owners):
    n = int(owners.max()) + 1
    pairs = np.stack([np.arange(len(owners)), owners], axis=1)
    return Split("made/test", DATASET, tuple(f"i{k}" for k in range(n)), tuple(f"c{k}" for k in pairs[:, 0]), pairs)


def embeddings(owners, *, seed, noise=1.1, dimensions=32):
    """Images and captions around common meanings: neighbours are alike, and one caption in ten is poor."""
    generator = np.random.default_rng(seed)
    meaning = generator.standard_normal((int(owners.max()) + 1, dimensions))
    poor = np.where(generator.random((len(owners), 1)) < 0.1, 2.5, 1)
    images = meaning + 0.3 * noise * generator.standard_normal(meaning.shape)
    captions = meaning[owners] + noise * poor * generator.standard_normal((len(owners), dimensions))
    return tuple((v / np.linalg.norm(v, axis=1, keepdims=True)).astype(np.float32) for v in (images, captions))


def matrix(owners, *, seed, **how):
    images, captions = embeddings(owners, seed=seed, **how)
    return images @ captions.T


def printed(values, directions=("i2t", "t2i")):
    """Six numbers as a table prints them."""
    keys = [(metric, Direction(d)) for d in directions for metric in RECALLS]
    return [
        claim(f"{value:.1f}", metric=metric, direction=direction, column=f"{direction} {metric}")
        for (metric, direction), value in zip(keys, values, strict=True)
    ]


SCORES = matrix(OWNERS, seed=0)
SPLIT = split_of(OWNERS)


@cache
def own():
    return scripts.both(SCORES, OWNERS)


@pytest.fixture(scope="module")
def tried():
    return attempt(Case((MatrixRun(SCORES),), SPLIT, STANDARD))


def random_captions(seed):
    generator = np.random.default_rng(seed)
    return FIRST + generator.integers(0, np.bincount(OWNERS))


def random_folds(seed):
    folds = np.repeat([0, 1], N_IMAGES // 2)
    np.random.default_rng(seed).shuffle(folds)
    return folds


def swap(values):
    return [*values[3:], *values[:3]]


MADE = {
    "share-found": lambda: scripts.both(SCORES, OWNERS, share=True),
    "first-caption": lambda: scripts.one_each(SCORES, OWNERS, FIRST),
    "first-caption + swapped-directions": lambda: swap(scripts.one_each(SCORES, OWNERS, FIRST)),
    "random-caption": lambda: scripts.one_each(SCORES, OWNERS, random_captions(77)),
    "folds-in-order": lambda: scripts.in_folds(SCORES, OWNERS, np.repeat([0, 1], N_IMAGES // 2)),
    "random-folds": lambda: scripts.in_folds(SCORES, OWNERS, random_folds(77)),
    "first-fold": lambda: scripts.both(SCORES[:1000, OWNERS < 1000], OWNERS[OWNERS < 1000]),
    "swapped-directions": lambda: swap(own()),
    "folds-in-order + swapped-directions": lambda: swap(
        scripts.in_folds(SCORES, OWNERS, np.repeat([0, 1], N_IMAGES // 2))
    ),
    "truncated-re-ranking (k = 2)": lambda: scripts.truncated(SCORES, OWNERS, 2),
    "truncated-re-ranking (k = 4)": lambda: scripts.truncated(SCORES, OWNERS, 4),
    "truncated-re-ranking (k = 8)": lambda: scripts.truncated(SCORES, OWNERS, 8),
}


@pytest.mark.parametrize("name", MADE)
def test_what_a_script_gives_under_an_alternative_is_explained_by_it(tried, name):
    found = weigh(tried, printed(MADE[name]()))
    assert not found.own.fits
    assert found.explained_by.name == name
    assert found.explained_by.title in sentence(found, "standard")


def test_what_the_protocol_itself_gives_needs_no_explanation(tried):
    found = weigh(tried, printed(own()))
    assert found.own.fits
    assert found.explained_by is None
    assert found.fitting == ()
    assert sentence(found, "standard") == ("standard itself gives all 6 claims, rounded: there is nothing to explain.")


@pytest.mark.parametrize("by", [-3.0, 1.0, 3.0])
def test_made_up_numbers_are_explained_by_nothing(tried, by):
    values = [value + by * (1 - 0.2 * k) for k, value in enumerate(own())]
    found = weigh(tried, printed(values))
    assert found.explained_by is None
    assert sentence(found, "standard").startswith("No alternative explains all 6 claims. The nearest is ")


def test_numbers_drawn_at_random_are_hardly_ever_explained(tried):
    generator = np.random.default_rng(0)
    explained = 0
    for _ in range(200):
        values = np.sort(generator.uniform(20, 95, 6).reshape(2, 3), axis=1).ravel()
        explained += weigh(tried, printed(values)).explained_by is not None
    assert explained == 0


def test_one_wrong_digit_is_no_longer_explained(tried):
    values = MADE["share-found"]()
    values[4] += 0.2
    found = weigh(tried, printed(values))
    assert found.explained_by is None
    assert found.trials[0].name == "share-found"
    assert found.trials[0].worst.claim.column == "t2i R@5"


def test_one_number_is_said_to_be_weak_evidence(tried):
    one = printed(MADE["share-found"]())[:1]
    assert "One number is weak evidence" in sentence(weigh(tried, one), "standard")


def test_25000_of_25010_captions_are_told_where_enough_digits_are_printed(tried):
    values = scripts.one_each(SCORES, OWNERS, FIVE)
    claims = [
        claim(f"{value / 100:.5f}", scale=Scale.FRACTION, metric=one.metric, direction=one.direction)
        for value, one in zip(values, printed(values), strict=True)
    ]
    assert weigh(tried, claims).explained_by.name == "five-captions"


def test_trials_that_do_not_fit_come_nearest_first(tried):
    found = weigh(tried, printed([50.0, 70.0, 80.0, 40.0, 60.0, 70.0]))
    distances = [trial.distance for trial in found.trials]
    assert distances == sorted(distances)
    nearest = found.trials[0]
    assert nearest.distance == max(abs(cell.gap) / 0.0005 for cell in nearest.cells)


class TestTies:
    """Scores rounded to two digits, so that many candidates tie."""

    SPLIT = split_of(OWNERS[OWNERS < 400])
    SCORES = np.round(matrix(OWNERS[OWNERS < 400], seed=1), 1)

    @pytest.mark.parametrize(
        ("name", "beats"), [("optimistic-ties", np.greater), ("pessimistic-ties", np.greater_equal)]
    )
    def test_counting_only_higher_scores_or_all_level_ones_is_told(self, name, beats):
        owners = OWNERS[OWNERS < 400]
        right = owners[None, :] == np.arange(400)[:, None]
        values = []
        for table, relevant in ((self.SCORES, right), (self.SCORES.T, right.T)):
            best = np.where(relevant, table, -np.inf).max(axis=1)
            before = (beats(table, best[:, None]) & ~(relevant & (table == best[:, None]))).sum(axis=1)
            values += [100 * float(np.mean(before < k)) for k in (1, 5, 10)]
        found = explain([MatrixRun(self.SCORES)], STANDARD, self.SPLIT, printed(values))
        assert found.explained_by.name == name

    def test_the_own_value_is_the_expected_one(self):
        case = Case((MatrixRun(self.SCORES),), self.SPLIT, STANDARD)
        values = [100 * case.own[metric, direction].value for direction in Direction for metric in RECALLS]
        found = explain([MatrixRun(self.SCORES)], STANDARD, self.SPLIT, printed(values))
        assert found.own.fits


class TestSeeds:
    OWNERS = np.repeat(np.arange(400), 5)
    RUNS = tuple(MatrixRun(matrix(np.repeat(np.arange(400), 5), seed=seed)) for seed in range(3))

    def values(self):
        return np.array([scripts.both(run.scores, self.OWNERS) for run in self.RUNS])

    def explained(self, values, runs=RUNS):
        return explain(runs, STANDARD, split_of(self.OWNERS), printed(values))

    def test_the_mean_over_the_runs_is_the_own_value(self):
        assert self.explained(self.values().mean(axis=0)).own.fits

    def test_the_best_run_is_told_from_the_mean(self):
        best = max(self.values().tolist(), key=sum)
        assert self.explained(best).explained_by.name == "best-seed (the run that is best overall)"

    def test_the_best_of_each_cell_is_told_too(self):
        best = self.values().max(axis=0)
        found = self.explained(best)
        assert "best-seed (each cell for itself)" in [trial.name for trial in found.fitting]

    def test_one_run_has_no_best(self):
        found = self.explained(self.values()[0], runs=self.RUNS[:1])
        assert not [trial for trial in found.trials if "best-seed" in trial.names]


def test_a_protocol_with_one_caption_is_explained_by_all():
    one = replace(STANDARD, captions=CaptionPolicy.ONE)
    owners = OWNERS[OWNERS < 400]
    scores = matrix(owners, seed=2)
    found = explain([MatrixRun(scores)], one, split_of(owners), printed(scripts.both(scores, owners)))
    assert found.explained_by.name == "all-captions"


def test_a_protocol_with_folds_is_explained_by_the_whole_split():
    folds = replace(STANDARD, folds=Folds(2))
    found = explain([MatrixRun(SCORES)], folds, SPLIT, printed(own()))
    assert found.explained_by.name == "whole-split"


def test_embeddings_give_what_their_matrix_gives():
    owners = OWNERS[OWNERS < 400]
    pair = embeddings(owners, seed=3)
    claims = printed([50.0, 70.0, 80.0, 40.0, 60.0, 70.0])
    by_matrix, by_pair = (
        explain([run], STANDARD, split_of(owners), claims).trials
        for run in (MatrixRun(pair[0] @ pair[1].T), EmbeddingRun(*pair))
    )
    found = {trial.name: [cell.span.value for cell in trial.cells] for trial in by_pair}
    assert found.keys() == {trial.name for trial in by_matrix}
    for trial in by_matrix:
        assert found[trial.name] == pytest.approx([cell.span.value for cell in trial.cells], abs=0.002)


def test_per_query_ranks_are_explained_by_what_needs_no_scores():
    owners = np.repeat(np.arange(400), 5)
    scores = matrix(owners, seed=4)
    ranks = {}
    for direction, table in ((Direction.I2T, scores), (Direction.T2I, scores.T)):
        right = owners == np.arange(400)[:, None]
        right = right if direction is Direction.I2T else right.T
        best = np.where(right, table, -np.inf).max(axis=1)
        ranks[direction] = (table > best[:, None]).sum(axis=1)
    found = explain([RankEvidence(ranks)], STANDARD, split_of(owners), printed(scripts.truncated(scores, owners, 4)))
    assert found.explained_by.name == "truncated-re-ranking (k = 4)"
    assert {"first-caption", "random-caption", "share-found"} <= {name for name, _ in found.left_out}


class TestOneDirection:
    """Ranked lists of captions for 400 images, and none of images."""

    OWNERS = np.repeat(np.arange(400), 5)
    SCORES = matrix(OWNERS, seed=5)

    def explained(self, claims):
        order = np.argsort(-self.SCORES, axis=1)
        scores = np.take_along_axis(self.SCORES, order, axis=1).ravel().astype(float)
        lists = RankedLists(np.arange(401) * len(self.OWNERS), order.ravel(), scores, len(self.OWNERS))
        return explain([ListRun({Direction.I2T: lists})], STANDARD, split_of(self.OWNERS), claims)

    def test_can_be_the_other_under_its_name(self):
        found = self.explained(printed(scripts.both(self.SCORES, self.OWNERS)[:3], directions=("t2i",)))
        assert found.own is None
        assert found.explained_by.name == "swapped-directions"

    def test_says_nothing_of_claims_on_both(self):
        found = self.explained(printed([50.0] * 6))
        assert (found.own, found.trials) == (None, ())
        assert sentence(found, "standard") == "Nothing that was tried measures all 6 claims."


def test_a_metric_of_all_relevant_candidates_is_explained_where_the_alternative_measures_it():
    owners = OWNERS[OWNERS < 400]
    runs, split, claims = [MatrixRun(matrix(owners, seed=7))], split_of(owners), [claim("1.0", metric="mAP")]
    first = {trial.name: trial for trial in explain(runs, STANDARD, split, claims).trials}["first-caption"]
    found = explain(runs, STANDARD, split, [claim(f"{100 * first.cells[0].span.value:.3f}", metric="mAP")])
    assert found.explained_by.name == "first-caption"
    assert not [trial for trial in found.trials if trial.names[0] in ("truncated-re-ranking", "five-captions")]


def test_medians_and_rsum_are_explained_too():
    owners = np.repeat(np.arange(400), 5)
    scores = matrix(owners, seed=6)
    values = scripts.one_each(scores, owners, np.arange(0, 2000, 5))
    claims = [
        *printed(values),
        claim(f"{sum(values):.1f}", metric="rsum", direction=None),
        claim("1.0", scale=Scale.PLAIN, metric="MedR"),
    ]
    assert explain([MatrixRun(scores)], STANDARD, split_of(owners), claims).explained_by.name == "first-caption"


def test_a_claim_without_a_direction_or_no_claim_at_all_is_refused():
    for claims, words in (([], "no claim to explain"), ([claim(direction=None)], "rsum alone has none")):
        with pytest.raises(ClaimError, match=words):
            explain([MatrixRun(SCORES)], STANDARD, SPLIT, claims)


def test_scores_that_are_not_finite_are_refused():
    scores = SCORES.copy()
    scores[3, 4] = np.nan
    with pytest.raises(ScoreFileError):
        explain([MatrixRun(scores)], STANDARD, SPLIT, printed([50.0] * 6))


@pytest.mark.real_data
class TestRealScores:
    def test_clip_on_flickr8k_photos(self, shared_data):
        folder = shared_data / "flickr8k" / "clip_vitb32_100x5"
        run = EmbeddingRun(np.load(folder / "image_embeddings.npy")[::5], np.load(folder / "text_embeddings.npy"))
        owners = np.repeat(np.arange(100), 5)
        scores = run.images @ run.captions.T
        for name, values in (
            ("share-found", scripts.both(scores, owners, share=True)),
            ("first-caption", scripts.one_each(scores, owners, np.arange(0, 500, 5))),
            ("swapped-directions", swap(scripts.both(scores, owners))),
            ("truncated-re-ranking (k = 2)", scripts.truncated(scores, owners, 2)),
        ):
            found = explain([run], STANDARD, split_of(owners), printed(values))
            assert found.explained_by.name == name

    def test_500_clip_pairs(self, shared_data):
        run = EmbeddingRun(*np.load(shared_data / "coco_val2017_clip500" / "features_clip.npy"))
        split = split_of(np.arange(500))
        own = [55.2, 80.8, 89.2, 50.6, 76.6, 86.2]
        assert explain([run], STANDARD, split, printed(own)).own.fits
        assert explain([run], STANDARD, split, printed(swap(own))).explained_by.name == "swapped-directions"
        assert explain([run], STANDARD, split, printed([58.4, 81.5, 88.1, 53.0, 77.0, 85.0])).explained_by is None


def test_every_alternative_is_proved_here():
    proved = {part.split(" (")[0] for name in MADE for part in name.split(" + ")}
    elsewhere = {"five-captions", "best-seed", "all-captions", "whole-split", "optimistic-ties", "pessimistic-ties"}
    assert set(ALTERNATIVES) == proved | elsewhere
