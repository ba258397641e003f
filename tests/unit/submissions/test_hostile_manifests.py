"""Manifests made to break the reader, the terminal or the eye of whoever looks at a board."""

import unicodedata

import pytest

from submissions.errors import ManifestError
from submissions.manifest import parse_manifest, read_manifest
from submissions.manifest_problems import escaped
from submissions.manifest_texts import OWN_MACHINE

GOOD = {
    "system": "Noise",
    "submitter": "Somebody",
    "setting": "zero-shot",
    "protocols": ["coco-5k"],
    "runs": [{"file": "a.npy"}],
}
TEXT = (
    "system: A\nsubmitter: me\nsetting: zero-shot\nprotocols: [coco-5k]\nruns:\n  - {file: a.npy, seed: 0}\n"
    # A last key, so that cases can be put in its place.
    "description: here\n"
)
HOSTILE = {
    "a tag for a truth value": ("here", "!!bool maybe", "line 7, column 14: .*the tag !!bool stands before a value"),
    "a tag for a number": ("here", "!!int ''", "the tag !!int stands"),
    "a tag for a fraction": ("here", "!!float ''", "the tag !!float stands"),
    "a tag for a date": ("here", "!!timestamp foo", "the tag !!timestamp stands"),
    "a tag for bytes": ("here", "!!binary aGk=", "the tag !!binary stands"),
    "a tag for a set": ("here", "!!set {a, b}", "the tag !!set stands"),
    "a tag of no meaning": ("here", "! text", "the tag ! stands"),
    "a tag with an escape": ("here", "!%1B%5B31m x", r"the tag !\\x1b\[31m stands"),
    "a tag before a key": ("description", "!!int ''", "the tag !!int stands"),
    "a key that is a number": ("description", "1", "a key is no plain text"),
    "a key that is nothing": ("description", "~", "a key is no plain text"),
    "a number in base sixty beyond all fractions": ("here", ":".join(["1"] * 300) + ".5", "YAML cannot take"),
    "a number without digits": ("here", "0x_", "line 7, .*it holds a value that YAML cannot take"),
    "an escape beyond Unicode": ("here", r'"\U00110000"', "an escape .* that YAML cannot take"),
    "an escape beyond everything": ("here", r'"\UFFFFFFFF"', "an escape .* that YAML cannot take"),
    "a key that is a huge number": ("description", "0x" + "f" * 900, "a key is no plain text"),
    "a huge seed": ("seed: 0", "seed: 0x" + "f" * 5000, "up to 2147483647, found the number of about 6,021 digits"),
    "a huge number for a text": ("here", "0x" + "f" * 5000, "expected text, found the number of about 6,021 digits"),
    "a huge number for a list": (
        "[coco-5k]",
        "0x" + "f" * 5000,
        r"protocols: expected a list, such as \[\.\.\.\], found the number of about 6,021 digits",
    ),
    "a lone surrogate as a key": ("description", r'"\ud800"', r"found the text '\\ud800'"),
    "a key that steers the terminal": ("description", r'"\e[31mkey"', r"\\x1b\[31mkey: there is no such key"),
    "a key without end": ("description", "k" * 1000, r"k{80}\.\.\.: there is no such key"),
    "a text for a list that steers the terminal": ("[coco-5k]", r'"\e[2J"', r"such as \[\\x1b\[2J\]"),
}


