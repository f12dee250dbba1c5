"""The weights at one penalty: for each its line's colour, its name, a bar from zero and its value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from app.stage import theme as look
from app.stage.colours import resolve
from app.stage.marks import unit
from app.stage.numbers import WIDEST, slot
from app.stage.pane import LEFT, RIGHT, Chooser

ROOMY = 2.4
"""Height of a row that has all the room it likes, in lines."""


class Row(NamedTuple):
    """One weight; `column` is its index in the data."""

    column: int
    name: str
    value: float
    colour: str
    dash: Qt.PenStyle
    rank: int = 0
    """As which one it enters the path; 0 if it does not."""


class WeightTable(Chooser):
    """Rows of weights; one is watched. A click or the up and down keys choose another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Weights at the chosen penalty", parent)
        self._rows: tuple[Row, ...] = ()
        self._most = 1.0

    def show_weights(self, rows: Sequence[Row], most: float, watched: int) -> None:
        """`most` is the value at the end of a full bar, on either side of zero."""
        self._rows, self._most, self.front = tuple(rows), most or 1.0, watched
        told = [f"{row.name} {'exactly 0' if row.value == 0 else slot(row.value)}" for row in self._seen()]
        self.setAccessibleDescription("; ".join(told))
        self.update()

    @property
    def rows(self) -> int:
        """How many weights there are."""
        return len(self._rows)

    def sizeHint(self) -> QSize:
        return QSize(280, self.wanted_height())

    def wanted_height(self) -> int:
        """Pixels in which every row is comfortable."""
        line = QFontMetricsF(look.font(look.CAPTION)).height()
        return math.ceil(line + ROOMY * line * max(1, len(self._rows)))

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 120)

    # --- geometry ------------------------------------------------------------------------------

    def _top(self) -> float:
        """Of the first row: a line of headings stands over it."""
        return QFontMetricsF(look.font(look.CAPTION)).height()

    def _height(self) -> float:
        """Of a row: what there is, shared, within what is comfortable."""
        line = QFontMetricsF(look.font(look.CAPTION)).height()
        return min(max((self.height() - line) / max(1, len(self._rows)), line + 1), ROOMY * line)

    def _seen(self) -> tuple[Row, ...]:
        """The rows that have room, the watched one among them; the last line says how many have not."""
        room = int((self.height() - self._top() + 1) / self._height())
        if room >= len(self._rows):
            return self._rows
        first = self._rows[: max(1, room - 1)]
        watched = next((row for row in self._rows if row.column == self.front), None)
        if watched is not None and watched not in first:
            first = (*first[:-1], watched)
        return first

    # --- what the reader does ------------------------------------------------------------------

    def keys(self) -> list[int]:
        return [row.column for row in self._rows]

    def key_at(self, pos: QPointF) -> int | None:
        place, seen = math.floor((pos.y() - self._top()) / self._height()), self._seen()
        return seen[place].column if 0 <= place < len(seen) else None

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            small = look.font(look.CAPTION)
            painter.setFont(small)
            metrics, height = QFontMetricsF(small), self._height()
            seen = self._seen()
            names = [metrics.horizontalAdvance(row.name) for row in seen]
            name_width = min(max(names, default=0.0), 0.42 * self.width())
            self._paint_heads(painter, metrics, name_width)
            for place, row in enumerate(seen):
                box = QRectF(0, self._top() + place * height, self.width(), height)
                self._paint_row(painter, box, row, name_width)
            if len(seen) < len(self._rows):
                left = [row for row in self._rows if row not in seen]
                zeros = sum(row.value == 0 for row in left)
                box = QRectF(16 + 16 * unit(), self._top() + len(seen) * height, self.width(), height)
                painter.setPen(QColor(self.theme.muted))
                painter.drawText(box, LEFT, f"and {len(left)} more, {zeros} of them 0")

    def _columns(self, metrics: QFontMetricsF, name_width: float) -> tuple[float, float, float]:
        """The left edge of names, the right edge of ranks (none if there are no ranks), that of the bars."""
        left = 16 + 16 * unit()
        ranked = any(row.rank for row in self._rows)
        rank = left + name_width + 8 + (metrics.horizontalAdvance("enters") if ranked else 0.0)
        return left, rank, self.width() - 12 - metrics.horizontalAdvance(WIDEST.replace("⁻⁸⁸", "⁻⁸")) + 10

    def _paint_heads(self, painter: QPainter, metrics: QFontMetricsF, name_width: float) -> None:
        _, rank, _ = self._columns(metrics, name_width)
        line = metrics.height()
        painter.setPen(QColor(self.theme.muted))
        if any(row.rank for row in self._rows):
            painter.drawText(QRectF(0, 0, rank, line), RIGHT, "enters")
        painter.drawText(QRectF(0, 0, self.width() - 8, line), RIGHT, "weight")

    def _paint_row(self, painter: QPainter, box: QRectF, row: Row, name_width: float) -> None:
        theme, metrics = self.theme, QFontMetricsF(painter.font())
        ink, zero = resolve(theme, row.colour), row.value == 0
        left, rank, right = self._columns(metrics, name_width)
        self.paint_back(painter, box, row.column)
        painter.setPen(
            QPen(theme.mix(ink.name(), 0.45 if zero else 1.0, theme.ground), 2.0 * unit(), row.dash)
        )
        painter.drawLine(QLineF(8, box.center().y(), left - 8, box.center().y()))
        painter.setPen(QColor(theme.muted if zero else theme.text))
        shown = metrics.elidedText(row.name, Qt.TextElideMode.ElideRight, name_width)
        painter.drawText(QRectF(left, box.top(), name_width + 2, box.height()), LEFT, shown)
        painter.drawText(box.adjusted(0, 0, -8, 0), RIGHT, "0" if zero else slot(row.value))
        if row.rank:
            painter.setPen(QColor(theme.muted))
            painter.drawText(QRectF(0, box.top(), rank, box.height()), RIGHT, str(row.rank))
        track = QRectF(rank + 10, box.top(), right - rank - 10, box.height())
        if track.width() > 24:
            self._paint_bar(painter, track, row.value, ink)

    def _paint_bar(self, painter: QPainter, track: QRectF, value: float, ink: QColor) -> None:
        theme, middle = self.theme, track.center().x()
        painter.setPen(QPen(theme.mix(theme.muted, 0.5, theme.ground), 1.0))
        painter.drawLine(QLineF(middle, track.top(), middle, track.bottom()))
        if value == 0:  # a ring on the line: nothing there
            painter.setBrush(QColor(theme.ground))
            painter.drawEllipse(QPointF(middle, track.center().y()), 2.6 * unit(), 2.6 * unit())
            return
        length = max(-1.0, min(1.0, value / self._most)) * track.width() / 2
        high = min(0.55 * track.height(), 11 * unit())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.drawRect(QRectF(middle, track.center().y() - high / 2, length, high).normalized())
