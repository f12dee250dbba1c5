"""`parse` and the function of arrays that it returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from core.expression import grammar, latex
from core.expression.graph import build, differentiate
from core.expression.program import Program


class Expression:
    """A function of arrays with its exact gradient; made by `parse`.

    The arrays broadcast against one another. float32 stays float32, integers become float64. Outside its
    domain a formula is NaN or infinite, without a warning. The object never changes; threads may share it.
    """

    __slots__ = ("_both", "_slope", "_tree", "_value", "text", "variables")

    def __init__(self, text: str, variables: Sequence[str]) -> None:
        self.variables = _checked(variables)
        self._tree = grammar.read(text, self.variables)
        self.text = " ".join(text.split())
        graph, root = build(self._tree, self.variables)
        count = len(self.variables)
        self._value = Program(graph, [root], count)
        partials = differentiate(graph, root, count)
        self._slope = Program(graph, partials, count)
        self._both = Program(graph, [root, *partials], count)

    def __call__(self, *arrays: ArrayLike) -> Any:
        """The value at each point: an array of the shape that the arrays broadcast to."""
        return self._run(self._value, arrays)[0]

    def gradient(self, *arrays: ArrayLike) -> tuple[Any, ...]:
        """The partial derivatives by each variable, each of the broadcast shape."""
        return tuple(self._run(self._slope, arrays))

    def value_and_gradient(self, *arrays: ArrayLike) -> tuple[Any, tuple[Any, ...]]:
        """(value, partial derivatives) for little more than the gradient alone."""
        value, *partials = self._run(self._both, arrays)
        return value, tuple(partials)

    def latex(self) -> str:
        """The formula as typed, in LaTeX."""
        return latex.render(self._tree)

    def _run(self, program: Program, arrays: tuple[ArrayLike, ...]) -> list[Any]:
        if len(arrays) != len(self.variables):
            names = ", ".join(self.variables)
            raise TypeError(f"expected {len(self.variables)} arrays ({names}), found {len(arrays)}")
        inputs = [np.asarray(array) for array in arrays]
        shapes = {array.shape for array in inputs}
        types = {array.dtype for array in inputs}
        if len(types) > 1 or any(dtype.kind != "f" for dtype in types):
            common = np.result_type(*types)
            if common.kind not in "fiub":
                raise TypeError(f"expected real numbers, found {common}")
            inputs = [array.astype(common if common.kind == "f" else np.float64) for array in inputs]
        return program.run(inputs, shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes))

    def __repr__(self) -> str:
        return f"parse({self.text!r}, {self.variables!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return parse, (self.text, self.variables)


def parse(text: str, variables: Sequence[str] = ("x", "y")) -> Expression:
    """The function that `text` describes, of the named variables in that order.

    Numbers, + - * / ^ (or **), parentheses, pi, e and the functions in `FUNCTIONS`; nothing else is read, and
    nothing is executed. Raises ExpressionError, a ValueError of one line, naming the position, what was
    found there and what was expected. The same text always gives the same function.
    """
    return Expression(text, variables)


def _checked(variables: Sequence[str]) -> tuple[str, ...]:
    names = tuple(variables)
    for name in names:
        if not (name.isascii() and name.isidentifier()) or names.count(name) > 1 or name in grammar.FUNCTIONS:
            raise ValueError(f"expected distinct names of variables, found {name!r} among {names!r}")
    return names
