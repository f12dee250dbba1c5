"""llama2.c's model files: a header of whole numbers, then float32 after float32 in a fixed order.

Legacy: seven int32 (width, MLP width, layers, heads, key-value heads, vocabulary, context), and weights.
Version 1: "ak42", the version, the same seven, a byte that says whether the output is the embedding, zeros up
to 256 bytes, and the weights with all norms in front. Version 2 is quantised and refused.
Matrices lie as (out, in); rotary pairs are interleaved.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path

from core.config import ConfigError, validate
from core.language.safetensors_file import Array, map_file, refuse
from core.language.transformer import Transformer
from core.language.transformer_config import TransformerConfig, llama

__all__ = ["read_llama2c"]

MAGIC = 0x616B3432
FIELDS = ("width", "mlp_width", "layers", "heads", "kv_heads", "vocab_size", "context")


def read_llama2c(path: Path) -> Transformer:
    """The model in a `.bin` file, its weights views of the file. CheckpointError in one sentence."""
    data = map_file(path)
    if len(data) < 28:
        refuse(path.name, f"expected a llama2.c model, found {len(data)} bytes")
    magic, version = struct.unpack("<Ii", data[:8].tobytes())
    if magic != MAGIC:
        config, tied = _header(path.name, data[:28].tobytes())
        layout, at = _legacy(config, tied), 28
    elif version != 1:
        kind = " (quantised)" if version == 2 else ""
        refuse(path.name, f"version: expected 1 or the legacy format, found {version}{kind}")
    elif len(data) < 256:
        refuse(path.name, f"expected a header of 256 bytes, found {len(data)}")
    else:
        if data[36] > 1 or data[37:256].any():
            refuse(path.name, "the header: expected 0 or 1 and then zeros behind its numbers")
        config, _ = _header(path.name, data[8:36].tobytes())
        tied = bool(data[36])
        layout, at = _version_1(config, tied), 256
    parts = list(layout)
    needed = at + 4 * sum(math.prod(shape) for _, shape in parts)
    if needed != len(data):
        refuse(path.name, f"its header asks for {needed:,} bytes, found {len(data):,}")
    numbers = data[at:].view("<f4")
    found: dict[str, Array] = {}
    begin = 0
    for name, shape in parts:
        end = begin + math.prod(shape)
        found[name] = numbers[begin:end].reshape(shape)
        begin = end
    config = llama(**{f: getattr(config, f) for f in FIELDS}, tied=tied, rotary_interleaved=True)
    return Transformer(config, dict(_parameters(config, found)))


def _header(name: str, header: bytes) -> tuple[TransformerConfig, bool]:
    """The config; a negative vocabulary is how a legacy file says that the output is a matrix of its own."""
    values = dict(zip(FIELDS, struct.unpack("<7i", header), strict=True))
    tied = values["vocab_size"] > 0
    values["vocab_size"] = abs(values["vocab_size"])
    for field, value in values.items():
        if value < 1:
            refuse(name, f"{field}: expected at least 1, found {value}")
    try:
        config = validate(llama(**values, tied=tied))
        config.check()
    except ConfigError as error:
        refuse(name, str(error))
    return config, tied


Layout = Iterator[tuple[str, tuple[int, ...]]]


def _matrices(c: TransformerConfig) -> Layout:
    keys = c.key_value_heads * c.per_head
    yield "query", (c.layers, c.width, c.width)
    yield "key", (c.layers, keys, c.width)
    yield "value", (c.layers, keys, c.width)
    yield "output", (c.layers, c.width, c.width)


def _mlp(c: TransformerConfig) -> Layout:
    yield "gate", (c.layers, c.inner, c.width)
    yield "down", (c.layers, c.width, c.inner)
    yield "up", (c.layers, c.inner, c.width)


def _legacy(c: TransformerConfig, tied: bool) -> Layout:
    yield "embedding", (c.vocab_size, c.width)
    yield "attention_norm", (c.layers, c.width)
    yield from _matrices(c)
    yield "mlp_norm", (c.layers, c.width)
    yield from _mlp(c)
    yield "norm", (c.width,)
    yield "cosines and sines, which are computed here", (2, c.context, c.per_head // 2)
    if not tied:
        yield "head", (c.vocab_size, c.width)


def _version_1(c: TransformerConfig, tied: bool) -> Layout:
    yield "attention_norm", (c.layers, c.width)
    yield "mlp_norm", (c.layers, c.width)
    yield "norm", (c.width,)
    yield "embedding", (c.vocab_size, c.width)
    yield from _matrices(c)
    yield from _mlp(c)
    if not tied:
        yield "head", (c.vocab_size, c.width)


def _parameters(c: TransformerConfig, found: dict[str, Array]) -> Iterator[tuple[str, Array]]:
    yield "embedding.weight", found["embedding"]
    for i in range(c.layers):
        attention, mlp = f"blocks.{i}.attention.", f"blocks.{i}.mlp."
        yield attention + "norm.weight", found["attention_norm"][i]
        for name in ("query", "key", "value", "output"):
            yield f"{attention}{name}.weight", found[name][i].T
        yield mlp + "norm.weight", found["mlp_norm"][i]
        for name in ("gate", "up", "down"):
            yield f"{mlp}{name}.weight", found[name][i].T
    yield "norm.weight", found["norm"]
    if not c.tied:
        yield "output.weight", found["head"].T
