"""One contract for every kind of catalogue entry: a new entry is checked without a new test."""

import difflib
import re

import numpy as np
import pytest

from evaluator.groups import RelevantGroups
from evaluator.metric import METRICS
from evaluator.protocol import PROTOCOLS
from evaluator.report import RankCounts
from evaluator.score_format import FORMATS
from splits import SPLITS, CaptionPolicy, Centricity, UnknownNameError

CATALOGS = {"split": SPLITS, "score format": FORMATS, "metric": METRICS, "protocol": PROTOCOLS}
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@pytest.mark.parametrize("catalog", CATALOGS.values(), ids=CATALOGS)
def test_a_catalogue_is_not_empty_and_gives_every_entry_under_its_name(catalog):
    assert len(catalog) > 0
    for name in catalog:
        assert catalog[name].name == name
        assert name in catalog


@pytest.mark.parametrize("catalog", CATALOGS.values(), ids=CATALOGS)
def test_a_misspelt_name_is_answered_with_the_right_one(catalog):
    name = max(catalog, key=len)
    misspelt = name[:-1] + "~"
    with pytest.raises(UnknownNameError) as caught:
        catalog[misspelt]
    message = str(caught.value)
    assert message.startswith("There is no ")
    assert repr(misspelt) in message
    assert "Did you mean" in message
    assert difflib.get_close_matches(misspelt, list(catalog), cutoff=0.5)[0] in message


@pytest.mark.parametrize("name", list(SPLITS))
class TestEverySplit:
    def test_has_a_name_of_dataset_and_part(self, name):
        assert re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", name)

    def test_says_where_it_comes_from(self, name):
        dataset = SPLITS[name].dataset
        assert isinstance(dataset.centricity, Centricity)
        for text in (dataset.name, dataset.title, dataset.licence, dataset.citation, dataset.source):
            assert text.strip()

    def test_can_be_read_or_says_how_it_is_built(self, name):
        definition = SPLITS[name]
        assert definition.read or definition.build
        if definition.read is None:
            assert definition.instructions.strip()
        assert set(definition.caption_policies) <= set(CaptionPolicy)

    def test_pins_a_digest_where_it_pins_one(self, name):
        digest = SPLITS[name].digest
        assert digest is None or DIGEST.fullmatch(digest)

    def test_is_what_its_definition_says(self, name):
        definition = SPLITS[name]
        if definition.read is None:
            return
        split = definition.read()
        assert split.name == name
        assert split.digest == definition.digest
        assert (split.n_images, split.n_captions) == (definition.n_images, definition.n_captions)


@pytest.mark.parametrize("name", list(FORMATS))
class TestEveryFormat:
    def test_says_what_it_is(self, name):
        assert FORMATS[name].summary.strip().endswith(".")

    def test_has_suffixes_with_their_dot(self, name):
        assert all(re.fullmatch(r"(\.[a-z0-9]+)+", suffix) for suffix in FORMATS[name].suffixes)

    def test_reads_and_writes(self, name):
        for function in (FORMATS[name].accepts, FORMATS[name].read, FORMATS[name].write):
            assert callable(function)

    @pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"\0" * 64, b"[" * 4096, b"hello\n"])
    def test_looks_at_any_content_without_raising(self, name, content, tmp_path):
        path = tmp_path / f"file{(*FORMATS[name].suffixes, '')[0]}"
        path.write_bytes(content)
        assert FORMATS[name].accepts(path) in (True, False)


def any_counts(generator):
    """Rank counts of 200 queries over a gallery of 60: half of them with ties."""
    relevant = generator.integers(1, 6, 200)
    others = 60 - relevant
    tied = np.where(generator.random(200) < 0.5, generator.integers(0, others + 1), 0)
    above = generator.integers(0, others - tied + 1)
    tied_relevant = generator.integers(1, relevant + 1)
    rows = [values.astype(np.int32)[None, :] for values in (above, tied, tied_relevant)]
    return RankCounts(np.arange(200), *rows)


