"""From which free minima is a weight exactly zero: the region of them, and its share of a window.

The conditions of the solution are read backwards. Weights w with no zero are the solution for the free
minimum

    c(w) = w + lambda H^-1 P'(w)

so the free minima that leave both weights alive are the image of the four open quadrants, one piece each;
what is not in a piece has a zero. For a convex P the pieces are bounded by straight lines. For p < 1 a piece
ends where another local minimum becomes the lower one. Penalties without a kink at zero (p > 1, ridge) leave
only lines, which have no area.

>>> from core.regularization.balls import Mixture, quadratic
>>> round_bowl = quadratic((0.0, 0.0), rotation=0, stretch=1)
>>> found = zero_region(round_bowl, Mixture(1.0), window=3.0, strength=1.0)  # |c_1| <= 1 or |c_2| <= 1
>>> round(found.share, 12)  # 1 - (2/3)^2
0.555555555556
>>> zero_region(round_bowl, Mixture(0.0), window=3.0, strength=1.0).share
0.0
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from core.regularization.balls import Penalty, Power, Quadratic, arc

Array: TypeAlias = np.ndarray

SIGNS = ((1, 1), (-1, 1), (-1, -1), (1, -1))
FAR = 200.0
"""Where pieces without bound are cut, far outside any window."""


class ZeroRegion(NamedTuple):
    """The free minima that put a weight at exactly zero.

    Attributes:
        pieces: polygons (n, 2) of the free minima that put *none* at zero, within the window, disjoint; the
            region is the rest of the window.
        lines: polylines (n, 2) where a weight is zero although the region has no area.
        share: of the window's area, 0 to 1; exactly 0 for a penalty without a kink.
        middles: for each arm of the region the weight that is zero there (1 or 2) and a free minimum in its
            middle, near the window's frame.
    """

    pieces: tuple[Array, ...]
    lines: tuple[Array, ...]
    share: float
    middles: tuple[tuple[int, float, float], ...] = ()


def zero_region(
    bowl: Quadratic, penalty: Penalty, *, window: float, strength: float | None = None,
    budget: float | None = None,
) -> ZeroRegion:  # fmt: skip
    """The region for a fixed lambda (`strength`) or a fixed t (`budget`), over [-window, window]^2.

    The bowl's own minimum plays no part.
    """
    if (strength is None) == (budget is None):
        raise ValueError("Expected a strength or a budget, found both or neither.")
    return _region(bowl._replace(c1=0.0, c2=0.0), penalty, window, strength, budget)


@functools.lru_cache(maxsize=64)
def _region(
    bowl: Quadratic, penalty: Penalty, window: float, strength: float | None, budget: float | None
) -> ZeroRegion:
    if penalty.kink == 0:
        lines = _lines(bowl, penalty, strength, budget)
        return ZeroRegion((), lines, 0.0, _middles(bowl, penalty, window, strength, budget))
    if strength is not None:
        pieces = [_piece_of_strength(bowl, penalty, strength, signs) for signs in SIGNS]
    else:
        assert budget is not None
        pieces = [_piece_of_budget(bowl, penalty, budget, signs) for signs in SIGNS]
    seen = [clip(piece, window) for piece in pieces]
    area = sum(abs(_area(piece)) for piece in seen)
    kept = tuple(piece for piece in seen if len(piece))
    share = min(1.0, max(0.0, round(1 - area / (2 * window) ** 2, 12)))
    return ZeroRegion(kept, (), share, _middles(bowl, penalty, window, strength, budget))


# --- for a fixed lambda ---------------------------------------------------------------------------------


def _piece_of_strength(bowl: Quadratic, penalty: Penalty, strength: float, signs: tuple[int, int]) -> Array:
    """The image of one quadrant under c(w)."""
    if isinstance(penalty, Power) and penalty.p < 1:
        scale = strength ** (1 / (2 - penalty.p)) if strength else 0.0  # w -> s w scales f by s^2, P by s^p
        unit = _unit_piece(bowl, penalty.p)[SIGNS.index(signs) % 2]
        return signs[1] * scale * unit if scale else _wedge(bowl, (0.0, 0.0), (signs[0], 0), (0, signs[1]))
    # phi'(u) = kink + (1 - ratio) u: an affine image of the quadrant
    ridge = strength * float(penalty.curvature(1.0)) if not isinstance(penalty, Power) else 0.0
    apex = bowl.solve(strength * penalty.kink * signs[0], strength * penalty.kink * signs[1])
    x1, x2 = bowl.solve(ridge * signs[0], 0.0)
    y1, y2 = bowl.solve(0.0, ridge * signs[1])
    return _wedge(bowl, apex, (signs[0] + x1, x2), (y1, signs[1] + y2))


@functools.lru_cache(maxsize=64)
def _unit_piece(bowl: Quadratic, p: float, points: int = 129) -> tuple[Array, Array]:
    """The pieces of the quadrants (1, 1) and (-1, 1) for p < 1 and lambda = 1; the others are their mirror
    images. The rim: along each ray w = r omega the r at which a minimum with a zero becomes as low."""
    lean = np.linspace(-9.0, 9.0, points)  # log(w2 / w1)
    omega1, omega2 = 1 / (1 + np.exp(lean)), 1 / (1 + np.exp(-lean))
    signs = np.array([[1.0], [-1.0]])
    n1, n2 = signs * omega1 ** (p - 1), omega2 ** (p - 1)
    h1, h2 = bowl.solve(n1, n2)
    energy, height = n1 * h1 + n2 * h2, (omega1**p + omega2**p) / p

    def ahead(log_r: Array) -> Array:
        """By how much the minimum without a zero is lower than the best with one."""
        r = np.exp(log_r)
        pull = r ** (p - 1)
        c1, c2 = r * signs * omega1 + pull * h1, r * omega2 + pull * h2
        moved: Any = bowl._replace(c1=c1, c2=c2)
        alive = 0.5 * pull * pull * energy + r**p * height
        b1, b2 = moved.linear
        best = np.minimum(_axis_gain(bowl.h11, b1, p), _axis_gain(bowl.h22, b2, p))
        return moved.loss(0.0, 0.0) + best - alive

    r = np.exp(_crossing(ahead, np.full((2, points), -9.0), np.full((2, points), 12.0)))
    pull = r ** (p - 1)
    rim = np.stack([r * signs * omega1 + pull * h1, r * omega2 + pull * h2], axis=-1)
    corner = np.array([[[FAR * 1e3, FAR * 1e3]], [[-FAR * 1e3, FAR * 1e3]]])
    right, left = np.concatenate([rim, corner], axis=1)
    return right, left


def _crossing(rising: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Where a function of many unknowns, each for itself, goes from below 0 to above it: bisection until it
    is nearly straight, then the secant, kept within its bracket (the Illinois rule)."""
    below, above = rising(low), rising(high)
    for step in range(20):
        share = below / (below - above) if step >= 12 else 0.5
        middle = low + share * (high - low)
        value = rising(middle)
        good = value > 0
        if step >= 12:  # an end that stays counts for half
            below, above = np.where(good, 0.5 * below, below), np.where(good, above, 0.5 * above)
        low, below = np.where(good, low, middle), np.where(good, below, value)
        high, above = np.where(good, middle, high), np.where(good, value, above)
    return low + below / (below - above) * (high - low)


