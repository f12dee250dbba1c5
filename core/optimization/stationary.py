"""Stationary points of a function of the plane, by Newton's method on its exact gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray
Field: TypeAlias = Callable[[Array, Array], Array]
Partials: TypeAlias = Callable[[Array, Array], tuple[Array, Array]]


def hessian(partials: Partials, points: Array, step: float = 1e-4) -> Array:
    """The Hessian at points (n, 2) by central differences of the exact gradient, shape (n, 2, 2)."""
    x, y = points[:, 0], points[:, 1]
    east, west = partials(x + step, y), partials(x - step, y)
    north, south = partials(x, y + step), partials(x, y - step)
    h = np.empty((len(points), 2, 2))
    h[:, 0, 0] = east[0] - west[0]
    h[:, 1, 1] = north[1] - south[1]
    h[:, 0, 1] = h[:, 1, 0] = (east[1] - west[1] + north[0] - south[0]) / 2
    return h / (2 * step)


def newton(partials: Partials, seeds: Array, iterations: int = 12) -> Array:
    """The stationary points that Newton's method reaches from seeds close to them, shape (n, 2)."""
    points = np.array(seeds, float).reshape(-1, 2)
    for _ in range(iterations):
        slopes = np.stack(np.broadcast_arrays(*partials(points[:, 0], points[:, 1])), axis=-1)
        points = points - np.linalg.solve(hessian(partials, points), slopes[..., None])[..., 0]
    return points


def find_minima(formula: Field, partials: Partials, domain: tuple, grid: int = 61) -> Array:
    """Local minima inside a domain, searched for: shape (n, 2), possibly empty, possibly not all.

    Every point of a grid that is no higher than its neighbours is let down by a damped Newton's method, and
    kept if it ends inside the domain, lower than rings of points around it. A minimum narrower than the grid
    can be missed; a valley whose floor is level has no isolated minimum, and none is reported.
    """
    (x0, x1), (y0, y1) = domain
    width = np.array([x1 - x0, y1 - y0], float)
    x, y = np.meshgrid(np.linspace(x0, x1, grid), np.linspace(y0, y1, grid), indexing="ij")
    with np.errstate(all="ignore"):
        heights = np.broadcast_to(formula(x, y), x.shape)
        low = _grid_minima(np.where(np.isfinite(heights), heights, np.inf))
        order = np.argsort(heights[low], kind="stable")[:400]
        points = _descend(formula, partials, np.stack([x[low], y[low]], axis=-1)[order], width)
        inside = ((points >= [x0, y0]) & (points <= [x1, y1])).all(axis=-1)
        points = _compass(formula, partials, points[inside], width)
        points = points[_lower_than_rings(formula, partials, points, width)]
    return _distinct(points, 1e-4 * width)


