import re

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.evaluation import threshold_words as words
from app.evaluation.cards.threshold import THRESHOLD
from app.evaluation.threshold import ThresholdView
from core.config import from_query, replace
from core.evaluation.confusion import Counts
from core.evaluation.threshold import ThresholdConfig, ThresholdFrame, call, prepare
from tests.app.stand import Stand, runner


@pytest.fixture
def stand(qtbot: QtBot) -> Stand:
    return Stand(qtbot, ThresholdView(), ThresholdConfig(), runner(call, prepare))


def test_the_threshold_follows_the_hand_and_commits_once(qtbot: QtBot, stand: Stand) -> None:
    ruler = stand.view.scores.ruler
    before = stand.frame
    middle = ruler.rect().center()
    qtbot.mousePress(ruler, Qt.MouseButton.LeftButton, pos=middle)
    for _ in range(3):
        at = ruler.pos()
        qtbot.mouseMove(ruler, middle + QPoint(30, 0) - (ruler.pos() - at))
    assert stand.commits == 0
    qtbot.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=middle)
    assert stand.commits == 1
    after = stand.frame
    assert stand.config.threshold == after.threshold > before.threshold
    assert after.counts.tp < before.counts.tp
    assert after.counts.fp < before.counts.fp


def test_a_click_and_keys_move_it_too(qtbot: QtBot, stand: Stand) -> None:
    plot = stand.view.scores
    at = plot.mapping.point(2.0, 0.01)
    assert at is not None
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert stand.frame.threshold == pytest.approx(2.0, abs=0.02)
    qtbot.keyClick(plot.ruler, Qt.Key.Key_Left)
    assert stand.frame.threshold < 2.0
    assert stand.commits == 2


def test_the_charts_take_a_click(qtbot: QtBot, stand: Stand) -> None:
    stand.open("chart=rates")
    QApplication.processEvents()
    at = stand.view.curves.mapping.point(1.0, 0.5)
    assert at is not None
    qtbot.mouseClick(stand.view.curves.viewport(), Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert stand.frame.threshold == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("chart", ["surface", "rates", "cost"])
@pytest.mark.parametrize("heights", ["share", "count"])
def test_the_same_frame_gives_the_same_picture(stand: Stand, chart: str, heights: str) -> None:
    stand.open(f"chart={chart}&heights={heights}&threshold=1")
    before = stand.picture()
    stand.open(f"chart={chart}&heights={heights}&threshold=2&cost_fn=9&cases=300")
    assert stand.picture() != before
    stand.open(f"chart={chart}&heights={heights}&threshold=1")
    assert stand.picture() == before


def test_words_hold_the_numbers_of_the_frame_and_no_nan(stand: Stand) -> None:
    for preset in THRESHOLD.presets:
        stand.open(preset.query)
        frame, view = stand.frame, stand.view
        said = [view.describe(stand.trace, 0), *view.notes(stand.trace, 0)]
        said += [part for line in words.lines(frame, stand.config) for part in line[:4]]
        assert not re.search(r"\b(nan|inf)\b", " ".join(said), re.IGNORECASE)
        assert f"{words.number(frame.counts.tp)} true and" in said[0]


def test_0_over_0_is_told_and_marked(stand: Stand) -> None:
    stand.open("threshold=9&more=true")
    table = {line.name: line for line in words.lines(stand.frame, stand.config)}
    assert (table["Precision"].value, table["Precision"].odd) == ("0/0 → 0", True)
    assert (table["F1"].value, table["F1"].odd) == ("0.000", False)
    assert any("0/0" in note and "convention" in note for note in stand.view.notes(stand.trace, 0))


def test_more_adds_three_rates(stand: Stand) -> None:
    few = words.lines(stand.frame, stand.config)
    many = words.lines(stand.frame, replace(stand.config, "more", True))
    assert [line.name for line in few] == ["Accuracy", "Precision", "Recall", "Specificity", "F1", "Cost"]
    assert {line.name for line in many} - {line.name for line in few} == {"F2", "Matthews", "Balanced"}


def test_the_line_stays_where_the_hand_is(qtbot: QtBot, stand: Stand) -> None:
    """What is drawn during a drag does not move what is held."""
    ruler = stand.view.scores.ruler
    qtbot.mousePress(ruler, Qt.MouseButton.LeftButton, pos=ruler.rect().center())
    qtbot.mouseMove(ruler, ruler.rect().center() + QPoint(47, 0))
    held = ruler.pos()
    stand.view.draw(stand.trace, 0)
    assert ruler.pos() == held
    qtbot.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=ruler.rect().center())


# --- each preset does what its card claims -------------------------------------------------------


def run(config: ThresholdConfig) -> ThresholdFrame:
    return next(call(config))


def preset(title: str) -> ThresholdConfig:
    found = next(each for each in THRESHOLD.presets if each.title == title)
    return from_query(ThresholdConfig, found.query)


def test_one_line_two_errors() -> None:
    config = preset("A test")
    right, left = (run(replace(config, "threshold", at)).counts for at in (2.0, -0.5))
    assert right.precision > run(config).counts.precision > left.precision
    assert right.recall < run(config).counts.recall < left.recall


def test_one_in_a_hundred() -> None:
    counts = run(preset("1 in 100")).counts
    assert counts.specificity > 0.97
    assert counts.accuracy > 0.97
    assert counts.precision < 0.5


def test_accuracy_misleads() -> None:
    frame = run(preset("Accuracy"))
    assert frame.counts.accuracy > 0.94
    assert frame.counts.recall < 0.2
    nobody = Counts(0, 0, frame.counts.positives, frame.counts.negatives)
    assert nobody.accuracy >= frame.counts.accuracy - 0.005


def test_a_costly_miss() -> None:
    config = preset("Costly miss")
    frame = run(config)
    even = run(replace(config, "cost_fn", 1.0))
    assert frame.cheapest.threshold < even.cheapest.threshold - 1
    assert frame.cheapest.value < 0.6 * frame.cost


def test_nobody_called() -> None:
    frame = run(preset("Nobody"))
    assert frame.counts.tp + frame.counts.fp == 0
    assert not frame.rates["precision"].defined
    assert frame.rates["f1"].defined  # 0 over 2 tp + fp + fn, which is not 0


def test_scores_that_know_nothing() -> None:
    config = preset("No signal")
    for at in (-1.0, 0.0, 1.0):
        assert run(replace(config, "threshold", at)).counts.precision == pytest.approx(0.5, abs=0.06)
