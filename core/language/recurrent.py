"""The recurrent model: one state carried along the text, and attention over the states it has passed.

    x_t = embedding of token t
    h_t = cell(x_t, h_{t-1})                      Elman 1990, LSTM 1997 or GRU 2014, one layer on another
    c_t = sum_s a_ts h_s  over s < t,             a_t = softmax(w . tanh(W h_t + U h_s))
    y_t = tanh(V [h_t; c_t]),                     logits = y_t E^T

The attention is that of Bahdanau, Cho & Bengio, "Neural machine translation by jointly learning to align and
translate", 2014, turned on the model's own past; it reads from states and does not feed back into them.

>>> model = Recurrent(RecurrentConfig(vocab_size=10, width=8))
>>> model.logits([1, 2, 3]).shape
(3, 10)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np

from core.autodiff import (
    CELLS,
    Keep,
    Tensor,
    additive_attention,
    concatenate,
    embedding,
    linear,
    recur,
)
from core.config import Config, choice, number
from core.language.model import Array, Cache, Network

__all__ = ["Memory", "Recurrent", "RecurrentConfig", "shapes"]


class RecurrentConfig(Config, frozen=True):
    """The architecture."""

    vocab_size: Annotated[int, number(1, 2**20, "Vocabulary")] = 512
    context: Annotated[
        int, number(1, 2**20, "Context", "The most past states it attends to.", unit="tokens")
    ] = 256
    cell: Annotated[
        Literal["elman", "gru", "lstm"],
        choice("Cell", labels={"elman": "Elman", "gru": "GRU", "lstm": "LSTM"}),
    ] = "gru"
    layers: Annotated[int, number(1, 16, "Layers")] = 1
    width: Annotated[int, number(1, 2**14, "Width", "Numbers in an embedding, and in a state.")] = 128
    attention_width: Annotated[
        int, number(0, 2**14, "Attention width", "Numbers compared by the attention; 0: no attention.")
    ] = 64


def shapes(config: RecurrentConfig) -> dict[str, tuple[int, ...]]:
    """The parameters by name, matrices as (in, out)."""
    c, gates = config, CELLS[config.cell].gates
    found: dict[str, tuple[int, ...]] = {"embedding.weight": (c.vocab_size, c.width)}
    for i in range(c.layers):
        for name in ("input", "state"):
            found[f"layers.{i}.{name}.weight"] = (c.width, gates * c.width)
            found[f"layers.{i}.{name}.bias"] = (gates * c.width,)
    if c.attention_width:
        found["attention.query.weight"] = (c.width, c.attention_width)
        found["attention.query.bias"] = (c.attention_width,)
        found["attention.key.weight"] = (c.width, c.attention_width)
        found["attention.score.weight"] = (c.attention_width,)
    found["mix.weight"] = ((2 if c.attention_width else 1) * c.width, c.width)
    found["mix.bias"] = (c.width,)
    found["output.bias"] = (c.vocab_size,)
    return found


class Recurrent(Network):
    """A recurrent network with additive attention over its past states; its output map is the embedding.

    `keep` is given, for T tokens, S of them and those before:

        embedding                           (T, width)
        layers.i.reset, .update, .candidate           (T, width): a GRU's gates
        layers.i.input, .forget, .output, .candidate  (T, width): an LSTM's
        layers.i.memory                     (T, width): an LSTM's memory
        layers.i.states                     (T, width): each layer's states
        attention.query, .key               (T, attention width)
        attention.scores, .pattern          (T, S): before and after the softmax; row t reads from before t
        attention.context                   (T, width): what it read
        mixed, logits                       (T, width), (T, vocab_size)

    with the batch axis of the ids, if they have one, in front.
    """

    config: RecurrentConfig

    def __init__(
        self, config: RecurrentConfig, parameters: Mapping[str, Array] | None = None, seed: int = 0
    ) -> None:
        """Without parameters they are drawn from `seed`, float32, uniform within 1 / sqrt(width)."""
        config.check()
        super().__init__(config, initial(config, seed) if parameters is None else parameters)

    def hidden(
        self, weights: Mapping[str, Tensor], ids: Any, *, state: Any = None, keep: Keep | None = None,
        drop: Any = None,
    ) -> Tensor:  # fmt: skip
        c, memory = self.config, state
        batched = ids.ndim > 1
        ids = ids if batched else ids[None]

        def note(name: str, array: Array) -> None:
            if keep is not None:
                keep(name, array if batched else array[0])

        drop = drop or (lambda x: x)
        x = drop(embedding(ids, weights["embedding.weight"]))  #: token embedding
        note("embedding", x.data)
        for i in range(c.layers):
            gates = linear(x, weights[f"layers.{i}.input.weight"], weights[f"layers.{i}.input.bias"])
            first = zeros(c, len(ids), x.dtype) if memory is None else memory.states[i]
            recurrent = weights[f"layers.{i}.state.weight"], weights[f"layers.{i}.state.bias"]
            within = None if keep is None else partial(_under, note, f"layers.{i}.")
            states = recur(c.cell, gates, Tensor(first), *recurrent, within)
            if memory is not None:
                memory.states[i] = states.data[:, -1]
            x = drop(states[..., : c.width])
            if c.cell == "lstm":
                note(f"layers.{i}.memory", states.data[..., c.width :])
            note(f"layers.{i}.states", x.data)
        if c.attention_width:
            x = concatenate([x, self.attention(weights, x, memory, note, keep)])
        if memory is not None:
            memory.length += ids.shape[-1]
        mixed = drop(linear(x, weights["mix.weight"], weights["mix.bias"]).tanh())  #: mixed
        note("mixed", mixed.data)
        return mixed if batched else mixed[0]

    def attention(
        self, weights: Mapping[str, Tensor], x: Tensor, memory: Any, note: Keep, keep: Keep | None
    ) -> Tensor:
        """What each state reads from those before it: states (B, T, width) -> (B, T, width)."""
        query = linear(x, weights["attention.query.weight"], weights["attention.query.bias"])  #: query
        key = linear(x, weights["attention.key.weight"])  #: key
        note("attention.query", query.data)
        note("attention.key", key.data)
        values = x
        if memory is not None:
            key, values = (past.reshape(1, *past.shape) for past in memory.extend(0, key[0], values[0]))
        context = additive_attention(
            query,
            key,
            weights["attention.score.weight"],
            values,
            None if keep is None else partial(_under, note, "attention."),
        )
        note("attention.context", context.data)
        return context

    def head(self, weights: Mapping[str, Tensor], hidden: Tensor) -> Tensor:
        return linear(hidden, weights["embedding.weight"].T, weights["output.bias"])  #: logits

    def memory(self) -> Memory:
        return Memory(self.config)


def _under(note: Keep, prefix: str, name: str, array: Array) -> None:
    note(prefix + name, array)


class Memory(Cache):
    """Each layer's last state, and what the attention reads from: keys and states of the tokens so far."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__(1)
        self.states = [zeros(config, 1, np.float32) for _ in range(config.layers)]


def zeros(config: RecurrentConfig, batch: int, dtype: Any) -> Array:
    """The state before the first token: (batch, width), for the LSTM (batch, 2 width)."""
    return np.zeros((batch, CELLS[config.cell].parts * config.width), dtype)


def initial(config: RecurrentConfig, seed: int = 0) -> dict[str, Array]:
    """Uniform within 1 / sqrt(width); an LSTM's forget gates begin open (Jozefowicz et al. 2015)."""
    rng = np.random.default_rng(seed)
    found: dict[str, Array] = {}
    for name, shape in shapes(config).items():
        if name.endswith("bias"):
            found[name] = np.zeros(shape, np.float32)
        else:
            reach = 1 / math.sqrt(shape[-1] if name == "embedding.weight" else shape[0])
            found[name] = rng.uniform(-reach, reach, shape).astype(np.float32)
    if config.cell == "lstm":
        for i in range(config.layers):
            found[f"layers.{i}.state.bias"][config.width : 2 * config.width] = 1
    return found
