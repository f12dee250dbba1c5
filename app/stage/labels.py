"""Direct labels: the name of each curve beside its end, moved apart so that none covers another; and the
names of what lies on the ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.stage import theme as look
from app.stage.axes import Mapping
from app.stage.marks import Live, draw_symbol, unit
from app.stage.theme import Theme

if TYPE_CHECKING:
    from app.stage.plots import Plot

COMPACT = 3.0
"""A plot narrower than this many label widths shows the markers alone, as does one too low for all names."""

OVER = 3.0
"""Pixels by which the column of labels may reach beyond the axes."""


def spread(wanted: list[float], height: float, low: float, high: float) -> list[float]:
    """Middles of labels of one height, in order, as near to the wanted ones as fits between two ends.

    Neighbours that would overlap are pooled and centred on the mean of what they want (least squares under
    the constraint of order; the pool-adjacent-violators algorithm). `wanted` ascends.
    """
    if not wanted:
        return []
    height = min(height, (high - low) / len(wanted))
    pools: list[list[float]] = []  # sum of offsets-free wishes, count
    for i, each in enumerate(wanted):
        pools.append([each - i * height, 1.0])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] >= pools[-1][0] / pools[-1][1]:
            total, count = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += count
    levels = [total / count for total, count in pools for _ in range(int(count))]
    first, last = low + height / 2, high - height / 2 - (len(wanted) - 1) * height
    return [min(max(level, first), last) + i * height for i, level in enumerate(levels)]


class EndLabels(Live):
    """Marker and name of every labelled trail, in a column that follows the ends of the lines."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot)
        self._stale = True
        self._named = False  # whether names have room, not markers alone
        self._touched = False  # since it was painted
        self._rows: list[tuple[str, str, QPointF, QPointF]] = []

    @property
    def row_height(self) -> float:
        return QFontMetricsF(self.plot.caption_font).height()

    def full_width(self) -> float:
        """Pixels of a column with names."""
        metrics = QFontMetricsF(self.plot.caption_font)
        names = [trail.label for trail in self.plot.trails if trail.label]
        return self.glyph_width() + max((metrics.horizontalAdvance(name) for name in names), default=0.0) + 6

    def glyph_width(self) -> float:
        return 20.0 * unit()

    def margin(self, width: float, height: float) -> float:
        """What the plot must leave free at its right, out of so many pixels."""
        count = sum(bool(trail.label) for trail in self.plot.trails)
        if not count:
            return 0.0
        full = self.full_width()
        self._named = width >= COMPACT * full and height + 2 * OVER >= count * self.row_height
        return full if self._named else self.glyph_width() + 4

    def place(self, mapping: Mapping) -> None:
        self._stale = True
        heads = [trail.head for trail in self.plot.trails if trail.label and trail.head]
        ends = [head.at.x() for head in heads if head.at is not None]
        if not ends:
            self.rect = QRectF()
            return
        left = max(ends) + 2
        width = self.plot.label_margin
        self.rect = QRectF(left, mapping.rect.top() - OVER, width, mapping.rect.height() + 2 * OVER)

    def follow(self) -> None:
        """A trail went on: find the places again before the next paint."""
        old = self.rect
        self.place(self.plot.mapping)
        if not self._touched or old != self.rect:
            self._touched = True
            self.plot.touch(old | self.rect)

    def _arrange(self) -> None:
        self._stale = False
        trails = [t for t in self.plot.trails if t.label and t.head is not None and t.head.at is not None]
        order = {trail.key: i for i, trail in enumerate(self.plot.trails)}
        trails.sort(key=lambda t: (t.head.at.y(), order[t.key]))  # type: ignore[union-attr]
        box = self.plot.mapping.rect
        wanted = [min(max(t.head.at.y(), box.top()), box.bottom()) for t in trails]  # type: ignore[union-attr]
        middles = spread(wanted, self.row_height, self.rect.top(), self.rect.bottom())
        x = self.rect.left() + 8
        self._rows = [
            (t.thing, t.label, QPointF(t.head.at.x(), y), QPointF(x, middle))  # type: ignore[union-attr]
            for t, y, middle in zip(trails, wanted, middles, strict=True)
        ]

    def paint(self, painter: QPainter, theme: Theme) -> None:
        self._touched = False
        if self._stale:
            self._arrange()
        height = self.row_height
        painter.setFont(self.plot.caption_font)
        leader = QPen(theme.mix(theme.muted, 0.5), 0.8)
        for thing, label, end, at in self._rows:
            if abs(end.y() - at.y()) > 3:
                painter.setPen(leader)
                painter.drawLine(QLineF(end + QPointF(2, 0), at - QPointF(5 * unit(), 0)))
            draw_symbol(painter, at, look.MARKERS[thing], theme.colour(thing), 4.2 * unit())
            if self._named:
                painter.setPen(theme.text)
                text = QRectF(at.x() + 9 * unit(), at.y() - height / 2, self.plot.label_margin, height)
                painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label)


class Name(Live):
    """The name of something on the ground, on a plate that lets what lies under it shine through."""

    PLATE = 0.72

    def __init__(self, plot: Plot, box: QRectF, text: str, colour: QColor) -> None:
        super().__init__(plot)
        self.rect, self._text, self._colour = box, text, colour

    def place(self, mapping: Mapping) -> None:
        """Found when the ground is painted, and made anew with it."""

    def paint(self, painter: QPainter, theme: Theme) -> None:
        plate = QColor(theme.panel)
        plate.setAlphaF(self.PLATE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(plate)
        painter.drawRoundedRect(self.rect, 3, 3)
        painter.setPen(self._colour)
        painter.setFont(self.plot.caption_font)
        painter.drawText(self.rect, Qt.AlignmentFlag.AlignCenter, self._text)
