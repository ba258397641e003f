"""Pictures opened and prepared by threads, a little ahead of the network that takes them."""

import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

MOST_THREADS = 16
AHEAD = 32
"""How many pictures wait for the network at most."""


def prepared_pictures(prepare: Callable[[int], Any], images: Sequence[int]) -> Generator[tuple[int, Any]]:
    """Yield some pictures, prepared, in the order given; at most a few are prepared ahead.

    Args:
        prepare: Opens and prepares the picture at an index; called from several threads.
        images: Which pictures.
    """
    with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_THREADS), "rematch-pictures") as threads:
        waiting: deque[tuple[int, Future[Any]]] = deque()
        try:
            for image in images:
                waiting.append((image, threads.submit(prepare, image)))
                if len(waiting) >= AHEAD:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()
