"""Softmax and its relatives in floating point: the formula as written, and the form that survives.

The naive functions are the textbook's formulas typed in as they stand. They are exact in real
arithmetic and fail in floating point, silently, in three ways (thresholds from `numpy.finfo`):

1. ``exp(z)`` exceeds the largest finite number, and inf / inf is NaN:
   from z = 11.09 in float16, 88.72 in float32, 709.78 in float64.
2. every ``exp(z)`` is below the smallest subnormal number, and 0 / 0 is NaN.
3. each ``exp(z)`` is finite but their sum is not, so every probability reads 0.

The stable functions subtract max(z) first. The common factor exp(-max) cancels, so nothing changes
mathematically; but now the largest exponential is exactly 1, the sum is at least 1, and what
underflows is negligible beside it.

Every function computes in the type of its input (float16 stays float16, integers become float64) and
lets no floating-point warning escape. A sum is accumulated as NumPy does it, in at least float32, and
rounded once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "SoftmaxParts",
    "class_index",
    "cross_entropy",
    "cross_entropy_naive",
    "log_softmax",
    "log_softmax_naive",
    "logsumexp",
    "sigmoid",
    "sigmoid_naive",
    "softmax",
    "softmax_naive",
    "softmax_naive_parts",
    "softmax_parts",
]


def as_float(values: ArrayLike) -> NDArray[np.floating]:
    """`values` as an array of its own floating type; integers and booleans become float64."""
    array = np.asarray(values)
    if array.dtype.kind in "biu":
        return array.astype(np.float64)
    if array.dtype.kind != "f":
        raise TypeError(f"expected real numbers, found an array of {array.dtype}")
    return array


def total(values: NDArray[np.floating], axis: int = -1) -> NDArray[np.floating]:
    """The sum along `axis`, that axis kept with length 1, rounded to the type of `values` once.

    Accumulated in at least float32: adding ones in float16 would stop at 2,048.
    """
    wide = np.promote_types(values.dtype, np.float32)
    return np.sum(values, axis=axis, keepdims=True, dtype=wide).astype(values.dtype)


class SoftmaxParts(NamedTuple):
    """A softmax with what it was made from, all in the type of its logits; `total` keeps its axis."""

    exponents: NDArray[np.floating]
    exponentials: NDArray[np.floating]
    total: NDArray[np.floating]
    probabilities: NDArray[np.floating]


# --- the formulas as written -----------------------------------------------------------------------


def softmax_naive(logits: ArrayLike, axis: int = -1) -> NDArray[np.floating]:
    """exp(z) / sum(exp(z)) along `axis`, same shape: NaN or all zeros beyond the type's range."""
    return softmax_naive_parts(logits, axis).probabilities


@np.errstate(all="ignore")
def softmax_naive_parts(logits: ArrayLike, axis: int = -1) -> SoftmaxParts:
    """`softmax_naive` step by step."""
    z = as_float(logits)
    exponentials = np.exp(z)  #: naive exponentials
    sum_ = total(exponentials, axis)  #: naive sum
    return SoftmaxParts(z, exponentials, sum_, exponentials / sum_)  #: naive quotient


@np.errstate(all="ignore")
def log_softmax_naive(logits: ArrayLike, axis: int = -1) -> NDArray[np.floating]:
    """log(exp(z) / sum(exp(z))) along `axis`, same shape: -inf already where the quotient underflows."""
    return np.log(softmax_naive(logits, axis))  #: naive logarithm


@np.errstate(all="ignore")
def cross_entropy_naive(logits: ArrayLike, target: ArrayLike) -> NDArray[np.floating]:
    """-log(softmax_naive(z)[target]) in nats; shapes as in `cross_entropy`."""
    log_p = log_softmax_naive(logits)
    return -np.take_along_axis(log_p, class_index(target, log_p.shape), axis=-1)[..., 0]  #: naive loss


