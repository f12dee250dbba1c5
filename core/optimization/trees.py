"""Parameters as an array, or as a (nested) dict of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

__all__ = ["Array", "Params", "own", "tree_map"]

Array: TypeAlias = np.ndarray
Params: TypeAlias = Any  # an array, or a dict of Params


def tree_map(function: Callable[..., Any], *trees: Params) -> Params:
    """Apply a function to the corresponding leaves of trees of one shape.

    >>> tree_map(lambda a, b: a + b, {"w": 1, "b": {"c": 2}}, {"w": 10, "b": {"c": 20}})
    {'w': 11, 'b': {'c': 22}}
    """
    if isinstance(trees[0], dict):
        return {key: tree_map(function, *(tree[key] for tree in trees)) for key in trees[0]}
    return function(*trees)


def own(leaf: Any) -> Array:
    """A floating-point copy, so that a caller's later change does not reach into the run."""
    leaf = np.asarray(leaf)
    return np.array(leaf, dtype=np.result_type(leaf.dtype, np.float32))
