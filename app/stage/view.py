"""View: the widget that draws a scene's frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.stage.theme import LIGHT, Theme

if TYPE_CHECKING:  # core brings numpy, which the first paint does without
    from core.config import Config
    from core.trace import Trace


class View(QWidget):
    """Draws, and emits what the reader does. Computes nothing, starts no timer and no thread.

    The stage calls, in this order: `set_theme`, `show_config` when the config changed, then `draw` for each
    step shown, and `settle` once nothing moves any more.
    """

    edited = Signal(object)
    """The config while something is dragged, already replaced but not yet validated."""

    committed = Signal()
    """The drag is done: one undo entry."""

    visit = Signal(str, object)
    """Open another scene (id) with a config."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = LIGHT
        self.config: Config | None = None
        self.parts: tuple[Any, ...] = ()
        """What it is made of: each takes the theme as well."""

    def set_theme(self, theme: Theme) -> None:
        """Take the colours, and give them to the parts. Called before the first draw and when they change."""
        self.theme = theme
        for part in self.parts:
            part.set_theme(theme)
        self.lay_out()

    def lay_out(self) -> None:
        """Give every part its place. Called when the size or the theme, and so the size of type, changes."""

    def scale(self, most: float = 2.0) -> float:
        """How many times larger than at a desk type and marks may be, in this much room."""
        return round(max(1.0, min(most, self.width() / 1100, self.height() / 700)), 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.lay_out()

    def show_config(self, config: Config, inputs: object) -> None:
        """A new run (or a changed view field): place handles, draw the ground, set ranges once."""
        self.config = config

    def draw(self, trace: Trace, index: int) -> None:
        """Show step `index`. May paint only what is new since the last call."""
        raise NotImplementedError

    def settle(self) -> None:
        """Nothing moves: repaint whatever was painted incrementally, whole and in its fixed order."""

    def describe(self, trace: Trace, index: int) -> str:
        """The picture in words: the plot's accessible description, changing with the step."""
        raise NotImplementedError

    def notes(self, trace: Trace, index: int) -> list[str]:
        """What to notice at this step, most telling first; a sentence each."""
        return []
