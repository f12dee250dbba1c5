"""A multiple-choice exam: questions with one right answer of four, and what predictions are worth.

A prediction is scored as it was written. One letter counts, with a full stop, colon, bracket or blank around
it; anything else is invalid, is counted as such and counts as wrong:

>>> [read_answer(text) for text in ("B", " B", "(c).", "D. Paris", "To", "B or C", "")]
[1, 1, 2, 3, None, None, None]
>>> question = ExamQuestion("2 + 2?", ("3", "4", "5", "6"), 1, "arithmetic", "STEM")
>>> score = score_predictions([" B", "To"], [question, question])
>>> score.right.tolist(), score.invalid, score.accuracy
([True, False], 1, 0.5)

Who guesses has one in four. The micro average counts every question alike, the macro average every subject;
an interval is Wilson's (1927), of the micro average.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct

from core.datasets import DataError
from core.evaluation.calibration import wilson_interval
from core.evaluation.exam_files import (
    LETTERS,
    Exam,
    ExamQuestion,
    Malformed,
    load_predictions,
    load_questions,
)
from core.trace import freeze

__all__ = [
    "CHANCE",
    "INVALID",
    "LETTERS",
    "METHODS",
    "Exam",
    "ExamQuestion",
    "Malformed",
    "Marks",
    "Score",
    "Scorer",
    "Tally",
    "choose",
    "load_predictions",
    "load_questions",
    "macro_average",
    "read_answer",
    "score_predictions",
    "tallies",
]

CHANCE = 1 / len(LETTERS)
"""The accuracy of guessing."""

INVALID = -1
"""Stands for the choice of a prediction that names none of the four."""

METHODS = ("letter", "answer", "per_byte", "generation")
"""How a model is asked, in the order of `choose`: by the likelihood of the letter, of the whole answer, of
the whole answer for each byte, and by reading what it writes."""

_ANSWER = re.compile(r"\s*\(?([A-Da-d])(?:[.):]|[^\S\n]*(?:\n|$))")


class Marks(NamedTuple):
    """What a model says to one question.

    Attributes:
        letters: ln P of " A" to " D" behind the question with its options, (4,).
        answers: ln P of each option's whole text behind the question alone, (4,).
        lengths: bytes of those texts, (4,).
        said: what the model writes behind the question with its options, up to the end of the line.
    """

    letters: np.ndarray
    answers: np.ndarray
    lengths: np.ndarray
    said: str


Scorer = Callable[[ExamQuestion], Marks]
"""Whoever takes an exam."""


class Tally(NamedTuple):
    """`right` of `asked` questions of one subject or group."""

    name: str
    group: str
    right: int
    asked: int

    @property
    def accuracy(self) -> float:
        return self.right / self.asked  #: accuracy

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval."""
        low, high = wilson_interval(self.right, self.asked)
        return float(low), float(high)


class Score(Struct, frozen=True, eq=False):
    """An exam's outcome.

    Attributes:
        chosen: 0 to 3, or `INVALID`, for each question, (n,).
        right: whether that is the right one, (n,).
        subjects: a tally for each subject, in the order of the questions.
        groups: the same for STEM, humanities, ...
    """

    chosen: np.ndarray
    right: np.ndarray
    subjects: tuple[Tally, ...]
    groups: tuple[Tally, ...]

    @property
    def invalid(self) -> int:
        """How many predictions named none of the four. They count as wrong."""
        return int((self.chosen == INVALID).sum())

    @property
    def all(self) -> Tally:
        return Tally("all", "", int(self.right.sum()), len(self.right))

    @property
    def accuracy(self) -> float:
        """The micro average: right answers over questions."""
        return self.all.accuracy

    @property
    def macro(self) -> float:
        """The macro average: the mean of the subjects' accuracies."""
        return macro_average(self.subjects)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of the micro average."""
        return self.all.interval


def read_answer(text: str) -> int | None:
    """The option that a prediction names, 0 to 3, or None: see the module's head."""
    found = _ANSWER.match(text)
    return LETTERS.index(found[1].upper()) if found else None


def score_predictions(predictions: Sequence[str], questions: Iterable[ExamQuestion]) -> Score:
    """The score of raw predictions, one for each question and in their order.

    For an `Exam` whose malformed rows were predicted as well, predictions for all of its rows will do: those
    of the malformed ones are left out. DataError if there are fewer or more, or none.
    """
    asked = list(questions)
    if isinstance(questions, Exam) and len(predictions) == questions.rows:
        predictions = [predictions[question.row] for question in asked]
    if len(predictions) != len(asked) or not asked:
        raise DataError(
            f"expected {len(asked)} predictions, one for each question, found {len(predictions)}."
        )
    read = [read_answer(text) for text in predictions]
    chosen = np.array([INVALID if answer is None else answer for answer in read])
    right = chosen == [question.answer for question in asked]
    subjects = tallies([(q.subject, q.group) for q in asked], right)
    groups = tallies([(q.group, q.group) for q in asked], right)
    return Score(freeze(chosen), freeze(right), subjects, groups)


def tallies(names: Sequence[tuple[str, str]], right: Any) -> tuple[Tally, ...]:
    """Right answers by (name, group), in the order in which these come up; `right` (n,) booleans."""
    found: dict[tuple[str, str], list[int]] = {}
    for name, one in zip(names, right, strict=True):
        counts = found.setdefault(name, [0, 0])
        counts[0] += bool(one)
        counts[1] += 1
    return tuple(Tally(*name, *counts) for name, counts in found.items())


def macro_average(subjects: Sequence[Tally]) -> float:
    """The mean of the subjects' accuracies, however many questions each has."""
    return sum(tally.accuracy for tally in subjects) / len(subjects)  #: macro


def choose(marks: Marks) -> tuple[int, int, int, int]:
    """The option that each of `METHODS` takes: 0 to 3, the first of equals, or `INVALID`.

    A likelihood picks the option with the largest; where all four are impossible there is none to pick.
    """
    letter = _largest(marks.letters)  #: letter
    answer = _largest(marks.answers)  #: answer
    per_byte = _largest(marks.answers / marks.lengths)  #: per byte
    said = read_answer(marks.said)  #: generation
    return letter, answer, per_byte, INVALID if said is None else said


def _largest(scores: np.ndarray) -> int:
    return int(np.argmax(scores)) if np.isfinite(scores).any() else INVALID
