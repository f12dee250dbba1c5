import re
from typing import Any, ClassVar

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.optimization import exp_ranges, logit_bars, softmax_table
from app.optimization.cards.softmax import SOFTMAX
from app.optimization.logit_bars import nice_range
from app.optimization.softmax import SoftmaxView
from app.optimization.softmax_words import LONG, verdict
from app.stage import theme
from core.config import from_query, replace
from core.optimization.softmax import SoftmaxConfig, compare
from tests.app.stand import Stand, runner


@pytest.fixture
def stand(qtbot: QtBot) -> Stand:
    return Stand(qtbot, SoftmaxView(), SoftmaxConfig(), runner(compare))


def column(stand: Stand, index: int) -> int:
    bars = stand.view.bars
    return round((index + 0.5) * bars.width() / len(stand.config.logits))


def test_a_bar_follows_the_hand_and_commits_once(qtbot: QtBot, stand: Stand) -> None:
    bars, x = stand.view.bars, column(stand, 1)
    wanted = (10.0, 8.0, 5.0)
    places = [round(bars._y(value)) for value in wanted]
    qtbot.mousePress(bars, Qt.MouseButton.LeftButton, pos=QPoint(x, places[0]))
    for value, y in zip(wanted, places, strict=True):
        qtbot.mouseMove(bars, QPoint(x, y))
        assert stand.config.logits[1] == pytest.approx(value, abs=0.15)
    assert stand.commits == 0
    qtbot.mouseRelease(bars, Qt.MouseButton.LeftButton, pos=QPoint(x, places[-1]))
    assert stand.commits == 1
    assert stand.config.logits[0] == 12.0


def test_the_scale_stays_while_a_bar_is_held(qtbot: QtBot, stand: Stand) -> None:
    bars = stand.view.bars
    before = bars._range
    qtbot.mousePress(bars, Qt.MouseButton.LeftButton, pos=QPoint(column(stand, 0), 20))
    qtbot.mouseMove(bars, QPoint(column(stand, 0), -200))
    assert bars._range == before
    assert stand.config.logits[0] > before[1]
    qtbot.mouseRelease(bars, Qt.MouseButton.LeftButton, pos=QPoint(column(stand, 0), -200))
    assert bars._range[1] > stand.config.logits[0]


def test_a_bar_shows_what_is_done_to_its_logit(qtbot: QtBot, stand: Stand) -> None:
    stand.show(SoftmaxConfig(logits=(1.0, 2.0), add=10.0, scale=4.0))
    bars = stand.view.bars
    y = round(bars._y(16.0))
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(column(stand, 0), y))
    assert stand.frame.logits[0] == pytest.approx(16.0, abs=0.3)
    assert stand.config.logits[0] == pytest.approx(1.5, abs=0.1)
    assert stand.config.add == 10.0


def test_a_logit_dragged_too_far_stays_at_its_bound(qtbot: QtBot, stand: Stand) -> None:
    stand.show(SoftmaxConfig(logits=(900.0, 0.0)))
    qtbot.mousePress(stand.view.bars, Qt.MouseButton.LeftButton, pos=QPoint(column(stand, 0), 5))
    qtbot.mouseMove(stand.view.bars, QPoint(column(stand, 0), -5000))
    qtbot.mouseRelease(stand.view.bars, Qt.MouseButton.LeftButton, pos=QPoint(column(stand, 0), -5000))
    assert stand.config.logits[0] == 1000.0


def test_keys_choose_and_move_a_bar(qtbot: QtBot, stand: Stand) -> None:
    bars = stand.view.bars
    qtbot.keyClick(bars, Qt.Key.Key_Right)
    qtbot.keyClick(bars, Qt.Key.Key_Up)
    assert stand.config.logits[1] > 11.0
    assert stand.commits == 1
    assert "class 1 chosen" in bars.accessibleDescription()
    qtbot.keyClick(bars, Qt.Key.Key_PageDown)
    assert stand.config.logits[1] < 11.0


@pytest.mark.parametrize(
    ("typed", "logits"),
    [("1, 2.5, -3", (1.0, 2.5, -3.0)), ("11 11 11", (11.0,) * 3), ("8;0", (8.0, 0.0))],
)
def test_logits_are_typed(qtbot: QtBot, stand: Stand, typed: str, logits: tuple[float, ...]) -> None:
    line = stand.view.line
    line.selectAll()
    qtbot.keyClicks(line, typed)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert stand.config.logits == logits
    assert stand.commits == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1", "Logits: expected 2 to 8 numbers, found 1."),
        ("1, two", "expected a number, found “two”"),
        ("1, 99999", "at most 1000"),
        (",".join("123456789"), "expected 2 to 8 numbers, found 9"),
        ("", "found nothing"),
    ],
)
def test_what_cannot_be_taken_is_told_beneath(qtbot: QtBot, stand: Stand, typed: str, said: str) -> None:
    line = stand.view.line
    line.selectAll()
    qtbot.keyClick(line, Qt.Key.Key_Delete)
    qtbot.keyClicks(line, typed)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert said in stand.view.said.text()
    assert stand.view.said.isVisible()
    assert stand.config == SoftmaxConfig()
    stand.show(replace(SoftmaxConfig(), "add", 1.0))
    assert not stand.view.said.isVisible()


