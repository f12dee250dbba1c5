"""The race's view: what it draws, says and emits."""

from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from app.optimization.race import RaceView
from app.optimization.race_charts import DEPTH, span_of
from app.optimization.surface_map import legend, surface_map
from app.stage import theme
from core.config import from_query
from core.optimization.race import RaceConfig, race
from core.optimization.surfaces import SURFACES
from core.trace import Trace


def ran(query: str = "") -> tuple[RaceConfig, Trace]:
    config = from_query(RaceConfig, query)
    return config, Trace(race, config).run()


@pytest.fixture
def view(qtbot: QtBot) -> RaceView:
    made = RaceView()
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    return made


def show(view: RaceView, query: str = "", step: int = 60) -> Trace:
    config, trace = ran(query)
    view.show_config(config, None)
    view.draw(trace, step)
    view.settle()
    return trace


def picture(view: RaceView) -> QImage:
    view.settle()
    return view.grab().toImage()


def test_stepping_and_playing_leave_the_same_picture(view: RaceView) -> None:
    trace = show(view, "adamw.on=true&amsgrad.on=true", 40)
    before = picture(view)
    for step in range(41, 80):
        view.draw(trace, step)
        view.grab()
    assert picture(view) != before
    view.draw(trace, 40)
    assert picture(view) == before


def test_runners_that_do_not_take_part_leave_nothing_behind(view: RaceView) -> None:
    show(view, "adam.on=false", 60)
    without = picture(view)
    show(view, "", 60)
    assert picture(view) != without
    show(view, "adam.on=false", 60)
    assert picture(view) == without


def test_dragging_the_start_edits_it_along_the_surfaces_own_axes(view: RaceView, qtbot: QtBot) -> None:
    show(view, "rotation=30&start=[-2,1]")
    edited, committed = QSignalSpy(view.edited), QSignalSpy(view.committed)
    handle = view.start
    middle = handle.rect().center()
    qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(handle, middle + QPoint(25, 10))
    assert committed.count() == 0
    qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=handle.rect().center())
    assert committed.count() == 1
    config = edited.at(edited.count() - 1)[0]
    view.show_config(config, None)
    assert view._surface is not None
    assert view._surface.place(config.start).tolist() == pytest.approx(list(handle.position() or ()))
    assert config == msgspec.structs.replace(view._race, start=config.start)


@pytest.mark.parametrize("place", ["surface", "chart", "ranking"])
def test_pointing_at_a_runner_inspects_it(view: RaceView, qtbot: QtBot, place: str) -> None:
    show(view, "surface=rosenbrock", 150)
    edited = QSignalSpy(view.edited)
    if place == "ranking":
        row = [line.key for line in view.standings._lines].index("gradient_descent")
        at = QPoint(40, round((row + 0.5) * view.standings.row_height()))
        qtbot.mouseClick(view.standings, Qt.MouseButton.LeftButton, pos=at)
    else:
        plot: Any = view.surface_plot if place == "surface" else view.charts[0]
        head = plot.trail("gradient_descent").head
        qtbot.mouseMove(plot.viewport(), head.at.toPoint())
    assert edited.at(edited.count() - 1)[0].inspected == plot_key(view, place)


def plot_key(view: RaceView, place: str) -> str:
    """Markers may lie on one another: whoever is nearest to the pointer."""
    if place == "ranking":
        return "gradient_descent"
    plot = view.surface_plot if place == "surface" else view.charts[0]
    head = plot.trail("gradient_descent").head
    assert head is not None
    assert head.at is not None
    return plot.mark_at(head.at)


def test_keys_go_through_the_ranking(view: RaceView, qtbot: QtBot) -> None:
    show(view, "inspected=momentum", 60)
    edited, committed = QSignalSpy(view.edited), QSignalSpy(view.committed)
    keys = [line.key for line in view.standings._lines]
    qtbot.keyClick(view.standings, Qt.Key.Key_Down)
    after = keys[(keys.index("momentum") + 1) % len(keys)]
    assert edited.at(0)[0].inspected == after
    assert committed.count() == 1