def _axis_gain(h: float, b: Array, p: float) -> Array:
    """min over u >= 0 of h u^2 / 2 - |b| u + u^p / p: how far one weight alone gets below zero's height."""
    size = np.abs(b)
    turn = ((1 - p) / h) ** (1 / (2 - p))
    u = np.maximum(size / h, turn)
    with np.errstate(all="ignore"):  # where there is no root
        for _ in range(6):  # Newton from above onto the larger root
            pull = u ** (p - 1)
            u = np.maximum(u - (h * u + pull - size) / (h - (1 - p) * pull / u), turn)
    return np.minimum(0.0, 0.5 * h * u * u - size * u + u**p / p)


# --- for a fixed budget ---------------------------------------------------------------------------------


def _piece_of_budget(bowl: Quadratic, penalty: Penalty, budget: float, signs: tuple[int, int]) -> Array:
    """A quarter of the ball, whose minima are their own solutions, and what lies before its rim."""
    s1, s2 = signs
    if isinstance(penalty, Power) and penalty.p < 1:
        return s2 * budget * _unit_quarter(bowl, penalty.p)[SIGNS.index(signs) % 2]  # as f scales, so does c
    end = float(penalty.slope(budget))
    first = np.array(bowl.solve(s1 * end, s2 * penalty.kink))
    last = np.array(bowl.solve(s1 * penalty.kink, s2 * end))
    a, b = np.array([s1 * budget, 0.0]), np.array([0.0, s2 * budget])
    return np.stack([np.zeros(2), a, a + _far(first), _far(first + last), b + _far(last), b])


@functools.lru_cache(maxsize=64)
def _unit_quarter(bowl: Quadratic, p: float) -> tuple[Array, Array]:
    """The pieces of the quadrants (1, 1) and (-1, 1) for p < 1 and a budget of 1."""
    right, left = (
        np.concatenate([[[0.0, 0.0]], _before_corners(bowl, Power(p), side)]) for side in (1.0, -1.0)
    )
    return right, left


