"""Lines and hulls over ROC and precision-recall curves: costs, prevalence, and what lies between two points.

A point between two corners of a ROC curve can be had: flip a coin between the two thresholds. Rates mix
linearly, so the ROC curve's straight lines are real; precision is a quotient of them, so a straight line
between two points of a precision-recall curve is not (Davis & Goadrich 2006).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Cheapest",
    "achievable_area",
    "achievable_curve",
    "cheapest",
    "convex_hull",
    "expected_cost",
    "iso_cost_slope",
    "precision_at",
    "thinned",
]

Floats = NDArray[np.float64]

_FEW = 512
"""Corners that a plain loop may go through."""


def precision_at(fpr: ArrayLike, tpr: ArrayLike, prevalence: float) -> Any:
    """Precision of a point of the ROC curve where this share of all cases is positive (Bayes' rule).

    Shapes as `fpr` and `tpr`. 1 where nobody is called positive, the limit of no false alarm.
    """
    true = prevalence * np.asarray(tpr, float)  #: true alarms
    false = (1 - prevalence) * np.asarray(fpr, float)  #: false alarms
    called = true + false
    return np.divide(true, called, out=np.ones_like(called), where=called > 0)[()]  #: precision at prevalence


def achievable_curve(
    fpr: ArrayLike, tpr: ArrayLike, prevalence: float, per_segment: int = 24
) -> tuple[Floats, Floats]:
    """Recall and precision along the straight segments of a ROC curve, arrays ((m - 1) per_segment + 1,).

    Curves between the points of the precision-recall curve, which a coin between two thresholds achieves.
    """
    share = np.linspace(0, 1, per_segment, endpoint=False)
    x, y = (_along(np.asarray(each, float), share) for each in (fpr, tpr))
    precision = precision_at(x, y, prevalence)
    if len(precision) > 1 and x[0] == 0 and y[0] == 0:
        precision[0] = precision[1]  # where nobody is called: the limit along the first segment
    return y, precision


def achievable_area(fpr: ArrayLike, tpr: ArrayLike, prevalence: float) -> float:
    """The exact area under `achievable_curve`: on each segment false alarms are linear in recall.

    With false = m recall + c the precision is a r / ((a + m) r + c), a the prevalence, whose integral is
    elementary. NaN where an axis is.
    """
    x, y = np.asarray(fpr, float), np.asarray(tpr, float)
    if np.isnan(x).any() or np.isnan(y).any():
        return math.nan
    rise = np.diff(y)
    up = rise > 0
    rise, low, high = rise[up], y[:-1][up], y[1:][up]
    false = (1 - prevalence) * x[:-1][up]
    slope = (1 - prevalence) * np.diff(x)[up] / rise
    a = prevalence
    per = a + slope  # called per unit of recall
    rest = false - slope * low  # called = per * recall + rest
    start, end = a * low + false, a * high + false + slope * rise
    with np.errstate(divide="ignore", invalid="ignore"):
        bend = np.where(start > 0, rest / per * np.log1p(per * rise / start), 0.0)
        bend = np.where((start == 0) | (end == 0), 0.0, bend)
    return float(np.sum(a / per * (rise - bend)))


def iso_cost_slope(prevalence: float, cost_fp: float = 1.0, cost_fn: float = 1.0) -> float:
    """The slope of the lines of equal expected cost in the ROC plane; infinite where misses cost nothing."""
    misses = prevalence * cost_fn
    return (1 - prevalence) * cost_fp / misses if misses else math.inf  #: iso-cost slope


def expected_cost(
    fpr: ArrayLike, tpr: ArrayLike, prevalence: float, cost_fp: float = 1.0, cost_fn: float = 1.0
) -> Any:
    """Mean cost of a case at points of the ROC plane, shapes as `fpr`; correct calls cost nothing."""
    misses = prevalence * cost_fn * (1 - np.asarray(tpr, float))
    return misses + (1 - prevalence) * cost_fp * np.asarray(fpr, float)  #: expected cost


class Cheapest(NamedTuple):
    """Which point is the cheapest, and its cost for each case."""

    at: int
    cost: float


def cheapest(
    fpr: ArrayLike, tpr: ArrayLike, prevalence: float, cost_fp: float = 1.0, cost_fn: float = 1.0
) -> Cheapest:
    """The point with the least expected cost, the first of equals. It lies on the convex hull."""
    costs = np.asarray(expected_cost(fpr, tpr, prevalence, cost_fp, cost_fn))
    index = int(costs.argmin())
    return Cheapest(index, float(costs[index]))


def convex_hull(fps: ArrayLike, tps: ArrayLike) -> NDArray[np.intp]:
    """Indices of the corners of the upper hull of a curve, both ends included, in order.

    `fps` and `tps` (m,) do not descend. With counts (integers) the hull is exact. A corner that lies on the
    line between its neighbours is none.
    """
    x, y = np.asarray(fps), np.asarray(tps)
    kept = np.arange(len(x))
    while len(kept) > _FEW:  # a point under the line between its neighbours is on no hull: out, all at once
        a, b = x[kept], y[kept]
        turn = (a[1:-1] - a[:-2]) * (b[2:] - b[:-2]) - (b[1:-1] - b[:-2]) * (a[2:] - a[:-2])
        spare = turn > 0
        if spare.sum() < len(kept) // 16:
            break
        kept = kept[np.concatenate([[True], ~spare, [True]])]
    return kept[_chain(x[kept].tolist(), y[kept].tolist())]


def _chain(x: list[Any], y: list[Any]) -> list[int]:
    """Andrew's monotone chain, the upper half: left turns are taken back."""
    hull: list[int] = []
    for i in range(len(x)):
        while len(hull) > 1:
            a, b = hull[-2], hull[-1]
            if (x[b] - x[a]) * (y[i] - y[a]) - (y[b] - y[a]) * (x[i] - x[a]) < 0:
                break
            hull.pop()
        if hull and (x[i], y[i]) == (x[hull[-1]], y[hull[-1]]):
            continue
        hull.append(i)
    return hull


def thinned(fps: ArrayLike, tps: ArrayLike, cells: int = 2048) -> NDArray[np.intp]:
    """Indices of points of a curve that look like all of them: first and last of each cell that it enters.

    At most about 4 `cells` points, both ends included; what is left out lies within a cell, 1 / `cells` of
    either axis, of what stays.
    """
    x, y = np.asarray(fps), np.asarray(tps)
    if len(x) <= 4 * cells:
        return np.arange(len(x))
    cell = [np.floor(each * (cells / max(float(each[-1]), 1e-300))) for each in (x, y)]
    entered = (np.diff(cell[0]) != 0) | (np.diff(cell[1]) != 0)
    keep = np.concatenate([[True], entered]) | np.concatenate([entered, [True]])
    return np.flatnonzero(keep)


def _along(values: Floats, share: Floats) -> Floats:
    """Points along the segments between values, and the last value."""
    if len(values) < 2:
        return values.copy()
    inner = values[:-1, None] + share * np.diff(values)[:, None]
    return np.concatenate([inner.ravel(), values[-1:]])
