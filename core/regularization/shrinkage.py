"""What a penalty does to one weight: shrink it, cut it off, or both; and what its lambda is called elsewhere.

With orthonormal columns every weight is on its own, and all that the data say of it is z, its least squares:

    lasso          (w - z)^2 / 2 + lambda |w|                   soft threshold: z moved towards 0 by lambda
    ridge          (w - z)^2 / 2 + lambda w^2                   scaling: z / (1 + 2 lambda)
    best subset    (w - z)^2 / 2 + lambda^2 / 2 where w != 0    hard threshold: z kept, or dropped

The ridge is written with lambda times the sum of w^2, not half of it. The minimum is also the most probable w
if the noise has variance 1 and w was drawn in advance with probability proportional to exp(-penalty).

>>> frame = shrink(ShrinkageConfig(z=1.5, penalty=1.0))
>>> frame.weights["lasso"], frame.weights["ridge"], frame.weights["hard_threshold"]
(0.5, 0.5, 1.5)
>>> [round(each.alpha, 4) for each in frame.conversions if each.method == "ridge"]  # of 100 rows
[1.0, 2.0, 0.02]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

import numpy as np
from msgspec import Struct

from core.config import Config, number
from core.optimization.proximal import soft_threshold
from core.regularization import penalties
from core.trace import Equation, Frame, freeze

__all__ = ["METHODS", "REACH", "Conversion", "ShrinkageConfig", "ShrinkageFrame", "shrink", "shrinkage"]

Array: TypeAlias = np.ndarray

METHODS = ("lasso", "ridge", "hard_threshold")

REACH = 5.0
"""The curves are drawn for z, and the densities for w, from minus this to this."""

Library = Literal["document", "scikit-learn", "glmnet"]


class ShrinkageConfig(Config, frozen=True):
    """One weight, one penalty."""

    z: Annotated[
        float,
        number(-REACH, REACH, "Least-squares weight z", "What the data alone say; drag it on the plot."),
    ] = 1.5
    penalty: Annotated[
        float, number(0.0, 4.0, "Penalty λ", "Of all three; drag it along the axis of the plot.")
    ] = 1.0
    rows: Annotated[
        int,
        number(2, 10_000, "Rows n", "Examples, on which it depends what λ is called elsewhere.", scale="log"),
    ] = 100

    def frames(self) -> int:
        return 1


class Conversion(Struct, frozen=True):
    """A penalty as one library writes it, and the weight that its objective then has.

    Attributes:
        method: "lasso", "ridge" or "elastic_net" (both penalties, each with lambda).
        library: whose objective.
        alpha: what stands before the penalty there.
        l1_ratio: the L1 share of the penalty where there is such a setting; else None.
        weight: the minimum of that objective, solved on `rows` examples with one column of length 1.
    """

    method: str
    library: Library
    alpha: float
    l1_ratio: float | None
    weight: float


class ShrinkageFrame(Frame, frozen=True, eq=False):
    """The one frame of a timeless scene.

    Attributes:
        z, penalty: as set.
        weights: for each method the weight that minimises its objective, and `lowest`, the objective there.
        grid: (m,), values of z or w, over which all the curves are.
        curves: for each method (m,), the weight for every z.
        objectives: for each method (m,), loss and penalty for every w, at this z.
        priors: for each method (m,), exp(-penalty), the prior up to its constant; 1 at w = 0 for all.
        spreads: the standard deviation of the prior, for those that are one: lasso and ridge with a penalty.
        conversions: nine: three methods in three libraries.
    """

    z: float
    penalty: float
    weights: dict[str, float]
    lowest: dict[str, float]
    grid: Array
    curves: dict[str, Array]
    objectives: dict[str, Array]
    priors: dict[str, Array]
    spreads: dict[str, float]
    conversions: tuple[Conversion, ...]

    def explain(self, config: ShrinkageConfig | None = None) -> list[Equation]:
        """How each weight comes from z."""
        values = {"z": self.z, "lam": self.penalty}
        soft, ridge, hard = (values | {"w": self.weights[method]} for method in METHODS)
        return [
            Equation("soft threshold",
                     r"w = \mathrm{sign}(<z>) \max(\left| <z> \right| - <lam>,\, 0) = <w>",
                     soft, "core.optimization.proximal:soft_threshold"),
            Equation("ridge scaling", r"w = z / (1 + 2 \lambda) = <z> / (1 + 2 \cdot <lam>) = <w>",
                     ridge, "core.regularization.shrinkage:ridge_scaling"),
            Equation("hard threshold", r"w = z \; (|z| > \lambda), \; 0 \; (|z| \leq \lambda): \quad <w>",
                     hard, "core.regularization.shrinkage:hard_threshold"),
        ]  # fmt: skip


def shrinkage(
    config: ShrinkageConfig, inputs: None = None, start: Frame | None = None
) -> Iterator[ShrinkageFrame]:
    """The one frame of a timeless scene."""
    if start is None:
        yield shrink(config)


def shrink(config: ShrinkageConfig) -> ShrinkageFrame:
    """Curves, objectives, priors and conversions for one z and one lambda."""
    z, penalty = config.z, config.penalty
    grid = np.linspace(-REACH, REACH, 401)
    costs = {method: cost(method, grid, penalty) for method in METHODS}
    curves = {method: estimate(method, grid, penalty) for method in METHODS}
    weights = {method: float(estimate(method, np.array(z), penalty)) for method in METHODS}
    return ShrinkageFrame(
        z=z,
        penalty=penalty,
        weights=weights,
        lowest={m: (w - z) ** 2 / 2 + float(cost(m, np.array(w), penalty)) for m, w in weights.items()},
        grid=freeze(grid),
        curves={method: freeze(curve) for method, curve in curves.items()},
        objectives={method: freeze((grid - z) ** 2 / 2 + each) for method, each in costs.items()},
        priors={method: freeze(np.exp(-each)) for method, each in costs.items()},
        spreads=spreads(penalty),
        conversions=conversions(z, penalty, config.rows),
    )


def estimate(method: str, z: Array, penalty: float) -> Array:
    """The weight that minimises the method's objective, elementwise."""
    if method == "lasso":
        return soft_threshold(z, penalty) + 0.0  # a zero has no sign
    return ridge_scaling(z, penalty) if method == "ridge" else hard_threshold(z, penalty)


