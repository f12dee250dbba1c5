"""Reading tokenizers: which file is of which kind, and the two plain kinds, GPT-2's and llama2.c's."""

from __future__ import annotations

import io
import math
import os
import re
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from core.language.added import AddedToken
from core.language.bpe import MergeTable, Pair
from core.language.json_reader import (
    MAX_MERGES,
    AnyObject,
    decode,
    integers,
    read,
    refuse,
    shown,
    walked_twice,
)
from core.language.pretokenize import Pretokenizer, from_symbols, text_of, to_symbols, utf8
from core.language.tokenizer import ByteFallbackTokenizer, BytePairTokenizer, Tokenizer

__all__ = ["byte_level", "load", "word_cutter"]

REFUSED = {
    "tokenizer.model": "a SentencePiece model",
    "spiece.model": "a SentencePiece model",
    "vocab.txt": "a WordPiece vocabulary",
    "tokenizer.pkl": "a Python pickle",
}
EXPECTED = "expected tokenizer.json, vocab.json with merges.txt, or tokenizer.bin"


def load(path: str | os.PathLike[str]) -> Tokenizer:
    """See `core.language.tokenizer.load_tokenizer`."""
    path = Path(path)
    try:
        file = _in_folder(path) if path.is_dir() else path
    except OSError as error:
        refuse(path.name, f"cannot be read ({error.strerror or error})")
    if file.name in REFUSED or file.suffix in (".model", ".pkl"):
        refuse(file.name, f"{EXPECTED}; found {REFUSED.get(file.name, 'a ' + file.suffix + ' file')}")
    if file.suffix == ".bin":
        return read_llama2c(file)
    if file.suffix == ".json" and file.name != "vocab.json":
        from core.language import tokenizer_json

        return tokenizer_json.read_tokenizer(file)
    if file.name in ("vocab.json", "merges.txt"):
        return read_gpt2(file.with_name("vocab.json"), file.with_name("merges.txt"))
    refuse(file.name, EXPECTED + f", found {'another kind of file' if file.exists() else 'no file'}")


def _in_folder(folder: Path) -> Path:
    """The file to read; of several kinds the one that says most."""
    for name in ("tokenizer.json", "vocab.json", "tokenizer.bin"):
        if (folder / name).exists():
            return folder / name
    others = sorted(folder.glob("tok*.bin"))
    if len(others) > 1:
        refuse(folder.name, f"expected one tokenizer, found {', '.join(o.name for o in others[:4])}")
    if others:
        return others[0]
    for name in REFUSED:
        if (folder / name).exists():
            return folder / name
    refuse(folder.name, f"{EXPECTED} in this folder, found none")


# --- GPT-2: vocab.json and merges.txt ----------------------------------------------------------------


def read_gpt2(vocab: Path, merges: Path) -> BytePairTokenizer:
    """GPT-2's two files, `merges.txt` with or without its `#version` line.

    A token that no merge makes must look special, as <|endoftext|> does: anything else means lost merges.
    """
    data = read(vocab)
    decode(vocab.name, data, AnyObject)
    lines = walked_twice(partial(_merge_lines, merges))
    entries = walked_twice(partial(integers, vocab.name, "the vocabulary", data))
    ids = unique_ids(vocab.name, "the vocabulary", entries)
    table = merge_table(merges.name, "line {}", ids, lines)
    made = set(table.tokens)
    rest = {token for token, i in ids.items() if i not in made and len(from_symbols(token)) != 1}
    for token in rest:
        if not re.fullmatch(r"<.+>|\[.+\]", token):
            refuse(merges.name, f"ends too early: no merge makes the token {shown(token)} of {vocab.name}")
    tokens: list[bytes | None] = [None] * (max(ids.values()) + 1)
    for token, i in ids.items():
        tokens[i] = utf8(token) if token in rest else from_symbols(token)
    added = [AddedToken(token, i) for token, i in ids.items() if token in rest]
    return BytePairTokenizer(tokens, table, byte_level(vocab.name, ids), added=added)


def unique_ids(name: str, field: str, entries: Iterator[tuple[str, int]]) -> dict[str, int]:
    """Token -> id, no text and no id given twice, no id far beyond the count. TokenizerError otherwise."""
    ids: dict[str, int] = {}
    for token, i in entries:
        if token in ids:
            refuse(name, f"{field}: the token {shown(token)} is given twice")
        ids[token] = i
    if not ids:
        refuse(name, f"{field}: expected tokens, found none")
    limit = 2 * len(ids) + 1024
    taken = bytearray(limit)
    for token, i in ids.items():
        if i >= limit:
            expected = f"less than {limit:,} for {len(ids):,} tokens"
            refuse(name, f"the id of {shown(token)}: expected {expected}, found {i:,}")
        if taken[i]:
            other = next(other for other, its in ids.items() if its == i)
            refuse(name, f"id {i} is given to both {shown(other)} and {shown(token)}")
        taken[i] = 1
    return ids


def _merge_lines(path: Path) -> Iterator[tuple[int, str, str]]:
    for number, raw in enumerate(io.BytesIO(read(path)), 1):
        line = raw.removesuffix(b"\n").removesuffix(b"\r")
        if not line or line.startswith(b"#version"):
            continue
        if number > MAX_MERGES:
            refuse(path.name, f"expected at most {MAX_MERGES:,} merges")
        try:
            left, right = line.decode().split(" ")
        except ValueError:  # not UTF-8, or not two
            refuse(path.name, f'line {number}: expected "left right", found {shown(line)}')
        yield number, left, right


