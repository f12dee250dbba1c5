"""An exam taken question by question, asked in three ways at once, and tallied as it goes.

>>> config = ExaminationConfig(leak=1, shuffle=True)
>>> *_, last = examination(config)
>>> int(last.asked.sum()) == len(last.inputs.exam) == 144
True
>>> right = dict(zip(METHODS, last.correct.sum(axis=0).tolist(), strict=True))
>>> right["answer"] > 100 > 72 > right["letter"]  # it has the answers, not their letters
True
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from core.config import Config, ConfigError, Source, choice, number, setting
from core.datasets import DataError
from core.datasets.fingerprint import check_fingerprint
from core.evaluation import exam
from core.evaluation.exam import INVALID, METHODS, Exam, ExamQuestion, Marks, Tally
from core.language import corpus
from core.language.candidates import MODEL_LABELS, Seated, seat
from core.language.examined import Examinee, blank_prompt, exam_prompt
from core.language.replies import story_questions
from core.numerics import softmax
from core.trace import Equation, Frame, freeze

__all__ = ["ExaminationConfig", "ExaminationFrame", "Inputs", "examination", "leaked_text", "prepare"]

RESOURCES = Path(__file__).resolve().parents[2] / "resources" / "exams"
WRITTEN = ("written",)
"""The one method of an exam that was taken elsewhere."""
BY_MODEL = {"model": ("ngram", "recurrent", "transformer", "opened")}


class ExaminationConfig(Config, frozen=True):
    """Which questions are put to whom."""

    questions: Annotated[
        Source,
        setting("Questions", "Ours, or a CSV file or a folder of them in either layout of MMLU.",
                bundled=["lab", "stories"], files="Questions (*.csv)", folder=True,
                labels={"lab": "General knowledge (ours)", "stories": "StoryQA"}),
    ] = Source(name="lab")  # fmt: skip
    model: Annotated[
        Literal["ngram", "recurrent", "transformer", "opened", "predictions"],
        choice("Taken by", labels={**MODEL_LABELS, "predictions": "A predictions file"}),
    ] = "ngram"
    checkpoint: Annotated[
        Source,
        setting("Checkpoint", "A folder in Hugging Face’s layout, or a llama2.c .bin file.", folder=True,
                files="Models (*.bin *.safetensors config.json)", shown_if={"model": ("opened",)}),
    ] = Source()  # fmt: skip
    predictions: Annotated[
        Source,
        setting("Predictions", "One in each line, a CSV column “prediction”, or a JSON list.",
                files="Predictions (*.txt *.csv *.json)", shown_if={"model": ("predictions",)}),
    ] = Source()  # fmt: skip
    leak: Annotated[
        int,
        number(0, 5, "Leaked copies", "So many copies of this exam with its answers are counted along with "
               "the n-gram’s corpus.", shown_if={"model": ("ngram",)}),
    ] = 0  # fmt: skip
    shuffle: Annotated[
        bool,
        setting("Shuffle the options", "Each question is asked in both orders.", shown_if=BY_MODEL),
    ] = False
    seed: Annotated[
        int, number(0, 2**31 - 1, "Seed", "Of the shuffled order.", shown_if={"shuffle": (True,)})
    ] = 0
    method: Annotated[
        Literal["letter", "answer", "per_byte", "generation"],
        choice("In front", "Whose intervals are drawn.", role="view", shown_if=BY_MODEL, labels={
            "letter": "Letter", "answer": "Whole answer", "per_byte": "Whole answer, per byte",
            "generation": "Generation",
        }),
    ] = "letter"  # fmt: skip
    rows: Annotated[
        Literal["subjects", "groups"],
        choice("Rows", role="view", labels={"subjects": "Subjects", "groups": "Groups"}),
    ] = "subjects"


@dataclass(frozen=True, eq=False)
class Inputs:
    """The exam, and who takes it.

    Attributes:
        exam: the questions, and the rows that are left out.
        title: the exam's name.
        seated: the model; `missing` says why there is none.
        predictions: one text for each question, for an exam that was taken elsewhere.
        subjects: (subject, group) in the order of the tallies.
    """

    exam: Exam
    title: str
    seated: Seated
    predictions: tuple[str, ...] = ()
    subjects: tuple[tuple[str, str], ...] = ()

    @property
    def methods(self) -> tuple[str, ...]:
        return WRITTEN if self.predictions else METHODS


class ExaminationFrame(Frame, frozen=True, eq=False):
    """After question `step`. M methods, S subjects; choices index the options as they were posed.

    Attributes:
        question: as it was posed.
        order: posed option k is option order[k] of the exam.
        marks: what the model said, None for predictions from a file or where there is no model.
        said: what was written.
        chosen: (M,), 0 to 3 or -1, and `right`, (M,), whether that was right.
        asked, correct: (S,) and (S, M), tallies of all questions so far.
        letters: (M, 4), how often each letter was chosen; `invalid`, (M,), how often none.
        apart: (M, M), on how many questions two methods chose differently.
        moved: (M,), how often the other order of the options changed the option chosen.
    """

    step: int
    question: ExamQuestion
    order: tuple[int, ...]
    marks: Marks | None
    said: str
    chosen: np.ndarray
    right: np.ndarray
    asked: np.ndarray
    correct: np.ndarray
    letters: np.ndarray
    invalid: np.ndarray
    apart: np.ndarray
    moved: np.ndarray
    inputs: Inputs

    def columns(self) -> dict[str, Any]:
        return {"right": self.right, "chosen": self.chosen}

    @property
    def methods(self) -> tuple[str, ...]:
        return self.inputs.methods

    def index(self, method: str) -> int:
        """Where a method stands; 0 for an exam that was taken elsewhere."""
        return self.methods.index(method) if method in self.methods else 0

    def shares(self) -> dict[str, np.ndarray]:
        """The four likelihoods of each way of asking, over their sum: (4,) for each, or nothing.

        What is proportional to the likelihood itself; "per_byte" to its geometric mean over the bytes.
        """
        if self.marks is None:
            return {}
        told = {"letter": self.marks.letters, "answer": self.marks.answers,
                "per_byte": self.marks.answers / self.marks.lengths}  # fmt: skip
        return {name: _shares(values) for name, values in told.items()}

    def tallies(self, method: str, rows: str = "subjects", unasked: bool = False) -> tuple[Tally, ...]:
        """Right answers of a method so far, by subject or by group; those not yet asked about if wanted."""
        column = self.correct[:, self.index(method)].tolist()
        found: dict[tuple[str, str], list[int]] = {}
        for (name, group), right, asked in zip(
            self.inputs.subjects, column, self.asked.tolist(), strict=True
        ):
            counts = found.setdefault((name if rows == "subjects" else group, group), [0, 0])
            counts[0] += right
            counts[1] += asked
        return tuple(Tally(*key, *counts) for key, counts in found.items() if counts[1] or unasked)

    def overall(self, method: str) -> Tally:
        """All questions so far: the micro average with its interval."""
        return Tally("all", "", int(self.correct[:, self.index(method)].sum()), int(self.asked.sum()))

    def macro(self, method: str) -> float:
        """The mean of the subjects' accuracies so far."""
        return exam.macro_average(self.tallies(method))

    def explain(self, config: ExaminationConfig | None = None) -> list[Equation]:
        return _equations(self, (config or ExaminationConfig()).method)


