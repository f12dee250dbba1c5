"""Does it know what it does not know? An exam with confidences, its reliability diagram, and luck."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QLabel, QWidget

from app.evaluation import hle_words as words
from app.evaluation.exam_card import ExamCard
from app.evaluation.published_chart import PublishedChart
from app.evaluation.readings import Readings
from app.evaluation.reliability_plot import ReliabilityPlot
from app.stage import theme as look
from app.stage.theme import GAP, GROUP, PANEL
from app.stage.view import View
from core.evaluation.hle import Answer, HleConfig, HleFrame, HleInputs
from core.trace import Trace


class HleView(View):
    """The exam at the left, if the reader takes it; the diagram, and the measures with their ranges."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.exam = ExamCard(self)
        self.diagram = ReliabilityPlot(self)
        self.readings = Readings(self)
        self.published = PublishedChart(self)
        self.verdict, self.binning = QLabel(self), QLabel(self)
        self.binning.setProperty("role", "muted")
        for label in (self.verdict, self.binning):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._questions: HleInputs = HleInputs(())
        self.exam.answered.connect(self._answer)
        self.parts = (self.exam, self.diagram, self.readings, self.published)

    @property
    def _config(self) -> HleConfig:
        return cast(HleConfig, self.config)

    # --- what the stage calls --------------------------------------------------------------------

    def show_config(self, config: Any, inputs: object) -> None:
        super().show_config(config, inputs)
        if isinstance(inputs, HleInputs):
            self._questions = inputs

    def draw(self, trace: Trace, index: int) -> None:
        frame = self._frame(trace, index)
        if frame is None:
            return
        if frame.asked:
            given = tuple(Answer(*each) for each in self._config.answers)
            self.exam.show_exam(self._questions.questions, frame.asked, given)
        self.diagram.show_table(frame.table, frame.luck)
        self.readings.show_blocks(words.blocks(frame))
        self.verdict.setText(words.verdict(frame) or words.notes(frame, self._config)[0])
        self.binning.setText(words.binning(frame, self._config))
        self.lay_out()

    def describe(self, trace: Trace, index: int) -> str:
        frame = self._frame(trace, index)
        return words.describe(frame, self._config) if frame is not None else ""

    def notes(self, trace: Trace, index: int) -> list[str]:
        frame = self._frame(trace, index)
        return words.notes(frame, self._config) if frame is not None else []

    @staticmethod
    def _frame(trace: Trace, index: int) -> HleFrame | None:
        frame = trace.frame(index)
        return frame if isinstance(frame, HleFrame) else None

    # --- what the reader does --------------------------------------------------------------------

    def _answer(self, question: int, option: int, percent: int) -> None:
        given = (*self._config.answers, (question, option, percent))
        self.edited.emit(msgspec.structs.replace(self._config, answers=given))
        self.committed.emit()

    # --- layout ----------------------------------------------------------------------------------

    def lay_out(self) -> None:
        if self.config is None:
            return
        self._scale_type(self.scale())
        shown, published = self._config.who == "you", self._config.who == "published"
        self.exam.setVisible(shown)
        self.published.setVisible(published)
        for part in (self.diagram, self.readings, self.verdict, self.binning):
            part.setVisible(not published)
        if published:
            self.published.setGeometry(self.rect().adjusted(GAP, PANEL, -GAP, -GAP))
            return
        gap = GROUP if self.width() > 900 else PANEL
        measures = self.readings.height_for(2, 5) if self.readings.filled else 0
        if shown:
            left = round(0.4 * self.width())
            self.exam.setGeometry(0, 0, left, self.height())
            box = QRect(left + gap, 0, self.width() - left - gap, self.height())
            self._place_measures(box, measures, below=True)
        else:
            self._place_measures(self.rect(), measures, below=self.width() < 620)

    def _scale_type(self, factor: float) -> None:
        """The type grows with the window, up to twice its size."""
        self.readings.set_scale(factor)
        self.exam.set_scale(factor)
        for label, points in ((self.verdict, look.BODY), (self.binning, look.CAPTION)):
            font = look.font(points, bold=label is self.verdict)
            font.setPointSizeF(font.pointSizeF() * factor)
            label.setFont(font)

    def _place_measures(self, box: QRect, measures: int, *, below: bool) -> None:
        """The diagram, and the measures below or beside it."""
        wide = box.width() if below else round(0.5 * box.width()) - GROUP
        said = self.verdict.heightForWidth(wide)
        how = self.binning.heightForWidth(wide) + GAP
        needed = said + how + measures + 2 * GAP
        if below:
            self.diagram.setGeometry(box.left(), 0, box.width(), max(80, box.height() - needed - GAP))
            x, y = box.left(), box.height() - needed
        else:
            x, y = box.right() - wide, max(GAP, (box.height() - needed) // 3)
            self.diagram.setGeometry(0, 0, box.width() - wide - GROUP, box.height())
        self.verdict.setGeometry(x, y, wide, said)
        self.readings.setGeometry(x, y + said + 2 * GAP, wide, measures)
        self.binning.setGeometry(x, y + said + 2 * GAP + measures, wide, how)
