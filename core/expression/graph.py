"""A formula as a graph of operations: equal subexpressions are one node, constants are folded.

The derivative is written into the same graph by reverse accumulation (Griewank & Walther, "Evaluating
Derivatives", 2008, section 3.2), so that it shares with the formula whatever they have in common, and its
size is a small multiple of the formula's.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from core.expression.grammar import CONSTANTS, ExpressionError, Node
from core.expression.operations import OPERATIONS


class Vertex(NamedTuple):
    """One node. Nodes are numbered so that each comes behind its operands."""

    name: str
    """An operation, "constant" or "variable"."""
    operands: tuple[int, ...] = ()
    value: float = 0.0
    """Of a constant; the number of a variable."""


class Graph:
    """Grows by `constant`, `variable` and `apply`, each of which returns the number of a node."""

    def __init__(self) -> None:
        self.vertices: list[Vertex] = []
        self._numbers: dict[object, int] = {}

    def constant(self, value: float) -> int:
        # the sign of zero matters to 1 / x, and 0.0 == -0.0 would make them one node
        return self._intern(("constant", float(value).hex()), Vertex("constant", value=float(value)))

    def variable(self, number: int) -> int:
        return self._intern(("variable", number), Vertex("variable", value=number))

    def value_of(self, node: int) -> float | None:
        """The value of a constant node, None for any other."""
        vertex = self.vertices[node]
        return vertex.value if vertex.name == "constant" else None

    def apply(self, name: str, *operands: int) -> int:
        """The node of an operation on nodes: folded, simplified or shared where that is exact."""
        if OPERATIONS[name].commutes:
            operands = tuple(sorted(operands, key=lambda node: (self.value_of(node) is None, node)))
        values = [self.value_of(node) for node in operands]
        known = [value for value in values if value is not None]
        if len(known) == len(operands):
            return self.constant(_compute(name, known))
        simpler = self._simplify(name, operands, values)
        return self._intern((name, operands), Vertex(name, operands)) if simpler is None else simpler

    def _intern(self, key: object, vertex: Vertex) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.vertices)
            self.vertices.append(vertex)
        return number

    def _simplify(self, name: str, operands: tuple[int, ...], values: list[float | None]) -> int | None:
        """A node that always has the same value as the operation, NaN and infinity included, or None.

        (So 0 * x stays: it is NaN where x is infinite. Constants stand first in a product.)
        """
        match name, values:
            case ("multiply", [1.0, None]) | ("add", [0.0, None]):
                return operands[1]
            case ("subtract", [None, 0.0]) | ("divide", [None, 1.0]) | ("power", [None, 1.0]):
                return operands[0]
            case "power", [None, 0.0]:
                return self.constant(1.0)
            case "negate", _ if self.vertices[operands[0]].name == "negate":
                return self.vertices[operands[0]].operands[0]
            case _:
                return None


class DerivativeGraph(Graph):
    """A graph in which constant factors of products are drawn together and signs drawn into them.

    That regroups roundings, which a derivative may and the user's own formula may not.
    """

    def __init__(self, graph: Graph) -> None:
        self.vertices = graph.vertices
        self._numbers = graph._numbers

    def _simplify(self, name: str, operands: tuple[int, ...], values: list[float | None]) -> int | None:
        match name, values:
            case "multiply", [float(factor), None]:
                return self._scale(factor, operands[1])
            case "negate", _ if self._factor(operands[0]) is not None:
                return self._scale(-1.0, operands[0])
            case "multiply", [None, None]:
                for one, other in (operands, operands[::-1]):
                    if (inner := self._factor(one)) is not None:
                        rest = self.vertices[one].operands[1]
                        return self.apply(
                            "multiply", self.constant(inner), self.apply("multiply", rest, other)
                        )
            case "add", [None, None]:
                for one, other in (operands, operands[::-1]):
                    if self.vertices[one].name == "negate":
                        return self.apply("subtract", other, self.vertices[one].operands[0])
        return super()._simplify(name, operands, values)

    def _factor(self, node: int) -> float | None:
        """c of a node c * x."""
        vertex = self.vertices[node]
        return self.value_of(vertex.operands[0]) if vertex.name == "multiply" else None

    def _scale(self, factor: float, node: int) -> int | None:
        """factor * node where that is not simply a product of the two."""
        vertex = self.vertices[node]
        if factor == 1.0:
            return node
        if factor == -1.0 and vertex.name != "multiply":
            return self.apply("negate", node)
        if vertex.name == "negate":
            return self.apply("multiply", self.constant(-factor), vertex.operands[0])
        inner = self._factor(node)
        if inner is not None and math.isfinite(factor * inner) and factor * inner != 0:
            return self.apply("multiply", self.constant(factor * inner), vertex.operands[1])
        return None


def build(tree: list[Node], variables: tuple[str, ...]) -> tuple[Graph, int]:
    """The graph of a syntax tree and its root. ExpressionError for a constant that is not finite."""
    graph = Graph()
    numbers: list[int] = []
    for node in tree:
        operands = tuple(numbers[i] for i in node.operands)
        match node.kind:
            case "number":
                numbers.append(graph.constant(float(node.text)))
            case "constant":
                numbers.append(graph.constant(CONSTANTS[node.text]))
            case "variable":
                numbers.append(graph.variable(variables.index(node.text)))
            case kind:
                numbers.append(graph.apply(kind, *operands))
                _check(graph, node, operands, numbers[-1])
    return graph, numbers[-1]


def differentiate(graph: Graph, root: int, variables: int) -> list[int]:
    """The nodes of the partial derivatives of `root` by each variable, written into the graph."""
    g = DerivativeGraph(graph)
    adjoints = {root: g.constant(1.0)}
    for node in range(root, -1, -1):
        name, operands, _ = g.vertices[node]
        if node not in adjoints or not operands:
            continue
        rule = OPERATIONS[name].rule
        assert rule is not None, name
        for operand, share in zip(operands, rule(g, adjoints[node], node, operands), strict=False):
            if g.value_of(operand) is None:
                before = adjoints.get(operand)
                adjoints[operand] = share if before is None else g.apply("add", before, share)
    return [adjoints.get(g.variable(number), g.constant(0.0)) for number in range(variables)]


@np.errstate(all="ignore")
def _compute(name: str, values: list[float]) -> float:
    return float(OPERATIONS[name].compute(*map(np.float64, values)))


def _check(graph: Graph, node: Node, operands: tuple[int, ...], result: int) -> None:
    """Refuse a constant that is no finite number, and a division by the constant zero."""
    values = [graph.value_of(operand) for operand in operands]
    if node.kind == "divide" and values[1] == 0:
        problem = "the division is by zero"
    elif (value := graph.value_of(result)) is None or math.isfinite(value):
        return
    elif len(operands) == 2 and node.kind not in ("min", "max"):
        problem = f"{values[0]:g} {node.text} {values[1]:g} is {_word(value)}"
    else:
        problem = f"{node.text}({', '.join(f'{v:g}' for v in values)}) is {_word(value)}"
    raise ExpressionError(f"Position {node.position}: {problem}; expected a finite number.", node.position)


def _word(value: float) -> str:
    return "not a real number" if math.isnan(value) else "infinite, or too large for a number"
