"""The smallest loss that each budget allows, F(T) = min f over P(w) <= T, and which of it a lambda can reach.

To minimise f + lambda P is to lower a line of slope -lambda until it touches F from below. Where F is convex
each of its points is touched: budget and lambda are two names for one thing. For p < 1 it is not, and the
points above its convex hull are touched by no line: those budgets no lambda reaches, the solution jumps.

>>> from core.regularization.balls import Power, quadratic
>>> bowl = quadratic((2.0, 0.5), rotation=0, stretch=1)
>>> [(round(gap.low, 3), round(gap.high, 3)) for gap in gaps(bowl, Power(0.5))]  # from zero; onto the axis
[(0.0, 1.333), (1.931, 3.869)]
>>> gaps(bowl, Power(1.5))
()
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple, TypeAlias

import numpy as np

from core.regularization.balls import Penalty, Power, Quadratic, arc, size
from core.regularization.local_minima import SIGNS, Minimum, branch
from core.regularization.touching import penalised

Array: TypeAlias = np.ndarray

TURNS = 40
"""Points of each quarter of a rim among which the lowest is looked for, before it is refined."""


class Frontier(NamedTuple):
    """Budgets t (n,), their penalties T = phi(t) (n,), the smallest losses (n,) and where they are (n, 2)."""

    budgets: Array
    penalties: Array
    losses: Array
    weights: Array


class Gap(NamedTuple):
    """Budgets from `low` to `high`, both excluded, that no lambda reaches: at lambda = `strength` the
    solution jumps from one end, `upper`, to the other, `lower`, which are equally good there."""

    low: float
    high: float
    strength: float
    lower: Minimum
    upper: Minimum


def frontier(bowl: Quadratic, penalty: Penalty, largest: float, points: int = 60) -> Frontier:
    """F from the budget 0 to the largest, which is the free minimum's at least."""
    if penalty.kink < math.inf:
        return _by_path(bowl, penalty, largest, points)
    return _by_rims(bowl, penalty, largest, points)


def _by_path(bowl: Quadratic, penalty: Penalty, largest: float, points: int) -> Frontier:
    """For a convex penalty: the solutions of one lambda after another, from without bound to 0."""
    share = np.linspace(1.0, 0.0, points - 2, endpoint=False)[1:]
    if penalty.kink > 0:  # from this lambda on every weight is zero
        strengths = max(map(abs, bowl.linear)) / penalty.kink * share
    else:
        strengths = share / (1.0001 - share) * (bowl.h11 + bowl.h22)
    path = [(0.0, 0.0), *(penalised(bowl, penalty, each) for each in strengths.tolist())]
    path += [(bowl.c1, bowl.c2)] * 2
    budgets = [size(penalty, w1, w2) for w1, w2 in path[:-1]] + [largest]
    weights = np.array(path)
    return Frontier(
        np.array(budgets), penalty.phi(np.array(budgets)), bowl.loss(weights[:, 0], weights[:, 1]), weights
    )


def _by_rims(bowl: Quadratic, penalty: Penalty, largest: float, points: int) -> Frontier:
    """For p < 1: the lowest point of each rim, among so many and then more closely; to 1e-6 of F(0)."""
    budgets = penalty.inverse(np.linspace(0.0, float(penalty.phi(largest)), points))
    turns = np.linspace(0.0, math.pi / 2, TURNS)
    quarter = np.array(SIGNS, float)
    losses, (which, place) = _lowest(bowl, penalty, budgets, turns[None, None, :], quarter[:, None, None, :])
    signs = quarter[which]
    step = turns[1]
    middle = turns[place]
    for _ in range(3):  # look more closely about the lowest
        near = middle[:, None] + step * np.linspace(-1.0, 1.0, 13)
        near = np.clip(near, 0.0, math.pi / 2)[None]
        losses, (_, place) = _lowest(bowl, penalty, budgets, near, signs[None, :, None, :])
        middle = near[0, np.arange(points), place]
        step /= 6
    u1, u2 = arc(penalty, budgets, np.cos(middle) ** 2)
    weights = signs * np.stack([u1, u2], axis=1)
    inside = penalty.phi(budgets) >= penalty.phi(abs(bowl.c1)) + penalty.phi(abs(bowl.c2))
    losses[inside], weights[inside] = 0.0, (bowl.c1, bowl.c2)
    return Frontier(budgets, penalty.phi(budgets), losses, weights)


