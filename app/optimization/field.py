"""What a network of the plane decides, and the points that the reader paints on it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.optimization.overlays import ContourLines
from app.optimization.words import NAMES
from app.stage.brushes import Brushes
from app.stage.canvas import PointCanvas
from app.stage.ground import Heatmap, Layer, Points
from app.stage.plots import Plot
from app.stage.theme import GAP, LIGHT, Theme
from core.optimization.models import Inputs, ModelsConfig, ModelsFrame

THINGS = ("negative", "positive")
MOST = 400


class FieldPane(QWidget):
    """P(class 1) over the square, the examples, a canvas over them and its brushes below."""

    painted = Signal(object)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = LIGHT
        self.plot = Plot("x", "y", equal=True, fixed=True, parent=self)
        self.canvas = PointCanvas(self.plot, THINGS, most=MOST)
        self.brushes = Brushes(
            self.canvas, ("Paint class 0", "Paint class 1"),
            ("Paint points of class 0", "Paint points of class 1"),
            "A click or a drag on free ground paints; a right click takes a point away", self,
        )  # fmt: skip
        self.clear = QPushButton("Clear painted", self)
        self.brushes.row.insertWidget(len(THINGS), self.clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.plot, 1)
        column.addWidget(self.brushes)
        column.addStretch(0)
        self._inputs: Inputs | None = None
        self._examples: list[Layer] = []
        self.clear.clicked.connect(self._clear)
        self.canvas.edited.connect(self._edited)
        self.canvas.released.connect(self.released)

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.plot.set_theme(theme)
        self.brushes.set_theme(theme)

    def show_config(self, config: ModelsConfig, inputs: Inputs) -> None:
        if inputs is not self._inputs:
            self._inputs = inputs
            self.plot.set_range((-inputs.reach, inputs.reach), (-inputs.reach, inputs.reach))
            given = len(inputs.training.y) - len(config.painted)
            self._examples = []
            for examples, size, last in ((inputs.training, 4.2, given), (inputs.held_out, 2.4, None)):
                x, y = examples.x[:last], examples.y[:last]
                self._examples += [Points(x[y == k], thing, size) for k, thing in enumerate(THINGS)]
        self.canvas.show_points(config.painted)
        self.clear.setEnabled(bool(config.painted))

    def show_frame(self, frame: ModelsFrame, i: int | None) -> None:
        """Draw what model i decides."""
        reach = frame.inputs.reach
        layers: list[Layer] = []
        name = ""
        if i is not None:
            name = NAMES[frame.runners[i]]
            field = frame.field(i) - 0.5
            inner = reach * (1 - 1 / len(field))
            span = (-inner, inner)
            layers.append(Heatmap(field, span, span, colour_map="diverging", span=(-0.5, 0.5), strength=0.5))
            layers.append(ContourLines(field, span, span, (0.0,), opacity=0.85))
        title = f"What {name} decides" if name else "Points"
        self.plot.set_labels("x", "y (small points are held out)", title)
        self.plot.set_ground(*layers, *self._examples)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """No taller than its square needs, so that the brushes stand right below it."""
        super().resizeEvent(event)
        self.plot.setMaximumHeight(self.width() + 48)

    # --- what the reader does ------------------------------------------------------------------

    def _edited(self, points: tuple[tuple[float, float, int], ...]) -> None:
        self.painted.emit(tuple((float(x), float(y), int(label)) for x, y, label in points))

    def _clear(self) -> None:
        self.painted.emit(())
        self.released.emit()
