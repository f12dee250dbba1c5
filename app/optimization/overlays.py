"""What the maps of runs need beside the stage's own layers, and how such a view divides its place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from app.stage import lines
from app.stage.axes import Span
from app.stage.contours import contours
from app.stage.ground import Layer, Paper
from app.stage.theme import GROUP, PANEL

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Hatched(Layer):
    """Cells of a map (rows, columns) struck through: no value there. Named where there is most of it."""

    mask: Array
    x: Span
    y: Span
    label: str = ""

    def paint(self, paper: Paper) -> None:
        if not self.mask.any():
            return
        box = paper.mapping.rectangle(self.x, self.y)
        rows, columns = self.mask.shape
        across, down = box.width() / columns, box.height() / rows
        area, widest = QPainterPath(), QRectF()
        for row, first, last in _runs(self.mask):
            cells = QRectF(box.left() + first * across, box.bottom() - (row + 1) * down,
                           (last - first) * across, down + 0.5)  # fmt: skip
            area.addRect(cells)
        for row, first, last in _runs(_middle(self.mask)):
            if (last - first) * across > widest.width():
                widest = QRectF(box.left() + first * across, box.bottom() - (row + 1) * down,
                                (last - first) * across, down)  # fmt: skip
        stroke = QColor(paper.theme.muted)
        stroke.setAlphaF(0.45)
        paper.painter.setPen(Qt.PenStyle.NoPen)
        paper.painter.setBrush(QColor(paper.theme.panel))
        paper.painter.drawPath(area.simplified())
        paper.painter.save()
        paper.painter.setClipPath(area.simplified(), Qt.ClipOperation.IntersectClip)
        paper.painter.setPen(QPen(stroke, 0.8))
        paper.painter.setBrush(QBrush())
        step = 7.0
        for k in range(int((box.width() + box.height()) / step) + 1):
            at = box.left() + k * step
            paper.painter.drawLine(QPointF(at, box.top()), QPointF(at - box.height(), box.bottom()))
        paper.painter.restore()
        if self.label and widest.width() > QFontMetricsF(paper.font).horizontalAdvance(self.label) + 12:
            paper.label(widest.center(), self.label, QColor(paper.theme.text),
                        -QFontMetricsF(paper.font).horizontalAdvance(self.label) / 2)  # fmt: skip


def _runs(mask: Array) -> list[tuple[int, int, int]]:
    """Row, first column and column past the last of each unbroken stretch of True."""
    edges = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, firsts = (edges == 1).nonzero()
    _, lasts = (edges == -1).nonzero()
    return list(zip(rows.tolist(), firsts.tolist(), lasts.tolist(), strict=True))


def _middle(mask: Array) -> Array:
    """The mask without its outermost rows, where a name would touch the axes."""
    inner = mask.copy()
    margin = max(1, len(mask) // 8)
    inner[:margin] = inner[-margin:] = False
    return inner


@dataclass(frozen=True, eq=False)
class ContourLines(Layer):
    """Contours of values (rows, columns) at nodes over x and y, and nothing else: over a map of classes."""

    values: Array
    x: Span
    y: Span
    levels: tuple[float, ...]
    opacity: float = 0.28

    def paint(self, paper: Paper) -> None:
        box = paper.mapping.rectangle(self.x, self.y)
        rows, columns = self.values.shape
        across, down = box.width() / (columns - 1), box.height() / (rows - 1)
        segments = contours(self.values, self.levels) * np.array([across, -down, across, -down])
        segments = segments + np.array([box.left(), box.bottom()] * 2)
        colour = QColor(paper.theme.text)
        colour.setAlphaF(self.opacity)
        paper.painter.setPen(lines.pen(colour, 1.0, Qt.PenCapStyle.FlatCap))
        lines.draw(paper.painter, lines.clipped(segments, paper.mapping.rect))


def arrange(
    area: QRect, main: QWidget, sides: list[QWidget], share: float = 0.58, most: int = 100_000
) -> None:
    """Put `main` at the left and `sides` in a column at its right; in a tall place in a row below it.

    `share` of the width, and at most `most` pixels, are the main one's.
    """
    width, height = area.width(), area.height()
    gap = GROUP if width > 900 else PANEL
    if width >= 1.05 * height:
        left = round(share * width)
        main.setGeometry(area.x(), area.y(), left, height)
        x, room = area.x() + left + gap, max(80, width - left - gap)
        each = (height - gap * (len(sides) - 1)) / max(1, len(sides))
        for k, side in enumerate(sides):
            side.setGeometry(QRect(x, area.y() + round(k * (each + gap)), room, round(each)))
        return
    top = round(0.6 * height)
    main.setGeometry(area.x(), area.y(), width, top)
    each = (width - gap * (len(sides) - 1)) / max(1, len(sides))
    for k, side in enumerate(sides):
        y = area.y() + top + gap
        side.setGeometry(QRect(area.x() + round(k * (each + gap)), y, round(each), area.bottom() - y))
