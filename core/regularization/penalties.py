"""Linear regression with a penalty on its weights: lasso, ridge and elastic net, exactly.

The objectives are scikit-learn's, for n examples, weights w (p,) and, if wanted, an intercept b that no
penalty touches:

    lasso        ||y - Xw - b||^2 / (2n) + alpha ||w||_1
    elastic net  ||y - Xw - b||^2 / (2n) + alpha l1_ratio ||w||_1 + alpha (1 - l1_ratio) / 2 ||w||^2
    ridge        ||y - Xw - b||^2 + alpha ||w||^2

Each returns the weights alone; `intercept` gives the b that belongs to them. Columns are taken as they are: a
penalty means the same for each only once they have been standardised.

>>> X = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
>>> y = np.array([3.0, -3.0, 0.5, -0.5])
>>> lasso(X, y, alpha=0.5)  # X'X/n is half the identity: (c - alpha) / (1/2), with c = X'y/n = (1.5, 0.25)
array([2., 0.])
>>> ridge(X, y, alpha=2.0)  # X'y / (2 + alpha)
array([1.5 , 0.25])
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from core.optimization.proximal import soft_threshold
from core.regularization.active_set import ActiveSet

__all__ = [
    "Path",
    "elastic_net",
    "elastic_net_path",
    "intercept",
    "largest_alpha",
    "lasso",
    "lasso_path",
    "ridge",
    "ridge_path",
    "soft_threshold",
]

Array: TypeAlias = np.ndarray

TOL = 1e-8
"""The duality gap that is left at most, as a share of ||y||^2 / n; as a rule it is nothing but rounding."""


class Path(NamedTuple):
    """Weights over penalties: `alphas` (L,), decreasing; `coefs` (p, L); the duality gaps, `gaps` (L,)."""

    alphas: Array
    coefs: Array
    gaps: Array


def lasso(X: ArrayLike, y: ArrayLike, alpha: float, *, fit_intercept: bool = True, tol: float = TOL) -> Array:
    """The lasso's weights (p,) for X (n, p), y (n,); those it drops are exactly 0.0 (Tibshirani 1996).

    Args:
        alpha: >= 0; with 0 the least squares of smallest length are given.
        fit_intercept: whether there is an intercept, which no penalty touches.
        tol: the duality gap is at most tol ||y||^2 / n (y less its mean, with an intercept).

    Raises:
        ValueError: shapes that do not match, or numbers that are not finite.
        ArithmeticError: columns too nearly dependent for that gap.
    """
    return elastic_net(X, y, alpha, 1.0, fit_intercept=fit_intercept, tol=tol)


def elastic_net(
    X: ArrayLike, y: ArrayLike, alpha: float, l1_ratio: float, *, fit_intercept: bool = True, tol: float = TOL
) -> Array:
    """The elastic net's weights (p,) (Zou & Hastie 2005), as `lasso`; `l1_ratio` from 0 (all L2) to 1."""
    path = elastic_net_path(X, y, [alpha], l1_ratio, fit_intercept=fit_intercept, tol=tol)
    return path.coefs[:, 0]


def ridge(X: ArrayLike, y: ArrayLike, alpha: float, *, fit_intercept: bool = True) -> Array:
    """Ridge's weights (p,) (Hoerl & Kennard 1970): (X'X + alpha I)^-1 X'y, none of them exactly zero.

    With alpha = 0 the least squares of smallest length. ValueError as in `lasso`.
    """
    return ridge_path(X, y, [alpha], fit_intercept=fit_intercept).coefs[:, 0]


def lasso_path(
    X: ArrayLike, y: ArrayLike, alphas: ArrayLike, *, fit_intercept: bool = False, tol: float = TOL
) -> Path:
    """The lasso's weights for each of the penalties (L,), which come back in decreasing order.

    As in scikit-learn's function of that name there is no intercept unless it is asked for.
    """
    return elastic_net_path(X, y, alphas, 1.0, fit_intercept=fit_intercept, tol=tol)


