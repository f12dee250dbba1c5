"""Logits as bars that are dragged, or moved by keys."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.stage import theme as look
from app.stage.numbers import number
from app.stage.theme import LIGHT, Theme

STEPS = 200
"""Steps of a drag over the range shown."""


class LogitBars(QWidget):
    """One bar for each class, from zero. Left and right choose a bar, up and down move it."""

    moved = Signal(int, float)
    """Class and value, while it is dragged or moved by a key."""
    released = Signal()
    """The drag is over, or the key is up again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Logits")
        self.theme: Theme = LIGHT
        self._values: tuple[float, ...] = (0.0,)
        self._target = 0
        self._chosen = 0
        self._held = -1
        self._pointed = -1
        self._by_key = False
        self._factor = 1.0
        self._range = (0.0, 1.0)

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def show_logits(self, values: tuple[float, ...], target: int) -> None:
        """Show the logits; the range stays while a bar is held, so that it does not run from the hand."""
        self._values, self._target = values, target
        self._chosen = min(self._chosen, len(values) - 1)
        if self._held < 0:
            self._range = nice_range(values)
        told = ", ".join(f"class {i}: {number(v)}" for i, v in enumerate(values))
        self.setAccessibleDescription(f"{told}; class {self._chosen} chosen")
        self.update()

    def set_scale(self, factor: float) -> None:
        """How many times larger type and marks are than at a desk."""
        if factor != self._factor:
            self._factor = factor
            self.update()

    def _font(self) -> QFont:
        return scaled(look.font(look.CAPTION), self._factor)

    def sizeHint(self) -> QSize:
        return QSize(240, 120)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 72)

    # --- places ----------------------------------------------------------------------------------

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self._font())

    def _inside(self) -> QRectF:
        line = self._metrics().height()
        below = line + 2 if self._range[0] < 0 else 0.0
        return QRectF(0, line + 2, self.width(), max(10.0, self.height() - 2 * line - 6 - below))

    def _slot(self, index: int) -> tuple[float, float]:
        """Left end and width of a bar."""
        each = self.width() / len(self._values)
        width = min(0.5 * each, 56.0 * self._factor)
        return (index + 0.5) * each - width / 2, width

    def _y(self, value: float) -> float:
        low, high = self._range
        inside = self._inside()
        return inside.bottom() - (value - low) / (high - low) * inside.height()

    def _value(self, y: float) -> float:
        low, high = self._range
        inside = self._inside()
        value = low + (inside.bottom() - y) / inside.height() * (high - low)
        step = self._step()
        return round(round(value / step) * step, 9)

    def _step(self) -> float:
        return _nice((self._range[1] - self._range[0]) / STEPS)

    def _class_at(self, x: float) -> int:
        return min(len(self._values) - 1, max(0, int(x / max(1, self.width()) * len(self._values))))

    # --- the hand --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._held = self._chosen = self._class_at(event.position().x())
        self.moved.emit(self._held, self._value(event.position().y()))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held >= 0:
            self.moved.emit(self._held, self._value(event.position().y()))
            return
        pointed = self._class_at(event.position().x())
        if pointed != self._pointed:
            self._pointed = pointed
            self.setCursor(Qt.CursorShape.SizeVerCursor)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held >= 0:
            self._held = -1
            self._range = nice_range(self._values)
            self.released.emit()
            self.update()

    def leaveEvent(self, event: object) -> None:
        self._pointed = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                way = 1 if event.key() == Qt.Key.Key_Right else -1
                self._chosen = (self._chosen + way) % len(self._values)
                self.show_logits(self._values, self._target)
            case Qt.Key.Key_Up | Qt.Key.Key_Down | Qt.Key.Key_PageUp | Qt.Key.Key_PageDown:
                up = event.key() in (Qt.Key.Key_Up, Qt.Key.Key_PageUp)
                far = 10 if event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) else 1
                step = self._step() * far * (1 if up else -1)
                self.moved.emit(self._chosen, round(self._values[self._chosen] + step, 9))
                self._by_key = True
            case _:
                super().keyPressEvent(event)
                return
        event.accept()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        super().keyReleaseEvent(event)
        if self._by_key and not event.isAutoRepeat():
            self._by_key = False
            self.released.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    # --- the picture -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font())
        zero = self._y(0.0)
        for index in range(len(self._values)):
            self._paint_bar(painter, index, zero)
        painter.setPen(QPen(self.theme.mix(self.theme.muted, 0.55), 1))
        painter.drawLine(QPointF(0, zero), QPointF(self.width(), zero))
        painter.end()

    def _paint_bar(self, painter: QPainter, index: int, zero: float) -> None:
        value = self._values[index]
        left, width = self._slot(index)
        top = self._y(value)
        bar = QRectF(left, min(top, zero), width, abs(top - zero))
        active = index in (self._held, self._pointed) or (self.hasFocus() and index == self._chosen)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.mix(self.theme.accent, 0.75 if active else 0.5))
        painter.drawRect(bar)
        painter.setPen(QPen(QColor(self.theme.text if active else self.theme.accent), 3))
        painter.drawLine(QPointF(left, top), QPointF(left + width, top))
        metrics = self._metrics()
        line = metrics.height()
        above = value >= 0
        place = QRectF(left - 120, top - line - 2 if above else top + 2, width + 240, line)
        painter.setPen(self.theme.text)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, number(value, 4))
        name = f"class {index}" if width > metrics.horizontalAdvance("class 0") else str(index)
        foot = QRectF(left - 120, self.height() - line, width + 240, line)
        painter.setPen(self.theme.text if index == self._target else self.theme.muted)
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, name)
        if index == self._target:
            x = left + width / 2 - metrics.horizontalAdvance(name) / 2 - 10
            painter.setBrush(QColor(self.theme.text))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawPolygon(triangle(QPointF(x, foot.center().y()), 4))


def scaled(font: QFont, factor: float) -> QFont:
    """The font, so many times larger."""
    font.setPointSizeF(font.pointSizeF() * factor)
    return font


def triangle(tip: QPointF, size: float) -> QPolygonF:
    """What marks the target class: an arrowhead to the right."""
    return QPolygonF([tip + QPointF(-size, -size), tip + QPointF(size, 0), tip + QPointF(-size, size)])


def nice_range(values: tuple[float, ...]) -> tuple[float, float]:
    """From zero, or through it, to a round number a little beyond the furthest bar."""
    low, high = min(0.0, *values), max(0.0, *values)
    if high - low < 1e-9:
        return 0.0, 1.0
    room = 0.08 * (high - low)
    step = _nice((high - low) / 10)
    return (
        math.floor((low - room) / step) * step if low < 0 else 0.0,
        math.ceil((high + room) / step) * step if high > 0 else 0.0,
    )


def _nice(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= value * (1 - 1e-9))
