"""Replies, spreads and claims in words."""

from __future__ import annotations

from app.evaluation.mmlu_words import percent, quoted
from app.stage.numbers import count
from core.evaluation.exam import CHANCE
from core.language import corpus
from core.language.hallucination import VERDICTS, Opening
from core.language.replies import OPEN, WORDINGS
from core.language.variability import AskedFrame, Missing, StoryFrame, VariabilityConfig, hallucinated, place
from core.trace import Trace

__all__ = ["WORDING_NAMES", "claim", "describe", "notes", "quoted", "rounds", "unreadable", "where"]

WORDING_NAMES = {
    "letter": "By letter", "words": "In words", "inline": "Options in a line", "plain": "As in MMLU",
}  # fmt: skip
CLAIMS = {
    "colour": "the {key} is {value}", "holder": "{value} has the {key}",
    "owner": "the {key} was {value}’s at first", "brought": "{key} brought {value}",
    "place": "the {key} is {value}", "likes": "{key} likes {value}", "plays": "{key} plays {value}",
    "hides": "{key} hides {value}", "held colour": "what {key} has is {value}",
    "colour holder": "{value} has the {key} one", "where brought": "what {key} brought is {value}",
    "where coloured": "the {key} one is {value}", "where packed": "the {key} is {value}",
}  # fmt: skip
"""What a claim of each kind says."""


def where(frame: AskedFrame | StoryFrame) -> str:
    """ "Question 3 of 24 · the story leaves it open"."""
    if isinstance(frame, StoryFrame):
        return f"Story {frame.step + 1} of {len(frame.inputs.openings)} · pale: given, strong: written"
    told = f"Question {frame.step + 1} of {len(frame.inputs.questions)}"
    return told + (" · the story leaves it open" if frame.right == OPEN else "")


def rounds(frame: AskedFrame) -> str:
    return f"The {frame.codes.shape[2]} replies in order (? {corpus.UNTOLD}, – none of these)"


def claim(found: corpus.Claim, opening: Opening) -> str:
    """ "Ada has the kite: contradicted, for Tom has it" as far as the story knows."""
    said = CLAIMS[found.kind].format(key=found.key, value=found.value)
    known = opening.world.find(found.kind, found.key)
    if found.verdict == "contradicted" and known is not None:
        value = corpus.world.phrase(corpus.KINDS[found.kind].value, known.value)
        return f"{said}. Contradicted: {CLAIMS[found.kind].format(key=found.key, value=value)}"
    return f"{said}. {found.verdict.capitalize()}"


def unreadable(opening: Opening) -> str:
    given = opening.text[opening.sentence :]
    return f"“{given} …” became no claim that can be read. The story goes on with “{opening.right}”"


def describe(trace: Trace, index: int, config: VariabilityConfig) -> str:
    frame = trace.frame(index)
    if isinstance(frame, Missing):
        return frame.inputs.seated.missing
    if isinstance(frame, StoryFrame):
        told, counts = frame.at(config.temperature)
        each = ", ".join(f"{name} {n}" for name, n in zip(VERDICTS, counts.tolist(), strict=True))
        return (
            f"{where(frame)}. {frame.opening.text} Then, written at temperature {config.temperature}: "
            f"{told.text} Claims so far: {each}."
        )
    if not isinstance(frame, AskedFrame):
        return "The questions are being asked."
    counts = frame.counts(config.temperature, config.wording)
    names = (*frame.question.options, corpus.UNTOLD, "none of these")
    each = ", ".join(f"{name} {n}" for name, n in zip(names, counts.tolist(), strict=True))
    found = frame.spread(config.temperature, config.wording)
    return (
        f"{where(frame)}. {frame.question.stem} {WORDING_NAMES[config.wording]} at temperature "
        f"{config.temperature}: {each}. Right is {names[frame.right]}. Score so far: mean "
        f"{percent(found.mean)}, rounds from {percent(found.lowest)} to {percent(found.highest)}, majority "
        f"{percent(found.vote)}."
    )


