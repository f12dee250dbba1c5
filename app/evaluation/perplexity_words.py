"""How surprised each model was, in words."""

from __future__ import annotations

import math

from app.evaluation.token_text import written
from app.stage.numbers import count, number
from core.language.reading import Reading
from core.language.surprise import SurpriseConfig, SurpriseFrame

NAMES = {
    "ngram": "n-gram", "recurrent": "Recurrent", "transformer": "Transformer",
    "characters": "n-gram, characters", "uniform": "Uniform guess", "opened": "Opened model",
}  # fmt: skip
HEADS = ("tokens", "perplexity", "bits / byte")
FLOOR = "floor: the story’s teller"


def name_of(reading: Reading) -> str:
    """What a reader is called; an opened model by its file, shortened."""
    if not reading.title:
        return NAMES[reading.name]
    return reading.title if len(reading.title) <= 18 else reading.title[:17] + "…"


def cells(reading: Reading) -> tuple[str, str, str]:
    """A line of the table."""
    if not reading.pieces:
        return "–", "–", "–"
    return number(reading.tokens), number(reading.perplexity, 3), number(reading.bits_per_byte, 3)


def quoted(data: bytes) -> str:
    """A token in a sentence; the space that it begins with is seen."""
    text = written(data)
    return f"“␣{text[1:]}”" if text.startswith(" ") else f"“{text}”"


def chance(p: float) -> str:
    """A probability: in percent, or as one in so many."""
    if p == 0:
        return "0"
    if p >= 0.01:
        return f"{number(100 * p, 3 if p > 0.9 else 2)} %"
    if p < 1e-6:
        return f"1 in {number(1 / p, 2)}"
    size = 10 ** (len(str(int(1 / p))) - 2)
    return f"1 in {number(round(1 / p / size) * size if size > 1 else round(1 / p))}"


def inspected(reading: Reading, place: int) -> str:
    """The inspected token: what it cost, and what was expected in its place."""
    if not reading.pieces:
        return reading.missing
    i = reading.at(place)
    bits = float(reading.bits[i])
    piece = quoted(reading.pieces[i].data)
    if math.isinf(bits):
        cost = f"{piece} was ruled out: p = 0, and −log₂ 0 = ∞ bits."
    else:
        cost = f"{piece} cost {number(bits, 3)} bits: p = {chance(2.0**-bits)}."
    if reading.name == "uniform":
        size = number(reading.vocab_size)
        return f"{piece} cost {number(bits, 3)} bits, as any other of {size} tokens does: p = 1 in {size}."
    likely = (
        f"{quoted(data)} {chance(float(q))}"
        for data, q in zip(reading.names[i], reading.chances[i], strict=True)
        if q > 0
    )
    entropy = number(float(reading.entropy[i]), 2)
    return f"{cost} Likeliest were {', '.join(likely)}; the surprise expected was {entropy} bits."


def compared(frame: SurpriseFrame) -> str:
    """Why only one of the two columns compares models."""
    tokens = {reading.tokens for reading in frame.readings if reading.pieces}
    if len(tokens) < 2:
        return "All read the same tokens: their perplexities may be compared."
    return (
        "Perplexity counts per token, and only between models of the same tokens does it compare; "
        "bits per byte compares them all."
    )


def missing(frame: SurpriseFrame) -> list[str]:
    """One sentence for each model that is not there."""
    return [reading.missing for reading in frame.readings if reading.missing and reading.name != "opened"]


def impossible(frame: SurpriseFrame, reading: Reading) -> str:
    """The first token that was ruled out, in its word."""
    i = reading.impossible
    if i is None:
        return ""
    piece = reading.pieces[i]
    word = word_at(frame.passage.text.encode("utf-8", "replace"), piece.start)
    token = written(piece.data)
    inside = f"“{word}”" if token.strip() == word else f"“{token}” in “{word}”"
    return (
        f"{inside} never came after what stands before it in the text that was counted: probability 0, "
        "infinite surprise. One such token, and the perplexity of the whole text is infinite."
    )


