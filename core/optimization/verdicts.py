"""How each run of a race stands at a given step, by stated rules.

In order, the first that holds:

- undefined: it stands where the loss has no value (since 0: at its start), and no slope leads on;
- diverged: the next position would not be finite, or lie a thousand domain widths away;
- reached: within the tolerance of a minimum, by distance or by loss, for 10 steps or more and still;
- left: it was so at an earlier step, and is no longer;
- saddle: for 20 steps all within a hundredth of the domain's width, and a saddle no farther than that;
- stalled: with steps as long as its last 50 were on average, the way to the nearest minimum takes over
10,000;
- circling: its last 50 steps were long enough, but led to less than a twentieth of their length;
- moving: none of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import numpy as np
from msgspec import Struct

from core.optimization import stationary
from core.optimization.race_config import CourseConfig
from core.optimization.surfaces import Surface

Array: TypeAlias = np.ndarray
Code: TypeAlias = Literal[
    "undefined", "diverged", "reached", "left", "saddle", "stalled", "circling", "moving"
]
Columns: TypeAlias = Callable[[str], Array]

WINDOW = 50
"""Steps over which a run's pace is taken."""

STAY = 10
"""Steps in a row that a run must be within the tolerance: one that shoots through has not arrived."""

REST = 20
"""Steps for which a run must rest at a saddle to be called stuck."""

TOO_LONG = 10_000
"""More steps than this, at the present pace, and a run has stalled."""


class Verdict(Struct, frozen=True):
    """How a run stands. All that a sentence needs, in numbers.

    Attributes:
        code: which rule holds.
        since: the step from which it holds: of the last steps within the tolerance the first, the step that
            left it, diverged, or came to where there is no value; else where the window begins.
        minimum: index into the surface's minima of the nearest one, -1 if it has none.
        is_global: whether nothing on the surface is lower than that minimum.
        distance: how far it is, and `gap`, how much lower its loss (None without minima or beyond all
            bounds).
        closest: the smallest distance so far.
        length: of the path so far.
        evaluations: gradients used until the minimum was reached, one for each update; None if it was not.
    """

    code: Code
    since: int
    minimum: int
    is_global: bool
    distance: float | None
    gap: float | None
    closest: float | None
    length: float
    evaluations: int | None = None


def judge(
    columns: Columns, config: CourseConfig, surface: Surface, index: int | None = None
) -> list[Verdict]:
    """The verdict on each run at step `index` (the last there is, if None).

    `columns(name)` gives the race's columns over the steps, such as `trace.series`: "positions" (steps, R,
    2); "values", "slopes" (their lengths), "nearest", "distances", "gaps" and "diverged" (steps, R). Under a
    millisecond for a whole race.
    """
    end = (len(columns("positions")) if index is None else index + 1) or 1
    positions, nearest = columns("positions")[:end], columns("nearest")[end - 1].astype(int)
    distances, gaps, diverged = (columns(name)[:end] for name in ("distances", "gaps", "diverged"))
    since, ever, last = stays(within(config, distances, gaps))
    lengths = np.linalg.norm(np.diff(positions, axis=0), axis=-1)
    calm = _calm(positions, lengths, distances[-1], surface)
    closest = np.fmin.reduce(distances, axis=0)
    at_first = np.isfinite(columns("values")[0]) & np.isfinite(columns("slopes")[0])
    lost = np.isnan(columns("slopes")[end - 1])
    made = []
    for i in range(positions.shape[1]):
        code, step = calm[i]
        gone = int(diverged[-1, i])
        if not at_first[i] and (gone == 1 or end == 1):
            code, step = "undefined", 0
        elif gone:
            code, step = ("undefined", gone - 1) if lost[i] else ("diverged", gone)
        elif since[i] <= end - STAY:
            code, step = "reached", int(since[i])
        elif ever[i]:
            code, step = "left", int(last[i]) + 1
        made.append(
            Verdict(
                code=code, since=step, minimum=int(nearest[i]),
                is_global=bool(nearest[i] >= 0 and surface.minima[nearest[i]].is_global),
                distance=_finite(distances[-1, i]), gap=_finite(gaps[-1, i]), closest=_finite(closest[i]),
                length=float(lengths[:, i].sum()), evaluations=step if code == "reached" else None,
            )
        )  # fmt: skip
    return made


