"""Who is called positive: one threshold over scored cases, and everything that follows from its four counts.

The cases are sorted once; a threshold is then a binary search, whatever their number. The thresholds that
maximise an F-measure, or have the least expected cost, are corners of the ROC curve's convex hull: cost is
linear in the counts, the F-measure a quotient of linear functions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from core.config import Config, Source, choice, number, setting
from core.evaluation.cases import Cases, Scored, normal_cases, scored, scores_of
from core.evaluation.confusion import Counts, Rate, rates
from core.evaluation.threshold_equations import equations
from core.trace import Equation, Frame, freeze

__all__ = ["Best", "Sweep", "ThresholdConfig", "ThresholdFrame", "call", "f_surface", "prepare", "sweep"]

Floats = NDArray[np.float64]

NORMAL = Source(name="normal")
_MADE = {"data": (NORMAL,)}
_MORE = {"more": (True,)}

SWEPT = 241
"""Thresholds in the charts, evenly over the scores."""


class ThresholdConfig(Config, frozen=True):
    """The cases, the threshold, and what errors cost."""

    data: Annotated[
        Source,
        setting("Scores", "Made up, or from a CSV file with a label and a score in each line.",
                bundled=("normal",), labels={"normal": "Two normal distributions"},
                files="Tables (*.csv *.tsv *.txt)"),
    ] = NORMAL  # fmt: skip
    threshold: Annotated[
        Annotated[float, Meta(ge=-1e300, le=1e300)] | None,
        setting("Threshold", "From which score on a case is called positive; drag the line. None: 0.5 for "
                "scores between 0 and 1, else midway between the classes’ means."),
    ] = None  # fmt: skip
    cases: Annotated[
        int, number(20, 1_000_000, "Cases", "How many are scored.", scale="log", shown_if=_MADE)
    ] = 1000
    prevalence: Annotated[
        float,
        number(0.001, 0.999, "Prevalence", "The share of cases that are positive.", shown_if=_MADE),
    ] = 0.3
    separation: Annotated[
        float,
        number(0.0, 6.0, "Separation", "Distance between the means, in standard deviations of the negatives.",
               shown_if=_MADE),
    ] = 1.5  # fmt: skip
    spread: Annotated[
        float,
        number(0.2, 5.0, "Spread of positives", "Their standard deviation; the negatives’ is 1.",
               scale="log", shown_if=_MADE),
    ] = 1.0  # fmt: skip
    seed: Annotated[int, number(0, 2**31 - 1, "Seed", "Of the cases.", shown_if=_MADE)] = 0
    cost_fp: Annotated[float, number(0.0, 100.0, "Cost of a false alarm")] = 1.0
    cost_fn: Annotated[float, number(0.0, 100.0, "Cost of a miss")] = 1.0
    chart: Annotated[
        Literal["surface", "rates", "cost"],
        choice("Chart", "What is drawn beside the rates.", role="view",
               labels={"surface": "F1 map", "rates": "Rates", "cost": "Cost"}),
    ] = "surface"  # fmt: skip
    heights: Annotated[
        Literal["share", "count"],
        choice("Bars", "Each class for itself, or both on one scale.", role="view",
               labels={"share": "Share of class", "count": "Cases"}),
    ] = "share"  # fmt: skip
    more: Annotated[
        bool, setting("More", "F-beta, Matthews’ coefficient and balanced accuracy as well.", role="view")
    ] = False
    beta: Annotated[
        float,
        number(0.1, 10.0, "Beta", "How many times as much recall counts as precision, in F-beta.",
               scale="log", shown_if=_MORE),
    ] = 2.0  # fmt: skip

    def frames(self) -> int:
        return 1


class Best(NamedTuple):
    """A threshold, and what it reaches."""

    threshold: float
    value: float


class Sweep(NamedTuple):
    """The charts' thresholds (m,), ascending, with the true and false positives of each, and P and N."""

    thresholds: Floats
    tps: NDArray[np.int64]
    fps: NDArray[np.int64]
    positives: int
    negatives: int

    def curve(self, name: str) -> Floats:
        """A rate at each threshold, (m,); NaN where it is 0/0."""
        called = self.tps + self.fps
        right = self.tps + self.negatives - self.fps
        top, bottom = {
            "accuracy": (right, np.full(len(called), self.positives + self.negatives)),
            "precision": (self.tps, called),
            "recall": (self.tps, np.full(len(called), self.positives)),
            "specificity": (self.negatives - self.fps, np.full(len(called), self.negatives)),
            "f1": (2 * self.tps, called + self.positives),
        }[name]
        return np.divide(top, bottom, out=np.full(len(called), math.nan), where=bottom > 0)

    def cost(self, cost_fp: float, cost_fn: float) -> Floats:
        """Expected cost of a case at each threshold, (m,)."""
        total = max(1, self.positives + self.negatives)
        return (cost_fp * self.fps + cost_fn * (self.positives - self.tps)) / total


class ThresholdInputs(NamedTuple):
    """What a threshold is laid over."""

    scored: Scored
    sweep: Sweep


