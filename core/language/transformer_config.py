"""What a transformer is made of: one record that covers GPT-2 and Llama."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from core.config import Config, ConfigError, choice, number, setting

__all__ = ["TransformerConfig", "gpt2", "llama", "shapes"]


class TransformerConfig(Config, frozen=True):
    """The architecture; the defaults are a small GPT-2."""

    vocab_size: Annotated[int, number(1, 2**20, "Vocabulary")] = 512
    context: Annotated[int, number(1, 2**20, "Context", "The most tokens it sees.", unit="tokens")] = 256
    layers: Annotated[int, number(1, 256, "Layers")] = 4
    width: Annotated[int, number(1, 2**15, "Width", "Numbers in the residual stream.")] = 128
    heads: Annotated[int, number(1, 512, "Heads")] = 4
    kv_heads: Annotated[
        int, number(0, 512, "Key-value heads", "Heads that share keys and values; 0: one for each head.")
    ] = 0
    head_width: Annotated[int, number(0, 2**12, "Head width", "0: width / heads.")] = 0
    mlp_width: Annotated[int, number(0, 2**17, "MLP width", "0: four times the width.")] = 0
    norm: Annotated[Literal["layer", "rms"], choice("Norm")] = "layer"
    norm_eps: Annotated[float, number(0.0, 0.1, "Norm ε")] = 1e-5
    positions: Annotated[Literal["learned", "rotary"], choice("Positions")] = "learned"
    rotary_base: Annotated[float, number(1.0, 1e9, "Rotary base", scale="log")] = 10_000.0
    rotary_interleaved: Annotated[
        bool, setting("Interleaved", "Rotary pairs are neighbours, and not half a head apart.")
    ] = False
    rotary_scaling: Annotated[Literal["none", "linear", "llama3"], choice("Rotary scaling")] = "none"
    rotary_factor: Annotated[float, number(1.0, 1e4, "Scaling factor")] = 1.0
    rotary_low: Annotated[float, number(1e-3, 1e4, "Low-frequency factor")] = 1.0
    rotary_high: Annotated[float, number(1e-3, 1e4, "High-frequency factor")] = 4.0
    rotary_original: Annotated[int, number(1, 2**20, "Original context")] = 8192
    activation: Annotated[Literal["gelu", "gelu_tanh", "silu", "relu"], choice("Activation")] = "gelu_tanh"
    gated: Annotated[bool, setting("Gated MLP", "SwiGLU if the activation is SiLU.")] = False
    attention_bias: Annotated[bool, setting("Biases in attention")] = True
    mlp_bias: Annotated[bool, setting("Biases in the MLP")] = True
    tied: Annotated[bool, setting("Tied output", "The output map is the embedding, transposed.")] = True
    scale_scores: Annotated[bool, setting("Scale scores", "Divide them by the root of the head width.")] = (
        True
    )
    scale_by_layer: Annotated[bool, setting("Scale by layer", "Divide layer i's scores by i + 1.")] = False

    def check(self) -> None:
        if self.width % self.heads and not self.head_width:
            raise ConfigError(
                f"Width: expected a multiple of {self.heads} heads, found {self.width}.", "width"
            )
        if self.heads % self.key_value_heads:
            found = f"{self.kv_heads} key-value heads for {self.heads} heads"
            raise ConfigError(f"Key-value heads: expected a divisor of the heads, found {found}.", "kv_heads")
        if self.positions == "rotary" and self.per_head % 2:
            raise ConfigError(
                f"Head width: rotary positions need an even one, found {self.per_head}.", "head_width"
            )

    @property
    def key_value_heads(self) -> int:
        return self.kv_heads or self.heads

    @property
    def per_head(self) -> int:
        """Numbers in one head."""
        return self.head_width or self.width // self.heads

    def score_scale(self, layer: int) -> float:
        """What the products of queries and keys are multiplied by, in one layer."""
        root = math.sqrt(self.per_head) if self.scale_scores else 1.0
        return 1 / root / (layer + 1 if self.scale_by_layer else 1)

    @property
    def inner(self) -> int:
        """Numbers in the middle of the MLP."""
        return self.mlp_width or 4 * self.width


def gpt2(**fields: Any) -> TransformerConfig:
    """GPT-2 (Radford et al. 2019), by default its 124M model."""
    defaults: dict[str, Any] = {"vocab_size": 50257, "context": 1024, "layers": 12, "width": 768, "heads": 12}
    return TransformerConfig(**(defaults | fields))


def llama(**fields: Any) -> TransformerConfig:
    """The Llama block (Touvron et al. 2023): RMS norm, rotary positions, SwiGLU, no biases."""
    defaults: dict[str, Any] = {
        "norm": "rms", "positions": "rotary", "activation": "silu", "gated": True,
        "attention_bias": False, "mlp_bias": False, "tied": False,
    }  # fmt: skip
    return TransformerConfig(**(defaults | fields))


def shapes(config: TransformerConfig) -> dict[str, tuple[int, ...]]:
    """The parameters by name, matrices as (in, out)."""
    c = config
    queries, keys = c.heads * c.per_head, c.key_value_heads * c.per_head

    def norm(name: str) -> dict[str, tuple[int, ...]]:
        return _layer(name, (c.width,), c.norm == "layer")

    found: dict[str, tuple[int, ...]] = {"embedding.weight": (c.vocab_size, c.width)}
    if c.positions == "learned":
        found["position.weight"] = (c.context, c.width)
    for i in range(c.layers):
        attention, mlp = f"blocks.{i}.attention.", f"blocks.{i}.mlp."
        found |= norm(attention + "norm")
        for name, out in (("query", queries), ("key", keys), ("value", keys)):
            found |= _layer(attention + name, (c.width, out), c.attention_bias)
        found |= _layer(attention + "output", (queries, c.width), c.attention_bias)
        found |= norm(mlp + "norm")
        for name in ("gate", "up") if c.gated else ("up",):
            found |= _layer(mlp + name, (c.width, c.inner), c.mlp_bias)
        found |= _layer(mlp + "down", (c.inner, c.width), c.mlp_bias)
    found |= norm("norm")
    if not c.tied:
        found["output.weight"] = (c.width, c.vocab_size)
    return found


def _layer(name: str, shape: tuple[int, ...], bias: bool) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": shape} | ({f"{name}.bias": shape[-1:]} if bias else {})
