"""Who is called positive: scores with a threshold to drag, the matrix it makes, and the rates of that."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from app.evaluation import threshold_words as words
from app.evaluation.confusion_table import ConfusionTable
from app.evaluation.rates_table import RatesTable
from app.evaluation.score_plot import Flag, ScorePlot
from app.evaluation.threshold_charts import Curves, Surface
from app.stage.theme import GROUP, PANEL
from app.stage.view import View
from core.evaluation.threshold import ThresholdConfig, ThresholdFrame, ThresholdInputs
from core.trace import Trace


class ThresholdView(View):
    """Scores and matrix above, rates and chart below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scores = ScorePlot(self)
        self.table = ConfusionTable(self)
        self.rates = RatesTable(self)
        self.surface, self.curves = Surface(self), Curves(self)
        self._inputs: ThresholdInputs | None = None
        self._charted: tuple[Any, ...] = ()
        self.scores.ruler.moved.connect(self._move)
        self.scores.ruler.released.connect(self.committed)
        for plot in (self.scores, self.curves):
            plot.clicked.connect(self._click)
        self.parts = (self.scores, self.table, self.rates, self.surface, self.curves)

    @property
    def _config(self) -> ThresholdConfig:
        return cast(ThresholdConfig, self.config)

    # --- what the stage calls --------------------------------------------------------------------

    def show_config(self, config: Any, inputs: object) -> None:
        super().show_config(config, inputs)
        if not isinstance(inputs, ThresholdInputs):
            return
        if inputs is not self._inputs:
            self._inputs = inputs
            self._charted = ()
            precision, recall = inputs.scored.precision_recall()
            self.surface.show_way(recall, precision, inputs.scored.prevalence)
        self.scores.show_histogram(inputs.scored.histogram, config.heights)
        self.surface.setVisible(config.chart == "surface")
        self.curves.setVisible(config.chart != "surface")

    def draw(self, trace: Trace, index: int) -> None:
        frame = trace.frame(index)
        if not isinstance(frame, ThresholdFrame) or self._inputs is None:
            return
        tally = self._inputs.scored
        flags = (Flag(frame.best_f1.threshold, "best F1"), Flag(frame.cheapest.threshold, "cheapest"))
        self.scores.show_threshold(frame.threshold, frame.counts, flags)
        self.table.show_counts(frame.counts, (tally.positive_label, tally.negative_label))
        self.rates.show_lines(words.lines(frame, self._config))
        self.surface.show_frame(frame)
        self._chart(frame)

    def settle(self) -> None:
        for plot in (self.scores, self.surface, self.curves):
            plot.settle()

    def describe(self, trace: Trace, index: int) -> str:
        frame = trace.frame(index)
        if not isinstance(frame, ThresholdFrame) or self._inputs is None:
            return ""
        return words.description(
            frame, (self._inputs.scored.positive_label, self._inputs.scored.negative_label)
        )

    def notes(self, trace: Trace, index: int) -> list[str]:
        frame = trace.frame(index)
        return words.notes(frame, self._config) if isinstance(frame, ThresholdFrame) else []

    # --- what the reader does --------------------------------------------------------------------

    def _move(self, threshold: float) -> None:
        if threshold != self._config.threshold:
            self.edited.emit(msgspec.structs.replace(self._config, threshold=threshold))

    def _click(self, x: float, y: float) -> None:
        self._move(x)
        self.committed.emit()

    # --- drawing -------------------------------------------------------------------------------

    def _chart(self, frame: ThresholdFrame) -> None:
        """The curves, made anew when what they show has changed; a threshold only moves over them."""
        if self._inputs is None or self._config.chart == "surface":
            return
        costs = (self._config.cost_fp, self._config.cost_fn)
        wanted: tuple[Any, ...] = (self._config.chart, self._inputs.sweep)
        if self._config.chart == "cost":
            wanted += costs
        if wanted != self._charted:
            self._charted = wanted
            if self._config.chart == "cost":
                self.curves.show_cost(self._inputs.sweep, frame, costs)
            else:
                self.curves.show_rates(self._inputs.sweep)
        if self._config.chart == "cost":
            self.curves.ring.move(frame.threshold, frame.cost)
        self.curves.playhead().move(frame.threshold)

    # --- layout --------------------------------------------------------------------------------

    def lay_out(self) -> None:
        width, height = self.width(), self.height()
        factor = self.scale()
        for part in (self.table, self.rates):
            part.set_scale(factor)
        gap = GROUP if width > 700 else PANEL
        upper = round(0.5 * height)
        left = round(0.6 * (width - gap))
        self.scores.setGeometry(QRect(0, 0, left, upper))
        self.table.setGeometry(QRect(left + gap, PANEL, width - left - gap, upper - PANEL))
        top = upper + PANEL
        lower = height - top
        chart = min(width - left - gap, round(1.25 * lower))
        chart = max(chart, round(0.36 * width))
        for plot in (self.surface, self.curves):
            plot.setGeometry(QRect(width - chart, top, chart, lower))
        self.rates.setGeometry(QRect(0, top, width - chart - gap, lower))
