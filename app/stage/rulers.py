"""Rulers: straight lines across a plot that the reader drags, by mouse or by arrow keys."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen

from app.stage import numbers
from app.stage.axes import Span
from app.stage.colours import resolve
from app.stage.dragged import Dragged
from app.stage.marks import unit
from app.stage.plots import Plot


class Ruler(Dragged):
    """A threshold or a level: an upright or a level line over the whole plot, moved across it.

    It can be taken anywhere along its length.

    Args:
        upright: at an x, moved sideways; else at a y, moved up and down.
        within: ends that it does not leave, in data coordinates; None: the range in view.
        dashed: for a line that matters less than others.
    """

    moved = Signal(float)
    """Where it is while it is dragged or moved by keys, in data coordinates."""

    REACH = 9.0
    """Pixels to either side that take hold of it."""

    def __init__(
        self, plot: Plot, name: str, *, upright: bool = True, colour: str = "text",
        within: Span | None = None, dashed: bool = False,
    ) -> None:  # fmt: skip
        across = Qt.CursorShape.SplitHCursor if upright else Qt.CursorShape.SplitVCursor
        super().__init__(plot, name, colour, across)
        self.upright = upright
        self.within = within
        self.dashed = dashed

    def place(self, value: float) -> None:
        """Put it there without a word; for the owner."""
        self._data = float(value)
        self.replace()
        self.setAccessibleName(f"{self.name} at {numbers.number(self._data)}")

    def position(self) -> float | None:
        """Where it is, in data coordinates."""
        return self._data

    def replace(self) -> None:
        box, at = self.plot.mapping.rect, self.pixel()
        seen = at is not None and box.adjusted(-1, -1, 1, 1).contains(at)
        if seen and at is not None:
            side = 2 * round(self.REACH * unit()) + 1
            if self.upright:
                self.setGeometry(round(at.x()) - side // 2, round(box.top()), side, round(box.height()))
            else:
                self.setGeometry(round(box.left()), round(at.y()) - side // 2, round(box.width()), side)
            self.raise_()
        self.setVisible(seen)

    def pixel(self) -> QPointF | None:
        """Where it crosses the middle of the plot."""
        mapping = self.plot.mapping
        if self._data is None:
            return None
        x, y = mapping.data(mapping.rect.center())
        return mapping.point(self._data, y) if self.upright else mapping.point(x, self._data)

    def heeds(self, way: tuple[int, int]) -> bool:
        return bool(way[0 if self.upright else 1])

    def take_to(self, x: float, y: float) -> None:
        value = x if self.upright else y
        if self.within is not None:
            value = min(max(value, self.within[0]), self.within[1])
        if value != self._data:
            self.place(value)
            self.moved.emit(value)

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
            if self.take_halo(painter):
                painter.drawRoundedRect(knob.adjusted(-3, -2, 3, 3), 5 * size, 5 * size)
            painter.setPen(QPen(panel, 1.2))
            painter.setBrush(colour)
            painter.drawRoundedRect(knob, 4 * size, 4 * size)
