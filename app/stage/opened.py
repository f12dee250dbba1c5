"""A scene that has been opened in this session, and how it was left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.stage.failure import FailurePanel
from app.stage.run import Run
from app.stage.scene import Card, Scene

if TYPE_CHECKING:
    from app.stage.view import View
    from core.config import Config


class Opened:
    """A scene that has been opened in this session: it is kept, so that coming back costs nothing."""

    def __init__(self, scene: Scene, card: Card, run: Run, view: View, failure: FailurePanel) -> None:
        self.scene = scene
        self.card = card
        self.run = run
        self.view = view
        self.failure = failure
        self.committed: Config | None = None
        self.index = 0
        self.following = False
        self.speed = 30.0
        self.theme = ""
        self.is_committing = False
        self._presets: list[Config] = []

    @property
    def presets(self) -> list[Config]:
        """The presets' configs, in order."""
        if not self._presets:
            from core.config import from_query

            config_type = self.scene.load("config")
            self._presets = [from_query(config_type, preset.query) for preset in self.card.presets]
        return self._presets

    @property
    def preset(self) -> int:
        """Which preset is in force, -1 for none."""
        return self.presets.index(self.run.config) if self.run.config in self.presets else -1

    def commit(self) -> tuple[Config | None, Config] | None:
        """What was edited since the last commit, before and after; None if nothing was.

        While the config in force waits for its inputs it may yet be refused: it is committed once they come.
        """
        self.is_committing = self.run.is_waiting
        if self.is_committing or self.run.config is None or self.run.config == self.committed:
            return None
        before, self.committed = self.committed, self.run.config
        return before, self.run.config


def with_next_seed(config: Config | None) -> Config | None:
    """The same experiment with other random numbers; None for a config without a seed."""
    if config is None or (seed := getattr(config, "seed", None)) is None:
        return None
    from core.config import fields, replace

    top = next(field.high for field in fields(type(config)) if field.path == "seed")
    return replace(config, "seed", (seed + 1) % (int(top or seed) + 1))


def with_file(config: Config, field: str, path: str) -> Iterator[Config]:
    """The config with a file or folder and its fingerprint in a Source field; for a job: it may be large."""
    from core.config import Source, replace
    from core.datasets.fingerprint import fingerprint

    yield replace(config, field, Source(path=path, sha256=fingerprint(path)))
