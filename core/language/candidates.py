"""Who is examined: a shipped model, one that the reader opens, or an n-gram that has seen the test.

    seat(Seat("transformer")) -> Seated(name, model, tokenizer, missing="")

What cannot be had is told in one sentence, `missing`, and no error: a scene can still show its questions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.config import ConfigError, Source
from core.language.model import LanguageModel
from core.language.ngram import NGram
from core.language.shipped_models import MissingModelError, corpus_ids, shipped, start_of
from core.language.tokenizer import Tokenizer, TokenizerError

__all__ = ["KINDS", "MODEL_LABELS", "Kind", "Seated", "leaky_ngram", "seat"]

Kind = Literal["ngram", "recurrent", "transformer", "opened"]
KINDS: tuple[Kind, ...] = ("ngram", "recurrent", "transformer", "opened")
MODEL_LABELS = {
    "ngram": "n-gram", "recurrent": "Recurrent", "transformer": "Transformer", "opened": "Opened model",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Seated:
    """A model ready to be asked, or why there is none.

    Attributes:
        name: what it is called on screen.
        model, tokenizer: None where `missing` says why.
        begin: ids that go before every prompt: to a shipped model, the end of the story before.
        missing: one sentence, or nothing.
        counted: for an n-gram, how many tokens it was counted from, and how many of them were leaked.
    """

    name: str
    model: LanguageModel | None = None
    tokenizer: Tokenizer | None = None
    begin: tuple[int, ...] = ()
    missing: str = ""
    counted: tuple[int, int] = (0, 0)


def seat(kind: Kind, checkpoint: Source = Source(), leaked: str = "") -> Seated:  # noqa: B008 - frozen
    """The model of a kind. `leaked` is a text that an n-gram counts as well, beside its corpus.

    ConfigError, in one sentence, for a checkpoint that cannot be read.
    """
    if kind == "opened":
        return _opened(checkpoint.path)
    if kind == "ngram" and leaked:
        return leaky_ngram(leaked)
    name = MODEL_LABELS[kind]
    try:
        model, tokenizer = shipped(kind)
    except MissingModelError as error:
        return Seated(name, missing=str(error))
    return Seated(name, model, tokenizer, tuple(start_of(tokenizer)))


def leaky_ngram(leaked: str) -> Seated:
    """The shipped n-gram model, counted anew from its corpus with a text behind it."""
    model, tokenizer = shipped("ngram")
    assert isinstance(model, NGram)
    ids, more = corpus_ids(), np.array(tokenizer.encode(leaked), np.int64)
    again = NGram(model.order, model.smoothing, vocab_size=model.vocab_size).fit(np.concatenate([ids, more]))
    name = f"{MODEL_LABELS['ngram']} that has seen the test"
    begin = tuple(start_of(tokenizer))
    return Seated(name, again, tokenizer, begin, counted=(len(ids) + len(more), len(more)))


def _opened(path: str) -> Seated:
    from core.language.checkpoint import CheckpointError, load

    if not path:
        return Seated("Opened model", missing="No checkpoint is open: choose a folder or a .bin file.")
    try:
        model, tokenizer = load(path)
    except (CheckpointError, TokenizerError, OSError) as error:
        raise ConfigError(str(error), "checkpoint") from None
    name = path.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    if tokenizer is None:
        return Seated(name, missing=f"{name}: expected a tokenizer beside the model, found none.")
    return Seated(name, model, tokenizer)
