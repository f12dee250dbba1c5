"""The window under a hand: what a drag, a map and an idle minute cost. The real window, offscreen.

References are the bounds themselves where no peer exists: a display's frame, a core.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from bench.harness import Pair, benchmark

EIGHT = "steps=500&adamw.on=true&amsgrad.on=true"
FORMULA = EIGHT + "&surface=formula"


@contextmanager
def window(link: str) -> Iterator:
    """The real window with one scene at rest."""
    from PySide6.QtWidgets import QApplication

    from app.shell import drive
    from app.stage import theme

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.ensure_fonts()
    made = drive.open_window(app, link=link)
    drive.settle(made)
    try:
        yield made
    finally:
        drive.close(made)


def drag(query: str) -> tuple[float, float]:
    """Drag the start for two seconds: 99th percentile of the gaps between pictures, ms, and the time from the
    last move to the whole trails, ms."""
    import msgspec
    from PySide6.QtWidgets import QApplication

    with window(f"optimization/race?{query}") as lab:
        view, stage, player = lab.stage.current.view, lab.stage, lab.player
        player.to_last()
        shown: list[float] = []
        draw = view.draw

        def noted(trace, index):
            draw(trace, index)
            shown.append(time.perf_counter())

        view.draw = noted
        begin = time.perf_counter()
        moved = 0.0
        while (now := time.perf_counter()) - begin < 2.0:
            if now - moved >= 1 / 125:  # a mouse reports at 125 Hz
                moved = now
                turn = 2 * np.pi * (now - begin)
                start = (-2.0 + float(np.cos(turn)), 1.5 + float(np.sin(turn)))
                view.edited.emit(msgspec.structs.replace(stage.config, start=start))
            QApplication.processEvents()
        rest = time.perf_counter()
        gaps = np.diff([at for at in shown if at <= rest]) * 1e3
        while player.index < player.last or player.running:
            QApplication.processEvents()
        view.draw = draw
        return float(np.percentile(gaps, 99)), (time.perf_counter() - rest) * 1e3


@benchmark(
    "drag the start, 8 optimizers x 500 steps: p99 between pictures", bound=1.0, unit="ms p99", rounds=3
)
def dragging() -> Pair:
    return lambda: drag(EIGHT)[0], lambda: 33.0


@benchmark("drag the start: whole trails after the mouse rests", bound=1.0, unit="ms rest", rounds=3)
def resting() -> Pair:
    return lambda: drag(EIGHT)[1], lambda: 150.0


@benchmark(
    "drag the start, own formula: whole trails after the mouse rests", bound=1.0, unit="ms rest", rounds=3
)
def resting_formula() -> Pair:
    return lambda: drag(FORMULA)[1], lambda: 300.0


@benchmark("idle: processor time of a minute, against 1 % of a core", bound=1.0, unit="ms/s", rounds=1)
def idle() -> Pair:
    def ours() -> float:
        from PySide6.QtCore import QEventLoop, QTimer

        with window("optimization/race") as lab:
            lab.player.to_last()
            loop = QEventLoop()
            QTimer.singleShot(1000, loop.quit)
            loop.exec()
            before = time.process_time()
            QTimer.singleShot(6000, loop.quit)
            loop.exec()
            return (time.process_time() - before) / 6.0 * 1e3

    return ours, lambda: 10.0


@benchmark("window's frames while the learning-rate map is computed: p99", bound=1.0, unit="ms p99", rounds=3)
def beside_a_map() -> Pair:
    def ours() -> float:
        from PySide6.QtWidgets import QApplication

        with window("optimization/rates?condition=7") as lab:
            stage = lab.stage
            gaps: list[float] = []
            for condition in (8.0, 9.0, 11.0, 13.0):
                stage.edit(stage.config.__class__(condition=condition))
                before = time.perf_counter()
                while lab.jobs.running():
                    QApplication.processEvents()
                    stage.repaint()
                    now = time.perf_counter()
                    gaps.append((now - before) * 1e3)
                    before = now
                    time.sleep(0.004)
            return float(np.percentile(gaps, 99))

    return ours, lambda: 20.0
