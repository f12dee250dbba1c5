"""Random access, thinning and live changes: whatever order frames are asked for, they are the same."""

import itertools
from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import Config, number
from core.trace import TAIL, Frame, Trace, freeze


class WalkConfig(Config):
    steps: Annotated[int, number(0, 10_000, "Steps")] = 1000
    spread: Annotated[float, number(0.0, 10.0, "Spread", role="live")] = 1.0
    every: Annotated[int, number(1, 50, "Checkpoint every")] = 7
    seed: Annotated[int, number(0, 999, "Seed")] = 3

    def frames(self) -> int:
        return self.steps + 1


class WalkFrame(Frame, frozen=True, eq=False):
    step: int
    place: np.ndarray
    state: dict[str, Any] | None

    def columns(self) -> dict[str, Any]:
        return {"place": self.place, "step": self.step}

    @property
    def resumable(self) -> bool:
        return self.state is not None


def walk(config: WalkConfig, inputs: Any = None, start: WalkFrame | None = None) -> Iterator[WalkFrame]:
    rng = np.random.default_rng(config.seed)
    if start is None:
        step, place = 0, np.zeros(3)
        yield WalkFrame(0, freeze(place), rng.bit_generator.state)
    else:
        step, place = start.step, start.place
        rng.bit_generator.state = start.state
    while True:
        step, place = step + 1, place + config.spread * rng.normal(size=3)
        yield WalkFrame(step, freeze(place), rng.bit_generator.state if step % config.every == 0 else None)


def whole(config: WalkConfig) -> list[WalkFrame]:
    return list(itertools.islice(walk(config), config.steps + 1))


def seen(trace: Trace, index: int) -> WalkFrame:
    frame = trace.frame(index)
    if frame is None:
        assert trace.pending
        assert trace.fulfil()
        frame = trace.frame(index)
    assert isinstance(frame, WalkFrame)
    return frame


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 1000), max_size=30), st.integers(1, 50))
def test_thinned_frames_come_back_bit_for_bit(order: list[int], every: int) -> None:
    config = WalkConfig(every=every)
    trace = Trace(walk, config, memory=60_000).run()
    assert len(trace._frames) < 600, "nothing was thinned: the test would show nothing"
    expected = whole(config)
    for index in order:
        assert np.array_equal(seen(trace, index).place, expected[index].place)
        assert seen(trace, index).step == index


def test_series_keep_every_step() -> None:
    config = WalkConfig()
    trace = Trace(walk, config, memory=60_000).run()
    assert np.array_equal(trace.series("place"), [frame.place for frame in whole(config)])
    with pytest.raises(ValueError, match="read-only"):
        trace.series("place")[0] = 1


def test_an_old_view_of_a_series_does_not_change_as_it_grows() -> None:
    trace = Trace(walk, WalkConfig()).run(64)
    before = trace.series("place")
    copy = before.copy()
    trace.run(1001)
    assert np.array_equal(before, copy)
    assert len(trace.series("place")) == 1001


def test_the_tail_is_never_thinned() -> None:
    trace = Trace(walk, WalkConfig(), memory=1).run()
    assert all(trace.frame(i) is not None for i in range(trace.available - TAIL, trace.available))
    assert trace.frame(0) is not None


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 600))
def test_a_live_change_can_be_replayed(first: int, second: int, index: int) -> None:
    """A run changed twice equals the two generators chained by hand."""
    calm = WalkConfig(every=1, spread=0.1)
    trace = Trace(walk, WalkConfig(every=1), memory=60_000).run(600)
    seen(trace, first)  # a person changes what is on screen, so that frame is held
    trace = trace.fork(first, calm).run(500)
    seen(trace, second)
    trace = trace.fork(second, WalkConfig(every=1, spread=5.0)).run(700)
    by_hand = whole(WalkConfig(every=1))[: first + 1]
    by_hand += itertools.islice(walk(calm, start=by_hand[-1]), max(0, 500 - first))
    by_hand = by_hand[: second + 1]
    by_hand += itertools.islice(walk(WalkConfig(every=1, spread=5.0), start=by_hand[-1]), 700)
    assert np.array_equal(seen(trace, index).place, by_hand[index].place)
    assert np.array_equal(trace.series("place")[index], by_hand[index].place)


def test_a_fork_falls_back_to_the_newest_checkpoint() -> None:
    trace = Trace(walk, WalkConfig(every=10)).run(100)
    other = trace.fork(37, WalkConfig(every=10, spread=9.0))
    assert other.available == 31
    assert other.segments[-1][0] == 30
    assert trace.available == 100


def test_a_failing_algorithm_ends_the_run_and_keeps_what_there_is() -> None:
    def failing(config: WalkConfig, inputs: Any = None, start: Any = None) -> Iterator[Frame]:
        yield from itertools.islice(walk(config), 5)
        raise RuntimeError("broken")

    trace = Trace(failing, WalkConfig())
    while not trace.finished:
        trace.advance(0.001)
    assert trace.available == 5
    assert isinstance(trace.error, RuntimeError)
    with pytest.raises(RuntimeError, match="broken"):
        Trace(failing, WalkConfig()).run()


def test_total_of_a_run() -> None:
    trace = Trace(walk, WalkConfig(steps=10))
    assert (trace.available, trace.total, trace.finished) == (0, 11, False)
    trace.run()
    assert (trace.available, trace.total, trace.finished) == (11, 11, True)
    with pytest.raises(IndexError):
        trace.frame(11)


def test_nothing_new_is_no_frame() -> None:
    """A run that lets others have their turn between its frames is the run that does not."""

    def haltingly(config: WalkConfig, inputs: Any = None, start: Any = None) -> Iterator[WalkFrame | None]:
        for frame in walk(config, inputs, start):
            yield None
            yield frame
            yield None

    config = WalkConfig(steps=600)
    trace = Trace(haltingly, config, memory=1)
    assert trace.advance() == 0
    assert not trace.finished
    trace.run()
    assert trace.available == trace.total == 601
    for index, frame in enumerate(whole(config)):
        assert np.array_equal(seen(trace, index).place, frame.place)
    assert np.array_equal(trace.series("step"), np.arange(601))