def ridge_scaling(z: Array, penalty: float) -> Array:
    """The minimum of (w - z)^2 / 2 + lambda w^2: every weight shrunk by one factor, none to zero."""
    return z / (1 + 2 * penalty)  #: ridge scaling


def hard_threshold(z: Array, penalty: float) -> Array:
    """The minimum of (w - z)^2 / 2 + lambda^2 / 2 [w != 0]: a weight is kept whole, or dropped."""
    return np.where(np.abs(z) > penalty, z, 0.0)  #: hard threshold


def cost(method: str, w: Array, penalty: float) -> Array:
    """The penalty of each weight; at 0 it is 0."""
    if method == "lasso":
        return penalty * np.abs(w)
    return penalty * w**2 if method == "ridge" else np.where(w != 0, penalty**2 / 2, 0.0)


def spreads(penalty: float) -> dict[str, float]:
    """Standard deviations of the Laplace density lambda/2 exp(-lambda |w|) and of the Gaussian
    sqrt(lambda / pi) exp(-lambda w^2). Without a penalty both are flat, as the hard threshold's is beside 0,
    and have none."""
    if penalty == 0:
        return {}
    return {"lasso": float(np.sqrt(2) / penalty), "ridge": float(1 / np.sqrt(2 * penalty))}


def conversions(z: float, penalty: float, rows: int) -> tuple[Conversion, ...]:
    """What lambda is called in each library, and the weight that each objective has.

    document: ||y - Xw||^2 / 2 + lambda sum |w|, or lambda sum w^2, or both.
    scikit-learn: Lasso and ElasticNet divide the squares by 2n, Ridge by nothing (see `penalties`).
    glmnet: ||y - Xw||^2 / (2n) + lambda (alpha |w|_1 + (1 - alpha) / 2 |w|^2), without its standardisation.
    """
    x = np.full((rows, 1), 1 / np.sqrt(rows))
    y = z * x[:, 0]
    half, both = penalty / rows, 3 * penalty / rows
    share = 1 / 3  # of |w| in lambda |w| + 2 lambda w^2 / 2

    def net(alpha: float, ratio: float) -> float:
        return float(penalties.elastic_net(x, y, alpha, ratio, fit_intercept=False)[0])

    soft = float(estimate("lasso", np.array(z), penalty))
    plain = float(penalties.lasso(x, y, half, fit_intercept=False)[0])
    ridge = float(penalties.ridge(x, y, 2 * penalty, fit_intercept=False)[0])
    mixed = net(both, share)  # scikit-learn and glmnet write the same objective
    return (
        Conversion("lasso", "document", penalty, None, soft),
        Conversion("lasso", "scikit-learn", half, None, plain),
        Conversion("lasso", "glmnet", half, 1.0, net(half, 1.0)),
        Conversion("ridge", "document", penalty, None, float(ridge_scaling(np.array(z), penalty))),
        Conversion("ridge", "scikit-learn", 2 * penalty, None, ridge),
        Conversion("ridge", "glmnet", 2 * half, 0.0, net(2 * half, 0.0)),
        Conversion("elastic_net", "document", penalty, None, soft / (1 + 2 * penalty)),
        Conversion("elastic_net", "scikit-learn", both, share, mixed),
        Conversion("elastic_net", "glmnet", both, share, mixed),
    )
