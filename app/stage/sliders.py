"""The one slider of the program and the field beside it.

Built on Qt's own QSlider, whose positions are whole numbers: the `Scale` maps them to values, evenly or by
their logarithm, and to values worth having (0.05, not 0.049873). superqt's float sliders were measured and
left out: their arrow keys do nothing, a screen reader is told 99 whatever the value, and importing them
takes 57 ms of the time to the first control that answers.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QLineEdit, QSlider, QStyle, QStyleOptionSlider, QWidget

from app.stage.numbers import parse, quantity

POSITIONS = 1000
"""How finely the track is divided; more than it has pixels."""
DECADES_BELOW = 6
"""How far a logarithmic scale that starts at zero reaches down before it ends in that zero."""
PAGE = 10
"""Steps of a page key."""
FIELD_DIGITS = 6

_KEYS = {
    Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1,
    Qt.Key.Key_PageDown: -PAGE, Qt.Key.Key_PageUp: PAGE,
}  # fmt: skip


class Scale:
    """Values from `low` to `high` laid along a track; `log` by their logarithm, `whole` integers alone."""

    def __init__(self, low: float, high: float, *, log: bool = False, whole: bool = False) -> None:
        self.low, self.high, self.log, self.whole = low, high, log, whole
        self._first = low if low > 0 else high / 10**DECADES_BELOW
        """Where the logarithm starts; below it lies only `low`."""
        few = whole and not log and high - low <= POSITIONS
        self.positions = max(1, int(high - low)) if few else POSITIONS

    def position(self, value: float) -> int:
        """The place of a value on the track, from 0 to `positions`."""
        if value <= self.low:
            return 0
        if not self.log:
            share = (value - self.low) / (self.high - self.low)
        elif value < self._first:
            return 1
        else:
            share = math.log(value / self._first) / math.log(self.high / self._first)
        return max(0, min(self.positions, round(share * self.positions)))

    def value(self, position: int) -> float:
        """The value at a place: the ends exact, between them rounded to digits that the track can tell."""
        if position <= 0:
            return self._typed(self.low)
        if position >= self.positions:
            return self._typed(self.high)
        share = position / self.positions
        if self.log:
            return self._inside(_significant(self._first * (self.high / self._first) ** share, 3))
        span = self.high - self.low
        decimals = max(0, -math.ceil(math.log10(span / self.positions)))
        return self._inside(round(self.low + share * span, decimals))

    def stepped(self, value: float, steps: int) -> float:
        """The value `steps` key presses away; on a log scale a tenth of a decade each (1, 1.3, 1.6, ...)."""
        if self.log:
            return self._stepped_log(value, steps)
        step = (
            1.0 if self.whole and self.high - self.low <= POSITIONS else _nice((self.high - self.low) / 100)
        )
        place = (value - self.low) / step
        place = math.floor(place + 1e-9) if steps > 0 else math.ceil(place - 1e-9)
        return self._inside(_significant(self.low + (place + steps) * step, 12))

    def _stepped_log(self, value: float, steps: int) -> float:
        if value < self._first:
            value = self._first if steps > 0 else self.low
            steps -= 1 if steps > 0 else 0
        if value <= self.low and steps <= 0:
            return self._typed(self.low)
        place = 10 * math.log10(value)
        place = math.floor(place + 0.2) if steps > 0 else math.ceil(place - 0.2)
        found = _significant(10 ** ((place + steps) / 10), 2)
        if self.whole and steps and round(found) == round(value):
            found = value + math.copysign(1, steps)
        return self._typed(self.low) if found < self._first * 0.999 else self._inside(found)

    def _inside(self, value: float) -> float:
        return self._typed(max(self.low, min(self.high, value)))

    def _typed(self, value: float) -> float:
        return round(value) if self.whole else float(value)


def _significant(value: float, digits: int) -> float:
    return float(f"{value:.{digits - 1}e}")


def _nice(value: float) -> float:
    """1, 2 or 5 times a power of ten, the next at or above."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= value * (1 - 1e-9))


