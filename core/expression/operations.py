"""Every operation that a formula may use: how it is computed, and how its derivative is written.

A derivative rule receives the graph, the adjoint of the operation's result (the derivative of the whole
formula by it), the result and the operands, and returns what each operand's adjoint gains by it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Compute = Callable[..., Any]


class Builder(Protocol):
    """What a rule needs of the graph: nodes are numbers."""

    def constant(self, value: float) -> int: ...
    def apply(self, name: str, *operands: int) -> int: ...
    def value_of(self, node: int) -> float | None: ...


Rule = Callable[[Builder, int, int, tuple[int, ...]], tuple[int, ...]]


@dataclass(frozen=True)
class Operation:
    """`compute` acts elementwise on arrays and numbers; `latex` has {0}, {1} for the operands."""

    name: str
    arity: int
    compute: Compute
    rule: Rule | None = None
    latex: str = ""
    commutes: bool = False


# --- what NumPy has no single function for ----------------------------------------------------------


def log_slope(x: Any) -> Any:
    """1 / x where log x is defined; NaN, not a finite slope, for negative x."""
    return 1 / np.where(x < 0, np.nan, x)


def power_by_base(base: Any, exponent: Any) -> Any:
    """The derivative of base^exponent by its base: exponent * base^(exponent - 1), 0 where exponent is 0."""
    return np.where(exponent == 0, 0.0 * exponent, exponent * np.power(base, exponent - 1))


def power_by_exponent(base: Any, exponent: Any) -> Any:
    """The derivative of base^exponent by its exponent: base^exponent * log(base), 0 at base 0."""
    slope = np.power(base, exponent) * np.log(base)
    return np.where((base == 0) & (exponent > 0), 0.0 * exponent, slope)


def half_at_tie(difference: Any) -> Any:
    """1 where positive, 0 where negative, 1/2 at zero: the slope of max(a, b) by a, for a - b."""
    return np.heaviside(difference, 0.5)


# --- rules ------------------------------------------------------------------------------------------


def _add(g: Builder, adjoint: int, out: int, operands: tuple[int, ...]) -> tuple[int, ...]:
    return adjoint, adjoint


def _subtract(g: Builder, adjoint: int, out: int, operands: tuple[int, ...]) -> tuple[int, ...]:
    return adjoint, g.apply("negate", adjoint)


def _negate(g: Builder, adjoint: int, out: int, operands: tuple[int, ...]) -> tuple[int, ...]:
    return (g.apply("negate", adjoint),)


def _multiply(g: Builder, adjoint: int, out: int, operands: tuple[int, ...]) -> tuple[int, ...]:
    a, b = operands
    return g.apply("multiply", adjoint, b), g.apply("multiply", adjoint, a)


def _divide(g: Builder, adjoint: int, out: int, operands: tuple[int, ...]) -> tuple[int, ...]:
    by_a = g.apply("divide", adjoint, operands[1])
    return by_a, g.apply("negate", g.apply("multiply", by_a, out))


def _power(g: Builder, adjoint: int, out: int, operands: tuple[int, ...]) -> tuple[int, ...]:
    base, exponent = operands
    n, b = g.value_of(exponent), g.value_of(base)
    if n is not None:
        outer = g.apply("multiply", g.constant(n), adjoint)
        by_base = g.apply("multiply", outer, g.apply("power", base, g.constant(n - 1)))
        return by_base, by_base  # nobody asks for the derivative by a constant
    if b is not None and b > 0:
        outer = g.apply("multiply", g.constant(math.log(b)), adjoint)
        by_exponent = g.apply("multiply", outer, out)
        return by_exponent, by_exponent
    by_base = g.apply("multiply", adjoint, g.apply("power_by_base", base, exponent))
    return by_base, g.apply("multiply", adjoint, g.apply("power_by_exponent", base, exponent))


def _maximum(g: Builder, adjoint: int, out: int, operands: tuple[int, ...]) -> tuple[int, ...]:
    a, b = operands
    by_a = g.apply("half_at_tie", g.apply("subtract", a, b))
    by_b = g.apply("half_at_tie", g.apply("subtract", b, a))
    return g.apply("multiply", adjoint, by_a), g.apply("multiply", adjoint, by_b)


def _minimum(g: Builder, adjoint: int, out: int, operands: tuple[int, ...]) -> tuple[int, ...]:
    by_a, by_b = _maximum(g, adjoint, out, operands)
    return by_b, by_a


def _chain(slope: Callable[[Builder, int, int], int]) -> Rule:
    """The rule of a function of one variable, from its slope as a node made of (result, operand)."""

    def rule(g: Builder, adjoint: int, out: int, operands: tuple[int, ...]) -> tuple[int, ...]:
        return (g.apply("multiply", adjoint, slope(g, out, operands[0])),)

    return rule


def _square(g: Builder, node: int) -> int:
    return g.apply("power", node, g.constant(2.0))


def _over(numerator: float) -> Callable[[Builder, int], int]:
    return lambda g, node: g.apply("divide", g.constant(numerator), node)


def _one_plus_square(g: Builder, node: int) -> int:
    return g.apply("add", g.constant(1.0), _square(g, node))


def _arc_slope(g: Builder, sign: float, x: int) -> int:
    one = g.constant(1.0)  # (1 - x)(1 + x), for 1 - x^2 loses digits near 1
    under_root = g.apply("multiply", g.apply("subtract", one, x), g.apply("add", one, x))
    return _over(sign)(g, g.apply("sqrt", under_root))


def _log_rule(base: float) -> Rule:
    return _chain(
        lambda g, y, x: g.apply("multiply", g.constant(1 / math.log(base)), g.apply("log_slope", x))
    )


# --- the tables -------------------------------------------------------------------------------------

OPERATORS = {
    operation.name: operation
    for operation in (
        Operation("add", 2, np.add, _add, commutes=True),
        Operation("subtract", 2, np.subtract, _subtract),
        Operation("multiply", 2, np.multiply, _multiply, commutes=True),
        Operation("divide", 2, np.true_divide, _divide),
        Operation("power", 2, np.power, _power),
        Operation("negate", 1, np.negative, _negate),
        # appear in derivatives only
        Operation("log_slope", 1, log_slope),
        Operation("power_by_base", 2, power_by_base),
        Operation("power_by_exponent", 2, power_by_exponent),
        Operation("half_at_tie", 1, half_at_tie),
    )
}


def _named(name: str, compute: Compute, rule: Rule, latex: str) -> Operation:
    return Operation(name, 1, compute, rule, latex + r"\left({0}\right)")


_LOG = _chain(lambda g, y, x: g.apply("log_slope", x))

FUNCTIONS = {
    "sin": _named("sin", np.sin, _chain(lambda g, y, x: g.apply("cos", x)), r"\sin"),
    "cos": _named("cos", np.cos, _chain(lambda g, y, x: g.apply("negate", g.apply("sin", x))), r"\cos"),
    "tan": _named("tan", np.tan, _chain(lambda g, y, x: _one_plus_square(g, y)), r"\tan"),
    "asin": _named("asin", np.arcsin, _chain(lambda g, y, x: _arc_slope(g, 1.0, x)), r"\arcsin"),
    "acos": _named("acos", np.arccos, _chain(lambda g, y, x: _arc_slope(g, -1.0, x)), r"\arccos"),
    "atan": _named(
        "atan", np.arctan, _chain(lambda g, y, x: _over(1.0)(g, _one_plus_square(g, x))), r"\arctan"
    ),
    "sinh": _named("sinh", np.sinh, _chain(lambda g, y, x: g.apply("cosh", x)), r"\sinh"),
    "cosh": _named("cosh", np.cosh, _chain(lambda g, y, x: g.apply("sinh", x)), r"\cosh"),
    # 1 / cosh^2, for 1 - tanh^2 loses every digit where tanh is near 1
    "tanh": _named(
        "tanh", np.tanh, _chain(lambda g, y, x: _square(g, _over(1.0)(g, g.apply("cosh", x)))), r"\tanh"
    ),
    "exp": Operation("exp", 1, np.exp, _chain(lambda g, y, x: y), "e^{{{0}}}"),
    "log": _named("log", np.log, _LOG, r"\ln"),
    "ln": _named("log", np.log, _LOG, r"\ln"),
    "log2": _named("log2", np.log2, _log_rule(2), r"\log_{{2}}"),
    "log10": _named("log10", np.log10, _log_rule(10), r"\log_{{10}}"),
    "sqrt": Operation("sqrt", 1, np.sqrt, _chain(lambda g, y, x: _over(0.5)(g, y)), r"\sqrt{{{0}}}"),
    "abs": Operation("abs", 1, np.abs, _chain(lambda g, y, x: g.apply("sign", x)), r"\left|{0}\right|"),
    "sign": _named("sign", np.sign, _chain(lambda g, y, x: g.constant(0.0)), r"\mathrm{{sign}}"),
    "min": Operation("min", 2, np.minimum, _minimum, r"\min\left({0}, {1}\right)", commutes=True),
    "max": Operation("max", 2, np.maximum, _maximum, r"\max\left({0}, {1}\right)", commutes=True),
}
"""By the name that a formula uses."""

OPERATIONS = OPERATORS | FUNCTIONS
