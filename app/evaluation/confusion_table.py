"""The confusion matrix, laid out as the scores are: positives above, who is called positive at the right."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.stage import theme as look
from app.stage.numbers import number
from app.stage.pane import CENTRE, RIGHT, Pane
from core.evaluation.confusion import Counts

CELLS = (
    ("fn", "miss", "positive", 0.16), ("tp", "hit", "positive", 0.45),
    ("tn", "pass", "negative", 0.16), ("fp", "false alarm", "negative", 0.45),
)  # fmt: skip


class ConfusionTable(Pane):
    """Four counts with their names, totals beside and below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Confusion matrix", parent)
        self._counts: Counts | None = None
        self._labels = ("positive", "negative")

    def show_counts(self, counts: Counts, labels: tuple[str, str]) -> None:
        """The counts, and what the positive and the negative class are called."""
        if (counts, labels) != (self._counts, self._labels):
            self._counts, self._labels = counts, labels
            told = ", ".join(f"{name} {getattr(counts, key)}" for key, name, _, _ in CELLS)
            self.setAccessibleDescription(told)
            self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)

    def sizeHint(self) -> QSize:
        return QSize(300, 220)

    def _font(self, factor: float = 1.0, *, bold: bool = False) -> QFont:
        font = look.font(look.CAPTION, bold=bold)
        font.setPointSizeF(font.pointSizeF() * self.factor * factor)
        return font

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._counts is None:
            return
        counts, theme = self._counts, self.theme
        font = self._font()
        metrics = QFontMetricsF(font)
        line = metrics.height()
        names = [f"is {label}" for label in self._labels]
        left = min(0.28 * self.width(), max(map(metrics.horizontalAdvance, names)) + 10)
        sums = (counts.positives, counts.negatives, counts.total)
        totals = max(metrics.horizontalAdvance(number(each)) for each in sums) + 10
        grid = QRectF(left, line + 6, self.width() - left - totals, self.height() - 2 * line - 12)
        with QPainter(self) as painter:
            painter.setFont(font)
            for i, (key, name, thing, share) in enumerate(CELLS):
                row, column = divmod(i, 2)
                box = QRectF(grid.left() + column * grid.width() / 2, grid.top() + row * grid.height() / 2,
                             grid.width() / 2, grid.height() / 2).adjusted(1.5, 1.5, -1.5, -1.5)  # fmt: skip
                self._cell(
                    painter, box, key, name, theme.mix(theme.colour(thing).name(), share, theme.ground)
                )
            painter.setFont(font)
            painter.setPen(QColor(theme.muted))
            for row, text in enumerate(names):
                place = QRectF(0, grid.top() + row * grid.height() / 2, left - 8, grid.height() / 2)
                shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, place.width())
                painter.drawText(place, RIGHT, shown)
            for column, text in enumerate(("called negative", "called positive")):
                width = grid.width() / 2
                place = QRectF(grid.left() + column * width, 0, width, line + 4)
                shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, place.width())
                painter.drawText(place, CENTRE, shown)
            self._totals(painter, grid, totals, line, counts)

    def _totals(self, painter: QPainter, grid: QRectF, width: float, line: float, counts: Counts) -> None:
        painter.setPen(QColor(self.theme.text))
        half = grid.height() / 2
        for row, total in enumerate((counts.positives, counts.negatives)):
            place = QRectF(grid.right(), grid.top() + row * half, width, half)
            painter.drawText(place, RIGHT, number(total))
        below = (counts.fn + counts.tn, counts.tp + counts.fp)
        for column, total in enumerate(below):
            place = QRectF(grid.left() + column * grid.width() / 2, grid.bottom() + 2, grid.width() / 2, line)
            painter.drawText(place, CENTRE, number(total))
        painter.drawText(QRectF(grid.right(), grid.bottom() + 2, width, line), RIGHT, number(counts.total))

    def _cell(self, painter: QPainter, box: QRectF, key: str, name: str, fill: QColor) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(self.theme.text))
        text = number(getattr(self._counts, key))
        small = self._font()
        line = QFontMetricsF(small).height()
        factor = min(2.0, max(1.0, (box.height() - line) / (1.6 * line)))
        large = self._font(factor, bold=True)
        wide = QFontMetricsF(large).horizontalAdvance(text)
        if wide > box.width() - 8:
            large = self._font(factor * (box.width() - 8) / wide, bold=True)
        tall = QFontMetricsF(large).height()
        top = box.center().y() - (tall + line) / 2
        painter.setFont(large)
        painter.drawText(QRectF(box.left(), top, box.width(), tall), CENTRE, text)
        painter.setFont(small)
        words = f"{name} ({key.upper()})"
        metrics = QFontMetricsF(small)
        if metrics.horizontalAdvance(words) > box.width() - 4:
            words = key.upper()
        painter.drawText(QRectF(box.left(), top + tall, box.width(), line), CENTRE, words)
