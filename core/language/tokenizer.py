"""Text into tokens and back: characters, or byte pairs that we train or read from files.

>>> tokenizer = BytePairTokenizer.train("aaabdaaabac", 256 + 3)
>>> tokenizer.merges
((b'a', b'a'), (b'a', b'b'), (b'aa', b'ab'))
>>> [piece.data for piece in tokenizer.pieces("aaabdaaabac")]
[b'aaab', b'd', b'aaab', b'a', b'c']
"""

from __future__ import annotations

import copy
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from core.language.added import AddedToken, AddedTokens
from core.language.bpe import LearnConfig, MergeFrame, MergeTable, learning, merge, merge_frames
from core.language.pretokenize import BYTE_ORDER, Pretokenizer, TokenizerError, text_of, utf8

__all__ = [
    "ByteFallbackTokenizer",
    "BytePairTokenizer",
    "CharacterTokenizer",
    "Piece",
    "Tokenizer",
    "TokenizerError",
    "load_tokenizer",
    "words_of",
]

UNKNOWN = "\ufffd"
"""Stands for a character that a vocabulary of characters does not hold."""

CACHED_WORDS = 2**16
CACHED_LENGTH = 64
"""Words kept with their ids, and the length up to which they are."""


class Piece(NamedTuple):
    """A token in its place: `start` and `stop` in bytes of the text's UTF-8."""

    id: int
    data: bytes
    start: int
    stop: int

    @property
    def text(self) -> str | None:
        """None when the bytes are only a part of a character, as of an emoji."""
        return text_of(self.data)


class Tokenizer:
    """A vocabulary, and the two ways through it. `tokens[id]` are the bytes that a token stands for."""

    tokens: Sequence[bytes | None]

    @property
    def vocab_size(self) -> int:
        """One more than the largest id."""
        return len(self.tokens)

    def encode(self, text: str) -> list[int]:
        """The ids of a text."""
        return [piece.id for piece in self.pieces(text)]

    def pieces(self, text: str) -> list[Piece]:
        """The tokens of a text, each with its bytes and where they lie."""
        raise NotImplementedError

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some ids; bytes that make no character read as U+FFFD."""
        return self.decode_bytes(ids).decode("utf-8", "replace")

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of some ids, exactly."""
        return b"".join(map(self.token_bytes, ids))

    def token_bytes(self, token: int) -> bytes:
        """The bytes that one token stands for. TokenizerError for an id that is none."""
        data = self.tokens[token] if 0 <= token < len(self.tokens) else None
        if data is None:
            raise TokenizerError(f"token {token}: expected an id from 0 to {len(self.tokens) - 1}")
        return data


class CharacterTokenizer(Tokenizer):
    """One token for each character; id 0 is for those that the vocabulary does not hold."""

    def __init__(self, characters: Iterable[str]) -> None:
        self.characters = (UNKNOWN, *sorted(set(characters) - {UNKNOWN}))
        self.tokens = [utf8(character) for character in self.characters]
        self._ids = {character: i for i, character in enumerate(self.characters)}

    @classmethod
    def train(cls, text: str) -> CharacterTokenizer:
        """The characters of a text, in the order of their code points."""
        return cls(text)

    def encode(self, text: str) -> list[int]:
        get = self._ids.get
        return [get(character, 0) for character in text]

    def pieces(self, text: str) -> list[Piece]:
        pieces = []
        at = 0
        for character in text:
            data = utf8(character)
            pieces.append(Piece(self._ids.get(character, 0), data, at, at + len(data)))
            at += len(data)
        return pieces


class _Words(dict[str, list[int]]):
    """Ids of the words met so far: text repeats itself, and a look-up is faster than merging again."""

    def __init__(self, encode: Callable[[str], list[int]]) -> None:
        super().__init__()
        self.encode = encode

    def __missing__(self, word: str) -> list[int]:
        ids = self.encode(word)
        if len(word) <= CACHED_LENGTH:
            if len(self) >= CACHED_WORDS:
                self.clear()
            self[word] = ids
        return ids


