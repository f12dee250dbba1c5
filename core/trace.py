"""Trace: a run as a sequence of frames, computed on demand and stepped back as easily as forward.

An algorithm is a pure generator ``algorithm(config, inputs=None, start=None) -> Iterator[Frame]``.
Started from a checkpoint frame it goes on behind that frame; ``start=None`` yields frame 0 first. One whose
frames take long may yield None between them: nothing new yet, but others can have their turn.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
from msgspec import Struct

from core.config import Config

__all__ = ["Algorithm", "Equation", "Frame", "Trace", "freeze"]

MEMORY = 256 * 2**20
"""Bytes of frames that a trace keeps before it thins them to checkpoints."""

TAIL = 64
"""Newest frames that are never thinned, so that stepping back at the live edge is immediate."""


class Equation(Struct, frozen=True, eq=False):
    """One line of a step's arithmetic.

    `template` is LaTeX with named slots, ``r"v = \\beta v + g = <beta> \\cdot <v> + <g> = <v_new>"``;
    `values` fills them with floats, or short vectors of floats. `function` is "module:name" of the
    core function that did this, `tag` the text behind `#:` on its line.
    """

    tag: str
    template: str
    values: dict[str, Any]
    function: str = ""


class Frame(Struct, frozen=True, eq=False):
    """Base of every frame: one step's record. Arrays in it are read-only and never reused."""

    explains_next: ClassVar[bool] = False
    """Whether `explain` is about the step behind this frame, not the one that led to it."""

    def columns(self) -> dict[str, Any]:
        """The light values kept for every step: floats or small arrays of one shape over the run."""
        return {}

    def explain(self, config: Any = None) -> list[Equation]:
        """The step's equations with their numbers; `config` is the one that takes the step, and says what is
        inspected (view fields)."""
        return []

    @property
    def resumable(self) -> bool:
        """Whether the algorithm can go on from here (random state included)."""
        return True


Algorithm = Callable[..., Iterator[Frame | None]]


def freeze(array: Any, dtype: Any = None) -> np.ndarray:
    """The array, made read-only. Give arrays that nobody else writes to."""
    array = np.asarray(array, dtype)
    array.flags.writeable = False
    return array


class _Series:
    """An append-only column. Readers hold views of what was there; growing never moves under them."""

    def __init__(self, first: Any) -> None:
        first = np.asarray(first, float)
        self._rows = np.empty((64, *first.shape))
        self._count = 0

    def append(self, value: Any) -> None:
        if self._count == len(self._rows):
            grown = np.empty((2 * self._count, *self._rows.shape[1:]))
            grown[: self._count] = self._rows
            self._rows = grown
        self._rows[self._count] = value
        self._count += 1

    def view(self, count: int) -> np.ndarray:
        rows = self._rows[:count]
        rows.flags.writeable = False
        return rows

    def head(self, count: int) -> _Series:
        other = _Series(self._rows[0])
        other._rows = self._rows[: max(64, count)].copy()
        other._count = count
        return other


