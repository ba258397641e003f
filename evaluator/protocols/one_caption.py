"""Protocols with one caption per image, drawn with a caption seed, as Hendriksen et al. 2023 compare datasets."""

from evaluator.protocol import Protocol
from splits.split import CaptionPolicy

COCO_1CAP = Protocol(
    name="coco-1cap",
    version=1,
    title="COCO 5K, one caption",
    split="coco/karpathy-test-25010",
    captions=CaptionPolicy.ONE,
    notes="5,000 images with one of their captions each: i2t is much harder than with five, and t2i a little easier.",
)

FLICKR30K_1CAP = Protocol(
    name="flickr30k-1cap",
    version=1,
    title="Flickr30k 1K, one caption",
    split="flickr30k/karpathy-test",
    captions=CaptionPolicy.ONE,
    notes="1,000 images with one of their five captions each.",
)

CUB200_1CAP = Protocol(
    name="cub200-1cap",
    version=1,
    title="CUB-200 test, one caption",
    split="cub200/test",
    captions=CaptionPolicy.ONE,
    notes="5,794 photos with one of their ten captions each.",
)

FASHION200K_1CAP = Protocol(
    name="fashion200k-1cap",
    version=1,
    title="Fashion200k test, one caption",
    split="fashion200k/test",
    captions=CaptionPolicy.ONE,
    notes="Every item has one description: the numbers are those of fashion200k-test, whatever the seed.",
)

ABO_1CAP = Protocol(
    name="abo-1cap",
    version=1,
    title="ABO, one caption",
    split="abo/test",
    captions=CaptionPolicy.ONE,
    notes="Every item has one name: the numbers are those of abo-test, whatever the seed.",
)

TOY_SCENE_1CAP = Protocol(
    name="toy-scene-1cap",
    version=1,
    title="Toy scenes, one caption",
    split="toy-scene/test",
    captions=CaptionPolicy.ONE,
    notes="Rendered scenes with one of their five captions each; some captions fit two images.",
)

TOY_OBJECT_1CAP = Protocol(
    name="toy-object-1cap",
    version=1,
    title="Toy objects, one caption",
    split="toy-object/test",
    captions=CaptionPolicy.ONE,
    notes="Every object has one caption: the numbers are those of toy-object, whatever the seed.",
)
