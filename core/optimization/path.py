"""One optimizer's path over a surface, step by step: what a click on a pixel of a map plays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.optimization.optimizers import Optimizer, Step, steps
from core.optimization.surfaces import Surface
from core.trace import Frame, freeze

Array = np.ndarray


class PathFrame(Frame, frozen=True, eq=False):
    """Where the run stands after `step` updates.

    Attributes:
        position: shape (2,).
        loss: the surface's height there.
        distance: how far the nearest minimum is, and `minimum`, which one (index into `surface.minima`).
        state: the optimizer's state after the update.
        last: the update that led here, None for the start.
    """

    step: int
    position: Array
    loss: float
    distance: float
    minimum: int
    state: Any
    last: Step | None = None

    def columns(self) -> dict[str, Any]:
        return {"position": self.position, "loss": self.loss, "distance": self.distance}

    @property
    def diverged(self) -> bool:
        """Whether the numbers have run out of the range of floating point."""
        return not (np.isfinite(self.loss) and np.isfinite(self.position).all())


def path(
    surface: Surface, optimizer: Optimizer, origin: Any, count: int, start: PathFrame | None = None
) -> Iterator[PathFrame]:
    """Yield the frames of `count` updates from `origin`, or those behind `start`; ends where it diverges."""
    if start is None:
        position = freeze(np.array(origin, float))
        start = _frame(surface, 0, position, optimizer.init(position), None)
        yield start
    run = steps(surface.gradient, optimizer, start.position, start.state)
    frame = start
    while frame.step < count and not frame.diverged:
        step = next(run)
        for array in (step.params, step.grads, step.new_params):
            freeze(array)
        frame = _frame(surface, frame.step + 1, step.new_params, step.new_state, step)
        yield frame


def _frame(surface: Surface, at: int, position: Array, state: Any, last: Step | None) -> PathFrame:
    with np.errstate(all="ignore"):
        distances = np.hypot(*(surface.minimum_points - position).T)
    nearest = int(np.argmin(distances)) if len(distances) else -1
    return PathFrame(
        step=at,
        position=position,
        loss=float(surface.value(position)),
        distance=float(distances[nearest]) if nearest >= 0 else float("nan"),
        minimum=nearest,
        state=state,
        last=last,
    )
