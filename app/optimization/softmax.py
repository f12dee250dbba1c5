"""Why softmax subtracts the maximum: logits to drag or type, and what each precision makes of them."""

from __future__ import annotations

import re

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QWidget

from app.optimization.exp_ranges import ExpRanges
from app.optimization.logit_bars import LogitBars
from app.optimization.softmax_table import SoftmaxTable
from app.optimization.softmax_words import description, notes
from app.stage.numbers import number, parse
from app.stage.theme import GAP
from app.stage.view import View
from core.config import Config, ConfigError, replace
from core.optimization.softmax import SoftmaxConfig, SoftmaxFrame
from core.trace import Trace

MOST = 1000.0
FEWEST, MANY = 2, 8


class SoftmaxView(View):
    """Bars and thresholds above, both forms in three precisions below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._softmax = SoftmaxConfig()
        self.bars = LogitBars(self)
        self.ranges = ExpRanges(self)
        self.table = SoftmaxTable(self)
        self.line = QLineEdit(self)
        self.line.setAccessibleName("Logits, separated by commas")
        self.line.setMaxLength(200)
        self.said = QLabel(self)
        self.said.setProperty("role", "warning")
        self.said.setWordWrap(True)
        self.said.setVisible(False)
        self._label = QLabel("Logits", self)
        self._label.setBuddy(self.line)
        self._build()
        self.bars.moved.connect(self._move)
        self.bars.released.connect(self.committed)
        self.line.editingFinished.connect(self._typed)
        self.parts = (self.bars, self.ranges, self.table)

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, GAP, 0, GAP)
        grid.setHorizontalSpacing(8 * GAP)
        grid.setVerticalSpacing(2 * GAP)
        typed = QGridLayout()
        typed.setHorizontalSpacing(2 * GAP)
        typed.addWidget(self._label, 0, 0)
        typed.addWidget(self.line, 0, 1)
        typed.addWidget(self.said, 1, 0, 1, 2)
        grid.addWidget(self.bars, 0, 0)
        grid.addLayout(typed, 1, 0)
        grid.addWidget(self.ranges, 0, 1, 2, 1)
        grid.addWidget(self.table, 2, 0, 1, 2)
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 3)
        grid.setRowStretch(0, 3)
        grid.setRowStretch(2, 7)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        factor = self.scale()
        for part in (self.bars, self.ranges, self.table):
            part.set_scale(factor)

    def show_config(self, config: Config, inputs: object) -> None:
        super().show_config(config, inputs)
        assert isinstance(config, SoftmaxConfig)
        self._softmax = config
        self._say("")
        if not (self.line.hasFocus() and self.line.isModified()):
            self.line.setText(", ".join(number(z, 6) for z in config.logits))
            self.line.setCursorPosition(0)

    def draw(self, trace: Trace, index: int) -> None:
        frame = self._frame(trace, index)
        if frame is not None:
            self.bars.show_logits(tuple(map(float, frame.logits)), frame.target)
            self.ranges.show_frame(frame)
            self.table.show_frame(frame, self._softmax.shows)

    def describe(self, trace: Trace, index: int) -> str:
        frame = self._frame(trace, index)
        return description(frame, self._softmax) if frame is not None else ""

    def notes(self, trace: Trace, index: int) -> list[str]:
        frame = self._frame(trace, index)
        return notes(frame, self._softmax) if frame is not None else []

    @staticmethod
    def _frame(trace: Trace, index: int) -> SoftmaxFrame | None:
        frame = trace.frame(index)
        return frame if isinstance(frame, SoftmaxFrame) else None

    # --- what the reader does --------------------------------------------------------------------

    def _move(self, index: int, shown: float) -> None:
        """A bar shows scale * z + add: put the logit where that gives what the hand says."""
        config = self._softmax
        logits = list(config.logits)
        wanted = (shown - config.add) / config.scale
        logits[index] = max(-MOST, min(MOST, float(f"{wanted:.10g}")))
        self._edit(tuple(logits))

    def _edit(self, logits: tuple[float, ...]) -> None:
        if logits != self._softmax.logits:
            self.line.setModified(False)
            self.edited.emit(msgspec.structs.replace(self._softmax, logits=logits))

    def _typed(self) -> None:
        """Numbers separated by commas, semicolons or spaces; a refusal is told beneath them."""
        if not self.line.isModified():
            return
        try:
            logits = tuple(parse(piece) for piece in re.split(r"\s*[,;]\s*|\s+", self.line.text().strip()))
            if not FEWEST <= len(logits) <= MANY:
                raise ValueError(f"expected {FEWEST} to {MANY} numbers, found {len(logits)}.")
            replace(self._softmax, "logits", logits)
        except ConfigError as error:
            self._say(str(error))
            return
        except ValueError as error:
            self._say(f"Logits: {error}")
            return
        self._edit(logits)
        self.committed.emit()

    def _say(self, sentence: str) -> None:
        self.said.setText(sentence)
        self.said.setVisible(bool(sentence))
        self.said.setAlignment(Qt.AlignmentFlag.AlignLeft)
