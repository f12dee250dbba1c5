"""Why L1 gives exact zeros and L2 does not: loss ellipses against the ball of a penalty, and the solvers.

Each frame holds the whole still picture, exact, and the solvers after so many steps towards its solution.

>>> frames = list(race(GeometryConfig(steps=60)))
>>> picture, last = frames[0].picture, frames[-1]
>>> picture.touch.w1, round(picture.touch.w2, 12)  # a corner of the diamond
(0.0, 1.0)
>>> dict(zip(last.solvers, last.zeros.tolist()))
{'ista': 1, 'fista': 1, 'coordinate_descent': 1, 'subgradient': 0, 'adam': 0}
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec
import numpy as np

from core.optimization import explain
from core.optimization.optimizers import Step
from core.regularization.balls import Mixture, Penalty, Quadratic, size
from core.regularization.frontier import Frontier, Gap, frontier, gaps
from core.regularization.geometry_config import (
    WINDOW,
    GeometryConfig,
    Touch,
    bowl_of,
    penalty_of,
    touch_of,
)
from core.regularization.solvers import NAMES, SOLVERS, Objective, Solver, objective
from core.regularization.touching import kkt_residual
from core.regularization.zero_regions import ZeroRegion, zero_region
from core.trace import Equation, Frame, freeze

__all__ = ["GeometryConfig", "GeometryFrame", "Picture", "picture_of", "race"]

Array: TypeAlias = np.ndarray

DENSE = 121
"""Points of the frontier where gaps are looked for."""


class Picture(msgspec.Struct, frozen=True, eq=False):
    """All that does not depend on a solver's step.

    Attributes:
        bowl, penalty: the loss and what is added to it.
        touch: the solution, its lambda and its budget.
        gradient: f' at the solution; minus this is what pulls to the free minimum.
        residual: by how much the optimality conditions are missed.
        for_budget, for_strength: the free minima with a zero if t, or lambda, stays as it is.
        curve: the smallest loss for each budget, beyond the free minimum's; `gaps` of it no lambda reaches.
        reachable: whether some lambda has this solution; for a convex penalty always.
    """

    bowl: Quadratic
    penalty: Penalty
    touch: Touch
    gradient: tuple[float, float]
    residual: float
    for_budget: ZeroRegion
    for_strength: ZeroRegion
    curve: Frontier
    gaps: tuple[Gap, ...]
    reachable: bool

    @property
    def spent(self) -> float:
        """P(w) at the solution."""
        return float(self.penalty.phi(abs(self.touch.w1)) + self.penalty.phi(abs(self.touch.w2)))

    @property
    def loss(self) -> float:
        """f(w) at the solution."""
        return float(self.bowl.loss(self.touch.w1, self.touch.w2))

    def budget_at(self, spent: float) -> float:
        """The budget t with phi(t) = a given penalty."""
        return float(self.penalty.inverse(max(0.0, spent)))

    def fan(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """The two outermost directions that the penalty's slopes at a corner take, of length 1: the loss may
        pull anywhere between them and the weights stay. None off the corners, and at zero."""
        touch, penalty = self.touch, self.penalty
        if touch.zeros != 1 or touch.strength == 0 or penalty.kink == 0:
            return None
        alive = touch.w1 or touch.w2
        out = math.copysign(float(penalty.slope(abs(alive))), alive)
        side = penalty.kink if math.isfinite(penalty.kink) else 1.0
        out = out if math.isfinite(penalty.kink) else 0.0
        length = math.hypot(out, side)
        ends = ((out / length, side / length), (out / length, -side / length))
        return ends if touch.w1 else (ends[0][::-1], ends[1][::-1])


class GeometryFrame(Frame, frozen=True, eq=False):
    """The picture, and the solvers after `step` steps.

    Attributes:
        solvers: their names, R of them; none for L_p.
        positions: (R, 2), the weights that they have come to.
        distances: (R,), from there to the solution.
        states: what else they carry.
    """

    explains_next = True

    step: int
    picture: Picture
    solvers: tuple[str, ...]
    positions: Array
    distances: Array
    states: tuple[Any, ...]

    def columns(self) -> dict[str, Any]:
        return {"positions": self.positions, "distances": self.distances}

    @property
    def zeros(self) -> Array:
        """(R,): how many of each solver's weights are exactly 0.0."""
        return (self.positions == 0).sum(axis=1)

    def explain(self, config: GeometryConfig | None = None) -> list[Equation]:
        """The coming step of the inspected solver, and the balance at the solution."""
        balance = _balance(self.picture)
        if config is None or not self.solvers:
            return balance
        name = config.inspected
        i = self.solvers.index(name)
        goal = goal_of(self.picture)
        solver = SOLVERS[name](goal, config.adam_rate, config.shrinking)
        return [*_step(goal, solver, self.positions[i], self.states[i]), *balance]


