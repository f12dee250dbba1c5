"""From a text to the next token, every value on the way: one frame for each stage.

`stage` says what a frame shows and `block` in which block (or recurrent layer) it stands; `name` is both.
For T tokens, H heads, K key-value heads of width D, and a vocabulary of V:

    pretokens                               the words that are merged; merge: one frame for each merge in each
    ids                                     (T,)
    embedding.token, .position, embedding   (T, width); the second if positions are learned

    of a transformer, with i the block:
    blocks.i.attention.norm                 (T, width)
    blocks.i.attention.query, .key, .value  (T, H, D), (T, K, D), (T, K, D)
    blocks.i.attention.rotated_query, .rotated_key      the same, if positions are rotary
    blocks.i.attention.scores, .pattern     (H, T, T): row t is what token t reads, column s from token s
    blocks.i.attention.mixed, .output       (T, H, D), (T, width)
    blocks.i.middle                         (T, width): the residual stream behind attention
    blocks.i.mlp.norm, .gate, .up, .hidden, .output     (T, width), three (T, MLP width), (T, width)
    blocks.i.output                         (T, width): the residual stream behind the block
    blocks.i.lens                           (T, V): logits read from that stream as if it were the last
    norm                                    (T, width)

    of a recurrent model, with i the layer:
    layers.i.reset, .update, .candidate     (T, width): a GRU's gates
    layers.i.input, .forget, .output, .candidate, .memory      (T, width): an LSTM's gates and memory
    layers.i.states                         (T, width)
    attention.query, .key                   (T, attention width)
    attention.scores, .pattern, .context    (T, T), (T, T), (T, width): row t reads from states before t
    mixed                                   (T, width)

    logits                                  (T, V)
    sampling.logits ... sampling.draw       (V,): see `core.language.sampling`

The values are those of the plain forward pass, bit for bit: it hands them out while it computes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Struct

from core.config import Config, ConfigError, number, setting
from core.language.bpe import MergeFrame
from core.language.model import Network
from core.language.sampling import SamplingConfig, SamplingFrame, SamplingInputs, sampling
from core.language.tokenizer import BytePairTokenizer, Piece, Tokenizer
from core.language.transformer import Transformer
from core.numerics import log_softmax
from core.trace import Equation, Frame, freeze

__all__ = [
    "AXES", "MOST_BYTES", "PipelineConfig", "PipelineFrame", "PipelineInputs", "axes_of", "bytes_of",
    "pipeline", "values_of",
]  # fmt: skip

Array = np.ndarray

MOST_BYTES = 2**29
"""What the frames of one text may hold together."""

AXES: dict[str, tuple[str, ...]] = {
    "attention.query": ("token", "head", "in_head"),
    "attention.key": ("token", "key_value_head", "in_head"),
    "attention.value": ("token", "key_value_head", "in_head"),
    "attention.rotated_query": ("token", "head", "in_head"),
    "attention.rotated_key": ("token", "key_value_head", "in_head"),
    "attention.scores": ("head", "token", "earlier"),
    "attention.pattern": ("head", "token", "earlier"),
    "attention.mixed": ("token", "head", "in_head"),
    "mlp.gate": ("token", "neuron"),
    "mlp.up": ("token", "neuron"),
    "mlp.hidden": ("token", "neuron"),
    "lens": ("token", "vocabulary"),
    "logits": ("token", "vocabulary"),
}
"""What the axes of a stage's array are, where they are not token and width."""

NEEDED: dict[str, tuple[str, ...]] = {
    "attention.rotated_query": ("attention.query",),
    "attention.rotated_key": ("attention.key",),
    "attention.pattern": ("attention.scores",),
    "attention.mixed": ("attention.pattern", "attention.value"),
    "attention.output": ("attention.mixed",),
    "attention.context": ("attention.pattern", "states"),
    "middle": ("attention.output",),
    "mlp.hidden": ("mlp.up", "mlp.gate"),
    "mlp.output": ("mlp.hidden",),
    "output": ("middle", "mlp.output"),
    "states": ("reset", "update", "candidate", "input", "forget", "output", "memory"),
    "memory": ("input", "forget", "candidate"),
}
"""What the equations of a stage need beside its own array: stages of the same block or layer."""


class PipelineConfig(Config, frozen=True):
    """The text, how the next token is drawn, and what the equations are about."""

    text: Annotated[str, setting("Text", "What the model reads; it predicts what comes next.")] = (
        "Once upon a time"
    )
    back: Annotated[
        int, number(0, 4095, "Tokens before the last", "Which token the equations are about.", role="view")
    ] = 0
    head: Annotated[
        int, number(0, 511, "Head", "Which attention head they are about; the last if fewer.", role="view")
    ] = 0
    sampling: Annotated[SamplingConfig, setting("Sampling")] = SamplingConfig()


