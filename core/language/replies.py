"""The same question asked many times: replies drawn from a model, and what each of them says.

A reply is a letter, one of the options in words, or "it does not say"; anything else is invalid. Drawing
stops as soon as a reply can no longer become one of those, so that fifty draws cost little more than their
different beginnings.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from core.evaluation.exam import INVALID, LETTERS, read_answer
from core.language import corpus
from core.language.corpus import UNTOLD, Question
from core.language.examined import Examinee
from core.language.model import State
from core.numerics import softmax
from core.trace import freeze

__all__ = [
    "OPEN", "WORDINGS", "Replies", "Wording", "ask", "cumulated", "drawn", "prompt_of", "read_reply",
    "story_questions",
]  # fmt: skip

OPEN = len(LETTERS)
"""Stands for the reply that the story does not say."""
MOST = 12
"""Tokens of a reply at most."""
KEPT = 4
"""Different replies kept in full, the most frequent first."""
STORIES = 120
"""Questions of StoryQA."""

Wording = Literal["letter", "words", "inline", "plain"]
WORDINGS: tuple[Wording, ...] = ("letter", "words", "inline", "plain")


class Replies(NamedTuple):
    """To one question in one wording, T temperatures by R times.

    Attributes:
        codes: 0 to 3 for an option, `OPEN`, or `INVALID`: (T, R).
        texts: for each temperature the most frequent replies with their counts.
    """

    codes: np.ndarray
    texts: tuple[tuple[tuple[str, int], ...], ...]


@functools.lru_cache(maxsize=1)
def story_questions() -> tuple[Question, ...]:
    """StoryQA: always the same 120, every sixth one that its story leaves open."""
    asked = corpus.questions(n=STORIES)
    told = [question for question in asked if question.answer is not None]
    left_open = [question for question in asked if question.answer is None]
    every = len(asked) // len(left_open)
    for place, question in enumerate(left_open, 1):
        told.insert(place * every - 1, question)
    return tuple(told)


def prompt_of(question: Question, wording: Wording) -> str:
    """The question behind its story. "letter" and "words" are the forms that the corpus uses itself; "inline"
    lists the options in a line, "plain" is MMLU's form.

    >>> asked = Question("Tom has it.", "Who?", ("Tom", "Ada", "Ben", "Mia"), 0, "holder", "kite", 1, 0)
    >>> print(prompt_of(asked, "inline"))
    Tom has it.
    Question: Who? (A) Tom (B) Ada (C) Ben (D) Mia
    Answer, as the story tells it:
    """
    if wording == "letter":
        return question.exam_prompt
    if wording == "words":
        return question.prompt
    pairs = list(zip(LETTERS, question.options, strict=True))
    if wording == "inline":
        listed = " ".join(f"({letter}) {option}" for letter, option in pairs)
        return f"{question.story}\nQuestion: {question.stem} {listed}\n{corpus.ANSWER}"
    listed = "\n".join(f"{letter}. {option}" for letter, option in pairs)
    return f"{question.story}\n{question.stem}\n{listed}\nAnswer:"


def read_reply(text: str, options: Sequence[str]) -> int:
    """The option that a reply names, `OPEN`, or `INVALID`: a letter, or the very words.

    >>> options = ("in the barn", "on the hill", "by the lake", "at sea")
    >>> [read_reply(text, options) for text in (" B", "by the lake.", "it does not say", "in the barnyard")]
    [1, 2, 4, -1]
    """
    letter = read_answer(text)
    if letter is not None:
        return letter
    lines = text.strip().splitlines() or [""]
    said = lines[0].strip().removesuffix(".").casefold()
    known = [*(option.casefold() for option in options), UNTOLD]
    return known.index(said) if said in known else INVALID


def _may_become(text: str, options: Sequence[str]) -> bool:
    """Whether the beginning of a reply can still become one that counts."""
    said = text.lstrip().casefold()
    forms = [*(f"{option}." for option in options), f"{UNTOLD}."]
    forms += [
        form for letter in LETTERS for form in (f"{letter}.", f"{letter})", f"{letter}:", f"({letter})")
    ]
    return any(form.casefold().startswith(said) for form in forms)


def ask(
    examinee: Examinee, prompt: str, options: Sequence[str], temperatures: Sequence[float], times: int,
    rng: np.random.Generator,
) -> Replies:  # fmt: skip
    """Ask `times` times at each temperature, every reply drawn on its own; temperature 0 is greedy.

    The draws follow the tree of what is said: each different beginning is computed once.
    """
    codes = np.full((len(temperatures), times), INVALID, np.int8)
    texts: list[Counter[str]] = [Counter() for _ in temperatures]

    def visit(state: State, said: list[int], who: list[tuple[int, np.ndarray]]) -> None:
        children: dict[int, list[tuple[int, np.ndarray]]] = {}
        rows = cumulated(state.logits, [temperatures[t] for t, _ in who])
        for (t, draws), row in zip(who, rows, strict=True):
            tokens = drawn(row, rng.random(len(draws)))
            for token in np.unique(tokens):
                children.setdefault(int(token), []).append((t, draws[tokens == token]))
        for left, token in zip(range(len(children) - 1, -1, -1), sorted(children), strict=True):
            text = examinee.text([*said, token])
            ended = "\n" in text.lstrip() or len(said) + 1 == MOST
            if not ended and _may_become(text, options):
                child = state.fork() if left else state  # the last one takes the state itself
                child.push(token)
                visit(child, [*said, token], children[token])
                continue
            for t, draws in children[token]:
                codes[t, draws] = read_reply(text, options) if ended else INVALID
                texts[t][text if ended else f"{text}…"] += len(draws)

    everyone = [(t, np.arange(times)) for t in range(len(temperatures))]
    visit(examinee.model.start(examinee.prompt_ids(prompt)), [], everyone)
    return Replies(freeze(codes), tuple(tuple(found.most_common(KEPT)) for found in texts))


def cumulated(logits: np.ndarray, temperatures: Sequence[float]) -> np.ndarray:
    """The next token's distribution at each temperature, summed up over the ids: (T, V).

    As `sampling.distribution` has it, for all temperatures at once; temperature 0 takes the likeliest alone.
    """
    logits = np.asarray(logits, np.float64)
    warm = np.array([temperature if temperature > 0 else 1.0 for temperature in temperatures])
    p = softmax(logits / warm[:, None])  #: temperature
    for t, temperature in enumerate(temperatures):
        if temperature == 0:
            p[t] = np.arange(len(logits)) == logits.argmax()
    return np.cumsum(p, axis=1)


def drawn(ends: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """The tokens in whose stretches numbers from [0, 1) fall, as in `sampling.draw`: (len(uniform),)."""
    tokens = np.searchsorted(ends, uniform * ends[-1], side="right")
    return np.minimum(tokens, np.searchsorted(ends, ends[-1]))  # where rounding reached the very end