@pytest.mark.parametrize(("old", "new", "message"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_manifest_is_one_clear_message(tmp_path, old, new, message):
    path = tmp_path / "submission.yaml"
    path.write_text(TEXT.replace(old, new))
    with pytest.raises(ManifestError, match=message) as caught:
        read_manifest(path)
    assert all(problem.isprintable() for problem in caught.value.problems)
    assert all(len(problem) < 700 for problem in caught.value.problems)


def test_a_version_of_yaml_without_end_is_refused(tmp_path):
    path = tmp_path / "submission.yaml"
    path.write_text(f"%YAML {'9' * 5000}.1\n---\n{TEXT}")
    with pytest.raises(ManifestError, match="a directive"):
        read_manifest(path)


NAMES_OF_PATHS = ("open_clip:local-dir:", "transformers:local-dir:", "blip:local-dir:", "xvlm:file:")
OUT_OF_THE_FOLDER = (
    "~/secret", "~root/x.pth", "~", "/etc", "../x", "a/../../x", "..\\x", "C:x", "C:/x", "\\\\host\\x", ".", "a\tb",
    "a\x1bb", "a\u202eb", "a\u200bb",
)  # fmt: skip


@pytest.mark.parametrize("start", NAMES_OF_PATHS)
@pytest.mark.parametrize("path", OUT_OF_THE_FOLDER, ids=ascii)
def test_a_model_from_elsewhere_names_nothing_but_what_is_below_the_folder_of_weights(start, path):
    model = {**GOOD, "runs": [], "model": f"{start}{path}"}
    candidates = {**model, "model": {"reference": "vilt:a/b", "candidates": f"{start}{path}"}}
    of_a_run = {**GOOD, "runs": [{"model": f"{start}{path}", "seed": 0}]}
    for document in (model, candidates, of_a_run):
        with pytest.raises(ManifestError) as caught:
            parse_manifest(document)
        assert all(problem.isprintable() for problem in caught.value.problems)


@pytest.mark.parametrize("path", ["mine", "a/b.pth", "a~b", "x.pth@384"])
def test_a_model_from_elsewhere_may_name_what_is_below_the_folder_of_weights(path):
    for start in NAMES_OF_PATHS:
        manifest = parse_manifest({**GOOD, "runs": [], "model": f"{start}{path}"})
        assert not manifest.is_of_this_machine


@pytest.mark.parametrize("path", ["~/mine", "/data/x.pth", "../x.pth"])
def test_who_owns_the_machine_may_name_any_path_of_it(path):
    manifest = parse_manifest({**GOOD, "runs": [], "model": f"xvlm:file:{path}"}, context={OWN_MACHINE: True})
    assert manifest.is_of_this_machine


@pytest.mark.parametrize("key", ["is_of_this_machine", "_is_of_this_machine", "anywhere"])
def test_no_manifest_can_say_that_it_is_of_this_machine(key):
    with pytest.raises(ManifestError, match="there is no such key"):
        parse_manifest({**GOOD, key: True})
    with pytest.raises(ManifestError, match="there is no such key"):
        parse_manifest({**GOOD, "runs": [], "model": {"reference": "xvlm:4m-224", key: True}})


@pytest.mark.parametrize("path", ["~/a.npy", "~root/a.npy", "C:a.npy", "."])
def test_a_file_is_never_named_from_a_home_or_a_drive(path):
    with pytest.raises(ManifestError, match="a path relative to the manifest"):
        parse_manifest({**GOOD, "runs": [{"file": path}]})


INVISIBLE = (
    *range(0x200B, 0x2010), 0x2060, 0xFEFF, 0x00AD, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C, 0x180E,
    0xFE0F, 0xE0041, 0x3164, 0x2800,
)  # fmt: skip


@pytest.mark.parametrize("key", ["system", "submitter"])
@pytest.mark.parametrize("code", INVISIBLE, ids=lambda code: f"U+{code:04X}")
def test_a_name_with_an_invisible_character_is_refused_and_the_character_named(key, code):
    for name in (f"No{chr(code)}ise", f"{chr(code)}Noise", f"Noise{chr(code)}"):
        with pytest.raises(ManifestError) as caught:
            parse_manifest({**GOOD, key: name})
        [problem] = caught.value.problems
        assert problem.startswith(f"{key}: expected a name without invisible characters, such as the U+{code:04X}")
        assert unicodedata.name(chr(code)) in problem
        assert problem.isprintable()


@pytest.mark.parametrize("name", ["VSE++", "Système 3", "模型", "نموذج", "模型　二", "SCAN (t-i) é", "מודל"])
def test_names_of_all_languages_are_taken(name):
    assert parse_manifest({**GOOD, "system": name}).system == name


def test_what_is_escaped_can_always_be_printed():
    text = "".join(map(chr, range(0x3000)))
    assert escaped(text).isprintable()
    assert escaped("Größe 模型") == "Größe 模型"
