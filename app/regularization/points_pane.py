"""Points that are learned from and points that are held out, all to be dragged, and curves through them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPolygonF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.stage import lines
from app.stage.brushes import Brushes
from app.stage.canvas import PointCanvas
from app.stage.ground import Layer, Line, Paper
from app.stage.marks import unit
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
        self.brushes = Brushes(
            self.canvas, ("Training points", "Held-out points"),
            ("Add training points", "Add held-out points"),
            "Drag a point; a click on free ground adds one, a right click takes one away", self,
        )  # fmt: skip
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.plot, 1)
        column.addWidget(self.brushes)
        self.theme: Theme = LIGHT
        self.canvas.edited.connect(self._edited)
        self.canvas.released.connect(self.released)

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.plot.set_theme(theme)
        self.brushes.set_theme(theme)

    def show_points(self, points: tuple[tuple[float, float, int], ...]) -> None:
        self.canvas.show_points(points)

    def show_frame(self, frame: OverfittingFrame) -> None:
        """The resampled curves, the band that holds most of them, and the curve of these points."""
        layers: list[Layer] = []
        if frame.step:
            layers = [Band(GRID, *frame.band), Curves(GRID, frame.resampled[-RECENT:])]
        layers.append(Line(np.column_stack([GRID, frame.fitted.curve]), "text", width=2.4))
        self.plot.set_ground(*layers)

    def _edited(self, points: tuple[tuple[float, float, int], ...]) -> None:
        self.edited.emit(tuple((_within(x, EDGE), _within(y, Y), int(out)) for x, y, out in points))


def _within(value: float, most: float) -> float:
    """Three decimals are finer than a pixel, and short in a link."""
    return round(max(-most, min(most, float(value))), 3)