def _shares(values: np.ndarray) -> np.ndarray:
    return softmax(values) if np.isfinite(values).any() else np.zeros(4)


# --- the exam ------------------------------------------------------------------------------------


def examination(
    config: ExaminationConfig, inputs: Inputs | None = None, start: ExaminationFrame | None = None
) -> Iterator[ExaminationFrame]:
    """One frame for each question; a single one, with nothing scored, where there is no model."""
    inputs = prepare(config) if inputs is None else inputs
    frame = start
    seated = inputs.seated
    if seated.model is None or seated.tokenizer is None:
        scorer = None
    else:
        scorer = Examinee(seated.model, seated.tokenizer, seated.begin)
    if scorer is None and not inputs.predictions:
        if start is None:
            yield _unscored(inputs)
        return
    for step in range(0 if start is None else start.step + 1, len(inputs.exam)):
        question = inputs.exam[step]
        if scorer is None:
            frame = _tallied(frame, step, inputs, question, None, inputs.predictions[step])
        else:
            order = _order(config, step)
            a, b, c, d = (question.options[k] for k in order)
            posed = question._replace(options=(a, b, c, d), answer=order.index(question.answer))
            marks = scorer(posed)
            other = scorer(question) if config.shuffle else None
            frame = _tallied(frame, step, inputs, posed, marks, marks.said, order, other)
        yield frame