def _lowest(
    bowl: Quadratic, penalty: Penalty, budgets: Array, turns: Array, signs: Array
) -> tuple[Array, tuple[Array, Array]]:
    """The lowest loss on each rim (n,), and in which quarter and at which turn it is."""
    u1, u2 = arc(penalty, budgets[None, :, None], np.cos(turns) ** 2)
    losses = bowl.loss(signs[..., 0] * u1, signs[..., 1] * u2)
    flat = np.moveaxis(losses, 1, 0).reshape(len(budgets), -1)
    place = flat.argmin(axis=1)
    return flat[np.arange(len(budgets)), place], np.divmod(place, losses.shape[2])


def gaps(bowl: Quadratic, penalty: Penalty, curve: Frontier | None = None) -> tuple[Gap, ...]:
    """The budgets that no lambda reaches, from the smallest up; none for a convex penalty.

    `curve`, if given, reaches to the free minimum's budget at least.
    """
    if not isinstance(penalty, Power) or penalty.p >= 1:
        return ()
    if curve is None:
        curve = frontier(bowl, penalty, size(penalty, bowl.c1, bowl.c2), 121)
    hull = _lower_hull(curve.penalties, curve.losses)
    found = []
    for left, right in itertools.pairwise(hull):
        if right - left > 1:
            gap = _jump(bowl, penalty.p, curve, left, right)
            if gap is not None:
                found.append(gap)
    return tuple(found)


def _lower_hull(x: Array, y: Array) -> list[int]:
    """Indices of the lower convex hull's corners (Andrew's monotone chain); x ascends."""
    hull: list[int] = []
    for k, (here, high) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        while len(hull) > 1:
            (x0, y0), (x1, y1) = ((float(x[i]), float(y[i])) for i in hull[-2:])
            if (x1 - x0) * (high - y0) - (y1 - y0) * (here - x0) > 0:
                break
            hull.pop()
        hull.append(k)
    return hull


def _jump(bowl: Quadratic, p: float, curve: Frontier, left: int, right: int) -> Gap | None:
    """The lambda at which two kinds of minimum are equally good, by Newton: d(f + lambda P)/dlambda is P."""
    penalty = Power(p)
    kinds = [_kind(bowl, p, curve.weights[k]) for k in (left, right)]
    if kinds[0] == kinds[1]:  # a hull's edge of three points: rounding, no jump
        return None
    strength = -(curve.losses[right] - curve.losses[left]) / (curve.penalties[right] - curve.penalties[left])
    strength = float(strength)
    while True:
        lower, upper = (branch(bowl, p, strength, kind) for kind in kinds)
        if lower is None or upper is None:
            return None
        high, low = (float(penalty.phi(abs(m.w1)) + penalty.phi(abs(m.w2))) for m in (upper, lower))
        step = (upper.value - lower.value) / (high - low)
        if abs(step) <= 1e-13 * strength:
            break
        strength -= step
    low, high = (size(penalty, m.w1, m.w2) for m in (lower, upper))
    return Gap(low, high, strength, lower, upper)


def _kind(bowl: Quadratic, p: float, weights: Array) -> tuple[int, int]:
    """Which local minimum a point of the frontier belongs to: its signs; 1 on an axis."""
    size_of = np.abs(weights)
    alive = size_of > 1e-9 * max(1.0, float(size_of.max()))
    if alive.all():
        s1, s2 = np.sign(weights).astype(int).tolist()
        return s1, s2
    return int(alive[0]), int(alive[1])
