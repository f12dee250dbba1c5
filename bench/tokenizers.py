"""Byte-pair encoding beside Hugging Face's tokenizers on one thread; n-gram counting; what an import costs.

The peer is no dependency of the lab: `pip install --target /tmp/peers tokenizers`, then
`PYTHONPATH=/tmp/peers python -m bench BPE`.
"""

from __future__ import annotations

import functools
import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench import MissingError, Pair, benchmark
from core.language.ngram import NGram
from core.language.tokenizer import BytePairTokenizer

ROOT = Path(__file__).resolve().parent.parent
MEGABYTE = 1_000_000


@functools.cache
def text_of(megabytes: int) -> str:
    """Invented words, 60,000 of them, as often as words are in a language (Zipf): harder than stories."""
    rng = np.random.default_rng(0)
    sounds = np.array(
        [a + b for a in [*"bcdfghklmnprstvwz", "st", "th", "ch", ""] for b in [*"aeiou", "ea", "on", "er"]]
    )
    lengths = rng.integers(1, 5, 60_000)
    words = np.array(["".join(rng.choice(sounds, n)) for n in lengths])
    chances = 1 / np.arange(3, len(words) + 3)
    marks = np.array([" ", " ", " ", " ", " ", " ", " ", ", ", ". ", ".\n", "'s ", " 17 "])
    count = megabytes * MEGABYTE // 4
    pieces = np.char.add(rng.choice(words, count, p=chances / chances.sum()), rng.choice(marks, count))
    return "".join(pieces.tolist())[: megabytes * MEGABYTE]


def peer() -> Any:
    """Hugging Face's package, on one thread. MissingError where it is not installed."""
    os.environ["RAYON_NUM_THREADS"] = "1"  # read when it first runs
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        return importlib.import_module("tokenizers")
    except ImportError:
        raise MissingError("the peer is not installed: pip install --target /tmp/peers tokenizers") from None


def peer_trained(text: str, merges: int) -> Any:
    hf = peer()
    tokenizer = hf.Tokenizer(hf.models.BPE())
    tokenizer.pre_tokenizer = hf.pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = hf.pre_tokenizers.ByteLevel.alphabet()
    trainer = hf.trainers.BpeTrainer(vocab_size=256 + merges, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def training(megabytes: int, merges: int) -> Callable[[], Pair]:
    def make() -> Pair:
        peer()
        text = text_of(megabytes)
        ours = BytePairTokenizer.train(text, 256 + merges)
        sample = text[:50_000]
        assert ours.encode(sample) == peer_trained(text, merges).encode(sample).ids  # the same merges
        return lambda: BytePairTokenizer.train(text, 256 + merges), lambda: peer_trained(text, merges)

    return make


for megabytes in (1, 5):
    for merges in (512, 4096):
        name = f"BPE training, {merges:,} merges on {megabytes} MB, against tokenizers"
        benchmark(name, bound=1.6, rounds=5)(training(megabytes, merges))


def encoding(megabytes: int, fresh: bool) -> Callable[[], Pair]:
    """`fresh`: a cache that has met no word yet each time; else both keep theirs from call to call."""

    def make() -> Pair:
        theirs = peer_trained(text_of(1), 4096)
        ours = BytePairTokenizer.train(text_of(1), 256 + 4096)
        text = text_of(megabytes)
        assert ours.encode(text[:50_000]) == theirs.encode(text[:50_000]).ids
        if fresh:
            return lambda: ours.first(4096).encode(text), lambda: theirs.encode(text)
        return lambda: ours.encode(text), lambda: theirs.encode(text)

    return make


for megabytes in (1, 5):
    for words, fresh in (("every word new", True), ("words met before", False)):
        name = f"BPE encoding, {megabytes} MB, {words}, against tokenizers"
        benchmark(name, bound=1 / 1.5, rounds=7)(encoding(megabytes, fresh))


@benchmark("6-gram, modified Kneser-Ney: counting 1 MB of bytes, against 2 s", bound=1.0, unit="s", rounds=5)
def ngram() -> Pair:
    ids = np.frombuffer(text_of(1).encode()[:MEGABYTE], np.uint8)
    return lambda: NGram(6, vocab_size=256).fit(ids), 2.0


@benchmark("import of core.language beyond NumPy, processor time, against 100 ms", bound=1.0)
def importing() -> Pair:
    """Every module of it; what is only needed to read files comes later."""
    names = [f"core.language.{file.stem}" for file in (ROOT / "core" / "language").glob("*.py")]
    modules = ", ".join(sorted(name for name in names if not name.endswith("__")))
    timed = f"start = time.process_time()\nimport {modules}\nprint(time.process_time() - start)"
    code = f"import time, numpy\n{timed}"

    def ours() -> float:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )
        return 1000 * float(done.stdout)

    return ours, 100.0
