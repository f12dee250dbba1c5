"""Optimizers on real models: what each has learned, its losses, and how they rank."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from app.optimization import models_words as words
from app.optimization.field import FieldPane
from app.optimization.standings import Standing, Standings
from app.optimization.weight_dots import WeightDots
from app.optimization.words import NAMES, SHORT
from app.stage.plots import Plot
from app.stage.theme import GROUP, PANEL
from app.stage.view import View
from core.optimization.models import Inputs, ModelsConfig, ModelsFrame
from core.optimization.optimizers import OPTIMIZERS
from core.optimization.readings import Reading, reading
from core.trace import Trace

Array = np.ndarray


class Due:
    """When a range is to be found again: for a new run, each time that it has doubled, and at its end."""

    def __init__(self) -> None:
        self._last: tuple[Trace | None, int, bool] = (None, 0, False)

    def now(self, trace: Trace) -> bool:
        seen, count, finished = self._last
        due = trace is not seen or trace.available >= 2 * count or (trace.finished and not finished)
        if due:
            self._last = (trace, trace.available, trace.finished)
        return due

    def again(self) -> None:
        """Something else is measured now."""
        self._last = (None, 0, False)


class Curves(Plot):
    """One column of the run against the step, a line for each optimizer; a diverged one ends."""

    def __init__(self, x_label: str, parent: QWidget) -> None:
        super().__init__(x_label, "", log_y=True, grid=True, parent=parent)
        self.column = ""
        self._source: tuple[Any, ...] = ()
        self._values: Array = np.empty((0, 0))
        self._due = Due()
        for name in OPTIMIZERS:
            self.trail(name, label=SHORT[name], width=1.4, cased=False, size=3.4)

    def show_column(self, column: str, title: str, *, log: bool) -> None:
        if (column, log) != (self.column, self.log_y):
            self.column, self._source = column, ()
            self._due.again()
            self.set_log(x=False, y=log)
        self.set_labels(self.decor.x_label, title + (" (log scale)" if log else ""))
        self.setAccessibleName(f"{title} against step")

    def draw(self, trace: Trace, index: int, names: tuple[str, ...], steps: int) -> None:
        values = self._columns(trace)
        self._fit(trace, steps)
        for trail in self.trails:
            if trail.key in names and values.ndim == 2:
                trail.show(values[:, names.index(trail.key)], index)
            else:
                trail.clear()
        self.playhead().move(index)

    def _columns(self, trace: Trace) -> Array:
        source = (trace, trace.available, self.column)
        if source != self._source:
            self._source = source
            values, diverged = trace.series(self.column), trace.series("diverged")
            count = min(len(values), len(diverged))
            with np.errstate(invalid="ignore"):
                self._values = np.where(diverged[:count] > 0, np.nan, values[:count])
        return self._values

    def _fit(self, trace: Trace, steps: int) -> None:
        if self._values.size and self._due.now(trace):
            self.set_range((0.0, float(max(1, steps))), range_of(self._values, self.log_y))


def range_of(values: Array, log: bool) -> tuple[float, float]:
    """Ends of an axis for values (steps, R): all of them, but for what a diverging run does."""
    seen = values[np.isfinite(values) & ((values > 0) | (not log))]
    if not seen.size:
        return (0.1, 1.0) if log else (0.0, 1.0)
    first = values[0][np.isfinite(values[0])]
    begin = float(np.abs(first).max(initial=0.0))
    low, high = float(seen.min()), float(seen.max())
    if log:
        high = min(high, 30 * begin) if begin else high
        return min(low, high) / 1.15, high * 1.15
    low = max(low, float(np.quantile(seen, 0.02)) - 1.0)
    pad = 0.04 * (high - low) or 0.5
    return low - pad, high + pad


class ModelsView(View):
    """The model at the left, losses and ranking at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.losses, self.second = Curves("", self), Curves("Step", self)
        self.standings = Standings(self)
        self.dots = WeightDots(self)
        self.field = FieldPane(self)
        self._inputs: Inputs | None = None
        self._reading: Reading | None = None
        self._due = Due()
        self.standings.chosen.connect(self._choose)
        self.dots.chosen.connect(self._watch)
        self.field.painted.connect(self._paint)
        self.field.released.connect(self.committed)
        for plot in (self.losses, self.second):
            plot.mark_hovered.connect(self._inspect)
            plot.mark_clicked.connect(self._choose)
        self.parts = (self.losses, self.second, self.standings, self.dots, self.field)

    @property
    def _config(self) -> ModelsConfig:
        return cast(ModelsConfig, self.config)

    # --- what the stage calls --------------------------------------------------------------------

    def show_config(self, config: Any, inputs: object) -> None:
        super().show_config(config, inputs)
        if not isinstance(inputs, Inputs):
            return
        network = config.problem == "mlp"
        if inputs is not self._inputs:
            self._inputs = inputs
            self._reading = None if network else reading(inputs)
            if self._reading is not None:
                self.dots.show_reading(self._reading, *words.dots(config, len(inputs.training.y)))
        self.dots.setVisible(not network)
        self.field.setVisible(network)
        if network:
            self.field.show_config(config, inputs)
        penalised = "Training loss with penalties" if config.l1 or config.l2 else "Training loss"
        self.losses.show_column("objective", penalised, log=config.log_axis)
        column, title, log = words.curve(config)
        self.second.show_column(column, title, log=log)
        for plot in (self.losses, self.second):
            plot.emphasise(config.inspected)
        self.lay_out()

    def draw(self, trace: Trace, index: int) -> None:
        frame = trace.frame(index)
        if not isinstance(frame, ModelsFrame):
            return
        for plot in (self.losses, self.second):
            plot.draw(trace, index, frame.runners, self._config.steps)
        self._rank(frame)
        i = frame.inspected(self._config)
        if self._config.problem == "mlp":
            self.field.show_frame(frame, i)
        elif self._reading is not None:
            self._span(trace)
            row = int(np.abs(self._reading.parameters - self._config.watched).argmin())
            exact = self._reading.parameters[row] == self._config.watched
            values = np.where(frame.diverged > 0, np.nan, self._reading.values(frame))
            self.dots.show_values(values, frame.runners, self._config.inspected, row if exact else -1)

    def settle(self) -> None:
        for plot in (self.losses, self.second, self.field.plot):
            plot.settle()

    def describe(self, trace: Trace, index: int) -> str:
        return words.describe(trace, index, self._config)

    def notes(self, trace: Trace, index: int) -> list[str]:
        return words.notes(trace, index, self._config)

    # --- what the reader does --------------------------------------------------------------------

    def _inspect(self, key: str) -> None:
        if key and key != self._config.inspected:
            self.edited.emit(msgspec.structs.replace(self._config, inspected=key))

    def _choose(self, key: str) -> None:
        self._inspect(key)
        self.committed.emit()

    def _watch(self, row: int) -> None:
        if self._reading is not None:
            k = int(self._reading.parameters[row])
            self.edited.emit(msgspec.structs.replace(self._config, watched=k))
            self.committed.emit()

    def _paint(self, points: tuple[tuple[float, float, int], ...]) -> None:
        self.edited.emit(msgspec.structs.replace(self._config, painted=points))

    # --- drawing -------------------------------------------------------------------------------

    def _rank(self, frame: ModelsFrame) -> None:
        gone = frame.diverged
        order = sorted(range(len(frame.runners)), key=lambda i: (gone[i] > 0, frame.objective[i]))
        lines = [
            Standing(frame.runners[i], "" if gone[i] else str(rank + 1), NAMES[frame.runners[i]],
                     words.standing(frame, i, self._config), bool(gone[i]))
            for rank, i in enumerate(order)
        ]  # fmt: skip
        self.standings.show_lines(tuple(lines), self._config.inspected)

    def _span(self, trace: Trace) -> None:
        """The dots' axis: of the newest frame that there is."""
        newest = trace.frame(trace.available - 1)
        if self._reading is None or not isinstance(newest, ModelsFrame) or not self._due.now(trace):
            return
        if self._reading.kind == "progress":
            self.dots.set_span(-0.15, 1.3)
            return
        values = self._reading.values(newest)[:, newest.diverged == 0]
        reach = 1.12 * max(0.5, float(np.abs(values).max(initial=0.0)))
        self.dots.set_span(-reach, reach)

    # --- layout --------------------------------------------------------------------------------

    def lay_out(self) -> None:
        width, height = self.width(), self.height()
        rows = sum(self.config is None or getattr(self.config, name).on for name in OPTIMIZERS)
        ranking = self.standings.height_for(rows)
        gap = GROUP if width > 900 else PANEL
        left = min(round(0.5 * width), height) if self._is_network() else round(0.46 * width)
        for pane in (self.dots, self.field):
            pane.setGeometry(0, 0, left, height)
        x, room = left + gap, max(120, width - left - gap)
        charts = max(160, height - ranking - 8)
        upper = round(0.5 * charts)
        self.losses.setGeometry(QRect(x, 0, room, upper))
        self.second.setGeometry(QRect(x, upper, room, charts - upper))
        self.standings.setGeometry(QRect(x, charts + 8, room, ranking))

    def _is_network(self) -> bool:
        return self.config is not None and self._config.problem == "mlp"
