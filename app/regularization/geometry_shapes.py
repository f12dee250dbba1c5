"""What lies under the solvers' paths: ellipses, the ball, where zeros come from, a corner's fan."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from app.stage import colours, lines
from app.stage.ground import Layer, Paper
from app.stage.marks import unit
from core.regularization.balls import Quadratic
from core.regularization.zero_regions import ZeroRegion

Array = np.ndarray

ZEROS = "zero_region"
WEIGHTS = ("w₁", "w₂")
RING = 0.55
"""The radius in which ellipses are spaced: where the loss is half its square."""

_TURN = np.linspace(0.0, 2 * math.pi, 81)
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)


def _fill(paper: Paper, path: QPainterPath, colour: QColor) -> None:
    """Fill in whole pixels, at a quarter of the cost: a line lies over the edges."""
    paper.painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    paper.painter.fillPath(path, colour)
    paper.painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def ellipse(bowl: Quadratic, loss: float) -> Array:
    """The contour of a loss, (81, 2), closed."""
    root = np.linalg.cholesky(np.array([[bowl.h11, bowl.h12], [bowl.h12, bowl.h22]]))
    return math.sqrt(2 * loss) * np.linalg.solve(root.T, _CIRCLE.T).T + (bowl.c1, bowl.c2)


@dataclass(frozen=True, eq=False)
class Ellipses(Layer):
    """Contours of the loss, and the one that touches, drawn strong."""

    bowl: Quadratic
    touching: float

    def paint(self, paper: Paper) -> None:
        (x0, x1), (y0, y1) = paper.mapping.x, paper.mapping.y
        faint = QColor(paper.theme.text)
        faint.setAlphaF(0.30)
        unit_ring = ellipse(self.bowl, 0.5) - (self.bowl.c1, self.bowl.c2)
        corners = self.bowl.loss(np.array([x0, x0, x1, x1]), np.array([y0, y1, y0, y1]))
        count = min(24, 1 + math.ceil(math.sqrt(2 * float(corners.max())) / RING))  # none beyond the window
        gap = np.full((1, 2), np.nan)
        open_ring = np.concatenate([unit_ring, gap])
        rings = RING * np.arange(1, count)[:, None, None] * open_ring
        self._draw(paper, rings.reshape(-1, 2), lines.pen(faint, 1.0 * unit(), Qt.PenCapStyle.FlatCap))
        if self.touching > 1e-9:
            strong = lines.pen(QColor(paper.theme.text), 2.0 * unit())
            self._draw(paper, math.sqrt(2 * self.touching) * unit_ring, strong)

    def _draw(self, paper: Paper, rings: Array, pen: QPen) -> None:
        pixels = paper.mapping.pixels(rings + np.array([self.bowl.c1, self.bowl.c2]))
        paper.painter.setPen(pen)
        lines.draw(paper.painter, lines.clipped(lines.segments(pixels), paper.mapping.rect))


@dataclass(frozen=True, eq=False)
class Ball(Layer):
    """The weights that a budget leaves: a filled polygon with a rim."""

    rim: Array

    def paint(self, paper: Paper) -> None:
        fill, edge = QColor(paper.theme.accent), QColor(paper.theme.accent)
        fill.setAlphaF(0.16)
        path = QPainterPath()
        path.addPolygon(QPolygonF([QPointF(*p) for p in paper.mapping.pixels(self.rim).tolist()]))
        path.closeSubpath()
        _fill(paper, path, fill)
        pixels = paper.mapping.pixels(np.concatenate([self.rim, self.rim[:1]]))
        paper.painter.setPen(lines.pen(edge, 2.2 * unit()))
        lines.draw(paper.painter, lines.clipped(lines.segments(pixels), paper.mapping.rect))


@dataclass(frozen=True, eq=False)
class Zeros(Layer):
    """The free minima that give a weight of exactly zero: the window without the pieces that give none."""

    region: ZeroRegion
    window: float

    def paint(self, paper: Paper) -> None:
        colour = colours.resolve(paper.theme, ZEROS)
        shade, edge = QColor(colour), QColor(colour)
        shade.setAlphaF(0.15)
        edge.setAlphaF(0.55)
        painter, mapping, w = paper.painter, paper.mapping, self.window
        if self.region.pieces:
            path = QPainterPath()
            path.setFillRule(Qt.FillRule.OddEvenFill)
            path.addRect(mapping.rectangle((-w, w), (-w, w)))
            for piece in self.region.pieces:
                path.addPolygon(QPolygonF([QPointF(*p) for p in mapping.pixels(piece).tolist()]))
                path.closeSubpath()
            _fill(paper, path, shade)
        for zero, x, y in self.region.middles:
            if (at := mapping.point(x, y)) is not None:
                paper.label(at, f"{WEIGHTS[zero - 1]} = 0", colour, -16.0)
        painter.setPen(lines.pen(edge, 1.2 * unit(), Qt.PenCapStyle.FlatCap))
        for piece in self.region.pieces:
            lines.draw(painter, lines.segments(mapping.pixels(self._inner(piece))))
        for line in self.region.lines:
            cut = lines.clipped(lines.segments(mapping.pixels(line)), mapping.rect)
            lines.draw(painter, lines.dashed(cut, (7.0, 4.0))[0])

    def _inner(self, piece: Array) -> Array:
        """The outline without what runs along the window's frame, as a line with gaps."""
        closed = np.concatenate([piece, piece[:1]])
        on_frame = np.abs(np.abs(closed) - self.window) < 1e-9
        along = (on_frame[:-1] & on_frame[1:] & (np.abs(closed[:-1] - closed[1:]) < 1e-9)).any(axis=1)
        out = np.full((2 * len(closed), 2), np.nan)
        out[0::2] = closed
        between = 0.5 * (closed[:-1] + closed[1:])
        between[along] = np.nan
        out[1:-1:2] = between
        return out


