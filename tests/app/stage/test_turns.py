"""Grounds are painted one a frame while something is drawn as it is computed, and all of them in the end."""

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.stage import theme
from app.stage.ground import Region
from app.stage.plots import Plot
from app.stage.turns import APART, Turns
from app.stage.view import View

Pair = tuple[Turns, Plot, Plot, View]
CORNERS = [(0.2, 0.2), (0.8, 0.2), (0.5, 0.9)]


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("app.stage.turns.time", made)
    return made


@pytest.fixture
def pair(qtbot: QtBot, clock: Clock) -> Pair:
    view = View()
    qtbot.addWidget(view)
    first, second = Plot("x", "y", parent=view), Plot("x", "y", parent=view)
    view.resize(500, 260)
    first.setGeometry(0, 0, 240, 240)
    second.setGeometry(250, 0, 240, 240)
    turns = Turns()
    turns.share(view)
    view.show()
    qtbot.waitExposed(view)
    for plot in (first, second):
        plot.grab()
    turns.taken = True
    clock.now += 1
    return turns, first, second, view


def filled(colour: str) -> Region:
    return Region(CORNERS, colour, opacity=1.0)


def changed(plot: Plot, before: QImage) -> bool:
    return plot.grab().toImage() != before


def test_of_two_grounds_the_second_waits_its_turn(pair: Pair, clock: Clock) -> None:
    turns, first, second, _ = pair
    images = [plot.grab().toImage() for plot in (first, second)]
    for plot in (first, second):
        plot.set_ground(filled("accent"))
    assert changed(first, images[0])
    assert not changed(second, images[1])
    assert turns.waiting
    clock.now += APART + 0.001
    assert changed(second, images[1])
    assert not turns.waiting


def test_who_waits_is_painted_without_being_asked(pair: Pair, clock: Clock, qtbot: QtBot) -> None:
    turns, first, second, _ = pair
    for plot in (first, second):
        plot.set_ground(filled("accent"))
        plot.viewport().repaint()
    assert turns.waiting
    turns.taken = False  # the computing has ended; turns that were promised are kept
    clock.now += APART + 0.001
    qtbot.waitUntil(lambda: not turns.waiting, timeout=2000)


def test_when_nothing_is_computed_nobody_waits(pair: Pair) -> None:
    turns, first, second, _ = pair
    turns.taken = False
    images = [plot.grab().toImage() for plot in (first, second)]
    for plot in (first, second):
        plot.set_ground(filled("accent"))
    assert changed(first, images[0])
    assert changed(second, images[1])


def test_a_new_size_or_theme_does_not_wait(pair: Pair) -> None:
    turns, first, second, _ = pair
    for plot in (first, second):
        plot.set_theme(theme.DARK)
        plot.viewport().repaint()
        plot.resize(200, 220)
        QApplication.processEvents()
    assert not turns.waiting
    dark = second.grab().toImage().pixelColor(2, 2)
    assert dark.name().upper() == theme.DARK.ground


def test_a_plot_out_of_sight_is_not_waited_for(pair: Pair, clock: Clock, qtbot: QtBot) -> None:
    turns, first, second, _ = pair
    for plot in (first, second):
        plot.set_ground(filled("accent"))
        plot.viewport().repaint()
    second.hide()
    qtbot.waitUntil(lambda: not turns.waiting, timeout=2000)


def test_a_plot_that_goes_out_of_sight_at_its_turn_is_not_waited_for(pair: Pair, clock: Clock) -> None:
    """Told to paint, it is hidden before Qt paints it: nobody would ever ask for it again."""
    turns, first, second, _ = pair
    for plot in (first, second):
        plot.set_ground(filled("accent"))
        plot.viewport().repaint()
    assert turns.waiting
    clock.now += APART + 0.001
    turns._timer.stop()  # as it is once it has run out
    turns._next()
    second.hide()
    QApplication.processEvents()
    assert not turns.waiting
