"""The manifest: what it takes, and the one sentence for each thing that is wrong."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from submissions.errors import ManifestError
from submissions.manifest import manifest_schema, parse_manifest, read_manifest
from submissions.manifest_traits import Interaction

GOOD = {
    "system": "CCA",
    "submitter": "Team",
    "setting": "zero-shot",
    "protocols": ["coco-5k"],
    "runs": [{"file": "scores.npy"}],
}
EXAMPLES = Path(__file__).parents[3] / "submissions" / "examples"

PROBLEMS = {
    "a misspelt key": (
        {"sytem": "CCA"},
        (
            "sytem: there is no such key. Did you mean system? Known keys: system, submitter, setting, description,"
            " paper, code, traits, reproduces, deterministic, protocols, split, model, seeds, runs."
        ),
    ),
    "a misspelt key of a run": (
        {"runs": [{"file": "a.npy", "sed": 0}]},
        (
            "runs[0].sed: there is no such key. Did you mean seed? Known keys: file, model, weights, seed,"
            " seed_governs, format, orientation, weights_sha256, split_digest, protocols."
        ),
    ),
    "a missing key": (
        {"submitter": None},
        "submitter: expected text, found nothing.",
    ),
    "a number as a name": ({"system": 3}, "system: expected text, found the number 3. Put it in quotes."),
    "an empty name": ({"system": " "}, "system: expected text that is not empty, found the text ' '."),
    "a long name": (
        {"system": "x" * 121},
        "system: expected at most 120 characters, found a text of 121 characters.",
    ),
    "a name that moves the cursor": (
        {"system": "a\x1b[2J"},
        r"system: expected text without control characters, found the text 'a\x1b[2J'.",
    ),
    "a name on two lines": ({"system": "a\nb"}, r"system: expected text on one line, found the text 'a\nb'."),
    "an unknown setting": (
        {"setting": "zeroshot"},
        (
            "setting: expected 'zero-shot', 'fine-tuned' or 'trained-from-scratch', found the text 'zeroshot'."
            " Did you mean zero-shot?"
        ),
    ),
    "a protocol that is no list": (
        {"protocols": "coco-5k"},
        "protocols: expected a list, such as [coco-5k], found the text 'coco-5k'.",
    ),
    "no protocol": ({"protocols": []}, "protocols: expected at least 1, found a list of 0."),
    "no runs": (
        {"runs": []},
        "runs: expected score files, or a model to be run (model: FAMILY:NAME), found a list of 0.",
    ),
    "a run that is a name": (
        {"runs": ["a.npy"]},
        "runs[0]: expected keys with values, found the text 'a.npy'.",
    ),
    "a seed in quotes": (
        {"runs": [{"file": "a.npy", "seed": "0"}]},
        "runs[0].seed: expected a whole number, found the text '0'.",
    ),
    "a seed that is true": (
        {"runs": [{"file": "a.npy", "seed": True}]},
        (
            "runs[0].seed: expected a whole number, found the truth value true (yes, no, on and off are truth values in"
            " YAML)."
        ),
    ),
    "a negative seed": (
        {"runs": [{"file": "a.npy", "seed": -1}]},
        "runs[0].seed: expected a number from 0, found the number -1.",
    ),
    "a seed beyond any column": (
        {"runs": [{"file": "a.npy", "seed": 2**31}]},
        "runs[0].seed: expected a number up to 2147483647, found the number 2147483648.",
    ),
    "a repeated seed": (
        {"runs": [{"file": "a.npy", "seed": 7}, {"file": "b.npy", "seed": 7}]},
        (
            "runs[1].seed: 7 is the seed of runs[0] too, under coco-5k. Give every run its own seed, or hand the second"
            " in as a submission of its own."
        ),
    ),
    "a repeated protocol": (
        {"protocols": ["coco-5k", "coco-5k"]},
        "runs[0]: the protocol 'coco-5k' is named twice. Keep one of them.",
    ),
    "no protocol at all": (
        {"protocols": None},
        (
            "runs[0]: expected protocols, found none. Name them for all runs (protocols: [coco-5k]), or name your own"
            " split file (split: my_split.json)."
        ),
    ),
    "a split of the catalogue in place of a file": (
        {"split": "flickr30k/karpathy-test"},
        (
            "split: expected a split file of your own, found flickr30k/karpathy-test, which every board has. Leave it"
            " out, and name what it is scored by: protocols: [flickr30k-1k, flickr30k-1cap]."
        ),
    ),
    "an unknown thing that a seed governs": (
        {"runs": [{"file": "a.npy", "seed_governs": ["trainin"]}]},
        (
            "runs[0].seed_governs[0]: expected 'training', 'initialisation', 'data-order', 'caption-draw', 'folds' or"
            " 'sampling', found the text 'trainin'. Did you mean training?"
        ),
    ),
    "a path out of the folder": (
        {"runs": [{"file": "../a.npy"}]},
        (
            "runs[0].file: expected a path relative to the manifest that stays inside its folder, found the text"
            " '../a.npy'."
        ),
    ),
    "an absolute path": (
        {"runs": [{"file": "/etc/passwd"}]},
        (
            "runs[0].file: expected a path relative to the manifest that stays inside its folder, found the text"
            " '/etc/passwd'."
        ),
    ),
    "a path of another system": (
        {"runs": [{"file": "C:\\scores.npy"}]},
        (
            "runs[0].file: expected a path relative to the manifest that stays inside its folder, found the text"
            r" 'C:\\scores.npy'."
        ),
    ),
    "a link that runs code": (
        {"paper": "javascript:alert(1)"},
        "paper: expected a web address or a citation, found the text 'javascript:alert(1)'.",
    ),
    "seeds beside runs": (
        {"model": "cca:baseline", "runs": [{"seed": 1}], "seeds": [0, 1]},
        (
            "seeds: expected seeds or runs, found both. Keep seeds to run the model once under each of them, or runs"
            " where every run names its own seed."
        ),
    ),
    "seeds of score files": (
        {"seeds": [0, 1]},
        (
            "seeds: expected the model that they are for (model: FAMILY:NAME), found none. Give every score file its"
            " own seed under runs, and leave seeds out."
        ),
    ),
    "a score file and a model": (
        {"runs": [{"file": "a.npy"}, {"model": "cca:baseline", "seed": 1}]},
        (
            "runs: expected score files or models, found both: runs[0] is a score file, and runs[1] is a model to be"
            " run, whose numbers are another kind of evidence. Hand them in as two submissions."
        ),
    ),
    "a misspelt trait": (
        {"traits": {"parameter": 3}},
        (
            "traits.parameter: there is no such key. Did you mean parameters? Known keys: parameters, pretraining_data,"
            " pretraining_pairs, interaction, hard_negatives."
        ),
    ),
    "traits that are a list": ({"traits": ["151M"]}, "traits: expected keys with values, found a list of 1."),
    "a size in another unit": (
        {"traits": {"parameters": "151 MB"}},
        "traits.parameters: expected a whole number, or one with K, M or B such as 151M, found the text '151 MB'.",
    ),
    "a size that is no whole number": (
        {"traits": {"parameters": "1.0005K"}},
        "traits.parameters: expected a whole number, or one with K, M or B such as 151M, found the text '1.0005K'.",
    ),
    "a size that is a fraction": (
        {"traits": {"parameters": 1.5e8}},
        (
            "traits.parameters: expected a whole number, or one with K, M or B such as 151M, found the number"
            " 150000000.0."
        ),
    ),
    "a size that is true": (
        {"traits": {"pretraining_pairs": True}},
        (
            "traits.pretraining_pairs: expected a whole number, or one with K, M or B such as 151M, found the truth"
            " value true (yes, no, on and off are truth values in YAML)."
        ),
    ),
    "no parameters": (
        {"traits": {"parameters": 0}},
        "traits.parameters: expected a number from 1, found the number 0.",
    ),
    "more parameters than any system has": (
        {"traits": {"parameters": "99999B"}},
        "traits.parameters: expected a number up to 10000000000000, found the number 99999000000000.",
    ),
    "an unknown interaction": (
        {"traits": {"interaction": "dual encoder"}},
        (
            "traits.interaction: expected 'dual-encoder', 'late-interaction', 'cross-encoder' or 're-ranking', found"
            " the text 'dual encoder'. Did you mean dual-encoder or cross-encoder?"
        ),
    ),
    "hard negatives in words": (
        {"traits": {"hard_negatives": "often"}},
        "traits.hard_negatives: expected true or false, found the text 'often'.",
    ),
    "a sentence as the name of data": (
        {"traits": {"pretraining_data": ["x" * 41]}},
        (
            "traits.pretraining_data[0]: expected the short name of a data set, of at most 40 characters, found the"
            f" text '{'x' * 41}'."
        ),
    ),
    "data named twice": (
        {"traits": {"pretraining_data": ["CC", "cc"]}},
        "traits.pretraining_data: 'CC' is named twice. Keep one of them.",
    ),
    "pairs of no data": (
        {"traits": {"pretraining_data": [], "pretraining_pairs": "4M"}},
        (
            "traits.pretraining_pairs: expected no pairs where pretraining_data is empty, which says that the system"
            " was not pre-trained, found 4,000,000. Name the data, or leave the pairs out."
        ),
    ),
    "a digest that is none": (
        {"runs": [{"file": "a.npy", "split_digest": "abc"}]},
        "runs[0].split_digest: expected 'sha256:' and 64 hexadecimal digits, found the text 'abc'.",
    ),
}


@pytest.mark.parametrize(("changes", "message"), PROBLEMS.values(), ids=PROBLEMS)
def test_every_problem_has_its_sentence(changes, message):
    with pytest.raises(ManifestError) as caught:
        parse_manifest({**GOOD, **changes} if changes.get("protocols", 1) is not None else {**GOOD, "protocols": None})
    assert caught.value.problems == (message,)


def test_all_problems_are_told_at_once():
    with pytest.raises(ManifestError) as caught:
        parse_manifest({"sytem": "a", "setting": "none"})
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "system", "submitter", "setting", "runs", "sytem",
    ]  # fmt: skip
    assert "Is the key 'sytem' meant for it?" in caught.value.problems[0]


def test_a_good_manifest_is_read_with_its_defaults(tmp_path):
    path = tmp_path / "submission.yaml"
    path.write_text(yaml.safe_dump(GOOD))
    manifest = read_manifest(path)
    assert manifest.runs[0].seed == 0
    assert manifest.protocols_of(manifest.runs[0]) == ["coco-5k"]


@pytest.mark.parametrize(
    ("written", "number"),
    [(151_277_313, 151_277_313), ("151M", 151_000_000), ("1.2B", 1_200_000_000), ("67K", 67_000), ("0.4M", 400_000)],
)
def test_a_count_is_read_as_papers_print_it(written, number):
    manifest = parse_manifest({**GOOD, "traits": {"parameters": written}})
    assert manifest.model_dump(mode="json", exclude_none=True)["traits"] == {"parameters": number}


def test_a_manifest_without_traits_is_stored_as_before():
    assert "traits" not in parse_manifest(GOOD).model_dump(mode="json", exclude_none=True)


def test_that_a_system_was_not_pretrained_is_kept_apart_from_silence():
    manifest = parse_manifest({**GOOD, "traits": {"pretraining_data": [], "hard_negatives": False}})
    stored = manifest.model_dump(mode="json", exclude_none=True)["traits"]
    assert stored == {"pretraining_data": [], "hard_negatives": False}


def test_a_run_overrides_the_protocols_of_the_manifest():
    manifest = parse_manifest({**GOOD, "runs": [{"file": "a.npy", "protocols": ["coco-1k"]}]})
    assert manifest.protocols_of(manifest.runs[0]) == ["coco-1k"]


def test_one_seed_may_serve_two_splits():
    runs = [{"file": "a.npy", "protocols": ["coco-5k"]}, {"file": "b.npy", "protocols": ["flickr30k-1k"]}]
    assert len(parse_manifest({**GOOD, "runs": runs}).runs) == 2


def test_a_split_of_ones_own_is_scored_under_the_standard_protocol():
    manifest = parse_manifest({**{k: v for k, v in GOOD.items() if k != "protocols"}, "split": "mine.json"})
    assert manifest.protocols_of(manifest.runs[0]) == ["standard"]


YAML_PROBLEMS = {
    "an alias": (b"a: &x 1\nb: *x\n", r"line 2, column 4: this is not plain YAML: an alias \(\*name\) stands where"),
    "a repeated key": (
        b"a: 1\na: 2\n",
        r"line 2, column 1: this is not plain YAML: the key 'a' is given again, first in line 1",
    ),
    "a merge": (b"<<: {a: 1}\n", "a key is no plain text"),
    "a key that is a list": (b"? [1]\n: 2\n", "a key is no plain text"),
    "a Python object": (b"a: !!python/object/apply:os.system [ls]\n", "the tag !!python/object/apply:os.system stands"),
    "a tab": (b"a:\n\t- 1\n", "line 2, column 1: this is not plain YAML: found character '.t'"),
    "deep nesting": (b"[" * 5000, "nested too deeply"),
    "no text": (b"\x93NUMPY\x01\x00", "is no text: byte 0 is not UTF-8"),
    "a zero byte": (b"a: \x00", "is not YAML"),
    "too much": (b"# \n" * 400_000, "has more than 256 kB"),
    "two documents": (b"a: 1\n---\nb: 2\n", "not plain YAML: but found another document"),
    "a number beyond all bounds": (b"a: " + b"9" * 5000, "holds a value that YAML cannot take"),
    "a date that is none": (b"a: 2024-99-99\n", "holds a value that YAML cannot take"),
}


@pytest.mark.parametrize(("content", "message"), YAML_PROBLEMS.values(), ids=YAML_PROBLEMS)
def test_what_is_no_plain_yaml_is_refused_with_its_place(tmp_path, content, message):
    path = tmp_path / "submission.yaml"
    path.write_bytes(content)
    with pytest.raises(ManifestError, match=message):
        read_manifest(path)


def test_a_missing_manifest_and_a_folder_are_named(tmp_path):
    with pytest.raises(ManifestError, match="There is no file"):
        read_manifest(tmp_path / "none.yaml")
    with pytest.raises(ManifestError, match=r"is a folder\. Name the manifest in it"):
        read_manifest(tmp_path)


def test_the_schema_describes_every_key():
    schema = manifest_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"system", "submitter", "setting"}
    assert {"ManifestRun", "ManifestModel", "ManifestTraits"} <= set(schema["$defs"])
    for part in (schema, *schema["$defs"].values()):
        assert all(entry.get("description") for entry in part["properties"].values())
    json.dumps(schema)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/submission.yaml")), ids=lambda path: path.parent.name)
def test_every_example_can_be_handed_in(path):
    from submissions.check import check

    checked = check(path)
    assert checked.is_acceptable
    assert {finding.level for finding in checked.findings} == {"OK"}


def test_there_are_examples():
    assert list(EXAMPLES.glob("*/submission.yaml"))


def test_every_key_is_in_the_reference_page():
    page = (Path(__file__).parents[3] / "docs" / "reference" / "manifest.md").read_text()
    schema = manifest_schema()
    keys = {name for part in (schema, *schema["$defs"].values()) for name in part["properties"]}
    keys |= set(get_args(Interaction))
    assert {key for key in keys if not re.search(rf"`{key}`", page)} == set()
