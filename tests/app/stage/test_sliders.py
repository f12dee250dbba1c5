import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QColor, QWheelEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.stage.sliders import NumberField, Scale, Slider

SCALES = [
    Scale(0.0, 1.0), Scale(-180.0, 180.0), Scale(1e-6, 100.0, log=True), Scale(0.0, 1.0, log=True),
    Scale(1, 500, whole=True), Scale(10, 2000, log=True, whole=True),
    Scale(0.9, 0.99999), Scale(0, 10**6, whole=True),
]  # fmt: skip


@pytest.mark.parametrize("scale", SCALES)
def test_scale_ends_are_exact_and_its_values_rise(scale: Scale) -> None:
    values = [scale.value(p) for p in range(scale.positions + 1)]
    assert values[0] == scale.low
    assert values[-1] == scale.high
    assert all(a <= b for a, b in itertools.pairwise(values))
    assert all(isinstance(v, int) == scale.whole for v in values)


@given(st.sampled_from(SCALES), st.floats(0, 1))
def test_position_and_value_agree_to_a_position(scale: Scale, share: float) -> None:
    position = round(share * scale.positions)
    if scale.log and scale.whole:
        return  # several positions stand for one small integer
    assert abs(scale.position(scale.value(position)) - position) <= 1


@pytest.mark.parametrize("scale", SCALES)
def test_steps_always_move_and_come_to_the_end(scale: Scale) -> None:
    value = scale.low
    for _ in range(1200):
        if value == scale.high:
            break
        further = scale.stepped(value, 1 if scale.high <= 2000 else 1000)
        assert further > value
        value = further
    assert value == scale.high or scale.whole
    assert scale.stepped(scale.high, -1) < scale.high
    assert scale.stepped(scale.low, -1) == scale.low


def test_a_tenth_of_a_decade_at_a_time() -> None:
    scale, value, seen = Scale(1e-4, 1.0, log=True), 0.01, []
    for _ in range(10):
        value = scale.stepped(value, 1)
        seen.append(value)
    assert seen == [0.013, 0.016, 0.02, 0.025, 0.032, 0.04, 0.05, 0.063, 0.079, 0.1]


@pytest.fixture
def slider(qtbot: QtBot) -> Iterator[Slider]:
    host = QWidget()
    QVBoxLayout(host).addWidget(made := Slider(Scale(0.001, 1.0, log=True), "s", host))
    qtbot.addWidget(host)
    host.resize(240, 40)
    host.show()
    made.set_current(0.1)
    yield made
    host.close()  # held until here: with the host goes the slider


def wheel(widget: QWidget, notches: int) -> bool:
    event = QWheelEvent(
        QPointF(5, 5), widget.mapToGlobal(QPointF(5, 5)), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def test_slider_answers_keys(qtbot: QtBot, slider: Slider) -> None:
    seen: list[float] = []
    slider.nudged.connect(seen.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_PageDown, Qt.Key.Key_End, Qt.Key.Key_Home):
        qtbot.keyClick(slider, key)
    assert seen == [0.13, 0.1, 0.01, 1.0, 0.001]
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert len(seen) == 5, "no change, no signal"


def test_slider_goes_to_the_click_and_is_dragged_from_there(qtbot: QtBot, slider: Slider) -> None:
    seen: list[float] = []
    slider.moved.connect(seen.append)
    middle = QPoint(slider.width() // 2, slider.height() // 2)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=middle)
    assert slider.current() == pytest.approx(0.0316, rel=0.1)
    qtbot.mouseMove(slider, QPoint(slider.width() - 1, middle.y()))
    with qtbot.waitSignal(slider.sliderReleased, timeout=500):
        qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 1, middle.y()))
    assert seen[-1] == slider.current() == 1.0


def test_wheel_scrolls_the_column_until_the_slider_has_the_focus(qtbot: QtBot, slider: Slider) -> None:
    slider.clearFocus()
    assert not wheel(slider, 1)
    assert slider.current() == 0.1
    slider.window().activateWindow()
    slider.setFocus()
    qtbot.waitUntil(slider.hasFocus)
    assert wheel(slider, 1)
    assert slider.current() == 0.13


def test_a_screen_reader_hears_the_value(slider: Slider) -> None:
    interface = QAccessible.queryAccessibleInterface(slider)
    assert interface.role() == QAccessible.Role.Slider
    assert interface.text(QAccessible.Text.Description) == "0.1\u202fs"


def test_showing_a_value_is_silent_and_keeps_its_digits(slider: Slider) -> None:
    seen: list[object] = []
    slider.moved.connect(seen.append)
    slider.nudged.connect(seen.append)
    slider.set_current(0.123456789)
    assert slider.current() == 0.123456789
    assert seen == []


def test_slider_shows_the_colour_of_its_thing(slider: Slider) -> None:
    slider.set_colour(QColor("#D55E00"))
    image = slider.grab().toImage()
    colours = {image.pixelColor(x, slider.height() // 2).name() for x in range(slider.width())}
    assert "#d55e00" in colours


@pytest.fixture
def field(qtbot: QtBot) -> NumberField:
    made = NumberField(unit="°")
    qtbot.addWidget(made)
    made.set_current(0.123456789)
    return made


def test_field_reads_what_is_typed_with_or_without_its_unit(qtbot: QtBot, field: NumberField) -> None:
    seen: list[float] = []
    field.typed.connect(seen.append)
    for text in ("45", "−3.5°", "10⁻²"):
        field.selectAll()
        field.insert(text)
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert seen == [45.0, -3.5, 0.01]


def test_untouched_field_keeps_the_digits_it_does_not_show(qtbot: QtBot, field: NumberField) -> None:
    seen: list[float] = []
    field.typed.connect(seen.append)
    assert field.text() == "0.123457°"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert seen == []


def test_field_says_what_it_refuses_and_escape_takes_it_back(qtbot: QtBot, field: NumberField) -> None:
    said: list[str] = []
    field.refused.connect(said.append)
    field.selectAll()
    qtbot.keyClicks(field, "steep")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert said == ["expected a number, found “steep”."]
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "0.123457°"
    assert said[-1] == ""
