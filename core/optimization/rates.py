"""Learning-rate map: how fast a run converges for every learning rate and every momentum (or beta2).

Each pixel is a whole run of the public optimizer. Its value is the factor by which the distance to the
minimum shrinks per step, measured late in the run; on a surface of constant curvature the exact factor is the
spectral radius of the update, see `theory`.

>>> config = RatesConfig(resolution=32)
>>> *_, finest = prepare(config)
>>> finest.done, finest.rate.shape
(1.0, (32, 32))
>>> exact = theory(config)
>>> round(exact.best["heavy_ball"].rate, 3), round(exact.best["gradient_descent"].rate, 3)
(0.635, 0.905)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

import numpy as np
from msgspec import Struct

from core.config import Config, choice, number, setting
from core.optimization import optimizers
from core.optimization.grid import interleaved, meanwhile, sampled
from core.optimization.optimizers import Optimizer
from core.optimization.path import PathFrame, path
from core.optimization.surfaces import SURFACES, Surface, quadratic
from core.trace import freeze

Array = np.ndarray

SAMPLES = 40
"""How often a run's position is kept for the measurement."""

FLOOR = 1e-10
"""A run that has come this much closer than it began is measured up to there: beyond it rounding rules."""

Coordinate = Annotated[float, number(-1e3, 1e3, "Coordinate")]
Rate = Annotated[float, number(1e-6, 100.0, "Learning rate", scale="log")]
Forgetting = Annotated[float, number(0.0, 0.99999, "Second parameter")]


class RatesConfig(Config, frozen=True):
    """What the map shows."""

    surface: Annotated[
        Literal["quadratic", "ravine", "booth", "rosenbrock", "beale", "himmelblau"],
        choice("Surface", "The loss that is minimised.", labels={
            "quadratic": "Quadratic bowl", "ravine": "Ravine", "booth": "Booth", "rosenbrock": "Rosenbrock",
            "beale": "Beale", "himmelblau": "Himmelblau",
        }),
    ] = "quadratic"  # fmt: skip
    condition: Annotated[
        float,
        number(1.0, 1000.0, "Condition number", "Largest curvature over smallest; the smallest is 1.",
               scale="log", shown_if={"surface": ("quadratic",)}),
    ] = 20.0  # fmt: skip
    optimizer: Annotated[
        Literal["momentum", "nesterov", "rmsprop", "adam", "amsgrad"],
        choice("Optimizer", "Gradient descent is momentum's lowest line, beta = 0.", labels={
            "momentum": "Momentum", "nesterov": "Nesterov", "rmsprop": "RMSProp", "adam": "Adam",
            "amsgrad": "AMSGrad",
        }),
    ] = "momentum"  # fmt: skip
    second: Annotated[
        Literal["beta1", "beta2"],
        choice("Against", "The parameter along the vertical axis.", labels={
            "beta1": "β₁, the gradient's memory", "beta2": "β₂, the squares' memory",
        }, shown_if={"optimizer": ("adam", "amsgrad")}),
    ] = "beta2"  # fmt: skip
    rate_low: Annotated[
        float, number(1e-6, 1.0, "Smallest learning rate", "The map's left edge.", scale="log")
    ] = 1e-3
    rate_high: Annotated[
        float, number(1e-5, 100.0, "Largest learning rate", "The map's right edge.", scale="log")
    ] = 1.0
    second_low: Annotated[float, number(0.0, 0.9, "Lowest second parameter", "The map's lower edge.")] = 0.0
    second_high: Annotated[
        float, number(0.1, 0.9999, "Highest second parameter", "The map's upper edge.")
    ] = 0.99
    steps: Annotated[
        int, number(50, 1000, "Steps", "Length of each run; its later half is measured.", unit="steps")
    ] = 200
    resolution: Annotated[
        Literal[32, 64, 96, 128],
        choice("Resolution", "Runs along each side of the map.",
               labels={"32": "32 × 32", "64": "64 × 64", "96": "96 × 96", "128": "128 × 128"}),
    ] = 128  # fmt: skip
    start: Annotated[
        tuple[Coordinate, Coordinate] | None, setting("Start", "Where every run begins; drag it.")
    ] = None
    selected: Annotated[
        tuple[Rate, Forgetting], setting("Selected run", "Learning rate and second parameter of the run.")
    ] = (0.095, 0.0)
    measure: Annotated[
        Literal["rate", "steps_per_digit"],
        choice("Colour shows", "The same measurement in two units.", role="view", labels={
            "rate": "factor per step", "steps_per_digit": "steps per decimal digit",
        }),
    ] = "steps_per_digit"  # fmt: skip
    overlay: Annotated[
        bool, setting("Theory", "Draw the exact boundary and optimum where they are known.", role="view")
    ] = True

    def frames(self) -> int | None:
        return self.steps + 1


