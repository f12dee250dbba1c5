"""The row of a source: bundled data by name, or a file or folder of the reader's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QPushButton, QSizePolicy, QWidget

from app.stage.choice_rows import Combo
from app.stage.row import Row, label_of
from app.stage.theme import GAP
from core.config import Field, Source


def ask_file(parent: QWidget, title: str, patterns: str) -> str:
    """The path that the reader picks, or nothing."""
    return QFileDialog.getOpenFileName(parent, title, "", patterns)[0]


def ask_folder(parent: QWidget, title: str) -> str:
    """The folder that the reader picks, or nothing."""
    return QFileDialog.getExistingDirectory(parent, title)


class SourceRow(Row):
    """The bundled data by name, and a button that opens a file; one for a folder if the field takes those."""

    file_chosen = Signal(str, str)
    """The field's path and the file's: who listens reads and hashes it, and edits the config."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._names = list(field.extra.get("bundled", ()))
        self._source: Source = field.default
        self.combo = Combo(self)
        self.combo.addItems([label_of(field, name) for name in self._names])
        self.combo.setPlaceholderText("none")
        self.combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.open = QPushButton("Open file…", self)
        self.open.setAccessibleName(f"{field.title}: open a file")
        self.grid.setVerticalSpacing(GAP)
        self.grid.addWidget(self._label(self.combo), 0, 0)
        if field.extra.get("folder"):
            self.open_folder = QPushButton("Open folder…", self)
            self.open_folder.setAccessibleName(f"{field.title}: open a folder")
            self.open_folder.clicked.connect(self._ask_folder)
            self.grid.addWidget(self.combo, 1, 0, 1, 2)
            self.grid.addWidget(self.open, 2, 0)
            self.grid.addWidget(self.open_folder, 2, 1)
        else:
            self.grid.addWidget(self.combo, 1, 0)
            self.grid.addWidget(self.open, 1, 1)
        self.combo.currentIndexChanged.connect(self._chosen)
        self.open.clicked.connect(self._ask)

    def put(self, value: Any) -> None:
        self._source = value
        blocked = self.combo.blockSignals(True)
        while self.combo.count() > len(self._names):
            self.combo.removeItem(self.combo.count() - 1)
        if value.path:
            self.combo.addItem(Path(value.path).name)
            self.combo.setItemData(len(self._names), value.path, Qt.ItemDataRole.ToolTipRole)
            self.combo.setCurrentIndex(len(self._names))
        else:
            self.combo.setCurrentIndex(self._names.index(value.name) if value.name in self._names else -1)
        self.combo.blockSignals(blocked)

    def value(self) -> Any:
        return self._source

    def drive(self, value: Any) -> None:
        if value.path:
            self.file_chosen.emit(self.field.path, value.path)
        else:
            self.combo.setCurrentIndex(self._names.index(value.name))

    def _chosen(self, index: int) -> None:
        if 0 <= index < len(self._names):
            self._source = Source(name=self._names[index])
            self.edited.emit(self.field.path, self._source)
            self.settled.emit()

    def _ask(self) -> None:
        patterns = self.field.extra.get("files", "All files (*)")
        if path := ask_file(self, f"Open {self.field.title.lower()}", patterns):
            self.file_chosen.emit(self.field.path, path)

    def _ask_folder(self) -> None:
        if path := ask_folder(self, f"Open {self.field.title.lower()}"):
            self.file_chosen.emit(self.field.path, path)
