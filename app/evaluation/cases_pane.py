"""The cases on the plot: across the score by A, upwards the score by B; dragged, added, taken away."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.stage.brushes import Brushes
from app.stage.canvas import PointCanvas
from app.stage.plots import Plot
from app.stage.rulers import Ruler
from app.stage.theme import GAP, LIGHT, Theme

THINGS = ("negative", "positive")
MOST = 300
GRID = 2
"""Decimals that a dragged score keeps, so that scores can tie."""


class CasesPane(QWidget):
    """A square of cases with a threshold across it, and what a click adds below."""

    painted = Signal(object)
    """The new cases, a tuple of (score by A, score by B, class)."""
    moved = Signal(float)
    """The threshold of the classifier in hand, while it is dragged."""
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = LIGHT
        self.plot = Plot("Score by A", "Score by B", equal=True, fixed=True, parent=self)
        self.plot.set_range((-0.03, 1.03), (-0.03, 1.03))
        self.canvas = PointCanvas(self.plot, THINGS, most=MOST)
        self.rulers = (
            Ruler(self.plot, "Threshold of A", within=(-0.02, 1.02)),
            Ruler(self.plot, "Threshold of B", upright=False, within=(-0.02, 1.02)),
        )
        self.brushes = Brushes(
            self.canvas, ("Add negative", "Add positive"),
            ("A click adds a negative case", "A click adds a positive case"),
            "A click on free ground adds a case; a right click takes one away", self,
        )  # fmt: skip
        self.brushes.take(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.plot, 1)
        column.addWidget(self.brushes)
        self.canvas.edited.connect(self._edited)
        self.canvas.released.connect(self.released)
        for ruler in self.rulers:
            ruler.moved.connect(self.moved)
            ruler.released.connect(self.released)

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.plot.set_theme(theme)
        self.brushes.set_theme(theme)

    def foot(self) -> int:
        """Pixels that what stands below the square takes."""
        return self.brushes.button(0).sizeHint().height() + GAP

    def show_cases(self, cases: tuple[tuple[float, float, int], ...]) -> None:
        self.canvas.show_points(cases)

    def show_threshold(self, which: int, threshold: float) -> None:
        """The threshold of classifier `which`, upright or level."""
        for k, ruler in enumerate(self.rulers):
            if k != which:
                ruler.withdraw()
            elif not ruler.held:
                ruler.place(min(max(threshold, -0.02), 1.02))

    def _edited(self, points: tuple[tuple[float, float, int], ...]) -> None:
        self.painted.emit(tuple((_score(x), _score(y), int(label)) for x, y, label in points))


def _score(value: float) -> float:
    return round(min(max(float(value), 0.0), 1.0), GRID)
