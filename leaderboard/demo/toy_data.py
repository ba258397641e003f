"""What the demo's systems are trained and run on: one toy dataset with its pixels described once."""

from dataclasses import dataclass

from evaluator.models.cca.training import CcaOptions, Examples, examples_of, fit
from evaluator.run import EmbeddingRun
from splits import SPLITS, Split, load_split
from splits.toy import captions, render_images


@dataclass(frozen=True, slots=True, eq=False)
class ToyData:
    """One toy dataset, ready for training."""

    dataset: str
    """Its name, which is its protocol's too."""
    split: Split
    """The test split, on which systems are scored."""
    train: Examples
    validation: Examples
    test: Examples


def load_toy_data(dataset: str) -> ToyData:
    """Render one toy dataset and describe its pixels."""
    return ToyData(
        dataset,
        load_split(f"{dataset}/test"),
        *(_examples(f"{dataset}/{part}") for part in ("train", "validation", "test")),
    )


def train_and_run(data: ToyData, seed: int, options: CcaOptions) -> EmbeddingRun:
    """Train one system under one seed and let it encode the test part."""
    model = fit(data.train, data.validation, seed=seed, options=options)
    return EmbeddingRun(model.encode_images(data.test.images), model.encode_captions(data.test.captions))


def _examples(name: str) -> Examples:
    split = SPLITS[name].read
    if split is None:
        raise RuntimeError(f"{name} is rendered and can always be read.")
    return examples_of(render_images(name), captions(name), split().image_of_caption)
