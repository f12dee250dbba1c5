"""What a hand does to the maps and the models: a pixel clicked, a start dragged, points painted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.optimization.basins import BasinsView
from app.optimization.models import ModelsView
from app.optimization.rates import RatesView
from app.stage.theme import DARK, LIGHT
from core.config import Config, from_query, validate
from core.optimization import basins, models, rates
from core.trace import Trace


class Shown:
    """A view with a run of its scene, as the stage shows it, and what it emitted."""

    def __init__(self, qtbot: QtBot, view: Any, module: Any, algorithm: Any, kind: type[Config], query: str):
        self.view = view
        qtbot.addWidget(view)
        view.resize(900, 620)
        view.set_theme(LIGHT)
        self.module, self.algorithm = module, algorithm
        self.edits: list[Any] = []
        self.commits = 0
        view.edited.connect(self._edited)
        view.committed.connect(self._committed)
        self.config: Any = from_query(kind, query)
        self.show()
        view.show()
        qtbot.waitExposed(view)

    def show(self) -> None:
        *_, self.inputs = self.module.prepare(self.config)
        self.trace = Trace(self.algorithm, self.config, self.inputs).run()
        self.view.show_config(self.config, self.inputs)
        self.at(min(20, self.trace.available - 1))

    def at(self, index: int) -> None:
        self.view.draw(self.trace, index)
        self.view.settle()

    def _edited(self, config: Any) -> None:
        self.edits.append(validate(config))

    def _committed(self) -> None:
        self.commits += 1


def pixel(plot: Any, x: float, y: float) -> QPoint:
    at = plot.mapping.point(x, y)
    assert at is not None
    return at.toPoint()


def click(plot: Any, x: float, y: float) -> None:
    QTest.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=pixel(plot, x, y))


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_a_click_on_the_map_selects_that_pixels_run(qtbot: QtBot, optimizer: str) -> None:
    query = f"resolution=32&optimizer={optimizer}&second_high=0.999"
    shown = Shown(qtbot, RatesView(), rates, rates.rates, rates.RatesConfig, query)
    found = shown.inputs
    i, j = 20, 9
    click(shown.view.map, float(found.learning_rates[j]), shown.view._on_axis(float(found.seconds[i])))
    chosen = shown.edits[-1].selected
    assert chosen == (found.learning_rates[j], found.seconds[i])
    assert shown.commits == 1
    shown.config = shown.edits[-1]
    shown.show()
    x, y = shown.view.selected.position()
    assert found.nearest((x, shown.view._second(y))) == (i, j)


def test_the_reading_follows_the_mouse_and_comes_back(qtbot: QtBot) -> None:
    shown = Shown(qtbot, RatesView(), rates, rates.rates, rates.RatesConfig, "resolution=32")
    view = shown.view
    own = view.reading.text()
    assert "theory" in own
    view.map.hovered.emit(0.9, 0.1)
    assert "diverges" in view.reading.text()
    view.map.hovered.emit(float("nan"), float("nan"))
    assert view.reading.text() == own


def test_a_start_dragged_on_the_surface_is_edited(qtbot: QtBot) -> None:
    shown = Shown(qtbot, RatesView(), rates, rates.rates, rates.RatesConfig, "resolution=32")
    handle = shown.view.start
    QTest.keyClick(handle, Qt.Key.Key_Right)
    assert shown.edits[-1].start[0] > -4.0
    assert shown.edits[-1].start[1] == pytest.approx(2.5)


def test_a_diverging_run_ends_and_says_so(qtbot: QtBot) -> None:
    shown = Shown(
        qtbot, RatesView(), rates, rates.rates, rates.RatesConfig, "resolution=32&selected=[0.9,0.5]"
    )
    shown.at(shown.trace.available - 1)
    assert "diverged at step" in shown.view.notes(shown.trace, shown.trace.available - 1)[0]
    (_, last), _ = shown.view.chart.view_range()
    assert last == shown.trace.available - 1


def test_a_click_on_the_basins_starts_there(qtbot: QtBot) -> None:
    shown = Shown(qtbot, BasinsView(), basins, basins.basins, basins.BasinsConfig, "resolution=32")
    click(shown.view.map, 2.0, -3.0)
    assert np.allclose(shown.edits[-1].start, (2.0, -3.0), atol=0.1)
    assert shown.commits == 1
    shown.config = shown.edits[-1]
    shown.show()
    assert "B (3.58, −1.85)" in shown.view.notes(shown.trace, 20)[0]
    assert "25" in shown.view.shares.accessibleDescription()


def test_points_are_painted_and_cleared(qtbot: QtBot) -> None:
    query = 'problem=mlp&steps=20&points=20&data={"name":"few"}'
    shown = Shown(qtbot, ModelsView(), models, models.train, models.ModelsConfig, query)
    pane = shown.view.field
    pane.brushes.button(1).click()
    QTest.mouseClick(pane.canvas, Qt.MouseButton.LeftButton, pos=pane.canvas.rect().center() + QPoint(60, 60))
    painted = shown.edits[-1].painted
    assert len(painted) == 1
    assert painted[0][2] == 1
    assert painted[0][0] > 0 > painted[0][1]
    assert shown.commits == 1
    shown.config = shown.edits[-1]
    shown.show()
    assert shown.inputs.training.x[-1] == pytest.approx(painted[0][:2])
    pane.clear.click()
    assert shown.edits[-1].painted == ()
    assert shown.commits == 2


def test_a_row_is_watched_and_an_optimizer_inspected(qtbot: QtBot) -> None:
    shown = Shown(qtbot, ModelsView(), models, models.train, models.ModelsConfig, "messages=300&steps=20")
    dots = shown.view.dots
    QTest.keyClick(dots, Qt.Key.Key_Down)
    assert shown.edits[-1].watched in shown.view._reading.parameters
    shown.view.standings.chosen.emit("momentum")
    assert shown.edits[-1].inspected == "momentum"
    shown.config = shown.edits[-1]
    before = shown.view.grab().toImage()
    shown.view.show_config(shown.config, shown.inputs)
    shown.at(20)
    assert shown.view.grab().toImage() != before


@pytest.mark.parametrize("query", ["messages=300&steps=20", "problem=regression&steps=20",
                                   "problem=mlp&points=40&steps=20"])  # fmt: skip
def test_nobody_taking_part_is_drawn_and_told(qtbot: QtBot, query: str) -> None:
    off = "".join(f"&{name}.on=false" for name in
                  ("gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam"))  # fmt: skip
    shown = Shown(qtbot, ModelsView(), models, models.train, models.ModelsConfig, query + off)
    shown.view.set_theme(DARK)
    shown.at(0)
    assert "No optimizer takes part" in shown.view.describe(shown.trace, 0)
    assert shown.view.notes(shown.trace, 0)


def test_a_diverged_model_is_told(qtbot: QtBot) -> None:
    query = "problem=regression&steps=40&rates=own&gradient_descent.learning_rate=100"
    shown = Shown(qtbot, ModelsView(), models, models.train, models.ModelsConfig, query)
    shown.at(40)
    assert "Gradient descent diverged at step" in " ".join(shown.view.notes(shown.trace, 40))
    assert "diverged" in shown.view.standings.accessibleDescription()
    (_, _), (_, high) = shown.view.losses.view_range()
    assert high < 1e4
