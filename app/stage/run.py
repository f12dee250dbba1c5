"""One scene's run: its config, its prepared inputs and its trace; what every edit turns into.

Needs no widget. The stage listens and draws.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.stage.jobs import Jobs

if TYPE_CHECKING:
    from app.stage.scene import Scene
    from core.config import Config
    from core.trace import Trace

CHUNK = 0.012
"""Seconds that a trace computed in a job runs before the window and other jobs get their turn."""
KEPT = 4
"""Prepared inputs kept per scene, so that undo and a switch back and forth cost nothing."""


class Run(QObject):
    """What a scene shows. `edit` is the one way in, from a control, a drag, a link, an undo or a preset."""

    config_changed = Signal(object)
    """The validated config now in force."""
    trace_changed = Signal()
    """There is a new trace: restarted, or forked by a live change."""
    redraw = Signal()
    """The same trace is to be shown anew: a view field changed, or better inputs came."""
    refused = Signal(str, str)
    """A field's path (or "") and one sentence; the last good state stays."""
    failed = Signal(str)
    """The report of a scene that broke."""
    preparing = Signal(bool)

    def __init__(self, scene: Scene, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.scene = scene
        self.config: Config | None = None
        self.trace: Trace | None = None
        self._jobs = jobs
        self._algorithm: Callable[..., Iterator[Any]] = scene.load("algorithm")
        self._prepare: Callable[..., Any] | None = scene.load("prepare") if scene.prepare else None
        self._inputs: dict[tuple[Any, ...], Any] = {}
        self._prepared_for: tuple[Any, ...] | None = None
        self._running_on: tuple[Any, ...] | None = None
        self._good: Config | None = None
        self._looked_at: tuple[Any, Any, Any] = (None, None, None)

    # --- the one way in ------------------------------------------------------------------------

    def edit(self, config: Config, *, playhead: int = 0) -> bool:
        """Take a config: validated here, ConfigError told by `refused`. Whether it was taken."""
        from core.config import ConfigError, changed_roles, validate

        try:
            config = validate(config)
        except ConfigError as error:
            self.refused.emit(error.path, str(error))
            return False
        if self.config is not None:
            config = config.follow(self.config)
        roles = {"restart"} if self.config is None else changed_roles(self.config, config)
        self.refused.emit("", "")
        if not roles:
            return True
        self.config = config
        if "restart" in roles or self.trace is None:
            self._restart()
        elif "live" in roles:
            self._set_trace(self.trace.fork(playhead, config))
        self.config_changed.emit(config)
        if roles == {"view"}:
            self.redraw.emit()
        return True

    @property
    def shown(self) -> Config:
        """The config of the run on stage, looked at as the reader looks now.

        While new inputs are prepared that is still the one before.
        """
        assert self.trace is not None
        return self._seen(self.trace.config)

    def config_at(self, index: int) -> Config:
        """The config that made frame `index`, looked at as the reader looks now: a live change leaves the
        frames before it as they were."""
        assert self.trace is not None
        return self._seen(self.trace.config_at(index))

    def _seen(self, made_by: Config) -> Config:
        from core.config import with_view

        assert self.config is not None
        if self._looked_at[:2] != (made_by, self.config):
            self._looked_at = (made_by, self.config, with_view(made_by, self.config))
        return self._looked_at[2]

    @property
    def is_waiting(self) -> bool:
        """Whether the config in force still has no inputs, which may yet be refused."""
        return self._prepare is not None and self._prepared_for != self._running_on

    def restart(self) -> None:
        """The same config from its first step."""
        self._restart()

    # --- inputs --------------------------------------------------------------------------------

    def _key(self) -> tuple[Any, ...]:
        from core.config import get

        return tuple(get(self.config, path) for path in getattr(self._prepare, "fields", ()))  # type: ignore[arg-type]

    def _restart(self) -> None:
        if self._prepare is None:
            self._start(None)
            return
        key = self._key()
        if key in self._inputs:
            if self._prepared_for != key:
                self._stop_preparing()
                self._prepared_for = key
            self._start(self._inputs[key])
            return
        if self._prepared_for != key or not self.is_preparing:
            assert self.config is not None
            self._prepared_for = key
            self.preparing.emit(True)
            self._jobs.start(
                self._prepare_key,
                functools.partial(_items, self._prepare, self.config),
                self._take,
                done=self._prepared,
                error=self._not_prepared,
            )
        if self.trace is not None and self._running_on == key:
            self._start(self.trace.inputs)  # a version of them is on stage, and gets better meanwhile

    @property
    def _prepare_key(self) -> str:
        return f"prepare {self.scene.id}"

    @property
    def is_preparing(self) -> bool:
        """Whether inputs are being made, or getting better."""
        return self._jobs.running(self._prepare_key)

    def _stop_preparing(self) -> None:
        self._jobs.cancel(self._prepare_key)
        self.preparing.emit(False)

    def _take(self, item: Any) -> None:
        """A version of the inputs: the first starts the run, a better one is put in place.

        The same one again only means that the job let others have their turn.
        """
        if self.trace is not None and self._running_on == self._prepared_for:
            if self.trace.inputs is not item:
                self.trace.improve(item)
                self.redraw.emit()
        else:
            self._start(item)

    def _prepared(self, _: None) -> None:
        if self.trace is not None and self._prepared_for is not None:
            self._inputs[self._prepared_for] = self.trace.inputs
            while len(self._inputs) > KEPT:
                del self._inputs[next(iter(self._inputs))]
        self.preparing.emit(False)

    def _not_prepared(self, error: Exception) -> None:
        """Unreadable input is told where the reader looks; anything else is a broken scene."""
        self.preparing.emit(False)
        self._prepared_for = self._running_on
        if isinstance(error, ValueError | OSError):
            self.refused.emit(getattr(error, "path", ""), one_sentence(error))
            if self._good is not None:
                self.config = self._good
                self.config_changed.emit(self._good)
        else:
            self.failed.emit(report(error))

    # --- the trace -----------------------------------------------------------------------------

    def _start(self, inputs: Any) -> None:
        from core.trace import Trace

        assert self.config is not None
        self._running_on = self._prepared_for
        self._good = self.config
        self._set_trace(Trace(self._algorithm, self.config, inputs))

    def _set_trace(self, trace: Trace) -> None:
        self.trace = trace
        if self.scene.timeless:
            trace.run(1)
        elif self.scene.in_job:
            self._run_in_job(trace)
        self.trace_changed.emit()

    def _run_in_job(self, trace: Trace) -> None:
        self._jobs.start(f"run {self.scene.id}", functools.partial(_advance, trace), self._published)

    def resume(self) -> None:
        """A thinned frame was asked for after the worker had come to the end of the run."""
        if self.scene.in_job and self.trace is not None and not self._jobs.running(f"run {self.scene.id}"):
            self._run_in_job(self.trace)

    def _published(self, _: int) -> None:
        """Frames came from the worker; the player's tick finds them."""

    def stop(self) -> None:
        """Cancel what runs for this scene."""
        self._jobs.cancel(self._prepare_key)
        self._jobs.cancel(f"run {self.scene.id}")


def _items(prepare: Callable[..., Any], config: Config) -> Iterator[Any]:
    made = prepare(config)
    if isinstance(made, Iterator):
        yield from made
    else:
        yield made


def _advance(trace: Trace) -> Iterator[int]:
    """A run in the worker: chunks until it ends, frames asked for meanwhile first."""
    while not trace.finished or trace.pending:
        if trace.pending:
            trace.fulfil()
        trace.advance(CHUNK)
        yield trace.available


def one_sentence(error: Exception) -> str:
    """What was wrong with something that could not be read."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}."
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def report(error: BaseException) -> str:
    """What a broken scene shows and copies."""
    return "".join(traceback.format_exception(error))
