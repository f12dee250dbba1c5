"""A scene's run: what becomes of edits while its inputs are prepared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pytestqt.qtbot import QtBot

from app.stage.jobs import Jobs
from app.stage.run import Run
from core.config import Config, number
from core.trace import Frame


class MapConfig(Config):
    ground: Annotated[int, number(0, 9, "Ground")] = 0
    selected: Annotated[int, number(0, 9, "Selected")] = 0

    def frames(self) -> int:
        return 2


class MapFrame(Frame, frozen=True, eq=False):
    ground: int
    selected: int


def path(config: MapConfig, inputs: tuple[int, int], start: MapFrame | None = None) -> Iterator[MapFrame]:
    for _ in range(0 if start is None else 1, 2):
        yield MapFrame(inputs[0], config.selected)


class Scene:
    """A map of two versions, the second of which comes when `finer` says so."""

    id, timeless, in_job, prepare = "optimization/map", False, False, "here"

    def __init__(self) -> None:
        self.finer = False

    def load(self, part: str) -> Any:
        return {"algorithm": path, "prepare": self._prepare}[part]

    @property
    def _prepare(self) -> Any:
        def prepare(config: MapConfig) -> Iterator[tuple[int, int] | None]:
            yield config.ground, 0
            while not self.finer:
                yield None
            yield config.ground, 1

        prepare.fields = ("ground",)  # type: ignore[attr-defined]
        return prepare


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.stop()


def first(run: Run) -> tuple[int, int]:
    assert run.trace is not None
    run.trace.run(1)
    frame = run.trace.frame(0)
    assert isinstance(frame, MapFrame)
    return frame.ground, frame.selected


def test_coming_back_to_inputs_half_prepared_runs_what_is_asked_for_now(qtbot: QtBot, jobs: Jobs) -> None:
    scene = Scene()
    run = Run(scene, jobs)  # type: ignore[arg-type]
    run.edit(MapConfig(selected=3))
    qtbot.waitUntil(lambda: run.trace is not None)
    run.edit(MapConfig(ground=1))
    run.edit(MapConfig(selected=5))  # before anything of the other ground has come
    assert first(run) == (0, 5)
    scene.finer = True
    qtbot.waitUntil(lambda: run.trace is not None and run.trace.inputs == (0, 1))
    assert first(run) == (0, 5)


def test_while_inputs_are_prepared_the_run_on_stage_keeps_its_config(qtbot: QtBot, jobs: Jobs) -> None:
    scene = Scene()
    run = Run(scene, jobs)  # type: ignore[arg-type]
    run.edit(MapConfig())
    qtbot.waitUntil(lambda: run.trace is not None)
    run.edit(MapConfig(ground=2))
    assert run.config == MapConfig(ground=2)
    assert run.shown == MapConfig()
    qtbot.waitUntil(lambda: run.shown == MapConfig(ground=2))
    assert first(run) == (2, 0)


class TwinConfig(Config):
    """Two names for one number: degrees, and a tenth of them."""

    degrees: Annotated[int, number(0, 100, "Degrees")] = 10
    tenths: Annotated[int, number(0, 10, "Tenths")] = 1

    def follow(self, before: Config) -> TwinConfig:
        assert isinstance(before, TwinConfig)
        if before.tenths != self.tenths and before.degrees == self.degrees:
            return TwinConfig(degrees=10 * self.tenths, tenths=self.tenths)
        if before.degrees != self.degrees and before.tenths == self.tenths:
            return TwinConfig(degrees=self.degrees, tenths=self.degrees // 10)
        return self


class TwinScene(Scene):
    prepare = ""


def test_what_follows_from_an_edit_is_in_force_with_it(qtbot: QtBot, jobs: Jobs) -> None:
    run = Run(TwinScene(), jobs)  # type: ignore[arg-type]
    told: list[Config] = []
    run.config_changed.connect(told.append)
    run.edit(TwinConfig(degrees=70, tenths=3))
    assert run.config == TwinConfig(degrees=70, tenths=3), "what is opened is taken as it is"
    run.edit(TwinConfig(degrees=70, tenths=5))
    assert run.config == told[-1] == TwinConfig(degrees=50, tenths=5)
    run.edit(TwinConfig(degrees=82, tenths=5))
    assert run.config == TwinConfig(degrees=82, tenths=8)
    run.edit(TwinConfig(degrees=33, tenths=9))
    assert run.config == TwinConfig(degrees=33, tenths=9), "both were meant"
