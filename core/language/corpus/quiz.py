"""Questions behind a story, answered in words or by letter, in the form in which they are examined.

The five words before an answer are always the same, so that nothing but the story can give it away.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.language.corpus.telling import NOTHING, Recall, Tale
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
    """Append the tale's questions, no two about the same; some of them about what was lost."""
    asked: set[tuple[str, str]] = set()
    lost = list(tale.world.facts.get("lost", ()))
    count = 0
    while tale.any_left(asked) and tale.more(tale.style.questions, count):
        count += 1
        if lost and tale.choices.weigh((2, 1)):
            _open_question(tale, lost.pop())
            continue
        tale.recalling = tale.draw_fact(asked)
        kind, _, fact = tale.recalling
        _stem(tale)
        options = options_of(tale.entities, kind)
        if len(options) >= len(LETTERS) and tale.choices.weigh(tale.style.exam):
            _by_letter(tale, options, fact)
        else:
            tale.say(f"\n{ANSWER} ")
            tale.recall()


def _stem(tale: Tale) -> None:
    beat = tale.grammar.beats["ask " + tale.recalling[0]]
    stems = tale.wordings(beat.single)
    tale.say("\nQuestion: ")
    tale.render(stems[tale.choices.pick(len(stems))].ops)


def _open_question(tale: Tale, thing: str) -> None:
    """Who has what was lost, or where it is: the story leaves it open, and the answer says so."""
    tale.recalling = (("holder", "place")[tale.choices.pick(2)], thing, NOTHING[2])
    _stem(tale)
    tale.say(f"\n{ANSWER} {UNTOLD}")


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