def _before_corners(bowl: Quadratic, penalty: Power, side: float, points: int = 199) -> Array:
    """How far along c = w + mu H^-1 P'(w) a point of the rim stays better than every other.

    The difference of two points' losses is linear in c, and so in mu:
    f(w) < f(v) as long as (w - v)' H c > (w' H w - v' H v) / 2.
    """
    share = np.sin(np.linspace(0.0, math.pi / 2, points + 2)) ** 2
    u1, u2 = arc(penalty, 1.0, share[::-1])
    w1, w2 = side * u1[1:-1], u2[1:-1]
    others = [signs for signs in SIGNS if signs != (side, 1)]  # of these every fourth will do, corners too
    v1, v2 = (
        np.concatenate([own, *(signs[i] * u[::4] for signs in others)])
        for i, (own, u) in enumerate(((side * u1, u1), (u2, u2)))
    )
    n1, n2 = bowl.solve(side * penalty.slope(u1[1:-1]), penalty.slope(u2[1:-1]))
    b1, b2 = bowl.gradient(w1[:, None] - v1, w2[:, None] - v2)  # H (w - v)
    slack = b1 * w1[:, None] + b2 * w2[:, None] - bowl.loss(w1, w2)[:, None] + bowl.loss(v1, v2)
    speed = b1 * n1[:, None] + b2 * n2[:, None]
    with np.errstate(all="ignore"):
        reaches = np.where(speed < 0, slack / -speed, FAR * 1e3)
    first = reaches.argmin(axis=1)
    reach = reaches[np.arange(points), first]
    # Where another point of the rim takes over no weight is zero: what leads there and back is no edge
    ends = (v1[first] == 0) | (v2[first] == 0)
    edge = np.stack([w1 + reach * n1, w2 + reach * n2], axis=1)
    edge, ends = np.concatenate([[[side, 0.0]], edge, [[0.0, 1.0]]]), np.pad(ends, 1, constant_values=True)
    kept = np.flatnonzero(ends)
    for before, after in itertools.pairwise(kept.tolist()):
        if math.dist(edge[before], edge[after]) > 0.1:  # the piece goes on between them
            ends[before:after] = True
    return edge[ends]


# --- without an area ------------------------------------------------------------------------------------


def _lines(
    bowl: Quadratic, penalty: Penalty, strength: float | None, budget: float | None
) -> tuple[Array, ...]:
    """The curves c(w) over the two axes."""
    if strength is None:
        assert budget is not None
        first, second = bowl.solve(1.0, 0.0), bowl.solve(0.0, 1.0)
        ends = [np.array([budget, 0.0]), np.array([0.0, budget])]
        rays = [end + _far(np.array(way)) for end, way in zip(ends, (first, second), strict=True)]
        return tuple(np.stack([-ray, -end, end, ray]) for ray, end in zip(rays, ends, strict=True))
    u = np.concatenate([[0.0], np.geomspace(1e-4, 30.0, 60)])
    pull = strength * penalty.slope(u)
    zero = 0 * u
    made = []
    for w, g in (((u, zero), (pull, zero)), ((zero, u), (zero, pull))):
        h1, h2 = bowl.solve(*g)
        half = np.stack([w[0] + h1, w[1] + h2], axis=1)
        made.append(np.concatenate([-half[:0:-1], half]))
    return tuple(made)


def _middles(
    bowl: Quadratic, penalty: Penalty, window: float, strength: float | None, budget: float | None
) -> tuple[tuple[int, float, float], ...]:
    """Where c(w) for w on an axis, the other weight not pulled at all, comes to 0.86 of the window."""
    made = []
    for zero, other in ((2, (1.0, 0.0)), (1, (0.0, 1.0))):
        h1, h2 = bowl.solve(*other)
        if budget is not None:
            way = np.linspace(0.0, 40.0, 4001)
            x, y = budget * other[0] + way * h1, budget * other[1] + way * h2
        else:
            assert strength is not None
            way = np.linspace(1e-3, window, 601)
            pull = strength * penalty.slope(way)
            x, y = way * other[0] + pull * h1, way * other[1] + pull * h2
        inside = np.flatnonzero(np.maximum(np.abs(x), np.abs(y)) <= 0.86 * window)
        if len(inside):
            made += [(zero, s * float(x[inside[-1]]), s * float(y[inside[-1]])) for s in (1.0, -1.0)]
    return tuple(made)


# --- polygons -------------------------------------------------------------------------------------------


def _far(way: Array) -> Array:
    return FAR * way / math.hypot(*way)


def _wedge(
    bowl: Quadratic, apex: tuple[float, float], one: tuple[float, float], other: tuple[float, float]
) -> Array:
    """What lies between two rays from a point, cut far out."""
    at, a, b = np.array(apex), np.array(one, float), np.array(other, float)
    a, b = a / math.hypot(*a), b / math.hypot(*b)
    return np.stack([at, at + _far(a), at + _far(a + b), at + _far(b)])


def clip(polygon: Array, window: float) -> Array:
    """A polygon (n, 2) cut to [-window, window]^2 (Sutherland & Hodgman 1974); empty if it lies outside."""
    points = polygon.tolist()
    for axis in (0, 1):
        for side in (1.0, -1.0):
            kept = []
            for k, here in enumerate(points):
                before = points[k - 1]
                inside, was = side * here[axis] <= window, side * before[axis] <= window
                if inside != was:
                    share = (side * window - before[axis]) / (here[axis] - before[axis])
                    kept.append([b + share * (h - b) for b, h in zip(before, here, strict=True)])
                if inside:
                    kept.append(here)
            points = kept
    return np.array(points).reshape(-1, 2)


def _area(polygon: Array) -> float:
    """Signed, by the shoelace formula."""
    if len(polygon) < 3:
        return 0.0
    x, y = polygon[:, 0], polygon[:, 1]
    return 0.5 * float(x @ np.roll(y, -1) - y @ np.roll(x, -1))
