"""What tests of the program share: fonts, settings of their own, and a watch for what they leave behind."""

import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from app.shell.settings import HOME
from app.stage import theme

PATIENCE = 2.0
"""Seconds that a thread which was told to stop may take."""


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["training-lab"]


@pytest.fixture(scope="session", autouse=True)
def fonts(qapp: QApplication) -> None:
    """Text has glyphs on a machine without fonts too."""
    theme.ensure_fonts()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test alone that holds settings and session."""
    monkeypatch.setenv(HOME, str(tmp_path))
    return tmp_path


class Started:
    """Every QTimer and QThread that was started, as long as it lives."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.timers: weakref.WeakSet[QTimer] = weakref.WeakSet()
        self.threads: weakref.WeakSet[QThread] = weakref.WeakSet()
        self._watch(monkeypatch, QTimer, self.timers)
        self._watch(monkeypatch, QThread, self.threads)

    @staticmethod
    def _watch(monkeypatch: pytest.MonkeyPatch, kind: type[QObject], seen: weakref.WeakSet[Any]) -> None:
        start: Callable[..., None] = kind.start  # type: ignore[attr-defined]

        def start_and_note(self: QObject, *args: object, **named: object) -> None:
            seen.add(self)
            start(self, *args, **named)

        monkeypatch.setattr(kind, "start", start_and_note)

    def left(self) -> Iterator[str]:
        for timer in list(self.timers):
            if isValid(timer) and timer.isActive():
                yield f"a running QTimer: {describe(timer)}, every {timer.interval()} ms"
        for thread in list(self.threads):
            if isValid(thread) and not thread.wait(int(1000 * PATIENCE)):
                yield f"a running QThread: {describe(thread)}"


def describe(thing: QObject) -> str:
    """An object and those it belongs to, innermost first."""
    names = []
    owner: QObject | None = thing
    while owner is not None:
        names.append(f"{type(owner).__name__} {owner.objectName()!r}")
        owner = owner.parent()
    return " of ".join(names)


def running_threads(before: set[threading.Thread]) -> Iterator[str]:
    """Python threads that were not there before, after some patience."""
    until = time.monotonic() + PATIENCE
    for thread in threading.enumerate():
        if thread in before or isinstance(thread, threading._DummyThread):  # one of Qt's, seen by a slot
            continue
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():
            yield f"a running thread: {thread.name}"


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test that leaves a timer running, a thread, or a top-level widget that is not in `qtbot`."""
    widgets = set(QApplication.topLevelWidgets())
    threads = set(threading.enumerate())
    started = Started(monkeypatch)
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    left = [*started.left(), *running_threads(threads)]
    for widget in QApplication.topLevelWidgets():
        if widget not in widgets and isValid(widget):
            left.append(f"a top-level widget: {describe(widget)}")
            widget.deleteLater()  # so that the next test is not blamed for it
    if left:
        pytest.fail("The test left behind " + "; ".join(left), pytrace=False)
