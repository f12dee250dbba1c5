"""The transformer: attention and a small network, block after block, around one residual stream.

Vaswani et al., "Attention is all you need", 2017, in the two forms that language models took: GPT-2's (layer
norm before each part, learned positions, GELU) and Llama's (RMS norm, rotary positions, gated SiLU, keys and
values shared by groups of heads).

>>> model = Transformer(TransformerConfig(vocab_size=10, context=8, layers=1, width=8, heads=2))
>>> model.logits([1, 2, 3]).shape
(3, 10)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from core.autodiff import (
    Keep,
    Tensor,
    causal_attention,
    embedding,
    gelu,
    gelu_tanh,
    layer_norm,
    linear,
    rms_norm,
    rotary,
    silu,
)
from core.language.model import Array, Cache, Network
from core.language.transformer_config import TransformerConfig, gpt2, llama, shapes

__all__ = ["Transformer", "TransformerConfig", "gpt2", "llama", "shapes"]

ACTIVATIONS = {"gelu": gelu, "gelu_tanh": gelu_tanh, "silu": silu, "relu": Tensor.relu}


class Transformer(Network):
    """A decoder-only transformer.

    `keep` is given, for T tokens, S of them and those before, H heads, K key-value heads of width D:

        embedding.token, embedding.position, embedding      (T, width); the second if positions are learned
        blocks.i.attention.norm                             (T, width)
        blocks.i.attention.query, .key, .value              (T, H, D), (T, K, D), (T, K, D)
        blocks.i.attention.rotated_query, .rotated_key      the same, if positions are rotary
        blocks.i.attention.scores, .pattern                 (H, T, S), before and after the softmax
        blocks.i.attention.mixed, .output                   (T, H, D), (T, width)
        blocks.i.middle                                     (T, width): the residual stream behind attention
        blocks.i.mlp.norm, .gate, .up, .hidden, .output     (T, width), three (T, MLP width), (T, width)
        blocks.i.output                                     (T, width): the residual stream behind the block
        norm, logits                                        (T, width), (T, vocab_size)

    with the batch axes of the ids, if they have any, in front.
    """

    config: TransformerConfig

    def __init__(
        self, config: TransformerConfig, parameters: Mapping[str, Array] | None = None, seed: int = 0
    ) -> None:
        """Without parameters they are drawn from `seed`, float32, spread as GPT-2's."""
        config.check()
        super().__init__(config, initial(config, seed) if parameters is None else parameters)

    # --- the forward pass ----------------------------------------------------------------------------

    def hidden(
        self, weights: Mapping[str, Tensor], ids: Any, *, state: Any = None, keep: Keep | None = None,
        drop: Any = None,
    ) -> Tensor:  # fmt: skip
        c, cache = self.config, state
        past, T = (0 if cache is None else cache.length), ids.shape[-1]
        if past + T > c.context:
            raise ValueError(f"ids: expected at most {c.context} tokens, found {past + T}")
        note, drop = keep or _ignore, drop or _same
        x = embedding(ids, weights["embedding.weight"])  #: token embedding
        note("embedding.token", x.data)
        turns = None
        if c.positions == "learned":
            where = weights["position.weight"][past : past + T]
            note("embedding.position", where.data)
            x = x + where  #: position
        else:
            turns = rotations(c, past, past + T, x.dtype)
        x = drop(x)
        note("embedding", x.data)
        for i in range(c.layers):
            block = _Part(self.config, weights, f"blocks.{i}.", keep)
            x = x + drop(block.attention(x, i, turns, cache))  #: behind attention
            note(f"blocks.{i}.middle", x.data)
            x = x + drop(block.mlp(x))  #: behind the block
            note(f"blocks.{i}.output", x.data)
        if cache is not None:
            cache.length += T
        x = _Part(self.config, weights, "", keep).norm("norm", x)
        note("norm", x.data)
        return x

    def head(self, weights: Mapping[str, Tensor], hidden: Tensor) -> Tensor:
        tied = self.config.tied
        return linear(hidden, weights["embedding.weight"].T if tied else weights["output.weight"])  #: logits

    def lens(self, stream: Array) -> Array:
        """Logits (T, vocab_size) read from the stream (T, width) as if no block came behind it.

        nostalgebraist, "interpreting GPT: the logit lens", 2020. Behind the last block they are the logits.
        """
        x = _Part(self.config, self._tensors, "", None).norm("norm", Tensor(stream))
        return self.head(self._tensors, x).data

    def memory(self) -> Cache:
        return Cache(self.config.layers)