def any_groups(generator):
    """The tie groups of 200 queries with up to three groups each, some relevant candidates never found."""
    groups = generator.integers(1, 4, 200)
    offsets = np.concatenate(([0], np.cumsum(groups)))
    size = generator.integers(1, 8, offsets[-1])
    relevant = generator.integers(1, size + 1)
    gaps = generator.integers(0, 5, offsets[-1])
    ends = np.cumsum(gaps + size)
    before = np.concatenate(([0], ends))[offsets[:-1]]
    above = ends - size - np.repeat(before, groups)
    found = np.add.reduceat(relevant, offsets[:-1])
    return RelevantGroups(np.arange(200), offsets, above, size, relevant, found + generator.integers(0, 3, 200))


def all_values(metric, generator):
    if metric.from_counts is not None:
        return metric.from_counts(any_counts(generator))
    return metric.from_groups(any_groups(generator))


@pytest.mark.parametrize("name", list(METRICS))
class TestEveryMetric:
    def test_says_in_a_sentence_what_it_is(self, name):
        assert METRICS[name].definition.strip().endswith(".")

    def test_looks_at_counts_or_at_groups_and_not_at_both(self, name):
        assert (METRICS[name].from_counts is None) != (METRICS[name].from_groups is None)

    def test_has_its_cutoff_in_its_name(self, name):
        cutoff = METRICS[name].cutoff
        assert cutoff is None or name.endswith(f"@{cutoff}")

    def test_gives_one_value_per_query(self, name):
        values = all_values(METRICS[name], np.random.default_rng(1))
        assert [v.shape for v in values] == [(1, 200)] * 3
        assert all(np.isfinite(v).all() for v in values)

    def test_expects_a_value_between_the_bounds(self, name):
        expected, pessimistic, optimistic = all_values(METRICS[name], np.random.default_rng(2))
        low, high = (pessimistic, optimistic) if METRICS[name].higher_is_better else (optimistic, pessimistic)
        assert (low - 1e-12 <= expected).all()
        assert (expected <= high + 1e-12).all()

    def test_is_a_fraction_or_a_rank(self, name):
        values = np.stack(all_values(METRICS[name], np.random.default_rng(3)))
        if METRICS[name].is_fraction:
            assert values.min() >= 0
            assert values.max() <= 1 + 1e-12
        else:
            assert values.min() >= 1


@pytest.mark.parametrize("name", list(PROTOCOLS))
class TestEveryProtocol:
    def test_has_a_name_in_lower_case_and_a_title(self, name):
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert PROTOCOLS[name].title.strip()

    def test_has_a_version_from_one(self, name):
        assert PROTOCOLS[name].version >= 1

    def test_names_a_split_and_metrics_that_exist(self, name):
        protocol = PROTOCOLS[name]
        assert protocol.split is None or protocol.split in SPLITS
        assert protocol.metrics
        assert set(protocol.metrics) <= set(METRICS)

    def test_asks_for_a_caption_policy_that_its_split_offers(self, name):
        protocol = PROTOCOLS[name]
        if protocol.split is not None:
            assert protocol.captions in SPLITS[protocol.split].caption_policies

    def test_cuts_its_split_into_equal_folds_that_hold_every_image_once(self, name):
        protocol = PROTOCOLS[name]
        if protocol.folds is None or protocol.split is None:
            return
        n_images = SPLITS[protocol.split].n_images
        folds = protocol.folds.assign(n_images, 0)
        assert folds.shape == (n_images, protocol.folds.draws or 1)
        for draw in folds.T:
            assert set(np.bincount(draw).tolist()) == {n_images // protocol.folds.count}

    def test_finds_its_judgments_in_its_split(self, name):
        protocol = PROTOCOLS[name]
        if protocol.split is None or SPLITS[protocol.split].read is None:
            return
        assert SPLITS[protocol.split].read().judgments(protocol.judgments).name == protocol.judgments