def merge_table(
    name: str, place: str, ids: Mapping[str, int], merges: Iterable[tuple[int, str, str]]
) -> MergeTable:
    """The merges as ids, in order. TokenizerError for one that the vocabulary lacks; `place` names it."""
    table = MergeTable()
    for number, left, right in merges:
        for token in (left, right, left + right):
            if token not in ids:
                refuse(name, f"{place.format(number)}: {shown(token)} is not in the vocabulary")
        pair = ids[left], ids[right]
        if pair in table.index:
            halves = f"{shown(left)} and {shown(right)}"
            refuse(name, f"{place.format(number)}: {halves} are merged for the second time")
        table.append(pair, ids[left + right])
    return table


def byte_level(name: str, ids: Mapping[str, int]) -> list[int | None]:
    """The id of each byte. TokenizerError for a vocabulary that has none of them."""
    found = [ids.get(to_symbols(bytes([byte]))) for byte in range(256)]
    if not any(i is not None for i in found):
        refuse(name, "expected tokens for single bytes, found none: this is no byte-level vocabulary")
    return found


# --- llama2.c: tokenizer.bin -------------------------------------------------------------------------

LLAMA2C_BYTES = 8 * 2**20
LLAMA2C_LONGEST = 128
"""The longest token: each is tried at every place where it could be split."""

BOS, BYTES_FROM = 1, 3
"""In llama2.c ids 0, 1 and 2 are <unk>, <s> and </s>, and the 256 bytes follow."""


def read_llama2c(path: Path) -> ByteFallbackTokenizer:
    """llama2.c's tokenizer: int32 longest length, then for each token float32 score, int32 length, bytes.

    It holds no merges: two neighbours merge if together they are a token, the highest score first. From
    that the merges are derived, every way in which a token is made of two others.
    """
    scores, tokens = _llama2c_tokens(path.name, read(path, LLAMA2C_BYTES))
    special = [token.strip(b"\n") for token in tokens[:BYTES_FROM]]
    for byte in range(256):
        expected = b"<0x%02X>" % byte
        if tokens[BYTES_FROM + byte] != expected:
            found = shown(tokens[BYTES_FROM + byte])
            refuse(path.name, f"token {BYTES_FROM + byte}: expected {shown(expected)}, found {found}")
    ids: dict[bytes, int] = {}
    for i in range(BYTES_FROM + 256, len(tokens)):
        if tokens[i] and ids.setdefault(tokens[i], i) != i:
            refuse(path.name, f"token {i}: {shown(tokens[i])} is given twice")
    table = _llama2c_merges(ids, scores)
    characters = {text: i for token, i in ids.items() if (text := text_of(token)) and len(text) == 1}
    return ByteFallbackTokenizer(
        [*special, *(bytes([byte]) for byte in range(256)), *tokens[BYTES_FROM + 256 :]],
        table,
        list(range(BYTES_FROM, BYTES_FROM + 256)),
        characters=characters,
        pretokenizer=Pretokenizer(word_cutter(ids, " "), prefix=" ", prepend="always"),
        prefix=[BOS],
    )


def _llama2c_tokens(name: str, data: bytes) -> tuple[list[float], list[bytes]]:
    """Scores and texts; all is checked before anything is kept."""
    if len(data) < 4:
        refuse(name, f"expected a llama2.c tokenizer, found {len(data)} bytes")
    (longest,) = struct.unpack_from("<i", data)
    if not 1 <= longest <= LLAMA2C_LONGEST:
        refuse(name, f"longest token: expected 1 to {LLAMA2C_LONGEST} bytes, found {longest:,}")
    count = sum(1 for _ in _llama2c_entries(name, data, longest))
    if count < BYTES_FROM + 256:
        refuse(name, f"expected {BYTES_FROM + 256} tokens or more (special, bytes), found {count}")
    entries = list(_llama2c_entries(name, data, longest))
    return [score for score, _ in entries], [data[place] for _, place in entries]


def _llama2c_entries(name: str, data: bytes, longest: int) -> Iterator[tuple[float, slice]]:
    """The score of each token, and where its bytes lie."""
    at = 4
    for number in range(len(data)):
        if at == len(data):
            return
        if at + 8 > len(data):
            refuse(name, f"token {number}: expected a score and a length, found the end of the file")
        score, length = struct.unpack_from("<fi", data, at)
        at += 8
        if not 0 <= length <= longest:
            refuse(name, f"token {number}: expected a length from 0 to {longest}, found {length:,}")
        if not math.isfinite(score):
            refuse(name, f"token {number}: expected a finite score, found {score}")
        if at + length > len(data):
            refuse(name, f"token {number}: expected {length} bytes, found {len(data) - at}")
        yield score, slice(at, at + length)
        at += length


def _llama2c_merges(ids: Mapping[bytes, int], scores: Sequence[float]) -> MergeTable:
    found: list[tuple[float, int, Pair]] = []
    for token, i in ids.items():
        for cut in range(1, len(token)):
            left, right = ids.get(token[:cut]), ids.get(token[cut:])
            if left is not None and right is not None:
                found.append((-scores[i], i, (left, right)))
    found.sort()
    ranks = {score: rank for rank, score in enumerate(sorted({score for score, _, _ in found}))}
    return MergeTable(
        [pair for *_, pair in found], [i for _, i, _ in found], [ranks[score] for score, *_ in found]
    )


def word_cutter(ids: Mapping[bytes, int] | Mapping[str, int], space: str) -> list:
    """How a whole text may be cut before merging without changing the result: before runs of `space`, if no
    token has one behind another character; else not at all. Words that repeat are then merged once."""
    for token in ids:
        text = token.decode("utf-8", "replace") if isinstance(token, bytes) else token
        if space in text.lstrip(space):
            return []
    cut = re.compile(f"{space}*[^{space}]+|{space}+", re.DOTALL)
    return [lambda texts: [word for text in texts for word in cut.findall(text)]]
