"""The race: several optimizers down one surface, all from the same start.

Frame k holds the runners after k updates and the update that they are about to make from there.

>>> last = list(race(RaceConfig(steps=50)))[-1]
>>> last.step, last.runners[0], last.positions.shape
(50, 'gradient_descent', (6, 2))
>>> from core.optimization.optimizers import gradient_descent
>>> from core.optimization.surfaces import SURFACES
>>> minimize(SURFACES["booth"], gradient_descent(0.1), (0.0, 0.0), steps=100)[-1].round(6)
array([1., 3.])
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from core.optimization import explain
from core.optimization.course import Course, centre_and_reach, start_of, surface_of
from core.optimization.optimizers import Optimizer, Step
from core.optimization.optimizers import steps as updates
from core.optimization.race_config import RaceConfig, make_optimizer, runners
from core.optimization.side_by_side import side_by_side
from core.optimization.surfaces import Surface
from core.trace import Equation, Frame, freeze

__all__ = ["RaceConfig", "RaceFrame", "minimize", "race"]

Array: TypeAlias = np.ndarray


class RaceFrame(Frame, frozen=True, eq=False):
    """The runners after `step` updates, and the update that each is about to make.

    Attributes:
        step: how many updates were made.
        runners: the names of the optimizers, R of them.
        positions: (R, 2), in the plane.
        values: (R,), the loss there, and `slopes`, (R, 2), its exact gradient.
        gradients: (R, 2), what the optimizers are given: the slopes and the noise, or an online loss's
            gradient.
        nearest: (R,), index into the surface's minima of the nearest one, -1 if it has none; `distances`,
            (R,), how far that is (NaN), and `gaps`, (R,), how much lower its loss is, the loss scale taken
            out (NaN).
        rates: (R, 2), the effective rate of each coordinate in the coming update.
        states: the optimizers' states before the coming update, `new_states` after it.
        new_positions: (R, 2), where the coming update leads.

    A runner that would leave for infinity stays where it was; see `diverged`.
    """

    step: int
    runners: tuple[str, ...]
    positions: Array
    values: Array
    slopes: Array
    gradients: Array
    nearest: Array
    distances: Array
    gaps: Array
    rates: Array
    states: tuple[Any, ...]
    new_positions: Array
    new_states: tuple[Any, ...]

    def columns(self) -> dict[str, Any]:
        return {
            "positions": self.positions,
            "values": self.values,
            "slopes": np.hypot(self.slopes[:, 0], self.slopes[:, 1]),
            "nearest": self.nearest,
            "distances": self.distances,
            "gaps": self.gaps,
            "rates": self.rates,
            "diverged": self.diverged,
        }

    @property
    def diverged(self) -> Array:
        """(R,): the step at which a runner diverged, 0 if it has not."""
        made = np.array([state[0] for state in self.states], dtype=int)
        return np.where(made < self.step, made + 1, 0)

    def inspected(self, config: RaceConfig) -> int | None:
        """The index of the runner that the config inspects, or of the first, or None if there is none."""
        if config.inspected in self.runners:
            return self.runners.index(config.inspected)
        return 0 if self.runners else None

    def explain(self, config: Any = None) -> list[Equation]:
        """The coming update of the inspected runner, line by line."""
        i = self.inspected(config)
        if i is None or self.diverged[i]:
            return []
        optimizer, update = make_optimizer(config, self.runners[i]), self.update(i)
        if config.surface != "reddi":
            return explain.equations(optimizer, update)
        arrived, state = optimizer.update(update.grads, update.state, update.params)
        lines = explain.equations(optimizer, update._replace(new_params=arrived, new_state=state))
        return [*lines, _projection(arrived, update.new_params)]

    def arrows(self, config: RaceConfig, i: int) -> dict[str, Array]:
        """Vectors of runner i's coming update: gradient, velocity where it has one, decay, and the step."""
        return explain.arrows(make_optimizer(config, self.runners[i]), self.update(i))

    def update(self, i: int) -> Step:
        """The coming update of runner i."""
        return Step(
            self.positions[i], self.gradients[i], self.states[i], self.new_positions[i], self.new_states[i]
        )


