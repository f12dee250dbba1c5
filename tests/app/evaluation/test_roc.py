import re

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from app.evaluation import roc_words as words
from app.evaluation.cards.roc import ROC
from app.evaluation.roc import RocView
from core.config import from_query, replace
from core.evaluation.roc import RocConfig, RocFrame, RocInputs, compare, prepare, resampled
from core.trace import Trace
from tests.app.stand import Stand, runner

MADE = 'data={"name":"normal"}'


@pytest.fixture
def stand(qtbot: QtBot) -> Stand:
    return Stand(qtbot, RocView(), RocConfig(), runner(compare, prepare))


def pixel(stand: Stand, x: float, y: float) -> QPoint:
    """A place in the plane of scores, in pixels of the canvas."""
    canvas, mapping = stand.view.few.canvas, stand.view.few.plot.mapping
    at = mapping.point(x, y)
    assert at is not None
    return (at - QPointF(canvas.pos())).toPoint()


def test_the_three_aucs_agree_while_a_case_is_dragged(qtbot: QtBot, stand: Stand) -> None:
    canvas = stand.view.few.canvas
    start, seen = pixel(stand, 0.24, 0.66), set()
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    for by in range(8, 100, 8):
        qtbot.mouseMove(canvas, start + QPoint(by, 0))
        area, pairs, u = stand.frame.classifier.aucs
        assert area == pairs == u
        table = words.lines(stand.frame, stand.frame.inputs, stand.config)
        assert len({line.values for line in table if line.exact}) == 1
        seen.add(area)
    assert len(seen) > 3
    assert stand.commits == 0
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(100, 0))
    assert stand.commits == 1


def test_a_dragged_score_lies_on_a_grid_so_that_it_can_tie(qtbot: QtBot, stand: Stand) -> None:
    before = stand.frame.classifier.tally.ties
    start, canvas = pixel(stand, 0.71, 0.62), stand.view.few.canvas
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(canvas, pixel(stand, 0.77, 0.7))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=pixel(stand, 0.77, 0.7))
    assert all(x == round(x, 2) and y == round(y, 2) for x, y, _ in stand.config.points)
    moved = stand.config.points[5]
    assert moved[0] == pytest.approx(0.77, abs=0.011)
    stand.show(
        replace(stand.config, "points", (*stand.config.points[:5], (0.77, 0.7, 1), *stand.config.points[6:]))
    )
    assert stand.frame.classifier.tally.ties == before + 1


def test_cases_are_added_and_taken_away_down_to_two(qtbot: QtBot, stand: Stand) -> None:
    canvas = stand.view.few.canvas
    stand.view.few.brushes.button(0).click()
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=pixel(stand, 0.95, 0.05))
    assert stand.config.points[-1][2] == 0
    assert stand.frame.inputs.classifiers[0].scored.negatives == 13
    stand.show(RocConfig(points=((0.2, 0.2, 1), (0.8, 0.8, 1))))
    qtbot.mouseClick(canvas, Qt.MouseButton.RightButton, pos=pixel(stand, 0.2, 0.2))
    assert len(stand.config.points) == 2
    assert len(canvas.points) == 2


def test_the_threshold_is_one_on_all_plots(qtbot: QtBot, stand: Stand) -> None:
    handle = stand.view.roc.handle
    middle = handle.rect().center()
    qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=middle)
    to = stand.view.roc.mapping.point(0.0, 0.3)
    assert to is not None
    qtbot.mouseMove(handle, (to - QPointF(handle.pos())).toPoint())
    qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=middle)
    frame = stand.frame
    assert frame.point.fpr == 0.0
    assert frame.threshold in frame.classifier.scored.thresholds
    assert stand.view.few.rulers[0].position() == frame.threshold
    assert stand.view.precision.ring.data == (frame.point.tpr, frame.point.precision)
    assert handle.position() == (frame.point.fpr, frame.point.tpr)
    stand.show(replace(stand.config, "classifier", "b"))
    assert not stand.view.few.rulers[0].isVisible()
    assert stand.view.few.rulers[1].position() == frame.threshold


def test_a_key_goes_to_the_next_point_of_the_curve(qtbot: QtBot, stand: Stand) -> None:
    handle = stand.view.roc.handle
    handle.setFocus()
    called = [stand.frame.counts.tp + stand.frame.counts.fp]
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(handle, key)
        called.append(stand.frame.counts.tp + stand.frame.counts.fp)
    assert called[0] < called[1] < called[2] > called[3] > called[4] > called[5]
    assert called[1] == called[3]
    assert called[0] == called[4]
    assert stand.commits == 5


def test_the_prevalence_is_dragged_and_the_auc_stands_still(qtbot: QtBot, stand: Stand) -> None:
    before, ruler = stand.frame, stand.view.precision.ruler
    middle = ruler.rect().center()
    qtbot.mousePress(ruler, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(ruler, middle + QPoint(0, 60))
    qtbot.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=middle)
    after = stand.frame
    assert stand.config.reweigh
    assert after.prevalence < before.prevalence
    assert after.classifier.aucs == before.classifier.aucs
    assert after.point.precision < before.point.precision