def race(
    config: GeometryConfig, inputs: None = None, start: GeometryFrame | None = None
) -> Iterator[GeometryFrame]:
    """Yields the frames of steps 0 to `config.steps`, or those behind `start`; one frame for L_p."""
    picture = picture_of(config) if start is None else start.picture
    names = NAMES if isinstance(picture.penalty, Mixture) else ()
    goal = goal_of(picture)
    solvers = [SOLVERS[name](goal, config.adam_rate, config.shrinking) for name in names]
    if start is None:
        origin = freeze(np.array(config.start, float))
        positions, states, done = [origin] * len(names), [each.init(origin) for each in solvers], 0
        yield _frame(picture, names, positions, states, 0)
    else:
        positions, states, done = list(start.positions), list(start.states), start.step
    last = config.steps if names else 0
    for step in range(done + 1, last + 1):
        moved = [s.update(w, state) for s, w, state in zip(solvers, positions, states, strict=True)]
        positions, states = [w for w, _ in moved], [state for _, state in moved]
        yield _frame(picture, names, positions, states, step)


def picture_of(config: GeometryConfig) -> Picture:
    """Everything about a config that needs no solver."""
    bowl, penalty, touch = bowl_of(config), penalty_of(config), touch_of(config)
    free = size(penalty, bowl.c1, bowl.c2)
    largest = max(1.12 * free, 1.03 * touch.budget, 0.1)
    curve = frontier(bowl, penalty, largest, 56 if penalty.kink <= 1 else DENSE)
    unreached = gaps(bowl, penalty, curve)
    return Picture(
        bowl=bowl,
        penalty=penalty,
        touch=touch,
        gradient=bowl.gradient(touch.w1, touch.w2),
        residual=kkt_residual(bowl, penalty, touch.strength, touch.w1, touch.w2),
        for_budget=zero_region(bowl, penalty, window=WINDOW, budget=touch.budget),
        for_strength=zero_region(bowl, penalty, window=WINDOW, strength=touch.strength),
        curve=curve,
        gaps=unreached,
        reachable=not any(gap.low < touch.budget < gap.high for gap in unreached),
    )


def goal_of(picture: Picture) -> Objective:
    """What the solvers minimise: the loss and lambda times the penalty."""
    ratio = picture.penalty.ratio if isinstance(picture.penalty, Mixture) else 1.0
    strength = picture.touch.strength
    return objective(picture.bowl, strength * ratio, strength * (1 - ratio))


def _frame(
    picture: Picture, names: tuple[str, ...], positions: list[Array], states: list[Any], step: int
) -> GeometryFrame:
    where = np.array(positions).reshape(-1, 2)
    return GeometryFrame(
        step=step, picture=picture, solvers=names, positions=freeze(where),
        distances=freeze(np.hypot(where[:, 0] - picture.touch.w1, where[:, 1] - picture.touch.w2)),
        states=tuple(states),
    )  # fmt: skip


# --- the equations --------------------------------------------------------------------------------------


def _pair(values: Any) -> tuple[float, float]:
    one, other = (float(value) for value in values)
    return one, other


