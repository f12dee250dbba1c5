"""One row for each kind of field: numbers, switches and text here, choices and sources beside."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from app.stage.choice_rows import ChoiceRow, SegmentsRow
from app.stage.numbers import quantity
from app.stage.row import Row, press
from app.stage.sliders import NumberField, Scale, Slider
from app.stage.source_row import SourceRow
from app.stage.theme import GAP
from core.config import Field

SLIDABLE = 100_000
"""Integers over a wider range are typed: no track tells them apart."""


class NumberRow(Row):
    """Label and field on one line, the slider under them. Seeds and their like have a field alone."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        assert field.low is not None
        assert field.high is not None
        whole = field.kind == "int"
        scale = Scale(field.low, field.high, log=field.scale == "log", whole=whole)
        self.slider = Slider(scale, field.unit, self)
        self.box = NumberField(self, whole=whole, unit=field.unit)
        self.box.setFixedWidth(self._field_width())
        self._name(self.slider)
        self.grid.addWidget(self._label(self.box), 0, 0)
        self.grid.addWidget(self.box, 0, 1)
        if whole and field.high - field.low > SLIDABLE:
            self.slider.hide()
        else:
            self.grid.addWidget(self.slider, 1, 0, 1, 2)
        self.slider.moved.connect(self._slid)
        self.slider.nudged.connect(self._nudged)
        self.slider.sliderReleased.connect(self.settled)
        self.box.typed.connect(self._typed)
        self.box.refused.connect(self._refused)
        self.box.stepped.connect(self.slider.step)
        self.box.textEdited.connect(self._typing)

    def _field_width(self) -> int:
        """Room for either end, and for six digits between them."""
        texts = [quantity(end, self.field.unit) for end in self.field.ends]
        between = "−0.0000" if self.field.kind == "float" else "00"
        texts.append(between + (" " + self.field.unit if self.field.unit else ""))
        metrics = QFontMetrics(self.font())
        return max(map(metrics.horizontalAdvance, texts)) + 4 * GAP

    def put(self, value: Any) -> None:
        self.slider.set_current(value)
        self.box.set_current(value)

    def value(self) -> Any:
        return self.slider.current()

    def apply(self) -> None:
        self.box.apply()

    def tint(self, colour: QColor) -> None:
        self.slider.set_colour(colour)

    def drive(self, value: Any) -> None:
        if value == self.field.low and not self.slider.isHidden():
            press(self.slider, Qt.Key.Key_Home)
        elif value == self.field.high and not self.slider.isHidden():
            press(self.slider, Qt.Key.Key_End)
        else:
            self.box.selectAll()
            self.box.insert(repr(value))
            press(self.box, Qt.Key.Key_Return)
        self.settled.emit()

    def _slid(self, value: Any) -> None:
        self.box.set_current(value, force=True)
        self.edited.emit(self.field.path, value)

    def _nudged(self, value: Any) -> None:
        self._slid(value)
        self.touched.emit()

    def _typing(self, _: str) -> None:
        self.touched.emit()

    def _typed(self, value: Any) -> None:
        self.edited.emit(self.field.path, value)
        if self.refusal():
            return
        self.settled.emit()

    def _refused(self, sentence: str) -> None:
        self.refuse(f"{self.field.title}: {sentence}" if sentence else "")


class SwitchRow(Row):
    """A check box whose text is the label."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.box = QCheckBox(field.title, self)
        self._name(self.box)
        self.grid.addWidget(self.box, 0, 0)
        self.box.clicked.connect(self._clicked)

    def put(self, value: Any) -> None:
        self.box.setChecked(bool(value))

    def value(self) -> Any:
        return self.box.isChecked()

    def drive(self, value: Any) -> None:
        if self.box.isChecked() != value:
            self.box.click()

    def _clicked(self, on: bool) -> None:
        self.edited.emit(self.field.path, on)
        self.settled.emit()


class TextRow(Row):
    """A line of text under its label; every keystroke is an edit, which the stage may refuse."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.line = QLineEdit(self)
        self.line.setMaxLength(int(field.extra.get("max_length", 400)))
        self.grid.setVerticalSpacing(GAP)
        self.grid.addWidget(self._label(self.line), 0, 0)
        self.grid.addWidget(self.line, 1, 0)
        self._finished = True
        self.line.textEdited.connect(self._typing)
        self.line.editingFinished.connect(self._done)

    def put(self, value: Any) -> None:
        if self.line.text() != value and not (self.line.hasFocus() and not self._finished):
            self.line.setText(value)
            self.line.setCursorPosition(0)

    def value(self) -> Any:
        return self.line.text()

    def drive(self, value: Any) -> None:
        self.line.selectAll()
        self.line.insert(value)
        press(self.line, Qt.Key.Key_Return)

    def _typing(self, text: str) -> None:
        self._finished = False
        self.edited.emit(self.field.path, text)
        self.touched.emit()

    def _done(self) -> None:
        self._finished = True
        self.settled.emit()


def make_row(field: Field, parent: QWidget, room: int) -> Row:
    """The control for a field; a canvas field has none and is refused."""
    match field.kind:
        case "int" | "float":
            return NumberRow(field, parent)
        case "bool":
            return SwitchRow(field, parent)
        case "choice" if SegmentsRow.suits(field, QFontMetrics(parent.font()), room):
            return SegmentsRow(field, parent, room)
        case "choice":
            return ChoiceRow(field, parent, room)
        case "text":
            return TextRow(field, parent)
        case "source":
            return SourceRow(field, parent)
        case _:
            raise ValueError(f"{field.title} is edited on the plot and has no control of its own.")
