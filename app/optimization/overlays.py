"""What the maps of runs need beside the stage's own layers, and how such a view divides its place."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from app.stage import lines
from app.stage.axes import Span
from app.stage.contours import contours
from app.stage.ground import Layer, Paper
from app.stage.marks import unit
from app.stage.theme import GROUP, PANEL

Array = np.ndarray

STROKES = 5.0
"""Pixels between two strokes of a hatching."""


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
        paper.painter.drawImage(box, self._picture(paper, box))
        metrics = QFontMetricsF(paper.font)
        if (middle := self._middle(box, metrics.horizontalAdvance(self.label) + 12)) and self.label:
            paper.label(
                middle, self.label, QColor(paper.theme.text), -metrics.horizontalAdvance(self.label) / 2
            )

    def _picture(self, paper: Paper, box: QRectF) -> QImage:
        """Strokes everywhere, kept where the mask is."""
        ratio = paper.painter.device().devicePixelRatio()
        size = (box.size() * ratio).toSize()
        step = STROKES * ratio * unit()
        image = _strokes(size.width(), size.height(), step, 0.8 * ratio, paper.theme.panel, paper.theme.muted)
        image = QImage(image)  # shares its pixels until it is painted into
        alpha = np.ascontiguousarray(np.where(self.mask[::-1], 255, 0), np.uint8)
        cells = QImage(
            alpha.data, alpha.shape[1], alpha.shape[0], alpha.shape[1], QImage.Format.Format_Alpha8
        )
        with QPainter(image) as painter:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
            painter.drawImage(QRectF(image.rect()), cells)
        return image

    def _middle(self, box: QRectF, width: float) -> QPointF | None:
        """The middle of the longest stretch away from the upper and lower edge; None if it is too short."""
        rows, columns = self.mask.shape
        stretches = _runs(_inner(self.mask))
        if not stretches:
            return None
        row, first, last = max(stretches, key=lambda run: run[2] - run[1])
        across, down = box.width() / columns, box.height() / rows
        if (last - first) * across < width:
            return None
        return QPointF(box.left() + (first + last) / 2 * across, box.bottom() - (row + 0.5) * down)


@functools.lru_cache(maxsize=2)
def _strokes(width: int, height: int, step: float, thick: float, ground: str, ink: str) -> QImage:
    """A sheet of slanting strokes: the same for every version of a map that gets finer."""
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor(ground))
    stroke = QColor(ink)
    stroke.setAlphaF(0.45)
    at = np.arange(0.0, width + height, step)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(lines.pen(stroke, thick, Qt.PenCapStyle.FlatCap))
        lines.draw(painter, np.stack([at, 0 * at, at - height, 0 * at + height], axis=1))
    return image


def _runs(mask: Array) -> list[tuple[int, int, int]]:
    """Row, first column and column past the last of each unbroken stretch of True."""
    edges = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, firsts = (edges == 1).nonzero()
    _, lasts = (edges == -1).nonzero()
    return list(zip(rows.tolist(), firsts.tolist(), lasts.tolist(), strict=True))


def _inner(mask: Array) -> Array:
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


def places(area: QRect, sides: int, share: float = 0.58) -> list[QRect]:
    """The main place at the left, with its share of the width, and so many in a column at its right; in a
    tall area they lie in a row below it."""
    width, height = area.width(), area.height()
    gap = GROUP if width > 900 else PANEL
    if width >= 1.05 * height:
        left = round(share * width)
        x, room = area.x() + left + gap, max(80, width - left - gap)
        each = (height - gap * (sides - 1)) / sides
        column = [QRect(x, area.y() + round(k * (each + gap)), room, round(each)) for k in range(sides)]
        return [QRect(area.x(), area.y(), left, height), *column]
    top = round(0.6 * height)
    each, y = (width - gap * (sides - 1)) / sides, area.y() + top + gap
    row = [QRect(area.x() + round(k * (each + gap)), y, round(each), area.bottom() - y) for k in range(sides)]
    return [QRect(area.x(), area.y(), width, top), *row]
