"""What a run record says of re-ranking, and of a whole run that re-ranks."""

from dataclasses import replace

import pytest

from evaluator.encoding.content import encode_content
from evaluator.model_order import ModelOrder
from evaluator.model_run import Place, Stage
from evaluator.protocol import Protocol
from evaluator.reranking.lists import rerank
from evaluator.run_record import record_of
from tests.unit.evaluator.counting_encoder import CountingEncoder, make_content
from tests.unit.evaluator.small_reranker import SmallReranker

PROTOCOL = Protocol("tiny", 1, "Tiny", None)
ORDER = ModelOrder("vilt:dandelin/vilt-b32-finetuned-coco", candidates="cca:baseline")


class Encoder(CountingEncoder):
    """The encoder that chooses candidates."""

    deterministic = True

    @property
    def facts(self):
        return replace(super().facts, deterministic=self.deterministic)


@pytest.fixture
def content():
    return make_content(6)


@pytest.fixture
def first(content):
    encoder = Encoder()
    return Stage(encoder, encode_content(encoder, content))


@pytest.fixture
def reranked(content, first):
    return rerank(
        SmallReranker(), content, images=first.encoded.images, captions=first.encoded.captions, depth=4, batch_size=3
    )


def _record(content, first, reranked, reranker=None):
    reranker = reranker or SmallReranker()
    return record_of(ORDER, PROTOCOL, content, first, place=Place(), seed=0, reranker=reranker, reranked=reranked)


def test_it_says_how_pairs_were_scored(content, first, reranked):
    found = _record(content, first, replace(reranked, n_truncated=2, scored_in=({"machine": "another"},)))["reranking"]
    assert found.pop("seconds") > 0
    assert found.pop("pairs_per_second") > 0
    assert found == {
        "depth": 4,
        "head_rule": "itm",
        "batch_size": 3,
        "n_truncated_captions": 2,
        "n_pairs": reranked.n_pairs,
        "pairs_from_cache": 0,
        "scored_in": [{"machine": "another"}],
    }


def test_time_memory_and_remarks_are_those_of_both_stages(content, first, reranked):
    encoded = replace(first.encoded, seconds=2.0, peak_memory=5, remarks=("images: halved",), kernels=("one", "two"))
    second = replace(reranked, seconds=3.0, peak_memory=7, remarks=("pairs: halved",), kernels=("three", "two"))
    record = _record(content, replace(first, encoded=encoded), second)
    assert record["seconds"] == 5.0
    assert record["peak_memory_bytes"] == 7
    assert record["remarks"] == ["images: halved", "pairs: halved"]
    assert record["without_deterministic_kernel"] == ["one", "three", "two"]
    encoded = replace(encoded, peak_memory=11)
    assert _record(content, replace(first, encoded=encoded), second)["peak_memory_bytes"] == 11


def test_both_stages_have_to_be_deterministic(content, first, reranked):
    assert _record(content, first, reranked)["is_deterministic"] is True
    assert _record(content, first, replace(reranked, kernels=("cumsum",)))["is_deterministic"] is False
    wavering = SmallReranker()
    wavering.facts = replace(wavering.facts, deterministic=False)
    assert _record(content, first, reranked, wavering)["is_deterministic"] is False
    first.model.deterministic = False
    assert _record(content, first, reranked)["is_deterministic"] is False
