"""Points that are learned from and points that are held out, all to be dragged, and curves through them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPolygonF
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.stage import lines
from app.stage import theme as look
from app.stage.canvas import PointCanvas
from app.stage.ground import Layer, Line, Paper
from app.stage.marks import draw_symbol, unit
from app.stage.plots import Plot
from app.stage.theme import GAP, LIGHT, Theme
from core.regularization.overfitting import GRID, OverfittingFrame, Y

THINGS = ("training", "held_out")
MOST = 120
RECENT = 12
"""Resampled curves that are drawn; the band tells of all of them."""
EDGE = 1.0
"""x ends here; beyond it a little margin so that a point at the edge is whole."""


@dataclass(frozen=True, eq=False)
class Curves(Layer):
    """Many thin curves over one grid: heights (k, n). The newest, the last of them, stands out."""

    x: np.ndarray
    heights: np.ndarray

    def paint(self, paper: Paper) -> None:
        if not len(self.heights):
            return
        faint = QColor(paper.theme.muted)
        faint.setAlphaF(0.24)
        newest = QColor(paper.theme.accent)
        for rows, ink, width in ((self.heights[:-1], faint, 1.0), (self.heights[-1:], newest, 1.3)):
            paper.painter.setPen(lines.pen(ink, width * unit(), Qt.PenCapStyle.FlatCap))
            lines.draw(paper.painter, self._segments(paper, rows))

    def _segments(self, paper: Paper, rows: np.ndarray) -> np.ndarray:
        """All curves' segments at once, cut to what is seen."""
        if not len(rows):
            return np.empty((0, 4))
        gap = np.full((len(rows), 1), np.nan)
        heights = np.hstack([rows, gap]).ravel()
        across = np.tile(np.append(self.x, self.x[-1]), len(rows))
        pixels = paper.mapping.pixels(np.column_stack([across, heights]))
        return lines.clipped(lines.segments(pixels), paper.mapping.rect)


@dataclass(frozen=True, eq=False)
class Band(Layer):
    """What lies between two curves."""

    x: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def paint(self, paper: Paper) -> None:
        there, back = np.column_stack([self.x, self.low]), np.column_stack([self.x, self.high])[::-1]
        pixels = paper.mapping.pixels(np.concatenate([there, back]))
        box = paper.mapping.rect  # a polygon that reaches far beyond it paints several times slower
        pixels[:, 1] = np.clip(pixels[:, 1], box.top() - 2, box.bottom() + 2)
        fill = QColor(paper.theme.accent)
        fill.setAlphaF(0.16)
        paper.painter.setPen(Qt.PenStyle.NoPen)
        paper.painter.setBrush(fill)
        paper.painter.drawPolygon(QPolygonF([QPointF(*each) for each in pixels.tolist()]))


class PointsPane(QWidget):
    """The plot, a canvas over it, and below it what a click adds."""

    edited = Signal(object)
    """The new points: tuples of x, y and whether it is held out."""
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = Plot("x", "y", fixed=True, parent=self)
        self.plot.set_range((-1.04, 1.04), (-Y - 0.06, Y + 0.06))
        self.canvas = PointCanvas(self.plot, THINGS, most=MOST)
        self.brushes = QButtonGroup(self)
        row = QHBoxLayout()
        row.setContentsMargins(GAP, 0, 0, 0)
        row.setSpacing(2 * GAP)
        for label, (thing, words) in enumerate(zip(THINGS, ("Training", "Held-out"), strict=True)):
            brush = QToolButton(self)
            brush.setText(f"{words} points")
            brush.setAccessibleName(f"Add {words.lower()} points")
            brush.setCheckable(True)
            brush.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            brush.setProperty("thing", thing)
            brush.setToolTip("Drag a point; a click on free ground adds one, a right click takes one away")
            self.brushes.addButton(brush, label)
            row.addWidget(brush)
        self.brushes.button(0).setChecked(True)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.plot, 1)
        column.addLayout(row)
        self.theme: Theme = LIGHT
        self.brushes.idClicked.connect(self._take)
        self.canvas.edited.connect(self._edited)
        self.canvas.released.connect(self.released)

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.plot.set_theme(theme)
        for brush in self.brushes.buttons():
            brush.setIcon(_icon(theme, str(brush.property("thing"))))
            brush.setIconSize(QSize(14, 14))

    def show_points(self, points: tuple[tuple[float, float, int], ...]) -> None:
        self.canvas.show_points(points)

    def show_frame(self, frame: OverfittingFrame) -> None:
        """The resampled curves, the band that holds most of them, and the curve of these points."""
        layers: list[Layer] = []
        if frame.step:
            layers = [Band(GRID, *frame.band), Curves(GRID, frame.resampled[-RECENT:])]
        layers.append(Line(np.column_stack([GRID, frame.fitted.curve]), "text", width=2.4))
        self.plot.set_ground(*layers)

    def _take(self, label: int) -> None:
        self.canvas.label = label

    def _edited(self, points: tuple[tuple[float, float, int], ...]) -> None:
        self.edited.emit(tuple((_within(x, EDGE), _within(y, Y), int(out)) for x, y, out in points))


def _within(value: float, most: float) -> float:
    """Three decimals are finer than a pixel, and short in a link."""
    return round(max(-most, min(most, float(value))), 3)


def _icon(theme: Theme, thing: str) -> QIcon:
    pixmap = QPixmap(28, 28)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_symbol(painter, QPointF(7, 7), look.MARKERS[thing], theme.colour(thing), 5.0)
    return QIcon(pixmap)
