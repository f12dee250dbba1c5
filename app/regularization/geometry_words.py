"""The geometry of penalties in words: titles, the table's lines, what to notice."""

from __future__ import annotations

from app.regularization.ledger import Line
from app.stage.numbers import number, vector
from core.regularization.balls import Mixture
from core.regularization.geometry import GeometryConfig, GeometryFrame, Picture

NAMES = {
    "ista": "ISTA",
    "fista": "FISTA",
    "coordinate_descent": "Coordinate descent",
    "subgradient": "Subgradient",
    "adam": "Adam",
}
SHORT = {**NAMES, "coordinate_descent": "Coordinate"}

PENALTIES = {"l1": "L1", "l2": "L2", "elastic_net": "Elastic net", "lp": "Lp"}


def percent(share: float) -> str:
    """A share of the window: exact at its ends, else to a tenth."""
    if share in (0.0, 1.0):
        return f"{round(100 * share)} %"
    if not 0.0005 <= share <= 0.9995:
        return "under 0.1 %" if share < 0.5 else "over 99.9 %"
    return f"{100 * share:.1f} %"


def name_of(config: GeometryConfig) -> str:
    """ "L1", "L0.5", "Elastic net (half L1)"."""
    if config.penalty == "lp":
        return f"Lp with p = {number(config.p, 3)}"
    if config.penalty == "elastic_net":
        return f"Elastic net, {number(100 * config.l1_ratio, 3)} % L1"
    return PENALTIES[config.penalty]


def titles(picture: Picture, config: GeometryConfig) -> tuple[str, ...]:
    """The penalty, budget and λ as they belong together, and the solution; a shorter wording behind it."""
    touch = picture.touch
    budget, strength = f"t = {number(touch.budget, 3)}", f"λ = {number(touch.strength, 3)}"
    pair = f"{budget}, so {strength}" if config.held == "budget" else f"{strength}, so {budget}"
    solution = f"w* = {vector((touch.w1, touch.w2), 3)}"
    short = f"p = {number(config.p, 3)}" if config.penalty == "lp" else PENALTIES[config.penalty]
    return (
        f"{name_of(config)}: {pair};  {solution}",
        f"{short}: {budget}, {strength};  {solution}",
        f"{budget}, {strength};  {solution}",
    )


def shares(picture: Picture) -> tuple[str, ...]:
    """What the shading means, and how much of the window it is for either thing held; ever shorter."""
    budget, strength = percent(picture.for_budget.share), percent(picture.for_strength.share)
    return (
        f"Free minima that give a zero: {budget} of the window for this t, {strength} for this λ",
        f"Free minima that give a zero: {budget} for this t, {strength} for this λ",
        f"Shaded, a zero: {budget} for this t, {strength} for this λ",
    )


# --- the table ------------------------------------------------------------------------------------------


def solver_lines(frame: GeometryFrame, *, at_length: bool) -> tuple[tuple[str, ...], tuple[Line, ...]]:
    """Heading and lines: each solver's exact zeros at this step, and why."""
    heading = ("Solver", "Exact zeros", "Why")
    lines, zeros = [], frame.zeros.tolist()
    for i, name in enumerate(frame.solvers):
        reason = why(frame, name, at_length=at_length)
        lines.append(Line(name, name, (SHORT[name], f"{zeros[i]} of 2", reason)))
    return heading, tuple(lines)


def why(frame: GeometryFrame, name: str, *, at_length: bool = True) -> str:
    """Why a solver ends with the zeros that it has, in a few words or in some more."""
    picture = frame.picture
    assert isinstance(picture.penalty, Mixture)
    threshold = picture.touch.strength * picture.penalty.ratio
    if picture.touch.strength == 0:
        return "λ = 0: no penalty"
    if threshold == 0:
        return "no kink at 0" + ": weights shrink, none is held there" * at_length
    if picture.touch.zeros == 0:
        return "w* has none" + ": none to be found" * at_length
    if name == "coordinate_descent":
        return "soft threshold" + " of one weight at a time" * at_length
    if name in ("ista", "fista"):
        return "soft threshold" + ": all within ±ηλ₁ becomes 0" * at_length
    if frame.zeros[frame.solvers.index(name)]:
        return "there by chance"
    if name == "adam":
        return "leaps over 0" + ": a step is about its rate, however small the slope" * at_length
    return "leaps over 0" + ": a step is at least about ηλ₁ long" * at_length