class _Part:
    """One block's view of the weights: what the paper calls its two sub-layers."""

    def __init__(
        self, config: TransformerConfig, weights: Mapping[str, Tensor], name: str, keep: Keep | None
    ) -> None:
        self.config, self.weights, self.name, self.keep = config, weights, name, keep

    def attention(
        self, x: Tensor, layer: int, turns: tuple[Array, Array] | None, cache: Cache | None
    ) -> Tensor:
        """q, k, v of the normed stream; softmax(q k^T / sqrt(D)) v; and back to the stream's width."""
        c = self.config
        x = self.noted("attention.norm", self.norm("attention.norm", x))
        q = self.heads("attention.query", x, c.heads)  #: query
        k = self.heads("attention.key", x, c.key_value_heads)  #: key
        v = self.heads("attention.value", x, c.key_value_heads)  #: value
        if turns is not None:
            q = self.noted("attention.rotated_query", rotary(q, *turns, c.rotary_interleaved))
            k = self.noted("attention.rotated_key", rotary(k, *turns, c.rotary_interleaved))
        if cache is not None:
            k, v = cache.extend(layer, k, v)
        keep, scale = self.keep, c.score_scale(layer)
        within = None if keep is None else lambda name, a: keep(f"{self.name}attention.{name}", a)
        mixed = self.noted("attention.mixed", causal_attention(q, k, v, scale, within))
        mixed = mixed.reshape(*x.shape[:-1], -1)
        return self.noted("attention.output", self.linear("attention.output", mixed))  #: output

    def mlp(self, x: Tensor) -> Tensor:
        """Two linear maps with an activation between; gated, the activation opens and shuts a third."""
        activation = ACTIVATIONS[self.config.activation]
        x = self.noted("mlp.norm", self.norm("mlp.norm", x))
        up = self.noted("mlp.up", self.linear("mlp.up", x))  #: up
        if self.config.gated:
            up = activation(self.noted("mlp.gate", self.linear("mlp.gate", x))) * up  #: gated
        else:
            up = activation(up)  #: activation
        return self.noted("mlp.output", self.linear("mlp.down", self.noted("mlp.hidden", up)))  #: down

    def norm(self, name: str, x: Tensor) -> Tensor:
        weight, eps = self.weights[f"{self.name}{name}.weight"], self.config.norm_eps
        if self.config.norm == "rms":
            return rms_norm(x, weight, eps)
        return layer_norm(x, weight, self.weights[f"{self.name}{name}.bias"], eps)

    def linear(self, name: str, x: Tensor) -> Tensor:
        name = self.name + name
        return linear(x, self.weights[name + ".weight"], self.weights.get(name + ".bias"))

    def heads(self, name: str, x: Tensor, heads: int) -> Tensor:
        """(..., T, width) -> (..., T, heads, D)."""
        x = self.linear(name, x).reshape(*x.shape[:-1], heads, self.config.per_head)
        return self.noted(name, x)

    def noted(self, name: str, x: Tensor) -> Tensor:
        if self.keep is not None:
            self.keep(self.name + name, x.data)
        return x


def rotations(
    config: TransformerConfig, begin: int, end: int, dtype: Any = np.float32
) -> tuple[Array, Array]:
    """Cosines and sines (end - begin, D / 2) of the angles by which the positions turn the pairs."""
    angles = np.arange(begin, end)[:, None] * frequencies(config)
    return np.cos(angles).astype(dtype), np.sin(angles).astype(dtype)


def frequencies(config: TransformerConfig) -> Array:
    """Radians per position (D / 2,): base^(-2 i / D), and slower where the config stretches the context.

    "linear" divides all by the factor (Chen et al. 2023); "llama3" only those whose wavelength is long
    against the context that the model was first trained on, with a ramp between (Grattafiori et al. 2024).
    """
    c = config
    plain = c.rotary_base ** (-np.arange(0, c.per_head, 2) / c.per_head)
    if c.rotary_scaling == "none":
        return plain
    if c.rotary_scaling == "linear":
        return plain / c.rotary_factor
    turns = c.rotary_original * plain / (2 * math.pi)  # of each pair over the original context
    ramp = np.clip((turns - c.rotary_low) / (c.rotary_high - c.rotary_low), 0, 1)
    return plain * (ramp + (1 - ramp) / c.rotary_factor)


def initial(config: TransformerConfig, seed: int = 0) -> dict[str, Array]:
    """Parameters as GPT-2 draws them: normal with deviation 0.02, less where a block writes to the stream."""
    rng = np.random.default_rng(seed)
    found: dict[str, Array] = {}
    for name, shape in shapes(config).items():
        if name.endswith("bias"):
            found[name] = np.zeros(shape, np.float32)
        elif len(shape) == 1:
            found[name] = np.ones(shape, np.float32)
        else:
            writes = name.endswith(("attention.output.weight", "mlp.down.weight"))
            spread = 0.02 / math.sqrt(2 * config.layers) if writes else 0.02
            found[name] = rng.standard_normal(shape, dtype=np.float32) * np.float32(spread)
    return found


def _ignore(name: str, array: Array) -> None:
    pass


def _same(x: Tensor) -> Tensor:
    return x
