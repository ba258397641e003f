"""Claims files: what a small one means, what is refused and how, and that digits stay as they are printed."""

import json
import re
from pathlib import Path

import pytest

from evaluator.audit.claim import Kind
from evaluator.audit.printed import Scale
from evaluator.errors import ClaimError
from splits.split import Direction
from submissions.claims_csv import written_csv
from submissions.claims_file import Said, read_claims
from submissions.claims_written import claims_document

SMALL = """\
# source: mine
# scale: percent
system,direction,metric,value
VSE++,i2t,R@1,41.30
"""
LARGE = """\
# source: smith2024
# title: Smith et al. 2024, Table 2
# citation: Smith et al. 2024.
# url: https://example.org/smith
# licence: CC-BY-4.0
# note: Two systems, one dataset.
# scale: percent
# table: Table 2
# protocol: coco-1k
## A remark is for readers of the file.
#
row,system,variant,printed_direction,direction,direction_reason,metric,value,scale,kind,ablation,n_seeds,seed,note
"A, large [3]",A,large,TR,i2t,text retrieval,R@1,72.50,,reported,,,,"as ""seen"", here"
A,A,large,TR,i2t,text retrieval,MedR,1.0,,reported,,,,
A,A,large,,both,,rsum,507,,reproduced,,3,,
A,A,large,IR,t2i,image retrieval,R@1,0.584,fraction,ablation,hard negatives,,7,
"""


