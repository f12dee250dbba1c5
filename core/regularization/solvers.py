"""Five ways down f(w) + l1 sum |w| + l2 / 2 sum w^2, step by step, and why only three of them meet zeros.

Proximal steps and coordinate descent end each step with a soft threshold, which maps a whole interval onto
zero: they land there and stay. A subgradient step, plain or through Adam, subtracts l1 or adds it: it leaps
over zero, and hits it only by chance.

>>> from core.regularization.balls import quadratic
>>> goal = objective(quadratic((2.0, 0.5), rotation=0, stretch=1), l1=0.75, l2=0.0)
>>> solver = SOLVERS["ista"](goal, 0.1)
>>> w, state = solver.update(np.array([-1.0, 2.0]), None)  # the bowl is round: one step of 1 / L arrives
>>> w.tolist()
[1.25, 0.0]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from core.optimization import optimizers
from core.optimization.optimizers import Optimizer, Schedule
from core.regularization.balls import Quadratic
from core.regularization.penalties import soft_threshold

Array: TypeAlias = np.ndarray

NAMES = ("ista", "fista", "coordinate_descent", "subgradient", "adam")


class Objective(NamedTuple):
    """f(w) + l1 sum |w| + l2 / 2 sum w^2 in arrays: H (2, 2), c (2,)."""

    hessian: Array
    minimum: Array
    l1: float
    l2: float
    largest: float
    """H's largest eigenvalue, L: a gradient step of 1 / L never overshoots."""

    def gradient(self, w: Array) -> Array:
        """Of the loss alone."""
        return self.hessian @ (w - self.minimum)  #: gradient of the loss

    def subgradient(self, w: Array) -> Array:
        """Of the whole; at zero, where there are many, the middle one."""
        return self.gradient(w) + self.l1 * np.sign(w) + self.l2 * w  #: subgradient

    def proximal(self, w: Array, rate: float) -> Array:
        """The minimiser of rate (l1 sum |x| + l2 / 2 sum x^2) + |x - w|^2 / 2."""
        return soft_threshold(w, rate * self.l1) / (1 + rate * self.l2)  #: soft threshold


@dataclass(frozen=True, eq=False)
class Solver:
    """`init(w) -> state`, `update(w, state) -> (w, state)`; `optimizer` where it is one of those."""

    name: str
    init: Callable[[Array], Any]
    update: Callable[[Array, Any], tuple[Array, Any]]
    optimizer: Optimizer | None = None


class FistaState(NamedTuple):
    """`ahead`, the point looked ahead to, and `t`, from which the next look ahead follows."""

    ahead: Array
    t: float


def objective(bowl: Quadratic, l1: float, l2: float) -> Objective:
    """The objective for a loss and the two penalties' weights."""
    middle, half = (bowl.h11 + bowl.h22) / 2, (bowl.h11 - bowl.h22) / 2
    return Objective(
        np.array([[bowl.h11, bowl.h12], [bowl.h12, bowl.h22]]),
        np.array([bowl.c1, bowl.c2]),
        l1, l2, middle + math.hypot(half, bowl.h12),
    )  # fmt: skip


def ista(goal: Objective, rate: float = 0.0, shrinking: bool = False) -> Solver:
    """The proximal gradient method: a gradient step of 1 / L, then the soft threshold.

    ISTA: Daubechies, Defrise & De Mol 2004. The last two arguments play no part.
    """
    eta = 1 / goal.largest

    def update(w: Array, state: None) -> tuple[Array, None]:
        arrived = w - eta * goal.gradient(w)  #: gradient step
        return goal.proximal(arrived, eta), None  #: proximal step

    return Solver("ista", lambda w: None, update)


def fista(goal: Objective, rate: float = 0.0, shrinking: bool = False) -> Solver:
    """The same from a point looked ahead to (Beck & Teboulle 2009, after Nesterov 1983)."""
    eta = 1 / goal.largest

    def update(w: Array, state: FistaState) -> tuple[Array, FistaState]:
        arrived = state.ahead - eta * goal.gradient(state.ahead)  #: gradient step from the point ahead
        new = goal.proximal(arrived, eta)  #: proximal step
        t = (1 + math.sqrt(1 + 4 * state.t**2)) / 2
        return new, FistaState(new + (state.t - 1) / t * (new - w), t)  #: look ahead

    return Solver("fista", lambda w: FistaState(w, 1.0), update)


def coordinate_descent(goal: Objective, rate: float = 0.0, shrinking: bool = False) -> Solver:
    """One weight a step, put where it is best for the other: a soft threshold too.

    Fu 1998; Friedman, Hastie, Höfling & Tibshirani 2007. The state is whose turn it is.
    """

    def update(w: Array, turn: int) -> tuple[Array, int]:
        h = goal.hessian
        rest = h[turn] @ goal.minimum - h[turn, 1 - turn] * w[1 - turn]  #: what the other weight leaves
        new = w.copy()
        new[turn] = soft_threshold(rest, goal.l1) / (h[turn, turn] + goal.l2)  #: best for one weight
        return new, 1 - turn

    return Solver("coordinate_descent", lambda w: 0, update)


def subgradient(goal: Objective, rate: float = 0.0, shrinking: bool = False) -> Solver:
    """Gradient descent on a subgradient (Shor 1962), with steps of 1 / (L + l2), or that over sqrt(k)."""
    eta = 1 / (goal.largest + goal.l2)
    return _descends("subgradient", goal, optimizers.gradient_descent(_shrinking(eta) if shrinking else eta))


def adam(goal: Objective, rate: float = 0.1, shrinking: bool = False) -> Solver:
    """Adam on a subgradient, with its learning rate, or that over sqrt(k)."""
    return _descends("adam", goal, optimizers.adam(_shrinking(rate) if shrinking else rate))


def _descends(name: str, goal: Objective, optimizer: Optimizer) -> Solver:
    def update(w: Array, state: Any) -> tuple[Array, Any]:
        return optimizer.update(goal.subgradient(w), state, w)

    return Solver(name, optimizer.init, update, optimizer)


def _shrinking(rate: float) -> Schedule:
    return lambda done: rate / math.sqrt(done + 1)


SOLVERS: dict[str, Callable[..., Solver]] = {
    "ista": ista,
    "fista": fista,
    "coordinate_descent": coordinate_descent,
    "subgradient": subgradient,
    "adam": adam,
}
