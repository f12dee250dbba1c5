"""Scores of two classes about one line: positives upwards, negatives downwards, and a threshold to drag.

The four areas are the confusion matrix itself: above are the positives, below the negatives, to the right of
the threshold is who is called positive.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.stage.axes import Axis, Mapping
from app.stage.marks import Live, unit
from app.stage.numbers import number
from app.stage.plots import Plot
from app.stage.rulers import Ruler
from app.stage.theme import Theme
from core.evaluation.cases import Histogram
from core.evaluation.confusion import Counts

PALE, FULL = 0.28, 0.85
"""How much colour those have who are called negative, and those who are called positive."""


class Flag(NamedTuple):
    """A threshold worth knowing."""

    at: float
    name: str


class ScoreBars(Live):
    """The bars, split at the threshold; the four counts in their corners; flags at thresholds to know."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot)
        self.heights: tuple[np.ndarray, np.ndarray] = (np.empty(0), np.empty(0))
        self.edges = np.empty(0)
        self.threshold = 0.0
        self.words: tuple[tuple[str, str], ...] = ()
        self.flags: tuple[Flag, ...] = ()

    def place(self, mapping: Mapping) -> None:
        self.rect = mapping.rect.adjusted(-1, -1, 1, 1) if len(self.edges) else QRectF()

    def paint(self, painter: QPainter, theme: Theme) -> None:
        if not len(self.edges):
            return
        painter.save()
        painter.setClipRect(self.rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        mapping = self.plot.mapping
        for heights, sign, thing in ((self.heights[0], 1, "positive"), (self.heights[1], -1, "negative")):
            self._bars(painter, mapping, heights * sign, theme, thing)
        zero = mapping.point(self.edges[0], 0.0)
        assert zero is not None
        painter.setPen(QPen(theme.mix(theme.muted, 0.7), 1))
        painter.drawLine(QLineF(mapping.rect.left(), zero.y(), mapping.rect.right(), zero.y()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._flags(painter, mapping, theme)
        self._words(painter, mapping.rect, theme)
        painter.restore()

    def _bars(
        self, painter: QPainter, mapping: Mapping, heights: np.ndarray, theme: Theme, thing: str
    ) -> None:
        left = mapping.pixels(np.column_stack([self.edges[:-1], np.zeros(len(heights))]))
        right = mapping.pixels(np.column_stack([self.edges[1:], heights]))
        line = mapping.point(self.threshold, 0.0)
        cut = line.x() if line is not None else mapping.rect.right()
        ink = theme.colour(thing).name()
        painter.setPen(Qt.PenStyle.NoPen)
        for share, low, high in ((PALE, -np.inf, cut), (FULL, cut, np.inf)):
            painter.setBrush(theme.mix(ink, share, theme.ground))
            for (x0, y0), (x1, y1) in zip(left.tolist(), right.tolist(), strict=True):
                a, b = max(x0 + 0.5, low), min(x1 - 0.5, high)
                if b > a and y1 != y0:
                    painter.drawRect(QRectF(QPointF(a, min(y0, y1)), QPointF(b, max(y0, y1))))

    def _words(self, painter: QPainter, box: QRectF, theme: Theme) -> None:
        """What each corner counts, on plates so that bars cannot hide it."""
        font = self.plot.caption_font
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        height = metrics.height()
        drop = (height + 4) * self._rows()
        line = self.plot.mapping.point(self.threshold, 0.0)
        cut = line.x() if line is not None else box.right()
        plate = QColor(theme.ground)
        plate.setAlphaF(0.8)
        for i, (long, short) in enumerate(self.words):
            room = box.right() - cut if i % 2 else cut - box.left()
            text = long if metrics.horizontalAdvance(long) + 20 <= room else short
            width = metrics.horizontalAdvance(text) + 8
            x = box.right() - width - 4 if i % 2 else box.left() + 4
            y = box.top() + 3 + drop if i < 2 else box.bottom() - height - 4
            place = QRectF(x, y, width, height)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(plate)
            painter.drawRoundedRect(place, 3, 3)
            painter.setPen(QColor(theme.text))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _rows(self) -> int:
        return sum(bool(rows) for rows in self._flag_rows())

    def _flag_rows(self) -> list[list[tuple[Flag, QRectF, float]]]:
        """Flags in rows, each where it has room."""
        mapping, metrics = self.plot.mapping, QFontMetricsF(self.plot.caption_font)
        line = mapping.point(self.threshold, 0.0)
        cut = line.x() if line is not None else mapping.rect.right()
        rows: list[list[tuple[Flag, QRectF, float]]] = [[], []]
        for flag in self.flags:
            at = mapping.point(flag.at, 0.0)
            if at is None or not mapping.rect.left() <= at.x() <= mapping.rect.right():
                continue
            width, height = metrics.horizontalAdvance(flag.name) + 6, metrics.height()
            left = at.x() + 3 if at.x() >= cut else at.x() - width - 3  # away from the threshold's line
            left = min(max(left, mapping.rect.left()), mapping.rect.right() - width)
            for index, row in enumerate(rows):
                place = QRectF(left, mapping.rect.top() + index * (height + 2) + 6 * unit(), width, height)
                if all(not place.adjusted(-4, 0, 4, 0).intersects(other) for _, other, _ in row):
                    row.append((flag, place, at.x()))
                    break
        return rows

    def _flags(self, painter: QPainter, mapping: Mapping, theme: Theme) -> None:
        painter.setFont(self.plot.caption_font)
        for row in self._flag_rows():
            for flag, place, x in row:
                size = 4.5 * unit()
                top = mapping.rect.top() + 1
                painter.setPen(QPen(theme.mix(theme.muted, 0.5), 1, Qt.PenStyle.DotLine))
                painter.drawLine(QLineF(x, place.bottom(), x, mapping.rect.bottom()))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(theme.muted))
                painter.drawPolygon(
                    QPolygonF([QPointF(x - size, top), QPointF(x + size, top), QPointF(x, top + size)])
                )
                painter.setPen(QColor(theme.muted))
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, flag.name)


class AmountAxis(Axis):
    """An axis on which what lies below zero is an amount too."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return super().tickStrings([abs(value) for value in values], scale, spacing)


class ScorePlot(Plot):
    """Bars and threshold. `ruler` is what is dragged; a click puts it there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Score", "Share of class", fixed=True, parent=parent)
        self.removeItem(self.decor.y_axis)
        self.decor.y_axis = AmountAxis("left")
        self.addItem(self.decor.y_axis)
        self.set_theme(self.theme)
        self.bars = ScoreBars(self)
        self.lay(self.bars)
        self.ruler = Ruler(self, "Threshold")
        self._shown: tuple[object, str] = (None, "")

    def show_histogram(self, made: Histogram, heights: str) -> None:
        """The bars: "share" of each class, or "count" of cases; ranges follow. Once for each run."""
        if (made, heights) == self._shown:
            return
        self._shown = (made, heights)
        self.bars.edges = made.edges
        scale = [
            max(1, int(each.sum())) if heights == "share" else 1 for each in (made.positives, made.negatives)
        ]
        self.bars.heights = (made.positives / scale[0], made.negatives / scale[1])
        top = [max(1e-12, float(each.max(initial=0))) for each in self.bars.heights]
        low = max(top[1], 0.6 * top[0])
        high = max(top[0], 0.6 * top[1])
        self.set_labels("Score", "Share of class" if heights == "share" else "Cases")
        edges = made.edges
        self.set_range((float(edges[0]), float(edges[-1])), (-1.28 * low, 1.6 * high))
        self.bars.changed()

    def show_threshold(self, threshold: float, counts: Counts, flags: tuple[Flag, ...]) -> None:
        """Where the threshold lies, and what it makes of the cases."""
        self.bars.threshold = threshold
        self.bars.flags = flags
        self.bars.words = (
            (f"misses (FN) {number(counts.fn)}", f"FN {number(counts.fn)}"),
            (f"hits (TP) {number(counts.tp)}", f"TP {number(counts.tp)}"),
            (f"rightly passed (TN) {number(counts.tn)}", f"TN {number(counts.tn)}"),
            (f"false alarms (FP) {number(counts.fp)}", f"FP {number(counts.fp)}"),
        )
        self.bars.changed()
        if not self.ruler.held:
            self.ruler.place(threshold)
