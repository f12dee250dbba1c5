"""A frame of the race, in the real window: eight runners whose trails have 2,000 points.

The reference is the same three plots, at the same sizes, drawn by pyqtgraph: a picture of the surface, curves
by `setData` as far as the step, markers, playhead, axes. Its lines are as wide as ours, those over the map
with the same rim; to its advantage it has no ranking, no label, no contour and no inspector beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np

from bench.harness import Pair, benchmark

RACE = (
    "surface=rosenbrock&steps=2000&adamw.on=true&amsgrad.on=true&noise=0.05&gradient_descent.learning_rate=0.002"
    "&momentum.learning_rate=0.002&nesterov.learning_rate=0.0005&rmsprop.learning_rate=0.02"
)
LAST = 2000
SIZES = {"1280x800": (1280, 800), "3840x2160": (3840, 2160)}
FRAMES = 60
"""Frames that make one figure."""


@contextmanager
def window(width: int, height: int) -> Iterator[Any]:
    """The real window with the whole race computed, at rest on one of its last steps."""
    from PySide6.QtWidgets import QApplication

    from app.shell import drive
    from app.stage import theme

    app = cast(QApplication, QApplication.instance() or QApplication([]))
    theme.ensure_fonts()
    made = drive.open_window(app, link=f"optimization/race?{RACE}")
    made.resize(width, height)
    drive.settle(made)
    made.player.go(LAST - FRAMES - 1)
    drive.settle(made)
    made.player.set_visible(False)  # its timer would settle between two steps, as it does not while it plays
    try:
        yield made
    finally:
        drive.close(made)


def painted(change: Callable[[], object]) -> float:
    """Milliseconds from a change to its picture.

    A graphics scene first gathers what has changed and then asks for its painting: two rounds of events.
    """
    from PySide6.QtWidgets import QApplication

    start = time.perf_counter()
    change()
    for _ in range(2):
        QApplication.processEvents()
    return (time.perf_counter() - start) * 1e3


def frames(lab: Any) -> list[float]:
    """The last steps of the race, one after another: milliseconds each."""
    player = lab.player
    player.go(LAST - FRAMES - 1)
    painted(player._move)
    return [painted(lambda step=step: player.go(step)) for step in range(LAST - FRAMES, LAST)]  # type: ignore[misc]


def redraws(lab: Any) -> list[float]:
    """Steps back, pans and zooms in turn: milliseconds each."""
    from PySide6.QtCore import QPointF

    player, plot = lab.player, lab.stage.current.view.surface_plot
    found = []
    for i in range(FRAMES // 3):
        player.go(LAST - FRAMES - i)
        found.append(painted(lambda: player.go(player.index - 1)))
        found.append(painted(lambda i=i: plot.pan(QPointF(3 if i % 2 else -3, 2))))  # type: ignore[misc]
        found.append(painted(lambda i=i: plot.zoom(0.9 if i % 2 else 1 / 0.9)))  # type: ignore[misc]
    plot.home()
    return found


def _pens(trail: Any, thin: bool) -> list[Any]:
    return [trail._rim_pen, trail._pen] if trail.cased and not thin else [trail._pen]


class Reference:
    """The same plots by pyqtgraph alone, in a window of their own.

    With `thin` its lines are a pixel wide and have no rims: the fastest that it can draw.
    """

    def __init__(self, lab: Any, thin: bool = False) -> None:
        import pyqtgraph as pg
        from PySide6.QtWidgets import QWidget

        view, trace = lab.stage.current.view, lab.player.trace
        self.window = QWidget()
        self.window.resize(lab.size())
        self.plots, self.curves, self.heads, self.lines = [], [], [], []
        positions, values = trace.series("positions"), trace.series("values")
        steps = np.arange(len(values), dtype=float)
        loss, far = (
            np.log10(np.maximum(values, 1e-12)),
            np.log10(np.maximum(trace.series("distances"), 1e-12)),
        )
        self.data = [
            [(positions[:, i, 0].copy(), positions[:, i, 1].copy()) for i in range(8)],
            *([(steps, column[:, i].copy()) for i in range(8)] for column in (loss, far)),
        ]
        for k, ours in enumerate((view.surface_plot, *view.charts)):
            plot = pg.PlotWidget(self.window)
            plot.setGeometry(ours.geometry())
            if k == 0:
                plot.addItem(self._surface(pg, view))
            (x0, x1), (y0, y1) = ours._span
            plot.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0)
            pens = [pen for trail in ours.trails for pen in _pens(trail, thin)]
            widths = [1 if thin else pen.widthF() for pen in pens]
            alike = [pg.mkPen(pen.color(), width=w) for pen, w in zip(pens, widths, strict=True)]  # cosmetic
            self.curves.append([plot.plot(pen=pen, antialias=True) for pen in alike])
            self.heads.append(pg.ScatterPlotItem(size=10))
            plot.addItem(self.heads[-1])
            if k:
                self.lines.append(pg.InfiniteLine(angle=90))
                plot.addItem(self.lines[-1])
            self.plots.append(plot)
        self.window.show()
        self.draw(LAST - FRAMES - 1)
        self.window.repaint()

    @staticmethod
    def _surface(pg: Any, view: Any) -> Any:
        from PySide6.QtCore import QRectF

        heatmap = view.surface_plot._layers[0]
        (x0, x1), (y0, y1) = heatmap.x, heatmap.y
        image = pg.ImageItem(heatmap.values.T)
        image.setColorMap(pg.colormap.get("viridis"))
        image.setRect(QRectF(x0, y0, x1 - x0, y1 - y0))
        return image

    def draw(self, step: int) -> None:
        for curves, heads, data in zip(self.curves, self.heads, self.data, strict=True):
            rims = len(curves) // len(data)
            for i, curve in enumerate(curves):
                x, y = data[i // rims]
                curve.setData(x[: step + 1], y[: step + 1])
            heads.setData([x[step] for x, _ in data], [y[step] for _, y in data])
        for line in self.lines:
            line.setValue(step)

    def frames(self) -> list[float]:
        return [painted(lambda step=step: self.draw(step)) for step in range(LAST - FRAMES // 5, LAST)]  # type: ignore[misc]

    def close(self) -> None:
        self.window.close()
        self.window.deleteLater()


def _race(
    size: str, ours: Callable[[Any], list[float]], percentile: float = 50, *, thin: bool = False
) -> Pair:
    """Ours and the reference, each set up and taken down for every figure: neither weighs on the other."""

    def mine() -> float:
        with window(*SIZES[size]) as lab:
            return float(np.percentile(ours(lab), percentile))

    def theirs() -> float:
        with window(*SIZES[size]) as lab:
            reference = Reference(lab, thin)
            lab.hide()
            try:
                return float(np.percentile(reference.frames(), 50))
            finally:
                reference.close()

    return mine, theirs


@benchmark("race frame at 1280x800, against pyqtgraph's setData", bound=0.3, unit="ms frame", rounds=3)
def small() -> Pair:
    return _race("1280x800", frames)


@benchmark("race frame at 3840x2160, against pyqtgraph's setData", bound=0.15, unit="ms frame", rounds=3)
def large() -> Pair:
    return _race("3840x2160", frames)


@benchmark("race frame at 1280x800, against its lines of one pixel", bound=None, unit="ms frame", rounds=3)
def small_thin() -> Pair:
    return _race("1280x800", frames, thin=True)


@benchmark("race frame at 3840x2160, against its lines of one pixel", bound=None, unit="ms frame", rounds=3)
def large_thin() -> Pair:
    return _race("3840x2160", frames, thin=True)


@benchmark("race frame at 3840x2160: p99 in a 60 Hz frame", bound=1.0, unit="ms p99", rounds=3)
def worst() -> Pair:
    return _race("3840x2160", frames, 99)[0], 1000 / 60


@benchmark("race step back, pan or zoom at 1280x800", bound=1.5, unit="ms redraw", rounds=3)
def small_redraw() -> Pair:
    return _race("1280x800", redraws)


@benchmark("race step back, pan or zoom at 3840x2160", bound=1.0, unit="ms redraw", rounds=3)
def large_redraw() -> Pair:
    return _race("3840x2160", redraws)
