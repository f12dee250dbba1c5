"""Exams: a test the size of MMLU read and checked; a reply drawn four hundred times along one tree."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import numpy as np

from bench import Pair, benchmark
from core.evaluation.exam import load_questions
from core.language.candidates import seat
from core.language.examined import Examinee
from core.language.replies import ask, prompt_of, story_questions
from core.language.sampling import SamplingConfig, sample
from core.language.variability import TEMPERATURES

ROWS = 14_042
"""Questions in MMLU's public test set."""
TIMES = 50


@benchmark("exam: 14,042 questions read and checked, beside the csv module alone", bound=None)
def read() -> Pair:
    out = io.StringIO()
    rows = ((f"Question {i}, “as it stands”?", "one", "two, or so", "three", "four", "ABCD"[i % 4])
            for i in range(ROWS))  # fmt: skip
    csv.writer(out).writerows(rows)
    file = Path(tempfile.mkdtemp()) / "all_test.csv"
    file.write_text(out.getvalue(), encoding="utf-8")
    return lambda: load_questions(file), lambda: list(csv.reader(file.open(encoding="utf-8", newline="")))


@benchmark("exam: 50 replies at 8 temperatures along a tree, beside one at a time", bound=0.5, rounds=3)
def replies() -> Pair:
    seated = seat("ngram")
    assert seated.model is not None
    assert seated.tokenizer is not None
    examinee = Examinee(seated.model, seated.tokenizer, seated.begin)
    question = story_questions()[0]
    prompt, temperatures = prompt_of(question, "letter"), list(TEMPERATURES.values())

    def along_a_tree() -> object:
        return ask(examinee, prompt, question.options, temperatures, TIMES, np.random.default_rng(0))

    def one_at_a_time() -> None:
        """The same draws, each ended at the end of its line, as plain generation would."""
        rng, start = np.random.default_rng(0), examinee.model.start(examinee.prompt_ids(prompt))
        for temperature in temperatures:
            config = SamplingConfig(temperature=temperature)
            for _ in range(TIMES):
                state, ids = start.fork(), list[int]()
                while len(ids) < 12 and not (ids and b"\n" in examinee.bytes_of(ids[-1])):
                    ids.append(sample(state.logits, config, rng))
                    state.push(ids[-1])

    return along_a_tree, one_at_a_time
