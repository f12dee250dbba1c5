"""The grammar's text files: sentence patterns by beat, and plots as sequences of steps.

A pattern is text with slots in braces; see the head of `patterns.txt` for what the slots mean. Parsing
knows nothing of telling: it yields `Pattern`s made of literal strings and `Slot`s.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from core.language.corpus.lexicon import RESOURCES, Lexicon, load_lexicon
from core.language.corpus.slots import Op, Part, Slot, compile_parts

__all__ = ["Beat", "Effect", "Grammar", "Pattern", "Plot", "Step", "load_grammar", "parse_grammar"]

WEATHERS = ("sunny", "windy", "rainy", "snowy", "misty")
_SLOT = re.compile(r"\{(\^?)(a )?(@?)([A-Za-z][a-z ]*?)(?:\.([a-z]+))?\}")
_ROW = re.compile(r"(.*)\{each:(.*)\}([^{}]*)")


class Effect(NamedTuple):
    """`relation` leads from what fills the role `key` to what fills the role `value`."""

    relation: str
    key: str
    value: str


@dataclass(frozen=True)
class Pattern:
    """`parts` in order; in a row, `item` is told once for every member between `parts` and `tail`."""

    text: str
    parts: tuple[Part, ...]
    item: tuple[Part, ...] = ()
    tail: tuple[Part, ...] = ()

    @functools.cached_property
    def ops(self) -> tuple[str | Op, ...]:
        return compile_parts(self.parts)

    @functools.cached_property
    def item_ops(self) -> tuple[str | Op, ...]:
        return compile_parts(self.item)

    @functools.cached_property
    def tail_ops(self) -> tuple[str | Op, ...]:
        return compile_parts(self.tail)


@dataclass(frozen=True)
class Beat:
    name: str
    effects: tuple[Effect, ...] = ()
    single: tuple[Pattern, ...] = ()
    row: tuple[Pattern, ...] = ()


class Step(NamedTuple):
    """One step of a plot: a verb ("each", "gap", ...) and its words, or "say" and a beat of its own."""

    verb: str
    words: tuple[str, ...] = ()
    beat: Beat | None = None


@dataclass(frozen=True)
class Plot:
    title: str
    cast: str
    scene: str
    weather: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class Grammar:
    lexicon: Lexicon
    beats: dict[str, Beat]
    plots: tuple[Plot, ...] = field(default=())

    @property
    def patterns(self) -> list[Pattern]:
        """Every sentence pattern, shared ones first, then the plots' own."""
        own = [step.beat for plot in self.plots for step in plot.steps if step.beat]
        return [p for beat in [*self.beats.values(), *own] for p in (*beat.single, *beat.row)]


def _parts(text: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    at = 0
    for match in _SLOT.finditer(text):
        if match.start() > at:
            parts.append(text[at : match.start()])
        capital, an, word, name, form = match.groups()
        parts.append(Slot(name, bool(word), bool(an), bool(capital), form or ""))
        at = match.end()
    if at < len(text):
        parts.append(text[at:])
    if any("{" in p or "}" in p for p in parts if isinstance(p, str)):
        raise ValueError(f"pattern: a slot of {text!r} is not understood")
    return tuple(parts)


def _pattern(line: str) -> Pattern:
    row = _ROW.fullmatch(line)
    if row is None:
        return Pattern(line, _parts(line))
    return Pattern(line, *(_parts(piece) for piece in row.groups()))


def _beat(name: str, lines: list[str], effects: str = "") -> Beat:
    patterns = [_pattern(line.removeprefix("& ")) for line in lines]
    told = tuple(Effect(*[*words.split(), ""][:3]) for words in effects.split(";") if words.strip())
    return Beat(name, told, tuple(p for p in patterns if not p.item), tuple(p for p in patterns if p.item))


def _blocks(text: str) -> list[tuple[str, str, list[str]]]:
    """(what stands in the brackets, what stands behind them, the lines below)."""
    blocks: list[tuple[str, str, list[str]]] = []
    for line in text.splitlines():
        if head := re.fullmatch(r"\[([^\]]+)\](.*)", line):
            blocks.append((head[1], head[2].strip(), []))
        elif line.strip() and not line.startswith("#"):
            blocks[-1][2].append(line.strip())
    return blocks


def _plot(title: str, lines: list[str]) -> Plot:
    settings: dict[str, list[str]] = {}
    steps: list[Step] = []
    lines = list(lines)
    while lines:
        line = lines.pop(0)
        if line.startswith("> "):
            own = [line]
            while lines and lines[0].startswith("> "):
                own.append(lines.pop(0))
            steps.append(Step("say", (), _beat(f"{title}, {len(steps)}", [text[2:] for text in own])))
            continue
        verb, *words = line.split()
        if verb in ("cast", "scene", "weather") and verb not in settings:
            settings[verb] = words
        else:
            steps.append(Step(verb, tuple(words)))
    return Plot(title, settings["cast"][0], settings["scene"][0], tuple(settings["weather"]), tuple(steps))


def parse_grammar(lexicon: Lexicon, patterns: str, plots: str) -> Grammar:
    """Raises ValueError for a slot that is not understood and KeyError for a step without its beat."""
    beats = {name: _beat(name, lines, effects) for name, effects, lines in _blocks(patterns)}
    grammar = Grammar(lexicon, beats, tuple(_plot(title, lines) for title, _, lines in _blocks(plots)))
    for pattern in grammar.patterns:
        for slot in (*pattern.parts, *pattern.item, *pattern.tail):
            if isinstance(slot, Slot) and slot.word:
                lexicon[slot.name]
    for plot in grammar.plots:
        for step in plot.steps:
            if step.verb in ("each", "one", "some", "maybe", "turn"):
                beats[step.words[0]]
    return grammar


@functools.cache
def load_grammar() -> Grammar:
    texts = [(RESOURCES / name).read_text(encoding="utf-8") for name in ("patterns.txt", "plots.txt")]
    return parse_grammar(load_lexicon(), *texts)
