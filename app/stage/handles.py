"""Handles: points of a plot that the reader drags, by mouse or by arrow keys."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
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
from app.stage.marks import draw_symbol, unit
from app.stage.plots import Plot

ARROWS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
}  # fmt: skip
STEP, FINE, COARSE = 4.0, 1.0, 20.0
"""Pixels that an arrow key moves a handle, with Alt, and with Shift."""


class Handle(QWidget):
    """A point of the plot that can be dragged, focused and moved by arrow keys.

    It is a small widget over the plot, so it has a focus, a cursor and an accessible name of its own, and an
    area to hit that is larger than what is drawn.

    Args:
        name: what it is, for those who do not see it: "Start".
        symbol: "ring", or a marker's name (`app.stage.marks.symbol`).
        colour: a role of the palette, a thing or "#RRGGBB".
        within: ends of x and y that it does not leave; None: the range in view.
    """

    moved = Signal(float, float)
    """Where it is while it is dragged or moved by keys, in data coordinates."""

    released = Signal()
    """The mouse let go of it, or the arrow key."""

    SIDE = 34

    def __init__(
        self, plot: Plot, name: str, *, symbol: str = "ring", colour: str = "text",
        within: tuple[Span, Span] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(plot.viewport())
        self.plot = plot
        self.name = name
        self.symbol = symbol
        self.colour = colour
        self.within = within
        self._data: tuple[float, float] | None = None
        self._grip: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setToolTip(f"{name}: drag, or use the arrow keys")
        self.hide()
        plot.follow(self)

    def place(self, x: float, y: float) -> None:
        """Put it there without a word; for the owner."""
        self._data = (float(x), float(y))
        self.replace()
        self.setAccessibleName(f"{self.name} at ({numbers.number(x)}, {numbers.number(y)})")

    def withdraw(self) -> None:
        """Show it nowhere until it is placed again."""
        self._data = None
        self.replace()

    def position(self) -> tuple[float, float] | None:
        """Where it is, in data coordinates."""
        return self._data

    @property
    def held(self) -> bool:
        """Whether the mouse holds it."""
        return self._grip is not None

    def replace(self) -> None:
        """The plot shows another range: find the pixel again. Out of view it is hidden."""
        at = None if self._data is None else self.plot.mapping.point(*self._data)
        seen = at is not None and self.plot.mapping.rect.adjusted(-1, -1, 1, 1).contains(at)
        if seen and at is not None:
            side = round(self.SIDE * unit())
            self.setGeometry(round(at.x() - side / 2), round(at.y() - side / 2), side, side)
            self.raise_()
        self.setVisible(seen)

    # --- what the reader does ------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = event.position() - QPointF(self.rect().center())
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self._to(QPointF(self.mapToParent(event.position().toPoint())) - self._grip)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._grip is not None:
            self._grip = None
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self.released.emit()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = ARROWS.get(Qt.Key(event.key()))
        at = None if self._data is None else self.plot.mapping.point(*self._data)
        if way is None or at is None:
            event.ignore()
            return
        held = event.modifiers()
        pixels = FINE if held & Qt.KeyboardModifier.AltModifier else STEP
        pixels = COARSE if held & Qt.KeyboardModifier.ShiftModifier else pixels
        self._to(at + QPointF(way[0] * pixels, -way[1] * pixels))
        event.accept()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if Qt.Key(event.key()) in ARROWS and not event.isAutoRepeat():
            self.released.emit()
        else:
            event.ignore()

    def _to(self, pixel: QPointF) -> None:
        box = self.plot.mapping.rect
        across = min(max(pixel.x(), box.left()), box.right())
        down = min(max(pixel.y(), box.top()), box.bottom())
        x, y = self.plot.mapping.data(QPointF(across, down))
        if self.within is not None:
            (x0, x1), (y0, y1) = self.within
            x, y = min(max(x, x0), x1), min(max(y, y0), y1)
        if math.isfinite(x) and math.isfinite(y) and (x, y) != self._data:
            self.place(x, y)
            self.moved.emit(x, y)

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self.plot.theme
        colour, panel = resolve(theme, self.colour), QColor(theme.panel)
        middle, radius = QRectF(self.rect()).center(), 8.5 * unit()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self.hasFocus() or self.underMouse() or self._grip is not None:
                halo = QColor(theme.accent)
                halo.setAlphaF(0.25)
                painter.setPen(QPen(QColor(theme.accent), 1.4) if self.hasFocus() else Qt.PenStyle.NoPen)
                painter.setBrush(halo)
                painter.drawEllipse(middle, 1.6 * radius, 1.6 * radius)
            if self.symbol == "ring":
                painter.setBrush(Qt.BrushStyle.NoBrush)
                for width, ink in ((5.2, panel), (2.2, colour)):
                    painter.setPen(QPen(ink, width * unit()))
                    painter.drawEllipse(middle, radius, radius)
                painter.setPen(QPen(colour, 3.0 * unit(), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawPoint(middle)
            else:
                draw_symbol(painter, middle, self.symbol, colour, radius, panel)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
