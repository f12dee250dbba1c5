"""What the lab's three models came to: measured on text and questions that none of them was made from.

They lie beside the weights, written when those are made; `table` is how they are read.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from core.evaluation.calibration import wilson_interval
from core.evaluation.perplexity import bits_per_byte, perplexity
from core.language.corpus import END, Question, load_text, questions, recall_items, record, stories
from core.language.examined import Examinee
from core.language.model import LanguageModel
from core.language.shipped_models import ROOT, start_of
from core.language.tokenizer import Tokenizer

__all__ = ["Point", "Result", "Share", "Trial", "answered", "examine", "read", "table", "write"]

SEED = 1
QUESTIONS = 480
"""Of StoryQA; 400 of them have an answer among the options."""
TALES = 300
"""Stories of a split in which recalled tokens are looked for."""


class Share(msgspec.Struct, frozen=True):
    """How many of a set of questions were answered right, and the 95% Wilson interval of their share."""

    right: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.right / self.of


class Point(msgspec.Struct, frozen=True):
    """A place on the way: what had been spent, and scores on the validation split."""

    step: int
    tokens: int
    seconds: float
    bits_per_byte: float
    story_qa: float


class Trial(msgspec.Struct, frozen=True):
    """A short run with a learning rate, and the mean loss (nats per token) of its last steps."""

    learning_rate: float
    loss: float


class Result(msgspec.Struct, frozen=True):
    """What a model came to. Attributes:

    parameters: for the n-gram model, how many different n-grams it has counted.
    tokens, seconds: how many predictions it was made from, and how long that took.
    bits_per_byte, perplexity: on the split's text, each story read from its beginning.
    recall: at places in stories where a fact told before fixes what comes next, among four.
    story_qa, by_hops: by the likelihood of whole answers; of the questions that have one.
    trials: by which the learning rate was chosen, that of the lowest loss.
    way: of the training.
    """

    parameters: int
    tokens: int
    seconds: float
    bits_per_byte: float
    perplexity: float
    recall: Share
    story_qa: Share
    by_hops: dict[str, Share]
    trials: list[Trial] = []
    way: list[Point] = []


def examine(
    model: LanguageModel, tokenizer: Tokenizer, *, parameters: int, tokens: int, seconds: float,
    trials: Sequence[Trial] = (), way: Sequence[Point] = (),
    split: str = "test", asked: int = QUESTIONS, tales: int = TALES,
) -> Result:  # fmt: skip
    """The model on the text of a split, on `asked` questions, and on the recalls in `tales` stories."""
    begin = start_of(tokenizer)
    nll, count, size = 0.0, 0, 0
    for story in load_text(split).removesuffix(END).split(END):
        ids = tokenizer.encode(story + END)
        nll += model.nll(ids, begin)
        count, size = count + len(ids), size + len((story + END).encode())
    reader = Examinee(model, tokenizer, begin)
    recalled = [
        _chosen(reader, item.prefix, item.completions) == item.answer
        for item in recall_items(stories(SEED, tales, split))
    ]
    marks = answered(reader, split, asked)
    by_hops = {
        name: share(right for right, question in marks if question.hops == hops)
        for hops, name in ((1, "one hop"), (2, "two hops"))
    }
    return Result(
        parameters=parameters, tokens=tokens, seconds=seconds,
        bits_per_byte=round(bits_per_byte(nll, size), 4), perplexity=round(perplexity(nll, count), 4),
        recall=share(recalled), story_qa=share(right for right, _ in marks), by_hops=by_hops,
        trials=list(trials), way=list(way),
    )  # fmt: skip


def answered(reader: Examinee, split: str, n: int) -> list[tuple[bool, Question]]:
    """StoryQA by the likelihood of whole answers: whether right, and the question, for all that have one."""
    return [
        (_chosen(reader, question.prompt, question.completions) == question.answer, question)
        for question in _questions(n, split)
    ]


@functools.lru_cache(maxsize=4)
def _questions(n: int, split: str) -> tuple[Question, ...]:
    return tuple(question for question in questions(SEED, n, split) if question.answer is not None)


def _chosen(reader: Examinee, prompt: str, completions: Sequence[str]) -> int:
    return int(np.argmax(reader.log_likelihoods(prompt, completions)))


def share(marks: Iterable[bool]) -> Share:
    """Right answers with the interval of their share.

    >>> share([True, False, True, True])
    Share(right=3, of=4, low=0.3006, high=0.9544)
    """
    listed = list(marks)
    low, high = wilson_interval(sum(listed), len(listed))
    return Share(sum(listed), len(listed), round(low, 4), round(high, 4))


def read(root: Path = ROOT) -> dict[str, Result]:
    """The results by model; none where there is no record."""
    file = root / "results.json"
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Result]) if file.exists() else {}


def write(results: dict[str, Result], root: Path = ROOT) -> None:
    text = msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n"
    (root / "results.json").write_bytes(text)


def table(results: dict[str, Result]) -> str:
    """The models side by side on the test split, above the floor that none can go below."""
    lines = [
        f"{'':12}{'parameters':>11}{'tokens':>12}{'seconds':>9}{'bits/byte':>11}{'perplexity':>12}   "
        f"{'recall':23}StoryQA"
    ]
    for name, r in results.items():
        shares = "".join(f"{f'{s.share:.1%} [{s.low:.1%}, {s.high:.1%}]':23}" for s in (r.recall, r.story_qa))
        lines.append(
            f"{name:12}{r.parameters:11,}{r.tokens:12,}{r.seconds:9,.0f}{r.bits_per_byte:11.4f}"
            f"{r.perplexity:12.3f}   {shares.rstrip()}"
        )
    lines.append(f"{'floor':44}{record().splits['test'].bits_per_byte:11.4f}")
    return "\n".join(lines)
