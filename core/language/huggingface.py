"""Hugging Face's names for GPT-2 and Llama: their configs and their tensors, in ours.

What a config sets and this program does not compute is refused by name: read without it, the model would
answer, and answer wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from core.config import ConfigError, validate
from core.language.safetensors_file import Array, refuse, shown
from core.language.transformer_config import TransformerConfig, shapes

__all__ = ["Row", "config_of", "parameters", "rows"]

ACTIVATIONS = {
    "gelu": "gelu", "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "gelu_fast": "gelu_tanh",
    "silu": "silu", "swish": "silu", "relu": "relu",
}  # fmt: skip

NEUTRAL: dict[str, tuple[Any, ...]] = {
    "add_cross_attention": (False, None), "is_encoder_decoder": (False, None), "pruned_heads": ({}, None),
    "quantization_config": (None,), "sliding_window": (None,), "partial_rotary_factor": (1, None),
    "embedding_multiplier": (1, None), "residual_multiplier": (1, None), "attention_multiplier": (None,),
    "logits_scaling": (1, None), "attn_logit_softcapping": (None,), "final_logit_softcapping": (None,),
    "use_qk_norm": (False, None), "qk_layernorm": (False, None), "alibi": (False, None),
    "parallel_attn": (False, None), "use_parallel_residual": (False, None), "num_local_experts": (0, None),
    "rope_interleaved": (False, None), "sparse_attention": (None,),
    "position_embedding_type": ("absolute", None),
}  # fmt: skip
"""Fields that change what is computed, and the values with which they do not."""

T = TypeVar("T")


class _GPT2(msgspec.Struct):
    """The fields of `GPT2Config` that matter, with its defaults."""

    vocab_size: int = 50257
    n_positions: int = 1024
    n_embd: int = 768
    n_layer: int = 12
    n_head: int = 12
    n_inner: int | None = None
    activation_function: str = "gelu_new"
    layer_norm_epsilon: float = 1e-5
    scale_attn_weights: bool = True
    scale_attn_by_inverse_layer_idx: bool = False
    tie_word_embeddings: bool = True


class _Rope(msgspec.Struct):
    rope_type: str | None = None
    type: str | None = None
    rope_theta: float | None = None
    factor: float = 1.0
    low_freq_factor: float = 1.0
    high_freq_factor: float = 4.0
    original_max_position_embeddings: int | None = None


class _Llama(msgspec.Struct):
    """The fields of `LlamaConfig` that matter, with its defaults; rotary ones under old names and new."""

    vocab_size: int = 32000
    hidden_size: int = 4096
    intermediate_size: int = 11008
    num_hidden_layers: int = 32
    num_attention_heads: int = 32
    num_key_value_heads: int | None = None
    head_dim: int | None = None
    hidden_act: str = "silu"
    max_position_embeddings: int = 2048
    rms_norm_eps: float = 1e-6
    tie_word_embeddings: bool = False
    attention_bias: bool = False
    mlp_bias: bool = False
    rope_theta: float = 10_000.0
    rope_scaling: _Rope | None = None
    rope_parameters: _Rope | None = None
    layer_types: list[str] | None = None


# --- configs ---------------------------------------------------------------------------------------------


def config_of(file: str, fields: Mapping[str, Any]) -> TransformerConfig:
    """`config.json`, decoded, as ours. CheckpointError names the field that is refused."""
    kind = fields.get("model_type")
    make = {"gpt2": _gpt2, "llama": _llama}.get(kind) if isinstance(kind, str) else None
    if make is None:
        refuse(file, f"model_type: expected gpt2 or llama, found {shown(kind)}")
    for name, neutral in NEUTRAL.items():
        if name in fields and fields[name] not in neutral:
            refuse(file, f"{name}: {shown(fields[name])} is not supported")
    dtype = fields.get("dtype", fields.get("torch_dtype"))
    if dtype not in (None, "float32", "float16", "bfloat16"):
        refuse(file, f"dtype: expected float32, float16 or bfloat16, found {shown(dtype)}")
    config = make(file, fields)
    try:
        config = validate(config)
        config.check()
    except ConfigError as error:
        refuse(file, str(error))
    return config


def _gpt2(file: str, fields: Mapping[str, Any]) -> TransformerConfig:
    c = _fields(file, fields, _GPT2)
    return TransformerConfig(
        vocab_size=c.vocab_size, context=c.n_positions, layers=c.n_layer, width=c.n_embd, heads=c.n_head,
        mlp_width=_given(file, "n_inner", c.n_inner), norm_eps=c.layer_norm_epsilon,
        activation=_activation(file, "activation_function", c.activation_function),
        tied=c.tie_word_embeddings,
        scale_scores=c.scale_attn_weights, scale_by_layer=c.scale_attn_by_inverse_layer_idx,
    )  # fmt: skip


def _llama(file: str, fields: Mapping[str, Any]) -> TransformerConfig:
    c = _fields(file, fields, _Llama)
    for kind in c.layer_types or ():
        if kind != "full_attention":
            refuse(file, f"layer_types: expected full_attention, found {shown(kind)}")
    return TransformerConfig(
        vocab_size=c.vocab_size, context=c.max_position_embeddings, layers=c.num_hidden_layers,
        width=c.hidden_size, heads=c.num_attention_heads,
        kv_heads=_given(file, "num_key_value_heads", c.num_key_value_heads),
        head_width=_given(file, "head_dim", c.head_dim), mlp_width=c.intermediate_size, norm="rms",
        norm_eps=c.rms_norm_eps, positions="rotary", activation=_activation(file, "hidden_act", c.hidden_act),
        gated=True, attention_bias=c.attention_bias, mlp_bias=c.mlp_bias, tied=c.tie_word_embeddings,
        **_rope(file, c),
    )  # fmt: skip


def _rope(file: str, c: _Llama) -> dict[str, Any]:
    rope = c.rope_parameters or c.rope_scaling or _Rope()
    where = "rope_parameters" if c.rope_parameters else "rope_scaling"
    kind = rope.rope_type or rope.type or "default"
    if kind not in ("default", "linear", "llama3"):
        refuse(file, f"{where}: expected default, linear or llama3, found {shown(kind)}")
    if kind == "llama3" and rope.low_freq_factor >= rope.high_freq_factor:
        refuse(
            file, f"{where}: expected low_freq_factor below high_freq_factor, found {rope.low_freq_factor}"
        )
    return {
        "rotary_base": rope.rope_theta if rope.rope_theta is not None else c.rope_theta,
        "rotary_scaling": "none" if kind == "default" else kind,
        "rotary_factor": rope.factor,
        "rotary_low": rope.low_freq_factor,
        "rotary_high": rope.high_freq_factor,
        "rotary_original": rope.original_max_position_embeddings or c.max_position_embeddings,
    }


def _fields(file: str, fields: Mapping[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        what, _, where = str(error).replace("`", "").partition(" - at $.")
        refuse(file, f"{where or 'the file'}: {what[0].lower() + what[1:]}")


def _given(file: str, name: str, value: int | None) -> int:
    """0, which stands for the default, only where the file says null."""
    if value is not None and value < 1:
        refuse(file, f"{name}: expected at least 1, found {value}")
    return value or 0


def _activation(file: str, name: str, value: str) -> Any:
    if value not in ACTIVATIONS:
        refuse(file, f"{name}: expected one of {', '.join(ACTIVATIONS)}, found {shown(value)}")
    return ACTIVATIONS[value]


# --- tensors ---------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """One of our parameters: the tensor that it lies in, that tensor's shape, and the view that it is."""

    ours: str
    theirs: str
    shape: tuple[int, ...]
    view: Callable[[Array], Array]


