"""What lambda is called: a row for each method, a column for each library, the same weight in each cell."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.regularization.shrinkage_words import LIBRARIES, NAMES, OBJECTIVES, setting
from app.stage import theme as look
from app.stage.marks import draw_symbol, unit
from app.stage.numbers import number
from app.stage.pane import LEFT, Pane
from app.stage.theme import Theme
from core.regularization.shrinkage import Conversion

PADDING = 12.0
"""Pixels between columns."""


class ConversionTable(Pane):
    """Two lines a cell: what is minimised; with which settings, and to which weight that leads."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What λ is called in each library", parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._cells: tuple[Conversion, ...] = ()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.updateGeometry()

    def show_cells(self, cells: tuple[Conversion, ...]) -> None:
        self._cells = cells
        told = [
            f"{NAMES[c.method]}, {LIBRARIES[c.library]}: {setting(c)} gives w = {number(c.weight, 4)}"
            for c in cells
        ]
        self.setAccessibleDescription("; ".join(told))
        self.update()

    def sizeHint(self) -> QSize:
        line = QFontMetricsF(look.font(look.CAPTION)).height()
        return QSize(800, round(line * 7 + 34))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint().boundedTo(QSize(400, 10_000))

    def paintEvent(self, event: QPaintEvent) -> None:
        small, bold = look.font(look.CAPTION), look.font(look.CAPTION, bold=True)
        metrics = QFontMetricsF(small)
        line = metrics.height()
        names = 16 * unit() + max(QFontMetricsF(bold).horizontalAdvance(name) for name in NAMES.values())
        edges = self._columns(metrics, names + PADDING)
        libraries = list(LIBRARIES)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(bold)
            painter.setPen(QColor(self.theme.text))
            for place, library in enumerate(libraries):
                box = QRectF(edges[place], 0, edges[place + 1] - edges[place], line)
                painter.drawText(box, LEFT, LIBRARIES[library] + " → w" * (place == 0))
            for row in range(len(self._cells) // len(libraries)):
                cells = self._cells[row * len(libraries) : (row + 1) * len(libraries)]
                top = line + 8 + row * (2 * line + 8)
                painter.setPen(QPen(QColor(self.theme.line), 1))
                painter.drawLine(QLineF(0, top - 4, self.width(), top - 4))
                self._paint_name(painter, cells[0].method, top, line)
                painter.setFont(small)
                for place, cell in enumerate(cells):
                    box = QRectF(edges[place], top, edges[place + 1] - edges[place] - PADDING, line)
                    self._paint_cell(painter, metrics, cell, box)

    def _columns(self, metrics: QFontMetricsF, left: float) -> list[float]:
        """The left edges, and the right one: each column as wide as it needs, the rest shared evenly."""
        needs = []
        for library in LIBRARIES:
            words = [text for (_, each), text in OBJECTIVES.items() if each == library]
            words += [f"{setting(c)} → −0.888" for c in self._cells if c.library == library]
            needs.append(PADDING + max(metrics.horizontalAdvance(text) for text in words))
        spare = (self.width() - left - sum(needs)) / len(needs)
        edges = [left]
        for need in needs:
            edges.append(edges[-1] + need + spare)
        return edges

    def _paint_name(self, painter: QPainter, method: str, top: float, line: float) -> None:
        theme = self.theme
        box, middle = QRectF(16 * unit(), top, 400, line), QPointF(6 * unit(), top + line / 2)
        draw_symbol(painter, middle, look.MARKERS[method], theme.colour(method), 4.2 * unit())
        painter.setFont(look.font(look.CAPTION, bold=True))
        painter.setPen(QColor(theme.text))
        painter.drawText(box, LEFT, NAMES[method])

    def _paint_cell(self, painter: QPainter, metrics: QFontMetricsF, cell: Conversion, box: QRectF) -> None:
        words = OBJECTIVES[cell.method, cell.library]
        painter.setPen(QColor(self.theme.muted))
        painter.drawText(box, LEFT, metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width()))
        below = box.translated(0, box.height())
        told = f"{setting(cell)} → {number(cell.weight, 3)}"
        painter.setPen(QColor(self.theme.text))
        painter.drawText(below, LEFT, metrics.elidedText(told, Qt.TextElideMode.ElideRight, box.width()))
