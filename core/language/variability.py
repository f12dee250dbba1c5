"""Why language models are hard to grade: they answer differently each time, and say what is not so.

Two experiments on stories of which every fact is known. "answers": a question is asked many times, at several
temperatures and in several wordings, unanswerable questions among the rest; "stories": a model goes on with a
story, and every claim it makes is judged.

>>> config = VariabilityConfig(count=6, times=20)
>>> *_, last = vary(config)
>>> last.scores.shape  # temperatures, wordings, times: right answers of each round
(8, 4, 20)
>>> last.spread("0", "letter").deviation  # greedy: every round is the same
0.0
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from core.config import Config, Source, choice, number, setting
from core.datasets.fingerprint import check_fingerprint
from core.evaluation.exam import INVALID
from core.language.candidates import MODEL_LABELS, Kind, Seated, seat
from core.language.corpus import Question
from core.language.examined import Examinee
from core.language.hallucination import Opening, Told, counts_of, go_on, openings
from core.language.replies import OPEN, WORDINGS, Replies, Wording, ask, prompt_of, story_questions
from core.trace import Equation, Frame, freeze

__all__ = [
    "CODES", "TEMPERATURES", "AskedFrame", "Inputs", "Spread", "StoryFrame", "VariabilityConfig", "majority",
    "prepare", "spread", "vary",
]  # fmt: skip

TEMPERATURES: dict[str, float] = {
    "0": 0.0, "0.25": 0.25, "0.5": 0.5, "0.75": 0.75, "1": 1.0, "1.25": 1.25, "1.5": 1.5, "2": 2.0,
}  # fmt: skip
CODES = 6
"""Four options, "it does not say", and invalid, in this order where replies are counted."""
ANSWERS = {"task": ("answers",)}


class VariabilityConfig(Config, frozen=True):
    """What is repeated, by whom, and which temperature and wording are looked at."""

    task: Annotated[
        Literal["answers", "stories"],
        choice("Experiment", labels={"answers": "Ask again and again", "stories": "Go on with a story"}),
    ] = "answers"
    model: Annotated[Kind, choice("Model", labels=MODEL_LABELS)] = "ngram"
    checkpoint: Annotated[
        Source,
        setting("Checkpoint", "A folder in Hugging Face’s layout, or a llama2.c .bin file.", folder=True,
                files="Models (*.bin *.safetensors config.json)", shown_if={"model": ("opened",)}),
    ] = Source()  # fmt: skip
    count: Annotated[int, number(4, 60, "How many", "Questions asked, or stories gone on with.")] = 12
    times: Annotated[
        int, number(10, 100, "Times asked", "Replies to each question in each wording.", shown_if=ANSWERS)
    ] = 50
    seed: Annotated[int, number(0, 2**31 - 1, "Seed", "Of all that is drawn.")] = 0
    temperature: Annotated[
        Literal["0", "0.25", "0.5", "0.75", "1", "1.25", "1.5", "2"],
        choice("Temperature", "0 takes the likeliest token each time. Drag it on the chart.", role="view"),
    ] = "1"
    wording: Annotated[
        Wording,
        choice("Wording", "How the question is put.", role="view", shown_if=ANSWERS, labels={
            "letter": "By letter", "words": "In words", "inline": "Options in a line", "plain": "As in MMLU",
        }),
    ] = "letter"  # fmt: skip

    def frames(self) -> int:
        return self.count


@dataclass(frozen=True, eq=False)
class Inputs:
    """Who answers, and the questions or the beginnings of stories."""

    seated: Seated
    questions: tuple[Question, ...] = ()
    openings: tuple[Opening, ...] = ()


class Spread(NamedTuple):
    """The scores of R rounds of the same questions, as shares of right answers.

    Attributes:
        mean, deviation: their mean and standard deviation.
        low, high: between which the middle 80% of them lie.
        lowest, highest: the ends.
        vote: the score of the majority of all rounds, question by question.
    """

    mean: float
    deviation: float
    low: float
    high: float
    lowest: float
    highest: float
    vote: float


class AskedFrame(Frame, frozen=True, eq=False):
    """After question `step`, asked R times in W wordings at T temperatures.

    Attributes:
        codes: this question's replies, (T, W, R): 0 to 3, 4 for "it does not say", -1 invalid.
        texts: for each wording and temperature the most frequent replies in full.
        scores: right answers of each round so far, (T, W, R).
        votes: right answers of the majority so far, (T, W).
        open: how many of the questions so far the story leaves open.
        invented: replies to those that name something all the same, (T, W).
        admitted: replies to those that say so, (T, W).
    """

    step: int
    question: Question
    codes: np.ndarray
    texts: tuple[tuple[tuple[tuple[str, int], ...], ...], ...]
    scores: np.ndarray
    votes: np.ndarray
    open: int
    invented: np.ndarray
    admitted: np.ndarray
    inputs: Inputs

    def columns(self) -> dict[str, Any]:
        return {"scores": self.scores.mean(axis=2)}

    @property
    def right(self) -> int:
        """The code of the right reply."""
        return OPEN if self.question.answer is None else self.question.answer

    def counts(self, temperature: str, wording: Wording) -> np.ndarray:
        """How often each code was replied, invalid last: (6,)."""
        codes = self.replies(temperature, wording)
        return np.bincount(np.where(codes == INVALID, OPEN + 1, codes), minlength=CODES)

    def replies(self, temperature: str, wording: Wording) -> np.ndarray:
        """This question's replies in the order in which they came: (R,)."""
        t, w = place(temperature, wording)
        return self.codes[t, w]

    def spread(self, temperature: str, wording: Wording) -> Spread:
        """The scores so far at one temperature, in one wording."""
        t, w = place(temperature, wording)
        return spread(self.scores[t, w], int(self.votes[t, w]), self.step + 1)

    def explain(self, config: VariabilityConfig | None = None) -> list[Equation]:
        config = config or VariabilityConfig()
        return _asked_equations(self, config)


