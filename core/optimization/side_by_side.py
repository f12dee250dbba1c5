"""Several optimizers as one, so that their runs share a loop and every gradient call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from core.optimization.optimizers import Optimizer
from core.optimization.trees import Array


class States(tuple):
    """The runners' states, and `made`, the number of updates: a runner whose count is less has diverged."""

    made: int

    def __new__(cls, states: Iterable[Any], made: int = 0) -> States:
        self = super().__new__(cls, states)
        self.made = made
        return self


def side_by_side(
    optimizers: Sequence[Optimizer],
    *,
    constrain: Callable[[Array], Array] | None = None,
    centre: tuple[float, ...] | float = 0.0,
    reach: float = np.inf,
) -> Optimizer:
    """One optimizer over an array of runners, each row by its own rule.

    Parameters and gradients have shape (runners, n); the state is the tuple of the runners' states.
    `constrain` maps new positions back into the set that they must stay in. A row that would become infinite,
    or go farther than `reach` from `centre` in any coordinate, has diverged: it stays where it was with its
    state, whose count `t` no longer grows. It never tries again, though other noise might let it back.

    >>> from core.optimization.optimizers import gradient_descent, steps
    >>> race = side_by_side([gradient_descent(0.1), gradient_descent(0.25)])
    >>> next(steps(lambda x: 2 * x, race, np.array([[1.0], [1.0]]))).new_params.tolist()
    [[0.8], [0.5]]
    """
    middle = np.asarray(centre, float)

    def init(params):
        return States(runner.init(row) for runner, row in zip(optimizers, params, strict=True))

    def update(grads, states, params):
        new_params = params.copy()
        new_states = list(states)
        for i, runner in enumerate(optimizers):
            if states[i][0] == states.made:
                new_params[i], new_states[i] = runner.update(grads[i], states[i], params[i])
        if constrain is not None:
            new_params = constrain(new_params)
        near = np.abs(new_params - middle) <= reach  # NaN compares as False
        if not near.all() or not np.isfinite(new_params).all():
            for i in np.flatnonzero(~(near & np.isfinite(new_params)).all(axis=-1)).tolist():
                new_params[i], new_states[i] = params[i], states[i]
        return new_params, States(new_states, states.made + 1)

    def effective_rate(states):
        return tuple(runner.effective_rate(state) for runner, state in zip(optimizers, states, strict=True))

    return Optimizer("side_by_side", init, update, effective_rate, {})
