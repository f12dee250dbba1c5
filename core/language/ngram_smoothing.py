"""How n-gram counts become probabilities. Every function gives one `Weights` for each order, such that

    P_k(w | h) = seen(hw) + left_over(h) · P_{k-1}(w | h')

with h' the context h without its first token. A context that was never followed by anything leaves all to h'.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from core.language.ngram_counts import Level, NGramCounts

__all__ = ["Weights", "add_k", "kneser_ney", "maximum_likelihood", "modified_kneser_ney", "stupid_backoff"]

Array = NDArray[np.float64]


class Weights(Struct, frozen=True, eq=False):
    """One order's part in a prediction."""

    seen: Array
    """(n-grams,): what a token that followed the context gets from this order."""
    left_over: Array
    """(contexts,): the factor for the shorter context."""
    discounts: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Kneser-Ney: what is taken from counts of 1, of 2, and of 3 or more."""
    sums: Array = np.empty(0)
    """Stupid back-off, (contexts,): the sum of its scores over the vocabulary."""


def maximum_likelihood(counts: NGramCounts) -> list[Weights]:
    """c(hw) / c(h•), with nothing left over."""
    found = []
    for level in counts.levels:
        totals = _sum(level, level.counts)
        seen = level.counts / totals[level.contexts]  #: relative frequency
        found.append(Weights(seen, np.where(totals > 0, 0.0, 1.0)))
    return found


def add_k(counts: NGramCounts, k: float) -> list[Weights]:
    """(c(hw) + k) / (c(h•) + kV): what every token gets is left over for the uniform distribution."""
    found = []
    for level in counts.levels:
        spread = _sum(level, level.counts) + k * counts.vocab_size
        seen = level.counts / spread[level.contexts]  #: count
        found.append(Weights(seen, k * counts.vocab_size / spread))  #: added
    return found


def kneser_ney(counts: NGramCounts) -> list[Weights]:
    """Interpolated, one discount D = n₁ / (n₁ + 2n₂) for each order, n_i the n-grams that count i."""
    return _discounted(counts, one_discount)


def modified_kneser_ney(counts: NGramCounts) -> list[Weights]:
    """Interpolated, three discounts for each order."""
    return _discounted(counts, three_discounts)


def one_discount(n1: int, n2: int, n3: int, n4: int) -> tuple[float, float, float]:
    """Kneser & Ney's; one half where no n-gram counts 1."""
    d = n1 / (n1 + 2 * n2) if n1 else 0.5  #: discount
    return d, d, d


def three_discounts(n1: int, n2: int, n3: int, n4: int) -> tuple[float, float, float]:
    """Chen & Goodman's for counts of 1, 2, and 3 or more.

    1/2, 1 and 3/2 where the text is too small for the formula: an n_i is 0 or a discount not within 0 to i.
    """
    fallback = (0.5, 1.0, 1.5)
    if not (n1 and n2 and n3):
        return fallback
    y = n1 / (n1 + 2 * n2)
    d = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)  #: discounts
    return d if all(0 <= each <= i for i, each in enumerate(d, 1)) else fallback


def stupid_backoff(counts: NGramCounts, factor: float) -> list[Weights]:
    """c(hw) / c(h•) where that is not 0, else `factor` times the shorter context's score."""
    found: list[Weights] = []
    for level in counts.levels:
        totals = _sum(level, level.counts)
        seen = level.counts / totals[level.contexts]
        if found:  # those seen sum to 1; all others get the shorter context's, of which the sum is known
            shorter = counts.levels[len(found) - 1]
            rest = found[-1].sums[shorter.suffix] - _sum(level, found[-1].seen[level.suffix])
            sums = (totals > 0) + factor * rest
            found.append(Weights(seen, np.full(len(totals), factor), sums=sums))
        else:
            found.append(Weights(seen, np.zeros(1), sums=np.ones(1)))
    return found


def _discounted(
    counts: NGramCounts, rule: Callable[[int, int, int, int], tuple[float, float, float]]
) -> list[Weights]:
    """Interpolation: below the highest order an n-gram counts the different tokens seen before it."""
    found = []
    for level in counts.levels:
        c = level.counts if level is counts.levels[-1] else level.left
        discounts = rule(*(int((c == i).sum()) for i in (1, 2, 3, 4)))
        taken = np.minimum(np.array([0.0, *discounts])[np.minimum(c, 3)], c)
        totals = _sum(level, c)
        of_context = np.maximum(totals, 1)
        seen = (c - taken) / of_context[level.contexts]  #: discounted
        left_over = np.where(totals > 0, _sum(level, taken) / of_context, 1.0)  #: left over
        found.append(Weights(seen, left_over, discounts))
    return found


def _sum(level: Level, values: np.ndarray) -> Array:
    """The sum over the followers of each context: (contexts,)."""
    return np.bincount(level.contexts, values, minlength=len(level.first) - 1).astype(np.float64)
