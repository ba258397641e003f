"""Published tables import as they are: counts, directions, scales and digits of the real files."""

from collections import Counter
from math import ceil, floor

import pytest

from evaluator.audit.printed import Scale
from evaluator.errors import ClaimError
from splits.errors import UnknownNameError
from splits.split import Direction
from submissions.claim_layout import CLAIM_LAYOUTS, rounded
from submissions.claims_csv import written_csv
from submissions.claims_file import Said, read_claims

FILES = {
    "open_clip": "openclip_retrieval_results.csv",
    "clip_benchmark": "clip_benchmark_benchmark.csv",
    "mieb": "mieb_summary.csv",
}
BENCHMARK = """\
acc1,acc5,mean_per_class_recall,dataset,model,pretrained,task,mean_average_precision,image_retrieval_recall@5,\
text_retrieval_recall@5,model_fullname
0.5,0.9,0.5,fer2013,ViT-B-32,openai,zeroshot_classification,,,,ViT-B-32 openai
,,,flickr30k,ViT-B-32,openai,zeroshot_retrieval,,0.8338000178337097,0.9490000009536744,ViT-B-32 openai
,,,flickr8k,ViT-B-32,openai,zeroshot_retrieval,,0.5,0.75,ViT-B-32 openai
"""


@pytest.fixture
def table_of(shared_data):
    """Read a published table by the name of its layout."""
    return lambda name, said=None: read_claims(shared_data / "published_tables" / FILES[name], said)


def possible(claim) -> bool:
    """Whether some number of hits is printed so."""
    return ceil(claim.printed.low * claim.n_queries) <= floor(claim.printed.high * claim.n_queries)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("open_clip", {("flickr30k", "flickr30k-1k"): 726, ("coco", "coco-5k-25010"): 726}),
        (
            "clip_benchmark",
            {("flickr30k", "flickr30k-1k"): 26, ("coco", "coco-5k-25010"): 26, ("flickr8k", None): 26},
        ),
        ("mieb", {("flickr30k", "flickr30k-1k"): 264, ("coco", None): 252, ("fashion200k", None): 273}),
    ],
)
def test_a_published_table_is_recognised_and_read_whole(table_of, name, counts):
    found = table_of(name)
    assert found.source.name == name
    assert Counter((claim.dataset, claim.protocol) for claim in found.claims) == counts
    assert {claim.printed.scale for claim in found.claims} == {Scale.FRACTION}
    assert {claim.metric for claim in found.claims} <= {"R@1", "R@5", "R@10"}


@pytest.mark.real_data
def test_open_clip_names_what_is_asked_with_by_what_is_found(table_of):
    cells = {(c.system, c.variant, c.dataset, c.direction, c.metric): c for c in table_of("open_clip").claims}
    claim = cells["ViT-SO400M-14-SigLIP-384", "webli", "coco", Direction.I2T, "R@1"]
    assert (claim.printed.text, claim.printed_direction) == ("0.7242", "text retr.")
    assert claim.column == "MSCOCO text retr. R@1"
    assert claim.reference == "open_clip:ViT-SO400M-14-SigLIP-384/webli"
    assert claim.note == "877.96 million parameters, 723.48 billion operations"


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["open_clip", "clip_benchmark"])
def test_every_number_is_a_share_of_its_queries(table_of, name):
    counted = [claim for claim in table_of(name).claims if claim.n_queries]
    assert len(counted) >= 52
    assert [claim.cell for claim in counted if not possible(claim)] == []


@pytest.mark.real_data
def test_mieb_counts_any_hit_and_not_the_share_of_captions_found(table_of):
    cells = {(c.system, c.table, c.metric): c for c in table_of("mieb").claims}
    claim = cells["BAAI/bge-visualized-base", "Flickr30kI2TRetrieval", "R@1"]
    assert (claim.printed.text, claim.column) == ("0.505", "cv_recall_at_1")
    assert "0.101" not in {one.printed.text for one in cells.values()}


@pytest.mark.real_data
@pytest.mark.parametrize("name", FILES)
def test_a_published_table_becomes_a_claims_file(table_of, tmp_path, name):
    found = table_of(name)
    path = tmp_path / "claims.csv"
    path.write_text(written_csv(found))
    assert read_claims(path).digest == found.digest


@pytest.mark.real_data
def test_the_scale_of_a_published_table_is_known(table_of):
    with pytest.raises(ClaimError, match="the layout open_clip says fraction, --scale says percent"):
        table_of("open_clip", Said(scale=Scale.PERCENT))


def test_rows_of_other_tasks_are_left_out_and_digits_limited_to_what_is_known(tmp_path):
    path = tmp_path / "benchmark.csv"
    path.write_text(BENCHMARK)
    found = read_claims(path, Said(source="mine", title="My copy"))
    assert (found.source.name, found.source.title) == ("mine", "My copy")
    assert [(claim.dataset, claim.direction, claim.printed.text) for claim in found.claims] == [
        ("flickr30k", Direction.T2I, "0.833800"),
        ("flickr30k", Direction.I2T, "0.949000"),
        ("flickr8k", Direction.T2I, "0.5"),
        ("flickr8k", Direction.I2T, "0.75"),
    ]


def test_a_layout_that_is_named_must_be_the_one_of_the_table(tmp_path):
    path = tmp_path / "benchmark.csv"
    path.write_text(BENCHMARK)
    with pytest.raises(ClaimError, match=r"no table of the layout open_clip: the column .* is missing"):
        read_claims(path, Said(layout="open_clip"))
    with pytest.raises(
        UnknownNameError, match=r"There is no layout of claims named 'openclip'. Did you mean open_clip"
    ):
        read_claims(path, Said(layout="openclip"))


def test_a_table_without_any_retrieval_is_no_claims(tmp_path):
    path = tmp_path / "benchmark.csv"
    path.write_text("".join(BENCHMARK.splitlines(keepends=True)[:2]))
    with pytest.raises(ClaimError, match="holds no claim"):
        read_claims(path)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("0.8546000123023987", "0.854600"), ("0.5", "0.5"), ("6e-05", "0.00006"), ("", ""), ("x", "x"), ("nan", "nan")],
)
def test_digits_beyond_what_is_known_are_rounded_off(text, kept):
    assert rounded(text, 6) == kept


def test_no_layout_takes_the_table_of_another():
    layouts = list(CLAIM_LAYOUTS.values())
    for one in layouts:
        assert [other.name for other in layouts if other.columns <= one.columns] == [one.name]
