"""Effects come back bit by bit, and take little room."""

import numpy as np
import pytest

from evaluator.effects_codec import decode_effects, encode_effects


@pytest.mark.parametrize("n_different", [1, 256, 257, 70_000])
def test_effects_come_back_bit_by_bit(n_different):
    rng = np.random.default_rng(n_different)
    effects = rng.normal(size=n_different)[rng.integers(0, n_different, 80_000)]
    assert np.array_equal(decode_effects(encode_effects(effects)), effects)


def test_effects_of_a_large_split_take_a_few_kilobytes():
    rng = np.random.default_rng(1)
    hits = rng.integers(0, 4, 5000) / 5000 + rng.integers(0, 16, 5000) / 25_000
    assert len(encode_effects(hits - hits.mean())) < 6000


def test_effects_that_are_cut_off_are_refused():
    with pytest.raises(ValueError, match="cut off"):
        decode_effects(encode_effects(np.arange(100.0))[:-5])
