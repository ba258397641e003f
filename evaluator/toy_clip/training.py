"""Train the tiny CLIP: the same seed and number of threads give the same weights on one machine."""
# ruff: noqa: TID253 - imported only where a model is trained.

import copy
import math
from collections.abc import Mapping, Sequence

import torch
from torch.nn import functional

from evaluator.progress import Meter, Tell, ignore
from evaluator.toy_clip.learner import Learner, new_learner, whole_state
from evaluator.toy_clip.lessons import Batch, Lesson, Tensor, batches, read_lesson
from evaluator.toy_clip.recipe import DATASETS, Recipe

LARGEST_GRADIENT = 1.0


def train(seed: int, *, recipe: Recipe | None = None, tell: Tell = ignore) -> dict[str, Tensor]:
    """Train on the train parts of both toy datasets, and choose among the weights on their validation parts.

    Args:
        seed: Governs the first weights, the order of the pictures, the captions drawn and how pictures are altered.
        recipe: Its settings; those of the demo if omitted.
        tell: Told how far it is.

    Returns:
        The weights under open_clip's names.
    """
    recipe = recipe or Recipe()
    lessons = [read_lesson(f"{dataset}/train") for dataset in DATASETS]
    examinations = [read_lesson(f"{dataset}/validation") for dataset in DATASETS]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        learner = new_learner(lessons)
        return _Training(learner, recipe, lessons, examinations).run(seed, tell)


class _Training:
    """One training: optimiser, schedule and running average around a learner."""

    def __init__(
        self, learner: Learner, recipe: Recipe, lessons: Sequence[Lesson], examinations: Sequence[Lesson]
    ) -> None:
        self._learner, self._recipe = learner, recipe
        self._lessons, self._examinations = lessons, examinations
        self._optimiser = torch.optim.AdamW(_groups(learner, recipe), lr=recipe.learning_rate, betas=(0.9, 0.98))
        self.average = Learner(copy.deepcopy(learner.parts), learner.known)
        self.n_steps = recipe.epochs * (len(lessons[0].pictures) // recipe.batch)

    def run(self, seed: int, tell: Tell) -> dict[str, Tensor]:
        """Take all steps, and return the best of the averages that were looked at."""
        generator = torch.Generator().manual_seed(seed)
        streams = [batches(lesson, self._recipe, generator) for lesson in self._lessons]
        looks = _looks(self.n_steps, self._recipe.looks)
        meter = Meter(tell, f"train seed {seed}", self.n_steps)
        best, found = -math.inf, whole_state(self._learner)
        for step in range(self.n_steps):
            self.step([next(stream) for stream in streams], step / self.n_steps)
            meter.add(1)
            if step in looks:
                reached = first_places(self.average, self._examinations)
                if reached > best:
                    best, found = reached, whole_state(self.average)
        return found

    def step(self, drawn: Sequence[Batch], share: float) -> float:
        """Learn from one batch of each dataset; return the loss of finding pairs."""
        for group in self._optimiser.param_groups:
            group["lr"] = _learning_rate(share, self._recipe)
        self._learner.parts.train()
        pairs, words = losses(self._learner, drawn, self._recipe)
        self._optimiser.zero_grad()
        (pairs + self._recipe.word_weight * words).backward()
        torch.nn.utils.clip_grad_norm_(self._learner.parts.parameters(), LARGEST_GRADIENT)
        self._optimiser.step()
        self._follow()
        return float(pairs.detach())

    def _follow(self) -> None:
        """Let the running average come a little nearer; of batch norm's statistics too."""
        average, now = self.average.parts.state_dict(), self._learner.parts.state_dict()
        for name, value in average.items():
            if value.is_floating_point():
                value.lerp_(now[name], 1 - self._recipe.average)
            else:
                value.copy_(now[name])


def losses(learner: Learner, drawn: Sequence[Batch], recipe: Recipe) -> tuple[Tensor, Tensor]:
    """Return how badly pairs are found within each dataset, and how badly the words of captions are told.

    All datasets go through the network together, so that what it takes from a batch is the same for each.
    """
    rows = learner.encode_pictures(torch.cat([batch.pictures for batch in drawn]))
    tokens, read = torch.cat([batch.tokens for batch in drawn]), torch.cat([batch.read for batch in drawn])
    texts = learner.encode_captions(tokens, read=read)
    of_pictures = functional.normalize(rows, dim=-1).split([len(batch.pictures) for batch in drawn])
    of_captions = functional.normalize(texts, dim=-1).split([len(batch.tokens) for batch in drawn])
    pairs = torch.zeros(())
    said = []
    for batch, pictures, captions in zip(drawn, of_pictures, of_captions, strict=True):
        likeness = learner.scale * pictures @ captions.T
        pairs = pairs + _unlikely(likeness, batch.fits, recipe) + _unlikely(likeness.T, batch.fits.T, recipe)
        # The captions that were drawn with a picture follow one another.
        said.append(learner.words_of(batch.tokens).view(len(pictures), -1, len(learner.known)).amax(1))
    told = functional.binary_cross_entropy_with_logits(learner.guess_words(rows), torch.cat(said), reduction="none")
    return pairs / 2, told.sum(1).mean()


def first_places(learner: Learner, lessons: Sequence[Lesson]) -> float:
    """Add up R@1 over lessons and directions."""
    total = 0.0
    learner.parts.eval()
    with torch.inference_mode():
        for lesson in lessons:
            pictures = functional.normalize(learner.encode_pictures(lesson.pictures), dim=-1)
            captions = functional.normalize(learner.encode_captions(lesson.tokens), dim=-1)
            likeness = pictures @ captions.T
            for scores, fits in ((likeness, lesson.fits), (likeness.T, lesson.fits.T)):
                total += float(fits.gather(1, scores.argmax(1, keepdim=True)).float().mean())
    return total


def _unlikely(likeness: Tensor, fits: Tensor, recipe: Recipe) -> Tensor:
    """Cross entropy between what is found and all that fits, in equal shares, with some of the target spread."""
    target = fits / fits.sum(1, keepdim=True)
    target = target * (1 - recipe.label_smoothing) + recipe.label_smoothing / fits.shape[1]
    return functional.cross_entropy(likeness, target)


def _learning_rate(share: float, recipe: Recipe) -> float:
    rising = min(1.0, share / recipe.warm_up) if recipe.warm_up else 1.0
    return recipe.learning_rate * rising * (0.5 * (1 + math.cos(math.pi * share)) + 0.005)


def _looks(n_steps: int, count: int) -> set[int]:
    """The steps after which the validation parts are looked at: evenly over the last half, the last among them."""
    return {n_steps - 1 - round(n * n_steps / (2 * count)) for n in range(count)}


def _groups(learner: Learner, recipe: Recipe) -> list[Mapping[str, object]]:
    """Let only matrices and kernels decay."""
    matrices: list[Tensor] = []
    others: list[Tensor] = []
    for name, parameter in learner.parts.named_parameters():
        (matrices if parameter.ndim > 1 and "positional" not in name else others).append(parameter)
    return [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
