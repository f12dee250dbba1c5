"""One picture per scene, at its telling frame, from the real window."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QHoverEvent
from PySide6.QtWidgets import QApplication

from app import scenes
from app.shell import drive, links
from app.shell.main_window import MainWindow
from app.stage import theme
from app.stage.scene import Scene


def write_gallery(app: QApplication, folder: Path, size: str, theme_name: str, link: str = "") -> int:
    """Write `folder/<scene>.png` for every scene (or the linked one); 0 if none failed."""
    try:
        width, height = (int(part) for part in size.lower().split("x"))
        folder.mkdir(parents=True, exist_ok=True)
        wanted = [links.from_link(link)[0]] if link else list(scenes.SCENES)
    except (ValueError, OSError) as error:
        print(f"--gallery: {error}", file=sys.stderr)
        return 2
    window = drive.open_window(app, link=link, size=(width, height))
    window.set_theme(theme.THEMES[theme_name])
    take_hand_away(window)
    failed = 0
    for scene in wanted:
        if not link:
            window.open_scene(scene.id)
        show_telling(window, scene)
        entry = window.stage.current
        if entry is None or entry.failure.report:
            failed += 1
            print(f"{scene.id}: {entry.failure.report if entry else 'did not open'}", file=sys.stderr)
        file = folder / f"{scene.id.replace('/', '-')}.png"
        window.grab().save(str(file))
        print(file)
    drive.close(window)
    return 1 if failed else 0


def take_hand_away(window: MainWindow) -> None:
    """Nothing is pointed at: without a screen the pointer stands in the corner, over the first tab."""
    nowhere = QPointF(-1, -1)
    QApplication.sendEvent(window.tabs, QHoverEvent(QEvent.Type.HoverLeave, nowhere, nowhere, nowhere))


def show_telling(window: MainWindow, scene: Scene) -> None:
    """Let the scene come to rest on its telling frame."""
    drive.settle(window)
    if not scene.timeless:
        window.player.wanted = scene.telling
        window.player.go(scene.telling)
        drive.pump(lambda: window.player.index >= min(scene.telling, window.player.last), 20)
        drive.settle(window)
