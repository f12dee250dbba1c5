"""Byte-pair encoding (Sennrich, Haddow & Birch 2016, after Gage 1994): learning merges and applying them.

Learning: again and again, the most frequent pair of neighbouring tokens becomes a new token. Encoding: the
merges are applied to a word in the order in which they were learned. Each is one generator, which the lab
steps through and `learn` and `merge` drain.

Among pairs that are equally frequent the one with the smallest ids, (left, right), is merged: tokens that
have been there longer come first.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import Annotated, NamedTuple

import numpy as np

from core.config import Config, number
from core.trace import Equation, Frame

__all__ = [
    "LearnConfig",
    "LearnFrame",
    "MergeFrame",
    "MergeTable",
    "Pair",
    "PairCount",
    "learning",
    "merge",
    "merge_frames",
    "merging",
]

Pair = tuple[int, int]
"""The ids of two neighbouring tokens."""

GONE = -1
"""Stands where a token was that has become part of the one before it."""

NEVER = 2**62
"""The rank of a pair that does not merge."""

SHORT = 32
"""Symbols up to which looking at all pairs is faster than keeping a queue of them."""


class LearnConfig(Config, frozen=True):
    """How many merges to learn, and how many of the pairs in the running each frame names."""

    merges: Annotated[int, number(1, 1_000_000, "Merges", "Each adds one token.", scale="log")] = 256
    candidates: Annotated[
        int, number(0, 50, "Candidates", "The most frequent pairs shown at each step.", role="restart")
    ] = 0

    def frames(self) -> int:
        return self.merges + 1


class PairCount(NamedTuple):
    """A pair and how often it stands in the text."""

    pair: Pair
    frequency: int


class LearnFrame(Frame, frozen=True, eq=False):
    """The state after `step` merges; step 0 is the text in bytes."""

    step: int
    pair: Pair | None
    """What this step merged; None in frame 0."""
    token: int | None
    """The id of the token that it became."""
    count: int
    """How often the pair stood in the text, overlaps counted: "aaa" holds (a, a) twice."""
    replaced: int
    """How often it was replaced: "aaa" becomes one merged token and an a."""
    length: int
    """Tokens in the text now."""
    candidates: tuple[PairCount, ...] = ()
    """The next pairs in the running, the one to be merged first."""

    def columns(self) -> dict[str, float]:
        return {"count": self.count, "length": self.length}

    def explain(self, config: LearnConfig | None = None) -> list[Equation]:
        if self.pair is None:
            return []
        (left, right), token, function = self.pair, self.token, "core.language.bpe:learning"
        names = {"left": left, "right": right, "token": token, "count": self.count}
        shrunk = {"before": self.length + self.replaced, "replaced": self.replaced, "length": self.length}
        return [
            Equation(
                "most frequent pair",
                r"\max_{(a, b)} n(a, b) = n(<left>, <right>) = <count>, \quad (<left>, <right>) \to <token>",
                names,
                function,
            ),
            Equation(
                "shorter text", r"T \leftarrow T - r = <before> - <replaced> = <length>", shrunk, function
            ),
        ]


# --- learning ----------------------------------------------------------------------------------------


class Words:
    """The distinct words of a text as token ids, with the counts of all pairs kept up to date.

    A merge visits only the places where its pair stands, and changes only the counts of their neighbours,
    so that thousands of merges cost little more than reading the text (a rescan after each would take hours).
    """

    def __init__(self, words: Mapping[tuple[int, ...], int]) -> None:
        self.length = sum(len(word) * n for word, n in words.items())
        self.symbols = [GONE]  # all words in a row, with a gap between them
        self.times = array("q", [0])  # how often the word of each place occurs
        for word, n in words.items():
            self.symbols += word
            self.symbols.append(GONE)
            self.times.extend([n] * (len(word) + 1))
        self.before = array("q", range(-1, len(self.symbols) - 1))
        self.after = array("q", range(1, len(self.symbols) + 1))
        self.counts: dict[Pair, int] = defaultdict(int)
        self.where: dict[Pair, list[int]] = defaultdict(list)
        self._count()
        # The largest count first, then the smallest pair. An entry whose pair has since become rarer
        # is put back with its true count when it comes up.
        self.queue = [(-n, pair) for pair, n in self.counts.items()]
        heapify(self.queue)

    def _count(self) -> None:
        """All pairs at once: sorted by pair, each one's places lie side by side, from left to right."""
        symbols = np.array(self.symbols, np.int64)
        times = np.array(self.times, np.int64)
        left, right = symbols[:-1], symbols[1:]
        places = np.flatnonzero((left != GONE) & (right != GONE))
        keys = left[places] * (int(symbols.max()) + 1) + right[places]
        order = np.argsort(keys, kind="stable")
        for same in np.split(places[order], np.flatnonzero(np.diff(keys[order])) + 1):
            if len(same):  # one part without a pair, if there is none at all
                pair = int(left[same[0]]), int(right[same[0]])
                self.counts[pair], self.where[pair] = int(times[same].sum()), same.tolist()

    def most_frequent(self) -> PairCount | None:
        """The pair to merge next, or None when no word has two tokens left. It stays in the queue."""
        while self.queue:
            negative, pair = self.queue[0]
            now = self.counts.get(pair, 0)
            if now == -negative:
                return PairCount(pair, now)
            heappop(self.queue)
            if now > 0:
                heappush(self.queue, (-now, pair))
        return None

    def candidates(self, count: int) -> tuple[PairCount, ...]:
        """The `count` most frequent pairs in the order in which they would be merged."""
        best: list[PairCount] = []
        while len(best) < count and (top := self.most_frequent()):
            heappop(self.queue)
            if not best or best[-1] != top:  # a pair may stand in the queue twice
                best.append(top)
        for pair, n in best:
            heappush(self.queue, (-n, pair))
        return tuple(best)

    def replace(self, pair: Pair, token: int) -> int:
        """Every `pair` becomes `token`, from left to right; returns how many did."""
        left, right = pair
        symbols, before, after, where = self.symbols, self.before, self.after, self.where
        changes: dict[Pair, int] = defaultdict(int)
        replaced = 0
        for at in where.pop(pair):  # in order: all were noted in one pass from left to right
            gone = after[at]
            if symbols[at] != left or symbols[gone] != right:
                continue  # merged otherwise since it was noted
            previous, following = before[at], after[gone]
            n = self.times[at]
            if (symbol := symbols[previous]) != GONE:
                changes[symbol, left] -= n
                changes[symbol, token] += n
                where[symbol, token].append(previous)
            if (symbol := symbols[following]) != GONE:
                changes[right, symbol] -= n
                changes[token, symbol] += n
                where[token, symbol].append(at)
            symbols[at], symbols[gone] = token, GONE
            after[at], before[following] = following, at
            replaced += n
        self._change(pair, changes)
        self.length -= replaced
        return replaced

    def _change(self, merged: Pair, changes: Mapping[Pair, int]) -> None:
        for pair, by in changes.items():
            if pair != merged:  # the overlaps in "aaa" go with the pair itself
                self.counts[pair] += by
                if by > 0:
                    heappush(self.queue, (-self.counts[pair], pair))
        del self.counts[merged]


