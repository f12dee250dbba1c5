"""Numbers with their ranges, as rows over a common axis: a dot, its interval, and both in figures."""

from __future__ import annotations

import math
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.stage.marks import unit
from app.stage.pane import LEFT, RIGHT, Pane


class Reading(NamedTuple):
    """One row, in percent. `band` is drawn as a broad bar (what luck gives), `interval` as whiskers."""

    name: str
    value: float
    text: str
    interval: tuple[float, float] | None = None
    band: tuple[float, float] | None = None
    beyond: bool = False
    """Whether the value lies outside of what luck gives."""


class Block(NamedTuple):
    """Rows that share an axis from 0 to `end` percent."""

    title: str
    end: float
    rows: tuple[Reading, ...]


class Readings(Pane):
    """Blocks of rows below one another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Accuracy and calibration errors with their ranges", parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._blocks: tuple[Block, ...] = ()

    def _unit(self) -> float:
        return unit() * self.factor

    def show_blocks(self, blocks: tuple[Block, ...]) -> None:
        self._blocks = blocks
        told = [f"{row.name}: {row.text}" for block in blocks for row in block.rows]
        self.setAccessibleDescription("; ".join(told))
        self.update()

    @property
    def filled(self) -> bool:
        """Whether there is anything to see."""
        return bool(self._blocks)

    def height_for(self, blocks: int, rows: int) -> int:
        """Pixels that so many need at the present size of type."""
        return math.ceil(blocks * (self._line() + 8 * self._unit()) + rows * 1.25 * self._line())

    def sizeHint(self) -> QSize:
        return QSize(320, self.height_for(2, 5))

    def _line(self) -> float:
        return QFontMetricsF(self.font_of()).height() + 3

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._blocks:
            return
        metrics = QFontMetricsF(self.font_of())
        rows = [row for block in self._blocks for row in block.rows]
        bold = QFontMetricsF(self.font_of(bold=True))
        names = max(metrics.horizontalAdvance(row.name) for row in rows) + 10
        titles = max(bold.horizontalAdvance(block.title) for block in self._blocks)
        names = max(names, titles + metrics.horizontalAdvance("0%"))
        figures = max(metrics.horizontalAdvance(row.text) for row in rows) + 10
        axis = QRectF(names, 0, max(20.0, self.width() - names - figures), self.height())
        line, y = self._line(), 0.0
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for block in self._blocks:
                self._title(painter, block, axis, y, line)
                y += line
                for row in block.rows:
                    self._row(painter, row, block, axis, QRectF(0, y, self.width(), 1.25 * line))
                    y += 1.25 * line
                y += 8 * self._unit()

    def _title(self, painter: QPainter, block: Block, axis: QRectF, y: float, line: float) -> None:
        painter.setFont(self.font_of(bold=True))
        painter.setPen(QColor(self.theme.text))
        painter.drawText(QRectF(0, y, self.width(), line), LEFT, block.title)
        painter.setFont(self.font_of())
        painter.setPen(QColor(self.theme.muted))
        foot = QRectF(axis.left() - 60, y, 120, line)
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, "0%")
        painter.drawText(foot.translated(axis.width(), 0), Qt.AlignmentFlag.AlignCenter, f"{block.end:g}%")

    def _row(self, painter: QPainter, row: Reading, block: Block, axis: QRectF, box: QRectF) -> None:
        theme, middle = self.theme, box.center().y()
        painter.setPen(QColor(theme.text))
        painter.setFont(self.font_of())
        painter.drawText(box, LEFT, row.name)
        painter.drawText(box, RIGHT, row.text)

        def x(value: float) -> float:
            return axis.left() + min(max(value / block.end, -0.02), 1.02) * axis.width()

        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawLine(QPointF(axis.left(), middle), QPointF(axis.right(), middle))
        colour = QColor(theme.warning if row.beyond else theme.accent)
        if row.band is not None:
            fill = QColor(theme.muted)
            fill.setAlphaF(0.28)
            half = 0.3 * box.height()
            painter.fillRect(
                QRectF(QPointF(x(row.band[0]), middle - half), QPointF(x(row.band[1]), middle + half)), fill
            )
        if row.interval is not None:
            painter.setPen(QPen(colour, 2.0 * self._unit()))
            painter.drawLine(QPointF(x(row.interval[0]), middle), QPointF(x(row.interval[1]), middle))
            for end in row.interval:
                self._end(painter, x(end), middle, 0.22 * box.height(), end, block.end)
        painter.setPen(QPen(QColor(theme.panel), 1.2))
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(x(row.value), middle), 4.2 * self._unit(), 4.2 * self._unit())

    @staticmethod
    def _end(painter: QPainter, x: float, middle: float, half: float, value: float, most: float) -> None:
        """A whisker's end: a bar, or an arrowhead where it leaves the axis."""
        if 0 <= value <= most:
            painter.drawLine(QPointF(x, middle - half), QPointF(x, middle + half))
            return
        way = 1.0 if value < 0 else -1.0
        for side in (-half, half):
            painter.drawLine(QPointF(x, middle), QPointF(x + way * half, middle + side))
