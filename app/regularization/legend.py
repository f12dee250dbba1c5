"""A legend in a corner of a plot where no curve goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPen

from app.stage import lines
from app.stage.colours import resolve
from app.stage.ground import Layer, Paper
from app.stage.marks import unit

SAMPLE = 26.0
"""Pixels of line beside each name."""


@dataclass(frozen=True, eq=False)
class Legend(Layer):
    """Names with a piece of their line: (name, colour, dash), from top to bottom."""

    entries: Sequence[tuple[str, str, Qt.PenStyle]]
    in_a_row: bool = False
    """Side by side along the upper edge, else below one another in the lower right corner."""

    def paint(self, paper: Paper) -> None:
        metrics, box = QFontMetricsF(paper.font), paper.mapping.rect
        row, sample = metrics.height(), SAMPLE * unit() * (0.7 if self.in_a_row else 1.0)
        widths = [sample + 6 + metrics.horizontalAdvance(name) for name, _, _ in self.entries]
        if self.in_a_row:
            wide, high = sum(widths) + 14.0 * (len(widths) - 1), row
        else:
            wide, high = max(widths), row * len(widths)
        at = QPointF(box.right() - wide - 4, box.top() + 2 if self.in_a_row else box.bottom() - high - 6)
        plate = QColor(paper.theme.ground)
        plate.setAlphaF(0.8)
        paper.painter.fillRect(QRectF(at.x() - 4, at.y(), wide + 8, high), plate)
        paper.painter.setFont(paper.font)
        for entry, width in zip(self.entries, widths, strict=True):
            self._paint_entry(paper, metrics, QRectF(at.x(), at.y(), width, row), sample, entry)
            at += QPointF(width + 14.0, 0) if self.in_a_row else QPointF(0, row)

    def _paint_entry(
        self, paper: Paper, metrics: QFontMetricsF, box: QRectF, sample: float,
        entry: tuple[str, str, Qt.PenStyle],
    ) -> None:  # fmt: skip
        name, colour, dash = entry
        pen = QPen(resolve(paper.theme, colour), 2.0 * unit())
        if dash in lines.STYLES:
            pen.setDashPattern([each / 2.0 for each in lines.STYLES[dash]])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        paper.painter.setPen(pen)
        y = box.center().y()
        paper.painter.drawLine(QLineF(box.left(), y, box.left() + sample, y))
        paper.painter.setPen(QColor(paper.theme.text))
        paper.painter.drawText(QPointF(box.left() + sample + 6, box.top() + metrics.ascent()), name)
