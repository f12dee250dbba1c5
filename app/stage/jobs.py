"""The one place with threads.

A job is an iterator of ever newer results. One worker steps through all jobs in turn, one item each, so
that a long one does not hold up a short one; a second worker takes only work that releases the GIL.
Results come back on the thread of this object; those of a job that was replaced or cancelled are dropped.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

Lane = Literal["compute", "native"]
Receiver = Callable[[Any], None]


class Job:
    """One piece of work under way. The worker sees `cancelled` before each item."""

    def __init__(
        self, work: Callable[[], Iterator[Any]], item: Receiver, done: Receiver | None, error: Receiver | None
    ) -> None:
        self.work = work
        self.item = item
        self.done = done
        self.error = error
        self.cancelled = False
        self.iterator: Iterator[Any] | None = None
        self.newest: deque[Any] = deque(maxlen=1)
        self.on_its_way = False


class _Worker:
    """A daemon thread that takes jobs in turn; it sleeps while there are none."""

    def __init__(self, name: str, report: Callable[[Job, str, Any], None]) -> None:
        self._jobs: deque[Job] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._report = report
        self.thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self.thread.start()

    def add(self, job: Job) -> None:
        with self._wake:
            self._jobs.append(job)
            self._wake.notify()

    def stop(self) -> None:
        with self._wake:
            self._stopping = True
            for job in self._jobs:
                job.cancelled = True
            self._wake.notify()
        self.thread.join(timeout=5)

    def _loop(self) -> None:
        while True:
            with self._wake:
                while not self._jobs and not self._stopping:
                    self._wake.wait()
                if self._stopping:
                    return
                job = self._jobs.popleft()
            if not job.cancelled and self._step(job):
                with self._wake:
                    self._jobs.append(job)

    def _step(self, job: Job) -> bool:
        """One item of a job; False when it has come to its end."""
        try:
            if job.iterator is None:
                job.iterator = job.work()
            item = next(job.iterator)
        except StopIteration:
            self._report(job, "done", None)
            return False
        except Exception as error:  # told to the scene it belongs to; the others go on
            self._report(job, "error", error)
            return False
        if item is None:  # nothing new, and nothing on its way is to be replaced by it
            return True
        # Only the newest item matters: while one is on its way, it is replaced, not queued behind.
        # Appended before the flag is read, and taken after it is cleared: none is left lying.
        job.newest.append(item)
        if not job.on_its_way:
            job.on_its_way = True
            self._report(job, "item", None)
        return True


class Jobs(QObject):
    """Starts, replaces and cancels jobs by key."""

    _reported = Signal(object, str, object)
    idle = Signal()
    """The last job ended."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: dict[str, Job] = {}
        self._workers: dict[Lane, _Worker] = {}
        self._reported.connect(self._deliver)

    def start(
        self, key: str, work: Callable[[], Iterator[Any]], item: Receiver, *, done: Receiver | None = None,
        error: Receiver | None = None, lane: Lane = "compute",
    ) -> None:  # fmt: skip
        """Run `work()`'s iterator; a job still running under the same key is cancelled.

        `item` gets the newest item (older ones not yet delivered are skipped; None only lets other jobs
        have their turn), `done` gets None after the last, `error` the exception.
        """
        self.cancel(key)
        if lane not in self._workers:
            sys.setswitchinterval(0.001)  # NumPy loops hold the GIL: let the window have it sooner
            self._workers[lane] = _Worker(f"{lane} worker", self._reported.emit)
        job = Job(work, item, done, error)
        self._running[key] = job
        self._workers[lane].add(job)

    def cancel(self, key: str) -> None:
        if job := self._running.pop(key, None):
            job.cancelled = True

    def running(self, key: str = "") -> bool:
        """Whether the job with this key, or any job, is under way."""
        return key in self._running if key else bool(self._running)

    def stop(self) -> None:
        """Cancel everything and end the threads."""
        for key in list(self._running):
            self.cancel(key)
        for worker in self._workers.values():
            worker.stop()
        self._workers.clear()

    def _deliver(self, job: Job, kind: str, value: Any) -> None:
        if job.cancelled:
            return
        if kind == "item":
            job.on_its_way = False
            if job.newest:
                job.item(job.newest.pop())
            return
        for key, running in list(self._running.items()):
            if running is job:
                del self._running[key]
        receiver = job.done if kind == "done" else job.error
        if receiver is not None:
            receiver(value)
        if not self._running:
            self.idle.emit()