FAILURES = {
    "overflow_to_nan": ("logits=[12,11]", "float16", "∞"),
    "underflow_to_nan": ("logits=[1,0]&add=-800", "float64", "0/0"),
    "sum_overflow_to_zero": ("logits=[11,11,11]", "float16", "sum"),
    "underflow_of_target": ("logits=[-800,0]", "float64", "target"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_each_failure_is_told_in_words(stand: Stand, failure: str) -> None:
    query, where, word = FAILURES[failure]
    stand.show(from_query(SoftmaxConfig, query))
    shown = stand.frame.precision(where)
    assert shown.failure == failure
    holds, short, long = verdict(shown, stable=False, shows="softmax")
    assert not holds
    assert word in long
    assert len(short) < len(long)
    assert verdict(shown, stable=True, shows="softmax")[0]
    assert LONG[failure] in stand.view.describe(stand.trace, 0)
    assert any(LONG[failure] in note for note in stand.view.notes(stand.trace, 0))


def test_words_never_say_nan(stand: Stand) -> None:
    for preset in SOFTMAX.presets:
        for shows in ("softmax", "log_softmax", "cross_entropy"):
            stand.show(replace(from_query(SoftmaxConfig, preset.query), "shows", shows))
            said = [stand.view.describe(stand.trace, 0), *stand.view.notes(stand.trace, 0)]
            assert not re.search(r"\b(nan|inf)\b", " ".join(said), re.IGNORECASE)
            for part in (stand.view.bars, stand.view.ranges):
                assert not re.search(r"\b(nan|inf)\b", part.accessibleDescription())


def test_each_failure_looks_different_from_what_holds(stand: Stand) -> None:
    pictures = []
    for query in ("logits=[1,0]", *(query for query, _, _ in FAILURES.values())):
        stand.show(from_query(SoftmaxConfig, query))
        pictures.append(stand.view.table.grab().toImage())
    assert all(a != b for i, a in enumerate(pictures) for b in pictures[:i])


def warned(image: QImage, colour: str) -> int:
    return sum(
        image.pixelColor(x, y).name() == colour for x in range(image.width()) for y in range(image.height())
    )


def test_only_what_fails_is_drawn_as_a_warning(stand: Stand) -> None:
    stand.show(from_query(SoftmaxConfig, "logits=[1,0]"))
    assert warned(stand.view.table.grab().toImage(), theme.LIGHT.warning.lower()) == 0
    stand.show(from_query(SoftmaxConfig, "logits=[1,0]&add=-800"))
    image = stand.view.table.grab().toImage()
    assert warned(image.copy(0, 0, image.width(), image.height() // 2), theme.LIGHT.warning.lower()) > 50
    stable = image.copy(0, image.height() * 6 // 11, image.width(), image.height())
    assert warned(stable, theme.LIGHT.warning.lower()) == 0


def test_the_same_frame_gives_the_same_picture(stand: Stand) -> None:
    before = stand.picture()
    stand.show(replace(SoftmaxConfig(), "scale", 3.0))
    assert stand.picture() != before
    stand.show(SoftmaxConfig())
    assert stand.picture() == before


class Watched(QPainter):
    """Notes every text that does not fit where it is drawn."""

    cut: ClassVar[list[str]] = []
    seen: ClassVar[set[str]] = set()

    def drawText(self, where: QRectF | QPointF, *rest: Any) -> None:
        text, metrics = rest[-1], QFontMetricsF(self.font())
        self.seen.add(text)
        room = QRectF(self.viewport())
        if isinstance(where, QPointF):
            needed = QRectF(
                where.x(), where.y() - metrics.ascent(), metrics.horizontalAdvance(text), metrics.height()
            )
        else:
            needed = metrics.boundingRect(where, rest[0], text)
            room = room.intersected(where.adjusted(0, -3, 0, 3))
        if not room.adjusted(-1, -2, 1, 2).contains(needed):
            self.cut.append(f"{text!r} needs {needed}, has {room}")
        super().drawText(where, *rest)


Size = tuple[int, int]
MANY = (11.0, 11.0, 11.0, 3.0, 2.0, 1.0, -4.0, 8.0)


@pytest.mark.parametrize("look", theme.THEMES.values(), ids=lambda t: t.name)
@pytest.mark.parametrize("size", [(700, 480), (1300, 800), (3200, 2000)], ids=str)
@pytest.mark.parametrize("shows", ["softmax", "log_softmax", "cross_entropy"])
@pytest.mark.parametrize(
    "logits", [(1.0, 0.0), (11.0, 11.0, 11.0), (-800.0, 0.0), (-1000.0, 1000.0), MANY], ids=str
)
def test_no_text_is_cut_from_small_to_large(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, look: theme.Theme, size: Size, shows: str,
    logits: tuple[float, ...],
) -> None:  # fmt: skip
    for module in (softmax_table, exp_ranges, logit_bars):
        monkeypatch.setattr(module, "QPainter", Watched)
    view = stand.view
    view.set_theme(look)
    view.resize(*size)
    stand.show(replace(SoftmaxConfig(logits=logits), "shows", shows))
    for _ in range(4):
        QApplication.processEvents()
    assert (view.width(), view.height()) == size
    Watched.cut.clear()
    view.grab()
    assert {"float16", "Less the maximum m", "Σ"} <= Watched.seen
    assert Watched.cut == []


@pytest.mark.parametrize("values", [(1.0, 2.0), (-5.0, 3.0), (0.0, 0.0), (-800.0, -799.0), (1e-3, 1e3)])
def test_the_range_holds_zero_and_every_bar(values: tuple[float, ...]) -> None:
    low, high = nice_range(values)
    assert low <= min(0.0, *values) <= max(0.0, *values) <= high
    assert low < high
