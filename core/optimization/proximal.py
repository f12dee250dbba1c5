"""The proximal step: an L1 penalty that puts weights at exactly zero."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from core.optimization.optimizers import Optimizer

Array: TypeAlias = np.ndarray


def soft_threshold(x: Array, threshold: Array | float) -> Array:
    """Every number moved towards zero by the threshold, and no farther.

    >>> soft_threshold(np.array([-3.0, 0.5, 2.0]), 1.0).tolist()
    [-2.0, 0.0, 1.0]
    """
    return np.sign(x) * np.maximum(np.abs(x) - threshold, 0.0)  #: soft threshold


def proximal(optimizer: Optimizer, l1: float, weights: Array | bool = True) -> Optimizer:
    """The optimizer, followed in each update by the exact minimiser of the L1 penalty near where it arrived.

    The penalty is measured by the optimizer's own rate in each coordinate, so that the fixed points are the
    minima of loss + l1 sum |w|: w <- sign(w) max(|w| - rate l1, 0) (Duchi & Singer 2009; for adaptive rates
    Duchi, Hazan & Singer 2011). Momentum and Nesterov, whose velocity sums gradients, take rate / (1 - beta).

    Args:
        weights: which parameters are penalised, broadcasts against them.
    """
    beta = optimizer.hyperparameters.get("beta", 0.0)
    assert not callable(beta)

    def update(grads: Any, state: Any, params: Any) -> tuple[Any, Any]:
        arrived, state = optimizer.update(grads, state, params)
        with np.errstate(all="ignore"):  # a diverging run is told by who runs it
            rate = optimizer.effective_rate(state) / (1 - beta)
            return np.where(weights, soft_threshold(arrived, rate * l1), arrived), state  #: soft threshold

    return Optimizer(
        optimizer.name, optimizer.init, update, optimizer.effective_rate, optimizer.hyperparameters
    )
