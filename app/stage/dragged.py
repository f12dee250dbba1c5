"""What the reader drags over a plot: the hand and the keys that all of it has in common."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from app.stage.plots import Plot

ARROWS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
}  # fmt: skip
STEP, FINE, COARSE = 4.0, 1.0, 20.0
"""Pixels that an arrow key moves it, with Alt, and with Shift."""


def step_of(event: QKeyEvent) -> float:
    """How many pixels an arrow key moves what is chosen."""
    held = event.modifiers()
    if held & Qt.KeyboardModifier.ShiftModifier:
        return COARSE
    return FINE if held & Qt.KeyboardModifier.AltModifier else STEP


class Dragged(QWidget):
    """A small widget over the plot: so it has a focus, a cursor and an accessible name of its own.

    A subclass says where it stands (`pixel`), what becomes of a pixel that it is taken to (`take_to`, which
    emits its own `moved`), and how it is placed anew when the plot shows another range (`replace`).

    Args:
        name: what it is, for those who do not see it: "Start".
        colour: a role of the palette, a thing or "#RRGGBB".
        free, taken: the cursor over it, and while the mouse holds it (None: the same).
    """

    released = Signal()
    """The mouse let go of it, or the arrow key."""

    def __init__(
        self, plot: Plot, name: str, colour: str, free: Qt.CursorShape, taken: Qt.CursorShape | None = None
    ) -> None:
        super().__init__(plot.viewport())
        self.plot = plot
        self.name = name
        self.colour = colour
        self._cursors = (free, free if taken is None else taken)
        self._data: Any = None
        self._grip: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(free)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setToolTip(f"{name}: drag, or use the arrow keys")
        self.hide()
        plot.follow(self)

    # --- what a subclass says ------------------------------------------------------------------

    def replace(self) -> None:
        """The plot shows another range: find the pixels again. Out of view it is hidden."""
        raise NotImplementedError

    def pixel(self) -> QPointF | None:
        """Where it stands; None while it is nowhere."""
        raise NotImplementedError

    def take_to(self, x: float, y: float) -> None:
        """The hand is there, in data coordinates of the range in view."""
        raise NotImplementedError

    def heeds(self, way: tuple[int, int]) -> bool:
        """Whether an arrow key in this direction (right, up) moves it."""
        return True

    # --- what its owner asks -------------------------------------------------------------------

    def withdraw(self) -> None:
        """Show it nowhere until it is placed again."""
        self._data = None
        self.replace()

    @property
    def held(self) -> bool:
        """Whether the mouse holds it."""
        return self._grip is not None

    # --- what the reader does ------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = event.position() - QPointF(self.rect().center())
            self.setCursor(self._cursors[1])
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self._to(QPointF(self.mapToParent(event.position().toPoint())) - self._grip)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._grip is not None:
            self._grip = None
            self.setCursor(self._cursors[0])
            self.update()
            self.released.emit()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way, at = ARROWS.get(Qt.Key(event.key())), self.pixel()
        if way is None or at is None or not self.heeds(way):
            event.ignore()
            return
        pixels = step_of(event)
        self._to(at + QPointF(way[0] * pixels, -way[1] * pixels))
        event.accept()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        way = ARROWS.get(Qt.Key(event.key()))
        if way is not None and self.heeds(way) and not event.isAutoRepeat():
            self.released.emit()
        else:
            event.ignore()

    def _to(self, pixel: QPointF) -> None:
        box = self.plot.mapping.rect
        across = min(max(pixel.x(), box.left()), box.right())
        down = min(max(pixel.y(), box.top()), box.bottom())
        self.take_to(*self.plot.mapping.data(QPointF(across, down)))

    # --- painting ------------------------------------------------------------------------------

    def take_halo(self, painter: QPainter) -> bool:
        """Ready the painter for the halo of what has the focus or the hand; False if it has neither."""
        if not (self.hasFocus() or self.underMouse() or self.held):
            return False
        accent = QColor(self.plot.theme.accent)
        painter.setPen(QPen(accent, 1.4) if self.hasFocus() else Qt.PenStyle.NoPen)
        halo = QColor(accent)
        halo.setAlphaF(0.25)
        painter.setBrush(halo)
        return True

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
