"""How well scores rank: ROC and precision-recall curves, and the AUC three ways.

The area under the ROC curve, the share of pairs that are ranked right (ties counting one half) and
Mann-Whitney's U over the number of pairs are one number (Hanley & McNeil 1982). Each way comes here to the
same integer by counting of its own, 2 wins + ties, and divides it by 2 P N once: so they agree to the last
bit, whatever the scores.

>>> y, scores = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]
>>> roc_auc(y, scores), auc_by_pairs(y, scores), mann_whitney_u(y, scores) / 4
(0.75, 0.75, 0.75)
>>> pair_tally(y, scores)
PairTally(wins=3, ties=0, losses=1)

With one class only there are no pairs: an AUC is then NaN, and so is the axis of a curve that counts the
other class. Scores that are not finite are refused. ROC analysis: Fawcett 2006.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.auc_intervals import (
    Comparison,
    Interval,
    bootstrap_interval,
    delong_interval,
    delong_test,
    delong_variance,
)
from core.evaluation.order import Ranking, checked, rank
from core.evaluation.roc_geometry import (
    achievable_area,
    achievable_curve,
    cheapest,
    convex_hull,
    expected_cost,
    iso_cost_slope,
    precision_at,
)

__all__ = [
    "Comparison",
    "Interval",
    "PairTally",
    "PrecisionRecallCurve",
    "Ranking",
    "RocCurve",
    "achievable_area",
    "achievable_curve",
    "area_twice",
    "auc_by_pairs",
    "average_precision",
    "average_precision_of",
    "bootstrap_interval",
    "cheapest",
    "convex_hull",
    "delong_interval",
    "delong_test",
    "delong_variance",
    "expected_cost",
    "iso_cost_slope",
    "mann_whitney_u",
    "pair_tally",
    "precision_at",
    "precision_recall_curve",
    "rank",
    "rank_sum_twice",
    "roc_auc",
    "roc_curve",
]

Floats = NDArray[np.float64]


class RocCurve(NamedTuple):
    """Corners of a ROC curve, from (0, 0) to (1, 1), and the threshold of each, descending from infinity."""

    fpr: Floats
    tpr: Floats
    thresholds: Floats


class PrecisionRecallCurve(NamedTuple):
    """Points of a precision-recall curve from the lowest threshold up, and (1, 0) behind them."""

    precision: Floats
    recall: Floats
    thresholds: Floats


class PairTally(NamedTuple):
    """Pairs of a positive and a negative in which the positive scores higher, the same, lower."""

    wins: int
    ties: int
    losses: int

    @property
    def auc(self) -> float:
        """(2 wins + ties) / 2 pairs; NaN without pairs."""
        return _quotient(2 * self.wins + self.ties, self.wins + self.ties + self.losses)


# --- curves --------------------------------------------------------------------------------------


def roc_curve(
    y_true: ArrayLike, scores: ArrayLike, *, pos_label: Any = None, drop_intermediate: bool = True
) -> RocCurve:
    """False and true positive rate at each threshold, arrays (m,), as scikit-learn gives them.

    `drop_intermediate` leaves out points in the middle of a straight line; the curve is the same. Arguments
    and errors as in `rank`.
    """
    ranking = rank(y_true, scores, pos_label)
    tps, fps, thresholds = ranking.tps, ranking.fps, ranking.thresholds
    if drop_intermediate and len(tps) > 2:
        bend = (np.diff(tps, 2) != 0) | (np.diff(fps, 2) != 0)
        keep = np.concatenate([[True], bend, [True]])
        tps, fps, thresholds = tps[keep], fps[keep], thresholds[keep]
    p, n = ranking.positives, ranking.negatives
    fpr, tpr = np.empty(len(tps) + 1), np.empty(len(tps) + 1)
    for axis, counts, total in ((fpr, fps, n), (tpr, tps, p)):
        axis[0] = 0.0 if total else math.nan
        np.divide(counts, total or math.nan, out=axis[1:])
    return RocCurve(fpr, tpr, np.concatenate([[math.inf], thresholds]))


def precision_recall_curve(
    y_true: ArrayLike, scores: ArrayLike, *, pos_label: Any = None
) -> PrecisionRecallCurve:
    """Precision and recall at each threshold, arrays (g + 1,), and thresholds (g,), as scikit-learn's.

    Between the points there is no straight line (Davis & Goadrich 2006): draw steps, or what
    `achievable_curve` gives. Without positives recall reads 1, scikit-learn's convention for 0/0.
    """
    ranking = rank(y_true, scores, pos_label)
    precision, recall = np.ones(len(ranking.tps) + 1), np.zeros(len(ranking.tps) + 1)
    np.divide(ranking.tps[::-1], (ranking.tps + ranking.fps)[::-1], out=precision[:-1])
    np.divide(ranking.tps[::-1], ranking.positives or math.nan, out=recall[:-1])
    if not ranking.positives:
        recall[:-1] = 1.0
    return PrecisionRecallCurve(precision, recall, ranking.thresholds[::-1].copy())


def average_precision(y_true: ArrayLike, scores: ArrayLike, *, pos_label: Any = None) -> float:
    """The sum over thresholds of precision times the recall gained there; 0.0 without positives.

    It is the area under the steps, and no trapezoid.
    """
    return average_precision_of(rank(y_true, scores, pos_label))


def average_precision_of(ranking: Ranking, prevalence: float | None = None) -> float:
    """The same of a ranking; at another `prevalence` if one is told, both classes' scores as they are."""
    p, n = ranking.positives, ranking.negatives
    if not p:
        return 0.0
    gained = np.flatnonzero(ranking.positives_at)
    tps, fps = ranking.tps[gained], ranking.fps[gained]
    if prevalence is None or not n:
        precision = tps / (tps + fps)
    else:
        precision = precision_at(fps / n, tps / p, prevalence)
    return float(np.dot(np.diff(tps, prepend=0) / p, precision))  #: average precision


