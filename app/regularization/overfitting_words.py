"""What a penalty buys, in words."""

from __future__ import annotations

import math

from app.stage.numbers import count, number
from core.regularization.overfitting import (
    DEGREES,
    LAMBDAS,
    Fitted,
    OverfittingConfig,
    OverfittingFrame,
    split,
)

PENALTIES = {
    "none": "no penalty", "l2": "an L2 penalty", "l1": "an L1 penalty", "elastic": "L1 and L2 together",
}  # fmt: skip
FAR = 1.5
"""Times the least held-out error: beyond it one is said to miss something."""


def curve(config: OverfittingConfig) -> str:
    """Which curve it is."""
    if config.basis == "polynomial":
        return f"Polynomial of degree {config.degree}"
    return count(config.degree, "Gaussian bump")


def weights_title(fitted: Fitted, config: OverfittingConfig) -> str:
    """How many weights there are, and how many of them are nothing."""
    total = len(fitted.weights)
    if config.penalty in ("l1", "elastic"):
        return f"{fitted.zeros} of {count(total, 'weight')} exactly 0"
    return count(total, "weight")


def error(value: float) -> str:
    """An error, in units of y."""
    return number(value, 2)


def summary(frame: OverfittingFrame, config: OverfittingConfig) -> str:
    """Both errors and the spread in one line."""
    fitted = frame.fitted
    if math.isnan(fitted.training_error):
        return "There are no training points"
    said = f"Error on training points {error(fitted.training_error)}"
    if math.isfinite(fitted.held_out_error):
        said += f", on held-out points {error(fitted.held_out_error)}"
    if frame.step > 1:
        said += f"; resampled fits spread by ±{number(frame.spread, 2)}"
    return said


def notes(frame: OverfittingFrame, config: OverfittingConfig) -> list[str]:
    """What to notice, most telling first."""
    fitted = frame.fitted
    training, _ = split(config)
    if len(training) < 2:
        return ["Add training points: a curve needs two."]
    said = [_fit_note(fitted, config)]
    if config.penalty in ("l1", "elastic") and fitted.zeros:
        said.append(f"{weights_title(fitted, config)}: L1 leaves them out, L2 would only shrink them.")
    if frame.step > 1:
        said.append(
            f"{count(frame.step, 'training set')} drawn anew from the same points: the band holds eight in "
            f"ten of their curves, and on average they spread by ±{number(frame.spread, 2)}."
        )
    if len(training) <= config.degree:
        said.append(
            f"{count(config.degree + 1, 'coefficient')} and {count(len(training), 'training point')}: "
            "without a penalty the curve could run through every one."
        )
    return said


def _fit_note(fitted: Fitted, config: OverfittingConfig) -> str:
    here = fitted.held_out_error
    best, degree = fitted.best_lambda, fitted.best_degree
    if best is None or degree is None:
        return "Without held-out points nobody sees whether the curve has learned or memorised."
    if config.penalty == "none":
        least = float(fitted.by_degree[degree, 1])
        if here > FAR * least:
            word = "too many" if config.degree > DEGREES[degree] else "too few"
            return (
                f"Held-out error {error(here)}; with {int(DEGREES[degree])} weights instead of "
                f"{config.degree} it would be {error(least)}: these are {word}."
            )
        return f"Held-out error {error(here)}: about the least that any number of weights reaches here."
    least, at = float(fitted.by_lambda[best, 1]), float(LAMBDAS[best])
    if here > FAR * least and config.lam < at:
        return (
            f"Overfit: held-out error {error(here)} at λ = {number(config.lam, 2)}, {error(least)} at "
            f"λ = {number(at, 2)}. The penalty costs training error and buys held-out error."
        )
    if here > FAR * least:
        return (
            f"Underfit: λ = {number(config.lam, 2)} holds the weights down so far that both errors are "
            f"large; at λ = {number(at, 2)} held-out error is {error(least)}."
        )
    return f"Held-out error {error(here)}: about the least that any λ reaches here ({error(least)})."


def describe(frame: OverfittingFrame, config: OverfittingConfig) -> str:
    """The picture for a reader who does not see it."""
    training, held_out = split(config)
    fitted = frame.fitted
    shrink = PENALTIES[config.penalty]
    if config.penalty != "none":
        shrink += f", λ = {number(config.lam, 3)}"
    said = [
        f"{curve(config)} through {count(len(training), 'training point')} with {shrink}; "
        f"{count(len(held_out), 'point')} held out.",
        summary(frame, config) + ".",
        weights_title(fitted, config) + ".",
    ]
    if fitted.best_lambda is not None and config.penalty != "none":
        least = float(fitted.by_lambda[fitted.best_lambda, 1])
        said.append(
            f"Least held-out error over λ: {error(least)} at {number(LAMBDAS[fitted.best_lambda], 2)}."
        )
    if fitted.best_degree is not None:
        least = float(fitted.by_degree[fitted.best_degree, 1])
        said.append(f"Over the degree: {error(least)} at {int(DEGREES[fitted.best_degree])}.")
    return " ".join(said)
