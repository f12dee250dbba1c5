"""Variability: replies and claims at the left, how they spread over the temperatures at the right."""

from __future__ import annotations

from typing import cast

import msgspec
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QLabel, QWidget

from app.evaluation import variability_words as words
from app.evaluation.method_table import Line, MethodTable
from app.evaluation.mmlu_words import percent
from app.evaluation.reply_pane import ReplyPane
from app.evaluation.spread_chart import SpreadChart
from app.evaluation.story_pane import StoryPane
from app.evaluation.verdict_chart import VerdictChart
from app.stage.theme import GROUP
from app.stage.view import View
from core.language.replies import WORDINGS
from core.language.variability import (
    TEMPERATURES,
    AskedFrame,
    Missing,
    Spread,
    StoryFrame,
    VariabilityConfig,
    place,
)
from core.trace import Trace

LARGEST = 2.6
"""Type and marks grow with the window up to so many times their size at a desk."""


class VariabilityView(View):
    """Two experiments, one at a time: a question asked again and again, and a story gone on with."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.replies, self.story = ReplyPane(self), StoryPane(self)
        self.spreads, self.verdicts = SpreadChart(self), VerdictChart(self)
        self.table = MethodTable("Scores of each wording", self)
        self.said = QLabel(self)
        self.said.setProperty("role", "warning")
        self.said.setWordWrap(True)
        self.parts = (self.replies, self.story, self.spreads, self.verdicts, self.table)
        self.table.chosen.connect(self._put_in_front)
        for chart in (self.spreads, self.verdicts):
            chart.chosen.connect(self._choose)
            chart.released.connect(self.committed)

    @property
    def _config(self) -> VariabilityConfig:
        return cast(VariabilityConfig, self.config)

    # --- what the stage calls --------------------------------------------------------------------

    def draw(self, trace: Trace, index: int) -> None:
        frame = trace.frame(index)
        for panes, kind in (
            ((self.replies, self.spreads, self.table), AskedFrame),
            ((self.story, self.verdicts), StoryFrame),
        ):
            for pane in panes:
                pane.setVisible(isinstance(frame, kind))
        self.said.setVisible(isinstance(frame, Missing))
        if isinstance(frame, AskedFrame):
            self._show_asked(frame)
        elif isinstance(frame, StoryFrame):
            title = f"Claims in {frame.step + 1} of {len(frame.inputs.openings)} stories"
            self.story.show_frame(frame, self._config.temperature)
            self.verdicts.show_verdicts(frame.verdicts, self._config.temperature, title)
        elif isinstance(frame, Missing):
            self.said.setText(frame.inputs.seated.missing)

    def describe(self, trace: Trace, index: int) -> str:
        return words.describe(trace, index, self._config)

    def notes(self, trace: Trace, index: int) -> list[str]:
        return words.notes(trace, index, self._config)

    # --- drawing -------------------------------------------------------------------------------

    def _show_asked(self, frame: AskedFrame) -> None:
        temperature, front = self._config.temperature, self._config.wording
        self.replies.show_frame(frame, self._config)
        rounds = frame.codes.shape[2]
        title = f"Right answers of {frame.step + 1} questions, {rounds} rounds; dashed: majority vote"
        spreads: dict[str, tuple[Spread, ...]] = {
            wording: tuple(frame.spread(key, wording) for key in TEMPERATURES) for wording in WORDINGS
        }  # fmt: skip
        self.spreads.show_spreads(spreads, front, temperature, title)
        lines = []
        for wording in WORDINGS:
            t, w = place(temperature, wording)
            each = spreads[wording][t]
            unanswerable = max(1, frame.open * rounds)
            invented = percent(int(frame.invented[t, w]) / unanswerable) if frame.open else "–"
            cells = (
                percent(each.mean),
                f"{100 * each.deviation:.1f}",
                f"{100 * each.lowest:.0f}–{100 * each.highest:.0f}",
                percent(each.vote),
                invented,
            )
            lines.append(Line(wording, words.WORDING_NAMES[wording], cells))
        heads = ("mean", "± s.d.", "range", "vote", "invented")
        self.table.show_lines(heads, tuple(lines), front)

    # --- what the reader does --------------------------------------------------------------------

    def _put_in_front(self, wording: str) -> None:
        if wording != self._config.wording:
            self.edited.emit(msgspec.structs.replace(self._config, wording=wording))
            self.committed.emit()

    def _choose(self, temperature: str) -> None:
        self.edited.emit(msgspec.structs.replace(self._config, temperature=temperature))

    # --- layout --------------------------------------------------------------------------------

    def lay_out(self) -> None:
        width, height = self.width(), self.height()
        factor = self.scale(LARGEST)
        for pane in self.parts:
            pane.set_scale(factor)
        gap = round(GROUP * factor)
        left = round(0.46 * (width - gap))
        for pane in (self.replies, self.story):
            pane.setGeometry(0, 0, left, height)
        self.said.setGeometry(0, 0, left, min(height, 80))
        x, room = left + gap, width - left - gap
        table = self.table.height_for(len(WORDINGS))
        self.table.setGeometry(QRect(x, height - table, room, table))
        self.spreads.setGeometry(QRect(x, 0, room, max(80, height - table - gap // 2)))
        self.verdicts.setGeometry(QRect(x, 0, room, height))
