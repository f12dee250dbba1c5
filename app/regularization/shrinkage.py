"""What does a penalty do to one weight? Curves to drag along, why they are so, what λ is called elsewhere."""

from __future__ import annotations

from typing import cast

import msgspec
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.regularization import shrinkage_words
from app.regularization.conversion_table import ConversionTable
from app.regularization.legend import Legend
from app.stage.ground import Layer, Line, Points
from app.stage.handles import Handle
from app.stage.plots import Plot
from app.stage.theme import GAP, GROUP
from app.stage.view import View
from core.regularization.shrinkage import METHODS, REACH, ShrinkageConfig, ShrinkageFrame
from core.trace import Trace

Array = np.ndarray

DASHES = {
    "lasso": Qt.PenStyle.SolidLine, "ridge": Qt.PenStyle.DashLine, "hard_threshold": Qt.PenStyle.DashDotLine,
}  # fmt: skip
SIZES = {"lasso": 4.5, "ridge": 5.0, "hard_threshold": 7.0}
"""Of the markers: one that lies upon another leaves its rim to be seen."""

MOST = 4.0
"""The largest λ on the axis."""


class ShrinkageView(View):
    """Curves at the left, objectives and priors at the right, the table of names below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curves = Plot(
            "Least-squares weight z", "Weight w", fixed=True, grid=True, title="What is left of a weight",
            parent=self,
        )  # fmt: skip
        self.objective = Plot("Weight w", "(w − z)²/2 + penalty; marks: the minimum", fixed=True, parent=self)
        self.prior = Plot("Weight w", "Prior behind it, e^(−penalty)", fixed=True, parent=self)
        self.table = ConversionTable(self)
        margin = 1.04 * REACH
        self.curves.set_range((-margin, margin), (-margin, margin))
        self.prior.set_range((-REACH, REACH), (0.0, 1.32))
        span = ((-REACH, REACH), (-REACH, REACH))
        self.z = Handle(self.curves, "Least-squares weight z", colour="text", within=span)
        self.threshold = Handle(
            self.curves, "Penalty λ", symbol="d", colour="accent", within=((0.0, MOST), (0.0, 0.0))
        )
        self.z.moved.connect(self._drag_z)
        self.threshold.moved.connect(self._drag_threshold)
        for handle in (self.z, self.threshold):
            handle.released.connect(self.committed)
        self.curves.clicked.connect(self._click)
        self.weights = {method: self.curves.mark(method, size=SIZES[method]) for method in reversed(METHODS)}
        self.minima = {
            method: self.objective.mark(method, size=SIZES[method]) for method in reversed(METHODS)
        }
        self._drawn: tuple[float, ...] = ()
        self.parts = (self.curves, self.objective, self.prior, self.table)

    @property
    def _config(self) -> ShrinkageConfig:
        return cast(ShrinkageConfig, self.config)

    # --- what the stage calls --------------------------------------------------------------------

    def draw(self, trace: Trace, index: int) -> None:
        frame = trace.frame(index)
        if not isinstance(frame, ShrinkageFrame):
            return
        self.z.place(frame.z, frame.z)
        self.threshold.place(frame.penalty, 0.0)
        self.curves.playhead().move(frame.z)
        self.table.show_cells(frame.conversions)
        for method in METHODS:
            self.weights[method].move(frame.z, frame.weights[method])
        if (frame.z, frame.penalty) != self._drawn:
            if not self._drawn or frame.penalty != self._drawn[1]:
                self._show_curves(frame)
            self._drawn = (frame.z, frame.penalty)
            self._show_objective(frame)

    def settle(self) -> None:
        for plot in (self.curves, self.objective, self.prior):
            plot.settle()

    def describe(self, trace: Trace, index: int) -> str:
        frame = trace.frame(index)
        return shrinkage_words.described(frame, self._config) if isinstance(frame, ShrinkageFrame) else ""

    def notes(self, trace: Trace, index: int) -> list[str]:
        frame = trace.frame(index)
        return shrinkage_words.notes(frame, self._config) if isinstance(frame, ShrinkageFrame) else []

    # --- what the reader does --------------------------------------------------------------------

    def _drag_z(self, x: float, y: float) -> None:
        """The handle stays on the diagonal: where it is pulled along it."""
        z = min(REACH, max(-REACH, float(f"{(x + y) / 2:.3g}")))
        self.z.place(z, z)
        if z != self._config.z:
            self.edited.emit(msgspec.structs.replace(self._config, z=z))

    def _drag_threshold(self, x: float, y: float) -> None:
        penalty = min(MOST, max(0.0, float(f"{x:.3g}")))
        if penalty != self._config.penalty:
            self.edited.emit(msgspec.structs.replace(self._config, penalty=penalty))

    def _click(self, x: float, y: float) -> None:
        self._drag_z(x, x)
        self.committed.emit()

    # --- drawing -------------------------------------------------------------------------------

    def _show_curves(self, frame: ShrinkageFrame) -> None:
        """The curves over z, and the priors over w: they depend on the penalty alone."""
        grid = frame.grid
        layers: list[Layer] = [
            Line(np.array([[-REACH, 0.0], [REACH, 0.0]]), "muted", width=1.0),
            Line(np.array([[-REACH, -REACH], [REACH, REACH]]), "muted", "", Qt.PenStyle.DotLine, 1.2),
        ]
        priors: list[Layer] = []
        for method in reversed(METHODS):
            curve = _cut(frame.curves[method], 1.5 * float(grid[1] - grid[0]))
            prior = frame.priors[method]
            if method == "hard_threshold":
                prior = np.where(grid == 0, np.nan, prior)
            for points, where in ((curve, layers), (prior, priors)):
                where.append(Line(np.stack([grid, points], axis=1), method, "", DASHES[method], 2.0))
        names = [(shrinkage_words.CURVES[m], m, DASHES[m]) for m in METHODS]
        names.append(("no penalty: w = z", "muted", Qt.PenStyle.DotLine))
        self.curves.set_ground(*layers, Legend(names))
        at_zero = Points(np.array([[0.0, 1.0]]), "hard_threshold", 4.5)
        names = [(shrinkage_words.PRIORS[m], m, DASHES[m]) for m in METHODS]
        self.prior.set_ground(*priors, at_zero, Legend(names, in_a_row=True))

    def _show_objective(self, frame: ShrinkageFrame) -> None:
        """Loss and penalty over w. At w = 0 no penalty is paid, and all three are one point."""
        grid, start = frame.grid, frame.z**2 / 2
        layers: list[Layer] = []
        for method in reversed(METHODS):
            values = frame.objectives[method]
            if method == "hard_threshold":
                values = np.where(grid == 0, np.nan, values)
            layers.append(Line(np.stack([grid, values], axis=1), method, "", DASHES[method], 1.8))
        top = 1.0 + 1.6 * start  # no minimum lies above what w = 0 costs
        self.objective.set_range((-REACH, REACH), (-0.06 * top, top))
        self.objective.set_ground(*layers, Points(np.array([[0.0, start]]), "hard_threshold", 3.5))
        for method, mark in self.minima.items():
            mark.move(frame.weights[method], frame.lowest[method])

    # --- layout --------------------------------------------------------------------------------

    def lay_out(self) -> None:
        width, height = self.width(), self.height()
        table = self.table.sizeHint().height()
        above = max(120, height - table - 4 * GAP)
        left = round(0.54 * width)
        self.curves.setGeometry(0, 0, left, above)
        x, room = left + GROUP, max(120, width - left - GROUP)
        self.objective.setGeometry(x, 0, room, above // 2)
        self.prior.setGeometry(x, above // 2, room, above - above // 2)
        self.table.setGeometry(0, above + 4 * GAP, width, height - above - 4 * GAP)


def _cut(values: Array, step: float) -> Array:
    """A curve with a gap where it jumps."""
    jumps = np.abs(np.diff(values)) > max(step, 1e-9)
    return np.where(np.append(jumps, False), np.nan, values)
