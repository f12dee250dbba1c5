"""A multiple-choice exam: the question at the left, the tally at the right, three ways of asking in both."""

from __future__ import annotations

from typing import cast

import msgspec
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from app.evaluation import mmlu_words as words
from app.evaluation.method_table import Line, MethodTable, Over
from app.evaluation.question_pane import QuestionPane
from app.evaluation.tally_chart import TallyChart
from app.stage.theme import GROUP
from app.stage.view import View
from core.evaluation.exam import LETTERS
from core.language.examination import ExaminationConfig, ExaminationFrame
from core.trace import Trace

LARGEST = 2.6
"""Type and marks grow with the window up to so many times their size at a desk."""


class MmluView(View):
    """The question with its likelihoods; scores, accuracies by subject, and what was chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.question = QuestionPane(self)
        self.scores = MethodTable("Scores of each way of asking", self)
        self.chart = TallyChart(self)
        self.choices = MethodTable("What each way of asking chose", self)
        self.parts = (self.question, self.scores, self.chart, self.choices)
        self._rows = 4
        for table in (self.scores, self.choices):
            table.chosen.connect(self._put_in_front)

    @property
    def _config(self) -> ExaminationConfig:
        return cast(ExaminationConfig, self.config)

    # --- what the stage calls --------------------------------------------------------------------

    def draw(self, trace: Trace, index: int) -> None:
        frame = trace.frame(index)
        if not isinstance(frame, ExaminationFrame):
            return
        front = frame.methods[frame.index(self._config.method)]
        self.question.show_frame(frame, front)
        scored = bool(frame.asked.any())
        for pane in self.parts[1:]:
            pane.setVisible(scored)
        if scored:
            self._show_tables(frame, front)
            self.chart.show_tallies(
                {method: frame.tallies(method, unasked=True) for method in frame.methods},
                {method: frame.tallies(method, "groups", unasked=True) for method in frame.methods},
                front, self._config.rows == "groups",
            )  # fmt: skip
        if self._rows != len(frame.methods):
            self._rows = len(frame.methods)
            self.lay_out()

    def describe(self, trace: Trace, index: int) -> str:
        return words.describe(trace, index, self._config)

    def notes(self, trace: Trace, index: int) -> list[str]:
        return words.notes(trace, index, self._config)

    # --- drawing -------------------------------------------------------------------------------

    def _show_tables(self, frame: ExaminationFrame, front: str) -> None:
        scores, choices = [], []
        for m, method in enumerate(frame.methods):
            tally = frame.overall(method)
            cells = (words.percent(tally.accuracy), words.interval(tally), words.percent(frame.macro(method)))
            scores.append(Line(method, words.NAMES[method], cells))
            counted = [str(n) for n in (*frame.letters[m].tolist(), int(frame.invalid[m]))]
            if len(frame.methods) > 1:
                counted += [str(n) if k != m else "·" for k, n in enumerate(frame.apart[m].tolist())]
            if self._config.shuffle and len(frame.methods) > 1:
                counted.append(str(int(frame.moved[m])))
            choices.append(Line(method, words.NAMES[method], tuple(counted)))
        self.scores.show_lines(("micro", "95 % interval", "macro"), tuple(scores), front)
        several = len(frame.methods) > 1
        heads = (*LETTERS, "none", *(frame.methods if several else ()), *self._moved(several))
        over = (Over("times chosen", 4), *((Over("differs from", 8),) if several else ()))
        self.choices.show_lines(heads, tuple(choices), front, over)

    def _moved(self, several: bool) -> tuple[str, ...]:
        return ("moved",) if self._config.shuffle and several else ()

    # --- what the reader does --------------------------------------------------------------------

    def _put_in_front(self, method: str) -> None:
        if method in ("letter", "answer", "per_byte", "generation") and method != self._config.method:
            self.edited.emit(msgspec.structs.replace(self._config, method=method))
            self.committed.emit()

    # --- layout --------------------------------------------------------------------------------

    def lay_out(self) -> None:
        width, height = self.width(), self.height()
        factor = self.scale(LARGEST)
        for pane in self.parts:
            pane.set_scale(factor)
        gap = round(GROUP * factor)
        left = round(0.44 * (width - gap))
        self.question.setGeometry(0, 0, left, height)
        x, room = left + gap, width - left - gap
        above, below = self.scores.height_for(self._rows), self.choices.height_for(self._rows, over=True)
        self.scores.setGeometry(QRect(x, 0, room, above))
        self.choices.setGeometry(QRect(x, height - below, room, below))
        self.chart.setGeometry(QRect(x, above + gap // 2, room, max(80, height - above - below - gap)))
