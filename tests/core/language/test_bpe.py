"""Byte-pair encoding: by hand, against a plain rescan, and merge for merge against Hugging Face's trainer."""

import inspect
import json
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.language import bpe
from core.language.bpe import GONE, LearnConfig, MergeTable, learning, merge, merge_frames
from core.language.pretokenize import to_symbols
from core.language.tokenizer import BytePairTokenizer, words_of
from core.trace import Trace

GOLDEN = Path(__file__).parent / "golden"
A, B, C, D = (BytePairTokenizer.train("", 256).encode(c)[0] for c in "abcd")

words_st = st.dictionaries(
    st.lists(st.integers(0, 3), min_size=1, max_size=14).map(tuple), st.integers(1, 5), max_size=12
)


def replaced(word, pair, token):
    out = []
    i = 0
    while i < len(word):
        if tuple(word[i : i + 2]) == pair:
            out.append(token)
            i += 2
        else:
            out.append(word[i])
            i += 1
    return tuple(out)


def rescan(words, merges, first=256):
    """The algorithm as published: count every pair, merge the best, count again."""
    words = [(word, n) for word, n in words.items()]
    found = []
    for token in range(first, first + merges):
        counts = Counter()
        for word, n in words:
            for pair in pairwise(word):
                counts[pair] += n
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        words = [(replaced(word, best, token), n) for word, n in words]
        found.append((best, counts[best], sum(len(word) * n for word, n in words)))
    return found


# --- learning ------------------------------------------------------------------------------------------


def test_aaabdaaabac_by_hand():
    """aa stands 4 times with overlaps: Z = aa gives ZabdZabac. Then Za and ab tie at 2; ab has the smaller
    ids, (a, b) before (Z, a): Y = ab gives ZYdZYac. ZY stands twice: X = ZY gives XdXac."""
    tokenizer = BytePairTokenizer.train("aaabdaaabac", 256 + 3)
    assert tokenizer.merges == ((b"a", b"a"), (b"a", b"b"), (b"aa", b"ab"))
    frames = list(learning(LearnConfig(merges=3), words_of("aaabdaaabac")))
    Z, Y, X = 256, 257, 258
    assert [(f.pair, f.token, f.count, f.replaced, f.length) for f in frames] == [
        (None, None, 0, 0, 11),
        ((A, A), Z, 4, 2, 9),
        ((A, B), Y, 2, 2, 7),
        ((Z, Y), X, 2, 2, 5),
    ]
    assert tokenizer.encode("aaabdaaabac") == [X, D, X, A, C]


@given(words_st, st.integers(1, 20))
@settings(deadline=None)
def test_same_as_a_rescan(words, merges):
    frames = list(learning(LearnConfig(merges=merges), words))
    assert [(f.pair, f.count, f.length) for f in frames[1:]] == rescan(words, merges)


def test_same_merges_as_hugging_face():
    golden = json.loads((GOLDEN / "tokenizers.json").read_text(encoding="utf-8"))
    text = (GOLDEN / "text.txt").read_bytes().decode("utf-8")
    tokenizer = BytePairTokenizer.train(text, 256 + len(golden["merges"]))
    found = [f"{to_symbols(left)} {to_symbols(right)}" for left, right in tokenizer.merges]
    assert len(found) == 1500
    assert found == golden["merges"]


def test_candidates_are_the_next_merges_in_order():
    words = words_of((GOLDEN / "text.txt").read_bytes().decode("utf-8")[:5000])
    frames = list(learning(LearnConfig(merges=60, candidates=10), words))
    plain = list(learning(LearnConfig(merges=60), words))
    for frame, following in pairwise(frames):
        assert frame.candidates[0] == (following.pair, following.count)
        assert list(frame.candidates) == sorted(frame.candidates, key=lambda c: (-c.frequency, c.pair))
        assert len({c.pair for c in frame.candidates}) == 10
    assert [f.pair for f in frames] == [f.pair for f in plain]


def test_going_on_behind_any_frame():
    words = words_of("the cat sat on the mat, the rat sat on the cat")
    config = LearnConfig(merges=12, candidates=3)
    frames = list(learning(config, words))
    for i, frame in enumerate(frames):
        again = list(learning(config, words, frame))
        assert [(f.step, f.pair, f.length, f.candidates) for f in again] == [
            (f.step, f.pair, f.length, f.candidates) for f in frames[i + 1 :]
        ]


