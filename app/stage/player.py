"""The player: the app's one repeating timer.

It moves the playhead, gives the trace its share of each tick, and says when a step is to be shown. It stops
when nothing plays or is pending, or nobody can see it. Motion comes from `step(dt)` alone.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

if TYPE_CHECKING:
    from core.trace import Trace

TICK = 1 / 60
BUDGET = 0.008
"""Seconds of each tick that computing frames may take while playing."""
FRAME = 0.018
"""Seconds that a tick may take in all while the playhead waits for frames (a start was dragged)."""
LEAST, MOST = 0.004, 0.016
"""Seconds of it that computing takes at least and at most; the rest is for drawing."""
FRESH = 0.06
"""Seconds for which a run counts as new: so long as new ones follow one another a hand is moving."""
LONGEST = 0.1
"""Seconds: a longer gap between ticks (a sleeping laptop) counts as this."""
SPEEDS = (1, 2, 5, 10, 20, 30, 60, 120, 250, 500, 1000)
"""Steps a second."""


class Player(QObject):
    """Playhead over one trace at a time."""

    shown = Signal()
    """The step at `index` is to be drawn."""
    settled = Signal()
    """Nothing moves any more."""
    starved = Signal()
    """A run in a job is asked for a thinned frame: its worker may have ended."""
    changed = Signal()
    """Playing, speed, index or the number of steps changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.trace: Trace | None = None
        self.in_job = False
        self.index = 0
        self.playing = False
        self.speed = 30.0
        self.following = False
        self.sharing = False
        """Whether the worker is at something that is drawn as it grows: computing here would slow both."""
        self.wanted = 0
        self._fraction = 0.0
        self._visible = True
        self._drawn: tuple[int, int] | None = None
        self._last = 0.0
        self._spent = 0.0
        self._started = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(TICK * 1000))
        self._timer.timeout.connect(self._tick)

    # --- what it plays -------------------------------------------------------------------------

    def set_trace(self, trace: Trace | None, *, in_job: bool = False) -> None:
        """Play this trace from now on; the playhead is kept, as far as the trace reaches."""
        self.trace = trace
        self.in_job = in_job
        self._started = time.perf_counter()
        self._drawn = None
        if trace is None:
            self.playing = False
        self.wake()

    @property
    def last(self) -> int:
        """The last step there is, or will be."""
        if self.trace is None:
            return 0
        total = self.trace.total
        return max(0, (total if total is not None else self.trace.available) - 1)

    # --- what a person does --------------------------------------------------------------------

    def play(self) -> None:
        if self.trace is None:
            return
        if self.trace.total is not None and self.index >= self.last and not self._growing():
            self.go(0)
        self.playing = True
        self.following = False
        self._fraction = 0.0
        self.wake()
        self.changed.emit()

    def pause(self) -> None:
        self.playing = False
        self.wake()
        self.changed.emit()

    def toggle(self) -> None:
        self.pause() if self.playing else self.play()

    def go(self, index: int) -> None:
        """Put the playhead on a step; at the last one it stays at the end when the run changes."""
        self.wanted = max(0, min(index, self.last))
        self.following = self.trace is not None and self.wanted == self.last
        self._fraction = 0.0
        self.wake()
        self._move()

    def go_on(self, by: int) -> None:
        self.playing = False
        edge = self.last if self.trace is not None and self.trace.total is not None else 10**9
        if by > 0 and self.trace is not None and self.trace.total is None and self.index >= self.last:
            self.trace.advance() if not self.in_job else None  # an endless run grows by the step asked for
        self.go(min(edge, self.index + by))
        self.changed.emit()

    def first(self) -> None:
        self.pause()
        self.go(0)

    def to_last(self) -> None:
        self.pause()
        self.go(self.last)

    def set_speed(self, speed: float) -> None:
        self.speed = speed
        self.changed.emit()

    def set_visible(self, visible: bool) -> None:
        """Whether anybody can see the stage; a hidden one costs nothing."""
        self._visible = visible
        self.wake()

    # --- time ----------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether the timer runs."""
        return self._timer.isActive()

    def wake(self) -> None:
        """Start the timer if there is something to do."""
        if self._visible and self.trace is not None and not self._timer.isActive():
            self._last = time.perf_counter()
            self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _tick(self) -> None:
        now = time.perf_counter()
        dt, self._last = min(now - self._last, LONGEST), now
        self.step(dt)

    def step(self, dt: float, budget: float | None = None) -> None:
        """Let `dt` seconds pass; `budget`: seconds to compute for, one frame at least."""
        trace = self.trace
        if trace is None or not self._visible:
            self._timer.stop()
            return
        if self.playing:
            self._fraction += dt * self.speed
            whole = int(self._fraction)
            self._fraction -= whole
            self.wanted = self.index + whole
        if not self.in_job:
            self._compute(trace, self._share(dt) if budget is None else budget)
        elif trace.pending:
            self.starved.emit()
        self._move()
        if not self._busy(trace):
            self._timer.stop()
            self.settled.emit()

    def _share(self, dt: float) -> float:
        """Seconds that this tick may compute for.

        While a hand moves, what drawing leaves of a frame (it took what the last tick took beside computing);
        once it rests, as much as keeps the window alive.
        """
        if self.playing:
            return BUDGET
        if self.sharing:
            return LEAST
        if time.perf_counter() - self._started > FRESH:
            return MOST
        return max(LEAST, min(FRAME - (dt - self._spent), MOST))

    def _compute(self, trace: Trace, budget: float) -> None:
        """The trace's share of a tick: first what is asked for, then ahead to the end of a run with one."""
        begin = time.perf_counter()
        until = begin + budget
        if trace.pending:
            trace.fulfil()
        ahead = trace.total if trace.total is not None else self.wanted + 1
        while not trace.finished and trace.available < ahead:
            trace.advance()
            if time.perf_counter() >= until:
                break
        self._spent = time.perf_counter() - begin

    def _move(self) -> None:
        trace = self.trace
        if trace is None or trace.available == 0:
            return
        edge = trace.available - 1
        target = edge if self.following else min(self.wanted, edge)
        if self.playing and trace.total is not None and target >= self.last and not self._growing():
            self.playing = False
            self.following = True
        # A thinned frame may have to be recomputed first: the playhead waits for it.
        if trace.frame(target) is None:
            return
        self.index = target
        now = (target, trace.available)
        if now != self._drawn:
            moved = self._drawn is None or self._drawn[0] != target
            self._drawn = now
            if moved:
                self.shown.emit()
            self.changed.emit()

    def _growing(self) -> bool:
        return self.trace is not None and not self.trace.finished and self.trace.available < self.last + 1

    def _busy(self, trace: Trace) -> bool:
        if trace.pending or self.playing:
            return True
        if self.in_job:
            return not trace.finished and (self.following or self.wanted > self.index)
        return not trace.finished and trace.total is not None and trace.available < trace.total
