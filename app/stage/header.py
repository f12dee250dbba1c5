"""The head of the stage: title, the question the scene answers, its presets, and a line for messages."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.stage import theme as look
from app.stage.scene import Card, Scene

PRESETS = 6


class Line(QLabel):
    """A label of one line that ends in an ellipsis where there is no room, with the whole as tool tip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)  # it may quote a reader's file
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_text(self, text: str) -> None:
        if text == self._whole:
            return
        self._whole = text
        self.setAccessibleName(text)
        self._fit()

    def set_role(self, role: str) -> None:
        """The style sheet's role: "muted", "warning" or none."""
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)

    @property
    def whole(self) -> str:
        return self._whole

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics = QFontMetrics(self.font())
        shown = metrics.elidedText(self._whole, Qt.TextElideMode.ElideRight, self.width())
        self.setText(shown)
        self.setToolTip(self._whole if shown != self._whole else "")


class Header(QWidget):
    """Above the view. `preset_chosen` carries the preset's index."""

    preset_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card: Card | None = None
        self._shown = 0
        self._title = QLabel(self)
        self._title.setFont(look.font(look.TITLE, bold=True))
        self._busy = QLabel("computing…", self)
        self._busy.setProperty("role", "muted")
        self._busy.setVisible(False)
        self._question = Line(self)
        self._question.setProperty("role", "muted")
        self._try = Line(self)
        self._see = Line(self)
        self._see.setProperty("role", "muted")
        self._said = ""
        self._warning = False
        self.tools = QHBoxLayout()
        self.tools.setSpacing(look.GAP)
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self._group.idClicked.connect(self.preset_chosen)
        self._presets = [self._preset_button(i) for i in range(PRESETS)]
        self._lay_out()

    def _preset_button(self, index: int) -> QToolButton:
        button = QToolButton(self)
        button.setCheckable(True)
        button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        button.setProperty("role", "preset")
        self._group.addButton(button, index)
        return button

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(3 * look.GAP)
        top.addWidget(self._title)
        top.addWidget(self._busy)
        top.addStretch(1)
        top.addLayout(self.tools)
        chips = QHBoxLayout()
        chips.setSpacing(2 * look.GAP)
        for button in self._presets:
            chips.addWidget(button)
        chips.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.GAP)
        column.addLayout(top)
        column.addWidget(self._question)
        column.addSpacing(look.GAP)
        column.addLayout(chips)
        column.addWidget(self._try)
        column.addWidget(self._see)

    def show_scene(self, scene: Scene, card: Card) -> None:
        self._card, self._shown = card, 0
        self._title.setText(scene.title)
        self._question.set_text(scene.question)
        self.say("")
        self.set_busy(False)
        for index, button in enumerate(self._presets):
            button.setVisible(index < len(card.presets))
            if index < len(card.presets):
                preset = card.presets[index]
                button.setText(f"{index + 1}  {preset.title}")
                button.setToolTip(f"{preset.try_this}\n{preset.what_you_should_see}")
                button.setAccessibleName(f"Preset {index + 1}: {preset.title}")
        self.mark_preset(-1)

    def mark_preset(self, index: int) -> None:
        """Which preset is in force, or -1: the last one's words stay, but claim no more what is seen."""
        for at, button in enumerate(self._presets):
            button.setChecked(at == index)
        if index >= 0:
            self._shown = index
        self._word()

    def say(self, sentence: str, *, warning: bool = False) -> None:
        """One sentence in place of what to try; the empty one takes it away. Nothing moves."""
        self._said, self._warning = sentence, warning
        self._word()

    def _word(self) -> None:
        preset = self._card.presets[self._shown] if self._card is not None else None
        first = self._said or (f"Try: {preset.try_this}" if preset else "")
        self._try.set_role("warning" if self._said and self._warning else "")
        self._try.set_text(first)
        see = "See" if self._presets[self._shown].isChecked() else f"Preset {self._shown + 1} shows"
        self._see.set_text(f"{see}: {preset.what_you_should_see}" if preset else "")

    @property
    def message(self) -> str:
        """The warning that is shown."""
        return self._said

    def set_busy(self, busy: bool) -> None:
        self._busy.setVisible(busy)

    def set_theme(self, theme: look.Theme) -> None:
        self._title.setFont(look.font(look.TITLE, bold=True))
