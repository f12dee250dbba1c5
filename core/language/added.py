"""Added tokens: texts such as <|endoftext|> that are one token wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

__all__ = ["AddedToken", "AddedTokens", "Segment"]


class AddedToken(NamedTuple):
    """A text with an id of its own.

    `left_strip` and `right_strip` take in the white space beside it; `single_word` asks that no letter or
    digit stand beside it.
    """

    content: str
    id: int
    special: bool = True
    single_word: bool = False
    left_strip: bool = False
    right_strip: bool = False


class Segment(NamedTuple):
    """A stretch of text [start, stop), in characters: an added token, or ordinary text where it is None."""

    start: int
    stop: int
    token: AddedToken | None


class AddedTokens:
    """Finds added tokens in a text: the leftmost first, and among those that start together the longest."""

    def __init__(self, tokens: Sequence[AddedToken]) -> None:
        self.tokens = tuple(tokens)
        self._by_content = {token.content: token for token in tokens}
        longest_first = sorted(tokens, key=lambda token: -len(token.content))
        alternatives = [
            rf"(?<!\w){re.escape(token.content)}(?!\w)" if token.single_word else re.escape(token.content)
            for token in longest_first
        ]
        self._pattern = re.compile("|".join(alternatives)) if alternatives else None

    def segments(self, text: str) -> Iterator[Segment]:
        """The text in order, without gaps and without empty segments."""
        at = 0
        for match in self._pattern.finditer(text) if self._pattern else ():
            token = self._by_content[match.group()]
            start, stop = match.span()
            if start < at:  # taken in by the token before
                start = at
            while token.left_strip and start > at and text[start - 1].isspace():
                start -= 1
            while token.right_strip and stop < len(text) and text[stop].isspace():
                stop += 1
            if at < start:
                yield Segment(at, start, None)
            yield Segment(start, stop, token)
            at = stop
        if at < len(text):
            yield Segment(at, len(text), None)
