"""What an AUC measures: two classifiers on the same cases, their curves, and how sure their difference is.

A few cases are measured anew with every step of a drag; many are sorted and resampled once, in `prepare`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from core.config import Source
from core.evaluation.auc_intervals import (
    Comparison,
    Interval,
    Resampler,
    delong_of,
    delong_test,
    normal_interval,
    percentiles,
)
from core.evaluation.cases import Cases, Scored, normal_cases, scored, scores_of
from core.evaluation.confusion import Counts
from core.evaluation.order import Ranking
from core.evaluation.ranking import PairTally, area_twice, average_precision_of, pair_tally, rank_sum_twice
from core.evaluation.roc_config import FEW, RocConfig
from core.evaluation.roc_equations import equations
from core.evaluation.roc_geometry import (
    achievable_area,
    achievable_curve,
    cheapest,
    iso_cost_slope,
    precision_at,
)
from core.trace import Equation, Frame, freeze

__all__ = [
    "Classifier",
    "Point",
    "Reading",
    "RocConfig",
    "RocFrame",
    "RocInputs",
    "beside",
    "compare",
    "nearest",
    "prepare",
    "resampled",
]

Floats = NDArray[np.float64]

SHARE = 0.3
"""Of positives among made-up cases."""
WORK = 40_000_000
"""Resampled cases that a bootstrap may cost; with more cases fewer resamples are drawn."""
CORNERS = 6_000
"""Points of a drawn curve between thresholds at most."""


class Classifier(Struct, frozen=True, eq=False):
    """One classifier's cases, sorted and counted.

    Attributes:
        area_twice, ranks_twice: twice the area in cells of one pair, twice the positives' rank sum.
        tally: of pairs.
        variance: DeLong's of the AUC; NaN for fewer than two cases of a class.
    """

    name: str
    scored: Scored
    tally: PairTally
    area_twice: int
    ranks_twice: int
    variance: float

    @property
    def pairs(self) -> int:
        return self.scored.positives * self.scored.negatives

    @property
    def aucs(self) -> tuple[float, float, float]:
        """The AUC as area, by pairs, and from U; NaN without pairs."""
        p = self.scored.positives
        twice = (self.area_twice, 2 * self.tally.wins + self.tally.ties, self.ranks_twice - p * (p + 1))
        area, pairs, u = (each / (2 * self.pairs) if self.pairs else math.nan for each in twice)
        return area, pairs, u

    @property
    def rates(self) -> tuple[Floats, Floats]:
        """fpr and tpr of the drawn points, (m,); 0 where the class is missing."""
        return self.scored.fps / max(1, self.scored.negatives), self.scored.tps / max(
            1, self.scored.positives
        )


class RocInputs(Struct, frozen=True, eq=False):
    """Cases by one or two classifiers.

    Attributes:
        comparison: of the first with the second, paired; None for one, or too few cases.
        drawn: the AUCs of resamples, (b, k); b is 0 as long as there is none.
    """

    cases: Cases
    classifiers: tuple[Classifier, ...]
    comparison: Comparison | None
    drawn: Floats


class Reading(NamedTuple):
    """What one classifier scores at the prevalence in force; None where undefined.

    `average_precision` is the area under the steps, `achievable` that of what a coin between thresholds
    achieves, `straight` that under straight lines, which promise too much.
    """

    auc: float | None
    delong: Interval | None
    average_precision: float
    achievable: float | None
    straight: float


class Resampled(NamedTuple):
    """Bootstrap intervals of each AUC and of A's less B's, and from how many resamples; None without any."""

    aucs: tuple[Interval | None, ...]
    difference: Interval | None
    made: int


class Point(NamedTuple):
    """A threshold on both curves; precision at the prevalence in force."""

    fpr: float
    tpr: float
    precision: float


class Cheap(NamedTuple):
    """The cheapest point of the ROC plane, its threshold, its cost for a case, and the iso-cost slope."""

    fpr: float
    tpr: float
    threshold: float
    cost: float
    slope: float


class RocFrame(Frame, frozen=True, eq=False):
    """One look at the classifiers; `which` of them the threshold belongs to.

    `curves` are what is drawn between the points of the precision-recall curves: (m, 2) of recall and
    precision for each classifier.
    """

    inputs: RocInputs
    which: int
    threshold: float
    counts: Counts
    point: Point
    prevalence: float
    readings: tuple[Reading, ...]
    cheap: Cheap
    curves: tuple[Floats, ...]

    @property
    def classifier(self) -> Classifier:
        return self.inputs.classifiers[self.which]

    def explain(self, config: RocConfig | None = None) -> list[Equation]:
        return equations(self, config or RocConfig())


# --- inputs --------------------------------------------------------------------------------------


def prepare(config: RocConfig) -> Iterator[RocInputs | Source | None]:
    """Many cases: sorted first, then with ever more resamples. A few are measured with each frame."""
    if config.data == FEW:
        yield FEW
        return
    cases: Cases | None = None
    if config.data.path:
        for read in scores_of(config.data):
            yield None
            cases = read
    else:
        cases = normal_cases(config.cases, SHARE, config.separation, config.spread, config.seed, 2)
    assert cases is not None
    inputs = measured(cases)
    yield inputs
    if not inputs.classifiers[0].pairs:
        return
    batches = []
    replicates = max(1, min(config.replicates, WORK // len(cases.positive)))
    for aucs in Resampler(cases.positive, cases.scores, config.seed).draw(replicates):
        batches.append(aucs)
        yield None
    yield with_drawn(inputs, np.concatenate(batches))


prepare.fields = ("data", "cases", "separation", "spread", "seed", "replicates")  # type: ignore[attr-defined]


def measured(cases: Cases) -> RocInputs:
    """Sort and count for each classifier, and compare two."""
    made = tuple(_classifier(cases, k) for k in range(len(cases.scores)))
    first = made[0].scored
    enough = min(first.positives, first.negatives) >= 2
    comparison = delong_test(cases.positive, *cases.scores) if len(made) == 2 and enough else None
    return RocInputs(cases, made, comparison, freeze(np.empty((0, len(made)))))


def with_drawn(inputs: RocInputs, drawn: Floats) -> RocInputs:
    """The same with the AUCs of resamples, (b, k)."""
    return RocInputs(inputs.cases, inputs.classifiers, inputs.comparison, freeze(drawn))


def _classifier(cases: Cases, k: int) -> Classifier:
    made = scored(cases, k)
    ranking = made.ranking
    enough = min(ranking.positives, ranking.negatives) >= 2
    return Classifier(
        name="AB"[k],
        scored=made,
        tally=pair_tally(cases.positive, cases.scores[k]),
        area_twice=area_twice(ranking),
        ranks_twice=rank_sum_twice(ranking),
        variance=delong_of(ranking)[1] if enough else math.nan,
    )


@functools.lru_cache(maxsize=2)
def few(cases: tuple[tuple[float, float, int], ...], seed: int, replicates: int) -> RocInputs:
    """The cases on the plot, measured and resampled; kept while only a threshold is dragged."""
    points = np.array([case[:2] for case in cases], np.float64)
    positive = np.array([case[2] == 1 for case in cases], bool)
    inputs = measured(Cases(positive, np.ascontiguousarray(points.T), ("A", "B")))
    if not inputs.classifiers[0].pairs:
        return inputs
    batches = Resampler(positive, inputs.cases.scores, seed).draw(replicates)
    return with_drawn(inputs, np.concatenate(list(batches)))


# --- the frame -----------------------------------------------------------------------------------


def compare(
    config: RocConfig, inputs: RocInputs | Source | None = None, start: Frame | None = None
) -> Iterator[RocFrame]:
    """The one frame of a timeless scene."""
    if start is not None:
        return
    if config.data == FEW:
        inputs = few(config.points, config.seed, config.replicates)
    elif not isinstance(inputs, RocInputs):
        inputs = next(each for each in prepare(config) if isinstance(each, RocInputs))
    yield roc_frame(config, inputs)


def roc_frame(config: RocConfig, inputs: RocInputs) -> RocFrame:
    """What the classifiers score at the prevalence in force, and where one's threshold stands."""
    which = min("ab".index(config.classifier), len(inputs.classifiers) - 1)
    shown = inputs.classifiers[which].scored
    prevalence = config.prevalence if config.reweigh else shown.prevalence
    threshold = _default(shown) if config.threshold is None else config.threshold
    tp, fp = shown.ranking.called(threshold)
    p, n = shown.positives, shown.negatives
    fpr, tpr = fp / max(1, n), tp / max(1, p)
    return RocFrame(
        inputs=inputs,
        which=which,
        threshold=threshold,
        counts=Counts(tp=tp, fp=fp, fn=p - tp, tn=n - fp),
        point=Point(fpr, tpr, float(precision_at(fpr, tpr, prevalence))),
        prevalence=prevalence,
        readings=tuple(
            _reading(inputs, k, prevalence, config.confidence) for k in range(len(inputs.classifiers))
        ),
        cheap=_cheap(inputs.classifiers[which], prevalence, config.cost_fp, config.cost_fn),
        curves=tuple(freeze(_between(each, prevalence, config.between)) for each in inputs.classifiers),
    )


