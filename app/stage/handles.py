"""Handles: points of a plot that the reader drags, by mouse or by arrow keys."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen

from app.stage import numbers
from app.stage.axes import Span
from app.stage.colours import resolve
from app.stage.dragged import Dragged
from app.stage.marks import draw_symbol, unit
from app.stage.plots import Plot


class Handle(Dragged):
    """A point of the plot that can be dragged, focused and moved by arrow keys.

    The area to hit is larger than what is drawn.

    Args:
        symbol: "ring", or a marker's name (`app.stage.marks.symbol`).
        within: ends of x and y that it does not leave; None: the range in view.
    """

    moved = Signal(float, float)
    """Where it is while it is dragged or moved by keys, in data coordinates."""

    SIDE = 34

    def __init__(
        self, plot: Plot, name: str, *, symbol: str = "ring", colour: str = "text",
        within: tuple[Span, Span] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(plot, name, colour, Qt.CursorShape.OpenHandCursor, Qt.CursorShape.ClosedHandCursor)
        self.symbol = symbol
        self.within = within

    def place(self, x: float, y: float) -> None:
        """Put it there without a word; for the owner."""
        self._data = (float(x), float(y))
        self.replace()
        self.setAccessibleName(f"{self.name} at ({numbers.number(x)}, {numbers.number(y)})")

    def position(self) -> tuple[float, float] | None:
        """Where it is, in data coordinates."""
        return self._data

    def pixel(self) -> QPointF | None:
        return None if self._data is None else self.plot.mapping.point(*self._data)

    def replace(self) -> None:
        at = self.pixel()
        seen = at is not None and self.plot.mapping.rect.adjusted(-1, -1, 1, 1).contains(at)
        if seen and at is not None:
            side = round(self.SIDE * unit())
            self.setGeometry(round(at.x() - side / 2), round(at.y() - side / 2), side, side)
            self.raise_()
        self.setVisible(seen)

    def take_to(self, x: float, y: float) -> None:
        if self.within is not None:
            (x0, x1), (y0, y1) = self.within
            x, y = min(max(x, x0), x1), min(max(y, y0), y1)
        if math.isfinite(x) and math.isfinite(y) and (x, y) != self._data:
            self.place(x, y)
            self.moved.emit(x, y)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self.plot.theme
        colour, panel = resolve(theme, self.colour), QColor(theme.panel)
        middle, radius = QRectF(self.rect()).center(), 8.5 * unit()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self.take_halo(painter):
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
