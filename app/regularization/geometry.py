"""Why L1 gives exact zeros: the loss's ellipses, a penalty's ball, and the solvers on their way between."""

from __future__ import annotations

import math
from typing import Any, cast

import msgspec
import numpy as np
from PySide6.QtGui import QColor, QFontMetricsF
from PySide6.QtWidgets import QWidget

from app.regularization.budget_chart import BudgetChart
from app.regularization.geometry_shapes import RING, Ball, Ellipses, Fan, Zeros
from app.regularization.geometry_words import (
    SHORT,
    describe,
    minima_lines,
    notes,
    shares,
    solver_lines,
    titles,
)
from app.regularization.ledger import Ledger
from app.stage import theme as look
from app.stage.ground import Landmark, Layer
from app.stage.ground import Line as Polyline
from app.stage.handles import Handle
from app.stage.header import Line
from app.stage.marks import Arrow
from app.stage.plots import Plot
from app.stage.theme import GROUP, PANEL, Theme
from app.stage.view import View
from core.regularization.balls import outline
from core.regularization.geometry import GeometryConfig, GeometryFrame, Picture
from core.regularization.geometry_config import LARGEST_BUDGET, SMALLEST_BUDGET, WINDOW
from core.regularization.solvers import NAMES
from core.regularization.zero_regions import ZeroRegion
from core.trace import Trace

EDGE = ((-WINDOW, WINDOW), (-WINDOW, WINDOW))
AXES = (((-WINDOW, 0.0), (WINDOW, 0.0)), ((0.0, -WINDOW), (0.0, WINDOW)))
FLOOR = 1e-9
"""The log axis of distances ends here: what is nearer, or there, runs along it."""
ROOMY = 430
"""Pixels of the table from which it gives its reasons at length."""
PULL = 0.15
"""Of the plane's side, the length of the two gradients' arrows: equally long, as they cancel."""


