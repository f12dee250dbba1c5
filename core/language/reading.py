"""How surprised a model is: the bits that each token of a text costs it, and what they come to.

    surprise        b_t = -log2 P(w_t | the tokens before it), in bits
    perplexity      2 ^ (mean of b_t): so many equally likely tokens would be as surprising
    bits per byte   the sum of b_t over the bytes of the text's UTF-8, whatever the tokens

A model sees at most so many tokens at once. A longer text is read in windows: each goes `stride` tokens
further than the one before and scores only what is new in it, so that every token but the first ones has at
least `context - stride` tokens before it. A stride of one gives each token all the context there is.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from typing import Any, Literal, get_args

import numpy as np
from msgspec import Struct

from core.config import ConfigError
from core.evaluation.perplexity import bits_per_byte, perplexity
from core.language.model import LanguageModel, Network
from core.language.ngram import NGram
from core.language.ngram_rows import probability_rows
from core.language.tokenizer import BytePairTokenizer, CharacterTokenizer, Piece, Tokenizer
from core.numerics import log_softmax
from core.trace import freeze

__all__ = ["READERS", "Reader", "Reading", "Uniform", "in_bits", "read", "sliding"]

Reader = Literal["ngram", "recurrent", "transformer", "characters", "uniform", "opened"]
READERS: tuple[Reader, ...] = get_args(Reader)

LN2 = math.log(2)
NAMED = 3
"""Of the tokens that a model held likeliest at a place, how many are kept."""
ROWS = 64
"""Predictions taken at a time: a row holds a number for every token of the vocabulary."""
MOST_READ = 150_000
"""Tokens that a network reads for one text, those that windows repeat included."""


class Reading(Struct, frozen=True, eq=False):
    """One model's reading of the passage; arrays (n,) over the tokens that it predicted, read-only."""

    name: Reader
    missing: str = ""
    """One sentence where there is no reading."""
    title: str = ""
    """Of an opened model: its file or folder."""
    vocab_size: int = 0
    given: tuple[Piece, ...] = ()
    """Tokens of the text that were not predicted: the first, for a model without a token to start from."""
    pieces: tuple[Piece, ...] = ()
    bits: np.ndarray = np.empty(0)
    """-log2 P of each token; infinite where the model ruled it out."""
    seen: np.ndarray = np.empty(0, int)
    """How many tokens the prediction looked back on."""
    entropy: np.ndarray = np.empty(0)
    """Of each prediction, in bits: how much surprise the model expected."""
    likeliest: np.ndarray = np.empty((0, NAMED), int)
    """(n, at most 3): the ids that it held likeliest."""
    chances: np.ndarray = np.empty((0, NAMED))
    """(n, at most 3): their probabilities."""
    names: tuple[tuple[bytes, ...], ...] = ()
    """The bytes of the likeliest tokens."""
    running: np.ndarray = np.empty(0)
    """Nats so far, this token included."""

    @property
    def tokens(self) -> int:
        return len(self.pieces)

    @property
    def ends(self) -> np.ndarray:
        """Where each token ends, in bytes of the text."""
        return np.array([piece.stop for piece in self.pieces])

    @property
    def bytes(self) -> int:
        """Of the tokens that were predicted."""
        return self.pieces[-1].stop - self.pieces[0].start if self.pieces else 0

    @property
    def nll(self) -> float:
        """-ln P of all of them, in nats."""
        return float(self.running[-1])

    @property
    def perplexity(self) -> float:
        return perplexity(self.nll, self.tokens)

    @property
    def bits_per_byte(self) -> float:
        return bits_per_byte(self.nll, self.bytes)

    @property
    def impossible(self) -> int | None:
        """The first token that the model ruled out."""
        found = np.flatnonzero(np.isinf(self.bits))
        return int(found[0]) if len(found) else None

    @np.errstate(over="ignore")
    def running_perplexity(self) -> np.ndarray:
        """(n,): of the text as far as each token."""
        return np.exp(self.running / np.arange(1, self.tokens + 1))

    def running_bits_per_byte(self) -> np.ndarray:
        """(n,): the same; NaN before the first byte is complete."""
        length = (self.ends - self.pieces[0].start).astype(float)
        return self.running / (LN2 * np.where(length > 0, length, np.nan))

    def at(self, place: int) -> int:
        """The index of the predicted token that holds a byte of the text, or the nearest one."""
        found = int(np.searchsorted(self.ends, place, side="right"))
        return min(found, self.tokens - 1)


class Uniform:
    """The guess of one who knows nothing but how many tokens there are: its perplexity is their number."""

    def __init__(self, vocab_size: int) -> None:
        self.vocab_size = vocab_size

    def log_probs(self, context: Any = ()) -> np.ndarray:
        """ln (1 / V) for every token: (V,)."""
        return np.full(self.vocab_size, -math.log(self.vocab_size))


# --- reading a text ------------------------------------------------------------------------------------


