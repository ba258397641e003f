"""Two-stage retrieval against brute force: who is re-ranked, in which order, and what becomes of everyone else."""

from threading import Event, Thread
from warnings import warn

import numpy as np
import pytest

from evaluator.environment import environment
from evaluator.lists import count_lists
from evaluator.matrix import count_matrix
from evaluator.model import ModelError, Precision, Reranker
from evaluator.ranking import restrict
from evaluator.reranking import lists as reranking_lists
from evaluator.reranking.parts import Part
from evaluator.run import MatrixRun
from splits.caption_draw import draw_captions, with_captions
from splits.content import DataError
from splits.split import Direction
from tests.unit.evaluator.small_reranker import SmallReranker, all_scores, content_of, number_of


def _unit(generator, *shape):
    rows = generator.standard_normal(shape)
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def rerank(*arguments, **options):
    return reranking_lists.rerank(*arguments, **options).run


@pytest.fixture
def split(split_of):
    return split_of(20, 5, extra=[(3, 7), (9, 0)])


@pytest.fixture
def content(split):
    return content_of(split)


@pytest.fixture
def stage_one(split):
    generator = np.random.default_rng(0)
    return {"images": _unit(generator, split.n_images, 8), "captions": _unit(generator, split.n_captions, 8)}


def _cosines(images, captions):
    product = np.einsum("...w,mw->...m", images.astype(np.float64), captions.astype(np.float64))
    return (product.max(axis=1) if product.ndim == 3 else product).astype(np.float32)


def _brute_force(similar, scores, depth):
    """Every query's candidates by a stable sort, and the matrix with minus infinity everywhere else."""
    order = np.argsort(-similar, axis=1, kind="stable")[:, :depth]
    reranked = np.full(similar.shape, -np.inf)
    np.put_along_axis(reranked, order, np.take_along_axis(scores, order, axis=1), axis=1)
    return reranked


def _as_matrix(lists, n_queries):
    found = np.full((n_queries, lists.n_candidates), -np.inf)
    for query in range(n_queries):
        row = slice(lists.offsets[query], lists.offsets[query + 1])
        assert (np.diff(lists.scores[row]) <= 0).all()
        assert len(set(lists.candidates[row].tolist())) == row.stop - row.start
        found[query, lists.candidates[row]] = lists.scores[row]
    return found


def test_the_small_one_keeps_the_contract():
    assert isinstance(SmallReranker(), Reranker)


@pytest.mark.parametrize("depth", [1, 2, 4, 6, 19, 20, 50, 100, 1000])
@pytest.mark.parametrize("tokens", [False, True])
def test_lists_are_those_of_brute_force_in_both_directions(content, stage_one, depth, tokens):
    if tokens:
        stage_one["images"] = _unit(np.random.default_rng(1), content.split.n_images, 3, 8)
    run = rerank(SmallReranker(), content, depth=depth, **stage_one)
    similar, scores = _cosines(**stage_one), all_scores(content)
    i2t, t2i = run.lists[Direction.I2T], run.lists[Direction.T2I]
    np.testing.assert_array_equal(_as_matrix(i2t, 20), _brute_force(similar, scores, depth))
    np.testing.assert_array_equal(_as_matrix(t2i, 100), _brute_force(similar.T, scores.T, depth))


@pytest.mark.parametrize("depth", [2, 4, 6])
def test_candidates_outside_the_list_share_the_last_place(content, stage_one, depth):
    counts = count_lists(rerank(SmallReranker(), content, depth=depth, **stage_one), content.split.judgments())
    similar, scores = _cosines(**stage_one), all_scores(content)
    low = np.float32(-100)
    for direction, one, two in ((Direction.I2T, similar, scores), (Direction.T2I, similar.T, scores.T)):
        reranked = _brute_force(one, two, depth)
        matrix = np.where(np.isneginf(reranked), low, reranked).astype(np.float32)
        run = MatrixRun(matrix if direction is Direction.I2T else matrix.T)
        expected = count_matrix(run, content.split.judgments())[direction]
        for name in ("above", "tied", "tied_relevant"):
            np.testing.assert_array_equal(getattr(counts[direction], name), getattr(expected, name))


def test_the_full_depth_ranks_as_the_matrix_of_all_scores(content, stage_one):
    counts = count_lists(rerank(SmallReranker(), content, depth=100, **stage_one), content.split.judgments())
    expected = count_matrix(MatrixRun(all_scores(content)), content.split.judgments())
    for direction in Direction:
        for name in ("above", "tied", "tied_relevant"):
            np.testing.assert_array_equal(getattr(counts[direction], name), getattr(expected[direction], name))


