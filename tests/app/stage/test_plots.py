"""Plots: settled pictures, what is painted when, ranges, mouse and keys."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.stage import theme
from app.stage.axes import linear_strings, log_strings, log_ticks
from app.stage.ground import Heatmap, Region
from app.stage.labels import spread
from app.stage.marks import Arrow
from app.stage.plots import Plot
from app.stage.trails import Trail


@pytest.fixture
def plot(qtbot: QtBot) -> Plot:
    made = Plot("x", "y", equal=True, title="A plot")
    qtbot.addWidget(made)
    made.resize(420, 380)
    made.set_range((-2, 2), (-2, 2))
    x, y = np.meshgrid(np.linspace(-2, 2, 33), np.linspace(-2, 2, 33))
    made.set_ground(Heatmap(x * x + 3 * y * y, (-2, 2), (-2, 2), levels=6))
    return made


def spirals(count: int = 300) -> dict[str, np.ndarray]:
    t = np.linspace(0, 12, count)
    made = {}
    for i, name in enumerate(("gradient_descent", "nesterov", "adam", "amsgrad")):
        r = 1.8 * np.exp(-t / (4 + i))
        made[name] = np.column_stack([r * np.cos(t + i), r * np.sin((1 + 0.3 * i) * t)])
    return made


def show(plot: Plot, runs: dict[str, np.ndarray], upto: int) -> None:
    for name, points in runs.items():
        plot.trail(name).show(points, upto)


def settled(plot: Plot) -> QImage:
    plot.settle()
    return plot.grab().toImage()


def shown(plot: Plot) -> QImage:
    return plot.grab().toImage()


# --- settled pictures --------------------------------------------------------------------------------


def test_a_step_forward_and_back_gives_the_same_picture_bit_for_bit(plot: Plot) -> None:
    runs = spirals()
    show(plot, runs, 120)
    before = settled(plot)
    show(plot, runs, 121)
    assert settled(plot) != before
    show(plot, runs, 120)
    assert settled(plot) == before


def test_playing_to_a_step_settles_to_the_picture_of_going_there(plot: Plot) -> None:
    runs = spirals()
    for step in range(200):
        show(plot, runs, step)
        shown(plot)
    played = settled(plot)
    for trail in plot.trails:
        trail.clear()
    show(plot, runs, 199)
    assert settled(plot) == played


def test_while_playing_only_what_is_new_is_painted(plot: Plot, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = spirals()
    show(plot, runs, 150)
    settled(plot)
    whole: list[str] = []
    pieces: list[int] = []
    original = Trail._coloured

    def counted(self: Trail, new: np.ndarray) -> np.ndarray:
        pieces.append(len(new))
        return original(self, new)

    monkeypatch.setattr(Trail, "_coloured", counted)
    monkeypatch.setattr(Trail, "paint_whole", lambda self, painter: whole.append(self.key))
    for step in range(151, 160):
        show(plot, runs, step)
        shown(plot)
    assert whole == []
    assert pieces == [1] * 9 * 4


def test_what_is_painted_in_pieces_looks_like_the_whole(plot: Plot) -> None:
    """Joints may differ; the line is where it should be."""
    runs = {"adam": spirals()["adam"]}
    for step in range(250):
        show(plot, runs, step)
        shown(plot)
    pieces, whole = shown(plot), settled(plot)
    differing = sum(
        abs(pieces.pixelColor(x, y).lightness() - whole.pixelColor(x, y).lightness()) > 60
        for x in range(pieces.width()) for y in range(pieces.height())
    )  # fmt: skip
    assert differing < 60


def test_the_same_beginning_in_other_memory_goes_on(plot: Plot, monkeypatch: pytest.MonkeyPatch) -> None:
    points = spirals()["adam"]
    trail = plot.trail("adam")
    trail.show(points[:100].copy())
    shown(plot)
    trail.show(points[:140].copy())
    assert not plot.trails_stale
    other = points[:150].copy()
    other[3] += 0.01
    trail.show(other)
    assert plot.trails_stale


def test_scenery_changes_and_the_ground_stays(plot: Plot, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = settled(plot)
    painted: list[object] = []
    paint = plot._paint_ground
    monkeypatch.setattr(plot, "_paint_ground", lambda pixmap: (painted.append(pixmap), paint(pixmap)))
    square = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    plot.set_scenery(Region(square))
    seen = settled(plot)
    assert seen != bare
    show(plot, spirals(), 100)
    with_trails = settled(plot)
    plot.set_scenery(Region(0.5 * square))
    assert settled(plot) != with_trails
    plot.set_scenery(Region(square))
    assert settled(plot) == with_trails, "it lies under the trails, and is painted whole with them"
    assert painted == []


def test_a_change_of_run_theme_range_or_size_is_seen(plot: Plot) -> None:
    runs = spirals()
    show(plot, runs, 100)
    first = settled(plot)
    changes: list[Callable[[], object]] = [
        lambda: show(plot, {"adam": runs["adam"] * 0.9}, 100),
        lambda: plot.set_theme(theme.DARK),
        lambda: plot.set_range((-3, 3), (-3, 3)),
        lambda: plot.resize(500, 400),
        lambda: plot.emphasise("adam"),
    ]
    for change in changes:
        change()
        now = shown(plot)
        assert now != first
        first = now


def test_a_diverged_run_keeps_its_marker_where_it_last_was(plot: Plot) -> None:
    points = np.array([[0.0, 0.0], [0.5, 0.5], [math.inf, -math.inf], [math.nan, math.nan]])
    trail = plot.trail("adam")
    trail.show(points, 3)
    assert trail.head is not None
    assert trail.head.data == (0.5, 0.5)
    assert trail.head.at == plot.mapping.point(0.5, 0.5)
    shown(plot)


def test_a_runner_far_out_is_told_at_the_edge_and_costs_nothing(plot: Plot) -> None:
    points = np.array([[0.0, 0.0], [1e200, 1e150], [-1e300, 1e300], [1.0, 1.0]])
    trail = plot.trail("momentum")
    trail.show(points, 1)
    assert trail.head is not None
    assert trail.head.at is not None
    assert plot.mapping.rect.contains(trail.head.at)
    assert trail.head.at.x() > plot.mapping.rect.right() - 12
    trail.show(points, 3)
    shown(plot)
    assert trail.head.at == plot.mapping.point(1.0, 1.0)


def test_sharp_screens_get_sharp_pictures(plot: Plot, monkeypatch: pytest.MonkeyPatch) -> None:
    show(plot, spirals(), 60)
    for ratio in (1.25, 1.5, 2.0):
        monkeypatch.setattr(plot, "devicePixelRatioF", lambda ratio=ratio: ratio)
        picture = plot._refresh()
        assert picture.devicePixelRatio() == ratio
        assert picture.width() == int(plot.viewport().width() * ratio + 0.5)


# --- only what moved is touched ------------------------------------------------------------------------


def test_a_step_touches_little_of_the_screen(plot: Plot, qtbot: QtBot) -> None:
    runs = spirals()
    plot.show()
    qtbot.waitExposed(plot)
    show(plot, runs, 200)
    QApplication.processEvents()
    areas: list[int] = []
    touch = plot.touch

    def noted(rect: QRectF) -> None:
        areas.append(int(rect.width() * rect.height()))
        touch(rect)

    plot.touch = noted  # type: ignore[method-assign]
    show(plot, runs, 201)
    assert 0 < sum(areas) < 0.1 * plot.width() * plot.height()


# --- ranges --------------------------------------------------------------------------------------------


def test_equal_axes_have_one_scale_at_every_shape(plot: Plot) -> None:
    plot.show()
    for size in ((800, 300), (300, 800), (420, 380)):
        plot.resize(*size)
        box = plot.mapping.rect
        assert box.width() == pytest.approx(box.height(), abs=1.5)
        assert plot.rect().contains(box.toAlignedRect())


@pytest.mark.parametrize(
    "bad", [((1, 1), (0, 1)), ((0, 1), (2, 1)), ((0, math.nan), (0, 1)), ((0, 1), (0, 1))]
)
def test_an_empty_or_impossible_range_is_refused(bad: tuple, qtbot: QtBot) -> None:
    plot = Plot(log_y=True)
    qtbot.addWidget(plot)
    with pytest.raises(ValueError, match="expected a range that ascends"):
        plot.set_range(*bad)


def test_wheel_zooms_about_the_mouse_and_a_double_click_comes_home(plot: Plot, qtbot: QtBot) -> None:
    plot.show()
    at = plot.mapping.point(1.0, 0.5)
    assert at is not None
    changed = QSignalSpy(plot.range_changed)
    wheel = QWheelEvent(
        at, plot.viewport().mapToGlobal(at), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(plot.viewport(), wheel)
    assert changed.count() == 1
    (x0, x1), _ = plot.view_range()
    assert x1 - x0 == pytest.approx(4 * 0.85)
    assert plot.mapping.data(at) == pytest.approx((1.0, 0.5), abs=0.02)
    assert plot._home_button.isVisible()
    qtbot.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert plot.view_range() == ((-2, 2), (-2, 2))
    assert not plot._home_button.isVisible()


def test_zoom_ends_before_floats_do(plot: Plot) -> None:
    for _ in range(500):
        plot.zoom(0.5)
    (x0, x1), _ = plot.view_range()
    assert x1 - x0 > 1e-9
    shown(plot)
    for _ in range(500):
        plot.zoom(2.0)
    (x0, x1), _ = plot.view_range()
    assert x1 - x0 < 1e5
    shown(plot)


def test_dragging_pans_and_a_click_is_no_drag(plot: Plot, qtbot: QtBot) -> None:
    plot.show()
    view = plot.viewport()
    clicked = QSignalSpy(plot.clicked)
    at = plot.mapping.point(0.0, 0.0)
    assert at is not None
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert clicked.count() == 1
    assert clicked.at(0) == pytest.approx([0, 0], abs=0.02)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=at.toPoint())
    for dx in (10, 25, 40):
        qtbot.mouseMove(view, at.toPoint() + QPoint(dx, 0))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at.toPoint() + QPoint(40, 0))
    assert clicked.count() == 1
    (x0, _), (y0, _) = plot.view_range()
    assert x0 == pytest.approx(-2 - 4 * 40 / plot.mapping.rect.width())
    assert y0 == -2
    plot.home()
    assert plot.view_range() == ((-2, 2), (-2, 2))


def test_keys_zoom_and_leave_the_players_keys_alone(plot: Plot, qtbot: QtBot) -> None:
    plot.show()
    qtbot.keyClicks(plot, "+")
    assert plot.view_range()[0][1] < 2
    qtbot.keyClicks(plot, "0")
    assert plot.view_range()[0] == (-2, 2)
    before = plot.view_range()
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Space):
        qtbot.keyClick(plot, key)
    assert plot.view_range() == before


def test_markers_are_hit_hovered_and_clicked(plot: Plot, qtbot: QtBot) -> None:
    plot.show()
    show(plot, spirals(), 80)
    head = plot.trail("adam").head
    assert head is not None
    assert head.at is not None
    assert plot.mark_at(head.at + QPointF(3, -3)) == "adam"
    assert plot.mark_at(plot.mapping.rect.topLeft()) == ""
    hovered, clicked, free = (
        QSignalSpy(plot.mark_hovered),
        QSignalSpy(plot.mark_clicked),
        QSignalSpy(plot.clicked),
    )
    qtbot.mouseMove(plot.viewport(), head.at.toPoint())
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=head.at.toPoint())
    qtbot.mouseMove(plot.viewport(), plot.mapping.rect.topLeft().toPoint() + QPoint(2, 2))
    assert [hovered.at(i)[0] for i in range(hovered.count())] == ["adam", ""]
    assert clicked.at(0)[0] == "adam"
    assert free.count() == 0


def test_hover_tells_data_and_then_nan(plot: Plot, qtbot: QtBot) -> None:
    plot.show()
    told = QSignalSpy(plot.hovered)
    at = plot.mapping.point(-1.0, 1.0)
    assert at is not None
    qtbot.mouseMove(plot.viewport(), at.toPoint())
    assert told.at(told.count() - 1) == pytest.approx([-1, 1], abs=0.02)
    qtbot.mouseMove(plot.viewport(), QPoint(1, 1))
    assert all(math.isnan(each) for each in told.at(told.count() - 1))


# --- ticks and words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (-8.0, 2.0, ["10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "1", "10²"]),
        (-3.1, -1.9, ["0.001", "0.01"]),
        (0.0, 3.0, ["1", "10", "100", "1000"]),
        (-6.2, -2.9, ["10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³"]),
    ],
)
def test_log_ticks_are_decades(low: float, high: float, labels: list[str]) -> None:
    assert log_strings(log_ticks(low, high, 6)[0][1]) == labels


def test_between_few_decades_there_are_more_ticks() -> None:
    major, minor = log_ticks(-1.0, 0.3, 6)
    assert log_strings(major[1]) == ["0.1", "1"]
    assert log_strings(minor[1]) == ["0.2", "0.5", "2"][: len(minor[1])]


@pytest.mark.parametrize(
    ("values", "spacing", "labels"),
    [
        ([-2.0, 0.0, 2.0], 2.0, ["−2", "0", "2"]),
        ([0.0, 0.05, 0.1], 0.05, ["0", "0.05", "0.10"]),
        ([0.0, 2e6], 1e6, ["0", "2×10⁶"]),
        ([1e-7, 2e-7], 1e-7, ["10⁻⁷", "2×10⁻⁷"]),
    ],
)
def test_linear_ticks_are_written_as_in_print(values: list[float], spacing: float, labels: list[str]) -> None:
    assert linear_strings(values, spacing) == labels


def test_no_number_of_an_axis_is_cut_off(qtbot: QtBot) -> None:
    """Every tick of the widest labels gets its text, inside the plot."""
    from PySide6.QtGui import QPainter

    for log, span in ((True, (1e-14, 1e-10)), (False, (-0.00025, 0.00125)), (False, (0, 123456.0))):
        plot = Plot("x", "y", log_y=log)
        qtbot.addWidget(plot)
        plot.resize(300, 240)
        plot.set_range((0, 1), span)
        axis = plot.decor.y_axis
        with QPainter(plot._refresh()) as painter:
            specs = axis.generateDrawSpecs(painter)
        ticks = axis.labelled(plot._span[1], plot.mapping.rect.height())
        assert len(specs[2]) >= len(ticks) > 1
        assert all(axis.geometry().left() + rect.left() >= 0 for rect, _, _ in specs[2])


# --- direct labels ---------------------------------------------------------------------------------------


def test_labels_are_spread_in_order_within_the_ends() -> None:
    for wanted in ([10, 11, 12, 13], [0, 0, 0], [99, 99.5, 100], [5, 50, 51, 95], [50]):
        placed = spread(list(map(float, wanted)), 12, 0, 100)
        assert placed == sorted(placed)
        assert all(b - a >= 12 - 1e-9 for a, b in itertools.pairwise(placed))
        assert placed[0] >= 6 - 1e-9
        assert placed[-1] <= 94 + 1e-9


def test_labels_with_room_stay_where_they_want() -> None:
    assert spread([20.0, 50.0, 80.0], 12, 0, 100) == [20, 50, 80]


def test_more_labels_than_fit_share_the_height() -> None:
    placed = spread([50.0] * 20, 12, 0, 100)
    assert placed[0] >= 2.5 - 1e-9
    assert placed[-1] <= 97.5 + 1e-9


def test_names_stand_at_the_ends_of_curves_where_there_is_room(qtbot: QtBot) -> None:
    plot = Plot("Step", "Loss", log_y=True)
    qtbot.addWidget(plot)
    plot.set_range((0, 100), (1e-4, 10))
    for i, name in enumerate(("adam", "momentum", "nesterov")):
        plot.trail(name, label=name.title(), cased=False).show(np.full(101, 0.1 + 0.001 * i), 40)
    plot.resize(700, 300)
    plot.show()
    assert plot.label_margin == pytest.approx(plot.end_labels.full_width())
    plot.grab()
    rows = sorted(at.y() for _, _, _, at in plot.end_labels._rows)
    assert min(b - a for a, b in itertools.pairwise(rows)) >= plot.end_labels.row_height - 1e-6
    plot.resize(200, 300)
    assert plot.label_margin < plot.end_labels.full_width()


def test_log_charts_leave_out_what_has_no_logarithm(qtbot: QtBot) -> None:
    plot = Plot("Step", "Loss", log_y=True)
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    plot.set_range((0, 4), (1e-3, 10))
    trail = plot.trail("adam", cased=False)
    trail.show(np.array([1.0, 0.1, 0.0, -1.0, math.nan]), 4)
    plot.grab()
    assert trail.head is not None
    assert trail.head.data == (1.0, 0.1)


# --- arrows and the playhead -----------------------------------------------------------------------------


def test_arrows_point_as_their_vectors_do_and_name_themselves_apart(plot: Plot) -> None:
    arrows = plot.arrows()
    black = QColor("black")
    arrows.show((0.2, 0.1), [Arrow("up", (0.0, 5.0), black, 40), Arrow("also up", (0.0, 1e-9), black, 30),
                             Arrow("step", (0.5, -0.25), black)])  # fmt: skip
    up, also, step = (line for _, line in arrows._lines)
    assert (up.dx(), up.dy()) == pytest.approx((0, -40))
    assert (also.dx(), also.dy()) == pytest.approx((0, -30))
    per_unit = plot.mapping.rect.width() / 4
    assert (step.dx(), step.dy()) == pytest.approx((0.5 * per_unit, 0.25 * per_unit), rel=1e-6)
    boxes = [box for _, box in arrows._labels]
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[:i])
    arrows.show((0.2, 0.1), [Arrow("none", (0.0, 0.0), black, 40), Arrow("lost", (math.nan, 1.0), black, 40)])
    assert arrows._lines == []
    arrows.hide()
    assert arrows.rect.isNull()


def test_the_playhead_moves_and_leaves_no_trace(qtbot: QtBot) -> None:
    plot = Plot("Step", "Loss")
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    plot.set_range((0, 100), (0, 1))
    plot.playhead().move(20)
    before = plot.grab().toImage()
    plot.playhead().move(60)
    assert plot.grab().toImage() != before
    plot.playhead().move(20)
    assert plot.grab().toImage() == before


def test_axes_follow_what_is_changed_about_them(plot: Plot) -> None:
    """They are drawn from what was found before, while nothing about them is another."""
    before = shown(plot)
    for change, back in (
        (lambda: plot.set_range((-2, 3), (-2, 2)), lambda: plot.set_range((-2, 2), (-2, 2))),
        (lambda: plot.set_theme(theme.DARK), lambda: plot.set_theme(theme.LIGHT)),
        (lambda: plot.resize(500, 300), lambda: plot.resize(420, 380)),
    ):
        change()
        assert shown(plot) != before
        back()
        assert shown(plot) == before
