"""The scenes of a tab, at the left: icons with names, or icons alone where there is little room."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from app.stage import theme as look
from app.stage.scene import Scene

WIDE, NARROW = 200, 48


class SceneList(QListWidget):
    """`chosen` carries the scene's id."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Scenes of this tab")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setIconSize(QSize(20, 20))
        self.setUniformItemSizes(True)
        self._scenes: list[Scene] = []
        self._icons: dict[str, QIcon] = {}
        self._narrow = False
        self.setFixedWidth(WIDE)
        self.currentRowChanged.connect(self._row_changed)

    def show_scenes(self, scenes: list[Scene], current: str) -> None:
        self.blockSignals(True)
        self.clear()
        self._scenes = list(scenes)
        for scene in scenes:
            item = QListWidgetItem("" if self._narrow else scene.title)
            item.setIcon(self._icons.get(scene.id, QIcon()))
            item.setToolTip(f"{scene.title}\n{scene.question}")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, scene.title)
            item.setSizeHint(QSize(0, 36))
            self.addItem(item)
            if scene.id == current:
                self.setCurrentItem(item)
        self.blockSignals(False)

    def put_icons(self, theme: look.Theme, scenes: list[Scene]) -> None:
        """Each scene's picture in the theme's colour; after the first paint, which does without."""
        from app.stage.icons import has, icon

        for scene in scenes:
            name = scene.id.replace("/", "-")
            self._icons[scene.id] = icon(name if has(name) else "scene", theme.muted)
        for row, scene in enumerate(self._scenes):
            self.item(row).setIcon(self._icons[scene.id])

    def set_narrow(self, narrow: bool) -> None:
        if narrow == self._narrow:
            return
        self._narrow = narrow
        self.setFixedWidth(NARROW if narrow else WIDE)
        for row, scene in enumerate(self._scenes):
            self.item(row).setText("" if narrow else scene.title)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down choose; space, digits and the rest are the window's, not a search for a name."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            super().keyPressEvent(event)
        else:
            event.ignore()

    def _row_changed(self, row: int) -> None:
        if 0 <= row < len(self._scenes):
            self.chosen.emit(self._scenes[row].id)
