"""StoryQA: four-choice questions about stories of the held-out splits, in the form of MMLU.

All four options stand in the story, equally often. Over the question set the right one is as often the first
of them to be mentioned as the second, third or fourth; the same for last mentions and for letters. So neither
frequency nor position gives it away. The last five words before the answer are always the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from core.language.corpus.choices import Dice
from core.language.corpus.grammar import load_grammar
from core.language.corpus.quiz import LETTERS, exam_form, options_of, question_form
from core.language.corpus.stories import Story, stories
from core.language.corpus.style import Style
from core.language.corpus.world import KINDS

__all__ = ["LONGEST", "Question", "RecallItem", "mentions", "questions", "recall_items"]

LONGEST = 140
"""Words in a story that is asked about: with its question it fits into 256 tokens."""

WINDOW = 6
"""Words before a recalled value in which none of the options may stand: what an n-gram could see."""

PLAN = {
    "one hop": {"colour": 8, "holder": 12, "owner": 4, "brought": 4, "place": 12, "likes": 4, "plays": 4,
                "hides": 4},
    "two hops": {"holder": 16, "where packed": 8, "where brought": 8, "where coloured": 4, "held colour": 8,
                 "colour holder": 4},
    "open": {"holder": 12, "place": 8},
}  # fmt: skip
"""Of 120 questions: how many of each kind one statement of the story answers, or two together, or none."""

UNIT = sum(sum(kinds.values()) for kinds in PLAN.values())

STYLE = Style(recalls=(3, 1, 1), recaps=(1, 0), questions=(1,))
"""Told like all stories, but with fewer recalls: each names one of the options once more than the others."""


@dataclass(frozen=True)
class Question:
    """`answer` indexes `options`; None where the story leaves the question open.

    `gap` counts the words between the last statement that is needed and the end of the story.
    """

    story: str
    stem: str
    options: tuple[str, ...]
    answer: int | None
    kind: str
    key: str
    hops: int
    gap: int

    @property
    def prompt(self) -> str:
        """To be completed in words: score each of `completions` by its whole likelihood."""
        return f"{self.story}\n{question_form(self.stem)}"

    @property
    def completions(self) -> tuple[str, ...]:
        return tuple(f" {option}\n" for option in self.options)

    @property
    def exam_prompt(self) -> str:
        """To be completed by a letter, one of `letters`."""
        return f"{self.story}\n{exam_form(self.stem, self.options)}"

    @property
    def letters(self) -> tuple[str, ...]:
        return tuple(f" {letter}\n" for letter in LETTERS)


class RecallItem(NamedTuple):
    """A place in a story where a fact told before fixes what comes next: one of `completions`."""

    prefix: str
    options: tuple[str, ...]
    answer: int
    kind: str
    hops: int
    gap: int

    @property
    def completions(self) -> tuple[str, ...]:
        space = "" if self.prefix.endswith('"') else " "
        return tuple(space + option for option in self.options)


class _Candidate(NamedTuple):
    story: Story
    kind: str
    key: str
    right: str | None
    options: tuple[str, ...]
    hops: int
    gap: int
    first: int
    last: int

    @property
    def name(self) -> str:
        """The class of the plan."""
        return {None: "open", 1: "one hop", 2: "two hops"}.get(self.hops or None, "")


def mentions(text: str, option: str) -> list[int]:
    """Where an answer stands in a text: "the kite" wherever there is a kite."""
    return [
        m.start() for m in re.finditer(rf"\b{re.escape(option.removeprefix('the '))}\b", text, re.IGNORECASE)
    ]


def questions(seed: int = 1, n: int = 480, split: str = "test") -> list[Question]:
    """`n` questions about as many stories, in the proportions of `PLAN`.

    Raises ValueError if `n` is no multiple of `UNIT`: then the options cannot be balanced.
    """
    if n < 1 or n % UNIT:
        raise ValueError(f"the number of questions must be a multiple of {UNIT}, found {n}")
    dice = Dice(seed)
    quotas = [_Quota(name, kind, share * n // UNIT, dice)
              for name, kinds in PLAN.items() for kind, share in kinds.items()]  # fmt: skip
    found: list[Question] = []
    for story in stories(seed, None, split, STYLE):
        if len(story.body.split()) > LONGEST:
            continue
        candidates = list(_candidates(story, dice))
        for quota in sorted(quotas, key=lambda quota: -len(quota.letters)):
            question = quota.choose(candidates)
            if question is not None:
                found.append(question)
                break
        if len(found) == n:
            break
    return found


class _Quota:
    """Takes questions of one kind so that all ranks and letters of the right option come equally often."""

    def __init__(self, name: str, kind: str, count: int, dice: Dice) -> None:
        self.name, self.kind, self.dice = name, kind, dice
        self.first, self.last = [count // 4] * 4, [count // 4] * 4
        letters = [letter for letter in range(4) for _ in range(count // 4)]
        self.letters = [letters.pop(dice.pick(len(letters))) for _ in range(count)]

    def choose(self, candidates: list[_Candidate]) -> Question | None:
        """One that fits what is still wanted, if there is one."""
        if not self.letters:
            return None
        fitting = [c for c in candidates if c.kind == self.kind and c.name == self.name
                   and (c.right is None or (self.first[c.first] and self.last[c.last]))]  # fmt: skip
        if not fitting:
            return None
        chosen = fitting[self.dice.pick(len(fitting))]
        if chosen.right is not None:
            self.first[chosen.first] -= 1
            self.last[chosen.last] -= 1
        return self._question(chosen, self.letters.pop())

    def _question(self, chosen: _Candidate, letter: int) -> Question:
        others = [option for option in chosen.options if option != chosen.right]
        options = [others.pop(self.dice.pick(len(others))) for _ in range(len(others))]
        if chosen.right is not None:
            options.insert(letter, chosen.right)
        stems = load_grammar().beats["ask " + chosen.kind].single
        stem = stems[self.dice.pick(len(stems))].text.replace("{K}", chosen.key)
        return Question(chosen.story.body, stem, tuple(options), None if chosen.right is None else letter,
                        chosen.kind, chosen.key, chosen.hops, chosen.gap)  # fmt: skip


def _candidates(story: Story, dice: Dice) -> Iterator[_Candidate]:
    """All that can be asked about a story with four options which are mentioned equally often."""
    body = story.body
    places: dict[str, list[int]] = {}
    recalled = {recall.value for recall in story.recalls}  # what is told twice would be too easy
    for kind in KINDS:
        there = options_of(story.entities, kind)
        if len(there) < 4:
            continue
        places |= {option: mentions(body, option) for option in there if option not in places}
        for key, fact in story.world.known(kind):
            right = "the " + fact.value if KINDS[kind].value == "thing" else fact.value
            if right in recalled:
                continue
            others = [o for o in there if o != right and len(places[o]) == len(places[right])]
            if len(others) >= 3:
                four = [right, *(others.pop(dice.pick(len(others))) for _ in range(3))]
                first, last = (sorted(four, key=lambda o: places[o][end]).index(right) for end in (0, -1))
                gap = len(body[fact.end :].split())
                yield _Candidate(story, kind, key, right, tuple(four), fact.hops, gap, first, last)
    for key, fact in story.world.facts.get("lost", {}).items():
        for kind in ("holder", "place"):
            same: dict[int, list[str]] = {}
            for option in options_of(story.entities, kind):
                same.setdefault(len(mentions(body, option)), []).append(option)
            for four in same.values():
                if len(four) == 4:
                    gap = len(body[fact.end :].split())
                    yield _Candidate(story, kind, key, None, tuple(four), 0, gap, 0, 0)


def recall_items(stories: Iterable[Story], seed: int = 1) -> Iterator[RecallItem]:
    """The recalls inside stories that can be put as a choice of four, none of which an n-gram could see."""
    dice = Dice(seed)
    for story in stories:
        for recall in story.recalls:
            prefix = story.text[: recall.start]
            if recall.end > story.body_end:
                continue
            window = " ".join(prefix.split()[-WINDOW:])
            there = [o for o in options_of(story.entities, recall.kind) if mentions(prefix, o)]
            if len(there) < 4 or any(mentions(window, option) for option in there):
                continue
            there.remove(recall.value)
            four = [there.pop(dice.pick(len(there))) for _ in range(3)]
            answer = dice.pick(4)
            four.insert(answer, recall.value)
            gap = story.gap(recall)
            yield RecallItem(prefix.rstrip(" "), tuple(four), answer, recall.kind, recall.hops, gap)
