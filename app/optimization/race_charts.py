"""The race's curves against the step: loss, distance to the minimum, effective rate."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from PySide6.QtCore import Qt

from app.optimization.words import SHORT
from app.stage.axes import Span
from app.stage.ground import Line
from app.stage.plots import Plot
from core.optimization.optimizers import OPTIMIZERS
from core.optimization.race import RaceConfig
from core.optimization.surfaces import Surface
from core.trace import Trace

Array: TypeAlias = np.ndarray
Curve: TypeAlias = Literal["loss", "distance", "rate"]

DEPTH = 1e-12
"""A log axis ends this far below what a race began with: beyond are rounding errors."""

HEADROOM = 1e3
"""How many times what it began with a diverging run may take of a log axis."""

LINEAR_HEADROOM = 4.0
"""The same for a linear axis."""


class RaceChart(Plot):
    """One quantity of all runners against the step, as far as the playhead."""

    def __init__(self, *, x_label: str = "") -> None:
        super().__init__(x_label, "", log_y=True, grid=True)
        self.curve: Curve = "loss"
        self.surface: Surface | None = None
        self._source: tuple[Trace, int, str] | None = None
        self._values: Array = np.empty((0, 0))
        self._fitted: tuple[object, ...] = ()
        self._level: tuple[object, ...] = ()
        for name in OPTIMIZERS:
            self.trail(name, label=SHORT[name], width=1.5, cased=False, size=3.4)

    def show_config(self, config: RaceConfig, surface: Surface, curve: Curve) -> None:
        """Take what is measured; the words follow from it."""
        log = config.log_axis and (curve == "rate" or bool(surface.minima))
        self.curve, self.surface = curve, surface
        self._source = None
        words = {
            "loss": "Loss above the lowest minimum" if surface.minima else "Loss",
            "distance": "Distance to the nearest minimum",
            "rate": "Effective rate, geometric mean over x and y",
        }[curve]
        self.set_labels(self.decor.x_label, words + (", log" if log else ""))
        self.setAccessibleName(f"{words} against step")
        self.set_log(x=False, y=log)
        shown = {"distance": "distance", "loss": "value"}.get(curve)
        tolerance = config.tolerance * (surface.loss_scale if curve == "loss" else 1.0)
        drawn = shown == config.reached_by and bool(surface.minima)
        ground = (drawn, tolerance, config.steps)
        if ground != self._level:  # while a start is dragged it stays, and is not painted again
            self._level = ground
            level = np.array([[0.0, tolerance], [float(config.steps), tolerance]])
            self.set_ground(*[Line(level, "muted", "tolerance", Qt.PenStyle.DotLine, 1.0, 1.0)] * drawn)

    def draw(self, trace: Trace, index: int, names: tuple[str, ...]) -> None:
        values = self._columns(trace)
        for trail in self.trails:
            if trail.key in names and values.ndim == 2:
                trail.show(values[:, names.index(trail.key)], index)
            else:
                trail.clear()
        self.playhead().move(index)

    def fit(self, trace: Trace) -> None:
        """Set the range to what the whole run holds; once for each run."""
        key = (trace, self.curve, self.log_y)
        if key == self._fitted or not trace.available:
            return
        if trace.finished:
            self._fitted = key
        values = self._columns(trace)
        steps = max(1, (trace.total or trace.available) - 1)
        self.set_range((0.0, float(steps)), span_of(values, self.log_y))

    def _columns(self, trace: Trace) -> Array:
        """(steps, R): what is drawn; the same array as long as there is nothing new."""
        source = (trace, trace.available, self.curve)
        if self._source != source:
            self._source = source
            self._values = curve_values(trace, self.curve, self.surface)
        return self._values


def curve_values(trace: Trace, curve: Curve, surface: Surface | None) -> Array:
    """A quantity of each runner at each step, shape (steps, R)."""
    if curve == "distance":
        return trace.series("distances")
    if curve == "rate":
        rates = trace.series("rates")
        with np.errstate(invalid="ignore"):
            return np.sqrt(rates[..., 0] * rates[..., 1]) if rates.ndim == 3 else rates
    values = trace.series("values")
    return values - surface.minimum_values.min() if surface is not None and surface.minima else values


def span_of(values: Array, log: bool) -> Span:
    """Ends of an axis for values (steps, R), whatever a diverging run does."""
    finite = np.isfinite(values)
    if log:
        finite &= values > 0
    if not finite.any():
        return (1e-3, 1.0) if log else (0.0, 1.0)
    seen = values[finite]
    first = values[0][finite[0]]
    begin = float(np.abs(first).max()) if first.size else float(np.median(np.abs(seen)))
    begin = begin or float(np.abs(seen).max()) or 1.0
    if log:
        high = min(float(seen.max()), HEADROOM * begin)
        low = min(max(float(seen.min()), DEPTH * begin), high / 2)
        return 10.0 ** np.floor(np.log10(low) + 0.02), 10.0 ** (np.log10(high) + 0.1)
    low, high = float(seen.min()), float(seen.max())
    high = max(min(high, LINEAR_HEADROOM * begin), low)
    pad = 0.04 * (high - low) or 0.5
    return (0.0 if 0 <= low < 0.2 * high else low - pad), high + pad
