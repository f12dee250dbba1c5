"""Every command of the window: its words, its key, its button, what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QToolButton, QWidget

from app.stage import theme as look

if TYPE_CHECKING:
    from app.shell.main_window import MainWindow

KEYS = {
    "Space": "Play or pause",
    "Left, Right": "One step back, forward",
    "Home, End": "First step, last step",
    "1 to 6": "Open a preset",
    "Ctrl+1 to Ctrl+5": "Go to a tab",
    "Ctrl+PgUp, Ctrl+PgDown": "Previous, next scene of the tab",
}
"""Keys without a command of their own; the list behind ? shows them first."""


class Commands(QObject):
    """The window's actions. They belong to the window, so that their keys work everywhere in it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window = window
        self.actions: dict[str, QAction] = {}
        self._buttons: dict[str, QToolButton] = {}
        for name, words, keys, slot in (
            ("reset", "Reset", "Ctrl+R", window.stage.reset),
            ("seed", "New seed", "Ctrl+D", window.stage.reseed),
            ("link", "Copy link", "Ctrl+Shift+C", self.copy_link),
            ("export", "Save picture…", "Ctrl+S", self.save_picture),
            ("copy", "Copy picture", "Ctrl+C", self.copy_picture),
            ("undo", "Undo", "Ctrl+Z", window.undo),
            ("redo", "Redo", "Ctrl+Y", window.redo),
            ("open-link", "Open link…", "Ctrl+L", self.ask_for_link),
            ("inspector", "Controls and equations", "F4", window.toggle_inspector),
            ("theme", "Light or dark", "F8", window.toggle_theme),
            ("fullscreen", "Full screen", "F11", window.toggle_full_screen),
            ("help", "Keys", "?", self.show_keys),
            ("next", "Next scene", "Ctrl+PgDown", self.next_scene),
            ("previous", "Previous scene", "Ctrl+PgUp", self.previous_scene),
        ):
            self._add(name, words, keys, slot)
        for index in range(5):
            self._add(f"tab-{index}", f"Tab {index + 1}", f"Ctrl+{index + 1}", self._go_to_tab)
        window.undo_stack.canUndoChanged.connect(self.refresh)
        window.undo_stack.canRedoChanged.connect(self.refresh)
        self._put_tools()

    def _add(self, name: str, words: str, keys: str, slot: Callable[[], object]) -> None:
        action = QAction(words, self.window)
        action.setObjectName(name)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(slot)
        self.window.addAction(action)
        self.actions[name] = action

    def _button(self, name: str, parent: QWidget) -> QToolButton:
        action = self.actions[name]
        button = QToolButton(parent)
        button.setObjectName(name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(f"{action.text()} ({action.shortcut().toString()})")
        button.setAccessibleName(action.text())
        button.clicked.connect(action.trigger)
        self._buttons[name] = button
        return button

    def _put_tools(self) -> None:
        header = self.window.stage.header
        for name in ("reset", "seed", "link", "export"):
            header.tools.addWidget(self._button(name, header))
        for name in ("undo", "redo", "open-link", "theme", "fullscreen", "help", "inspector"):
            self.window.tools.addWidget(self._button(name, self.window.top))

    def put_icons(self, theme: look.Theme) -> None:
        """The buttons' pictures in the theme's colour; after the first paint, which does without."""
        from app.stage.icons import icon

        for name, button in self._buttons.items():
            button.setIcon(icon(name, theme.muted))

    def refresh(self, _: object = None) -> None:
        """Grey out what makes no sense now."""
        stack = self.window.undo_stack
        config = self.window.stage.config
        for name, usable in (
            ("undo", stack.canUndo()),
            ("redo", stack.canRedo()),
            ("seed", hasattr(config, "seed")),
        ):
            self.actions[name].setEnabled(usable)
            if name in self._buttons:
                self._buttons[name].setEnabled(usable)
        if "inspector" in self._buttons:
            self._buttons["inspector"].setVisible(self.window.narrow)

    # --- keys without a modifier ----------------------------------------------------------------

    def key(self, event: QKeyEvent) -> bool:
        """Carry out a plain key that no focused control wanted; whether it meant something."""
        key = Qt.Key(event.key())
        if event.modifiers() not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier):
            return False
        player, stage = self.window.player, self.window.stage
        if Qt.Key.Key_1 <= key <= Qt.Key.Key_6:
            stage.open_preset(key - Qt.Key.Key_1)
            return True
        if stage.current is None or stage.current.scene.timeless:
            return False
        meanings: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_Space: player.toggle,
            Qt.Key.Key_Left: self.window.player_bar.step_back,
            Qt.Key.Key_Right: self.window.player_bar.step_forward,
            Qt.Key.Key_Home: player.first,
            Qt.Key.Key_End: player.to_last,
        }
        if key not in meanings:
            return False
        meanings[key]()
        return True

    # --- what the rest do -----------------------------------------------------------------------

    def _go_to_tab(self) -> None:
        sender = self.sender()
        index = int(sender.objectName().removeprefix("tab-")) if sender is not None else 0
        if index < self.window.tabs.count():
            self.window.tabs.setCurrentIndex(index)

    def _step_scene(self, by: int) -> None:
        scenes = self.window.scene_list
        if scenes.count():
            scenes.setCurrentRow((scenes.currentRow() + by) % scenes.count())

    def next_scene(self) -> None:
        self._step_scene(1)

    def previous_scene(self) -> None:
        self._step_scene(-1)

    def ask_for_link(self) -> None:
        from app.shell.dialogs import LinkDialog

        LinkDialog(self.window.open_link, self.window).open()

    def show_keys(self) -> None:
        from app.shell.dialogs import ShortcutsDialog

        rows = dict(KEYS)
        for name, action in self.actions.items():
            if not name.startswith("tab-") and name not in ("next", "previous"):
                rows[action.shortcut().toString()] = action.text().rstrip("…")
        ShortcutsDialog(rows, self.window).open()

    def copy_link(self) -> None:
        from app.shell import links

        stage = self.window.stage
        if stage.current is not None and stage.config is not None:
            QGuiApplication.clipboard().setText(links.to_link(stage.current.scene.id, stage.config))
            stage.header.say("Link copied.")

    def save_picture(self) -> None:
        from app.shell.export import save_picture

        stage = self.window.stage
        if stage.current is not None:
            said = save_picture(stage.current.view, stage.current.scene.id, self.window)
            if said:
                stage.header.say(said)

    def copy_picture(self) -> None:
        from app.shell.export import copy_picture

        stage = self.window.stage
        if stage.current is not None:
            copy_picture(stage.current.view)
            stage.header.say("Picture copied.")
