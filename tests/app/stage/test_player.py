"""The playhead by `step(dt)` alone; the timer runs only while something moves."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.stage.player import LONGEST, Player
from core.trace import Trace
from tests.app.samples import ClockConfig, WalkConfig, clock, walk


@pytest.fixture
def player(qtbot: QtBot) -> Iterator[Player]:
    made = Player()
    yield made
    made.stop()


class Shown:
    def __init__(self, player: Player) -> None:
        self.player = player
        self.steps: list[int] = []
        self.settled = 0
        player.shown.connect(self.show)
        player.settled.connect(self.settle)

    def show(self) -> None:
        self.steps.append(self.player.index)

    def settle(self) -> None:
        self.settled += 1


def play_out(player: Player, dt: float = 1 / 60, most: int = 5000) -> None:
    for _ in range(most):
        player.step(dt)
        if not player.running:
            return
    raise AssertionError("the player does not come to rest")


def test_plays_at_its_speed_to_the_end_and_rests(player: Player) -> None:
    player.set_trace(Trace(walk, WalkConfig(steps=90)).run())
    shown = Shown(player)
    player.set_speed(30)
    player.play()
    player.step(0.5)
    assert player.index == 15
    play_out(player)
    assert player.index == 90
    assert not player.playing
    assert not player.running
    assert shown.settled == 1
    assert shown.steps == sorted(set(shown.steps))


def test_play_at_the_end_starts_anew(player: Player) -> None:
    player.set_trace(Trace(walk, WalkConfig(steps=20)).run())
    player.to_last()
    assert player.index == 20
    player.play()
    assert player.index == 0
    play_out(player)
    assert player.index == 20


def test_steps_back_and_forth(player: Player) -> None:
    player.set_trace(Trace(walk, WalkConfig(steps=20)).run())
    player.go(5)
    player.go_on(-1)
    assert player.index == 4
    player.go_on(1)
    player.go_on(1)
    assert player.index == 6
    player.first()
    player.go_on(-1)
    assert player.index == 0
    player.to_last()
    player.go_on(1)
    assert player.index == 20


def test_the_playhead_is_kept_by_a_new_run_and_waits_for_it(player: Player) -> None:
    player.set_trace(Trace(walk, WalkConfig(steps=200)).run())
    player.go(150)
    trace = Trace(walk, WalkConfig(steps=200, seed=1))
    player.set_trace(trace)
    play_out(player)
    assert player.index == 150
    assert trace.available == 201, "a run with an end is computed ahead"


def test_at_the_end_it_stays_at_the_end(player: Player) -> None:
    player.set_trace(Trace(walk, WalkConfig(steps=50)).run())
    player.to_last()
    player.set_trace(Trace(walk, WalkConfig(steps=80)))
    play_out(player)
    assert player.index == 80


def test_an_endless_run_grows_as_it_plays_and_no_further(player: Player) -> None:
    trace = Trace(clock, ClockConfig())
    player.set_trace(trace)
    player.set_speed(60)
    player.play()
    for _ in range(120):
        player.step(1 / 60)
    assert 118 <= player.index <= 121
    assert trace.available <= player.index + 2
    player.pause()
    player.step(1 / 60)
    assert not player.running
    before = player.index
    player.go_on(1)
    assert player.index == before + 1


def test_a_thinned_frame_is_recomputed_before_it_is_shown(player: Player) -> None:
    trace = Trace(walk, WalkConfig(steps=400), memory=1).run()
    player.set_trace(trace)
    shown = Shown(player)
    player.go(11)
    play_out(player)
    assert player.index == 11
    assert shown.steps[-1] == 11
    assert trace.frame(11) is not None


def test_nobody_looks_nothing_runs(player: Player) -> None:
    player.set_trace(Trace(walk, WalkConfig()))
    player.play()
    assert player.running
    player.set_visible(False)
    player.step(1 / 60)
    assert not player.running
    player.set_visible(True)
    assert player.running
    player.pause()


def test_a_long_gap_is_no_leap(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    player.set_trace(Trace(walk, WalkConfig(steps=400)).run())
    player.set_speed(100)
    player.play()
    player._last -= 3600.0
    player._tick()
    assert player.index == round(100 * LONGEST)
    player.pause()
