import time
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.stage import source_row
from app.stage.choice_rows import ChoiceRow, SegmentsRow
from app.stage.controls import ROOM, Controls
from app.stage.rows import NumberRow, TextRow
from app.stage.theme import DARK
from core.config import Config, Field, Source, choice, fields, get, number, replace, setting


class Settings(Config, frozen=True):
    on: Annotated[bool, setting("Takes part")] = True
    rate: Annotated[float, number(1e-6, 100.0, "Learning rate", "How far.", scale="log", role="live")] = 0.1
    beta: Annotated[float, number(0.0, 0.9999, "Momentum")] = 0.9
    eps: Annotated[float, number(1e-16, 1.0, "ε", scale="log")] = 1e-8


class Opened(Config, frozen=True):
    width: Annotated[float, number(0.0, 5.0, "Width", unit="s")] = 1.0


class Big(Config, frozen=True):
    """45 fields, of every kind, in 8 groups of four and one of one."""

    surface: Annotated[
        Literal["bowl", "ravine", "six_hump_camel", "styblinski_tang", "formula"], choice("Surface")
    ] = "bowl"
    formula: Annotated[str, Meta(max_length=80), setting("f(x, y)", shown_if={"surface": ("formula",)})] = (
        "x^2"
    )
    condition: Annotated[
        float, number(1.0, 1000.0, "Condition number", scale="log", shown_if={"surface": ("bowl",)})
    ] = 10.0
    rotation: Annotated[float, number(-180.0, 180.0, "Rotation", "Turns the axes.", unit="°")] = 0.0
    steps: Annotated[int, number(10, 2000, "Steps", scale="log")] = 300
    seed: Annotated[int, number(0, 2**31 - 1, "Seed")] = 0
    layers: Annotated[Literal[1, 2, 3], choice("Layers")] = 2
    arrows: Annotated[bool, setting("Arrows", role="view")] = True
    data: Annotated[Source, setting("Data", bundled=("spirals", "moons"))] = Source(name="moons")
    start: Annotated[tuple[float, float], setting("Start")] = (0.0, 0.0)
    noise: Annotated[float, number(0.0, 10.0, "Noise")] = 0.0
    tolerance: Annotated[float, number(1e-12, 1.0, "Tolerance", scale="log", role="view")] = 1e-2
    gradient_descent: Annotated[Settings, setting("Gradient descent")] = Settings()
    momentum: Annotated[Settings, setting("Momentum", "Polyak's heavy ball.")] = Settings()
    nesterov: Annotated[Settings, setting("Nesterov")] = Settings()
    adagrad: Annotated[Settings, setting("AdaGrad")] = Settings()
    rmsprop: Annotated[Settings, setting("RMSProp")] = Settings()
    adam: Annotated[Settings, setting("Adam")] = Settings()
    adamw: Annotated[Settings, setting("AdamW")] = Settings(on=False)
    custom: Annotated[Settings, setting("Another", shown_if={"surface": ("formula",)})] = Settings()
    opened: Annotated[Opened, setting("Opened at first", open=True)] = Opened()


class Heard(QObject):
    """Who listens: the stage, in short."""

    def __init__(self, controls: Controls) -> None:
        super().__init__(controls)
        self.configs: list[Any] = []
        self.commits = 0
        controls.edited.connect(self.configs.append)
        controls.committed.connect(self.commit)

    def commit(self) -> None:
        self.commits += 1


@pytest.fixture
def controls(qtbot: QtBot) -> Controls:
    made = Controls(Big)
    qtbot.addWidget(made)
    made.setFixedWidth(ROOM)
    made.show_config(Big())
    made.show()
    return made


@pytest.fixture
def heard(controls: Controls) -> Heard:
    return Heard(controls)


FIELDS = [f for f in fields(Big) if f.kind not in ("canvas", "source", "text")]


@pytest.mark.parametrize("field", FIELDS, ids=lambda f: f.path)
def test_each_control_reaches_both_ends_and_every_choice(
    controls: Controls, heard: Heard, field: Field
) -> None:
    for value in field.ends:
        before = heard.commits
        controls.drive(field.path, value)
        assert get(controls.config, field.path) == value  # type: ignore[arg-type]
        assert controls.value(field.path) == value
        changed = bool(heard.configs) and get(heard.configs[-1], field.path) == value
        assert changed or get(Big(), field.path) == value
        assert heard.commits >= before
    assert not controls._quiet.isActive() or controls.row(field.path) is not None
    controls.commit()


def test_a_canvas_field_has_no_control(controls: Controls) -> None:
    assert "start" not in controls.fields
    with pytest.raises(KeyError):
        controls.row("start")


def test_showing_a_config_is_silent_and_complete(controls: Controls, heard: Heard) -> None:
    controls.row("adam.rate")
    changed = replace(replace(Big(), "adam.rate", 0.025), "surface", "six_hump_camel")
    changed = replace(changed, "layers", 3)
    controls.show_config(changed)
    for path in controls.fields:
        assert controls.value(path) == get(changed, path)
    assert heard.configs == []
    assert heard.commits == 0


