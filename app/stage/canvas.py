"""A canvas: labelled points that the reader adds, moves, deletes and paints."""

from __future__ import annotations

import math
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.stage import theme as look
from app.stage.dragged import ARROWS, step_of
from app.stage.marks import draw_symbol, unit
from app.stage.numbers import count
from app.stage.plots import Plot

NEAR = 10.0
"""Pixels around a point in which it counts as hit."""

APART = 14.0
"""Pixels between the points that a brush leaves behind."""


class Point(NamedTuple):
    """A point in data coordinates and its class. Configs hold it as a plain tuple."""

    x: float
    y: float
    label: int


Points = tuple[Point, ...]


class PointCanvas(QWidget):
    """The points of a list, edited on the plot; every change emits the whole new list.

    Mouse: a click on free ground adds a point of the class in hand (`label`), holding and moving goes on as a
    brush; a point is dragged; a click with the right button, or Delete, takes it away. Keys, once the
    canvas has the focus: N and B choose the next point and the one before it, the arrows move it, Enter adds
    one in the middle, a digit gives it that class.

    Args:
        things: for each class the name of its colour and marker (`app.stage.theme`).
        most: how many points there may be; more are not added.
    """

    edited = Signal(object)
    """The new points, a tuple of `Point`."""

    released = Signal()
    """Mouse or key is up: what was done is done."""

    full = Signal(int)
    """A point was refused: there are `most` of them."""

    def __init__(self, plot: Plot, things: tuple[str, ...], *, most: int = 500) -> None:
        super().__init__(plot.viewport())
        self.plot = plot
        self.things = things
        self.most = most
        self.label = 0
        self._points: Points = ()
        self._chosen = -1
        self._grip: QPointF | None = None
        self._last: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMouseTracking(True)
        plot.follow(self)
        self.replace()
        self._say()

    def show_points(self, points: tuple[tuple[float, float, int], ...]) -> None:
        """Show these, without a word; for the owner."""
        self._points = tuple(Point(*each) for each in points)
        self._chosen = min(self._chosen, len(self._points) - 1)
        self._say()
        self.update()

    @property
    def points(self) -> Points:
        return self._points

    def replace(self) -> None:
        """The plot shows another range: cover the area inside its axes."""
        self.setGeometry(self.plot.mapping.rect.toAlignedRect())
        self.update()

    # --- what the reader does ------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        hit = self._at(at)
        if event.button() == Qt.MouseButton.RightButton:
            if hit >= 0:
                self._remove(hit)
                self.released.emit()
        elif event.button() == Qt.MouseButton.LeftButton:
            self._chosen = hit
            if hit >= 0:
                self._grip = at - self._pixel(self._points[hit])
                self.update()
            else:
                self._last = at
                self._add(at)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._grip is not None and self._chosen >= 0:
            self._move(self._chosen, at - self._grip)
        elif self._last is not None and _distance(at, self._last) >= APART * unit():
            self._last = at
            self._add(at)
        elif event.buttons() == Qt.MouseButton.NoButton:
            over = self._at(at) >= 0
            self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.CrossCursor)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and (self._grip is not None or self._last is not None):
            self._grip = self._last = None
            self.released.emit()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        chosen = 0 <= self._chosen < len(self._points)
        if key in (Qt.Key.Key_N, Qt.Key.Key_B) and self._points:
            self._chosen = (self._chosen + (1 if key == Qt.Key.Key_N else -1)) % len(self._points)
            self._say()
            self.update()
        elif key in ARROWS and chosen:
            way, pixels = ARROWS[key], step_of(event)
            at = self._pixel(self._points[self._chosen])
            self._move(self._chosen, at + QPointF(way[0] * pixels, -way[1] * pixels))
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and chosen:
            self._remove(self._chosen)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._add(QRectF(self.rect()).center())
        elif event.text().isdecimal() and 1 <= int(event.text()) <= len(self.things):
            self.label = int(event.text()) - 1
            if chosen:
                self._change(self._chosen, self._points[self._chosen]._replace(label=self.label))
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        done = (*ARROWS, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if not event.isAutoRepeat() and (Qt.Key(event.key()) in done or event.text().isdecimal()):
            self.released.emit()
        else:
            event.ignore()

    def _add(self, at: QPointF) -> None:
        if len(self._points) >= self.most:
            self.full.emit(self.most)
            return
        x, y = self._data(at)
        self._chosen = len(self._points)
        self._set((*self._points, Point(x, y, self.label)))

    def _move(self, which: int, at: QPointF) -> None:
        x, y = self._data(at)
        self._change(which, self._points[which]._replace(x=x, y=y))

    def _remove(self, which: int) -> None:
        self._chosen = min(which, len(self._points) - 2)
        self._set(self._points[:which] + self._points[which + 1 :])

    def _change(self, which: int, to: Point) -> None:
        if to != self._points[which]:
            self._set((*self._points[:which], to, *self._points[which + 1 :]))

    def _set(self, points: Points) -> None:
        self._points = points
        self._say()
        self.update()
        self.edited.emit(points)

    # --- where things are ----------------------------------------------------------------------

    def _pixel(self, point: Point) -> QPointF:
        """In this widget's pixels; far away if the axes have no place for it."""
        at = self.plot.mapping.point(point.x, point.y)
        return QPointF(-1e6, -1e6) if at is None else at - QPointF(self.pos())

    def _data(self, at: QPointF) -> tuple[float, float]:
        inside = QPointF(min(max(at.x(), 0.0), self.width()), min(max(at.y(), 0.0), self.height()))
        return self.plot.mapping.data(inside + QPointF(self.pos()))

    def _at(self, pos: QPointF) -> int:
        """The index of the nearest point if it is near enough, the newest of equals; else -1."""
        found = [(_distance(self._pixel(each), pos), -i) for i, each in enumerate(self._points)]
        distance, index = min(found, default=(math.inf, 1))
        return -index if distance <= NEAR * unit() else -1

    def _say(self) -> None:
        """What it holds, for those who do not see it."""
        counts = [sum(each.label == i for each in self._points) for i in range(len(self.things))]
        told = ", ".join(
            f"{n} {thing.replace('_', ' ')}" for n, thing in zip(counts, self.things, strict=True)
        )
        self.setAccessibleName(f"Canvas with {count(len(self._points), 'point')}: {told}")

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self.plot.theme
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for i, each in enumerate(self._points):
                thing, at = self.things[each.label % len(self.things)], self._pixel(each)
                if i == self._chosen and self.hasFocus():
                    painter.setPen(QPen(QColor(theme.accent), 2.0))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawEllipse(at, 10 * unit(), 10 * unit())
                draw_symbol(
                    painter, at, look.MARKERS[thing], theme.colour(thing), 5.5 * unit(), QColor(theme.panel)
                )

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


def _distance(one: QPointF, other: QPointF) -> float:
    return math.hypot(one.x() - other.x(), one.y() - other.y())
