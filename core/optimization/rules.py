"""An optimizer as two pure functions, and the one loop that drives every optimizer.

`init(params)` makes the state, `update(grads, state, params)` returns new parameters and a new state; neither
writes in place. Parameters are an array or a (nested) dict of arrays. An optimizer is made of its rule for a
single array (`by_rule`), which is then applied to every array alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from core.optimization.trees import Array, Params, own, tree_map

__all__ = ["Hyperparameter", "LearningRate", "Optimizer", "Schedule", "Step", "by_rule", "steps"]

Hyperparameter: TypeAlias = float | Array
Schedule: TypeAlias = Callable[[int], Hyperparameter]
LearningRate: TypeAlias = Hyperparameter | Schedule


@dataclass(frozen=True, eq=False)
class Optimizer:
    """An update rule as two pure functions, and what it was made with.

    Attributes:
        name: the name of the function that made it, such as "adam".
        init: `init(params) -> state`, all moments zero.
        update: `update(grads, state, params) -> (params, state)`.
        effective_rate: `effective_rate(state)`: by how much each coordinate's (smoothed) gradient was
            multiplied in the update that led to `state`: eta, or eta / (sqrt(second moment) + eps).
        hyperparameters: what it was made with, by name.
    """

    name: str
    init: Callable[[Params], Any]
    update: Callable[[Params, Any, Params], tuple[Params, Any]]
    effective_rate: Callable[[Any], Params]
    hyperparameters: Mapping[str, LearningRate]


class Step(NamedTuple):
    """One update: parameters and state before it, the gradient there, parameters and state after it."""

    params: Params
    grads: Params
    state: Any
    new_params: Params
    new_state: Any


def steps(
    gradient: Callable[[Params], Params], optimizer: Optimizer, start: Params, state: Any = None
) -> Iterator[Step]:
    """Yield update after update, without end: the one loop that everything which optimizes drains.

    `gradient` is called once per step, in order, so it may carry a mini-batch or noise that changes from call
    to call. With `state`, the run goes on from there exactly as if it had never stopped.

    >>> from core.optimization.optimizers import gradient_descent
    >>> run = steps(lambda x: 2 * x, gradient_descent(0.25), 8.0)
    >>> [float(next(run).new_params) for _ in range(3)]
    [4.0, 2.0, 1.0]
    """
    params = tree_map(own, start)
    state = optimizer.init(params) if state is None else state
    while True:
        grads = gradient(params)
        new_params, new_state = optimizer.update(grads, state, params)
        yield Step(params, grads, state, new_params, new_state)
        params, state = new_params, new_state


def by_rule(
    name: str,
    State: type,
    rule: Callable[..., tuple],
    rate: Callable[..., Hyperparameter],
    learning_rate: LearningRate,
    **others: Hyperparameter,
) -> Optimizer:
    """Make an optimizer of a rule for one array; the state's fields after `t` are what it carries along."""
    _check(name, learning_rate, others)
    slots = len(State._fields) - 1  # type: ignore[attr-defined]

    def eta(t):
        return learning_rate(t - 1) if callable(learning_rate) else learning_rate

    def init(params):
        return State(0, *(tree_map(np.zeros_like, params) for _ in range(slots)))

    def leaf_update(lr, t, x, g, *carried):
        if not isinstance(x, dict):
            return rule(lr, t, x, g, *carried)
        leaves = {key: leaf_update(lr, t, x[key], g[key], *(c[key] for c in carried)) for key in x}
        return tuple({key: leaf[i] for key, leaf in leaves.items()} for i in range(slots + 1))

    def update(grads, state, params):
        t = state[0] + 1
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # to diverge is legal
            x, *carried = leaf_update(eta(t), t, params, grads, *state[1:])
        return x, State(t, *carried)

    def effective_rate(state):
        t, *carried = state
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return tree_map(lambda *leaves: rate(eta(t), t, *leaves), *carried) if carried else eta(t)

    return Optimizer(name, init, update, effective_rate, {"learning_rate": learning_rate, **others})


def _check(name: str, learning_rate: LearningRate, others: Mapping[str, Hyperparameter]) -> None:
    """Refuse hyperparameters that no rule is defined for, in one sentence."""
    below_one = {"beta1", "beta2"}  # the bias corrections divide by 1 - beta^t
    values = dict(others) if callable(learning_rate) else {"learning_rate": learning_rate, **others}
    for key, value in values.items():
        good = np.greater_equal(value, 0) & np.less(value, 1 if key in below_one else np.inf)
        if not good.all():
            found = np.asarray(value)[~good].flat[0]
            raise ValueError(
                f"{name}: {key} must be in [0, {1 if key in below_one else 'inf'}), found {found}"
            )