# --- the AUC, three ways -------------------------------------------------------------------------


def roc_auc(y_true: ArrayLike, scores: ArrayLike, *, pos_label: Any = None) -> float:
    """The area under the ROC curve; NaN with one class only. Arguments and errors as in `rank`."""
    ranking = rank(y_true, scores, pos_label)
    return _quotient(area_twice(ranking), ranking.positives * ranking.negatives)


def area_twice(ranking: Ranking) -> int:
    """Twice the area under the ROC curve in cells of one positive by one negative: trapezoids."""
    before = ranking.tps - ranking.positives_at
    return int(np.dot(ranking.negatives_at, before + ranking.tps))  #: area


def auc_by_pairs(y_true: ArrayLike, scores: ArrayLike, *, pos_label: Any = None) -> float:
    """The share of pairs that are ranked right, ties counting one half; as `roc_auc`."""
    return pair_tally(y_true, scores, pos_label=pos_label).auc


def pair_tally(y_true: ArrayLike, scores: ArrayLike, *, pos_label: Any = None) -> PairTally:
    """Every positive against every negative, counted without the P N comparisons.

    For each positive, two binary searches say how many negatives score less, and how many not more.
    """
    positive, values = checked(y_true, scores, pos_label)
    negatives, positives = np.sort(values[~positive]), np.sort(values[positive])
    less = int(np.searchsorted(negatives, positives, "left").sum())  #: wins
    ties = int(np.searchsorted(negatives, positives, "right").sum()) - less  #: ties
    return PairTally(less, ties, len(positives) * len(negatives) - less - ties)


def mann_whitney_u(y_true: ArrayLike, scores: ArrayLike, *, pos_label: Any = None) -> float:
    """U of the positives: their ranks' sum less the least that it can be, P (P + 1) / 2.

    Equal scores share the mean of their ranks, so U is a whole number or a half. Arguments and errors as in
    `rank`.
    """
    ranking = rank(y_true, scores, pos_label)
    p = ranking.positives
    return (rank_sum_twice(ranking) - p * (p + 1)) / 2  #: U


def rank_sum_twice(ranking: Ranking) -> int:
    """Twice the sum of the positives' ranks, 1 the lowest, ties at the mean of theirs."""
    size = ranking.positives_at + ranking.negatives_at
    under = np.cumsum(size[::-1])[::-1] - size  # cases with a lower score
    return int(np.dot(ranking.positives_at, 2 * under + size + 1))  #: ranks


def _quotient(twice: int, pairs: int) -> float:
    """The one division, of whole numbers, rounded once."""
    return twice / (2 * pairs) if pairs else math.nan
