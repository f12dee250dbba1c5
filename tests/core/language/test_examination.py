"""The exam as a run: its tallies add up, leaks are counted, orders compared, and what is missing is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.config import ConfigError, Source
from core.datasets.fingerprint import fingerprint
from core.evaluation import exam
from core.evaluation.exam import CHANCE, METHODS
from core.language.candidates import seat
from core.language.examination import (
    RESOURCES,
    ExaminationConfig,
    ExaminationFrame,
    examination,
    leaked_text,
    prepare,
)

OURS = RESOURCES / "questions.csv"


@pytest.fixture(scope="module")
def taken() -> Callable[..., list[ExaminationFrame]]:
    kept: dict[ExaminationConfig, list[ExaminationFrame]] = {}

    def take(**settings: object) -> list[ExaminationFrame]:
        config = ExaminationConfig(**settings)  # type: ignore[arg-type]
        if config not in kept:
            kept[config] = list(examination(config))
        return kept[config]

    return take


Taken = Callable[..., list[ExaminationFrame]]


def test_the_tally_is_what_the_frames_add_up_to(taken: Taken) -> None:
    frames = taken(shuffle=True, seed=3)
    assert [frame.step for frame in frames] == list(range(144))
    right = np.array([frame.right for frame in frames])
    chosen = np.array([frame.chosen for frame in frames])
    for frame, upto in ((frames[20], 21), (frames[-1], 144)):
        np.testing.assert_array_equal(frame.correct.sum(axis=0), right[:upto].sum(axis=0))
        assert frame.asked.sum() == upto
        for m in range(4):
            np.testing.assert_array_equal(
                frame.letters[m], np.bincount(chosen[:upto, m][chosen[:upto, m] >= 0], minlength=4)
            )
            assert frame.invalid[m] == (chosen[:upto, m] < 0).sum()
            for other in range(4):
                assert frame.apart[m, other] == (chosen[:upto, m] != chosen[:upto, other]).sum()
    last = frames[-1]
    for method in METHODS:
        subjects, groups = last.tallies(method), last.tallies(method, "groups")
        assert len(subjects) == 24
        assert [tally.name for tally in groups] == ["STEM", "humanities", "social sciences", "other"]
        assert sum(t.right for t in groups) == last.overall(method).right
        assert last.macro(method) == pytest.approx(np.mean([t.right / t.asked for t in subjects]), abs=1e-12)
    assert len(frames[3].tallies("letter")) == 1
    assert len(frames[3].tallies("letter", unasked=True)) == 24


def test_the_run_goes_on_from_any_frame_exactly(taken: Taken) -> None:
    frames = taken(shuffle=True, seed=3)
    config = ExaminationConfig(shuffle=True, seed=3)
    after = next(examination(config, frames[0].inputs, frames[60]))
    for name in ("chosen", "right", "asked", "correct", "letters", "invalid", "apart", "moved"):
        np.testing.assert_array_equal(getattr(after, name), getattr(frames[61], name))


def test_what_is_scored_is_what_the_plain_functions_say(taken: Taken) -> None:
    frames = taken()
    said = [frame.said for frame in frames]
    score = exam.score_predictions(said, exam.load_questions(OURS))
    last = frames[-1]
    assert (score.invalid, score.all) == (int(last.invalid[3]), last.overall("generation"))
    for frame in frames[:5]:
        assert frame.marks is not None
        assert tuple(frame.chosen) == exam.choose(frame.marks)
        shares = frame.shares()
        np.testing.assert_allclose(
            shares["letter"], np.exp(frame.marks.letters) / np.exp(frame.marks.letters).sum()
        )
        assert [len(values) for values in shares.values()] == [4, 4, 4]


def test_the_leak_is_counted_and_the_letters_fall_with_the_order(taken: Taken) -> None:
    plain, leaked = taken()[-1], taken(leak=1)[-1]
    shuffled = taken(leak=1, shuffle=True)[-1]
    low, high = plain.overall("answer").interval
    assert low < CHANCE < high
    assert leaked.overall("answer").accuracy > 0.85
    assert leaked.overall("letter").accuracy > 0.5
    low, high = shuffled.overall("letter").interval
    assert low < CHANCE < high
    assert shuffled.overall("answer").right == leaked.overall("answer").right
    assert shuffled.moved[METHODS.index("answer")] == 0
    assert shuffled.moved[METHODS.index("letter")] > 50
    asked = exam.load_questions(OURS)
    tokenizer = leaked.inputs.seated.tokenizer
    assert tokenizer is not None
    assert leaked.inputs.seated.counted[1] == len(tokenizer.encode(leaked_text(asked, 1)))
    assert leaked_text(asked, 2) == 2 * leaked_text(asked, 1)
    assert leaked_text(asked, 1).count("\nAnswer: ") == 2 * len(asked)


def test_stories_are_asked_with_their_story() -> None:
    config = ExaminationConfig(questions=Source(name="stories"))
    inputs = prepare(config)
    assert len(inputs.exam) == 100
    assert all(q.passage and q.answer in range(4) for q in inputs.exam)
    assert {group for _, group in inputs.subjects} == {"one statement", "two statements"}
    assert np.bincount([q.answer for q in inputs.exam]).tolist() == [25] * 4
    frame = next(examination(config, inputs))
    assert frame.marks is not None
    assert "\n" not in frame.question.text


@pytest.mark.parametrize("kind", ["opened", "predictions"])
def test_what_is_not_there_is_told_in_one_sentence(kind: str) -> None:
    (frame,) = examination(ExaminationConfig(model=kind))  # type: ignore[arg-type]
    assert frame.inputs.seated.missing.endswith(".")
    assert not frame.asked.any()
    assert frame.explain() == []
    assert frame.tallies("letter") == ()


def test_a_shipped_model_is_there_or_its_absence_is_told() -> None:
    for kind in ("ngram", "recurrent", "transformer"):
        found = seat(kind)  # type: ignore[arg-type]
        assert (found.model is None) == bool(found.missing)
    assert seat("ngram").model is not None


def test_predictions_are_scored_against_their_questions(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    answers = [q.answer for q in exam.load_questions(OURS)]
    file.write_text("\n".join("To" if i < 4 else f" {'ABCD'[a]}" for i, a in enumerate(answers)))
    config = ExaminationConfig(model="predictions", predictions=Source(path=str(file)))
    *_, last = examination(config)
    assert last.methods == ("written",)
    assert (last.overall("written").right, int(last.invalid[0])) == (140, 4)
    assert last.shares() == {}
    file.write_text("A\nB")
    with pytest.raises(ConfigError, match=r"^mine.txt: expected 144 predictions, .* found 2\.$") as caught:
        prepare(config)
    assert caught.value.path == "predictions"


def test_files_that_changed_or_are_none_name_their_field(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("Which?,a,b,c,d,A\n")
    chosen = ExaminationConfig(questions=Source(path=str(file), sha256=fingerprint(file)))
    assert len(prepare(chosen).exam) == 1
    file.write_text("Which?,a,b,c,d,B\n")
    with pytest.raises(ConfigError, match="found it changed") as caught:
        prepare(chosen)
    assert caught.value.path == "questions"
    file.write_text("nothing\n")
    with pytest.raises(ConfigError, match=r"^mine.csv: expected four-choice questions, found none") as caught:
        prepare(ExaminationConfig(questions=Source(path=str(file))))
    assert caught.value.path == "questions"
    broken = ExaminationConfig(model="opened", checkpoint=Source(path=str(file)))
    with pytest.raises(ConfigError, match=r"^mine.csv: expected a folder with config.json") as caught:
        prepare(broken)
    assert caught.value.path == "checkpoint"


def test_the_equations_hold_what_is_shown(taken: Taken) -> None:
    frame = taken()[-1]
    for method in METHODS:
        lines = {line.tag: line for line in frame.explain(ExaminationConfig(method=method))}  # type: ignore[arg-type]
        tally = frame.overall(method)
        assert lines["accuracy"].values == {
            "right": tally.right, "asked": 144, "share": tally.right / 144,
        }  # fmt: skip
        assert lines["macro"].values["macro"] == frame.macro(method)
        assert (lines["wilson half"].values["low"], lines["wilson half"].values["high"]) == tally.interval
        assert len(lines) == (3 if method == "generation" else 4)
