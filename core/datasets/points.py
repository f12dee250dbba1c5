"""Two classes of points in the plane, made from a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from msgspec import Struct

Array: TypeAlias = np.ndarray


class Points(Struct, frozen=True, eq=False):
    """Points of the plane in two classes: `x` of shape (n, 2) and `labels` of shape (n,), 0 or 1."""

    x: Array
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)


def two_moons(count: int, noise: float, seed: int) -> Points:
    """Two interleaved half circles; `noise` is the standard deviation of what is added to each coordinate."""
    rng, labels = np.random.default_rng(seed), _halves(count)
    angle = np.pi * rng.random(count)
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1)
    return _noisy(np.where(labels[:, None] == 1, -upper, upper), labels, noise, rng)


def circles(count: int, noise: float, seed: int) -> Points:
    """A ring (class 0, radius 1.4) about a disc's edge (class 1, radius 0.6)."""
    rng, labels = np.random.default_rng(seed), _halves(count)
    angle, radius = 2 * np.pi * rng.random(count), np.where(labels == 1, 0.6, 1.4)
    return _noisy(radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), labels, noise, rng)


def spiral(count: int, noise: float, seed: int) -> Points:
    """Two arms of one and a half turns about each other."""
    rng, labels = np.random.default_rng(seed), _halves(count)
    along = np.sqrt(rng.random(count))  # evenly spread over the length of the arm
    angle = 3 * np.pi * along + np.pi * labels
    arm = (0.1 + 1.6 * along)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _noisy(arm, labels, noise / 2, rng)


def blobs(count: int, noise: float, seed: int) -> Points:
    """Two round clouds about (-0.8, -0.5) and (0.8, 0.5)."""
    rng, labels = np.random.default_rng(seed), _halves(count)
    centre = np.where(labels[:, None] == 1, (0.8, 0.5), (-0.8, -0.5))
    return _noisy(centre, labels, 0.2 + 2 * noise, rng)


POINTS: dict[str, Callable[[int, float, int], Points]] = {
    "moons": two_moons,
    "circles": circles,
    "spiral": spiral,
    "blobs": blobs,
}
"""The sets of points by name."""


def _halves(count: int) -> Array:
    return np.arange(count) % 2


def _noisy(x: Array, labels: Array, noise: float, rng: np.random.Generator) -> Points:
    return Points(x + noise * rng.standard_normal(x.shape), labels)
