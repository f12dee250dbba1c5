import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from app.regularization import overfitting_words as words
from app.regularization.cards.overfitting import OVERFITTING
from app.regularization.overfitting import OverfittingView
from app.regularization.weight_bars import nice
from core.config import from_query, validate
from core.regularization.overfitting import LAMBDAS, OverfittingConfig, OverfittingFrame, overfit
from tests.app.stand import Stand, runner


@pytest.fixture
def stand(qtbot: QtBot) -> Stand:
    return Stand(qtbot, OverfittingView(), OverfittingConfig(), runner(overfit, frames=3))


def drag(qtbot: QtBot, widget, by: QPoint, start: QPoint | None = None) -> None:
    start = widget.rect().center() if start is None else start
    qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(widget, start + by)
    at = widget.rect().center() if widget.size().width() < 60 else start + by
    qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=at)


def test_the_ring_on_the_upper_chart_turns_lambda(qtbot: QtBot, stand: Stand) -> None:
    ring = stand.view.by_lambda.ring
    before = ring.position()
    drag(qtbot, ring, QPoint(120, 0))
    assert stand.config.lam > 1e-4
    assert stand.commits == 1
    at = ring.position()
    assert at is not None
    assert before is not None
    assert at[0] == pytest.approx(stand.config.lam, rel=0.01)
    frame = stand.trace.frame(0)
    assert isinstance(frame, OverfittingFrame)
    assert at[1] == pytest.approx(frame.fitted.held_out_error, rel=1e-6)


def test_the_ring_on_the_lower_chart_turns_the_degree(qtbot: QtBot, stand: Stand) -> None:
    chart = stand.view.by_degree
    drag(qtbot, chart.ring, QPoint(-90, 30))
    assert 1 <= stand.config.degree < 14
    assert stand.commits == 1
    assert chart.ring.position() is not None
    assert chart.ring.position()[0] == stand.config.degree


def test_a_click_on_a_chart_goes_there(qtbot: QtBot, stand: Stand) -> None:
    chart = stand.view.by_lambda
    at = chart.mapping.point(0.1, chart.view_range()[1][1] * 0.9)
    assert at is not None
    qtbot.mouseClick(chart.viewport(), Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert stand.config.lam == pytest.approx(0.1, rel=0.15)


def test_a_point_follows_the_hand_and_the_curve_follows_the_point(qtbot: QtBot, stand: Stand) -> None:
    canvas, plot = stand.view.pane.canvas, stand.view.pane.plot
    x, y, _ = stand.config.points[0]
    pixel = plot.mapping.point(x, y)
    assert pixel is not None
    start = (pixel - QPointF(canvas.pos())).toPoint()
    before = stand.trace.frame(0)
    drag(qtbot, canvas, QPoint(0, -40), start)
    assert stand.config.points[0][1] > y
    assert stand.commits == 1
    after = stand.trace.frame(0)
    assert isinstance(before, OverfittingFrame)
    assert isinstance(after, OverfittingFrame)
    assert not np.array_equal(before.fitted.curve, after.fitted.curve)


def test_points_are_added_as_the_brush_says_and_taken_away(qtbot: QtBot, stand: Stand) -> None:
    canvas = stand.view.pane.canvas
    count = len(stand.config.points)
    stand.view.pane.brushes.button(1).click()
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(6, 6))
    assert len(stand.config.points) == count + 1
    assert stand.config.points[-1][2] == 1
    qtbot.mouseClick(canvas, Qt.MouseButton.RightButton, pos=QPoint(6, 6))
    assert len(stand.config.points) == count


def test_without_a_penalty_lambda_has_no_ring(stand: Stand) -> None:
    stand.show(OverfittingConfig(penalty="none"))
    assert not stand.view.by_lambda.ring.isVisible()
    assert stand.view.by_degree.ring.isVisible()
    stand.view.by_lambda.turned.emit(0.5)
    assert stand.config.penalty == "none"
    assert stand.config.lam == OverfittingConfig().lam
    stand.show(OverfittingConfig())
    assert stand.view.by_lambda.ring.isVisible()


def test_charts_whose_errors_stay_are_not_drawn_again(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    for name in ("by_lambda", "by_degree"):
        chart = getattr(stand.view, name)
        monkeypatch.setattr(chart, "set_ground", lambda *_, name=name: drawn.append(name))
    stand.show(replace(stand.config, lam=0.1))
    assert drawn == ["by_degree"]


@pytest.mark.parametrize("points", [(), ((0.0, 0.0, 0),), ((0.0, 0.0, 1),)])
def test_words_for_few_points(stand: Stand, points) -> None:
    stand.show(OverfittingConfig(points=points))
    said = [stand.view.describe(stand.trace, 2), *stand.view.notes(stand.trace, 2), stand.view.reading.text()]
    assert all(text for text in said)
    assert "nan" not in " ".join(said)
    assert "undefined" not in " ".join(said)


def test_axes_end_at_round_numbers() -> None:
    assert [nice(value) for value in (0.0, 0.1, 0.11, 2.0, 2.1, 700.0)] == [0.1, 0.1, 0.2, 2.0, 5.0, 1000.0]


# --- the presets do what their card says ----------------------------------------------------------


def last(query: str) -> tuple[OverfittingConfig, OverfittingFrame]:
    config = validate(from_query(OverfittingConfig, query))
    *_, frame = overfit(config)
    return config, frame


def query(title: str) -> str:
    return next(preset.query for preset in OVERFITTING.presets if preset.title == title)


def test_overfit_and_what_the_penalty_buys() -> None:
    config, frame = last(query("Overfit"))
    best = frame.fitted.best_lambda
    assert best is not None
    assert 0 < best < len(LAMBDAS) - 1
    training, held_out = frame.fitted.by_lambda[best]
    assert training < 2 * frame.fitted.training_error
    assert held_out < frame.fitted.held_out_error / 10
    assert words.notes(frame, config)[0].startswith("Overfit")


def test_fewer_weights_do_it_too() -> None:
    config, frame = last(query("Fewer weights"))
    assert frame.fitted.best_degree == 4  # degree 5
    _, at_five = last("penalty=none&degree=5")
    assert at_five.fitted.held_out_error < frame.fitted.held_out_error / 10
    assert "with 5 weights instead of 14" in words.notes(frame, config)[0]


def test_l1_makes_zeros_and_l2_none() -> None:
    config, frame = last(query("L1"))
    assert frame.fitted.zeros == 6
    _, ridge = last(query("L1").replace("l1", "l2"))
    assert ridge.fitted.zeros == 0
    assert words.weights_title(frame.fitted, config) == "6 of 14 weights exactly 0"


def test_underfit_is_flat_and_sure_of_itself() -> None:
    config, frame = last(query("Underfit"))
    _, free = last("")
    assert np.ptp(frame.fitted.curve) < 0.5
    assert frame.fitted.training_error > 4 * free.fitted.training_error
    assert frame.spread < 0.2 < free.spread
    assert words.notes(frame, config)[0].startswith("Underfit")


def test_many_points_need_no_penalty() -> None:
    _, frame = last(query("More points"))
    best = frame.fitted.best_lambda
    assert best is not None
    assert frame.fitted.held_out_error < 1.2 * frame.fitted.by_lambda[best, 1]


def test_bumps_overfit_as_well() -> None:
    _, frame = last(query("Bumps"))
    _, shrunk = last(query("Bumps") + "&lam=0.02")
    assert frame.fitted.held_out_error > 3 * shrunk.fitted.held_out_error
    assert shrunk.spread < frame.spread / 3