class RateMap(Struct, frozen=True, eq=False):
    """The map as far as it has been computed; rows are the second parameter, columns the learning rate.

    Attributes:
        learning_rates: shape (columns,), and `seconds`, shape (rows,): the axes, increasing.
        rate: shape (rows, columns): factor per step by which the distance shrinks, 0 at best, about 1 where
            nothing is gained. A pixel not yet computed repeats its coarse neighbour. nan where diverged.
        diverged: shape (rows, columns).
        done: share of the pixels that have a value of their own.
        theory: what is exactly known, None where nothing is.
    """

    surface: Surface
    second_name: str
    learning_rates: Array
    seconds: Array
    rate: Array
    diverged: Array
    done: float
    theory: Theory | None = None

    def nearest(self, selected: tuple[float, float]) -> tuple[int, int]:
        """Row and column of the pixel nearest to (learning rate, second parameter)."""
        return _nearest(self.learning_rates, self.seconds, self.second_name, selected)

    def best(self) -> tuple[int, int]:
        """Row and column of the fastest run."""
        i, j = np.unravel_index(np.where(self.diverged, np.inf, self.rate).argmin(), self.rate.shape)
        return int(i), int(j)


class Optimum(NamedTuple):
    """The fastest setting on a bowl, and the factor per step it reaches."""

    learning_rate: float
    beta: float
    rate: float


class Theory(Struct, frozen=True, eq=False):
    """What is exactly known about the map on a surface whose curvatures l <= L are the same everywhere.

    Attributes:
        boundary: shape (rows,), the learning rate from which on a row diverges.
        predicted: shape (rows, columns), the exact asymptotic factor per step (at least 1: diverges).
        critical: shape (2, columns), the momentum at which the gentlest and the steepest direction are
            critically damped: above it their roots are complex, and they swing; below they are real, and
            negative from eta c = 1 on, so that each step crosses the valley. nan where there is none, and
            beyond the boundary.
        best: by name, the optimal tuning of "gradient_descent" and of the map's own optimizer.
    """

    boundary: Array
    predicted: Array
    critical: Array
    best: dict[str, Optimum]


def surface_of(config: RatesConfig) -> Surface:
    return quadratic(config.condition) if config.surface == "quadratic" else SURFACES[config.surface]


def second_of(config: RatesConfig) -> str:
    """The name of the hyperparameter along the vertical axis."""
    if config.optimizer in ("adam", "amsgrad"):
        return config.second
    return "alpha" if config.optimizer == "rmsprop" else "beta"


def optimizer_of(config: RatesConfig, learning_rate: float | Array, second: float | Array) -> Optimizer:
    """The chosen optimizer; both numbers may be arrays of shape (runs, 1)."""
    make = optimizers.OPTIMIZERS[config.optimizer]
    return make(learning_rate, **{second_of(config): second})


def origin_of(config: RatesConfig) -> tuple[float, float]:
    return config.start or surface_of(config).start


def axes(config: RatesConfig) -> tuple[Array, Array]:
    """Learning rates (evenly spaced in the logarithm) and second parameters, each increasing.

    Momentum's beta and Adam's beta1 are evenly spaced; the averages over squares in the logarithm of their
    memory, 1 / (1 - beta), since 0.99 and 0.999 are as different as 0.9 and 0.99.
    """
    low, high = _apart(config.rate_low, config.rate_high, 2.0)
    rates = np.geomspace(low, high, config.resolution)
    lower, upper = sorted((config.second_low, config.second_high))
    if upper - lower < 1e-3:
        lower = max(0.0, upper - 1e-3)
    if second_of(config) in ("alpha", "beta2"):
        return freeze(rates), freeze(1 - np.geomspace(1 - lower, 1 - upper, config.resolution))
    return freeze(rates), freeze(np.linspace(lower, upper, config.resolution))


def chosen(config: RatesConfig) -> tuple[float, float]:
    """Learning rate and second parameter of the pixel nearest to the selected ones."""
    columns, rows = axes(config)
    i, j = _nearest(columns, rows, second_of(config), config.selected)
    return float(columns[j]), float(rows[i])


