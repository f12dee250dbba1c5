"""Reading stories back: which facts does a text tell, and which of its claims hold?

The patterns that tell facts are turned into regular expressions and tried at the start of each sentence, so
a text by anyone (a language model's continuation, say) can be judged as far as it speaks the grammar.
Sentences that match none are passed over: they claim nothing that could be checked.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from core.language.corpus.grammar import Beat, Effect, Grammar, Pattern, load_grammar
from core.language.corpus.slots import PRONOUNS, ROLES, Part, Slot
from core.language.corpus.world import KINDS, Fact, World, phrase

__all__ = ["Claim", "Verdict", "judge", "read"]

Verdict = Literal["supported", "contradicted", "not in the story"]

LASTING = {"owner": "owner", "colour": "colour", "likes": "likes", "plays": "plays"}
"""Relations that a later sentence cannot change, only repeat or contradict; the kind that asks for each."""

_SENTENCE_END = re.compile(r"[.!?]\"?(?=\s|$)")
_CLASSES = {
    "person": ("girls", "boys"),
    "where": ("outdoor spot", "indoor spot", "outdoor nook", "indoor nook", "station"),
    "thing": ("thing",),
    "colour": ("colour",),
    "food": ("food",),
    "part": ("part",),
    "container": ("container",),
}


class Claim(NamedTuple):
    """text[start:end] says that `kind` of `key` is `value`; the verdict is by what was told before it."""

    start: int
    end: int
    kind: str
    key: str
    value: str
    verdict: Verdict


class _Reader(NamedTuple):
    """How to recognise one pattern: `sentence` whole, and in a row `item` once for every member."""

    sentence: re.Pattern[str]
    item: re.Pattern[str] | None
    effects: tuple[Effect, ...]
    kind: str


def _alternatives(grammar: Grammar, category: str) -> str:
    """Any entity of a category, the longest first, with or without its capital."""
    entries = {entry for name in _CLASSES[category] for entry in grammar.lexicon[name]}
    entries |= {entry[0].upper() + entry[1:] for entry in entries}
    if category == "thing":
        entries |= set(grammar.lexicon["container"])  # a basket can be looked for as well
    return "|".join(re.escape(entry) for entry in sorted(entries, key=lambda e: (-len(e), e)))


def _expression(grammar: Grammar, parts: tuple[Part, ...], kind: str, named: bool = True) -> str:
    """The parts as a regular expression with a group for each role."""
    seen: set[str] = set()
    return "".join(
        re.escape(p) if isinstance(p, str) else _slot(grammar, p, kind, seen, named) for p in parts
    )


def _slot(grammar: Grammar, slot: Slot, kind: str, seen: set[str], named: bool) -> str:
    before = "(?:[Aa]n? )" if slot.article else ""
    if slot.form:
        return "(?:{}|{})".format(*PRONOUNS[slot.form])
    if slot.name == "the":
        return "[Tt]he"
    if slot.word or slot.name == "G":
        return before + r"[\w' -]+?"
    if slot.name == "E":
        return r"(?:[Tt]he \w+|[A-Z]\w+(?: [A-Z]\w+)?)"
    if slot.name in ROLES:
        category = ROLES[slot.name][0]
    elif slot.name in "KV":
        category = KINDS[kind].key if slot.name == "K" else KINDS[kind].value
        before += "the " if slot.name == "V" and category == "thing" else ""
    else:
        category = "person"
    if not named:
        return f"{before}(?:{_alternatives(grammar, category)})"
    if slot.name in seen:
        return f"{before}(?P={slot.name})"
    seen.add(slot.name)
    return f"{before}(?P<{slot.name}>{_alternatives(grammar, category)})"


def _reader(grammar: Grammar, pattern: Pattern, beat: Beat, kind: str) -> _Reader:
    if not pattern.item:
        sentence = _expression(grammar, pattern.parts, kind)
        return _Reader(re.compile(sentence + r"(?=\s|$)"), None, beat.effects, kind)
    head, tail = (_expression(grammar, parts, kind) for parts in (pattern.parts, pattern.tail))
    plain = _expression(grammar, pattern.item, kind, named=False)
    whole = f"{head}(?P<items>{plain}(?:(?:, | and ){plain})*){tail}" + r"(?=\s|$)"
    return _Reader(
        re.compile(whole), re.compile(_expression(grammar, pattern.item, kind)), beat.effects, kind
    )


@functools.lru_cache(maxsize=4)
def _readers(grammar: Grammar) -> tuple[_Reader, ...]:
    readers = []
    for name, beat in grammar.beats.items():
        verb, _, kind = name.partition(" ")
        kind = kind if verb in ("recall", "recap") else ""
        if beat.effects or kind:
            readers += [_reader(grammar, pattern, beat, kind) for pattern in (*beat.single, *beat.row)]
    return tuple(readers)


def read(text: str, world: World | None = None, grammar: Grammar | None = None) -> tuple[World, list[Claim]]:
    """What is true at the end of the text, and its claims in order.

    `world` is what was true before it (nothing, by default) and stays as it is. Spans are offsets in `text`.
    """
    grammar = grammar or load_grammar()
    world = world.copy() if world is not None else World()
    claims: list[Claim] = []
    at = 0
    while at < len(text):
        for reader in _readers(grammar):
            if match := reader.sentence.match(text, at):
                claims += _understand(reader, match, world)
                at = match.end()
                break
        else:
            end = _SENTENCE_END.search(text, at)
            at = end.end() if end else len(text)
        while at < len(text) and text[at].isspace():
            at += 1
    return world, claims


def judge(world: World, sentence: str, grammar: Grammar | None = None) -> Verdict | None:
    """Whether what is true bears out a sentence; None if it is no claim that can be read.

    Of several claims the worst counts.
    """
    verdicts = {claim.verdict for claim in read(sentence, world, grammar)[1]}
    ranking: tuple[Verdict, ...] = ("contradicted", "not in the story", "supported")
    return next((verdict for verdict in ranking if verdict in verdicts), None)


def _understand(reader: _Reader, match: re.Match[str], world: World) -> Iterator[Claim]:
    """Judge what the sentence claims and add what it tells to the world."""
    items = [match] if reader.item is None else list(reader.item.finditer(match.string, *match.span("items")))
    if reader.kind:
        for item in items:
            yield _check(world, reader.kind, item["K"], item["V"], item.span())
        return
    hands = {fact.value: thing for thing, fact in world.facts.get("holder", {}).items()}
    for item in items:
        roles = item.groupdict()
        if "Y" not in roles:
            roles["Y"] = hands.get(roles.get("A") or "")
        for relation, key_role, value_role in reader.effects:
            key, value = roles[key_role], roles[value_role] if value_role else ""
            if key is None or value is None:  # passed on by someone with empty hands
                continue
            value = _plain(value)
            if relation in LASTING and world.get(relation, key) is not None:
                yield _check(world, LASTING[relation], key, value, item.span())
            else:
                before = world.get("holder", key) if key_role == "Y" and relation == "holder" else None
                world.set(relation, key, Fact(value, *item.span(), 1 + (before.hops if before else 0)))


def _check(world: World, kind: str, key: str, value: str, span: tuple[int, int]) -> Claim:
    value = _plain(value)
    fact = world.find(kind, key)
    verdict: Verdict
    if fact is None:
        verdict = "not in the story"
    else:
        verdict = "supported" if fact.value == value else "contradicted"
    return Claim(*span, kind, key, phrase(KINDS[kind].value, value), verdict)


def _plain(value: str) -> str:
    """As the lexicon writes it: names alone keep their capital."""
    return value if value in load_grammar().lexicon.people else value[:1].lower() + value[1:]