def elastic_net_path(
    X: ArrayLike,
    y: ArrayLike,
    alphas: ArrayLike,
    l1_ratio: float,
    *,
    fit_intercept: bool = False,
    tol: float = TOL,
) -> Path:
    """The elastic net's weights for each of the penalties; each begins where the one before it ended."""
    x, target = _checked(X, y, fit_intercept)
    descending = _descending(alphas)
    if not 0 <= l1_ratio <= 1:
        raise ValueError(f"Expected an l1_ratio from 0 to 1, found {l1_ratio:g}.")
    coefs, gaps = np.zeros((x.shape[1], len(descending))), np.zeros(len(descending))
    solver = ActiveSet(x, target) if l1_ratio > 0 else None
    for place, alpha in enumerate(descending):
        if solver is None or alpha == 0:
            coefs[:, place] = _ridge(x, target, [alpha * (1 - l1_ratio) * len(target)])[:, 0]
        else:
            coefs[:, place] = solver.solve(alpha * l1_ratio, alpha * (1 - l1_ratio), tol)
            gaps[place] = solver.gap
    return Path(descending, coefs, gaps)


def ridge_path(X: ArrayLike, y: ArrayLike, alphas: ArrayLike, *, fit_intercept: bool = False) -> Path:
    """Ridge's weights for each of the penalties, from one singular value decomposition; the gaps are 0."""
    x, target = _checked(X, y, fit_intercept)
    descending = _descending(alphas)
    return Path(descending, _ridge(x, target, descending), np.zeros(len(descending)))


def intercept(X: ArrayLike, y: ArrayLike, coef: Array) -> Array:
    """The unpenalised intercept that belongs to weights (p,) or (p, L): mean(y) - mean(X) w, () or (L,)."""
    return np.asarray(y, float).mean() - np.asarray(X, float).mean(axis=0) @ coef


def largest_alpha(X: ArrayLike, y: ArrayLike, l1_ratio: float = 1.0, *, fit_intercept: bool = True) -> float:
    """The smallest alpha that makes every weight of an elastic net zero: max |X'y| / (n l1_ratio)."""
    x, target = _checked(X, y, fit_intercept)
    return float(np.abs(x.T @ target).max(initial=0.0)) / (len(target) * l1_ratio)


def _ridge(x: Array, y: Array, alphas: ArrayLike) -> Array:
    """(p, L): along each singular direction the least squares' part, times s^2 / (s^2 + alpha)."""
    left, singular, right = np.linalg.svd(x, full_matrices=False)
    kept = singular > np.finfo(float).eps * max(x.shape) * singular.max(initial=0.0)
    singular = singular[kept, None]
    shrunk = singular / (singular**2 + np.asarray(alphas, float))  #: ridge scaling
    return right[kept].T @ (shrunk * (left.T[kept] @ y)[:, None])


def _checked(X: ArrayLike, y: ArrayLike, centre: bool) -> tuple[Array, Array]:
    """X and y as floats, less their means if wanted. ValueError if they cannot be used."""
    x, target = np.asarray(X, float), np.asarray(y, float)
    if x.ndim != 2 or target.shape != x.shape[:1] or not x.size:
        raise ValueError(
            f"Expected X of shape (n, p) and y of shape (n,), not empty, found {x.shape} and {target.shape}."
        )
    for name, array in (("X", x), ("y", target)):
        if not np.isfinite(array).all():
            place = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
            where = ", ".join(map(str, place))
            raise ValueError(f"Expected finite numbers, found {array[place]} at {name}[{where}].")
    if not centre:
        return x, target
    mean = x.mean(axis=0)
    centred = x - mean
    constant = np.abs(centred).max(axis=0) <= 8 * np.finfo(float).eps * np.abs(mean)
    centred[:, constant] = 0.0  # what rounding left of a constant column is no feature
    return centred, target - target.mean()


def _descending(alphas: ArrayLike) -> Array:
    values = np.sort(np.atleast_1d(np.asarray(alphas, float)))[::-1]
    if values.ndim != 1 or not (np.isfinite(values).all() and (values >= 0).all()):
        raise ValueError("Expected penalties that are finite and not below 0.")
    return values
