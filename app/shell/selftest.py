"""`--self-test`: opens every scene, plays it, drives each control to both ends; a line per failure."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from PySide6.QtWidgets import QApplication

from app import scenes
from app.shell import drive
from app.shell.main_window import MainWindow
from app.stage.failure import FailurePanel
from app.stage.scene import Scene
from core.config import fields, get

FRAMES = 30


def self_test(app: QApplication) -> int:
    """0 if every scene holds, else 1."""
    window = drive.open_window(app)
    failures = [line for scene in scenes.SCENES for line in check_scene(window, scene)]
    drive.close(window)
    for line in failures:
        print(line, file=sys.stderr)
    print(f"{len(scenes.SCENES)} scenes, {len(failures)} failures")
    return 1 if failures or not scenes.SCENES else 0


def check_scene(window: MainWindow, scene: Scene) -> Iterator[str]:
    """A line for each thing that fails in one scene."""
    window.open_scene(scene.id)
    if not drive.settle(window):
        yield f"{scene.id}: does not come to rest"
        return
    yield from _failure(window, scene, "opening")
    if not scene.timeless:
        yield from _play(window, scene)
    yield from drive_controls(window, scene)
    window.stage.reset()


def _play(window: MainWindow, scene: Scene) -> Iterator[str]:
    player = window.player
    player.go(0)
    player.set_speed(1000.0)
    player.play()
    if not drive.pump(lambda: player.index >= min(FRAMES, player.last), 20):
        yield f"{scene.id}: played to step {player.index} of {FRAMES}"
    player.pause()
    yield from _failure(window, scene, "playing")


def drive_controls(window: MainWindow, scene: Scene) -> Iterator[str]:
    """Each control to both ends and every choice, through the widget; back to where it was after each."""
    for field in fields(scene.load("config")):
        if field.kind in ("canvas", "source", "text"):
            continue
        before = window.stage.config
        for value in field.ends:
            if window.inspector.controls is not None:
                window.inspector.controls.drive(field.path, value)
            config = window.stage.config
            found = get(config, field.path) if config is not None else None
            if found != value and not _close(found, value):
                message = window.stage.header.message
                yield f"{scene.id}: {field.path} driven to {value!r} holds {found!r} ({message})"
            QApplication.processEvents()
            yield from _failure(window, scene, f"{field.path}={value!r}")
        window.stage.edit(before)
        window.stage.commit()


def _close(found: object, value: object) -> bool:
    numbers = isinstance(found, int | float) and isinstance(value, int | float)
    return numbers and abs(found - value) <= 1e-9 * max(1.0, abs(value))  # type: ignore[operator, arg-type]


def _failure(window: MainWindow, scene: Scene, doing: str) -> Iterator[str]:
    entry = window.stage.current
    if entry is None:
        panel = window.stage.stack.currentWidget()
        why = panel.report.strip().splitlines()[-1] if isinstance(panel, FailurePanel) else "no reason given"
        yield f"{scene.id}: {doing}: the scene did not open: {why}"
    elif entry.failure.report:
        yield f"{scene.id}: {doing}: {entry.failure.report.strip().splitlines()[-1]}"
        window.stage.try_again()
        drive.settle(window)
