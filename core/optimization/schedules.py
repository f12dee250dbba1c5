"""Learning-rate schedules: the rate as a function of the number of updates made so far, which starts at 0.

A schedule takes a step, or an array of steps, and returns a rate, or an array of rates.

>>> halving = step_decay(0.8, every=2, factor=0.5)
>>> halving(0), halving(1), halving(2)
(0.8, 0.8, 0.4)
>>> halving(np.arange(5)).tolist()
[0.8, 0.8, 0.4, 0.4, 0.2]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

Schedule: TypeAlias = Callable[[Any], Any]


def constant(rate: float) -> Schedule:
    """The same rate at every step."""
    return lambda step: _number(rate * np.ones(np.shape(step)))


def cosine(rate: float, total: int, final: float = 0.0) -> Schedule:
    """Half a cosine from `rate` at step 0 down to `final` at step `total`, and `final` after it.

    Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, without the restarts.
    """
    _positive("total", total)

    def schedule(step):
        share = np.minimum(step, total) / total
        return _number(final + (rate - final) * (1 + np.cos(np.pi * share)) / 2)

    return schedule


def warm_up(then: Schedule, steps: int) -> Schedule:
    """A straight climb to `then(0)` over the first `steps` updates, and `then` from its start after it.

    The first update has 1/steps of the rate. Goyal et al., "Accurate, large minibatch SGD: training ImageNet
    in 1 hour", 2017.

    >>> [round(warm_up(constant(0.4), steps=4)(k), 3) for k in range(6)]
    [0.1, 0.2, 0.3, 0.4, 0.4, 0.4]
    """
    _positive("steps", steps)

    def schedule(step):
        step = np.asarray(step)
        climb = then(0) * (step + 1) / steps
        return _number(np.where(step < steps, climb, then(np.maximum(step - steps, 0))))

    return schedule


def step_decay(rate: float, every: int, factor: float = 0.1) -> Schedule:
    """The rate times `factor` once more after each `every` updates."""
    _positive("every", every)

    def schedule(step):
        return _number(rate * np.power(float(factor), np.asarray(step) // every))

    return schedule


def _number(value: Any) -> Any:
    """A plain float for a single step: a NumPy scalar would widen float32 parameters to float64."""
    return value.item() if np.ndim(value) == 0 else value


def _positive(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{name} must be at least 1, found {value}")