def test_a_head_rule_with_itc_adds_the_cosine(content, stage_one):
    run = rerank(SmallReranker(head_rule="itm+itc"), content, depth=6, **stage_one)
    similar = _cosines(**stage_one).astype(np.float64)
    scores = all_scores(content) + similar
    np.testing.assert_array_equal(_as_matrix(run.lists[Direction.I2T], 20), _brute_force(similar, scores, 6))
    np.testing.assert_array_equal(_as_matrix(run.lists[Direction.T2I], 100), _brute_force(similar.T, scores.T, 6))


def test_pairs_of_both_directions_are_scored_once(content, stage_one):
    reranker = SmallReranker()
    run = rerank(reranker, content, depth=6, **stage_one)
    i2t, t2i = run.lists[Direction.I2T], run.lists[Direction.T2I]
    pairs = {(query, candidate) for query in range(20) for candidate in i2t.candidates[query * 6 : query * 6 + 6]}
    pairs |= {(candidate, query) for query in range(100) for candidate in t2i.candidates[query * 6 : query * 6 + 6]}
    assert len(reranker.pairs) == len(set(reranker.pairs)) == len(pairs)
    assert len(reranker.prepared) == 20
    assert len(reranker.read) == len(set(reranker.read))


def test_captions_left_out_ask_nothing_and_are_in_no_list(content, stage_one):
    kept = draw_captions(content.split, 3)
    reranker = SmallReranker()
    run = rerank(reranker, content, depth=4, parts=[Part(np.arange(20), kept)], **stage_one)
    assert set(reranker.read) <= {content.captions[index] for index in kept}
    part = with_captions(content.split, kept)
    cut = restrict(run, np.arange(20), kept)
    similar, scores = _cosines(**stage_one)[:, kept], all_scores(content)[:, kept]
    np.testing.assert_array_equal(_as_matrix(cut.lists[Direction.I2T], 20), _brute_force(similar, scores, 4))
    np.testing.assert_array_equal(_as_matrix(cut.lists[Direction.T2I], len(kept)), _brute_force(similar.T, scores.T, 4))
    assert (np.diff(run.lists[Direction.T2I].offsets)[np.setdiff1d(np.arange(100), kept)] == 0).all()
    assert len(count_lists(cut, part.judgments())[Direction.I2T].queries) == 20


def test_equally_near_candidates_come_in_canonical_order(content, stage_one):
    stage_one["captions"][:] = stage_one["captions"][0]
    stage_one["images"][:] = stage_one["images"][0]
    run = rerank(SmallReranker(), content, depth=4, **stage_one)
    for lists in run.lists.values():
        for row in np.split(lists.candidates, lists.offsets[1:-1]):
            assert sorted(row.tolist()) == [0, 1, 2, 3]


def test_captions_of_the_same_wording_tie_and_are_scored_once(split, stage_one):
    content = content_of(split, captions=[f"caption {index % 50}" for index in range(100)])
    reranker = SmallReranker()
    run = rerank(reranker, content, depth=100, batch_size=7, **stage_one)
    assert len(reranker.pairs) == 20 * 50
    matrix = _as_matrix(run.lists[Direction.I2T], 20)
    np.testing.assert_array_equal(matrix[:, :50], matrix[:, 50:])


def test_a_prompt_stands_around_every_caption(content, stage_one):
    reranker = SmallReranker()
    rerank(reranker, content, depth=2, prompt="a photo of {}", **stage_one)
    assert all(text.startswith("a photo of caption ") for text in reranker.read)


def test_two_runs_are_the_same_to_the_bit_and_the_block_does_not_matter(content, stage_one):
    runs = [rerank(SmallReranker(), content, depth=5, batch_size=size, **stage_one) for size in (None, None, 1, 3)]
    for direction in Direction:
        for other in runs[1:]:
            for name in ("offsets", "candidates", "scores"):
                one, two = getattr(runs[0].lists[direction], name), getattr(other.lists[direction], name)
                np.testing.assert_array_equal(one, two)


