"""A dot plot: a row for each weight that is read, a marker in it for each optimizer's value."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.stage import theme as look
from app.stage.axes import linear_strings
from app.stage.marks import draw_symbol, unit
from app.stage.numbers import number
from app.stage.theme import LIGHT, Theme
from core.optimization.readings import Reading

Array = np.ndarray


class WeightDots(QWidget):
    """Rows with a name and a size, and each model's value in them. A row can be chosen."""

    chosen = Signal(int)
    """The row that was clicked, or moved to by the up and down keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.theme: Theme = LIGHT
        self._reading: Reading | None = None
        self._title = self._left = self._below = ""
        self._values: Array = np.empty((0, 0))
        self._names: tuple[str, ...] = ()
        self._span = (-1.0, 1.0)
        self._inspected, self._watched = "", -1
        self._goal: float | None = None

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def show_reading(self, reading: Reading, title: str, left: str, below: str, goal: float | None) -> None:
        """What the rows are: a heading, what the sizes mean, what the axis measures, a value worth a line."""
        self._reading, self._title, self._left, self._below, self._goal = reading, title, left, below, goal
        self.setAccessibleName(title)
        self.update()

    def set_span(self, low: float, high: float) -> None:
        """The ends of the axis; once for each run."""
        self._span = (low, high)
        self.update()

    def show_values(self, values: Array, names: tuple[str, ...], inspected: str, watched: int) -> None:
        """Values (rows, R) of these optimizers; the inspected one is drawn over the others."""
        self._values, self._names, self._inspected, self._watched = values, names, inspected, watched
        self.update()

    # --- what the reader does ------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._reading is None or event.button() != Qt.MouseButton.LeftButton:
            return
        row = int((event.position().y() - self._box().top()) / self._row_height())
        if 0 <= row < len(self._reading.labels):
            self.chosen.emit(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if not step or self._reading is None:
            event.ignore()
            return
        self.chosen.emit((max(self._watched, 0) + step) % len(self._reading.labels))

    # --- geometry ------------------------------------------------------------------------------

    def _box(self) -> QRectF:
        """Where the dots are."""
        small = QFontMetricsF(look.font(look.CAPTION))
        title = QFontMetricsF(look.font(look.BODY, bold=True))
        top = title.height() + small.height() + 14
        bottom = 2 * small.height() + 14
        left = self._label_width() + self._size_width() + 24
        return QRectF(left, top, max(20.0, self.width() - left - 14), max(20.0, self.height() - top - bottom))

    def _row_height(self) -> float:
        count = len(self._reading.labels) if self._reading is not None else 1
        return self._box().height() / max(1, count)

    def _label_width(self) -> float:
        small = QFontMetricsF(look.font(look.CAPTION))
        names = self._reading.labels if self._reading is not None else ()
        return max((small.horizontalAdvance(name) for name in names), default=0.0)

    def _size_width(self) -> float:
        small = QFontMetricsF(look.font(look.CAPTION))
        sizes = [self._size(float(size)) for size in self._reading.sizes] if self._reading is not None else []
        return max((small.horizontalAdvance(text) for text in sizes), default=0.0)

    def _size(self, size: float) -> str:
        return number(size, 2) if self._goal is not None else number(round(size))

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._reading is None:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            box = self._box()
            each = self._row_height()
            self._highlight(painter, QRectF(0.5, box.top() + self._watched * each, self.width() - 1, each))
            self._frame(painter, box)
            for row, name in enumerate(self._reading.labels):
                place = QRectF(box.left(), box.top() + row * each, box.width(), each)
                self._row(painter, place, row, name)

    def _x(self, value: float, box: QRectF) -> float:
        low, high = self._span
        return box.left() + min(max((value - low) / (high - low), 0.0), 1.0) * box.width()

    def _frame(self, painter: QPainter, box: QRectF) -> None:
        theme = self.theme
        small, bold = look.font(look.CAPTION), look.font(look.BODY, bold=True)
        line, title = QFontMetricsF(small).height(), QFontMetricsF(bold).height()
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(bold)
        painter.setPen(QColor(theme.text))
        painter.drawText(QRectF(6, 4, self.width() - 6, title), flags, self._title)
        painter.setFont(small)
        painter.setPen(QColor(theme.muted))
        painter.drawText(QRectF(6, title + 8, self.width() - 6, line), flags, self._left)
        ticks = _ticks(*self._span)
        for value, text in zip(ticks, linear_strings(ticks, ticks[1] - ticks[0]), strict=True):
            x = self._x(value, box)
            painter.setPen(QPen(theme.mix(theme.line, 0.7, theme.ground), 1.0))
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
            painter.setPen(QColor(theme.muted))
            place = QRectF(x - 40, box.bottom() + 3, 80, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, text)
        for value in (0.0, *([self._goal] if self._goal is not None else [])):
            painter.setPen(QPen(theme.mix(theme.muted, 0.8, theme.ground), 1.4))
            painter.drawLine(
                QPointF(self._x(value, box), box.top()), QPointF(self._x(value, box), box.bottom())
            )
        painter.setPen(QColor(theme.muted))
        below = QRectF(box.left(), box.bottom() + line + 6, box.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, self._below)

    def _highlight(self, painter: QPainter, place: QRectF) -> None:
        if self._watched >= 0:
            painter.setPen(QPen(QColor(self.theme.accent), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.mix(self.theme.accent, 0.1, self.theme.ground))
            painter.drawRoundedRect(place, 4, 4)

    def _row(self, painter: QPainter, place: QRectF, row: int, name: str) -> None:
        theme, small = self.theme, look.font(look.CAPTION)
        assert self._reading is not None
        middle = place.center().y()
        left = QRectF(6, place.top(), place.left() - 12, place.height())
        painter.setFont(small)
        painter.setPen(QColor(theme.text))
        painter.drawText(left, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        painter.setPen(QColor(theme.muted))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(left.adjusted(0, 0, -4, 0), right, self._size(float(self._reading.sizes[row])))
        painter.setPen(QPen(theme.mix(theme.line, 0.8, theme.ground), 1.0))
        painter.drawLine(QPointF(place.left(), middle), QPointF(place.right(), middle))
        order = sorted(range(len(self._names)), key=lambda i: self._names[i] == self._inspected)
        for i in order if row < len(self._values) else ():
            value = float(self._values[row, i])
            if not math.isfinite(value):
                continue
            thing = self._names[i]
            size = (6.2 if thing == self._inspected else 5.0) * unit()
            at = QPointF(self._x(value, place), middle)
            draw_symbol(painter, at, look.MARKERS[thing], theme.colour(thing), size, QColor(theme.ground))


def _ticks(low: float, high: float) -> list[float]:
    """About five round values between two ends."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    return [k * step for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
