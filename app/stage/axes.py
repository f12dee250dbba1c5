"""Axes: data to pixels and back, and pyqtgraph's ticks in the lab's type."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen

from app.stage import numbers
from app.stage.lean import pyqtgraph as pg
from app.stage.theme import Theme

FAR = 1e7
"""Pixels beyond which a coordinate is cut: the painter's own arithmetic ends not far behind."""

Span = tuple[float, float]

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True)
class Mapping:
    """Data to pixels for one plot at one moment.

    `rect` is the area inside the axes, in logical pixels of the viewport; `x` and `y` are its ends *on the
    axis*: for a logarithmic axis the base-10 logarithms.
    """

    rect: QRectF
    x: Span
    y: Span
    log_x: bool = False
    log_y: bool = False

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 2) in data coordinates as pixels (n, 2); NaN where a point has no place on the axes."""
        on_axes = np.array(points, dtype=np.float64)
        with np.errstate(all="ignore"):
            for column, log in enumerate((self.log_x, self.log_y)):
                if log:
                    on_axes[:, column] = np.where(
                        on_axes[:, column] > 0, np.log10(on_axes[:, column]), np.nan
                    )
            on_axes -= (self.x[0], self.y[0])
            left, bottom, per_x, per_y = self._scale
            on_axes *= (per_x, -per_y)
            on_axes += (left, bottom)
            on_axes[~np.isfinite(on_axes)] = np.nan
            np.clip(on_axes, -FAR, FAR, out=on_axes)
        return on_axes

    def point(self, x: float, y: float) -> QPointF | None:
        """The pixel of one point, None where it has no place (not finite, or not positive on a log axis)."""
        x, y = axis_value(x, self.log_x), axis_value(y, self.log_y)
        if not (math.isfinite(x) and math.isfinite(y)):
            return None
        left, bottom, per_x, per_y = self._scale
        across = left + (x - self.x[0]) * per_x
        down = bottom - (y - self.y[0]) * per_y
        return QPointF(max(-FAR, min(FAR, across)), max(-FAR, min(FAR, down)))

    def rectangle(self, x: Span, y: Span) -> QRectF:
        """The pixels of a rectangle whose ends are given in data coordinates (both on the axes)."""
        first, last = self.point(x[0], y[1]), self.point(x[1], y[0])
        if first is None or last is None:
            raise ValueError(f"({x}, {y}) has no place on these axes")
        return QRectF(first, last)

    def data(self, pos: QPointF) -> tuple[float, float]:
        """The data coordinates under a pixel."""
        left, bottom, per_x, per_y = self._scale
        x = self.x[0] + (pos.x() - left) / per_x
        y = self.y[0] + (bottom - pos.y()) / per_y
        return data_value(x, self.log_x), data_value(y, self.log_y)

    @cached_property
    def _scale(self) -> tuple[float, float, float, float]:
        """Left and bottom, and pixels per unit of each axis: asked for at every point."""
        box = self.rect
        return (
            box.left(), box.bottom(),
            box.width() / (self.x[1] - self.x[0]), box.height() / (self.y[1] - self.y[0]),
        )  # fmt: skip


def axis_value(value: float, log: bool) -> float:
    """A data value on its axis: its logarithm on a logarithmic one, NaN if it has none."""
    value = float(value)
    if not log:
        return value
    return math.log10(value) if value > 0 else math.nan


def data_value(value: float, log: bool) -> float:
    """The inverse of `axis_value`."""
    return float(10.0 ** max(-300.0, min(300.0, value))) if log else value


class Axis(pg.AxisItem):
    """pyqtgraph's axis with ticks outside, numbers as in print, and a width that only the plot decides."""

    def __init__(self, side: str, *, log: bool = False) -> None:
        super().__init__(side, maxTickLength=-4)
        self.setStyle(
            autoExpandTextSpace=False, autoReduceTextSpace=False, hideOverlappingLabels=40, maxTickLevel=0,
            maxTextLevel=0 if not log else 1, tickTextOffset=3,
        )  # fmt: skip
        self.log = log
        self._seen: tuple[Any, ...] = ()
        self._specs: tuple[Any, ...] | None = None
        self.enableAutoSIPrefix(False)

    def set_theme(self, theme: Theme, font: QFont) -> None:
        line = theme.mix(theme.muted, 0.55)
        self.setPen(pg.mkPen(line, width=1))
        self.setTextPen(pg.mkPen(theme.muted))
        self.setStyle(tickFont=font)

    def place(self, rect: QRectF, span: Span) -> None:
        """Take a place in the scene and the range that it shows."""
        if self.orientation == "left":
            self.setWidth(rect.width())  # else pyqtgraph's own guess is its upper limit
        else:
            self.setHeight(rect.height())
        self.setGeometry(rect)
        self.setRange(*span)

    def draw(self, painter: QPainter) -> None:
        """Draw at its place, straight away: what is drawn is cached by the plot.

        What pyqtgraph makes of an axis is kept while nothing about it is another: its range and size stay
        when a better map is put between the axes.
        """
        size, font = self.geometry().size(), self.style["tickFont"].key()
        inks = self.pen().color().rgba(), self.textPen().color().rgba()
        seen = (size.width(), size.height(), *self.range, font, inks, self.log)
        painter.save()
        painter.translate(self.pos())
        if seen != self._seen:
            self._seen, self._specs = seen, self.generateDrawSpecs(painter)
        if self._specs is not None:
            self.drawPicture(painter, *self._specs)
        painter.restore()

    def widest(self, font: QFont, span: Span, length: float) -> float:
        """Pixels that the widest number needs on an axis of this span and length."""
        metrics = QFontMetricsF(font)
        levels = self.tickValues(*span, length)[: self.style["maxTextLevel"] + 1]
        texts = [text for spacing, values in levels for text in self.tickStrings(values, 1.0, spacing)]
        return max((metrics.horizontalAdvance(text) for text in texts), default=0.0)

    def labelled(self, span: Span, length: float) -> list[float]:
        """The values, on the axis, of the ticks that have labels: where grid lines lie."""
        return self.tickValues(*span, length)[0][1]

    # --- what pyqtgraph asks ---------------------------------------------------------------------

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        low, high = sorted((minVal, maxVal))
        if not self.log:
            return super().tickValues(low, high, size) or [(1.0, [])]
        return log_ticks(low, high, max(2, int(size / (28 if self.orientation == "left" else 48))))

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.log:
            return log_strings(values)
        return linear_strings(values, spacing)

    def drawPicture(self, p: QPainter, axisSpec, tickSpecs, textSpecs) -> None:
        """As pyqtgraph does, but crisp on every device and not clipped to the axis."""
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for pen, start, end in (axisSpec, *tickSpecs):
            p.setPen(QPen(pen.color(), 1))
            p.drawLine(start, end)
        p.setFont(self.style["tickFont"])
        p.setPen(self.textPen())
        for rect, flags, text in textSpecs:
            p.drawText(rect, int(flags), text)


