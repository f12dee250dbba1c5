import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.stage import numbers
from app.stage.numbers import count, number, parse, quantity, slot, vector

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def test_examples() -> None:
    assert doctest.testmod(numbers).failed == 0


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.00099996, "0.001"), (0.000123456, "1.235×10⁻⁴"), (99999.6, "10⁵"), (-1e-7, "−10⁻⁷"), (-0.0, "0"),
        (9.9996, "10"), (12345.678, "12346"), (7, "7"), (-14042, "−14\u202f042"), (10**20, "10²⁰"),
        (np.int64(12), "12"), (np.float32(0.5), "0.5"), (True, "1"),
        (math.nan, "undefined"), (math.inf, "∞"), (-math.inf, "−∞"),
    ],
)  # fmt: skip
def test_number(value: float, written: str) -> None:
    assert number(value) == written


def test_slot_keeps_the_zeros_of_a_rounded_number() -> None:
    assert slot(0.12004) == "0.120"
    assert slot(1 - 0.999) == "0.001"
    assert slot(300) == "300"


def test_units_stand_as_in_print() -> None:
    assert quantity(12, "%") == "12%"
    assert quantity(-45.0, "°") == "−45°"
    assert quantity(3, "steps") == "3\u202fsteps"
    assert count(2, "class", "classes") == "2 classes"


def test_a_long_vector_shows_its_ends() -> None:
    assert vector(range(10)) == "(0, 1, 2, 3, …, 9)"


@given(FINITE)
def test_what_is_written_reads_back(value: float) -> None:
    text = number(value, 6)
    if value and abs(value) < 1e300:
        assert parse(text) == pytest.approx(value, rel=1e-5)
    assert "nan" not in text
    assert "-" not in text
    assert "e" not in text


@given(FINITE)
def test_a_slot_never_outgrows_its_place(value: float) -> None:
    assert len(slot(value)) <= len("−8.8×10⁻³⁰⁸")


@pytest.mark.parametrize(("typed", "value"), [("−3", -3), ("1e-7", 1e-7), (" 2 000 ", 2000), ("10⁻⁷", 1e-7),
                                              ("1.5×10^3", 1500), (".5", 0.5), ("+4", 4)])  # fmt: skip
def test_parse(typed: str, value: float) -> None:
    assert parse(typed) == value


@pytest.mark.parametrize("typed", ["", "abc", "nan", "inf", "0,5", "1e999", "0x10", "1 + 1", "--3"])
def test_what_is_no_number_is_refused_in_one_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match=r"^expected a number, found .*\.$"):
        parse(typed)
