"""Trails: lines that grow with the run. What is new is painted at once, the rest stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.stage import lines
from app.stage.marks import Mark, unit

if TYPE_CHECKING:
    from app.stage.plots import Plot

Array = np.ndarray


class Trail:
    """One line of a plot in the colour and dash of its thing, with its marker at the newest point.

    Made by `Plot.trail`. `show` paints only what is new while the same run goes on; anything else (a step
    back, another run, a pan, a resize) has all trails painted whole, in the order in which they were made.
    """

    def __init__(self, plot: Plot, key: str, thing: str, label: str, width: float, cased: bool) -> None:
        self.plot = plot
        self.key = key
        self.thing = thing
        self.label = label
        self.width = width
        self.cased = cased
        self.head: Mark | None = None
        self.emphasised = False
        self._points: Array = np.empty((0, 2))
        self._shown = 0
        self._painted = 0
        self._pending: list[Array] = []
        self._travelled = 0.0
        self._tip: QPointF | None = None  # the pixel of the point painted last, if it is known
        self.dress()

    def show(self, points: Array, upto: int | None = None) -> None:
        """Show the line as far as point `upto`, the last included (all of it unless told).

        `points` is (n, 2) in data coordinates, or (n,) values against their index. A point that is not finite
        (or not positive on a log axis) leaves a gap; the marker stays at the last that was. Hand over
        arrays that nobody writes to: what has been shown of them is taken to stay.
        """
        count = len(points) if upto is None else max(0, min(upto + 1, len(points)))
        same = self._goes_on(points, count)
        before = self._shown
        self._points, self._shown = points, count
        if same and count == before:
            return
        if same:
            self._extend()
        else:
            self.plot.repaint_trails()
        self._move_head()

    def clear(self) -> None:
        """Show nothing."""
        self.show(self._points, -1)

    def emphasise(self, on: bool) -> None:
        """Draw this one wider and over the others, its marker with a halo."""
        if on != self.emphasised:
            self.emphasised = on
            if self.head is not None:
                self.head.emphasise(on)
            self.plot.repaint_trails()

    def _goes_on(self, points: Array, count: int) -> bool:
        """Whether what was shown is the beginning of what is to be shown."""
        old, shown = self._points, self._shown
        if count < shown or points.ndim != old.ndim or not shown:
            return False
        if (
            old.__array_interface__["data"] == points.__array_interface__["data"]
            and old.strides == points.strides
        ):
            return True
        return np.array_equal(old[:shown], points[:shown], equal_nan=True)

    def _pixels(self, first: int, last: int) -> Array:
        part = self._points[first:last]
        if part.ndim == 1:
            part = np.column_stack([np.arange(first, last, dtype=np.float64), part])
        return self.plot.mapping.pixels(part)

    def _move_head(self) -> None:
        if self.head is None:
            return
        at = self._last_finite()
        if at < 0:
            self.head.hide()
        else:
            self.head.move(*self._point(at))
        if self.label:
            self.plot.end_labels.follow()

    def _point(self, at: int) -> tuple[float, float]:
        if self._points.ndim == 1:
            return float(at), float(self._points[at])
        x, y = self._points[at].tolist()
        return x, y

    def _last_finite(self) -> int:
        """The newest shown point that has a place on the axes; -1 if none has."""
        last = self._shown - 1
        if last >= 0 and self.plot.mapping.point(*self._point(last)) is not None:
            return last
        if last < 1:
            return -1
        good = np.isfinite(self._pixels(0, last)).all(axis=1).nonzero()[0]
        return int(good[-1]) if len(good) else -1

    # --- painting ------------------------------------------------------------------------------

    def dress(self) -> None:
        """Make the pens anew: the theme, the scale of type or the emphasis is another."""
        width = unit() * (self.width + (0.9 if self.emphasised else 0.0))
        self._pattern = [unit() * each for each in lines.DASHES.get(self.thing, ())]
        cap = Qt.PenCapStyle.FlatCap if self._pattern else Qt.PenCapStyle.SquareCap
        self._pen = lines.pen(self.plot.theme.colour(self.thing), width, cap)
        self._rim_pen = lines.pen(QColor(self.plot.theme.panel), width + 2.6 * unit(), Qt.PenCapStyle.FlatCap)
        self._reach = width / 2 + 3 * unit()

    def _extend(self) -> None:
        """Queue what is new, unless a whole repaint is due anyway."""
        if self.plot.trails_stale:
            return
        new = self._new_line() if self._shown == self._painted + 1 else None
        if new is None:
            self._tip = None
            new = lines.segments(self._pixels(max(0, self._painted - 1), self._shown))
            new = lines.clipped(new, self.plot.mapping.rect)
        self._painted = self._shown
        if len(new):
            self._pending.append(new)
            self.plot.touch_trails(lines.bounds(new, self._reach))

    def _new_line(self) -> Array | None:
        """The one segment to a next point in view, without the detours that many points need."""
        mapping, one = self.plot.mapping, self._tip
        if one is None:
            one = mapping.point(*self._point(self._painted - 1))
        self._tip = other = mapping.point(*self._point(self._painted))
        if one is None or other is None or not (mapping.rect.contains(one) and mapping.rect.contains(other)):
            return None
        return np.array([[one.x(), one.y(), other.x(), other.y()]])

    def paint_new(self, painter: QPainter) -> None:
        """Paint what `show` has queued. Its rim has no caps, which would cut into what is there already."""
        for new in self._pending:
            if self.cased:
                painter.setPen(self._rim_pen)
                lines.draw(painter, new)
            painter.setPen(self._pen)
            lines.draw(painter, self._coloured(new))
        self._pending.clear()

    def paint_whole(self, painter: QPainter) -> None:
        self.dress()
        self._pending.clear()
        self._painted = self._shown
        self._travelled = 0.0
        self._tip = None
        if self._shown < 2:
            return
        pixels = self._pixels(0, self._shown)
        if self._points.ndim == 1:
            pixels = lines.by_column(pixels)
        whole = lines.segments(lines.simplified(pixels))
        whole = lines.clipped(whole, self.plot.mapping.rect)
        if self.cased:
            rim = QPen(self._rim_pen)
            rim.setCapStyle(Qt.PenCapStyle.SquareCap)
            painter.setPen(rim)
            lines.draw(painter, whole)
        painter.setPen(self._pen)
        lines.draw(painter, self._coloured(whole))

    def _coloured(self, new: Array) -> Array:
        """The segments that take the colour: all, or the dashes along them."""
        if self._pattern:
            new, self._travelled = lines.dashed(new, self._pattern, self._travelled)
        return new
