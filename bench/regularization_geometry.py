"""The geometry of penalties under a hand: what a move of the free minimum costs, all solvers run to the end.

The references are bounds: there is no peer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.harness import Pair, benchmark
from bench.interaction import window

MOVES = 60
FRAME = 1000 / 60
"""Milliseconds of a picture at 60 Hz."""


def moves(query: str) -> list:
    """Configs along a drag round a circle."""
    import msgspec

    from core.config import from_query
    from core.regularization.geometry import GeometryConfig

    base = from_query(GeometryConfig, query)
    turns = 2 * np.pi * np.arange(MOVES) / MOVES
    places = np.column_stack([1.1 + 0.5 * np.cos(turns), 1.6 + 0.5 * np.sin(turns)]).tolist()
    return [msgspec.structs.replace(base, minimum=(x, y)) for x, y in places]


def median_of(configs: list, move: Callable[[Any], object]) -> float:
    """Processor time of a move, ms: median over the drag."""
    spent = []
    for config in configs:
        begin = time.thread_time()
        move(config)
        spent.append((time.thread_time() - begin) * 1e3)
    return float(np.median(spent))


def solved(query: str) -> float:
    """The exact picture, what follows from the edit, and every step of every solver."""
    from core.regularization.geometry import race
    from core.trace import Trace

    configs = moves(query)
    return median_of(configs, lambda config: Trace(race, config.follow(configs[0])).run())


def painted(query: str) -> float:
    """The same in the window, drawn and painted."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    with window(f"regularization/geometry?{query}") as lab:
        view, player = lab.stage.current.view, lab.player
        player.to_last()
        middle, left, none = (
            view.minimum.rect().center(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QTest.mousePress(view.minimum, left, none, middle)
        parts = [view.plane.viewport(), view.budgets.viewport(), view.race.viewport(), view.ledger]

        def move(config: Any) -> None:
            view.edited.emit(config)
            player.trace.run()
            player.step(0.0)
            for part in parts:
                if part.isVisible():
                    part.repaint()

        spent = median_of(moves(query), move)
        QTest.mouseRelease(view.minimum, left, none, middle)
        return spent


HOLLOW = "penalty=lp&held=strength&strength=0.3&budget=1.388"


@benchmark("geometry: drag the free minimum, five solvers to their end", bound=1.0, unit="ms move", rounds=3)
def raced() -> Pair:
    return lambda: solved(""), lambda: 8.0


@benchmark(
    "geometry: drag the free minimum, p = 1/2, every minimum and gap", bound=1.0, unit="ms move", rounds=3
)
def hollow() -> Pair:
    return lambda: solved(HOLLOW), lambda: 8.0


@benchmark("geometry: the same drag in the window, painted", bound=None, unit="ms move", rounds=3)
def in_the_window() -> Pair:
    return lambda: painted(""), lambda: FRAME