class Trace:
    """The frames of one run.

    `advance` and `fulfil` belong to one owner thread; everything else only reads what has been
    published and may be called from another. A failing algorithm ends the run: see `error`.
    """

    def __init__(
        self, algorithm: Algorithm, config: Config, inputs: Any = None, *, memory: int = MEMORY
    ) -> None:
        self.algorithm = algorithm
        self.inputs = inputs
        self.segments: list[tuple[int, Config]] = [(0, config)]
        self.error: Exception | None = None
        self.finished = False
        self._memory = memory
        self._frames: dict[int, Frame] = {}
        self._series: dict[str, _Series] = {}
        self._count = 0
        self._stride = 1
        self._capacity = 0
        self._source: Iterator[Frame | None] | None = None
        self._recent: dict[int, Frame] = {}
        self._wanted: deque[int] = deque(maxlen=1)
        self._lock = threading.Lock()

    @property
    def config(self) -> Config:
        """The config in force at the live edge."""
        return self.segments[-1][1]

    @property
    def available(self) -> int:
        """How many frames have been computed."""
        return self._count

    @property
    def total(self) -> int | None:
        """How many frames there will be; None for an endless run."""
        return self._count if self.finished else self.config.frames()

    @property
    def pending(self) -> bool:
        """Whether a thinned frame has been asked for and not yet been recomputed."""
        return bool(self._wanted)

    def config_at(self, index: int) -> Config:
        """The config that made frame `index`."""
        return next(config for start, config in reversed(self.segments) if start < index or start == 0)

    def improve(self, inputs: Any) -> None:
        """Put a better version of the same inputs (a finer map) in place; frames stay as they are."""
        self.inputs = inputs

    # --- going on ------------------------------------------------------------------------------

    def advance(self, budget: float = 0.0) -> int:
        """Compute frames for `budget` seconds, at least one, or a part of one that takes long.

        Returns how many are new.
        """
        before = self._count
        until = time.perf_counter() + budget
        while not self.finished:
            self._one()
            if time.perf_counter() >= until:
                break
        return self._count - before

    def run(self, count: int | None = None) -> Trace:
        """Compute until `count` frames are there, or to the end of a run that has one."""
        if count is None and self.total is None:
            raise ValueError("An endless run needs a count.")
        while not self.finished and (count is None or self._count < count):
            self._one()
        if self.error is not None:
            raise self.error
        return self

    def _one(self) -> None:
        try:
            if self._source is None:
                start = self._frames[self._count - 1] if self._count else None
                self._source = self.algorithm(self.config, self.inputs, start)
            frame = next(self._source)
        except StopIteration:
            self.finished = True
            return
        except Exception as error:  # the scene shows it; the other scenes go on
            self.error = error
            self.finished = True
            return
        if frame is None:
            return
        self._append(frame)
        if self._count == self.config.frames():
            self.finished = True

    def _append(self, frame: Frame) -> None:
        for name, value in frame.columns().items():
            if name not in self._series:
                self._series[name] = _Series(value)
            self._series[name].append(value)
        if not self._capacity:
            self._capacity = int(max(2 * TAIL, min(100_000, self._memory // max(1, _size(frame)))))
        with self._lock:
            self._frames[self._count] = frame
            if len(self._frames) > self._capacity:
                self._thin()
        self._count += 1

    def _thin(self) -> None:
        """Keep every other checkpoint, and the tail; frame 0 always."""
        self._stride *= 2
        edge = self._count - TAIL
        seen = -self._stride
        kept: dict[int, Frame] = {}
        for index, frame in self._frames.items():
            if index > edge:
                kept[index] = frame
            elif frame.resumable and index - seen >= self._stride:
                kept[index] = frame
                seen = index
        self._frames = kept

    # --- looking -------------------------------------------------------------------------------

    def frame(self, index: int) -> Frame | None:
        """Frame `index`, or None with a recompute queued. Never blocks. IndexError beyond the edge."""
        if not 0 <= index < self._count:
            raise IndexError(f"Frame {index} of {self._count}.")
        with self._lock:
            found = self._frames.get(index) or self._recent.get(index)
        if found is None:
            self._wanted.append(index)
        return found

    def fulfil(self) -> bool:
        """Recompute the frame last asked for, from the checkpoint before it. Owner thread only."""
        if not self._wanted:
            return False
        index = self._wanted.pop()
        if index in self._frames or index in self._recent:
            return True
        from_, start = self._checkpoint(index)
        recent: dict[int, Frame] = {}
        source: Iterator[Frame | None] | None = None
        segment: Config | None = None
        frame = start
        for at in range(from_ + 1, index + 1):
            if source is None or self.config_at(at) is not segment:
                segment = self.config_at(at)
                source = self.algorithm(segment, self.inputs, frame)
            frame = next(each for each in source if each is not None)
            recent[at] = frame
        with self._lock:
            self._recent = recent
        return True

    def _checkpoint(self, index: int) -> tuple[int, Frame]:
        with self._lock:
            held = self._recent | self._frames
        at = max(i for i, frame in held.items() if i <= index and frame.resumable)
        return at, held[at]

    def series(self, name: str) -> np.ndarray:
        """The light column `name`, one row for each available frame, read-only."""
        if name not in self._series:
            return np.empty(0)
        return self._series[name].view(self._count)

    # --- a live change -------------------------------------------------------------------------

    def fork(self, index: int, config: Config) -> Trace:
        """A run that shares the frames up to `index` and goes on from there with another config.

        Goes back to the newest checkpoint at or before `index` that is still held.
        """
        other = Trace(self.algorithm, config, self.inputs, memory=self._memory)
        if not self._count:
            return other
        at, start = self._checkpoint(min(index, self._count - 1))
        other.segments = [s for s in self.segments if s[0] < at or s[0] == 0] + [(at, config)]
        if at == 0:
            other.segments = [(0, config)]
        with self._lock:
            other._frames = {i: f for i, f in self._frames.items() if i < at} | {at: start}
        other._series = {name: column.head(at + 1) for name, column in self._series.items()}
        other._count = at + 1
        other._stride = self._stride
        other._capacity = self._capacity
        return other


def _size(value: Any) -> int:
    """Bytes of the arrays in a frame, records within records included."""
    if isinstance(value, np.ndarray):
        return value.nbytes + 96
    if isinstance(value, Struct):
        return 48 + sum(_size(getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, tuple | list):
        return 56 + sum(map(_size, value))
    if isinstance(value, dict):
        return 64 + sum(map(_size, value.values()))
    return 16
