"""Contour lines by marching squares (Lorensen & Cline 1987, in two dimensions), without a loop over cells."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

Array = np.ndarray

# Corner bits: 1 lower left, 2 lower right, 4 upper right, 8 upper left.
# Edges: 0 below, 1 right, 2 above, 3 left.
_EDGES = {
    1: ((3, 0),), 2: ((0, 1),), 3: ((3, 1),), 4: ((1, 2),), 6: ((0, 2),), 7: ((3, 2),), 8: ((2, 3),),
    9: ((2, 0),), 11: ((2, 1),), 12: ((1, 3),), 13: ((1, 0),), 14: ((0, 3),),
}  # fmt: skip
_SADDLE_JOINED = {5: ((3, 2), (1, 0)), 10: ((0, 3), (2, 1))}
_SADDLE_APART = {5: ((3, 0), (1, 2)), 10: ((0, 1), (2, 3))}


def contour(values: Array, level: float) -> Array:
    """Segments (m, 4) of the level's contour: column, row, column, row on the grid `values` (rows, columns).

    Cells with a corner that is not finite stay empty. A cell whose opposite corners are above is joined
    through its middle if the mean of the four is above as well.
    """
    return contours(values, (level,))


def contours(values: Array, levels: Iterable[float]) -> Array:
    """The segments of several levels together."""
    rows, columns, level = _crossed(values, levels)
    a, b = values[rows, columns], values[rows, columns + 1]
    c, d = values[rows + 1, columns + 1], values[rows + 1, columns]
    case = (a > level) + 2 * (b > level) + 4 * (c > level) + 8 * (d > level)
    ends = _crossings(a, b, c, d, level) + np.stack([columns, rows], axis=1)
    joined = (a + b + c + d) / 4 > level
    found = [_link(ends, case == code, pair) for code, pairs in _EDGES.items() for pair in pairs]
    for table, which in ((_SADDLE_JOINED, joined), (_SADDLE_APART, ~joined)):
        found += [
            _link(ends, (case == code) & which, pair) for code, pairs in table.items() for pair in pairs
        ]
    return np.concatenate(found)


def _crossed(values: Array, levels: Iterable[float]) -> tuple[Array, Array, Array]:
    """Row, column and level of each cell that a level runs through: shape (n,) each.

    The least and the greatest corner of every cell are found once, for all levels.
    """
    low, high = np.minimum(values[:-1], values[1:]), np.maximum(values[:-1], values[1:])
    low, high = np.minimum(low[:, :-1], low[:, 1:]), np.maximum(high[:, :-1], high[:, 1:])
    whole = np.isfinite(low) & np.isfinite(high)  # NaN and infinity are handed on by both
    if not whole.all():
        low = np.where(whole, low, np.inf)
    low, high = low.ravel(), high.ravel()
    each = list(levels)
    cells = [np.flatnonzero((low <= level) & (high > level)) for level in each]
    level = np.repeat(np.asarray(each, float), [len(some) for some in cells])
    rows, columns = np.divmod(np.concatenate([np.empty(0, np.intp), *cells]), values.shape[1] - 1)
    return rows, columns, level


def _crossings(a: Array, b: Array, c: Array, d: Array, level: Array) -> Array:
    """Where the level crosses each of the four edges of each cell: (4, cells, 2), offsets from its corner."""
    with np.errstate(all="ignore"):  # edges that are not crossed come out as anything
        below, right = (level - a) / (b - a), (level - b) / (c - b)
        top, left = (level - d) / (c - d), (level - a) / (d - a)
    zero, one = np.zeros_like(a), np.ones_like(a)
    across = np.stack([below, one, top, zero])
    upward = np.stack([zero, right, one, left])
    return np.stack([across, upward], axis=-1)


def _link(ends: Array, cells: Array, pair: tuple[int, int]) -> Array:
    return np.concatenate([ends[pair[0], cells], ends[pair[1], cells]], axis=1)
