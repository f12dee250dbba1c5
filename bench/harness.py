"""The register of benchmarks, and how one is measured."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Measured = Callable[[], object]
Pair = tuple[Measured, Measured | float]
"""Ours and the reference."""

PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6}


class MissingError(Exception):
    """What a benchmark needs is not there (an executable not built, a display): it is skipped, saying so."""


@dataclass(frozen=True)
class Benchmark:
    name: str
    make: Callable[[], Pair]
    bound: float | None
    unit: str
    rounds: int


@dataclass(frozen=True)
class Row:
    """One line of the table: medians in `unit`; `ratio` is ours / reference, lower is better."""

    name: str
    ours: float
    reference: float
    ratio: float
    bound: float | None
    unit: str

    @property
    def kept(self) -> bool:
        return self.bound is None or self.ratio <= self.bound


BENCHMARKS: dict[str, Benchmark] = {}


def benchmark(
    name: str, *, bound: float | None, unit: str = "ms", rounds: int = 7
) -> Callable[[Callable[[], Pair]], Callable[[], Pair]]:
    """Registers a function that sets up and returns (ours, reference).

    `bound` is the ratio not to be exceeded (None: none was promised); `unit` is a time, in which calls are
    timed, or whatever the two return of themselves; `rounds` is how often each is called.
    """

    def register(make: Callable[[], Pair]) -> Callable[[], Pair]:
        if name in BENCHMARKS:
            raise ValueError(f"two benchmarks are called {name!r}")
        BENCHMARKS[name] = Benchmark(name, make, bound, unit, rounds)
        return make

    return register


def discover() -> dict[str, Benchmark]:
    """Imports every module of the package, so that all have registered."""
    package = importlib.import_module("bench")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name not in ("__main__", "harness"):
            importlib.import_module(f"bench.{module.name}")
    return BENCHMARKS


def run(it: Benchmark) -> Row:
    """Measures ours and the reference in turn, so that both meet the machine in the same moods."""
    ours, reference = it.make()
    pair = (ours, (lambda: float(reference)) if isinstance(reference, int | float) else reference)
    figures: tuple[list[float], list[float]] = ([], [])
    for which in (0, 1):
        once(pair[which], it.unit)  # warms caches and imports
    for round_ in range(it.rounds):
        for which in (0, 1) if round_ % 2 == 0 else (1, 0):
            figures[which].append(once(pair[which], it.unit))
    mine, theirs = (statistics.median(each) for each in figures)
    return Row(it.name, mine, theirs, mine / theirs, it.bound, it.unit)


def once(call: Measured, unit: str) -> float:
    """One figure: what the call returns if that is a float, else how long it took."""
    gc.collect()
    start = time.perf_counter()
    result = call()
    seconds = time.perf_counter() - start
    if isinstance(result, float) and not hasattr(result, "dtype"):  # NumPy's float64 is a float as well
        return result
    if unit not in PER_SECOND:
        raise TypeError(f"a benchmark in {unit} must return its figures as floats")
    return seconds * PER_SECOND[unit]
