"""What a person may set in the geometry of penalties, and where loss and penalty then touch."""

from __future__ import annotations

import functools
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.config import Config, choice, number, setting
from core.regularization.balls import Mixture, Penalty, Power, Quadratic, quadratic, size
from core.regularization.local_minima import Minimum, constrained_minima, penalised_minima
from core.regularization.touching import constrained, penalised

__all__ = ["LARGEST_BUDGET", "LARGEST_STRENGTH", "WINDOW", "GeometryConfig", "Touch", "bowl_of", "penalty_of"]

WINDOW = 3.0
"""The window shows weights, and free minima, from minus this to this; shares are of its area."""

SMALLEST_BUDGET, LARGEST_BUDGET = 0.05, 4.0
LARGEST_STRENGTH = 10.0
DIGITS = 4
"""Significant digits to which the one of budget and lambda that follows is kept in the config."""

_COORDINATE = Annotated[float, Meta(ge=-WINDOW, le=WINDOW)]
_RACED = ("l1", "l2", "elastic_net")


class Touch(msgspec.Struct, frozen=True):
    """Where loss and penalty balance.

    Attributes:
        w1, w2: the weights; those that are zero are exactly 0.0.
        strength: lambda there; for a fixed budget its multiplier, 0 if the free minimum lies in the ball.
        budget: t, the fixed one, or the one on whose ball's rim the weights lie.
        minima: every local minimum, the lowest, which is the solution, first. One for a convex penalty.
    """

    w1: float
    w2: float
    strength: float
    budget: float
    minima: tuple[Minimum, ...]

    @property
    def zeros(self) -> int:
        """How many weights are exactly zero."""
        return (self.w1 == 0) + (self.w2 == 0)


