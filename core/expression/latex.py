"""A syntax tree as LaTeX for display, with as many parentheses as it takes and no more."""

from __future__ import annotations

import re

from core.expression.grammar import Node
from core.expression.operations import FUNCTIONS

_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4
_GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|rho|sigma|tau|phi|chi|psi|omega"
)


def render(tree: list[Node]) -> str:
    """LaTeX of the whole tree."""
    parts: list[tuple[str, int]] = []
    for node in tree:
        parts.append(_node(node, [parts[i] for i in node.operands]))
    return parts[-1][0]


def _node(node: Node, operands: list[tuple[str, int]]) -> tuple[str, int]:
    match node.kind:
        case "number":
            return _number(node.text)
        case "constant":
            return (r"\pi" if node.text == "pi" else node.text), _ATOM
        case "variable":
            return _name(node.text), _ATOM
        case "add" | "subtract":
            return f"{operands[0][0]} {node.text} {_right(operands[1], _PRODUCT)}", _SUM
        case "multiply":
            left, right = _wrap(operands[0], _PRODUCT), _right(operands[1], _POWER)
            # 2 next to 3, or 2 next to a fraction, would read as one number
            dot = right[0].isdigit() or (right.startswith(r"\frac") and left[-1].isdigit())
            return left + (r" \cdot " if dot else r" \, ") + right, _PRODUCT
        case "divide":
            return rf"\frac{{{operands[0][0]}}}{{{operands[1][0]}}}", _POWER
        case "power":
            return f"{_wrap(operands[0], _ATOM)}^{{{operands[1][0]}}}", _POWER
        case "negate":
            return f"-{_right(operands[0], _PRODUCT)}", _PRODUCT
        case _:
            template = FUNCTIONS[node.text].latex
            level = _ATOM if node.kind in ("abs", "sqrt") else _POWER
            return template.format(*(text for text, _ in operands)), level


def _wrap(part: tuple[str, int], at_least: int) -> str:
    text, level = part
    return text if level >= at_least else rf"\left({text}\right)"


def _right(part: tuple[str, int], at_least: int) -> str:
    """A right operand: two signs never meet."""
    return rf"\left({part[0]}\right)" if part[0].startswith("-") else _wrap(part, at_least)


def _number(text: str) -> tuple[str, int]:
    mantissa, _, exponent = text.lower().partition("e")
    mantissa = ("0" + mantissa if mantissa.startswith(".") else mantissa).removesuffix(".")
    if not exponent:
        return mantissa, _ATOM
    power = f"10^{{{int(exponent)}}}"
    return (power, _POWER) if mantissa == "1" else (rf"{mantissa} \cdot {power}", _PRODUCT)


def _name(text: str) -> str:
    match = re.fullmatch(r"([A-Za-z]+)(?:_?([0-9]+)|_([A-Za-z0-9]+))?", text)  # x, x1, x_1, x_min
    stem, index = (match[1], match[2] or match[3]) if match else (text.replace("_", r"\_"), "")
    if _GREEK.fullmatch(stem):
        stem = "\\" + stem
    elif len(stem) > 1:
        stem = rf"\mathrm{{{stem}}}"
    return f"{stem}_{{{index}}}" if index else stem
