"""How deep re-ranking goes, and what is said where it does not go deep enough."""

import pytest

from evaluator.errors import ProtocolError
from evaluator.reranking.depth import Depth, depth_for


@pytest.mark.parametrize(
    ("dataset", "pool", "k"), [("coco", 25010, 256), ("flickr30k", 5000, 128), ("abo", 5000, 128), ("toy", 40, 40)]
)
def test_every_dataset_has_a_default(dataset, pool, k):
    assert depth_for(dataset, None, largest_cutoff=10, pool=pool) == Depth(k)


@pytest.mark.parametrize(("asked", "k"), [(10, 10), (64, 64), (999, 500), (500, 500)])
def test_a_depth_asked_for_is_cut_to_the_pool(asked, k):
    assert depth_for("coco", asked, largest_cutoff=10, pool=500) == Depth(k)


@pytest.mark.parametrize("asked", [1, 2, 4, 9])
def test_a_depth_below_the_largest_cutoff_is_refused_unless_asked_for_by_name(asked):
    with pytest.raises(ProtocolError, match=rf"Re-ranking {asked} of 5,000 candidates caps R@10.*by name"):
        depth_for("coco", asked, largest_cutoff=10, pool=5000)
    depth = depth_for("coco", asked, largest_cutoff=10, truncated=True, pool=5000)
    assert depth == Depth(asked, f"truncated re-ranking k={asked}")


def test_a_deep_enough_depth_carries_no_badge_even_where_truncation_is_allowed():
    assert depth_for("coco", 10, largest_cutoff=10, truncated=True, pool=5000).badge is None


def test_a_whole_pool_is_deep_enough_however_small():
    assert depth_for("toy", 4, largest_cutoff=10, pool=4) == Depth(4)


@pytest.mark.parametrize("asked", [0, -3])
def test_what_is_no_depth_is_refused(asked):
    with pytest.raises(ProtocolError, match="is no depth; expected a number from 1 on"):
        depth_for("coco", asked, largest_cutoff=10, pool=5000)