def notes(trace: Trace, index: int, config: VariabilityConfig) -> list[str]:
    frame = trace.frame(index)
    if isinstance(frame, Missing):
        return [frame.inputs.seated.missing]
    if isinstance(frame, StoryFrame):
        return _story_notes(frame, config)
    return _asked_notes(frame, config) if isinstance(frame, AskedFrame) else []


def _asked_notes(frame: AskedFrame, config: VariabilityConfig) -> list[str]:
    found = frame.spread(config.temperature, config.wording)
    times, asked = frame.codes.shape[2], frame.step + 1
    told = []
    if config.temperature == "0":
        told.append("Temperature 0 takes the likeliest token: every round is the same, right or wrong.")
    elif found.highest > found.lowest:
        told.append(
            f"The same {count(asked, 'question')}, asked {times} times: single rounds score from "
            f"{percent(found.lowest)} to {percent(found.highest)}, with a standard deviation of "
            f"{100 * found.deviation:.1f} points. A table that shows one of them shows luck."
        )
    told += _by_wording(frame, config) + _vote(frame, config) + _open(frame, config)
    told.append(
        "One in four is what guessing a letter earns where a letter is right; replies that are none of "
        "the five fall below."
        if found.mean < CHANCE
        else "Guessing a letter earns one in four where a letter is right."
    )
    return told


def _by_wording(frame: AskedFrame, config: VariabilityConfig) -> list[str]:
    means = {wording: frame.spread(config.temperature, wording).mean for wording in WORDINGS}
    best, worst = max(means, key=lambda w: means[w]), min(means, key=lambda w: means[w])
    if means[best] == means[worst]:
        return []
    return [
        f"At this temperature the wording alone moves the mean from {percent(means[worst])} "
        f"({_inside(worst)}) to {percent(means[best])} ({_inside(best)})."
    ]


def _inside(wording: str) -> str:
    """A wording's name within a sentence."""
    name = WORDING_NAMES[wording]
    return name[0].lower() + name[1:]


def _vote(frame: AskedFrame, config: VariabilityConfig) -> list[str]:
    found = frame.spread(config.temperature, config.wording)
    gain = 100 * (found.vote - found.mean)
    if abs(gain) < 0.05:
        return []
    how = "gains" if gain > 0 else "loses"
    return [
        f"The majority of all rounds (dashed) {how} {abs(gain):.1f} points on the mean round: a vote removes "
        "the noise, not what the model has wrong."
    ]


def _open(frame: AskedFrame, config: VariabilityConfig) -> list[str]:
    """Questions that cannot be answered, and answers to them."""
    if not frame.open:
        return []
    t, w = place(config.temperature, config.wording)
    replies = frame.open * frame.codes.shape[2]
    invented, admitted = int(frame.invented[t, w]), int(frame.admitted[t, w])
    return [
        f"{count(frame.open, 'question')} so far cannot be answered from the story. Of {replies} replies "
        f"{invented} named something all the same, a hallucination each; {admitted} said “{corpus.UNTOLD}”."
    ]


def _story_notes(frame: StoryFrame, config: VariabilityConfig) -> list[str]:
    _, counts = frame.at(config.temperature)
    supported, contradicted, absent, unread = counts.tolist()
    claims = supported + contradicted + absent
    found = []
    if claims:
        found.append(
            f"At temperature {config.temperature}: {count(claims, 'claim')} in "
            f"{count(frame.step + 1, 'story', 'stories')}, {contradicted} contradicted and {absent} about "
            f"what is not in the story: {percent(hallucinated(counts))} are hallucinated."
        )
    else:
        found.append(f"At temperature {config.temperature} it has made no claim yet that can be read.")
    if unread:
        found.append(
            f"{unread} of {frame.step + 1} sentences that it was to finish became no claim at all. They are "
            "counted apart: what says nothing cannot be false."
        )
    found.append(f"The story itself went on with “{frame.opening.right}”.")
    found.append("Every fact of the story is known, so each claim is checked exactly, not by another model.")
    return found
