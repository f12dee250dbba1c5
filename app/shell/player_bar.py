"""The player's buttons, scrubber and speed, under the stage."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QSlider, QToolButton, QWidget

from app.stage import theme as look
from app.stage.player import SPEEDS, Player


class PlayerBar(QWidget):
    """First, back, play, forward, last, scrubber, step count, speed."""

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.player = player
        self._icons: dict[str, QIcon] = {}
        self._shown: tuple[object, ...] = ()
        self.first = self._button("first", "First step (Home)", player.first)
        self.back = self._button("back", "One step back (Left)", self.step_back)
        self.play = self._button("play", "Play (Space)", player.toggle)
        self.forward = self._button("forward", "One step forward (Right)", self.step_forward)
        self.last = self._button("last", "Last step (End)", player.to_last)
        self.scrubber = QSlider(Qt.Orientation.Horizontal, self)
        self.scrubber.setAccessibleName("Step")
        self.scrubber.setToolTip("Drag to any step")
        self.scrubber.setMinimumWidth(80)
        self.count = QLabel(self)
        self.count.setProperty("role", "muted")
        self.count.setAccessibleName("Step count")
        self.speed = QComboBox(self)
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip("Steps a second")
        self.speed.addItems([f"{each} steps/s" for each in SPEEDS])
        self.speed.setCurrentIndex(SPEEDS.index(30))
        row = QHBoxLayout(self)
        row.setContentsMargins(look.PANEL, look.GAP, look.PANEL, 2 * look.GAP)
        row.setSpacing(look.GAP)
        for button in (self.first, self.back, self.play, self.forward, self.last):
            row.addWidget(button)
        row.addSpacing(2 * look.GAP)
        row.addWidget(self.scrubber, 1)
        row.addSpacing(2 * look.GAP)
        row.addWidget(self.count)
        row.addSpacing(2 * look.GAP)
        row.addWidget(self.speed)
        self.scrubber.valueChanged.connect(self._scrubbed)
        self.speed.currentIndexChanged.connect(self._speed_chosen)
        player.changed.connect(self.refresh)

    def _button(self, name: str, words: str, slot: Callable[..., None]) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAutoRepeat(name in ("back", "forward"))
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        button.clicked.connect(slot)
        return button

    def step_back(self) -> None:
        self.player.go_on(-1)

    def step_forward(self) -> None:
        self.player.go_on(1)

    def put_icons(self, theme: look.Theme) -> None:
        """The buttons' pictures in the theme's colours; after the first paint, which does without."""
        from app.stage.icons import icon

        self._icons = {"play": icon("play", theme.accent), "pause": icon("pause", theme.accent)}
        for button in (self.first, self.back, self.forward, self.last):
            button.setIcon(icon(button.objectName(), theme.text))
        self._shown = ()
        self.refresh()

    def refresh(self) -> None:
        """Show where the player stands; touches only what changed."""
        player = self.player
        trace = player.trace
        total = trace.total if trace is not None else 1
        shown = (player.playing, player.index, player.last, total, player.speed, trace is not None)
        if shown == self._shown:
            return
        if self._icons and (not self._shown or shown[0] != self._shown[0]):
            self.play.setIcon(self._icons["pause" if player.playing else "play"])
            self.play.setAccessibleName("Pause (Space)" if player.playing else "Play (Space)")
            self.play.setToolTip(self.play.accessibleName())
        self._shown = shown
        self.scrubber.blockSignals(True)
        self.scrubber.setRange(0, max(1, player.last))
        self.scrubber.setValue(player.index)
        self.scrubber.blockSignals(False)
        self.scrubber.setPageStep(max(1, player.last // 20))
        self.count.setText(f"{player.index} / {player.last if total is not None else '∞'}")
        width = self.count.fontMetrics().horizontalAdvance(f"{player.last} / {player.last}")
        if width > self.count.minimumWidth():
            self.count.setMinimumWidth(width)
        if player.speed in SPEEDS and self.speed.currentIndex() != SPEEDS.index(int(player.speed)):
            self.speed.setCurrentIndex(SPEEDS.index(int(player.speed)))

    def _scrubbed(self, value: int) -> None:
        self.player.playing = False
        self.player.go(value)

    def _speed_chosen(self, index: int) -> None:
        self.player.set_speed(float(SPEEDS[index]))
