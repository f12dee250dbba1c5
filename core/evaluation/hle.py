"""Does it know what it does not know? Answers with stated confidences, and how far luck goes.

Who answers is the reader, a made-up person whose confidences are known to be off by so much, or a file. The
made-up person states whole percents between 30% and 100% and is right with that chance less `bias`.

>>> frame = next(examine(HleConfig(who="simulated", questions=400, bias=25.0)))
>>> frame.verdict, frame.table.rms_error > frame.luck.rms_error.high
('over', True)
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
from msgspec import Meta

from core.config import Config, ConfigError, Source, choice, number, setting
from core.evaluation import exam
from core.evaluation.calibration import (
    Binning,
    Interval,
    Luck,
    Reliability,
    luck,
    reliability,
    wald_interval,
    wilson_interval,
)
from core.evaluation.exam import ExamQuestion
from core.evaluation.predictions import Predictions, read_predictions
from core.trace import Equation, Frame, freeze

__all__ = ["Answer", "HleConfig", "HleFrame", "HleInputs", "examine", "prepare", "questions_to_ask"]

EXAM = Path(__file__).resolve().parents[2] / "resources" / "exams" / "questions.csv"
LEAST, MOST = 30, 100
"""Percent: the confidences that a made-up person states."""
LEVEL = 0.95

Verdict = Literal["none", "luck", "over", "under", "mixed"]
"""What the errors allow one to say: nothing yet; no more than luck gives; too sure; not sure enough; off, but
not to one side."""

_CHECKED = {"who": ("you", "simulated", "file")}
_YOU = {"who": ("you",)}
_MADE_UP = {"who": ("simulated",)}

AnswerTuple = tuple[
    Annotated[int, Meta(ge=0, le=9999)], Literal[0, 1, 2, 3], Annotated[int, Meta(ge=0, le=100)]
]


class Answer(NamedTuple):
    """An answer as a config holds it: which question of the exam, which option, how sure in percent."""

    question: int
    option: int
    percent: int


class HleConfig(Config, frozen=True):
    """Who is examined, and how the answers are put into bins."""

    who: Annotated[
        Literal["you", "simulated", "file", "published"],
        choice("Who is examined", "Of published results there are no confidences to check.", labels={
            "you": "You", "simulated": "A made-up person", "file": "Predictions from a file",
            "published": "Published results",
        }),
    ] = "you"  # fmt: skip
    answers: Annotated[
        tuple[AnswerTuple, ...],
        Meta(max_length=40),
        setting("Answers", "Question, option and percent of each answer given so far.", shown_if=_YOU),
    ] = ()
    length: Annotated[int, number(12, 40, "Questions to answer", "How long the exam is.", shown_if=_YOU)] = 20
    questions: Annotated[
        int, number(5, 2500, "Questions answered", "How many there are to judge by.", scale="log",
                    shown_if=_MADE_UP)
    ] = 20  # fmt: skip
    bias: Annotated[
        float, number(-30.0, 80.0, "Too sure by", "How far the stated confidence lies above the true chance "
                      "of being right.", unit="points", shown_if=_MADE_UP)
    ] = 0.0  # fmt: skip
    file: Annotated[
        Source,
        setting("Predictions", "A CSV or JSON file with id, confidence and correct.", bundled=(),
                shown_if={"who": ("file",)}, files="Predictions (*.csv *.tsv *.txt *.json *.jsonl)"),
    ] = Source()  # fmt: skip
    binning: Annotated[
        Binning,
        choice("Bins of", "Equal ranges of confidence, or equal numbers of answers.",
               labels={"equal_width": "Equal width", "equal_count": "Equal count"}, shown_if=_CHECKED),
    ] = "equal_width"  # fmt: skip
    bins: Annotated[
        int,
        number(
            1,
            25,
            "Number of bins",
            "Every bin counts; empty ones weigh nothing.",
            scale="log",
            shown_if=_CHECKED,
        ),
    ] = 10
    seed: Annotated[
        int,
        number(
            0,
            9999,
            "Seed",
            "Which questions are asked, who the made-up person is, and the luck.",
            shown_if=_CHECKED,
        ),
    ] = 0

    def frames(self) -> int:
        return 1

    def check(self) -> None:
        twice = len(self.answers) - len({each[0] for each in self.answers})
        if twice:
            raise ConfigError("Answers: expected one answer to each question, found two.", "answers")


class HleInputs(NamedTuple):
    """What does not change while the reader answers: the exam, or the file's answers and their luck."""

    questions: tuple[ExamQuestion, ...]
    predictions: Predictions | None = None
    table: Reliability | None = None
    luck: Luck | None = None


