"""What the Evaluation tab's painted panes share: theme, scale of type, wrapped text."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QTextLayout, QTextOption
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