def learning(
    config: LearnConfig,
    inputs: Mapping[tuple[int, ...], int],
    start: LearnFrame | None = None,
    *,
    first: int = 256,
) -> Iterator[LearnFrame]:
    """Learn merges from words, given as ids with how often each occurs; new ids count up from `first`.

    Ends early when no pair is left. To go on behind a frame the merges before it are learned again.
    """
    words = Words(inputs)
    behind = -1 if start is None else start.step
    if behind < 0:
        yield LearnFrame(0, None, None, 0, 0, words.length, words.candidates(config.candidates))
    for step in range(1, config.merges + 1):
        best = words.most_frequent()  #: most frequent pair
        if best is None:
            return
        token = first + step - 1
        replaced = words.replace(best.pair, token)  #: shorter text
        if step > behind:
            candidates = words.candidates(config.candidates)
            yield LearnFrame(step, best.pair, token, best.frequency, replaced, words.length, candidates)


# --- encoding ----------------------------------------------------------------------------------------


class MergeTable:
    """Which pairs merge, into what, and which goes first.

    `index[pair]` is i for the i-th merge, and `tokens[i]` what the pair becomes. `ranks[pair]`, the lowest
    merged first, is i as well unless given (SentencePiece's scores can tie: then the leftmost pair merges).
    """

    def __init__(
        self, pairs: Iterable[Pair] = (), tokens: Iterable[int] = (), ranks: Iterable[int] | None = None
    ) -> None:
        self.index = {pair: i for i, pair in enumerate(pairs)}
        self.tokens = array("q", tokens)
        self.ranks = self.index if ranks is None else dict(zip(self.index, ranks, strict=True))

    def append(self, pair: Pair, token: int) -> None:
        """One more merge, behind all others."""
        self.index[pair] = len(self.tokens)
        self.tokens.append(token)

    def __len__(self) -> int:
        return len(self.index)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        return tuple(self.index)

    def first(self, count: int) -> MergeTable:
        """Only the first `count` merges."""
        pairs = self.pairs[:count]
        ranks = None if self.ranks is self.index else [self.ranks[pair] for pair in pairs]
        return MergeTable(pairs, self.tokens[:count], ranks)


