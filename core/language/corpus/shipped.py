"""The corpus that comes with the lab: a megabyte of stories in three files, and what is known about them.

`python -m core.language.corpus` writes it anew, byte for byte the same.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Iterator
from pathlib import Path

import msgspec

from core.language.corpus.lexicon import RESOURCES
from core.language.corpus.stories import END, SPLITS, Story, stories
from core.language.corpus.style import STORY

__all__ = ["SEED", "SIZE", "Shipped", "SplitRecord", "load_text", "record", "write_shipped"]

SEED = 2024
SIZE = 1_000_000
"""Bytes of all splits together, give or take a story each."""


class SplitRecord(msgspec.Struct, frozen=True):
    """`log_prob` in nats is that of the whole file, ends of stories included; `bits_per_byte` the floor."""

    stories: int
    bytes: int
    log_prob: float
    bits_per_byte: float
    sha256: str


class Shipped(msgspec.Struct, frozen=True):
    seed: int
    splits: dict[str, SplitRecord]


def shipped_stories(split: str) -> Iterator[Story]:
    """The stories of one shipped file: as many as its share of `SIZE` needs."""
    room = SIZE * SPLITS[split] // 100
    for story in stories(SEED, None, split, STORY):
        yield story
        room -= len((story.text + END).encode())
        if room <= 0:
            return


def write_shipped(folder: Path = RESOURCES) -> Shipped:
    """Write train.txt, validation.txt, test.txt and corpus.json into the folder."""
    splits = {}
    for split in SPLITS:
        told = list(shipped_stories(split))
        raw = "".join(story.text + END for story in told).encode("ascii")
        (folder / f"{split}.txt").write_bytes(raw)
        log_prob = math.fsum(story.log_prob for story in told)
        floor = round(-log_prob / math.log(2) / len(raw), 6)
        digest = hashlib.sha256(raw).hexdigest()
        splits[split] = SplitRecord(len(told), len(raw), round(log_prob, 3), floor, digest)
    shipped = Shipped(SEED, splits)
    text = msgspec.json.format(msgspec.json.encode(shipped), indent=2) + b"\n"
    (folder / "corpus.json").write_bytes(text)
    return shipped


def load_text(split: str) -> str:
    """A shipped file. Its stories are what `END` sets apart."""
    return (RESOURCES / f"{split}.txt").read_bytes().decode("ascii")


@functools.cache
def record() -> Shipped:
    """What was written beside the shipped files."""
    return msgspec.json.decode((RESOURCES / "corpus.json").read_bytes(), type=Shipped)
