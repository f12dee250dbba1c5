"""Two small dialogs: a link to open, and the list of keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.shell.links import SCHEME
from app.stage import theme as look


class LinkDialog(QDialog):
    """Asks for a link. A refused one is told beneath the field and the dialog stays."""

    def __init__(self, take: Callable[[str], str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Open link")
        self._take = take
        self.field = QLineEdit(self)
        self.field.setAccessibleName("Link")
        self.field.setPlaceholderText(f"{SCHEME}optimization/race?surface=beale")
        self.field.setMinimumWidth(420)
        clip = QGuiApplication.clipboard().text()
        if clip.startswith(SCHEME):
            self.field.setText(clip)
        self.refusal = QLabel(self)
        self.refusal.setWordWrap(True)
        self.refusal.setProperty("role", "warning")
        self.refusal.setVisible(False)
        buttons = QDialogButtonBox(self)
        buttons.addButton("Open", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(look.PANEL, look.PANEL, look.PANEL, look.PANEL)
        column.setSpacing(2 * look.GAP)
        column.addWidget(QLabel("A link opens a scene with its settings.", self))
        column.addWidget(self.field)
        column.addWidget(self.refusal)
        column.addWidget(buttons)

    def accept(self) -> None:
        said = self._take(self.field.text())
        self.refusal.setText(said)
        self.refusal.setVisible(bool(said))
        if not said:
            super().accept()


class ShortcutsDialog(QDialog):
    """Keys and what they do."""

    def __init__(self, rows: dict[str, str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keys")
        grid = QGridLayout(self)
        grid.setContentsMargins(look.GROUP, look.GROUP, look.GROUP, look.GROUP)
        grid.setHorizontalSpacing(look.GROUP)
        grid.setVerticalSpacing(2 * look.GAP)
        for row, (keys, words) in enumerate(rows.items()):
            name = QLabel(keys, self)
            name.setFont(look.font(look.BODY, bold=True))
            grid.addWidget(name, row, 0)
            grid.addWidget(QLabel(words, self), row, 1)