def test_the_ranking_and_the_words_say_what_the_core_judged(view: RaceView) -> None:
    trace = show(view, "loss_scale=20", 250)
    lines = {line.key: line for line in view.standings._lines}
    assert lines["adam"].rank
    assert lines["adam"].words.startswith("reached at step")
    assert lines["gradient_descent"].words.startswith("diverged at step")
    assert lines["gradient_descent"].warning
    told = view.describe(trace, 250)
    assert "Gradient descent diverged at step" in told
    assert "nan" not in told.lower()
    assert view.describe(trace, 10) != told
    assert any("Diverged" in note for note in view.notes(trace, 250))
    assert any("Scaling the loss" in note for note in view.notes(trace, 250))


def test_notes_are_sentences_and_never_too_many(view: RaceView) -> None:
    for query in ("", "surface=saddle&start=[2,0]", "rotation=45", "protocol=defaults&inspected=momentum"):
        trace = show(view, query, 200)
        for step in (0, 5, 200):
            notes = view.notes(trace, step)
            assert len(notes) <= 4
            assert all(note[0].isupper() and note.endswith(".") for note in notes)


@pytest.mark.parametrize(
    ("query", "told", "untold"),
    [
        ("loss_scale=20&amsgrad.on=true", "The adaptive optimizers divide it out", "Turning"),
        ("loss_scale=20&noise=1", "", "run as before"),
        ("surface=reddi&rotation=45", "", "Turning"),
        ("surface=saddle&start=[2,0]", "AdaGrad, RMSProp and Adam rest at a saddle", " rests "),
        ("surface=formula&formula=x*log(x)%2By^2&start=[1,1]&protocol=same&same_rate=0.9",
         "stepped to where the loss has no value", ""),
    ],
)  # fmt: skip
def test_notes_claim_what_holds(view: RaceView, query: str, told: str, untold: str) -> None:
    said = " ".join(view.notes(show(view, query, 200), 200))
    assert told in said
    assert not untold or untold not in said


@pytest.mark.parametrize(("by", "chart"), [("value", 0), ("distance", 1)])
def test_the_tolerance_is_drawn_where_the_verdict_has_it(view: RaceView, by: str, chart: int) -> None:
    show(view, f"loss_scale=20&tolerance=0.01&reached_by={by}", 5)
    (line,) = [layer for layer in view.charts[chart]._layers if layer.label == "tolerance"]
    assert line.points[0, 1] == pytest.approx(0.2 if by == "value" else 0.01)


def test_nobody_taking_part_is_no_fault(view: RaceView) -> None:
    names = ("gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam")
    trace = show(view, "&".join(f"{name}.on=false" for name in names), 20)
    assert "No optimizer takes part" in view.describe(trace, 20)
    assert view.notes(trace, 20)


def test_adamws_pull_points_to_the_origin(view: RaceView) -> None:
    show(view, "adamw.on=true&adamw.weight_decay=0.1&surface=booth&inspected=adam", 30)
    ((arrow, line),) = view.pull._lines
    origin = view.surface_plot.mapping.point(0, 0)
    assert origin is not None
    way = origin - line.p1()
    assert arrow.label == "decay"
    cross = line.dx() * way.y() - line.dy() * way.x()
    assert abs(cross) < 0.02 * line.length() * np.hypot(way.x(), way.y())
    assert line.dx() * way.x() + line.dy() * way.y() > 0


def test_arrows_show_the_coming_step_of_the_inspected_runner(view: RaceView) -> None:
    trace = show(view, "surface=himmelblau&inspected=adam", 5)
    frame = trace.frame(5)
    assert frame is not None
    i = frame.runners.index("adam")  # type: ignore[attr-defined]
    arrows = {arrow.label: (arrow, line) for arrow, line in view.arrows._lines}
    assert set(arrows) == {"−gradient", "−velocity", "step"}
    arrow, line = arrows["−gradient"]
    x, y = frame.gradients[i]  # type: ignore[attr-defined]
    assert arrow.vector == pytest.approx((-x, -y))
    assert line.dx() * y == pytest.approx(line.dy() * -x, rel=1e-3)
    show(view, "surface=himmelblau&arrows=false", 5)
    assert view.arrows._lines == []


