"""Protocols on the object-centric datasets: CUB-200, Fashion200k and ABO."""

from evaluator.protocol import Protocol

CUB200_TEST = Protocol(
    name="cub200-test",
    version=1,
    title="CUB-200 test",
    split="cub200/test",
    notes="The official test photos, ten Reed et al. captions each; every class was seen in training.",
)

CUB200_UNSEEN = Protocol(
    name="cub200-unseen",
    version=1,
    title="CUB-200, 50 unseen classes",
    split="cub200/attngan-test",
    notes="The 50 classes that text-to-image work keeps for testing; not the 50 that PCME keeps.",
)

FASHION200K_TEST = Protocol(
    name="fashion200k-test",
    version=1,
    title="Fashion200k test",
    split="fashion200k/test",
    notes="The official test items, one description each.",
)

ABO_TEST = Protocol(
    name="abo-test",
    version=1,
    title="ABO",
    split="abo/test",
    notes="5,000 main images of our own stated draw with their English product names; no official test list exists.",
)
