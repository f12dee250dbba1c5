from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.evaluation import hle_words as words
from app.evaluation import published_chart, readings
from app.evaluation.cards.hle import HLE
from app.evaluation.hle import HleView
from app.stage import theme
from core.config import Source, from_query
from core.evaluation.hle import HleConfig, HleFrame, examine, prepare
from core.evaluation.published import ERRONEOUS, PUBLISHED
from tests.app.stand import Stand, runner


class Exam(Stand):
    def said(self) -> str:
        view = self.view
        return " ".join([view.describe(self.trace, 0), *view.notes(self.trace, 0), view.verdict.text()])


@pytest.fixture
def stand(qtbot: QtBot) -> Exam:
    return Exam(qtbot, HleView(), HleConfig(), runner(examine, prepare))


# --- taking the exam ------------------------------------------------------------------------------


def test_an_answer_goes_into_the_config_and_is_marked(qtbot: QtBot, stand: Exam) -> None:
    exam = stand.view.exam
    question = prepare(HleConfig()).questions[stand.frame.asked[0]]
    assert question.text == exam.text.text()
    assert not exam.button.isEnabled()
    qtbot.mouseClick(exam.options[question.answer], Qt.MouseButton.LeftButton)
    exam.sure.setSliderPosition(80)
    assert "80%" in exam.sure_label.text()
    assert stand.config.answers == ()
    qtbot.mouseClick(exam.button, Qt.MouseButton.LeftButton)
    assert stand.config.answers == ((stand.frame.asked[0], question.answer, 80),)
    assert stand.commits == 1
    assert stand.frame.right == 1
    assert "Right" in exam.told.text()
    assert exam.options[question.answer].text().startswith("✓")
    assert not exam.options[0].isEnabled()
    assert exam.button.text() == "Next question"
    qtbot.mouseClick(exam.button, Qt.MouseButton.LeftButton)
    assert exam.at == 1
    assert not any(button.isChecked() for button in exam.options)


def test_a_wrong_answer_tells_the_right_one_by_keys_alone(qtbot: QtBot, stand: Exam) -> None:
    exam = stand.view.exam
    question = prepare(HleConfig()).questions[stand.frame.asked[0]]
    wrong = (question.answer + 1) % 4
    qtbot.keyClick(exam, Qt.Key(Qt.Key.Key_A + wrong))
    assert exam.options[wrong].isChecked()
    qtbot.keyClick(exam.sure, Qt.Key.Key_PageUp)
    qtbot.keyClick(exam.button, Qt.Key.Key_Space)
    assert stand.config.answers == ((stand.frame.asked[0], wrong, 60),)
    assert question.options[question.answer] in exam.told.text()
    assert exam.options[wrong].text().startswith("✕")


def test_the_exam_goes_on_by_letters_arrows_and_enter(qtbot: QtBot, stand: Exam) -> None:
    exam = stand.view.exam
    qtbot.keyClick(exam, Qt.Key.Key_Return)  # nothing chosen: nothing is handed in
    assert stand.config.answers == ()
    for letter, presses in ((Qt.Key.Key_B, 2), (Qt.Key.Key_D, 3)):
        qtbot.keyClick(exam.sure, letter)
        for _ in range(presses):
            qtbot.keyClick(exam.sure, Qt.Key.Key_Right)
        qtbot.keyClick(exam.sure, Qt.Key.Key_Return)
        qtbot.keyClick(exam.button, Qt.Key.Key_Return)
    asked = stand.frame.asked
    assert stand.config.answers == ((asked[0], 1, 52), (asked[1], 3, 53))
    assert exam.at == 2


