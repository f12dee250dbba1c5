"""Training and held-out error against what one can turn, with a ring at the present value to be dragged."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.stage.ground import Landmark, Layer, Line, Paper
from app.stage.handles import Handle
from app.stage.marks import unit
from app.stage.plots import Plot

FLOOR, CEILING = 3e-3, 30.0
"""Errors beyond these are drawn at the edge: a curve through its points, or one gone wild."""


@dataclass(frozen=True, eq=False)
class Dots(Layer):
    """Where there are values (n, 2) and not only the line between them."""

    points: np.ndarray
    thing: str

    def paint(self, paper: Paper) -> None:
        dots = [QPointF(*each) for each in paper.mapping.pixels(self.points).tolist()]
        for width, colour in ((7.0, QColor(paper.theme.ground)), (4.6, paper.theme.colour(self.thing))):
            paper.painter.setPen(QPen(colour, width * unit(), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            paper.painter.drawPoints(QPolygonF(dots))


class ErrorChart(Plot):
    """Errors on a logarithmic axis. `turned` carries the value that the ring was dragged or clicked to."""

    turned = Signal(float)
    released = Signal()

    def __init__(
        self, x_label: str, span: tuple[float, float], name: str, *, log_x: bool = False,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(x_label, "Error (RMS, log scale)", log_x=log_x, log_y=True, grid=True, fixed=True,
                         parent=parent)  # fmt: skip
        self.span = span
        self._home_range: tuple[tuple[float, float], tuple[float, float]] | None = None
        self._drawn: tuple[object, ...] = ()
        self.setAccessibleName(f"Training and held-out error against {name}")
        self.ring = Handle(self, name, within=(span, (1e-9, 1e9)))
        self.ring.moved.connect(self._moved)
        self.ring.released.connect(self.released)
        self.clicked.connect(self._clicked)

    def show_errors(
        self, x: np.ndarray, errors: np.ndarray, at: float, now: tuple[float, float], *, dots: bool,
        alive: bool,
    ) -> None:  # fmt: skip
        """Errors (n, 2) of training and held-out points at x (n,); `now` at the present value.

        Args:
            dots: whether only these values exist (degrees), so that each has its dot.
            alive: whether turning it changes anything.
        """
        drawn = (errors.tobytes(), dots, alive, self.theme.name)
        if drawn != self._drawn:
            self._drawn = drawn
            self._draw_curves(x, errors, dots=dots, alive=alive)
        low, high = self.view_range()[1]
        shown = now[1] if math.isfinite(now[1]) else now[0]
        if alive and math.isfinite(shown):
            self.playhead().move(at)
            self.ring.place(at, min(max(shown, low), high))
        else:
            self.playhead().move(math.nan)
            self.ring.hide()

    def _draw_curves(self, x: np.ndarray, errors: np.ndarray, *, dots: bool, alive: bool) -> None:
        self._fit(errors)
        low, high = self.view_range()[1]
        layers: list[Layer] = []
        place = _apart(errors)
        for column, thing, label in ((0, "training", "training"), (1, "held_out", "held out")):
            seen = np.isfinite(errors[:, column])
            if not seen.any():
                continue
            points = np.column_stack([x, np.clip(errors[:, column], low, high)])
            if dots:
                layers.append(Dots(points[seen], thing))
            layers.append(Line(points, thing, label, width=1.8, label_at=place))
        held = errors[:, 1]
        if alive and np.isfinite(held).any():
            best = int(np.nanargmin(held))
            layers.append(Landmark(float(x[best]), float(np.clip(held[best], low, high)), "best"))
        self.set_ground(*layers)

    def _fit(self, errors: np.ndarray) -> None:
        """A range that ends at half decades, so that it seldom changes while a thing is dragged."""
        seen = errors[np.isfinite(errors)]
        low = min(max(float(seen.min(initial=1.0)), FLOOR), 0.1)
        high = max(min(float(seen.max(initial=0.0)), CEILING), 1.0)
        y = (10 ** (math.floor(2 * math.log10(low)) / 2), 10 ** (math.ceil(2 * math.log10(high)) / 2))
        first, last = self.span
        margin = (last / first) ** 0.03 if self.log_x else 0.03 * (last - first)
        x = (first / margin, last * margin) if self.log_x else (first - margin, last + margin)
        if self._home_range != (x, y):
            self._home_range = (x, y)
            self.set_range(x, y)

    def _moved(self, x: float, _: float) -> None:
        self.turned.emit(x)

    def _clicked(self, x: float, _: float) -> None:
        self.turned.emit(min(max(x, self.span[0]), self.span[1]))
        self.released.emit()


def _apart(errors: np.ndarray) -> float:
    """Where along the curves, as a share of their points, they lie furthest apart: names have room there."""
    first, last = len(errors) // 6, len(errors) - len(errors) // 6
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.abs(np.log(errors[first:last, 1]) - np.log(errors[first:last, 0]))
    gap = np.where(np.isfinite(gap), gap, -1.0)
    return (first + int(gap.argmax())) / (len(errors) - 1)