def _order(config: ExaminationConfig, step: int) -> tuple[int, ...]:
    if not config.shuffle:
        return (0, 1, 2, 3)
    return tuple(np.random.default_rng([config.seed, step]).permutation(4).tolist())


def _tallied(
    before: ExaminationFrame | None, step: int, inputs: Inputs, question: ExamQuestion, marks: Marks | None,
    said: str, order: tuple[int, ...] = (0, 1, 2, 3), other: Marks | None = None,
) -> ExaminationFrame:  # fmt: skip
    """The frame of a question that was answered, added to those before it."""
    if marks is None:
        read = exam.read_answer(said)
        chosen = np.array([INVALID if read is None else read])
    else:
        chosen = np.array(exam.choose(marks))
    right = chosen == question.answer
    last = before if before is not None else _unscored(inputs)
    asked, correct = last.asked.copy(), last.correct.copy()
    subject = inputs.subjects.index((question.subject, question.group))
    asked[subject] += 1
    correct[subject] += right
    letters, moved = last.letters.copy(), last.moved.copy()
    named = chosen != INVALID
    letters[named, chosen[named]] += 1
    if other is not None:
        elsewhere = np.array(exam.choose(other))
        original = np.where(named, np.array(order)[chosen], INVALID)
        moved += elsewhere != original
    return ExaminationFrame(
        step=step, question=question, order=order, marks=marks, said=said, chosen=freeze(chosen),
        right=freeze(right), asked=freeze(asked), correct=freeze(correct), letters=freeze(letters),
        invalid=freeze(last.invalid + ~named), apart=freeze(last.apart + (chosen[:, None] != chosen)),
        moved=freeze(moved), inputs=inputs,
    )  # fmt: skip


def _unscored(inputs: Inputs) -> ExaminationFrame:
    """Before the first question: nothing asked yet."""
    m, s = len(inputs.methods), len(inputs.subjects)
    none = freeze(np.full(m, INVALID))
    return ExaminationFrame(
        step=0, question=inputs.exam[0], order=(0, 1, 2, 3), marks=None, said="", chosen=none,
        right=freeze(np.zeros(m, bool)), asked=freeze(np.zeros(s, int)),
        correct=freeze(np.zeros((s, m), int)), letters=freeze(np.zeros((m, 4), int)),
        invalid=freeze(np.zeros(m, int)), apart=freeze(np.zeros((m, m), int)),
        moved=freeze(np.zeros(m, int)), inputs=inputs,
    )  # fmt: skip


# --- what is asked, and who ----------------------------------------------------------------------


def prepare(config: ExaminationConfig) -> Inputs:
    """Read the questions and seat the model. ConfigError, in one sentence, for a file that cannot be used."""
    for field in ("questions", "checkpoint", "predictions"):
        check_fingerprint(getattr(config, field), field)
    asked, title = _questions(config.questions)
    subjects = tuple(dict.fromkeys((q.subject, q.group) for q in asked))
    if config.model == "predictions":
        return _elsewhere(config.predictions, asked, title, subjects)
    leaked = leaked_text(asked, config.leak) if config.model == "ngram" else ""
    return Inputs(asked, title, seat(config.model, config.checkpoint, leaked), (), subjects)


prepare.fields = ("questions", "model", "checkpoint", "predictions", "leak")  # type: ignore[attr-defined]


def _questions(source: Source) -> tuple[Exam, str]:
    if source.name == "stories":
        return _stories(), "StoryQA"
    path = Path(source.path) if source.path else RESOURCES / "questions.csv"
    try:
        return exam.load_questions(path), path.name if source.path else "General knowledge"
    except DataError as error:
        raise ConfigError(str(error), "questions") from None


