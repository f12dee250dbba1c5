"""Text into pretokens: the words that byte-pair encoding never merges across, and their bytes.

Byte-level BPE (Radford et al. 2019) first cuts the text by a pattern, " like this" into " like" and " this",
then works on the UTF-8 bytes of each piece. In vocabulary files a byte is written as one printable character,
so that every token is readable text without spaces.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

__all__ = [
    "BYTE_ORDER",
    "GPT2_PATTERN",
    "Behavior",
    "Pretokenizer",
    "Splitter",
    "TokenizerError",
    "compiled",
    "from_symbols",
    "split_by",
    "text_of",
    "to_symbols",
    "utf8",
]

GPT2_PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""GPT-2's pretokens: contractions, letters, digits or other signs with the space before them, white space."""

_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TRUSTED = frozenset({GPT2_PATTERN, _LLAMA3, _LLAMA3.replace("{1,3}", "")})
"""Patterns of linear time: GPT-2's, Llama 3's, Qwen 2's. Any other is timed, at three times the cost."""

SECONDS = 2.0
"""What a pattern that a file brings may take over any text; one can be made that backtracks for ever."""

SECONDS_PER_MEGABYTE = 10.0

MAX_PATTERN = 2_000
MAX_REPEATS = 1_000
"""Largest product of the counts in a pattern: "((a{999}){999}){999}" would fill the memory when compiled."""

Splitter = Callable[[list[str]], list[str]]
"""One step: texts in, their pieces out, in order."""

Prepend = Literal["always", "missing", "first", "never"]

