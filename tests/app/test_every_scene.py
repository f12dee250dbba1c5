"""What every scene owes, shown for each in the list and for a sample of each kind.

A new scene gets all of this for free: it opens, plays, steps back to exactly the same picture, takes both
ends of every control, every size and theme, comes back from its link, and leaves nothing behind.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import scenes
from app.shell import drive, links, selftest
from app.shell.main_window import MainWindow
from app.stage import theme
from app.stage.scene import Scene
from core.config import fields, from_query, to_query, validate
from tests.app.layout import clipped, scroll_bars_in
from tests.app.samples import SAMPLES

SIZES = ((1024, 640), (3840, 2160))
LONGEST = 8.0
"""Seconds of the window's own processor time that driving one scene may take; the worker is not counted."""

ALL = [*scenes.SCENES, *SAMPLES]


@pytest.fixture
def window(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[MainWindow]:
    monkeypatch.setattr(scenes, "SCENES", tuple(ALL))
    caplog.set_level(logging.WARNING)
    made = drive.open_window(qapp)
    yield made
    drive.close(made)
    assert not caplog.records, [record.getMessage() for record in caplog.records]


def show(window: MainWindow, scene: Scene) -> None:
    window.open_scene(scene.id)
    assert drive.settle(window), f"{scene.id} does not come to rest"
    check(window)


def check(window: MainWindow) -> None:
    entry = window.stage.current
    assert entry is not None
    assert not entry.failure.report, entry.failure.report
    assert not window.stage.header.message, window.stage.header.message


def picture(window: MainWindow) -> QImage:
    assert window.stage.current is not None
    QApplication.processEvents()
    return window.stage.current.view.grab().toImage()


def at(window: MainWindow, step: int) -> QImage:
    """The settled picture of one step."""
    window.player.go(step)
    assert drive.settle(window)
    assert window.player.index == step
    return picture(window)


@pytest.mark.parametrize("scene", ALL, ids=lambda scene: scene.id)
def test_plays_and_steps_back_to_the_same_picture(scene: Scene, window: MainWindow) -> None:
    show(window, scene)
    if scene.timeless:
        before = picture(window)
        window.stage._redraw()
        assert picture(window) == before
        return
    player = window.player
    if player.trace is not None and player.trace.total is None:
        player.trace.run(40)
    drive.pump(lambda: player.last >= 1, 10)
    middle = max(1, min(player.last, 30) // 2)
    before = at(window, middle)
    window.player_bar.step_forward()
    assert drive.settle(window)
    assert player.index == middle + 1
    assert picture(window) != before, "a step changes nothing in the picture"
    window.player_bar.step_back()
    assert drive.settle(window)
    assert picture(window) == before
    player.set_speed(250)
    player.play()
    assert drive.pump(lambda: player.index > middle, 10)
    player.pause()
    assert at(window, middle) == before, "playing leaves traces in the picture"
    check(window)


@pytest.mark.parametrize("scene", ALL, ids=lambda scene: scene.id)
def test_takes_both_ends_of_every_control(scene: Scene, window: MainWindow) -> None:
    start = time.thread_time()
    show(window, scene)
    assert list(selftest.drive_controls(window, scene)) == []
    assert drive.settle(window)
    check(window)
    assert time.thread_time() - start < LONGEST


@pytest.mark.parametrize("scene", ALL, ids=lambda scene: scene.id)
def test_fits_every_size_in_both_themes(scene: Scene, window: MainWindow) -> None:
    show(window, scene)
    assert window.stage.current is not None
    for look, (width, height) in zip((theme.DARK, theme.LIGHT), SIZES, strict=True):
        window.resize(width, height)
        window.set_theme(look)
        assert drive.settle(window)
        assert window.size().width() == width
        assert window.size().height() == height
        assert clipped(window) == []
        assert scroll_bars_in(window.stage) == []
        if not window.narrow:
            assert window.stage.width() >= 0.6 * (
                width - window.scene_list.width() - window.inspector.width()
            )
    check(window)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=lambda look: look.name)
@pytest.mark.parametrize("size", [(1024, 640), (1280, 800), (1920, 1080), (3840, 2160)], ids=str)
@pytest.mark.parametrize("scene", scenes.SCENES, ids=lambda scene: scene.id)
def test_every_end_of_every_control_fits_everywhere(
    scene: Scene, size: tuple[int, int], look: theme.Theme, window: MainWindow
) -> None:
    show(window, scene)
    window.resize(*size)
    window.set_theme(look)
    for field in fields(scene.load("config")):
        if field.kind in ("canvas", "source", "text"):
            continue
        before = window.stage.config
        assert window.inspector.controls is not None
        for value in field.ends:
            window.inspector.controls.drive(field.path, value)
            drive.pump(lambda: window.player.index > 0 or not window.player.running, 5)
            assert clipped(window) == [], f"{field.path}={value!r}"
            assert scroll_bars_in(window.stage) == [], f"{field.path}={value!r}"
            check(window)
        window.stage.edit(before)
        window.stage.commit()


@pytest.mark.parametrize("scene", ALL, ids=lambda scene: scene.id)
def test_config_and_presets_come_back_from_their_links(scene: Scene, window: MainWindow) -> None:
    card = scene.load("card")
    config_type = scene.load("config")
    assert 3 <= len(card.presets) <= 6
    assert card.question
    assert card.wrong_answer
    assert card.minutes > 0
    for preset in card.presets:
        assert preset.title
        assert preset.try_this
        assert preset.what_you_should_see
        config = validate(from_query(config_type, preset.query))
        assert from_query(config_type, to_query(config)) == config
        assert len(links.to_link(scene.id, config)) <= links.LONGEST
        assert window.open_link(links.to_link(scene.id, config)) == ""
        assert drive.settle(window)
        check(window)
        assert window.stage.config == config
    assert window.stage.current is not None
    description = window.stage.current.view.accessibleDescription()
    assert len(description) > 10
    assert "nan" not in description.lower().split()


@pytest.mark.parametrize("scene", ALL, ids=lambda scene: scene.id)
def test_leaves_no_widget_behind(scene: Scene, window: MainWindow) -> None:
    show(window, scene)
    assert window.stage.current is not None
    other = SAMPLES[3] if scene is not SAMPLES[3] else SAMPLES[0]

    def started() -> bool:
        trace = window.player.trace
        return trace is not None and trace.available > 0

    def round_trip() -> int:
        for each in (other, scene):
            window.open_scene(each.id)
            assert drive.pump(started)
        for index in range(len(scene.load("card").presets)):
            window.stage.open_preset(index)
            assert drive.pump(started)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        return len(QApplication.allWidgets())

    counts = [round_trip(), round_trip()]
    while counts[-1] > counts[-2] and len(counts) < 6:
        counts.append(round_trip())  # a label of the inspector is made when a step first needs it, and kept
    assert counts[-1] <= counts[-2], f"each round leaves more widgets: {counts}"


def test_a_view_is_imported_only_when_its_scene_is_shown(qtbot: QtBot) -> None:
    """In a process of its own: opening one scene imports no other scene's view."""
    import subprocess
    import sys

    if len(scenes.SCENES) < 2:
        pytest.skip("one scene only: there is no other to leave alone")
    code = (
        "import sys\n"
        "from PySide6.QtWidgets import QApplication\n"
        "app = QApplication([])\n"
        "from app.shell.main_window import MainWindow\n"
        "assert not {'numpy', 'pyqtgraph', 'superqt'} & set(sys.modules), 'before the first paint'\n"
        "from app.shell import drive\n"
        "window = drive.open_window(app)\n"
        "print(sorted(m for m in sys.modules if m.startswith('app.')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for scene in scenes.SCENES[1:]:
        module = scene.view.split(":")[0]
        assert f"'{module}'" not in done.stdout
    assert scenes.SCENES[0].view.split(":")[0] in done.stdout
