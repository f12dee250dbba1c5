"""What a race is run on: the surface as it was set, its start, and the gradients handed to the runners."""

from __future__ import annotations

import functools
from typing import TypeAlias

import numpy as np

from core.optimization.optimizers import OPTIMIZERS
from core.optimization.race_config import CourseConfig, Entrants, runners
from core.optimization.surfaces import SURFACES, Minimum, Surface, from_formula, transformed

Array: TypeAlias = np.ndarray

FAR = 1000.0
"""A runner this many widths of the domain away from its middle has diverged."""

REDDI_C = 3.0
"""The slope of every third loss of the counter-example; any C > 2 will do."""

REDDI = Surface(
    name="reddi",
    title="Adam's counter-example",
    latex=r"f_t = \begin{cases} 3x & t \bmod 3 = 1 \\ -x & \text{otherwise} \end{cases} \;+\; \frac{y^2}{2}",
    formula=lambda x, y: (REDDI_C - 2) / 3 * x + y * y / 2,
    partials=lambda x, y: (np.full(np.shape(x), (REDDI_C - 2) / 3), y),
    domain=((-1.25, 1.25), (-1.0, 1.0)),
    start=(0.0, 0.75),
    minima=(Minimum(-1.0, 0.0, (2 - REDDI_C) / 3, True),),
    saddles=np.empty((0, 2)),
)
"""Reddi, Kale & Kumar 2018, theorem 1: the losses come in turn, C x and twice -x, and x is kept in [-1, 1].

Drawn is their mean (C - 2) x / 3, so that x = -1 is best; with beta1 = 0 and beta2 = 1 / (1 + C^2) Adam goes
to
x = +1, the worst point, because it divides the one large gradient by the large moment that it causes. The
second coordinate is a plain bowl that every optimizer gets right.
"""


@functools.lru_cache(maxsize=32)
def _typed(text: str, centre_x: float, centre_y: float, reach: float) -> Surface:
    domain = ((centre_x - reach, centre_x + reach), (centre_y - reach, centre_y + reach))
    return from_formula(text, domain)


@functools.lru_cache(maxsize=64)
def _surface(base: Surface, rotation: float, loss_scale: float, condition: float | None) -> Surface:
    return transformed(base, rotation, loss_scale, condition)


def surface_of(config: CourseConfig) -> Surface:
    """The surface that a config describes, turned and scaled. ValueError if its formula is refused."""
    if config.surface == "formula":
        base = _typed(config.formula, config.centre_x, config.centre_y, config.reach)
    else:
        base = REDDI if config.surface == "reddi" else SURFACES[config.surface]
    rotation = 0.0 if config.surface == "reddi" else float(np.deg2rad(config.rotation))
    condition = config.condition if config.surface == "quadratic" else None
    return _surface(base, rotation, config.loss_scale, condition)


def start_of(config: CourseConfig, surface: Surface) -> Array:
    """Where the runners set out in the plane, shape (2,).

    The config's start is along the surface's own axes and turns with them. One that lies outside the domain
    was left over from another surface: the surface's own start takes its place. (Turned axes may carry a
    start out of view, so there twice the domain is allowed.)
    """
    if config.start is None:
        return np.array(surface.start)
    domain = np.array(surface.domain)
    middle, half = domain.mean(axis=1), np.ptp(domain, axis=1) / 2
    allowed = half if np.array_equal(surface.axes, np.eye(2)) else 2 * half
    inside = (np.abs(np.array(config.start) - middle) <= allowed).all()
    return surface.place(config.start) if inside else np.array(surface.start)


class Course:
    """The gradients of one run, step after step, for all runners at once.

    Called with positions (runners, 2) it returns the gradient that each runner is given at the present step,
    and goes on to the next; `values` and `slopes` keep what the surface truly is there. The noise of a runner
    at a step depends on the seed, on which optimizer it is and on the step alone: not on who else takes part.
    """

    def __init__(self, config: Entrants, surface: Surface, names: tuple[str, ...], step: int = 0) -> None:
        self.surface = surface
        self.step = step
        self.values: Array = np.empty(0)
        self.slopes: Array = np.empty((0, 2))
        self._noise = noise_of(config, names) if config.noise else None
        self._online = config.loss_scale if surface.name == "reddi" else None

    def __call__(self, positions: Array) -> Array:
        self.values, self.slopes = self.surface.value_and_gradient(positions)
        given = self.slopes
        if self._online is not None:
            given = given.copy()
            given[..., 0] = self._online * (REDDI_C if self.step % 3 == 0 else -1.0)
        if self._noise is not None:
            given = given + self._noise[self.step]
        self.step += 1
        return given

    def constrain(self, positions: Array) -> Array:
        """Back into the set that the losses are stated on: [-1, 1] in x for the counter-example."""
        if self._online is not None:
            positions[..., 0] = np.clip(positions[..., 0], -1.0, 1.0)  #: projection
        return positions


def noise_of(config: Entrants, names: tuple[str, ...] | None = None) -> Array:
    """What is added to each runner's gradient at each step, shape (steps + 1, runners, 2)."""
    order = list(OPTIMIZERS)
    names = runners(config) if names is None else names
    tables = [
        np.random.default_rng([config.seed, order.index(name)]).standard_normal((config.steps + 1, 2))
        for name in names
    ]
    return config.noise * np.stack(tables, axis=1) if tables else np.empty((config.steps + 1, 0, 2))


def centre_and_reach(surface: Surface) -> tuple[tuple[float, float], float]:
    """The middle of the domain, and how far from it a coordinate may go before the run has diverged."""
    (x0, x1), (y0, y1) = surface.domain
    return ((x0 + x1) / 2, (y0 + y1) / 2), FAR * max(x1 - x0, y1 - y0)