def test_blocks_are_at_most_a_batch(content, stage_one):
    reranker = SmallReranker()
    rerank(reranker, content, depth=100, batch_size=30, **stage_one)
    assert set(reranker.blocks) == {30, 10}


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate")],
    ids=["host", "torch"],
)
def test_running_out_of_memory_halves_the_block_and_says_so(content, stage_one, error):
    class Greedy(SmallReranker):
        def match(self, image_state, captions):
            if len(captions["number"]) > 10:
                raise error
            return super().match(image_state, captions)

    told, reranker = [], Greedy()
    run = rerank(reranker, content, depth=100, batch_size=32, tell=told.append, **stage_one)
    assert max(reranker.blocks) == 8
    assert [one.remark for one in told if one.remark] == [
        "score pairs: out of memory with 32 captions at a time, going on with 16",
        "score pairs: out of memory with 16 captions at a time, going on with 8",
    ]
    plain = rerank(SmallReranker(), content, depth=100, **stage_one)
    np.testing.assert_array_equal(run.lists[Direction.I2T].scores, plain.lists[Direction.I2T].scores)


@pytest.mark.parametrize("step", ["match", "image_state"])
def test_no_memory_for_the_smallest_piece_is_one_message(content, stage_one, step):
    class Greedy(SmallReranker):
        pass

    def fail(*_arguments):
        raise MemoryError

    setattr(Greedy, step, fail)
    with pytest.raises(ModelError, match="Memory on cpu does not suffice even for a single"):
        rerank(Greedy(), content, depth=2, **stage_one)


@pytest.mark.parametrize("step", ["match", "image_state"])
def test_other_errors_are_not_taken_for_a_lack_of_memory(content, stage_one, step):
    class Broken(SmallReranker):
        pass

    def fail(*_arguments):
        raise RuntimeError("shapes do not fit")

    setattr(Broken, step, fail)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        rerank(Broken(), content, depth=2, **stage_one)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_score_that_is_no_number_names_image_and_caption(content, stage_one, value):
    class Wrong(SmallReranker):
        def scores(self, image, captions):
            found = super().scores(image, captions)
            found[-1] = value if image == self.bad else found[-1]
            return found

    reranker = Wrong()
    reranker.bad = number_of(content.pictures.open(6).tobytes())
    with pytest.raises(ModelError, match=r"The score of image 'i6' with caption 'c99' is (nan|inf)"):
        rerank(reranker, content, depth=100, batch_size=100, **stage_one)


@pytest.mark.parametrize("kind", ["image", "caption"])
def test_an_embedding_that_is_no_number_is_refused(content, stage_one, kind):
    stage_one[f"{kind}s"][5, 2] = np.nan
    with pytest.raises(ModelError, match=f"1 of .* {kind} embeddings .* first that of {kind} 5"):
        rerank(SmallReranker(), content, depth=2, **stage_one)


def test_embeddings_of_another_split_are_refused(content, stage_one):
    with pytest.raises(ValueError, match="need as many embeddings"):
        rerank(SmallReranker(), content, depth=2, images=stage_one["images"][1:], captions=stage_one["captions"])


def test_a_picture_that_cannot_be_read_is_named(split, stage_one):
    with pytest.raises(DataError, match=r"i11\.jpg"):
        rerank(SmallReranker(), content_of(split, broken=[11]), depth=2, **stage_one)


def test_progress_counts_pairs_to_the_end(content, stage_one):
    told, reranker = [], SmallReranker()
    rerank(reranker, content, depth=3, tell=told.append, **stage_one)
    assert {one.stage for one in told} == {"read captions", "score pairs"}
    assert (told[-1].done, told[-1].total) == (len(reranker.pairs),) * 2
    assert told[-1].per_second > 0


def test_blocks_of_similarities_stay_small(content, stage_one, monkeypatch):
    whole = rerank(SmallReranker(), content, depth=7, **stage_one)
    monkeypatch.setattr("evaluator.reranking.candidates.BLOCK_BYTES", 1)
    for direction, lists in rerank(SmallReranker(), content, depth=7, **stage_one).lists.items():
        np.testing.assert_array_equal(lists.candidates, whole.lists[direction].candidates)