def test_as_a_trace():
    config = LearnConfig(merges=5)
    trace = Trace(learning, config, words_of("aaabdaaabac" * 3)).run()
    assert trace.available == config.frames() == 6
    assert trace.series("length").tolist() == sorted(trace.series("length"), reverse=True)


def test_ends_when_no_pair_is_left():
    assert len(list(learning(LearnConfig(merges=50), {(1, 2, 3): 1}))) == 3
    assert len(list(learning(LearnConfig(merges=50), {(1,): 4}))) == 1
    assert len(list(learning(LearnConfig(merges=50), {}))) == 1


@pytest.mark.parametrize("word", [(0,) * 200_000, (0, 1) * 100_000, tuple(i * i % 7 for i in range(200_000))])
def test_one_endless_word(word):
    """Each merge costs what it changes: a rescan of such a word would take minutes."""
    start = time.perf_counter()
    list(learning(LearnConfig(merges=500), {word: 1}))
    assert time.perf_counter() - start < 10


def test_explained_with_its_numbers():
    frame = list(learning(LearnConfig(merges=2), words_of("aaabdaaabac")))[1]
    best, shorter = frame.explain()
    assert best.values == {"left": A, "right": A, "token": 256, "count": 4}
    assert shorter.values == {"before": 11, "replaced": 2, "length": 9}
    for equation in (best, shorter):
        assert f"#: {equation.tag}\n" in inspect.getsource(getattr(bpe, equation.function.split(":")[1]))
        assert all(f"<{name}>" in equation.template for name in equation.values)


# --- encoding ------------------------------------------------------------------------------------------


def plain_merge(symbols, table):
    """The algorithm as published: the best pair anywhere, the leftmost among equals, until there is none."""
    symbols = list(symbols)
    while True:
        at_pairs = [(at, table.index.get(pair)) for at, pair in enumerate(pairwise(symbols))]
        found = [(table.ranks[symbols[at], symbols[at + 1]], at, i) for at, i in at_pairs if i is not None]
        if not found:
            return symbols
        _, at, i = min(found)
        symbols[at : at + 2] = [table.tokens[i]]


tables = st.dictionaries(
    st.tuples(st.integers(0, 7), st.integers(0, 7)),
    st.tuples(st.integers(0, 9), st.integers(0, 3)),
    max_size=20,
)


@given(st.lists(st.integers(0, 4), max_size=20), tables)
def test_merging_any_table(symbols, found):
    """Also of tables that no training makes: out of order, with ties, with two pairs for one token."""
    table = MergeTable(list(found), [t for t, _ in found.values()], [p for _, p in found.values()])
    assert merge(symbols, table) == plain_merge(symbols, table)
    steps = []
    for merging in (bpe._merging_short, bpe._merging_long):
        state = symbols.copy()
        steps.append((list(merging(state, table)), state))
    assert steps[0] == steps[1]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=50), tables)
def test_frames_of_a_word(symbols, found):
    table = MergeTable(list(found), [t for t, _ in found.values()], [p for _, p in found.values()])
    frames = list(merge_frames(symbols, table, lambda token: bytes([token])))
    assert frames[0].ids == tuple(symbols)
    assert list(frames[-1].ids) == merge(symbols, table)
    assert frames[-1].at is None
    for before, frame in pairwise(frames):
        assert frame.step == before.step + 1
        assert frame.merged == before.at
        assert len(frame.ids) == len(before.ids) - 1
        assert frame.ids[: frame.merged] == before.ids[: frame.merged]
        assert frame.ids[frame.merged + 1 :] == before.ids[frame.merged + 2 :]
        assert before.ranks[before.at] == min(rank for rank in before.ranks if rank is not None)
        assert GONE not in frame.ids


def test_frames_of_a_trained_word():
    tokenizer = BytePairTokenizer.train("low low low lower newest newest widest", 256 + 8)
    frames = list(tokenizer.merge_frames(" lowest"))
    assert frames[0].pieces == tuple(bytes([b]) for b in b" lowest")
    assert list(frames[-1].ids) == tokenizer.encode_word(" lowest")
    assert b"".join(frames[-1].pieces) == b" lowest"


def test_a_long_word_takes_no_square_time():
    tokenizer = BytePairTokenizer.train("ab" * 50, 256 + 6)
    start = time.perf_counter()
    assert tokenizer.decode(tokenizer.encode("ab" * 200_000)) == "ab" * 200_000
    assert time.perf_counter() - start < 10
