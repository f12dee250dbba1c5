import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.stage import theme
from app.stage.inspector import WIDTH, Inspector
from app.stage.jobs import Jobs
from app.stage.typeset import Typeset
from core.config import replace
from core.optimization.race import race
from core.optimization.race_config import RaceConfig
from core.trace import Equation

CONFIG = RaceConfig()
NOTES = ["Adam's step is about as long as its rate.", "Momentum overshoots."]


@pytest.fixture(scope="module")
def steps() -> list[list[Equation]]:
    run = race(CONFIG)
    return [next(run).explain(CONFIG) for _ in range(30)][1:]


def settle() -> None:
    """Nested layouts hand a change upwards one event at a time."""
    for _ in range(10):
        QApplication.processEvents()


@pytest.fixture
def inspector(qtbot: QtBot) -> Inspector:
    made = Inspector()
    qtbot.addWidget(made)
    made.set_theme(theme.LIGHT)
    made.set_scene(RaceConfig)
    made.show_config(CONFIG)
    made.resize(WIDTH, 800)
    made.show()
    return made


def test_shows_equations_notes_and_source_of_a_step(
    inspector: Inspector, steps: list[list[Equation]]
) -> None:
    inspector.show_step(steps[5], NOTES)
    shown = [v for v in inspector._views if not v.isHidden()]
    assert [v.caption.text().lower() for v in shown] == [e.tag.lower() for e in steps[5]]
    assert all(v.formula.shown() for v in shown)
    assert [label.text() for label in inspector._sentences] == NOTES
    inspector.origin.heading.click()
    assert "def adam(" in inspector.source.toPlainText()
    assert len(inspector.source.marked()) == len({e.tag for e in steps[5]})


def test_numbers_follow_the_step_without_setting_anew(
    inspector: Inspector, steps: list[list[Equation]]
) -> None:
    asked: list[str] = []

    def typeset(key: str, work: Callable[[], Iterator[Typeset]], item: Callable[[Any], None]) -> None:
        asked.append(key)
        for made in work():
            item(made)

    inspector.set_typesetting(typeset)
    inspector.show_step(steps[5], [])
    first = [v.formula.shown() for v in inspector._views]
    count = len(asked)
    assert count == len(steps[5])
    for step in steps[6:]:
        inspector.show_step(step, [])
    assert [v.formula.shown() for v in inspector._views] != first
    assert len(asked) <= count + 3, "a number that needs more room may ask once more"


def test_equations_come_from_a_job(qtbot: QtBot, inspector: Inspector, steps: list[list[Equation]]) -> None:
    jobs = Jobs(inspector)
    inspector.set_typesetting(jobs.start)
    with qtbot.waitSignal(jobs.idle, timeout=20_000):
        inspector.show_step(steps[5], [])
        assert all(v.formula.shown() == () for v in inspector._views)
    assert all(v.formula.shown() for v in inspector._views)
    jobs.stop()


def test_the_last_step_wins_when_jobs_are_late(inspector: Inspector, steps: list[list[Equation]]) -> None:
    waiting: list[tuple[Callable[[], Iterator[Typeset]], Callable[[Any], None]]] = []
    inspector.set_typesetting(lambda key, work, item: waiting.append((work, item)))
    inspector.show_step(steps[5], [])
    inspector.show_step(steps[9], [])
    for work, item in waiting:
        for made in work():
            item(made)
    late = [v.formula.shown() for v in inspector._views]
    inspector.show_step(steps[9], [])
    assert [v.formula.shown() for v in inspector._views] == late


def test_what_is_closed_is_shown_when_opened(inspector: Inspector, steps: list[list[Equation]]) -> None:
    inspector.step.heading.click()
    inspector.notice.heading.click()
    inspector.show_step(steps[5], NOTES)
    assert inspector._views == []
    assert inspector._sentences == []
    inspector.step.heading.click()
    inspector.notice.heading.click()
    assert all(v.formula.shown() for v in inspector._views)
    assert [label.text() for label in inspector._sentences] == NOTES


