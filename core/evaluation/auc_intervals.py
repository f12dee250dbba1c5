"""How sure is an AUC: DeLong's interval and test, and the bootstrap.

DeLong, DeLong & Clarke-Pearson 1988: the AUC is a mean of placements. A positive's placement V10 is the share
of negatives that it outscores (ties one half), a negative's V01 the share of positives that outscore it; the
AUC's variance is var(V10) / P + var(V01) / N, with the sample variances. Ranks give all placements in
O(n log n) (Sun & Xu 2014).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import NormalDist
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.order import Ranking, checked, rank

__all__ = [
    "Comparison",
    "Interval",
    "Resampler",
    "bootstrap_interval",
    "delong_interval",
    "delong_of",
    "delong_test",
    "delong_variance",
    "normal_interval",
    "percentiles",
    "placements",
]

Floats = NDArray[np.float64]
Statistic = Literal["auc", "average_precision"]

_CELLS = 1_000_000
"""Resampled cases held at a time."""


class Interval(NamedTuple):
    """The ends of a confidence interval."""

    low: float
    high: float


class Comparison(NamedTuple):
    """Two classifiers on the same cases: the difference of their AUCs, first less second.

    `z` and the two-sided `p_value` are NaN where the standard error is 0.
    """

    difference: float
    standard_error: float
    z: float
    p_value: float

    def interval(self, confidence: float = 0.95) -> Interval:
        """difference ± z · standard error."""
        spread = _quantile(confidence) * self.standard_error
        return Interval(self.difference - spread, self.difference + spread)


# --- DeLong --------------------------------------------------------------------------------------


def delong_interval(
    y_true: ArrayLike, scores: ArrayLike, confidence: float = 0.95, *, pos_label: Any = None
) -> Interval:
    """DeLong's normal interval of the AUC, cut to [0, 1].

    Raises:
        ValueError: as in `rank`; for fewer than two cases of a class; for a confidence outside (0, 1).
    """
    auc, variance = delong_variance(y_true, scores, pos_label=pos_label)
    return normal_interval(auc, math.sqrt(variance), confidence)


def delong_variance(y_true: ArrayLike, scores: ArrayLike, *, pos_label: Any = None) -> tuple[float, float]:
    """The AUC and the variance that DeLong estimates for it. ValueError as in `delong_interval`."""
    return delong_of(rank(y_true, scores, pos_label))


def delong_of(ranking: Ranking) -> tuple[float, float]:
    """The AUC and its estimated variance from a ranking; ValueError for fewer than two of a class."""
    p, n = ranking.positives, ranking.negatives
    _enough(p, n)
    positives, negatives = ranking.positives_at, ranking.negatives_at
    v10 = (n - ranking.fps + negatives / 2) / n  #: placements of positives
    v01 = (ranking.tps - positives / 2) / p  #: placements of negatives
    auc = float(np.dot(positives, v10)) / p
    s10 = float(np.dot(positives, (v10 - auc) ** 2)) / (p - 1)
    s01 = float(np.dot(negatives, (v01 - auc) ** 2)) / (n - 1)
    return auc, s10 / p + s01 / n  #: DeLong's variance


def placements(y_true: ArrayLike, scores: ArrayLike, *, pos_label: Any = None) -> tuple[Floats, Floats]:
    """V10 (P,) of each positive and V01 (N,) of each negative, in the order of the cases.

    ValueError as in `rank`, and for one class only.
    """
    positive, values = checked(y_true, scores, pos_label)
    ours, theirs = values[positive], values[~positive]
    if not len(ours) or not len(theirs):
        raise ValueError(f"expected cases of both classes, found {len(ours)} and {len(theirs)}.")
    return _share_below(np.sort(theirs), ours), 1 - _share_below(np.sort(ours), theirs)


def delong_test(
    y_true: ArrayLike, first: ArrayLike, second: ArrayLike, *, pos_label: Any = None
) -> Comparison:
    """Whether two classifiers' AUCs on the same cases differ; their covariance is taken into account.

    Raises:
        ValueError: as in `delong_interval`.
    """
    one, other = (placements(y_true, each, pos_label=pos_label) for each in (first, second))
    p, n = len(one[0]), len(one[1])
    _enough(p, n)
    gained = one[0] - other[0], one[1] - other[1]
    difference = float(gained[0].mean())
    variance = float(gained[0].var(ddof=1)) / p + float(gained[1].var(ddof=1)) / n  #: variance of difference
    error = math.sqrt(variance)
    z = difference / error if error else math.nan
    p_value = math.erfc(abs(z) / math.sqrt(2)) if error else math.nan
    return Comparison(difference, error, z, p_value)


def normal_interval(estimate: float, standard_error: float, confidence: float = 0.95) -> Interval:
    """estimate ± z · standard error, cut to [0, 1]."""
    spread = _quantile(confidence) * standard_error  #: half width
    return Interval(max(0.0, estimate - spread), min(1.0, estimate + spread))


def _quantile(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: expected a number between 0 and 1, found {confidence}.")
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _enough(p: int, n: int) -> None:
    if p < 2 or n < 2:
        raise ValueError(
            f"DeLong's variance needs two cases of each class, found {p} positive and {n} negative."
        )


def _share_below(ascending: Floats, values: Floats) -> Floats:
    """The share of `ascending` below each value, those equal counting one half."""
    left, right = (np.searchsorted(ascending, values, side) for side in ("left", "right"))
    return (left + right) / (2 * len(ascending))


# --- bootstrap -----------------------------------------------------------------------------------


class Resampler:
    """Statistics of resampled cases: each class is drawn from its own, with replacement, as many as it has.

    Args:
        positive: (n,) booleans, some of each.
        scores: (k, n) of k classifiers on the same cases, resampled together: differences are paired.
    """

    def __init__(self, positive: NDArray[np.bool_], scores: Floats, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self._size = len(positive)
        self._groups: list[tuple[NDArray[np.intp], NDArray[np.intp], int]] = []
        for each in scores:  # cases with one score share a group; 0 is the highest
            _, group = np.unique(-each, return_inverse=True)
            self._groups.append((group[positive], group[~positive], int(group.max()) + 1))

    def draw(self, replicates: int, statistic: Statistic = "auc") -> Iterator[Floats]:
        """The statistic of each classifier in each resample, (b, k), in batches until all are made."""
        left = replicates
        while left:
            batch = min(left, max(1, _CELLS // self._size))
            yield self._measure(statistic, *self._indices(batch))
            left -= batch

    def _indices(self, batch: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Which positives and which negatives are drawn, (batch, P) and (batch, N)."""
        positives, negatives, _ = self._groups[0]
        p, n = len(positives), len(negatives)
        return self._rng.integers(0, p, (batch, p)), self._rng.integers(0, n, (batch, n))

    def _measure(self, statistic: Statistic, ours: NDArray[np.intp], theirs: NDArray[np.intp]) -> Floats:
        batch, p, n = len(ours), ours.shape[1], theirs.shape[1]
        made = np.empty((batch, len(self._groups)))
        for k, (positives, negatives, count) in enumerate(self._groups):
            row = np.arange(batch)[:, None] * count
            at_p, at_n = (
                np.bincount((group[drawn] + row).ravel(), minlength=batch * count).reshape(batch, count)
                for group, drawn in ((positives, ours), (negatives, theirs))
            )
            tps = np.cumsum(at_p, 1)
            if statistic == "auc":
                made[:, k] = np.einsum("bg,bg->b", at_n, 2 * tps - at_p) / (2 * p * n)
            else:
                called = np.maximum(tps + np.cumsum(at_n, 1), 1)
                made[:, k] = np.einsum("bg,bg->b", at_p, tps / called) / p
        return made


def bootstrap_interval(
    y_true: ArrayLike, scores: ArrayLike, confidence: float = 0.95, *, statistic: Statistic = "auc",
    replicates: int = 2000, seed: int = 0, pos_label: Any = None,
) -> Interval:  # fmt: skip
    """The percentile interval of the stratified bootstrap (Efron 1979).

    Raises:
        ValueError: as in `rank`, for one class only, for a confidence outside (0, 1), for no replicate.
    """
    positive, values = checked(y_true, scores, pos_label)
    if positive.all() or not positive.any():
        raise ValueError("y_true: expected cases of both classes, found one class only.")
    if statistic not in ("auc", "average_precision"):
        raise ValueError(f"statistic: expected auc or average_precision, found {statistic!r}.")
    if replicates < 1:
        raise ValueError(f"replicates: expected at least 1, found {replicates}.")
    drawn = list(Resampler(positive, values[None], seed).draw(replicates, statistic))
    return percentiles(np.concatenate(drawn)[:, 0], confidence)


def percentiles(drawn: Floats, confidence: float) -> Interval:
    """The middle share of resampled values (b,)."""
    _quantile(confidence)  # refuses what is none
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high))
