"""The stage: one scene at a time, its header, its view and what goes wrong in it.

The only caller of `View`. What a reader does in a view or a control comes in as a config and goes through
`Run.edit`; what follows from it is drawn when the player says so.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.stage import theme as look
from app.stage.failure import FailurePanel
from app.stage.header import Header
from app.stage.jobs import Jobs
from app.stage.opened import Opened, with_file, with_next_seed
from app.stage.player import Player
from app.stage.run import Run, one_sentence, report
from app.stage.scene import Scene
from app.stage.turns import Turns

if TYPE_CHECKING:
    from app.stage.inspector import Inspector
    from core.config import Config


class Stage(QWidget):
    """Shows scenes; owns their runs."""

    committed = Signal(str, object, object)
    """Scene id, config before, config after: one undo entry."""
    visit = Signal(str, object)
    """A view wants another scene opened with a config."""
    opened = Signal(str)
    said = Signal(str, bool)
    """A sentence for the reader, and whether it is a warning."""

    def __init__(self, jobs: Jobs, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self.player = player
        self.inspector: Inspector | None = None
        self.theme = look.LIGHT
        self.turns = Turns(self)
        self.current: Opened | None = None
        self._opened: dict[str, Opened] = {}
        self.header = Header(self)
        self.stack = QStackedWidget(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(look.PANEL, look.PANEL - 4, look.PANEL, look.GAP)
        column.setSpacing(3 * look.GAP)
        column.addWidget(self.header)
        column.addWidget(self.stack, 1)
        self.header.preset_chosen.connect(self.open_preset)
        player.shown.connect(self._draw)
        player.settled.connect(self._settle)
        player.starved.connect(self._resume)
        player.changed.connect(self._check)

    # --- opening -------------------------------------------------------------------------------

    def set_inspector(self, inspector: Inspector) -> None:
        """The column that shows controls and equations; made after the first paint."""
        self.inspector = inspector
        inspector.edited.connect(self.edit)
        inspector.committed.connect(self.commit)
        inspector.file_chosen.connect(self.open_file)
        inspector.set_theme(self.theme)

    def open(self, scene: Scene, config: Config | None = None) -> None:
        """Show a scene, as it was left or with its first preset; `config` replaces what it had."""
        self._leave()
        known = scene.id in self._opened
        entry = self._opened[scene.id] if known else self._build(scene)
        if entry is None:
            return
        self.current = entry
        self.player.set_trace(None)
        self.header.show_scene(scene, entry.card)
        self._show_busy(entry.run.is_preparing)
        if self.inspector is not None:
            self.inspector.set_scene(scene.load("config"))
        self._dress(entry)
        self.stack.setCurrentWidget(entry.failure if entry.failure.report else entry.view)
        self.player.set_speed(entry.speed)
        if not known:
            first = config if config is not None else entry.presets[0]
            self.player.wanted, self.player.index = scene.telling, 0
            self.player.following = scene.in_job
            entry.run.edit(first)
            entry.committed = entry.run.config
        else:
            self.player.wanted, self.player.index = entry.index, entry.index
            self.player.following = entry.following
            self._show_config()
            self._show_trace()
            if config is not None:
                self.edit(config)
                entry.committed = entry.run.config
        self.header.mark_preset(entry.preset)
        self.opened.emit(scene.id)

    def _leave(self) -> None:
        if entry := self.current:
            entry.index, entry.following = self.player.index, self.player.following
            entry.speed = self.player.speed
            self.player.pause()
            self.commit()

    def _build(self, scene: Scene) -> Opened | None:
        try:
            view = scene.load("view")(self)
            run = Run(scene, self.jobs, self)
            entry = Opened(scene, scene.load("card"), run, view, FailurePanel(self))
        except Exception as error:  # a broken scene is told; the others go on
            panel = FailurePanel(self)
            panel.show_report(scene.title, report(error))
            self.stack.addWidget(panel)
            self.stack.setCurrentWidget(panel)
            self.current = None
            self.player.set_trace(None)
            return None
        view.setAccessibleName(scene.title)
        self.turns.share(view)
        self.stack.addWidget(view)
        self.stack.addWidget(entry.failure)
        self._opened[scene.id] = entry
        view.edited.connect(self._edit_in_view)
        view.committed.connect(self.commit)
        view.visit.connect(self.visit)
        run.config_changed.connect(self._show_config)
        run.trace_changed.connect(self._show_trace)
        run.trace_changed.connect(self._commit_late)
        run.redraw.connect(self._redraw)
        run.refused.connect(self._refused)
        run.failed.connect(self._failed)
        run.preparing.connect(self._preparing)
        entry.failure.again.connect(self.try_again)
        return entry

    def _dress(self, entry: Opened) -> None:
        if entry.theme != self.theme.name:
            entry.theme = self.theme.name
            entry.view.set_theme(self.theme)

    def set_theme(self, theme: look.Theme) -> None:
        self.theme = theme
        self.header.set_theme(theme)
        if self.inspector is not None:
            self.inspector.set_theme(theme)
        if self.current is not None:
            self._dress(self.current)
            self._redraw()

    def leave_all(self) -> None:
        """Stop every run; the window closes."""
        for entry in self._opened.values():
            entry.run.stop()
        self.player.set_trace(None)
        self.player.stop()

    # --- configs -------------------------------------------------------------------------------

    @property
    def config(self) -> Config | None:
        """The config in force in the scene on stage."""
        return self.current.run.config if self.current else None

    def config_of(self, scene_id: str) -> Config | None:
        entry = self._opened.get(scene_id)
        return entry.run.config if entry else None

    def edit(self, config: Any) -> None:
        """A config from a drag or a control. Refusals are told; the last good state stays."""
        entry = self.current
        if entry is None:
            return
        if type(config) is type(entry.run.config) or entry.run.config is None:
            entry.run.edit(config, playhead=self.player.index)
            self.header.mark_preset(entry.preset)
        elif (owner := self._owner(config)) is not None:
            # What was being typed when the reader went to another scene belongs to the one that was left.
            owner.run.edit(config, playhead=owner.index)
            self._commit(owner)

    def _edit_in_view(self, config: Config) -> None:
        """What a view changed of the config it shows; that is not in force while new inputs are prepared."""
        from core.config import with_changes

        if self.current is None:
            return
        shown, wanted = self.current.view.config, self.current.run.config
        if shown is not None and wanted is not None and shown != wanted and type(config) is type(wanted):
            config = with_changes(wanted, shown, config)
        self.edit(config)

    def _owner(self, config: Any) -> Opened | None:
        return next((each for each in self._opened.values() if type(each.run.config) is type(config)), None)

    def open_file(self, field: str, path: str) -> None:
        """Let a Source field name a file; its fingerprint is taken in a job, as files may be large."""
        if (config := self.config) is not None:
            self.jobs.start(
                "fingerprint",
                functools.partial(with_file, config, field, path),
                self._take_file,
                error=self._no_file,
                lane="native",
            )

    def _take_file(self, config: Any) -> None:
        if type(config) is type(self.config):
            self.edit(config)
            self.commit()

    def _no_file(self, error: Exception) -> None:
        self.header.say(one_sentence(error), warning=True)

    def commit(self) -> None:
        """What was edited since the last commit becomes one undo entry."""
        if self.current is not None:
            self._commit(self.current)

    def _commit_late(self) -> None:
        """What was committed before its inputs came becomes an entry now that they were not refused."""
        for entry in self._opened.values():
            if entry.is_committing and not entry.run.is_waiting:
                self._commit(entry)

    def _commit(self, entry: Opened) -> None:
        if (change := entry.commit()) is not None:
            self.committed.emit(entry.scene.id, *change)

    def restore(self, config: Config) -> None:
        """Undo, redo, a link: put a config in force without making an entry."""
        self.edit(config)
        if self.current is not None:
            self.current.committed = self.current.run.config

    def open_preset(self, index: int) -> None:
        """Put a preset's config in force (keys 1 to 6)."""
        if self.current is None or index >= len(self.current.card.presets):
            return
        self.commit()
        self.edit(self.current.presets[index])
        self.commit()
        self.header.mark_preset(index)

    def reset(self) -> None:
        """Back to the first preset, as the scene was first opened."""
        if self.current is not None:
            self.open_preset(0)
            self.player.go(self.current.scene.telling)

    def reseed(self) -> None:
        """The same experiment with other random numbers."""
        if (other := with_next_seed(self.config)) is not None:
            self.commit()
            self.edit(other)
            self.commit()

    # --- what follows --------------------------------------------------------------------------

    def _from_current(self) -> bool:
        """Whether the signal being handled comes from the scene on stage (others run on, unseen)."""
        sender = self.sender()
        return self.current is not None and (not isinstance(sender, Run) or sender is self.current.run)

    def _preparing(self, busy: bool) -> None:
        if self._from_current():
            self._show_busy(busy)

    def _show_busy(self, busy: bool) -> None:
        self.header.set_busy(busy)
        self.player.sharing = self.turns.taken = busy

    def _show_config(self, _: object = None) -> None:
        if not self._from_current() or self.current is None or self.current.run.config is None:
            return
        if self.inspector is not None:
            self.inspector.show_config(self.current.run.config)

    def _show_trace(self) -> None:
        """A new run: the view takes its config and inputs, the player its frames."""
        if not self._from_current() or self.current is None or (trace := self.current.run.trace) is None:
            return
        if self.current.failure.report:  # another config may well go where the last one failed
            self.current.failure.clear()
            self.stack.setCurrentWidget(self.current.view)
        self._guarded(self.current.view.show_config, self.current.run.config, trace.inputs)
        self.player.set_trace(trace, in_job=self.current.scene.in_job)
        self.player.changed.emit()

    def _redraw(self) -> None:
        if not self._from_current() or self.current is None or (trace := self.current.run.trace) is None:
            return
        self._guarded(self.current.view.show_config, self.current.run.shown, trace.inputs)
        self._draw()
        self.player.wake()

    def refresh(self) -> None:
        """Show the step again: the inspector was out of sight."""
        self._draw()

    def _draw(self) -> None:
        entry, trace = self.current, self.player.trace
        if entry is None or trace is None or trace is not entry.run.trace or not trace.available:
            return
        index = min(self.player.index, trace.available - 1)
        if (frame := trace.frame(index)) is None:
            return
        self._guarded(entry.view.draw, trace, index)
        if self.inspector is not None and self.inspector.isVisible():
            self._guarded(self._explain, entry, frame, index)

    def _explain(self, entry: Opened, frame: Any, index: int) -> None:
        assert self.inspector is not None
        assert entry.run.trace is not None
        notes = entry.view.notes(entry.run.trace, index)
        config = entry.run.config_at(index + frame.explains_next)
        self.inspector.show_step(frame.explain(config), notes)

    def _settle(self) -> None:
        entry, trace = self.current, self.player.trace
        if entry is None or trace is None or trace is not entry.run.trace or not trace.available:
            return
        self._guarded(entry.view.settle)
        self._guarded(self._describe, entry)

    def _describe(self, entry: Opened) -> None:
        assert entry.run.trace is not None
        entry.view.setAccessibleDescription(entry.view.describe(entry.run.trace, self.player.index))

    def _resume(self) -> None:
        if self.current is not None:
            self.current.run.resume()

    # --- what goes wrong -----------------------------------------------------------------------

    def _refused(self, path: str, sentence: str) -> None:
        if not self._from_current():
            return
        entry = self.current
        if sentence and entry is not None:
            entry.is_committing = False
            nothing_yet = entry.run.trace is None and not entry.run.is_preparing
            if nothing_yet and entry.run.config != entry.presets[0]:
                # Nothing good to go back to (a link to a file that has gone): open as new, and say why.
                self.edit(entry.presets[0])
                entry.committed = entry.run.config
        at_field = self.inspector.refuse(path, sentence) if self.inspector is not None else False
        self.header.say("" if at_field else sentence, warning=True)

    def _check(self) -> None:
        """A run whose algorithm failed stops at its last good step and says so."""
        entry = self.current
        if entry is None or entry.run.trace is None or (error := entry.run.trace.error) is None:
            return
        from core.config import ConfigError

        if isinstance(error, ConfigError):
            self._refused(error.path, str(error))
        elif not entry.failure.report:
            self._failed(report(error))

    def _failed(self, text: str) -> None:
        if self._from_current() and self.current is not None:
            self._show_failure(self.current, text)

    def fail(self, error: BaseException) -> None:
        """A fault that surfaced outside the stage's own calls, while the scene on stage was painting."""
        if self.current is not None and not self.current.failure.report:
            self._show_failure(self.current, report(error))

    def _show_failure(self, entry: Opened, text: str) -> None:
        entry.failure.show_report(entry.scene.title, text)
        self.stack.setCurrentWidget(entry.failure)
        self.player.set_trace(None)

    def try_again(self) -> None:
        """Reopen a failed scene with its first preset."""
        if self.current is None:
            return
        self.current.failure.clear()
        self.stack.setCurrentWidget(self.current.view)
        config = self.current.presets[0]
        if config == self.config:
            self.current.run.restart()
        else:
            self.edit(config)

    def _guarded(self, call: Any, *args: Any) -> None:
        """A crash in one scene is shown in that scene; the window and the other scenes go on."""
        try:
            call(*args)
        except Exception as error:
            self._failed(report(error))
