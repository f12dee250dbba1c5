"""Stories: drawn from a seed, each in one of three splits, each with its log-probability and its facts."""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from core.language.corpus.choices import DeadEnd, Dice, Script, derivations
from core.language.corpus.grammar import Grammar, load_grammar
from core.language.corpus.quiz import ask
from core.language.corpus.style import STORY, Style
from core.language.corpus.telling import Recall, Tale
from core.language.corpus.world import World

__all__ = ["END", "SPLITS", "Story", "derivations_of", "split_of", "stories", "tell"]

END = "\n\n"
"""What follows every story in a corpus. It stands in no story, so a corpus comes apart again."""

SPLITS = {"train": 90, "validation": 5, "test": 5}
"""Shares in percent."""


@dataclass(frozen=True, eq=False)
class Story:
    """A text and all that its teller knows.

    `log_prob` is the natural logarithm of the probability that the generator tells exactly `text` and ends
    there, whatever the split: no model of the generator's output has a higher expectation. `body_end` is
    where the questions begin. `world` and `entities` are not to be changed.
    """

    text: str
    log_prob: float
    plot: str
    cast: tuple[str, ...]
    split: str
    body_end: int
    world: World
    recalls: tuple[Recall, ...]
    entities: dict[str, list[str]]

    @property
    def body(self) -> str:
        """The story without the questions behind it."""
        return self.text[: self.body_end]

    def gap(self, recall: Recall) -> int:
        """Words between a recalled value and the statement that fixes it."""
        return len(self.text[recall.source_end : recall.start].split())


@functools.lru_cache(maxsize=1 << 16)
def split_of(cast: tuple[str, ...]) -> str:
    """The split of all stories with this cast, in order of appearance: so no story is in two.

    >>> split_of(("Tom", "Ada"))
    'train'
    """
    digest = hashlib.blake2b("\n".join(cast).encode(), digest_size=8).digest()
    percent = int.from_bytes(digest, "big") * 100 >> 64
    for split, share in SPLITS.items():
        percent -= share
        if percent < 0:
            return split
    raise AssertionError("the shares do not sum to 100")


def tell(tale: Tale) -> Story:
    """The whole story, with the questions behind it."""
    tale.run()
    body_end = tale.at
    ask(tale)
    return Story(tale.text, tale.choices.log_prob, tale.plot.title, tale.cast, split_of(tale.cast), body_end,
                 tale.world, tuple(tale.recalls), tale.entities)  # fmt: skip


def stories(
    seed: int,
    n: int | None = None,
    split: str = "train",
    style: Style = STORY,
    grammar: Grammar | None = None,
) -> Iterator[Story]:
    """`n` stories of a split, or no end of them. The i-th depends on seed, split, style and i alone."""
    if split not in SPLITS:
        raise ValueError(f"there is no split {split!r}; the splits are {', '.join(SPLITS)}")
    for index in itertools.count() if n is None else range(n):
        yield _story_at(seed, index, split, style, grammar)


def _story_at(seed: int, index: int, split: str, style: Style, grammar: Grammar | None) -> Story:
    """The first story of the right split in a stream of its own. A wrong cast is noticed early."""
    name = f"{seed} {split} {index}".encode()
    dice = Dice(int.from_bytes(hashlib.blake2b(name, digest_size=16).digest(), "big"))
    while True:
        dice.log_prob = 0.0
        try:
            return tell(Tale(grammar or load_grammar(), style, dice, lambda cast: split_of(cast) == split))
        except DeadEnd:
            continue


def derivations_of(text: str, style: Style = STORY, grammar: Grammar | None = None) -> list[Story]:
    """Every way in which the generator can come to a text: one for a story of its own, none for other texts.

    Runs the generator down each path on which its words begin as the text does.
    """

    def retell(script: Script) -> Story:
        tale = Tale(grammar or load_grammar(), style, script)
        done = at = 0

        def check() -> None:
            nonlocal done, at
            for piece in tale.out[done:]:
                if not text.startswith(piece, at):
                    raise DeadEnd
                at += len(piece)
            done = len(tale.out)

        script.check = check
        return tell(tale)

    return [story for story in derivations(retell) if story.text == text]