def race(
    config: RaceConfig, inputs: Surface | None = None, start: RaceFrame | None = None
) -> Iterator[RaceFrame]:
    """Run the race: yields the frames of steps 0 to `config.steps`, or those behind `start`.

    `inputs` is the surface, if it has been made already. ValueError if a typed formula is refused.
    """
    surface = surface_of(config) if inputs is None else inputs
    names = runners(config)
    done = 0 if start is None else start.step + 1
    course = Course(config, surface, names, done)
    centre, reach = centre_and_reach(surface)
    together = side_by_side(
        [make_optimizer(config, name) for name in names],
        constrain=course.constrain, centre=centre, reach=reach,
    )  # fmt: skip
    if start is None:
        origin = np.tile(start_of(config, surface), (len(names), 1))
        run = updates(course, together, origin, _frozen(together.init(origin)))
    else:
        run = updates(course, together, start.new_positions, start.new_states)
    for step in itertools.islice(run, config.steps + 1 - done):
        yield _frame(course, names, together, step)


def _projection(arrived: Array, landed: Array) -> Equation:
    """How the first coordinate is brought back into the interval that the losses are stated on."""
    return Equation(
        "projection",
        r"x_1 \leftarrow \min(1, \max(-1, x_1)) = \min(1, \max(-1, <x>)) = <x_new>",
        {"x": float(arrived[0]), "x_new": float(landed[0])},
        "core.optimization.course:Course.constrain",
    )


def minimize(surface: Surface, optimizer: Optimizer, start: Any, steps: int) -> Array:
    """The path of one optimizer, shape (steps + 1, 2): it goes where the numbers go, to infinity too."""
    run = itertools.islice(updates(surface.gradient, optimizer, start), steps)
    return np.stack([np.asarray(start, float), *(step.new_params for step in run)])


def _frame(course: Course, names: tuple[str, ...], together: Optimizer, step: Step) -> RaceFrame:
    nearest, distances, gaps = measure(course.surface, step.params, course.values)
    rates = np.empty(step.params.shape)
    for i, rate in enumerate(together.effective_rate(step.new_state)):
        rates[i] = rate
    for array in (step.params, course.values, course.slopes, step.grads, step.new_params):
        array.flags.writeable = False
    _frozen(step.new_state)
    return RaceFrame(
        step=course.step - 1, runners=names, positions=step.params, values=course.values,
        slopes=course.slopes, gradients=step.grads, nearest=freeze(nearest), distances=freeze(distances),
        gaps=freeze(gaps), rates=freeze(rates), states=step.state, new_positions=step.new_params,
        new_states=step.new_state,
    )  # fmt: skip


def _frozen(states: tuple[Any, ...]) -> tuple[Any, ...]:
    """The runners' states, their moments made read-only."""
    for state in states:
        for moment in state[1:]:
            moment.flags.writeable = False
    return states


def measure(surface: Surface, positions: Array, values: Array) -> tuple[Array, Array, Array]:
    """Which minimum is nearest to each position (n, 2), how far it is, and how much lower its loss is.

    Shapes (n,). The loss scale is taken out of the gap. Without minima: -1, NaN, NaN.
    """
    if not surface.minima:
        nothing = np.full(len(positions), np.nan)
        return np.full(len(positions), -1), nothing, nothing.copy()
    minima = surface.minimum_points
    apart = np.hypot(positions[:, :1] - minima[:, 0], positions[:, 1:] - minima[:, 1])
    nearest = apart.argmin(axis=1)
    lowest = surface.minimum_values[nearest]
    return nearest, apart[np.arange(len(positions)), nearest], (values - lowest) / surface.loss_scale
