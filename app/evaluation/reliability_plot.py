"""The reliability diagram: accuracy against confidence, bin by bin, with what luck alone would give."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPen
from PySide6.QtWidgets import QWidget

from app.stage.ground import Layer, Line, Paper
from app.stage.marks import draw_symbol, unit
from app.stage.numbers import number
from app.stage.plots import Plot
from core.evaluation.calibration import Luck, Reliability

NARROWEST = 7.0
"""Pixels across of a bin whose answers all share one confidence."""
ROOM = 100.0


@dataclass(frozen=True, eq=False)
class LuckBars(Layer):
    """For each bin the range of accuracy, in percent, that luck gives a calibrated person."""

    table: Reliability
    luck: Luck

    def paint(self, paper: Paper) -> None:
        painter, theme = paper.painter, paper.theme
        fill = QColor(theme.muted)
        fill.setAlphaF(0.16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        for box in self.boxes(paper):
            painter.drawRect(box)

    def boxes(self, paper: Paper) -> list[QRectF]:
        """The pixels of each bar, at least a few wide and high."""
        made = []
        for low, high, band in zip(self.table.low, self.table.high, self.luck.bins, strict=True):
            box = paper.mapping.rectangle((100 * low, 100 * high), (100 * band.low, 100 * band.high))
            if (missing := NARROWEST * unit() - box.width()) > 0:
                box.adjust(-missing / 2, 0, missing / 2, 0)
            if (missing := 2.0 - box.height()) > 0:
                box.adjust(0, -missing / 2, 0, missing / 2)
            made.append(box.adjusted(0.5, 0, -0.5, 0))
        return made


@dataclass(frozen=True, eq=False)
class Bins(Layer):
    """For each bin a marker at its mean confidence and its accuracy, larger with more answers.

    Within luck a disc; beyond it a triangle in the colour of warnings, that points to where it went.
    """

    table: Reliability
    luck: Luck

    over_axes = True

    def paint(self, paper: Paper) -> None:
        table = self.table
        middles = 100 * np.column_stack([table.confidence, table.confidence])
        ends = 100 * np.column_stack([table.confidence, table.accuracy])
        named = len(table.count) <= 12
        for start, end, count, right, band in zip(
            paper.mapping.pixels(middles).tolist(), paper.mapping.pixels(ends).tolist(),
            table.count, table.right, self.luck.bins, strict=True,
        ):  # fmt: skip
            share = right / count
            symbol = "t1" if share > band.high else "t" if share < band.low else "o"
            colour = QColor(paper.theme.accent if symbol == "o" else paper.theme.warning)
            paper.painter.setPen(QPen(colour, 1.6 * unit()))
            paper.painter.drawLine(QPointF(*start), QPointF(*end))
            radius = unit() * min(9.0, 4.2 + 0.7 * math.sqrt(count))
            draw_symbol(paper.painter, QPointF(*end), symbol, colour, radius, QColor(paper.theme.panel))
            if named:
                _name(paper, QPointF(*end), number(int(count)), radius, above=share >= 0.5)


def _name(paper: Paper, at: QPointF, text: str, radius: float, *, above: bool) -> None:
    """How many answers there are in a bin, beside its marker where the axes leave room."""
    metrics = QFontMetricsF(paper.font)
    width, height = metrics.horizontalAdvance(text), metrics.height()
    box = QRectF(at.x() + radius + 2, at.y() - height / 2, width, height)
    inside = paper.mapping.rect
    if box.right() > inside.right():
        box.moveRight(at.x() - radius - 2)
    box.moveTop(min(max(box.top(), inside.top()), inside.bottom() - height))
    paper.painter.setFont(paper.font)
    paper.painter.setPen(QColor(paper.theme.muted))
    paper.painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


class ReliabilityPlot(Plot):
    """Both axes in percent; the diagonal is calibration."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Stated confidence (%)", "Right answers (%)", title="", fixed=True, parent=parent)
        self.setAccessibleName("Reliability diagram: right answers against stated confidence")
        self.set_range((0, ROOM), (0, ROOM))

    def show_table(self, table: Reliability | None, luck: Luck | None) -> None:
        """The bins; without answers the diagonal alone."""
        ends = np.array([[0.0, 0.0], [ROOM, ROOM]])
        layers: list[Layer] = []
        diagonal = Line(ends, "muted", "calibrated", Qt.PenStyle.DashLine, 1.2, label_at=0.0)
        if table is not None and luck is not None:
            layers = [LuckBars(table, luck), diagonal, Bins(table, luck)]
        else:
            layers = [diagonal, Hint()]
        self.set_ground(*layers)


class Hint(Layer):
    """What the two halves mean, while there is nothing else to see."""

    def paint(self, paper: Paper) -> None:
        box = paper.mapping.rect
        metrics = QFontMetricsF(paper.font)
        paper.painter.setFont(paper.font)
        paper.painter.setPen(QColor(paper.theme.muted))
        for text, x, y in (("more often right than said", 0.27, 0.25), ("too sure", 0.75, 0.72)):
            width = metrics.horizontalAdvance(text) + 4
            at = QRectF(box.left() + x * box.width() - width / 2, box.top() + y * box.height(), width, 20)
            paper.painter.drawText(at, Qt.AlignmentFlag.AlignCenter, text)
