"""The scene "How surprised is the model?": one text, read by every model that there is."""

from __future__ import annotations

import functools
import math
from collections.abc import Generator, Iterator
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from core.config import Config, ConfigError, Source, choice, number, setting
from core.evaluation.perplexity import perplexity
from core.language.checkpoint import CheckpointError, load
from core.language.model import Network
from core.language.ngram import Smoothing
from core.language.passages import MOST_BYTES, STORIES, Passage, PassageKind, passage_of
from core.language.reading import READERS, Reader, Reading, Uniform, read
from core.language.shipped_models import ROOT, counted, shipped, shipped_tokenizer, start_of
from core.language.tokenizer import Tokenizer, TokenizerError
from core.trace import Equation, Frame

__all__ = ["SurpriseConfig", "SurpriseFrame", "SurpriseInputs", "prepare", "surprise"]

CHARACTER_ORDER = 6
"""Of the n-grams over characters, which are there to be compared with those over tokens."""


class SurpriseConfig(Config, frozen=True):
    """The text, who reads it, and how much of it at once."""

    passage: Annotated[
        PassageKind,
        choice("Text", labels={"story": "a test story", "typed": "typed", "file": "a file"}),
    ] = "story"
    story: Annotated[
        int,
        number(0, STORIES - 1, "Story", "Of those that no model has read.", shown_if={"passage": ["story"]}),
    ] = 0
    text: Annotated[
        str,
        Meta(max_length=2000),
        setting("Typed text", shown_if={"passage": ["typed"]}),
    ] = "Mei put the red kite on the shelf. Then she put the purple zebra on the moon."
    file: Annotated[Source, setting("File", "Plain text in UTF-8.", shown_if={"passage": ["file"]})] = (
        Source()
    )
    front: Annotated[
        Reader,
        choice(
            "In front", "Whose surprise colours the text.", role="view",
            labels={
                "ngram": "n-gram", "recurrent": "recurrent", "transformer": "transformer",
                "characters": "n-gram over characters", "uniform": "uniform guess", "opened": "opened model",
            },
        ),
    ] = "ngram"  # fmt: skip
    checkpoint: Annotated[
        Source,
        setting("Opened model", "A Hugging Face folder (GPT-2, Llama) or a llama2.c .bin file.", folder=True),
    ] = Source()
    order: Annotated[int, number(1, 6, "n-gram order", "It looks back at one token less.")] = 5
    smoothing: Annotated[
        Smoothing,
        choice(
            "n-gram smoothing", "What becomes of tokens never seen after a context.",
            labels={
                "maximum_likelihood": "none (maximum likelihood)", "add_k": "add 0.1",
                "kneser_ney": "Kneser-Ney", "modified_kneser_ney": "modified Kneser-Ney",
                "stupid_backoff": "stupid back-off",
            },
        ),
    ] = "modified_kneser_ney"  # fmt: skip
    context: Annotated[
        int,
        number(1, 1024, "Context length", "The most tokens a prediction looks back on.", unit="tokens",
               scale="log"),
    ] = 256  # fmt: skip
    stride: Annotated[
        int,
        number(1, 1024, "Window moves by", "What is new in each window; at most the context.", unit="tokens",
               scale="log"),
    ] = 128  # fmt: skip
    measure: Annotated[
        Literal["bits_per_byte", "perplexity"],
        choice("Running", labels={"bits_per_byte": "bits per byte", "perplexity": "perplexity"},
               role="view"),
    ] = "bits_per_byte"  # fmt: skip
    at: Annotated[
        int, number(0, MOST_BYTES, "Place", "The token that is inspected.", unit="bytes", role="view")
    ] = 44

    def frames(self) -> int:
        return 1


class SurpriseInputs(Struct, frozen=True, eq=False):
    """The passage, and what each reader made of it."""

    passage: Passage
    readings: tuple[Reading, ...]