def test_what_is_hidden_is_shown_when_it_comes_back(
    inspector: Inspector, steps: list[list[Equation]]
) -> None:
    inspector.hide()
    inspector.show_step(steps[5], NOTES)
    assert inspector._views == []
    inspector.show()
    assert all(v.formula.shown() for v in inspector._views)


def test_a_scene_without_equations_has_no_empty_headings(inspector: Inspector) -> None:
    inspector.show_step([], [])
    assert inspector.step.isHidden()
    assert inspector.notice.isHidden()
    assert inspector.origin.isHidden()


def test_controls_are_kept_from_scene_to_scene(qtbot: QtBot, inspector: Inspector) -> None:
    from core.optimization.softmax import SoftmaxConfig

    race_controls = inspector.controls
    assert race_controls is not None
    race_controls.groups["adam"].open()
    inspector.set_scene(SoftmaxConfig)
    inspector.show_config(SoftmaxConfig())
    assert inspector.controls is not race_controls
    assert race_controls.isHidden()
    inspector.set_scene(RaceConfig)
    assert inspector.controls is race_controls
    assert race_controls.groups["adam"].header.isChecked()


def test_edits_and_refusals_pass_through(qtbot: QtBot, inspector: Inspector) -> None:
    assert inspector.controls is not None
    edited: list[object] = []
    inspector.edited.connect(edited.append)
    with qtbot.waitSignal(inspector.committed, timeout=500):
        inspector.controls.drive("steps", 2000)
    assert edited == [replace(CONFIG, "steps", 2000)]
    assert inspector.refuse("noise", "Too loud.")
    assert inspector.controls.row("noise").refusal() == "Too loud."
    assert not inspector.refuse("start", "Outside.")


@pytest.mark.parametrize("look", theme.THEMES.values(), ids=lambda t: t.name)
@pytest.mark.parametrize("height", [420, 800, 1500])
def test_nothing_is_cut_or_scrolls_sideways(
    inspector: Inspector, steps: list[list[Equation]], look: theme.Theme, height: int
) -> None:
    theme_before = theme.LIGHT
    inspector.set_theme(look)
    inspector.resize(WIDTH, height)
    inspector.show_step(steps[5], NOTES)
    inspector.open_all()
    settle()
    assert inspector.height() == height
    for pane in (inspector.above, inspector.below):
        assert pane.horizontalScrollBar().maximum() == 0
        assert pane.content.width() + 10 <= pane.width()
    for view in inspector._views:
        assert view.formula.sizeHint().width() <= view.formula.width()
        assert view.formula.height() == view.formula.sizeHint().height()
    for label in inspector.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.heightForWidth(label.width()) <= label.height() + 1, label.text()
    inspector.set_theme(theme_before)


def test_both_panes_have_their_share(inspector: Inspector, steps: list[list[Equation]]) -> None:
    inspector.show_step(steps[5], NOTES)
    settle()
    assert inspector.above.height() == pytest.approx(400, abs=2)
    assert inspector.below.geometry().bottom() >= inspector.height() - 2
    inspector.setting.heading.click()
    settle()
    assert inspector.above.height() < 60, "closed controls leave the room to the step"


def test_whole_column_is_reached_by_tab(qtbot: QtBot, inspector: Inspector) -> None:
    inspector.activateWindow()
    inspector.setting.heading.setFocus(Qt.FocusReason.TabFocusReason)
    seen = set()
    for _ in range(200):
        widget = QApplication.focusWidget()
        if widget in seen:
            break
        seen.add(widget)
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    names = {w.accessibleName() for w in seen if w is not None}
    assert {"Controls", "Surface", "Adam", "Adam, Takes part"} <= names


def test_a_frame_is_cheap(inspector: Inspector, steps: list[list[Equation]]) -> None:
    """At most 1 ms where only numbers change, 0.1 ms where nothing of it is open."""
    for step in steps:
        inspector.show_step(step, NOTES)
        QApplication.processEvents()

    def frames() -> float:
        taken = []
        for step in steps * 2:
            start = time.perf_counter()
            inspector.show_step(step, NOTES)
            taken.append(time.perf_counter() - start)
            QApplication.processEvents()
        return statistics.median(taken)

    assert frames() < 1e-3
    for section in (inspector.step, inspector.notice):
        section.heading.click()
    assert frames() < 1e-4
