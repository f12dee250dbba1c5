"""Penalties with p < 1: every local minimum, because there are several and the lowest can change its place.

The penalty's slope at zero is without bound, so a weight at zero is held there whatever the loss does, and
the ball's corners are cusps. Penalised there are at most a local minimum at zero, one on each axis, and one
in each quadrant: where the objective bends upward, a_1 a_2 >= h12^2 with
a_i = h_ii - lambda (1 - p) |w_i|^(p - 2), the a_i are concave, so that region is convex and the objective
strictly convex on it.

>>> from core.regularization.balls import quadratic
>>> found = penalised_minima(quadratic((2.0, 0.5), rotation=0, stretch=1), 0.5, 0.5)
>>> [(round(m.w1, 6), m.w2) for m in found]  # the lowest first
[(1.605378, 0.0), (0.0, 0.0)]
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from core.regularization.balls import Power, Quadratic
from core.regularization.touching import ROUNDING, root

SIGNS: tuple[tuple[int, int], ...] = ((1, 1), (1, -1), (-1, 1), (-1, -1))
SAMPLES = 96
"""Points of each quarter of the rim among which sign changes of the slope along it are looked for."""


class Minimum(NamedTuple):
    """A local minimum: the weights, the objective there (f + lambda P, or f alone on a ball), and lambda."""

    w1: float
    w2: float
    value: float
    strength: float

    @property
    def zeros(self) -> int:
        """How many of the weights are exactly zero."""
        return (self.w1 == 0) + (self.w2 == 0)


def penalised_minima(bowl: Quadratic, p: float, strength: float) -> list[Minimum]:
    """Every local minimum of f + lambda sum |w|^p / p for p < 1, the lowest first."""
    if strength == 0:
        return [Minimum(bowl.c1, bowl.c2, 0.0, 0.0)]
    places = [(0, 0), (1, 0), (0, 1), *SIGNS]
    found = [branch(bowl, p, strength, place) for place in places]
    return sorted((each for each in found if each is not None), key=lambda each: each.value)


def branch(bowl: Quadratic, p: float, strength: float, place: tuple[int, int]) -> Minimum | None:
    """The local minimum of one kind, if there is one. `place`: 0 for a weight that is zero; in a quadrant the
    signs, on an axis 1."""
    b1, b2 = bowl.linear
    w: tuple[float, float] | None
    match place:
        case (0, 0):
            w = (0.0, 0.0)
        case (_, 0):
            w = None if (u := _on_axis(bowl.h11, b1, p, strength)) is None else (u, 0.0)
        case (0, _):
            w = None if (u := _on_axis(bowl.h22, b2, p, strength)) is None else (0.0, u)
        case _:
            w = _in_quadrant(bowl, p, strength, place)
    if w is None:
        return None
    penalty = Power(p)
    value = bowl.loss(*w) + strength * (penalty.phi(abs(w[0])) + penalty.phi(abs(w[1])))
    return Minimum(*w, value, strength)


def _on_axis(h: float, b: float, p: float, strength: float) -> float | None:
    """The larger root of h u + lambda u^(p - 1) = |b|, from above, with the sign of b."""
    turn = (strength * (1 - p) / h) ** (1 / (2 - p))  # below it the objective bends down
    if h * turn + strength * turn ** (p - 1) >= abs(b):
        return None
    u = abs(b) / h
    while True:
        pull = strength * u ** (p - 1)
        new = u - (h * u + pull - abs(b)) / (h - (1 - p) * pull / u)
        if not turn < new < u:
            return math.copysign(u, b)
        u = new


class _Quadrant(NamedTuple):
    """The objective over u, v > 0: its quadratic part less b1 u + b2 v, and lambda (u^p + v^p) / p."""

    h11: float
    h12: float
    h22: float
    b1: float
    b2: float
    p: float
    strength: float

    def bends(self, u: float, v: float) -> tuple[float, float, float]:
        """The Hessian's diagonal and its determinant."""
        curl = self.strength * (1 - self.p)
        a1, a2 = self.h11 - curl * u ** (self.p - 2), self.h22 - curl * v ** (self.p - 2)
        return a1, a2, a1 * a2 - self.h12 * self.h12

    def is_convex(self, u: float, v: float) -> bool:
        if u <= 0 or v <= 0:
            return False
        a1, _, determinant = self.bends(u, v)
        return a1 > 0 and determinant > 0

    def value(self, u: float, v: float) -> float:
        smooth = (
            0.5 * (self.h11 * u * u + 2 * self.h12 * u * v + self.h22 * v * v) - self.b1 * u - self.b2 * v
        )
        return smooth + self.strength * (u**self.p + v**self.p) / self.p

    def newton(self, u: float, v: float) -> tuple[float, float]:
        """The step to where the gradient would vanish."""
        g1 = self.h11 * u + self.h12 * v - self.b1 + self.strength * u ** (self.p - 1)
        g2 = self.h12 * u + self.h22 * v - self.b2 + self.strength * v ** (self.p - 1)
        a1, a2, determinant = self.bends(u, v)
        return (self.h12 * g2 - a2 * g1) / determinant, (self.h12 * g1 - a1 * g2) / determinant


