"""What painted panes share: theme, scale of type, rows to choose from, wrapped text."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.stage import theme as look
from app.stage.theme import LIGHT, Theme

LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
CENTRE = int(Qt.AlignmentFlag.AlignCenter)


class Pane(QWidget):
    """A widget that paints itself, at a scale of type that its view sets."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        self.theme: Theme = LIGHT
        self.factor = 1.0

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def set_scale(self, factor: float) -> None:
        """How many times larger type and marks are than at a desk."""
        if factor != self.factor:
            self.factor = factor
            self.update()

    def font_of(self, points: int = look.CAPTION, *, bold: bool = False) -> QFont:
        made = look.font(points, bold=bold)
        made.setPointSizeF(made.pointSizeF() * self.factor)
        return made

    def line_height(self, points: int = look.CAPTION) -> float:
        return QFontMetricsF(self.font_of(points)).height()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


class Chooser(Pane):
    """Rows, one of which is in front; a click or the up and down keys choose another.

    A subclass says which rows there are (`keys`), which is in front, and where each lies (`key_at`).
    """

    chosen = Signal(object)
    """The key of the row that was clicked, or moved to."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.front: Any = None
        self.set_choosable(True)

    def set_choosable(self, choosable: bool) -> None:
        """Whether it answers to hand and keys."""
        self.choosable = choosable
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if choosable else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if choosable else Qt.CursorShape.ArrowCursor)

    def keys(self) -> list[Any]:
        """Of all rows, from above."""
        raise NotImplementedError

    def key_at(self, pos: QPointF) -> Any:
        """Of the row at a pixel; None where there is none."""
        raise NotImplementedError

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.choosable and event.button() == Qt.MouseButton.LeftButton:
            key = self.key_at(event.position())
            if key is not None:
                self.chosen.emit(key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        keys = self.keys()
        if step is None or not keys or not self.choosable:
            event.ignore()
            return
        at = keys.index(self.front) if self.front in keys else 0
        self.chosen.emit(keys[(at + step) % len(keys)])

    def paint_back(self, painter: QPainter, row: QRectF, key: Any, pointed: bool = False) -> None:
        """What lies behind a row that is in front, or under the mouse."""
        front = self.choosable and key == self.front
        if not front and not pointed:
            return
        outlined = front and self.hasFocus()
        painter.setPen(QPen(QColor(self.theme.accent), 1) if outlined else Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.mix(self.theme.accent, 0.12 if front else 0.06, self.theme.ground))
        painter.drawRoundedRect(row.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)


def wrapped(text: str, font: QFont, width: float, most: int = 10_000) -> list[str]:
    """The text in lines of a width; of more than `most` the last one kept ends in an ellipsis."""
    lines: list[str] = []
    metrics = QFontMetricsF(font)
    for paragraph in text.split("\n"):
        layout = QTextLayout(paragraph, font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(8.0, width))
            start, length = line.textStart(), line.textLength()
            if len(lines) == most:
                kept = lines[-1] + " …"
                fits = metrics.horizontalAdvance(kept) <= width
                lines[-1] = kept if fits else metrics.elidedText(kept, Qt.TextElideMode.ElideRight, width)
                layout.endLayout()
                return lines
            lines.append(paragraph[start : start + length].rstrip())
        layout.endLayout()
    return lines


def paint_lines(
    painter: QPainter, lines: list[str], at: QPointF, line: float, colour: str | QColor
) -> float:  # fmt: skip
    """Paint lines of text below one another; returns where the next would begin."""
    painter.setPen(QColor(colour))
    y = at.y()
    for text in lines:
        painter.drawText(QRectF(at.x(), y, 10_000, line), LEFT, text)
        y += line
    return y
