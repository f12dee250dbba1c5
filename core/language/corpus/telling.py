"""Telling one story: a plot's steps, each drawing a pattern and filling its slots from left to right.

Every choice is made when its words are said (the plot and the weather show in the first sentences, a
number of repetitions in what is repeated), so a text has one derivation, and the log-probability of the
choices is that of the text.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, permutations
from typing import Any, NamedTuple

from core.language.corpus.choices import Choices, DeadEnd
from core.language.corpus.grammar import Beat, Effect, Grammar, Pattern, Plot, Step
from core.language.corpus.slots import PEOPLE, ROLES, Op
from core.language.corpus.style import MEMBERS, Style
from core.language.corpus.world import KINDS, Fact, World, phrase

__all__ = ["Recall", "Tale"]

DERANGEMENTS = {n: tuple(p for p in permutations(range(n)) if all(i != j for i, j in enumerate(p)))
                for n in MEMBERS}  # fmt: skip
"""Ways in which n people can all give to another one and all get something."""


NOTHING = ("", "", Fact("", 0, 0))


class Recall(NamedTuple):
    """text[start:end] is fixed by what text[source_start:source_end] said: `kind` of `key` is `value`.

    Offsets are of characters, and of bytes too: stories are ASCII.
    """

    start: int
    end: int
    source_start: int
    source_end: int
    kind: str
    key: str
    value: str
    hops: int


def _last(pool: list[int]) -> int:
    return pool.pop()


class Tale:
    """A story being told. `accept(cast)` may refuse the cast: then DeadEnd is raised."""

    def __init__(
        self,
        grammar: Grammar,
        style: Style,
        choices: Choices,
        accept: Callable[[tuple[str, ...]], bool] | None = None,
    ) -> None:
        self.grammar = grammar
        self.girls = grammar.lexicon.girls
        self.style = style
        self.choices = choices
        self.accept = accept
        self.out: list[str] = []
        self.at = 0
        self.world = World()
        self.recalls: list[Recall] = []
        self.entities: dict[str, list[str]] = {}
        self.cast: tuple[str, ...] = ()
        self.plot: Plot = grammar.plots[choices.pick(len(grammar.plots))]
        self.scene = self.plot.scene
        self.weather = self.plot.weather[choices.pick(len(self.plot.weather))]
        self.size = MEMBERS[choices.weigh(style.members)]
        self.values: dict[str, list[str | None]] = {role: [None] * self.size for role in ROLES}
        self.turn = 0
        self.partner: tuple[int, ...] = tuple(range(self.size))
        self.first = True
        self.someone: str | None = None
        self._elder: str | None = None
        self.recalling: tuple[str, str, Fact] = NOTHING
        self.told: set[tuple[str, str]] = set()
        self._pools: dict[Any, list[Any]] = {}

    @property
    def text(self) -> str:
        return "".join(self.out)

    # --- words ------------------------------------------------------------------------------------------

    def say(self, words: str) -> None:
        self.out.append(words)
        self.at += len(words)

    def take(self, name: str) -> str:
        """A word of a class; none comes twice in a story before all have come."""
        pool = self._pools.get(name)
        if not pool:
            pool = self._pools[name] = list(self.grammar.lexicon[name])
        return self.draw(pool)

    def draw(self, pool: list[Any]) -> Any:
        """An entry, which leaves the pool."""
        index = self.choices.pick(len(pool))
        entry = pool[index]
        pool[index] = pool[-1]
        pool.pop()
        return entry

    def meet(self, category: str, entity: str) -> None:
        known = self.entities.setdefault(category, [])
        if entity not in known:
            known.append(entity)

    def fill(self, role: str) -> str:
        """What stands in a role for the member whose turn it is; drawn the first time."""
        values = self.values[role]
        value = values[self.turn]
        if value is None:
            category, name = ROLES[role]
            value = self.take(f"{self.scene} {name}" if category == "where" and role != "P" else name)
            values[self.turn] = value
            self.meet(category, value)
        return value

    def person(self, role: str) -> str:
        if role == "A":
            return self.cast[self.turn]
        if role == "B":
            return self.cast[self.partner[self.turn]]
        if role == "K":
            return self.recalling[1]
        if role == "any":
            if self.someone is None:
                kind, key, fact = self.recalling
                pool = [name for name in self.cast if not kind or name not in (key, fact.value)]
                self.someone = self.draw(pool)
            return self.someone
        return self.cast["HI".index(role)]

    def elder(self) -> str:
        """The one grown-up of the story."""
        if self._elder is None:
            self._elder = self.take("elder")
        return self._elder

    def introduce(self) -> None:
        """All names, in the order in which they are drawn."""
        count = self.size if self.plot.cast == "people" else 2
        names: list[str] = []
        for index in range(count):
            if index:
                self.say(" and " if index == count - 1 else ", ")
            names.append(self.take("person"))
            self.say(names[-1])
            self.meet("person", names[-1])
        self.cast = tuple(names)
        if self.accept is not None and not self.accept(self.cast):
            raise DeadEnd

    def recall(self) -> None:
        """The value of the fact that is being recalled."""
        kind, key, fact = self.recalling
        value = phrase(KINDS[kind].value, fact.value)
        start = self.at
        self.say(value)
        self.recalls.append(Recall(start, self.at, fact.start, fact.end, kind, key, value, fact.hops))

    # --- patterns ---------------------------------------------------------------------------------------

    def tell(self, beat: Beat) -> None:
        """One sentence pattern of the beat, about the member whose turn it is."""
        patterns = self.wordings(beat.single)
        self._sentence(patterns[self.choices.pick(len(patterns))], beat.effects)

    def wordings(self, patterns: tuple[Pattern, ...]) -> tuple[Pattern, ...]:
        """Those of a beat's patterns that the style has use for."""
        return patterns[: self.style.wordings or None]

    def _sentence(self, pattern: Pattern, effects: tuple[Effect, ...]) -> None:
        if self.out:
            self.say(" ")
        start = self.at
        self.someone = None
        self.render(pattern.ops)
        if effects:
            self._happen(effects, start)

    def _row(self, pattern: Pattern, effects: tuple[Effect, ...]) -> None:
        """The pattern's item for each member in turn: "..., ... and ..."."""
        self.say(" ")
        self.render(pattern.ops)
        self.first = not pattern.ops
        pool = list(range(self.size))
        take = self.draw if self._distinct() else _last
        while pool:
            if len(pool) < self.size:
                self.say(" and " if len(pool) == 1 else ", ")
            self.turn = take(pool)
            start = self.at
            self.render(pattern.item_ops)
            self._happen(effects, start)
            self.first = False
        self.render(pattern.tail_ops)

    def render(self, ops: tuple[str | Op, ...]) -> None:
        for op in ops:
            if isinstance(op, str):
                self.out.append(op)
                self.at += len(op)
            else:
                op(self)

    def _happen(self, effects: tuple[Effect, ...], start: int) -> None:
        for relation, key_role, value_role in effects:
            key = self._who(key_role)
            hops = 1
            if relation == "holder" and key_role == "Y":  # "pass it on": one must know who had it
                hops += self.world.facts["holder"][key].hops
            value = self._who(value_role) if value_role else ""
            self.world.set(relation, key, Fact(value, start, self.at, hops))

    def _who(self, role: str) -> str:
        return self.person(role) if role in PEOPLE else self.fill(role)

    # --- steps ------------------------------------------------------------------------------------------

    def run(self) -> None:
        for step, following in pairwise((*self.plot.steps, Step("stop"))):
            getattr(self, "_step_" + step.verb)(step)
            if step.verb in ("each", "turn") and following.verb in ("say", "each", "turn", "one"):
                self._echo()

    def _step_meet(self, step: Step) -> None:
        """Weather and people: in one sentence or in two."""
        if self.style.brief:
            self.tell(self.grammar.beats["gather"])
        elif self.choices.pick(2):
            self.tell(self.grammar.beats["meet " + self.weather])
        else:
            self.tell(self.grammar.beats["open " + self.weather])
            self.tell(self.grammar.beats["gather"])

    def _step_end(self, step: Step) -> None:
        if not self.style.brief and self.choices.pick(2):
            self.tell(self.grammar.beats["end"])

    def _step_say(self, step: Step) -> None:
        assert step.beat is not None
        if not self.style.brief:
            self.tell(step.beat)

    def _step_weather(self, step: Step) -> None:
        self.weather = step.words[0]

    def _step_each(self, step: Step) -> None:
        """Every member once, in any order: all in one sentence, or one in each and no pattern twice."""
        beat = self.grammar.beats[step.words[0]]
        self._look_at_hands()
        if beat.row and (not beat.single or self.choices.pick(2)):
            rows = self.wordings(beat.row)
            self._row(rows[self.choices.pick(len(rows))], beat.effects)
        else:
            self._several(beat, self.size)

    def _several(self, beat: Beat, count: int) -> None:
        patterns, pool = list(self.wordings(beat.single)), list(range(self.size))
        take = self.draw if self._distinct() else _last
        for _ in range(count):
            patterns = patterns or list(self.wordings(beat.single))
            pattern = self.draw(patterns)
            self.turn = take(pool)
            self._sentence(pattern, beat.effects)

    def _distinct(self) -> bool:
        """Whether the text so far tells the members apart. If not, an order of them would not show in it."""
        return self.plot.cast == "people" or self.values["X"][0] is not None

    def _step_turn(self, step: Step) -> None:
        """Every member to another one."""
        possible = DERANGEMENTS[self.size]
        self.partner = possible[self.choices.pick(len(possible))]
        self._step_each(step)

    def _step_some(self, step: Step) -> None:
        self._several(self.grammar.beats[step.words[0]], self.choices.pick(3))

    def _step_maybe(self, step: Step) -> None:
        self._several(self.grammar.beats[step.words[0]], self.choices.pick(2))

    def _step_one(self, step: Step) -> None:
        self._look_at_hands()
        self._several(self.grammar.beats[step.words[0]], 1)

    def _look_at_hands(self) -> None:
        """Bind Y to what each member holds now: passed on at one moment is what was held before it."""
        held = {fact.value: thing for thing, fact in self.world.facts.get("holder", {}).items()}
        self.values["Y"] = [held.get(name) for name in self.cast]

    def _step_gap(self, step: Step) -> None:
        """Time passes: sentences that hold no fact, no pattern twice."""
        names = ["any", self.scene]
        if self.scene == "outdoor":
            names += [self.weather] if self.weather == "snowy" else [self.weather, "green"]
        patterns = [p for name in names for p in self.grammar.beats["filler " + name].single]
        self.recalling = NOTHING
        for _ in range(self.choices.weigh(self.style.gap)):
            self._sentence(self.draw(patterns), ())

    def _step_recall(self, step: Step) -> None:
        """Some facts are remembered: one at a time, or all of a kind in one sentence."""
        sentences = 0
        while self.any_left(self.told) and self.more(self.style.recalls, sentences):
            self._recall_something()
            sentences += 1

    def _echo(self) -> None:
        """Something is remembered at once; not where a recall follows, which would read the same."""
        if self.choices.weigh(self.style.echoes):
            self._recall_something()

    def _recall_something(self) -> None:
        kinds = self._facts(self.told)
        several = [(k, facts) for k, facts in kinds if len(facts) > 1 and "recap " + k in self.grammar.beats]
        if several and self.choices.weigh(self.style.recaps):
            self._recap(*several[self.choices.weigh([KINDS[k].weight for k, _ in several])])
        elif kinds:
            self.recalling = self.draw_fact(self.told)
            self.tell(self.grammar.beats["recall " + self.recalling[0]])
        self.recalling = NOTHING

    def _recap(self, kind: str, facts: list[tuple[str, Fact]]) -> None:
        rows = self.wordings(self.grammar.beats["recap " + kind].row)
        pattern = rows[self.choices.pick(len(rows))]
        self.say(" ")
        self.render(pattern.ops)
        self.first = not pattern.ops
        self.told.update((kind, key) for key, _ in facts)
        count = len(facts)
        while facts:
            if len(facts) < count:
                self.say(" and " if len(facts) == 1 else ", ")
            self.recalling = (kind, *self.draw(facts))
            self.render(pattern.item_ops)
            self.first = False
        self.render(pattern.tail_ops)

    def more(self, weights: tuple[int, ...], done: int) -> bool:
        """Whether another one follows, if the number of all has these weights."""
        enough, rest = weights[done], sum(weights[done + 1 :])
        return bool(self.choices.weigh((enough, rest))) if enough and rest else rest > 0

    def draw_fact(self, told: set[tuple[str, str]]) -> tuple[str, str, Fact]:
        """A kind of question by its weight, then a (key, answer) of it; noted among those that are told."""
        kinds = self._facts(told)
        kind, facts = kinds[self.choices.weigh([KINDS[kind].weight for kind, _ in kinds])]
        key, fact = facts[self.choices.pick(len(facts))]
        told.add((kind, key))
        return kind, key, fact

    def _facts(self, told: set[tuple[str, str]]) -> list[tuple[str, list[tuple[str, Fact]]]]:
        """The facts that are not yet told, by kind."""
        found = [(kind, [f for f in self.world.known(kind) if (kind, f[0]) not in told]) for kind in KINDS]
        return [(kind, facts) for kind, facts in found if facts]

    def any_left(self, told: set[tuple[str, str]]) -> bool:
        return bool(self._facts(told))
