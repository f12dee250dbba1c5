r"""Muon: momentum whose steps are orthogonal matrices.

Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024. The gradient of a weight
matrix is often all but of low rank: few directions drown the others. Muon follows the momentum with all its
singular values set to one, so that rare directions are learned as fast as frequent ones.
"""

from __future__ import annotations

import math

import numpy as np

from core.optimization.optimizers import VelocityState
from core.optimization.rules import Hyperparameter, LearningRate, Optimizer, by_rule
from core.optimization.trees import Array

__all__ = ["muon", "orthogonalized"]

QUINTIC = (3.4445, -4.7750, 2.0315)
"""a, b, c of the iteration that Jordan et al. chose: steep at 0, so small singular values grow fast."""

ROUNDS = 5
SPREAD = 0.2
"""Root mean square of a step's numbers over eta: about Adam's, so its rates serve (Liu et al. 2025)."""


def orthogonalized(x: Array) -> Array:
    """The matrix (m, n) with its singular values brought close to one: between 0.7 and 1.2.

    A Newton-Schulz iteration: X <- a X + b (X Xᵀ) X + c (X Xᵀ)² X, five times. A vector counts as a matrix of
    one row, and comes out as its direction.
    """
    if x.ndim < 2:
        return x / (np.sqrt(np.vdot(x, x)) + 1e-7)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / (np.sqrt(np.vdot(x, x)) + 1e-7)
    a, b, c = QUINTIC
    for _ in range(ROUNDS):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.T if tall else x


def muon(learning_rate: LearningRate, beta: Hyperparameter = 0.95) -> Optimizer:
    r"""Muon: :math:`v \leftarrow \beta v + g,\; x \leftarrow x - 0.2\,\eta\sqrt{n}\; O(g + \beta v)`.

    O makes a matrix orthogonal (:func:`orthogonalized`), and n is the larger of its sides.
    """

    def rate(lr, t, v):
        return lr

    def rule(lr, t, x, g, v):
        v = beta * v + g  #: velocity
        size = SPREAD * math.sqrt(max(np.shape(x), default=1))
        return x - lr * x.dtype.type(size) * orthogonalized(g + beta * v), v  #: orthogonal step

    return by_rule("muon", VelocityState, rule, rate, learning_rate, beta=beta)
