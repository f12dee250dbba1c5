"""The score against temperature: the rounds' spread as bands, the mean, the majority vote; drag across it."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QWidget

from app.stage import theme as look
from app.stage.marks import draw_symbol, unit
from app.stage.pane import CENTRE, LEFT, RIGHT, Pane
from core.evaluation.exam import CHANCE
from core.language.variability import TEMPERATURES, Spread

TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


class TemperaturePane(Pane):
    """A chart over the temperatures: a press or a drag chooses the nearest, as do the left and right keys."""

    chosen = Signal(str)
    released = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.temperature = "1"
        self._held = False

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 120)

    def box(self) -> QRectF:
        """Inside the axes."""
        metrics = QFontMetricsF(self.font_of())
        line = metrics.height()
        left = metrics.horizontalAdvance("100 %") + 8
        return QRectF(left, 1.4 * line, max(20.0, self.width() - left - 0.8 * line),
                      max(20.0, self.height() - 4.2 * line))  # fmt: skip

    def x_of(self, key: str) -> float:
        raise NotImplementedError

    def _nearest(self, x: float) -> str:
        return min(TEMPERATURES, key=lambda key: abs(self.x_of(key) - x))

    # --- the hand --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = True
            self._choose(self._nearest(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self._choose(self._nearest(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self._held = False
            self.released.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        keys = list(TEMPERATURES)
        if not step:
            event.ignore()
            return
        self._choose(keys[max(0, min(len(keys) - 1, keys.index(self.temperature) + step))])
        self.released.emit()

    def _choose(self, key: str) -> None:
        if key != self.temperature:
            self.chosen.emit(key)

    # --- painting ------------------------------------------------------------------------------

    def paint_axes(self, painter: QPainter, box: QRectF, title: str) -> None:
        """Title, the shares at the left, the temperatures below."""
        painter.setFont(self.font_of())
        line = self.line_height()
        painter.setPen(QColor(self.theme.text))
        painter.drawText(QRectF(0, 0, self.width(), line), LEFT, title)
        for tick in TICKS:
            y = box.bottom() - tick * box.height()
            painter.setPen(QPen(QColor(self.theme.line), 1))
            painter.drawLine(QLineF(box.left(), y, box.right(), y))
            painter.setPen(QColor(self.theme.muted))
            where = QRectF(0, y - line / 2, box.left() - 6, line)
            painter.drawText(where, RIGHT, f"{round(100 * tick)} %")
        for key in TEMPERATURES:
            at = QRectF(self.x_of(key) - 3 * line, box.bottom() + 4, 6 * line, line)
            here = key == self.temperature
            painter.setFont(self.font_of(bold=here))
            painter.setPen(QColor(self.theme.accent if here else self.theme.muted))
            painter.drawText(at, CENTRE, key)
        painter.setFont(self.font_of())
        painter.setPen(QColor(self.theme.muted))
        below = QRectF(box.left(), box.bottom() + 4 + line, box.width(), line)
        painter.drawText(below, CENTRE, "temperature: drag to choose one")


class SpreadChart(TemperaturePane):
    """One wording's spread in front, the means of the others behind it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Score against temperature", parent)
        self._spreads: dict[str, tuple[Spread, ...]] = {}
        self._front = ""
        self._title = ""

    def show_spreads(
        self, spreads: dict[str, tuple[Spread, ...]], front: str, temperature: str, title: str
    ) -> None:
        """For each wording a spread at each temperature."""
        self._spreads, self._front, self.temperature, self._title = spreads, front, temperature, title
        here = spreads[front][list(TEMPERATURES).index(temperature)]
        self.setAccessibleDescription(
            f"{title}. At temperature {temperature}: mean {100 * here.mean:.1f} %, from "
            f"{100 * here.lowest:.1f} to {100 * here.highest:.1f} %; majority vote {100 * here.vote:.1f} %"
        )
        self.update()

    def x_of(self, key: str) -> float:
        box, last = self.box(), max(TEMPERATURES.values())
        return box.left() + (0.03 + 0.94 * TEMPERATURES[key] / last) * box.width()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._spreads:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            box = self.box()
            self.paint_axes(painter, box, self._title)
            pen = QPen(QColor(self.theme.muted), 1, Qt.PenStyle.DashLine)
            y = box.bottom() - CHANCE * box.height()
            painter.setPen(pen)
            painter.drawLine(QLineF(box.left(), y, box.right(), y))
            told = QRectF(box.left(), y - self.line_height() - 1, box.width() - 4, self.line_height())
            painter.drawText(told, LEFT, " one in four")
            self._paint_cursor(painter, box)
            for wording in self._spreads:
                if wording != self._front:
                    self._paint_mean(painter, box, wording, False)
            self._paint_bands(painter, box)
            self._paint_vote(painter, box)
            self._paint_mean(painter, box, self._front, True)

    def _paint_cursor(self, painter: QPainter, box: QRectF) -> None:
        x = self.x_of(self.temperature)
        half = 7.0 * self.factor
        painter.setPen(QPen(QColor(self.theme.accent), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.mix(self.theme.accent, 0.12, self.theme.ground))
        painter.drawRect(QRectF(x - half, box.top(), 2 * half, box.height()))

    def _point(self, box: QRectF, key: str, share: float) -> QPointF:
        return QPointF(self.x_of(key), box.bottom() - share * box.height())

    def _paint_bands(self, painter: QPainter, box: QRectF) -> None:
        """From the lowest round to the highest, and in a darker shade the middle 80 %."""
        colour = self.theme.colour(self._front)
        spreads = list(zip(TEMPERATURES, self._spreads[self._front], strict=True))
        painter.setPen(Qt.PenStyle.NoPen)
        for low, high, opacity in (("lowest", "highest", 0.18), ("low", "high", 0.30)):
            upper = [self._point(box, key, getattr(each, high)) for key, each in spreads]
            lower = [self._point(box, key, getattr(each, low)) for key, each in spreads]
            shade = QColor(colour)
            shade.setAlphaF(opacity)
            painter.setBrush(shade)
            painter.drawPolygon(QPolygonF([*upper, *reversed(lower)]))

    def _paint_mean(self, painter: QPainter, box: QRectF, wording: str, front: bool) -> None:
        colour = self.theme.colour(wording)
        points = [self._point(box, key, each.mean) for key, each in
                  zip(TEMPERATURES, self._spreads[wording], strict=True)]  # fmt: skip
        painter.setPen(QPen(colour, (2.0 if front else 1.0) * unit() * self.factor))
        for a, b in itertools.pairwise(points):
            painter.drawLine(QLineF(a, b))
        radius = (4.4 if front else 3.0) * unit() * self.factor
        for point in points:
            draw_symbol(painter, point, look.MARKERS[wording], colour, radius, QColor(self.theme.ground))

    def _paint_vote(self, painter: QPainter, box: QRectF) -> None:
        """The majority's score: dashed, with hollow marks."""
        points = [self._point(box, key, each.vote) for key, each in
                  zip(TEMPERATURES, self._spreads[self._front], strict=True)]  # fmt: skip
        colour = QColor(self.theme.text)
        painter.setPen(QPen(colour, 1.4 * unit() * self.factor, Qt.PenStyle.DashLine))
        for a, b in itertools.pairwise(points):
            painter.drawLine(QLineF(a, b))
        painter.setPen(QPen(colour, 1.4 * unit() * self.factor))
        painter.setBrush(QColor(self.theme.ground))
        radius = 3.6 * unit() * self.factor
        for point in points:
            painter.drawEllipse(point, radius, radius)
