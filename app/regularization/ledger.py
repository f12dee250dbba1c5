"""A short table beside a plot: a line for each solver or minimum, with its marker, figures and a reason."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.stage import theme as look
from app.stage.marks import draw_symbol, unit
from app.stage.pane import LEFT, Chooser


class Line(NamedTuple):
    """One line: `thing` gives the marker (none if empty), `strong` sets it bold."""

    key: str
    thing: str
    cells: tuple[str, ...]
    strong: bool = False


class Ledger(Chooser):
    """Lines under a heading. If they can be chosen, a click or the up and down keys do it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.heading: tuple[str, ...] = ()
        self.lines: tuple[Line, ...] = ()

    def show_lines(
        self, heading: tuple[str, ...], lines: tuple[Line, ...], *, name: str, selected: str = "",
        choosable: bool = True,
    ) -> None:  # fmt: skip
        """Heading and lines have as many cells as each other."""
        state = (heading, lines, selected, choosable)
        if state == (self.heading, self.lines, self.front, self.choosable):
            return
        self.heading, self.lines, self.front = heading, lines, selected
        self.set_choosable(choosable)
        self.setAccessibleName(name)
        self.setAccessibleDescription("; ".join(", ".join(line.cells) for line in lines))
        self.update()

    def row_height(self) -> float:
        return QFontMetricsF(look.font(look.CAPTION)).height() + 4

    def height_for(self, count: int) -> int:
        """Pixels that a heading and so many lines need."""
        return round(self.row_height() * (count + 1)) + 2

    # --- what the reader does ------------------------------------------------------------------

    def keys(self) -> list[str]:
        return [line.key for line in self.lines]

    def key_at(self, pos: QPointF) -> str | None:
        row = int(pos.y() / self.row_height()) - 1
        return self.lines[row].key if 0 <= row < len(self.lines) else None

    # --- painting ------------------------------------------------------------------------------

    def columns(self) -> list[float]:
        """Where each cell begins: as wide as the widest needs, the last takes what is left."""
        metrics = QFontMetricsF(look.font(look.CAPTION, bold=True))
        left = [20.0 * unit()]
        for k in range(len(self.heading) - 1):
            texts = [self.heading[k], *(line.cells[k] for line in self.lines)]
            left.append(left[-1] + max(map(metrics.horizontalAdvance, texts)) + 11)
        return left

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.heading:
            return
        plain, bold = look.font(look.CAPTION), look.font(look.CAPTION, bold=True)
        height, left = self.row_height(), self.columns()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._write(painter, plain, QColor(self.theme.muted), self.heading, left, 0.0)
            painter.setPen(QPen(QColor(self.theme.line), 1))
            painter.drawLine(QPointF(0, height - 1.5), QPointF(self.width(), height - 1.5))
            for i, line in enumerate(self.lines):
                top = (i + 1) * height
                self.paint_back(painter, QRectF(0, top, self.width(), height), line.key)
                if line.thing:
                    at = QPointF(10 * unit(), top + height / 2)
                    colour = self.theme.colour(line.thing)
                    draw_symbol(painter, at, look.MARKERS[line.thing], colour, 4.6 * unit())
                strong = line.strong or (self.choosable and line.key == self.front)
                ink = QColor(self.theme.text)
                self._write(painter, bold if strong else plain, ink, line.cells, left, top)

    def _write(
        self,
        painter: QPainter,
        font: object,
        ink: QColor,
        cells: tuple[str, ...],
        left: list[float],
        top: float,
    ) -> None:
        painter.setFont(font)  # type: ignore[arg-type]
        painter.setPen(ink)
        metrics = QFontMetricsF(painter.font())
        for k, (x, text) in enumerate(zip(left, cells, strict=True)):
            right = left[k + 1] - 4 if k + 1 < len(left) else self.width() - 2
            room = QRectF(x, top, max(0.0, right - x), self.row_height())
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, LEFT, shown)
