"""One optimizer's path over a surface, step by step: what a click on a pixel of a map plays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from core.optimization import explain
from core.optimization.course import centre_and_reach
from core.optimization.optimizers import Optimizer, Step, steps
from core.optimization.surfaces import Surface
from core.trace import Equation, Frame, freeze

Array: TypeAlias = np.ndarray


class PathFrame(Frame, frozen=True, eq=False):
    """Where the run stands after `step` updates, and the update that it is about to make.

    Attributes:
        position: shape (2,), and `loss`, the surface's height there.
        distance: how far the nearest minimum is, and `minimum`, which one (index into `surface.minima`; -1
            and nan if there is none).
        update: parameters, gradient and state before and after the coming update.
        optimizer: whose update it is.
        diverged: whether the update leads beyond a thousand widths of the domain: then the run ends here.
    """

    step: int
    position: Array
    loss: float
    distance: float
    minimum: int
    update: Step
    optimizer: Optimizer
    diverged: bool

    def columns(self) -> dict[str, Any]:
        return {"position": self.position, "loss": self.loss, "distance": self.distance}

    def explain(self, config: Any = None) -> list[Equation]:
        """The coming update, line by line."""
        return [] if self.diverged else explain.equations(self.optimizer, self.update)

    def arrows(self) -> dict[str, Array]:
        """Vectors of the coming update: gradient, velocity where there is one, and the step."""
        return explain.arrows(self.optimizer, self.update)


def path(
    surface: Surface, optimizer: Optimizer, origin: Any, count: int, start: PathFrame | None = None
) -> Iterator[PathFrame]:
    """Yield the frames of steps 0 to `count` from `origin`, or those behind `start`; ends if it diverges."""
    if start is None:
        at, state, params = 0, None, np.array(origin, float)
    elif start.diverged:
        return
    else:
        at, state, params = start.step + 1, start.update.new_state, start.update.new_params
    run = steps(surface.gradient, optimizer, params, state)
    while at <= count:
        frame = _frame(surface, optimizer, at, next(run))
        yield frame
        if frame.diverged:
            return
        at += 1


def _frame(surface: Surface, optimizer: Optimizer, at: int, step: Step) -> PathFrame:
    centre, reach = centre_and_reach(surface)
    with np.errstate(all="ignore"):  # far out, squares overflow
        offsets = surface.minimum_points - step.params
        distances = np.hypot(offsets[:, 0], offsets[:, 1])
    nearest = int(np.argmin(distances)) if len(distances) else -1
    for array in (step.params, step.grads, step.new_params, *step.new_state[1:]):
        freeze(array)
    return PathFrame(
        step=at,
        position=step.params,
        loss=float(surface.value(step.params)),
        distance=float(distances[nearest]) if nearest >= 0 else float("nan"),
        minimum=nearest,
        update=step,
        optimizer=optimizer,
        diverged=not (np.abs(step.new_params - centre) <= reach).all(),  # nan compares as False
    )
