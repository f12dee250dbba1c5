"""Models from disk: a folder in Hugging Face's layout, a llama2.c file, or a folder that `save` wrote.

    model, tokenizer = load("path/to/folder")
    model, tokenizer = load("path/to/model.bin")

Weights are mapped and not copied (float16 and bfloat16 are widened to float32). What does not fit is refused
in one sentence that names the file and the field, the key or the shape, before anything large is made.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from core.config import ConfigError, from_json, to_json
from core.language import huggingface
from core.language.llama2c import read_llama2c
from core.language.model import Network
from core.language.safetensors_file import (
    MAX_TENSORS,
    CheckpointError,
    Stored,
    read_safetensors,
    refuse,
    shown,
    write_safetensors,
)
from core.language.tokenizer import Tokenizer, load_tokenizer
from core.language.transformer import Transformer
from core.language.transformer_config import TransformerConfig, shapes

__all__ = ["CheckpointError", "load", "load_model", "save"]

MAX_CONFIG = 2**20
MAX_INDEX = 8 * 2**20
TOKENIZERS = ("tokenizer.json", "vocab.json", "tokenizer.bin")
PICKLES = (
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "model.pt",
    "model.pth",
    "consolidated.00.pth",
)


def load(path: str | os.PathLike[str]) -> tuple[Network, Tokenizer | None]:
    """The model at `path` and the tokenizer beside it (None if there is none).

    CheckpointError for the model, TokenizerError for the tokenizer: one sentence.
    """
    path = Path(path)
    model = load_model(path)
    folder = path if path.is_dir() else path.parent
    if not any((folder / name).exists() for name in TOKENIZERS) and not list(folder.glob("tok*.bin")):
        return model, None
    tokenizer = load_tokenizer(folder)
    if tokenizer.vocab_size > model.vocab_size:
        sizes = f"{model.vocab_size:,} tokens, found {tokenizer.vocab_size:,}"
        refuse(folder.name, f"the tokenizer: expected at most the model's {sizes}")
    return model, tokenizer


def load_model(path: str | os.PathLike[str]) -> Network:
    """The model alone."""
    path = Path(path)
    if path.suffix == ".bin" and path.name not in PICKLES:
        return read_llama2c(path)
    if not path.is_dir():
        found = "none" if not path.exists() else f"a {path.suffix or 'nameless'} file"
        refuse(path.name, f"expected a folder with config.json, or a llama2.c .bin file, found {found}")
    fields = _json(path / "config.json", dict[str, Any], MAX_CONFIG)
    kind = fields.pop("lab_model", None)
    if kind is not None:
        return _own(path, kind, fields)
    config = huggingface.config_of("config.json", fields)
    file, stored = _tensors(path)
    return Transformer(
        config, huggingface.parameters(file, config, stored, lambda tensor: tensor.shape, Stored.array)
    )


def save(folder: str | os.PathLike[str], model: Network, dtype: Any = np.float16) -> None:
    """Write `config.json` and `model.safetensors` under our own names; `load` reads them back."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    fields = {"lab_model": type(model).__name__.lower(), **msgspec.json.decode(to_json(model.config))}
    (folder / "config.json").write_bytes(msgspec.json.format(msgspec.json.encode(fields), indent=1) + b"\n")
    write_safetensors(folder / "model.safetensors", model.parameters, dtype)


# --- the parts -------------------------------------------------------------------------------------------


def _own(folder: Path, kind: Any, fields: Mapping[str, Any]) -> Network:
    """A folder that `save` wrote."""
    from core.language.recurrent import Recurrent, RecurrentConfig
    from core.language.recurrent import shapes as recurrent_shapes

    known: dict[Any, tuple[Any, Any, Any]] = {
        "transformer": (Transformer, TransformerConfig, shapes),
        "recurrent": (Recurrent, RecurrentConfig, recurrent_shapes),
    }
    if not isinstance(kind, str) or kind not in known:
        refuse("config.json", f"lab_model: expected {' or '.join(known)}, found {shown(kind)}")
    make, config_type, shapes_of = known[kind]
    try:
        config = from_json(config_type, msgspec.json.encode(fields))
        config.check()
    except ConfigError as error:
        refuse("config.json", str(error))
    file, stored = _tensors(folder)
    wanted = shapes_of(config)
    if wanted.keys() != stored.keys():
        odd = sorted(wanted.keys() ^ stored.keys())[0]
        refuse(file, f"{shown(odd)}: " + ("not found" if odd in wanted else "no such tensor in this model"))
    for name, shape in wanted.items():
        if stored[name].shape != shape:
            refuse(file, f"{name}: expected shape {shape}, found {stored[name].shape}")
    return make(config, {name: stored[name].array() for name in wanted})


def _tensors(folder: Path) -> tuple[str, dict[str, Stored]]:
    """What the folder's safetensors hold, one file or several with their index, and the name to blame."""
    whole, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    if whole.exists():
        return whole.name, read_safetensors(whole)
    if index.exists():
        return index.name, _shards(folder, index)
    for name in PICKLES:
        if (folder / name).exists():
            refuse(name, "expected model.safetensors: a pickle could run code and is never read")
    refuse(folder.name, "expected model.safetensors in this folder, found none")


def _shards(folder: Path, index: Path) -> dict[str, Stored]:
    places = _json(index, _Index, MAX_INDEX).weight_map
    files: dict[str, dict[str, Stored]] = {}
    for file in places.values():
        if Path(file).name != file or "\\" in file or not file.endswith(".safetensors"):
            refuse(index.name, f"weight_map: expected names of .safetensors files, found {shown(file)}")
        if file not in files:
            files[file] = read_safetensors(folder / file)
    for name, file in places.items():
        if name not in files[file]:
            refuse(index.name, f"weight_map: {shown(name)} is not in {file}")
    for file, held in files.items():
        for name in held:
            if places.get(name) != file:
                refuse(file, f"{shown(name)}: not in the index")
    return {name: files[file][name] for name, file in places.items()}


class _Index(msgspec.Struct):
    weight_map: dict[str, str]


def _json(path: Path, kind: Any, limit: int) -> Any:
    try:
        if not path.is_file():
            refuse(path.name, "expected a file, found " + ("a folder" if path.is_dir() else "none"))
        size = path.stat().st_size
        if size > limit:
            refuse(path.name, f"expected at most {limit:,} bytes, found {size:,}")
        text = path.read_bytes()
        if text.count(b":") > 2 * MAX_TENSORS:
            refuse(path.name, f"expected at most {MAX_TENSORS:,} entries")
        return msgspec.json.decode(text, type=kind)
    except OSError as error:
        refuse(path.name, f"cannot be read ({error.strerror or error})")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        refuse(path.name, f"expected JSON as it should be ({str(error).replace('`', '')})")
