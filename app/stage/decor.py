"""What surrounds the data of a plot: axes, words, grid; and how much room that leaves for the data."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from app.stage import theme as look
from app.stage.axes import Axis, Mapping, Span
from app.stage.theme import Theme

EDGE = 4.0
"""Pixels that stay free around everything."""


class Decor:
    """Two axes, a label for each, a title. The y label lies flat above its axis, where it is read without
    turning the head."""

    def __init__(self, x_label: str, y_label: str, title: str, log_x: bool, log_y: bool, grid: bool) -> None:
        self.x_label, self.y_label, self.title = x_label, y_label, title
        self.x_axis = Axis("bottom", log=log_x)
        self.y_axis = Axis("left", log=log_y)
        self.grid = grid
        self.font = QFont()
        self.title_font = QFont()

    def set_theme(self, theme: Theme) -> None:
        self.font = look.font(look.CAPTION)
        self.title_font = look.font(look.BODY, bold=True)
        for axis in (self.x_axis, self.y_axis):
            axis.set_theme(theme, self.font)

    @property
    def line(self) -> float:
        """Height of a line of small type."""
        return QFontMetricsF(self.font).height()

    def room(self, size: QSize, y: Span) -> QRectF:
        """What is left for the data at this size, before anything at the right has its share."""
        top = EDGE + (QFontMetricsF(self.title_font).height() + 2 if self.title else 0.0)
        top += self.line + 6 if self.y_label else EDGE
        bottom = size.height() - EDGE - (self.line + 8) - (self.line if self.x_label else 0.0)
        height = max(20.0, bottom - top)
        left = EDGE + self._numbers(y, height)
        half_a_number = 0.5 * QFontMetricsF(self.font).horizontalAdvance("0.00")
        return QRectF(left, top, max(20.0, size.width() - 2 * EDGE - left - half_a_number), height)

    def _numbers(self, y: Span, height: float) -> float:
        """Width of the y axis. Most numbers fit in the least width, so that plots below one another align."""
        usual = QFontMetricsF(self.font).horizontalAdvance("10⁻¹²")
        return max(usual, self.y_axis.widest(self.font, y, height)) + 10

    def place(self, box: QRectF, x: Span, y: Span) -> None:
        """Put the axes round the data."""
        numbers = self._numbers(y, box.height())
        self.y_axis.place(QRectF(box.left() - numbers, box.top(), numbers, box.height()), y)
        self.x_axis.place(QRectF(box.left(), box.bottom(), box.width(), self.line + 8), x)

    def paint_grid(self, painter: QPainter, mapping: Mapping, theme: Theme) -> None:
        if not self.grid:
            return
        box, (x0, x1), (y0, y1) = mapping.rect, mapping.x, mapping.y
        painter.save()
        painter.setPen(QPen(theme.mix(theme.line, 0.6), 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for y in self.y_axis.labelled((y0, y1), box.height()):
            down = box.bottom() - (y - y0) / (y1 - y0) * box.height()
            painter.drawLine(QPointF(box.left(), down), QPointF(box.right(), down))
        for x in self.x_axis.labelled((x0, x1), box.width()):
            across = box.left() + (x - x0) / (x1 - x0) * box.width()
            painter.drawLine(QPointF(across, box.top()), QPointF(across, box.bottom()))
        painter.restore()

    def paint(self, painter: QPainter, box: QRectF, theme: Theme, width: float) -> None:
        """Axes and words, on a plot that is `width` pixels wide."""
        self.x_axis.draw(painter)
        self.y_axis.draw(painter)
        left = self.y_axis.geometry().left() + 2
        above = QRectF(left, box.top() - self.line - 5, width - left - 2, self.line)
        painter.setPen(QColor(theme.muted))
        _write(painter, self.font, above, self.y_label, Qt.AlignmentFlag.AlignLeft)
        below = QRectF(box.left(), self.x_axis.geometry().bottom() - 2, box.width(), self.line)
        _write(painter, self.font, below, self.x_label, Qt.AlignmentFlag.AlignHCenter)
        if self.title:
            height = QFontMetricsF(self.title_font).height()
            over = above.top() - height - 2 if self.y_label else box.top() - height - 6
            painter.setPen(QColor(theme.text))
            line = QRectF(left, over, width - left - 2, height)
            _write(painter, self.title_font, line, self.title, Qt.AlignmentFlag.AlignLeft)


def _write(painter: QPainter, font: QFont, place: QRectF, text: str, align: Qt.AlignmentFlag) -> None:
    """One line, shortened with an ellipsis where it does not fit."""
    if text:
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        painter.setFont(font)
        painter.drawText(place, align | Qt.AlignmentFlag.AlignVCenter, shown)
