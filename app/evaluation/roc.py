"""What an AUC measures: cases to drag, both curves with one threshold, and the AUC three ways."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from app.evaluation import roc_words as words
from app.evaluation.auc_table import AucTable
from app.evaluation.cases_pane import CasesPane
from app.evaluation.roc_plots import PrecisionPlot, RocPlot
from app.evaluation.score_plot import Flag, ScorePlot
from app.stage.theme import GROUP, PANEL
from app.stage.view import View
from core.evaluation.roc import RocConfig, RocFrame, RocInputs, beside, nearest
from core.evaluation.roc_config import FEW
from core.trace import Trace

ROWS = 9
"""Lines of the table, its heading included."""


class RocView(View):
    """Cases, ROC curve and precision-recall curve in a row; the numbers below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.few = CasesPane(self)
        self.many = ScorePlot(self)
        self.roc, self.precision = RocPlot(self), PrecisionPlot(self)
        self.table = AucTable(self)
        self._frame: RocFrame | None = None
        self._inputs: RocInputs | None = None
        self.few.painted.connect(self._paint)
        self.few.moved.connect(self._move)
        self.many.ruler.moved.connect(self._move)
        self.many.clicked.connect(self._click)
        self.roc.handle.moved.connect(self._slide)
        self.roc.clicked.connect(self._jump)
        self.precision.ruler.moved.connect(self._reweigh)
        for part in (self.few, self.many.ruler, self.roc.handle, self.precision.ruler):
            part.released.connect(self.committed)
        self.parts = (self.few, self.many, self.roc, self.precision, self.table)

    @property
    def _config(self) -> RocConfig:
        return cast(RocConfig, self.config)

    # --- what the stage calls --------------------------------------------------------------------

    def show_config(self, config: Any, inputs: object) -> None:
        super().show_config(config, inputs)
        few = config.data == FEW
        self._inputs = inputs if isinstance(inputs, RocInputs) else None
        self.few.setVisible(few)
        self.many.setVisible(not few)
        if few:
            self.few.show_cases(config.points)
        self.lay_out()

    def draw(self, trace: Trace, index: int) -> None:
        frame = trace.frame(index)
        if not isinstance(frame, RocFrame):
            return
        self._frame = frame
        if self._config.data == FEW:
            self.few.show_threshold(frame.which, frame.threshold)
        else:
            self.many.show_histogram(frame.classifier.scored.histogram, "share")
            flags = (Flag(frame.cheap.threshold, "cheapest"),) if self._config.iso_cost else ()
            self.many.show_threshold(frame.threshold, frame.counts, flags)
        self.roc.show_frame(frame, self._config)
        self.precision.show_frame(frame)
        inputs = self._inputs if self._inputs is not None else frame.inputs
        self.table.show_lines(words.lines(frame, inputs, self._config), words.heads(frame), frame.which)

    def settle(self) -> None:
        for plot in (self.few.plot, self.many, self.roc, self.precision):
            plot.settle()

    def describe(self, trace: Trace, index: int) -> str:
        frame = trace.frame(index)
        return words.description(frame) if isinstance(frame, RocFrame) else ""

    def notes(self, trace: Trace, index: int) -> list[str]:
        frame = trace.frame(index)
        return words.notes(frame, self._config) if isinstance(frame, RocFrame) else []

    # --- what the reader does --------------------------------------------------------------------

    def _edit(self, **changes: Any) -> None:
        config = msgspec.structs.replace(self._config, **changes)
        if config != self._config:
            self.edited.emit(config)

    def _paint(self, cases: tuple[tuple[float, float, int], ...]) -> None:
        if len(cases) < 2:  # the last two stay
            self.few.show_cases(self._config.points)
            return
        self._edit(points=cases)

    def _move(self, threshold: float) -> None:
        self._edit(threshold=threshold)

    def _click(self, x: float, y: float) -> None:
        self._move(x)
        self.committed.emit()

    def _slide(self, fpr: float, tpr: float) -> None:
        """To the nearest point of the curve; a key goes to the next one that way, however far it is."""
        frame = self._frame
        if frame is None:
            return
        threshold = nearest(frame.classifier, fpr, tpr)
        if self.roc.handle.hasFocus() and not self.roc.handle.held:
            onwards = fpr - frame.point.fpr + tpr - frame.point.tpr > 0
            threshold = beside(frame.classifier, frame.threshold, 1 if onwards else -1)
        self._move(threshold)
        if self._frame is not None:
            self.roc.handle.place(self._frame.point.fpr, self._frame.point.tpr)

    def _jump(self, fpr: float, tpr: float) -> None:
        if self._frame is not None:
            self._move(nearest(self._frame.classifier, fpr, tpr))
            self.committed.emit()

    def _reweigh(self, prevalence: float) -> None:
        self._edit(reweigh=True, prevalence=prevalence)

    # --- layout --------------------------------------------------------------------------------

    def lay_out(self) -> None:
        width, height = self.width(), self.height()
        self.table.set_scale(self.scale())
        gap = PANEL if width < 1200 else GROUP
        each = (width - 2 * gap) // 3
        brushes = self.few.foot() if self.few.isVisibleTo(self) else 0
        least = round(ROWS * 1.02 * self.table.line_height())
        upper = min(each + 4, height - least - brushes - PANEL)
        self.few.setGeometry(QRect(0, 0, each, upper + self.few.foot()))
        self.many.setGeometry(QRect(0, 0, each, upper))
        self.roc.setGeometry(QRect(each + gap, 0, each, upper))
        self.precision.setGeometry(QRect(2 * (each + gap), 0, each, upper))
        top = upper + brushes + PANEL
        self.table.setGeometry(QRect(0, top, width, height - top))