def rows(config: TransformerConfig) -> list[Row]:
    """Every parameter with its place in a GPT-2 (layer norm) or Llama (RMS norm) checkpoint, no prefix."""
    known = shapes(config)
    translate = _gpt2_row if config.norm == "layer" else _llama_row
    return [translate(name, shape) for name, shape in known.items()]


GPT2_NAMES = {
    "attention.norm": "ln_1", "attention.output": "attn.c_proj", "mlp.norm": "ln_2", "mlp.up": "mlp.c_fc",
    "mlp.down": "mlp.c_proj", "embedding": "wte", "position": "wpe", "norm": "ln_f",
}  # fmt: skip
LLAMA_NAMES = {
    "attention.norm": "input_layernorm", "attention.query": "self_attn.q_proj",
    "attention.key": "self_attn.k_proj", "attention.value": "self_attn.v_proj",
    "attention.output": "self_attn.o_proj", "mlp.norm": "post_attention_layernorm",
    "mlp.gate": "mlp.gate_proj", "mlp.up": "mlp.up_proj", "mlp.down": "mlp.down_proj",
    "embedding": "embed_tokens", "norm": "norm",
}  # fmt: skip
IGNORED = ("attn.bias", "attn.masked_bias", "rotary_emb.inv_freq")
"""Buffers that a config implies: causal masks and rotary frequencies."""