def _balance(picture: Picture) -> list[Equation]:
    """The loss's gradient at the solution, and what of the penalty's holds against it."""
    touch, gradient = picture.touch, picture.gradient
    at = {"w": (touch.w1, touch.w2), "g": gradient}
    pull = Equation(
        "gradient of the loss",
        r"\nabla f(w^{*}) = H\,(w^{*} - c) = <g> \quad\mathrm{at}\quad w^{*} = <w>",
        at,
        "core.regularization.balls:Quadratic.gradient",
    )
    if touch.strength == 0:
        return [pull]
    slopes = tuple(-g / touch.strength for g in gradient)
    values = {"strength": touch.strength, "s": slopes, "minus": tuple(-g for g in gradient)}
    held = Equation(
        "optimality conditions",
        r"-\nabla f(w^{*}) = <minus> = \lambda\, s = <strength> \cdot <s>, \quad s \in \partial P(w^{*})",
        values,
        "core.regularization.touching:kkt_residual",
    )
    return [pull, held]


def _step(goal: Objective, solver: Solver, w: Array, state: Any) -> list[Equation]:
    """A solver's coming step, line by line."""
    new, new_state = solver.update(w, state)
    if solver.optimizer is not None:
        slope = goal.subgradient(w)
        values = {
            "g": _pair(goal.gradient(w)), "l1": goal.l1, "sign": _pair(np.sign(w)), "l2": goal.l2,
            "w": _pair(w), "s": _pair(slope),
        }  # fmt: skip
        first = Equation(
            "subgradient",
            r"g = \nabla f(w) + \lambda_1 \mathrm{sign}(w) + \lambda_2 w"
            r" = <g> + <l1> \cdot <sign> + <l2> \cdot <w> = <s>",
            values,
            "core.regularization.solvers:Objective.subgradient",
        )
        return [first, *explain.equations(solver.optimizer, Step(w, slope, state, new, new_state))]
    if solver.name == "coordinate_descent":
        return _coordinate_step(goal, w, state, new)
    return _proximal_step(goal, solver, w, state, new)


def _coordinate_step(goal: Objective, w: Array, turn: int, new: Array) -> list[Equation]:
    h = goal.hessian
    other = 1 - turn
    whole, left = float(h[turn] @ goal.minimum), float(h[turn] @ goal.minimum - h[turn, other] * w[other])
    j, k = turn + 1, other + 1
    source = "core.regularization.solvers:coordinate_descent"
    return [
        Equation(
            "what the other weight leaves",
            rf"r = (Hc)_{j} - h_{{{j}{k}}} w_{k} = <b> - <h> \cdot <w> = <r>",
            {"b": whole, "h": float(h[turn, other]), "w": float(w[other]), "r": left},
            source,
        ),
        Equation(
            "best for one weight",
            rf"w_{j} \leftarrow \frac{{S(r, \lambda_1)}}{{h_{{{j}{j}}} + \lambda_2}}"
            r" = \frac{S(<r>, <l1>)}{<h> + <l2>} = <new>",
            {"r": left, "l1": goal.l1, "h": float(h[turn, turn]), "l2": goal.l2, "new": float(new[turn])},
            source,
        ),
    ]


def _proximal_step(goal: Objective, solver: Solver, w: Array, state: Any, new: Array) -> list[Equation]:
    eta = 1 / goal.largest
    ahead = state.ahead if solver.name == "fista" else w
    gradient = goal.gradient(ahead)
    source = f"core.regularization.solvers:{solver.name}"
    point = "y" if solver.name == "fista" else "w"
    return [
        Equation(
            "gradient step from the point ahead" if solver.name == "fista" else "gradient step",
            rf"x = {point} - \eta\, \nabla f({point}) = <y> - <eta> \cdot <g> = <x>",
            {"y": _pair(ahead), "eta": eta, "g": _pair(gradient), "x": _pair(ahead - eta * gradient)},
            source,
        ),
        Equation(
            "soft threshold",
            r"w \leftarrow \frac{S(x, \eta \lambda_1)}{1 + \eta \lambda_2}"
            r" = \frac{S(<x>, <threshold>)}{<shrink>} = <new>",
            {
                "x": _pair(ahead - eta * gradient), "threshold": eta * goal.l1,
                "shrink": 1 + eta * goal.l2, "new": _pair(new),
            },
            "core.regularization.solvers:Objective.proximal",
        ),
    ]  # fmt: skip
