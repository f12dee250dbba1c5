"""The scene on perplexity: every preset does what its card says, and what the hand does is what is read."""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.evaluation import perplexity_words as words
from app.evaluation.cards.perplexity import PERPLEXITY
from app.evaluation.perplexity import PerplexityView
from app.evaluation.token_text import SIZES, Cell, TokenText, written
from app.stage import theme
from app.stage.colours import contrast
from core.config import from_query, replace, with_view
from core.language import surprise
from core.language.surprise import SurpriseConfig, SurpriseFrame, prepare
from core.trace import Trace
from tests.app.stand import Stand

NOWHERE = Path("a folder that does not exist")
PRESETS = {preset.title: from_query(SurpriseConfig, preset.query) for preset in PERPLEXITY.presets}
_inputs: dict[Any, Any] = {}


@pytest.fixture(autouse=True)
def without_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same whether a copy of the lab has weights or not."""
    monkeypatch.setattr(surprise, "ROOT", NOWHERE)


def trace_of(config: SurpriseConfig) -> Trace:
    """As the stage makes it; inputs kept for all tests."""
    key = tuple(getattr(config, name) for name in prepare.fields)  # type: ignore[attr-defined]
    if key not in _inputs:
        _inputs[key] = [each for each in prepare(config) if each is not None][-1]
    return Trace(surprise.surprise, config, _inputs[key]).run(1)


def frame_of(config: SurpriseConfig) -> SurpriseFrame:
    found = trace_of(config).frame(0)
    assert isinstance(found, SurpriseFrame)
    return found


@pytest.fixture
def stand(qtbot: QtBot) -> Stand:
    return Stand(qtbot, PerplexityView(), SurpriseConfig(), trace_of, (880, 600))


# --- what the cards claim --------------------------------------------------------------------------------


def test_a_story_is_told_by_a_few_tokens() -> None:
    shown = frame_of(PRESETS["A story"]).reading("ngram")
    dearest = np.sort(shown.bits)[::-1]
    assert np.median(shown.bits) < 0.5
    assert dearest[: round(len(dearest) / 5)].sum() > 0.6 * dearest.sum()
    i = shown.at(PRESETS["A story"].at)
    assert shown.bits[i] > 4  # what is inspected first stands out


def test_over_characters_the_order_turns_round() -> None:
    frame = frame_of(PRESETS["Two units"])
    letters, tokens = frame.reading("characters"), frame.reading("ngram")
    assert letters.perplexity < tokens.perplexity
    assert letters.bits_per_byte > tokens.bits_per_byte
    assert any("the order turns round" in note for note in words.notes(frame, PRESETS["Two units"]))


def test_a_uniform_guess_is_flat_whatever_the_text() -> None:
    config = PRESETS["Uniform guess"]
    for changed in (config, replace(config, "story", 11), replace(config, "passage", "typed")):
        shown = frame_of(changed).reading("uniform")
        np.testing.assert_allclose(shown.running_perplexity(), shown.vocab_size, rtol=1e-12)


def test_one_unseen_word_makes_all_infinite_and_smoothing_mends_it() -> None:
    config = PRESETS["Unseen word"]
    frame = frame_of(config)
    shown = frame.reading("ngram")
    assert shown.perplexity == math.inf
    assert shown.impossible is not None
    piece = shown.pieces[shown.impossible]
    begin = frame.passage.text.index("jaguar")
    assert begin - 1 <= piece.start < begin + len("jaguar")
    assert shown.at(config.at) == shown.impossible  # it is the inspected one
    assert "“jaguar”" in words.impossible(frame, shown)
    mended = frame_of(replace(config, "smoothing", "modified_kneser_ney")).reading("ngram")
    assert mended.impossible is None
    assert mended.perplexity < mended.vocab_size


def test_pieces_begin_blind_and_overlap_repairs_it() -> None:
    config = PRESETS["Cut to pieces"]
    chopped = frame_of(config).reading("ngram")
    repaired = frame_of(replace(config, "stride", 1)).reading("ngram")
    whole = frame_of(SurpriseConfig()).reading("ngram")
    assert chopped.bits_per_byte > 1.3 * whole.bits_per_byte
    assert repaired.bits_per_byte == pytest.approx(whole.bits_per_byte)
    assert "begins blind" in " ".join(words.notes(frame_of(config), config))


def test_worse_than_a_uniform_guess() -> None:
    config = PRESETS["Sure and wrong"]
    frame = frame_of(config)
    assert frame.reading("ngram").perplexity > frame.reading("uniform").perplexity
    assert any("worse than a uniform guess" in note for note in words.notes(frame, config))


# --- words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", PRESETS)
def test_words_never_say_nan(title: str) -> None:
    for front in ("ngram", "transformer", "characters", "uniform", "opened"):
        for measure in ("bits_per_byte", "perplexity"):
            config = replace(replace(PRESETS[title], "front", front), "measure", measure)
            frame = frame_of(config)
            said = [words.describe(frame, config), words.compared(frame), *words.notes(frame, config)]
            said += [cell for reading in frame.readings for cell in words.cells(reading)]
            assert not re.search(r"\b(nan|inf)\b", " ".join(said), re.IGNORECASE)
            assert all(each.strip() for each in said)


@pytest.mark.parametrize(
    ("p", "said"),
    [(1.0, "100 %"), (0.9978, "99.8 %"), (0.25, "25 %"), (0.0123, "1.2 %"), (0.009, "1 in 110"),
     (1 / 512, "1 in 510"), (1 / 31234, "1 in 31\u202f000"), (1e-9, "1 in 10⁹"), (0.0, "0")],
)  # fmt: skip
def test_chances_read_as_one_says_them(p: float, said: str) -> None:
    assert words.chance(p) == said


@pytest.mark.parametrize(
    ("data", "shown"),
    [(b" the", " the"), ("é".encode()[:1], "‹C3›"), (b".\n", ".⏎"), (b"\t", "⇥"), (b"\x01", "·")],
)
def test_tokens_read_as_what_they_are(data: bytes, shown: str) -> None:
    assert written(data) == shown


def test_a_missing_model_is_one_sentence(stand: Stand) -> None:
    stand.show(replace(stand.config, "front", "transformer"))
    assert stand.view.inspected.text() == "The transformer model’s weights are not in this copy of the lab."
    assert stand.view.notes(stand.trace, 0) == [stand.view.inspected.text()]
    before = stand.view.grab().toImage()
    stand.show(replace(stand.config, "front", "ngram"))
    assert stand.view.grab().toImage() != before


# --- what the reader does --------------------------------------------------------------------------------


def middle(text: TokenText, index: int) -> QPoint:
    _, box = text._boxes[index]
    top = text._key() - text._top * text._line_height()
    return QPoint(round(box.center().x()), round(box.center().y() + top))


def test_a_click_and_a_drag_choose_tokens(stand: Stand, qtbot: QtBot) -> None:
    text, shown = stand.view.text, stand.frame.reading("ngram")
    qtbot.mouseClick(text, Qt.MouseButton.LeftButton, pos=middle(text, 30))
    assert stand.config.at == shown.pieces[30].start
    assert stand.commits == 1
    qtbot.mousePress(text, Qt.MouseButton.LeftButton, pos=middle(text, 31))
    for i in (35, 40, 52):
        qtbot.mouseMove(text, middle(text, i))
        assert stand.config.at == shown.pieces[i].start
    qtbot.mouseRelease(text, Qt.MouseButton.LeftButton, pos=middle(text, 52))
    assert stand.commits == 2
    assert words.quoted(shown.pieces[52].data) in stand.view.inspected.text()
    assert words.quoted(shown.pieces[52].data) in stand.view.describe(stand.trace, 0)


def test_arrow_keys_move_through_the_text(stand: Stand, qtbot: QtBot) -> None:
    text, shown = stand.view.text, stand.frame.reading("ngram")
    start = shown.at(stand.config.at)
    qtbot.keyClick(text, Qt.Key.Key_Right)
    assert shown.at(stand.config.at) == start + 1
    assert stand.commits == 1
    line = text._boxes[start + 1][0]
    qtbot.keyClick(text, Qt.Key.Key_Down)
    assert text._boxes[shown.at(stand.config.at)][0] == line + 1
    qtbot.keyClick(text, Qt.Key.Key_Up)
    qtbot.keyClick(text, Qt.Key.Key_Left)
    assert text._boxes[shown.at(stand.config.at)][0] == line
    assert "Token" in text.accessibleDescription()


def test_the_place_stays_when_another_model_comes_to_the_front(stand: Stand) -> None:
    at = stand.config.at
    stand.view.table.chosen.emit("characters")
    assert (stand.config.front, stand.config.at) == ("characters", at)
    letters = stand.frame.reading("characters")
    assert letters.pieces[letters.at(at)].start == at
    assert stand.commits == 1


def test_the_chart_leads_to_a_place(stand: Stand) -> None:
    stand.view.chart.clicked.emit(500.2, 1.0)
    assert stand.config.at == 500
    stand.view.chart.clicked.emit(-5.0, 1.0)
    assert stand.config.at == 0


def test_every_letter_typed_is_read(stand: Stand, qtbot: QtBot) -> None:
    line = stand.view.line
    line.setFocus()
    qtbot.keyClicks(line, "Ben had")
    assert (stand.config.passage, stand.config.text) == ("typed", "Ben had")
    assert stand.frame.passage.text == "Ben had"
    assert stand.commits == 0
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert stand.commits == 1
    for _ in range(7):
        qtbot.keyClick(line, Qt.Key.Key_Backspace)
    assert stand.config.text == "B"  # nothing typed is nothing to read: the last letter stays on stage


def test_a_long_text_moves_under_the_wheel(stand: Stand) -> None:
    text = stand.view.text
    cells = tuple(Cell(" word", 1.0, 5 * i) for i in range(4000))
    text.show_cells(cells, 0)
    assert text._lines > text._fits()
    assert text._size == SIZES[-1]
    wheel = QWheelEvent(
        QPointF(20, 60), QPointF(20, 60), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    before = text._top
    QApplication.sendEvent(text, wheel)
    assert text._top > before
    text.show_cells(cells, 3999)
    assert text._top + text._fits() >= text._lines  # what is inspected is in view


@pytest.mark.parametrize("look", theme.THEMES.values(), ids=lambda t: t.name)
def test_text_is_legible_on_every_surprise(stand: Stand, look: theme.Theme) -> None:
    stand.view.set_theme(look)
    assert min(contrast(QColor(look.text), colour) for colour in stand.view.text._colours()) >= 4.5


@pytest.mark.parametrize("size", [(620, 420), (880, 600), (3000, 1800)], ids=str)
@pytest.mark.parametrize("title", PRESETS)
def test_tokens_stay_within_the_pane_and_in_order(stand: Stand, size: tuple[int, int], title: str) -> None:
    stand.view.resize(*size)
    stand.show(PRESETS[title])
    text = stand.view.text
    places = [(line, box.left()) for line, box in text._boxes]
    assert places == sorted(places)
    assert all(box.left() >= 0 and box.right() <= text.width() + 0.5 for _, box in text._boxes)
    assert len(text._boxes) == len(stand.frame.reading(stand.config.front).pieces)


def test_the_same_frame_gives_the_same_picture(stand: Stand) -> None:
    before = stand.view.grab().toImage()
    for title in PRESETS:
        stand.show(PRESETS[title])
        stand.view.grab()
    stand.show(SurpriseConfig())
    stand.view.settle()
    assert stand.view.grab().toImage() == before


def test_view_fields_do_not_read_anew() -> None:
    config = SurpriseConfig()
    looked = replace(replace(replace(config, "front", "characters"), "measure", "perplexity"), "at", 99)
    assert with_view(config, looked) == looked
    assert not {"front", "measure", "at"} & set(prepare.fields)  # type: ignore[attr-defined]
