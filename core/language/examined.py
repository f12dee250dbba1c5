"""Language models take a multiple-choice exam: the same question put to them in three ways.

    letter        which of " A", " B", " C", " D" is likeliest behind the question and its options
    answer        which option's whole text is likeliest behind the question alone, in all or for each byte
    generation    what the model writes behind the question and its options, greedily, to the end of the line

Published MMLU scores have been made in all three ways, and the same model comes out differently: LLaMA-65B
read 0.637, 0.488 and 0.636 under three harnesses (Hugging Face, 2023).

The tokens of a prompt with its continuation need not be the prompt's tokens and the continuation's, so all
options are compared from the longest stretch of tokens that they share.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from core.evaluation.exam import LETTERS, ExamQuestion, Marks
from core.language.corpus import exam_form, question_form
from core.language.model import LanguageModel, State
from core.language.tokenizer import Tokenizer

__all__ = ["Examinee", "blank_prompt", "continuations", "exam_prompt"]

LONGEST_ANSWER = 12
"""Tokens that a model may write before it must have answered."""


def exam_prompt(question: ExamQuestion) -> str:
    """The question with its options, to be completed by a letter.

    Behind a story it has the form in which stories of the corpus are asked about; else that of MMLU.

    >>> print(exam_prompt(ExamQuestion("2 + 2?", ("3", "4", "5", "6"), 1)))
    2 + 2?
    A. 3
    B. 4
    C. 5
    D. 6
    Answer:
    """
    if question.passage:
        return f"{question.passage}\n{exam_form(question.text, question.options)}"
    listed = "\n".join(
        f"{letter}. {option}" for letter, option in zip(LETTERS, question.options, strict=True)
    )
    return f"{question.text}\n{listed}\nAnswer:"


def blank_prompt(question: ExamQuestion) -> str:
    """The question without its options, to be completed by an answer in words."""
    if question.passage:
        return f"{question.passage}\n{question_form(question.text)}"
    return f"{question.text}\nAnswer:"


class Examinee:
    """A model with its tokenizer, as a `Scorer`: call it with a question.

    `begin` are ids that go before every prompt.
    """

    def __init__(self, model: LanguageModel, tokenizer: Tokenizer, begin: Sequence[int] = ()) -> None:
        self.model, self.tokenizer, self.begin = model, tokenizer, list(begin)
        self._read: tuple[list[int], State] | None = None

    def __call__(self, question: ExamQuestion) -> Marks:
        exam, blank = exam_prompt(question), blank_prompt(question)
        end = "\n" if question.passage else ""  # in the corpus an answer ends its line
        words = [f" {option}{end}" for option in question.options]
        letters = self.log_likelihoods(exam, [" " + letter for letter in LETTERS])
        said = self.write(exam)  # from where the letters were looked at
        lengths = np.array([len(text.encode()) for text in words])
        return Marks(letters, self.log_likelihoods(blank, words), lengths, said)

    def log_likelihoods(self, prompt: str, texts: Sequence[str]) -> np.ndarray:
        """ln P(text | prompt) of each text, in nats, (len(texts),); up to a term that all share."""
        context, rests = continuations(self.tokenizer, prompt, texts)
        state = self._after(self.begin + context)
        return np.array([-float(state.nlls(rest).sum()) for rest in rests])  #: likelihood

    def write(self, prompt: str, most: int = LONGEST_ANSWER) -> str:
        """What the model writes behind the prompt, its likeliest token each time, to the end of the line."""
        state = self._after(self.prompt_ids(prompt)).fork()
        said: list[int] = []
        while len(said) < most:
            said.append(int(np.argmax(state.logits)))  #: greedy
            if b"\n" in self.bytes_of(said[-1]) and self.text(said).strip():
                break
            if len(said) < most:
                state.push(said[-1])
        return self.text(said)

    def _after(self, ids: list[int]) -> State:
        """The state behind some ids, not to be pushed to; the last one is kept, as it is asked for twice."""
        if self._read is None or self._read[0] != ids:
            self._read = (ids, self.model.start(ids))
        return self._read[1]

    def prompt_ids(self, prompt: str) -> list[int]:
        """A prompt's ids, `begin` before them, without what the tokenizer puts behind whole texts."""
        ids = self.tokenizer.encode(prompt)
        return self.begin + ids[: len(ids) - self._behind]

    def text(self, ids: Sequence[int]) -> str:
        """What some ids read; bytes that make no character, and tokens without text, read as U+FFFD."""
        return b"".join(map(self.bytes_of, ids)).decode("utf-8", "replace")

    def bytes_of(self, token: int) -> bytes:
        """A token's bytes; a model may have more tokens than its tokenizer, and say one of those."""
        known = token < self.tokenizer.vocab_size and self.tokenizer.tokens[token] is not None
        return self.tokenizer.token_bytes(token) if known else "\ufffd".encode()

    @cached_property
    def _behind(self) -> int:
        return len(getattr(self.tokenizer, "suffix", ()))


def continuations(
    tokenizer: Tokenizer, prompt: str, texts: Sequence[str]
) -> tuple[list[int], list[list[int]]]:
    """The tokens that the prompt shares with each of its continuations, and the rest of each.

    The rests may begin within the prompt, where a tokenizer joins its end with what follows.
    """
    behind = len(getattr(tokenizer, "suffix", ()))
    encoded = [tokenizer.encode(text) for text in (prompt, *(prompt + text for text in texts))]
    encoded = [ids[: len(ids) - behind] for ids in encoded]
    shared = min(_shared(encoded[0], ids) for ids in encoded[1:])
    shared = min(shared, *(len(ids) - 1 for ids in encoded[1:]))  # at least one token is to be told
    return encoded[0][:shared], [ids[shared:] for ids in encoded[1:]]


def _shared(a: Sequence[int], b: Sequence[int]) -> int:
    """How many ids two texts have in common before they part."""
    for place, (one, other) in enumerate(zip(a, b, strict=False)):
        if one != other:
            return place
    return min(len(a), len(b))
