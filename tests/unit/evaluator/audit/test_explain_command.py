"""`rematch explain`: claims as they are typed, the table, the sentence and the document."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from evaluator.audit.printed import Scale
from evaluator.audit.stated import claims_of
from evaluator.errors import ClaimError
from leaderboard.cli import app
from splits import UnknownNameError, load_split
from splits.split import Direction

SPLIT = load_split("toy-scene/test")


def scores(seed=0):
    generator = np.random.default_rng(seed)
    found = generator.standard_normal((SPLIT.n_images, SPLIT.n_captions)).astype(np.float32)
    found[SPLIT.image_of_caption, np.arange(SPLIT.n_captions)] += 2
    return found


@pytest.fixture
def file(tmp_path):
    np.save(tmp_path / "scores.npy", scores())
    return tmp_path / "scores.npy"


def run(*arguments):
    return CliRunner().invoke(app, ["explain", *map(str, arguments)], catch_exceptions=False)


def explained(*arguments):
    answer = run(*arguments, "--json")
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def values_of(document, name):
    cells = document["own"]["cells"] if name is None else None
    for trial in document["alternatives"]:
        if trial["name"] == name:
            cells = trial["cells"]
    return ", ".join(f"{cell['cell']}={100 * cell['value']:.1f}" for cell in cells)


SIX = "i2t R@1=1, i2t R@5=1, i2t R@10=1, t2i R@1=1, t2i R@5=1, t2i R@10=1"


def test_numbers_of_an_alternative_are_explained_by_it_and_those_of_the_protocol_by_nothing(file):
    document = explained(file, "-p", "toy-scene", "--claim", SIX)
    for name in ("share-found", "first-caption", "swapped-directions", "truncated-re-ranking (k = 3)"):
        found = explained(file, "-p", "toy-scene", "--claim", values_of(document, name))
        assert found["explained_by"] == name
        assert name in found["sentence"]
    own = explained(file, "-p", "toy-scene", "--claim", values_of(document, None))
    assert own["own"]["fits"] is True
    assert own["explained_by"] is None


def test_the_document_says_what_was_evaluated(file):
    document = explained(file, "-p", "toy-scene", "--claim", "i2t R@1=50.0")
    assert (document["protocol"], document["protocol_version"]) == ("toy-scene", 1)
    assert document["split_digest"] == SPLIT.digest
    assert document["claims"] == [{"cell": "i2t R@1", "printed": "50.0"}]


def test_the_table_shows_the_nearest_and_ends_with_the_sentence(file):
    answer = run(file, "-p", "toy-scene", "--claim", "i2t R@1=1.0", "--claim", "t2i R@5=2.0", "--rows", 2)
    assert answer.exit_code == 0
    lines = [line for line in answer.stdout.splitlines() if line.strip()]
    assert lines[0].split("  ")[1].strip() == "evaluated as"
    assert lines[2].split() == ["claimed", "1.0", "2.0"]
    assert lines[3].split()[0] == "toy-scene"
    assert len(lines) == 7
    assert lines[-1].startswith("No alternative explains all 2 claims. The nearest is ")
    assert "more alternatives are further away" in answer.stderr


def test_several_files_are_the_seeds_of_one_system(file, tmp_path):
    np.save(tmp_path / "other.npy", scores(seed=1))
    document = explained(file, tmp_path / "other.npy", "-p", "toy-scene", "--claim", SIX)
    best = values_of(document, "best-seed (the run that is best overall)")
    found = explained(file, tmp_path / "other.npy", "-p", "toy-scene", "--claim", best)
    assert found["explained_by"] == "best-seed (the run that is best overall)"


def test_what_needs_scores_is_left_out_for_per_query_ranks_and_said_to_be(tmp_path):
    zeros = {"i2t_rank0": np.zeros(SPLIT.n_images, int), "t2i_rank0": np.zeros(SPLIT.n_captions, int)}
    np.savez(tmp_path / "ranks.npz", **zeros)
    answer = run(tmp_path / "ranks.npz", "-p", "toy-scene", "--claim", "i2t R@1=100.0")
    assert "toy-scene itself gives the one claim, rounded" in answer.stdout
    assert "note: first-caption was not tried. Per-query ranks" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--scale", "points"), "'points' is none of percent, fraction."),
        (("--orientation", "sideways"), "'sideways' is none of images-x-captions, captions-x-images."),
    ],
)
def test_a_word_that_no_option_knows_is_wrong_usage(file, arguments, words):
    answer = run(file, "-p", "toy-scene", "--claim", "i2t R@1=1.0", *arguments)
    assert answer.exit_code == 2
    assert words in " ".join(answer.stderr.replace("│", " ").split())


def test_a_protocol_for_any_split_asks_for_one(file):
    with pytest.raises(Exception, match="add --split NAME or FILE"):
        run(file, "--claim", "i2t R@1=1.0")


def test_claims_are_read_with_their_digits_in_the_scale_that_is_declared():
    first, second, third, total = claims_of(
        ["i2t R@1=0.5840,t2i  R@10 = 0.9", "i2t MedR=1.0, rsum=4.201"], Scale.FRACTION, protocol="coco-5k"
    )
    assert (first.metric, first.direction, str(first.printed)) == ("R@1", Direction.I2T, "0.5840")
    assert (second.metric, second.direction, second.printed.scale) == ("R@10", Direction.T2I, Scale.FRACTION)
    assert (third.metric, third.printed.scale) == ("MedR", Scale.PLAIN)
    assert (total.metric, total.direction, total.column) == ("rsum", None, "rsum")
    assert total.protocol == "coco-5k"


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("i2t R@1", ClaimError, "'i2t R@1' is no claim. Write direction, metric and number"),
        (f"i2t R@1=0.{'1' * 400}", ClaimError, "has more digits than any table prints"),
        ("i2t R@1=664.0", ClaimError, "it lies between 0 and 100"),
        ("i2t R@1=-5", ClaimError, "it lies between 0 and 100"),
        ("rsum=601", ClaimError, "it lies between 0 and 600"),
        ("i2t R@1=0.664, i2t R@5=0.9", ClaimError, "say so: --scale fraction"),
        ("R@1=58.4", ClaimError, "has no direction. Write i2t or t2i"),
        ("i2t rsum=420.1", ClaimError, "has a direction. Write i2t or t2i before every metric but rsum"),
        ("TR R@1=58.4", ClaimError, "is no claim"),
        ("i2t R@1=58,4", ClaimError, "'4' is no claim"),
        ("i2t R@1=58.4%", ClaimError, "no number as a table prints it"),
        ("i2t R@2=58.4", UnknownNameError, "no metric named 'R@2'"),
        ("i2t R@1=58.4, i2t R@1=58.5", ClaimError, "i2t R@1 is claimed 2 times"),
    ],
)
def test_what_is_no_claim_is_refused(text, error, words):
    with pytest.raises(error, match=words):
        claims_of([text], Scale.PERCENT, protocol="coco-5k")