def test_undo_takes_the_answer_back(qtbot: QtBot, stand: Exam) -> None:
    exam = stand.view.exam
    before, text = stand.config, exam.text.text()
    qtbot.mouseClick(exam.options[0], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(exam.button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(exam.button, Qt.MouseButton.LeftButton)
    assert exam.text.text() != text
    stand.show(before)
    assert exam.text.text() == text
    assert exam.review is None


def test_an_answered_question_is_looked_at_again(qtbot: QtBot, stand: Exam) -> None:
    asked = stand.frame.asked
    stand.show(HleConfig(answers=tuple((each, 0, 70) for each in asked[:3])))
    exam = stand.view.exam
    assert exam.at == 3
    qtbot.mouseClick(exam.progress, Qt.MouseButton.LeftButton, pos=QPoint(6, 6))
    assert exam.at == 0
    assert exam.review is not None
    exam.progress.chosen.emit(11)  # not answered yet: the first open one
    assert exam.at == 3


def test_all_answered(stand: Exam) -> None:
    asked = stand.frame.asked
    stand.show(HleConfig(answers=tuple((each, 0, 70) for each in asked)))
    exam = stand.view.exam
    assert exam.button.text() == "All answered"
    assert not exam.button.isEnabled()
    assert "20 of 20 answered" in exam.progress.accessibleName()


# --- what is said ---------------------------------------------------------------------------------


def test_nobody_is_called_over_confident_within_luck(stand: Exam) -> None:
    for seed in range(12):
        for bias in (0.0, 10.0, 40.0):
            stand.show(HleConfig(who="simulated", questions=20, bias=bias, seed=seed))
            beyond = stand.frame.table.rms_error > stand.frame.luck.rms_error.high
            assert ("Over-confident" in stand.said()) <= beyond
            assert ("No more error than luck" in stand.said()) != beyond


def test_every_mode_has_words_without_gaps(stand: Exam, tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text("a,90,1\nb,60,0\nc,70,1\n", encoding="utf-8")
    for config in (
        HleConfig(),
        HleConfig(who="file"),
        HleConfig(who="file", file=Source(path=str(file))),
        HleConfig(who="published"),
        HleConfig(who="simulated", questions=5, bias=80.0),
        HleConfig(who="simulated", questions=2500, bias=-30.0, bins=1),
    ):
        stand.show(config)
        said = stand.said()
        assert len(said) > 40
        assert "nan" not in said.split()
        assert "undefined" not in said
    stand.show(HleConfig(who="file", file=Source(path=str(file))))
    assert "answers.csv: 3 answers, confidences read as percent" in stand.view.binning.text()


def test_a_single_bin_beyond_luck_proves_nothing(stand: Exam) -> None:
    stand.show(HleConfig(who="simulated", questions=2500))
    assert stand.frame.verdict == "luck"
    assert stand.frame.beyond == 1
    assert "1 of 7 bins beyond its own grey bar" in stand.said()
    stand.show(HleConfig(who="simulated", questions=2500, seed=4))
    assert stand.frame.beyond == 0
    assert "grey bar" not in stand.said()


def test_the_binning_is_stated(stand: Exam) -> None:
    stand.show(HleConfig(who="simulated", questions=200, bins=7, binning="equal_count"))
    assert "7 bins of equally many answers" in stand.view.binning.text()
    stand.show(HleConfig(who="simulated", bins=25))
    assert "25 bins of equal width" in stand.view.binning.text()
    assert "of them empty" in stand.view.binning.text()


def test_published_figures_stand_beside_their_sources(stand: Exam) -> None:
    stand.show(HleConfig(who="published"))
    assert stand.view.published.isVisible()
    assert not stand.view.diagram.isVisible()
    Watched.install(pytest.MonkeyPatch(), published_chart)
    try:
        for size in ((660, 400), (1200, 700), (3000, 1900)):
            Watched.begin()
            stand.view.resize(*size)
            QApplication.processEvents()
            stand.view.grab()
            text = " ".join(Watched.seen)
            assert Watched.cut == []
            for row in (*PUBLISHED, ERRONEOUS):
                assert row.source in text
            assert "86.4%" in text
            assert "below 10%" in text
    finally:
        Watched.patch.undo()


# --- the picture ----------------------------------------------------------------------------------


class Watched(QPainter):
    """Notes every text that is drawn, and any that does not fit its widget."""

    seen: ClassVar[set[str]] = set()
    cut: ClassVar[list[str]] = []
    patch: pytest.MonkeyPatch

    @classmethod
    def install(cls, patch: pytest.MonkeyPatch, module) -> None:
        cls.patch = patch
        patch.setattr(module, "QPainter", cls)

    @classmethod
    def begin(cls) -> None:
        cls.seen, cls.cut = set(), []

    def drawText(self, where, *rest) -> None:
        text = rest[-1]
        self.seen.add(text)
        if isinstance(where, QRectF):
            box = QFontMetricsF(self.font()).boundingRect(where, rest[0], text)
            inside = QRectF(self.viewport()).adjusted(-1, -3, 1, 3)
            if not inside.contains(box):
                self.cut.append(f"{text!r} at {box} of {inside}")
        super().drawText(where, *rest)


@pytest.mark.parametrize("size", [(640, 420), (900, 600), (3200, 1900)], ids=str)
@pytest.mark.parametrize("who", ["you", "simulated"])
def test_readings_fit(stand: Exam, monkeypatch: pytest.MonkeyPatch, size, who) -> None:
    Watched.install(monkeypatch, readings)
    asked = stand.frame.asked
    stand.view.resize(*size)
    stand.show(HleConfig(who=who, answers=tuple((each, 0, 70) for each in asked[:5]) if who == "you" else ()))
    Watched.begin()
    QApplication.processEvents()
    stand.view.grab()
    assert {"Wilson 95%", "Wald 95%", "RMS"} <= Watched.seen
    assert Watched.cut == []


def test_a_bin_beyond_luck_is_told_by_its_shape_too(stand: Exam) -> None:
    """A marker below luck points down, one within it is a disc: seen in the pixels of its row."""
    stand.show(HleConfig(who="simulated", questions=400, bias=40.0, bins=1))
    table, luck = stand.frame.table, stand.frame.luck
    assert table is not None
    assert luck is not None
    assert table.accuracy[0] < luck.bins[0].low
    plot = stand.view.diagram
    at = plot.mapping.point(100 * float(table.confidence[0]), 100 * float(table.accuracy[0]))
    assert at is not None
    QApplication.processEvents()
    image = plot.viewport().grab().toImage()
    warning = theme.LIGHT.warning.lower()

    def width(dy: int) -> int:
        y = round(at.y()) + dy
        return sum(image.pixelColor(round(at.x()) + dx, y).name() == warning for dx in range(-12, 13))

    assert width(-3) > width(4) > 0


def test_the_diagonal_is_calibration(stand: Exam) -> None:
    mapping = stand.view.diagram.mapping
    corner, end = mapping.point(0, 0), mapping.point(100, 100)
    assert corner == QPointF(mapping.rect.left(), mapping.rect.bottom())
    assert end == QPointF(mapping.rect.right(), mapping.rect.top())


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0%"), (0.004, "0.4%"), (0.0643, "6.4%"), (0.237, "24%"), (1.0, "100%")]
)
def test_percent(share: float, text: str) -> None:
    assert words.percent(share) == text


# --- the presets do what their card says ----------------------------------------------------------


def preset(stand: Exam, title: str) -> HleFrame:
    query = next(each.query for each in HLE.presets if each.title == title)
    stand.show(from_query(HleConfig, query))
    return stand.frame


def test_a_dozen_answers_leave_room_for_luck(stand: Exam) -> None:
    asked = preset(stand, "The exam").asked
    said = (40, 50, 60, 70, 80, 90, 100, 50, 60, 70, 80, 90)
    stand.show(HleConfig(answers=tuple((q, 0, c) for q, c in zip(asked, said, strict=False))))
    assert stand.frame.luck is not None
    assert stand.frame.luck.rms_error.high > 0.2


def test_twenty_questions_of_a_perfect_person(stand: Exam) -> None:
    frame = preset(stand, "20 questions")
    assert frame.table is not None
    assert 0.15 < frame.table.expected_error < 0.25
    assert 0.15 < frame.table.rms_error < 0.3
    assert frame.verdict == "luck"


def test_many_questions_shrink_the_band(stand: Exam) -> None:
    frame = preset(stand, "2,500 questions")
    assert frame.table is not None
    assert frame.luck is not None
    assert 0.005 < frame.table.expected_error < 0.05
    assert 0.005 < frame.luck.rms_error.low < frame.luck.rms_error.high < 0.05


def test_too_sure_lies_below_the_diagonal(stand: Exam) -> None:
    frame = preset(stand, "Too sure")
    assert frame.table is not None
    assert frame.luck is not None
    assert (frame.table.accuracy < frame.table.confidence).all()
    below = frame.table.accuracy < np.array([band.low for band in frame.luck.bins])
    assert below.mean() > 0.5
    assert frame.verdict == "over"
    stand.show(HleConfig(who="simulated", questions=200, bias=0.0))
    assert stand.frame.verdict == "luck"


def test_wald_leaves_the_axis_where_wilson_does_not(stand: Exam) -> None:
    frame = preset(stand, "Wald fails")
    assert frame.wald is not None
    assert frame.wilson is not None
    assert frame.wald.low < 0 or frame.wald.low == frame.wald.high
    assert 0 <= frame.wilson.low < frame.wilson.high <= 1
