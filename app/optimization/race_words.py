"""A race in words: what the picture shows, and what to notice at a step."""

from __future__ import annotations

import functools

import numpy as np

from app.optimization.words import NAMES, verdict
from app.stage.numbers import number
from core.optimization.course import surface_of
from core.optimization.race import RaceConfig, RaceFrame
from core.optimization.race_config import NO_TEXTBOOK_RATE
from core.optimization.surfaces import Surface
from core.optimization.verdicts import Verdict, judge, ranking
from core.trace import Trace


@functools.lru_cache(maxsize=2)
def verdicts_at(trace: Trace, index: int, config: RaceConfig) -> tuple[Surface, list[Verdict]]:
    """The surface, and how each runner stands at a step; asked for by picture and words alike."""
    surface = surface_of(config)
    return surface, judge(trace.series, config, surface, index)


def describe(trace: Trace, index: int, config: RaceConfig) -> str:
    """The picture in words."""
    frame = trace.frame(index)
    if not isinstance(frame, RaceFrame):
        return "The race is being computed."
    surface, verdicts = verdicts_at(trace, index, config)
    if not frame.runners:
        return f"{surface.title}, seen from above. No optimizer takes part."
    told = [
        f"{NAMES[frame.runners[i]]} {verdict(verdicts[i], len(surface.minima))}"
        for i, _, _ in ranking(verdicts)
    ]
    x, y = trace.series("positions")[0, 0]
    return (
        f"{surface.title}, seen from above, at step {index} of {(trace.total or trace.available) - 1}; all "
        f"started at ({number(x, 3)}, {number(y, 3)}). {'; '.join(told)}."
    )


def notes(trace: Trace, index: int, config: RaceConfig) -> list[str]:
    """What to notice, most telling first."""
    frame = trace.frame(index)
    if not isinstance(frame, RaceFrame) or not frame.runners:
        return ["Switch an optimizer on to see it run."]
    surface, judged = verdicts_at(trace, index, config)
    verdicts = dict(zip(frame.runners, judged, strict=True))
    if not np.isfinite(trace.series("values")[0]).any() or all(
        v.code == "undefined" and not v.since for v in judged
    ):
        return ["The loss has no value at the start. Drag the ring to where the map is coloured."]
    said = [*_outcome(verdicts, index), *_handles(config), *_inspected(frame, trace, index, config)]
    if surface.found:
        said.append("Minima and saddles of this formula were searched for; some may be missing.")
    return said[:4]


def _outcome(verdicts: dict[str, Verdict], index: int) -> list[str]:
    """What has become of whom."""
    if not index:
        return ["All start together. Drag the ring to start elsewhere, then press play."]
    said = []
    if fallen := [name for name, v in verdicts.items() if v.code == "undefined"]:
        said.append(f"{_and(fallen)} stepped to where the loss has no value, and can go no further.")
    if gone := [name for name, v in verdicts.items() if v.code == "diverged"]:
        who = ", ".join(f"{NAMES[name]} at step {verdicts[name].since}" for name in gone)
        said.append(f"Diverged: {who}. The rate is too large for the steepest curvature met.")
    there = sorted((v.since, name) for name, v in verdicts.items() if v.code == "reached")
    if there:
        since, first = there[0]
        said.append(f"{NAMES[first]} was there first, at step {since}, after as many gradients.")
    if left := [name for name, v in verdicts.items() if v.code == "left"]:
        said.append(f"{_and(left)} had arrived and left again: to come close once is not to stay.")
    if stuck := [name for name, v in verdicts.items() if v.code == "saddle"]:
        rests = "rests" if len(stuck) == 1 else "rest"
        said.append(f"{_and(stuck)} {rests} at a saddle: the slope is zero there, yet it is no minimum.")
    if local := [name for name, v in verdicts.items() if v.code == "reached" and not v.is_global]:
        said.append(f"{_and(local)} found a local minimum; a lower one lies elsewhere.")
    return said


def _handles(config: RaceConfig) -> list[str]:
    """What the two handles show. Noise is neither scaled nor turned with the loss: then the paths differ."""
    if config.noise:
        return []
    said = []
    if config.loss_scale != 1:
        said.append(
            "Scaling the loss scales every gradient. The adaptive optimizers divide it out again and run as"
            " before; gradient descent, momentum and Nesterov take longer or shorter steps."
        )
    if config.rotation % 90 and config.surface != "reddi":
        said.append(
            "Turning the axes leaves the paths of gradient descent and momentum as they were. The adaptive"
            " ones treat each coordinate by itself, so for them it is another problem."
        )
    return said


def _inspected(frame: RaceFrame, trace: Trace, index: int, config: RaceConfig) -> list[str]:
    """About the one whose step is shown."""
    if config.inspected not in frame.runners or not index:
        return []
    i = frame.runners.index(config.inspected)
    name, said = config.inspected, []
    rates = trace.series("rates")[:, i]
    now, first = np.sqrt(np.abs(rates[index].prod())), np.sqrt(np.abs(rates[0].prod()))
    if name == "adagrad" and 0 < now < first:
        said.append(
            f"AdaGrad’s effective rate has shrunk from {number(float(first), 3)} to {number(float(now), 3)}:"
            " the sum of squares under it never falls. Choose the curve Effective rate."
        )
    if name == "adamw":
        said.append("AdamW’s decay pulls to the origin at every step, wherever the minimum is.")
    if name in NO_TEXTBOOK_RATE and config.protocol == "defaults":
        said.append(f"{NAMES[name]} has no textbook rate: the curvature of the loss at hand sets it.")
    return said


def _and(names: list[str]) -> str:
    named = [NAMES[name] for name in names]
    return named[0] if len(named) == 1 else ", ".join(named[:-1]) + " and " + named[-1]