def read(
    name: Reader, model: LanguageModel | Uniform, tokenizer: Tokenizer, text: str, context: int, stride: int,
    before: Sequence[int] = (),
) -> Generator[None, None, Reading]:  # fmt: skip
    """How surprised a model is by a text; returns the reading, and yields None now and then.

    The text stands behind the ids `before`; unless told, behind what the tokenizer puts before any text, or
    its <|endoftext|>. A network without any of these is given the first token, and does not predict it.
    ConfigError, in one sentence, if the windows would read too much.
    """
    before, pieces = beginning(tokenizer, tokenizer.pieces(text), before)
    given = 0 if before or not isinstance(model, Network) else 1
    if len(pieces) <= given:
        return Reading(name, missing="The text has no token that this model could predict.")
    ids = np.array([*before, *(piece.id for piece in pieces)], np.int64)
    first = len(before) + given
    if isinstance(model, Network) and model.context is not None:
        context = min(context, model.context)
    windows = list(sliding(first, len(ids), context, stride))
    if (reads := sum(end - begin for begin, _, end in windows)) > MOST_READ and isinstance(model, Network):
        told = f"{stride:,}, with which {reads:,} are read"
        raise ConfigError(
            f"Window moves by: expected a step with which at most {MOST_READ:,} are read, found {told}.",
            "stride",
        )
    found = _Predictions(len(ids) - first)
    for begin, new, end in windows:
        for rows in _log_probs(model, ids[begin:end], new - begin):
            at = found.filled
            found.take(rows, ids[first + at : first + at + len(rows)], first + at - begin)
            yield None
    scored = tuple(pieces[given:])
    if isinstance(tokenizer, CharacterTokenizer):  # one token stands for all that it does not hold
        found.bits[[piece.id == 0 for piece in scored]] = np.inf
    return found.reading(name, tokenizer, tuple(pieces[:given]), scored)


def beginning(
    tokenizer: Tokenizer, pieces: list[Piece], before: Sequence[int] = ()
) -> tuple[Sequence[int], list[Piece]]:
    """The ids that stand before a text, and its own tokens."""
    if before:
        return before, pieces
    if isinstance(tokenizer, BytePairTokenizer):
        if tokenizer.prefix:
            ahead = len(tokenizer.prefix)
            return [piece.id for piece in pieces[:ahead]], pieces[ahead : len(pieces) - len(tokenizer.suffix)]
        if "<|endoftext|>" in tokenizer.special:
            return [tokenizer.special["<|endoftext|>"]], pieces
    return [], pieces


def sliding(first: int, length: int, context: int, stride: int) -> Iterator[tuple[int, int, int]]:
    """Windows over `length` tokens of which those from `first` on are predicted: (begin, first new one, end).

    No prediction looks back on more than `context` tokens, and none but the first on less than
    `context - stride`, where there are as many.

    >>> list(sliding(1, 10, context=4, stride=2))
    [(0, 1, 5), (2, 5, 7), (4, 7, 9), (5, 9, 10)]
    """
    stride = min(stride, context)
    new, end = first, min(length, max(first + 1, context + 1))
    while new < length:
        yield max(0, end - 1 - context), new, end
        new, end = end, min(length, end + stride)


def _log_probs(model: LanguageModel | Uniform, ids: np.ndarray, new: int) -> Iterator[np.ndarray]:
    """ln P of every token at the places from `new` on: rows (m, V), float64."""
    if isinstance(model, Network):
        logits = model.logits(ids[:-1])[new - 1 :]
        for begin in range(0, len(logits), ROWS):
            yield log_softmax(logits[begin : begin + ROWS].astype(np.float64))
        return
    for begin in range(new, len(ids), ROWS):
        end = min(begin + ROWS, len(ids))
        if isinstance(model, NGram):
            with np.errstate(divide="ignore"):
                rows = np.log(probability_rows(model, ids[:end], begin))
        else:
            rows = np.stack([model.log_probs(ids[:t]) for t in range(begin, end)])  # type: ignore[arg-type]
        yield rows


class _Predictions:
    """What is kept of the predictions, row by row."""

    def __init__(self, count: int) -> None:
        self.filled = 0
        self.vocab_size = 0
        self.bits, self.entropy = np.empty(count), np.empty(count)
        self.seen = np.empty(count, int)
        self.likeliest: list[np.ndarray] = []
        self.chances: list[np.ndarray] = []

    def take(self, log_p: np.ndarray, targets: np.ndarray, seen: int) -> None:
        """Rows (m, V) of predictions of `targets` (m,), the first of which looked back on `seen` tokens."""
        here = slice(self.filled, self.filled + len(log_p))
        self.vocab_size = log_p.shape[1]
        self.bits[here] = in_bits(log_p[np.arange(len(log_p)), targets])
        p = np.exp(log_p)
        with np.errstate(invalid="ignore"):
            self.entropy[here] = in_bits(np.where(p > 0, p * log_p, 0.0).sum(axis=1))
        self.seen[here] = seen + np.arange(len(log_p))
        count = min(NAMED, log_p.shape[1])
        best = np.argpartition(-log_p, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(log_p, best, axis=1), axis=1, kind="stable")
        best = np.take_along_axis(best, order, axis=1)
        self.likeliest.append(best)
        self.chances.append(np.take_along_axis(p, best, axis=1))
        self.filled += len(log_p)

    def reading(
        self, name: Reader, tokenizer: Tokenizer, given: tuple[Piece, ...], pieces: tuple[Piece, ...]
    ) -> Reading:
        likeliest = np.concatenate(self.likeliest)
        return Reading(
            name, vocab_size=self.vocab_size, given=given, pieces=pieces, bits=freeze(self.bits),
            seen=freeze(self.seen), entropy=freeze(self.entropy), likeliest=freeze(likeliest),
            chances=freeze(np.concatenate(self.chances)),
            names=tuple(tuple(_bytes_of(tokenizer, int(i)) for i in row) for row in likeliest),
            running=freeze(np.cumsum(self.bits) * LN2),
        )  # fmt: skip


def _bytes_of(tokenizer: Tokenizer, token: int) -> bytes:
    """Nothing for an id that the tokenizer does not use: a model may have more rows than that."""
    return (tokenizer.tokens[token] or b"") if token < len(tokenizer.tokens) else b""


def in_bits(log_p: np.ndarray) -> np.ndarray:
    """-log2 of probabilities, from their natural logarithms; infinite for a probability of 0."""
    return -log_p / LN2 + 0.0  #: surprise
