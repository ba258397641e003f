"""One contract for every kind of catalogue entry: a new entry is checked without a new test.

The files that the how-tos show are held to the same contracts, as if they stood in the catalogue.
"""

import csv
import difflib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluator.audit.alternative import ALTERNATIVES, Alternative
from evaluator.audit.case import Case
from evaluator.audit.check import CHECKS, AuditFinding, Check
from evaluator.audit.claim_set import ClaimSet
from evaluator.groups import RelevantGroups
from evaluator.metric import METRICS, Metric
from evaluator.protocol import PROTOCOLS, RECALLS, Protocol
from evaluator.report import RankCounts
from evaluator.run import MatrixRun
from evaluator.score_format import FORMATS, ScoreFormat
from splits import SPLITS, CaptionPolicy, Centricity, SplitDefinition, UnknownNameError
from submissions.claim_columns import COLUMN_NAMES
from submissions.claim_layout import CLAIM_LAYOUTS, ClaimLayout
from submissions.claims_file import read_claims
from tests.unit.evaluator.audit.tables import table
from tests.unit.format_contract import check_refusals, check_round_trips
from tests.unit.how_to import entry_of
from worker.probe import PROBES

CATALOGS = {
    "split": SPLITS,
    "score format": FORMATS,
    "metric": METRICS,
    "protocol": PROTOCOLS,
    "check": CHECKS,
    "alternative": ALTERNATIVES,
    "layout of claims": CLAIM_LAYOUTS,
    "probe": PROBES,
}
FORENSICS = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "forensics.md"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def with_the_shown(catalog, page, kind):
    """The entries of a catalogue and the one that a how-to shows, by name."""
    shown = entry_of(page, kind)
    return {shown.name: shown, **catalog}


ALL_SPLITS = with_the_shown(SPLITS, "add-a-dataset.md", SplitDefinition)
ALL_FORMATS = with_the_shown(FORMATS, "add-a-score-format.md", ScoreFormat)
ALL_METRICS = with_the_shown(METRICS, "add-a-metric.md", Metric)
ALL_PROTOCOLS = with_the_shown(PROTOCOLS, "add-a-protocol.md", Protocol)
ALL_CHECKS = with_the_shown(CHECKS, "add-a-check.md", Check)
ALL_ALTERNATIVES = with_the_shown(ALTERNATIVES, "add-an-alternative.md", Alternative)
ALL_LAYOUTS = with_the_shown(CLAIM_LAYOUTS, "import-claims.md", ClaimLayout)


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


@pytest.mark.parametrize("name", list(ALL_SPLITS))
class TestEverySplit:
    def test_has_a_name_of_dataset_and_part(self, name):
        assert re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", name)
        assert not re.match(r"my\b", name), "names that begin with `my` are left to people's own split files"

    def test_says_where_it_comes_from(self, name):
        dataset = ALL_SPLITS[name].dataset
        assert isinstance(dataset.centricity, Centricity)
        for text in (dataset.name, dataset.title, dataset.licence, dataset.citation, dataset.source):
            assert text.strip()

    def test_can_be_read_or_says_how_it_is_built(self, name):
        definition = ALL_SPLITS[name]
        assert definition.read or definition.build
        if definition.read is None:
            assert definition.instructions.strip()
        assert set(definition.caption_policies) <= set(CaptionPolicy)

    def test_pins_a_digest_where_it_pins_one(self, name):
        digest = ALL_SPLITS[name].digest
        assert digest is None or DIGEST.fullmatch(digest)

    def test_is_what_its_definition_says(self, name):
        definition = ALL_SPLITS[name]
        if definition.read is None:
            return
        split = definition.read()
        assert split.name == name
        assert split.digest == definition.digest
        assert (split.n_images, split.n_captions) == (definition.n_images, definition.n_captions)


