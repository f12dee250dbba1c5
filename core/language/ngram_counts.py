"""Counting n-grams: every context of a text as a node of a tree, in flat arrays.

Level k holds the distinct n-grams of k tokens, sorted by the node of their first k - 1 tokens and then the
last token, so that the followers of a context lie side by side. Counting is one sort per level; looking up is
binary search.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

__all__ = ["Level", "NGramCounts", "count"]

Integers = NDArray[np.int64]

NONE = -1
"""The node of an n-gram that was never seen."""


class Level(Struct, frozen=True, eq=False):
    """The distinct n-grams of one length; arrays (n-grams,) unless said otherwise."""

    keys: Integers
    """context · V + token, ascending; `context` is the node one level up."""
    counts: Integers
    """How often each was seen."""
    left: Integers
    """How many different tokens were seen before it: N₁₊(• w₁...w_k)."""
    suffix: Integers
    """The node, one level up, of the n-gram without its first token."""
    first: Integers
    """(contexts + 1,): the followers of context c are `first[c]:first[c + 1]`."""
    tokens: Integers
    """The last token of each."""

    @property
    def contexts(self) -> Integers:
        """The node of each one's first tokens, one level up."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def followers(self, context: int) -> slice:
        """Where the n-grams that begin with a context lie."""
        return slice(int(self.first[context]), int(self.first[context + 1]))


class NGramCounts(Struct, frozen=True, eq=False):
    """All n-grams of 1 to `order` tokens; `levels[k - 1]` holds those of length k."""

    vocab_size: int
    total: int
    """Tokens counted."""
    levels: tuple[Level, ...]

    def step(self, length: int, nodes: ArrayLike, tokens: ArrayLike) -> Integers:
        """The nodes of n-grams of `length` tokens, from those of their contexts and their last tokens."""
        nodes, tokens = np.asarray(nodes, np.int64), np.asarray(tokens, np.int64)
        keys = self.levels[length - 1].keys
        wanted = nodes * self.vocab_size + tokens
        if not len(keys):
            return np.full(wanted.shape, NONE)
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where((nodes != NONE) & (keys[at] == wanted), at, NONE)

    def contexts(self, tokens: Sequence[int]) -> list[int]:
        """The nodes of a text's last 0, 1, 2, ... tokens, as many as the order looks back; NONE if unseen."""
        found = [0]
        for length in range(1, min(len(self.levels) - 1, len(tokens)) + 1):
            node = 0
            for depth, token in enumerate(tokens[len(tokens) - length :], 1):
                node = int(self.step(depth, node, token))
            found.append(node)
        return found


def count(ids: ArrayLike, order: int, vocab_size: int) -> NGramCounts:
    """Every n-gram of 1 to `order` tokens in `ids` (N,), N at least 1; none is longer than the text."""
    ids = np.asarray(ids, np.int64)
    order = min(order, len(ids))
    ends = np.zeros(len(ids) + 1, np.int64)  # the node of the n-gram that ends before each place; () at first
    levels: list[Level] = []
    contexts = 1
    for length in range(1, order + 1):
        starts = max(0, length - 1)
        keys = ends[starts:-1] * vocab_size + ids[starts:]
        keys, at, inverse, counts = np.unique(
            keys, return_index=True, return_inverse=True, return_counts=True
        )
        suffix = ends[starts + 1 :][at] if length > 1 else np.zeros(len(keys), np.int64)
        parents, tokens = np.divmod(keys, vocab_size)
        first = np.searchsorted(parents, np.arange(contexts + 1))
        levels.append(Level(keys, counts, np.zeros(0, np.int64), suffix, first, tokens))
        ends = np.concatenate([np.zeros(starts + 1, np.int64), inverse])
        contexts = len(keys)
    return NGramCounts(vocab_size, len(ids), tuple(_with_left(levels)))


def _with_left(levels: list[Level]) -> list[Level]:
    """Each n-gram one token longer has one suffix: counting suffixes counts the tokens before."""
    counted = []
    for level, longer in zip(levels, [*levels[1:], None], strict=True):
        suffixes = np.zeros(0, np.int64) if longer is None else longer.suffix
        left = np.bincount(suffixes, minlength=len(level.keys))
        counted.append(Level(level.keys, level.counts, left, level.suffix, level.first, level.tokens))
    return counted
