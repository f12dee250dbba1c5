"""What does the penalty buy? A curve through points, its penalty, and its error where it has not learned.

The curve is b + sum_k w_k phi_k(x) on x from -1 to 1, its functions either Legendre polynomials, scaled to a
mean square of 1, or Gaussian bumps at even distances. With n training points w and b minimise

    ||y - y_hat||^2 / (2n) + lambda * (ratio * ||w||_1 + (1 - ratio) / 2 * ||w||^2)

where ratio is 0 for L2 and 1 for L1; b goes unpenalised. Legendre polynomials are orthogonal over the
interval, so that a degree of 20 leaves something to compute with, which powers of x do not.

The run resamples: step k draws the training points anew, with replacement (the bootstrap), and fits them.
How far these curves lie apart is the variance of the fit.

>>> config = OverfittingConfig(degree=14, penalty="none")
>>> fitted = next(overfit(config)).fitted
>>> fitted.training_error < 0.2 < 10 < fitted.held_out_error  # close to its points, far from the others
True
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta, Struct
from msgspec.structs import replace

from core.config import Config, choice, number, setting
from core.regularization import penalties
from core.trace import Equation, Frame, freeze

__all__ = ["DEGREES", "LAMBDAS", "Fitted", "OverfittingConfig", "OverfittingFrame", "features", "overfit"]

Array = np.ndarray
Basis = Literal["polynomial", "bumps"]
Penalty = Literal["none", "l2", "l1", "elastic"]

LOWEST, HIGHEST = 1e-5, 10.0
LAMBDAS = freeze(np.geomspace(LOWEST, HIGHEST, 25))
"""Four to a decade: where the errors are computed for their curve."""
DEGREES = freeze(np.concatenate([np.arange(1, 11), np.arange(12, 21, 2)]))
GRID = freeze(np.linspace(-1.0, 1.0, 161))
"""Where the curves are drawn."""
Y = 2.0
"""Points lie within -Y and Y."""
TOLERANCES = (1e-8, 1e-4)
"""Of the duality gap, where columns depend on one another nearly."""
QUANTILES = (0.1, 0.9)
RESAMPLES = 30


def sample_points(
    training: int, held_out: int, noise: float, seed: int
) -> tuple[tuple[float, float, Literal[0, 1]], ...]:
    """Points about sin(pi x) with Gaussian noise: x, y, and 1 if held out."""
    rng = np.random.default_rng(seed)
    count = training + held_out
    x = rng.uniform(-0.98, 0.98, count)
    y = np.clip(np.sin(np.pi * x) + noise * rng.standard_normal(count), -1.9, 1.9)
    rows = zip(x.round(2).tolist(), y.round(2).tolist(), np.arange(count) >= training, strict=True)
    return tuple((a, b, 1 if out else 0) for a, b, out in rows)


_POINT = tuple[Annotated[float, Meta(ge=-1.0, le=1.0)], Annotated[float, Meta(ge=-Y, le=Y)], Literal[0, 1]]
_SHRUNK = {"penalty": ("l2", "l1", "elastic")}


class OverfittingConfig(Config, frozen=True):
    """The points, the curve and its penalty."""

    points: Annotated[
        tuple[_POINT, ...],
        Meta(max_length=120),
        setting("Points", "x, y, and whether it is held out: 0 for training, 1 for held out."),
    ] = sample_points(18, 18, 0.25, 17)
    basis: Annotated[
        Basis,
        choice("Curve", "Legendre polynomials, or radial basis functions: Gaussian bumps at even distances.",
               labels={"polynomial": "Polynomial", "bumps": "Bumps"}),
    ] = "polynomial"  # fmt: skip
    degree: Annotated[
        int, number(1, 20, "Degree", "Of the polynomial; or how many bumps. As many weights are learned.")
    ] = 14
    penalty: Annotated[
        Penalty,
        choice("Penalty", "What large weights cost.",
               labels={"none": "None", "l2": "L2", "l1": "L1", "elastic": "Both"}),
    ] = "l2"  # fmt: skip
    lam: Annotated[
        float, number(LOWEST, HIGHEST, "λ", "What a unit of penalty costs.", scale="log", shown_if=_SHRUNK)
    ] = LOWEST
    ratio: Annotated[
        float, number(0.05, 0.95, "Share of L1", "The rest is L2.", shown_if={"penalty": ("elastic",)})
    ] = 0.5
    seed: Annotated[int, number(0, 9999, "Seed", "Of the resampled training sets.")] = 0

    def frames(self) -> int:
        return RESAMPLES + 1

    @property
    def l1_ratio(self) -> float:
        """The share of L1 in the penalty: 0, 1, or as set."""
        return {"none": 0.0, "l2": 0.0, "l1": 1.0, "elastic": self.ratio}[self.penalty]


class Fitted(Struct, frozen=True, eq=False):
    """The curve through the training points. Errors are root mean squares in units of y; NaN of no points."""

    weights: Array
    """(degree,)."""
    intercept: float
    curve: Array
    """(161,), over `GRID`."""
    training_error: float
    held_out_error: float
    loss: float
    """||residual||^2 / (2n), and `cost`, what the weights cost beside it."""
    cost: float
    by_lambda: Array
    """(25, 2): training and held-out error for each of `LAMBDAS`, the degree as it is."""
    by_degree: Array
    """(15, 2): for each of `DEGREES`, lambda as it is."""
    condition: float
    """Of the columns that are learned from: how much rounding and noise are magnified."""

    @property
    def zeros(self) -> int:
        """Weights that are exactly 0."""
        return int((self.weights == 0.0).sum())

    @property
    def best_lambda(self) -> int | None:
        """Where in `LAMBDAS` the held-out error is least."""
        return _least(self.by_lambda[:, 1])

    @property
    def best_degree(self) -> int | None:
        """Where in `DEGREES` the held-out error is least."""
        return _least(self.by_degree[:, 1])


class OverfittingFrame(Frame, frozen=True, eq=False):
    """The fit, and the curves of `step` resampled training sets, (step, 161)."""

    step: int
    fitted: Fitted
    resampled: Array

    @property
    def band(self) -> tuple[Array, Array]:
        """(161,) and (161,): a tenth of the resampled curves lies below, and a tenth above."""
        return _band(self)

    @property
    def spread(self) -> float:
        """Mean over x of the resampled curves' standard deviation, in units of y; 0 with fewer than two."""
        if self.step < 2:
            return 0.0
        return float(self.resampled.std(axis=0, ddof=1).mean())  #: spread

    def explain(self, config: OverfittingConfig | None = None) -> list[Equation]:
        """The curve, what was minimised, and both errors."""
        fitted, config = self.fitted, config or OverfittingConfig()
        here = "core.regularization.overfitting:"
        if math.isnan(fitted.loss):
            return []
        found = [
            Equation("curve", r"\hat{y}(x) = <b> + \sum_{k} w_{k} \phi_{k}(x)", {"b": fitted.intercept},
                     here + "curve_of"),
            Equation("weights", r"w = <w>", {"w": tuple(fitted.weights.tolist())}, here + "solve"),
            Equation("loss", r"\frac{1}{2n} \sum_{i} (y_{i} - \hat{y}_{i})^2 = <loss>", {"loss": fitted.loss},
                     here + "objective"),
        ]  # fmt: skip
        if config.penalty != "none":
            weights = fitted.weights
            norms = {
                "lam": config.lam, "r": config.l1_ratio, "one": float(np.abs(weights).sum()),
                "two": float(weights @ weights), "rest": (1 - config.l1_ratio) / 2, "cost": fitted.cost,
            }  # fmt: skip
            terms = {
                "l2": r"\frac{\lambda}{2} \|w\|^2 = \frac{<lam>}{2} \cdot <two> = <cost>",
                "l1": r"\lambda \|w\|_1 = <lam> \cdot <one> = <cost>",
                "elastic": r"\lambda (\rho \|w\|_1 + \frac{1 - \rho}{2} \|w\|^2)"
                r" = <lam> (<r> \cdot <one> + <rest> \cdot <two>) = <cost>",
            }
            found.append(Equation("penalty", terms[config.penalty], norms, here + "objective"))
        for name, value in (("train", fitted.training_error), (r"held\,out", fitted.held_out_error)):
            if math.isfinite(value):
                head = r"\mathrm{" + name + "}"
                template = head + r":\; \sqrt{\mathrm{mean}\, (y - \hat{y})^2} = <e>"
                found.append(Equation("error", template, {"e": value}, here + "rms"))
        return found