def minima_lines(picture: Picture, config: GeometryConfig) -> tuple[tuple[str, ...], tuple[Line, ...]]:
    """Heading and lines: every local minimum, the lowest first."""
    held = config.held == "budget"
    heading = ("Local minimum", "Exact zeros", "Loss" if held else "f + λP", "")
    lines = []
    for k, each in enumerate(picture.touch.minima):
        last = "lowest" if k == 0 else ""
        if k == 0 and not picture.reachable:
            last = "no λ"
        cells = (vector((each.w1, each.w2), 3), f"{each.zeros} of 2", number(each.value, 4), last)
        lines.append(Line(str(k), "solution" if k == 0 else "", cells, strong=k == 0))
    return heading, tuple(lines)


# --- sentences ------------------------------------------------------------------------------------------


def describe(frame: GeometryFrame, config: GeometryConfig) -> str:
    """The picture for a reader who does not see it."""
    picture, touch = frame.picture, frame.picture.touch
    x, y = config.minimum
    said = [
        f"{name_of(config)}: loss ellipses about the free minimum ({number(x, 3)}, {number(y, 3)}) and a "
        f"ball that reaches {number(touch.budget, 3)} along each axis. They touch at "
        f"({number(touch.w1, 3)}, {number(touch.w2, 3)}), λ is {number(touch.strength, 3)}.",
        _zeros(touch.zeros),
        f"Free minima that give a zero: {percent(picture.for_budget.share)} of the window for this budget, "
        f"{percent(picture.for_strength.share)} for this λ.",
    ]
    if frame.solvers:
        told = [
            f"{NAMES[name]} {int(frame.zeros[i])}, {number(float(frame.distances[i]), 2)} away"
            for i, name in enumerate(frame.solvers)
        ]
        said.append(f"Step {frame.step}. Exact zeros: {'; '.join(told)}.")
    elif len(touch.minima) > 1:
        said.append(f"There are {len(touch.minima)} local minima.")
    return " ".join(said)


def _zeros(count: int) -> str:
    return ("No weight is zero.", "One weight is exactly zero.", "Both weights are exactly zero.")[count]


def notes(frame: GeometryFrame, config: GeometryConfig) -> list[str]:
    """What to notice, most telling first."""
    picture, touch = frame.picture, frame.picture.touch
    said = [_why_zero(picture)]
    if picture.gaps:
        spans = " and ".join(f"{number(g.low, 3)} to {number(g.high, 3)}" for g in picture.gaps)
        said.append(
            f"No λ reaches the budgets from {spans}: as λ grows the penalised solution jumps over them."
        )
    if not picture.reachable:
        said.append("This solution is one of them: with its own λ another minimum is lower.")
    if frame.solvers and touch.zeros and picture.penalty.kink:
        said += _race(frame, config)
    if picture.penalty.kink == 0:
        said.append(
            "The free minima that give a zero form two lines, dashed: they have no area, so their share of "
            "the window is exactly 0."
        )
    return said[:4]


def _why_zero(picture: Picture) -> str:
    touch = picture.touch
    if touch.strength == 0:
        return "The free minimum lies within the ball: λ is 0, and so it is for every larger budget."
    if touch.zeros == 2:
        return "λ is larger than the loss’s pull on either weight at 0: both stay there."
    if touch.zeros == 1 and picture.penalty.kink == 0:
        return "This free minimum lies on a dashed line. Move it by anything at all and the zero is gone."
    if touch.zeros == 1:
        return (
            "The ellipse touches the ball at a corner. The loss’s pull may turn anywhere within the corner’s "
            "fan and the weights stay: so a whole region of free minima ends in a zero."
        )
    if picture.penalty.kink == 0:
        return (
            "The rim is smooth: it has one normal at each point. On an axis it points along the axis, and "
            "for the loss to pull exactly that way is a coincidence."
        )
    return (
        "The ellipse touches the ball beside its corners, so neither weight is zero. Drag the free minimum."
    )


def _race(frame: GeometryFrame, config: GeometryConfig) -> list[str]:
    if frame.step < min(10, config.steps):
        return ["Press play: three of the solvers end on the axis, two only near it."]
    with_zero = [NAMES[n] for n, z in zip(frame.solvers, frame.zeros, strict=True) if z]
    without = [NAMES[n] for n, z in zip(frame.solvers, frame.zeros, strict=True) if not z]
    said = []
    if with_zero:
        said.append(f"Exact zeros: {_and(with_zero)}. A soft threshold maps a whole interval onto 0.")
    if without:
        said.append(f"None yet: {_and(without)}.")
    return said


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
