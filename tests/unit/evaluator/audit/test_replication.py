"""Whether scores come back and orders carry, on tables small enough to check by hand."""

import pytest

from evaluator.audit.replication import Carries, DatasetValues, replication
from evaluator.audit.system_value import SystemValue
from splits.split import Centricity


def dataset(name, kind, error=None, **values):
    return DatasetValues(name, Centricity(kind), {k: SystemValue(v, 0.0005, error) for k, v in values.items()})


COCO = dataset("coco", "scene", clip=0.60, xvlm=0.70, cca=0.20)
FLICKR = dataset("flickr30k", "scene", clip=0.80, xvlm=0.90, cca=0.30)
CUB = dataset("cub200", "object", clip=0.30, xvlm=0.10, cca=0.01)
ABO = dataset("abo", "object", clip=0.40, xvlm=0.20)


def test_the_matrix_of_taus_is_symmetric_and_names_its_pairs():
    found = replication([COCO, FLICKR, CUB, ABO])
    assert (found.tau("coco", "flickr30k"), found.tau("flickr30k", "coco")) == (pytest.approx(1), pytest.approx(1))
    assert found.tau("coco", "cub200") == pytest.approx(1 / 3)
    assert found.tau("abo", "coco") == pytest.approx(-1)
    assert found.tau("coco", "unknown") is None
    assert len(found.comparisons) == 6


def test_ranks_share_a_place_where_digits_are_equal():
    found = replication([dataset("coco", "scene", a=0.5, b=0.5, c=0.4, d=0.6)])
    assert found.ranks["coco"] == {"d": 1, "a": 2, "b": 2, "c": 4}


def test_the_drop_is_a_share_of_the_mean_over_scene_centric_datasets():
    found = {one.system: one for one in replication([COCO, FLICKR, CUB, ABO]).drops}
    assert found["clip"].relative == pytest.approx((0.7 - 0.35) / 0.7)
    assert found["xvlm"].relative == pytest.approx((0.8 - 0.15) / 0.8)
    assert (found["cca"].n_scene, found["cca"].n_object) == (2, 1)


def test_a_system_on_one_type_only_has_no_drop():
    assert replication([COCO, FLICKR]).drops == ()


def test_a_scene_mean_of_nothing_has_no_relative_drop():
    [drop] = replication([dataset("s", "scene", a=0.0), dataset("o", "object", a=0.2)]).drops
    assert drop.relative is None


def test_an_order_carries_wholly_where_no_pair_flips():
    assert replication([COCO, FLICKR]).carries(same_type=True) is Carries.WHOLLY


def test_a_flip_of_unknown_noise_leaves_the_answer_open():
    found = replication([COCO, FLICKR, CUB, ABO])
    assert (found.carries(same_type=True), found.carries(same_type=False)) == (Carries.WHOLLY, Carries.OPEN)


def test_a_flip_beyond_noise_on_both_sides_answers_no():
    scene, thing = dataset("s", "scene", 0.005, a=0.6, b=0.7), dataset("o", "object", 0.005, a=0.3, b=0.1)
    assert replication([scene, thing]).carries(same_type=False) is Carries.NOT


def test_a_flip_within_noise_answers_yes_within_noise():
    scene, thing = dataset("s", "scene", 0.2, a=0.6, b=0.7), dataset("o", "object", 0.2, a=0.3, b=0.1)
    assert replication([scene, thing]).carries(same_type=False) is Carries.WITHIN_NOISE


def test_datasets_without_two_common_systems_are_not_asked():
    found = replication([COCO, dataset("cub200", "object", clip=0.3, other=0.2)])
    assert found.carries(same_type=False) is Carries.UNASKED
    assert found.comparisons == ()
