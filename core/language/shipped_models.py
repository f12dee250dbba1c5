"""The three models that come with the lab: all read the same text through the same tokens.

    model, tokenizer = shipped("ngram")

The n-gram model is counted from the shipped text when it is first asked for; the recurrent model and the
transformer lie in `resources/weights`, each in a folder of its own with its tokenizer. A copy of the lab may
lack them: that is one sentence, and the n-gram model is there all the same.
"""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from core.language.corpus import END, load_text
from core.language.model import LanguageModel
from core.language.ngram import NGram, Smoothing
from core.language.tokenizer import BytePairTokenizer, CharacterTokenizer, Tokenizer, load_tokenizer

__all__ = [
    "NAMES", "ORDER", "ROOT", "VOCABULARY", "MissingModelError", "Name", "corpus_ids", "counted", "shipped",
    "shipped_tokenizer", "start_of",
]  # fmt: skip

Name = Literal["ngram", "recurrent", "transformer"]
NAMES: tuple[Name, ...] = get_args(Name)

ROOT = Path(__file__).resolve().parents[2] / "resources" / "weights"
ORDER = 5
"""Tokens in the shipped model's n-grams."""
VOCABULARY = 1024
"""Tokens of the tokenizer that is learned from the text where no weights bring theirs."""
LEARNED_FROM = 300_000
"""Characters of the text from which it is learned: more change hardly a merge."""

_making = threading.Lock()


class MissingModelError(OSError):
    """A model that this copy of the lab does not have, in one sentence."""


def shipped(name: Name, *, root: Path = ROOT) -> tuple[LanguageModel, Tokenizer]:
    """A model that comes with the lab, and its tokenizer; made once, then kept.

    `root` is where the weights lie. MissingModelError where they do not; CheckpointError or TokenizerError
    where they cannot be read. ValueError for any other name.
    """
    if name not in NAMES:
        raise ValueError(f"there is no shipped model {name!r}; there are {', '.join(NAMES)}")
    with _making:
        return _shipped(name, root)


@functools.lru_cache(maxsize=8)
def _shipped(name: Name, root: Path) -> tuple[LanguageModel, Tokenizer]:
    from core.language.checkpoint import load

    if name == "ngram":
        return _counted(ORDER, "modified_kneser_ney", "tokens", root), _tokenizer(root)
    folder = root / name
    if not folder.is_dir():
        raise MissingModelError(f"The {name} model’s weights are not in this copy of the lab.")
    model, tokenizer = load(folder)
    if tokenizer is None:
        raise MissingModelError(f"The {name} model’s weights have no tokenizer beside them.")
    return model, tokenizer


def shipped_tokenizer(*, root: Path = ROOT) -> Tokenizer:
    """The tokens that the shipped models share; learned from the text where no weights bring theirs."""
    with _making:
        return _tokenizer(root)


@functools.lru_cache(maxsize=4)
def _tokenizer(root: Path) -> Tokenizer:
    for name in ("transformer", "recurrent"):
        if (root / name).is_dir():
            return load_tokenizer(root / name)
    return BytePairTokenizer.train(load_text("train")[:LEARNED_FROM], VOCABULARY)


def counted(
    order: int, smoothing: Smoothing, units: Literal["tokens", "characters"] = "tokens", *, root: Path = ROOT
) -> tuple[NGram, Tokenizer]:
    """An n-gram model counted from the shipped text in its tokens, or in its characters; kept."""
    with _making:
        model = _counted(order, smoothing, units, root if units == "tokens" else ROOT)
        return model, _tokenizer(root) if units == "tokens" else _characters()


@functools.lru_cache(maxsize=6)
def _counted(order: int, smoothing: Smoothing, units: str, root: Path) -> NGram:
    tokenizer = _tokenizer(root) if units == "tokens" else _characters()
    ids = _ids(root) if units == "tokens" else np.array(tokenizer.encode(load_text("train")), np.int32)
    return NGram(order, smoothing, vocab_size=tokenizer.vocab_size).fit(ids)


@functools.lru_cache(maxsize=1)
def _characters() -> CharacterTokenizer:
    return CharacterTokenizer.train(load_text("train"))


def corpus_ids(*, root: Path = ROOT) -> np.ndarray:
    """The shipped training text in the shared tokens: (N,), read-only."""
    with _making:
        return _ids(root)


@functools.lru_cache(maxsize=2)
def _ids(root: Path) -> np.ndarray:
    ids = np.array(_tokenizer(root).encode(load_text("train")), np.int32)
    ids.flags.writeable = False
    return ids


def start_of(tokenizer: Tokenizer) -> list[int]:
    """What stands before every story: the end of the one before it. A network starts from there."""
    return [i for character in END for i in tokenizer.encode(character)]
