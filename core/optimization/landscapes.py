"""The test functions of optimization, each with its exact partial derivatives.

Every function takes coordinates `x`, `y` as arrays of one shape; `f(x, y)` is the value, `f_partials(x, y)`
the pair of partial derivatives. Domains, minima and saddles are in `core.optimization.surfaces`.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray
Pair: TypeAlias = tuple[Array, Array]

TAU = 2 * np.pi


def ravine(x: Array, y: Array) -> Array:
    """A long valley between straight walls: how steep they are says nothing of how far the floor is."""
    return x * x / 20 + np.sqrt(y * y + 0.01) - 0.1


def ravine_partials(x: Array, y: Array) -> Pair:
    return x / 10, y / np.sqrt(y * y + 0.01)


def rosenbrock(x: Array, y: Array) -> Array:
    """Rosenbrock, "An automatic method for finding the greatest or least value of a function", 1960."""
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def rosenbrock_partials(x: Array, y: Array) -> Pair:
    across = y - x * x
    return 2 * (x - 1) - 400 * x * across, 200 * across


def beale(x: Array, y: Array) -> Array:
    """Beale, "On an iterative method for finding a local minimum of a function", 1958."""
    y2 = y * y
    return (1.5 - x * (1 - y)) ** 2 + (2.25 - x * (1 - y2)) ** 2 + (2.625 - x * (1 - y2 * y)) ** 2


def beale_partials(x: Array, y: Array) -> Pair:
    y2 = y * y
    u1, u2, u3 = 1 - y, 1 - y2, 1 - y2 * y
    r1, r2, r3 = 1.5 - x * u1, 2.25 - x * u2, 2.625 - x * u3
    return -2 * (r1 * u1 + r2 * u2 + r3 * u3), 2 * x * (r1 + 2 * r2 * y + 3 * r3 * y2)


def himmelblau(x: Array, y: Array) -> Array:
    """Himmelblau, "Applied Nonlinear Programming", 1972."""
    return (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2


def himmelblau_partials(x: Array, y: Array) -> Pair:
    a, b = x * x + y - 11, x + y * y - 7
    return 4 * x * a + 2 * b, 2 * a + 4 * y * b


def booth(x: Array, y: Array) -> Array:
    """A bowl whose axes lie along the diagonals, nine times as steep across as along."""
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


def booth_partials(x: Array, y: Array) -> Pair:
    a, b = x + 2 * y - 7, 2 * x + y - 5
    return 2 * a + 4 * b, 4 * a + 2 * b


def saddle(x: Array, y: Array) -> Array:
    """A saddle at the origin, bounded below: the valley on either side of it has a floor."""
    y2 = y * y
    return x * x - y2 + y2 * y2 / 4


def saddle_partials(x: Array, y: Array) -> Pair:
    return 2 * x, y * (y * y - 2)


def styblinski_tang(x: Array, y: Array) -> Array:
    """Styblinski & Tang, "Experiments in nonconvex optimization", 1990."""
    x2, y2 = x * x, y * y
    return (x2 * (x2 - 16) + 5 * x + y2 * (y2 - 16) + 5 * y) / 2


def styblinski_tang_partials(x: Array, y: Array) -> Pair:
    return 2 * x * (x * x - 8) + 2.5, 2 * y * (y * y - 8) + 2.5


def ackley(x: Array, y: Array) -> Array:
    """Ackley, "A connectionist machine for genetic hillclimbing", 1987: a cone under ripples."""
    r = np.sqrt((x * x + y * y) / 2)
    ripple = (np.cos(TAU * x) + np.cos(TAU * y)) / 2
    return 20 * -np.expm1(-r / 5) + np.e * -np.expm1(ripple - 1)


def ackley_partials(x: Array, y: Array) -> Pair:
    """The slope tends to 2 sqrt 2 at the origin, the tip of the cone, where it is taken to be 0."""
    r = np.sqrt((x * x + y * y) / 2)
    cone = 2 * np.exp(-r / 5) / np.where(r > 0, r, 1)
    ripple = np.pi * np.exp((np.cos(TAU * x) + np.cos(TAU * y)) / 2)
    return cone * x + ripple * np.sin(TAU * x), cone * y + ripple * np.sin(TAU * y)


def rastrigin(x: Array, y: Array) -> Array:
    """Rastrigin, "Systems of Extremal Control", 1974: a bowl under an egg box."""
    return 20 + x * x - 10 * np.cos(TAU * x) + y * y - 10 * np.cos(TAU * y)


def rastrigin_partials(x: Array, y: Array) -> Pair:
    return 2 * x + 10 * TAU * np.sin(TAU * x), 2 * y + 10 * TAU * np.sin(TAU * y)


def six_hump_camel(x: Array, y: Array) -> Array:
    """Dixon & Szegö, "Towards Global Optimisation 2", 1978."""
    x2, y2 = x * x, y * y
    return (4 - 2.1 * x2 + x2 * x2 / 3) * x2 + x * y + 4 * (y2 - 1) * y2


def six_hump_camel_partials(x: Array, y: Array) -> Pair:
    x2, y2 = x * x, y * y
    return (8 - 8.4 * x2 + 2 * x2 * x2) * x + y, x + (16 * y2 - 8) * y


def plateau(x: Array, y: Array) -> Array:
    """A well in a plain, 1 - exp(-q): away from it the slope dies out faster than exponentially."""
    return -np.expm1(-((x - 2) ** 2 + 2 * (y - 1) ** 2) / 6)


def plateau_partials(x: Array, y: Array) -> Pair:
    u, v = x - 2, y - 1
    well = np.exp(-(u * u + 2 * v * v) / 6) / 3
    return well * u, 2 * well * v
