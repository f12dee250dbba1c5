"""The AUC three ways to the last digit, and the intervals about it, for one classifier or two."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.stage import theme as look
from app.stage.marks import draw_symbol
from app.stage.pane import LEFT, RIGHT, Pane

GAP = 16.0


class AucLine(NamedTuple):
    """What it is, how it comes about, its value for each classifier, or one for both; `exact` ones are one
    number however they are come by."""

    name: str
    working: str
    values: tuple[str, ...]
    exact: bool = False


class AucTable(Pane):
    """Lines under a heading with the classifiers' markers. What has no room goes: the working first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("AUC three ways, and intervals", parent)
        self._lines: tuple[AucLine, ...] = ()
        self._heads: tuple[tuple[str, str], ...] = ()
        self._chosen = 0

    def show_lines(self, lines: tuple[AucLine, ...], heads: tuple[tuple[str, str], ...], chosen: int) -> None:
        """Lines, and (thing, name) over each column of values; the chosen one is set bold."""
        if (lines, heads, chosen) != (self._lines, self._heads, self._chosen):
            self._lines, self._heads, self._chosen = lines, heads, chosen
            self.setAccessibleDescription(
                "; ".join(f"{each.name}: {', '.join(each.values)}" for each in lines)
            )
            self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(300, 120)

    def sizeHint(self) -> QSize:
        return QSize(800, 240)

    def _fonts(self, row: float) -> tuple[QFont, QFont]:
        plain = self.font_of()
        fits = row / QFontMetricsF(plain).height()
        if fits < 1:
            plain.setPointSizeF(max(0.72, fits) * plain.pointSizeF())
        bold = QFont(plain)
        bold.setWeight(QFont.Weight.DemiBold)
        return plain, bold

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._lines:
            return
        row = min(2.0 * self.line_height(), self.height() / (len(self._lines) + 1))
        plain, bold = self._fonts(row)
        metrics, heavy = QFontMetricsF(plain), QFontMetricsF(bold)
        names = max(metrics.horizontalAdvance(each.name) for each in self._lines)
        columns = [
            max(
                heavy.horizontalAdvance(each.values[k])
                for each in self._lines
                if _is_apart(each, self._heads)
            )
            for k in range(len(self._heads))
        ]
        room = self.width() - names - GAP - sum(columns) - GAP * len(columns)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._head(painter, plain, bold, row, columns)
            same = [i for i, each in enumerate(self._lines) if each.exact]
            if same:
                band = QRectF(0, row * (1 + same[0]), self.width(), row * len(same))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self.theme.mix(self.theme.accent, 0.09, self.theme.ground))
                painter.drawRoundedRect(band, 4, 4)
            for i, line in enumerate(self._lines):
                top = (i + 1) * row
                painter.setFont(plain)
                painter.setPen(QColor(self.theme.text))
                painter.drawText(QRectF(6, top, names + GAP, row), LEFT, line.name)
                working = line.working
                if metrics.horizontalAdvance(working) <= room:
                    painter.setPen(QColor(self.theme.muted))
                    painter.drawText(QRectF(names + GAP, top, room, row), LEFT, working)
                right = float(self.width()) - 6
                if not _is_apart(line, self._heads):
                    painter.setPen(QColor(self.theme.text))
                    painter.drawText(QRectF(0, top, right, row), RIGHT, line.values[0])
                    continue
                for k in reversed(range(len(line.values))):
                    chosen = k == self._chosen
                    painter.setFont(bold if chosen else plain)
                    painter.setPen(QColor(self.theme.text))
                    place = QRectF(right - columns[k] - 2, top, columns[k] + 2, row)
                    painter.drawText(place, RIGHT, line.values[k])
                    right -= columns[k] + GAP

    def _head(self, painter: QPainter, plain: QFont, bold: QFont, row: float, columns: list[float]) -> None:
        right = float(self.width()) - 6
        for k in reversed(range(len(self._heads))):
            thing, name = self._heads[k]
            font = bold if k == self._chosen else plain
            painter.setFont(font)
            painter.setPen(QColor(self.theme.text))
            painter.drawText(QRectF(right - columns[k], 0, columns[k], row), RIGHT, name)
            x = right - QFontMetricsF(font).horizontalAdvance(name) - 10 * self.factor
            draw_symbol(
                painter, QPointF(x, row / 2), look.MARKERS[thing], self.theme.colour(thing), 4.5 * self.factor
            )
            right -= columns[k] + GAP


def _is_apart(line: AucLine, heads: tuple[tuple[str, str], ...]) -> bool:
    """Whether there is a value for each classifier."""
    return len(line.values) == len(heads)
