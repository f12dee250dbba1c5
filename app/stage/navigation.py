"""Pan, zoom, click and hover: what mouse and keys do to a plot that one looks into."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPixmap, QWheelEvent
from PySide6.QtWidgets import QGraphicsView, QToolButton, QWidget

from app.stage.axes import Mapping, Span, axis_value, data_value
from app.stage.lean import pyqtgraph as pg
from app.stage.theme import Theme

DRAG = 4
"""Pixels that the mouse may move between press and release of a click."""

WIDEST, NARROWEST = 1e3, 1e-9
"""How many times what home shows can be zoomed out and in."""


class HomeButton(QToolButton):
    """The small button in a plot's corner that shows the whole again; hidden while one sees it."""

    SIDE = 26

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(self.SIDE, self.SIDE)
        self.setAccessibleName("Show the whole picture")
        self.setToolTip("Show the whole picture (double click)")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        ratio = 2
        pixmap = QPixmap(16 * ratio, 16 * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        house = QPainterPath(QPointF(1.5, 8))
        for corner in ((8, 2), (14.5, 8), (12.5, 8), (12.5, 14), (3.5, 14), (3.5, 8)):
            house.lineTo(*corner)
        house.closeSubpath()
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.muted)
        painter.drawPath(house)
        painter.end()
        self.setIcon(QIcon(pixmap))
        self.setStyleSheet(
            f"QToolButton {{ background: {theme.panel}; border: 1px solid {theme.line}; border-radius: 6px }}"
            f"QToolButton:hover, QToolButton:focus {{ border-color: {theme.accent} }}"
        )

    def place(self, box: QRectF) -> None:
        self.move(round(box.right()) - self.SIDE - 6, round(box.top()) + 6)