def _in_quadrant(
    bowl: Quadratic, p: float, strength: float, signs: tuple[int, int]
) -> tuple[float, float] | None:
    """Newton on the convex region, from far out; None if it runs into the region's edge."""
    s1, s2 = signs
    b1, b2 = bowl.linear
    part = _Quadrant(bowl.h11, s1 * s2 * bowl.h12, bowl.h22, s1 * b1, s2 * b2, p, strength)
    u = v = 1.0 + abs(bowl.c1) + abs(bowl.c2)
    while not part.is_convex(u, v):
        u, v = 2 * u, 2 * v
    height = part.value(u, v)
    for _ in range(100):
        d1, d2 = part.newton(u, v)
        if abs(d1) + abs(d2) <= 1e-9 * min(u, v):  # the next would be some 1e-18: no height tells it
            return s1 * (u + d1), s2 * (v + d2)
        slack = ROUNDING * (abs(b1) * u + abs(b2) * v)
        share, reached = 1.0, False
        while not reached:
            new_u, new_v = u + share * d1, v + share * d2
            reached = part.is_convex(new_u, new_v) and part.value(new_u, new_v) <= height + slack
            share *= 0.5
            if share < 1e-6:  # the edge of the region lies in the way
                return None
        u, v, height = new_u, new_v, part.value(new_u, new_v)
    return None


# --- on a ball ------------------------------------------------------------------------------------------


def constrained_minima(bowl: Quadratic, p: float, budget: float) -> list[Minimum]:
    """Every local minimum of f on the ball of budget t for p < 1, the lowest first."""
    penalty = Power(p)
    found = []
    if penalty.phi(abs(bowl.c1)) + penalty.phi(abs(bowl.c2)) <= penalty.phi(budget):
        found.append(Minimum(bowl.c1, bowl.c2, 0.0, 0.0))
    for w1, w2 in ((budget, 0.0), (-budget, 0.0), (0.0, budget), (0.0, -budget)):
        g1, g2 = bowl.gradient(w1, w2)
        outward = -(g1 * w1 + g2 * w2) / budget
        if outward >= -ROUNDING * (abs(g1) + abs(g2)):  # into a cusp only one way leads: along the axis
            found.append(Minimum(w1, w2, bowl.loss(w1, w2), max(0.0, outward) * budget ** (1 - p)))
    for signs in SIGNS:
        found += _on_rim(bowl, p, budget, signs)
    return sorted(found, key=lambda each: each.value)


def _on_rim(bowl: Quadratic, p: float, budget: float, signs: tuple[int, int]) -> list[Minimum]:
    """Where the loss along one quarter of the rim goes from falling to rising, and pulls outward."""
    s1, s2 = signs
    power, kept = 2 / p, 2 * (1 - p) / p

    def slope(turn: float) -> float:
        cos, sin = math.cos(turn), math.sin(turn)
        g1, g2 = bowl.gradient(s1 * budget * cos**power, s2 * budget * sin**power)
        return s2 * g2 * sin**kept - s1 * g1 * cos**kept

    turns = np.linspace(0.0, math.pi / 2, SAMPLES + 1)[1:-1]
    cos, sin = np.cos(turns), np.sin(turns)
    g1, g2 = bowl.gradient(s1 * budget * cos**power, s2 * budget * sin**power)
    slopes = s2 * g2 * sin**kept - s1 * g1 * cos**kept
    found = []
    for k in np.flatnonzero((slopes[:-1] < 0) & (slopes[1:] >= 0)).tolist():
        turn = root(lambda x: (slope(x), 0.0), float(turns[k]), float(turns[k + 1]))
        w1, w2 = s1 * budget * math.cos(turn) ** power, s2 * budget * math.sin(turn) ** power
        strength = -s1 * bowl.gradient(w1, w2)[0] * abs(w1) ** (1 - p)
        if strength > 0:
            found.append(Minimum(w1, w2, bowl.loss(w1, w2), strength))
    return found