class StoryFrame(Frame, frozen=True, eq=False):
    """After story `step`, gone on with at T temperatures.

    Attributes:
        opening: what was given.
        told: what was written at each temperature, (T,).
        verdicts: claims so far by verdict, (T, 4): supported, contradicted, not in the story, unreadable.
    """

    step: int
    opening: Opening
    told: tuple[Told, ...]
    verdicts: np.ndarray
    inputs: Inputs

    def columns(self) -> dict[str, Any]:
        return {"verdicts": self.verdicts}

    def at(self, temperature: str) -> tuple[Told, np.ndarray]:
        """What was written at a temperature, and the claims so far, (4,)."""
        t = list(TEMPERATURES).index(temperature)
        return self.told[t], self.verdicts[t]

    def explain(self, config: VariabilityConfig | None = None) -> list[Equation]:
        _, counts = self.at((config or VariabilityConfig()).temperature)
        return _story_equations(counts)


class Missing(Frame, frozen=True, eq=False):
    """There is no model; `inputs.seated.missing` says why."""

    inputs: Inputs


VariabilityFrame: TypeAlias = AskedFrame | StoryFrame | Missing


def place(temperature: str, wording: Wording) -> tuple[int, int]:
    """Where a temperature and a wording stand in the arrays."""
    return list(TEMPERATURES).index(temperature), WORDINGS.index(wording)


# --- the run -------------------------------------------------------------------------------------


def prepare(config: VariabilityConfig) -> Inputs:
    """Seat the model and choose what it is asked. ConfigError, in one sentence, for a checkpoint."""
    check_fingerprint(config.checkpoint, "checkpoint")
    seated = seat(config.model, config.checkpoint)
    if config.task == "stories":
        return Inputs(seated, openings=openings(config.count))
    return Inputs(seated, questions=story_questions()[: config.count])


prepare.fields = ("task", "model", "checkpoint", "count")  # type: ignore[attr-defined]


def vary(
    config: VariabilityConfig, inputs: Inputs | None = None, start: VariabilityFrame | None = None
) -> Iterator[VariabilityFrame]:
    """One frame for each question or story; what is drawn for one depends on the seed and its place alone."""
    inputs = prepare(config) if inputs is None else inputs
    seated = inputs.seated
    if seated.model is None or seated.tokenizer is None:
        if start is None:
            yield Missing(inputs)
        return
    examinee = Examinee(seated.model, seated.tokenizer, seated.begin)
    frame = start
    for step in range(0 if start is None else start.step + 1, config.count):  # type: ignore[union-attr]
        rng = np.random.default_rng([config.seed, step])
        if config.task == "answers":
            assert frame is None or isinstance(frame, AskedFrame)
            frame = _asked(config, inputs, examinee, rng, step, frame)
        else:
            assert frame is None or isinstance(frame, StoryFrame)
            frame = _continued(inputs, examinee, rng, step, frame)
        yield frame