class ThresholdFrame(Frame, frozen=True, eq=False):
    """One threshold.

    Attributes:
        threshold: in force, from the config or by default.
        counts: and all `rates` of them, F-beta with the config's beta.
        cost: of a case, on average, with the config's costs.
        cheapest, best_f1: the thresholds with the least cost and the largest F1; an infinite one calls nobody
            positive.
        nobody, everybody: cost of a case where nobody and where everybody is called positive.
    """

    threshold: float
    counts: Counts
    rates: dict[str, Rate]
    cost: float
    cheapest: Best
    best_f1: Best
    nobody: float
    everybody: float

    def explain(self, config: ThresholdConfig | None = None) -> list[Equation]:
        return equations(self, config or ThresholdConfig())


def prepare(config: ThresholdConfig) -> Iterator[ThresholdInputs | None]:
    """The cases, sorted. DataError for a file that cannot be used."""
    cases: Cases | None = None
    if config.data.path:
        for read in scores_of(config.data):
            yield None
            cases = read
    else:
        cases = normal_cases(config.cases, config.prevalence, config.separation, config.spread, config.seed)
    assert cases is not None
    sorted_ = scored(cases)
    yield ThresholdInputs(sorted_, sweep(sorted_))


prepare.fields = ("data", "cases", "prevalence", "separation", "spread", "seed")  # type: ignore[attr-defined]


def call(
    config: ThresholdConfig, inputs: ThresholdInputs | None = None, start: Frame | None = None
) -> Iterator[ThresholdFrame]:
    """The one frame of a timeless scene."""
    if start is not None:
        return
    if inputs is None:
        *_, inputs = prepare(config)
    assert inputs is not None
    yield threshold_frame(config, inputs.scored)


def threshold_frame(config: ThresholdConfig, cases: Scored) -> ThresholdFrame:
    """Call everybody positive who scores at least the threshold."""
    threshold = default_threshold(cases) if config.threshold is None else config.threshold
    p, n = cases.positives, cases.negatives
    tp, fp = cases.ranking.called(threshold)
    counts = Counts(tp=tp, fp=fp, fn=p - tp, tn=n - fp)
    costs = (config.cost_fp, config.cost_fn)
    return ThresholdFrame(
        threshold=threshold,
        counts=counts,
        rates=rates(counts, config.beta),
        cost=counts.expected_cost(*costs),
        cheapest=cheapest(cases, *costs),
        best_f1=best_f(cases),
        nobody=Counts(0, 0, p, n).expected_cost(*costs),
        everybody=Counts(p, n, 0, 0).expected_cost(*costs),
    )


def default_threshold(cases: Scored) -> float:
    """0.5 for scores that may be probabilities, else midway between the classes' means."""
    low, high = cases.span
    return 0.5 if low >= 0.0 and high <= 1.0 else cases.middle


def cheapest(cases: Scored, cost_fp: float, cost_fn: float) -> Best:
    """The corner of the hull with the least cost for each case, the highest threshold of equals."""
    tps, fps = cases.tps[cases.hull], cases.fps[cases.hull]
    costs = (cost_fp * fps + cost_fn * (cases.positives - tps)) / (cases.positives + cases.negatives)
    at = int(costs.argmin())
    return Best(float(cases.thresholds[cases.hull[at]]), float(costs[at]))


def best_f(cases: Scored, beta: float = 1.0) -> Best:
    """The corner of the hull with the largest F-measure, the highest threshold of equals."""
    tps, fps = cases.tps[cases.hull], cases.fps[cases.hull]
    squared = beta * beta
    bottom = squared * cases.positives + tps + fps
    values = np.divide((1 + squared) * tps, bottom, out=np.zeros(len(tps)), where=bottom > 0)
    at = int(values.argmax())
    return Best(float(cases.thresholds[cases.hull[at]]), float(values[at]))


def sweep(cases: Scored) -> Sweep:
    """Counts at evenly spaced thresholds over the histogram's range, both ends included."""
    edges = cases.histogram.edges
    at = np.linspace(edges[0], edges[-1], SWEPT)
    ranking = cases.ranking
    index = len(ranking.thresholds) - np.searchsorted(ranking.thresholds[::-1], at, side="left")
    tps, fps = (np.concatenate([[0], each])[index] for each in (ranking.tps, ranking.fps))
    return Sweep(freeze(at), freeze(tps), freeze(fps), cases.positives, cases.negatives)


def f_surface(beta: float = 1.0, nodes: int = 129) -> Floats:
    """F-beta over recall (columns) and precision (rows), both from 0 to 1, shape (nodes, nodes); 0 at 0/0."""
    axis = np.linspace(0.0, 1.0, nodes)
    recall, precision = np.meshgrid(axis, axis)
    squared = beta * beta
    bottom = squared * precision + recall
    return np.divide(
        (1 + squared) * precision * recall, bottom, out=np.zeros_like(bottom), where=bottom > 0
    )  # fmt: skip
