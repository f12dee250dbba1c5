"""A linear regression whose curvatures differ by a stated factor."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray


class Linear(NamedTuple):
    """A linear model's data: inputs (n, features), targets (n,), and the weights they were made with."""

    x: Array
    y: Array
    weights: Array


def linear(
    count: int, features: int, condition: float, noise: float, seed: int, correlated: bool = False
) -> Linear:
    """Inputs whose covariance has exactly the condition number told, and targets that are linear in them.

    The eigenvalues of x'x / n run evenly in the logarithm from 1 down to 1 / condition. They lie along the
    features, as if those were measured in different units, or, if `correlated`, along random directions.
    The weights are such that every eigendirection adds the same variance to the targets, which have variance
    `features` before the noise of that standard deviation is added.
    """
    rng = np.random.default_rng(seed)
    left, _ = np.linalg.qr(rng.standard_normal((count, features)))
    spectrum = np.geomspace(1.0, 1.0 / condition, features)
    turn = np.linalg.qr(rng.standard_normal((features, features)))[0] if correlated else np.eye(features)
    x = math.sqrt(count) * left * np.sqrt(spectrum) @ turn.T
    weights = turn @ (rng.choice((-1.0, 1.0), features) / np.sqrt(spectrum))
    return Linear(x, x @ weights + noise * rng.standard_normal(count), weights)