@pytest.mark.parametrize("name", list(ALL_FORMATS))
class TestEveryFormat:
    def test_says_what_it_is(self, name):
        assert ALL_FORMATS[name].summary.strip().endswith(".")

    def test_has_suffixes_with_their_dot(self, name):
        assert all(re.fullmatch(r"(\.[a-z0-9]+)+", suffix) for suffix in ALL_FORMATS[name].suffixes)

    def test_gives_back_what_it_wrote_and_no_other_format_takes_it(self, name, tmp_path):
        check_round_trips(ALL_FORMATS[name], ALL_FORMATS, tmp_path)

    def test_refuses_what_it_cannot_keep_and_what_is_for_another_split(self, name, tmp_path):
        check_refusals(ALL_FORMATS[name], tmp_path)

    @pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"MATLAB 5.0 MAT-file\0\0\0", b"\0" * 64])
    def test_takes_no_content_that_holds_no_scores(self, name, content, tmp_path):
        (tmp_path / "file").write_bytes(content)
        assert not ALL_FORMATS[name].accepts(tmp_path / "file")

    @pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"\0" * 64, b"[" * 4096, b"hello\n"])
    def test_looks_at_any_content_without_raising(self, name, content, tmp_path):
        path = tmp_path / f"file{(*ALL_FORMATS[name].suffixes, '')[0]}"
        path.write_bytes(content)
        assert ALL_FORMATS[name].accepts(path) in (True, False)


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


@pytest.mark.parametrize("name", list(ALL_METRICS))
class TestEveryMetric:
    def test_says_in_a_sentence_what_it_is(self, name):
        assert ALL_METRICS[name].definition.strip().endswith(".")

    def test_looks_at_counts_or_at_groups_and_not_at_both(self, name):
        assert (ALL_METRICS[name].from_counts is None) != (ALL_METRICS[name].from_groups is None)

    def test_has_its_cutoff_in_its_name(self, name):
        cutoff = ALL_METRICS[name].cutoff
        assert cutoff is None or name.endswith(f"@{cutoff}")

    def test_gives_one_value_per_query(self, name):
        values = all_values(ALL_METRICS[name], np.random.default_rng(1))
        assert [v.shape for v in values] == [(1, 200)] * 3
        assert all(np.isfinite(v).all() for v in values)

    def test_expects_a_value_between_the_bounds(self, name):
        expected, pessimistic, optimistic = all_values(ALL_METRICS[name], np.random.default_rng(2))
        low, high = (pessimistic, optimistic) if ALL_METRICS[name].higher_is_better else (optimistic, pessimistic)
        assert (low - 1e-12 <= expected).all()
        assert (expected <= high + 1e-12).all()

    def test_is_a_fraction_or_a_rank(self, name):
        values = np.stack(all_values(ALL_METRICS[name], np.random.default_rng(3)))
        if ALL_METRICS[name].is_fraction:
            assert values.min() >= 0
            assert values.max() <= 1 + 1e-12
        else:
            assert values.min() >= 1


