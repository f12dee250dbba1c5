"""Questions behind a story, answered in words or by letter, in the form in which they are examined.

The five words before an answer are always the same, so that nothing but the story can give it away.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.language.corpus.telling import Recall, Tale
from core.language.corpus.world import KINDS, Fact, phrase

__all__ = ["ANSWER", "LETTERS", "UNTOLD", "ask", "exam_form", "options_of", "question_form"]

LETTERS = "ABCD"
ANSWER = "Answer, as the story tells it:"
UNTOLD = "it does not say"
"""The answer in words to a question that the story leaves open."""


def question_form(stem: str) -> str:
    """
    >>> print(question_form("Who has the kite now?"))
    Question: Who has the kite now?
    Answer, as the story tells it:
    """
    return f"Question: {stem}\n{ANSWER}"


def exam_form(stem: str, options: Sequence[str]) -> str:
    """
    >>> print(exam_form("Who has it?", ["Tom", "Ada", "Ben", "Mia"]))
    Question: Who has it?
    A. Tom
    B. Ada
    C. Ben
    D. Mia
    Answer, as the story tells it:
    """
    listed = "\n".join(f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=True))
    return f"Question: {stem}\n{listed}\n{ANSWER}"


def options_of(entities: dict[str, list[str]], kind: str) -> list[str]:
    """All that a story holds of the category that a question asks for, as answers."""
    category = KINDS[kind].value
    return [phrase(category, entity) for entity in entities.get(category, ())]


def ask(tale: Tale) -> None:
    """Append the tale's questions, no two about the same."""
    asked: set[tuple[str, str]] = set()
    for _ in range(tale.choices.weigh(tale.style.questions)):
        found = _draw(tale, asked)
        if found is None:
            return
        kind, key, fact = found
        asked.add((kind, key))
        tale.say("\nQuestion: ")
        tale.recalling = (kind, key, fact or Fact("", 0, 0))
        beat = tale.grammar.beats["ask " + kind]
        tale.render(beat.single[tale.choices.pick(len(beat.single))].ops)
        if fact is None:
            tale.say(f"\n{ANSWER} {UNTOLD}")
            continue
        options = options_of(tale.entities, kind)
        if len(options) >= len(LETTERS) and tale.choices.weigh(tale.style.exam):
            _by_letter(tale, options, fact)
        else:
            tale.say(f"\n{ANSWER} ")
            tale.recall()


def _draw(tale: Tale, asked: set[tuple[str, str]]) -> tuple[str, str, Fact | None] | None:
    """A question, and what answers it: nothing, if it is about what was lost."""
    lost = [k for k in tale.world.facts.get("lost", ()) if ("holder", k) not in asked]
    if lost and not tale.choices.pick(3):
        return ("holder", "place")[tale.choices.pick(2)], lost[0], None
    kinds = []
    for kind in KINDS:
        found = [item for item in tale.world.known(kind) if (kind, item[0]) not in asked]
        if found:
            kinds.append((kind, found))
    if not kinds:
        return None
    kind, facts = kinds[tale.choices.weigh([KINDS[k].weight for k, _ in kinds])]
    return (kind, *facts[tale.choices.pick(len(facts))])


def _by_letter(tale: Tale, options: list[str], fact: Fact) -> None:
    """Four options, the right one behind any letter, and that letter."""
    kind, key, _ = tale.recalling
    value = phrase(KINDS[kind].value, fact.value)
    right = tale.choices.pick(len(LETTERS))
    others = [option for option in options if option != value]
    for place, letter in enumerate(LETTERS):
        option = value if place == right else tale.draw(others)
        tale.say(f"\n{letter}. {option}")
    tale.say(f"\n{ANSWER} ")
    start = tale.at
    tale.say(LETTERS[right])
    tale.recalls.append(Recall(start, tale.at, fact.start, fact.end, kind, key, LETTERS[right], fact.hops))
