"""Where exp leaves each precision: three number lines on one axis, with the logits before and after."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.optimization.logit_bars import scaled
from app.stage import theme as look
from app.stage.numbers import number
from app.stage.theme import LIGHT, Theme
from core.optimization.softmax import Precision, SoftmaxFrame

REACH = 1500.0
"""The axis goes from minus this to this, evenly near 0 and by the logarithm far from it."""
EVEN = 4.0
TICKS = (-1000, -100, -10, 0, 10, 100, 1000)


class ExpRanges(QWidget):
    """For each precision the stretch on which exp is a finite positive number.

    Discs are the exponents as written, triangles those less the maximum; outside the stretch both are hollow.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Where exp overflows and underflows")
        self.theme: Theme = LIGHT
        self._frame: SoftmaxFrame | None = None
        self._factor = 1.0

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def show_frame(self, frame: SoftmaxFrame) -> None:
        self._frame = frame
        told = [
            f"{p.name}: exp is 0 below {number(p.limits.underflow)}, ∞ above {number(p.limits.overflow)}"
            for p in frame.precisions
        ]
        self.setAccessibleDescription("; ".join(told))
        self.update()

    def set_scale(self, factor: float) -> None:
        """How many times larger type and marks are than at a desk."""
        if factor != self._factor:
            self._factor = factor
            self.update()

    def _font(self) -> QFont:
        return scaled(look.font(look.CAPTION), self._factor)

    def sizeHint(self) -> QSize:
        return QSize(400, 120)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 72)

    def _x(self, value: float) -> float:
        left, right = self._axis()
        share = math.asinh(value / EVEN) / math.asinh(REACH / EVEN)
        return left + (max(-1.0, min(1.0, share)) + 1) / 2 * (right - left)

    def _axis(self) -> tuple[float, float]:
        name = QFontMetricsF(self._font()).horizontalAdvance("float16") + 12
        return name, self.width() - 8.0

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._frame is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = self._font()
        painter.setFont(font)
        line = QFontMetricsF(font).height()
        self._paint_key(painter, line)
        axis = self.height() - line - 4
        self._paint_axis(painter, axis, line)
        each = (axis - line - 12) / 3
        for row, shown in enumerate(self._frame.precisions):
            self._paint_line(painter, shown, line + 6 + (row + 0.5) * each, each)
        painter.end()

    def _paint_key(self, painter: QPainter, line: float) -> None:
        """What the marks mean, and what lies where."""
        metrics = QFontMetricsF(painter.font())
        left, right = self._axis()
        x = left
        for solid, text in ((True, "z"), (False, "z − max")):
            self._mark(painter, QPointF(x + 5, line / 2), disc=solid, inside=True)
            painter.setPen(self.theme.muted)
            painter.drawText(QPointF(x + 5 + 9 * self._factor, metrics.ascent()), text)
            x += 5 + 9 * self._factor + metrics.horizontalAdvance(text) + 14
        told = "between the bars exp is finite and positive"
        if x + metrics.horizontalAdvance(told) > right:
            told = "exp: 0 | finite | ∞"
        painter.drawText(QPointF(right - metrics.horizontalAdvance(told), metrics.ascent()), told)

    def _paint_axis(self, painter: QPainter, y: float, line: float) -> None:
        metrics = QFontMetricsF(painter.font())
        pen = QPen(self.theme.mix(self.theme.muted, 0.55), 1)
        left, right = self._axis()
        painter.setPen(pen)
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        free = -math.inf
        for tick in TICKS:
            x, text = self._x(tick), number(tick)
            wide = metrics.horizontalAdvance(text)
            painter.setPen(pen)
            painter.drawLine(QPointF(x, y), QPointF(x, y + 4))
            if x - wide / 2 > free:
                painter.setPen(self.theme.muted)
                painter.drawText(QPointF(x - wide / 2, y + 3 + metrics.ascent()), text)
                free = x + wide / 2 + 6

    def _paint_line(self, painter: QPainter, shown: Precision, y: float, room: float) -> None:
        metrics = QFontMetricsF(painter.font())
        left, right = self._axis()
        low, high = self._x(shown.limits.underflow), self._x(shown.limits.overflow)
        thick = min(20.0 * self._factor, 0.4 * room)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.mix(self.theme.accent, 0.16))
        painter.drawRect(QRectF(low, y - thick / 2, high - low, thick))
        painter.setPen(QPen(self.theme.mix(self.theme.muted, 0.55), 1))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        painter.setPen(QPen(QColor(self.theme.text), 1.5))
        for x in (low, high):
            painter.drawLine(QPointF(x, y - thick / 2 - 2), QPointF(x, y + thick / 2 + 2))
        painter.setPen(self.theme.muted)
        painter.drawText(QPointF(0, y + metrics.ascent() / 2 - 1), shown.name)
        if room > thick + 1.9 * metrics.height():
            self._paint_bounds(painter, shown, y + thick / 2 + 3 + metrics.ascent())
        limits = shown.limits
        for values, disc in ((shown.logits, True), (shown.stable.exponents, False)):
            for value in np.asarray(values, np.float64):
                inside = bool(limits.underflow <= value <= limits.overflow)
                at = QPointF(self._x(float(value)), y - (4.5 if disc else -4.5) * self._factor)
                self._mark(painter, at, disc=disc, inside=inside)

    def _paint_bounds(self, painter: QPainter, shown: Precision, baseline: float) -> None:
        """The thresholds in numbers, outside their bars."""
        metrics = QFontMetricsF(painter.font())
        low, high = number(shown.limits.underflow), number(shown.limits.overflow)
        painter.setPen(self.theme.muted)
        at = self._x(shown.limits.underflow) - metrics.horizontalAdvance(low) / 2
        painter.drawText(QPointF(max(self._axis()[0], at), baseline), low)
        wide = metrics.horizontalAdvance(high)
        at = min(self._x(shown.limits.overflow) - wide / 2, self._axis()[1] - wide)
        painter.drawText(QPointF(at, baseline), high)

    def _mark(self, painter: QPainter, at: QPointF, *, disc: bool, inside: bool) -> None:
        colour = QColor(self.theme.accent if inside else self.theme.warning)
        size = 4 * self._factor
        painter.setPen(QPen(colour, 1.5))
        painter.setBrush(colour if inside else QColor(self.theme.panel))
        if disc:
            painter.drawEllipse(at, size, size)
        else:
            corners = [at + QPointF(-size, size), at + QPointF(size, size), at + QPointF(0, -size)]
            painter.drawPolygon(QPolygonF(corners))
