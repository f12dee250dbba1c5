"""One control for each kind of field: a label, what one handles, and the sentence of a refusal beneath."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from app.stage.numbers import number, quantity
from app.stage.sliders import NumberField, Scale, Slider
from app.stage.theme import GAP
from core.config import Field, Source

SLIDABLE = 100_000
"""Integers over a wider range are typed: no track tells them apart."""
SEGMENTS = 3
"""Up to so many short choices stand side by side; more, or longer ones, in a combo box."""


def press(widget: QWidget, key: Qt.Key) -> None:
    """A key press as it comes from a keyboard."""
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QCoreApplication.sendEvent(widget, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier))


def label_of(field: Field, choice: Any) -> str:
    """The words for a choice, as they stand on a control; names of formats (float16) as they are."""
    text = field.label(choice)
    return text[:1].upper() + text[1:] if text.replace(" ", "").isalpha() else text


def help_text(field: Field) -> str:
    """The tool tip: what it does, its range, its default."""
    facts = []
    if field.kind in ("int", "float") and field.low is not None and field.high is not None:
        facts.append(f"{number(field.low)} to {quantity(field.high, field.unit)}")
    default = field.default
    if field.kind in ("int", "float"):
        facts.append("default " + quantity(default, field.unit))
    elif field.kind == "choice":
        facts.append("default " + label_of(field, default))
    elif field.kind == "bool":
        facts.append("default " + ("on" if default else "off"))
    lines = [html.escape(field.help)] if field.help else []
    lines += [html.escape("; ".join(facts))] if facts else []
    return "<p>" + "<br>".join(lines) + "</p>" if lines else ""


class Row(QWidget):
    """A control of one field. `put` shows a value without a signal; `drive` sets it as a person would."""

    edited = Signal(str, object)
    """Path and value: changed by the reader, not validated."""
    settled = Signal()
    """The change is complete: the handle let go, a choice made, Enter pressed."""
    touched = Signal()
    """More may follow (typing, wheel, keys): complete after some quiet."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(2 * GAP)
        self.grid.setVerticalSpacing(0)
        self.grid.setColumnStretch(0, 1)
        self.setToolTip(help_text(field))
        self._sentence: QLabel | None = None

    def put(self, value: Any) -> None:
        raise NotImplementedError

    def value(self) -> Any:
        """What the control says now."""
        raise NotImplementedError

    def drive(self, value: Any) -> None:
        raise NotImplementedError

    def apply(self) -> None:
        """Take what was typed and not yet read."""

    def tint(self, colour: QColor) -> None:
        """Take the colour of the thing that the field belongs to."""

    def refuse(self, sentence: str) -> None:
        """Say why the value was not taken; an empty sentence clears it."""
        if self._sentence is None:
            if not sentence:
                return
            self._sentence = QLabel(self)
            self._sentence.setTextFormat(Qt.TextFormat.PlainText)
            self._sentence.setProperty("role", "warning")
            self._sentence.setWordWrap(True)
            self.grid.addWidget(self._sentence, self.grid.rowCount(), 0, 1, -1)
        if self._sentence.text() != sentence:
            self._sentence.setText(sentence)
            self._sentence.setVisible(bool(sentence))

    def refusal(self) -> str:
        """The sentence shown, if any."""
        return self._sentence.text() if self._sentence is not None else ""

    def _name(self, widget: QWidget) -> None:
        """Give what one handles its accessible name: the group's and the field's title."""
        widget.setAccessibleName(", ".join((*self.field.groups, self.field.title)))

    def _label(self, buddy: QWidget) -> QLabel:
        label = QLabel(self.field.title, self)
        label.setWordWrap(True)
        label.setBuddy(buddy)
        self._name(buddy)
        return label


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