class Slider(QSlider):
    """A thin track with a round handle. A click on the track goes there; the wheel needs the focus."""

    moved = Signal(object)
    """The value, while the handle is dragged or the track clicked; `sliderReleased` ends it."""
    nudged = Signal(object)
    """The value after a key or a turn of the wheel."""

    HANDLE = 12

    def __init__(self, scale: Scale, unit: str = "", parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._scale = scale
        self._unit = unit
        self._value = scale.low
        self._turned = 0.0
        self._colour = QColor()
        self.setRange(0, scale.positions)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # not by the wheel: it scrolls the column
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.valueChanged.connect(self._tracked)

    def current(self) -> float:
        """The value, finer than the track where it was typed."""
        return self._value

    def set_current(self, value: float) -> None:
        """Show a value without a signal. A handle that is held stays under the mouse."""
        self._value = value
        self.setAccessibleDescription(quantity(value, self._unit))
        if not self.isSliderDown():
            blocked = self.blockSignals(True)
            self.setValue(self._scale.position(value))
            self.blockSignals(blocked)

    def set_colour(self, colour: QColor) -> None:
        """The colour of the thing that this slider belongs to; invalid for the accent."""
        self._colour = colour
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, self.HANDLE + 6)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.HANDLE + 6)

    # --- the hand --------------------------------------------------------------------------------

    def _tracked(self, position: int) -> None:
        value = self._scale.value(position)
        if value != self._value:
            self._value = value
            self.setAccessibleDescription(quantity(value, self._unit))
            self.moved.emit(value)

    def step(self, steps: int) -> None:
        """As so many presses of an arrow key."""
        self._nudge(self._scale.stepped(self._value, steps))

    def _nudge(self, value: float) -> None:
        if value != self._value:
            self.set_current(value)
            self.nudged.emit(value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _KEYS:
            self.step(_KEYS[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._nudge(self._scale.value(0 if key == Qt.Key.Key_Home else self._scale.positions))
        else:
            event.ignore()
            return
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus():
            event.ignore()
            return
        self._turned += event.angleDelta().y() / 120
        steps = int(self._turned)
        self._turned -= steps
        if steps:
            self.step(steps)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        handle = self._rect(QStyle.SubControl.SC_SliderHandle)
        if event.button() == Qt.MouseButton.LeftButton and not handle.contains(event.position().toPoint()):
            groove = self._rect(QStyle.SubControl.SC_SliderGroove)
            room = groove.width() - handle.width()
            at = round(event.position().x() - groove.left() - handle.width() / 2)
            self.setSliderPosition(QStyle.sliderValueFromPosition(0, self.maximum(), at, room))
        super().mousePressEvent(event)

    # --- the picture -----------------------------------------------------------------------------

    def _rect(self, part: QStyle.SubControl) -> QRect:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        return self.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, part, self)

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = self.palette()
        shown = self._colour if self._colour.isValid() else palette.highlight().color()
        if not self.isEnabled():
            shown = palette.placeholderText().color()
        rest = QColor(palette.placeholderText().color())
        rest.setAlphaF(0.4)
        handle = self._rect(QStyle.SubControl.SC_SliderHandle)
        middle = self.height() / 2
        at = handle.center().x() + 0.5
        radius = self.HANDLE / 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(rest)
        painter.drawRoundedRect(QRectF(radius, middle - 1, self.width() - 2 * radius, 2), 1, 1)
        painter.setBrush(shown)
        painter.drawRoundedRect(QRectF(radius, middle - 1.5, max(0.0, at - radius), 3), 1.5, 1.5)
        if self.hasFocus():
            ring = QColor(palette.highlight().color())
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(ring, 1.5))
            painter.drawEllipse(QRectF(at - radius - 2, middle - radius - 2, 2 * radius + 4, 2 * radius + 4))
        painter.setPen(QPen(palette.base().color(), 1.5))
        painter.setBrush(shown.lighter(112) if self.underMouse() or self.isSliderDown() else shown)
        painter.drawEllipse(QRectF(at - radius, middle - radius, 2 * radius, 2 * radius))
        painter.end()


class NumberField(QLineEdit):
    """A number with its unit. What is typed is read on Enter, on leaving, or when `apply` is called."""

    typed = Signal(object)
    refused = Signal(str)
    stepped = Signal(int)
    """Up or down was pressed: so many steps."""

    def __init__(self, parent: QWidget | None = None, *, whole: bool = False, unit: str = "") -> None:
        super().__init__(parent)
        self._whole = whole
        self._unit = unit
        self._value = 0.0
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setMaxLength(40)
        self.setProperty("quiet", True)
        self.editingFinished.connect(self.apply)

    def set_current(self, value: float, *, force: bool = False) -> None:
        """Show a value; what is just being typed stays."""
        self._value = value
        if force or not (self.isModified() and self.hasFocus()):
            text = quantity(value, self._unit, FIELD_DIGITS)
            if text != self.text():
                self.setText(text)
                self.setCursorPosition(0)
            self.setModified(False)

    def apply(self) -> None:
        """Read what was typed; untouched text means the value as it is, with all its digits."""
        if not self.isModified():
            return
        self.setModified(False)
        try:
            value = parse(self.text().strip().removesuffix(self._unit))
        except ValueError as error:
            self.refused.emit(str(error))
            return
        self.typed.emit(int(value) if self._whole and value == int(value) else value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and self.text() != quantity(self._value, self._unit, FIELD_DIGITS):
            self.set_current(self._value, force=True)
            self.refused.emit("")
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.apply()
            self.stepped.emit(_KEYS[key])
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.selectAll()
