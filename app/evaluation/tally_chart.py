"""Accuracy by subject: a marker for each way of asking, the interval of the one in front, and chance."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.stage import theme as look
from app.stage.marks import draw_symbol, unit
from app.stage.pane import CENTRE, LEFT, RIGHT, Pane
from core.evaluation.exam import CHANCE, Tally

TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
LOWEST = 0.78
"""A row is at least so many lines of type high; with less room there are groups instead."""


class TallyChart(Pane):
    """Rows of subjects under their groups, or of groups alone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Accuracy by subject", parent)
        self._subjects: dict[str, tuple[Tally, ...]] = {}
        self._groups: dict[str, tuple[Tally, ...]] = {}
        self._front = ""
        self._by_groups = False
        self._type = 1.0

    def show_tallies(
        self, subjects: dict[str, tuple[Tally, ...]], groups: dict[str, tuple[Tally, ...]], front: str,
        by_groups: bool,
    ) -> None:  # fmt: skip
        """Tallies of each way of asking, by subject and by group; all in the same order."""
        self._subjects, self._groups, self._front, self._by_groups = subjects, groups, front, by_groups
        shown = subjects.get(front, ())
        told = "; ".join(f"{tally.name} {tally.right} of {tally.asked}" for tally in shown if tally.asked)
        self.setAccessibleDescription(f"{front}: {told}")
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 120)

    # --- places --------------------------------------------------------------------------------

    def _fits(self, rows: int) -> bool:
        return rows * LOWEST * self.line_height() <= self.height() - self._below()

    def _below(self) -> float:
        return 2.4 * self.line_height()

    def _shown(self) -> dict[str, tuple[Tally, ...]]:
        subjects = self._subjects.get(self._front, ())
        heads = len({tally.group for tally in subjects})
        if self._by_groups or not self._fits(len(subjects) + (heads if heads > 1 else 0)):
            return self._groups
        return self._subjects

    def _rows(self, tallies: tuple[Tally, ...]) -> list[tuple[str, int]]:
        """A heading (and -1) or a row's index, from above."""
        groups = list(dict.fromkeys(tally.group for tally in tallies))
        if len(groups) < 2 or all(tally.name == tally.group for tally in tallies):
            return [("", i) for i in range(len(tallies))]
        rows: list[tuple[str, int]] = []
        for group in groups:
            rows.append((group, -1))
            rows += [("", i) for i, tally in enumerate(tallies) if tally.group == group]
        return rows

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self._shown()
        tallies = shown.get(self._front, ())
        if not tallies:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(self.font_of())
            metrics = QFontMetricsF(self.font_of(bold=True))
            rows = self._rows(tallies)
            names = max(metrics.horizontalAdvance(tally.name) for tally in tallies) + 12
            widest = max((f"{tally.right}/{tally.asked}" for tally in tallies), key=len)
            counts = metrics.horizontalAdvance(widest + "00") + 8
            line = self.line_height()
            height = min((self.height() - self._below()) / len(rows), 3.0 * line)
            self._type = min(1.0, height / line)
            box = QRectF(min(names, 0.45 * self.width()), 0, 0, height * len(rows))
            box.setRight(self.width() - counts)
            self._paint_axis(painter, box, line, shown is self._groups and not self._by_groups)
            for row, (head, i) in enumerate(rows):
                where = QRectF(0, row * height, self.width(), height)
                if i < 0:
                    painter.setFont(self._row_font(bold=True))
                    painter.setPen(QColor(self.theme.muted))
                    painter.drawText(where, LEFT, head)
                else:
                    self._paint_row(painter, {m: all_[i] for m, all_ in shown.items()}, where, box)

    def _row_font(self, *, bold: bool = False) -> QFont:
        """Type for the rows, smaller where they are low."""
        made = self.font_of(bold=bold)
        made.setPointSizeF(self._type * made.pointSizeF())
        return made

    def _x(self, box: QRectF, share: float) -> float:
        return box.left() + share * box.width()

    def _paint_axis(self, painter: QPainter, box: QRectF, line: float, squeezed: bool) -> None:
        painter.setFont(self.font_of())
        for tick in TICKS:
            x = self._x(box, tick)
            chance = tick == CHANCE
            pen = QPen(QColor(self.theme.text if chance else self.theme.line), 1)
            pen.setStyle(Qt.PenStyle.DashLine if chance else Qt.PenStyle.SolidLine)
            painter.setPen(pen)
            painter.drawLine(QLineF(x, box.top(), x, box.bottom() + 3))
            painter.setPen(QColor(self.theme.text if chance else self.theme.muted))
            told = f"{round(100 * tick)} %" + (" chance" if chance else "")
            painter.drawText(QRectF(x - 6 * line, box.bottom() + 3, 12 * line, line), CENTRE, told)
        painter.setPen(QColor(self.theme.muted))
        told = "right answers, with Wilson’s 95 % interval"
        if squeezed:
            told = "by group: all subjects need a taller window"
        painter.drawText(QRectF(0, box.bottom() + 3 + line, self.width(), line), RIGHT, told)

    def _paint_row(self, painter: QPainter, row: dict[str, Tally], where: QRectF, box: QRectF) -> None:
        front = row[self._front]
        y = where.center().y()
        painter.setFont(self._row_font())
        painter.setPen(QColor(self.theme.text if front.asked else self.theme.muted))
        metrics = QFontMetricsF(self._row_font())
        name = metrics.elidedText(front.name, Qt.TextElideMode.ElideRight, box.left() - 10)
        painter.drawText(QRectF(8, where.top(), box.left(), where.height()), LEFT, name)
        if not front.asked:
            return
        painter.setPen(QColor(self.theme.muted))
        painter.drawText(where.adjusted(0, 0, -2, 0), RIGHT, f"{front.right}/{front.asked}")
        low, high = front.interval
        colour = self.theme.colour(self._thing(self._front))
        painter.setPen(
            QPen(self.theme.mix(colour.name(), 0.6, self.theme.ground), 2.0 * unit() * self.factor)
        )
        painter.drawLine(QLineF(self._x(box, low), y, self._x(box, high), y))
        radius = min(0.34 * where.height(), 4.6 * unit() * self.factor)
        for method, tally in row.items():
            if method != self._front:
                self._mark(
                    painter, method, QPointF(self._x(box, tally.accuracy), y), max(0.8 * radius, 2.6 * unit())
                )
        self._mark(painter, self._front, QPointF(self._x(box, front.accuracy), y), radius)

    def _mark(self, painter: QPainter, method: str, at: QPointF, radius: float) -> None:
        thing = self._thing(method)
        ground = QColor(self.theme.ground)
        draw_symbol(painter, at, look.MARKERS[thing], self.theme.colour(thing), radius, ground)

    @staticmethod
    def _thing(method: str) -> str:
        return method if method in look.MARKERS else "generation"
