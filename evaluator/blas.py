"""Keep numpy's linear algebra on the thread that calls it, while threads of our own share the work out.

A product that many threads compute together waits for the slowest of them again and again, and its helpers keep their
processors busy for a while after it. Threads that each multiply and count tiles of their own do neither.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from threading import Lock

PREFIXES_AND_SUFFIXES = (("scipy_", "64_"), ("", "64_"), ("", ""))
"""How OpenBLAS calls its functions: as numpy's wheels carry it, and as systems build it."""


@dataclass(frozen=True, slots=True)
class Threads:
    """How a library is told on how many threads to compute."""

    get: Callable[[], int]
    set: Callable[[int], None]


@cache
def blas_threads() -> Threads | None:
    """Find the functions of the OpenBLAS that numpy is linked with; None where it is another library."""
    library = ctypes.CDLL(import_module("numpy._core._multiarray_umath").__file__)
    for prefix, suffix in PREFIXES_AND_SUFFIXES:
        get = getattr(library, f"{prefix}openblas_get_num_threads{suffix}", None)
        put = getattr(library, f"{prefix}openblas_set_num_threads{suffix}", None)
        if get is not None and put is not None:
            return Threads(get, put)
    return None


_lock = Lock()
_within = 0
_before = 1


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Compute products on the calling thread alone, wherever in the process, as long as anyone is within.

    A library that cannot be told so goes on as it was: slower, with the same results.
    """
    global _within, _before
    threads = blas_threads()
    if threads is None:
        yield
        return
    with _lock:
        if not _within:
            _before = threads.get()
            threads.set(1)
        _within += 1
    try:
        yield
    finally:
        with _lock:
            _within -= 1
            if not _within:
                threads.set(_before)
