"""A view on its own, with what the stage does for it in short: for tests of one scene."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.stage.theme import LIGHT
from app.stage.view import View
from core.config import Config, from_query, get, validate
from core.trace import Trace

Run = Callable[[Any], Trace]


def runner(algorithm: Any, prepare: Any = None, frames: int = 1) -> Run:
    """From a config to the first frames of its run; inputs are kept until one of their fields changes."""
    known: dict[tuple[Any, ...], Any] = {}

    def run(config: Config) -> Trace:
        inputs = None
        if prepare is not None:
            key = tuple(get(config, field) for field in prepare.fields)
            if key not in known:
                found = prepare(config)
                known.clear()
                known[key] = deque(found, maxlen=1)[0] if isinstance(found, Iterator) else found
            inputs = known[key]
        return Trace(algorithm, config, inputs).run(frames)

    return run


class Stand:
    """What is edited is validated, computed and shown at its last frame; commits are counted."""

    def __init__(
        self, qtbot: QtBot, view: View, config: Config, run: Run, size: tuple[int, int] = (900, 600)
    ) -> None:
        self.view: Any = view
        self.run = run
        self.commits = 0
        qtbot.addWidget(view)
        view.resize(*size)
        view.set_theme(LIGHT)
        view.show()
        view.edited.connect(self.show)
        view.committed.connect(self._commit)
        self.show(config)
        QApplication.processEvents()

    def show(self, config: Any) -> None:
        self.config = validate(config)
        self.trace = self.run(self.config)
        self.view.show_config(self.config, self.trace.inputs)
        self.view.draw(self.trace, self.trace.available - 1)

    def open(self, query: str) -> None:
        """As from a link."""
        self.show(from_query(type(self.config), query))

    def _commit(self) -> None:
        self.commits += 1

    @property
    def frame(self) -> Any:
        found = self.trace.frame(self.trace.available - 1)
        assert found is not None
        return found

    def picture(self) -> QImage:
        QApplication.processEvents()
        return self.view.grab().toImage()
