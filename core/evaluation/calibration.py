"""Calibration: whether somebody who says "80% sure" is right 80% of the time, and how far luck goes.

Answers are put into bins by the confidence that was stated. In a calibrated person's bin the share of right
answers is the mean confidence, up to luck; the two errors sum up by how much they differ:

    expected   sum_b n_b/n * |confidence_b - accuracy_b|
    RMS        sqrt(sum_b n_b/n * (confidence_b - accuracy_b)^2)        n_b of the n answers are in bin b

Every bin counts, the last one too, and empty bins weigh nothing. Both errors are positive for a perfectly
calibrated person, more so the fewer the answers, so that neither can be read without `luck`.

Four answers in two bins: at 20% and 40% one of two is right, at 90% and 100% one of two.

>>> confidence, correct = [0.2, 0.4, 0.9, 1.0], [True, False, True, False]
>>> round(expected_calibration_error(confidence, correct, bins=2), 12)  # (|0.3 - 0.5| + |0.95 - 0.5|) / 2
0.325
>>> round(rms_calibration_error(confidence, correct, bins=2), 12)  # sqrt((0.2^2 + 0.45^2) / 2)
0.34820970693
>>> tuple(round(end, 4) for end in wilson_interval(2, 4))
(0.15, 0.85)

RMS error as reported for Humanity's Last Exam: Phan et al. 2025.
"""

from __future__ import annotations

import math
import operator
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Binning",
    "Interval",
    "Luck",
    "Reliability",
    "expected_calibration_error",
    "luck",
    "poisson_binomial",
    "reliability",
    "rms_calibration_error",
    "wald_interval",
    "wilson_interval",
]

Binning = Literal["equal_width", "equal_count"]
"""`equal_width`: bin k of B holds confidences from k/B up to and without (k+1)/B, the last one with 1.

`equal_count`: ranks are cut into B runs whose lengths differ by at most one; answers of the same confidence
share the bin of the first of them, so that no error depends on the order of the answers.
"""

MOST_BINS = 1000
DRAWS = 4000
"""Simulated people from whom the band of luck is read: its ends are good to about 2% of themselves."""


class Interval(NamedTuple):
    """From `low` to `high`."""

    low: float
    high: float


class Reliability(Struct, frozen=True, eq=False):
    """The bins that hold answers, from the least confident; arrays (filled bins,)."""

    bin: NDArray[np.intp]
    """Each one's number among all bins, from 0."""
    count: NDArray[np.intp]
    right: NDArray[np.intp]
    confidence: NDArray[np.float64]
    """Mean stated confidence, 0 to 1."""
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    """The bin's range: its edges under equal width, its least and greatest confidence under equal count."""

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Share of right answers, 0 to 1."""
        return self.right / self.count

    @property
    def expected_error(self) -> float:
        """Mean distance of accuracy from confidence, 0 to 1."""
        gap = np.abs(self.confidence - self.accuracy)  #: gap
        return float(np.sum(self.count * gap) / self.count.sum())  #: expected error

    @property
    def rms_error(self) -> float:
        """Root of the mean squared distance, 0 to 1; at least `expected_error`."""
        gap = self.confidence - self.accuracy
        return math.sqrt(float(np.sum(self.count * gap**2) / self.count.sum()))  #: rms error


class Luck(Struct, frozen=True, eq=False):
    """What a perfectly calibrated person would show who stated these confidences: `level` of all outcomes.

    Bands run between the (1 - level)/2 and (1 + level)/2 quantiles.
    """

    level: float
    expected_error: Interval
    rms_error: Interval
    mean_expected_error: float
    """Exact."""
    root_mean_square_error: float
    """Root of the mean of the squared RMS error, exact; a little above the mean RMS error."""
    accuracy: Interval
    """Of all answers together, exact: below it is over-confident, above it under-confident."""
    bins: tuple[Interval, ...]
    """Accuracy within each filled bin, exact."""


def reliability(
    confidence: ArrayLike, correct: ArrayLike, bins: int = 10, binning: Binning = "equal_width"
) -> Reliability:
    """The answers in `bins` bins.

    Args:
        confidence: (answers,) stated probabilities of being right, 0 to 1.
        correct: (answers,) whether each was; booleans, or 0 and 1.
        bins: how many, 1 to 1000.
        binning: see `Binning`.

    Raises:
        ValueError: in one sentence, for no answers, unequal lengths, or a value out of range.
    """
    said, right = _checked(confidence, correct)
    labels = _labels(said, bins, binning)
    count = np.bincount(labels, minlength=bins)  #: count
    filled = np.flatnonzero(count)
    edges = np.arange(bins + 1) / bins
    if binning == "equal_width":
        low, high = edges[filled], edges[filled + 1]
    else:
        least, greatest = np.full(bins, np.inf), np.full(bins, -np.inf)
        np.minimum.at(least, labels, said)
        np.maximum.at(greatest, labels, said)
        low, high = least[filled], greatest[filled]
    return Reliability(
        bin=filled,
        count=count[filled],
        right=np.bincount(labels, right, minlength=bins)[filled].astype(np.intp),
        confidence=np.bincount(labels, said, minlength=bins)[filled] / count[filled],
        low=low,
        high=high,
    )


def expected_calibration_error(
    confidence: ArrayLike, correct: ArrayLike, bins: int = 10, binning: Binning = "equal_width"
) -> float:
    """Mean over the answers of their bin's |confidence - accuracy|, 0 to 1; see `reliability`."""
    return reliability(confidence, correct, bins, binning).expected_error