@functools.lru_cache(maxsize=32)
def _band(frame: OverfittingFrame) -> tuple[Array, Array]:
    if not frame.step:
        return frame.fitted.curve, frame.fitted.curve
    low, high = np.quantile(frame.resampled, QUANTILES, axis=0)
    return freeze(low), freeze(high)


def overfit(
    config: OverfittingConfig, inputs: None = None, start: OverfittingFrame | None = None
) -> Iterator[OverfittingFrame]:
    """The fit, then one resampled training set a step."""
    training, _ = split(config)
    frame = start
    if frame is None:
        frame = OverfittingFrame(step=0, fitted=fit(config), resampled=freeze(np.zeros((0, len(GRID)))))
        yield frame
    X = features(training[:, 0], config.basis, config.degree)
    on_grid = features(GRID, config.basis, config.degree)
    while frame.step < RESAMPLES:
        rng = np.random.default_rng([config.seed, frame.step])
        again = rng.integers(0, len(training), len(training)) if len(training) else np.empty(0, int)
        weights, intercept = solve(X[again], training[again, 1], config, config.lam)  #: resample
        curves = np.vstack([frame.resampled, curve_of(on_grid, weights, intercept)])
        frame = OverfittingFrame(step=frame.step + 1, fitted=frame.fitted, resampled=freeze(curves))
        yield frame


