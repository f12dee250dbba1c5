"""Beside the rates: the F1 surface, the rates against the threshold, or what errors cost."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from app.stage.axes import Mapping
from app.stage.ground import ColourBar, Heatmap, Landmark, Layer, Line
from app.stage.marks import Live, unit
from app.stage.plots import Plot
from app.stage.theme import Theme
from core.evaluation.threshold import Sweep, ThresholdFrame, f_surface

LEVELS = tuple(round(0.1 * k, 1) for k in range(1, 10))
RATES = {"accuracy": "accuracy", "precision": "precision", "recall": "recall", "specificity": "specificity",
         "f1": "F1"}  # fmt: skip


class Ring(Live):
    """Where the threshold stands on a curve: a ring in ink with a rim, on any ground."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot)
        self.data: tuple[float, float] | None = None
        self._at: QPointF | None = None

    def move(self, x: float, y: float) -> None:
        self.data = (x, y)
        self.changed()

    def hide(self) -> None:
        self.data = None
        self.changed()

    def place(self, mapping: Mapping) -> None:
        self._at = None if self.data is None else mapping.point(*self.data)
        if self._at is None or not mapping.rect.adjusted(-1, -1, 1, 1).contains(self._at):
            self._at, self.rect = None, QRectF()
            return
        reach = 9 * unit()
        self.rect = QRectF(self._at.x() - reach, self._at.y() - reach, 2 * reach, 2 * reach)

    def paint(self, painter: QPainter, theme: Theme) -> None:
        if self._at is not None:
            painter.setPen(QPen(QColor(theme.panel), 4.4 * unit()))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self._at, 5 * unit(), 5 * unit())
            painter.setPen(QPen(QColor(theme.text), 2.0 * unit()))
            painter.drawEllipse(self._at, 5 * unit(), 5 * unit())


class Surface(Plot):
    """F1 over recall and precision, the way that the threshold takes over it, and where it stands."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Recall", "Precision", equal=True, fixed=True, parent=parent)
        self.set_range((0.0, 1.0), (0.0, 1.0))
        self.ring = Ring(self)
        self.lay(self.ring)
        self._map = Heatmap(f_surface(), (0, 1), (0, 1), span=(0.0, 1.0), levels=LEVELS, strength=0.45)
        self._bar = ColourBar(self._map, [(0.2 * k, f"{0.2 * k:.1f}") for k in range(6)], "F1")
        self._shown: tuple[object, float] = (None, 0.0)

    def show_way(self, recall: np.ndarray, precision: np.ndarray, prevalence: float) -> None:
        """The curve (m,) of all thresholds, and the precision of calling everybody positive."""
        way = np.column_stack([recall, precision])
        base = np.array([[0.0, prevalence], [1.0, prevalence]])
        layers: tuple[Layer, ...] = (
            self._map,
            Line(base, "muted", "prevalence", Qt.PenStyle.DashLine, 1.0, label_at=0.0),
            Line(way, "text", width=1.6),
            self._bar,
        )
        self.set_ground(*layers)

    def show_frame(self, frame: ThresholdFrame) -> None:
        """Where the threshold stands, if both rates are defined."""
        if frame.rates["precision"].defined and frame.rates["recall"].defined:
            self.ring.move(frame.counts.recall, frame.counts.precision)
        else:
            self.ring.hide()


class Curves(Plot):
    """Rates, or the cost, at every threshold; an upright line at the one in force."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Threshold", "Rate", grid=True, fixed=True, parent=parent)
        self.ring = Ring(self)
        self.lay(self.ring)
        self._kind = ""

    def _trails(self, wanted: dict[str, tuple[str, np.ndarray]]) -> None:
        for trail in self.trails:
            if trail.key not in wanted:
                trail.label = ""
                trail.clear()
        for key, (name, points) in wanted.items():
            trail = self.trail(key, label=name, width=1.6, cased=False, size=3.2)
            trail.label = name
            trail.show(points)
        self.arrange()

    def show_rates(self, sweep: Sweep) -> None:
        at = sweep.thresholds
        self.set_labels("Threshold", "Rate")
        self.set_range((float(at[0]), float(at[-1])), (0.0, 1.03))
        self.set_ground()
        self.ring.hide()
        self._trails({key: (name, np.column_stack([at, sweep.curve(key)])) for key, name in RATES.items()})

    def show_cost(self, sweep: Sweep, frame: ThresholdFrame, costs: tuple[float, float]) -> None:
        at, values = sweep.thresholds, sweep.cost(*costs)
        ends = (float(at[0]), float(at[-1]))
        self.set_labels("Threshold", "Expected cost of a case")
        top = max(1e-9, 1.08 * float(values.max(initial=0.0)))
        self.set_range(ends, (0.0, top))
        layers: list[Layer] = [
            Line(
                np.array([[ends[0], each], [ends[1], each]]), "muted", name, Qt.PenStyle.DashLine, 1.0, place
            )
            for name, each, place in (
                ("nobody called", frame.nobody, 1.0),
                ("everybody called", frame.everybody, 0.0),
            )
        ]
        if np.isfinite(frame.cheapest.threshold):
            layers.append(
                Landmark(frame.cheapest.threshold, frame.cheapest.value, "best", "cheapest", below=True)
            )
        self.set_ground(*layers)
        self._trails({"cost": ("", np.column_stack([at, values]))})