class Navigated(pg.GraphicsView):
    """A view with a range: drag to pan, wheel or + and - to zoom, double click or 0 for home.

    pyqtgraph's own mouse handling is left out: a plot has nothing in its scene but axes.
    """

    clicked = Signal(float, float)
    """A click on no marker, in data coordinates."""

    hovered = Signal(float, float)
    """Where the mouse is, in data coordinates; NaN once it has left the axes."""

    mark_hovered = Signal(str)
    """The key of the marker under the mouse; empty once there is none."""

    mark_clicked = Signal(str)
    """The key of the marker that was clicked."""

    range_changed = Signal()
    """By pan, zoom, home or `set_range`."""

    def __init__(self, log_x: bool, log_y: bool, fixed: bool, parent: QWidget | None) -> None:
        self._ready = False  # the base class resizes itself while it is being made
        super().__init__(parent, useOpenGL=False, background=None)
        self.viewport().setMouseTracking(True)
        self.log_x, self.log_y, self.fixed = log_x, log_y, fixed
        self._home: tuple[Span, Span] = ((0.0, 1.0), (0.0, 1.0))
        self._span = self._home
        self.mapping = Mapping(QRectF(0, 0, 100, 100), *self._span, log_x, log_y)
        self._pressed: QPointF | None = None
        self._dragged: QPointF | None = None
        self._under = ""
        self._inside = False
        self._home_button = HomeButton(self.viewport())
        self._home_button.clicked.connect(self.home)

    def arrange(self) -> None:
        """The range is another: find every place again."""
        raise NotImplementedError

    def mark_at(self, pos: QPointF) -> str:
        """The key of the marker at a pixel of the viewport; empty if there is none."""
        raise NotImplementedError

    def close(self) -> bool:
        """As any widget closes. pyqtgraph's own takes the viewport away, and what lies on it with it."""
        return QGraphicsView.close(self)

    # --- the range -----------------------------------------------------------------------------

    def set_range(self, x: Span, y: Span) -> None:
        """What home shows: once for each run, never for each frame. In data coordinates.

        Raises:
            ValueError: for an empty range, or one that a logarithmic axis does not have.
        """
        spans: list[Span] = []
        for (low, high), log in ((x, self.log_x), (y, self.log_y)):
            span = (axis_value(low, log), axis_value(high, log))
            if not (math.isfinite(span[0]) and math.isfinite(span[1]) and span[0] < span[1]):
                raise ValueError(f"expected a range that ascends{' from above 0' * log}, found {(low, high)}")
            spans.append(span)
        self._home = (spans[0], spans[1])
        self._go(*self._home)

    def view_range(self) -> tuple[Span, Span]:
        """The range in view, in data coordinates."""
        (x0, x1), (y0, y1) = self._span
        return (
            (data_value(x0, self.log_x), data_value(x1, self.log_x)),
            (data_value(y0, self.log_y), data_value(y1, self.log_y)),
        )

    def home(self) -> None:
        """Show again what `set_range` said."""
        self._go(*self._home)

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        """Show `factor` times as much, keeping the pixel `about` (the middle unless told) where it is."""
        box = self.mapping.rect
        about = box.center() if about is None else about
        share = (about.x() - box.left()) / box.width(), (box.bottom() - about.y()) / box.height()
        spans: list[Span] = []
        for (low, high), (home_low, home_high), at in zip(self._span, self._home, share, strict=True):
            length = (high - low) * factor
            if not NARROWEST <= length / (home_high - home_low) <= WIDEST:
                return
            fixed = low + at * (high - low)
            spans.append((fixed - at * length, fixed + (1 - at) * length))
        self._go(spans[0], spans[1])

    def pan(self, by: QPointF) -> None:
        """Move what is seen by so many pixels."""
        (x0, x1), (y0, y1) = self._span
        box = self.mapping.rect
        across, up = -by.x() / box.width() * (x1 - x0), by.y() / box.height() * (y1 - y0)
        self._go((x0 + across, x1 + across), (y0 + up, y1 + up))

    def _go(self, x: Span, y: Span) -> None:
        if (x, y) != self._span:
            self._span = (x, y)
            self.arrange()
            self.range_changed.emit()
        self._home_button.setVisible(self._span != self._home and not self.fixed)

    # --- mouse and keys ------------------------------------------------------------------------

    def mousePressEvent(self, ev: QMouseEvent) -> None:
        if ev.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = ev.position(), None
        ev.accept()

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        at = ev.position()
        if self._pressed is not None and not self.fixed:
            if self._dragged is None and (at - self._pressed).manhattanLength() > DRAG:
                self._dragged = self._pressed
                self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            if self._dragged is not None:
                self.pan(at - self._dragged)
                self._dragged = at
                return
        self._hover(at)

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        if ev.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        was_drag, self._pressed, self._dragged = self._dragged is not None, None, None
        self.viewport().unsetCursor()
        if was_drag:
            return
        if key := self.mark_at(ev.position()):
            self.mark_clicked.emit(key)
        elif self.mapping.rect.contains(ev.position()):
            self.clicked.emit(*self.mapping.data(ev.position()))

    def mouseDoubleClickEvent(self, ev: QMouseEvent) -> None:
        if ev.button() == Qt.MouseButton.LeftButton and not self.fixed:
            self.home()
        ev.accept()

    def wheelEvent(self, ev: QWheelEvent) -> None:
        turned = ev.angleDelta().y() or ev.angleDelta().x()
        if self.fixed or not turned or not self.mapping.rect.contains(ev.position()):
            ev.ignore()
            return
        self.zoom(0.85 ** (turned / 120.0), ev.position())
        ev.accept()

    def leaveEvent(self, ev: QEvent) -> None:
        self._hover(None)

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        keys = {"+": 0.8, "=": 0.8, "-": 1.25}
        if not self.fixed and ev.text() in keys:
            self.zoom(keys[ev.text()])
        elif not self.fixed and ev.text() == "0":
            self.home()
        else:
            ev.ignore()  # the player's and the window's

    def _hover(self, at: QPointF | None) -> None:
        under = self.mark_at(at) if at is not None else ""
        if under != self._under:
            self._under = under
            if under:
                self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
            else:
                self.viewport().unsetCursor()
            self.mark_hovered.emit(under)
        inside = at is not None and self.mapping.rect.contains(at)
        if inside and at is not None:
            self.hovered.emit(*self.mapping.data(at))
        elif self._inside:
            self.hovered.emit(math.nan, math.nan)
        self._inside = inside