def test_charts_say_what_they_measure(view: RaceView) -> None:
    words = {"loss": "Loss above", "distance": "Distance to", "rate": "Effective rate"}
    for curve, word in words.items():
        show(view, f"curve={curve}")
        assert view.charts[0].decor.y_label.startswith(word)
        assert view.charts[0].decor.y_label.endswith(", log")
        assert not view.charts[1].decor.y_label.startswith(word)
    show(view, "log_axis=false")
    assert not view.charts[0].log_y
    assert "log" not in view.charts[0].decor.y_label


def test_the_range_is_taken_once_and_stays_while_stepping(view: RaceView) -> None:
    trace = show(view, "surface=rosenbrock", 10)
    before = [chart.view_range() for chart in view.charts]
    for step in (0, 150, 300):
        view.draw(trace, step)
        view.settle()
        assert [chart.view_range() for chart in view.charts] == before
    view.charts[0].zoom(0.5)
    zoomed = view.charts[0].view_range()
    view.draw(trace, 20)
    view.settle()
    assert view.charts[0].view_range() == zoomed


def test_a_diverging_run_does_not_take_the_picture_from_the_others() -> None:
    steps = np.arange(100.0)
    values = np.column_stack([10.0 * 0.8**steps, 10.0 * 5.0**steps])
    low, high = span_of(values, log=True)
    assert high <= 10 * 1e3 * 2
    assert low <= 10.0 * 0.8**99
    low, high = span_of(values, log=False)
    assert (low, high) == (0.0, pytest.approx(41.6, rel=0.1))


def test_rounding_errors_do_not_take_the_picture_either() -> None:
    low, _ = span_of(np.array([[1.0], [1e-8], [1e-33]]), log=True)
    assert DEPTH / 10 <= low <= DEPTH * 10


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("values", [[[np.nan]], [[0.0], [0.0]], [[5.0], [5.0]], [[np.inf], [-1.0]]])
def test_odd_values_still_make_a_range(values: list[list[float]], log: bool) -> None:
    low, high = span_of(np.array(values), log)
    assert np.isfinite([low, high]).all()
    assert low < high
    assert low > 0 or not log


@pytest.mark.parametrize("name", SURFACES)
def test_every_surface_has_a_map_its_marks_and_a_scale(name: str) -> None:
    surface = SURFACES[name]
    drawn = surface_map(surface)
    heatmap: Any = drawn.layers[0]
    assert np.isfinite(heatmap.values).all()
    assert np.ptp(heatmap.values) > 0.5
    landmarks: Any = drawn.layers[1:]
    minima = [(m.x, m.y) for m in landmarks if m.kind in ("global", "local")]
    assert sorted(minima) == sorted((m.x, m.y) for m in surface.minima)
    low, high = heatmap.span
    assert 2 <= len(drawn.colour_bar.ticks) <= 8
    assert all(low <= at <= high for at, _ in drawn.colour_bar.ticks)
    unnamed = [m for m in landmarks if m.kind == "local" and not m.label]
    assert bool(unnamed) == ("local minimum" in legend(surface))


@pytest.mark.parametrize("look", theme.THEMES.values(), ids=lambda look: look.name)
@pytest.mark.parametrize("size", [(640, 440), (700, 480), (1500, 900), (3300, 1900)])
def test_everything_has_its_place_at_every_size(
    view: RaceView, look: theme.Theme, size: tuple[int, int]
) -> None:
    view.set_theme(look)
    view.resize(*size)
    show(view, "adamw.on=true&amsgrad.on=true", 60)
    parts = [view.surface_plot, *view.charts, view.standings]
    for part in parts:
        assert view.rect().contains(part.geometry()), part
    for i, part in enumerate(parts):
        assert not any(part.geometry().intersects(other.geometry()) for other in parts[:i])
    assert view.standings.height() >= view.standings.height_for(8)
    for plot in (view.surface_plot, *view.charts):
        assert plot.mapping.rect.width() > 100
        assert plot.mapping.rect.height() > 60