class BytePairTokenizer(Tokenizer):
    """Byte-level BPE: words are cut by a pattern, then merged from their bytes, so that any text encodes.

    Attributes:
        tokens: the bytes of each id; None where a file leaves an id out.
        table: the merges.
        byte_ids: the id of each of the 256 bytes; None where a file has no token for it.
        pretokenizer: from text to the words that are merged.
        added: texts that are one token wherever they stand.
        prefix, suffix: ids put around every text, such as Llama's <s>.
    """

    def __init__(
        self,
        tokens: Sequence[bytes | None],
        table: MergeTable,
        byte_ids: Sequence[int | None],
        *,
        pretokenizer: Pretokenizer | None = None,
        added: Sequence[AddedToken] = (),
        prefix: Sequence[int] = (),
        suffix: Sequence[int] = (),
        unknown: int | None = None,
        whole_words: Mapping[bytes, int] | None = None,
    ) -> None:
        self.tokens = tokens
        self.table = table
        self.byte_ids = byte_ids
        self.pretokenizer = pretokenizer or Pretokenizer.gpt2()
        self.added = AddedTokens(added)
        self.prefix, self.suffix = tuple(prefix), tuple(suffix)
        self.unknown = unknown
        self.whole_words = whole_words or {}
        self._words = _Words(self.encode_word)

    # --- training ------------------------------------------------------------------------------

    @classmethod
    def train(cls, text: str, vocab_size: int, special: Sequence[str] = ()) -> BytePairTokenizer:
        """Learn a vocabulary of `vocab_size` tokens: 256 bytes, merges, then the special tokens.

        Deterministic; see `core.language.bpe` for how ties are broken. There are fewer merges when the text
        has no pair left. ValueError when `vocab_size` leaves no room for the bytes and special tokens.
        """
        merges = vocab_size - 256 - len(special)
        if merges < 0:
            least = 256 + len(special)
            raise ValueError(f"vocab_size: expected at least {least} (256 bytes and the special tokens)")
        inputs = words_of(text, special)
        pairs = [f.pair for f in learning(LearnConfig(merges=merges), inputs) if f.pair] if merges else []
        return cls.from_pairs(pairs, special)

    @classmethod
    def from_pairs(cls, pairs: Sequence[tuple[int, int]], special: Sequence[str] = ()) -> BytePairTokenizer:
        """A tokenizer from learned merges: bytes first, in GPT-2's order, then one token for each merge."""
        tokens = [bytes([byte]) for byte in BYTE_ORDER]
        for left, right in pairs:
            tokens.append(tokens[left] + tokens[right])
        table = MergeTable(pairs, range(256, len(tokens)))
        added = [AddedToken(text, len(tokens) + i) for i, text in enumerate(special)]
        tokens += [utf8(text) for text in special]
        return cls(tokens, table, byte_order_ids(), added=added)

    def first(self, merges: int) -> BytePairTokenizer:
        """The same vocabulary with only the first merges applied: the tokenizer as it was while learning."""
        other = copy.copy(self)
        other.table = self.table.first(merges)
        other._words = _Words(other.encode_word)
        return other

    # --- encoding ------------------------------------------------------------------------------

    def encode(self, text: str) -> list[int]:
        ids = list(self.prefix)
        for segment in self.added.segments(text):
            if segment.token is not None:
                ids.append(segment.token.id)
            else:
                words, _ = self.pretokenizer.words(text[segment.start : segment.stop], segment.start == 0)
                ids.extend(chain.from_iterable(map(self._words.__getitem__, words)))
        ids += self.suffix
        return ids

    def encode_bytes(self, data: bytes) -> list[int]:
        """The ids of any bytes, UTF-8 or not: `decode_bytes` gives them back."""
        return self.encode(data.decode("utf-8", "surrogateescape"))

    def pretokens(self, text: str) -> list[str]:
        """The words that are merged, and the added tokens between them."""
        found = []
        for segment in self.added.segments(text):
            part = text[segment.start : segment.stop]
            found += [part] if segment.token else self.pretokenizer.words(part, segment.start == 0)[0]
        return found

    def pieces(self, text: str) -> list[Piece]:
        """As `Tokenizer.pieces`. What a normalizer changed keeps the place of the segment it stands in."""
        found = [Piece(i, self.token_bytes(i), 0, 0) for i in self.prefix]
        start = 0
        for segment in self.added.segments(text):
            part = text[segment.start : segment.stop]
            stop = start + len(utf8(part))
            if segment.token is not None:
                found.append(Piece(segment.token.id, utf8(segment.token.content), start, stop))
            else:
                words, prepended = self.pretokenizer.words(part, segment.start == 0)
                at = start - prepended  # the space that was put before it is not in the text
                for i in chain.from_iterable(map(self._words.__getitem__, words)):
                    data = self.token_bytes(i)
                    found.append(Piece(i, data, min(max(at, start), stop), min(at + len(data), stop)))
                    at += len(data)
            start = stop
        return found + [Piece(i, self.token_bytes(i), start, start) for i in self.suffix]

    def symbols(self, word: str) -> list[int]:
        """What a word is merged from: the ids of its bytes."""
        return self._byte_symbols(utf8(word))

    def _byte_symbols(self, data: bytes) -> list[int]:
        found = list(map(self.byte_ids.__getitem__, data))
        if None in found:  # only a vocabulary without a token for every byte
            found = [self.unknown if i is None else i for i in found]
        if None in found:
            byte = data[found.index(None)]
            raise TokenizerError(f"this vocabulary has no token for the byte 0x{byte:02X} in the text")
        return found  # type: ignore[return-value]

    def encode_word(self, word: str) -> list[int]:
        """The ids of one pretoken."""
        whole = self.whole_words.get(utf8(word)) if self.whole_words else None
        return [whole] if whole is not None else merge(self.symbols(word), self.table)

    def merge_frames(self, word: str) -> Iterator[MergeFrame]:
        """How one pretoken becomes tokens: its symbols first, then one frame for each merge."""
        return merge_frames(self.symbols(word), self.table, self.token_bytes)

    # --- decoding ------------------------------------------------------------------------------

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of some ids, less what encoding put around and before the text."""
        ids = list(ids)
        if self.prefix and tuple(ids[: len(self.prefix)]) == self.prefix:
            ids = ids[len(self.prefix) :]
        if self.suffix and tuple(ids[-len(self.suffix) :]) == self.suffix:
            ids = ids[: -len(self.suffix)]
        data = super().decode_bytes(ids)
        return data[1:] if self.pretokenizer.prepends and data.startswith(b" ") else data

    @property
    def merges(self) -> tuple[tuple[bytes, bytes], ...]:
        """The merges in the order in which they are applied, as the bytes of both halves."""
        return tuple((self.token_bytes(left), self.token_bytes(right)) for left, right in self.table.pairs)

    @property
    def special(self) -> dict[str, int]:
        """The ids of the tokens that stand for no text, such as <|endoftext|>, by name."""
        return {token.content: token.id for token in self.added.tokens if token.special}

    def to_json(self) -> bytes:
        """A `tokenizer.json`, for GPT-2's pretokens alone: ValueError for any other."""
        from core.language.tokenizer_writing import write

        return write(self)