def rms_calibration_error(
    confidence: ArrayLike, correct: ArrayLike, bins: int = 10, binning: Binning = "equal_width"
) -> float:
    """Root mean square over the answers of their bin's gap, 0 to 1; see `reliability`."""
    return reliability(confidence, correct, bins, binning).rms_error


# --- intervals of a share -------------------------------------------------------------------------------


def wilson_interval(successes: int, n: int, level: float = 0.95) -> Interval:
    """The shares p that `successes` of `n` do not refute: |successes/n - p| <= z * sqrt(p (1-p) / n).

    Always within 0 and 1, and never a point for n >= 1. ValueError unless 0 <= successes <= n, n >= 1,
    0 < level < 1.

    >>> tuple(round(end, 4) for end in wilson_interval(0, 10))
    (0.0, 0.2775)
    """
    successes, n, z = _counts(successes, n, level)
    share = successes / n  #: share
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)  #: wilson centre
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)  #: wilson half
    # at the ends the root is exact in real arithmetic, and rounding must not move them off 0 and 1
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    return Interval(low, 1.0 if successes == n else min(1.0, centre + half))


def wald_interval(successes: int, n: int, level: float = 0.95) -> Interval:
    """share ± z * sqrt(share (1-share) / n): the normal approximation about the measured share.

    Not clipped: with few or one-sided answers it leaves 0 to 1, and shrinks to a point at 0 and n, where
    it claims a certainty that nobody has. ValueError as for `wilson_interval`.

    >>> wald_interval(0, 10)
    Interval(low=0.0, high=0.0)
    """
    successes, n, z = _counts(successes, n, level)
    share = successes / n  #: share
    half = z * math.sqrt(share * (1 - share) / n)  #: wald half
    return Interval(share - half, share + half)


# --- luck -----------------------------------------------------------------------------------------------


def luck(
    confidence: ArrayLike,
    bins: int = 10,
    binning: Binning = "equal_width",
    level: float = 0.95,
    seed: int = 0,
    draws: int = DRAWS,
) -> Luck:
    """What chance alone gives somebody who is right exactly as often as stated, answers independent.

    Right answers in a bin follow the Poisson binomial law of the confidences in it, which is computed
    exactly; the bands of the two errors are quantiles over `draws` simulated people drawn from these laws
    with `seed`. ValueError as for `reliability`, and unless 0 < level < 1.
    """
    said, _ = _checked(confidence, np.zeros(np.shape(confidence), bool))
    _z(level)
    labels = _labels(said, bins, binning)
    rng = np.random.default_rng(seed)
    expected, squared = np.zeros(draws), np.zeros(draws)
    mean_expected = mean_squared = 0.0
    together = np.ones(1)
    bands = []
    for label in np.unique(labels):
        inside = said[labels == label]
        law = poisson_binomial(inside)
        gap = np.abs(np.arange(len(inside) + 1) / len(inside) - inside.mean())
        weight = len(inside) / len(said)
        mean_expected += weight * float(law @ gap)
        mean_squared += weight * float(law @ gap**2)
        drawn = gap[_inverse(law, rng.random(draws))]  # luck: one bin of every simulated person
        expected += weight * drawn
        squared += weight * drawn**2
        together = _product(together, law)
        bands.append(_band(law, level))
    ends = ((1 - level) / 2, (1 + level) / 2)
    return Luck(
        level=level,
        expected_error=Interval(*map(float, np.quantile(expected, ends))),
        rms_error=Interval(*map(float, np.quantile(np.sqrt(squared), ends))),
        mean_expected_error=mean_expected,
        root_mean_square_error=math.sqrt(mean_squared),
        accuracy=_band(together, level),
        bins=tuple(bands),
    )


