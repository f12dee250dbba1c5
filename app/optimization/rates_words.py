"""The learning-rate map in words."""

from __future__ import annotations

import math

from app.optimization.words import NAMES
from app.stage.numbers import number
from core.optimization.path import PathFrame
from core.optimization.rates import RateMap, RatesConfig
from core.trace import Trace

SYMBOLS = {"beta": "β", "beta1": "β₁", "beta2": "β₂", "alpha": "α"}


def setting(found: RateMap, i: int, j: int) -> str:
    """ "η = 0.134, β = 0.403"."""
    rate, second = float(found.learning_rates[j]), float(found.seconds[i])
    digits = 3 if second < 0.99 else 6
    return f"η = {number(rate, 3)}, {SYMBOLS[found.second_name]} = {number(round(second, digits), digits)}"


def speed(rate: float) -> str:
    """What a factor per step means."""
    if math.isnan(rate):
        return "diverges"
    if rate >= 0.9999:
        return "gains nothing in the later half of its steps"
    if rate < 1e-4:
        return "arrives at once"
    steps = number(-1 / math.log10(rate), 3)
    return f"the distance shrinks × {number(rate, 4)} a step: {steps} steps for each decimal digit"


def reading(found: RateMap, i: int, j: int) -> str:
    """What a pixel holds."""
    said = f"{setting(found, i, j)}: {speed(float(found.rate[i, j]))}"
    if found.theory is not None:
        exact = float(found.theory.predicted[i, j])
        said += f" (theory × {number(exact, 4)})"
    return said + "."


def describe(trace: Trace, index: int, config: RatesConfig, found: RateMap | None) -> str:
    frame = trace.frame(index)
    if found is None or not isinstance(frame, PathFrame):
        return "The map is being computed."
    i, j = found.nearest(config.selected)
    best = setting(found, *found.best())
    gone = float(found.diverged.mean())
    return (
        f"Learning-rate map of {NAMES[config.optimizer]} on {found.surface.title}: {found.rate.size} runs of "
        f"{config.steps} steps, {number(100 * gone, 2)} % of them diverge; the fastest has {best}. "
        f"The selected run has {reading(found, i, j)} At step {index} it is "
        f"{number(frame.distance, 3)} from the minimum."
    )


def notes(trace: Trace, index: int, config: RatesConfig, found: RateMap | None) -> list[str]:
    frame = trace.frame(index)
    if found is None or not isinstance(frame, PathFrame):
        return []
    i, j = found.nearest(config.selected)
    rate = float(found.rate[i, j])
    told = []
    if frame.diverged:
        told.append(f"This run has diverged at step {frame.step + 1}, which leads beyond all bounds.")
    elif math.isnan(rate):
        told.append("This run diverges: each step carries it farther across the valley than the last.")
    else:
        told.append(f"In the later half of this run {speed(rate)}.")
    exact = found.theory
    if exact is not None and not math.isnan(rate):
        edge = float(exact.boundary[i])
        share = float(found.learning_rates[j]) / edge
        told.append(f"It runs at {number(100 * share, 3)} % of the rate at which this row diverges.")
    low, high = found.best()
    told.append(
        f"The fastest run of the map has {setting(found, low, high)}: {speed(float(found.rate[low, high]))}."
    )
    if exact is not None:
        told.append(
            "Along a dashed line one direction is critically damped: with more momentum it swings. Where the "
            "two lines meet both are, and nothing is faster."
            if config.optimizer == "momentum"
            else "Right of the solid line every run diverges."
        )
    if found.done < 1:
        told.append(f"{number(100 * found.done, 2)} % of the runs are computed; the rest show a neighbour’s.")
    return told