@pytest.mark.parametrize("name", list(ALL_PROTOCOLS))
class TestEveryProtocol:
    def test_has_a_name_in_lower_case_and_a_title(self, name):
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert ALL_PROTOCOLS[name].title.strip()

    def test_has_a_version_from_one(self, name):
        assert ALL_PROTOCOLS[name].version >= 1

    def test_names_a_split_and_metrics_that_exist(self, name):
        protocol = ALL_PROTOCOLS[name]
        assert protocol.split is None or protocol.split in ALL_SPLITS
        assert protocol.metrics
        assert set(protocol.metrics) <= set(ALL_METRICS)

    def test_cuts_its_split_into_equal_folds_that_hold_every_image_once(self, name):
        protocol = ALL_PROTOCOLS[name]
        if protocol.folds is None or protocol.split is None:
            return
        n_images = ALL_SPLITS[protocol.split].n_images
        folds = protocol.folds.assign(n_images, 0)
        assert folds.shape == (n_images, protocol.folds.draws or 1)
        for draw in folds.T:
            assert set(np.bincount(draw).tolist()) == {n_images // protocol.folds.count}

    def test_finds_its_judgments_in_its_split(self, name):
        protocol = ALL_PROTOCOLS[name]
        if protocol.split is None or ALL_SPLITS[protocol.split].read is None:
            return
        assert ALL_SPLITS[protocol.split].read().judgments(protocol.judgments).name == protocol.judgments


def any_claims(seed, n_systems=20):
    """A table of honest systems: logits that rise with K, to one decimal."""
    generator = np.random.default_rng(seed)
    rows = {}
    for number in range(n_systems):
        logits = (
            np.array([[-0.5], [-1.0]]) + 0.12 * number + np.array([0, 1.25, 1.85]) + generator.normal(0, 0.02, (2, 3))
        )
        i2t, t2i = (" ".join(f"{value:.1f}" for value in row) for row in 100 / (1 + np.exp(-logits)))
        rows[f"S{number}"] = (i2t, t2i)
    return ClaimSet.of(table(rows))


@pytest.mark.parametrize("name", list(ALL_CHECKS))
class TestEveryCheck:
    def test_has_a_name_in_lower_case_and_a_title_that_ends_no_sentence(self, name):
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert ALL_CHECKS[name].title.strip()
        assert not ALL_CHECKS[name].title.endswith(".")

    @pytest.mark.parametrize(
        "claims", [ClaimSet(()), any_claims(0), any_claims(1, 1)], ids=["none", "many", "one system"]
    )
    def test_finds_nothing_in_honest_numbers_or_in_none(self, name, claims):
        assert list(ALL_CHECKS[name].find(claims, ClaimSet(()))) == []

    def test_stands_on_the_page_that_says_how_it_is_computed(self, name):
        if name in CHECKS:
            assert f"`{name}`" in FORENSICS.read_text(encoding="utf-8")

    def test_finds_the_same_when_it_is_asked_again(self, name):
        claims = ClaimSet.of(table({"A": ("50.0 40.0 40.0", "50.0 40.0 40.0"), "B": ("50.0 40.0 40.0", "9 9 9")}))
        first, second = (list(ALL_CHECKS[name].find(claims, ClaimSet(()))) for _ in range(2))
        assert first == second
        assert all(
            isinstance(one, AuditFinding) and one.check == name and one.cells and one.arithmetic for one in first
        )


def any_case(**changes):
    """Scores of two runs for the toy scenes, coarse enough to tie."""
    split = SPLITS["toy-scene/test"].read()
    generator = np.random.default_rng(4)
    runs = []
    for _ in range(2):
        scores = generator.standard_normal((split.n_images, split.n_captions))
        scores[split.image_of_caption, np.arange(split.n_captions)] += 2
        runs.append(MatrixRun(np.round(scores, 1)))
    protocol = replace(PROTOCOLS["toy-scene"], metrics=(*RECALLS, "MedR"), **changes)
    return Case(tuple(runs), split, protocol)


@pytest.mark.parametrize("name", list(ALL_ALTERNATIVES))
class TestEveryAlternative:
    def test_has_a_name_in_lower_case_and_says_what_is_done(self, name):
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert re.fullmatch(r"[a-z].*[a-z]", ALL_ALTERNATIVES[name].title)

    @pytest.mark.parametrize("captions", CaptionPolicy)
    def test_gives_forms_that_can_be_told_apart_with_values_between_their_limits(self, name, captions):
        case = any_case(captions=captions)
        forms = list(ALL_ALTERNATIVES[name].forms(case))
        assert len({form.label for form in forms}) == len(forms)
        for form in forms:
            assert set(form.values) <= set(case.own)
            assert all(s.low - 1e-12 <= s.value <= s.high + 1e-12 for s in form.values.values())

    def test_gives_the_same_again(self, name):
        first, second = (list(ALL_ALTERNATIVES[name].forms(any_case())) for _ in range(2))
        assert first == second


@pytest.mark.parametrize("name", list(ALL_LAYOUTS))
class TestEveryLayoutOfClaims:
    def test_says_what_it_is_and_where_its_table_comes_from(self, name):
        layout = ALL_LAYOUTS[name]
        assert re.fullmatch(r"[a-z0-9_]+", name)
        assert layout.summary.strip().endswith(".")
        assert layout.source.name == name
        assert all((layout.source.title, layout.source.citation, layout.source.url))

    def test_is_recognised_by_its_header_and_no_other_takes_it(self, name):
        header = set(ALL_LAYOUTS[name].example)
        assert [one.name for one in ALL_LAYOUTS.values() if one.columns <= header] == [name]

    def test_reads_its_example_into_cells_of_a_claims_file(self, name):
        read = list(ALL_LAYOUTS[name].read(ALL_LAYOUTS[name].example))
        assert read
        assert {column for cells in read for column in cells} <= set(COLUMN_NAMES)

    def test_reads_its_example_as_claims_with_a_reason_for_their_direction(self, name, tmp_path, monkeypatch):
        monkeypatch.setitem(CLAIM_LAYOUTS._entries, name, ALL_LAYOUTS[name])
        path = tmp_path / "table.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(ALL_LAYOUTS[name].example))
            writer.writeheader()
            writer.writerow(ALL_LAYOUTS[name].example)
        claims = read_claims(path).claims
        assert len(claims) > 0
        assert all(claim.direction_reason for claim in claims if claim.printed_direction)