def test_better_inputs_bring_the_bootstrap_to_the_table(stand: Stand) -> None:
    """The frame was made before the resamples were drawn; the table takes them from the inputs."""
    config = from_query(RocConfig, MADE)
    first, *_, last = [each for each in prepare(config) if isinstance(each, RocInputs)]
    trace = Trace(compare, config, first).run(1)
    stand.view.show_config(config, first)
    stand.view.draw(trace, 0)
    said = stand.view.table.accessibleDescription()
    assert "Bootstrap, 95%: –, –" in said
    stand.view.show_config(config, last)
    stand.view.draw(trace, 0)
    assert words.interval(resampled(last, 0.95).aucs[0]) in stand.view.table.accessibleDescription()


@pytest.mark.parametrize("query", ["", "classifier=b&between=achievable", MADE + "&hull=true&iso_cost=true"])
def test_the_same_frame_gives_the_same_picture(stand: Stand, query: str) -> None:
    stand.open(query)
    before = stand.picture()
    stand.open(MADE + "&cases=50&threshold=0.1&reweigh=true")
    assert stand.picture() != before
    stand.open("points=[[0.1,0.2,1],[0.4,0.3,0]]")
    stand.open(query)
    assert stand.picture() == before


UNDEFINED = {
    "only positives": "points=[[0.1,0.2,1],[0.4,0.3,1]]",
    "only negatives": "points=[[0.1,0.2,0],[0.4,0.3,0]]",
    "one of each": "points=[[0.1,0.2,0],[0.4,0.3,1]]",
    "all the same": "points=[[0.5,0.5,0],[0.5,0.5,1],[0.5,0.5,0],[0.5,0.5,1]]",
    "nobody called": "threshold=2",
}


@pytest.mark.parametrize("query", UNDEFINED.values(), ids=list(UNDEFINED))
def test_what_is_undefined_is_told_in_words(stand: Stand, query: str) -> None:
    stand.open(query)
    stand.picture()
    frame, view = stand.frame, stand.view
    table = words.lines(frame, frame.inputs, stand.config)
    said = [view.describe(stand.trace, 0), *view.notes(stand.trace, 0), *(p for t in table for p in t.values)]
    assert not re.search(r"\b(nan|inf)\b", " ".join(said), re.IGNORECASE)
    if "only" in next(name for name, q in UNDEFINED.items() if q == query):
        assert any("undefined (0/0)" in note for note in view.notes(stand.trace, 0))


# --- each preset does what its card claims -------------------------------------------------------


def preset(title: str) -> RocConfig:
    return from_query(RocConfig, next(each for each in ROC.presets if each.title == title).query)


def run(config: RocConfig) -> RocFrame:
    *_, inputs = prepare(config)
    return next(compare(config, inputs))


def test_a_tie_is_half_a_pair() -> None:
    config = preset("Drag a case")
    pairs = run(config).classifier.pairs

    def twice(x: float) -> int:
        return run(replace(config, "points", ((x, 0.7, 1), *config.points[1:]))).classifier.area_twice

    assert twice(0.78) - twice(0.77) == twice(0.77) - twice(0.76) == 1
    assert pairs == 144


def test_auc_stands_still_while_precision_falls() -> None:
    config = preset("Rare disease")
    rare, common = run(config), run(replace(config, "prevalence", 0.5))
    assert rare.classifier.aucs == common.classifier.aucs
    assert rare.classifier.aucs[0] > 0.9
    assert rare.point.precision < 0.15 < 0.75 < common.point.precision


def test_straight_lines_promise_too_much() -> None:
    reading = run(preset("No lines")).readings[0]
    assert reading.achievable is not None
    assert reading.straight > reading.achievable + 0.1


def test_costs_tilt_the_line() -> None:
    config = preset("Costs")
    dear = replace(config, "cost_fn", 40.0)
    assert run(dear).cheap.slope < run(config).cheap.slope
    assert run(dear).cheap.tpr > run(config).cheap.tpr
    assert run(replace(config, "prevalence", 0.5)).cheap.tpr > run(config).cheap.tpr


def test_a_dented_curve_is_worse_than_chance_at_its_end() -> None:
    each = run(preset("Dented curve")).classifier
    fpr, tpr = each.rates
    assert (tpr < fpr).sum() > 10
    assert fpr[tpr < fpr].min() > 0.5
    hull = each.scored.hull
    assert (np.interp(fpr, fpr[hull], tpr[hull]) - tpr).max() > 0.1


def test_few_cases_leave_the_difference_open() -> None:
    config = preset("Few or many?")
    for cases, holds in ((60, True), (600, False)):
        frame = run(replace(config, "cases", cases))
        assert frame.inputs.comparison is not None
        for low, high in (
            frame.inputs.comparison.interval(0.95),
            resampled(frame.inputs, 0.95).difference or (),
        ):
            assert (low <= 0 <= high) == holds
