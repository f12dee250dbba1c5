"""A row: the control of one field, with its label, its tool tip and the sentence of a refusal beneath."""

from __future__ import annotations

import html
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.stage.numbers import number, quantity
from app.stage.theme import GAP
from core.config import Field


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
