"""A formula typed by the user: parsed safely, evaluated on arrays, differentiated exactly.

    >>> f = parse("(1-x)^2 + 100*(y-x^2)^2")
    >>> value, (df_dx, df_dy) = f.value_and_gradient(-1.0, 2.0)
    >>> float(value), float(df_dx), float(df_dy)
    (104.0, 396.0, 200.0)

The way of a formula: `grammar` turns the text into a syntax tree, or refuses it with one sentence that
names the place; `graph` turns the tree into a graph of NumPy operations in which equal subexpressions are
one node, and extends that graph by its own derivative; `program` flattens what is needed of it into a list
of calls. Nothing is ever handed to Python's own evaluator.
"""

from core.expression.expression import Expression, parse
from core.expression.grammar import CONSTANTS, MAX_DEPTH, MAX_LENGTH, MAX_OPERATIONS, ExpressionError
from core.expression.operations import FUNCTIONS

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "MAX_DEPTH",
    "MAX_LENGTH",
    "MAX_OPERATIONS",
    "Expression",
    "ExpressionError",
    "parse",
]
