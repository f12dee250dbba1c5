"""Three ways to choose learning rates for a comparison, and what each makes of the ranking.

- same: one rate for all, `config.same_rate`;
- defaults: PyTorch's, which for gradient descent and momentum are no recommendation: the right rate there
  is set by the curvature of the loss;
- tuned: each the best of the same number of trials, log-spaced rates, on the same number of steps.

Everything else (start, noise, schedule, other hyperparameters) is the race's own under all three.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Literal, TypeAlias

import msgspec
import numpy as np
from msgspec import Struct

from core.optimization.course import Course, centre_and_reach, start_of, surface_of
from core.optimization.optimizers import Optimizer, steps
from core.optimization.race import measure, race
from core.optimization.race_config import (
    NO_TEXTBOOK_RATE,
    ProtocolsConfig,
    RaceConfig,
    make_optimizer,
    rate_of,
    runners,
)
from core.optimization.surfaces import Surface
from core.optimization.verdicts import Verdict, judge, ranking
from core.trace import Frame

__all__ = [
    "PROTOCOLS", "TRIALS", "ComparisonFrame", "ProtocolsConfig", "Row", "as_comparison", "as_race", "compare",
    "trials", "tuned",
]  # fmt: skip

Array: TypeAlias = np.ndarray
Protocol: TypeAlias = Literal["same", "defaults", "tuned"]
Raced: TypeAlias = Literal["own", "same", "defaults"]

PROTOCOLS: tuple[Protocol, ...] = ("same", "defaults", "tuned")
RACED: tuple[Literal["same", "defaults"], ...] = ("same", "defaults")
"""The two that need no search."""

COLUMNS = ("values", "slopes", "nearest", "distances", "gaps")
"""What is kept of each step of a trial, beside its position, to be judged by."""

TURN = 100
"""Steps that are taken before others have their turn: some 15 ms of them."""

TRIALS = np.geomspace(1e-5, 10.0, 31)
"""The learning rates that each optimizer is tried with: five to a decade."""


class Row(Struct, frozen=True):
    """One optimizer under one protocol.

    `recommended` is False where the rate is a default that nobody recommends. `rank` and `evaluations`, the
    gradients used until the minimum was reached, trials included, are None if it was not reached.
    """

    protocol: Protocol
    runner: str
    learning_rate: float
    recommended: bool
    verdict: Verdict
    rank: int | None = None
    evaluations: int | None = None


class ComparisonFrame(Frame, frozen=True, eq=False):
    """The table so far: `rows` grouped by protocol, first to last; `done` of `total` optimizers are tuned."""

    rows: tuple[Row, ...]
    done: int
    total: int

    def table(self, protocol: Protocol) -> tuple[Row, ...]:
        """The rows of one protocol, first to last."""
        return tuple(row for row in self.rows if row.protocol == protocol)


def compare(
    config: ProtocolsConfig, inputs: Surface | None = None, start: ComparisonFrame | None = None
) -> Iterator[ComparisonFrame | None]:
    """Yield the table with the protocols that need no search, then once more for each optimizer tuned.

    None comes between them, every `TURN` steps: nothing new yet.
    `inputs` is the surface, if it has been made already. ValueError if a typed formula is refused.
    """
    surface = surface_of(config) if inputs is None else inputs
    names = runners(config)
    if start is None:
        rows: list[Row] = []
        for protocol in RACED:
            rows += yield from _raced(config, surface, protocol)
        start = ComparisonFrame(_ranked(config, rows), 0, len(names))
        yield start
    for done in range(start.done, len(names)):
        best = yield from _best(config, surface, names[done])
        rows = [*start.rows, best]
        start = ComparisonFrame(_ranked(config, rows), done + 1, len(names))
        yield start


def tuned(config: ProtocolsConfig, frame: ComparisonFrame) -> RaceConfig:
    """The race with each optimizer's rate set to the one that its trials chose."""
    groups = {
        row.runner: msgspec.structs.replace(getattr(config, row.runner), learning_rate=row.learning_rate)
        for row in frame.table("tuned")
    }
    return msgspec.structs.replace(as_race(config, "own"), **groups)


def trials(config: ProtocolsConfig, surface: Surface, name: str, rates: Array = TRIALS) -> list[Verdict]:
    """The verdict on one optimizer with each of the rates."""
    trying = _tried(config, surface, name, rates)
    while True:
        try:
            next(trying)
        except StopIteration as ended:
            return ended.value