class TestCache:
    def test_a_second_run_scores_nothing(self, content, stage_one, tmp_path):
        first = rerank(SmallReranker(), content, depth=5, cache=tmp_path, **stage_one)
        reranker, told = SmallReranker(), []
        second = rerank(reranker, content, depth=5, cache=tmp_path, tell=told.append, **stage_one)
        assert not reranker.pairs
        assert not reranker.prepared
        assert not reranker.read
        assert told[-1].done == told[-1].total > 0
        for direction in Direction:
            np.testing.assert_array_equal(second.lists[direction].scores, first.lists[direction].scores)
            np.testing.assert_array_equal(second.lists[direction].candidates, first.lists[direction].candidates)

    def test_a_killed_run_continues(self, content, stage_one, tmp_path):
        class Killed(SmallReranker):
            def match(self, image_state, captions):
                if len(self.prepared) and len(self.pairs) > 300:
                    raise KeyboardInterrupt
                return super().match(image_state, captions)

        killed, resumed, whole = Killed(), SmallReranker(), SmallReranker()
        with pytest.raises(KeyboardInterrupt):
            rerank(killed, content, depth=5, cache=tmp_path, **stage_one)
        run = rerank(resumed, content, depth=5, cache=tmp_path, **stage_one)
        plain = rerank(whole, content, depth=5, **stage_one)
        kept = len(whole.pairs) - len(resumed.pairs)
        assert 0 < kept < len(whole.pairs)
        assert kept > len(killed.pairs) - 8 * 100
        np.testing.assert_array_equal(run.lists[Direction.T2I].scores, plain.lists[Direction.T2I].scores)

    @pytest.mark.parametrize("sensitive", [False, True])
    def test_what_other_runs_left_there_moves_no_bit(self, content, stage_one, tmp_path, sensitive):
        class Sensitive(SmallReranker):
            def scores(self, image, captions):
                return super().scores(image, captions) * np.float32(1 + 1e-3 * captions.mean() * sensitive)

        seeds = [[Part(np.arange(20), draw_captions(content.split, seed))] for seed in range(3)]
        fresh = [rerank(Sensitive(), content, depth=9, parts=parts, **stage_one) for parts in seeds]
        for depth in (20, 9, 9):
            for parts, expected in zip(seeds, fresh, strict=True):
                found = rerank(Sensitive(), content, depth=depth, parts=parts, cache=tmp_path, **stage_one)
                if depth == 9:
                    for direction in Direction:
                        np.testing.assert_array_equal(found.lists[direction].scores, expected.lists[direction].scores)

    def test_a_run_goes_on_with_the_neighbours_that_a_killed_one_had(self, content, stage_one, tmp_path):
        class Sensitive(SmallReranker):
            def caption_states(self, captions):
                number = super().caption_states(captions)["number"]
                return {"number": number + 1e-6 * number.sum()}

            def match(self, image_state, captions):
                if self.dies and len(self.pairs) > 150:
                    raise KeyboardInterrupt
                return super().match(image_state, captions)

        reranker = Sensitive()
        reranker.dies = True
        with pytest.raises(KeyboardInterrupt):
            rerank(reranker, content, depth=2, cache=tmp_path, batch_size=7, **stage_one)
        reranker.dies = False
        run = rerank(reranker, content, depth=2, cache=tmp_path, batch_size=7, **stage_one)
        whole = rerank(reranker, content, depth=2, batch_size=7, **stage_one)
        for direction in Direction:
            np.testing.assert_array_equal(run.lists[direction].scores, whole.lists[direction].scores)

    @pytest.mark.parametrize(
        "change",
        [
            {"prompt": "a photo of {}"},
            {"precision": Precision.AMP},
            {"reranker": {"sha": "1" * 64}},
            {"reranker": {"head_rule": "itm+itc"}},
            {"captions": True},
            {"batch_size": 7},
            {"depth": 6},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_anything_that_may_move_a_score_has_a_place_of_its_own(self, content, stage_one, tmp_path, change):
        rerank(SmallReranker(), content, depth=5, cache=tmp_path, **stage_one)
        change = {"depth": 5, **change}
        reranker = SmallReranker(**change.pop("reranker", {}))
        if change.pop("captions", False):
            content = content_of(content.split, captions=[f"other {index}" for index in range(100)])
        rerank(reranker, content, cache=tmp_path, **stage_one, **change)
        assert len(reranker.prepared) == 20

    def test_nothing_is_kept_of_weights_without_a_digest(self, content, stage_one, tmp_path):
        rerank(SmallReranker(sha=None), content, depth=5, cache=tmp_path, **stage_one)
        assert not list(tmp_path.iterdir())

    def test_damaged_files_are_written_anew(self, content, stage_one, tmp_path):
        first = rerank(SmallReranker(), content, depth=5, cache=tmp_path, **stage_one)
        files = sorted(tmp_path.glob("*/*.npy"))
        assert len(files) == 3
        files[0].write_bytes(files[0].read_bytes()[:-7])
        files[1].write_bytes(b"")
        flipped = bytearray(files[2].read_bytes())
        flipped[100] ^= 1
        files[2].write_bytes(flipped)
        reranker = SmallReranker()
        again = rerank(reranker, content, depth=5, cache=tmp_path, **stage_one)
        assert len(reranker.prepared) == 20
        np.testing.assert_array_equal(again.lists[Direction.I2T].scores, first.lists[Direction.I2T].scores)
        assert not list(tmp_path.rglob(".unfinished-*"))

    def test_a_full_disk_is_one_message_and_nothing_half_written(self, content, stage_one, tmp_path, monkeypatch):
        def full(*_arguments):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("pathlib.Path.replace", full)
        with pytest.raises(ModelError, match=r"is kept in .*, but there is no room: .* are free\. Free some"):
            rerank(SmallReranker(), content, depth=5, cache=tmp_path, **stage_one)
        assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"]

    def test_a_second_process_waits_and_scores_nothing_twice(self, content, stage_one, tmp_path):
        begun, waited = Event(), Event()

        class Slow(SmallReranker):
            def image_state(self, prepared):
                begun.set()
                assert waited.wait(20)
                return super().image_state(prepared)

        def tell(progress):
            if "another process" in progress.remark:
                waited.set()

        other = Thread(target=lambda: rerank(Slow(), content, depth=5, cache=tmp_path, **stage_one))
        other.start()
        assert begun.wait(20)
        reranker = SmallReranker()
        rerank(reranker, content, depth=5, cache=tmp_path, tell=tell, **stage_one)
        other.join()
        assert waited.is_set()
        assert not reranker.pairs

    def test_what_a_killed_process_left_half_written_is_removed(self, content, stage_one, tmp_path):
        rerank(SmallReranker(), content, depth=5, cache=tmp_path, **stage_one)
        (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
        (folder / ".unfinished-some").write_bytes(b"half")
        rerank(SmallReranker(), content, depth=5, cache=tmp_path, **stage_one)
        assert not (folder / ".unfinished-some").exists()

    def test_the_rate_leaves_out_what_was_there_before(self, content, stage_one, tmp_path):
        told = []
        for _ in range(2):
            told.clear()
            rerank(SmallReranker(), content, depth=5, cache=tmp_path, tell=told.append, **stage_one)
        assert told[-1].done == told[-1].total > 0
        assert told[-1].per_second == 0


class TestHistory:
    def _of(self, reranker, content, stage_one, **options):
        return reranking_lists.rerank(reranker, content, depth=5, **stage_one, **options)

    def test_it_says_how_the_scores_came_about(self, content, stage_one, tmp_path):
        reranker = SmallReranker()
        first = self._of(reranker, content, stage_one, cache=tmp_path)
        again = self._of(SmallReranker(), content, stage_one, cache=tmp_path)
        assert first.n_pairs == again.n_pairs == again.n_pairs_from_cache == len(reranker.pairs)
        assert (first.n_pairs_from_cache, first.depth, first.batch_size, first.n_truncated) == (0, 5, 32, 0)
        assert first.pairs_per_second == again.pairs_per_second > 0
        assert (first.scored_in, again.scored_in) == ((), (environment("cpu"),))
        assert first.seconds > 0
        assert first.peak_memory > 0
        assert first.kernels == first.remarks == ()

    def test_a_later_run_repeats_what_happened_when_pairs_were_scored(self, content, stage_one, tmp_path):
        class Greedy(SmallReranker):
            def match(self, image_state, captions):
                if len(captions["number"]) > 4:
                    raise MemoryError
                # In the words of torch.
                warn("grid_sampler_2d does not have a deterministic implementation, but you set", UserWarning, 2)
                return super().match(image_state, captions)

            def count_truncated(self, captions):
                return len(captions) // 10

        for reranker in (Greedy(), SmallReranker()):
            found = self._of(reranker, content, stage_one, cache=tmp_path, batch_size=8)
            assert found.kernels == ("grid_sampler_2d",)
            assert found.remarks == ("score pairs: out of memory with 8 captions at a time, going on with 4",)
            assert (found.batch_size, found.n_truncated) == (4, 10)


def test_states_beyond_memory_lie_in_a_file_that_nobody_sees(content, stage_one, monkeypatch, tmp_path):
    plain = rerank(SmallReranker(), content, depth=5, **stage_one)
    monkeypatch.setattr("evaluator.reranking.blocks.IN_MEMORY", 0)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run = rerank(SmallReranker(), content, depth=5, **stage_one)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    for again in (run, rerank(SmallReranker(), content, depth=5, **stage_one)):
        np.testing.assert_array_equal(again.lists[Direction.I2T].scores, plain.lists[Direction.I2T].scores)
