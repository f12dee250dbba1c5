"""Cases in the order of their scores: the one sort that every curve and every AUC starts from.

A score and its label are packed into one integer, score above label, and the integers are sorted: several
times as fast as sorting indices, and exact, for the order of floating-point numbers is that of their bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from core.trace import freeze

__all__ = ["Ranking", "binary_labels", "checked", "rank"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_MAGNITUDE = np.int64(0x7FFF_FFFF_FFFF_FFFF)


class Ranking(Struct, frozen=True, eq=False):
    """What each threshold calls positive, from the highest score down; arrays (g,), read-only.

    Attributes:
        thresholds: the different scores, descending.
        tps, fps: how many positives and negatives score at least that much; the last are P and N.
    """

    thresholds: Floats
    tps: Ints
    fps: Ints

    @property
    def positives(self) -> int:
        return int(self.tps[-1]) if len(self.tps) else 0

    @property
    def negatives(self) -> int:
        return int(self.fps[-1]) if len(self.fps) else 0

    @property
    def positives_at(self) -> Ints:
        """How many positives have exactly this score, (g,)."""
        return _steps(self.tps)

    @property
    def negatives_at(self) -> Ints:
        """How many negatives have exactly this score, (g,)."""
        return _steps(self.fps)

    def called(self, threshold: float) -> tuple[int, int]:
        """True and false positives of "score >= threshold"; a binary search."""
        at = len(self.thresholds) - int(np.searchsorted(self.thresholds[::-1], threshold, side="left"))
        return (int(self.tps[at - 1]), int(self.fps[at - 1])) if at else (0, 0)


def rank(y_true: ArrayLike, scores: ArrayLike, pos_label: Any = None) -> Ranking:
    """Sort the cases by score; equal scores share a threshold.

    Args:
        y_true: two labels at most, shape (n,): booleans, 0 and 1, -1 and 1; any others with `pos_label`.
        scores: finite, shape (n,); higher means more positive; read as float64.

    Raises:
        ValueError: for other shapes, a score that is not finite, or more than two labels.
    """
    positive, values = checked(y_true, scores, pos_label)
    if not len(values):
        empty = freeze(np.empty(0, np.int64))
        return Ranking(freeze(np.empty(0)), empty, empty)
    keys, labels, base = _sorted(values, positive)
    ends = np.flatnonzero(np.concatenate([keys[1:] != keys[:-1], [True]]))  # of equal scores, the last
    tps = np.cumsum(labels, out=labels)
    if len(ends) < len(keys):
        keys, tps = keys[ends], tps[ends]
    fps = np.subtract(ends + 1, tps, out=ends)
    return Ranking(freeze(-keys if base is None else _unpacked(keys, base)), freeze(tps), freeze(fps))


def checked(y_true: ArrayLike, scores: ArrayLike, pos_label: Any = None) -> tuple[NDArray[np.bool_], Floats]:
    """Which cases are positive, and their scores as float64, (n,) each; ValueError as in `rank`."""
    positive = binary_labels(y_true, pos_label)
    try:
        values = np.asarray(scores, np.float64)
    except (TypeError, ValueError):
        raise ValueError("scores: expected numbers, found something else.") from None
    if values.ndim != 1 or len(values) != len(positive):
        raise ValueError(f"scores: expected shape ({len(positive)},) as y_true, found {values.shape}.")
    if not np.isfinite(values).all():
        at = int(np.isfinite(values).argmin())
        raise ValueError(f"scores: expected finite numbers, found {values[at]} at position {at}.")
    return positive, values


def binary_labels(y_true: ArrayLike, pos_label: Any = None) -> NDArray[np.bool_]:
    """Which labels are the positive one, (n,). ValueError for more than two different labels, or NaN."""
    labels = np.asarray(y_true)
    if labels.ndim != 1:
        raise ValueError(f"y_true: expected labels of shape (n,), found shape {labels.shape}.")
    if labels.dtype.kind == "b" and pos_label in (None, 1):
        return labels
    positive = np.asarray(labels == (1 if pos_label is None else pos_label), bool)
    others = labels[~positive]
    if not len(others):
        return positive
    first = others[0]
    if labels.dtype.kind == "f" and np.isnan(others).any():
        raise ValueError("y_true: expected labels, found NaN.")
    if pos_label is None and not (labels.dtype.kind in "iuf" and first in (0, -1)):
        raise ValueError(f"y_true: expected 0 or -1 and 1 where no pos_label is told, found {first!s}.")
    if (differs := others != first).any():
        second = others[int(differs.argmax())]
        raise ValueError(f"y_true: expected two labels, found {first!s} and {second!s} beside the positive.")
    return positive


def _steps(counts: Ints) -> Ints:
    """What each adds to the one before; `np.diff` with its overhead left out."""
    made = counts.copy()
    made[1:] -= counts[:-1]
    return made


def _sorted(values: Floats, positive: NDArray[np.bool_]) -> tuple[NDArray[Any], Ints, int | None]:
    """Keys (n,) ascending, the highest score first, and the labels beside them.

    The keys are `_unpacked` with the base; without one they are the scores with their signs turned.
    """
    packed = _packed(values, positive)
    if packed is None:
        order = np.argsort(-values, kind="stable")
        return -values[order], positive[order].astype(np.int64), None
    keys, base = packed
    keys.sort()
    labels = keys & 1
    keys >>= 1
    return keys, labels, base


def _packed(values: Floats, positive: NDArray[np.bool_]) -> tuple[Ints, int] | None:
    """Each case as the integer 2 key + label, the highest score least; None where that does not fit.

    The key is the pattern of the magnitude's bits less those of the smallest magnitude but 0, with the
    opposite of the score's sign: both zeros have key 0. It fits unless magnitudes differ by a factor of more
    than 2^500.
    """
    bits = values.view(np.int64) if values.flags.c_contiguous else np.ascontiguousarray(values).view(np.int64)
    keys = bits & _MAGNITUDE
    smallest = int(np.min(keys, where=keys > 0, initial=_MAGNITUDE))
    base = smallest - 1 if smallest < _MAGNITUDE else 0
    if (int(keys.max()) - base) >> 61:
        return None
    keys -= base
    np.maximum(keys, 0, out=keys)
    keys <<= 1
    np.negative(keys, out=keys, where=bits > 0)
    keys |= positive
    return keys, base


def _unpacked(keys: Ints, base: int) -> Floats:
    """The scores of keys; 0 for key 0."""
    bits = np.abs(keys)
    bits += base
    scores = bits.view(np.float64)
    np.negative(scores, out=scores, where=keys > 0)
    scores[keys == 0] = 0.0
    return scores
