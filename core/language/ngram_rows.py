"""An n-gram model's whole distribution at many places of a text at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.language.ngram import NGram
from core.language.ngram_counts import NONE, Level
from core.language.ngram_smoothing import Weights

__all__ = ["probability_rows"]

Array = NDArray[np.float64]


def probability_rows(model: NGram, ids: ArrayLike, first: int = 0) -> Array:
    """P(w | ids[:t]) for every w, at each place t from `first` to the last: (len(ids) - first, V).

    The rows are those of `model.probabilities`, to the last bit; a tenth of the time, for what takes it there
    is looking up one context after another.
    """
    text = np.asarray(ids, np.int64)
    p = np.full((len(text) - first, model.vocab_size), 1 / model.vocab_size)
    places = np.arange(first, len(text))
    contexts = np.zeros(len(text), np.int64)  # the node of the k - 1 tokens before each place
    for k, (level, weights) in enumerate(zip(model.counts.levels, model.weights, strict=True), 1):
        long_enough = places >= k - 1
        nodes = np.where(long_enough, contexts[first:], NONE)
        left = np.array([model.left_over(k, int(node)) for node in nodes])
        if model.smoothing == "add_k":  # which looks at the longest context alone
            p[long_enough] = 1 / model.vocab_size
        p[long_enough] *= left[long_enough, None]
        _add(p, level, weights, nodes, replaces=model.smoothing == "stupid_backoff")
        contexts = np.concatenate([[NONE], model.counts.step(k, contexts, text)[:-1]])
    return p / p.sum(axis=1, keepdims=True) if model.smoothing == "stupid_backoff" else p


def _add(p: Array, level: Level, weights: Weights, nodes: NDArray[np.int64], *, replaces: bool) -> None:
    """Put what followed each row's context into the row, or add it."""
    rows = np.flatnonzero(nodes != NONE)
    begin, end = level.first[nodes[rows]], level.first[nodes[rows] + 1]
    count = end - begin
    where = np.repeat(begin - np.concatenate([[0], np.cumsum(count)[:-1]]), count) + np.arange(count.sum())
    at = np.repeat(rows, count), level.tokens[where]
    if replaces:
        p[at] = weights.seen[where]
    else:
        p[at] += weights.seen[where]
