"""What moves over a plot: markers, arrows, the playhead line. Painted live, over everything cached."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from app.stage import theme as look
from app.stage.axes import Mapping
from app.stage.theme import Theme

if TYPE_CHECKING:
    from app.stage.plots import Plot


def unit() -> float:
    """Pixels of one unit of marks: 1 at a desk, more when type is scaled up for a lecture hall."""
    return look.size(look.BODY) / (0.8 * look.BODY)


def regular(corners: int, turn: float = 0.0, inner: float = 1.0) -> QPainterPath:
    """A regular polygon, first corner up, then turned; a star if `inner` is the radius of its dents."""
    count = corners if inner == 1.0 else 2 * corners
    path = QPainterPath()
    for i in range(count):
        radius = inner if inner != 1.0 and i % 2 else 1.0
        angle = turn + 2 * math.pi * i / count
        corner = QPointF(radius * math.sin(angle), -radius * math.cos(angle))
        path.lineTo(corner) if i else path.moveTo(corner)
    path.closeSubpath()
    return path


def _disc() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(0, 0), 0.92, 0.92)
    return path


def _bars(turn: float) -> QPainterPath:
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    for extra in (0.0, math.pi / 2):
        x, y = math.sin(turn + extra), -math.cos(turn + extra)
        wide = 0.24
        path.addPolygon(QPolygonF([QPointF(x - wide * y, y + wide * x), QPointF(x + wide * y, y - wide * x),
                                   QPointF(-x + wide * y, -y - wide * x),
                                   QPointF(-x - wide * y, -y + wide * x)]))  # fmt: skip
        path.closeSubpath()
    return path.simplified()


@functools.cache
def symbol(name: str) -> QPainterPath:
    """The outline of a marker in a circle of radius 1, by pyqtgraph's names of symbols."""
    made: dict[str, Callable[[], QPainterPath]] = {
        "o": _disc,
        "s": functools.partial(regular, 4, math.pi / 4),
        "d": functools.partial(regular, 4),
        "t": functools.partial(regular, 3, math.pi),
        "t1": functools.partial(regular, 3),
        "p": functools.partial(regular, 5),
        "h": functools.partial(regular, 6),
        "star": functools.partial(regular, 5, 0.0, 0.45),
        "+": functools.partial(_bars, 0.0),
        "x": functools.partial(_bars, math.pi / 4),
    }
    return made[name]()


@functools.lru_cache(maxsize=256)
def _sized(name: str, radius: float) -> QPainterPath:
    return QTransform.fromScale(radius, radius).map(symbol(name))


def draw_symbol(
    painter: QPainter, at: QPointF, name: str, colour: QColor, radius: float, casing: QColor | None = None
) -> None:
    """A marker, with a rim in the casing's colour so that it stands out on any ground."""
    if casing is None:
        painter.setPen(Qt.PenStyle.NoPen)
    else:
        painter.setPen(QPen(casing, 1.3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap,
                            Qt.PenJoinStyle.RoundJoin))  # fmt: skip
    painter.setBrush(colour)
    painter.translate(at)
    painter.drawPath(_sized(name, radius))
    painter.translate(-at)


class Live:
    """A thing that is painted anew wherever the plot is touched. `rect` is where it paints, in pixels."""

    def __init__(self, plot: Plot) -> None:
        self.plot = plot
        self.rect = QRectF()

    def place(self, mapping: Mapping) -> None:
        """Find the pixels again; sets `rect`, a null one if nothing is to be seen."""
        raise NotImplementedError

    def paint(self, painter: QPainter, theme: Theme) -> None:
        raise NotImplementedError

    def changed(self) -> None:
        """Something about it is new: have both its old and its new place painted."""
        old = self.rect
        self.place(self.plot.mapping)
        if old.isNull() or old.intersects(self.rect):
            self.plot.touch(old | self.rect)  # one small step, one call
        else:
            self.plot.touch(old)
            self.plot.touch(self.rect)


