"""Small splits and runs, and a reference that ranks by trying every order of the tied candidates."""

from collections.abc import Callable

import numpy as np
import pytest

from splits.split import Centricity, Dataset, Split

TINY = Dataset("tiny", "Generated", Centricity.SCENE, "CC0-1.0", "none", "generated")


def make_split(
    n_images: int, captions_each: int = 1, *, name: str = "tiny/test", extra: list[tuple[int, int]] | None = None
) -> Split:
    """A split with the same number of captions for every image, and perhaps further pairs."""
    captions = np.arange(n_images * captions_each)
    pairs = np.stack([captions, captions // captions_each], axis=1)
    if extra:
        pairs = np.concatenate([pairs, np.array(extra)])
    return Split(name, TINY, tuple(f"i{k}" for k in range(n_images)), tuple(f"c{k}" for k in captions), pairs)


@pytest.fixture
def split_of() -> Callable[..., Split]:
    return make_split
