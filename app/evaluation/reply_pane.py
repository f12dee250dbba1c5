"""One question and its replies: how often each was given, all in order, the most frequent in full."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.evaluation import variability_words as words
from app.stage import theme as look
from app.stage.pane import CENTRE, LEFT, RIGHT, Pane, paint_lines, wrapped
from core.evaluation.exam import INVALID, LETTERS
from core.language.corpus import UNTOLD
from core.language.replies import OPEN
from core.language.variability import AskedFrame, VariabilityConfig, place

GAP = 8.0
MOST_STORY_LINES = 14
SIGNS = (*LETTERS, "?", "–")
"""What a reply is written as in the grid: a letter, "it does not say", invalid."""


class ReplyPane(Pane):
    """Story and question, a bar for each answer, a cell for each reply."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("The question and its replies", parent)
        self._frame: AskedFrame | None = None
        self._config = VariabilityConfig()

    def show_frame(self, frame: AskedFrame, config: VariabilityConfig) -> None:
        self._frame, self._config = frame, config
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 240)

    def paintEvent(self, event: QPaintEvent) -> None:
        frame = self._frame
        if frame is None:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            line, tall = self.line_height(), self.line_height(look.BODY)
            columns, size = self._grid(frame.codes.shape[2])
            rows = -(-frame.codes.shape[2] // columns)
            texts = self._texts(frame)
            under = rows * size + (2 + len(texts)) * line + 4 * GAP
            y = self._paint_question(painter, frame, max(4 * line, self.height() - under - 6 * 1.25 * tall))
            row = (self.height() - y - under) / 6  # what room is left, bars take
            y = self._paint_bars(painter, frame, y + GAP, max(tall, min(1.8 * tall, row))) + GAP
            painter.setFont(self.font_of())
            heading = [words.rounds(frame)]
            y = paint_lines(painter, heading, QPointF(0, y), line, self.theme.muted) + 2
            y = self._paint_grid(painter, frame, y, columns, size) + GAP
            painter.setFont(self.font_of())
            paint_lines(painter, texts, QPointF(0, y), line, self.theme.text)

    def _paint_question(self, painter: QPainter, frame: AskedFrame, room: float) -> float:
        caption, bold = self.font_of(), self.font_of(look.BODY, bold=True)
        line, tall = self.line_height(), QFontMetricsF(bold).height()
        painter.setFont(caption)
        y = paint_lines(painter, [words.where(frame)], QPointF(0, 0), line, self.theme.muted) + 2
        asked = wrapped(frame.question.stem, bold, self.width(), 2)
        lines = int((room - y - len(asked) * tall - GAP) / line)
        if lines > 0:
            story = wrapped(frame.question.story, caption, self.width(), min(lines, MOST_STORY_LINES))
            y = paint_lines(painter, story, QPointF(0, y), line, self.theme.text) + 0.5 * GAP
        painter.setFont(bold)
        return paint_lines(painter, asked, QPointF(0, y), tall, self.theme.text)

    def _paint_bars(self, painter: QPainter, frame: AskedFrame, y: float, row: float) -> float:
        counts = frame.counts(self._config.temperature, self._config.wording)
        body, bold = self.font_of(look.BODY), self.font_of(look.BODY, bold=True)
        metrics = QFontMetricsF(bold)
        names = [*frame.question.options, UNTOLD, "none of these"]
        begin = min(0.5 * self.width(), max(metrics.horizontalAdvance(f"D  {name}") for name in names) + 14)
        wide = metrics.horizontalAdvance("✓ 100") + 6
        colour = self.theme.colour(self._config.wording)
        for code, name in enumerate(names):
            right = code == frame.right
            painter.setFont(bold if right else body)
            painter.setPen(QColor(self.theme.muted if code > OPEN else self.theme.text))
            indent = metrics.horizontalAdvance("D  ")
            painter.drawText(QRectF(0, y, indent, row), LEFT, SIGNS[code])
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, begin - indent - 4)
            painter.drawText(QRectF(indent, y, begin, row), LEFT, shown)
            track = QRectF(begin, y + 0.25 * row, self.width() - begin - wide, 0.5 * row)
            painter.fillRect(track, self.theme.mix(self.theme.line, 0.55, self.theme.ground))
            share = counts[code] / counts.sum()
            full = QRectF(track.left(), track.top(), share * track.width(), track.height())
            painter.fillRect(
                full, colour if right else self.theme.mix(colour.name(), 0.45, self.theme.ground)
            )
            told = f"{'✓ ' if right else ''}{int(counts[code])}"
            painter.drawText(QRectF(0, y, self.width(), row), RIGHT, told)
            y += row
        return y

    def _grid(self, count: int) -> tuple[int, float]:
        """Columns and the size of a cell: two rows, or more where the pane is narrow."""
        size = 1.25 * self.line_height()
        return max(1, min(-(-count // 2), int(self.width() / size))), size

    def _paint_grid(
        self, painter: QPainter, frame: AskedFrame, y: float, columns: int, size: float
    ) -> float:  # fmt: skip
        """Each reply in the order in which it came, filled where it is right."""
        colour = self.theme.colour(self._config.wording)
        replies = frame.replies(self._config.temperature, self._config.wording).tolist()
        painter.setFont(self.font_of())
        for i, code in enumerate(replies):
            row, column = divmod(i, columns)
            cell = QRectF(column * size, y + row * size, size, size).adjusted(1, 1, -1, -1)
            right = code == frame.right
            painter.setPen(QPen(colour if right else QColor(self.theme.line), 1))
            painter.setBrush(self.theme.mix(colour.name(), 0.3, self.theme.ground) if right
                             else QColor(self.theme.ground))  # fmt: skip
            painter.drawRoundedRect(cell, 2, 2)
            painter.setPen(QColor(self.theme.text if code != INVALID else self.theme.muted))
            painter.drawText(cell, CENTRE, SIGNS[code])
        return y + -(-len(replies) // columns) * size

    def _texts(self, frame: AskedFrame) -> list[str]:
        """The most frequent replies as they were written."""
        t, w = place(self._config.temperature, self._config.wording)
        found = [f"{count} × {words.quoted(text)}" for text, count in frame.texts[w][t]]
        return wrapped("   ".join(found), self.font_of(), self.width(), 2)
