"""The optimizers' names and the verdicts' codes in words."""

from __future__ import annotations

from app.stage.numbers import number
from core.optimization.verdicts import Verdict

NAMES = {
    "gradient_descent": "Gradient descent",
    "momentum": "Momentum",
    "nesterov": "Nesterov",
    "adagrad": "AdaGrad",
    "rmsprop": "RMSProp",
    "adam": "Adam",
    "adamw": "AdamW",
    "amsgrad": "AMSGrad",
}
SHORT = {**NAMES, "gradient_descent": "GD"}
"""Where a curve's end is named and the whole name stands in the ranking beside it."""


def verdict(found: Verdict, minima: int = 1) -> str:
    """A verdict in a few words: "reached at step 87". `minima`: how many the surface has."""
    match found.code:
        case "undefined":
            return f"no value from step {found.since} on" if found.since else "no value at the start"
        case "diverged":
            return f"diverged at step {found.since}"
        case "reached":
            if minima > 1 and not found.is_global:
                return f"in a local minimum at step {found.since}"
            return f"reached at step {found.since}" + ", the lowest" * (minima > 1)
        case "left":
            return f"came and left at step {found.since}"
        case "saddle":
            return "stuck at a saddle"
        case "stalled":
            return "stalled"
        case "circling":
            return "circling" + (f", {number(found.distance, 2)} away" if found.distance is not None else "")
        case _:
            return "still moving" if found.distance is None else f"{number(found.distance, 2)} away"
