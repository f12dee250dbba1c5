import doctest
import itertools
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QColor, QFontMetricsF, QImage
from pytestqt.qtbot import QtBot

from app.stage import formula, theme
from app.stage import typeset as typesetting
from app.stage.formula import FormulaView, texts
from app.stage.typeset import Need, Request, Typeset, needs, split, typeset
from core.optimization import optimizers
from core.optimization.explain import equations
from core.trace import Equation

WIDTH = 288
MOMENTUM = r"v \leftarrow \beta v + g = <beta> \cdot <v> + <g> = <v_new>"
VALUES: dict[str, Any] = {
    "beta": 0.9,
    "v": (0.123456, -3.456789),
    "g": (1.2e-7, 4.0),
    "v_new": (-0.5123, 0.1),
}


def made(template: str, values: dict[str, Any], colour: str = "#1F2328", size: float = 16) -> Typeset:
    return typeset(Request(template, needs(template, values), colour, size, WIDTH))


def every_equation() -> list[Equation]:
    """The equations of every optimizer's third step."""
    found, rng = [], np.random.default_rng(7)
    for name in optimizers.OPTIMIZERS:
        optimizer = getattr(optimizers, name)(0.05)
        x = np.array([1.2345, -0.6789])
        state = optimizer.init(x)
        for _ in range(3):
            g = rng.normal(size=2) * np.array([50.0, 1e-4])
            new, new_state = optimizer.update(g, state, x)
            step = optimizers.Step(x, g, state, new, new_state)
            x, state = new, new_state
        found += equations(optimizer, step)
    return found


def test_examples() -> None:
    assert doctest.testmod(typesetting).failed == 0


@pytest.mark.parametrize(
    ("latex", "pieces"),
    [
        (r"a = \left(b = c\right) = d", ["a ", r"= \left(b = c\right) ", "= d"]),
        (r"\begin{cases} x = 1 \end{cases}", [r"\begin{cases} x = 1 \end{cases}"]),
        (r"= a", ["= a"]),
        (r"p_{i=1} = <x>", ["p_{i=1} ", "= <x>"]),
    ],
)
def test_split_only_at_the_top_level(latex: str, pieces: list[str]) -> None:
    assert split(latex, ("=",)) == pieces


def test_each_number_has_a_place_of_its_own_inside_the_picture() -> None:
    result = made(MOMENTUM, VALUES)
    assert [(s.name, s.component) for s in result.slots] == [
        ("beta", -1), ("v", 0), ("v", 1), ("g", 0), ("g", 1), ("v_new", 0), ("v_new", 1),
    ]  # fmt: skip
    for slot in result.slots:
        assert slot.x >= 0
        assert slot.x + slot.width <= result.width
        assert 0 < slot.baseline < result.height
        assert slot.size == pytest.approx(16, abs=0.01)
    for a, b in itertools.combinations(result.slots, 2):
        apart = a.x + a.width < b.x or b.x + b.width < a.x or abs(a.baseline - b.baseline) > 0.8 * a.size
        assert apart, (a, b)


def test_the_picture_holds_no_placeholder_and_one_colour() -> None:
    svg = ET.fromstring(made(MOMENTUM, VALUES, "#A3A9B1").svg)
    fills = {e.get("fill") for e in svg.iter() if e.get("fill")}
    assert fills == {"#A3A9B1"}


@pytest.mark.parametrize("colour", [theme.LIGHT.text, theme.DARK.text, "#000001", "#000003"])
def test_a_text_colour_that_is_a_placeholders_loses_nothing(colour: str) -> None:
    usual = ET.fromstring(made(MOMENTUM, VALUES, "#1F2328").svg)
    this = ET.fromstring(made(MOMENTUM, VALUES, colour).svg)
    assert len(list(this.iter())) == len(list(usual.iter()))


@pytest.mark.parametrize("equation", every_equation(), ids=lambda e: f"{e.function.split(':')[1]}-{e.tag}")
def test_every_optimizers_equation_fits_the_column(equation: Equation, qapp: object) -> None:
    result = made(equation.template, equation.values)
    assert result.width <= WIDTH
    assert {s.name for s in result.slots} == set(equation.values)
    for slot, text in zip(result.slots, texts(result.slots, equation.values), strict=True):
        assert slot.size >= 0.6 * 16 * 0.7, "too small to read"
        wide = formula._font(slot.size)[1].horizontalAdvance(text) / 64
        assert wide <= 1.45 * slot.width + 3, f"{text} would be squeezed"


def test_lines_are_broken_at_equals_signs() -> None:
    one = made(r"x = <a>", {"a": 1.5})
    two = made(r"x \leftarrow x - \eta\, v = <x> - <e> \cdot <v> = <y>",
               {"x": (0.123456, 1.0), "e": 0.05, "v": (2.3456, 1.0), "y": (1.2345, 1.0)})  # fmt: skip
    assert two.height > 1.8 * one.height
    assert two.slots[-1].x < 100, "the result starts a line"


def test_a_piece_too_long_for_a_line_is_set_smaller() -> None:
    template = r"y = \left(<a> + <b> + <c> + <d> + <e> + <f>\right)"
    result = made(template, dict.fromkeys("abcdef", 0.123456))
    assert result.width <= WIDTH
    assert result.slots[0].size < 16