class Mark(Live):
    """A marker at a point of the data, in the colour and shape of its thing.

    Beyond the axes it becomes a small triangle at the edge that points to where it is.
    """

    def __init__(self, plot: Plot, key: str, thing: str, size: float = 6.5) -> None:
        super().__init__(plot)
        self.key = key
        self.thing = thing
        self.size = size
        self.emphasised = False
        self.at: QPointF | None = None
        self.data: tuple[float, float] | None = None
        self._outward: float | None = None

    def move(self, x: float, y: float) -> None:
        self.data = (x, y)
        self.changed()

    def hide(self) -> None:
        self.data = None
        self.changed()

    def emphasise(self, on: bool) -> None:
        """Give the inspected one a halo."""
        if on != self.emphasised:
            self.emphasised = on
            self.changed()

    def place(self, mapping: Mapping) -> None:
        self.at = None if self.data is None else mapping.point(*self.data)
        self._outward = None
        if self.at is None:
            self.rect = QRectF()
            return
        box = mapping.rect
        if not box.adjusted(-1, -1, 1, 1).contains(self.at):
            inner = box.adjusted(9, 9, -9, -9)
            away = self.at - box.center()
            self._outward = math.atan2(away.x(), -away.y())
            self.at = QPointF(min(max(self.at.x(), inner.left()), inner.right()),
                              min(max(self.at.y(), inner.top()), inner.bottom()))  # fmt: skip
        reach = 3 + unit() * self.size * (2.1 if self.emphasised else 1.2)
        self.rect = QRectF(self.at.x() - reach, self.at.y() - reach, 2 * reach, 2 * reach)

    def paint(self, painter: QPainter, theme: Theme) -> None:
        if self.at is None:
            return
        colour, casing = theme.colour(self.thing), QColor(theme.panel)
        radius = unit() * self.size
        if self.emphasised:
            painter.setPen(QPen(casing, 5.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self.at, 1.75 * radius, 1.75 * radius)
            painter.setPen(QPen(colour, 2.2))
            painter.drawEllipse(self.at, 1.75 * radius, 1.75 * radius)
        if self._outward is None:
            draw_symbol(painter, self.at, look.MARKERS[self.thing], colour, radius, casing)
            return
        painter.save()
        painter.translate(self.at)
        painter.rotate(math.degrees(self._outward))
        draw_symbol(painter, QPointF(0, 0), "t1", colour, 0.8 * radius, casing)
        painter.restore()

    def distance(self, pos: QPointF) -> float:
        """Pixels from a position to the marker; infinite while it is hidden."""
        return math.inf if self.at is None else math.hypot(pos.x() - self.at.x(), pos.y() - self.at.y())


class Playhead(Live):
    """A thin upright line at one x: where the player stands."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot)
        self._x: float | None = None

    def move(self, x: float) -> None:
        self._x = x
        self.changed()

    def place(self, mapping: Mapping) -> None:
        at = None if self._x is None else mapping.point(self._x, mapping.data(mapping.rect.center())[1])
        box = mapping.rect
        if at is None or not box.left() - 1 <= at.x() <= box.right() + 1:
            self.rect = QRectF()
        else:
            self.rect = QRectF(round(at.x()) - 1, box.top(), 3, box.height())

    def paint(self, painter: QPainter, theme: Theme) -> None:
        if not self.rect.isNull():
            painter.setPen(QPen(theme.mix(theme.muted, 0.6), 1.0))
            x = self.rect.left() + 1.5
            painter.drawLine(QLineF(x, self.rect.top(), x, self.rect.bottom()))


@dataclass(frozen=True)
class Arrow:
    """An arrow from its group's origin. `vector` in data units gives the direction (exactly); its length
    too unless `pixels` is given, which serves vectors that are no displacement (a gradient)."""

    label: str
    vector: tuple[float, float]
    colour: QColor
    pixels: float | None = None
    dashed: bool = False


class Arrows(Live):
    """The arrows at one point, each with its name at its head; names do not cover one another."""

    SHORTEST, HEAD = 12.0, 8.0

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot)
        self._origin: tuple[float, float] | None = None
        self._arrows: Sequence[Arrow] = ()
        self._lines: list[tuple[Arrow, QLineF]] = []
        self._labels: list[tuple[Arrow, QRectF]] = []

    def show(self, origin: tuple[float, float], arrows: Sequence[Arrow]) -> None:
        self._origin, self._arrows = origin, tuple(arrows)
        self.changed()

    def hide(self) -> None:
        if self._origin is not None:
            self._origin = None
            self.changed()

    def place(self, mapping: Mapping) -> None:
        self._lines, self._labels = [], []
        self.rect = QRectF()
        start = None if self._origin is None else mapping.point(*self._origin)
        if start is None or self._origin is None or not mapping.rect.contains(start):
            return
        longest = 0.4 * min(mapping.rect.width(), mapping.rect.height())
        for arrow in self._arrows:
            if (tip := _tip(mapping, self._origin, start, arrow, self.SHORTEST, longest)) is not None:
                self._lines.append((arrow, QLineF(start, tip)))
        metrics = QFontMetricsF(self.plot.caption_font)
        for arrow, line in self._lines:
            box = self._label_place(metrics, arrow.label, line, mapping.rect)
            self._labels.append((arrow, box))
        for _, line in self._lines:
            self.rect |= QRectF(line.p1(), line.p2()).normalized().adjusted(-12, -12, 12, 12)
        for _, box in self._labels:
            self.rect |= box.adjusted(-4, -4, 4, 4)

    def _label_place(self, metrics: QFontMetricsF, text: str, line: QLineF, box: QRectF) -> QRectF:
        size = metrics.size(0, text).expandedTo(metrics.size(0, " "))
        way = QLineF(line)
        way.setLength(line.length() + 6 + 0.5 * size.height())
        middle = way.p2() + QPointF(
            0.5 * size.width() * math.copysign(min(1.0, abs(line.dx()) / 12), line.dx()), 0
        )
        rect = QRectF(0, 0, size.width() + 6, size.height())
        rect.moveCenter(middle)
        rect.moveLeft(min(max(rect.left(), box.left() + 2), box.right() - rect.width() - 2))
        rect.moveTop(min(max(rect.top(), box.top() + 2), box.bottom() - rect.height() - 2))
        down = 1 if line.dy() >= 0 else -1
        for _ in range(len(self._labels) + 1):
            hit = next((other for _, other in self._labels if other.intersects(rect)), None)
            if hit is None:
                break
            rect.moveTop(hit.bottom() + 1 if down > 0 else hit.top() - rect.height() - 1)
        return rect

    def paint(self, painter: QPainter, theme: Theme) -> None:
        painter.save()
        painter.setClipRect(self.plot.mapping.rect, Qt.ClipOperation.IntersectClip)
        for arrow, line in self._lines:
            for width, colour in ((4.6, QColor(theme.panel)), (2.0, arrow.colour)):
                _arrow(painter, line, colour, width, self.HEAD * unit(), arrow.dashed)
        painter.setFont(self.plot.caption_font)
        plate = QColor(theme.panel)
        plate.setAlphaF(0.86)
        for arrow, box in self._labels:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(plate)
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(arrow.colour)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, arrow.label)
        painter.restore()


def _tip(
    mapping: Mapping,
    origin: tuple[float, float],
    start: QPointF,
    arrow: Arrow,
    shortest: float,
    longest: float,
) -> QPointF | None:
    """The pixel of an arrow's head; None if it has no direction."""
    size = math.hypot(*arrow.vector)
    if not math.isfinite(size) or size == 0:
        return None
    # A short way along the vector: exact for its direction, and never outside what floats can hold.
    share = (
        1e-3 * abs(mapping.data(mapping.rect.topRight())[0] - mapping.data(mapping.rect.topLeft())[0]) / size
    )
    near = mapping.point(origin[0] + share * arrow.vector[0], origin[1] + share * arrow.vector[1])
    if near is None or near == start:
        return None
    way = QLineF(start, near)
    length = arrow.pixels if arrow.pixels is not None else way.length() / share
    way.setLength(min(max(length, shortest), longest))
    return way.p2()


def _arrow(painter: QPainter, line: QLineF, colour: QColor, width: float, head: float, dashed: bool) -> None:
    head = min(head, 0.6 * line.length())
    back = QLineF(line.p2(), line.p1())
    back.setLength(head)
    base, normal = back.p2(), back.normalVector()
    normal.setLength(0.45 * head)
    side = QPointF(normal.dx(), normal.dy())
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    if dashed:
        pen.setDashPattern([2.5, 2.0])
    painter.setPen(pen)
    painter.drawLine(QLineF(line.p1(), base))
    rim = QPen(colour, max(0.5, width - 2.0))
    rim.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(rim)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([line.p2(), base + side, base - side]))
