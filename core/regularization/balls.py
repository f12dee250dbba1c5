"""Penalties of two weights as shapes: P(w) = phi(|w_1|) + phi(|w_2|), and the ball that a budget leaves.

Two families, which agree where they meet:

    Mixture(ratio)   phi(u) = ratio u + (1 - ratio) u^2 / 2    lasso at 1, ridge at 0, elastic net between
    Power(p)         phi(u) = u^p / p                          the L_p norms: a diamond at 1, a disc at 2

A budget t is how far the ball reaches along an axis: P(w) <= phi(t). For L_p that is ||w||_p <= t.
What decides about zeros is phi'(0), the kink: 0 for p > 1, `ratio` for a mixture, without bound for p < 1.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray

__all__ = ["Mixture", "Penalty", "Power", "Quadratic", "arc", "outline", "quadratic", "size"]


class Mixture(NamedTuple):
    """The elastic net's penalty (Zou & Hastie 2005), scaled as in glmnet: `ratio` is L1's share, 0 to 1."""

    ratio: float

    @property
    def kink(self) -> float:
        """The slope at zero, from above."""
        return self.ratio

    def phi(self, u: Any) -> Any:
        return self.ratio * u + (1 - self.ratio) / 2 * u * u

    def slope(self, u: Any) -> Any:
        return self.ratio + (1 - self.ratio) * u

    def curvature(self, u: Any) -> Any:
        return (1 - self.ratio) + 0 * u

    def inverse(self, value: Any) -> Any:
        """The u >= 0 with phi(u) = value; without cancellation at either end of the mixture."""
        if self.ratio == 0:
            return np.sqrt(2 * value)
        return 2 * value / (self.ratio + np.sqrt(self.ratio**2 + 2 * (1 - self.ratio) * value))


class Power(NamedTuple):
    """|w_1|^p / p + |w_2|^p / p, for p > 0 (bridge regression, Frank & Friedman 1993)."""

    p: float

    @property
    def kink(self) -> float:
        return 0.0 if self.p > 1 else 1.0 if self.p == 1 else math.inf

    def phi(self, u: Any) -> Any:
        return u**self.p / self.p

    def slope(self, u: Any) -> Any:
        """u^(p - 1); for p < 1 only where u > 0."""
        return u ** (self.p - 1)

    def curvature(self, u: Any) -> Any:
        """(p - 1) u^(p - 2); for p < 2 only where u > 0."""
        return (self.p - 1) * u ** (self.p - 2)

    def inverse(self, value: Any) -> Any:
        return (self.p * value) ** (1 / self.p)


Penalty: TypeAlias = Mixture | Power


class Quadratic(NamedTuple):
    """The loss (1/2) (w - c)' H (w - c) of two weights, c = (c1, c2) being its free minimum.

    It is what least squares leaves: H = X'X / n, and c is the estimate without a penalty.
    """

    h11: float
    h12: float
    h22: float
    c1: float
    c2: float

    @property
    def linear(self) -> tuple[float, float]:
        """H c: minus the gradient at zero."""
        return self.h11 * self.c1 + self.h12 * self.c2, self.h12 * self.c1 + self.h22 * self.c2

    @property
    def determinant(self) -> float:
        return self.h11 * self.h22 - self.h12 * self.h12

    def loss(self, w1: Any, w2: Any) -> Any:
        d1, d2 = w1 - self.c1, w2 - self.c2
        return 0.5 * (self.h11 * d1 * d1 + 2 * self.h12 * d1 * d2 + self.h22 * d2 * d2)

    def gradient(self, w1: Any, w2: Any) -> tuple[Any, Any]:
        d1, d2 = w1 - self.c1, w2 - self.c2
        return self.h11 * d1 + self.h12 * d2, self.h12 * d1 + self.h22 * d2  #: gradient of the loss

    def solve(self, g1: Any, g2: Any) -> tuple[Any, Any]:
        """H^-1 g."""
        det = self.determinant
        return (self.h22 * g1 - self.h12 * g2) / det, (self.h11 * g2 - self.h12 * g1) / det


def quadratic(minimum: tuple[float, float], rotation: float, stretch: float) -> Quadratic:
    """The loss whose ellipses are `stretch` times as long as wide, the long axis `rotation` degrees from w1.

    det H = 1, so turning and stretching leave an ellipse its area. The condition number is stretch^2.
    """
    cos, sin = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    along, across = 1 / stretch, stretch
    return Quadratic(
        along * cos * cos + across * sin * sin,
        (along - across) * cos * sin,
        along * sin * sin + across * cos * cos,
        *minimum,
    )


def size(penalty: Penalty, w1: float, w2: float) -> float:
    """The budget t on whose ball's rim the weights lie: phi(t) = P(w)."""
    if w1 == 0 or w2 == 0:
        return abs(w1) + abs(w2)
    return float(penalty.inverse(penalty.phi(abs(w1)) + penalty.phi(abs(w2))))


def arc(penalty: Penalty, budget: Any, share: Array) -> tuple[Array, Array]:
    """The rim in the first quadrant: phi(u1) = share phi(t), phi(u2) = (1 - share) phi(t)."""
    if isinstance(penalty, Power):  # a ball of any budget is the unit one, scaled
        return budget * share ** (1 / penalty.p), budget * (1 - share) ** (1 / penalty.p)
    whole = penalty.phi(budget)
    return penalty.inverse(share * whole), penalty.inverse((1 - share) * whole)


def outline(penalty: Penalty, budget: float, points: int = 48) -> Array:
    """The ball's rim as a polygon (4 points, 2), anticlockwise; its corners on the axes are among its points.

    The points crowd where rims bend: by the square of a sine, which for the disc is even.
    """
    if penalty in (Mixture(1.0), Power(1.0)):
        points = 1  # its sides are straight
    share = np.cos(np.linspace(0.0, math.pi / 2, points, endpoint=False)) ** 2
    share[0] = 1.0
    u, v = arc(penalty, budget, share)
    quarter = np.stack([u, v], axis=1)
    # A turn by 90 degrees maps the rim onto itself, as both weights are penalised alike
    turns = [np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.0, 1.0], [-1.0, 0.0]])]
    turns += [-turns[0], -turns[1]]
    return np.concatenate([quarter @ turn for turn in turns])
