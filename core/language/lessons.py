"""What the shipped models are taught: first to look back, then to read.

A small transformer that is shown stories alone soon knows which words could answer ("a colour", "one of the
four friends") and stays there: choosing among them takes two layers that work together, and neither is of
use without the other. So the first lessons are drills in which nothing but looking back helps:

    repeat      scrambled text, and later a stretch of it once more: the next token is what came next before
    reverse     the same, but the second time back to front: the next token is what came before
    table       keys with values, then keys in any order, each with its value; with other tokens between
    backward    the same, but each key is told behind its value

among them come short stories full of questions, and in the end long ones. Elhage et al., "A mathematical
framework for transformer circuits", 2021, and Olsson et al., "In-context learning and induction heads", 2022,
on what is learned there; the tables are those of Arora et al., "Zoology", 2023, with gaps and both ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from core.language.corpus import END, STORY, Story, Style, load_text, stories
from core.language.tokenizer import Tokenizer
from core.language.training import Batch

__all__ = ["Lessons", "Row", "Stage", "repeated", "table", "told"]


FILLERS = 64
"""How many of the most frequent tokens ("the", "and", a full stop) stand between keys and values."""


class Row(NamedTuple):
    """A text as ids (n,), and how much the prediction of each counts: weights (n,); the first is given."""

    ids: np.ndarray
    weights: np.ndarray


class Stage(NamedTuple):
    """A part of the run: rows of `length` tokens, so many of each kind in every batch.

    Rows of stories are filled with one behind another; the `brief` ones get from the first to the second
    `difficulty` during the stage. `recall` is how much a token counts that what came before decides, where
    any other token of a story counts 1, and of a drill, where it cannot be known, nothing.
    """

    steps: int
    length: int
    repeat: int = 0
    reverse: int = 0
    tables: int = 0
    backward: int = 0
    brief: int = 0
    full: int = 0
    difficulty: tuple[float, float] = (1.0, 1.0)
    recall: float = 10.0

    @property
    def rows(self) -> int:
        return self.repeat + self.reverse + self.tables + self.backward + self.brief + self.full


class Lessons:
    """The batches of a run, stage after stage; a function of the step and its random numbers alone.

    Stories are made on the fly, all of the training split, so hardly one is seen twice. A step's size and
    length are its stage's; the caller's are the most there can be.
    """

    def __init__(self, tokenizer: Tokenizer, stages: tuple[Stage, ...]) -> None:
        self.tokenizer, self.stages = tokenizer, stages
        self.pool = np.array(tokenizer.encode(load_text("train")))
        counts = np.bincount(self.pool, minlength=tokenizer.vocab_size)
        frequent = np.argsort(-counts, kind="stable")[: min(FILLERS, np.count_nonzero(counts) // 2)]
        self.fillers = self.pool[np.isin(self.pool, frequent)]
        counts[frequent] = 0
        self.odds = counts / counts.sum()
        self.blank, self.mark = tokenizer.encode(END)[0], tokenizer.encode("?")[0]

    @property
    def steps(self) -> int:
        return sum(stage.steps for stage in self.stages)

    def at(self, step: int) -> tuple[Stage, float]:
        """The stage of a step (from 1), and how much of it is done: from above 0 to 1."""
        for stage in self.stages:
            if step <= stage.steps:
                return stage, step / stage.steps
            step -= stage.steps
        raise ValueError(f"the lessons end after {self.steps} steps")

    def __call__(self, rng: np.random.Generator, step: int, size: int, length: int) -> Batch:
        stage, done = self.at(step)
        T = min(length, stage.length)
        degree = stage.difficulty[0] + (stage.difficulty[1] - stage.difficulty[0]) * done
        rows = []
        for mark, count in ((None, stage.repeat), (self.mark, stage.reverse)):
            rows += [repeated(rng, self.pool, T + 1, mark) for _ in range(count)]
        for mark, count in ((None, stage.tables), (self.mark, stage.backward)):
            rows += [table(rng, self.odds, self.fillers, T + 1, mark) for _ in range(count)]
        rows = [Row(row.ids, row.weights * stage.recall) for row in rows]
        for style, count in ((brief(degree), stage.brief), (FULL, stage.full)):
            tales = stories(int(rng.integers(2**62)), None, "train", style)
            texts = (told(story, self.tokenizer, stage.recall) for story in tales)
            rows += [filled(texts, T + 1) for _ in range(count)]
        ids = np.full((len(rows), T + 1), self.blank)
        weights = np.zeros((len(rows), T + 1), np.float32)
        for i, row in enumerate(rows):
            n = min(T + 1, len(row.ids))
            ids[i, :n], weights[i, :n] = row.ids[:n], row.weights[:n]
        return Batch(ids, weights[:, 1:])


FULL = Style(questions=(0, 0, 1, 1, 1), exam=STORY.exam)
"""As the corpus is told, with questions behind each story."""


def brief(degree: float) -> Style:
    """Facts and questions alone: of two friends mostly (0) to four mostly (1)."""
    hard = round(100 * degree)
    easy = 100 - hard
    return Style(
        members=(4 * easy, 2 * easy + hard, easy + 4 * hard), gap=(1,), recalls=(1, 1), recaps=(1, 2),
        echoes=(2, 1), questions=(0, 0, 0, 1, 1, 1), exam=(1, 0), brief=True,
    )  # fmt: skip


def told(story: Story, tokenizer: Tokenizer, recall: float) -> Row:
    """A story between two ends of stories."""
    pieces = tokenizer.pieces(END + story.text + END)
    recalled = np.zeros(len(END) * 2 + len(story.text), bool)
    for r in story.recalls:
        recalled[len(END) + r.start : len(END) + r.end] = True
    counts = [recall if recalled[piece.start : piece.stop].any() else 1.0 for piece in pieces]
    return Row(np.array([piece.id for piece in pieces]), np.array(counts, np.float32))


def filled(texts: Iterator[Row], length: int) -> Row:
    """One text behind another, cut off at `length`: what ends one begins the next."""
    ids, weights = next(texts)
    while len(ids) < length:
        more = next(texts)
        ids, weights = np.append(ids[:-1], more.ids), np.append(weights, more.weights[1:])
    return Row(ids[:length], weights[:length])


def repeated(rng: np.random.Generator, pool: np.ndarray, length: int, mark: int | None = None) -> Row:
    """`length` tokens drawn from the pool, in which a stretch of at least 8 comes twice, at any distance.

    With `mark`, which stands before it then, the second time back to front. Each of its tokens but the first
    counts.
    """
    ids = pool[rng.integers(0, len(pool), length)]
    n = int(rng.integers(8, length // 2))
    first = int(rng.integers(0, length - 2 * n))
    second = int(rng.integers(first + n + 1, length - n + 1))
    stretch = ids[first : first + n]
    if mark is not None:
        ids[second - 1], stretch = mark, stretch[::-1].copy()
    ids[second : second + n] = stretch
    weights = np.zeros(length, np.float32)
    weights[second + 1 : second + n] = 1
    return Row(ids, weights)


def table(
    rng: np.random.Generator, odds: np.ndarray, fillers: np.ndarray, length: int, mark: int | None = None
) -> Row:
    """Up to 20 statements key ... value, then a key ... its value, in any order and again until the row ends.

    What stands between key and value (at most 6 tokens told and 8 asked), and behind a statement, is drawn
    from `fillers` and the same throughout. Keys and values are different tokens, drawn by their `odds`
    (vocabulary,). With `mark`, which then stands behind each key that is asked for, statements read
    value ... key, and each is asked for once: a second time the first would be enough.
    """
    n, wide = int(rng.integers(3, 21)), int(rng.integers(0, 7))
    between, behind, gap = (int(rng.integers(0, top)) for top in (wide + 1, wide // 2 + 1, 9))
    told = 2 + between + behind
    if mark is None:
        n = min(n, length // (2 * told))  # half of the row is for questions
    else:
        n = length // (told + 3 + gap)
    n = max(2, min(n, 20, int(np.count_nonzero(odds)) // 2))
    keys, values = rng.choice(len(odds), 2 * n, replace=False, p=odds).reshape(2, -1)
    inner, outer, asked = (fillers[rng.integers(0, len(fillers), k)].tolist() for k in (between, behind, gap))
    if mark is not None:
        asked = [mark, *asked]
    ids: list[int] = []
    for key, value in zip(keys.tolist(), values.tolist(), strict=True):
        ids += [key, *inner, value, *outer] if mark is None else [value, *inner, key, *outer]
    counts = [0.0] * len(ids)
    while len(ids) < length:
        for i in rng.permutation(n):
            ids += [int(keys[i]), *asked, int(values[i])]
            counts += [0.0] * (1 + len(asked)) + [1.0]
        if mark is not None:
            break
    return Row(np.array(ids[:length]), np.array(counts[:length], np.float32))