def test_groups_are_empty_until_opened(qtbot: QtBot) -> None:
    made = Controls(Big)
    qtbot.addWidget(made)
    assert [name for name, group in made.groups.items() if group.body is not None] == ["opened"]
    assert "adam.rate" not in made.rows
    made.show_config(replace(Big(), "adam.rate", 0.5))
    made.groups["adam"].header.click()
    assert made.value("adam.rate") == 0.5
    made.groups["adam"].header.click()
    assert made.groups["adam"].body is not None
    assert made.groups["adam"].body.isHidden()


def test_a_large_config_is_quickly_there(qtbot: QtBot) -> None:
    best = 1.0
    for _ in range(3):
        start = time.thread_time()
        made = Controls(Big)
        made.show_config(Big())
        best = min(best, time.thread_time() - start)
        qtbot.addWidget(made)
    assert best < 0.04


def test_the_switch_of_a_group_stands_in_its_heading(controls: Controls, heard: Heard) -> None:
    switch = controls.groups["adamw"].switch
    assert switch is not None
    assert not switch.box.isChecked()
    switch.box.click()
    assert heard.configs[-1].adamw.on is True
    assert heard.commits == 1


def test_a_field_is_shown_where_it_makes_sense(controls: Controls) -> None:
    formula, condition = controls.row("formula"), controls.row("condition")
    assert formula.isHidden()
    assert not condition.isHidden()
    assert controls.groups["custom"].isHidden()
    controls.drive("surface", "formula")
    assert not formula.isHidden()
    assert condition.isHidden()
    assert not controls.groups["custom"].isHidden()


def test_driving_a_hidden_field_makes_the_choice_that_shows_it(controls: Controls) -> None:
    controls.drive("custom.rate", 3.5)
    assert controls.config is not None
    assert controls.config.surface == "formula"  # type: ignore[attr-defined]
    assert controls.value("custom.rate") == 3.5


