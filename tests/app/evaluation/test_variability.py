"""Variability on stage: presets keep their cards' promises, temperatures are dragged, wordings clicked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.evaluation.cards.variability import VARIABILITY
from app.evaluation.variability import VariabilityView
from app.evaluation.variability_words import CLAIMS, claim
from app.stage.theme import DARK, LIGHT
from core.config import from_query, replace, validate
from core.evaluation.exam import INVALID
from core.language.corpus import KINDS
from core.language.variability import (
    TEMPERATURES,
    AskedFrame,
    StoryFrame,
    VariabilityConfig,
    place,
    prepare,
    vary,
)
from core.trace import Trace

pytestmark = pytest.mark.timeout(600)  # reading stories compiles hundreds of patterns first

CONFIGS = [from_query(VariabilityConfig, preset.query) for preset in VARIABILITY.presets]
TRACES: dict[VariabilityConfig, Trace] = {}


def run(config: VariabilityConfig) -> Trace:
    """Looked at as the reader looks, so one run for all view fields."""
    whole = replace(replace(config, "temperature", "1"), "wording", "letter")
    if whole not in TRACES:
        TRACES[whole] = Trace(vary, whole, prepare(whole)).run()
    return TRACES[whole]


def last(config: VariabilityConfig) -> Any:
    trace = run(config)
    return trace.frame(trace.available - 1)


class Shown:
    def __init__(self, qtbot: QtBot, config: VariabilityConfig) -> None:
        self.view = VariabilityView()
        qtbot.addWidget(self.view)
        self.view.resize(900, 560)
        self.view.set_theme(LIGHT)
        self.edits: list[Any] = []
        self.commits = 0
        self.view.edited.connect(self._edited)
        self.view.committed.connect(self._committed)
        self.show(config)
        self.view.show()

    def show(self, config: VariabilityConfig, index: int = -1) -> None:
        self.config, self.trace = config, run(config)
        self.index = self.trace.available - 1 if index < 0 else index
        self.view.show_config(config, self.trace.inputs)
        self.view.draw(self.trace, self.index)
        self.view.settle()

    def _edited(self, config: Any) -> None:
        self.edits.append(validate(config))
        self.show(config, self.index)

    def _committed(self) -> None:
        self.commits += 1

    def notes(self) -> str:
        return "\n".join(self.view.notes(self.trace, self.index))


def test_fifty_rounds_score_differently() -> None:
    found = last(CONFIGS[0]).spread(CONFIGS[0].temperature, CONFIGS[0].wording)
    assert found.highest - found.lowest > 0.1
    assert last(CONFIGS[0]).codes.shape[2] == 50


def test_greedy_takes_the_band_away() -> None:
    frame = last(CONFIGS[1])
    found = frame.spread(CONFIGS[1].temperature, CONFIGS[1].wording)
    assert found.lowest == found.highest
    assert len(set(frame.replies("0", "letter").tolist())) == 1


def test_a_form_never_seen_gets_hardly_a_valid_answer() -> None:
    trace = run(CONFIGS[2])
    t, w = place(CONFIGS[2].temperature, CONFIGS[2].wording)
    assert CONFIGS[2].wording == "plain"
    frames = [trace.frame(i) for i in range(trace.available)]
    invalid = np.mean([(f.codes[t, w] == INVALID).mean() for f in frames if isinstance(f, AskedFrame)])
    assert invalid > 0.95


def test_hardly_a_claim_is_borne_out() -> None:
    _, counts = last(CONFIGS[3]).at(CONFIGS[3].temperature)
    assert counts[:3].sum() >= 10
    assert counts[0] <= 0.1 * counts[:3].sum()


def test_a_temperature_is_dragged_and_committed_once(qtbot: QtBot) -> None:
    shown = Shown(qtbot, CONFIGS[0])
    chart = shown.view.spreads
    row = round(chart.box().center().y())
    start, end = (QPoint(round(chart.x_of(key)), row) for key in ("0.5", "1.5"))
    QTest.mousePress(chart, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    assert shown.edits == []
    for x in np.linspace(start.x(), end.x(), 30):
        chart.mouseMoveEvent(_moved(chart, x, row))
    assert [edit.temperature for edit in shown.edits] == ["0.75", "1", "1.25", "1.5"]
    assert shown.commits == 0
    QTest.mouseRelease(chart, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)
    assert shown.commits == 1
    QTest.keyClick(chart, Qt.Key.Key_Right)
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert shown.config.temperature == "2"


def _moved(widget: Any, x: float, y: float) -> Any:
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent

    at = QPointF(x, y)
    return QMouseEvent(QEvent.Type.MouseMove, at, widget.mapToGlobal(at), Qt.MouseButton.NoButton,
                       Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)  # fmt: skip


def test_a_wording_is_clicked(qtbot: QtBot) -> None:
    shown = Shown(qtbot, CONFIGS[0])
    table = shown.view.table
    before = shown.view.grab().toImage()
    row = QPoint(20, round(2.5 * table.row_height()))
    QTest.mouseClick(table, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, row)
    assert (shown.config.wording, shown.commits) == ("words", 1)
    assert shown.view.grab().toImage() != before


def test_a_bar_of_the_stories_is_clicked(qtbot: QtBot) -> None:
    shown = Shown(qtbot, CONFIGS[3])
    assert shown.view.story.isVisible()
    assert not shown.view.replies.isVisible()
    chart = shown.view.verdicts
    for key in TEMPERATURES:
        at = QPoint(round(chart.x_of(key)), round(chart.box().center().y()))
        QTest.mouseClick(chart, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        assert shown.config.temperature == key
        frame = shown.trace.frame(shown.index)
        assert isinstance(frame, StoryFrame)
        assert frame.at(key)[0].text.strip() in shown.view.describe(shown.trace, shown.index)


@pytest.mark.parametrize("index", [0, 3])
def test_words_and_pictures_change_with_the_step(qtbot: QtBot, index: int) -> None:
    shown = Shown(qtbot, CONFIGS[index])
    told = [shown.view.describe(shown.trace, i) for i in (3, 4)]
    assert told[0] != told[1]
    shown.show(CONFIGS[index], 3)
    one = shown.view.grab().toImage()
    shown.show(CONFIGS[index], 4)
    assert shown.view.grab().toImage() != one
    shown.view.set_theme(DARK)
    shown.show(CONFIGS[index], 3)
    assert shown.view.grab().toImage() != one


def test_unanswerable_questions_are_counted_in_words(qtbot: QtBot) -> None:
    shown = Shown(qtbot, CONFIGS[0])
    assert "2 questions so far cannot be answered from the story. Of 100 replies" in shown.notes()
    shown.show(CONFIGS[0], 5)
    assert "the story leaves it open" in shown.view.describe(shown.trace, 5)


def test_every_kind_of_claim_can_be_told() -> None:
    assert set(CLAIMS) == set(KINDS)
    trace = run(CONFIGS[3])
    for i in range(trace.available):
        frame = trace.frame(i)
        assert isinstance(frame, StoryFrame)
        for told in frame.told:
            for found in told.claims:
                words = claim(found, frame.opening)
                assert found.value in words
                assert "{" not in words


def test_a_missing_model_is_one_sentence(qtbot: QtBot) -> None:
    shown = Shown(qtbot, VariabilityConfig(model="opened"))
    assert shown.view.said.isVisible()
    assert shown.view.said.text() == shown.notes()
