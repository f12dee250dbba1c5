"""Scored cases for the scenes: made up, or a reader's file, with what pictures of them need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from core.config import Source
from core.evaluation.order import Ranking, rank
from core.evaluation.roc_geometry import convex_hull, thinned
from core.evaluation.scores_file import reading
from core.trace import freeze

__all__ = ["Histogram", "Scored", "histogram", "normal_cases", "scored", "scores_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BINS = 60
"""Bars of a histogram at most."""


class Cases(NamedTuple):
    """`positive` (n,) booleans, `scores` (k, n) of k classifiers, and the words for both."""

    positive: NDArray[np.bool_]
    scores: Floats
    names: tuple[str, ...]
    positive_label: str = "positive"
    negative_label: str = "negative"


class Histogram(Struct, frozen=True, eq=False):
    """Cases by score: `edges` (b + 1,), and how many positives and negatives lie between them, (b,)."""

    edges: Floats
    positives: Ints
    negatives: Ints


class Scored(Struct, frozen=True, eq=False):
    """One classifier's cases, sorted once, so that a threshold costs a binary search.

    Attributes:
        ranking: every threshold.
        tps, fps, thresholds: the points of the ROC curve that are drawn, (0, 0) and an infinite threshold
            first; all of them, or as many as one can tell apart.
        hull: indices into these three of the corners of the convex hull.
        histogram: for a picture.
        span: the least and the greatest score.
        middle: midway between the mean scores of the classes; where there is one class, its mean.
        positive_label, negative_label: what the classes are called.
    """

    ranking: Ranking
    tps: Ints
    fps: Ints
    thresholds: Floats
    hull: NDArray[np.intp]
    histogram: Histogram
    span: tuple[float, float]
    middle: float
    positive_label: str
    negative_label: str

    def precision_recall(self) -> tuple[Floats, Floats]:
        """Precision and recall at each threshold of the drawn points but the infinite one, (m - 1,) each."""
        tps, fps = self.tps[1:], self.fps[1:]
        return tps / (tps + fps), tps / max(1, self.positives)

    @property
    def prevalence(self) -> float:
        """The share of positives."""
        return self.positives / (self.positives + self.negatives)

    @property
    def positives(self) -> int:
        return self.ranking.positives

    @property
    def negatives(self) -> int:
        return self.ranking.negatives


def normal_cases(
    cases: int, prevalence: float, separation: float, spread: float, seed: int, classifiers: int = 1
) -> Cases:
    """Scores of two classes: negatives N(0, 1), positives N(separation, spread²), at least one of each.

    A second classifier sees the same cases with noise of its own: its scores are 0.6 of the first's and 0.8
    of independent ones, so that it has the same spread and 0.6 of the separation.
    """
    positives = min(max(1, round(prevalence * cases)), cases - 1)
    rng = np.random.default_rng(seed)
    streams = [np.random.default_rng(rng.integers(2**63)) for _ in range(4)]  # a class keeps its cases
    made = []
    for k in range(classifiers):
        ours = streams[2 * k].standard_normal(positives) * spread
        theirs = streams[2 * k + 1].standard_normal(cases - positives)
        made.append(np.concatenate([ours, theirs]))
    positive = np.arange(cases) < positives
    scores = [made[0] + separation * positive]
    scores += [0.6 * scores[0] + 0.8 * other for other in made[1:]]
    return Cases(positive, np.stack(scores), ("A", "B")[:classifiers])


def scores_of(source: Source) -> Iterator[Cases | None]:
    """A reader's file: None while it is being read, the cases at the end. DataError if it is of no use."""
    for table in reading(source):
        if table is None:
            yield None
        else:
            yield Cases(table.positive, table.scores, table.names, table.positive_label, table.negative_label)


def scored(cases: Cases, which: int = 0) -> Scored:
    """Sort one classifier's cases, and find what its pictures need."""
    scores = cases.scores[which]
    ranking = rank(cases.positive, scores)
    tps, fps = (np.concatenate([[0], each]) for each in (ranking.tps, ranking.fps))
    thresholds = np.concatenate([[np.inf], ranking.thresholds])
    kept = np.union1d(thinned(fps, tps), convex_hull(fps, tps))
    tps, fps, thresholds = tps[kept], fps[kept], thresholds[kept]
    weights = [ranking.positives_at, ranking.negatives_at]
    means = [float(np.dot(ranking.thresholds, each) / each.sum()) for each in weights if each.sum()]
    return Scored(
        ranking=ranking,
        tps=freeze(tps),
        fps=freeze(fps),
        thresholds=freeze(thresholds),
        hull=freeze(convex_hull(fps, tps)),
        histogram=histogram(ranking),
        span=(float(ranking.thresholds[-1]), float(ranking.thresholds[0])),
        middle=sum(means) / len(means),
        positive_label=cases.positive_label,
        negative_label=cases.negative_label,
    )


def histogram(ranking: Ranking, bins: int = BINS) -> Histogram:
    """Counts of both classes in bins of one width, a round one; the edges are multiples of it."""
    low, high = float(ranking.thresholds[-1]), float(ranking.thresholds[0])
    cases = ranking.positives + ranking.negatives
    width = _round_up(max(high - low, 1e-12 * max(1.0, abs(low), abs(high))) / min(bins, 12 + cases // 12))
    first, last = np.floor(low / width), np.floor(high / width) + 1
    edges = np.arange(first, last + 1) * width
    at = np.searchsorted(edges, ranking.thresholds, side="right") - 1
    at = np.clip(at, 0, len(edges) - 2)
    counts = [
        np.bincount(at, weights=each, minlength=len(edges) - 1).astype(np.int64)
        for each in (ranking.positives_at, ranking.negatives_at)
    ]
    return Histogram(freeze(edges), freeze(counts[0]), freeze(counts[1]))


def _round_up(width: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(width))
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= width * (1 - 1e-9)))
