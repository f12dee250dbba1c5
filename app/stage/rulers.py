"""Rulers: straight lines across a plot that the reader drags, by mouse or by arrow keys."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from app.stage import numbers
from app.stage.axes import Span
from app.stage.colours import resolve
from app.stage.handles import ARROWS, COARSE, FINE, STEP
from app.stage.marks import unit
from app.stage.plots import Plot


class Ruler(QWidget):
    """A threshold or a level: an upright or a level line over the whole plot, moved across it.

    Like a handle it is a small widget over the plot with a focus, a cursor and an accessible name of its own,
    and it can be taken anywhere along its length.

    Args:
        name: what it is, for those who do not see it: "Threshold".
        upright: at an x, moved sideways; else at a y, moved up and down.
        colour: a role of the palette, a thing or "#RRGGBB".
        within: ends that it does not leave, in data coordinates; None: the range in view.
        dashed: for a line that matters less than others.
    """

    moved = Signal(float)
    """Where it is while it is dragged or moved by keys, in data coordinates."""

    released = Signal()
    """The mouse let go of it, or the arrow key."""

    REACH = 9.0
    """Pixels to either side that take hold of it."""

    def __init__(
        self, plot: Plot, name: str, *, upright: bool = True, colour: str = "text",
        within: Span | None = None, dashed: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(plot.viewport())
        self.plot = plot
        self.name = name
        self.upright = upright
        self.colour = colour
        self.within = within
        self.dashed = dashed
        self._data: float | None = None
        self._grip: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SplitHCursor if upright else Qt.CursorShape.SplitVCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setToolTip(f"{name}: drag, or use the arrow keys")
        self.hide()
        plot.follow(self)

    def place(self, value: float) -> None:
        """Put it there without a word; for the owner."""
        self._data = float(value)
        self.replace()
        self.setAccessibleName(f"{self.name} at {numbers.number(self._data)}")

    def clear(self) -> None:
        """Take it away."""
        self._data = None
        self.replace()

    def position(self) -> float | None:
        """Where it is, in data coordinates."""
        return self._data

    @property
    def held(self) -> bool:
        """Whether the mouse holds it."""
        return self._grip is not None

    def replace(self) -> None:
        """The plot shows another range: find the pixels again. Out of view it is hidden."""
        box, at = self.plot.mapping.rect, self._pixel()
        seen = at is not None and box.adjusted(-1, -1, 1, 1).contains(at)
        if seen and at is not None:
            side = 2 * round(self.REACH * unit()) + 1
            if self.upright:
                self.setGeometry(round(at.x()) - side // 2, round(box.top()), side, round(box.height()))
            else:
                self.setGeometry(round(box.left()), round(at.y()) - side // 2, round(box.width()), side)
            self.raise_()
        self.setVisible(seen)

    def _pixel(self) -> QPointF | None:
        """Where it crosses the middle of the plot."""
        mapping = self.plot.mapping
        if self._data is None:
            return None
        x, y = mapping.data(mapping.rect.center())
        return mapping.point(self._data, y) if self.upright else mapping.point(x, self._data)

    # --- what the reader does ------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = event.position() - QPointF(self.rect().center())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self._to(QPointF(self.mapToParent(event.position().toPoint())) - self._grip)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._grip is not None:
            self._grip = None
            self.update()
            self.released.emit()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way, at = ARROWS.get(Qt.Key(event.key())), self._pixel()
        if way is None or at is None or not way[0 if self.upright else 1]:
            event.ignore()
            return
        held = event.modifiers()
        pixels = FINE if held & Qt.KeyboardModifier.AltModifier else STEP
        pixels = COARSE if held & Qt.KeyboardModifier.ShiftModifier else pixels
        self._to(at + QPointF(way[0] * pixels, -way[1] * pixels))
        event.accept()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        way = ARROWS.get(Qt.Key(event.key()))
        if way is not None and way[0 if self.upright else 1] and not event.isAutoRepeat():
            self.released.emit()
        else:
            event.ignore()

    def _to(self, pixel: QPointF) -> None:
        box = self.plot.mapping.rect
        across = min(max(pixel.x(), box.left()), box.right())
        down = min(max(pixel.y(), box.top()), box.bottom())
        value = self.plot.mapping.data(QPointF(across, down))[0 if self.upright else 1]
        if self.within is not None:
            value = min(max(value, self.within[0]), self.within[1])
        if value != self._data:
            self.place(value)
            self.moved.emit(value)

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self.plot.theme
        colour, panel = resolve(theme, self.colour), QColor(theme.panel)
        middle, size = QRectF(self.rect()).center(), unit()
        if self.upright:
            line = QLineF(middle.x(), 0, middle.x(), self.height())
            knob = QRectF(middle.x() - 4 * size, middle.y() - 9 * size, 8 * size, 18 * size)
        else:
            line = QLineF(0, middle.y(), self.width(), middle.y())
            knob = QRectF(middle.x() - 9 * size, middle.y() - 4 * size, 18 * size, 8 * size)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for width, ink in ((4.6, panel), (1.8, colour)):
                pen = QPen(ink, width * size)
                pen.setCapStyle(Qt.PenCapStyle.FlatCap)
                if self.dashed and ink is colour:
                    pen.setDashPattern([5.0, 3.0])
                painter.setPen(pen)
                painter.drawLine(line)
            if self.hasFocus() or self.underMouse() or self.held:
                halo = QColor(theme.accent)
                halo.setAlphaF(0.25)
                painter.setPen(QPen(QColor(theme.accent), 1.4) if self.hasFocus() else Qt.PenStyle.NoPen)
                painter.setBrush(halo)
                painter.drawRoundedRect(knob.adjusted(-3, -2, 3, 3), 5 * size, 5 * size)
            painter.setPen(QPen(panel, 1.2))
            painter.setBrush(colour)
            painter.drawRoundedRect(knob, 4 * size, 4 * size)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    def leaveEvent(self, event: object) -> None:
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
