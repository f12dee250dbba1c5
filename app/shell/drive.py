"""Drives the real window without a person: the gallery and the self-test, and tests, go through here."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop
from PySide6.QtWidgets import QApplication

from app.shell.main_window import MainWindow
from app.stage.failure import FailurePanel

PATIENCE = 60.0
"""Seconds that a scene may take to come to rest."""


def pump(until: Callable[[], bool], patience: float = PATIENCE) -> bool:
    """Let the window live until a condition holds; False when patience ran out."""
    end = time.monotonic() + patience
    while not until():
        if time.monotonic() > end:
            return False
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        time.sleep(0.001)
    QApplication.processEvents()
    return True


def at_rest(window: MainWindow) -> bool:
    """Nothing is computed, played or pending, and a scene (or its failure) is on stage."""
    if window.jobs.running() or window.player.running or window.stage.turns.waiting:
        return False
    entry = window.stage.current
    if entry is None:  # a scene that could not even be opened
        return isinstance(window.stage.stack.currentWidget(), FailurePanel)
    return bool(entry.failure.report) or window.player.trace is not None


def settle(window: MainWindow, patience: float = PATIENCE) -> bool:
    """Wait until the window is at rest."""
    return pump(lambda: at_rest(window), patience)


def open_window(app: QApplication, *, link: str = "", size: tuple[int, int] = (1280, 800)) -> MainWindow:
    """A window of its own, without session, its first scene on stage."""
    window = MainWindow(link=link, restore=False)
    window.resize(*size)
    window.show()
    pump(lambda: window.is_complete)
    return window


def close(window: MainWindow) -> None:
    """Close the window and let go of everything in it."""
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QApplication.processEvents()
