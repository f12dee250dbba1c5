"""Basins of attraction: which minimum an optimizer reaches from each point of a surface's domain.

Each pixel is a whole run of the public optimizer from that pixel's own place.

>>> *_, finest = prepare(BasinsConfig(resolution=32))
>>> finest.outcome.shape, sorted(set(finest.outcome.ravel().tolist()))
((32, 32), [0, 1, 2, 3])
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

import numpy as np
from msgspec import Meta, Struct

from core.config import Config, ConfigError, choice, number, setting
from core.optimization.choices import OptimizerName, optimizer_choice
from core.optimization.course import centre_and_reach
from core.optimization.grid import interleaved, meanwhile, sampled
from core.optimization.optimizers import OPTIMIZERS, Optimizer
from core.optimization.path import PathFrame, path
from core.optimization.surfaces import SURFACES, Surface, from_formula
from core.trace import freeze

Array: TypeAlias = np.ndarray

SAMPLES = 50
"""How often a run's position is kept: arrival is known to within a fiftieth of the run."""

NEAR = 0.01
"""Widths of the domain within which a run is at a minimum or a saddle."""

MOVING, SADDLE, DIVERGED, UNDEFINED = -1, -2, -3, -4
"""Outcomes that are no minimum: still on its way (or circling), resting at a saddle, gone."""

Coordinate = Annotated[float, number(-1e6, 1e6, "Coordinate")]
_ADAM = ("adam", "adamw", "amsgrad")
_BY_LENGTH = ("adagrad", "rmsprop", *_ADAM)


class BasinsConfig(Config, frozen=True):
    """What the map shows."""

    surface: Annotated[
        Literal[
            "himmelblau", "saddle", "styblinski_tang", "six_hump_camel", "rastrigin", "ackley", "beale",
            "rosenbrock", "formula",
        ],
        choice("Surface", "The loss that the runs go down.", labels={
            "himmelblau": "Himmelblau", "saddle": "Saddle", "styblinski_tang": "Styblinski-Tang",
            "six_hump_camel": "Six-hump camel", "rastrigin": "Rastrigin", "ackley": "Ackley",
            "beale": "Beale", "rosenbrock": "Rosenbrock", "formula": "Your formula",
        }),
    ] = "himmelblau"  # fmt: skip
    formula: Annotated[
        str,
        Meta(max_length=400),
        setting("f(x, y)", "The loss, in x and y.", shown_if={"surface": ("formula",)}),
    ] = "cos(3*x) * cos(2*y) + (x^2 + y^2)/8"
    reach: Annotated[
        float,
        number(0.01, 1e3, "Reach", "How far the map goes from the origin.", scale="log",
               shown_if={"surface": ("formula",)}),
    ] = 4.0  # fmt: skip
    optimizer: Annotated[OptimizerName, optimizer_choice("Optimizer", "Who runs from every pixel.")] = (
        "gradient_descent"
    )
    learning_rate: Annotated[
        float,
        number(1e-5, 1.0, "Learning rate", "How far a step goes for each unit of slope.", scale="log",
               shown_if={"optimizer": ("gradient_descent", "momentum", "nesterov")}),
    ] = 0.005  # fmt: skip
    step_size: Annotated[
        float,
        number(1e-4, 10.0, "Learning rate", "About how far a step goes, however steep it is.", scale="log",
               shown_if={"optimizer": _BY_LENGTH}),
    ] = 0.1  # fmt: skip
    beta: Annotated[
        float,
        number(0.0, 0.999, "Momentum", "How much of the old velocity each step keeps: β.",
               shown_if={"optimizer": ("momentum", "nesterov")}),
    ] = 0.9  # fmt: skip
    alpha: Annotated[
        float,
        number(0.0, 0.9999, "Decay", "How long squared gradients are averaged over: α.",
               shown_if={"optimizer": ("rmsprop",)}),
    ] = 0.99  # fmt: skip
    beta1: Annotated[
        float,
        number(0.0, 0.999, "First-moment decay", "How long gradients are averaged over: β₁.",
               shown_if={"optimizer": _ADAM}),
    ] = 0.9  # fmt: skip
    beta2: Annotated[
        float,
        number(0.0, 0.9999, "Second-moment decay", "How long squared gradients are averaged over: β₂.",
               shown_if={"optimizer": _ADAM}),
    ] = 0.999  # fmt: skip
    weight_decay: Annotated[
        float,
        number(0.0, 1.0, "Weight decay", "How strongly every step pulls to the origin: λ.",
               shown_if={"optimizer": ("adamw",)}),
    ] = 0.01  # fmt: skip
    steps: Annotated[int, number(50, 2000, "Steps", "Length of each run.", scale="log", unit="steps")] = 500
    resolution: Annotated[
        Literal[32, 64, 128, 192],
        choice("Resolution", "Runs along each side of the map.",
               labels={"32": "32 × 32", "64": "64 × 64", "128": "128 × 128", "192": "192 × 192"}),
    ] = 128  # fmt: skip
    start: Annotated[
        tuple[Coordinate, Coordinate] | None, setting("Start", "Where the run that is played begins.")
    ] = None
    shade: Annotated[
        bool, setting("Steps needed", "Paler where a run takes longer to arrive.", role="view")
    ] = True

    def frames(self) -> int | None:
        return self.steps + 1


