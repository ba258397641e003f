"""Protocols on the Karpathy test split of MS COCO."""

from evaluator.protocol import RECALLS, Folds, Protocol

COCO_5K = Protocol(
    name="coco-5k",
    version=1,
    title="COCO 5K",
    split="coco/karpathy-test-25000",
    notes="5,000 images, the first five captions of each. What the VSE++ family and ECCV Caption use.",
)

COCO_5K_25010 = Protocol(
    name="coco-5k-25010",
    version=1,
    title="COCO 5K (25,010 captions)",
    split="coco/karpathy-test-25010",
    notes="All captions: ten images have six. What CLIP-style evaluations and X-VLM use.",
)

COCO_1K = Protocol(
    name="coco-1k",
    version=1,
    title="COCO 1K (5 folds)",
    split="coco/karpathy-test-25000",
    folds=Folds(5),
    notes="Five consecutive blocks of 1,000 images in canonical order, averaged; medians are averaged too.",
)

COCO_1K_RANDOM = Protocol(
    name="coco-1k-random",
    version=1,
    title="COCO 1K (random folds)",
    split="coco/karpathy-test-25000",
    folds=Folds(5, draws=100),
    notes="The five folds drawn at random 100 times with the run's evaluation seed: mean and spread over draws.",
)

COCO_CXC = Protocol(
    name="coco-cxc",
    version=1,
    title="COCO CxC",
    split="coco/karpathy-test-25000",
    judgments="cxc",
    metrics=RECALLS,
    notes="Crisscrossed Captions judgments: 24,972 captions have a relevant image and are asked.",
)

COCO_ECCV = Protocol(
    name="coco-eccv",
    version=1,
    title="COCO ECCV Caption",
    split="coco/karpathy-test-25000",
    judgments="eccv",
    metrics=("mAP@R", "R-Precision", "R@1"),
    notes="ECCV Caption judgments: 1,261 images and 1,332 captions are asked; R counts every judged candidate.",
)
