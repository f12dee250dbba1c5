"""Results come in order, the newest wins, a replaced job is silent, and no job starves another."""

import threading
from collections import deque
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.stage.jobs import Job, Jobs, _Worker


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.stop()


class Log:
    """Receives what jobs report, and on which thread."""

    def __init__(self) -> None:
        self.items: list[object] = []
        self.ended: list[object] = []
        self.threads: set[int] = set()

    def item(self, value: object) -> None:
        self.items.append(value)
        self.threads.add(threading.get_ident())

    def end(self, value: object) -> None:
        self.ended.append(value)


def test_items_then_done_on_the_callers_thread(qtbot: QtBot, jobs: Jobs) -> None:
    log = Log()
    jobs.start("a", lambda: iter([1, 2, 3]), log.item, done=log.end)
    qtbot.waitUntil(lambda: bool(log.ended))
    assert log.items[-1] == 3
    assert log.items == sorted(log.items)  # type: ignore[type-var]
    assert log.threads == {threading.get_ident()}
    assert not jobs.running()


def test_none_lets_others_have_their_turn_and_replaces_nothing(qtbot: QtBot, jobs: Jobs) -> None:
    log = Log()
    jobs.start("a", lambda: iter([1, None, None]), log.item, done=log.end)
    qtbot.waitUntil(lambda: bool(log.ended))
    assert log.items == [1]


def test_an_item_that_comes_while_the_one_before_is_taken_is_not_lost(qtbot: QtBot, jobs: Jobs) -> None:
    log = Log()
    job = Job(lambda: iter([1, 2]), log.item, log.end, None)
    reports: list[tuple[Job, str, object]] = []

    def deliver() -> None:
        while reports:
            jobs._deliver(*reports.pop(0))

    class TakenMeanwhile(deque[object]):
        """The window takes what lies here in the moment before the worker puts down the next."""

        def append(self, item: object) -> None:
            deliver()
            super().append(item)

    job.newest = TakenMeanwhile(maxlen=1)
    worker = _Worker("by hand", lambda *told: reports.append(told))
    while worker._step(job):
        pass
    worker.stop()
    deliver()
    assert (log.items, log.ended) == ([1, 2], [None])


def test_an_error_is_delivered_and_the_worker_goes_on(qtbot: QtBot, jobs: Jobs) -> None:
    def bad() -> Iterator[int]:
        yield 1
        raise OSError("no such disk")

    log, other = Log(), Log()
    jobs.start("bad", bad, log.item, error=log.end)
    jobs.start("good", lambda: iter([7]), other.item, done=other.end)
    qtbot.waitUntil(lambda: bool(log.ended) and bool(other.ended))
    assert isinstance(log.ended[0], OSError)
    assert other.items == [7]


def test_a_replaced_job_says_nothing_more(qtbot: QtBot, jobs: Jobs) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def slow() -> Iterator[str]:
        entered.set()
        go_on.wait(5)
        yield "stale"

    old, new = Log(), Log()
    jobs.start("same", slow, old.item, done=old.end)
    assert entered.wait(5)
    jobs.start("same", lambda: iter(["fresh"]), new.item, done=new.end)
    go_on.set()
    qtbot.waitUntil(lambda: bool(new.ended))
    qtbot.wait(20)
    assert new.items == ["fresh"]
    assert not old.items
    assert not old.ended


def test_a_long_job_does_not_hold_up_a_short_one(qtbot: QtBot, jobs: Jobs) -> None:
    stop = threading.Event()
    steps: list[int] = []

    def endless() -> Iterator[int]:
        while not stop.is_set():
            steps.append(1)
            yield len(steps)

    long, short = Log(), Log()
    jobs.start("long", endless, long.item)
    qtbot.waitUntil(lambda: len(steps) > 10)
    jobs.start("short", lambda: iter([1]), short.item, done=short.end)
    qtbot.waitUntil(lambda: bool(short.ended))
    assert jobs.running("long")
    jobs.cancel("long")
    assert not jobs.running()
    qtbot.wait(20)
    count = len(steps)
    qtbot.wait(20)
    assert len(steps) == count, "a cancelled job goes on"


def test_only_the_newest_item_waits(qtbot: QtBot, jobs: Jobs) -> None:
    """A worker faster than the window fills no queue."""
    log = Log()
    jobs.start("fast", lambda: iter(range(5000)), log.item, done=log.end)
    qtbot.wait(1)
    qtbot.waitUntil(lambda: bool(log.ended))
    assert log.items[-1] == 4999
    assert log.items == sorted(log.items)  # type: ignore[type-var]


def test_stop_ends_the_threads(qtbot: QtBot) -> None:
    before = threading.active_count()
    jobs = Jobs()
    jobs.start("a", lambda: iter([1]), Log().item)
    jobs.start("b", lambda: iter([1]), Log().item, lane="native")
    assert threading.active_count() == before + 2
    jobs.stop()
    assert threading.active_count() == before
