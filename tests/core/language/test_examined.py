"""A model in an exam: the three ways of asking, against likelihoods worked out one token at a time."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from core.config import Source
from core.evaluation.exam import CHANCE, METHODS, ExamQuestion, choose
from core.language.checkpoint import load
from core.language.corpus import Question, load_text
from core.language.examination import ExaminationConfig, examination
from core.language.examined import Examinee, blank_prompt, continuations, exam_prompt
from core.language.ngram import NGram
from core.language.tokenizer import BytePairTokenizer, CharacterTokenizer, Tokenizer

GOLDEN = Path(__file__).parent / "golden"
QUESTION = ExamQuestion("Who has the kite?", ("Tom", "Ada", "the old sailor", "Mia"), 2)


@pytest.fixture(scope="module")
def tokenizer() -> BytePairTokenizer:
    return BytePairTokenizer.train(load_text("validation"), 400)


@pytest.fixture(scope="module")
def ngram(tokenizer: BytePairTokenizer) -> NGram:
    ids = tokenizer.encode(load_text("validation"))
    return NGram(3, vocab_size=tokenizer.vocab_size).fit(ids)


def test_prompts_are_mmlus_and_behind_a_story_the_corpuss() -> None:
    assert exam_prompt(QUESTION) == ("Who has the kite?\nA. Tom\nB. Ada\nC. the old sailor\nD. Mia\nAnswer:")
    assert blank_prompt(QUESTION) == "Who has the kite?\nAnswer:"
    options = ("Tom", "Ada", "Ben", "Mia")
    asked = Question("Tom has a kite.", "Who has the kite?", options, 0, "holder", "kite", 1, 0)
    behind = ExamQuestion(asked.stem, options, 0, passage=asked.story)
    assert exam_prompt(behind) == asked.exam_prompt
    assert blank_prompt(behind) == asked.prompt


def test_likelihoods_are_sums_over_tokens(ngram: NGram, tokenizer: BytePairTokenizer) -> None:
    def by_hand(prompt: str, text: str) -> float:
        ids, total = tokenizer.encode(prompt), 0.0
        for token in tokenizer.encode(text):
            total += ngram.log_prob(ids, token)
            ids.append(token)
        return total

    marks = Examinee(ngram, tokenizer)(QUESTION)
    letters = [by_hand(exam_prompt(QUESTION), f" {letter}") for letter in "ABCD"]
    answers = [by_hand(blank_prompt(QUESTION), f" {option}") for option in QUESTION.options]
    np.testing.assert_allclose(marks.letters, letters, rtol=1e-12)
    np.testing.assert_allclose(marks.answers, answers, rtol=1e-12)
    assert marks.lengths.tolist() == [len(option) + 1 for option in QUESTION.options]


def test_what_is_written_is_the_likeliest_token_each_time(ngram: NGram, tokenizer: BytePairTokenizer) -> None:
    said = Examinee(ngram, tokenizer)(QUESTION).said
    text = tokenizer.encode(exam_prompt(QUESTION))
    written: list[int] = []
    while len(written) < 12 and b"\n" not in tokenizer.decode_bytes(written).lstrip():
        written.append(int(np.argmax(ngram.log_probs([*text, *written]))))
    assert said == tokenizer.decode(written)


def test_a_model_that_only_knows_the_answer_says_it_in_every_way(tokenizer: BytePairTokenizer) -> None:
    text = f"{exam_prompt(QUESTION)} C\n\n{blank_prompt(QUESTION)} the old sailor\n\n"
    ngram = NGram(6, vocab_size=tokenizer.vocab_size).fit(tokenizer.encode(text * 3))
    assert choose(Examinee(ngram, tokenizer)(QUESTION)) == (2, 2, 2, 2)


@pytest.mark.parametrize("name", ["byte_level", "prefix_space", "metaspace_first", "fallback"])
def test_continuations_go_on_from_what_all_share(name: str) -> None:
    from core.language.tokenizer import load_tokenizer

    made = load_tokenizer(GOLDEN / "tokenizers" / f"{name}.json")
    texts = [" A", " Bell", " the old sailor", " C"]
    context, rests = continuations(made, "Answer:", texts)
    behind = len(getattr(made, "suffix", ()))
    for text, rest in zip(texts, rests, strict=True):
        whole = made.encode("Answer:" + text)
        assert [*context, *rest] == whole[: len(whole) - behind]
        assert len(rest) >= 1
    assert context == made.encode("Answer:")[: len(context)]


class Joining(Tokenizer):
    """Joins a colon and what follows it to one token: a prompt's last token changes with its continuation."""

    tokens = [bytes([i]) for i in range(128)] + [b": A", b": B"]

    def encode(self, text: str) -> list[int]:
        joined = text.replace(": A", "\x80").replace(": B", "\x81")
        return [ord(mark) for mark in joined]


def test_a_token_over_the_border_belongs_to_the_continuation() -> None:
    assert continuations(Joining(), "X:", [" A", " B", " C"]) == (
        [ord("X")], [[128], [129], [ord(":"), ord(" "), ord("C")]],
    )  # fmt: skip


def test_a_network_is_asked_as_well() -> None:
    model, _ = load(GOLDEN / "llama")
    text = "Who has the kite?ABCDTomdlsirMn\n.: " + "aeo"
    made = CharacterTokenizer("".join(sorted(set(text + exam_prompt(QUESTION)))))
    assert made.vocab_size <= model.vocab_size
    marks = Examinee(model, made)(QUESTION)
    ids = made.encode(blank_prompt(QUESTION) + " Ada")
    assert marks.answers[1] == pytest.approx(-model.nlls(ids[1:], ids[:1])[-4:].sum(), abs=1e-4)
    assert np.isfinite(marks.letters).all()


@pytest.mark.timeout(600)
def test_real_mmlu_with_a_real_model_is_near_chance_in_every_way() -> None:
    root = os.environ.get("TRAINING_LAB_REAL", "")
    if not root or not Path(root, "mmlu").is_dir():
        pytest.skip("TRAINING_LAB_REAL names no folder with mmlu/ and stories260K/")
    checkpoint = Source(path=str(Path(root, "stories260K", "stories260K.bin")))
    outcomes = []
    for layout in ("with_header", "without_header"):
        folder = Source(path=str(Path(root, "mmlu", layout)))
        config = ExaminationConfig(questions=folder, model="opened", checkpoint=checkpoint)
        *_, last = examination(config)
        assert last.asked.tolist() == [152, 112, 171]
        outcomes.append(last.correct.tolist())
        for method in ("letter", "answer", "per_byte"):
            low, high = last.overall(method).interval
            assert low < CHANCE < high, method
        assert last.overall("generation").right + last.invalid[METHODS.index("generation")] <= 435
    assert outcomes[0] == outcomes[1]
