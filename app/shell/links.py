"""Links: a scene and its settings as one line of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import scenes
from app.stage.scene import Scene

if TYPE_CHECKING:
    from core.config import Config

SCHEME = "training-lab:"
LONGEST = 2048
"""Bytes: a longer link is offered as a file."""
REFUSED_FROM = 64_000
"""Characters: nothing longer is read as a link."""


class LinkError(ValueError):
    """A text that is no link, told in one sentence."""


def to_link(scene_id: str, config: Config) -> str:
    from core.config import to_query

    query = to_query(config)
    return SCHEME + scene_id + (f"?{query}" if query else "")


def from_link(text: str) -> tuple[Scene, Config]:
    """The scene and config of a link, with or without the scheme. Raises LinkError or ConfigError."""
    from core.config import from_query

    text = text.strip()
    if len(text) > REFUSED_FROM:
        raise LinkError(f"A link has at most {REFUSED_FROM:,} characters; this text has {len(text):,}.")
    id, _, query = text.removeprefix(SCHEME).partition("?")
    if not any(each.id == id for each in scenes.SCENES):
        known = ", ".join(each.id for each in scenes.SCENES)
        raise LinkError(f"{id[:60]!r} names no scene; expected one of {known}.")
    found = scenes.scene(id)
    return found, from_query(found.load("config"), query)
