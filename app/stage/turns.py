"""Turns: while something is drawn as it is computed, a view's grounds are painted one a frame.

An edit can change the ground of every plot of a view at once, and painting one takes a good part of a frame.
One after another they keep the window's frames short; meanwhile a plot shows what it showed before.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from app.stage.plots import Plot
    from app.stage.view import View

APART = 0.008
"""Seconds between the end of one ground's painting and the beginning of the next."""


class Turns(QObject):
    """Whose ground may be painted now. Turns begin while they are `taken`; those who wait then get theirs."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.taken = False
        self._ended = 0.0
        self._waiting: list[Plot] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._next)

    def share(self, view: View) -> None:
        """Have the plots of this view take turns."""
        from app.stage.plots import Plot

        for plot in view.findChildren(Plot):
            plot.turns = self

    @property
    def waiting(self) -> bool:
        """Whether a plot still shows what it showed before."""
        return bool(self._waiting)

    def may_paint(self, plot: Plot) -> bool:
        """Whether it is the plot's turn; if not, it is told once it is."""
        wait = APART - (time.perf_counter() - self._ended)
        if wait <= 0 or not (self.taken or self._waiting):
            return True
        if plot not in self._waiting:
            self._waiting.append(plot)
        if not self._timer.isActive():
            self._timer.start(max(1, round(wait * 1e3)))
        return False

    def painted(self, plot: Plot) -> None:
        """The plot's ground has just been painted."""
        self._ended = time.perf_counter()
        if plot in self._waiting:
            self._waiting.remove(plot)
        if not self._waiting:
            self._timer.stop()

    def _next(self) -> None:
        """The turn of the first in sight, which waits no longer, whatever becomes of its painting."""
        while self._waiting:
            plot = self._waiting.pop(0)
            if plot.isVisible():
                plot.viewport().update()
                break
        if self._waiting:
            self._timer.start(round(APART * 1e3))