class ByteFallbackTokenizer(BytePairTokenizer):
    """BPE over characters, as in Llama: those that are no token of their own become the bytes of their UTF-8.

    `characters` are the ids of single characters as the pretokenizer writes them (a space may be "▁").
    """

    def __init__(self, *arguments, characters: Mapping[str, int], **named) -> None:
        super().__init__(*arguments, **named)
        self.characters = characters

    def symbols(self, word: str) -> list[int]:
        """What a word is merged from: the ids of its characters, or of their bytes."""
        ids = []
        for character in word:
            found = self.characters.get(character)
            if found is not None:
                ids.append(found)
            else:
                ids += self._byte_symbols(utf8(character))
        return ids


def byte_order_ids() -> list[int]:
    """The id of each byte in a vocabulary that begins with the bytes in GPT-2's order."""
    ids = [0] * 256
    for i, byte in enumerate(BYTE_ORDER):
        ids[byte] = i
    return ids


def words_of(text: str, special: Sequence[str] = ()) -> dict[tuple[int, ...], int]:
    """What merges are learned from: the distinct pretokens of a text as ids of bytes, and their counts."""
    pretokenizer = Pretokenizer.gpt2()
    counts: Counter[str] = Counter()
    for segment in AddedTokens([AddedToken(each, 0) for each in special]).segments(text):
        if segment.token is None:
            counts.update(pretokenizer.words(text[segment.start : segment.stop])[0])
    ids = bytes(byte_order_ids())
    return {tuple(utf8(word).translate(ids)): count for word, count in counts.items()}


def load_tokenizer(path: str | os.PathLike[str]) -> Tokenizer:
    """Read a tokenizer from a file or from the folder that holds it.

    A folder is searched for `tokenizer.json` (Hugging Face), `vocab.json` with `merges.txt` (GPT-2), then
    `tokenizer.bin` or `tok*.bin` (llama2.c). TokenizerError says in one sentence what was wrong, and names
    the kinds that are not read (WordPiece, Unigram, SentencePiece models).
    """
    from core.language import tokenizer_files

    return tokenizer_files.load(path)