class GeometryConfig(Config, frozen=True):
    """A loss, a penalty, how much of it, and the solvers that look for where they balance."""

    penalty: Annotated[
        Literal["l1", "elastic_net", "l2", "lp"],
        choice("Penalty", "The shape of the ball that the weights must stay in.", labels={
            "l1": "L1: Σ|w|", "elastic_net": "Elastic net", "l2": "L2: ½ Σw²", "lp": "Lp: Σ|w|ᵖ / p",
        }),
    ] = "l1"  # fmt: skip
    p: Annotated[
        float,
        number(0.5, 4.0, "p", "Below 1 the ball is hollow and its corners are cusps; above 1 it has none.",
               shown_if={"penalty": ("lp",)}),
    ] = 0.5  # fmt: skip
    l1_ratio: Annotated[
        float,
        number(0.0, 1.0, "L1 ratio", "L1’s share of the elastic net: 1 is the diamond, 0 the disc.",
               shown_if={"penalty": ("elastic_net",)}),
    ] = 0.5  # fmt: skip
    held: Annotated[
        Literal["budget", "strength"],
        choice("Held fixed", "What stays while the rest is changed; the other follows.",
               labels={"budget": "Budget t", "strength": "Weight λ"}),
    ] = "budget"  # fmt: skip
    budget: Annotated[
        float,
        number(SMALLEST_BUDGET, LARGEST_BUDGET, "Budget t",
               "How far the ball reaches along an axis. Moving it moves λ."),
    ] = 1.0  # fmt: skip
    strength: Annotated[
        float,
        number(0.0, LARGEST_STRENGTH, "Weight λ of the penalty",
               "Minimise the loss + λ × penalty. Moving it moves t; 0 stands for every larger budget."),
    ] = 0.9269  # fmt: skip
    minimum: Annotated[
        tuple[_COORDINATE, _COORDINATE], setting("Free minimum", "Where the loss is lowest.")
    ] = (1.1, 1.9)  # fmt: skip
    rotation: Annotated[
        float,
        number(-90.0, 90.0, "Rotation", "Of the ellipses’ long axis from that of w₁.", unit="°"),
    ] = 25.0
    stretch: Annotated[
        float,
        number(1.0, 6.0, "Stretch", "How many times as long as wide the ellipses are.", scale="log"),
    ] = 2.0
    start: Annotated[
        tuple[_COORDINATE, _COORDINATE],
        setting("Start", "Of all solvers.", shown_if={"penalty": _RACED}),
    ] = (2.3, -1.6)
    steps: Annotated[
        int, number(10, 500, "Steps", "Of each solver.", scale="log", shown_if={"penalty": _RACED})
    ] = 60
    adam_rate: Annotated[
        float, number(0.01, 1.0, "Adam’s rate", scale="log", shown_if={"penalty": _RACED})
    ] = 0.1
    shrinking: Annotated[
        bool,
        setting("Shrinking steps", "Subgradient’s and Adam’s rate over √k at step k; else it stays.",
                shown_if={"penalty": _RACED}),
    ] = False  # fmt: skip
    inspected: Annotated[
        Literal["ista", "fista", "coordinate_descent", "subgradient", "adam"],
        choice("Inspect", "Whose step is shown in numbers.", role="view", labels={
            "ista": "ISTA", "fista": "FISTA", "coordinate_descent": "Coordinate descent",
            "subgradient": "Subgradient", "adam": "Adam",
        }, shown_if={"penalty": _RACED}),
    ] = "ista"  # fmt: skip
    shaded: Annotated[
        bool,
        setting("Shade zeros", "The free minima that would give a weight of exactly zero.", role="view"),
    ] = True

    def frames(self) -> int | None:
        """One for each step and the start; with L_p there is no race."""
        return self.steps + 1 if self.penalty != "lp" or self.p in (1.0, 2.0) else 1

    def follow(self, before: Config) -> GeometryConfig:
        """Budget and lambda, brought into line: the one that was moved is held, the other follows.

        Where both were changed, or one of them beside something else (a link, an undo), they are as meant.
        """
        assert isinstance(before, GeometryConfig)
        mine = before.budget != self.budget, before.strength != self.strength
        held = self.held
        if any(mine):
            alike = msgspec.structs.replace(before, budget=self.budget, strength=self.strength)
            if all(mine) or alike != self:
                return self
            held = "budget" if mine[0] else "strength"
        moved = msgspec.structs.replace(self, held=held)
        touch = touch_of(moved)
        if held == "budget":
            strength = min(LARGEST_STRENGTH, _rounded(touch.strength))
            return msgspec.structs.replace(moved, strength=strength)
        budget = min(LARGEST_BUDGET, max(SMALLEST_BUDGET, _rounded(touch.budget)))
        return msgspec.structs.replace(moved, budget=budget)


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def penalty_of(config: GeometryConfig) -> Penalty:
    """The penalty; L_p meets the others at p = 1 and 2."""
    match config.penalty:
        case "l1":
            return Mixture(1.0)
        case "l2":
            return Mixture(0.0)
        case "elastic_net":
            return Mixture(config.l1_ratio)
    return {1.0: Mixture(1.0), 2.0: Mixture(0.0)}.get(config.p, Power(config.p))


def bowl_of(config: GeometryConfig) -> Quadratic:
    """The loss."""
    return quadratic(config.minimum, config.rotation, config.stretch)


def touch_of(config: GeometryConfig) -> Touch:
    """Where loss and penalty balance under a config."""
    fixed = config.budget if config.held == "budget" else config.strength
    return touching(bowl_of(config), penalty_of(config), config.held, fixed)


@functools.lru_cache(maxsize=32)
def touching(bowl: Quadratic, penalty: Penalty, held: Literal["budget", "strength"], fixed: float) -> Touch:
    """The solution for a fixed budget, or for a fixed lambda, and every local minimum beside it."""
    hollow = isinstance(penalty, Power) and penalty.p < 1
    if held == "budget":
        if hollow:
            minima = tuple(constrained_minima(bowl, penalty.p, fixed))  # type: ignore[union-attr]
        else:
            w1, w2, strength = constrained(bowl, penalty, fixed)
            minima = (Minimum(w1, w2, bowl.loss(w1, w2), strength),)
        best = minima[0]
        return Touch(best.w1, best.w2, best.strength, fixed, minima)
    if hollow:
        minima = tuple(penalised_minima(bowl, penalty.p, fixed))  # type: ignore[union-attr]
    else:
        w1, w2 = penalised(bowl, penalty, fixed)
        paid = float(penalty.phi(abs(w1)) + penalty.phi(abs(w2)))
        minima = (Minimum(w1, w2, bowl.loss(w1, w2) + fixed * paid, fixed),)
    best = minima[0]
    return Touch(best.w1, best.w2, fixed, size(penalty, best.w1, best.w2), minima)
