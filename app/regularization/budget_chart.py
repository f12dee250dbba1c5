"""The smallest loss for each budget, and the line of slope −λ that touches it: two names for one thing."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.regularization.geometry_shapes import Bands
from app.stage.ground import Landmark, Layer
from app.stage.ground import Line as Polyline
from app.stage.handles import Handle
from app.stage.plots import Plot
from core.regularization.geometry import Picture

UNREACHED = "no λ leads here"


class BudgetChart(Plot):
    """F over the penalty, the touching line, the gaps; its point is dragged along the curve."""

    budget_moved = Signal(float)
    """The budget t whose ball the point was dragged to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Penalty P(w)", "Smallest loss for each budget", grid=True, parent=parent)
        self.point = Handle(self, "Budget", symbol="+", colour="text")
        self.point.moved.connect(self._moved)
        self.shown: Picture | None = None

    def fit(self, picture: Picture) -> None:
        """Set the axes to what a solution's curve needs."""
        curve = picture.curve
        self.set_range(
            (0.0, max(float(curve.penalties[-1]), 1e-3)), (0.0, max(1.08 * float(curve.losses[0]), 1e-3))
        )

    def show_picture(self, picture: Picture) -> None:
        """Draw a solution."""
        self.shown = picture
        curve, touch = picture.curve, picture.touch
        spent, loss = picture.spent, picture.loss
        layers: list[Layer] = []
        if picture.gaps:
            spans = tuple(
                tuple(map(float, picture.penalty.phi(np.array([g.low, g.high])))) for g in picture.gaps
            )
            layers.append(Bands(spans, UNREACHED))  # type: ignore[arg-type]
        layers.append(Polyline(np.column_stack([curve.penalties, curve.losses]), "text", width=1.8))
        if touch.strength > 0:
            reach = np.array([0.0, spent + loss / touch.strength])
            line = np.column_stack([reach, loss - touch.strength * (reach - spent)])
            style = Qt.PenStyle.SolidLine if picture.reachable else Qt.PenStyle.DashLine
            layers.append(Polyline(line, "accent", "slope −λ", style, 1.6, 1.0))
            layers.append(Landmark(0.0, float(line[0, 1]), "local", "f + λP"))
        self.set_scenery(*layers)
        if not self.point.held:
            self.point.place(spent, loss)

    def _moved(self, x: float, y: float) -> None:
        if self.shown is not None:
            self.budget_moved.emit(self.shown.budget_at(x))