def _asked(
    config: VariabilityConfig, inputs: Inputs, examinee: Examinee, rng: np.random.Generator, step: int,
    before: AskedFrame | None,
) -> AskedFrame:  # fmt: skip
    question = inputs.questions[step]
    temperatures = list(TEMPERATURES.values())
    replies: list[Replies] = []
    for wording in WORDINGS:
        prompt = prompt_of(question, wording)
        replies.append(ask(examinee, prompt, question.options, temperatures, config.times, rng))
    codes = np.stack([each.codes for each in replies], axis=1)
    right = OPEN if question.answer is None else question.answer
    scores, votes = (codes == right).astype(int), (majority(codes) == right).astype(int)
    unanswerable = question.answer is None
    invented = ((codes >= 0) & (codes < OPEN)).sum(axis=2) * unanswerable
    admitted = (codes == OPEN).sum(axis=2) * unanswerable
    if before is not None:
        scores, votes = scores + before.scores, votes + before.votes
        invented, admitted = invented + before.invented, admitted + before.admitted
    return AskedFrame(
        step=step, question=question, codes=freeze(codes), texts=tuple(each.texts for each in replies),
        scores=freeze(scores), votes=freeze(votes),
        open=unanswerable + (before.open if before is not None else 0), invented=freeze(invented),
        admitted=freeze(admitted), inputs=inputs,
    )  # fmt: skip


def _continued(
    inputs: Inputs, examinee: Examinee, rng: np.random.Generator, step: int, before: StoryFrame | None
) -> StoryFrame:
    opening = inputs.openings[step]
    told = go_on(examinee, opening, list(TEMPERATURES.values()), rng)
    verdicts = np.stack([counts_of(each) for each in told])
    if before is not None:
        verdicts = verdicts + before.verdicts
    return StoryFrame(step=step, opening=opening, told=told, verdicts=freeze(verdicts), inputs=inputs)


# --- what is made of it --------------------------------------------------------------------------


def majority(codes: np.ndarray) -> np.ndarray:
    """The most frequent valid reply along the last axis, the smallest code of equals; -1 if none is valid.

    >>> majority(np.array([[2, 2, 1], [3, 0, -1], [-1, -1, -1]])).tolist()
    [2, 0, -1]
    """
    counts = np.stack([(codes == code).sum(axis=-1) for code in range(OPEN + 1)], axis=-1)
    return np.where(counts.any(axis=-1), counts.argmax(axis=-1), INVALID)  #: vote


def spread(scores: np.ndarray, vote: int, asked: int) -> Spread:
    """What the right answers of R rounds, (R,), of `asked` questions come to.

    >>> [round(value, 3) for value in spread(np.array([1, 2, 3, 2]), 3, 4)]
    [0.5, 0.177, 0.325, 0.675, 0.25, 0.75, 0.75]
    """
    shares = scores / asked
    mean = float(shares.mean())  #: mean
    deviation = float(shares.std())  #: deviation
    low, high = np.quantile(shares, (0.1, 0.9))
    return Spread(mean, deviation, float(low), float(high), float(shares.min()), float(shares.max()),
                  vote / asked)  # fmt: skip


def hallucinated(counts: np.ndarray) -> float:
    """The share of the claims that can be read which the story does not support; NaN if there is none.

    >>> hallucinated(np.array([6, 3, 1, 5]))
    0.4
    """
    supported, contradicted, absent = (int(n) for n in counts[:3])
    claims = supported + contradicted + absent  #: claims
    return (contradicted + absent) / claims if claims else math.nan  #: hallucinated


def _asked_equations(frame: AskedFrame, config: VariabilityConfig) -> list[Equation]:
    found = frame.spread(config.temperature, config.wording)
    rounds = frame.scores.shape[2]
    counts = frame.counts(config.temperature, config.wording)
    t, w = place(config.temperature, config.wording)
    source = "core.language.variability:spread"
    return [
        Equation("vote", r"\arg\max_{a} n_{a} ,\; n = <n>", {"n": tuple(map(float, counts[:-1]))},
                 "core.language.variability:majority"),
        Equation("mean", r"\bar{s} = \frac{1}{<rounds>} \sum_{r} \frac{k_{r}}{<asked>} = <mean>",
                 {"rounds": rounds, "asked": frame.step + 1, "mean": float(frame.scores[t, w].mean())
                  / (frame.step + 1)}, source),
        Equation("deviation", r"\sigma = \sqrt{\frac{1}{<rounds>} \sum_{r} (s_{r} - \bar{s})^{2}} = <sd>",
                 {"rounds": rounds, "sd": found.deviation}, source),
    ]  # fmt: skip


def _story_equations(counts: np.ndarray) -> list[Equation]:
    if not counts[:3].any():
        return []
    supported, contradicted, absent = (int(n) for n in counts[:3])
    source = "core.language.variability:hallucinated"
    parts = {"s": supported, "c": contradicted, "n": absent, "sum": supported + contradicted + absent}
    share = {"c": contradicted, "n": absent, "sum": parts["sum"], "share": hallucinated(counts)}
    return [
        Equation("claims", r"<s> + <c> + <n> = <sum>", parts, source),
        Equation("hallucinated", r"\frac{<c> + <n>}{<sum>} = <share>", share, source),
    ]