def poisson_binomial(probabilities: ArrayLike) -> NDArray[np.float64]:
    """Law of the number of successes in independent trials of unequal `probabilities` (n,): (n + 1,).

    The product of the polynomials (1-p) + p x, multiplied in pairs: O(n log^2 n), good to about 1e-14.

    >>> poisson_binomial([0.5, 0.5]).tolist()
    [0.25, 0.5, 0.25]
    """
    p = np.asarray(probabilities, np.float64)
    rows = np.stack([1 - p, p], axis=1)
    while len(rows) > 1:
        if len(rows) % 2:
            rows = np.concatenate([rows, np.eye(1, rows.shape[1])])  # times 1
        rows = _products(rows[::2], rows[1::2])
    return rows[0, : len(p) + 1] if len(p) else np.ones(1)


def _products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Row-wise products of polynomials: (m, k), (m, k) -> (m, 2k - 1)."""
    size = a.shape[1]
    if size <= 32:  # directly: short rows gain nothing from the transform, and lose no digit
        product = np.zeros((len(a), 2 * size - 1))
        for i in range(size):
            product[:, i : i + size] += a[:, i : i + 1] * b
        return product
    length = 2 * size - 1
    product = np.fft.irfft(np.fft.rfft(a, length) * np.fft.rfft(b, length), length)
    return np.maximum(product, 0.0)


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The law of the sum of two independent counts."""
    if min(len(a), len(b)) <= 256:
        return np.convolve(a, b)
    length = len(a) + len(b) - 1
    return np.maximum(np.fft.irfft(np.fft.rfft(a, length) * np.fft.rfft(b, length), length), 0.0)


def _inverse(law: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Draws from a law on 0, 1, ...: (draws,)."""
    return np.searchsorted(np.cumsum(law[:-1]), uniform, side="right")


def _band(law: np.ndarray, level: float) -> Interval:
    """The law's central range as shares of its trials."""
    low, high = _inverse(law, np.array([(1 - level) / 2, (1 + level) / 2])) / (len(law) - 1)
    return Interval(float(low), float(high))


# --- checks ---------------------------------------------------------------------------------------------


def _labels(said: np.ndarray, bins: int, binning: Binning) -> NDArray[np.intp]:
    """Each answer's bin, 0 to bins - 1."""
    if not 1 <= operator.index(bins) <= MOST_BINS:
        raise ValueError(f"bins: expected 1 to {MOST_BINS}, found {bins}.")
    if binning == "equal_width":
        # searched for among the edges, not multiplied: 0.29 * 100 is below 29
        return np.searchsorted(np.arange(1, bins) / bins, said, side="right")
    if binning == "equal_count":
        return np.searchsorted(np.sort(said), said, side="left") * bins // len(said)
    raise ValueError(f'binning: expected "equal_width" or "equal_count", found {binning!r}.')


def _checked(confidence: ArrayLike, correct: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    said, right = np.asarray(confidence, np.float64), np.asarray(correct)
    if said.ndim != 1 or not len(said):
        raise ValueError(f"confidence: expected one number for each answer, found shape {said.shape}.")
    if right.shape != said.shape:
        raise ValueError(f"correct: expected as many as the {len(said)} confidences, found {right.shape}.")
    wrong = np.flatnonzero(~((said >= 0) & (said <= 1)))  # catches NaN too
    if len(wrong):
        raise ValueError(f"confidence[{wrong[0]}]: expected 0 to 1, found {said[wrong[0]]}.")
    wrong = np.flatnonzero(~((right == 0) | (right == 1)))
    if len(wrong):
        raise ValueError(f"correct[{wrong[0]}]: expected 0 or 1, found {right[wrong[0]]}.")
    return said, right.astype(bool)


def _counts(successes: int, n: int, level: float) -> tuple[int, int, float]:
    successes, n = operator.index(successes), operator.index(n)
    if n < 1:
        raise ValueError(f"n: expected at least 1, found {n}.")
    if not 0 <= successes <= n:
        raise ValueError(f"successes: expected 0 to {n}, found {successes}.")
    return successes, n, _z(level)


def _z(level: float) -> float:
    """How many standard deviations to either side hold `level` of a normal law."""
    if not 0 < level < 1:
        raise ValueError(f"level: expected above 0 and below 1, found {level}.")
    return NormalDist().inv_cdf((1 + level) / 2)
