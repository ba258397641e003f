"""Protocols on the two rendered datasets: ordinary entries that need no download."""

from evaluator.protocol import Protocol

TOY_SCENE = Protocol(
    name="toy-scene",
    version=1,
    title="Toy scenes",
    split="toy-scene/test",
    notes="Rendered scenes of two to five objects, five captions each; some captions fit two images.",
)

TOY_OBJECT = Protocol(
    name="toy-object",
    version=1,
    title="Toy objects",
    split="toy-object/test",
    notes="Rendered single objects with fine-grained attributes, one caption each; some captions fit two images.",
)
