"""The text that a model is asked about: a story of the test split, what the reader typed, or a file.

A story comes with its floor: the generator knows the probability with which it tells exactly this text and
ends there, and over its stories no model can do better on average.
"""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import Literal

from msgspec import Struct

from core.config import ConfigError, Source
from core.datasets.fingerprint import check_fingerprint
from core.language.corpus import END, record
from core.language.corpus.shipped import shipped_stories
from core.language.pretokenize import utf8

__all__ = ["MOST_BYTES", "STORIES", "Passage", "PassageKind", "passage_of"]

PassageKind = Literal["story", "typed", "file"]

MOST_BYTES = 8_000
"""Of a text are read; of a longer one its beginning."""

STORIES = 62
"""In the shipped test split."""


class Passage(Struct, frozen=True, eq=False):
    """A text, and what is known of it."""

    kind: PassageKind
    name: str
    """Of the file, or nothing."""
    text: str
    cut: bool = False
    """Whether the file goes on behind it."""
    floor: float | None = None
    """Bits per byte of a story under the generator that told it, the end of the story included."""
    usual_floor: float = 0.0
    """The same over the whole test split."""

    @property
    def bytes(self) -> int:
        return len(utf8(self.text))


def passage_of(kind: PassageKind, story: int, text: str, file: Source) -> Passage:
    """ConfigError in one sentence for an empty text, or a file that is no UTF-8 text."""
    usual = record().splits["test"].bits_per_byte
    if kind == "story":
        told = test_stories()[story]
        whole = told.text + END
        floor = -told.log_prob / (math.log(2) * len(utf8(whole)))  #: floor
        return Passage(kind, "", whole, floor=floor, usual_floor=usual)
    if kind == "typed":
        if not text:
            raise ConfigError("Typed text: expected one character at least, found none.", "text")
        return Passage(kind, "", text, usual_floor=usual)
    return _from_file(file, usual)


@functools.lru_cache(maxsize=1)
def test_stories() -> tuple:
    """The stories of the shipped test split, each with its log-probability."""
    return tuple(shipped_stories("test"))


def _from_file(file: Source, usual: float) -> Passage:
    if not file.path:
        raise ConfigError("File: expected a text file, found none chosen.", "file")
    check_fingerprint(file, "file")
    path = Path(file.path)
    try:
        with path.open("rb") as opened:
            data = opened.read(MOST_BYTES + 4)
    except OSError as error:
        raise ConfigError(
            f"{path.name}: cannot be read ({(error.strerror or 'no reason').lower()}).", "file"
        ) from None
    cut = len(data) > MOST_BYTES
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if not (cut and error.start >= len(data) - 3 and error.end == len(data)):  # the cut went through one
            found = f"byte 0x{data[error.start]:02X} at {error.start:,}"
            raise ConfigError(f"{path.name}: expected text in UTF-8, found {found}.", "file") from None
        text = data[: error.start].decode("utf-8")
    text = text.replace("\r\n", "\n")
    if "\0" in text:
        raise ConfigError(f"{path.name}: expected text, found a zero byte.", "file")
    if not text:
        raise ConfigError(f"{path.name}: expected text, found an empty file.", "file")
    return Passage("file", path.name, text, cut, usual_floor=usual)