def _gpt2_row(name: str, shape: tuple[int, ...]) -> Row:
    """GPT-2 keeps its matrices as (in, out), and query, key and value side by side in one."""
    if name == "output.weight":
        return Row(name, "lm_head.weight", shape[::-1], _transposed)
    layer, part, kind = _split(name)
    prefix = f"h.{layer}." if layer else ""
    if part in ("attention.query", "attention.key", "attention.value"):
        which = ("attention.query", "attention.key", "attention.value").index(part)
        wide = (*shape[:-1], 3 * shape[-1])
        return Row(name, f"{prefix}attn.c_attn.{kind}", wide, _third(which, shape[-1]))
    return Row(name, f"{prefix}{GPT2_NAMES[part]}.{kind}", shape, _same)


def _llama_row(name: str, shape: tuple[int, ...]) -> Row:
    """Llama keeps its matrices as (out, in)."""
    if name == "output.weight":
        return Row(name, "lm_head.weight", shape[::-1], _transposed)
    layer, part, kind = _split(name)
    theirs = (f"layers.{layer}." if layer else "") + f"{LLAMA_NAMES[part]}.{kind}"
    if len(shape) == 2 and part != "embedding":
        return Row(name, theirs, shape[::-1], _transposed)
    return Row(name, theirs, shape, _same)


def _split(name: str) -> tuple[str, str, str]:
    """ "blocks.3.mlp.up.weight" -> "3", "mlp.up", "weight"."""
    name, _, kind = name.rpartition(".")
    if not name.startswith("blocks."):
        return "", name, kind
    _, layer, part = name.split(".", 2)
    return layer, part, kind


def _same(a: Array) -> Array:
    return a


def _transposed(a: Array) -> Array:
    return a.T


def _third(which: int, width: int) -> Callable[[Array], Array]:
    return lambda a: a[..., which * width : (which + 1) * width]


def parameters(
    file: str,
    config: TransformerConfig,
    stored: Mapping[str, T],
    shape_of: Callable[[T], tuple[int, ...]],
    read: Callable[[T], Array],
) -> dict[str, Array]:
    """Our parameters from a checkpoint's tensors: all names and shapes are checked before one is read."""
    prefix = "transformer." if config.norm == "layer" else "model."
    plain = {name.removeprefix(prefix): tensor for name, tensor in stored.items()}
    if len(plain) != len(stored):
        refuse(file, f"expected each tensor once, found some with and without {prefix}")
    wanted = rows(config)
    known = {row.theirs for row in wanted} | ({"lm_head.weight"} if config.tied else set())
    for name in plain:
        if name not in known and not name.endswith(IGNORED):
            refuse(file, f"{shown(name)}: no such tensor in a model of this config")
    for row in wanted:
        if row.theirs not in plain:
            refuse(file, f"expected a tensor {row.theirs} of shape {row.shape}, found none")
        found = tuple(shape_of(plain[row.theirs]))
        if found != row.shape:
            refuse(file, f"{row.theirs}: expected shape {row.shape}, found {shown(found)}")
    return dict(_views(wanted, plain, read))


def _views(
    wanted: list[Row], plain: Mapping[str, T], read: Callable[[T], Array]
) -> Iterator[tuple[str, Array]]:
    arrays: dict[str, Array] = {}  # query, key and value share one
    for row in wanted:
        if row.theirs not in arrays:
            arrays[row.theirs] = read(plain[row.theirs])
        yield row.ours, row.view(arrays[row.theirs])