def _tried(
    config: ProtocolsConfig, surface: Surface, name: str, rates: Array = TRIALS
) -> Generator[None, None, list[Verdict]]:
    """`trials`, in turns: all runs side by side as one array."""
    course = Course(config, surface, (name,))
    optimizer = _constrained(make_optimizer(config, name, rates[:, None]), course)
    origin = np.tile(start_of(config, surface), (len(rates), 1))
    count = config.steps + 1
    kept: dict[str, Array] = {
        "positions": np.empty((count, *origin.shape)),
        **{key: np.empty((count, len(rates))) for key in COLUMNS},
    }
    for k, step in enumerate(itertools.islice(steps(course, optimizer, origin), count)):
        kept["positions"][k] = step.params
        with np.errstate(all="ignore"):
            found = measure(surface, step.params, course.values)
            steepness = np.hypot(course.slopes[:, 0], course.slopes[:, 1])
        for key, column in zip(COLUMNS, (course.values, steepness, *found), strict=True):
            kept[key][k] = column
        if k % TURN == TURN - 1:
            yield
    kept["diverged"] = diverged = _diverged(surface, kept["positions"])
    for i, left in enumerate(diverged[-1].tolist()):
        if left:  # it stays where it was, as in the race
            for key in ("positions", *COLUMNS):
                kept[key][left:, i] = kept[key][left - 1, i]
    return judge(kept.__getitem__, config, surface)


def _raced(
    config: ProtocolsConfig, surface: Surface, protocol: Literal["same", "defaults"]
) -> Generator[None, None, list[Row]]:
    """The race itself under a protocol that names its rates."""
    under = as_race(config, protocol)
    frames = []
    for k, frame in enumerate(race(under, surface)):
        frames.append(frame.columns())
        if k % TURN == TURN - 1:
            yield
    verdicts = judge(lambda name: np.stack([columns[name] for columns in frames]), under, surface)
    return [
        Row(protocol, name, rate_of(under, name), protocol == "same" or name not in NO_TEXTBOOK_RATE, verdict)
        for name, verdict in zip(runners(under), verdicts, strict=True)
    ]


def as_race(config: ProtocolsConfig, protocol: Raced) -> RaceConfig:
    """The race that a comparison runs under one of its protocols."""
    shared = {name: getattr(config, name) for name in config.__struct_fields__}
    return RaceConfig(**shared, protocol=protocol)


def as_comparison(config: RaceConfig) -> ProtocolsConfig:
    """The comparison on a race's course and with its optimizers."""
    return ProtocolsConfig(**{name: getattr(config, name) for name in ProtocolsConfig.__struct_fields__})


def _best(config: ProtocolsConfig, surface: Surface, name: str) -> Generator[None, None, Row]:
    """The trial that comes first in the ranking; of equals, the smaller rate."""
    verdicts = yield from _tried(config, surface, name)
    best = ranking(verdicts)[0][0]
    return Row("tuned", name, float(TRIALS[best]), True, verdicts[best])


def _ranked(config: ProtocolsConfig, rows: list[Row]) -> tuple[Row, ...]:
    """The rows ordered and ranked within each protocol."""
    ordered: list[Row] = []
    for protocol in PROTOCOLS:
        group = [row for row in rows if row.protocol == protocol]
        spent = len(TRIALS) * config.steps if protocol == "tuned" else 0
        for i, rank, used in ranking([row.verdict for row in group], spent):
            ordered.append(msgspec.structs.replace(group[i], rank=rank, evaluations=used))
    return tuple(ordered)


def _constrained(optimizer: Optimizer, course: Course) -> Optimizer:
    def update(grads, state, params):
        params, state = optimizer.update(grads, state, params)
        return course.constrain(params), state

    return replace(optimizer, update=update)


def _diverged(surface: Surface, positions: Array) -> Array:
    """The race's rule over whole paths (steps, n, 2): the step at which each run diverged, 0 before it."""
    centre, reach = centre_and_reach(surface)
    with np.errstate(invalid="ignore"):
        out = ~(np.abs(positions - np.array(centre)) <= reach).all(axis=-1)
    out = np.logical_or.accumulate(out, axis=0)
    return np.where(out, out.argmax(axis=0), 0)
