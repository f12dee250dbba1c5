"""Published accuracies as bars, each with its date and source beside it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.stage import theme as look
from app.stage.marks import unit
from app.stage.numbers import number
from app.stage.pane import LEFT, Pane
from core.evaluation.published import ERRONEOUS, PUBLISHED, Published

BELOW = {
    "MMLU": "57 subjects, four options each; guessing gives 25%",
    "Humanity’s Last Exam": "2,500 questions, kept only if frontier models of the time failed them",
}


def figure(row: Published) -> str:
    """The number as its source words it: "below 10%"."""
    return f"{row.relation} {number(100 * row.accuracy, 3)}%".strip()


class PublishedChart(Pane):
    """A group of bars for each exam."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Published results on MMLU and Humanity’s Last Exam", parent)
        told = [f"{r.exam}, {r.who}: {figure(r)} ({r.date}; {r.source})" for r in PUBLISHED]
        self.setAccessibleDescription(". ".join(told))

    def paintEvent(self, event: QPaintEvent) -> None:
        exams = list(dict.fromkeys(row.exam for row in PUBLISHED))
        lines = 2 * len(PUBLISHED) + 2.4 * len(exams) + 1.2
        usual = QFontMetricsF(look.font(look.CAPTION)).height()
        line = min(self.height() / lines, 2.6 * usual)
        font = look.font(look.CAPTION)
        font.setPointSizeF(font.pointSizeF() * min(2.0, max(0.85, line / (1.3 * usual))))
        bold = QFont(font)
        bold.setWeight(QFont.Weight.DemiBold)
        metrics = QFontMetricsF(font)
        words = [text for row in PUBLISHED for text in (row.who, self._source(row))]
        names = max(metrics.horizontalAdvance(text) for text in words) + 20
        figures = metrics.horizontalAdvance("89.8%") + 14
        axis = QRectF(names, 0, max(60.0, self.width() - names - figures), 0)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            y = 0.0
            for exam in exams:
                self._title(painter, QRectF(0, y, self.width(), 1.4 * line), exam, font, bold)
                y += 1.6 * line
                rows = [row for row in PUBLISHED if row.exam == exam]
                painter.setFont(font)
                self._grid(painter, axis, y, 2 * len(rows) * line)
                for row in rows:
                    self._row(painter, row, axis, QRectF(0, y, self.width(), 2 * line), line)
                    y += 2 * line
                y += 0.8 * line
            painter.setPen(QColor(self.theme.muted))
            flaw = f"{ERRONEOUS.relation} {number(100 * ERRONEOUS.accuracy, 2)}%"
            told = f"{ERRONEOUS.exam}: {flaw} of the questions carry an error ({ERRONEOUS.source})."
            painter.drawText(QRectF(0, y, self.width(), line), LEFT, told)

    @staticmethod
    def _source(row: Published) -> str:
        return row.source if row.date in row.source else f"{row.source}, {row.date}"

    def _title(self, painter: QPainter, box: QRectF, exam: str, font: QFont, bold: QFont) -> None:
        painter.setFont(bold)
        painter.setPen(QColor(self.theme.text))
        painter.drawText(box, LEFT, exam)
        used = QFontMetricsF(bold).horizontalAdvance(exam) + 14
        painter.setFont(font)
        painter.setPen(QColor(self.theme.muted))
        painter.drawText(box.adjusted(used, 0, 0, 0), LEFT, BELOW[exam])

    def _grid(self, painter: QPainter, axis: QRectF, top: float, height: float) -> None:
        painter.setPen(QPen(QColor(self.theme.line), 1))
        for percent in (0, 25, 50, 75, 100):
            x = axis.left() + percent / 100 * axis.width()
            painter.drawLine(QPointF(x, top), QPointF(x, top + height))

    def _row(self, painter: QPainter, row: Published, axis: QRectF, box: QRectF, line: float) -> None:
        theme = self.theme
        painter.setPen(QColor(theme.text))
        painter.drawText(QRectF(0, box.top(), axis.left(), line), LEFT, row.who)
        painter.setPen(QColor(theme.muted))
        painter.drawText(QRectF(0, box.top() + 0.85 * line, axis.left(), line), LEFT, self._source(row))
        half = min(0.24 * box.height(), 12 * unit())
        bar = QRectF(axis.left(), box.center().y() - half, row.accuracy * axis.width(), 2 * half)
        fill = QColor(theme.accent)
        fill.setAlphaF(0.75 if not row.relation else 0.3)
        painter.fillRect(bar, fill)
        if row.relation:  # the source gives a bound or a round number, no measurement
            pen = QPen(QColor(theme.accent), 1.4)
            pen.setDashPattern([3, 2])
            painter.setPen(pen)
            painter.drawLine(bar.topRight(), bar.bottomRight())
        painter.setPen(QColor(theme.text))
        painter.drawText(QRectF(bar.right() + 6, box.top(), 200, box.height()), LEFT, figure(row))
