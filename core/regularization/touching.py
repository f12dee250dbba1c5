"""Where loss and penalty balance, exactly: the solution for a weight lambda, and the one for a budget t.

    penalised     minimise f(w) + lambda P(w)
    constrained   minimise f(w) over P(w) <= phi(t)

For a convex P each has one solution, and the constrained one is the penalised one of its multiplier
lambda >= 0 (0 where the free minimum lies within the ball). For p < 1 see `core.regularization.local_minima`.

>>> from core.regularization.balls import Mixture, quadratic
>>> bowl = quadratic((2.0, 0.5), rotation=0, stretch=1)
>>> penalised(bowl, Mixture(1.0), 0.75)  # both soft-thresholded
(1.25, 0.0)
>>> tuple(round(x, 12) for x in constrained(bowl, Mixture(1.0), 1.25))  # the same point, and its multiplier
(1.25, 0.0, 0.75)
>>> penalised(bowl, Mixture(0.0), 1.0)  # both halved
(1.0, 0.25)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

from core.regularization.balls import Mixture, Penalty, Power, Quadratic, size

__all__ = ["constrained", "kkt_residual", "penalised", "root"]

Pair = tuple[float, float]

ROUNDING = 1e-15
"""What a sum of a few terms may be off by, as a share of the largest."""


def penalised(bowl: Quadratic, penalty: Penalty, strength: float) -> Pair:
    """The weights that minimise f + lambda P, for a convex P and lambda >= 0. Zeros are exactly 0.0.

    A mixture's are in closed form; a power's come from a safeguarded Newton iteration run to rounding.
    """
    if strength == 0:
        return bowl.c1, bowl.c2
    if isinstance(penalty, Mixture):
        return _mixture(bowl, strength * penalty.ratio, strength * (1 - penalty.ratio))
    if penalty.p <= 1:
        raise ValueError(f"Expected a power above 1, found {penalty.p:g}.")
    return _power(bowl, penalty, strength)


def constrained(bowl: Quadratic, penalty: Penalty, budget: float) -> tuple[float, float, float]:
    """The weights that minimise f within the ball of budget t > 0, for a convex P, and their multiplier.

    The reach of w(lambda) falls as lambda grows, and one over it nearly in proportion (Hebden 1973): the
    lambda at which it is 1 / t is found to rounding.
    """
    if penalty.phi(abs(bowl.c1)) + penalty.phi(abs(bowl.c2)) <= penalty.phi(budget):
        return bowl.c1, bowl.c2, 0.0

    def short(strength: float) -> Pair:
        w1, w2 = penalised(bowl, penalty, strength)
        reach = size(penalty, w1, w2)
        if reach == 0:
            return math.inf, 0.0
        falls = _shrinks_by(bowl, penalty, strength, w1, w2) / float(penalty.slope(reach))
        return budget / reach - 1, falls * budget / reach**2

    enough = 1.0
    while short(enough)[0] < 0:
        enough *= 4.0
    strength = root(short, 0.0, enough, ROUNDING)
    return *penalised(bowl, penalty, strength), strength


def kkt_residual(bowl: Quadratic, penalty: Penalty, strength: float, w1: float, w2: float) -> float:
    """How far -f'(w) lies from lambda times the subdifferential of P: 0 at a solution (p < 1: a stationary
    point, where a weight at zero is held whatever the loss does)."""
    worst = 0.0
    for w, g in zip((w1, w2), bowl.gradient(w1, w2), strict=True):
        if w != 0:
            off = abs(g + math.copysign(strength * float(penalty.slope(abs(w))), w))
        else:  # any slope between -kink and kink is one of the penalty's at zero
            off = max(0.0, abs(g) - (strength * penalty.kink if strength else 0.0))
        worst = max(worst, off)  #: optimality conditions
    return worst


def root(rising: Callable[[float], Pair], low: float, high: float, within: float = 0.0) -> float:
    """The zero of a rising function that returns (value, slope): Newton, kept within a shrinking bracket.

    Ends where the value is `within` its rounding, or the steps are. A step that leaves the bracket, or is not
    half as long as the one before the last, is replaced by one to the middle (Dekker 1969).
    """
    x, before, last = 0.5 * (low + high), math.inf, math.inf
    for _ in range(300):
        value, slope = rising(x)
        if abs(value) <= within:
            return x
        if value > 0:
            high = x
        else:
            low = x
        new = x - value / slope if slope > 0 else math.nan
        if abs(new - x) <= ROUNDING * abs(x):
            return new
        if not low < new < high or abs(new - x) > 0.5 * before:
            new = 0.5 * (low + high)
            if new in (low, high):
                return new
        before, last, x = last, abs(new - x), new
    return x


def _mixture(bowl: Quadratic, l1: float, l2: float) -> Pair:
    """f + l1 sum |w| + l2 / 2 sum w^2: the one of nine patterns of signs that is its own solution."""
    b1, b2 = bowl.linear
    h11, h12, h22 = bowl.h11 + l2, bowl.h12, bowl.h22 + l2
    if abs(b1) <= l1 and abs(b2) <= l1:
        return 0.0, 0.0
    alone = _shrink(b1, l1) / h11
    if abs(b2 - h12 * alone) <= l1:  #: second weight zero
        return alone, 0.0
    alone = _shrink(b2, l1) / h22
    if abs(b1 - h12 * alone) <= l1:  #: first weight zero
        return 0.0, alone
    det = h11 * h22 - h12 * h12
    found = []
    for s1, s2 in product((1.0, -1.0), repeat=2):
        r1, r2 = b1 - l1 * s1, b2 - l1 * s2
        w1, w2 = (h22 * r1 - h12 * r2) / det, (h11 * r2 - h12 * r1) / det  #: both weights
        found.append((min(s1 * w1, s2 * w2), w1, w2))
    _, w1, w2 = max(found)  # the signs that the weights themselves have, by as much as can be
    return w1, w2


def _shrink(x: float, threshold: float) -> float:
    """The soft threshold of one number."""
    return math.copysign(max(abs(x) - threshold, 0.0), x)


def _power(bowl: Quadratic, penalty: Power, strength: float) -> Pair:
    """w2 from the one equation that is left once w1 is the best for it; both sides rise, so it is unique.

    Below p = 2 the unknown is the slope v = |w|^(p - 1), of which w is a smooth function.
    """
    b1, b2 = bowl.linear
    bend = 1 / (penalty.p - 1) if penalty.p < 2 else 1.0  # w = z^bend
    lift = 1.0 if penalty.p < 2 else penalty.p - 1  # slope of P = z^lift
    beyond = bowl.determinant / bowl.h11

    def best_first(w2: float) -> float:
        y = b1 - bowl.h12 * w2
        return math.copysign(_resolve(bowl.h11, abs(y), bend, lift, strength), y)

    at_zero = bowl.h12 * best_first(0.0) - b2
    if at_zero == 0:
        return best_first(0.0), 0.0
    sign = -1.0 if at_zero > 0 else 1.0

    def pull(z: float) -> Pair:
        w2 = z**bend
        w1 = best_first(sign * w2)
        value = bowl.h22 * w2 + strength * z**lift + sign * (bowl.h12 * w1 - b2)
        stiff = bowl.h11 + strength * _bend_of(penalty, w1)
        slope = (bowl.h22 - bowl.h12**2 / stiff) * bend * z ** (bend - 1) + strength * lift * z ** (lift - 1)
        return value, slope

    far = min((abs(at_zero) / strength) ** (1 / lift), (abs(at_zero) / beyond) ** (1 / bend))
    w2 = sign * root(pull, 0.0, far * (1 + 1e-9), ROUNDING * max(abs(b1), abs(b2))) ** bend
    return best_first(w2), w2


def _resolve(h: float, y: float, bend: float, lift: float, strength: float) -> float:
    """u >= 0 with h u + lambda phi'(u) = y: convex in z, so Newton from above falls onto it."""
    if y == 0:
        return 0.0
    z = min((y / strength) ** (1 / lift), (y / h) ** (1 / bend))
    while z > 0:
        u, v = z**bend, z**lift
        new = z - (h * u + strength * v - y) / ((bend * h * u + lift * strength * v) / z)
        if new >= z or new <= 0:
            break
        z = new
    return z**bend


def _bend_of(penalty: Penalty, w: float) -> float:
    """The penalty's curvature at a weight, finite where it would be without bound."""
    if isinstance(penalty, Power) and abs(w) < 1e-150:
        return 0.0 if penalty.p > 2 else 1e150
    return float(penalty.curvature(abs(w)))


def _shrinks_by(bowl: Quadratic, penalty: Penalty, strength: float, w1: float, w2: float) -> float:
    """-dP/dlambda along the path, P' (H + lambda P'')^-1 P' over the weights that are not zero."""
    if w1 == 0 and w2 == 0:
        return 0.0
    d1 = bowl.h11 + strength * _bend_of(penalty, w1) if w1 else math.inf
    d2 = bowl.h22 + strength * _bend_of(penalty, w2) if w2 else math.inf
    p1 = math.copysign(float(penalty.slope(abs(w1))), w1) if w1 else 0.0
    p2 = math.copysign(float(penalty.slope(abs(w2))), w2) if w2 else 0.0
    if w1 == 0 or w2 == 0:
        return p1 * p1 / d1 + p2 * p2 / d2
    det = d1 * d2 - bowl.h12**2
    return (d2 * p1 * p1 - 2 * bowl.h12 * p1 * p2 + d1 * p2 * p2) / det
