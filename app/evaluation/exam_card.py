"""One question at a time: its options, how sure one is, and afterwards which option is right."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.stage import theme as look
from app.stage.marks import unit
from app.stage.sliders import Scale, Slider
from app.stage.theme import GAP, LIGHT, PANEL, Theme
from core.evaluation.exam import LETTERS, ExamQuestion
from core.evaluation.hle import Answer

UNDECIDED = 50
"""Percent at which the slider waits: neither sure nor guessing."""


class Progress(QWidget):
    """A tile for each question: open, right (a tick) or wrong (a cross); a click looks at it again."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = LIGHT
        self._marks: tuple[bool | None, ...] = ()
        self._at = 0
        self.factor = 1.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_marks(self, marks: tuple[bool | None, ...], at: int) -> None:
        """`marks`: right, wrong or None for an open one."""
        self._marks, self._at = marks, at
        done = [mark for mark in marks if mark is not None]
        self.setAccessibleName(f"{len(done)} of {len(marks)} answered, {sum(done)} right")
        self.setFixedHeight(math.ceil(self._rows() * self._side()))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, math.ceil(self._rows() * self._side()))

    def _side(self) -> float:
        return min(17.0 * unit() * self.factor, max(8.0, self.width() / 20))

    def _columns(self) -> int:
        return max(1, min(20, int(self.width() / self._side())))

    def _rows(self) -> int:
        return math.ceil(len(self._marks) / self._columns()) or 1

    def resizeEvent(self, event: object) -> None:
        self.setFixedHeight(math.ceil(self._rows() * self._side()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        column, row = int(event.position().x() / self._side()), int(event.position().y() / self._side())
        which = row * self._columns() + column
        if column < self._columns() and which < len(self._marks):
            self.chosen.emit(which)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, side = self.theme, self._side()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for i, mark in enumerate(self._marks):
                row, column = divmod(i, self._columns())
                box = QRectF(column * side, row * side, side, side).adjusted(2, 2, -2, -2)
                colour = QColor(theme.accent if mark else theme.warning if mark is False else theme.line)
                painter.setPen(QPen(QColor(theme.text), 1.6) if i == self._at else Qt.PenStyle.NoPen)
                painter.setBrush(theme.mix(colour.name(), 0.2) if mark is not None else colour)
                painter.drawRoundedRect(box, 3, 3)
                if mark is not None:
                    painter.setPen(QPen(colour, 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                    self._sign(painter, box.center(), 0.2 * side, mark)

    @staticmethod
    def _sign(painter: QPainter, at: QPointF, size: float, right: bool) -> None:
        if right:
            painter.drawPolyline(
                [
                    at + QPointF(-size, 0),
                    at + QPointF(-0.2 * size, 0.8 * size),
                    at + QPointF(size, -0.8 * size),
                ]
            )
        else:
            painter.drawLine(at + QPointF(-size, -size), at + QPointF(size, size))
            painter.drawLine(at + QPointF(-size, size), at + QPointF(size, -size))


def _scaled(font: QFont, factor: float) -> QFont:
    font.setPointSizeF(font.pointSizeF() * factor)
    return font


class ExamCard(QWidget):
    """The exam that the reader takes. What is chosen counts once it is handed in.

    Keys: a letter chooses, the arrows say how sure, Enter answers and goes on.
    """

    answered = Signal(int, int, int)
    """Question of the exam, option, percent."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = LIGHT
        self._questions: tuple[ExamQuestion, ...] = ()
        self._asked: tuple[int, ...] = ()
        self._answers: tuple[Answer, ...] = ()
        self._at = 0
        self.where, self.text = QLabel(self), QLabel(self)
        self.where.setProperty("role", "muted")
        for label in (self.where, self.text):
            label.setWordWrap(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.options = [QPushButton(self) for _ in LETTERS]
        self._group = QButtonGroup(self)
        for i, button in enumerate(self.options):
            button.setCheckable(True)
            button.setProperty("option", "true")
            self._group.addButton(button, i)
        self.sure = Slider(Scale(0, 100, whole=True), "%", self)
        self.sure.setAccessibleName("How sure are you?")
        self.sure_label, self.told = QLabel(self), QLabel(self)
        self.told.setWordWrap(True)
        self.button = QPushButton(self)
        self.progress = Progress(self)
        self._lay_out()
        self._group.idClicked.connect(self._refresh)
        self.sure.moved.connect(self._refresh)
        self.sure.nudged.connect(self._refresh)
        self.button.clicked.connect(self._go_on)
        self.progress.chosen.connect(self._look_at)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, 2 * GAP, PANEL, GAP)
        column.setSpacing(2 * GAP)
        column.addWidget(self.progress)
        column.addWidget(self.where)
        column.addWidget(self.text)
        grid = QGridLayout()
        grid.setSpacing(2 * GAP)
        for i, button in enumerate(self.options):
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            grid.addWidget(button, i, 0)
        column.addLayout(grid)
        column.addSpacing(GAP)
        column.addWidget(self.sure_label)
        column.addWidget(self.sure)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.told)
        column.addStretch(1)

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.progress.theme = theme
        self._dress()
        self.setStyleSheet(  # a marked answer is no longer a choice, but to be read all the same
            "QPushButton { text-align: left; padding: 5px 10px }"
            f'QPushButton[option="true"]:disabled {{ color: {theme.text} }}'
        )
        self._refresh()

    def set_scale(self, factor: float) -> None:
        """How many times larger the type is than at a desk."""
        if factor != self.progress.factor:
            self.progress.factor = factor
            self._dress()
            self._refresh()

    def _dress(self) -> None:
        for part in (self.where, *self.options, self.sure_label, self.told, self.button):
            part.setFont(_scaled(look.font(), self.progress.factor))
        self.text.setFont(_scaled(look.font(look.HEADING, bold=True), self.progress.factor))

    def show_exam(
        self, questions: tuple[ExamQuestion, ...], asked: tuple[int, ...], answers: tuple[Answer, ...]
    ) -> None:
        """The questions asked, those answered first."""
        if (questions, asked, answers) == (self._questions, self._asked, self._answers):
            return
        old = self._answers
        stays = self._asked[self._at : self._at + 1] == asked[self._at : self._at + 1]
        stays = stays and answers[: len(old)] == old and len(answers) <= len(old) + 1  # the one just given
        self._questions, self._asked, self._answers = questions, asked, answers
        if not stays or self._at > len(answers):
            self._at = min(len(answers), len(asked) - 1)
            self._start()
        self._refresh()

    @property
    def review(self) -> Answer | None:
        """The answer that was given to the question in view, if it has been."""
        return self._answers[self._at] if self._at < len(self._answers) else None

    @property
    def at(self) -> int:
        """Which of the questions asked is in view, from 0."""
        return self._at

    # --- what the reader does ------------------------------------------------------------------

    def _start(self) -> None:
        """A question without an answer yet: nothing chosen."""
        self._group.setExclusive(False)
        for button in self.options:
            button.setChecked(False)
        self._group.setExclusive(True)
        self.sure.set_current(UNDECIDED)

    def _look_at(self, which: int) -> None:
        self._at = min(which, len(self._answers))
        self._start()
        self._refresh()

    def _go_on(self) -> None:
        if self.review is None:
            if (option := self._group.checkedId()) >= 0:
                self.answered.emit(self._asked[self._at], option, int(self.sure.current()))
                self.button.setFocus()
        elif len(self._answers) < len(self._asked):
            self._look_at(len(self._answers))
            self.sure.setFocus()  # a letter, the arrows and Enter: the exam by keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        letter = event.text().upper()
        if letter and letter in LETTERS and self.review is None:
            self.options[LETTERS.index(letter)].setChecked(True)
            self._refresh()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.button.isEnabled():
            self._go_on()
        else:
            event.ignore()

    # --- what it shows -------------------------------------------------------------------------

    def _refresh(self, _: object = None) -> None:
        if not self._asked:
            return
        question, given = self._questions[self._asked[self._at]], self.review
        self.where.setText(f"Question {self._at + 1} of {len(self._asked)}  ·  {question.subject}")
        self.text.setText(question.text)
        for i, (button, option) in enumerate(zip(self.options, question.options, strict=True)):
            sign = ""
            if given is not None:
                sign = "✓  " if i == question.answer else "✕  " if i == given.option else ""
                button.setChecked(i == given.option)
            button.setText(f"{sign}{LETTERS[i]}   {option}")
            button.setEnabled(given is None)
        if given is not None:
            self.sure.set_current(given.percent)
        self.sure.setEnabled(given is None)
        percent = int(self.sure.current())
        self.sure_label.setText(f"How sure are you?  {percent}%" + ("  (a guess)" if percent == 25 else ""))
        self._show_outcome(question, given)
        marks = [self._questions[a.question].answer == a.option for a in self._answers]
        self.progress.show_marks((*marks, *[None] * (len(self._asked) - len(marks))), self._at)

    def _show_outcome(self, question: ExamQuestion, given: Answer | None) -> None:
        over = len(self._answers) == len(self._asked)
        self.button.setText("Answer" if given is None else "All answered" if over else "Next question")
        self.button.setEnabled(not over if given is not None else self._group.checkedId() >= 0)
        if given is None:
            self.told.setText("Choose A to D, say how sure you are, then answer.")
        elif given.option == question.answer:
            self.told.setText(f"Right. You were {given.percent}% sure.")
        else:
            answer = f"{LETTERS[question.answer]}, {question.options[question.answer]}"
            self.told.setText(f"Wrong: the answer is {answer}. You were {given.percent}% sure.")