class GeometryView(View):
    """The plane of weights; beside it loss against budget, the solvers' distances, and their zeros."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plane = Plot("w₁", "w₂", equal=True, parent=self)
        self.plane.set_range(*EDGE)
        self.plane.set_ground(*(Polyline(np.array(line), "muted", width=0.8) for line in AXES))
        self.head, self.foot = Line(self), Line(self)
        self.foot.setProperty("role", "muted")
        self._dress_lines()
        self.budgets = BudgetChart(self)
        self.race = Plot("Step", "Distance to the solution, log", log_y=True, grid=True, parent=self)
        self.ledger = Ledger(self)
        for name in NAMES:
            self.plane.trail(name, size=5.0)
            self.race.trail(name, label=SHORT[name], width=1.5, cased=False, size=3.4)
        self.solution = self.plane.mark("solution", thing="solution", size=7.0)
        self.arrows = self.plane.arrows()
        self.start = Handle(self.plane, "Start of the solvers", symbol="x", colour="muted", within=EDGE)
        self.ball = Handle(self.plane, "Corner of the ball", symbol="o", colour="accent")
        self.axis = Handle(self.plane, "Axis of the ellipses", symbol="d", colour="muted")
        self.minimum = Handle(self.plane, "Free minimum", within=EDGE)
        self._picture: Picture | None = None
        self._trace: Trace | None = None
        self._drawn: tuple[object, ...] = ()
        self._shape: tuple[bool, int] = (True, 0)
        self._region: ZeroRegion | None = None
        self.minimum.moved.connect(self._move_minimum)
        self.start.moved.connect(self._move_start)
        self.axis.moved.connect(self._move_axis)
        self.ball.moved.connect(self._move_ball)
        self.budgets.budget_moved.connect(self._move_budget)
        for handle in self._handles:
            handle.released.connect(self._let_go)
        self.ledger.chosen.connect(self._choose)
        for plot in (self.plane, self.race):
            plot.mark_hovered.connect(self._inspect)
            plot.mark_clicked.connect(self._choose)
        self.parts = (self.plane, self.budgets, self.race, self.ledger)

    @property
    def _handles(self) -> tuple[Handle, ...]:
        return (self.start, self.ball, self.axis, self.minimum, self.budgets.point)

    @property
    def _is_held(self) -> bool:
        return any(handle.held for handle in self._handles)

    @property
    def _config(self) -> GeometryConfig:
        return cast(GeometryConfig, self.config)

    # --- what the stage calls --------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._dress_lines()

    def _dress_lines(self) -> None:
        self.head.setFont(look.font(look.BODY, bold=True))
        self.foot.setFont(look.font(look.CAPTION))

    def show_config(self, config: Any, inputs: object) -> None:
        super().show_config(config, inputs)
        self.race.set_range((0.0, float(max(1, config.steps))), (FLOOR, 10.0))
        for plot in (self.plane, self.race):
            plot.emphasise(config.inspected)

    def draw(self, trace: Trace, index: int) -> None:
        frame = trace.frame(index)
        if not isinstance(frame, GeometryFrame):
            return
        self._trace = trace
        self._show_picture(frame.picture)
        positions = trace.series("positions")
        distances = np.maximum(trace.series("distances"), FLOOR)
        for plot, values in ((self.plane, positions), (self.race, distances)):
            for trail in plot.trails:
                if trail.key in frame.solvers:
                    trail.show(values[:, frame.solvers.index(trail.key)], index)
                else:
                    trail.clear()
        self.race.playhead().move(index)
        config = self._config
        if frame.solvers:
            lines = solver_lines(frame, at_length=self.ledger.width() >= ROOMY)
            self.ledger.show_lines(*lines, name="Solvers", selected=config.inspected)
        else:
            lines = minima_lines(frame.picture, config)
            self.ledger.show_lines(*lines, name="Local minima", choosable=False)
        if (shape := (bool(frame.solvers), len(self.ledger.lines))) != self._shape:
            self._shape = shape
            self.lay_out()

    def settle(self) -> None:
        if self._picture is not None and not self._is_held:
            self.budgets.fit(self._picture)
        for plot in (self.plane, self.budgets, self.race):
            plot.settle()

    def describe(self, trace: Trace, index: int) -> str:
        frame = trace.frame(index)
        return describe(frame, self._config) if isinstance(frame, GeometryFrame) else ""

    def notes(self, trace: Trace, index: int) -> list[str]:
        frame = trace.frame(index)
        return notes(frame, self._config) if isinstance(frame, GeometryFrame) else []

    # --- what the reader does --------------------------------------------------------------------

    def _edit(self, **changes: Any) -> None:
        self.edited.emit(msgspec.structs.replace(self._config, **changes))

    def _move_minimum(self, x: float, y: float) -> None:
        self._edit(minimum=(float(x), float(y)))

    def _move_start(self, x: float, y: float) -> None:
        self._edit(start=(float(x), float(y)))

    def _move_axis(self, x: float, y: float) -> None:
        """The end of the long axis of the first ellipse: its direction turns, its distance stretches."""
        across, up = x - self._config.minimum[0], y - self._config.minimum[1]
        if across == 0 and up == 0:
            return
        turned = math.degrees(math.atan2(up, across))
        turned -= 180.0 * round(turned / 180.0)
        stretch = (math.hypot(across, up) / RING) ** 2
        self._edit(rotation=float(turned), stretch=float(min(6.0, max(1.0, stretch))))

    def _move_ball(self, x: float, y: float) -> None:
        self._move_budget(abs(x))

    def _move_budget(self, budget: float) -> None:
        self._edit(budget=float(min(LARGEST_BUDGET, max(SMALLEST_BUDGET, budget))))

    def _let_go(self) -> None:
        if self._picture is not None:  # to where it belongs: on its axis, on the curve
            self._place_handles(self._picture)
            self.budgets.fit(self._picture)
            self.budgets.show_picture(self._picture)
        self.committed.emit()

    def _inspect(self, key: str) -> None:
        if key in NAMES and key != self._config.inspected:
            self._edit(inspected=key)

    def _choose(self, key: str) -> None:
        self._inspect(key)
        self.committed.emit()

    # --- drawing ---------------------------------------------------------------------------------

    def _show_picture(self, picture: Picture) -> None:
        """Draw what does not move with the steps; again only when it is another."""
        config = self._config
        key = (picture, config.shaded, config.held, self.theme.name)
        if key == self._drawn:
            return
        fresh = picture is not self._picture
        self._drawn, self._picture = key, picture
        touch = picture.touch
        self._refit()
        self._shade(picture)
        self.plane.set_scenery(*self._layers(picture))
        self.solution.move(touch.w1, touch.w2)
        self._place_handles(picture)
        if fresh:
            if not self._is_held:  # while a hand moves, the axes stay
                self.budgets.fit(picture)
            self.budgets.show_picture(picture)

    def _refit(self) -> None:
        """What is as long as there is room."""
        if self._picture is not None:
            self._pull(self._picture)
            self.head.set_text(_fitting(self.head, titles(self._picture, self._config)))
            self.foot.set_text(_fitting(self.foot, shares(self._picture)))

    def _shade(self, picture: Picture) -> None:
        """The region is ground: while the budget is held, moving the free minimum leaves it as it is."""
        region = picture.for_budget if self._config.held == "budget" else picture.for_strength
        shown = region if self._config.shaded else None
        if shown is not self._region:
            self._region = shown
            shade = [] if shown is None else [Zeros(shown, WINDOW)]
            self.plane.set_ground(*shade, *(Polyline(np.array(line), "muted", width=0.8) for line in AXES))

    def _layers(self, picture: Picture) -> list[Layer]:
        touch = picture.touch
        layers: list[Layer] = []
        layers.append(Ellipses(picture.bowl, picture.loss))
        if touch.budget > 0:
            layers.append(Ball(outline(picture.penalty, touch.budget)))
        if (fan := picture.fan()) is not None:
            layers.append(Fan((touch.w1, touch.w2), fan))
        layers += [Landmark(other.w1, other.w2, "local") for other in touch.minima[1:]]
        return layers

    def _pull(self, picture: Picture) -> None:
        """The two gradients at the solution: equal and opposite."""
        touch, (g1, g2) = picture.touch, picture.gradient
        if touch.strength == 0 or touch.budget == 0:
            self.arrows.hide()
            return
        length = PULL * min(self.plane.width(), self.plane.height())
        shown = [
            Arrow("loss pulls", (-g1, -g2), QColor(self.theme.text), length),
            Arrow("penalty pulls", (g1, g2), QColor(self.theme.accent), length),
        ]
        self.arrows.show((touch.w1, touch.w2), shown)

    def _place_handles(self, picture: Picture) -> None:
        config = self._config
        x, y = config.minimum
        if not self.minimum.held:
            self.minimum.place(x, y)
        if not self.axis.held:
            reach, turn = RING * math.sqrt(config.stretch), math.radians(config.rotation)
            inward = -1.0 if x * math.cos(turn) + y * math.sin(turn) > 0 else 1.0  # the end that is in view
            self.axis.place(x + inward * reach * math.cos(turn), y + inward * reach * math.sin(turn))
        if not self.ball.held:
            side = 1.0 if picture.touch.w1 < 0 else -1.0  # opposite the solution
            self.ball.place(side * min(WINDOW, picture.touch.budget), 0.0)
        if config.frames() == 1:
            self.start.withdraw()
        elif not self.start.held:
            self.start.place(*config.start)

    # --- layout ----------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """The plane is a square as large as fits; the charts and the table take what is left."""
        width, height = self.width(), self.height()
        top, foot = self.head.sizeHint().height() + 2, self.foot.sizeHint().height()
        side = min(round(0.60 * width), height - top - foot + 10)
        square = min(height - top - foot, side + 8)
        self.head.setGeometry(6, 0, side - 6, top)
        self.plane.setGeometry(0, top, side, square)
        self.foot.setGeometry(6, top + square, side - 6, foot)
        x = side + (GROUP if width > 900 else PANEL)
        right = max(120, width - x)
        raced = self.config is None or self._config.frames() != 1
        rows = len(NAMES) if raced else max(3, len(self.ledger.lines))
        table = self.ledger.height_for(rows)
        room = max(120, height - table - 8)
        upper = round(0.52 * room) if raced else room
        self.budgets.setGeometry(x, 0, right, upper)
        self.race.setVisible(raced)
        self.race.setGeometry(x, upper, right, max(40, room - upper))
        self.ledger.setGeometry(x, room + 8, right, table)
        self._refit()


def _fitting(line: Line, texts: tuple[str, ...]) -> str:
    """The first of several wordings, longest first, that has room; else the last."""
    metrics = QFontMetricsF(line.font())
    return next((text for text in texts if metrics.horizontalAdvance(text) <= line.width() - 2), texts[-1])
