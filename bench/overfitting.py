"""A drag in "What does the penalty buy?", in the real window: from the move to the picture."""

from __future__ import annotations

import statistics
import time

from bench import Pair, benchmark
from bench.interaction import window

FRAME = 16.0
"""Milliseconds of a display's frame."""


def drag(query: str) -> float:
    """Median over 40 moves of a training point: ms of processor time until all of it is painted."""
    import msgspec
    from PySide6.QtWidgets import QApplication

    with window(f"regularization/overfitting?{query}") as lab:
        view, stage, player = lab.stage.current.view, lab.stage, lab.player
        player.to_last()
        spent = []
        for k in range(40):
            points = ((stage.config.points[0][0], round(-1 + k / 25, 3), 0), *stage.config.points[1:])
            begin = time.thread_time()
            view.edited.emit(msgspec.structs.replace(stage.config, points=points))
            player.stop()  # its next ticks add resampled curves, each with a picture of its own
            player.step(0.016, budget=0.0)
            QApplication.processEvents()
            spent.append((time.thread_time() - begin) * 1e3)
        return statistics.median(spent)


@benchmark("overfitting, L2: drag a point, fit to picture", bound=1.0, unit="ms", rounds=3)
def with_l2() -> Pair:
    return lambda: drag("lam=0.03"), lambda: FRAME


@benchmark("overfitting, L1: drag a point, fit to picture", bound=1.5, unit="ms", rounds=3)
def with_l1() -> Pair:
    return lambda: drag("penalty=l1&lam=0.03"), lambda: FRAME
