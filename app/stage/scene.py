"""Scene: what a scene is made of, each part named "module:name" and imported only when it is shown."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple


class Preset(NamedTuple):
    """A config worth opening: its fields as in a link, what to try, and what one should see."""

    title: str
    query: str
    try_this: str
    what_you_should_see: str


class Card(NamedTuple):
    """What a scene brings to a lecture: 3 to 6 presets (the first is what opens) and the teacher's words."""

    presets: tuple[Preset, ...]
    question: str
    wrong_answer: str
    minutes: int


class Scene(NamedTuple):
    """One scene. `prepare` loads its inputs in a job; it may be a generator of ever better versions.

    `in_job` computes the frames in the worker as well (a training run); `timeless` is a single frame
    without a player; `telling` is the frame for the gallery.
    """

    id: str
    title: str
    question: str
    config: str
    algorithm: str
    view: str
    card: str
    telling: int = 0
    timeless: bool = False
    in_job: bool = False
    prepare: str = ""

    @property
    def tab(self) -> str:
        return self.id.split("/")[0]

    def load(self, part: str) -> Any:
        """The object that `config`, `algorithm`, `view`, `card` or `prepare` names."""
        module, _, name = getattr(self, part).partition(":")
        return getattr(importlib.import_module(module), name)
