"""Rows of a choice: a combo box, or a few buttons side by side."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QWheelEvent
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from app.stage.row import Row, label_of
from app.stage.theme import GAP
from core.config import Field

SEGMENTS = 3
"""Up to so many short choices stand side by side; more, or longer ones, in a combo box."""


class Combo(QComboBox):
    """A combo box that lets the wheel scroll the column until it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setMinimumContentsLength(4)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ChoiceRow(Row):
    """A combo box; beside its label where both fit, else under it."""

    def __init__(self, field: Field, parent: QWidget | None = None, room: int = 288) -> None:
        super().__init__(field, parent)
        self.combo = Combo(self)
        self.combo.addItems([label_of(field, choice) for choice in field.choices])
        label = self._label(self.combo)
        metrics = QFontMetrics(self.font())
        fits = metrics.horizontalAdvance(field.title) + self.combo.sizeHint().width() + 4 * GAP <= room
        self.grid.setVerticalSpacing(GAP)
        self.grid.addWidget(label, 0, 0)
        if fits:
            self.combo.setMinimumWidth(room * 5 // 9)
            self.grid.addWidget(self.combo, 0, 1)
        else:
            self.combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            self.grid.addWidget(self.combo, 1, 0)
        self.combo.currentIndexChanged.connect(self._chosen)

    def put(self, value: Any) -> None:
        blocked = self.combo.blockSignals(True)
        self.combo.setCurrentIndex(self.field.choices.index(value))
        self.combo.blockSignals(blocked)

    def value(self) -> Any:
        return self.field.choices[self.combo.currentIndex()]

    def drive(self, value: Any) -> None:
        self.combo.setCurrentIndex(self.field.choices.index(value))

    def _chosen(self, index: int) -> None:
        self.edited.emit(self.field.path, self.field.choices[index])
        self.settled.emit()


class SegmentsRow(Row):
    """A few short choices side by side."""

    def __init__(self, field: Field, parent: QWidget | None = None, room: int = 288) -> None:
        super().__init__(field, parent)
        self.buttons = QButtonGroup(self)
        strip = QHBoxLayout()
        strip.setSpacing(GAP)
        for index, choice in enumerate(field.choices):
            button = QToolButton(self)
            button.setText(label_of(field, choice))
            button.setCheckable(True)
            button.setProperty("segment", True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.setAccessibleName(f"{', '.join((*field.groups, field.title))}: {label_of(field, choice)}")
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self.buttons.addButton(button, index)
            strip.addWidget(button)
        label = QLabel(field.title, self)
        metrics = QFontMetrics(self.font())
        fits = metrics.horizontalAdvance(field.title) + 2 * GAP + strip.sizeHint().width() <= room
        self.grid.setVerticalSpacing(GAP)
        self.grid.addWidget(label, 0, 0)
        self.grid.addLayout(strip, 0 if fits else 1, 1 if fits else 0)
        self.buttons.idClicked.connect(self._chosen)
        self._shown = -1

    @staticmethod
    def suits(field: Field, metrics: QFontMetrics, room: int = 288) -> bool:
        """Whether the choices are few and short enough to stand side by side."""
        labels = [label_of(field, choice) for choice in field.choices]
        wide = sum(metrics.horizontalAdvance(text) + 6 * GAP for text in labels)
        return len(labels) <= SEGMENTS and wide <= room

    def put(self, value: Any) -> None:
        self._shown = self.field.choices.index(value)
        self.buttons.button(self._shown).setChecked(True)

    def value(self) -> Any:
        return self.field.choices[self.buttons.checkedId()]

    def drive(self, value: Any) -> None:
        self.buttons.button(self.field.choices.index(value)).click()

    def _chosen(self, index: int) -> None:
        if index != self._shown:
            self._shown = index
            self.edited.emit(self.field.path, self.field.choices[index])
            self.settled.emit()