class HleFrame(Frame, frozen=True, eq=False):
    """The answers so far and what they allow one to say; without answers the measures are None."""

    confidence: np.ndarray
    """(answers,), 0 to 1."""
    correct: np.ndarray
    asked: tuple[int, ...]
    """For the reader: the exam's questions in the order in which they are asked, the answered ones first."""
    table: Reliability | None
    luck: Luck | None
    wilson: Interval | None
    wald: Interval | None
    verdict: Verdict
    file: str = ""
    """The name of the file that was read, and whether its confidences were percent."""
    percent: bool = False

    @property
    def answered(self) -> int:
        return len(self.confidence)

    @property
    def right(self) -> int:
        return int(self.correct.sum())

    @property
    def accuracy(self) -> float:
        """0 to 1; only with answers."""
        return self.right / self.answered

    @property
    def beyond(self) -> int:
        """How many bins lie outside of what luck gives each of them."""
        if self.table is None or self.luck is None:
            return 0
        shares = zip(self.table.accuracy, self.luck.bins, strict=True)
        return sum(not band.low <= share <= band.high for share, band in shares)

    @property
    def mean_confidence(self) -> float:
        """0 to 1; only with answers."""
        return float(self.confidence.mean())

    def explain(self, config: HleConfig | None = None) -> list[Equation]:
        """Accuracy with both intervals, then both errors."""
        if self.table is None or self.wilson is None or self.wald is None:
            return []
        share = {"x": float(self.right), "n": float(self.answered), "p": self.accuracy}
        ends = {"low": self.wilson.low, "high": self.wilson.high}
        wald = {"p": self.accuracy, "n": share["n"], "low": self.wald.low, "high": self.wald.high}
        gap = tuple(np.abs(self.table.confidence - self.table.accuracy).tolist())
        count = tuple(map(float, self.table.count))
        module = "core.evaluation.calibration:"
        return [
            Equation("share", r"p = \frac{k}{n} = \frac{<x>}{<n>} = <p>", share, module + "wilson_interval"),
            Equation(
                "wilson half",
                r"\frac{p + z^2 / 2n \pm z \sqrt{p (1 - p) / n + z^2 / 4n^2}}{1 + z^2 / n} = <low>,\; <high>",
                ends, module + "wilson_interval",
            ),
            Equation("wald half", r"p \pm z \sqrt{p (1 - p) / n} = <low>,\; <high>", wald,
                     module + "wald_interval"),
            Equation("count", r"n_{b} = <n>", {"n": count}, module + "reliability"),
            Equation("gap", r"\mathrm{gap}_{b} = |c_{b} - a_{b}| = <gap>", {"gap": gap},
                     module + "Reliability.expected_error"),
            Equation("expected error", r"\mathrm{ECE} = \sum_b \frac{n_b}{n} \mathrm{gap}_b = <e>",
                     {"e": self.table.expected_error}, module + "Reliability.expected_error"),
            Equation("rms error", r"\mathrm{RMS} = \sqrt{\sum_b \frac{n_b}{n} \mathrm{gap}_b^2} = <e>",
                     {"e": self.table.rms_error}, module + "Reliability.rms_error"),
        ]  # fmt: skip


def examine(
    config: HleConfig, inputs: HleInputs | None = None, start: Frame | None = None
) -> Iterator[HleFrame]:
    """The one frame of a timeless scene."""
    if start is not None:
        return
    inputs = prepare(config) if inputs is None else inputs
    asked: tuple[int, ...] = ()
    confidence, correct = np.empty(0), np.empty(0, bool)
    table, band = inputs.table, inputs.luck
    if config.who == "you":
        asked = questions_to_ask(config, len(inputs.questions))
        confidence, correct = _marked(config, inputs.questions)
    elif config.who == "simulated":
        confidence, correct = made_up(config.questions, config.bias, config.seed)
    elif config.who == "file" and inputs.predictions is not None:
        confidence, correct = inputs.predictions.confidence, inputs.predictions.correct
    if len(confidence) and table is None:
        table = reliability(confidence, correct, config.bins, config.binning)
        band = luck(confidence, config.bins, config.binning, LEVEL, config.seed)
    right, answered = int(correct.sum()), len(correct)
    yield HleFrame(
        confidence=freeze(confidence), correct=freeze(correct), asked=asked, table=table, luck=band,
        wilson=wilson_interval(right, answered, LEVEL) if answered else None,
        wald=wald_interval(right, answered, LEVEL) if answered else None,
        verdict=verdict(table, band, right / answered) if table and band else "none",
        file=inputs.predictions.name if inputs.predictions else "",
        percent=bool(inputs.predictions and inputs.predictions.percent),
    )  # fmt: skip


def verdict(table: Reliability, band: Luck, accuracy: float) -> Verdict:
    """Over- or under-confident only if the RMS error is beyond luck, and the accuracy as well."""
    if table.rms_error <= band.rms_error.high:
        return "luck"
    if accuracy < band.accuracy.low:
        return "over"
    return "under" if accuracy > band.accuracy.high else "mixed"


def made_up(questions: int, bias: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Confidences (questions,) and whether right, of somebody who is too sure by `bias` points."""
    rng = np.random.default_rng([seed, 1])
    confidence = rng.integers(LEAST, MOST + 1, questions) / 100
    return confidence, rng.random(questions) < confidence - bias / 100


def questions_to_ask(config: HleConfig, count: int) -> tuple[int, ...]:
    """Which of `count` questions, in order: those answered, then others as the seed draws them."""
    answered = [each[0] for each in config.answers if each[0] < count]
    drawn = np.random.default_rng([config.seed, 2]).permutation(count).tolist()
    rest = [each for each in drawn if each not in answered]
    return (*answered, *rest[: max(0, config.length - len(answered))])


def _marked(config: HleConfig, questions: tuple[ExamQuestion, ...]) -> tuple[np.ndarray, np.ndarray]:
    given = [Answer(*each) for each in config.answers if each[0] < len(questions)]
    confidence = np.array([each.percent / 100 for each in given])
    return confidence, np.array([questions[each.question].answer == each.option for each in given], bool)


def prepare(config: HleConfig) -> HleInputs:
    """The exam's questions, or the file's answers with what luck would give. DataError if refused."""
    if config.who == "you":
        return HleInputs(_exam())
    if config.who != "file" or not config.file.path:
        return HleInputs(())
    found = read_predictions(config.file)
    table = reliability(found.confidence, found.correct, config.bins, config.binning)
    return HleInputs(
        (), found, table, luck(found.confidence, config.bins, config.binning, LEVEL, config.seed)
    )


prepare.fields = ("who", "file", "binning", "bins", "seed")  # type: ignore[attr-defined]


@functools.cache
def _exam() -> tuple[ExamQuestion, ...]:
    return exam.load_questions(EXAM).questions
