"""Hugging Face's `tokenizer.json`: BPE over bytes (GPT-2, Llama 3) or with byte fallback (Llama 2).

What the file says about truncation and padding is left aside: the reader's text is neither cut nor filled.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Raw, Struct, field

from core.language.added import AddedToken
from core.language.json_reader import MAX_TOKENS, decode, integers, pairs, read, refuse, shown, walked_twice
from core.language.pretokenize import (
    GPT2_PATTERN,
    Pretokenizer,
    Splitter,
    TokenizerError,
    compiled,
    from_symbols,
    split_by,
    utf8,
)
from core.language.tokenizer import ByteFallbackTokenizer, BytePairTokenizer
from core.language.tokenizer_files import byte_level, merge_table, unique_ids, word_cutter

__all__ = ["read_tokenizer"]

SPACE = "▁"
MAX_STEPS = 16
MAX_CONTENT = 64


class _Added(Struct):
    id: int
    content: str
    single_word: bool = False
    lstrip: bool = False
    rstrip: bool = False
    special: bool = False


class _Part(Struct):
    """A normalizer, pretokenizer or postprocessor: `type`, and whichever of these fields the type has."""

    type: str
    pattern: dict[str, str] = field(default_factory=dict)
    content: str = ""
    prepend: str = ""
    behavior: str = "Isolated"
    invert: bool = False
    individual_digits: bool = False
    add_prefix_space: bool | None = None
    use_regex: bool = True
    replacement: str = SPACE
    prepend_scheme: str = ""
    split: bool = True
    normalizers: list[_Part] = field(default_factory=list)
    pretokenizers: list[_Part] = field(default_factory=list)
    processors: list[_Part] = field(default_factory=list)
    single: list[dict[str, dict[str, Any]]] = field(default_factory=list)
    special_tokens: dict[str, _Ids] = field(default_factory=dict)


class _Ids(Struct):
    ids: list[int]


class _Model(Struct):
    vocab: Raw
    merges: Raw = Raw(b"[]")
    type: str | None = None
    dropout: float | None = None
    unk_token: str | None = None
    continuing_subword_prefix: str | None = None
    end_of_word_suffix: str | None = None
    byte_fallback: bool = False
    ignore_merges: bool = False


class _File(Struct):
    model: Raw
    added_tokens: list[_Added] | None = None
    normalizer: _Part | None = None
    pre_tokenizer: _Part | None = None
    post_processor: _Part | None = None


class _Kind(Struct):
    type: str | None = None


# --- reading -----------------------------------------------------------------------------------------


def read_tokenizer(path: Path) -> BytePairTokenizer:
    """A tokenizer of BPE kind. Any other kind, and any step unknown here, is refused by its name."""
    name = path.name
    file = decode(name, read(path), _File)
    kind = decode(name, memoryview(file.model), _Kind, "model").type
    if kind not in (None, "BPE"):
        refuse(name, f"expected a tokenizer of kind BPE, found {shown(kind)}")
    model = decode(name, memoryview(file.model), _Model, "model")
    _check_options(name, model)
    entries = walked_twice(partial(integers, name, "model.vocab", memoryview(model.vocab)))
    merges = walked_twice(partial(pairs, name, "model.merges", memoryview(model.merges)))
    ids = unique_ids(name, "model.vocab", entries)
    table = merge_table(name, "model.merges[{}]", ids, merges)
    added = _added(name, file.added_tokens or [], ids)
    parts = flattened(name, file.pre_tokenizer, "pretokenizers")
    prefix, suffix = _template(name, file.post_processor, len(ids) + len(added))
    arguments: dict[str, Any] = {"added": added, "prefix": prefix, "suffix": suffix}
    if model.unk_token is not None:
        arguments["unknown"] = ids.get(model.unk_token)
    normalizers = flattened(name, file.normalizer, "normalizers")
    if any(part.type == "ByteLevel" for part in parts):
        tokens = _tokens(ids, added, from_symbols)
        if model.ignore_merges:
            arguments["whole_words"] = {from_symbols(token): i for token, i in ids.items()}
        arguments["pretokenizer"] = _byte_level_words(name, parts, normalizers)
        return BytePairTokenizer(tokens, table, byte_level(name, ids), **arguments)
    if not model.byte_fallback:
        refuse(name, "expected BPE over bytes or with byte_fallback, found BPE over characters alone")
    arguments["pretokenizer"] = _fallback_words(name, parts, normalizers, ids)
    arguments["characters"] = {token: i for token, i in ids.items() if len(token) == 1}
    return ByteFallbackTokenizer(
        _tokens(ids, added, _fallback_bytes), table, _fallback_ids(name, ids), **arguments
    )


def _check_options(name: str, model: _Model) -> None:
    if model.dropout:
        refuse(name, f"model.dropout: expected none, found {model.dropout}")
    for option in ("continuing_subword_prefix", "end_of_word_suffix"):
        if value := getattr(model, option):
            refuse(name, f"model.{option}: expected none, found {shown(value)}")


def _added(name: str, found: list[_Added], ids: Mapping[str, int]) -> list[AddedToken]:
    if len(found) > MAX_TOKENS:
        refuse(name, f"added_tokens: expected at most {MAX_TOKENS:,}, found {len(found):,}")
    limit = 2 * (len(ids) + len(found)) + 1024
    owners = {i: token for token, i in ids.items()}
    added: dict[str, AddedToken] = {}
    for at, token in enumerate(found):
        place = f"added_tokens[{at}]"
        if not token.content:
            refuse(name, f"{place}.content: expected a text, found an empty one")
        if not 0 <= token.id < limit:
            refuse(name, f"{place}.id: expected 0 to {limit - 1:,}, found {token.id:,}")
        if owners.setdefault(token.id, token.content) != token.content:
            refuse(name, f"{place}: id {token.id} is that of {shown(owners[token.id])} already")
        if token.content in added or ids.get(token.content, token.id) != token.id:
            refuse(name, f"{place}: {shown(token.content)} is given two ids")
        added[token.content] = AddedToken(
            token.content, token.id, token.special, token.single_word, token.lstrip, token.rstrip
        )
    return list(added.values())


def _tokens(
    ids: Mapping[str, int], added: list[AddedToken], read_as: Callable[[str], bytes]
) -> list[bytes | None]:
    last = max(max(ids.values()), max((token.id for token in added), default=0))
    tokens: list[bytes | None] = [None] * (last + 1)
    for token, i in ids.items():
        tokens[i] = read_as(token)
    for each in added:
        tokens[each.id] = utf8(each.content)
    return tokens


def _fallback_bytes(token: str) -> bytes:
    if re.fullmatch(r"<0x[0-9A-F]{2}>", token):
        return bytes([int(token[3:5], 16)])
    return utf8(token.replace(SPACE, " "))


def _fallback_ids(name: str, ids: Mapping[str, int]) -> list[int]:
    for byte in range(256):
        if f"<0x{byte:02X}>" not in ids:
            refuse(name, f"model.vocab: expected a token for every byte, found none called <0x{byte:02X}>")
    return [ids[f"<0x{byte:02X}>"] for byte in range(256)]


# --- from text to words --------------------------------------------------------------------------------


def flattened(name: str, part: _Part | None, inner: str) -> list[_Part]:
    """The steps of a sequence, nested ones included, in order."""
    if part is None:
        return []
    if part.type != "Sequence":
        return [part]
    steps: list[_Part] = []
    for each in getattr(part, inner):
        steps += flattened(name, each, inner)
        if len(steps) > MAX_STEPS:
            refuse(name, f"{inner}: expected at most {MAX_STEPS} steps")
    return steps


def _byte_level_words(name: str, parts: list[_Part], normalizers: list[_Part]) -> Pretokenizer:
    steps: list[Splitter] = []
    prepends = False
    for at, part in enumerate(parts):
        if part.type == "ByteLevel":
            if part.add_prefix_space:
                if at:
                    refuse(name, "pre_tokenizer: expected add_prefix_space in its first step alone")
                prepends = True
            if part.use_regex:
                steps.append(split_by(GPT2_PATTERN))
        else:
            steps.append(_splitter(name, part))
    return Pretokenizer(
        steps,
        normalizers=[_normalizer(name, each) for each in normalizers],
        prepend="missing" if prepends else "never",
        pattern=GPT2_PATTERN if [p.type for p in parts] == ["ByteLevel"] and parts[0].use_regex else None,
    )


def _fallback_words(
    name: str, parts: list[_Part], normalizers: list[_Part], ids: Mapping[str, int]
) -> Pretokenizer:
    prepend: Any = "never"
    changes = []
    for each in normalizers:
        if each.type == "Prepend":
            if each.prepend != SPACE:
                refuse(name, f"normalizer.prepend: expected {SPACE}, found {shown(each.prepend)}")
            prepend = "always"
        else:
            changes.append(_normalizer(name, each))
    steps: list[Splitter] = []
    for part in parts:
        if part.type != "Metaspace":
            steps.append(_splitter(name, part))
            continue
        if part.replacement != SPACE:
            refuse(name, f"pre_tokenizer.replacement: expected {SPACE}, found {shown(part.replacement)}")
        changes.append(_spaces_marked)
        schemes = {"always": "missing", "first": "first", "never": "never"}
        scheme = part.prepend_scheme or ("never" if part.add_prefix_space is False else "always")
        if scheme not in schemes:
            refuse(
                name, f"pre_tokenizer.prepend_scheme: expected always, first or never, found {shown(scheme)}"
            )
        prepend = schemes[scheme]
        if part.split:
            steps.append(split_by(SPACE, "MergedWithNext"))
    return Pretokenizer(steps or word_cutter(ids, SPACE), normalizers=changes, prefix=SPACE, prepend=prepend)


def _spaces_marked(text: str) -> str:
    return text.replace(" ", SPACE)


def _splitter(name: str, part: _Part) -> Splitter:
    if part.type == "Digits":
        return split_by(r"\p{N}" if part.individual_digits else r"\p{N}+", "Isolated")
    if part.type != "Split":
        refuse(
            name, f"pre_tokenizer: expected ByteLevel, Split, Digits or Metaspace, found {shown(part.type)}"
        )
    behaviors = ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous")
    if part.behavior not in behaviors:
        refuse(
            name,
            f"pre_tokenizer.behavior: expected one of {', '.join(behaviors)}, found {shown(part.behavior)}",
        )
    try:
        return split_by(_pattern(name, part), part.behavior, invert=part.invert)  # type: ignore[arg-type]
    except TokenizerError as error:
        refuse(name, f"pre_tokenizer: {error}")


def _pattern(name: str, part: _Part) -> str:
    match part.pattern:
        case {"Regex": text}:
            return text
        case {"String": text} if text:
            return re.escape(text)
    refuse(name, f"{part.type}.pattern: expected a Regex or a String, found {shown(part.pattern)}")


def _normalizer(name: str, part: _Part) -> Callable[[str], str]:
    if part.type in ("NFC", "NFD", "NFKC", "NFKD"):
        form: Any = part.type
        return lambda text: unicodedata.normalize(form, text)
    if part.type == "Lowercase":
        return str.lower
    if part.type != "Replace":
        refuse(
            name, f"normalizer: expected NFC to NFKD, Lowercase, Prepend or Replace, found {shown(part.type)}"
        )
    if len(part.content) > MAX_CONTENT:
        refuse(
            name,
            f"normalizer.content: expected at most {MAX_CONTENT} characters, found {len(part.content):,}",
        )
    if "String" in part.pattern:
        old = part.pattern["String"]
        return lambda text: text.replace(old, part.content) if old else text
    try:
        expression = compiled(_pattern(name, part))
    except TokenizerError as error:
        refuse(name, f"normalizer: {error}")
    return lambda text: expression.sub(lambda _: part.content, text, timeout=2 + len(text) / 1e5)


# --- around the text -----------------------------------------------------------------------------------


def _template(name: str, part: _Part | None, vocab_size: int) -> tuple[list[int], list[int]]:
    """The ids that are put before and behind one text."""
    before: list[int] = []
    behind: list[int] = []
    for step in flattened(name, part, "processors"):
        if step.type == "ByteLevel":  # concerns offsets alone
            continue
        if step.type != "TemplateProcessing":
            refuse(
                name, f"post_processor: expected ByteLevel or TemplateProcessing, found {shown(step.type)}"
            )
        target = before
        for piece in step.single[:MAX_STEPS]:
            if "Sequence" in piece:
                target = behind
                continue
            token = str(piece.get("SpecialToken", {}).get("id"))
            if token not in step.special_tokens:
                refuse(name, f"post_processor.single: {shown(token)} is not among its special_tokens")
            target += step.special_tokens[token].ids[:MAX_STEPS]
    for i in before + behind:
        if not 0 <= i < 2 * vocab_size + 1024:
            refuse(name, f"post_processor: expected the id of a token, found {i:,}")
    return before, behind
