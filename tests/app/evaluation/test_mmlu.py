"""The exam on stage: presets keep their cards' promises, a click puts a way of asking in front."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.evaluation import mmlu_words
from app.evaluation.cards.mmlu import MMLU
from app.evaluation.mmlu import MmluView
from app.stage.theme import DARK, LIGHT
from core.config import Source, from_query, replace, validate
from core.evaluation.exam import CHANCE
from core.language.examination import ExaminationConfig, ExaminationFrame, examination, prepare
from core.trace import Trace

TRACES: dict[ExaminationConfig, Trace] = {}


def run(config: ExaminationConfig) -> Trace:
    if config not in TRACES:
        TRACES[config] = Trace(examination, config, prepare(config)).run(10_000)
    return TRACES[config]


def last(config: ExaminationConfig) -> ExaminationFrame:
    trace = run(config)
    frame = trace.frame(trace.available - 1)
    assert isinstance(frame, ExaminationFrame)
    return frame


class Shown:
    def __init__(self, qtbot: QtBot, config: ExaminationConfig, size: tuple[int, int] = (900, 560)) -> None:
        self.view = MmluView()
        qtbot.addWidget(self.view)
        self.view.resize(*size)
        self.view.set_theme(LIGHT)
        self.edits: list[Any] = []
        self.commits = 0
        self.view.edited.connect(self._edited)
        self.view.committed.connect(self._committed)
        self.show(config)
        self.view.show()

    def show(self, config: ExaminationConfig, index: int = -1) -> None:
        self.config, self.trace = config, run(config)
        self.index = self.trace.available - 1 if index < 0 else index
        self.view.show_config(config, self.trace.inputs)
        self.view.draw(self.trace, self.index)
        self.view.settle()

    def _edited(self, config: Any) -> None:
        self.edits.append(validate(config))

    def _committed(self) -> None:
        self.commits += 1

    def notes(self) -> str:
        return "\n".join(self.view.notes(self.trace, self.index))


CONFIGS = [from_query(ExaminationConfig, preset.query) for preset in MMLU.presets]


def test_guessing_scores_a_quarter_and_writes_no_letter() -> None:
    frame = last(CONFIGS[0])
    for method in ("letter", "answer", "per_byte"):
        low, high = frame.overall(method).interval
        assert low < CHANCE < high
    assert int(frame.invalid[3]) == 144


def test_the_leak_makes_the_whole_answer_right_nine_times_in_ten() -> None:
    assert last(CONFIGS[1]).overall("answer").accuracy == pytest.approx(0.9, abs=0.03)


def test_shuffled_the_letter_falls_back_and_the_whole_answer_stays() -> None:
    assert CONFIGS[2] == replace(replace(CONFIGS[1], "shuffle", True), "method", "letter")
    low, high = last(CONFIGS[2]).overall("letter").interval
    assert low < CHANCE < high
    assert last(CONFIGS[1]).overall("letter").accuracy > 0.5
    assert last(CONFIGS[2]).overall("answer") == last(CONFIGS[1]).overall("answer")


def test_on_stories_it_stays_at_a_quarter_though_all_options_stand_there() -> None:
    frame = last(CONFIGS[3])
    low, high = frame.overall("answer").interval
    assert low < CHANCE < high
    for question in frame.inputs.exam:
        for option in question.options:
            assert option.removeprefix("the ").casefold() in question.passage.casefold()


def test_a_click_or_a_key_puts_a_way_of_asking_in_front(qtbot: QtBot) -> None:
    shown = Shown(qtbot, CONFIGS[0])
    table = shown.view.scores
    row = QPoint(20, round(3.5 * table.row_height()))
    QTest.mouseClick(table, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, row)
    assert shown.edits[-1].method == "per_byte"
    assert shown.commits == 1
    shown.show(shown.edits[-1])
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert shown.edits[-1].method == "generation"
    below = shown.view.choices
    row = QPoint(20, round(3.5 * below.row_height()))  # one more row of heads
    QTest.mouseClick(below, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, row)
    assert shown.edits[-1].method == "answer"
    QTest.mouseClick(table, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(20, 2))
    assert shown.commits == 3


def test_the_words_hold_the_verdict(qtbot: QtBot) -> None:
    shown = Shown(qtbot, CONFIGS[0])
    assert "holds 25 %: that is near chance" in shown.notes()
    shown.show(CONFIGS[1])
    assert "lies above 25 %" in shown.notes()
    assert "tokens that were counted are this exam with its answers" in shown.notes()
    shown.show(replace(CONFIGS[0], "method", "generation"))
    assert "lies below 25 %" in shown.notes()
    told = shown.view.describe(shown.trace, 5)
    assert "Question 6 of 144" in told
    assert told != shown.view.describe(shown.trace, 6)


def test_malformed_rows_are_told_by_file_and_line(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "virology_test.csv").write_text("Which?,a,b,c,d,A\nshort,row\nWho?,a,b,c,d,F\n")
    (tmp_path / "virology_dev.csv").write_text("Which?,a,b,c,d,A\n")
    config = ExaminationConfig(questions=Source(path=str(tmp_path)))
    notes = Shown(qtbot, config).notes()
    assert "2 rows not scored. virology_test.csv, line 2: expected 6 columns, found 2." in notes
    assert "virology_test.csv, line 3: expected an answer 0 to 3 or A to D, found “F”." in notes
    assert "Not read, as there are test files: virology_dev.csv." in notes
    assert "Gema et al. 2024" in notes
    assert "Gema et al. 2024" not in Shown(qtbot, CONFIGS[0]).notes()


def test_what_is_missing_is_the_one_thing_said(qtbot: QtBot) -> None:
    config = ExaminationConfig(model="opened")
    shown = Shown(qtbot, config)
    assert shown.notes() == "No checkpoint is open: choose a folder or a .bin file."
    assert not shown.view.scores.isVisible()
    shown.show(CONFIGS[0])
    assert shown.view.scores.isVisible()


def test_subjects_give_way_to_groups_where_there_is_no_room(qtbot: QtBot) -> None:
    shown = Shown(qtbot, CONFIGS[0], (900, 420))
    chart = shown.view.chart
    assert chart._shown() is chart._groups
    shown.view.resize(900, 700)
    shown.show(CONFIGS[0])
    assert chart._shown() is chart._subjects
    first = shown.view.grab().toImage()
    shown.show(replace(CONFIGS[0], "rows", "groups"))
    assert chart._shown() is chart._groups
    assert shown.view.grab().toImage() != first
    shown.view.set_theme(DARK)
    assert shown.view.grab().toImage() != first


def test_a_long_question_is_cut_not_painted_over_its_options(qtbot: QtBot, tmp_path: Path) -> None:
    long = "Many words " * 300
    (tmp_path / "long.csv").write_text(f"{long},{'a ' * 200},b,c,d,A\n")
    shown = Shown(qtbot, ExaminationConfig(questions=Source(path=str(tmp_path / "long.csv"))))
    lines = shown.view.question._option_lines(last(shown.config))
    assert len(lines[0]) == 2
    assert lines[0][1].endswith("…")
    assert mmlu_words.quoted("x" * 100).endswith("…”")