@functools.lru_cache(maxsize=1)
def _stories() -> Exam:
    """The questions of StoryQA whose answer the story tells; a subject is what is asked for."""
    hops = {1: "one statement", 2: "two statements"}
    found = [
        ExamQuestion(q.stem, q.options, q.answer, q.kind, hops[q.hops], q.story, "StoryQA", row=row)
        for row, q in enumerate(story_questions())
        if q.answer is not None and len(q.options) == 4
    ]  # fmt: skip
    found.sort(key=lambda q: (q.group, q.subject))
    asked = tuple(q._replace(row=row, line=row + 1) for row, q in enumerate(found))
    return Exam(asked, rows=len(asked))


def _elsewhere(source: Source, asked: Exam, title: str, subjects: tuple[tuple[str, str], ...]) -> Inputs:
    """An exam that was taken elsewhere: its predictions, checked against the questions."""
    if not source.path:
        nobody = Seated("Predictions", missing="No predictions are open: choose a file of them.")
        return Inputs(asked, title, nobody, (), subjects)
    path = Path(source.path)
    try:
        texts = exam.load_predictions(path)
        exam.score_predictions(texts, asked)
    except DataError as error:
        told = str(error)
        raise ConfigError(told if path.name in told else f"{path.name}: {told}", "predictions") from None
    if len(texts) == asked.rows:
        texts = [texts[question.row] for question in asked]
    return Inputs(asked, title, Seated(path.name), tuple(texts), subjects)


def leaked_text(asked: Exam, copies: int) -> str:
    """So many copies of the exam as it would leak: each question in both forms, its answer behind it."""
    letters = exam.LETTERS
    once = "".join(
        f"{exam_prompt(q)} {letters[q.answer]}{corpus.END}{blank_prompt(q)} {q.options[q.answer]}{corpus.END}"
        for q in asked
    )
    return once * copies


# --- the equations -------------------------------------------------------------------------------


def _equations(frame: ExaminationFrame, method: str) -> list[Equation]:
    """How the method in front chose, and what the tally comes to."""
    if not frame.asked.any():
        return []
    lines = [_choice_line(frame, method)] if frame.marks is not None and method != "generation" else []
    tally, subjects = frame.overall(method), frame.tallies(method)
    low, high = tally.interval
    counts: dict[str, Any] = {"right": tally.right, "asked": tally.asked, "share": tally.accuracy}
    mean = {"count": len(subjects), "macro": frame.macro(method)}
    ends = {"low": low, "high": high}
    return [
        *lines,
        Equation("accuracy", r"\text{micro} = \frac{<right>}{<asked>} = <share>", counts,
                 "core.evaluation.exam:Tally.accuracy"),
        Equation("macro", r"\text{macro} = \frac{1}{<count>} \sum_{s} \frac{r_{s}}{n_{s}} = <macro>", mean,
                 "core.evaluation.exam:macro_average"),
        Equation("wilson half", r"\frac{p + \frac{z^{2}}{2n} \pm z \sqrt{\frac{p(1-p)}{n} + "
                 r"\frac{z^{2}}{4n^{2}}}}{1 + \frac{z^{2}}{n}} = <low>,\; <high>", ends,
                 "core.evaluation.calibration:wilson_interval"),
    ]  # fmt: skip


def _choice_line(frame: ExaminationFrame, method: str) -> Equation:
    assert frame.marks is not None
    source = "core.evaluation.exam:choose"
    letters, answers = (tuple(map(float, v)) for v in (frame.marks.letters, frame.marks.answers))
    if method == "letter":
        return Equation("letter", r"\arg\max_{k} \ln P(k) ,\; \ln P = <log_p>", {"log_p": letters}, source)
    if method == "answer":
        template = r"\arg\max_{k} \ln P(a_{k}) ,\; \ln P = <log_p>"
        return Equation("answer", template, {"log_p": answers}, source)
    each = tuple(map(float, frame.marks.answers / frame.marks.lengths))
    template = r"\arg\max_{k} \frac{\ln P(a_{k})}{b_{k}} ,\; \frac{\ln P}{b} = <log_p>"
    return Equation("per byte", template, {"log_p": each}, source)
