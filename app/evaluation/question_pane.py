"""One question: its options, how likely each way of asking finds them, what was chosen and what is right."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.evaluation import mmlu_words as words
from app.stage import theme as look
from app.stage.marks import draw_symbol, unit
from app.stage.pane import LEFT, RIGHT, Pane, paint_lines, wrapped
from core.evaluation.exam import LETTERS
from core.language.examination import ExaminationFrame

GAP = 8.0
BARS = ("letter", "answer", "per_byte")
"""The ways of asking that give each option a likelihood."""
MOST_OPTION_LINES = 2


class QuestionPane(Pane):
    """The question as it was posed; a bar for each option and way of asking, full where it was chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("The question and the likelihoods of its options", parent)
        self._frame: ExaminationFrame | None = None
        self._front = "letter"
        self._taller = 0.0

    def show_frame(self, frame: ExaminationFrame, front: str) -> None:
        self._frame, self._front = frame, front
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 240)

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        frame = self._frame
        if frame is None:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            line = self.line_height()
            foot = wrapped(words.verdict(frame), self.font_of(), self.width(), 3)
            self._taller = 0.0
            options = self._options_height(frame)
            room = self.height() - options - (len(foot) + 1) * line - 3 * GAP
            y = self._paint_head(painter, frame, room)
            spare = max(0.0, self.height() - y - options - len(foot) * line - 2 * GAP)
            self._taller = min(0.4, 0.4 * spare / (4 * len(BARS) * line))  # of what is left, bars get a part
            spare -= self._options_height(frame) - options
            y = self._paint_options(painter, frame, y + GAP, min(spare / 4, 1.6 * line))
            painter.setFont(self.font_of())
            bad = bool(frame.inputs.seated.missing) or int(frame.chosen[-1]) < 0
            colour = self.theme.warning if bad else self.theme.text
            paint_lines(painter, foot, QPointF(0, y + GAP), line, colour)

    def _paint_head(self, painter: QPainter, frame: ExaminationFrame, room: float) -> float:
        """Where the question stands, the passage, the question itself; the passage gives way first."""
        caption, body = self.font_of(), self.font_of(look.BODY, bold=True)
        small, tall = self.line_height(), QFontMetricsF(body).height()
        painter.setFont(caption)
        y = paint_lines(painter, [words.place(frame)], QPointF(0, 0), small, self.theme.muted) + 0.5 * GAP
        most = max(1, int((room - y) / tall))
        asked = wrapped(frame.question.text, body, self.width(), most)
        if frame.question.passage:
            lines = int((room - y - len(asked) * tall - GAP) / small)
            if lines > 0:
                passage = wrapped(frame.question.passage, caption, self.width(), lines)
                y = paint_lines(painter, passage, QPointF(0, y), small, self.theme.text) + GAP
        painter.setFont(body)
        return paint_lines(painter, asked, QPointF(0, y), tall, self.theme.text)

    def _option_lines(self, frame: ExaminationFrame) -> list[list[str]]:
        font = self.font_of(look.BODY)
        width = self.width() - self._indent() - self._tick()
        return [wrapped(option, font, width, MOST_OPTION_LINES) for option in frame.question.options]

    def _indent(self) -> float:
        return QFontMetricsF(self.font_of(look.BODY, bold=True)).horizontalAdvance("D  ")

    def _tick(self) -> float:
        return QFontMetricsF(self.font_of(look.BODY)).horizontalAdvance("✓ right") + 8

    def _bar_height(self) -> float:
        return (0.86 + self._taller) * self.line_height()

    def _options_height(self, frame: ExaminationFrame) -> float:
        tall = self.line_height(look.BODY)
        bars = (len(BARS) * self._bar_height() + 4) if frame.marks is not None else 0.0
        return sum(len(lines) * tall + bars + GAP for lines in self._option_lines(frame))

    def _paint_options(self, painter: QPainter, frame: ExaminationFrame, y: float, spare: float) -> float:
        body, bold = self.font_of(look.BODY), self.font_of(look.BODY, bold=True)
        tall = QFontMetricsF(body).height()
        shares = frame.shares()
        for k, lines in enumerate(self._option_lines(frame)):
            is_right = k == frame.question.answer
            painter.setFont(bold)
            painter.setPen(QColor(self.theme.text))
            painter.drawText(QRectF(0, y, self._indent(), tall), LEFT, LETTERS[k])
            painter.setFont(bold if is_right else body)
            below = paint_lines(painter, lines, QPointF(self._indent(), y), tall, self.theme.text)
            if is_right:
                painter.drawText(QRectF(0, y, self.width(), tall), RIGHT, "✓ right")
            self._paint_written(painter, frame, k, QRectF(0, y, self.width(), tall), is_right)
            y = below + 2
            for name in BARS if shares else ():
                self._paint_bar(painter, frame, name, k, float(shares[name][k]), y)
                y += self._bar_height()
            y += GAP + spare
        return y - spare

    def _paint_written(
        self, painter: QPainter, frame: ExaminationFrame, k: int, row: QRectF, is_right: bool
    ) -> None:
        """The marker of generation beside the option that was written."""
        method = frame.methods[-1]
        if frame.inputs.seated.missing or int(frame.chosen[-1]) != k:
            return
        thing = "generation" if method == "written" else method
        left = row.right() - (self._tick() if is_right else 0) - 10 * unit() * self.factor
        radius = 4.6 * unit() * self.factor
        at = QPointF(left, row.center().y())
        draw_symbol(painter, at, look.MARKERS[thing], self.theme.colour(thing), radius)

    def _paint_bar(
        self, painter: QPainter, frame: ExaminationFrame, name: str, k: int, share: float, y: float
    ) -> None:
        """A bar over the option's share of the four likelihoods, the number behind it."""
        height, indent = self._bar_height(), self._indent()
        chosen = int(frame.chosen[frame.index(name)]) == k
        colour = self.theme.colour(name)
        metrics = QFontMetricsF(self.font_of())
        wide = metrics.horizontalAdvance("100.0 %") + 8
        track = QRectF(indent, y + 0.18 * height, self.width() - indent - wide, 0.64 * height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.mix(self.theme.line, 0.55, self.theme.ground))
        painter.drawRect(track)
        full = QRectF(track.left(), track.top(), share * track.width(), track.height())
        painter.setBrush(colour if chosen else self.theme.mix(colour.name(), 0.45, self.theme.ground))
        painter.drawRect(full)
        if name == self._front:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.theme.mix(self.theme.muted, 0.7, self.theme.ground), 1))
            painter.drawRect(track.adjusted(-0.5, -0.5, 0.5, 0.5))
        if chosen:
            at = QPointF(indent - 8 * unit() * self.factor, y + height / 2)
            draw_symbol(painter, at, look.MARKERS[name], colour, 0.36 * height)
        small = self.font_of()
        small.setPointSizeF(0.86 * small.pointSizeF())
        painter.setFont(small)
        painter.setPen(QColor(self.theme.text if chosen else self.theme.muted))
        painter.drawText(QRectF(0, y, self.width(), height), RIGHT, words.percent(share))
