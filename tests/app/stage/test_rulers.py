"""Rulers: taken anywhere along their length, by mouse and by keys."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from app.stage import theme
from app.stage.plots import Plot
from app.stage.rulers import Ruler


@pytest.fixture
def plot(qtbot: QtBot) -> Plot:
    made = Plot("x", "y")
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.set_range((0, 10), (0, 1))
    made.show()
    return made


def drag(qtbot: QtBot, ruler: Ruler, start: QPoint, by: QPoint) -> None:
    qtbot.mousePress(ruler, Qt.MouseButton.LeftButton, pos=start)
    before = ruler.pos()
    qtbot.mouseMove(ruler, start + by - (ruler.pos() - before))
    qtbot.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=ruler.rect().center())


@pytest.mark.parametrize("upright", [True, False])
def test_it_moves_across_its_own_way_only(qtbot: QtBot, plot: Plot, upright: bool) -> None:
    ruler = Ruler(plot, "Threshold", upright=upright)
    ruler.place(5 if upright else 0.5)
    moved, released = QSignalSpy(ruler.moved), QSignalSpy(ruler.released)
    near_an_end = QPoint(ruler.width() // 2, 12) if upright else QPoint(12, ruler.height() // 2)
    drag(qtbot, ruler, near_an_end, QPoint(60, -30))
    assert released.count() == 1
    box = plot.mapping.rect
    expected = 5 + 10 * 60 / box.width() if upright else 0.5 + 30 / box.height()
    assert moved.at(moved.count() - 1)[0] == pytest.approx(expected, abs=0.02 * (10 if upright else 1))
    assert ruler.position() == moved.at(moved.count() - 1)[0]
    assert ruler.accessibleName().startswith("Threshold at")


def test_keys_move_it_and_letting_go_says_so(qtbot: QtBot, plot: Plot) -> None:
    ruler = Ruler(plot, "Level", upright=False)
    ruler.place(0.5)
    moved, released = QSignalSpy(ruler.moved), QSignalSpy(ruler.released)
    qtbot.keyClick(ruler, Qt.Key.Key_Left)
    assert (moved.count(), released.count()) == (0, 0)
    qtbot.keyClick(ruler, Qt.Key.Key_Up)
    assert moved.count() == released.count() == 1
    first = ruler.position()
    assert first is not None
    assert first > 0.5
    qtbot.keyClick(ruler, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert ruler.position() == pytest.approx(first - 5 * (first - 0.5), abs=1e-9)


def test_it_stays_within_its_ends_and_the_plot(qtbot: QtBot, plot: Plot) -> None:
    ruler = Ruler(plot, "Prevalence", upright=False, within=(0.2, 0.8))
    ruler.place(0.5)
    drag(qtbot, ruler, ruler.rect().center(), QPoint(0, -900))
    assert ruler.position() == 0.8
    drag(qtbot, ruler, ruler.rect().center(), QPoint(0, 900))
    assert ruler.position() == 0.2


def test_out_of_view_it_is_hidden_and_keeps_its_place(qtbot: QtBot, plot: Plot) -> None:
    ruler = Ruler(plot, "Threshold")
    ruler.place(50)
    assert not ruler.isVisible()
    plot.set_range((0, 100), (0, 1))
    assert ruler.isVisible()
    ruler.withdraw()
    assert not ruler.isVisible()


@pytest.mark.parametrize("look", theme.THEMES.values(), ids=lambda t: t.name)
def test_it_is_seen_on_either_ground(qtbot: QtBot, plot: Plot, look: theme.Theme) -> None:
    plot.set_theme(look)
    empty = plot.grab().toImage()
    ruler = Ruler(plot, "Threshold", dashed=True)
    ruler.place(5)
    assert plot.grab().toImage() != empty