def merging(symbols: list[int], table: MergeTable) -> Iterator[int]:
    """Merge the symbols of one word in place, the best pair first, the leftmost among equals.

    Yields the index in the table after each merge. What is merged away is gone from the list, or (in a long
    word, until the end) marked as GONE. Time O(n log n) for n symbols.
    """
    return _merging_short(symbols, table) if len(symbols) <= SHORT else _merging_long(symbols, table)


def _merging_short(ids: list[int], table: MergeTable) -> Iterator[int]:
    """Looks at every pair each time: fastest for the few symbols of a usual word."""
    index, rank, tokens = table.index, table.ranks.get, table.tokens
    ranks = [rank(pair, NEVER) for pair in pairwise(ids)]
    while ranks and (best := min(ranks)) != NEVER:
        at = ranks.index(best)
        i = index[ids[at], ids[at + 1]]
        ids[at] = token = tokens[i]
        del ids[at + 1], ranks[at]
        if at:
            ranks[at - 1] = rank((ids[at - 1], token), NEVER)
        if at < len(ranks):
            ranks[at] = rank((token, ids[at + 1]), NEVER)
        yield i


def _merging_long(symbols: list[int], table: MergeTable) -> Iterator[int]:
    """Keeps the pairs in a queue: no worse than n log n for a word as long as a book."""
    index, ranks = table.index, table.ranks
    length = len(symbols)
    before = list(range(-1, length - 1))
    after = list(range(1, length + 1))
    queue = [(ranks[pair], at, index[pair]) for at, pair in enumerate(pairwise(symbols)) if pair in index]
    heapify(queue)
    while queue:
        _, at, i = heappop(queue)
        right = after[at]
        if right >= length or index.get((symbols[at], symbols[right])) != i:
            continue  # one of the two has been merged since
        symbols[at] = table.tokens[i]
        symbols[right] = GONE
        following = after[at] = after[right]
        if following < length:
            before[following] = at
            if (pair := (symbols[at], symbols[following])) in index:
                heappush(queue, (ranks[pair], at, index[pair]))
        previous = before[at]
        if previous >= 0 and (pair := (symbols[previous], symbols[at])) in index:
            heappush(queue, (ranks[pair], previous, index[pair]))
        yield i
    symbols[:] = [s for s in symbols if s != GONE]


def merge(symbols: Iterable[int], table: MergeTable) -> list[int]:
    """The ids that a word's symbols merge into."""
    ids = list(symbols)
    for _ in merging(ids, table):
        pass
    return ids


class MergeFrame(Frame, frozen=True, eq=False):
    """A word on its way into tokens, after `step` merges."""

    step: int
    ids: tuple[int, ...]
    pieces: tuple[bytes, ...]
    """The bytes of each token."""
    ranks: tuple[int | None, ...]
    """For each neighbouring pair which merge it is, 0 the first learned; None if it is none."""
    at: int | None
    """The pair that merges next: the lowest rank, the leftmost among equals. None at the end."""
    merged: int | None
    """Where the token is that this step made; None in frame 0."""

    def columns(self) -> dict[str, float]:
        return {"length": len(self.ids)}


def merge_frames(
    symbols: Sequence[int], table: MergeTable, token_bytes: Callable[[int], bytes]
) -> Iterator[MergeFrame]:
    """The frames of one word: its symbols, then one frame behind each merge."""
    state = list(symbols)
    steps = merging(state, table)
    step, merged = 0, None
    while True:
        ids = tuple(s for s in state if s != GONE)
        ranks = tuple(table.ranks.get(pair) for pair in pairwise(ids))
        waiting = [(rank, at) for at, rank in enumerate(ranks) if rank is not None]
        at = min(waiting)[1] if waiting else None
        yield MergeFrame(step, ids, tuple(map(token_bytes, ids)), ranks, at, merged)
        if next(steps, None) is None:
            return
        step, merged = step + 1, at
