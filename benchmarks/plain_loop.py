"""The loops that are written by hand in torch, to hold ours against: the same network, and nothing checked or kept."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from evaluator.encoding.picture_batches import MOST_THREADS, host_cores
from evaluator.model import Encoder
from splits.content import Content

if TYPE_CHECKING:
    import torch


class PreparedPictures:
    """The pictures of a content, opened and prepared one by one: what torch calls a data set."""

    def __init__(self, encoder: Encoder, content: Content) -> None:
        """Keep what opens and prepares."""
        self.encoder, self.content = encoder, content

    def __len__(self) -> int:
        """How many there are."""
        return self.content.split.n_images

    def __getitem__(self, index: int) -> Any:
        """Open and prepare one."""
        return self.encoder.prepare_image(self.content.pictures.open(index))


def encode_images(encoder: Encoder, content: Content, *, size: int, pinned: bool) -> "torch.Tensor":
    """Encode all pictures, prepared by the processes of a DataLoader, each batch fetched before the next begins."""
    import torch
    from torch.utils.data import DataLoader

    loader = DataLoader(
        PreparedPictures(encoder, content),  # type: ignore[arg-type]  # it asks for its own class, and takes any
        batch_size=size,
        num_workers=min(host_cores(), MOST_THREADS),
        collate_fn=encoder.collate_images,
        pin_memory=pinned,
        multiprocessing_context="fork",
    )
    with _without_remarks():
        return torch.cat([_on_host(encoder.encode_images(batch)) for batch in loader])


def encode_captions(encoder: Encoder, captions: Sequence[str], *, size: int) -> "torch.Tensor":
    """Encode all captions batch by batch, each fetched before the next begins."""
    import torch

    starts = range(0, len(captions), size)
    return torch.cat([_on_host(encoder.encode_captions(captions[start : start + size])) for start in starts])


def _on_host(vectors: Any) -> "torch.Tensor":
    rows: torch.Tensor = vectors.float().cpu()
    return rows


@contextmanager
def _without_remarks() -> Iterator[None]:
    """Keep back that a process with threads forks: the children of a DataLoader leave the device alone."""
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*fork.*")
        yield
