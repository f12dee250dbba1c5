"""A story as a model went on with it: what was given, what was written, every claim marked."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPaintEvent,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QWidget

from app.evaluation import variability_words as words
from app.evaluation.verdict_chart import SIGNS
from app.stage import theme as look
from app.stage.pane import LEFT, Pane, paint_lines, wrapped
from core.language.hallucination import Opening, Told
from core.language.variability import StoryFrame

GAP = 8.0
UNDERLINES = {
    "supported": QTextCharFormat.UnderlineStyle.SingleUnderline,
    "contradicted": QTextCharFormat.UnderlineStyle.WaveUnderline,
    "not in the story": QTextCharFormat.UnderlineStyle.DotLine,
}


class StoryPane(Pane):
    """The given text pale, the written one in full ink, claims underlined; below, a list of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("A story as the model went on with it", parent)
        self._frame: StoryFrame | None = None
        self._temperature = "1"

    def show_frame(self, frame: StoryFrame, temperature: str) -> None:
        self._frame, self._temperature = frame, temperature
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 240)

    def paintEvent(self, event: QPaintEvent) -> None:
        frame = self._frame
        if frame is None:
            return
        told, _ = frame.at(self._temperature)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            line = self.line_height()
            painter.setFont(self.font_of())
            y = paint_lines(painter, [words.where(frame)], QPointF(0, 0), line, self.theme.muted) + 4
            y = self._paint_story(painter, frame.opening, told, y) + GAP
            self._paint_claims(painter, frame.opening, told, y)

    def _paint_story(self, painter: QPainter, opening: Opening, told: Told, y: float) -> float:
        """One text in one layout, so that its lines break as in a book."""
        text = opening.text + told.text
        layout = QTextLayout(text, self.font_of(look.BODY))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.setFormats(self._formats(opening, told))
        layout.beginLayout()
        height = 0.0
        tall = 1.3 * self.line_height(look.BODY)
        while (line := layout.createLine()).isValid():
            line.setLineWidth(self.width())
            line.setPosition(QPointF(0, height))
            height += tall
        layout.endLayout()
        painter.setPen(QColor(self.theme.text))
        layout.draw(painter, QPointF(0, y))
        return y + height

    def _formats(self, opening: Opening, told: Told) -> list[QTextLayout.FormatRange]:
        given = QTextCharFormat()
        given.setForeground(QColor(self.theme.muted))
        ranges = [_range(0, len(opening.text), given)]
        for claim in told.claims:
            mark = QTextCharFormat()
            colour = self.theme.colour(claim.verdict)
            mark.setBackground(self.theme.mix(colour.name(), 0.16, self.theme.ground))
            mark.setUnderlineColor(colour)
            mark.setUnderlineStyle(UNDERLINES[claim.verdict])
            begin, end = opening.sentence + claim.start, opening.sentence + claim.end
            ranges.append(_range(begin, min(end, len(opening.text) + len(told.text)) - begin, mark))
        return ranges

    def _paint_claims(self, painter: QPainter, opening: Opening, told: Told, y: float) -> None:
        """Each claim in words with its verdict, as many as have room."""
        painter.setFont(self.font_of())
        line = self.line_height()
        lines: list[tuple[str, str]] = []
        if not told.readable:
            lines.append(("unreadable", words.unreadable(opening)))
        lines += [(claim.verdict, words.claim(claim, opening)) for claim in told.claims]
        sign = 1.6 * line
        for verdict, text in lines:
            rows = wrapped(text, self.font_of(), self.width() - sign, 2)
            if y + len(rows) * line > self.height():
                return
            painter.setPen(self.theme.colour(verdict))
            painter.drawText(QRectF(0, y, sign, line), LEFT, SIGNS[verdict])
            y = paint_lines(painter, rows, QPointF(sign, y), line, self.theme.text) + 2


def _range(start: int, length: int, kind: QTextCharFormat) -> QTextLayout.FormatRange:
    made = QTextLayout.FormatRange()
    made.start, made.length, made.format = start, length, kind
    return made