class PipelineInputs(Struct, frozen=True, eq=False):
    """A network, and the tokenizer that it was trained with."""

    model: Network
    tokenizer: Tokenizer


class PipelineFrame(Frame, frozen=True, eq=False):
    """One stage. `step` counts the frames; `values`, read-only, has one name in `axes` for each axis."""

    step: int
    stage: str
    block: int | None
    """Of a transformer, or the layer of a recurrent model."""
    name: str
    values: np.ndarray | None = None
    axes: tuple[str, ...] = ()
    tokens: tuple[Piece, ...] = ()
    """The text's tokens, from the stage `ids` on."""
    words: tuple[str, ...] = ()
    """Of `pretokens` and `merge`: the words of the text in order."""
    word: int | None = None
    """Of `merge`: which of them; those that stand in the text again are merged once."""
    merge: MergeFrame | None = None
    sampling: SamplingFrame | None = None
    kind: Literal["", "transformer", "recurrent"] = ""
    """Of a stage of the forward pass: of which model."""
    used: Mapping[str, np.ndarray] = {}
    """Earlier arrays that this one was made from, by name; the same arrays, not copies."""
    constants: Mapping[str, float] = {}
    """Numbers of the architecture in the equation, such as the scale of the scores."""
    entropy: float = float("nan")
    """Of a stage with logits: that of the next-token distribution behind the last token, in bits."""
    stream: float = float("nan")
    """Of a stage that writes to the residual stream or is a state: its root mean square at the last token."""

    def columns(self) -> dict[str, float]:
        return {"entropy": self.entropy, "stream": self.stream}

    def explain(self, config: PipelineConfig | None = None) -> list[Equation]:
        from core.language.pipeline_words import equations

        return equations(self, config or PipelineConfig())


def pipeline(
    config: PipelineConfig, inputs: PipelineInputs, start: PipelineFrame | None = None
) -> Iterator[PipelineFrame]:
    """Every stage, or those behind `start`; see the module's head.

    ConfigError in one sentence for a text without tokens, longer than the model's context, or so long that
    its values would take more than `MOST_BYTES`.
    """
    behind = -1 if start is None else start.step
    for step, make in enumerate(_frames(config, inputs)):
        if step > behind:
            yield PipelineFrame(step=step, **make)


def values_of(model: Network, ids: Any) -> dict[str, Array]:
    """Every intermediate of the forward pass over ids (T,), by name in the order computed, read-only.

    Behind each block of a transformer stands `blocks.i.lens`.
    """
    found: dict[str, Array] = {}

    def keep(name: str, array: Array) -> None:
        found[name] = freeze(array.view())
        if isinstance(model, Transformer) and re.fullmatch(r"blocks\.\d+\.output", name):
            found[name.replace("output", "lens")] = freeze(model.lens(array))

    model.logits(ids, keep=keep)
    return found


def bytes_of(model: Network, tokens: int) -> int:
    """How much `values_of` holds for a text of so many tokens.

    Every array grows with the tokens or with their square, so that texts of one token and of two tell.
    """

    def measured(n: int) -> int:
        return sum(array.nbytes for array in values_of(model, [0] * n).values())

    if tokens < 2:
        return measured(tokens)
    one, two = measured(1), measured(2)
    square = (two - 2 * one) // 2
    return tokens * (one - square) + tokens**2 * square


def axes_of(stage: str, values: Array) -> tuple[str, ...]:
    """The names of its axes."""
    usual = ("token", "earlier") if stage in ("attention.scores", "attention.pattern") else ("token", "width")
    named = AXES.get(stage, usual)
    return named if len(named) == values.ndim else usual


# --- the stages ----------------------------------------------------------------------------------------


def _frames(config: PipelineConfig, inputs: PipelineInputs) -> Iterator[dict[str, Any]]:
    """The fields of each frame but its `step`."""
    model, tokenizer = inputs.model, inputs.tokenizer
    yield from _words(config.text, tokenizer)
    pieces = tuple(tokenizer.pieces(config.text))
    ids = np.array([piece.id for piece in pieces], np.int64)
    check(model, ids)
    yield _stage("ids", None, "ids", freeze(ids), axes=("token",), tokens=pieces)
    values = values_of(model, ids)
    for name, array in values.items():
        yield _computed(model, name, values, array) | {"tokens": pieces}
    given = SamplingInputs(values["logits"][-1], tuple(ids.tolist()))
    for frame in sampling(config.sampling, given):
        stage = f"sampling.{frame.stage}"
        yield _stage(stage, None, stage, frame.probabilities, axes=("vocabulary",)) | {
            "tokens": pieces, "sampling": frame,
        }  # fmt: skip


