"""The learning-rate map: a pixel is a whole run; the chosen one plays beside it."""

from __future__ import annotations

import math
from typing import Any, cast

import msgspec
import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QLabel, QWidget

from app.optimization import rates_words
from app.optimization.overlays import Hatched, places
from app.optimization.surface_map import surface_map
from app.stage.ground import ColourBar, Heatmap, Landmark, Layer, Line
from app.stage.handles import Handle
from app.stage.numbers import number
from app.stage.plots import Plot
from app.stage.view import View
from core.optimization.path import PathFrame
from core.optimization.rates import RateMap, RatesConfig, origin_of
from core.optimization.surfaces import Surface
from core.trace import Trace

SLOWEST = 2000.0
"""Steps for a digit that take the last colour: 200 steps cannot tell slower from never."""

STRENGTH = 0.62
"""Of the map's colours: lines and words must be legible on them."""

LABELS = {"beta": "Momentum β", "beta1": "Memory of the gradient, β₁"}
MEMORIES = {
    "alpha": "Memory of the squares, 1 / (1 − α), in steps (log scale)",
    "beta2": "Memory of the squares, 1 / (1 − β₂), in steps (log scale)",
}


class RatesView(View):
    """The map at the left; the selected run over its surface, and its distance, at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.map = Plot("Learning rate η (log scale)", "Momentum β", log_x=True, fixed=True, parent=self)
        self.path = Plot("x", "y", equal=True, parent=self)
        self.chart = Plot("Step", "Distance to the minimum (log scale)", log_y=True, grid=True, parent=self)
        self.reading = QLabel(self)
        self.reading.setProperty("role", "muted")
        self.reading.setWordWrap(True)
        self.reading.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.selected = Handle(self.map, "Selected run")
        self.start = Handle(self.path, "Start")
        self._map: RateMap | None = None
        self._surface: Surface | None = None
        self._trace: Trace | None = None
        self._fitted: Trace | None = None
        self._charted: tuple[Any, ...] = ()
        self._drawn: tuple[Any, ...] = ()
        self.map.clicked.connect(self._click)
        self.map.hovered.connect(self._hover)
        self.selected.moved.connect(self._select)
        self.selected.released.connect(self.committed)
        self.start.moved.connect(self._drag_start)
        self.start.released.connect(self.committed)
        self.parts = (self.map, self.path, self.chart)

    @property
    def _config(self) -> RatesConfig:
        return cast(RatesConfig, self.config)

    # --- what the stage calls --------------------------------------------------------------------

    def show_config(self, config: Any, inputs: object) -> None:
        super().show_config(config, inputs)
        if not isinstance(inputs, RateMap):
            return
        self._map = inputs
        drawn = (inputs, config.measure, config.overlay)
        if drawn != self._drawn:
            self._drawn = drawn
            self._show_map(inputs)
        surface = inputs.surface
        if surface is not self._surface:
            self._surface = surface
            self.path.set_ground(*surface_map(surface).layers)
            self.path.set_range(*surface.domain)
            self.path.set_labels("x", "y", surface.title)
        self.start.place(*origin_of(config))
        i, j = inputs.nearest(config.selected)
        self.selected.place(float(inputs.learning_rates[j]), self._on_axis(float(inputs.seconds[i])))
        self._show_chart(inputs, config)
        self._read(math.nan, math.nan)

    def draw(self, trace: Trace, index: int) -> None:
        if not isinstance(trace.frame(index), PathFrame):
            return
        self._trace = trace
        positions, distances = trace.series("position"), trace.series("distance")
        thing = self._config.optimizer
        for plot, values in ((self.path, positions), (self.chart, distances)):
            for trail in plot.trails:
                if trail.key != thing:
                    trail.clear()
            plot.trail(thing, cased=plot is self.path).show(values, index)
        self.chart.playhead().move(index)

    def settle(self) -> None:
        self._fit()
        for plot in (self.map, self.path, self.chart):
            plot.settle()

    def describe(self, trace: Trace, index: int) -> str:
        return rates_words.describe(trace, index, self._config, self._map)

    def notes(self, trace: Trace, index: int) -> list[str]:
        return rates_words.notes(trace, index, self._config, self._map)

    # --- the axes ------------------------------------------------------------------------------

    def _on_axis(self, second: float) -> float:
        """The second parameter on the vertical axis: itself, or how many steps it remembers."""
        return 1 / (1 - second) if self.map.log_y else second

    def _second(self, on_axis: float) -> float:
        return 1 - 1 / on_axis if self.map.log_y else on_axis

    def _pixel(self, rate: float, on_axis: float) -> tuple[int, int] | None:
        if self._map is None or not (rate > 0 and math.isfinite(on_axis)):
            return None
        return self._map.nearest((rate, self._second(on_axis)))

    # --- what the reader does --------------------------------------------------------------------

    def _select(self, rate: float, on_axis: float) -> None:
        pixel = self._pixel(rate, on_axis)
        if pixel is None or self._map is None:
            return
        i, j = pixel
        chosen = (float(self._map.learning_rates[j]), float(self._map.seconds[i]))
        if chosen != self._config.selected:
            self.edited.emit(msgspec.structs.replace(self._config, selected=chosen))
        else:
            self.selected.place(chosen[0], self._on_axis(chosen[1]))

    def _click(self, rate: float, on_axis: float) -> None:
        self._select(rate, on_axis)
        self.committed.emit()

    def _drag_start(self, x: float, y: float) -> None:
        self.edited.emit(msgspec.structs.replace(self._config, start=(x, y)))

    def _hover(self, rate: float, on_axis: float) -> None:
        self._read(rate, on_axis)

    def _read(self, rate: float, on_axis: float) -> None:
        """Say what the pixel under the mouse, else the selected one, holds."""
        if self._map is None:
            return
        pixel = self._pixel(rate, on_axis) or self._map.nearest(self._config.selected)
        self.reading.setText(rates_words.reading(self._map, *pixel))

    # --- drawing -------------------------------------------------------------------------------

    def _show_map(self, found: RateMap) -> None:
        second = found.second_name
        log = second in MEMORIES
        self.map.set_log(x=True, y=log)
        x = _edges(found.learning_rates, log=True)
        y = _edges(1 / (1 - found.seconds) if log else found.seconds, log=log)
        self.map.set_range(x, y)
        self.map.set_labels("Learning rate η (log scale)", MEMORIES.get(second) or LABELS[second])
        layers: list[Layer] = []
        heatmap, bar = _heatmap(found, self._config, x, y)
        layers += [heatmap, Hatched(found.diverged, x, y, "diverges")]
        layers += self._theory(found)
        i, j = found.best()
        layers.append(Landmark(float(found.learning_rates[j]), self._on_axis(float(found.seconds[i])), "best",
                               "" if found.theory and self._config.overlay else "fastest"))  # fmt: skip
        self.map.set_ground(*layers, bar)

    def _theory(self, found: RateMap) -> list[Layer]:
        exact = found.theory
        if exact is None or not self._config.overlay:
            return []
        rates, betas = found.learning_rates, found.seconds
        edge = "η = 2 (1 + β) / L" if self._config.optimizer == "momentum" else "η = 2 (1 + β) / ((1 + 2β) L)"
        boundary = np.stack([exact.boundary, betas], axis=1)
        layers: list[Layer] = [Line(boundary, "text", edge, width=2.0, label_at=0.75)]
        dash = Qt.PenStyle.DashLine
        layers += [Line(np.stack([rates, each], axis=1), "text", "", dash, 1.0) for each in exact.critical]
        for name, best in exact.best.items():
            at, beta = best.learning_rate, max(best.beta, float(betas[0]))
            if name == "gradient_descent":
                layers.append(Landmark(at, beta, "local", "gradient descent’s best"))
            else:
                said = f"best by theory: × {number(best.rate, 3)} a step"
                layers.append(Landmark(at, beta, "global", said))
        return layers

    def _fit(self) -> None:
        """A run that diverges ends early: then its few steps take the whole chart."""
        trace = self._trace
        if trace is None or not trace.finished or trace is self._fitted or trace.available < 2:
            return
        self._fitted = trace
        if trace.available <= self._config.steps:
            distances = trace.series("distance")
            seen = distances[np.isfinite(distances) & (distances > 0)]
            self.chart.set_range((0, trace.available - 1), (float(seen.min()) / 3, float(seen.max()) * 3))

    def _show_chart(self, found: RateMap, config: RatesConfig) -> None:
        i, j = found.nearest(config.selected)
        exact = None
        if found.theory is not None and config.overlay:
            exact = float(found.theory.predicted[i, j])
        grows = bool(found.diverged[i, j])
        rate = 1.0 if grows else float(found.rate[i, j])
        charted = (found.surface, config.start, config.steps, grows, rate, exact)
        if charted == self._charted:
            return
        self._charted = charted
        origin = np.asarray(origin_of(config), float)
        first = float(np.linalg.norm(found.surface.minimum_points - origin, axis=1).min()) or 1.0
        last = first * 1e3 if grows else first * max(1e-16, rate**config.steps)
        self.chart.set_range((0, config.steps), (min(first, last) / 3, max(first, last) * 3))
        layers: list[Layer] = []
        if exact is not None:
            steps = np.linspace(0.0, config.steps, 64)
            with np.errstate(under="ignore", over="ignore"):
                line = np.stack([steps, first * np.minimum(exact**steps, 1e12)], axis=1)
            layers.append(
                Line(line, "muted", f"theory: × {number(exact, 3)} a step", Qt.PenStyle.DashLine, 1.2)
            )
        self.chart.set_ground(*layers)

    # --- layout --------------------------------------------------------------------------------

    def lay_out(self) -> None:
        box, path, chart = places(self.rect(), 2, share=0.6)
        below = 2 * self.reading.fontMetrics().height() + 6
        self.map.setGeometry(box.adjusted(0, 0, 0, -below))
        self.reading.setGeometry(QRect(box.left() + 4, box.bottom() - below + 4, box.width() - 8, below))
        self.path.setGeometry(path)
        self.chart.setGeometry(chart)


def _edges(values: np.ndarray, *, log: bool) -> tuple[float, float]:
    """The outer edges of the pixels whose middles these are."""
    on_axis = np.log10(values) if log else values
    half = (on_axis[-1] - on_axis[0]) / (len(values) - 1) / 2
    low, high = float(on_axis[0] - half), float(on_axis[-1] + half)
    return (10**low, 10**high) if log else (low, high)


def _heatmap(found: RateMap, config: RatesConfig, x: Any, y: Any) -> tuple[Heatmap, ColourBar]:
    """The map and its colour bar; the fast end is the bright one in either unit."""
    rate = np.where(found.diverged, np.nan, found.rate)
    with np.errstate(invalid="ignore"):
        rate = np.clip(rate, 1e-10, 10 ** (-1 / SLOWEST))
    if config.measure == "rate":
        values, marks, title = -rate, [0.1 * k for k in range(11)], "factor per step"
        ticks = [(-mark, number(mark, 2)) for mark in marks]
    else:
        values, title = np.log10(-np.log10(rate)), "steps per digit"
        marks = [m * 10.0**k for k in range(-1, 4) for m in (1, 2, 5)]
        ticks = [(-math.log10(mark), number(mark, 2)) for mark in marks]
    heatmap = Heatmap(values, x, y, cells=True, strength=STRENGTH)
    return heatmap, ColourBar(heatmap, ticks, title)