def _grid_minima(heights: Array) -> Array:
    """Where a grid is finite and no higher than its up to eight neighbours."""
    padded = np.pad(heights, 1, constant_values=np.inf)
    n, m = heights.shape
    around = [padded[i : i + n, j : j + m] for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    return np.isfinite(heights) & (heights <= np.minimum.reduce(around))


def _descend(formula: Field, partials: Partials, points: Array, width: Array, iterations: int = 60) -> Array:
    """Levenberg's damped Newton steps, on the Hessian with its eigenvalues made positive.

    A step is taken only if it leads down; then the damping is eased, else it grows.
    """
    points = points.copy()
    heights = formula(points[:, 0], points[:, 1])
    damping = np.full(len(points), 1e-3)
    active = np.arange(len(points))
    for _ in range(iterations):
        at = points[active]
        slopes = np.stack(np.broadcast_arrays(*partials(at[:, 0], at[:, 1])), axis=-1)
        h = hessian(partials, at, 1e-5 * float(width.min()))
        good = np.isfinite(slopes).all(axis=-1) & np.isfinite(h).all(axis=(1, 2))
        active, at, slopes, h = active[good], at[good], slopes[good], h[good]
        curvature, axes = np.linalg.eigh(h)
        curvature = np.abs(curvature)
        floor = damping[active, None] * (curvature.max(axis=-1, keepdims=True) + 1e-12)
        along = (axes * slopes[..., None]).sum(axis=1) / (curvature + floor)
        move = -(axes * along[:, None, :]).sum(axis=-1)
        move *= np.minimum(1, 0.1 * width.min() / (np.linalg.norm(move, axis=-1, keepdims=True) + 1e-300))
        there = at + move
        height = np.broadcast_to(formula(there[:, 0], there[:, 1]), len(there))
        down = height < heights[active]
        points[active[down]] = there[down]
        heights = np.array(np.broadcast_to(heights, len(points)))
        heights[active[down]] = height[down]
        damping[active] = np.where(down, damping[active] / 10, damping[active] * 10)
        small = np.linalg.norm(move, axis=-1) < 1e-14 * width.min()
        active = active[~small & (damping[active] < 1e16)]
        if not active.size:
            break
    return points


def _compass(formula: Field, partials: Partials, points: Array, width: Array) -> Array:
    """Let points that hang on a kink, where no slope vanishes, down to its bottom by pattern search."""
    slopes = np.stack(np.broadcast_arrays(*partials(points[:, 0], points[:, 1])), axis=-1)
    kinks = np.flatnonzero(~(np.abs(slopes * width).max(axis=-1, initial=0) < 1e-5))
    if not kinks.size:
        return points
    points = points.copy()
    at, reach = points[kinks], np.full(len(kinks), 1e-3)
    star = np.array([[i, j] for i in (0, -1, 1) for j in (0, -1, 1)], float)  # itself first: it wins ties
    for _ in range(60):
        there = at[:, None, :] + reach[:, None, None] * width * star
        best = np.broadcast_to(formula(there[..., 0], there[..., 1]), there.shape[:2]).argmin(axis=1)
        at = there[np.arange(len(at)), best]
        reach = np.where(best == 0, reach / 2, reach)
    points[kinks] = at
    return points


def _lower_than_rings(formula: Field, partials: Partials, points: Array, width: Array) -> Array:
    """Whether each point is clearly lower than 32 directions around it, at two small distances.

    The directions start from an axis of the Hessian, so that a valley with a level floor is found out.
    """
    h = np.nan_to_num(hessian(partials, points, 1e-5 * float(width.min())))
    axis = np.linalg.eigh(h)[1][..., 0]
    angles = np.arctan2(axis[:, 1], axis[:, 0])[:, None] + np.arange(32) * (2 * np.pi / 32)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * width.min()
    heights = np.broadcast_to(formula(points[:, 0], points[:, 1]), len(points))
    lower = np.isfinite(heights)
    for radius in (1e-3, 3e-4):
        there = points[:, None, :] + radius * ring
        rise = formula(there[..., 0], there[..., 1]) - heights[:, None]
        lower &= rise.min(axis=1) > 1e-10 * rise.max(axis=1, initial=0)
    return lower


def _distinct(points: Array, tolerance: Array) -> Array:
    """The points with repetitions closer than the tolerance left out, the first of each kept."""
    kept: list[Array] = []
    for point in points:
        if not any((np.abs(point - other) < tolerance).all() for other in kept):
            kept.append(point)
    return np.array(kept).reshape(-1, 2)


def saddle_near(partials: Partials, position: Array) -> Array:
    """The saddle that Newton's method reaches from a position (2,): shape (1, 2), or (0, 2) if none."""
    try:
        point = newton(partials, position[None])
        slopes = np.stack(np.broadcast_arrays(*partials(point[:, 0], point[:, 1])), axis=-1)
        bends = np.linalg.eigvalsh(hessian(partials, point))[0]
    except np.linalg.LinAlgError:  # a singular Hessian, or one that is not finite
        return np.empty((0, 2))
    still = np.abs(slopes).max() <= 1e-8 * np.abs(bends).max()
    return point if still and bends[0] < 0 < bends[1] else np.empty((0, 2))