def check(model: Network, ids: Array) -> None:
    """ConfigError where the pipeline cannot run over these ids."""
    context = model.context
    if not len(ids):
        raise ConfigError("Text: expected one token at least, found none.", "text")
    if context is not None and len(ids) > context:
        found = f"expected at most the model's {context:,} tokens, found {len(ids):,}"
        raise ConfigError(f"Text: {found}.", "text")
    if ids.max() >= model.vocab_size:
        found = f"a token {ids.max():,} for a model of {model.vocab_size:,}"
        raise ConfigError(f"Tokenizer: expected the model's own, found {found}.")
    if (needed := bytes_of(model, len(ids))) > MOST_BYTES:
        found = f"{needed / 2**20:,.0f} MB for {len(ids):,} tokens"
        raise ConfigError(
            f"Text: expected values of at most {MOST_BYTES // 2**20:,} MB, found {found}.", "text"
        )


def _words(text: str, tokenizer: Tokenizer) -> Iterator[dict[str, Any]]:
    """The pretokens, then the merges of each word where the tokenizer has any."""
    if not isinstance(tokenizer, BytePairTokenizer):
        yield _stage("pretokens", None, "pretokens") | {"words": tuple(text)}
        return
    words = tuple(tokenizer.pretokens(text))
    added = {token.content for token in tokenizer.added.tokens}
    yield _stage("pretokens", None, "pretokens") | {"words": words}
    for word in dict.fromkeys(words):
        if word not in added:
            for frame in tokenizer.merge_frames(word):
                yield _stage("merge", None, "merge") | {
                    "words": words, "word": words.index(word), "merge": frame,
                }  # fmt: skip


def _computed(model: Network, name: str, values: Mapping[str, Array], array: Array) -> dict[str, Any]:
    """The frame of one intermediate of the forward pass."""
    found = re.fullmatch(r"(?:blocks|layers)\.(\d+)\.(.+)", name)
    block, stage = (int(found[1]), found[2]) if found else (None, name)
    prefix = name[: len(name) - len(stage)]
    kind = "transformer" if isinstance(model, Transformer) else "recurrent"
    used = {part: values[part] for part in _used(model, prefix, block, stage, values) if part in values}
    frame = _stage(stage, block, name, array, axes=axes_of(stage, array))
    frame |= {"kind": kind, "used": used, "constants": _constants(model, block, stage)}
    if stage in ("logits", "lens"):
        log_p = log_softmax(array[-1].astype(np.float64))
        p = np.exp(log_p)
        frame["entropy"] = float(-(p[p > 0] * log_p[p > 0]).sum() / np.log(2))
    if stage in (("embedding", "middle", "output") if isinstance(model, Transformer) else ("states",)):
        last = array[-1].astype(np.float64)
        frame["stream"] = float(np.sqrt(np.mean(last * last)))
    return frame


def _used(
    model: Network, prefix: str, block: int | None, stage: str, values: Mapping[str, Array]
) -> Iterator[str]:
    """Names of the arrays that a stage was made from."""
    yield from (prefix + part for part in NEEDED.get(stage, ()))
    if isinstance(model, Transformer):
        before = "embedding" if not block else f"blocks.{block - 1}.output"
        if stage in ("attention.norm", "middle"):
            yield before
        elif stage == "mlp.norm":
            yield f"{prefix}middle"
        elif stage == "lens":
            yield f"{prefix}output"
        elif stage == "norm":
            yield f"blocks.{model.config.layers - 1}.output"
        elif stage in ("attention.query", "attention.key", "attention.value"):
            yield f"{prefix}attention.norm"
        elif stage in ("mlp.up", "mlp.gate"):
            yield f"{prefix}mlp.norm"
        elif stage == "attention.scores":
            turned = "rotated_" if f"{prefix}attention.rotated_query" in values else ""
            yield from (f"{prefix}attention.{turned}{part}" for part in ("query", "key"))
        elif stage == "embedding":
            yield from ("embedding.token", "embedding.position")
    elif stage in ("attention.context", "mixed"):
        yield f"layers.{model.config.layers - 1}.states"
        yield "attention.context"


def _constants(model: Network, block: int | None, stage: str) -> dict[str, float]:
    c = model.config
    if isinstance(model, Transformer):
        if stage == "attention.scores":
            return {"scale": c.score_scale(block)}
        if stage in ("attention.norm", "mlp.norm", "norm"):
            return {"eps": c.norm_eps, "centred": float(c.norm == "layer")}
    return {}


def _stage(
    stage: str, block: int | None, name: str, values: Array | None = None, **fields: Any
) -> dict[str, Any]:
    return {"stage": stage, "block": block, "name": name, "values": values, **fields}