def test_a_long_vector_shows_its_ends() -> None:
    result = made(r"p = <p>", {"p": tuple(0.1234567 * i for i in range(10))})
    assert [s.component for s in result.slots] == [0, 1, 9]


def test_superscripts_keep_their_size() -> None:
    result = made(r"b = \beta^t = <beta>^{<t>}", {"beta": 0.9, "t": 12})
    beta, t = result.slots
    assert t.size < 0.8 * beta.size
    assert t.baseline < beta.baseline


def test_negative_numbers_take_brackets_where_an_operator_stands_before() -> None:
    template = r"y = <a> - <b> = <c>"
    values = {"a": -1.2345, "b": -2.3456, "c": 1.1111}
    result = made(template, values)
    assert texts(result.slots, values) == ("−1.23", "(−2.35)", "1.11")


def test_room_never_shrinks() -> None:
    assert Need("v", 0, 3).wider(Need("v", 0, 7)) == Need("v", 0, 7)
    assert Need("v", 2, 3).wider(Need("v", 0, 7)) == Need("v", 2, 3)
    assert needs("<a>", {"a": 0.9})[0].digits < needs("<a>", {"a": 0.9123})[0].digits


def test_what_cannot_be_set_is_a_value_error_that_names_it() -> None:
    with pytest.raises(ValueError, match="frac"):
        made(r"\frac{<a>", {"a": 1.0})
    with pytest.raises(KeyError):
        needs("<missing>", {})


def ink(image: QImage, box: tuple[int, int, int, int]) -> int:
    left, top, right, bottom = box
    ground = image.pixelColor(0, image.height() - 1)
    return sum(
        image.pixelColor(x, y) != ground
        for x in range(max(0, left), right)
        for y in range(max(0, top), bottom)
    )


def test_numbers_are_painted_into_their_places_and_nowhere_else(qtbot: QtBot) -> None:
    view = FormulaView()
    qtbot.addWidget(view)
    result = made(MOMENTUM, VALUES)
    view.resize(WIDTH, round(result.height) + 1)
    view.set_typeset(result)
    view.set_values({"beta": "", "v": ("", ""), "g": ("", ""), "v_new": ("", "")})
    empty = view.grab().toImage()
    view.set_values(VALUES)
    full = view.grab().toImage()
    ratio = full.devicePixelRatio()
    changed = [
        (x / ratio, y / ratio) for x in range(full.width()) for y in range(full.height())
        if full.pixelColor(x, y) != empty.pixelColor(x, y)
    ]  # fmt: skip
    assert changed
    for slot in result.slots:
        left, right = slot.x - 3, slot.x + slot.width + 3
        top, bottom = slot.baseline - slot.size, slot.baseline + 5
        inside = [(x, y) for x, y in changed if left <= x <= right and top <= y <= bottom]
        assert inside, f"nothing painted for {slot.name}"
        changed = [c for c in changed if c not in set(inside)]
    assert changed == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.2345e-300, 8.8888e200, -123456.7])
def test_extreme_numbers_stay_in_their_place(qtbot: QtBot, value: float) -> None:
    view = FormulaView()
    qtbot.addWidget(view)
    template = r"a = <v>"
    result = made(template, {"v": 0.123456})
    view.resize(WIDTH, round(result.height) + 1)
    view.set_typeset(result)
    view.set_values({"v": value})
    image = view.grab().toImage()
    slot = result.slots[0]
    right = round((slot.x + slot.width + 4) * image.devicePixelRatio())
    assert ink(image, (right, 0, image.width(), image.height() - 1)) == 0
    assert "nan" not in view.in_words()


def test_the_same_text_is_not_painted_again(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    view = FormulaView()
    qtbot.addWidget(view)
    view.set_typeset(made(MOMENTUM, VALUES))
    view.set_values(VALUES)
    updates: list[int] = []
    monkeypatch.setattr(FormulaView, "update", lambda self: updates.append(1))
    view.set_values({**VALUES, "g": (1.2000001e-7, 4.0)})
    assert updates == []
    view.set_values({**VALUES, "g": (1.3e-7, 4.0)})
    assert updates == [1]


def test_numbers_come_in_the_typeface_of_the_formula(qapp: object) -> None:
    font, metrics = formula._font(16.0)
    assert "STIX" in font.family()
    assert isinstance(metrics, QFontMetricsF)
    digit = made("<a>", {"a": 8}).slots[0].width
    assert metrics.horizontalAdvance("8") / 64 == pytest.approx(digit, abs=2)
    assert QColor(theme.LIGHT.text).isValid()


def test_a_value_that_changed_its_shape_is_left_out_until_the_equation_is_set_anew() -> None:
    vector = made(r"v = <v>", {"v": (1.0, 2.0)}).slots
    scalar = made(r"v = <v>", {"v": 1.0}).slots
    assert texts(vector, {"v": (1.0, 2.0)}) == ("1", "2")
    assert texts(scalar, {"v": 3.0}) == ("3",)
    assert texts(scalar, {"v": (1.0, 2.0)}) == ("",)
    assert texts(vector, {"v": 3.0}) == ("3", "")
    assert texts(vector, {}) == ("", "")
