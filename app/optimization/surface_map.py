"""A loss surface seen from above: a map of its logarithm, contours, and what is known of its minima."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from app.stage.axes import Span
from app.stage.ground import ColourBar, Heatmap, Landmark, Layer
from app.stage.numbers import number
from core.optimization.surfaces import Surface

NODES = 193
"""Nodes of the map along each axis."""

CONTOURS = 13

FEW = 4
"""No more minima of a kind than this are named, no more saddles than three times as many are drawn."""


class SurfaceMap(NamedTuple):
    """The layers for a plot, and the ends of the map."""

    layers: tuple[Layer, ...]
    colour_bar: ColourBar
    x: Span
    y: Span


@functools.lru_cache(maxsize=8)
def surface_map(surface: Surface) -> SurfaceMap:
    """The map of a surface over its domain.

    Colour and contours follow log10(loss - lowest + floor): evenly spaced contours of a loss that spans
    decades would crowd at its walls and leave the valley, where the race is, empty. The floor is the first
    percentile, so that the deepest percent of the picture does not take all the colours.
    """
    x, y = surface.domain
    columns, rows = np.meshgrid(np.linspace(*x, NODES), np.linspace(*y, NODES))
    values = surface.value(np.stack([columns, rows], axis=-1))
    values = np.where(np.isfinite(values), values, np.nan)
    seen = values[~np.isnan(values)]
    lowest = min([float(seen.min()) if len(seen) else 0.0, *(m.value for m in surface.minima)])
    above = values - lowest
    # The first percentile by hand: NumPy's own brings in its masked arrays, 18 ms of the first picture.
    rank = len(seen) // 100
    floor = max(float(np.partition(seen, rank)[rank]) - lowest if len(seen) else 0.0, 1e-12)
    heights = np.log10(above + floor)
    heatmap = Heatmap(heights, x, y, levels=CONTOURS)
    return SurfaceMap(
        (heatmap, *landmarks(surface)), ColourBar(heatmap, _ticks(heatmap.span, lowest, floor), "Loss"), x, y
    )


def legend(surface: Surface) -> str:
    """What the marks are that have no name of their own."""
    told = []
    if len(surface.minima) - sum(m.is_global for m in surface.minima) > FEW:
        told.append("○ local minimum")
    if 2 < len(surface.saddles) <= 3 * FEW:
        told.append("× saddle")
    return ", ".join(told)


def landmarks(surface: Surface) -> list[Landmark]:
    """Minima and saddles; the few are named."""
    lowest = [m for m in surface.minima if m.is_global]
    others = [m for m in surface.minima if not m.is_global]
    made = []
    if len(surface.saddles) <= 3 * FEW:
        named = len(surface.saddles) <= 2
        made += [Landmark(float(x), float(y), "saddle", "saddle" * named) for x, y in surface.saddles]
    named = len(others) <= FEW
    made += [Landmark(m.x, m.y, "local", "local minimum" * named) for m in others]
    named = len(lowest) <= FEW
    made += [
        Landmark(m.x, m.y, "global", f"minimum ({number(m.x, 3)}, {number(m.y, 3)})" * named, below=True)
        for m in lowest
    ]
    return made


def _ticks(span: Span, lowest: float, floor: float) -> list[tuple[float, str]]:
    """Losses worth a tick of the colour bar: the lowest, and 1, 10, 100, ... above it, at most eight.

    Where these are too few, 2 and 5 come between.
    """
    low, high = span
    powers = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    powers = powers[:: -(-len(powers) // 7)]
    for digits in ((1,), (1, 2, 5)):
        above = [digit * 10.0**power for power in powers for digit in digits]
        places = [(float(np.log10(each + floor)), each) for each in above]
        ticks = [(low, number(lowest, 3))]
        for at, each in places:
            if at - ticks[-1][0] > 0.06 * (high - low) and at <= high:
                ticks.append((at, number(lowest + each, 3 if lowest else 1)))
        if len(ticks) > 2:
            break
    return ticks[:8]
