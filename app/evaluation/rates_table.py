"""Rates of a confusion matrix: name, formula, the formula with this moment's counts, value, and a bar."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.stage import theme as look
from app.stage.pane import LEFT, RIGHT, Pane

GAP = 14.0
"""Pixels between columns."""
LEAST = 40.0
"""Pixels that a bar keeps where formulas are long."""


class RateLine(NamedTuple):
    """One line. `share` is the bar's length, 0 to 1, None for no bar; `odd` marks what is undefined."""

    name: str
    formula: str
    numbers: str
    value: str
    share: float | None
    odd: bool = False


class RatesTable(Pane):
    """Lines of rates. A formula whose line has no room for it is left out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Rates", parent)
        self._lines: tuple[RateLine, ...] = ()

    def show_lines(self, lines: tuple[RateLine, ...]) -> None:
        if lines != self._lines:
            self._lines = lines
            self.setAccessibleDescription("; ".join(f"{each.name} {each.value}" for each in lines))
            self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(260, 100)

    def sizeHint(self) -> QSize:
        return QSize(460, 220)

    def _font(self, row: float, *, bold: bool = False) -> QFont:
        font = look.font(look.CAPTION, bold=bold)
        fits = row / QFontMetricsF(font).height()
        font.setPointSizeF(font.pointSizeF() * max(0.7, min(self.factor, fits)))
        return font

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._lines:
            return
        usual = QFontMetricsF(look.font(look.CAPTION)).height() * self.factor
        row = min(2.3 * usual, self.height() / len(self._lines))
        font, bold = self._font(row), self._font(row, bold=True)
        metrics, heavy = QFontMetricsF(font), QFontMetricsF(bold)
        names = max(heavy.horizontalAdvance(each.name) for each in self._lines)
        values = max(heavy.horizontalAdvance(each.value) for each in self._lines)
        pairs = [
            (metrics.horizontalAdvance(e.formula), metrics.horizontalAdvance(e.numbers)) for e in self._lines
        ]
        room = self.width() - names - values - 3 * GAP
        bar = min(0.24 * self.width(), max(LEAST, room - max(a + b for a, b in pairs) - GAP))
        room -= bar  # for formula and numbers
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for i, (line, (wide, numbers)) in enumerate(zip(self._lines, pairs, strict=True)):
                box = QRectF(0, i * row, self.width(), row)
                self._write(painter, bold, self.theme.text, box, LEFT, line.name)
                x = names + GAP
                if wide + GAP + numbers <= room:
                    self._write(painter, font, self.theme.muted, box.adjusted(x, 0, 0, 0), LEFT, line.formula)
                x += room
                place = QRectF(x - numbers, box.top(), numbers, row)
                self._write(painter, font, self.theme.text, place, RIGHT, line.numbers)
                ink = self.theme.warning if line.odd else self.theme.text
                place = QRectF(x + GAP, box.top(), values, row)
                self._write(painter, bold, ink, place, RIGHT, line.value)
                x += 2 * GAP + values
                if line.share is not None:
                    self._bar(painter, QRectF(x, box.center().y() - 4, self.width() - x, 8), line.share)

    @staticmethod
    def _write(painter: QPainter, font: QFont, ink: str, box: QRectF, align: int, text: str) -> None:
        painter.setFont(font)
        painter.setPen(QColor(ink))
        painter.drawText(box, align, text)

    def _bar(self, painter: QPainter, box: QRectF, share: float) -> None:
        """From 0 to 1; a negative share (Matthews' coefficient) runs hatched."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.mix(self.theme.muted, 0.16, self.theme.ground))
        painter.drawRoundedRect(box, 2, 2)
        painter.setBrush(QColor(self.theme.accent))
        if share < 0:
            painter.setBrush(QColor(self.theme.warning))
        painter.drawRoundedRect(QRectF(box.left(), box.top(), abs(share) * box.width(), box.height()), 2, 2)
