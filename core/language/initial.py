"""How the shipped transformer begins: spread at random, with one head that looks back.

The circuit that copies from context, "what came behind this token last time?", needs a head that attends to
the token before and, in a later block, one that matches with what the first has brought (Olsson et al. 2022).
Left to chance this took some 700 to 1,100 steps at the recipe's size, and some 400 with the first head
given: after Trockman & Kolter, "Mimetic initialization of self-attention layers", 2023, who start from the
patterns that trained models end with.
"""

from __future__ import annotations

import math

import numpy as np

from core.language.model import Array
from core.language.transformer_config import TransformerConfig, shapes

__all__ = ["looking_back", "spread"]

SHARES = (0.5, 0.3, 0.2)
"""Of the first rotary pairs in the head's score: the first alone, 1 radian a token, would repeat itself."""
PEAK = 30.0
"""The head's score at the token before; it falls by some 9 at the next ones."""


def spread(config: TransformerConfig, seed: int) -> dict[str, Array]:
    """Normal, with 1 / sqrt(inputs) for deviation; less where a block writes to the stream; gains of one."""
    rng = np.random.default_rng(seed)
    found: dict[str, Array] = {}
    for name, shape in shapes(config).items():
        if len(shape) == 1:
            found[name] = np.ones(shape, np.float32)
            continue
        deviation = 1 / math.sqrt(shape[1] if name == "embedding.weight" else shape[0])
        if name.endswith(("attention.output.weight", "mlp.down.weight")):
            deviation /= math.sqrt(2 * config.layers)
        found[name] = (rng.standard_normal(shape) * deviation).astype(np.float32)
    return found


def looking_back(parameters: dict[str, Array], config: TransformerConfig, seed: int) -> dict[str, Array]:
    """The same, but that the first block's first head attends to the token before.

    All embeddings get a direction u in common, as long as they are themselves. The head's query maps u to a,
    and its key maps u to a turned by one place, so that the rotary score, the sum over the rotary pairs of
    a_k^2 cos((i - j - 1) w_k), is highest for j = i - 1.
    """
    width, half = config.width, config.per_head // 2
    u = np.random.default_rng([seed, 1]).standard_normal(width)
    u /= np.linalg.norm(u)
    shares = np.zeros(half)
    shares[: len(SHARES)] = SHARES[:half]
    turned = config.rotary_base ** (-np.arange(half) / half)
    common = width / 2  # squared length of the normed embeddings along u
    a = np.sqrt(shares / shares.sum() * PEAK * math.sqrt(config.per_head) / common)
    heads = {
        "query": np.concatenate([a, np.zeros(half)]),
        "key": np.concatenate([a * np.cos(turned), a * np.sin(turned)]),
    }
    found = dict(parameters)
    found["embedding.weight"] = (found["embedding.weight"] + u).astype(np.float32)
    for name, head in heads.items():
        name = f"blocks.0.attention.{name}.weight"
        weight = found[name].copy()
        weight[:, : 2 * half] += np.outer(u, head).astype(np.float32)
        found[name] = weight
    return found