def _default(cases: Scored) -> float:
    low, high = cases.span
    return 0.5 if low >= 0.0 and high <= 1.0 else cases.middle


def _reading(inputs: RocInputs, k: int, prevalence: float, confidence: float) -> Reading:
    each = inputs.classifiers[k]
    auc = each.aucs[0]
    ranking = each.scored.ranking
    sure = not math.isnan(each.variance)
    areas = _areas(ranking, prevalence)
    return Reading(
        auc=None if math.isnan(auc) else auc,
        delong=normal_interval(auc, math.sqrt(each.variance), confidence) if sure else None,
        average_precision=areas[0],
        achievable=areas[1],
        straight=areas[2],
    )


@functools.lru_cache(maxsize=4)
def _areas(ranking: Ranking, prevalence: float) -> tuple[float, float | None, float]:
    """Under steps, by a coin, and under straight lines: kept while only a threshold is dragged."""
    p, n = ranking.positives, ranking.negatives
    fpr, tpr = (np.concatenate([[0], c]) / max(1, t) for c, t in ((ranking.fps, n), (ranking.tps, p)))
    precision = precision_at(fpr, tpr, prevalence)
    precision[0] = precision[1]
    return (
        average_precision_of(ranking, prevalence),
        achievable_area(fpr, tpr, prevalence) if p and n else None,
        float(np.trapezoid(precision, tpr)),
    )


