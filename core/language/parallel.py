"""Two halves of a computation side by side, and matrix products that each stay on one thread.

Matrices as small as those of a model trained here gain nothing from BLAS's own threads, which wait for one
another at every product; the elementwise work between the products has none. So a batch is split instead,
one half for each of two Python threads (NumPy releases the interpreter's lock while it computes), and BLAS is
held to one thread meanwhile. The result does not depend on how many processors there are.
"""

from __future__ import annotations

import ctypes
import glob
import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeVar

import numpy as np

__all__ = ["HALVES", "in_parallel", "one_blas_thread"]

T = TypeVar("T")

HALVES = 2
"""Into how many parts a batch is split, on every machine: the order of a sum decides its last digits."""


def in_parallel(calls: Sequence[Callable[[], T]]) -> list[T]:
    """The results of some calls in order, the last one made on this thread."""
    if len(calls) < 2:
        return [call() for call in calls]
    with ThreadPoolExecutor(len(calls) - 1, "halves") as pool:  # no thread outlives the call
        rest = [pool.submit(call) for call in calls[:-1]]
        last = calls[-1]()
        return [*(future.result() for future in rest), last]


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within it BLAS uses one thread, where it can be told so. Never yield inside it from a generator."""
    threads = _openblas()
    if threads is None:
        yield
        return
    count, set_count = threads
    before = count()
    set_count(1)
    try:
        yield
    finally:
        set_count(before)


@lru_cache
def _openblas() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """Functions of the OpenBLAS that NumPy computes with: how many threads it uses, and setting that."""
    for file in _libraries():
        try:
            library = ctypes.CDLL(file)
        except OSError:
            continue
        for name in (
            "scipy_openblas_{}_num_threads64_",
            "openblas_{}_num_threads64_",
            "openblas_{}_num_threads",
        ):
            count = getattr(library, name.format("get"), None)
            set_count = getattr(library, name.format("set"), None)
            if count is not None and set_count is not None:
                set_count.argtypes, set_count.restype = [ctypes.c_int], None
                return count, set_count
    return None


def _libraries() -> list[str]:
    """Where its functions may be found: through NumPy's own module, or in the library that came with it."""
    module = importlib.import_module("numpy._core._multiarray_umath")
    beside = os.path.join(os.path.dirname(os.path.dirname(np.__file__)), "numpy.libs", "*openblas*")
    return [str(module.__file__), *glob.glob(beside)]