@np.errstate(all="ignore")
def sigmoid_naive(x: ArrayLike) -> NDArray[np.floating]:
    """exp(x) / (1 + exp(x)), elementwise: NaN as soon as exp(x) overflows."""
    exponential = np.exp(as_float(x))
    return exponential / (1 + exponential)


# --- the same, after subtracting the maximum -------------------------------------------------------


def softmax(logits: ArrayLike, axis: int = -1) -> NDArray[np.floating]:
    """exp(z - max(z)) / sum(exp(z - max(z))) along `axis`, same shape and type.

    Never NaN for finite logits. An entry of -inf (a masked one) gets probability 0; if all are -inf there is
    no distribution and the result is NaN. In float16 the sum overflows beyond 65,504 equal logits.

    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    """
    return softmax_parts(logits, axis).probabilities


@np.errstate(all="ignore")
def softmax_parts(logits: ArrayLike, axis: int = -1) -> SoftmaxParts:
    """`softmax` step by step; the largest exponent is 0, so the largest exponential is exactly 1."""
    z = as_float(logits)
    largest = np.max(z, axis=axis, keepdims=True)  #: maximum
    exponents = z - largest  #: shift
    exponentials = np.exp(exponents)  #: exponentials
    sum_ = total(exponentials, axis)  #: sum
    return SoftmaxParts(exponents, exponentials, sum_, exponentials / sum_)  #: quotient


@np.errstate(all="ignore")
def log_softmax(logits: ArrayLike, axis: int = -1) -> NDArray[np.floating]:
    """(z - max(z)) - log(sum(exp(z - max(z)))) along `axis`, same shape and type.

    The logarithm is never taken of a probability, so none underflows to log 0: with logits [0, -1000] the
    second entry is -1000, where log(softmax(z)) reads -inf.
    """
    z = as_float(logits)
    exponents = z - np.max(z, axis=axis, keepdims=True)
    return exponents - np.log(total(np.exp(exponents), axis))  #: logarithm


@np.errstate(all="ignore")
def logsumexp(logits: ArrayLike, axis: int = -1) -> NDArray[np.floating]:
    """log(sum(exp(z))) along `axis`, which is removed: max(z) + log(sum(exp(z - max(z)))).

    -inf if every entry is -inf, +inf if any is +inf.
    """
    z = as_float(logits)
    largest = np.max(z, axis=axis, keepdims=True)
    pivot = np.where(np.isfinite(largest), largest, z.dtype.type(0))  # inf - inf would be NaN
    return np.squeeze(pivot + np.log(total(np.exp(z - pivot), axis)), axis=axis)


@np.errstate(all="ignore")
def cross_entropy(logits: ArrayLike, target: ArrayLike) -> NDArray[np.floating]:
    """-log softmax(z)[target] in nats.

    logits (..., classes), target integers (...) from 0 to classes - 1 -> losses (...), typed as the logits.
    """
    log_p = log_softmax(logits)
    return -np.take_along_axis(log_p, class_index(target, log_p.shape), axis=-1)[..., 0]  #: loss


@np.errstate(all="ignore")
def sigmoid(x: ArrayLike) -> NDArray[np.floating]:
    """1 / (1 + exp(-x)), elementwise, with the exponential taken of -|x| so that it never overflows."""
    z = as_float(x)
    small = np.exp(-np.abs(z))  # in (0, 1]
    return np.where(z >= 0, z.dtype.type(1), small) / (1 + small)


def class_index(target: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.integer]:
    """Targets that broadcast to `shape` without its last axis -> the index (..., 1) for `take_along_axis`.

    Raises for what is no whole number, or no class: a negative one would silently count from the end.
    """
    index = np.asarray(target)
    if index.dtype.kind not in "iu":
        raise TypeError(f"expected whole numbers as targets, found {index.dtype}")
    if index.size and (index.min() < 0 or index.max() >= shape[-1]):
        raise ValueError(f"expected targets from 0 to {shape[-1] - 1}, found {index.min()} to {index.max()}")
    return np.broadcast_to(index, shape[:-1])[..., None]