def resampled(inputs: RocInputs, confidence: float) -> Resampled:
    """The bootstrap as far as it has come."""
    drawn = inputs.drawn
    if not len(drawn):
        return Resampled((None,) * len(inputs.classifiers), None, 0)
    difference = percentiles(drawn[:, 0] - drawn[:, 1], confidence) if drawn.shape[1] == 2 else None
    return Resampled(tuple(percentiles(each, confidence) for each in drawn.T), difference, len(drawn))


def _cheap(each: Classifier, prevalence: float, cost_fp: float, cost_fn: float) -> Cheap:
    """Of the hull's corners; a higher threshold of equals."""
    hull = each.scored.hull
    fpr, tpr = (axis[hull] for axis in each.rates)
    found = cheapest(fpr, tpr, prevalence, cost_fp, cost_fn)
    return Cheap(
        float(fpr[found.at]),
        float(tpr[found.at]),
        float(each.scored.thresholds[hull[found.at]]),
        found.cost,
        iso_cost_slope(prevalence, cost_fp, cost_fn),
    )


def _between(each: Classifier, prevalence: float, kind: str) -> Floats:
    """The precision-recall curve as it is drawn, (m, 2) of recall and precision."""
    fpr, tpr = each.rates
    if kind == "achievable":
        per = max(2, min(32, CORNERS // max(1, len(fpr))))
        return np.column_stack(achievable_curve(fpr, tpr, prevalence, per))
    recall, precision = tpr[1:], precision_at(fpr[1:], tpr[1:], prevalence)
    if kind == "straight":
        return np.column_stack([np.concatenate([[0.0], recall]), np.concatenate([precision[:1], precision])])
    before = np.concatenate([[0.0], recall[:-1]])
    corners = [np.column_stack([before, precision]), np.column_stack([recall, precision])]
    return np.stack(corners, 1).reshape(-1, 2)


def nearest(each: Classifier, fpr: float, tpr: float) -> float:
    """The threshold of the drawn point nearest to a place in the ROC plane; above all scores for (0, 0)."""
    x, y = each.rates
    return _threshold(each, int(np.argmin((x - fpr) ** 2 + (y - tpr) ** 2)))


def beside(each: Classifier, threshold: float, step: int) -> float:
    """The threshold of the drawn point so many points further along the curve, towards (1, 1) if above 0."""
    tp, fp = each.scored.ranking.called(threshold)
    called = each.scored.tps + each.scored.fps
    at = int(np.searchsorted(called, tp + fp, side="right")) - 1
    return _threshold(each, min(max(at + step, 0), len(called) - 1))


def _threshold(each: Classifier, at: int) -> float:
    low, high = each.scored.span
    return float(each.scored.thresholds[at]) if at else high + 0.02 * (high - low) + 1e-9
