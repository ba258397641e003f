"""The protocol on the Karpathy test split of Flickr30k."""

from evaluator.protocol import Protocol

FLICKR30K_1K = Protocol(
    name="flickr30k-1k",
    version=1,
    title="Flickr30k 1K",
    split="flickr30k/karpathy-test",
    notes="1,000 images with five captions each; not the Flickr30k Entities test list, which shares 25 of them.",
)
