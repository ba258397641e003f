"""A CUDA device after an error that it does not come back from, such as an index beyond a table of embeddings."""

import sys

_unfreed: list[BaseException] = []


def has_lost_device() -> bool:
    """Whether a device that this process computes on answers everything with an error: only a new process can use it.

    Never starts CUDA to find out.
    """
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return False
    try:
        for index in range(torch.cuda.device_count()):
            # Without memory there this process does not use it, and asking would begin to.
            if torch.cuda.memory_reserved(index):
                torch.cuda.synchronize(index)
    except RuntimeError:
        return True
    return False


def keep_if_lost(error: BaseException) -> None:
    """Keep an error to the end of this process if its device is lost: freeing what its frames hold would abort it."""
    if has_lost_device():
        _unfreed.append(error)
