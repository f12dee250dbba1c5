"""A seeded hand that clicks, types, drags, resizes and switches tabs, and never breaks anything.

A few hundred actions in every run of the suite, ten thousand in `make soak`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QFileDialog, QMenu, QWidget

from app import scenes
from app.shell import drive
from app.shell.main_window import MainWindow
from core.config import fields
from core.trace import Equation
from tests.app.samples import SAMPLES

KEYS = [
    Qt.Key.Key_Space, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Tab,
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_6, Qt.Key.Key_Return,
    Qt.Key.Key_Escape, Qt.Key.Key_Backspace, Qt.Key.Key_X, Qt.Key.Key_Period, Qt.Key.Key_Minus, Qt.Key.Key_9,
    Qt.Key.Key_PageDown, Qt.Key.Key_Delete, Qt.Key.Key_ParenLeft,
]  # fmt: skip


class Hand:
    """Does one random thing after another."""

    def __init__(self, window: MainWindow, seed: int) -> None:
        self.window = window
        self.random = random.Random(seed)
        self.log: list[str] = []
        self._deeds: list[tuple[Callable[[], str], int]] = [
            (self.click, 30), (self.key, 25), (self.drag, 20), (self.wheel, 8), (self.resize, 3),
            (self.scene, 6), (self.command, 6), (self.theme, 2),
        ]  # fmt: skip

    def act(self) -> None:
        deeds, weights = zip(*self._deeds, strict=True)
        self.log.append(self.random.choices(deeds, weights)[0]())
        QApplication.processEvents()
        if self.random.random() < 0.15:
            self.tidy()

    def tidy(self) -> None:
        """Close what popped up over the window."""
        for each in QApplication.topLevelWidgets():
            if each is not self.window and each.isVisible():
                each.close()

    def _somebody(self) -> QWidget:
        visible = [w for w in self.window.findChildren(QWidget) if w.isVisible() and w.isEnabled()]
        return self.random.choice(visible)

    def _place(self, widget: QWidget) -> QPoint:
        return QPoint(
            self.random.randrange(max(1, widget.width())), self.random.randrange(max(1, widget.height()))
        )

    def click(self) -> str:
        widget = self._somebody()
        button = self.random.choice([Qt.MouseButton.LeftButton] * 9 + [Qt.MouseButton.RightButton])
        if isinstance(widget, QComboBox):
            widget.setCurrentIndex(self.random.randrange(max(1, widget.count())))
        else:
            QTest.mouseClick(widget, button, pos=self._place(widget))
        return f"click {type(widget).__name__} {widget.accessibleName()}"

    def key(self) -> str:
        key = self.random.choice(KEYS)
        modifier = (
            Qt.KeyboardModifier.ShiftModifier
            if self.random.random() < 0.1
            else Qt.KeyboardModifier.NoModifier
        )
        QTest.keyClick(self.window.focusWidget() or self.window, key, modifier)
        return f"key {key.name}"

    def drag(self) -> str:
        view = self.window.stage.stack.currentWidget()
        inside = [w for w in view.findChildren(QWidget) if w.isVisible()] or [view]
        widget = self.random.choice([*inside, self._somebody()])
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=self._place(widget))
        for _ in range(self.random.randrange(1, 6)):
            QTest.mouseMove(widget, self._place(widget))
            QApplication.processEvents()
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=self._place(widget))
        return f"drag {type(widget).__name__}"

    def wheel(self) -> str:
        widget = self._somebody()
        place = QPointF(self._place(widget))
        turn = QPoint(0, self.random.choice([-120, 120]))
        event = QWheelEvent(
            place, QPointF(widget.mapToGlobal(place.toPoint())), QPoint(), turn,
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)
        return f"wheel {type(widget).__name__}"

    def resize(self) -> str:
        size = (self.random.randrange(1024, 2200), self.random.randrange(640, 1400))
        self.window.resize(*size)
        return f"resize {size}"

    def scene(self) -> str:
        scene = self.random.choice(scenes.SCENES)
        self.window.open_scene(scene.id)
        return f"scene {scene.id}"

    def command(self) -> str:
        action = self.random.choice(list(self.window.commands.actions.values()))
        if action.objectName() != "fullscreen":
            action.trigger()
        return f"command {action.objectName()}"

    def theme(self) -> str:
        self.window.toggle_theme()
        return "theme"


def widgets(window: MainWindow) -> Counter[str]:
    """What there is in the window, by class; without what Qt makes of itself when a list or menu pops up."""
    QApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    own = [w for w in window.findChildren(QWidget) if not isinstance(w, QMenu | QDialog)]
    inner = {id(c) for w in own if isinstance(w, QComboBox) for c in w.findChildren(QWidget)}
    return Counter(w.metaObject().className() for w in own if id(w) not in inner)


def everything_opened(window: MainWindow) -> None:
    """Open every scene, preset and group once, so that what is made only when needed has been made."""
    for scene in scenes.SCENES:
        window.open_scene(scene.id)
        drive.settle(window)
        for index in range(len(scene.load("card").presets)):
            window.stage.open_preset(index)
            drive.settle(window)
        window.inspector.open_all()
        for field in fields(scene.load("config")):
            window.inspector.refuse(field.path, "Refused.")
        window.inspector.refuse("", "")
        window.inspector.show_step([Equation("tag", "x", {})] * 16, ["A note."] * 16)
    window.stage._redraw()


def go_through(actions: int, seed: int, monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: ("", ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a, **k: ("", ""))
    window = drive.open_window(qapp)
    try:
        everything_opened(window)
        before = widgets(window)
        hand = Hand(window, seed)
        for _ in range(actions):
            hand.act()
            for entry in window.stage._opened.values():
                assert not entry.failure.report, "\n".join([*hand.log[-12:], entry.failure.report])
        hand.tidy()
        window.player.pause()
        drive.settle(window)
        everything_opened(window)
        hand.tidy()
        after = widgets(window)
    finally:
        drive.close(window)
    assert not after - before, "more widgets than before"


@pytest.mark.timeout(110)
def test_a_few_hundred_random_actions(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "SCENES", (*scenes.SCENES, *SAMPLES))
    go_through(300, 1, monkeypatch, qapp)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(4))
def test_ten_thousand_random_actions(seed: int, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "SCENES", (*scenes.SCENES, *SAMPLES))
    go_through(2500, seed, monkeypatch, qapp)
