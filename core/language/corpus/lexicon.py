"""The words of the story world: classes of entries, read from a plain text file."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FACT_CLASSES", "RESOURCES", "Lexicon", "article", "load_lexicon", "parse_lexicon"]

RESOURCES = Path(__file__).resolve().parents[3] / "resources" / "corpus"

FACT_CLASSES = ("girls", "boys", "colour", "thing", "outdoor spot", "indoor spot", "outdoor nook",
                "indoor nook", "container", "station", "food", "part")  # fmt: skip
"""Classes whose entries are the keys and values of facts."""

_VOWEL_SOUND = re.compile(r"(?!uni|use|eu|one\b|once)[aeiou]|hour|honest|heir", re.IGNORECASE)


@dataclass(frozen=True)
class Lexicon:
    """Entries by class; `people` are the girls and boys, who are drawn from one list."""

    classes: dict[str, tuple[str, ...]]

    @functools.cached_property
    def people(self) -> tuple[str, ...]:
        return self.classes["girls"] + self.classes["boys"]

    @functools.cached_property
    def girls(self) -> frozenset[str]:
        return frozenset(self.classes["girls"])

    @functools.cached_property
    def words(self) -> frozenset[str]:
        """The distinct words of all entries, in lower case."""
        entries = (entry for entries in self.classes.values() for entry in entries)
        return frozenset(word for entry in entries for word in re.findall(r"[a-z'-]+", entry.lower()))

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return self.people if name == "person" else self.classes[name]


def article(phrase: str) -> str:
    """
    >>> [article(word) for word in ("owl", "red kite", "hour", "uniform", "umbrella")]
    ['an', 'a', 'an', 'a', 'an']
    """
    return "an" if _VOWEL_SOUND.match(phrase) else "a"


def parse_lexicon(text: str) -> Lexicon:
    classes: dict[str, tuple[str, ...]] = {}
    text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
    for name, body in re.findall(r"^\[([^\]]+)\]\n([^\[]*)", text, flags=re.MULTILINE):
        entries = tuple(" ".join(entry.split()) for entry in body.split(",") if entry.strip())
        if len(set(entries)) < len(entries):
            raise ValueError(f"lexicon: class [{name}] holds an entry twice")
        classes[name] = entries
    return Lexicon(classes)


@functools.cache
def load_lexicon() -> Lexicon:
    return parse_lexicon((RESOURCES / "lexicon.txt").read_text(encoding="utf-8"))