def split(config: OverfittingConfig) -> tuple[Array, Array]:
    """Training and held-out points, (n, 2) each."""
    points = np.array([each[:2] for each in config.points]).reshape(-1, 2)
    out = np.array([each[2] == 1 for each in config.points], bool)
    return points[~out], points[out]


def features(x: Array, basis: Basis, degree: int) -> Array:
    """phi_1 to phi_degree at x (n,): (n, degree)."""
    if basis == "polynomial":
        k = np.arange(1, degree + 1)
        return np.polynomial.legendre.legvander(x, degree)[:, 1:] * np.sqrt(2 * k + 1)  #: basis
    centres = np.linspace(-1.0, 1.0, degree) if degree > 1 else np.zeros(1)
    width = 2.0 / max(degree, 2)
    return np.exp(-(((np.asarray(x)[:, None] - centres) / width) ** 2) / 2)


def curve_of(X: Array, weights: Array, intercept: float) -> Array:
    """The curve's heights where the functions have the values X (n, degree)."""
    return intercept + X @ weights  #: curve


def rms(residual: Array) -> float:
    """Root mean square; NaN of nothing."""
    return float(np.sqrt(np.mean(residual**2))) if len(residual) else math.nan  #: error


def objective(residual: Array, weights: Array, lam: float, ratio: float) -> tuple[float, float]:
    """What is minimised: the loss, and what the weights cost."""
    loss = residual @ residual / (2 * len(residual))  #: loss
    cost = lam * (ratio * np.abs(weights).sum() + (1 - ratio) / 2 * (weights @ weights))  #: penalty
    return float(loss), float(cost)


def solve(X: Array, y: Array, config: OverfittingConfig, lam: float) -> tuple[Array, float]:
    """Weights (degree,) and intercept for one lambda."""
    weights = solve_path(X, y, config, np.array([lam]))[:, 0]  #: weights
    return weights, float(penalties.intercept(X, y, weights)) if len(y) else 0.0


