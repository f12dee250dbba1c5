"""Weights on disk: the safetensors format, mapped into memory and never unpickled.

A file is 8 bytes with the header's length, the header (JSON: name -> dtype, shape, begin and end), and the
numbers. All of the header is checked against the file's size before an array is made. Numbers in float32
are used where they lie; float16 and bfloat16, which NumPy does not compute with at any speed, are widened.
"""

from __future__ import annotations

import json
import math
import mmap
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import msgspec
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CheckpointError",
    "Stored",
    "map_file",
    "read_safetensors",
    "refuse",
    "shown",
    "write_safetensors",
]

Array = NDArray[np.floating]

MAX_HEADER = 16 * 2**20
MAX_TENSORS = 50_000

WIDTHS = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1,
    "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
}  # fmt: skip
READ = ("F32", "F16", "BF16")


class CheckpointError(ValueError):
    """A file of weights that cannot be used, told in one sentence."""


def refuse(name: str, sentence: str) -> NoReturn:
    raise CheckpointError(f"{name}: {sentence}") from None


def shown(value: Any, limit: int = 60) -> str:
    """What was found, on one line and not too long."""
    text = repr(value[: 2 * limit] if isinstance(value, str) else value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


class Stored(NamedTuple):
    """A tensor in a file: what the header says of it, and its bytes as they lie there."""

    file: str
    name: str
    dtype: str
    shape: tuple[int, ...]
    data: NDArray[np.uint8]

    def array(self) -> Array:
        """The numbers, read-only: a view of the file if it holds float32, else a copy in float32."""
        if self.dtype == "F32":
            found = self.data.view("<f4") if self.data.ctypes.data % 4 == 0 else _copied(self.data)
        elif self.dtype == "F16":
            found = np.frombuffer(self.data, "<f2").astype(np.float32)
        elif self.dtype == "BF16":  # the upper half of a float32
            found = (np.frombuffer(self.data, "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            refuse(self.file, f"{self.name}: expected {', '.join(READ)}, found {self.dtype}")
        found.flags.writeable = False
        return found.reshape(self.shape)


def map_file(path: Path) -> NDArray[np.uint8]:
    """The bytes of a file, mapped read-only. CheckpointError if it is none or empty."""
    try:
        if not path.is_file():
            refuse(path.name, "expected a file, found " + ("a folder" if path.is_dir() else "none"))
        if path.stat().st_size == 0:
            refuse(path.name, "expected weights, found an empty file")
        with path.open("rb") as file:
            return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
    except OSError as error:
        refuse(path.name, f"cannot be read ({error.strerror or error})")


class _Entry(msgspec.Struct):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


def read_safetensors(path: Path) -> dict[str, Stored]:
    """What a file holds, by name; nothing but its header is read."""
    data = map_file(path)
    if len(data) < 8:
        refuse(path.name, f"expected a safetensors file, found {len(data)} bytes")
    (length,) = struct.unpack("<Q", data[:8].tobytes())
    if length > min(MAX_HEADER, len(data) - 8):
        limit = f"{min(MAX_HEADER, len(data) - 8):,}"
        refuse(path.name, f"the header's length: expected at most {limit} bytes, found {length:,}")
    header = data[8 : 8 + length].tobytes()
    if header.count(b'"data_offsets"') > MAX_TENSORS:
        refuse(path.name, f"the header: expected at most {MAX_TENSORS:,} tensors")
    entries = _decoded(path.name, header)
    body = data[8 + length :]
    found = {}
    for name, raw in entries.items():
        entry = _checked(path.name, name, raw, len(body))
        begin, end = entry.data_offsets
        found[name] = Stored(path.name, name, entry.dtype, entry.shape, body[begin:end])
    spans = sorted(entry.data_offsets for entry in entries.values())
    ends = [0, *(end for _, end in spans)]
    begins = [*(begin for begin, _ in spans), len(body)]
    for end, begin in zip(ends, begins, strict=True):
        if begin != end:
            what = "overlap" if begin < end else f"leave {begin - end:,} bytes unused"
            refuse(path.name, f"expected tensors side by side to the end of the file, but they {what}")
    return found


def _decoded(file: str, header: bytes) -> dict[str, _Entry]:
    try:
        raw = msgspec.json.decode(header, type=dict[str, msgspec.Raw])
        raw.pop("__metadata__", None)
        return {name: msgspec.json.decode(entry, type=_Entry) for name, entry in raw.items()}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error).replace("`", "")
        refuse(file, f"the header: expected each tensor's dtype, shape and data_offsets in JSON ({reason})")


def _checked(file: str, name: str, entry: _Entry, size: int) -> _Entry:
    place = f"{shown(name)}"
    begin, end = entry.data_offsets
    if entry.dtype not in WIDTHS:
        refuse(file, f"{place}: expected a dtype such as {', '.join(READ)}, found {shown(entry.dtype)}")
    if any(n < 0 for n in entry.shape) or len(entry.shape) > 8:
        refuse(file, f"{place}: expected a shape, found {shown(entry.shape)}")
    if not 0 <= begin <= end <= size:
        refuse(file, f"{place}: expected data within the file's {size:,} bytes, found {shown((begin, end))}")
    needed = math.prod(entry.shape) * WIDTHS[entry.dtype]
    if needed != end - begin:
        shape = "x".join(map(str, entry.shape))
        refuse(
            file, f"{place}: {shown(shape)} {entry.dtype} needs {shown(needed)} bytes, found {end - begin:,}"
        )
    return entry


def _copied(data: NDArray[np.uint8]) -> Array:
    return np.frombuffer(data.tobytes(), "<f4").copy()


def write_safetensors(path: Path, arrays: Mapping[str, Array], dtype: Any = np.float32) -> None:
    """Write arrays by name as float32 or float16."""
    kind = {"float32": "F32", "float16": "F16"}[np.dtype(dtype).name]
    header: dict[str, Any] = {}
    at = 0
    for name, array in arrays.items():
        end = at + array.size * WIDTHS[kind]
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": (at, end)}
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the numbers lie aligned
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(np.ascontiguousarray(array, np.dtype(dtype).newbyteorder("<")).tobytes())