def prepare(config: RatesConfig) -> Iterator[RateMap]:
    """Ever finer versions of the map, the first from 1/16 of the runs.

    A version is yielded again while the next is being computed, see `grid.meanwhile`.
    """
    surface, origin = surface_of(config), origin_of(config)
    rates, seconds = axes(config)
    shape = (len(seconds), len(rates))
    values = np.empty(shape)
    every = max(1, config.steps // SAMPLES)
    exact = theory(config)
    version: RateMap | None = None
    done = 0
    for chunk in interleaved(shape):
        i, j = np.unravel_index(chunk.pixels, shape)
        optimizer = optimizer_of(config, rates[j][:, None], seconds[i][:, None])
        starts = np.broadcast_to(origin, (len(i), 2))
        run = sampled(surface, optimizer, starts, config.steps, every)
        samples = yield from meanwhile(version, run)
        values.reshape(-1)[chunk.painted] = contraction(samples, surface.minimum_points, every)[chunk.source]
        done += len(i)
        version = RateMap(
            surface=surface,
            second_name=second_of(config),
            learning_rates=rates,
            seconds=seconds,
            rate=freeze(values.copy()),
            diverged=freeze(np.isnan(values)),
            done=done / values.size,
            theory=exact,
        )
        yield version


prepare.fields = (  # type: ignore[attr-defined]
    "surface", "condition", "optimizer", "second", "rate_low", "rate_high", "second_low", "second_high",
    "steps", "resolution", "start",
)  # fmt: skip


def contraction(samples: Array, minima: Array, every: int, block: int = 4096) -> Array:
    """The factor per step by which each run's distance to its minimum shrinks late in the run.

    The rule: d is the distance to the minimum nearest to where the run ends. The run's end is its last
    sample, or the first at which d is below 1e-10 of what it was at the start. The factor is exp(slope)
    of the least-squares line through log d over the later half up to that end: a weighted geometric mean of
    the contractions there, steadier than their plain mean, (d_end / d_half)^(1 / steps), when d oscillates.
    A run has diverged, and reads nan, when its distance is not finite, or at its end larger than at the start
    and still growing.

    Args:
        samples: positions every `every` steps, shape (samples, 2, runs), as `grid.sampled` makes them.
        minima: shape (n, 2).
        block: how many runs are measured at a time; the memory for so many is had again from block to block.

    Returns:
        shape (runs,).
    """
    runs = samples.shape[-1]
    parts = [samples[..., at : at + block] for at in range(0, runs, block)]
    return np.concatenate([_factors(part, minima, every) for part in parts])


def _factors(samples: Array, minima: Array, every: int) -> Array:
    with np.errstate(all="ignore"):
        goal = minima[0]
        if len(minima) > 1:
            reach = np.square(samples[-1][None] - minima[:, :, None]).sum(1)
            goal = minima[np.where(np.isfinite(reach), reach, np.inf).argmin(0)].T
        offset = samples - np.reshape(goal, (2, -1))
        offset *= offset
        square = np.add(offset[:, 0], offset[:, 1], out=offset[:, 0])
        slope = _late_slope(square, len(square) - 1)
        arrived = square <= FLOOR**2 * square[0]
        early = np.flatnonzero(arrived.any(0))
        if len(early):
            slope[early] = _late_slope(square[:, early], arrived[:, early].argmax(0))
        factor = np.exp(slope / every)
        growing = (square[-1] > square[0]) & (factor > 1)
        return np.where(growing | ~np.isfinite(square[-1]), np.nan, factor)


def _late_slope(square: Array, end: Array | int) -> Array:
    """Slope per sample of the least-squares line through log d over samples end // 2 to `end`.

    `square` holds d^2, shape (samples, runs); a run that ends where it starts has slope -inf, one that is not
    finite on the way has none (nan, or infinite).
    """
    first = np.asarray(end) // 2
    index = np.arange(len(square))[:, None]
    lever = np.where((index >= first) & (index <= end), index - (first + end) / 2, 0.0)
    used = slice(int(first.min(initial=len(square))), None)
    log = np.maximum(square[used], np.finfo(float).tiny)
    np.log(log, out=log)  # of d^2: twice that of d
    slope = np.einsum("tr,tr->r", np.broadcast_to(lever[used], log.shape), log)
    spread = 2 * np.square(lever).sum(0)
    return np.where(spread > 0, slope / spread, -np.inf)


# --- what is exactly known -----------------------------------------------------------------------


def theory(config: RatesConfig) -> Theory | None:
    """Boundary, optimum and factor of momentum and Nesterov on a bowl; None for anything else.

    Polyak 1964 for gradient descent and the heavy ball; Nesterov's optimal tuning is in Lessard, Recht &
    Packard, "Analysis and design of optimization algorithms via integral quadratic constraints", 2016.
    """
    curvatures = surface_of(config).curvatures
    if curvatures is None or config.optimizer not in ("momentum", "nesterov"):
        return None
    rates, betas = axes(config)
    low, high = curvatures
    kappa = high / low
    root = np.sqrt(kappa)
    best = {"gradient_descent": Optimum(2 / (low + high), 0.0, (kappa - 1) / (kappa + 1))}
    if config.optimizer == "momentum":
        factor = float((root - 1) / (root + 1))
        best["heavy_ball"] = Optimum(4 / (low**0.5 + high**0.5) ** 2, factor**2, factor)
        boundary = 2 * (1 + betas) / high
    else:
        triple = float(np.sqrt(3 * kappa + 1))
        best["nesterov"] = Optimum(4 / (3 * high + low), (triple - 2) / (triple + 2), 1 - 2 / triple)
        boundary = 2 * (1 + betas) / ((1 + 2 * betas) * high)
    predicted = np.maximum(*(spectral_radius(config.optimizer, rates, betas[:, None], c) for c in curvatures))
    critical = np.stack([_critical(config.optimizer, rates, c) for c in curvatures])
    critical[rates >= np.interp(np.nan_to_num(critical), betas, boundary)] = np.nan
    return Theory(
        boundary=freeze(boundary), predicted=freeze(predicted), critical=freeze(critical), best=best
    )


def _critical(optimizer: str, learning_rate: Array, curvature: float) -> Array:
    """The momentum at which the two roots of one axis meet (see `spectral_radius`)."""
    root = np.sqrt(learning_rate * curvature)
    if optimizer == "nesterov":
        return np.where(root < 1, (1 - root) / (1 + root), np.nan)
    return np.where(root < 2, (1 - root) ** 2, np.nan)


def spectral_radius(optimizer: str, learning_rate: Array, beta: Array, curvature: float) -> Array:
    """The factor per step, in the long run, along an axis of the bowl with this curvature.

    The positions obey x'' = trace x' - determinant x, whose roots are real, or a pair of modulus
    sqrt(determinant). For the heavy ball that is the matrix
    [[1 + beta - eta c, -beta], [1, 0]]; for Nesterov [[(1 + beta)(1 - eta c), -beta (1 - eta c)], [1, 0]].
    """
    shrink = 1 - learning_rate * curvature
    if optimizer == "nesterov":
        trace, determinant = (1 + beta) * shrink, beta * shrink
    else:
        trace, determinant = beta + shrink, beta
    square = trace * trace - 4 * determinant
    real = (np.abs(trace) + np.sqrt(np.maximum(square, 0))) / 2
    return np.where(square >= 0, real, np.sqrt(np.maximum(determinant, 0)))


# --- one pixel's run -----------------------------------------------------------------------------


def rates(
    config: RatesConfig, inputs: RateMap | None = None, start: PathFrame | None = None
) -> Iterator[PathFrame]:
    """The steps of the selected run: that of the pixel nearest to what is selected, as the map has it."""
    optimizer = optimizer_of(config, *chosen(config))
    yield from path(surface_of(config), optimizer, origin_of(config), config.steps, start)


def _apart(a: float, b: float, factor: float) -> tuple[float, float]:
    """Two numbers in order and at least a factor apart."""
    low, high = sorted((a, b))
    return low, max(high, low * factor)


def _nearest(rates: Array, seconds: Array, name: str, selected: tuple[float, float]) -> tuple[int, int]:
    """Row and column of the pixel nearest to (learning rate, second parameter), as the axes are spaced."""
    scale = _scale(name)
    column = np.abs(np.log(rates / selected[0])).argmin()
    row = np.abs(scale(seconds) - scale(np.asarray(selected[1]))).argmin()
    return int(row), int(column)


def _scale(name: str):
    """How the second axis is spaced."""
    return (lambda value: -np.log1p(-value)) if name in ("alpha", "beta2") else (lambda value: value)
