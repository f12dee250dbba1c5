"""What is true in a story: a small relational graph, and the questions that it answers.

A fact says that a relation leads from a key to one value ("holder", "kite" -> "Tom") and which stretch of the
text says so. A kind of question follows one relation or two: what colour is the thing that Tom has?
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["KINDS", "Fact", "Kind", "World", "phrase"]


class Fact(NamedTuple):
    """`value` is what the relation leads to; text[start:end] says so, and `hops` statements are needed."""

    value: str
    start: int
    end: int
    hops: int = 1


class Kind(NamedTuple):
    """A kind of question: it leads from a key of one category along `chain` to a value of another."""

    key: str
    value: str
    chain: tuple[str, ...]
    weight: int


KINDS: dict[str, Kind] = {
    "colour": Kind("thing", "colour", ("colour",), 3),
    "holder": Kind("thing", "person", ("holder",), 4),
    "owner": Kind("thing", "person", ("owner",), 2),
    "brought": Kind("person", "thing", ("owner of",), 1),
    "place": Kind("thing", "where", ("place",), 4),
    "likes": Kind("person", "food", ("likes",), 3),
    "plays": Kind("person", "part", ("plays",), 3),
    "hides": Kind("person", "where", ("hides",), 3),
    "held colour": Kind("person", "colour", ("holder of", "colour"), 2),
    "colour holder": Kind("colour", "person", ("colour of", "holder"), 2),
    "where brought": Kind("person", "where", ("owner of", "place"), 2),
    "where coloured": Kind("colour", "where", ("colour of", "place"), 2),
    "where packed": Kind("thing", "where", ("inside", "place"), 4),
}
"""Every kind of question. "holder of" runs against "holder"; it leads somewhere if that is one thing only."""

RELATIONS = ("owner", "holder", "colour", "place", "inside", "likes", "plays", "hides", "lost")
_ELSEWHERE = {"holder": ("place", "lost"), "place": ("holder", "lost"), "lost": ("place", "holder"),
              "inside": ("place", "holder", "lost")}  # fmt: skip


def phrase(category: str, entity: str) -> str:
    """An entity as it stands in a sentence or as an answer: "Tom", "red", "the kite", "in the barn"."""
    return "the " + entity if category == "thing" else entity


class World:
    """The facts as they are now. A thing is in one place: in someone's hands, somewhere, or lost."""

    __slots__ = ("facts",)

    def __init__(self) -> None:
        self.facts: dict[str, dict[str, Fact]] = {}

    def set(self, relation: str, key: str, fact: Fact) -> None:
        for other in _ELSEWHERE.get(relation, ()):
            if other in self.facts:
                self.facts[other].pop(key, None)
        self.facts.setdefault(relation, {})[key] = fact

    def get(self, relation: str, key: str) -> Fact | None:
        """One step. Against the direction of a relation it leads only where there is one key."""
        if relation.endswith(" of"):
            found = None
            for thing, fact in self.facts.get(relation[:-3], {}).items():
                if fact.value == key:
                    if found is not None:
                        return None
                    found = Fact(thing, fact.start, fact.end, fact.hops)
            return found
        return self.facts.get(relation, {}).get(key)

    def find(self, kind: str, key: str) -> Fact | None:
        """The answer to a question; its place in the text is that of the last statement it needs."""
        chain = KINDS[kind].chain
        fact = self.get(chain[0], key)
        if fact is None or len(chain) == 1:
            return fact
        last = self.get(chain[1], fact.value)
        if last is None:
            return None
        latest = max(fact, last, key=lambda f: f.end)
        return Fact(last.value, latest.start, latest.end, last.hops + fact.hops)

    def known(self, kind: str) -> list[tuple[str, Fact]]:
        """Every (key, answer) of a kind, in the order in which the keys came up."""
        first = KINDS[kind].chain[0]
        if first.endswith(" of"):
            keys: Iterator[str] = iter(
                dict.fromkeys(f.value for f in self.facts.get(first[:-3], {}).values())
            )
        else:
            keys = iter(self.facts.get(first, ()))
        found = ((key, self.find(kind, key)) for key in keys)
        return [(key, fact) for key, fact in found if fact is not None]

    def copy(self) -> World:
        other = World()
        other.facts = {relation: dict(facts) for relation, facts in self.facts.items()}
        return other

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        """(relation, key, value) of every fact."""
        for relation, facts in self.facts.items():
            for key, fact in facts.items():
                yield relation, key, fact.value
