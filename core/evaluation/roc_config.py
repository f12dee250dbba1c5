"""What a person may set where two classifiers are ranked by their AUC."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from core.config import Config, Source, choice, number, setting

__all__ = ["FEW", "NORMAL", "RocConfig"]

FEW = Source(name="few")
NORMAL = Source(name="normal")
_MADE = {"data": (NORMAL,)}
_SET = {"reweigh": (True,)}

_SCORE = Annotated[float, Meta(ge=0.0, le=1.0)]
_CASE = tuple[_SCORE, _SCORE, Literal[0, 1]]

_FIRST: tuple[tuple[float, float, Literal[0, 1]], ...] = (
    (0.92, 0.70, 1), (0.88, 0.95, 1), (0.83, 0.52, 1), (0.79, 0.81, 1), (0.74, 0.35, 1), (0.71, 0.62, 1),
    (0.62, 0.77, 1), (0.58, 0.44, 1), (0.50, 0.88, 1), (0.41, 0.57, 1), (0.33, 0.40, 1), (0.24, 0.66, 1),
    (0.77, 0.60, 0), (0.62, 0.30, 0), (0.55, 0.73, 0), (0.50, 0.48, 0), (0.45, 0.20, 0), (0.39, 0.55, 0),
    (0.33, 0.33, 0), (0.29, 0.64, 0), (0.22, 0.12, 0), (0.18, 0.42, 0), (0.13, 0.26, 0), (0.07, 0.50, 0),
)  # fmt: skip
"""Twelve positives and twelve negatives; some score the same with A."""


class RocConfig(Config, frozen=True):
    """The cases, the classifier and threshold looked at, and under which prevalence and costs."""

    data: Annotated[
        Source,
        setting("Cases", "A few to drag, many made up, or from a CSV file with a label and one or two scores "
                "in each line.", bundled=("few", "normal"),
                labels={"few": "A few, to drag", "normal": "Two normal distributions"},
                files="Tables (*.csv *.tsv *.txt)"),
    ] = FEW  # fmt: skip
    points: Annotated[
        tuple[_CASE, ...],
        Meta(min_length=2, max_length=300),
        setting("Cases on the plot", "Score by A, score by B, and class of each; drag them.",
                shown_if={"data": (FEW,)}),
    ] = _FIRST  # fmt: skip
    threshold: Annotated[
        Annotated[float, Meta(ge=-1e300, le=1e300)] | None,
        setting("Threshold", "From which score on a case is called positive; drag it on any of the plots."),
    ] = None
    classifier: Annotated[
        Literal["a", "b"],
        choice("Classifier", "Whose threshold and numbers are shown.", labels={"a": "A", "b": "B"}),
    ] = "a"
    cases: Annotated[
        int,
        number(20, 200_000, "Cases", "How many are scored; 30% are positive.", scale="log", shown_if=_MADE),
    ] = 400
    separation: Annotated[
        float,
        number(0.0, 6.0, "Separation", "Distance of A’s means, in standard deviations; B’s is 0.6 of it.",
               shown_if=_MADE),
    ] = 1.5  # fmt: skip
    spread: Annotated[
        float,
        number(0.2, 5.0, "Spread of positives", "Their standard deviation; the negatives’ is 1.",
               scale="log", shown_if=_MADE),
    ] = 1.0  # fmt: skip
    seed: Annotated[int, number(0, 2**31 - 1, "Seed", "Of the cases and of the bootstrap.")] = 0
    reweigh: Annotated[
        bool,
        setting("Another prevalence", "Precision where another share of the population is positive than of "
                "these cases. Or drag the dashed line."),
    ] = False  # fmt: skip
    prevalence: Annotated[
        float,
        number(0.001, 0.999, "Prevalence", "The share of positives in the population.", shown_if=_SET),
    ] = 0.1
    between: Annotated[
        Literal["steps", "achievable", "straight"],
        choice("Between points", "What lies between two points of the precision-recall curve.",
               labels={"steps": "Steps", "achievable": "By a coin", "straight": "Lines"}),
    ] = "steps"  # fmt: skip
    hull: Annotated[bool, setting("Convex hull", "What coins between thresholds achieve.", role="view")] = (
        False
    )
    iso_cost: Annotated[
        bool, setting("Iso-cost line", "Through the cheapest point; costs and prevalence give its slope.",
                      role="view")
    ] = False  # fmt: skip
    cost_fp: Annotated[float, number(0.0, 100.0, "Cost of a false alarm")] = 1.0
    cost_fn: Annotated[float, number(0.0, 100.0, "Cost of a miss")] = 1.0
    confidence: Annotated[
        float, number(0.5, 0.999, "Confidence", "How often such an interval should hold the true value.")
    ] = 0.95
    replicates: Annotated[
        int, number(100, 2000, "Resamples", "How often the bootstrap draws the cases anew.", scale="log")
    ] = 500

    def frames(self) -> int:
        return 1
