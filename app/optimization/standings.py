"""The ranking of a race: a line for each runner with its marker, its name and how it stands."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.stage import theme as look
from app.stage.marks import draw_symbol, unit
from app.stage.pane import Chooser


class Standing(NamedTuple):
    """One line. `rank` is empty for a runner that has not arrived."""

    key: str
    rank: str
    name: str
    words: str
    warning: bool


class Standings(Chooser):
    """Lines of the ranking; one of them is inspected. A click or the up and down keys choose another."""

    pointed = Signal(str)
    """The key of the line under the mouse; empty once there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Ranking", parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self._lines: tuple[Standing, ...] = ()
        self._pointed = ""

    def show_lines(self, lines: tuple[Standing, ...], inspected: str) -> None:
        if (lines, inspected) == (self._lines, self.front):
            return
        self._lines, self.front = lines, inspected
        self.setAccessibleDescription("; ".join(f"{line.rank} {line.name}: {line.words}" for line in lines))
        self.update()

    def row_height(self) -> float:
        return QFontMetricsF(look.font(look.CAPTION)).height() + 3

    def sizeHint(self) -> QSize:
        return QSize(240, self.height_for(len(self._lines)))

    def height_for(self, count: int) -> int:
        """Pixels that so many lines need."""
        return round(self.row_height() * max(1, count)) + 2

    # --- what the reader does ------------------------------------------------------------------

    def keys(self) -> list[str]:
        return [line.key for line in self._lines]

    def key_at(self, pos: QPointF) -> str | None:
        row = int(pos.y() / self.row_height())
        return self._lines[row].key if 0 <= row < len(self._lines) else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self.key_at(event.position()) or "")

    def leaveEvent(self, event: object) -> None:
        self._point("")

    def _point(self, key: str) -> None:
        if key != self._pointed:
            self._pointed = key
            self.pointed.emit(key)
            self.update()

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        plain, bold = look.font(look.CAPTION), look.font(look.CAPTION, bold=True)
        metrics = QFontMetricsF(plain)
        height = self.row_height()
        ranks = metrics.horizontalAdvance("8 ")
        names = ranks + 18 * unit()
        # Names have as much room as the longest needs, or half the line.
        widest = max((QFontMetricsF(bold).horizontalAdvance(line.name) for line in self._lines), default=0.0)
        words = min(names + widest + 12, names + 0.5 * self.width())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for i, line in enumerate(self._lines):
                row = QRectF(0, i * height, self.width(), height)
                self.paint_back(painter, row, line.key, line.key == self._pointed)
                middle = Qt.AlignmentFlag.AlignVCenter
                painter.setFont(plain)
                painter.setPen(QColor(self.theme.muted))
                painter.drawText(row.adjusted(4, 0, 0, 0), middle, line.rank)
                at = QPointF(ranks + 8 * unit(), row.center().y())
                draw_symbol(painter, at, look.MARKERS[line.key], self.theme.colour(line.key), 4.6 * unit())
                font = bold if line.key == self.front else plain
                painter.setFont(font)
                painter.setPen(QColor(self.theme.text))
                painter.drawText(row.adjusted(names, 0, 0, 0), middle, line.name)
                painter.setFont(plain)
                painter.setPen(QColor(self.theme.warning if line.warning else self.theme.muted))
                room = row.adjusted(words, 0, -4, 0)
                text = metrics.elidedText(line.words, Qt.TextElideMode.ElideRight, room.width())
                painter.drawText(room, middle, text)
