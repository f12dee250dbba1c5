"""Text to syntax tree, or one sentence that says where the text went wrong.

    sum      := product (("+" | "-") product)*
    product  := signed (("*" | "/") signed)*
    signed   := ("-" | "+") signed | power
    power    := atom [("^" | "**") signed]
    atom     := number | name | function "(" sum ("," sum)* ")" | "(" sum ")"

So -x^2 is -(x^2), 2^-x is 2^(-x) and 2^3^2 is 2^(3^2), as in print and in Python. The signs −, ·, ×, ÷, π and
superscript digits are read as their ASCII forms. Length, nesting and the number of operations are bounded,
so that no text costs more than a millisecond or so to read and no formula more than that to evaluate.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from core.expression.operations import FUNCTIONS

MAX_LENGTH = 500
"""Characters of a formula."""
MAX_DEPTH = 40
"""Nested parentheses, signs and exponents."""
MAX_OPERATIONS = 200
"""Operators and function calls of a formula."""

CONSTANTS = {"pi": math.pi, "e": math.e}


class ExpressionError(ValueError):
    """A formula that is refused, told in one line: where, what was found, what was expected.

    `position` counts characters of the text from 1, as the message does.
    """

    def __init__(self, message: str, position: int = 1) -> None:
        super().__init__(message)
        self.position = position

    def __reduce__(self) -> tuple[type[ExpressionError], tuple[str, int]]:
        return type(self), (str(self), self.position)


class Node(NamedTuple):
    """One node of the syntax tree. Nodes lie in a list, each behind its operands."""

    kind: str
    """"number", "constant", "variable", or the name of an operation."""
    operands: tuple[int, ...]
    text: str
    """The number, name or operator as it was typed."""
    position: int


class Token(NamedTuple):
    kind: str
    text: str
    position: int


_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SIGNS = {"−": "-", "·": "*", "⋅": "*", "×": "*", "÷": "/", "**": "^"}
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*|π)
      | (?P<superscript>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)
      | (?P<sign>\*\*|[-+*/^(),−·⋅×÷])
    """,
    re.VERBOSE,
)


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`, an "end" behind them; a superscript becomes "^" and a number."""
    if not isinstance(text, str):
        raise ExpressionError(f"Expected a formula as text, found {type(text).__name__}.")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"The formula has {len(text):,} characters; expected at most {MAX_LENGTH}.", MAX_LENGTH + 1
        )
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionError(
                f"Position {at + 1}: found {text[at]!r}; "
                "expected a number, a name, an operator or a parenthesis.",
                at + 1,
            )
        kind, found = str(match.lastgroup), match.group()
        if kind == "superscript":
            tokens += [Token("sign", "^", at + 1), Token("number", found.translate(_SUPERSCRIPTS), at + 1)]
        elif kind == "name":
            tokens.append(Token("name", "pi" if found == "π" else found, at + 1))
        elif kind != "space":
            tokens.append(Token(kind, _SIGNS.get(found, found), at + 1))
        at = match.end()
    tokens.append(Token("end", "", len(text) + 1))
    return tokens


def read(text: str, variables: Sequence[str]) -> list[Node]:
    """The syntax tree of `text`, its root last. Raises ExpressionError."""
    return _Reader(tokenize(text), tuple(variables)).read()


class _Reader:
    """Recursive descent over the tokens; `depth` bounds the recursion."""

    def __init__(self, tokens: list[Token], variables: tuple[str, ...]) -> None:
        self.tokens = tokens
        self.variables = variables
        self.nodes: list[Node] = []
        self.at = 0
        self.depth = 0
        self.operations = 0

    def read(self) -> list[Node]:
        if self.token.kind == "end":
            raise ExpressionError(f"The formula is empty; expected one in {self.names()}.")
        self.sum()
        if self.token.kind != "end":
            self.refuse("an operator or the end of the formula" + self.hint())
        return self.nodes

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def next_is(self, *signs: str) -> bool:
        return self.token.kind == "sign" and self.token.text in signs

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def node(self, kind: str, operands: tuple[int, ...], token: Token) -> int:
        if operands:
            self.operations += 1
        if self.operations > MAX_OPERATIONS:
            raise ExpressionError(
                f"Position {token.position}: the formula has more than {MAX_OPERATIONS} operations.",
                token.position,
            )
        self.nodes.append(Node(kind, operands, token.text, token.position))
        return len(self.nodes) - 1

    # --- the grammar, lowest precedence first ----------------------------------------------------

    def sum(self) -> int:
        left = self.product()
        while self.next_is("+", "-"):
            sign = self.take()
            left = self.node("add" if sign.text == "+" else "subtract", (left, self.product()), sign)
        return left

    def product(self) -> int:
        left = self.signed()
        while self.next_is("*", "/"):
            sign = self.take()
            left = self.node("multiply" if sign.text == "*" else "divide", (left, self.signed()), sign)
        return left

    def signed(self) -> int:
        self.deeper()
        if self.next_is("-"):
            sign = self.take()
            result = self.node("negate", (self.signed(),), sign)
        elif self.next_is("+"):
            self.take()
            result = self.signed()
        else:
            result = self.power()
        self.depth -= 1
        return result

    def power(self) -> int:
        base = self.atom()
        if self.next_is("^"):
            sign = self.take()
            return self.node("power", (base, self.signed()), sign)
        return base

    def atom(self) -> int:
        token = self.token
        if token.kind == "number":
            return self.number(self.take())
        if token.kind == "name":
            return self.name(self.take())
        if self.next_is("("):
            self.take()
            inner = self.sum()
            self.close(token)
            return inner
        self.refuse(f"a number, {self.names()}, a function or '('")

    def number(self, token: Token) -> int:
        if not math.isfinite(float(token.text)):
            raise ExpressionError(
                f"Position {token.position}: the number {_short(token.text)} is too large; "
                "expected at most about 1.8e308.",
                token.position,
            )
        return self.node("number", (), token)

    def name(self, token: Token) -> int:
        if token.text in self.variables:
            return self.node("variable", (), token)
        if token.text in CONSTANTS:
            return self.node("constant", (), token)
        if token.text in FUNCTIONS:
            return self.call(token)
        raise ExpressionError(
            f"Position {token.position}: found the name {_short(token.text)!r}; expected {self.names()}, "
            f"{', '.join(CONSTANTS)} or one of {', '.join(FUNCTIONS)}.",
            token.position,
        )

    def call(self, token: Token) -> int:
        function = FUNCTIONS[token.text]
        if not self.next_is("("):
            self.refuse(f"'(' behind the function {token.text}")
        opening = self.take()
        operands = [self.sum()]
        while self.next_is(","):
            self.take()
            operands.append(self.sum())
        self.close(opening)
        if len(operands) != function.arity:
            raise ExpressionError(
                f"Position {token.position}: {token.text} has {len(operands)} "
                f"argument{'s' * (len(operands) > 1)}; expected {function.arity}.",
                token.position,
            )
        return self.node(function.name, tuple(operands), token)

    # --- refusing --------------------------------------------------------------------------------

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(
                f"Position {self.token.position}: nested more than {MAX_DEPTH} deep.", self.token.position
            )

    def close(self, opening: Token) -> None:
        if not self.next_is(")"):
            self.refuse(f"an operator or ')' for the '(' at position {opening.position}{self.hint()}")
        self.take()

    def names(self) -> str:
        return " or ".join(self.variables) if self.variables else "no variables"

    def hint(self) -> str:
        """What to do about 2x, (x)y and x(y), where an operator is missing."""
        missing = self.token.kind in ("number", "name") or self.token.text == "("
        return " (a product is written with '*')" if missing else ""

    def refuse(self, expected: str) -> NoReturn:
        token = self.token
        found = "the end of the formula" if token.kind == "end" else repr(_short(token.text))
        raise ExpressionError(
            f"Position {token.position}: found {found}; expected {expected}.", token.position
        )


def _short(text: str) -> str:
    return text if len(text) <= 24 else text[:24] + "..."
