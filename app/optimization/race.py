"""The race from above: trails over the loss surface, curves against the step, and the ranking."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QToolButton, QWidget

from app.optimization import words
from app.optimization.race_charts import Curve, RaceChart
from app.optimization.race_words import describe, notes, verdicts_at
from app.optimization.standings import Standing, Standings
from app.optimization.surface_map import legend, surface_map
from app.stage.handles import Handle
from app.stage.marks import Arrow
from app.stage.plots import Plot
from app.stage.theme import GROUP, PANEL
from app.stage.view import View
from core.optimization.course import start_of, surface_of
from core.optimization.optimizers import OPTIMIZERS
from core.optimization.race import RaceConfig, RaceFrame
from core.optimization.surfaces import Surface
from core.optimization.tuning import as_comparison
from core.optimization.verdicts import ranking
from core.trace import Trace

COLOUR_BAR_FROM = 520
"""Pixels of width from which the map has its colour bar."""

FAIR = ("A fair race? Compare three ways to choose the rates →", "A fair race? →")
"""What leads to the comparison of protocols, at length and in short."""

NUMBERS, WORDS = 66, 88
"""Pixels that the map leaves to its axes and title, across and down."""

SECOND: dict[str, Curve] = {"loss": "distance", "distance": "loss", "rate": "loss"}
"""What the lower chart shows beside the one that was chosen."""


class RaceView(View):
    """Surface at the left, two charts and the ranking at the right.

    The start is dragged; a runner (its marker, or its line of the ranking) is inspected when pointed at.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.surface_plot = Plot("x", "y", equal=True, parent=self)
        self.charts = (RaceChart(), RaceChart(x_label="Step"))
        for chart in self.charts:
            chart.setParent(self)
        self.standings = Standings(self)
        self.fair = QToolButton(self)
        self.fair.setText(FAIR[1])
        self.fair.setAccessibleName("Compare three ways to choose the learning rates")
        self.fair.setCursor(Qt.CursorShape.PointingHandCursor)
        for name in OPTIMIZERS:
            self.surface_plot.trail(name)
        self.arrows = self.surface_plot.arrows()
        self.pull = self.surface_plot.arrows()
        self.start = Handle(self.surface_plot, "Start")
        self._surface: Surface | None = None
        self._trace: Trace | None = None
        self._with_bar: bool | None = None
        self.start.moved.connect(self._drag_start)
        self.start.released.connect(self.committed)
        self.standings.chosen.connect(self._choose)
        self.fair.clicked.connect(self._compare)
        for plot in (self.surface_plot, *self.charts):
            plot.mark_hovered.connect(self._inspect)
            plot.mark_clicked.connect(self._choose)
        self.parts = (self.surface_plot, *self.charts, self.standings)

    @property
    def _race(self) -> RaceConfig:
        return cast(RaceConfig, self.config)

    # --- what the stage calls --------------------------------------------------------------------

    def show_config(self, config: Any, inputs: object) -> None:
        super().show_config(config, inputs)
        surface = surface_of(config)
        if surface is not self._surface:
            self._surface = surface
            self._show_ground()
            self.surface_plot.set_range(*surface.domain)
        self.start.place(*start_of(config, surface).tolist())
        for chart, curve in zip(self.charts, (config.curve, SECOND[config.curve]), strict=True):
            chart.show_config(config, surface, curve)
        for plot in (self.surface_plot, *self.charts):
            plot.emphasise(config.inspected)
        self.lay_out()

    def draw(self, trace: Trace, index: int) -> None:
        frame = trace.frame(index)
        if not isinstance(frame, RaceFrame) or self._surface is None:
            return
        if trace is not self._trace:
            self._trace = trace
            if not self.start.held:  # while the start is dragged the axes stay where they are
                self._fit(trace)
        positions = trace.series("positions")
        for trail in self.surface_plot.trails:
            if trail.key in frame.runners:
                runner = frame.runners.index(trail.key)
                path = positions[:, runner]
                trail.show(path, self._last_seen(path, index) if frame.diverged[runner] else index)
            else:
                trail.clear()
        for chart in self.charts:
            chart.draw(trace, index, frame.runners)
        self._draw_arrows(frame)
        self._rank(trace, index, frame)

    def _last_seen(self, path: np.ndarray, index: int) -> int:
        """The step at which a runner that diverges leaves the map: its leaps across would hide the rest."""
        assert self._surface is not None
        low, high = np.array(self._surface.domain).T
        outside = ((path[: index + 1] < low) | (path[: index + 1] > high)).any(axis=1)
        return int(outside.argmax()) if outside.any() else index

    def settle(self) -> None:
        if self._trace is not None:
            self._fit(self._trace)
        for plot in (self.surface_plot, *self.charts):
            plot.settle()

    def describe(self, trace: Trace, index: int) -> str:
        return describe(trace, index, self._race)

    def notes(self, trace: Trace, index: int) -> list[str]:
        return notes(trace, index, self._race)

    # --- what the reader does --------------------------------------------------------------------

    def _drag_start(self, x: float, y: float) -> None:
        if self._surface is not None:
            own = tuple(float(v) for v in self._surface.own((x, y)))
            self.edited.emit(msgspec.structs.replace(self._race, start=own))

    def _inspect(self, key: str) -> None:
        if key and key != self._race.inspected:
            self.edited.emit(msgspec.structs.replace(self._race, inspected=key))

    def _choose(self, key: str) -> None:
        self._inspect(key)
        self.committed.emit()

    def _compare(self) -> None:
        self.visit.emit("optimization/protocols", as_comparison(self._race))

    # --- drawing -------------------------------------------------------------------------------

    def _show_ground(self) -> None:
        if self._surface is None:
            return
        drawn = surface_map(self._surface)
        self._with_bar = self.surface_plot.width() >= COLOUR_BAR_FROM
        self.surface_plot.set_ground(*drawn.layers, *[drawn.colour_bar] * self._with_bar)
        marks = legend(self._surface)
        self.surface_plot.set_labels(f"x      {marks}" if marks else "x", "y", self._surface.title)

    def _fit(self, trace: Trace) -> None:
        for chart in self.charts:
            chart.fit(trace)

    def _draw_arrows(self, frame: RaceFrame) -> None:
        race, theme = self._race, self.theme
        self._draw_pull(frame)
        i = frame.runners.index(race.inspected) if race.inspected in frame.runners else None
        if i is None or not race.arrows or frame.diverged[i]:
            self.arrows.hide()
            return
        found = frame.arrows(race, i)
        muted, text = QColor(theme.muted), QColor(theme.text)
        shown = [Arrow("−gradient", _vector(-found["gradient"]), muted, 70.0)]
        if "velocity" in found:
            shown.append(Arrow("−velocity", _vector(-found["velocity"]), text, 46.0))
        shown.append(Arrow("step", _vector(found["step"]), theme.colour(race.inspected)))
        self.arrows.show(_vector(frame.positions[i]), shown)

    def _draw_pull(self, frame: RaceFrame) -> None:
        """AdamW's decay, a pull to the origin whoever is inspected."""
        i = frame.runners.index("adamw") if "adamw" in frame.runners else None
        if i is None or not self._race.arrows or frame.diverged[i]:
            self.pull.hide()
            return
        decay = frame.arrows(self._race, i)["decay"]
        arrow = Arrow("decay", _vector(decay), self.theme.colour("adamw"), 30.0, dashed=True)
        self.pull.show(_vector(frame.positions[i]), [arrow])

    def _rank(self, trace: Trace, index: int, frame: RaceFrame) -> None:
        surface, verdicts = verdicts_at(trace, index, self._race)
        count = len(surface.minima)
        lines = []
        for i, rank, _ in ranking(verdicts):
            name = frame.runners[i]
            said = words.verdict(verdicts[i], count)
            warning = verdicts[i].code in ("undefined", "diverged")
            lines.append(Standing(name, "" if rank is None else str(rank), words.NAMES[name], said, warning))
        self.standings.show_lines(tuple(lines), self._race.inspected)

    # --- layout --------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """The surface is as large as its shape allows in four sevenths; the rest takes what is left."""
        width, height = self.width(), self.height()
        left = min(round(0.57 * width), self._surface_width(height))
        self.surface_plot.setGeometry(0, 0, left, height)
        if self._surface is not None and self._with_bar != (left >= COLOUR_BAR_FROM):
            self._show_ground()
        x = left + (GROUP if width > 900 else PANEL)
        right = max(120, width - x)
        rows = len([name for name in OPTIMIZERS if self.config is None or getattr(self.config, name).on])
        ranking_height = self.standings.height_for(rows)
        button = self.fair.sizeHint()
        below = ranking_height + button.height() + 12
        under = height - self._surface_height(left) >= below + GROUP  # the map is wide, not high
        charts = height if under else max(160, height - below)
        upper = round(0.52 * charts)
        self.charts[0].setGeometry(QRect(x, 0, right, upper))
        self.charts[1].setGeometry(QRect(x, upper, right, charts - upper))
        if under:
            x, right, charts = 0, left, self._surface_height(left) + GROUP
            self.surface_plot.setGeometry(0, 0, left, charts)
        self.standings.setGeometry(QRect(x, charts + 8, right, ranking_height))
        self.fair.setText(
            FAIR[0] if self.fair.fontMetrics().horizontalAdvance(FAIR[0]) + 24 < right else FAIR[1]
        )
        button = self.fair.sizeHint()
        self.fair.setGeometry(x, charts + 12 + ranking_height, min(right, button.width()), button.height())

    def _surface_width(self, height: int) -> int:
        """Pixels that the surface needs at full height: beyond that its sides would stay empty."""
        if self._surface is None:
            return height
        (x0, x1), (y0, y1) = self._surface.domain
        bare = round((height - WORDS) * (x1 - x0) / (y1 - y0)) + NUMBERS
        return bare + 66 if bare + 66 >= COLOUR_BAR_FROM else bare

    def _surface_height(self, width: int) -> int:
        """Pixels that the surface needs at this width."""
        if self._surface is None:
            return width
        (x0, x1), (y0, y1) = self._surface.domain
        bar = 66 if width >= COLOUR_BAR_FROM else 0
        return round((width - NUMBERS - bar) * (y1 - y0) / (x1 - x0)) + WORDS


def _vector(values: Any) -> tuple[float, float]:
    x, y = np.asarray(values, float).tolist()
    return x, y
