"""What a network of the plane decides, and the points that the reader paints on it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.optimization.overlays import ContourLines
from app.optimization.words import NAMES
from app.stage import theme as look
from app.stage.canvas import PointCanvas
from app.stage.ground import Heatmap, Layer, Points
from app.stage.marks import draw_symbol
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
        self.brushes = QButtonGroup(self)
        self.clear = QPushButton("Clear painted", self)
        row = QHBoxLayout()
        row.setContentsMargins(GAP, 0, 0, 0)
        row.setSpacing(2 * GAP)
        for label, thing in enumerate(THINGS):
            brush = QToolButton(self)
            brush.setText(f"Paint class {label}")
            brush.setAccessibleName(f"Paint points of class {label}")
            brush.setCheckable(True)
            brush.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            brush.setProperty("thing", thing)
            brush.setToolTip("A click or a drag on free ground paints; a right click takes a point away")
            self.brushes.addButton(brush, label)
            row.addWidget(brush)
        self.brushes.button(0).setChecked(True)
        row.addWidget(self.clear)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.plot, 1)
        column.addLayout(row)
        column.addStretch(0)
        self._inputs: Inputs | None = None
        self._examples: list[Layer] = []
        self.brushes.idClicked.connect(self._take)
        self.clear.clicked.connect(self._clear)
        self.canvas.edited.connect(self._edited)
        self.canvas.released.connect(self.released)

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.plot.set_theme(theme)
        for brush in self.brushes.buttons():
            brush.setIcon(_icon(theme, str(brush.property("thing"))))
            brush.setIconSize(QSize(14, 14))

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

    def _take(self, label: int) -> None:
        self.canvas.label = label

    def _edited(self, points: tuple[tuple[float, float, int], ...]) -> None:
        self.painted.emit(tuple((float(x), float(y), int(label)) for x, y, label in points))

    def _clear(self) -> None:
        self.painted.emit(())
        self.released.emit()


def _icon(theme: Theme, thing: str) -> QIcon:
    pixmap = QPixmap(28, 28)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(QColor(0, 0, 0, 0))
    with QPainter(pixmap) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_symbol(painter, QPointF(7, 7), look.MARKERS[thing], theme.colour(thing), 5.5)
    return QIcon(pixmap)
