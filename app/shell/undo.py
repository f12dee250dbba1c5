"""Undo: each committed change of a config, or visit to another scene, is one entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QUndoCommand

Restore = Callable[[str, Any], None]
"""Shows a scene (id) with a config (None: as it is)."""


class Change(QUndoCommand):
    """From one scene's config to another; both scenes the same for a plain edit."""

    def __init__(self, text: str, before: tuple[str, Any], after: tuple[str, Any], restore: Restore) -> None:
        super().__init__(text)
        self._before = before
        self._after = after
        self._restore = restore
        self._done = True  # what the entry describes has already happened

    def undo(self) -> None:
        self._restore(*self._before)

    def redo(self) -> None:
        if self._done:
            self._done = False
        else:
            self._restore(*self._after)


def what_changed(before: Any, after: Any) -> str:
    """The changed setting's title, for the menu: "Undo Learning rate"."""
    from core.config import fields, get

    titles = [f.title for f in fields(type(after)) if get(before, f.path) != get(after, f.path)]
    return titles[0] if len(titles) == 1 else f"{len(titles)} settings"
