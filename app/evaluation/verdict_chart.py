"""Claims by verdict at each temperature, as stacked bars; drag across them to choose a temperature."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.evaluation.spread_chart import TemperaturePane
from app.stage.pane import CENTRE, LEFT
from core.language.hallucination import VERDICTS
from core.language.variability import TEMPERATURES

PATTERNS = {
    "supported": Qt.BrushStyle.SolidPattern, "contradicted": Qt.BrushStyle.SolidPattern,
    "not in the story": Qt.BrushStyle.Dense4Pattern, "unreadable": Qt.BrushStyle.BDiagPattern,
}  # fmt: skip
SIGNS = {"supported": "✓", "contradicted": "✕", "not in the story": "?", "unreadable": "–"}


class VerdictChart(TemperaturePane):
    """A bar for each temperature: supported below, then contradicted, not in the story, and unreadable."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Claims by verdict against temperature", parent)
        self._verdicts: np.ndarray = np.zeros((len(TEMPERATURES), len(VERDICTS)), int)
        self._title = ""

    def show_verdicts(self, verdicts: np.ndarray, temperature: str, title: str) -> None:
        """Counts (T, 4) by temperature and verdict."""
        self._verdicts, self.temperature, self._title = verdicts, temperature, title
        here = verdicts[list(TEMPERATURES).index(temperature)]
        told = ", ".join(f"{name} {count}" for name, count in zip(VERDICTS, here.tolist(), strict=True))
        self.setAccessibleDescription(f"{title}. At temperature {temperature}: {told}")
        self.update()

    def box(self) -> QRectF:
        """Room for a line of names above the bars."""
        line = self.line_height()
        return super().box().adjusted(0, 1.6 * line, 0, 0)

    def x_of(self, key: str) -> float:
        box = self.box()
        return box.left() + (list(TEMPERATURES).index(key) + 0.5) / len(TEMPERATURES) * box.width()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            box = self.box()
            self.paint_axes(painter, box, self._title)
            self._paint_legend(painter)
            for key, counts in zip(TEMPERATURES, self._verdicts, strict=True):
                self._paint_bar(painter, box, key, counts)

    def _paint_legend(self, painter: QPainter) -> None:
        line, x = self.line_height(), 0.0
        metrics = QFontMetricsF(self.font_of())
        for name in VERDICTS:
            square = QRectF(x, 1.6 * line + 0.15 * line, 0.7 * line, 0.7 * line)
            self._fill(painter, square, name)
            painter.setPen(QColor(self.theme.text))
            text = f"{SIGNS[name]} {name}"
            painter.drawText(QRectF(square.right() + 4, 1.6 * line, 1000, line), LEFT, text)
            x = square.right() + metrics.horizontalAdvance(text) + 14 * self.factor

    def _fill(self, painter: QPainter, box: QRectF, name: str) -> None:
        colour = self.theme.colour(name)
        painter.setPen(QPen(colour, 1))
        painter.setBrush(QBrush(colour, PATTERNS[name]))
        painter.drawRect(box)

    def _paint_bar(self, painter: QPainter, box: QRectF, key: str, counts: np.ndarray) -> None:
        total = int(counts.sum())
        half = 0.32 * box.width() / len(TEMPERATURES)
        x, y = self.x_of(key), box.bottom()
        if key == self.temperature:
            painter.setPen(QPen(QColor(self.theme.accent), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.mix(self.theme.accent, 0.12, self.theme.ground))
            painter.drawRect(QRectF(x - 1.4 * half, box.top(), 2.8 * half, box.height()))
        line = self.line_height()
        painter.setFont(self.font_of())
        for name, count in zip(VERDICTS, counts.tolist(), strict=True):
            if not count:
                continue
            height = count / total * box.height()
            piece = QRectF(x - half, y - height, 2 * half, height)
            self._fill(painter, piece, name)
            if height >= line:
                plate = QRectF(0, 0, QFontMetricsF(self.font_of()).horizontalAdvance(str(count)) + 6, line)
                plate.moveCenter(piece.center())
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(self.theme.ground))
                painter.drawRoundedRect(plate, 3, 3)
                painter.setPen(QColor(self.theme.text))
                painter.drawText(plate, CENTRE, str(count))
            y -= height
