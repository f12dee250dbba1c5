"""What to read off a linear model while it learns: some of its weights, or how far each direction came."""

from __future__ import annotations

import functools
from typing import TypeAlias

import numpy as np
from msgspec import Struct

from core.optimization.losses import LinearRegression, LogisticRegression
from core.optimization.models import Inputs, ModelsFrame

Array: TypeAlias = np.ndarray

WANTED = (10_000, 40, 12, 5, 2)
"""In how many messages the words of a club that are shown occur, about."""


class Reading(Struct, frozen=True, eq=False):
    """The rows of a reading, from the most common word or the steepest direction down.

    Attributes:
        kind: "weights" of words, or "progress" along directions (0 at the start, 1 at the minimum).
        labels: a name for each row, and `sizes`: how many training messages hold the word, or the curvature.
        parameters: (rows,), the index of each row's parameter; for directions their own number.
        directions: (rows, features), unit vectors, and `goals`, (rows,), the minimum along them; empty for
            words.
    """

    kind: str
    labels: tuple[str, ...]
    sizes: Array
    parameters: Array
    directions: Array
    goals: Array

    def values(self, frame: ModelsFrame) -> Array:
        """Shape (rows, R): each model's weight, or share of the way that it has come."""
        if self.kind == "weights":
            return frame.params[:, self.parameters].T
        return self.directions @ frame.params[:, :-1].T / self.goals[:, None]


@functools.lru_cache(maxsize=8)
def reading(inputs: Inputs) -> Reading | None:
    """What to read off this model; None for a network."""
    match inputs.objective.model:
        case LogisticRegression():
            return _words(inputs)
        case LinearRegression():
            return _directions(inputs)
    return None


def _words(inputs: Inputs) -> Reading:
    """The two most common words, and of either club one word for each of WANTED that speaks for it alone."""
    x, y = inputs.training
    counts = x.sum(axis=0)
    share = (y @ x) / np.maximum(counts, 1)
    chosen = np.argsort(-counts, kind="stable")[:2].tolist()
    for club in (share < 0.1, share > 0.9):
        for wanted in WANTED:
            free = club & (counts > 0)
            free[chosen] = False
            if free.any():
                off = np.abs(np.log(np.maximum(counts, 1) / wanted))
                chosen.append(int(np.where(free, off, np.inf).argmin()))
    order = np.array(sorted(chosen, key=lambda k: -counts[k]))
    names = tuple(inputs.names[k] for k in order)
    return Reading("weights", names, counts[order], order, np.empty((0, 0)), np.empty(0))


def _directions(inputs: Inputs) -> Reading:
    """The eigenvectors of the training inputs' covariance, the steepest first."""
    x, y = inputs.training
    x, y = x - x.mean(axis=0), y - y.mean()
    curvatures, vectors = np.linalg.eigh(x.T @ x / len(y))
    curvatures, vectors = curvatures[::-1], vectors[:, ::-1].T
    goals = vectors @ (x.T @ y / len(y)) / (curvatures + inputs.objective.l2)
    labels = tuple(f"direction {k + 1}" for k in range(len(curvatures)))
    return Reading("progress", labels, curvatures, np.arange(len(curvatures)), vectors, goals)
