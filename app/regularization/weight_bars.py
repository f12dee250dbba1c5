"""Weights as bars about zero; one that is exactly zero is an open ring."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QWidget

from app.stage.ground import Layer, Line, Paper
from app.stage.marks import unit
from app.stage.plots import Plot

MOST = 1e6
"""A weight beyond this ends at the edge."""


@dataclass(frozen=True, eq=False)
class Bars(Layer):
    """Heights (n,) at 1, 2, ..., n."""

    heights: np.ndarray

    def paint(self, paper: Paper) -> None:
        painter, theme = paper.painter, paper.theme
        fill = QColor(theme.accent)
        for i, height in enumerate(self.heights.tolist()):
            if not math.isfinite(height):
                continue
            zero = paper.mapping.point(i + 1, 0.0)
            end = paper.mapping.point(i + 1, height)
            side = paper.mapping.point(i + 1.32, 0.0)
            assert zero is not None
            assert end is not None
            assert side is not None
            half = side.x() - zero.x()
            if height == 0.0:
                painter.setPen(QPen(QColor(theme.text), 1.4))
                painter.setBrush(QColor(theme.panel))
                painter.drawEllipse(zero, 3.0 * unit(), 3.0 * unit())
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            top, bottom = sorted((zero.y(), end.y()))
            painter.drawRect(
                QRectF(QPointF(zero.x() - half, top), QPointF(zero.x() + half, max(bottom, top + 1)))
            )


class WeightBars(Plot):
    """One bar for each function of the curve."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Weight", "", fixed=True, parent=parent)
        self.setAccessibleName("Weights of the curve")
        self._span: tuple[tuple[float, float], tuple[float, float]]
        self._shown: tuple[int, float] = (0, 0.0)

    def show_weights(self, weights: np.ndarray, title: str) -> None:
        """The weights (n,), under a heading; the axis ends at a round number."""
        reach = nice(min(MOST, float(np.abs(weights).max(initial=0.0))))
        self.set_labels("Number of the function k", "Weight", title)
        if self._shown != (len(weights), reach):
            self._shown = (len(weights), reach)
            self.set_range((0.4, len(weights) + 0.6), (-1.08 * reach, 1.08 * reach))
        zero = np.array([[0.4, 0.0], [len(weights) + 0.6, 0.0]])
        self.set_ground(Line(zero, "muted", width=1.0), Bars(weights))


def nice(value: float) -> float:
    """1, 2 or 5 times a power of ten, at or above the value and at least 0.1."""
    value = max(value, 0.1)
    power = 10.0 ** math.floor(math.log10(value))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= value * (1 - 1e-9))
