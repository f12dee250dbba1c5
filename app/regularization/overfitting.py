"""What does the penalty buy? Points to drag, the curve, both errors, the weights, and resampled fits."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QLabel, QWidget

from app.regularization import overfitting_words as words
from app.regularization.error_chart import ErrorChart
from app.regularization.points_pane import PointsPane
from app.regularization.weight_bars import WeightBars
from app.stage.theme import GAP, GROUP, PANEL
from app.stage.view import View
from core.regularization.overfitting import (
    DEGREES,
    HIGHEST,
    LAMBDAS,
    LOWEST,
    OverfittingConfig,
    OverfittingFrame,
)
from core.trace import Trace


class OverfittingView(View):
    """Points and weights at the left; errors against lambda and against degree at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pane = PointsPane(self)
        self.weights = WeightBars(self)
        self.by_lambda = ErrorChart("Penalty λ (log scale)", (LOWEST, HIGHEST), "λ", log_x=True, parent=self)
        self.by_degree = ErrorChart("Degree", (1.0, 20.0), "degree", parent=self)
        self.reading = QLabel(self)
        self.reading.setWordWrap(True)
        self.reading.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.pane.edited.connect(self._move_points)
        self.pane.released.connect(self.committed)
        self.by_lambda.turned.connect(self._turn_lambda)
        self.by_degree.turned.connect(self._turn_degree)
        for chart in (self.by_lambda, self.by_degree):
            chart.released.connect(self.committed)
        self.parts = (self.pane, self.weights, self.by_lambda, self.by_degree)

    @property
    def _config(self) -> OverfittingConfig:
        return cast(OverfittingConfig, self.config)

    # --- what the stage calls --------------------------------------------------------------------

    def show_config(self, config: Any, inputs: object) -> None:
        super().show_config(config, inputs)
        self.pane.show_points(config.points)
        polynomial = config.basis == "polynomial"
        degree = "Degree of the polynomial" if polynomial else "Number of bumps"
        self.by_degree.set_labels(degree, self.by_degree.decor.y_label)
        penalised = config.penalty != "none"
        words_ = "Penalty λ (log scale)" if penalised else "Penalty λ: there is none"
        self.by_lambda.set_labels(words_, self.by_lambda.decor.y_label)

    def draw(self, trace: Trace, index: int) -> None:
        frame = self._frame(trace, index)
        if frame is None:
            return
        config, fitted = self._config, frame.fitted
        now = (fitted.training_error, fitted.held_out_error)
        self.pane.show_frame(frame)
        self.weights.show_weights(fitted.weights, words.weights_title(fitted, config))
        penalised = config.penalty != "none"
        self.by_lambda.show_errors(LAMBDAS, fitted.by_lambda, config.lam, now, dots=False, alive=penalised)
        self.by_degree.show_errors(
            DEGREES.astype(float), fitted.by_degree, float(config.degree), now, dots=True, alive=True
        )
        self.reading.setText(words.summary(frame, config))

    def describe(self, trace: Trace, index: int) -> str:
        frame = self._frame(trace, index)
        return words.describe(frame, self._config) if frame is not None else ""

    def notes(self, trace: Trace, index: int) -> list[str]:
        frame = self._frame(trace, index)
        return words.notes(frame, self._config) if frame is not None else []

    @staticmethod
    def _frame(trace: Trace, index: int) -> OverfittingFrame | None:
        frame = trace.frame(index)
        return frame if isinstance(frame, OverfittingFrame) else None

    # --- what the reader does --------------------------------------------------------------------

    def _move_points(self, points: tuple[tuple[float, float, int], ...]) -> None:
        self.edited.emit(msgspec.structs.replace(self._config, points=points))

    def _turn_lambda(self, value: float) -> None:
        if self._config.penalty != "none":
            lam = min(max(float(f"{value:.3g}"), LOWEST), HIGHEST)
            self.edited.emit(msgspec.structs.replace(self._config, lam=lam))

    def _turn_degree(self, value: float) -> None:
        degree = min(max(round(value), 1), 20)
        if degree != self._config.degree:
            self.edited.emit(msgspec.structs.replace(self._config, degree=degree))

    # --- layout ----------------------------------------------------------------------------------

    def lay_out(self) -> None:
        width, height = self.width(), self.height()
        gap = GROUP if width > 900 else PANEL
        left = round(0.54 * width)
        said = self.reading.fontMetrics().height() + GAP
        below = max(round(0.28 * (height - said)), min(150, (height - said) // 2))
        self.reading.setGeometry(GAP, 0, width - 2 * GAP, said)
        top = said + GAP
        self.pane.setGeometry(0, top, left, height - top - below - GAP)
        self.weights.setGeometry(0, height - below, left, below)
        x, room = left + gap, max(120, width - left - gap)
        upper = (height - top) // 2
        self.by_lambda.setGeometry(QRect(x, top, room, upper))
        self.by_degree.setGeometry(QRect(x, top + upper, room, height - top - upper))