def log_ticks(low: float, high: float, room: int) -> list[tuple[float, list[float]]]:
    """Ticks between two exponents: whole decades, as many as have room, and 2 to 9 between them if few."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    stride = max(1, math.ceil((last - first + 1) / room))
    start = math.ceil(first / stride) * stride
    decades = [float(k) for k in range(start, last + 1, stride)]
    levels = [(float(stride), decades)]
    if high - low < 2.5:
        apart = (high - low) / max(1, room)
        taken = [k for k in decades if low <= k <= high]
        between: list[float] = []
        for m in (2, 5, 3, 7, 4, 6, 8, 9):  # the most welcome first, as long as they have room
            for k in range(math.floor(low), math.ceil(high)):
                tick = k + math.log10(m)
                if low <= tick <= high and all(abs(tick - each) >= apart for each in taken):
                    between.append(tick)
                    taken.append(tick)
        between.sort()
        levels.append((0.1, between))
    return levels


def log_strings(exponents: list[float]) -> list[str]:
    """Labels of ticks at these exponents: plain numbers if all are short, or few decades, else powers."""
    low, high = min(exponents, default=0.0), max(exponents, default=0.0)
    plain = (low >= -2.01 and high <= 3.01) or (low >= -4.01 and high <= 4.01 and high - low < 2.01)
    between = [abs(each - round(each)) > 1e-6 for each in exponents]
    return [
        f"{10.0**each:.4g}" if plain or odd else _power(round(each))
        for each, odd in zip(exponents, between, strict=True)
    ]


def _power(exponent: int) -> str:
    return {0: "1", 1: "10"}.get(exponent) or "10" + str(exponent).translate(_RAISED)


def linear_strings(values: list[float], spacing: float) -> list[str]:
    """Labels that share their number of decimals; powers of ten where the numbers are very long."""
    largest = max((abs(v) for v in values), default=0.0)
    if not values or largest == 0:
        return ["0"] * len(values)
    places = max(0, math.ceil(-math.log10(spacing) - 1e-9))
    if largest >= 1e5 or places > 4:
        digits = max(1, 1 + math.ceil(math.log10(largest / spacing) - 1e-9))
        return [numbers.number(float(v) if abs(v) > spacing / 2 else 0.0, min(digits, 12)) for v in values]
    texts = [f"{v:.{places}f}" for v in values]
    return [("0" if float(t) == 0 else t).replace("-", numbers.MINUS) for t in texts]
