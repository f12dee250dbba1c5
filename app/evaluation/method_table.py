"""A table with a line for each way of asking; a click or the up and down keys put one in front."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QWidget

from app.stage import theme as look
from app.stage.marks import draw_symbol, unit
from app.stage.pane import LEFT, RIGHT, Chooser


class Line(NamedTuple):
    """One way of asking: its key, its name, and a text for each column."""

    key: str
    name: str
    cells: tuple[str, ...]


class Over(NamedTuple):
    """Words above some of the heads, up to the column `last`."""

    text: str
    last: int


class MethodTable(Chooser):
    """Markers and names at the left, numbers in columns that are as wide as their widest text."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._heads: tuple[str, ...] = ()
        self._over: tuple[Over, ...] = ()
        self._lines: tuple[Line, ...] = ()

    def show_lines(
        self, heads: tuple[str, ...], lines: tuple[Line, ...], front: str, over: tuple[Over, ...] = ()
    ) -> None:
        """A head that is the name of a thing is drawn as its marker. `over` are words above some heads."""
        self._heads, self._lines, self.front, self._over = heads, lines, front, over
        told = []
        for line in lines:
            cells = (f"{head} {cell}" for head, cell in zip(heads, line.cells, strict=True))
            told.append(f"{line.name}: {', '.join(cells)}")
        self.setAccessibleDescription("; ".join(told))
        self.update()

    def row_height(self) -> float:
        return self.line_height() + 3 * self.factor

    def height_for(self, count: int, over: bool = False) -> int:
        """Pixels that so many lines need, with words above the heads or without."""
        return round(self.row_height() * (count + 1 + over)) + 2

    def _above(self) -> int:
        """Rows above the first line."""
        return 2 if self._over else 1

    def sizeHint(self) -> QSize:
        return QSize(320, self.height_for(len(self._lines), bool(self._over)))

    # --- what the reader does ------------------------------------------------------------------

    def keys(self) -> list[str]:
        return [line.key for line in self._lines]

    def key_at(self, pos: QPointF) -> str | None:
        row = int(pos.y() / self.row_height()) - self._above()
        return self._lines[row].key if 0 <= row < len(self._lines) else None

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            height, first = self.row_height(), self._above()
            edges = self._edges()
            painter.setFont(self.font_of())
            self._paint_over(painter, edges, height)
            for at, head in zip(edges, self._heads, strict=True):
                if head in look.MARKERS:
                    self._symbol(
                        painter, head, QPointF(at - 6 * unit() * self.factor, (first - 0.5) * height)
                    )
                else:
                    painter.setPen(QColor(self.theme.muted))
                    painter.drawText(QRectF(0, (first - 1) * height, at, height), RIGHT, head)
            for row, line in enumerate(self._lines, first):
                self._paint_line(painter, line, QRectF(0, row * height, self.width(), height), edges)

    def _paint_over(self, painter: QPainter, edges: list[float], height: float) -> None:
        painter.setPen(QColor(self.theme.muted))
        for over in self._over:
            painter.drawText(QRectF(0, 0, edges[over.last], height), RIGHT, over.text)

    def _edges(self) -> list[float]:
        """The right ends of the columns: as far apart as their texts need, spread over what room there is."""
        metrics = QFontMetricsF(self.font_of(bold=True))
        wide = [
            max((metrics.horizontalAdvance(text) for text in texts), default=0.0)
            for texts in self._columns()
        ]  # fmt: skip
        names = max((metrics.horizontalAdvance(line.name) for line in self._lines), default=0.0)
        begin = names + 24 * unit() * self.factor
        room = self.width() - 6 - begin - sum(wide)
        breaks = {over.last for over in self._over[:-1]}  # twice the gap behind columns that belong together
        gap = max(4.0, min(28.0 * self.factor, room / max(1, len(wide) + 2 * len(breaks))))
        edges, at = [], float(self.width() - 6)
        for i, each in reversed(list(enumerate(wide))):
            at -= 2 * gap if i in breaks else 0.0
            edges.append(at)
            at -= each + gap
        return edges[::-1]

    def _columns(self) -> list[list[str]]:
        heads = ["88" if head in look.MARKERS else head for head in self._heads]
        return [[head, *(line.cells[i] for line in self._lines)] for i, head in enumerate(heads)]

    def _symbol(self, painter: QPainter, thing: str, at: QPointF) -> None:
        thing = thing if thing in look.MARKERS else "generation"
        draw_symbol(painter, at, look.MARKERS[thing], self.theme.colour(thing), 4.6 * unit() * self.factor)

    def _paint_line(self, painter: QPainter, line: Line, row: QRectF, edges: list[float]) -> None:
        front = line.key == self.front and len(self._lines) > 1
        if front:
            self.paint_back(painter, row, line.key)
        self._symbol(painter, line.key, QPointF(9 * unit() * self.factor, row.center().y()))
        painter.setFont(self.font_of(bold=front))
        painter.setPen(QColor(self.theme.text))
        painter.drawText(row.adjusted(20 * unit() * self.factor, 0, 0, 0), LEFT, line.name)
        for at, cell in zip(edges, line.cells, strict=True):
            painter.drawText(QRectF(0, row.top(), at, row.height()), RIGHT, cell)
