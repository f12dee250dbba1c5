"""Two curves of a classifier: ROC with hull and iso-cost line; precision and recall with the prevalence."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.evaluation.threshold_charts import Ring
from app.stage.ground import Landmark, Layer, Line
from app.stage.handles import Handle
from app.stage.plots import Plot
from app.stage.rulers import Ruler
from core.evaluation.roc import RocConfig, RocFrame

THINGS = ("classifier_a", "classifier_b")
DIAGONAL = np.linspace([0.0, 0.0], [1.0, 1.0], 11)


class RocPlot(Plot):
    """True against false positive rate of each classifier; the threshold is dragged along its curve."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "False positive rate", "True positive rate (recall)", equal=True, fixed=True, parent=parent
        )
        self.set_range((-0.02, 1.02), (-0.02, 1.02))
        self.handle = Handle(self, "Threshold on the ROC curve")
        self._laid: tuple[object, ...] | None = None

    def show_frame(self, frame: RocFrame, config: RocConfig) -> None:
        each = frame.classifier
        wanted = (bool(each.pairs), config.hull and each, config.iso_cost and frame.cheap)
        if wanted != self._laid:  # the ground is painted anew only when it is another
            self._laid = wanted
            self.set_ground(*_ground_of(frame, config))
        for k, thing in enumerate(THINGS):
            trail = self.trail(thing, width=1.8, cased=False, marker=False)
            known = frame.inputs.classifiers
            if k < len(known) and known[k].pairs:
                trail.show(np.column_stack(known[k].rates))
            else:
                trail.clear()
            trail.emphasise(k == frame.which)
        self.handle.place(frame.point.fpr, frame.point.tpr)  # even while it is held: it slides along


class PrecisionPlot(Plot):
    """Precision against recall; the dashed line is the prevalence, and may be dragged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Recall", "Precision (dashed: prevalence)", equal=True, fixed=True, parent=parent)
        self.set_range((-0.02, 1.02), (-0.02, 1.02))
        self.ring = Ring(self)
        self.lay(self.ring)
        self.ruler = Ruler(
            self, "Prevalence", upright=False, colour="muted", within=(0.001, 0.999), dashed=True
        )

    def show_frame(self, frame: RocFrame) -> None:
        for k, thing in enumerate(THINGS):
            trail = self.trail(thing, width=1.8, cased=False, marker=False)
            if k < len(frame.curves) and frame.inputs.classifiers[k].scored.positives:
                trail.show(frame.curves[k])
            else:
                trail.clear()
            trail.emphasise(k == frame.which)
        if frame.counts.tp + frame.counts.fp and frame.counts.positives:
            self.ring.move(frame.point.tpr, frame.point.precision)
        else:
            self.ring.hide()
        if not self.ruler.held:
            self.ruler.place(frame.prevalence)


def _ground_of(frame: RocFrame, config: RocConfig) -> list[Layer]:
    """Chance, the hull, and the line of equal cost through the cheapest point."""
    layers: list[Layer] = [Line(DIAGONAL, "muted", "chance", Qt.PenStyle.DotLine, 1.0, 0.6)]
    each, cheap = frame.classifier, frame.cheap
    if not each.pairs:
        return layers
    if config.hull:
        corners = np.column_stack(each.rates)[each.scored.hull]
        layers.append(Line(corners, "text", "", Qt.PenStyle.DashLine, 1.2))
    if config.iso_cost:
        run = np.array([[-1.0, -cheap.slope], [1.0, cheap.slope]])
        if math.isinf(cheap.slope):
            run = np.array([[0.0, -1.0], [0.0, 1.0]])
        length = 3.0 / np.hypot(*run[1])
        line = np.array([cheap.fpr, cheap.tpr]) + run * length
        layers.append(Line(line, "accent", "", Qt.PenStyle.SolidLine, 1.2))
        layers.append(Landmark(cheap.fpr, cheap.tpr, "best", "cheapest"))
    return layers