def word_at(text: bytes, place: int) -> str:
    """The word that holds a byte of a text, or begins behind it."""
    while place < len(text) and text[place : place + 1].isspace():
        place += 1
    begin = max((text.rfind(space, 0, place) for space in (b" ", b"\n")), default=-1) + 1
    ends = [end for space in (b" ", b"\n") if (end := text.find(space, place)) >= 0]
    word = text[begin : min(ends, default=len(text))].decode("utf-8", "replace")
    return word.strip(".,;:!?\"'()“”’") or word


def notes(frame: SurpriseFrame, config: SurpriseConfig) -> list[str]:
    """What to notice, the most telling first."""
    shown = frame.reading(config.front)
    if not shown.pieces:
        return [shown.missing]
    said = []
    if sentence := impossible(frame, shown):
        said.append(sentence)
    elif config.front == "uniform":
        said.append(
            f"A uniform guess over {number(shown.vocab_size)} tokens has perplexity "
            f"{number(shown.perplexity, 4)}, at every token and for every text."
        )
    else:
        said.append(_concentrated(shown))
        if shown.perplexity > shown.vocab_size:
            said.append(
                f"Perplexity {number(shown.perplexity, 3)} with {number(shown.vocab_size)} tokens to choose "
                "from: worse than a uniform guess. The model was sure, and wrong."
            )
    said += _floor(frame, shown)
    if turned := _per_token(frame):
        said.append(turned)
    if config.stride >= config.context and shown.tokens > config.context:
        said.append(
            f"Each window begins blind: its first token is predicted from one token, its last from "
            f"{number(int(shown.seen.max()))}. A smaller step gives all of them more to look back on."
        )
    if frame.passage.cut:
        said.append(f"Only the first {number(frame.passage.bytes)} bytes of {frame.passage.name} are read.")
    return [*said, *missing(frame)]


def _concentrated(shown: Reading) -> str:
    dearest = sorted(map(float, shown.bits), reverse=True)
    fifth = max(1, round(len(dearest) / 5))
    share = sum(dearest[:fifth]) / max(sum(dearest), 1e-12)
    return (
        f"A fifth of the tokens carries {number(100 * share, 2)} % of the surprise; half of all cost less "
        f"than {number(dearest[len(dearest) // 2], 2)} bits."
    )


def _floor(frame: SurpriseFrame, shown: Reading) -> list[str]:
    passage = frame.passage
    if passage.floor is None:
        return [
            f"Whoever tells the lab’s own stories needs {number(passage.usual_floor, 3)} bits per byte for "
            "them on average; for a text of other making there is no such floor."
        ]
    if math.isinf(shown.bits_per_byte):
        return []
    return [
        f"The teller of this story knows its odds exactly: {number(passage.floor, 3)} bits per byte. On "
        "average over stories no model does better; the "
        f"{number(shown.bits_per_byte - passage.floor, 3)} above it is what this one has not learned."
    ]


def _per_token(frame: SurpriseFrame) -> str:
    """Two readers whose order changes with the unit."""
    read = [each for each in frame.readings if each.pieces and math.isfinite(each.nll)]
    for low in read:
        for high in read:
            if (
                low.tokens != high.tokens
                and low.perplexity < high.perplexity
                and low.bits_per_byte > high.bits_per_byte
            ):
                return (
                    f"{NAMES[low.name]}: perplexity {number(low.perplexity, 3)} over "
                    f"{number(low.tokens)} tokens; {NAMES[high.name]}: {number(high.perplexity, 3)} over "
                    f"{number(high.tokens)}. Per byte the order turns round: "
                    f"{number(low.bits_per_byte, 3)} against {number(high.bits_per_byte, 3)} bits."
                )
    return ""


def describe(frame: SurpriseFrame, config: SurpriseConfig) -> str:
    """The picture for a reader who does not see it."""
    parts = [f"A text of {count(frame.passage.bytes, 'byte')}."]
    for reading in frame.readings:
        if reading.pieces:
            parts.append(
                f"{name_of(reading)}: {count(reading.tokens, 'token')}, perplexity "
                f"{number(reading.perplexity, 3)}, {number(reading.bits_per_byte, 3)} bits per byte."
            )
        elif reading.name != "opened":
            parts.append(reading.missing)
    if frame.passage.floor is not None:
        parts.append(f"Floor: {number(frame.passage.floor, 3)} bits per byte.")
    parts.append(f"Inspected: {inspected(frame.reading(config.front), config.at)}")
    return " ".join(parts)