def solve_path(X: Array, y: Array, config: OverfittingConfig, lambdas: Array) -> Array:
    """Weights (degree, L) for ascending lambdas; NaN should columns be too nearly dependent for L1."""
    if len(y) < 2:
        return np.zeros((X.shape[1], len(lambdas)))
    if config.penalty == "none":
        return np.repeat(penalties.ridge(X, y, 0.0)[:, None], len(lambdas), axis=1)
    if config.penalty == "l2":  # the squares there are not divided by 2n
        return penalties.ridge_path(X, y, len(y) * lambdas, fit_intercept=True).coefs[:, ::-1]
    for tol in TOLERANCES:
        try:
            path = penalties.elastic_net_path(X, y, lambdas, config.l1_ratio, fit_intercept=True, tol=tol)
            return path.coefs[:, ::-1]
        except ArithmeticError:
            continue
    return np.full((X.shape[1], len(lambdas)), np.nan)


def fit(config: OverfittingConfig) -> Fitted:
    """The curve, its errors, and the errors at every lambda and every degree."""
    training, held_out = split(config)
    columns = features(training[:, 0], config.basis, config.degree)
    others = features(held_out[:, 0], config.basis, config.degree)
    y = training[:, 1]
    weights, intercept = solve(columns, y, config, config.lam)
    residual = y - curve_of(columns, weights, intercept)
    loss, cost = math.nan, 0.0
    if len(y):
        loss, cost = objective(residual, weights, config.lam, config.l1_ratio)
    return Fitted(
        weights=freeze(weights), intercept=intercept,
        curve=freeze(curve_of(features(GRID, config.basis, config.degree), weights, intercept)),
        training_error=rms(residual),
        held_out_error=rms(held_out[:, 1] - curve_of(others, weights, intercept)),
        loss=loss, cost=cost if config.penalty != "none" else 0.0,
        by_lambda=_by_lambda(replace(config, lam=LOWEST, seed=0)),
        by_degree=_by_degree(replace(config, degree=1, seed=0)), condition=_condition(columns),
    )  # fmt: skip


@functools.lru_cache(maxsize=4)  # while lambda is dragged these errors stay
def _by_lambda(config: OverfittingConfig) -> Array:
    training, held_out = split(config)
    columns = features(training[:, 0], config.basis, config.degree)
    others = features(held_out[:, 0], config.basis, config.degree)
    path = solve_path(columns, training[:, 1], config, LAMBDAS)
    return freeze(_errors(columns, training[:, 1], others, held_out[:, 1], path))


@functools.lru_cache(maxsize=4)  # and while the degree is dragged these
def _by_degree(config: OverfittingConfig) -> Array:
    training, held_out = split(config)
    y, theirs = training[:, 1], held_out[:, 1]
    found = []
    for own, there in zip(_nested(training[:, 0], config), _nested(held_out[:, 0], config), strict=True):
        weights = solve_path(own, y, config, np.array([config.lam]))
        found.append(_errors(own, y, there, theirs, weights)[0])
    return freeze(found)


def _nested(x: Array, config: OverfittingConfig) -> list[Array]:
    """The features for each of `DEGREES`; a polynomial's are the first columns of the highest one's."""
    if config.basis == "polynomial":
        whole = features(x, "polynomial", int(DEGREES[-1]))
        return [whole[:, :degree] for degree in DEGREES.tolist()]
    return [features(x, config.basis, degree) for degree in DEGREES.tolist()]


def _errors(X: Array, y: Array, others: Array, theirs: Array, weights: Array) -> Array:
    """Training and held-out error, (L, 2), of weights (p, L)."""
    found = np.full((weights.shape[1], 2), np.nan)
    if len(y):
        heights = penalties.intercept(X, y, weights)
        for column, (at, target) in enumerate(((X, y), (others, theirs))):
            if len(target):
                residual = target[:, None] - (heights + at @ weights)
                found[:, column] = np.sqrt(np.einsum("ij,ij->j", residual, residual) / len(target))
    return found


def _condition(columns: Array) -> float:
    """Largest over smallest singular value, the column of the intercept included; infinite if dependent."""
    if not len(columns):
        return math.inf
    singular = np.linalg.svd(np.column_stack([np.ones(len(columns)), columns]), compute_uv=False)
    enough = len(columns) > columns.shape[1]
    return float(singular[0] / singular[-1]) if enough and singular[-1] > 0 else math.inf


def _least(errors: Array) -> int | None:
    seen = np.isfinite(errors)
    return int(np.nanargmin(np.where(seen, errors, np.nan))) if seen.any() else None
