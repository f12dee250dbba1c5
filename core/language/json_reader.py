"""Reading JSON that may be hostile: every refusal is one sentence with the file, the field and what it holds.

Large tables are not decoded as a whole but walked entry by entry, so that a repeated key is seen and memory
stays within what the tables are turned into.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn, TypeAlias, TypeVar

import msgspec

from core.language.pretokenize import TokenizerError

__all__ = [
    "MAX_BYTES",
    "MAX_MERGES",
    "MAX_TOKENS",
    "AnyObject",
    "decode",
    "integers",
    "pairs",
    "read",
    "refuse",
    "shown",
]

T = TypeVar("T")

Buffer: TypeAlias = bytes | memoryview
"""Parts of a file are views of it: no copies are made of what may be large."""

MAX_BYTES = 64 * 2**20
"""The largest tokenizer file read; the largest in use are half of it."""

MAX_TOKENS = 2**20
MAX_MERGES = 2**21

_TEXT = rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_SPACE = re.compile(rb"\s*")
_ENTRY = re.compile(rb"\s*" + _TEXT + rb"\s*:\s*([0-9]{1,18})\s*([,}])", re.DOTALL)
_PAIR = re.compile(
    rb"\s*(?:" + _TEXT + rb"|\[\s*" + _TEXT + rb"\s*,\s*" + _TEXT + rb"\s*\])\s*([,\]])", re.DOTALL
)


class AnyObject(msgspec.Struct):
    """Any JSON object: read to its end, nothing of it kept."""


def refuse(name: str, sentence: str) -> NoReturn:
    """Raise the one-line error: file first."""
    raise TokenizerError(f"{name}: {sentence}") from None


def shown(value: object, limit: int = 40) -> str:
    """What was found, quoted, on one line and not too long."""
    if isinstance(value, bytes | str):
        value = value[: 4 * limit]
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def read(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a regular file of at most `limit` bytes. TokenizerError if it is none."""
    try:
        if not path.is_file():
            refuse(path.name, "expected a file, found " + ("a folder" if path.is_dir() else "none"))
        size = path.stat().st_size
        if size > limit:
            refuse(path.name, f"expected at most {limit:,} bytes, found {size:,}")
        return path.read_bytes()
    except OSError as error:
        refuse(path.name, f"cannot be read ({error.strerror or error})")


def decode(name: str, data: Buffer, kind: type[T], field: str = "") -> T:
    """Typed JSON. TokenizerError names the line where it is no JSON, or the field where the type differs."""
    try:
        return msgspec.json.decode(data, type=kind)
    except RecursionError:
        refuse(name, "expected a few levels of brackets, found more than can be read")
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        place = (field + where.strip("`")).lstrip(".") or "the file"
        refuse(name, f"{place}: {what[0].lower() + what[1:].replace('`', '')}")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        at = re.search(r"\(byte (\d+)\)", str(error))
        line = "the end" if at is None else "line " + str(1 + bytes(data).count(b"\n", 0, int(at[1])))
        what = str(error).partition(" (byte")[0].removeprefix("JSON is malformed: ")
        refuse(name, f"{line}: expected JSON, found what is none ({what[0].lower() + what[1:]})")


def walked_twice(make: Callable[[], Iterator[T]]) -> Iterator[T]:
    """What `make` yields, after a first walk that keeps nothing: a fault at the end of a large file is found
    before memory is spent on the rest."""
    for _ in make():
        pass
    return make()


def integers(name: str, field: str, data: Buffer, limit: int = MAX_TOKENS) -> Iterator[tuple[str, int]]:
    """The entries of a JSON object {text: whole number}. The data must be JSON; what it holds is checked."""
    at = _opened(name, field, data, b"{", "an object")
    for count in range(limit + 1):
        match = _ENTRY.match(data, at)
        if match is None:
            if count == 0 and bytes(data[at : at + 60]).strip() == b"}":
                return
            refuse(
                name,
                f"{field}, entry {count + 1}: expected a text and its id, found {shown(_rest(data, at))}",
            )
        if count == limit:
            break
        yield _text(name, field, match[1]), int(match[2])
        at = match.end()
        if match[3] == b"}":
            return
    refuse(name, f"{field}: expected at most {limit:,} entries")


def pairs(name: str, field: str, data: Buffer, limit: int = MAX_MERGES) -> Iterator[tuple[int, str, str]]:
    """The merges in a JSON array, each "a b" or ["a", "b"], as (number from 0, left, right)."""
    at = _opened(name, field, data, b"[", "an array")
    for count in range(limit + 1):
        match = _PAIR.match(data, at)
        if match is None:
            if count == 0 and bytes(data[at : at + 60]).strip() == b"]":
                return
            refuse(name, f"{field}[{count}]: expected two texts to merge, found {shown(_rest(data, at))}")
        if count == limit:
            break
        if match[1] is None:
            yield count, _text(name, field, match[2]), _text(name, field, match[3])
        else:
            halves = _text(name, field, match[1]).split(" ")
            if len(halves) != 2:
                refuse(name, f'{field}[{count}]: expected "left right", found {shown(match[1])}')
            yield count, halves[0], halves[1]
        at = match.end()
        if match[4] == b"]":
            return
    refuse(name, f"{field}: expected at most {limit:,} merges")


def _opened(name: str, field: str, data: Buffer, bracket: bytes, kind: str) -> int:
    space = _SPACE.match(data)
    start = space.end() if space else 0
    if data[start : start + 1] != bracket:
        refuse(name, f"{field}: expected {kind}, found {shown(_rest(data, start))}")
    return start + 1


def _rest(data: Buffer, at: int) -> bytes:
    return bytes(data[at : at + 60]).strip()[:30]


def _text(name: str, field: str, raw: bytes) -> str:
    try:
        return raw.decode() if b"\\" not in raw else msgspec.json.decode(b'"' + raw + b'"', type=str)
    except (UnicodeDecodeError, msgspec.DecodeError):
        refuse(name, f"{field}: expected UTF-8 text, found {shown(raw)}")
