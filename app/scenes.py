"""The one ordered list of every scene.

An entry names its config, algorithm, view and card by "module:name", so that listing the scenes imports
none of them. Everything a scene needs stands in its line; adding one is adding a line.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

TABS = {
    "taxonomy": "Taxonomy",
    "language": "Language Models",
    "optimization": "Optimization",
    "regularization": "Regularization",
    "evaluation": "Evaluation",
}


@dataclass(frozen=True)
class Preset:
    """A config worth opening: its fields as in a link, what to try, and what one should see."""

    title: str
    query: str
    try_this: str
    what_you_should_see: str


@dataclass(frozen=True)
class Card:
    """What a scene brings to a lecture: 3 to 6 presets (the first is what opens) and the teacher's words."""

    presets: tuple[Preset, ...]
    question: str
    wrong_answer: str
    minutes: int


@dataclass(frozen=True)
class Scene:
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


SCENES: tuple[Scene, ...] = ()


def scene(id: str) -> Scene:
    """The scene with this id; KeyError with the ids there are."""
    for each in SCENES:
        if each.id == id:
            return each
    raise KeyError(f"There is no scene {id!r}; there are {', '.join(s.id for s in SCENES)}.")


def tabs() -> Iterator[tuple[str, str, list[Scene]]]:
    """Each tab that has scenes: id, title, scenes in order."""
    for tab, title in TABS.items():
        if found := [s for s in SCENES if s.tab == tab]:
            yield tab, title, found


Prepare = Callable[..., Any]