@dataclass(frozen=True, eq=False)
class Fan(Layer):
    """The directions in which the loss may pull while a corner holds the weights."""

    at: tuple[float, float]
    ends: tuple[tuple[float, float], tuple[float, float]]
    share: float = 0.22
    """Its radius, of the plane's side: a little more than the arrow within it."""

    def paint(self, paper: Paper) -> None:
        at = paper.mapping.point(*self.at)
        if at is None:
            return
        first, last = (math.degrees(math.atan2(y, x)) for x, y in self.ends)
        sweep = (last - first + 180) % 360 - 180
        if math.isclose(abs(sweep), 180.0):  # a half plane: the side away from zero
            outward = math.degrees(math.atan2(self.at[1], self.at[0]))
            sweep = 180.0 if (outward - first + 180) % 360 - 180 > 0 else -180.0
        radius = self.share * paper.mapping.rect.height()
        box = QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)
        fill = QColor(paper.theme.accent)
        fill.setAlphaF(0.20)
        path = QPainterPath(at)
        path.arcTo(box, first, sweep)
        path.closeSubpath()
        _fill(paper, path, fill)


@dataclass(frozen=True, eq=False)
class Bands(Layer):
    """Spans of x that cannot be had: struck through, and named where there is room."""

    spans: tuple[tuple[float, float], ...]
    label: str

    def paint(self, paper: Paper) -> None:
        painter, box = paper.painter, paper.mapping.rect
        colour = QColor(paper.theme.muted)
        colour.setAlphaF(0.5)
        for low, high in self.spans:
            left, right = paper.mapping.point(low, 0.0), paper.mapping.point(high, 0.0)
            if left is None or right is None:
                continue
            band = QRectF(left.x(), box.top(), right.x() - left.x(), box.height()) & box
            if band.isEmpty():
                continue
            shade = QColor(paper.theme.muted)
            shade.setAlphaF(0.10)
            painter.fillRect(band, shade)
            painter.save()
            painter.setClipRect(band, Qt.ClipOperation.IntersectClip)
            painter.setPen(lines.pen(colour, 0.8, Qt.PenCapStyle.FlatCap))
            at = np.arange(band.left() - band.height(), band.right(), 9.0 * unit())
            strokes = np.stack([at, 0 * at + band.bottom(), at + band.height(), 0 * at + band.top()], axis=1)
            lines.draw(painter, strokes)
            painter.restore()
            paper.label(
                QPointF(band.center().x(), band.top() + 4),
                self.label,
                QColor(paper.theme.text),
                4,
                below=True,
            )
