"""The map of basins in words."""

from __future__ import annotations

import math

from app.optimization.words import NAMES
from app.stage.numbers import number
from core.optimization.basins import DIVERGED, MOVING, SADDLE, UNDEFINED, BasinMap, BasinsConfig, start_of
from core.optimization.path import PathFrame
from core.optimization.surfaces import Surface
from core.trace import Trace

ENDS = {MOVING: "on the way", SADDLE: "at a saddle", DIVERGED: "diverged", UNDEFINED: "no value there"}


def letter(k: int) -> str:
    return chr(ord("A") + k)


def percent(share: float) -> str:
    return f"{number(100 * share, 3)}\u202f%"


def place(surface: Surface, k: int) -> str:
    minimum = surface.minima[k]
    return f"({number(minimum.x, 3)}, {number(minimum.y, 3)})"


def outcome(surface: Surface, k: int) -> str:
    """ "A (3, 2)", or what became of it."""
    if k < 0:
        return ENDS[k]
    return f"{letter(k)} {place(surface, k)}" if len(surface.minima) <= 8 else place(surface, k)


def describe(trace: Trace, index: int, config: BasinsConfig, found: BasinMap | None) -> str:
    frame = trace.frame(index)
    if found is None or not isinstance(frame, PathFrame):
        return "The map is being computed."
    shares = list(found.shares().items())
    parts = [f"{outcome(found.surface, k)} {percent(share)}" for k, share in shares[:6]]
    more = f" and {len(shares) - 6} more" if len(shares) > 6 else ""
    x, y = start_of(config, found.surface)
    return (
        f"Basins of {NAMES[config.optimizer]} on {found.surface.title}. Share of the starts that end in "
        f"each: {', '.join(parts)}{more}. The run from ({number(x, 3)}, {number(y, 3)}) is at step {index} "
        f"{number(frame.distance, 3)} from the nearest minimum."
    )


def notes(trace: Trace, index: int, config: BasinsConfig, found: BasinMap | None) -> list[str]:
    frame = trace.frame(index)
    if found is None or not isinstance(frame, PathFrame):
        return []
    i, j = found.at(start_of(config, found.surface))
    end, arrival = int(found.outcome[i, j]), float(found.arrival[i, j])
    around = found.outcome[max(0, i - 1) : i + 2, max(0, j - 1) : j + 2]
    border = bool((around != end).any())
    told = []
    if border and not trace.finished:
        told.append("A border runs through here: play to the end to see on which side this run falls.")
    elif (elsewhere := _elsewhere(trace, found, end)) is not None:
        at = f"({number(elsewhere[0], 3)}, {number(elsewhere[1], 3)})"
        told.append(f"From exactly here the run ends at {at}; the pixel is coloured by its middle’s run.")
    elif end >= 0 and not math.isnan(arrival):
        name = outcome(found.surface, end)
        told.append(f"From here the run comes to {name}, after about {arrival:.0f} steps.")
    elif end == DIVERGED:
        told.append("From here the run diverges: the slope is too steep for this learning rate.")
    elif end == UNDEFINED:
        told.append("The loss has no value here: no run can begin.")
    elif end == SADDLE:
        told.append("From here the run comes to rest at a saddle, where the slope vanishes.")
    else:
        told.append(f"From here no minimum is reached in {config.steps} steps.")
    if border and trace.finished:
        told.append("A border runs through here: one pixel away the run ends somewhere else.")
    shares = found.shares()
    if gone := shares.get(DIVERGED, 0.0):
        told.append(f"{percent(gone)} of the starts diverge.")
    if empty := shares.get(UNDEFINED, 0.0):
        told.append(f"At {percent(empty)} of the starts the loss has no value.")
    if slow := shares.get(MOVING, 0.0):
        told.append(f"{percent(slow)} of the starts are still on their way after {config.steps} steps.")
    if config.optimizer in ("momentum", "nesterov"):
        told.append("A run with momentum can roll through one valley into another: the borders are folded.")
    told.append("Crosses are saddles: the borders between basins pass through them.")
    return told


def _elsewhere(trace: Trace, found: BasinMap, end: int) -> tuple[float, float] | None:
    """Where the run from the very start ended, if that is not where its pixel's middle leads."""
    if end < 0 or not trace.finished:
        return None
    x, y = (float(each) for each in trace.series("position")[-1])
    (x0, x1), _ = found.surface.domain
    minimum = found.surface.minima[end]
    return (x, y) if math.hypot(x - minimum.x, y - minimum.y) > 0.05 * (x1 - x0) else None
