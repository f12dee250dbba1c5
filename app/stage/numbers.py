"""How a number is written, everywhere in the program.

A true minus sign, powers of ten as in print, as many digits as mean something, and words where there is no
number: never "nan".

>>> number(0.1), number(-1.23456), number(1.2e-7), number(14042)
('0.1', '−1.235', '1.2×10⁻⁷', '14\u202f042')
>>> slot(0.1), slot(0.12004), slot(-1.2345e-7)
('0.1', '0.120', '−1.2×10⁻⁷')
>>> vector((0.12, -3.4)), number(float("nan")), quantity(0.25, "s"), count(1, "step")
('(0.12, −3.4)', 'undefined', '0.25\u202fs', '1 step')
>>> parse("−1.2×10⁻⁷")
-1.2e-07
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from numbers import Integral, Real

MINUS, TIMES, THIN = "−", "×", "\u202f"
UNDEFINED = "undefined"
WIDEST = "−8.8×10⁻⁸⁸"
"""What the widest `slot` of the usual magnitudes looks like; measure this to make room for one."""

_PLAIN = (-3, 5)
"""Decimal exponents, first and past the last, that are written without a power of ten."""
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_LOWERED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")
_UNSPACED_UNITS = ("%", "°", "×")


def number(value: float, digits: int = 4) -> str:
    """A number with at most `digits` significant digits, trailing zeros left out; an integer in full."""
    if isinstance(value, Integral):
        return _whole(int(value))
    return _odd(value) or _written(float(value), digits, digits, strip=True)


def slot(value: float, digits: int = 3) -> str:
    """A number for a place of fixed width that changes with the step.

    Zeros stay where they are digits of a rounded number ("0.120"), and go where the number ends ("0.1").
    """
    if isinstance(value, Integral):
        return _whole(int(value))
    return _odd(value) or _written(float(value), digits, digits - 1, strip=False)


def vector(values: Iterable[float], digits: int = 3, longest: int = 6) -> str:
    """A short vector; of a long one the first components and the last."""
    items = [number(v, digits) for v in values]
    if len(items) > longest:
        items = [*items[: longest - 2], "…", items[-1]]
    return "(" + ", ".join(items) + ")"


def quantity(value: float, unit: str, digits: int = 4) -> str:
    """A number with its unit."""
    if not unit:
        return number(value, digits)
    gap = "" if unit.startswith(_UNSPACED_UNITS) else THIN
    return number(value, digits) + gap + unit


def count(how_many: int, thing: str, things: str = "") -> str:
    """A number of things: "1 step", "12 steps"."""
    return f"{number(int(how_many))} {thing if how_many == 1 else things or thing + 's'}"


def written(value: object, digits: int = 3) -> str:
    """A scalar or a vector, whichever it is."""
    if isinstance(value, Real):
        return number(float(value) if not isinstance(value, Integral) else int(value), digits)
    return vector(value, digits) if isinstance(value, Iterable) else str(value)


def parse(text: str) -> float:
    """The number that a reader typed or copied from here; ValueError says what was found instead."""
    plain = re.sub(r"[\s_\u202f\u2009]", "", text).translate(_LOWERED)
    plain = re.sub(r"[×x*]10\^?(-?\d+)$", r"e\1", plain)
    power = re.fullmatch(r"(-?)10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", text.strip().replace(MINUS, "-"))
    if power:
        plain = f"{power[1]}1e{power[2].translate(_LOWERED)}"
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", plain, re.IGNORECASE):
        found = f"“{text.strip()[:40]}”" if text.strip() else "nothing"
        raise ValueError(f"expected a number, found {found}.")
    value = float(plain)
    if not math.isfinite(value):
        raise ValueError(f"expected a number, found “{text.strip()[:40]}”, which is too large.")
    return value


def _whole(value: int) -> str:
    if abs(value) < 10_000:
        return str(value).replace("-", MINUS)
    if abs(value) >= 10**15:
        return _written(float(value), 4, 4, strip=True)
    return f"{value:,}".replace(",", THIN).replace("-", MINUS)


def _odd(value: float) -> str:
    """The words for what has no digits; empty for a finite number."""
    if math.isnan(value):
        return UNDEFINED
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    return ""


def _written(value: float, digits: int, mantissa_digits: int, *, strip: bool) -> str:
    if value == 0:
        return "0"
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])
    if _PLAIN[0] <= exponent < _PLAIN[1]:
        text = f"{value:.{max(0, digits - 1 - exponent)}f}"
        power = ""
    else:
        text, _, power = f"{value:.{mantissa_digits - 1}e}".partition("e")
    if "." in text and (strip or power or math.isclose(float(text), value, rel_tol=1e-9)):
        text = text.rstrip("0").rstrip(".")
    if power:
        mantissa = text[:-1] if text in ("1", "-1") else text + TIMES
        text = mantissa + "10" + str(int(power)).translate(_RAISED)
    return text.replace("-", MINUS)