def test_a_drag_edits_as_it_goes_and_commits_once(qtbot: QtBot, controls: Controls, heard: Heard) -> None:
    row = controls.row("rotation")
    assert isinstance(row, NumberRow)
    middle = QPoint(row.slider.width() // 2, row.slider.height() // 2)
    qtbot.mousePress(row.slider, Qt.MouseButton.LeftButton, pos=middle)
    for x in (20, 40, 60):
        qtbot.mouseMove(row.slider, QPoint(row.slider.width() // 2 + x, middle.y()))
    assert len(heard.configs) >= 3
    assert heard.commits == 0
    qtbot.mouseRelease(row.slider, Qt.MouseButton.LeftButton, pos=middle)
    assert heard.commits == 1


def test_keys_commit_once_after_some_quiet(qtbot: QtBot, controls: Controls, heard: Heard) -> None:
    row = controls.row("noise")
    assert isinstance(row, NumberRow)
    for _ in range(3):
        qtbot.keyClick(row.slider, Qt.Key.Key_Right)
    assert [c.noise for c in heard.configs] == [0.1, 0.2, 0.3]
    assert heard.commits == 0
    with qtbot.waitSignal(controls.committed, timeout=2000):
        pass
    qtbot.wait(50)
    assert heard.commits == 1


def test_typing_is_read_on_enter_or_after_some_quiet(qtbot: QtBot, controls: Controls, heard: Heard) -> None:
    row = controls.row("noise")
    assert isinstance(row, NumberRow)
    row.box.selectAll()
    qtbot.keyClicks(row.box, "2.5")
    assert heard.configs == []
    with qtbot.waitSignal(controls.committed, timeout=2000):
        pass
    assert heard.configs[-1].noise == 2.5
    row.box.selectAll()
    qtbot.keyClicks(row.box, "3")
    qtbot.keyClick(row.box, Qt.Key.Key_Return)
    assert heard.configs[-1].noise == 3.0
    assert heard.commits == 2


@pytest.mark.parametrize(
    ("path", "typed", "sentence"),
    [
        ("noise", "11", "Noise: expected at most 10, found 11."),
        ("steps", "12.5", "Steps: expected a whole number, found 12.5."),
        ("adam.rate", "fast", "Learning rate: expected a number, found “fast”."),
        ("noise", "nan", "Noise: expected a number, found “nan”."),
    ],
)
def test_a_refusal_is_told_at_the_field_and_changes_nothing(
    qtbot: QtBot, controls: Controls, heard: Heard, path: str, typed: str, sentence: str
) -> None:
    row = controls.row(path)
    assert isinstance(row, NumberRow)
    row.box.selectAll()
    qtbot.keyClicks(row.box, typed)
    qtbot.keyClick(row.box, Qt.Key.Key_Return)
    assert row.refusal() == sentence
    assert heard.configs == []
    assert controls.value(path) == get(Big(), path)
    row.box.selectAll()
    qtbot.keyClicks(row.box, "20" if path == "steps" else "2")
    qtbot.keyClick(row.box, Qt.Key.Key_Return)
    assert row.refusal() == ""
    assert len(heard.configs) == 1


def test_text_is_an_edit_with_each_letter_and_may_be_refused(
    qtbot: QtBot, controls: Controls, heard: Heard
) -> None:
    controls.drive("surface", "formula")
    row = controls.row("formula")
    assert isinstance(row, TextRow)
    row.line.end(False)
    qtbot.keyClicks(row.line, "+y")
    assert [c.formula for c in heard.configs[-2:]] == ["x^2+", "x^2+y"]
    assert controls.refuse("formula", "f(x, y): unfinished after “+”.")
    assert row.refusal() == "f(x, y): unfinished after “+”."
    assert not controls.refuse("", "")
    assert row.refusal() == ""


def test_a_refusal_opens_the_group_it_is_in(controls: Controls) -> None:
    assert controls.refuse("momentum.beta", "Too much.")
    assert controls.row("momentum.beta").refusal() == "Too much."
    assert controls.groups["momentum"].header.isChecked()
    assert not controls.refuse("start", "A start outside the surface.")


def test_what_the_stage_takes_back_leaves_the_readers_own_mistakes(qtbot: QtBot, controls: Controls) -> None:
    row = controls.row("noise")
    assert isinstance(row, NumberRow)
    row.box.selectAll()
    qtbot.keyClicks(row.box, "loud")
    qtbot.keyClick(row.box, Qt.Key.Key_Return)
    controls.refuse("", "")
    assert row.refusal()


def test_a_file_is_offered_by_name_and_told_by_path(
    qtbot: QtBot, controls: Controls, heard: Heard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    row: Any = controls.row("data")
    controls.drive("data", Source(name="spirals"))
    assert heard.configs[-1].data == Source(name="spirals")
    picked = str(tmp_path / "points.csv")
    monkeypatch.setattr(source_row, "ask_file", lambda *_: picked)
    with qtbot.waitSignal(controls.file_chosen, timeout=500) as signal:
        row.open.click()
    assert signal.args == ["data", picked]
    controls.show_config(replace(Big(), "data", Source(path=picked, sha256="ab")))
    assert row.combo.currentText() == "points.csv"
    controls.show_config(Big())
    assert [row.combo.itemText(i) for i in range(row.combo.count())] == ["Spirals", "Moons"]


class Opens(Config):
    model: Annotated[Source, setting("Model", folder=True)] = Source()


def test_a_folder_can_be_opened_where_the_field_takes_one(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = Controls(Opens)
    qtbot.addWidget(made)
    made.show_config(Opens())
    row: Any = made.row("model")
    assert row.combo.placeholderText() == "none"
    assert row.combo.currentIndex() == -1
    monkeypatch.setattr(source_row, "ask_folder", lambda *_: str(tmp_path))
    with qtbot.waitSignal(made.file_chosen, timeout=500) as signal:
        row.open_folder.click()
    assert signal.args == ["model", str(tmp_path)]
    made.show_config(Opens(model=Source(path=str(tmp_path), sha256="ab")))
    assert row.combo.currentText() == tmp_path.name


def test_choices_take_the_form_that_fits(controls: Controls) -> None:
    assert isinstance(controls.row("layers"), SegmentsRow)
    assert isinstance(controls.row("surface"), ChoiceRow)


def test_every_control_has_a_name_and_a_place_in_the_tab_order(controls: Controls) -> None:
    for group in controls.groups.values():
        group.open()
    controls.drive("surface", "formula")
    for widget in controls.findChildren(QWidget):
        in_popup = widget.window() is not controls
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not widget.isHidden() and not in_popup:
            assert QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name), widget
    assert controls.row("adam.rate").slider.accessibleName() == "Adam, Learning rate"  # type: ignore[attr-defined]


def test_help_tells_range_unit_and_default(controls: Controls) -> None:
    assert controls.row("rotation").toolTip() == ("<p>Turns the axes.<br>−180 to 180°; default 0°</p>")
    assert controls.groups["momentum"].header.toolTip() == "Polyak's heavy ball."


def test_a_thing_keeps_its_colour_in_both_themes(controls: Controls) -> None:
    controls.row("adam.rate")
    controls.set_theme(DARK)
    slider = controls.row("adam.rate").slider  # type: ignore[attr-defined]
    assert slider._colour == DARK.colour("adam")


def test_no_text_is_cut_at_the_columns_width(controls: Controls) -> None:
    for group in controls.groups.values():
        group.open()
    controls.drive("surface", "formula")
    controls.refuse("formula", "f(x, y): a sentence far too long to stand on one line of this column.")
    for _ in range(5):
        QApplication.processEvents()
    assert controls.minimumSizeHint().width() <= ROOM
    for row in controls.rows.values():
        if row.isVisible() and isinstance(row, NumberRow):
            text = row.box.fontMetrics().horizontalAdvance(row.box.text())
            assert text + 10 <= row.box.width(), row.field.path
