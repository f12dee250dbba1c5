"""Hallucination counted exactly: a model goes on with a story of which every fact is known.

The story is broken off where a sentence is about to recall a fact ("The kite was still with"), the model goes
on, and every claim in what it writes that can be read is judged by what the story told before it: supported,
contradicted, or not in the story. If the sentence it was given does not become a claim that can be read,
that is counted as well.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from core.language.corpus import Claim, Story, World, read, stories
from core.language.examined import Examinee
from core.language.replies import cumulated, drawn

__all__ = ["VERDICTS", "Opening", "Told", "counts_of", "go_on", "openings"]

VERDICTS = ("supported", "contradicted", "not in the story", "unreadable")
"""What may become of a claim. The last: of the sentence that was to be finished no claim can be read."""
MOST = 48
"""Tokens that a model may go on for."""
SEED = 11


class Opening(NamedTuple):
    """The beginning of a story, up to the middle of a sentence that recalls a fact.

    Attributes:
        text: what the model is given.
        sentence: where in it the unfinished sentence begins.
        world: what is true up to there.
        right: what the story itself goes on with.
    """

    text: str
    sentence: int
    world: World
    right: str


class Told(NamedTuple):
    """What a model wrote, and its claims; their spans are offsets in `opening.text[sentence:] + text`."""

    text: str
    claims: tuple[Claim, ...]
    readable: bool
    """Whether the sentence it was given became a claim that can be read."""


@functools.lru_cache(maxsize=2)
def openings(n: int) -> tuple[Opening, ...]:
    """`n` beginnings of held-out stories, always the same."""
    found: list[Opening] = []
    for story in stories(SEED, None, "test"):
        one = next(_openings_of(story), None)
        if one is not None:
            found.append(one)
        if len(found) == n:
            break
    return tuple(found)


def _openings_of(story: Story) -> Iterator[Opening]:
    """Where the story recalls a fact in a sentence that can be read as a claim, the last such place first."""
    body = story.body
    for recall in reversed(story.recalls):
        if recall.end > story.body_end:
            continue
        begin = _sentence_start(body, recall.start)
        world, _ = read(body[:begin])
        claims = read(body[begin:], world)[1]
        if claims and claims[0].start <= recall.start - begin < claims[0].end:
            yield Opening(body[: recall.start].rstrip(), begin, world, body[recall.start : recall.end])


def _sentence_start(text: str, at: int) -> int:
    """Where the sentence around a place begins, its first word."""
    ends = [text.rfind(mark, 0, at) + len(mark) for mark in (". ", "! ", "? ", '." ', '!" ', '?" ', "\n")
            if mark in text[:at]]  # fmt: skip
    return max(ends, default=0)


def go_on(
    examinee: Examinee, opening: Opening, temperatures: Sequence[float], rng: np.random.Generator
) -> tuple[Told, ...]:
    """The story as the model goes on with it at each temperature, to its end or `MOST` tokens further."""
    start = examinee.model.start(examinee.prompt_ids(opening.text))
    told = []
    for temperature in temperatures:
        state, ids, ended = start.fork(), list[int](), False
        while len(ids) < MOST and not ended:
            (ends,) = cumulated(state.logits, [temperature])
            ids.append(int(drawn(ends, rng.random(1))[0]))
            ended = b"\n" in examinee.bytes_of(ids[-1])
            if not ended:
                state.push(ids[-1])
        told.append(judged(opening, examinee.text(ids).partition("\n")[0], ended))
    return tuple(told)


def judged(opening: Opening, text: str, ended: bool = True) -> Told:
    """The claims of a continuation. A line that the model ended is read as if it had a full stop; one that
    was cut off, up to its last whole sentence."""
    given = opening.text[opening.sentence :]
    whole = given + text
    last = max(whole.rfind(mark) for mark in '.!?"') + 1
    if ended and last < len(whole.rstrip()):
        whole, last = whole.rstrip() + ".", len(whole.rstrip()) + 1
    claims = tuple(read(whole[:last], opening.world)[1])
    readable = bool(claims) and claims[0].start < len(given) < claims[0].end
    return Told(text, claims, readable)


def counts_of(told: Told) -> np.ndarray:
    """How many claims have each of `VERDICTS`: (4,)."""
    verdicts = [claim.verdict for claim in told.claims]
    counts = [verdicts.count(verdict) for verdict in VERDICTS[:3]]  # type: ignore[arg-type]
    return np.array([*counts, int(not told.readable)])
