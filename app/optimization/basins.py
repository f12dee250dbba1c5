"""Basins: every start coloured by the minimum that is reached from it; the chosen start's run over them."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.optimization import basins_words as words
from app.optimization.overlays import ContourLines, Hatched
from app.optimization.surface_map import surface_map
from app.stage import theme as look
from app.stage.ground import Classes, Heatmap, Landmark, Layer
from app.stage.handles import Handle
from app.stage.plots import Plot
from app.stage.theme import GROUP, LIGHT, PANEL, Theme
from app.stage.view import View
from core.optimization.basins import DIVERGED, SADDLE, BasinMap, BasinsConfig, start_of, tints
from core.optimization.path import PathFrame
from core.optimization.surfaces import Surface
from core.trace import Trace

TINTS = ("#3B75AF", "#E0812C", "#4F9E4C", "#9D6FB0", "#B9A227", "#45A5A8")
"""Colours of basins: minima are named by letters as well, and neighbours never share one."""

FEW = 8
"""No more minima than this have letters."""


class BasinsView(View):
    """The map at the left; how much of it each minimum takes, and the run's distance, at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.map = Plot("x", "y", equal=True, parent=self)
        self.chart = Plot("Step", "Distance to the nearest minimum (log scale)", log_y=True, grid=True,
                          parent=self)  # fmt: skip
        self.shares = Shares(self)
        self.start = Handle(self.map, "Start")
        self._map: BasinMap | None = None
        self._drawn: tuple[Any, ...] = ()
        self._trace: Trace | None = None
        self._fitted: Trace | None = None
        self.map.clicked.connect(self._click)
        self.start.moved.connect(self._drag_start)
        self.start.released.connect(self.committed)
        self.parts = (self.map, self.chart, self.shares)

    @property
    def _config(self) -> BasinsConfig:
        return cast(BasinsConfig, self.config)

    # --- what the stage calls --------------------------------------------------------------------

    def show_config(self, config: Any, inputs: object) -> None:
        super().show_config(config, inputs)
        if not isinstance(inputs, BasinMap):
            return
        if self._map is None or inputs.surface is not self._map.surface:
            self.map.set_range(*inputs.surface.domain)
            self.map.set_labels("x", "y", inputs.surface.title)
        self._map = inputs
        if (inputs, config.shade) != self._drawn:
            self._drawn = (inputs, config.shade)
            self.map.set_ground(*layers(inputs, config))
            self.shares.show_map(inputs)
        self.start.place(*start_of(config, inputs.surface))
        self.lay_out()

    def draw(self, trace: Trace, index: int) -> None:
        if not isinstance(trace.frame(index), PathFrame):
            return
        self._trace = trace
        if not self.start.held:
            self._fit()
        positions, distances = trace.series("position"), trace.series("distance")
        thing = self._config.optimizer
        for plot, values in ((self.map, positions), (self.chart, distances)):
            for trail in plot.trails:
                if trail.key != thing:
                    trail.clear()
            plot.trail(thing, cased=plot is self.map).show(values, index)
        self.chart.playhead().move(index)

    def settle(self) -> None:
        self._fit()
        for plot in (self.map, self.chart):
            plot.settle()

    def describe(self, trace: Trace, index: int) -> str:
        return words.describe(trace, index, self._config, self._map)

    def notes(self, trace: Trace, index: int) -> list[str]:
        return words.notes(trace, index, self._config, self._map)

    # --- what the reader does --------------------------------------------------------------------

    def _drag_start(self, x: float, y: float) -> None:
        if self._map is not None:
            (x0, x1), (y0, y1) = self._map.surface.domain
            start = (min(max(x, x0), x1), min(max(y, y0), y1))
            self.edited.emit(msgspec.structs.replace(self._config, start=start))

    def _click(self, x: float, y: float) -> None:
        self._drag_start(x, y)
        self.committed.emit()

    # --- drawing -------------------------------------------------------------------------------

    def _fit(self) -> None:
        """The chart's range is that of the whole run, once it is there."""
        trace = self._trace
        if trace is None or trace is self._fitted or not trace.available:
            return
        if trace.finished:
            self._fitted = trace
        distances = trace.series("distance")
        seen = distances[np.isfinite(distances) & (distances > 1e-12)]
        last = trace.available - 1 if trace.finished else self._config.steps
        if len(seen):
            self.chart.set_range((0, max(1, last)), (float(seen.min()) / 2, float(seen.max()) * 2))

    # --- layout --------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """The map is as large as its shape allows; the shares stand under it if that leaves them room."""
        width, height = self.width(), self.height()
        (x0, x1), (y0, y1) = ((0, 1), (0, 1)) if self._map is None else self._map.surface.domain
        shape = (y1 - y0) / (x1 - x0)
        wide = width >= 1.05 * height
        left = min(round(0.62 * width), round((height - 80) / shape) + 60) if wide else width
        tall = min(height if wide else round(0.6 * height), round(left * shape) + 90)
        needed = self.shares.needed()
        self.map.setGeometry(0, 0, left, tall)
        gap = GROUP if width > 900 else PANEL
        if not wide:
            half = (width - gap) // 2
            self.shares.setGeometry(0, tall + gap, half, height - tall - gap)
            self.chart.setGeometry(half + gap, tall + gap, width - half - gap, height - tall - gap)
            return
        x, room = left + gap, max(80, width - left - gap)
        if height - tall >= needed + gap:
            self.shares.setGeometry(PANEL, tall + gap, left - PANEL, height - tall - gap)
            self.chart.setGeometry(x, 0, room, height)
        else:
            upper = min(needed, height // 2)
            self.shares.setGeometry(x, 0, room, upper)
            self.chart.setGeometry(x, upper + gap, room, height - upper - gap)


def layers(found: BasinMap, config: BasinsConfig) -> list[Layer]:
    """The map of classes, the surface's contours over it, what has no basin struck through, landmarks."""
    surface = found.surface
    x, y = surface.domain
    chosen = tints(surface.minimum_points, len(TINTS))
    colours = [TINTS[k] for k in chosen]
    codes = np.where(found.outcome == SADDLE, len(colours), found.outcome)
    shade = found.speed() if config.shade else None
    made: list[Layer] = [Classes(codes, x, y, [*colours, "muted"], shade=shade, strength=0.62)]
    made.append(Hatched(found.outcome == DIVERGED, x, y, "diverges"))
    relief = next(each for each in surface_map(surface).layers if isinstance(each, Heatmap))
    made.append(ContourLines(relief.values, x, y, relief.levels))
    if len(surface.saddles) <= 4 * FEW:
        made += [Landmark(float(a), float(b), "saddle") for a, b in surface.saddles]
    named = len(surface.minima) <= FEW
    for k, minimum in enumerate(surface.minima):
        kind = "global" if minimum.is_global else "local"
        made.append(Landmark(minimum.x, minimum.y, kind, words.letter(k) if named else ""))  # type: ignore[arg-type]
    return made


class Shares(QWidget):
    """A bar for each outcome: how much of the map it takes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = LIGHT
        self._rows: list[tuple[str, str, str, float]] = []
        self.setAccessibleName("Share of the starts that end in each minimum")

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def show_map(self, found: BasinMap) -> None:
        self._rows = _rows(found.surface, found.shares())
        self.setAccessibleDescription("; ".join(f"{name}: {said}" for name, said, _, _ in self._rows))
        self.update()

    def needed(self) -> int:
        """Pixels of height that all its rows need."""
        line = QFontMetricsF(look.font(look.CAPTION)).height()
        title = QFontMetricsF(look.font(look.BODY, bold=True)).height()
        return round(title + 8 + 1.7 * line * min(max(1, len(self._rows)), FEW + 2))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, title, small = self.theme, look.font(look.BODY, bold=True), look.font(look.CAPTION)
        top = QFontMetricsF(title).height() + 8
        line = QFontMetricsF(small).height()
        each = min(max(line + 6.0, (self.height() - top) / max(1, len(self._rows))), 1.7 * line)
        room = max(0, int((self.height() - top) / each))
        more = len(self._rows) - room + 1 if len(self._rows) > room else 0
        shown = self._rows[: len(self._rows) - more]
        names = max((QFontMetricsF(small).horizontalAdvance(row[0]) for row in shown), default=0.0) + 10
        numbers = max((QFontMetricsF(small).horizontalAdvance(row[1]) for row in shown), default=0.0) + 8
        length = max(10.0, self.width() - names - numbers - PANEL)
        widest = max((row[3] for row in shown), default=1.0)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QColor(theme.text))
            painter.setFont(title)
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, 4, self.width(), top - 8), flags, "Where the starts end")
            painter.setFont(small)
            for k, (name, said, colour, share) in enumerate(shown):
                middle = top + (k + 0.5) * each
                painter.setPen(QColor(theme.text))
                painter.drawText(QRectF(0, middle - line / 2, names, line), flags, name)
                bar = QRectF(names, middle - 0.32 * each, max(1.0, length * share / widest), 0.64 * each)
                fill = QColor(colour) if colour.startswith("#") else QColor(getattr(theme, colour))
                painter.setPen(QPen(fill, 1.0))
                painter.setBrush(theme.mix(fill.name(), 0.62))
                painter.drawRect(bar)
                painter.setPen(QColor(theme.muted))
                place = QPointF(bar.right() + 8, middle - line / 2)
                painter.drawText(QRectF(place.x(), place.y(), numbers + PANEL, line), flags, said)
            if more:
                last = top + (len(shown) + 0.5) * each - line / 2
                painter.drawText(QRectF(0, last, self.width(), line), flags, f"and {more} more")


def _rows(surface: Surface, shares: dict[int, float]) -> list[tuple[str, str, str, float]]:
    """Name, words, colour and share of each outcome; few minima in their order, of many the best first."""
    chosen = tints(surface.minimum_points, len(TINTS))
    minima = [(k, share) for k, share in shares.items() if k >= 0]
    if len(surface.minima) <= FEW:
        minima.sort()
    else:
        minima.sort(key=lambda each: not surface.minima[each[0]].is_global)
    others = [(k, share) for k, share in shares.items() if k < 0]
    rows = []
    for k, share in (*minima, *others):
        colour = TINTS[chosen[k]] if k >= 0 else "muted"
        best = k >= 0 and len(surface.minima) > FEW and surface.minima[k].is_global
        rows.append((words.outcome(surface, k) + ", best" * best, words.percent(share), colour, share))
    return rows
