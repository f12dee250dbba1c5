"""Undo, links, session, theme, keys and the failure of a scene, in the real window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app import scenes
from app.shell import drive, links, session
from app.shell.dialogs import LinkDialog, ShortcutsDialog
from app.shell.main_window import MainWindow
from app.stage import theme
from core.config import from_query, replace
from tests.app.samples import BROKEN, SAMPLES, CanvasConfig, FileConfig, WalkConfig


@pytest.fixture(autouse=True)
def samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "SCENES", (*SAMPLES, *BROKEN))


@pytest.fixture
def window(qapp: QApplication) -> Iterator[MainWindow]:
    made = drive.open_window(qapp)
    drive.settle(made)
    yield made
    drive.close(made)


def edit(window: MainWindow, path: str, value: object) -> None:
    assert window.stage.config is not None
    window.stage.edit(replace(window.stage.config, path, value))


def test_the_first_scene_opens_with_its_first_preset(window: MainWindow) -> None:
    assert window.stage.current is not None
    assert window.stage.current.scene is SAMPLES[0]
    assert window.player.index == SAMPLES[0].telling
    assert window.stage.config == WalkConfig()


def test_a_drag_is_one_undo_entry(window: MainWindow) -> None:
    window.open_scene("optimization/canvas")
    drive.settle(window)
    assert window.stage.current is not None
    view = window.stage.current.view
    before = window.stage.config
    middle = view.rect().center()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=middle)
    for x in range(0, 80, 10):
        QTest.mouseMove(view, middle + QPoint(x, 40))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=middle + QPoint(80, 40))
    after = window.stage.config
    assert isinstance(after, CanvasConfig)
    assert after != before
    assert window.undo_stack.count() == 1
    window.undo_stack.undo()
    assert window.stage.config == before
    window.undo_stack.redo()
    assert window.stage.config == after


def test_a_point_dragged_out_of_bounds_is_refused_in_a_sentence(window: MainWindow) -> None:
    window.open_scene("optimization/canvas")
    drive.settle(window)
    assert isinstance(window.stage.config, CanvasConfig)
    before = window.stage.config
    import msgspec

    window.stage.edit(msgspec.structs.replace(before, points=((99.0, 0.0),)))
    assert window.stage.config == before
    assert window.stage.header.message == "Points: expected at most 10, found 99."
    window.stage.edit(msgspec.structs.replace(before, points=((9.0, 0.0),)))
    assert window.stage.header.message == ""


def test_a_live_change_keeps_what_was_and_goes_on_differently(window: MainWindow) -> None:
    trace = window.player.trace
    assert trace is not None
    drive.settle(window)
    window.player.go(70)
    drive.settle(window)
    edit(window, "spread", 3.0)
    drive.settle(window)
    forked = window.player.trace
    assert forked is not trace
    assert forked is not None
    assert (forked.series("place")[:71] == trace.series("place")[:71]).all()
    assert (forked.series("place")[71:] != trace.series("place")[71:]).all()
    assert window.player.index == 70


def test_a_view_field_starts_no_new_run(window: MainWindow) -> None:
    trace = window.player.trace
    edit(window, "mirrored", True)
    assert window.player.trace is trace


def test_undo_leads_back_through_scenes(window: MainWindow) -> None:
    edit(window, "spread", 2.0)
    window.stage.commit()
    link = links.to_link("optimization/canvas", CanvasConfig(steps=40))
    assert window.open_link(link) == ""
    assert window.stage.config == CanvasConfig(steps=40)
    window.undo_stack.undo()
    assert window.stage.current is not None
    assert window.stage.current.scene.id == "optimization/walk"
    assert window.stage.config == WalkConfig(spread=2.0)
    window.undo_stack.undo()
    assert window.stage.config == WalkConfig()
    window.undo_stack.redo()
    window.undo_stack.redo()
    assert window.stage.config == CanvasConfig(steps=40)


def test_an_edit_under_way_is_kept_when_undo_or_redo_leads_to_another_scene(window: MainWindow) -> None:
    window.visit("optimization/canvas", CanvasConfig(steps=40))
    window.commands.actions["undo"].trigger()
    edit(window, "spread", 2.0)  # not yet committed: the slider is still held
    window.commands.actions["redo"].trigger()
    assert window.stage.config == WalkConfig(spread=2.0)
    assert [window.undo_stack.text(i) for i in range(window.undo_stack.count())] == ["Spread"]
    window.commands.actions["undo"].trigger()
    assert window.stage.config == WalkConfig()


def test_no_entry_is_made_while_one_is_redone(window: MainWindow) -> None:
    window.visit("optimization/canvas", CanvasConfig(steps=40))
    window.undo_stack.undo()
    edit(window, "spread", 2.0)
    window.undo_stack.redo()  # it leaves the scene, which commits the edit: the entry redone must survive
    assert window.undo_stack.count() == 1
    assert window.stage.config == CanvasConfig(steps=40)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "'' names no scene"),
        ("http://example.org", "'http:"),
        ("training-lab:optimization/walk?steps=999", "Steps: expected at most 400, found 999."),
        ("optimization/walk?stps=9", "There is no setting 'stps'; did you mean 'steps'?"),
        ("x" * 70_000, "A link has at most 64,000 characters; this text has 70,000."),
    ],
)
def test_a_refused_link_is_told_and_changes_nothing(window: MainWindow, text: str, sentence: str) -> None:
    before = window.stage.config
    said = window.open_link(text)
    assert said.startswith(sentence)
    assert "\n" not in said
    assert window.stage.config == before
    dialog = LinkDialog(window.open_link, window)
    dialog.field.setText(text[:32_000])
    dialog.accept()
    assert dialog.refusal.text()
    dialog.close()


def test_copy_link_and_open_it(window: MainWindow) -> None:
    edit(window, "seed", 77)
    window.commands.actions["link"].trigger()
    text = QGuiApplication.clipboard().text()
    assert text == "training-lab:optimization/walk?seed=77"
    window.stage.reset()
    assert window.stage.config == WalkConfig()
    window.open_link(text)
    assert window.stage.config == WalkConfig(seed=77)


def test_session_comes_back(qapp: QApplication) -> None:
    window = drive.open_window(qapp)
    window.kept.restore = True
    edit(window, "seed", 5)
    window.open_scene("optimization/clock")
    drive.close(window)
    again = MainWindow()
    again.show()
    drive.pump(lambda: again.is_complete)
    assert again.stage.current is not None
    assert again.stage.current.scene.id == "optimization/clock"
    again.open_scene("optimization/walk")
    assert again.stage.config == WalkConfig(seed=5)
    drive.close(again)


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"version":1}', b"\xff\xfe", b"[" * 100_000, b" " * 2_000_000]
)
def test_a_damaged_session_is_set_aside(qapp: QApplication, content: bytes) -> None:
    file = session.path()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    window = MainWindow()
    window.show()
    drive.pump(lambda: window.is_complete)
    assert window.stage.current is not None
    assert "set aside" in window.stage.header.message
    kept = list(Path(file.parent).glob("session.damaged-*.json"))
    assert [each.read_bytes() for each in kept] == [content]
    drive.close(window)


def test_a_saved_setting_of_another_version_does_not_stop_the_scene(qapp: QApplication) -> None:
    session.save("optimization/walk", {"optimization/walk": "gone=1"})
    window = MainWindow()
    window.show()
    drive.pump(lambda: window.is_complete)
    assert window.stage.config == WalkConfig()
    drive.close(window)


def test_a_fault_is_shown_in_its_scene_and_the_others_go_on(window: MainWindow) -> None:
    for scene in BROKEN:
        window.open_scene(scene.id)
        drive.settle(window)
        entry = window.stage.current
        assert entry is not None
        if not entry.failure.report:
            window.player.go(5)
            drive.settle(window)
        assert "put here on purpose" in entry.failure.report
        assert window.stage.stack.currentWidget() is entry.failure
        entry.failure.copy()
        assert "Traceback" in QGuiApplication.clipboard().text()
    window.open_scene("optimization/clock")
    assert drive.settle(window)
    assert window.stage.stack.currentWidget() is window.stage.current.view  # type: ignore[union-attr]


def test_a_clicked_list_of_scenes_leaves_the_windows_keys_alone(window: MainWindow) -> None:
    window.open_scene("optimization/walk")
    drive.settle(window)
    window.player.go(2)
    drive.settle(window)
    window.scene_list.setFocus()
    QTest.keyClick(window.scene_list, Qt.Key.Key_Right)
    assert drive.settle(window)
    assert window.player.index == 3
    QTest.keyClick(window.scene_list, Qt.Key.Key_Space)
    assert window.player.playing
    QTest.keyClick(window.scene_list, Qt.Key.Key_Space)
    assert not window.player.playing


def test_another_config_brings_a_failed_scene_back(window: MainWindow) -> None:
    window.open_scene("optimization/walk")
    drive.settle(window)
    window.stage.fail(RuntimeError("put here on purpose"))
    entry = window.stage.current
    assert entry is not None
    assert window.stage.stack.currentWidget() is entry.failure
    window.stage.edit(WalkConfig(seed=7))
    assert drive.settle(window)
    assert window.stage.stack.currentWidget() is entry.view
    assert not entry.failure.report


def test_only_the_scene_on_stage_says_that_it_computes(window: MainWindow) -> None:
    window.open_scene("optimization/file")
    entry = window.stage.current
    assert entry is not None
    assert entry.run.is_preparing
    busy = window.stage.header._busy
    assert busy.isVisible()
    window.open_scene("optimization/canvas")
    assert not busy.isVisible()
    entry.run.preparing.emit(True)  # from a scene that was left
    assert not busy.isVisible()
    window.open_scene("optimization/file")
    drive.settle(window)
    assert not busy.isVisible()


def test_a_file_is_read_in_a_job_and_a_bad_one_is_refused(window: MainWindow, tmp_path: Path) -> None:
    window.open_scene("optimization/file")
    drive.settle(window)
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("1,2\n3,4\n")
    bad.write_text("1,2\nthree,4\n")
    assert isinstance(window.stage.config, FileConfig)
    window.stage.edit(from_query(FileConfig, f'data={{"path":"{good}"}}'))
    assert drive.settle(window)
    trace = window.player.trace
    assert trace is not None
    assert trace.series("place")[:2].tolist() == [[1, 2], [3, 4]]
    window.stage.edit(from_query(FileConfig, f'data={{"path":"{bad}"}}'))
    assert drive.settle(window)
    assert "bad.csv, line 2: expected two numbers, found 'three,4'." in said(window)
    assert window.player.trace is trace, "the last good state stays"
    assert window.stage.config.data.path == str(good)  # type: ignore[attr-defined]
    window.stage.edit(from_query(FileConfig, f'data={{"path":"{tmp_path}/none.csv"}}'))
    assert drive.settle(window)
    assert "No such file" in said(window)


def test_a_refused_file_leaves_no_undo_entry(window: MainWindow, tmp_path: Path) -> None:
    window.open_scene("optimization/file")
    drive.settle(window)
    bad = tmp_path / "bad.csv"
    bad.write_text("three,4\n")
    window.stage.edit(from_query(FileConfig, "stretch=2"))
    window.stage.commit()
    before = window.undo_stack.count()
    window.stage.open_file("data", str(bad))
    assert drive.pump(lambda: "expected two numbers" in said(window), 10)
    drive.settle(window)
    window.stage.commit()
    assert window.undo_stack.count() == before
    assert window.stage.config == FileConfig(stretch=2.0)
    window.undo()
    assert window.stage.config == FileConfig()


def test_an_accepted_file_is_one_undo_entry(window: MainWindow, tmp_path: Path) -> None:
    window.open_scene("optimization/file")
    drive.settle(window)
    good = tmp_path / "good.csv"
    good.write_text("3,4\n")
    window.stage.open_file("data", str(good))
    assert drive.pump(lambda: window.undo_stack.count() == 1, 10)
    window.undo()
    assert window.stage.config == FileConfig()


def test_a_link_to_a_file_that_has_gone_opens_the_scene_as_new(window: MainWindow, tmp_path: Path) -> None:
    window.open_link(f'optimization/file?stretch=2&data={{"path":"{tmp_path}/gone.csv"}}')
    assert drive.settle(window)
    assert window.stage.config == FileConfig()
    assert window.player.trace is not None
    assert "No such file" in said(window)


def said(window: MainWindow) -> str:
    """Everything that the window tells the reader in red."""
    from PySide6.QtWidgets import QLabel

    labels = [each for each in window.findChildren(QLabel) if each.isVisible()]
    shown = " ".join(each.text() for each in labels if each.property("role") == "warning")
    return shown + window.stage.header.message


def test_keys(window: MainWindow) -> None:
    window.activateWindow()
    window.setFocus()
    QTest.keyClick(window, Qt.Key.Key_Home)
    assert window.player.index == 0
    QTest.keyClick(window, Qt.Key.Key_Right)
    QTest.keyClick(window, Qt.Key.Key_Right)
    QTest.keyClick(window, Qt.Key.Key_Left)
    assert window.player.index == 1
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert window.player.playing
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert not window.player.playing
    QTest.keyClick(window, Qt.Key.Key_End)
    assert window.player.index == 200


def test_theme_and_dialogs(window: MainWindow) -> None:
    light = window.grab().toImage()
    window.toggle_theme()
    assert window.theme is theme.DARK
    assert window.grab().toImage() != light
    assert window.stage.current is not None
    assert window.stage.current.view.theme is theme.DARK
    window.commands.actions["help"].trigger()
    window.commands.actions["open-link"].trigger()
    for kind in (ShortcutsDialog, LinkDialog):
        (dialog,) = window.findChildren(kind)
        assert dialog.isVisible()
        dialog.close()


def test_reset_and_seed(window: MainWindow) -> None:
    edit(window, "spread", 5.0)
    window.commands.actions["seed"].trigger()
    assert window.stage.config == WalkConfig(spread=5.0, seed=1)
    window.commands.actions["reset"].trigger()
    assert window.stage.config == WalkConfig()
    window.open_scene("optimization/clock")
    assert not window.commands.actions["seed"].isEnabled()


def test_the_picture_is_saved(window: MainWindow, tmp_path: Path) -> None:
    from app.shell.export import picture, write_png

    assert window.stage.current is not None
    view = window.stage.current.view
    assert write_png(picture(view), str(tmp_path / "a.png")) == ""
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert "could not be saved" in write_png(picture(view), str(tmp_path / "no" / "a.png"))
    window.commands.actions["copy"].trigger()
    assert QGuiApplication.clipboard().pixmap().size() == view.size()


def test_idle_runs_nothing(window: MainWindow) -> None:
    assert drive.settle(window)
    assert not window.player.running
    assert not window.jobs.running()


def test_a_scene_that_cannot_be_opened_is_told_at_once(window: MainWindow) -> None:
    from app.shell import selftest

    gone = SAMPLES[0]._replace(id="optimization/gone", view="tests.app.samples:NoSuchView")
    scenes.SCENES = (*scenes.SCENES, gone)
    (line, *_) = selftest.check_scene(window, gone)
    assert "NoSuchView" in line
    window.open_scene("optimization/clock")
    assert drive.settle(window)


def test_a_window_that_is_widened_shows_the_step_it_is_at(window: MainWindow) -> None:
    """In a narrow window the inspector is hidden, and nothing is written into it; then it is shown."""
    window.resize(1024, 700)
    assert not window.inspector.isVisible()
    window.open_scene(SAMPLES[1].id)
    assert drive.settle(window)
    window.player.go(1)
    assert drive.settle(window)
    assert window.stage.current is not None
    assert window.player.trace is not None
    window.resize(1400, 800)
    assert drive.settle(window)
    assert window.inspector.isVisible()
    expected = window.stage.current.view.notes(window.player.trace, window.player.index)
    frame = window.player.trace.frame(window.player.index)
    assert window.inspector._notes == expected
    assert len(window.inspector._equations) == len(frame.explain(window.stage.config))
    assert expected or window.inspector._equations, "a sample that explains nothing shows nothing here"