class SurpriseFrame(Frame, frozen=True, eq=False):
    """All of it at once; what is inspected is a matter of view."""

    passage: Passage
    readings: tuple[Reading, ...]

    def reading(self, name: str) -> Reading:
        return next(each for each in self.readings if each.name == name)

    def floor(self, reading: Reading, measure: str) -> float | None:
        """The story's floor in bits per byte, or as the perplexity that it is over a reader's tokens."""
        if self.passage.floor is None or not reading.pieces or measure == "bits_per_byte":
            return self.passage.floor
        return perplexity(self.passage.floor * math.log(2) * self.passage.bytes, reading.tokens)

    def explain(self, config: SurpriseConfig | None = None) -> list[Equation]:
        """The inspected token's surprise, then what all of them come to."""
        config = config or SurpriseConfig()
        shown = self.reading(config.front)
        if not shown.pieces:
            return []
        bits = float(shown.bits[shown.at(config.at)])
        here, there = "core.language.reading:in_bits", "core.evaluation.perplexity:"
        p = {"p": 2.0**-bits, "b": bits}
        mean = {"nll": shown.nll, "n": shown.tokens, "pp": shown.perplexity}
        per_byte = {"nll": shown.nll, "bytes": shown.bytes, "bpb": shown.bits_per_byte}
        return [
            Equation("surprise", r"b = -\log_{2} p = -\log_{2} <p> = <b>", p, here),
            Equation("perplexity", r"e^{L / N} = e^{<nll> / <n>} = <pp>", mean, there + "perplexity"),
            Equation(
                "bits per byte",
                r"\frac{L}{B \cdot \ln 2} = \frac{<nll>}{<bytes> \cdot \ln 2} = <bpb>",
                per_byte,
                there + "bits_per_byte",
            ),
        ]


# --- the scene -----------------------------------------------------------------------------------------


def prepare(config: SurpriseConfig) -> Iterator[SurpriseInputs | None]:
    """Read the passage with every model that there is; in between, None lets other jobs have their turn."""
    passage = passage_of(config.passage, config.story, config.text, config.file)
    readings = []
    for name in READERS:
        readings.append((yield from _reading(name, passage, config)))
        yield None
    yield SurpriseInputs(passage, tuple(readings))


prepare.fields = (  # type: ignore[attr-defined]
    "passage", "story", "text", "file", "checkpoint", "order", "smoothing", "context", "stride",
)  # fmt: skip


def surprise(
    config: SurpriseConfig, inputs: SurpriseInputs, start: SurpriseFrame | None = None
) -> Iterator[SurpriseFrame]:
    """The one frame of a timeless scene."""
    if start is None:
        yield SurpriseFrame(inputs.passage, inputs.readings)


def _reading(
    name: Reader, passage: Passage, config: SurpriseConfig
) -> Generator[None, None, Reading]:  # fmt: skip
    title = _name_of(config.checkpoint.path) if name == "opened" else ""
    try:
        found = _model(name, config)
        if isinstance(found, str):
            return Reading(name, missing=found, title=title)
        model, tokenizer = found
        before = () if name == "opened" else start_of(tokenizer)
        reading = yield from read(name, model, tokenizer, passage.text, config.context, config.stride, before)
    except ConfigError:
        raise
    except (CheckpointError, TokenizerError, OSError) as error:
        if name == "opened":
            raise ConfigError(str(error), "checkpoint") from None
        return Reading(name, missing=str(error))
    return reading if not title else _titled(reading, title)


def _model(name: Reader, config: SurpriseConfig) -> tuple[Any, Tokenizer] | str:
    """The model of a name and its tokenizer, or the sentence that says why there is none."""
    if name == "ngram":
        return counted(config.order, config.smoothing, root=ROOT)
    if name == "characters":
        return counted(CHARACTER_ORDER, "modified_kneser_ney", "characters", root=ROOT)
    if name == "uniform":
        tokenizer = shipped_tokenizer(root=ROOT)
        return Uniform(tokenizer.vocab_size), tokenizer
    if name != "opened":
        return shipped(name, root=ROOT)
    if not config.checkpoint.path:
        return "No model is open: choose a Hugging Face folder or a llama2.c file."
    model, beside = opened(config.checkpoint.path, config.checkpoint.sha256)
    if beside is None:
        return f"{_name_of(config.checkpoint.path)}: expected a tokenizer beside the model, found none."
    return model, beside


@functools.lru_cache(maxsize=1)
def opened(path: str, sha256: str) -> tuple[Network, Tokenizer | None]:
    """The model at a path; kept until another is opened."""
    return load(path)


def _name_of(path: str) -> str:
    return path.rstrip("/\\").replace("\\", "/").rpartition("/")[2]


def _titled(reading: Reading, title: str) -> Reading:
    fields = {name: getattr(reading, name) for name in Reading.__struct_fields__}
    return Reading(**fields | {"title": title})
