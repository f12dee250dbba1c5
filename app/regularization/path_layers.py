"""What lies under coefficient paths: names before the lines, dots where weights enter, how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPen

from app.stage.colours import resolve
from app.stage.ground import Layer, Paper
from app.stage.labels import spread
from app.stage.marks import unit
from app.stage.numbers import number

Array = np.ndarray

HUES = ("momentum", "adam", "adagrad", "amsgrad", "rmsprop", "nesterov", "adamw", "gradient_descent")
"""The colour-blind safe hues that the palette holds for eight things told apart, in another order of use."""

STYLES = (
    Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine,
)  # fmt: skip
"""Once the hues are used up they come again, dashed."""

GAP = 8.0
"""Pixels between a name and its line."""

MANY = 20
"""More columns than this are drawn finer, and only the largest are named."""

NAMED = 12
"""How many names there are at most where columns are many."""


def hue(index: int) -> str:
    """The colour of a column of the data, for `app.stage.colours.resolve`."""
    return HUES[index % len(HUES)]


def style(index: int) -> Qt.PenStyle:
    """The dash of a column of the data."""
    return STYLES[index // len(HUES) % len(STYLES)]


@dataclass(frozen=True, eq=False)
class NamesBefore(Layer):
    """Names left of where lines begin, moved apart; of many the ones farthest from zero.

    Args:
        x: where all the lines begin.
        ends: for each its name, its value there and its colour.
    """

    x: float
    ends: Sequence[tuple[str, float, str]]

    over_axes = True

    def paint(self, paper: Paper) -> None:
        metrics, box = QFontMetricsF(paper.font), paper.mapping.rect
        row = metrics.height()
        most = max(1, int(box.height() / row))
        most = min(most, NAMED) if len(self.ends) > MANY else most
        kept = sorted(sorted(self.ends, key=lambda end: -abs(end[1]))[:most], key=lambda end: -end[1])
        points = [paper.mapping.point(self.x, value) for _, value, _ in kept]
        wanted = [min(max(at.y(), box.top()), box.bottom()) for at in points if at is not None]
        if len(wanted) != len(kept):
            return
        middles = spread(wanted, row, box.top() - 2, box.bottom() + 2)
        paper.painter.setFont(paper.font)
        for (name, _, colour), at, middle in zip(kept, points, middles, strict=True):
            ink = resolve(paper.theme, colour)
            right = at.x() - 3 * GAP  # type: ignore[union-attr]
            room = right - box.left() - 4
            if room < metrics.averageCharWidth() * 3:
                continue
            paper.painter.setPen(QPen(paper.theme.mix(ink.name(), 0.6, paper.theme.ground), 0.8))
            paper.painter.drawLine(QLineF(QPointF(right + 3, middle), at - QPointF(2, 0)))  # type: ignore[operator]
            paper.painter.setPen(ink)
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
            place = QRectF(box.left() + 4, middle - row / 2, room, row)
            paper.painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)


@dataclass(frozen=True, eq=False)
class Entries(Layer):
    """A dot on the zero line where each weight leaves it: positions (n,) and colours."""

    at: Array
    colours: Sequence[str]

    def paint(self, paper: Paper) -> None:
        radius = (2.2 if len(self.at) > MANY else 3.4) * unit()
        for x, colour in zip(self.at.tolist(), self.colours, strict=True):
            point = paper.mapping.point(x, 0.0)
            if point is not None:
                paper.painter.setPen(QPen(QColor(paper.theme.ground), 1.0))
                paper.painter.setBrush(resolve(paper.theme, colour))
                paper.painter.drawEllipse(point, radius, radius)


@dataclass(frozen=True, eq=False)
class Upright(Layer):
    """A dotted line at one x, from edge to edge, its name at the top on one side of it."""

    x: float
    name: str = ""
    at_left: bool = False

    def paint(self, paper: Paper) -> None:
        box, metrics = paper.mapping.rect, QFontMetricsF(paper.font)
        point = paper.mapping.point(self.x, paper.mapping.data(box.center())[1])
        if point is None:
            return
        ink = QColor(paper.theme.muted)
        paper.painter.setPen(QPen(ink, 1.2 * unit(), Qt.PenStyle.DotLine))
        paper.painter.drawLine(QLineF(point.x(), box.top(), point.x(), box.bottom()))
        paper.painter.setFont(paper.font)
        wide = metrics.horizontalAdvance(self.name)
        left = point.x() - wide - 5 if self.at_left else point.x() + 5
        paper.painter.drawText(QPointF(left, box.top() + 2 + metrics.ascent()), self.name)


@dataclass(frozen=True, eq=False)
class Counts(Layer):
    """Along the upper edge, how many weights are not zero: counts (n,) at positions (n,) that ascend."""

    at: Array
    counts: Array

    over_axes = True

    def paint(self, paper: Paper) -> None:
        metrics, box = QFontMetricsF(paper.font), paper.mapping.rect
        row = metrics.height()
        pixels = paper.mapping.pixels(np.stack([self.at, np.zeros(len(self.at))], axis=1))[:, 0]
        paper.painter.setFont(paper.font)
        paper.painter.setPen(QColor(paper.theme.muted))
        top = box.top() - row - 5
        free = pixels[0] - 1.0
        for x, count in zip(pixels.tolist(), self.counts.tolist(), strict=True):
            text = number(int(count))
            wide = metrics.horizontalAdvance(text)
            if x - wide / 2 >= free and x + wide / 2 <= box.right() + wide:
                paper.painter.drawText(QPointF(x - wide / 2, top + metrics.ascent()), text)
                free = x + wide / 2 + 3.2 * metrics.averageCharWidth()