class BasinMap(Struct, frozen=True, eq=False):
    """The map as far as it has been computed; row i, column j is the run from (x[j], y[i]).

    Attributes:
        x, y: shapes (columns,) and (rows,), the starts, increasing.
        outcome: shape (rows, columns), index into `surface.minima`, or MOVING, SADDLE, DIVERGED,
            UNDEFINED. A pixel not yet computed repeats its coarse neighbour.
        arrival: shape (rows, columns), the step from which the run stays at its minimum, as far as the
            samples show it; nan where it reaches none.
        done: share of the pixels that have a value of their own.
    """

    surface: Surface
    x: Array
    y: Array
    outcome: Array
    arrival: Array
    done: float

    def at(self, start: tuple[float, float]) -> tuple[int, int]:
        """Row and column of the pixel nearest to a start."""
        return int(np.abs(self.y - start[1]).argmin()), int(np.abs(self.x - start[0]).argmin())

    def shares(self) -> dict[int, float]:
        """Which share of the map ends in each outcome, the largest first."""
        outcomes, counts = np.unique(self.outcome, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return {int(outcomes[k]): float(counts[k] / self.outcome.size) for k in order}

    def speed(self) -> Array:
        """How soon each run arrives: 1 at once, 0 if later than 98 % of all; 1 where it never does."""
        arrived = ~np.isnan(self.arrival)
        slow = float(np.quantile(self.arrival[arrived], 0.98)) if arrived.any() else 0.0
        return np.where(arrived & (slow > 0), 1 - np.clip(self.arrival / max(slow, 1.0), 0, 1), 1.0)


def tints(minima: Array, colours: int) -> tuple[int, ...]:
    """A colour number for each minimum such that it differs from its nearest ones'.

    Each takes the colour that is farthest away so far, the lowest number among equals: the first few minima
    get colours 0, 1, 2, ... . `minima` has shape (n, 2).
    """
    chosen: list[int] = []
    for k, point in enumerate(minima):
        apart = np.full(colours, np.inf)
        for other, colour in zip(minima[:k], chosen, strict=True):
            apart[colour] = min(apart[colour], float(np.hypot(*(point - other))))
        chosen.append(int(apart.argmax()))
    return tuple(chosen)


def surface_of(config: BasinsConfig) -> Surface:
    """The surface; ConfigError, one sentence, if its formula is refused."""
    if config.surface == "formula":
        try:
            return _typed(config.formula, config.reach)
        except ValueError as error:
            raise ConfigError(str(error), "formula") from None
    return SURFACES[config.surface]


@functools.lru_cache(maxsize=16)
def _typed(formula: str, reach: float) -> Surface:
    return from_formula(formula, ((-reach, reach), (-reach, reach)))


def optimizer_of(config: BasinsConfig) -> Optimizer:
    rate = config.step_size if config.optimizer in _BY_LENGTH else config.learning_rate
    names = {"momentum": ("beta",), "nesterov": ("beta",), "rmsprop": ("alpha",), "adam": ("beta1", "beta2"),
             "adamw": ("beta1", "beta2", "weight_decay"), "amsgrad": ("beta1", "beta2")}  # fmt: skip
    others = {name: getattr(config, name) for name in names.get(config.optimizer, ())}
    return OPTIMIZERS[config.optimizer](rate, **others)


def start_of(config: BasinsConfig, surface: Surface) -> tuple[float, float]:
    """The start of the run that is played; one left over from another surface is not taken."""
    (x0, x1), (y0, y1) = surface.domain
    if config.start is None or not (x0 <= config.start[0] <= x1 and y0 <= config.start[1] <= y1):
        return surface.start
    return config.start


def prepare(config: BasinsConfig) -> Iterator[BasinMap]:
    """Ever finer versions of the map, the first from 1/16 of the runs.

    A version is yielded again while the next is being computed, see `grid.meanwhile`.
    """
    surface, optimizer = surface_of(config), optimizer_of(config)
    x, y = (freeze(_centres(*bounds, config.resolution)) for bounds in surface.domain)
    shape = (len(y), len(x))
    outcome, arrival = np.empty(shape, np.int16), np.empty(shape)
    every = max(1, config.steps // SAMPLES)
    version: BasinMap | None = None
    done = 0
    for chunk in interleaved(shape):
        i, j = np.unravel_index(chunk.pixels, shape)
        starts = np.stack([x[j], y[i]], axis=-1)
        run = sampled(surface, optimizer, starts, config.steps, every)
        samples = yield from meanwhile(version, run)
        ends, steps = judged(samples, surface, every)
        outcome.reshape(-1)[chunk.painted] = ends[chunk.source]
        arrival.reshape(-1)[chunk.painted] = steps[chunk.source]
        done += len(i)
        version = BasinMap(surface, x, y, freeze(outcome.copy()), freeze(arrival.copy()), done / outcome.size)
        yield version


prepare.fields = (  # type: ignore[attr-defined]
    "surface", "formula", "reach", "optimizer", "learning_rate", "step_size", "beta", "alpha", "beta1",
    "beta2", "weight_decay", "steps", "resolution",
)  # fmt: skip


def judged(samples: Array, surface: Surface, every: int, block: int = 1024) -> tuple[Array, Array]:
    """Where each run ends, and from which step on it is there.

    A run ends in the minimum within a hundredth of the domain's width of its last position (the nearest, if
    there are several); else at a saddle that near; else it has diverged if it is farther than a thousand
    widths, or never began (UNDEFINED) if the loss has no value at its start; else it is still moving. It has
    arrived at the first sample from which on all are that near.

    Args:
        samples: positions every `every` steps, shape (samples, 2, runs), as `grid.sampled` makes them.

    Returns:
        outcomes (runs,), whole numbers, and steps (runs,), nan without a minimum.
    """
    parts = [_judged(samples[..., at : at + block], surface, every)
             for at in range(0, samples.shape[-1], block)]  # fmt: skip
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _judged(samples: Array, surface: Surface, every: int) -> tuple[Array, Array]:
    last = samples[-1]
    centre, reach = centre_and_reach(surface)
    near = NEAR * max(high - low for low, high in surface.domain)
    with np.errstate(all="ignore"):
        gone = ~(np.abs(last.T - centre) <= reach).all(axis=1)
        outcome = np.where(gone, DIVERGED, MOVING)
        outcome[gone & ~np.isfinite(surface.value(samples[0].T))] = UNDEFINED
        arrival = np.full(len(outcome), np.nan)
        saddle, _ = _nearest(last, surface.saddles, near)
        outcome[saddle & ~gone] = SADDLE
        if not surface.minima:
            return outcome, arrival
        found, which = _nearest(last, surface.minimum_points, near)
        outcome[found] = which[found]
        goal = surface.minimum_points[which].T
        offset = samples - goal
        inside = offset[:, 0] ** 2 + offset[:, 1] ** 2 <= near**2
        stays = len(samples) - np.argmin(inside[::-1], axis=0)
        stays[inside.all(axis=0)] = 0
        arrival[found] = every * stays[found]
    return outcome, arrival


def _nearest(positions: Array, points: Array, near: float) -> tuple[Array, Array]:
    """For positions (2, runs): whether one of points (n, 2) is that near, and which is nearest."""
    if not len(points):
        return np.zeros(positions.shape[1], bool), np.zeros(positions.shape[1], int)
    square = (positions[0] - points[:, :1]) ** 2 + (positions[1] - points[:, 1:]) ** 2
    square = np.where(np.isfinite(square), square, np.inf)
    which = square.argmin(axis=0)
    return square[which, np.arange(len(which))] <= near**2, which


def basins(
    config: BasinsConfig, inputs: BasinMap | None = None, start: PathFrame | None = None
) -> Iterator[PathFrame]:
    """The steps of the run from the selected start."""
    surface = surface_of(config) if inputs is None else inputs.surface
    yield from path(surface, optimizer_of(config), start_of(config, surface), config.steps, start)


def _centres(low: float, high: float, count: int) -> Array:
    """The middles of `count` equal parts of an interval."""
    return low + (np.arange(count) + 0.5) * (high - low) / count
