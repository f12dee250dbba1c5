"""What a scene that broke shows in its place."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.stage import theme as look


class FailurePanel(QWidget):
    """One sentence, the report, and what can be done about it."""

    again = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.report = ""
        self._sentence = QLabel(self)
        self._sentence.setWordWrap(True)
        self._text = QPlainTextEdit(self)
        self._text.setReadOnly(True)
        self._text.setAccessibleName("Report")
        self._text.setFont(look.font(look.CAPTION, mono=True))
        copy = QPushButton("Copy report", self)
        again = QPushButton("Start this scene again", self)
        copy.clicked.connect(self.copy)
        again.clicked.connect(self.again)
        row = QHBoxLayout()
        row.setSpacing(2 * look.GAP)
        row.addWidget(again)
        row.addWidget(copy)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(2 * look.GAP)
        column.addWidget(self._sentence)
        column.addLayout(row)
        column.addWidget(self._text, 1)

    def show_report(self, title: str, text: str) -> None:
        self.report = text
        last = text.strip().splitlines()[-1] if text.strip() else ""
        self._sentence.setText(f"“{title}” stopped because of a fault in it. The other scenes go on.\n{last}")
        self._text.setPlainText(text)

    def clear(self) -> None:
        self.report = ""

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.report)