def write(folder: Path, text: str | bytes, name: str = "claims.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def only_claim(folder: Path, text: str, **said):
    [claim] = read_claims(write(folder, text), Said(**said)).claims
    return claim


def test_a_small_file_needs_four_columns(tmp_path):
    claim = only_claim(tmp_path, SMALL)
    assert (claim.source, claim.system, claim.metric, claim.direction) == ("mine", "VSE++", "R@1", Direction.I2T)
    assert (claim.printed.text, claim.printed.scale) == ("41.30", Scale.PERCENT)
    assert claim.cell == "the table, VSE++, i2t R@1"
    assert claim.kind is Kind.REPORTED
    assert (claim.protocol, claim.n_images, claim.n_captions, claim.n_seeds, claim.seed) == (None,) * 5


def test_what_is_said_once_holds_for_all_rows_that_leave_it_empty(tmp_path):
    found = read_claims(write(tmp_path, LARGE))
    assert found.source.title == "Smith et al. 2024, Table 2"
    assert found.source.licence == "CC-BY-4.0"
    assert {(claim.table, claim.protocol, claim.dataset) for claim in found.claims} == {("Table 2", "coco-1k", "coco")}
    first, median, total, ablated = found.claims
    assert first.cell == "Table 2, A, large [3], TR R@1"
    assert first.note == 'as "seen", here'
    assert median.printed.scale is Scale.PLAIN
    assert (total.direction, total.n_seeds, total.kind) == (None, 3, Kind.REPRODUCED)
    assert (ablated.printed.scale, ablated.seed, ablated.ablation) == (Scale.FRACTION, "7", "hard negatives")


@pytest.mark.parametrize(
    ("protocol", "counts"),
    [
        ("coco-1k", (5000, 25000)),
        ("coco-5k-25010", (5000, 25010)),
        ("flickr30k-1cap", (1000, 1000)),
        ("coco-cxc", (None, None)),
        ("fashion200k-test", (None, None)),
    ],
)
def test_counts_come_from_the_split_where_they_are_not_stated(tmp_path, protocol, counts):
    claim = only_claim(tmp_path, SMALL.replace("# scale", f"# protocol: {protocol}\n# scale"))
    assert (claim.n_images, claim.n_captions) == counts


def test_counts_that_are_stated_stay(tmp_path):
    stated = SMALL.replace("# scale", "# protocol: coco-5k\n# n_captions: 25,010\n# scale")
    assert (only_claim(tmp_path, stated).n_images, only_claim(tmp_path, stated).n_captions) == (5000, 25010)


def test_options_say_what_a_file_leaves_out(tmp_path):
    bare = SMALL.split("# scale: percent\n")[1]
    found = read_claims(write(tmp_path, bare), Said("mine", "A title", "A citation", Scale.PERCENT))
    assert (found.source.name, found.source.title, found.source.citation) == ("mine", "A title", "A citation")
    assert found.claims.claims[0].printed.scale is Scale.PERCENT


@pytest.mark.parametrize("text", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("name", ["claims.csv", "claims.json", "claims.yaml"])
def test_what_is_written_is_read_again_the_same(tmp_path, text, name):
    found = read_claims(write(tmp_path, text))
    document = json.dumps(claims_document(found), ensure_ascii=False)  # JSON is YAML too
    again = read_claims(write(tmp_path, written_csv(found) if name.endswith("csv") else document, name))
    assert again.source == found.source
    assert again.claims.claims == found.claims.claims
    assert again.digest == found.digest


TOP_OF_YAML = "source: mine\nscale: percent\nclaims:\n  - {system: A, direction: i2t, metric: R@1, "
AS_DOCUMENTS = {
    "claims.json": (
        '{"source": "mine", "scale": "percent", "claims": [{"system": "A", "direction": "i2t", "metric": "R@1",'
        ' "value": 72.50, "seed": 0}]}'
    ),
    "claims.yaml": TOP_OF_YAML + "value: 72.50, seed: 0}\n",
    "claims.yml": TOP_OF_YAML + "value: '72.50', seed: '0'}\n",
}


@pytest.mark.parametrize(("name", "text"), AS_DOCUMENTS.items(), ids=AS_DOCUMENTS)
def test_numbers_of_json_and_yaml_keep_their_digits(tmp_path, name, text):
    [claim] = read_claims(write(tmp_path, text, name)).claims
    assert (claim.printed.text, claim.seed) == ("72.50", "0")


def test_a_json_file_of_another_name_is_recognised(tmp_path):
    document = json.dumps(claims_document(read_claims(write(tmp_path, SMALL))))
    assert len(read_claims(write(tmp_path, document, "claims.txt")).claims) == 1


@pytest.mark.parametrize(
    ("digits", "kept"),
    [("0.7234000000000001", "0.723400000000"), ("0.72340", "0.72340"), ("42.03518592562975", "42.0351859256")],
)
def test_a_float_written_out_keeps_twelve_digits(tmp_path, digits, kept):
    scale = "fraction" if digits.startswith("0") else "percent"
    claim = only_claim(tmp_path, SMALL.replace("41.30", digits).replace("percent", scale))
    assert claim.printed.text == kept


def test_a_small_number_of_json_loses_its_exponent(tmp_path):
    text = '{"source": "mine", "scale": "fraction", "claims": [{"system": "A", "direction": "i2t", "metric": "R@1",'
    [claim] = read_claims(write(tmp_path, text + ' "value": 6e-05}]}', "claims.json")).claims
    assert claim.printed.text == "0.00006"


def changed(old: str, new: str) -> str:
    assert old in SMALL
    return SMALL.replace(old, new)


SCALES = {
    "no scale": (changed("# scale: percent\n", ""), "line 3, scale: no scale is declared, and it is never guessed"),
    "a fraction above one": (
        changed("percent", "fraction"),
        "line 4, value: the scale declared is fraction, but R@1 is 41.30, more than 1",
    ),
    "percent of which none is above one": (
        changed("41.30", "0.413"),
        r"The scale declared is percent, but no number of the file is above 1; the first is 0.413 \(line 4\)",
    ),
    "a rsum above six as a fraction": (
        changed("i2t,R@1,41.30", "both,rsum,507").replace("percent", "fraction"),
        "rsum is 507, more than 6",
    ),
    "no such scale": (changed("percent", "per cent"), "line 2, scale: expected percent, .*; found 'per cent'"),
    "a share on no scale": (changed("percent", "plain"), "expected the scale of R@1 to be percent or fraction"),
    "a rank on a scale": (
        "# source: mine\n# scale: percent\nsystem,direction,metric,value,scale\nA,i2t,MedR,3,percent\n",
        "line 4, scale: expected the scale of MedR to be plain, as it is a rank; found percent",
    ),
}


@pytest.mark.parametrize(("text", "message"), SCALES.values(), ids=SCALES)
def test_a_scale_is_declared_and_fits_the_numbers(tmp_path, text, message):
    with pytest.raises(ClaimError, match=message):
        read_claims(write(tmp_path, text))


def test_the_scale_of_an_option_may_not_contradict_the_file(tmp_path):
    with pytest.raises(ClaimError, match="twice and differently: the file says percent, --scale says fraction"):
        read_claims(write(tmp_path, SMALL), Said(scale=Scale.FRACTION))
    assert len(read_claims(write(tmp_path, SMALL), Said(scale=Scale.PERCENT)).claims) == 1


def test_small_percentages_are_taken_where_every_row_says_so(tmp_path):
    text = "# source: cub\nsystem,direction,metric,value,scale\nX-VLM,t2i,R@1,0.7003,percent\n"
    assert str(only_claim(tmp_path, text).printed.value) == "0.007003"


def test_a_misprint_above_a_hundred_percent_is_kept_as_printed(tmp_path):
    assert only_claim(tmp_path, changed("41.30", "413.0")).printed.text == "413.0"


WRONG = {
    "a metric": (changed("R@1", "Recall@1"), r"line 4, metric: expected .*R@1.*; found 'Recall@1'. Did you mean .*R@1"),
    "a direction": (changed("i2t", "i2tt"), "line 4, direction: expected i2t, .*'i2tt'. Did you mean i2t"),
    "no direction": (changed("i2t", ""), "line 4, direction: expected i2t .* or t2i .* for R@1, found nothing"),
    "a label alone": (
        changed("direction,", "printed_direction,").replace("i2t", "IR"),
        "found nothing. 'IR' alone means either in different papers. Say which",
    ),
    "a protocol": (
        changed("# scale", "# protocol: coco5k\n# scale"),
        "line 5, protocol: expected .*; found 'coco5k'. Did you mean coco-5k",
    ),
    "the protocol of any split": (changed("# scale", "# protocol: standard\n# scale"), "found 'standard'"),
    "a dataset of another protocol": (
        changed("# scale", "# protocol: coco-5k\n# dataset: flickr30k\n# scale"),
        "dataset: the protocol is one of the dataset coco, found 'flickr30k'",
    ),
    "a column": (changed("metric", "metrik"), "the header: there is no column 'metrik'. Did you mean metric"),
    "no column of numbers": (changed(",value", "").replace(",41.30", ""), "the header: expected .*; value missing"),
    "a key": (changed("# scale", "# scal"), "line 2: there is no key 'scal'. Did you mean scale"),
    "a key without a colon": (changed("# scale: ", "# "), "line 2: expected `# key: value`.*found '# percent'"),
    "a key again": (changed("# scale", "# source: his\n# scale"), "line 2: the key source is given again"),
    "a kind": (changed("# scale", "# kind: reproducd\n# scale"), "kind: expected reported, .*mean reproduced"),
    "an ablation of nothing": (changed("# scale", "# kind: ablation\n# scale"), "expected what was taken away"),
    "something taken away and no ablation": (
        changed("# scale", "# ablation: hard negatives\n# scale"),
        "found kind reported and 'hard negatives'",
    ),
    "a count": (changed("# scale", "# n_images: 5k\n# scale"), "n_images: expected a whole number from 1.*found '5k'"),
    "a number with its sign": (changed("41.30", "41.30%"), "line 4, value: '41.30%' is no number as a table prints it"),
    "no number": (changed("41.30", ""), "line 4, value: expected something, found an empty cell. Leave out the rows"),
    "no source": (changed("# source: mine\n", ""), "does not say which source it is of. Write `# source: NAME`"),
    "a source with spaces": (changed("mine", "My Paper"), "'My Paper' is no name of a source"),
    "the same cell twice": (SMALL + "VSE++,i2t,R@1,42.0\n", "line 5 repeats the cell of line 4: the table, VSE"),
    "no row": (changed("VSE++,i2t,R@1,41.30\n", ""), "holds no claim"),
    "semicolons": (SMALL.replace(",", ";"), "expected columns separated by commas, found semicolons"),
    "a list of nothing": ("[1, 2]", "This is no document of claims. Expected keys and a list"),
    "a claim that is a number": ('{"claims": [1]}', r"claims\[0\]: expected the keys of a claim"),
    "a key of a claim": ('{"claims": [{"sytem": "A"}]}', r"claims\[0\]: there is no column 'sytem'. Did you"),
    "a list for a text": ('{"source": ["a"], "claims": []}', "'source': expected text or a number, found a list"),
    "a key of JSON twice": ('{"source": "a", "source": "b", "claims": []}', "The key 'source' is given twice"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_one_message_that_says_where(tmp_path, text, message):
    with pytest.raises(ClaimError, match=message) as caught:
        read_claims(write(tmp_path, text))
    assert str(caught.value).isprintable()


def test_the_files_of_the_how_to_are_read(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "import-claims.md").read_text()
    [table] = re.findall(r"^```text\n(.*?)^```", page, re.M | re.S)
    [document] = re.findall(r"^```json\n(.*?)^```", page, re.M | re.S)
    found = read_claims(write(tmp_path, table))
    [claim] = read_claims(write(tmp_path, document, "claims.json")).claims
    assert [one.printed.text for one in found.claims] == ["39.60", "52.9", "41.2", "54.8"]
    assert (claim.system, claim.printed.text, claim.n_images) == ("Better", "54.8", 1000)
