"""n-gram models: the next token's probability from how often it followed the same few tokens before.

With h the last tokens, h' the same without the first, c(hw) how often w followed h, c(h•) the sum over w:

    maximum_likelihood    c(hw) / c(h•); after a context never seen, that of h'
    add_k                 (c(hw) + k) / (c(h•) + kV)                             (Lidstone)
    kneser_ney            max(c(hw) - D, 0) / c(h•) + γ(h) P(w | h')             (Kneser & Ney 1995)
    modified_kneser_ney   the same, D by whether the count is 1, 2 or more       (Chen & Goodman 1998)
    stupid_backoff        c(hw) / c(h•), or 0.4 S(w | h') if that is 0           (Brants et al. 2007)

Both Kneser-Ney forms are interpolated down to the uniform distribution; below the highest order they count
the different tokens seen before hw in place of how often it was seen. Stupid back-off gives scores that do
not sum to one: `scores` are those, and its probabilities are they divided by their sum.

A context longer than the order looks back is cut, and one at the start of a text is as short as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.config import Config, choice, number
from core.language.ngram_counts import NONE, NGramCounts, count
from core.language.ngram_smoothing import (
    Weights,
    add_k,
    kneser_ney,
    maximum_likelihood,
    modified_kneser_ney,
    stupid_backoff,
)
from core.language.sampling import SamplingConfig, sample

if TYPE_CHECKING:
    from core.language.model import State

__all__ = ["NGram", "NGramConfig", "Smoothing"]

Array = NDArray[np.float64]
Smoothing = Literal["maximum_likelihood", "add_k", "kneser_ney", "modified_kneser_ney", "stupid_backoff"]


class NGramConfig(Config, frozen=True):
    order: Annotated[int, number(1, 6, "Order", "Tokens in an n-gram: it looks back at one less.")] = 3
    smoothing: Annotated[
        Smoothing,
        choice(
            "Smoothing",
            "What becomes of tokens never seen after a context.",
            labels={
                "maximum_likelihood": "none (maximum likelihood)",
                "add_k": "add k",
                "kneser_ney": "Kneser-Ney",
                "modified_kneser_ney": "modified Kneser-Ney",
                "stupid_backoff": "stupid back-off",
            },
        ),
    ] = "modified_kneser_ney"
    add: Annotated[
        float,
        number(1e-4, 10.0, "k", "Added to every count.", scale="log", shown_if={"smoothing": ["add_k"]}),
    ] = 0.1
    backoff: Annotated[
        float,
        number(
            0.01,
            1.0,
            "Back-off factor",
            "For each token dropped.",
            shown_if={"smoothing": ["stupid_backoff"]},
        ),
    ] = 0.4


class NGram:
    """An n-gram model of `order` 1 to 6. `fit` counts; everything else needs it first."""

    def __init__(
        self,
        order: int,
        smoothing: Smoothing = "modified_kneser_ney",
        *,
        vocab_size: int | None = None,
        add: float = 0.1,
        backoff: float = 0.4,
    ) -> None:
        if not 1 <= order <= 6:
            raise ValueError(f"order: expected 1 to 6, found {order}")
        if smoothing not in get_args(Smoothing):
            raise ValueError(
                f"smoothing: expected one of {', '.join(get_args(Smoothing))}, found {smoothing!r}"
            )
        if not (0 < add < np.inf and 0 < backoff <= 1):
            raise ValueError(f"expected add > 0 and 0 < backoff <= 1, found {add} and {backoff}")
        self.order, self.smoothing = order, smoothing
        self.add, self.backoff = add, backoff
        self._given_size = vocab_size

    @classmethod
    def of(cls, config: NGramConfig, vocab_size: int | None = None) -> NGram:
        return cls(
            config.order, config.smoothing, vocab_size=vocab_size, add=config.add, backoff=config.backoff
        )

    def fit(self, ids: ArrayLike) -> NGram:
        """Count `ids` (N,). The vocabulary is `vocab_size`, or one more than the largest id; returns self."""
        ids = np.asarray(ids)
        if ids.ndim != 1 or not len(ids) or ids.dtype.kind not in "iu":
            raise ValueError(f"ids: expected whole numbers in a row, found {ids.dtype} of shape {ids.shape}")
        size = int(ids.max()) + 1 if self._given_size is None else self._given_size
        if ids.min() < 0 or ids.max() >= size:
            raise ValueError(f"ids: expected 0 to {size - 1}, found {ids.min()} to {ids.max()}")
        self.vocab_size = size
        self.counts = count(ids, self.order, size)
        self.weights = self._smooth(self.counts)
        return self

    def _smooth(self, counts: NGramCounts) -> list[Weights]:
        match self.smoothing:
            case "maximum_likelihood":
                return maximum_likelihood(counts)
            case "add_k":
                return add_k(counts, self.add)
            case "kneser_ney":
                return kneser_ney(counts)
            case "modified_kneser_ney":
                return modified_kneser_ney(counts)
            case "stupid_backoff":
                return stupid_backoff(counts, self.backoff)

    # --- one context -----------------------------------------------------------------------------

    def probabilities(self, context: Sequence[int] = ()) -> Array:
        """P(w | context) for every w: (vocab_size,), summing to 1."""
        p = self.scores(context)
        return p / p.sum() if self.smoothing == "stupid_backoff" else p  #: sum

    def scores(self, context: Sequence[int] = ()) -> Array:
        """As `probabilities`, but stupid back-off's as published, which sum to something else."""
        p = np.full(self.vocab_size, 1 / self.vocab_size)
        for k, node in self.used(context):
            p *= self.left_over(k, node)  #: shorter context
            if node == NONE:
                continue
            level, seen = self.counts.levels[k - 1], self.weights[k - 1].seen
            where = level.followers(node)
            if self.smoothing == "stupid_backoff":
                p[level.tokens[where]] = seen[where]
            else:
                p[level.tokens[where]] += seen[where]  #: this context
        return p

    def used(self, context: Sequence[int]) -> list[tuple[int, int]]:
        """The orders k of a prediction and the node of the last k - 1 tokens, the shortest context first."""
        nodes = list(enumerate(self.counts.contexts(context), 1))
        return nodes[-1:] if self.smoothing == "add_k" else nodes  # add-k looks at one order alone

    def left_over(self, k: int, node: int) -> float:
        """The factor of the shorter context's probabilities, at order k."""
        return self._of_unseen if node == NONE else float(self.weights[k - 1].left_over[node])

    @property
    def _of_unseen(self) -> float:
        """The same, for a context that was never seen."""
        return self.backoff if self.smoothing == "stupid_backoff" else 1.0

    def log_prob(self, context: Sequence[int], token: int) -> float:
        """ln P(token | context); -inf where the model rules it out."""
        return float(self.log_probs(context)[token])

    def log_probs(self, context: Sequence[int] = ()) -> Array:
        """ln P(w | context) for every w: (vocab_size,)."""
        return _log(self.probabilities(context))

    # --- a whole text ----------------------------------------------------------------------------

    def nll(self, ids: ArrayLike, context: Sequence[int] = ()) -> float:
        """-ln P(ids | context), summed, in nats."""
        return float(self.nlls(ids, context).sum())

    def nlls(self, ids: ArrayLike, context: Sequence[int] = ()) -> Array:
        """-ln P of each token given those before it: (len(ids),)."""
        before = list(context)[-(self.order - 1) :] if self.order > 1 else []
        text = np.array([*before, *np.asarray(ids)], np.int64)
        if len(text) and (text.min() < 0 or text.max() >= self.vocab_size):
            raise ValueError(f"ids: expected 0 to {self.vocab_size - 1}, found {text.min()} to {text.max()}")
        return -_log(self._along(text))[len(before) :]

    def _along(self, ids: NDArray[np.int64]) -> Array:
        """P of each token of a text given all before it: every place at once, the shortest context first."""
        p = np.full(len(ids), 1 / self.vocab_size)
        sums = np.ones(len(ids))  # of stupid back-off's scores over the vocabulary
        contexts = np.zeros(len(ids), np.int64)  # the node of the k - 1 tokens before each place
        for k, weights in enumerate(self.weights, 1):
            found = self.counts.step(k, contexts, ids)
            seen = _at(weights.seen, found, 0.0)
            rest = _at(weights.left_over, contexts, self._of_unseen)
            here = slice(k - 1, None)  # the places before have no context as long as this
            if self.smoothing == "stupid_backoff":
                p[here] = np.where(found == NONE, rest * p, seen)[here]
                sums[here] = np.where(contexts == NONE, rest * sums, _at(weights.sums, contexts, 0.0))[here]
            elif self.smoothing == "add_k":
                p[here] = (seen + rest / self.vocab_size)[here]
            else:
                p[here] = (seen + rest * p)[here]
            contexts = np.concatenate([[NONE], found[:-1]])
        return p / sums

    # --- going on --------------------------------------------------------------------------------

    def start(self, context: Sequence[int] = ()) -> State:
        """Where the model stands after a context: see `core.language.model`."""
        from core.language.model import Replay  # imports what networks need

        return Replay(self, context)

    def generate(
        self, ids: Sequence[int], n: int, config: SamplingConfig, rng: np.random.Generator
    ) -> list[int]:
        """`n` more ids behind `ids`."""
        text = list(ids)
        for _ in range(n):
            text.append(sample(self.log_probs(text), config, rng, text))
        return text[len(ids) :]


def _at(values: Array, nodes: NDArray[np.int64], otherwise: float) -> Array:
    """The values at some nodes, and another where there is no node."""
    known = nodes != NONE
    found = np.full(len(nodes), otherwise)
    found[known] = values[nodes[known]]
    return found


def _log(p: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.log(p)
