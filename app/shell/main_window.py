"""The main window: tabs, scene list, stage, inspector, player; undo, links, export and the session.

Built in two parts, as a window that appears at once is half of feeling fast. The first paint has the tabs and
the title of the scene to come, and touches neither numpy nor pyqtgraph, nor Qt's namespace of enums.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QLabel, QMainWindow, QTabBar, QWidget

from app import scenes
from app.shell import settings
from app.shell.kept import Kept
from app.stage import theme as look
from app.stage.scene import Scene

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QCloseEvent, QKeyEvent, QPaintEvent, QResizeEvent, QUndoStack

    from app.shell.commands import Commands
    from app.shell.player_bar import PlayerBar
    from app.shell.scene_list import SceneList
    from app.stage.inspector import Inspector
    from app.stage.jobs import Jobs
    from app.stage.player import Player
    from app.stage.stage import Stage
    from core.config import Config

NAME = "Model Training Lab"
INSPECTOR = 320
DRAWER_UNDER, ICONS_UNDER = 1150, 1400
"""Window widths: below the first the inspector is a drawer, below the second scenes are icons alone."""
FIRST = "optimization/race"


class MainWindow(QMainWindow):
    """The program. `complete()` brings in what the first paint does without."""

    ready = Signal()
    """The first scene is on stage and its controls answer."""

    jobs: Jobs
    player: Player
    stage: Stage
    inspector: Inspector
    undo_stack: QUndoStack
    commands: Commands
    scene_list: SceneList
    player_bar: PlayerBar

    def __init__(self, *, link: str = "", restore: bool = True) -> None:
        super().__init__()
        self.is_complete = False
        self.setWindowTitle(NAME)
        self.setMinimumSize(QSize(1024, 640))
        self._painted = False
        self._first_picture = False
        self._carrying_out = False
        self._to_typeset: dict[str, tuple[Any, Any]] = {}
        self._first_link = link
        self.kept = Kept(restore)
        self._last_in_tab: dict[str, str] = {}
        self.theme = look.THEMES.get(str(settings.settings().value("theme", "light")), look.LIGHT)
        self._apply_theme()
        self._build_first()
        self.resize(self.kept.size)

    # --- building ------------------------------------------------------------------------------

    def _build_first(self) -> None:
        """The tabs, and the title of the scene that is coming."""
        self.top = QWidget(self)
        self.top.setObjectName("panel")
        self.tabs = QTabBar(self.top)
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName("Tabs")
        for tab, title, _ in scenes.tabs():
            self.tabs.setTabData(self.tabs.addTab(title), tab)
        self.tools = QHBoxLayout(self.top)
        self.tools.setContentsMargins(2 * look.GAP, look.GAP, 2 * look.GAP, look.GAP)
        self.tools.setSpacing(look.GAP)
        self.tools.addWidget(self.tabs)
        self.tools.addStretch(1)
        self._coming = QLabel(self._first_scene().title if scenes.SCENES else "", self)
        self._coming.setFont(look.font(look.TITLE, bold=True))
        self._coming.setContentsMargins(look.PANEL + 48, look.PANEL - 4, 0, 0)
        centre = QWidget(self)
        self._grid = QGridLayout(centre)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self._grid.addWidget(self.top, 0, 0, 1, 3)
        self._grid.addWidget(self._coming, 1, 0, 1, 3)
        self._grid.setRowStretch(2, 1)
        self._grid.setColumnStretch(1, 1)
        self.setCentralWidget(centre)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.complete)

    def complete(self) -> None:
        """After the first paint: everything else, numpy, pyqtgraph and the first scene."""
        if self.is_complete:
            return
        self._build_rest()
        self._connect()
        self.is_complete = True
        self._arrange()
        if said := self._open_first():
            self.stage.header.say(said, warning=True)
        self.player.set_visible(self.isVisible() and not self.isMinimized())
        self.player.step(0.0, budget=0.0)  # a first picture now, not a tick later
        self.ready.emit()

    def _build_rest(self) -> None:
        from PySide6.QtGui import QUndoStack

        from app.shell.commands import Commands
        from app.shell.player_bar import PlayerBar
        from app.shell.scene_list import SceneList
        from app.stage.inspector import Inspector
        from app.stage.jobs import Jobs
        from app.stage.player import Player
        from app.stage.stage import Stage

        self.jobs = Jobs(self)
        self.player = Player(self)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(200)
        self.stage = Stage(self.jobs, self.player, self)
        self.scene_list = SceneList(self)
        self.player_bar = PlayerBar(self.player, self)
        self.inspector = Inspector(self)
        self.inspector.set_typesetting(self._typeset_in_job)
        self.commands = Commands(self)
        self.stage.set_theme(self.theme)
        self.stage.set_inspector(self.inspector)
        self._coming.hide()
        self._grid.removeWidget(self._coming)
        self._grid.setRowStretch(2, 0)
        self._grid.setRowStretch(1, 1)
        self._grid.addWidget(self.scene_list, 1, 0, 2, 1)
        self._grid.addWidget(self.stage, 1, 1)
        self._grid.addWidget(self.player_bar, 2, 1)
        self._grid.addWidget(self.inspector, 1, 2, 2, 1)

    def _connect(self) -> None:
        self.tabs.currentChanged.connect(self._tab_chosen)
        self.scene_list.chosen.connect(self.open_scene)
        self.stage.committed.connect(self._committed)
        self.stage.visit.connect(self.visit)
        self.stage.opened.connect(self._opened)
        self.player.settled.connect(self._picture_shown)

    def _open_first(self) -> str:
        """What a link asks for, else what was open last, else the first scene. Returns a complaint."""
        said = self.kept.complaint
        if self._first_link:
            from app.shell import links

            try:
                scene, config = links.from_link(self._first_link)
            except ValueError as error:
                said = str(error)
            else:
                self.stage.open(scene, config)
                return said
        if scenes.SCENES:
            self.open_scene(self._first_scene().id)
        return said

    def _first_scene(self) -> Scene:
        """The linked scene, else the last one, else the race, else whatever there is."""
        ids = [each.id for each in scenes.SCENES]
        linked = self._first_link.removeprefix("training-lab:").partition("?")[0]
        for id in (linked, self.kept.last, FIRST):
            if id in ids:
                return scenes.scene(id)
        return scenes.SCENES[0]

    def fault(self, kind: type[BaseException], error: BaseException, trace: Any) -> None:
        """For `sys.excepthook`: what Qt could not pass on (a fault while painting) is told in its scene."""
        sys.__excepthook__(kind, error, trace)
        if self.is_complete and issubclass(kind, Exception):
            self.stage.fail(error)

    def _typeset_in_job(self, key: str, work: Any, item: Any) -> None:
        """Set an equation in the worker; the first ones after the first picture, which they would delay."""
        if self._first_picture:
            self.jobs.start(f"typeset {key}", work, item)
        else:
            self._to_typeset[key] = (work, item)

    def _picture_shown(self) -> None:
        self.player.settled.disconnect(self._picture_shown)
        from PySide6.QtGui import QIcon

        self._first_picture = True
        self.setWindowIcon(QIcon(str(look.RESOURCES / "icons" / "app.png")))
        self._put_icons()
        for key, (work, item) in self._to_typeset.items():
            self._typeset_in_job(key, work, item)
        self._to_typeset.clear()

    # --- scenes --------------------------------------------------------------------------------

    def open_scene(self, id: str) -> None:
        """Show a scene as it was left in this session or the last one."""
        if self.stage.current is not None and self.stage.current.scene.id == id:
            return
        scene = scenes.scene(id)
        kept = self.kept.config(scene)
        self.stage.open(scene, None if self.stage.config_of(id) is not None else kept)

    def visit(self, id: str, config: Config | None = None) -> None:
        """Another scene with a config, as one undo entry that leads back."""
        from app.shell.undo import Change

        current = self.stage.current
        before = (current.scene.id, current.run.config) if current is not None else (id, None)
        self.show_scene(id, config)
        if current is not None:
            after = (id, self.stage.config)
            self.undo_stack.push(Change(scenes.scene(id).title, before, after, self._carry_out))

    def show_scene(self, id: str, config: Config | None) -> None:
        """A scene with a config, without an undo entry (it is how one is carried out)."""
        current = self.stage.current
        if current is None or current.scene.id != id:
            self.stage.open(scenes.scene(id), config)
        elif config is not None:
            self.stage.restore(config)

    def undo(self) -> None:
        """One change back. What is being edited becomes an entry of its own first."""
        self._finish_edit()
        self.undo_stack.undo()

    def redo(self) -> None:
        """One change forward, unless what is being edited has taken its place."""
        self._finish_edit()
        self.undo_stack.redo()

    def _finish_edit(self) -> None:
        if self.inspector.controls is not None:
            self.inspector.controls.commit()
        self.stage.commit()

    def _carry_out(self, id: str, config: Config | None) -> None:
        """For undo entries. No entry may be made meanwhile: that would delete the one being redone."""
        self._carrying_out = True
        try:
            self.show_scene(id, config)
        finally:
            self._carrying_out = False

    def open_link(self, text: str) -> str:
        """Open a link; returns a sentence if it is refused."""
        from app.shell import links

        try:
            scene, config = links.from_link(text)
        except ValueError as error:
            return str(error)
        self.visit(scene.id, config)
        return ""

    def _tab_chosen(self, index: int) -> None:
        tab = self.tabs.tabData(index)
        in_tab = [each.id for each in scenes.SCENES if each.tab == tab]
        if in_tab:
            self.open_scene(self._last_in_tab.get(tab, in_tab[0]))

    def _opened(self, id: str) -> None:
        scene = scenes.scene(id)
        self._last_in_tab[scene.tab] = id
        self._show_place(scene)
        self.commands.refresh()

    def _show_place(self, scene: Scene) -> None:
        """Mark the scene in the tabs and the list; a timeless one has no player."""
        for index in range(self.tabs.count()):
            if self.tabs.tabData(index) == scene.tab:
                self.tabs.blockSignals(True)
                self.tabs.setCurrentIndex(index)
                self.tabs.blockSignals(False)
        in_tab = [each for each in scenes.SCENES if each.tab == scene.tab]
        self.scene_list.show_scenes(in_tab, scene.id)
        self.player_bar.setVisible(not scene.timeless)

    def _committed(self, id: str, before: Any, after: Any) -> None:
        from app.shell.undo import Change, what_changed

        if before is not None and not self._carrying_out:
            self.undo_stack.push(
                Change(what_changed(before, after), (id, before), (id, after), self._carry_out)
            )

    # --- look ----------------------------------------------------------------------------------

    def set_theme(self, theme: look.Theme) -> None:
        self.theme = theme
        settings.settings().setValue("theme", theme.name)
        self._apply_theme()
        if self.is_complete:
            self.stage.set_theme(theme)
            if self._first_picture:
                self._put_icons()

    def _apply_theme(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        look.apply(app, self.theme)

    def _put_icons(self) -> None:
        self.player_bar.put_icons(self.theme)
        self.commands.put_icons(self.theme)
        self.scene_list.put_icons(self.theme, list(scenes.SCENES))

    def toggle_theme(self) -> None:
        self.set_theme(look.LIGHT if self.theme is look.DARK else look.DARK)

    def toggle_full_screen(self) -> None:
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def toggle_inspector(self) -> None:
        """The drawer, in a narrow window."""
        self.inspector.setVisible(not self.inspector.isVisible())
        self._arrange()
        self.stage.refresh()

    @property
    def narrow(self) -> bool:
        return self.width() < DRAWER_UNDER

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.is_complete:
            self._arrange()

    def _arrange(self) -> None:
        self.scene_list.set_narrow(self.width() < ICONS_UNDER)
        in_grid = self._grid.indexOf(self.inspector) >= 0
        if self.narrow and in_grid:
            self._grid.removeWidget(self.inspector)
            self.inspector.hide()
        elif not self.narrow and not in_grid:
            self._grid.addWidget(self.inspector, 1, 2, 2, 1)
            self.inspector.show()
            self.stage.refresh()  # while it was hidden, nothing was written into it
        self._arrange_drawer()
        self.commands.refresh()

    def _arrange_drawer(self) -> None:
        if self.narrow:
            top = self.top.height()
            self.inspector.setGeometry(self.width() - INSPECTOR, top, INSPECTOR, self.height() - top)
            self.inspector.raise_()

    # --- keys and events -----------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no focused control wanted."""
        if self.is_complete and self.commands.key(event):
            event.accept()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if self.is_complete and event.type() == event.Type.WindowStateChange:
            self.player.set_visible(self.isVisible() and not self.isMinimized())

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        if self.is_complete:
            self.player.set_visible(True)

    def hideEvent(self, event: Any) -> None:
        super().hideEvent(event)
        if self.is_complete:
            self.player.set_visible(False)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.is_complete:
            self.stage.commit()
            self.kept.save(self)
            self.undo_stack.clear()
            self.stage.leave_all()
            self.jobs.stop()
        super().closeEvent(event)