def within(config: CourseConfig, distances: Array, gaps: Array) -> Array:
    """Where a run is within the tolerance of its nearest minimum; a NaN is not."""
    return (distances if config.reached_by == "distance" else np.abs(gaps)) <= config.tolerance


def stays(inside: Array) -> tuple[Array, Array, Array]:
    """For each column of (steps, R): since when it is True to the end, and the last step of a stay.

    Returns (since, ever, last), each (R,): `since` is the number of steps if the last one is False; `ever`
    says whether there was a stay, STAY steps in a row, and `last` where the last one ended, -1 if there was
    none.
    """
    count = len(inside)
    outside = np.where((~inside).any(axis=0), count - 1 - np.argmin(inside[::-1], axis=0), -1)
    seen = np.cumsum(np.pad(inside, ((1, 0), (0, 0))), axis=0)
    stayed = seen[STAY:] - seen[:-STAY] == STAY
    ever = stayed.any(axis=0)
    last = np.where(ever, count - 1 - np.argmax(stayed[::-1], axis=0), -1) if len(stayed) else outside * 0 - 1
    return outside + 1, ever, last


def ranking(verdicts: Sequence[Verdict], spent: int = 0) -> list[tuple[int, int | None, int | None]]:
    """The runs from first to last: (index, rank, gradient evaluations), rank and count None if not arrived.

    A global minimum comes before a local one, then fewer steps; equals share a rank. Those that have not
    arrived follow by their distance. `spent` is what each had used beforehand, on trials.
    """

    def key(i: int) -> tuple:
        v = verdicts[i]
        arrived = v.code == "reached"
        far = v.distance if v.distance is not None and v.code not in ("undefined", "diverged") else np.inf
        return (not arrived, not v.is_global, v.since) if arrived else (True, True, far)

    order = sorted(range(len(verdicts)), key=key)
    table: list[tuple[int, int | None, int | None]] = []
    for place, i in enumerate(order):
        used = verdicts[i].evaluations
        if used is None:
            table.append((i, None, None))
        else:
            tied = place > 0 and key(order[place - 1]) == key(i)
            table.append((i, table[-1][1] if tied else place + 1, used + spent))
    return table


def _calm(positions: Array, lengths: Array, distances: Array, surface: Surface) -> list[tuple[Code, int]]:
    """Which of saddle, stalled, circling and moving holds for each run, and since when."""
    end, runs = len(positions), positions.shape[1]
    width = max(high - low for low, high in surface.domain)
    found: list[tuple[Code, int]] = [("moving", 0)] * runs
    if end <= REST:
        return found
    rest = np.linalg.norm(positions[-REST - 1 :] - positions[-1], axis=-1).max(axis=0) < 0.01 * width
    window = min(WINDOW, end - 1)
    long = lengths[-window:].sum(axis=0)
    net = np.linalg.norm(positions[-1] - positions[-1 - window], axis=-1)
    way = np.where(np.isfinite(distances), distances, width)
    stalled = long / window * TOO_LONG < way
    for i in range(runs):
        if rest[i] and _at_saddle(surface, positions[-1, i], 0.01 * width):
            found[i] = "saddle", end - 1 - REST
        elif stalled[i]:
            found[i] = "stalled", end - 1 - window
        elif net[i] < 0.05 * long[i]:
            found[i] = "circling", end - 1 - window
    return found


def _at_saddle(surface: Surface, position: Array, reach: float) -> bool:
    """Whether a saddle lies within reach: one that the surface knows, else one that Newton's method finds."""
    saddles = surface.saddles
    if surface.found and np.isfinite(position).all():
        with np.errstate(all="ignore"):
            saddles = stationary.saddle_near(surface.partials, position)
    return bool((np.linalg.norm(saddles - position, axis=-1) < reach).any())


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