Behavior = Literal["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]


class TokenizerError(ValueError):
    """Why a tokenizer could not be read, or could not read a text, in one sentence."""


# --- bytes as characters -----------------------------------------------------------------------------


def _byte_order() -> bytes:
    """The 256 bytes in GPT-2's order: those that Latin-1 prints first, then the others."""
    printed = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    return bytes(printed + sorted(set(range(256)) - set(printed)))


BYTE_ORDER = _byte_order()
PRINTED = 188
"""How many of them print."""

_SYMBOL_OF_BYTE = {b: chr(b) if i < PRINTED else chr(256 + i - PRINTED) for i, b in enumerate(BYTE_ORDER)}
_BYTE_OF_SYMBOL = {ord(symbol): chr(b) for b, symbol in _SYMBOL_OF_BYTE.items()}


def to_symbols(data: bytes) -> str:
    """Bytes as vocabulary files write them, one printable character for each.

    >>> to_symbols(b" caf\\xc3\\xa9")
    'ĠcafÃ©'
    """
    return data.decode("latin-1").translate(_SYMBOL_OF_BYTE)


def from_symbols(symbols: str) -> bytes:
    """The inverse of `to_symbols`; a text with any other character stands for its own UTF-8 bytes."""
    if all(ord(c) in _BYTE_OF_SYMBOL for c in symbols):
        return symbols.translate(_BYTE_OF_SYMBOL).encode("latin-1")
    return utf8(symbols)


def utf8(text: str) -> bytes:
    """UTF-8 bytes. Bytes that came in as lone surrogates ("surrogateescape") go out as they were."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # another lone surrogate: no character, so no bytes of its own
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode("utf-8")


def text_of(data: bytes) -> str | None:
    """The text of complete UTF-8; None for a piece of a character."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


# --- patterns ----------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def compiled(pattern: str) -> Any:
    """A pattern of the `regex` module, imported when first needed. TokenizerError if it is none or a bomb."""
    import regex

    counts = [int(n) for n in re.findall(r"(\d{1,9})(?=(?:,\d*)?\})", pattern)]
    if len(pattern) > MAX_PATTERN or math.prod(max(1, n) for n in counts) > MAX_REPEATS:
        raise TokenizerError(f"the pattern {pattern[:40]!r} is too large")
    try:
        return regex.compile(pattern, regex.V0)
    except (regex.error, RecursionError, OverflowError) as error:
        raise TokenizerError(f"the pattern {pattern[:40]!r} is no regular expression ({error})") from None


# Whether two neighbouring stretches of text stay in one piece, given which of them the pattern matched.
_JOINED: dict[Behavior, Callable[[bool, bool], bool]] = {
    "Removed": lambda this, following: False,
    "Isolated": lambda this, following: False,
    "MergedWithPrevious": lambda this, following: following and not this,
    "MergedWithNext": lambda this, following: this and not following,
    "Contiguous": lambda this, following: this is following,
}


def split_by(pattern: str, behavior: Behavior = "Isolated", *, invert: bool = False) -> Splitter:
    """Cut where the pattern matches; `behavior` says what becomes of the matches (Hugging Face's names).

    `invert` swaps what matched and what lies between. Raises TokenizerError on a text over which the pattern
    takes longer than the time allowed.
    """
    expression = compiled(pattern)
    removed = behavior == "Removed"
    matches_alone = not expression.groups and (invert if removed else behavior == "Isolated")

    def cut(text: str, seconds: float | None) -> list[str]:
        if matches_alone:
            found = expression.findall(text, timeout=seconds)
            if removed or sum(map(len, found)) == len(text):  # no gaps
                return found
        spans = [match.span() for match in expression.finditer(text, timeout=seconds)]
        stretches = [each for each in _stretches(spans, len(text), invert) if not (removed and each[2])]
        return _pieces(text, stretches, _JOINED[behavior])

    def split(texts: list[str]) -> list[str]:
        pieces: list[str] = []
        for text in texts:
            seconds = None if pattern in TRUSTED else SECONDS + SECONDS_PER_MEGABYTE * len(text) / 1e6
            try:
                pieces += cut(text, seconds)
            except TimeoutError:
                message = f"the pattern {pattern[:40]!r} took longer than {seconds:.0f} s over a text"
                raise TokenizerError(message) from None
        return [piece for piece in pieces if piece]

    return split


def _stretches(spans: list[tuple[int, int]], length: int, invert: bool) -> list[tuple[int, int, bool]]:
    """The whole text as (start, stop, matched), none of them empty."""
    stretches = []
    at = 0
    for start, stop in spans:
        stretches += [(at, start, invert), (start, stop, not invert)]
        at = stop
    stretches.append((at, length, invert))
    return [each for each in stretches if each[0] < each[1]]


def _pieces(
    text: str, stretches: list[tuple[int, int, bool]], joined: Callable[[bool, bool], bool]
) -> list[str]:
    pieces = []
    start = 0
    for i, (first, stop, matched) in enumerate(stretches):
        if i == 0 or not joined(stretches[i - 1][2], matched):
            start = first
        if i + 1 == len(stretches) or not joined(matched, stretches[i + 1][2]):
            pieces.append(text[start:stop])
    return pieces


class Pretokenizer:
    """From a stretch of text to the words that are merged: normalize, put a space before it, split.

    `prefix` is put before the text `prepend`: "always", "missing" (unless it is there), "first" (the same,
    at the start of the text only) or "never".
    """

    def __init__(
        self,
        steps: Sequence[Splitter] = (),
        *,
        normalizers: Sequence[Callable[[str], str]] = (),
        prefix: str = " ",
        prepend: Prepend = "never",
        pattern: str | None = None,
    ) -> None:
        self.steps = tuple(steps)
        self.normalizers = tuple(normalizers)
        self.prefix = prefix
        self.prepend = prepend
        self.pattern = pattern
        """The one pattern by which it splits, if that is all it does."""

    @classmethod
    def gpt2(cls) -> Pretokenizer:
        return cls([split_by(GPT2_PATTERN)], pattern=GPT2_PATTERN)

    @property
    def prepends(self) -> bool:
        return self.prepend != "never"

    def words(self, text: str, first: bool = True) -> tuple[list[str], bool]:
        """The words of a text in order, and whether a space was put before it."""
        longest = 4 * len(text) + 1024
        for normalize in self.normalizers:
            text = normalize(text)
            if len(text) > longest:
                raise TokenizerError("the normalizer makes the text more than four times as long")
        prepended = self._prepended(text, first)
        pieces = [self.prefix + text if prepended else text]
        for step in self.steps:
            pieces = step(pieces)
        return pieces, prepended

    def _prepended(self, text: str, first: bool) -> bool:
        if not text or self.prepend == "never" or (self.prepend == "first" and not first):
            return False
        return self.prepend == "always" or not text.startswith(self.prefix)
