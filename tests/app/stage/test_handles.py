"""Handles and canvases: mouse, keys, what they emit."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from app.stage.canvas import PointCanvas
from app.stage.handles import Handle
from app.stage.plots import Plot


@pytest.fixture
def plot(qtbot: QtBot) -> Plot:
    made = Plot("x", "y")
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.set_range((0, 10), (0, 10))
    made.show()
    return made


@pytest.fixture
def handle(plot: Plot) -> Handle:
    made = Handle(plot, "Start")
    made.place(5, 5)
    return made


def drag(qtbot: QtBot, handle: Handle, by: QPoint) -> None:
    middle = handle.rect().center()
    qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=middle)
    before = handle.pos()
    qtbot.mouseMove(handle, middle + by - (handle.pos() - before))
    qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=handle.rect().center())


def test_dragging_moves_it_and_letting_go_says_so(qtbot: QtBot, plot: Plot, handle: Handle) -> None:
    moved, released = QSignalSpy(handle.moved), QSignalSpy(handle.released)
    drag(qtbot, handle, QPoint(60, -30))
    box = plot.mapping.rect
    assert moved.count() == 1
    assert moved.at(0) == pytest.approx([5 + 600 / box.width(), 5 + 300 / box.height()], abs=0.1)
    assert released.count() == 1
    assert handle.accessibleName().startswith("Start at (")


def test_it_stays_within_the_axes_and_its_bounds(qtbot: QtBot, plot: Plot, handle: Handle) -> None:
    drag(qtbot, handle, QPoint(5000, 5000))
    assert handle.position() == pytest.approx((10, 0))
    handle.place(5, 5)
    handle.within = ((4, 6), (4.5, 6))
    drag(qtbot, handle, QPoint(5000, 5000))
    assert handle.position() == (6, 4.5)


def test_arrow_keys_move_it_and_other_keys_pass(qtbot: QtBot, plot: Plot, handle: Handle) -> None:
    moved, released = QSignalSpy(handle.moved), QSignalSpy(handle.released)
    qtbot.keyClick(handle, Qt.Key.Key_Right)
    qtbot.keyClick(handle, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    box = plot.mapping.rect
    assert moved.count() == 2
    assert handle.position() == pytest.approx((5 + 40 / box.width(), 5 + 200 / box.height()))
    assert released.count() == 2
    qtbot.keyClick(handle, Qt.Key.Key_Space)
    assert moved.count() == 2


def test_it_follows_the_plot_and_hides_out_of_view(plot: Plot, handle: Handle) -> None:
    for change in (lambda: plot.resize(700, 500), lambda: plot.set_range((4, 8), (4, 8))):
        change()
        at = plot.mapping.point(5, 5)
        assert at is not None
        assert (handle.geometry().center() - at.toPoint()).manhattanLength() <= 3
    plot.set_range((6, 8), (6, 8))
    assert not handle.isVisible()
    plot.home()
    plot.set_range((0, 10), (0, 10))
    assert handle.isVisible()


def test_withdrawn_it_stays_away_until_it_is_placed(plot: Plot, handle: Handle) -> None:
    assert handle.isVisible()
    handle.withdraw()
    plot.resize(500, 320)
    plot.set_range((0, 20), (0, 20))
    assert not handle.isVisible()
    assert handle.position() is None
    handle.place(3, 3)
    assert handle.isVisible()


def test_placing_it_says_nothing(handle: Handle) -> None:
    moved = QSignalSpy(handle.moved)
    handle.place(7, 7)
    assert moved.count() == 0


def test_zero_is_zero_after_a_long_way_in_small_steps(qtbot: QtBot, handle: Handle) -> None:
    for key in [Qt.Key.Key_Left] * 10 + [Qt.Key.Key_Right] * 10:
        qtbot.keyClick(handle, key)
    assert handle.position() == pytest.approx((5, 5))


@pytest.fixture
def canvas(plot: Plot) -> PointCanvas:
    plot.fixed = True
    made = PointCanvas(plot, ("positive", "negative"), most=30)
    made.show()
    return made


def at(canvas: PointCanvas, x: float, y: float) -> QPoint:
    pixel = canvas.plot.mapping.point(x, y)
    assert pixel is not None
    return pixel.toPoint() - canvas.pos()


def test_a_click_adds_a_point_of_the_class_in_hand(qtbot: QtBot, canvas: PointCanvas) -> None:
    edited, released = QSignalSpy(canvas.edited), QSignalSpy(canvas.released)
    canvas.label = 1
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at(canvas, 2, 8))
    assert edited.count() == released.count() == 1
    ((x, y, label),) = canvas.points
    assert (x, y, label) == (pytest.approx(2, abs=0.05), pytest.approx(8, abs=0.05), 1)
    assert edited.at(0)[0] == canvas.points


def test_a_brush_leaves_points_apart(qtbot: QtBot, canvas: PointCanvas) -> None:
    released = QSignalSpy(canvas.released)
    start = at(canvas, 2, 5)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    for dx in range(1, 61):
        qtbot.mouseMove(canvas, start + QPoint(dx, 0))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(60, 0))
    assert len(canvas.points) == 1 + 60 // 14
    assert released.count() == 1


def test_a_point_is_dragged_and_deleted(qtbot: QtBot, canvas: PointCanvas) -> None:
    canvas.show_points(((2, 2, 0), (8, 8, 1)))
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=at(canvas, 2, 2))
    qtbot.mouseMove(canvas, at(canvas, 4, 3))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=at(canvas, 4, 3))
    assert canvas.points[0][:2] == pytest.approx((4, 3), abs=0.06)
    assert canvas.points[1] == (8, 8, 1)
    qtbot.mouseClick(canvas, Qt.MouseButton.RightButton, pos=at(canvas, 8, 8))
    assert len(canvas.points) == 1


def test_keys_choose_move_recolour_add_and_delete(qtbot: QtBot, canvas: PointCanvas) -> None:
    canvas.show_points(((2, 2, 0), (8, 8, 0)))
    edited = QSignalSpy(canvas.edited)
    qtbot.keyClicks(canvas, "n")
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.points[0].x > 2
    qtbot.keyClicks(canvas, "2")
    assert [p.label for p in canvas.points] == [1, 0]
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert len(canvas.points) == 3
    qtbot.keyClick(canvas, Qt.Key.Key_Delete)
    qtbot.keyClick(canvas, Qt.Key.Key_Delete)
    qtbot.keyClick(canvas, Qt.Key.Key_Delete)
    assert canvas.points == ()
    assert edited.count() == 6
    assert "0 points" in canvas.accessibleName()


def test_a_full_canvas_refuses_and_says_how_many(qtbot: QtBot, canvas: PointCanvas) -> None:
    canvas.show_points(tuple((0.3 * i, 1, 0) for i in range(30)))
    edited, full = QSignalSpy(canvas.edited), QSignalSpy(canvas.full)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at(canvas, 5, 8))
    assert full.at(0) == [30]
    assert edited.count() == 0
