"""Slots of a sentence pattern, and how each one says its words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from core.language.corpus.lexicon import article

if TYPE_CHECKING:
    from core.language.corpus.telling import Tale

__all__ = ["PEOPLE", "ROLES", "Op", "Part", "Slot", "compile_parts"]

ROLES = {"X": ("thing", "thing"), "Y": ("thing", "thing"), "Q": ("colour", "colour"), "L": ("where", "spot"),
         "M": ("where", "spot"), "N": ("where", "nook"), "P": ("where", "station"), "F": ("food", "food"),
         "R": ("part", "part"), "C": ("container", "container")}  # fmt: skip
"""Role: (category of what fills it, class of words that it is drawn from)."""

PEOPLE = ("A", "B", "H", "I", "K", "any")
"""Roles filled by one of the cast; K too, where the key of what is recalled is a person."""

PRONOUNS = {
    "he": ("he", "she"),
    "him": ("him", "her"),
    "his": ("his", "her"),
    "himself": ("himself", "herself"),
}


class Slot(NamedTuple):
    """`name` is a role, or a class of the lexicon if `word`; `form` a pronoun's case."""

    name: str
    word: bool = False
    article: bool = False
    capital: bool = False
    form: str = ""


Part = str | Slot
Op = Callable[["Tale"], None]


def compile_parts(parts: tuple[Part, ...]) -> tuple[str | Op, ...]:
    """Literal strings, and for each slot a function that says it."""
    return tuple(part if isinstance(part, str) else _compile(part) for part in parts)


def _compile(slot: Slot) -> Op:
    name, form = slot.name, slot.form
    if form:
        he, she = PRONOUNS[form]
        return lambda tale: tale.say(she if tale.person(name) in tale.girls else he)
    if name == "names":
        return lambda tale: tale.introduce()
    if name == "the":
        return lambda tale: tale.say("The" if tale.first else "the")
    if name == "V":
        return lambda tale: tale.recall()
    if name in PEOPLE:
        return lambda tale: tale.say(tale.person(name))
    if name in ROLES:
        return _dressed(slot, lambda tale: tale.fill(name))
    if name == "E":
        return _dressed(slot, lambda tale: tale.elder())
    if name == "G":
        return _dressed(slot, lambda tale: tale.take(tale.scene + " meeting"))
    if slot.word:
        return _dressed(slot, lambda tale: tale.take(name))
    raise ValueError(f"pattern: there is no slot {name!r}")


def _dressed(slot: Slot, words: Callable[[Tale], str]) -> Op:
    """With its article and its capital, if it has them."""
    if slot.article and slot.capital:
        return lambda tale: tale.say(_with_article(words(tale)).capitalize())
    if slot.article:
        return lambda tale: tale.say(_with_article(words(tale)))
    if slot.capital:
        return lambda tale: tale.say(_upper(words(tale)))
    return lambda tale: tale.say(words(tale))


def _with_article(words: str) -> str:
    return f"{article(words)} {words}"


def _upper(words: str) -> str:
    return words[0].upper() + words[1:]
