"""What is kept from one session to the next: the scene, each scene's config, the window's size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize

from app import scenes
from app.shell import session, settings

if TYPE_CHECKING:
    from app.shell.main_window import MainWindow
    from app.stage.scene import Scene
    from core.config import Config

START = QSize(1440, 900)
"""The size of a first window."""

FRAME = QSize(16, 48)
"""Pixels that a window system may put round a window."""


class Kept:
    """The last session as it was read, and the writing of this one; with `restore` off neither."""

    def __init__(self, restore: bool) -> None:
        self.restore = restore
        self.last, self._queries, self.complaint = session.load() if restore else ("", {}, "")

    @property
    def size(self) -> QSize:
        """The window's; its position is the window system's business."""
        size = settings.settings().value("size")
        return size if isinstance(size, QSize) else START

    def config(self, scene: Scene) -> Config | None:
        """What a scene was left with in the last session, told once; None if there is nothing of use."""
        query = self._queries.pop(scene.id, None)
        if query is None:
            return None
        from core.config import ConfigError, from_query

        try:
            return from_query(scene.load("config"), query)
        except ConfigError:
            return None  # saved by another version: the scene opens as new

    @staticmethod
    def fit_screen(window: MainWindow) -> None:
        """Before it is shown: no larger than the screen leaves free, a frame and its title included."""
        window.resize(window.size().boundedTo(window.screen().availableGeometry().size() - FRAME))

    def save(self, window: MainWindow) -> None:
        """Write this session: scene on stage, configs of all, and the size (no full screen's)."""
        stage = window.stage
        if not self.restore or stage.current is None:
            return
        from core.config import to_query

        queries = dict(self._queries)
        for each in scenes.SCENES:
            if (config := stage.config_of(each.id)) is not None:
                queries[each.id] = to_query(config)
        session.save(stage.current.scene.id, queries)
        whole = window.isFullScreen() or window.isMaximized()
        settings.settings().setValue("size", window.normalGeometry().size() if whole else window.size())
