"""The layers of neural networks, each one operation with its gradient worked out by hand.

Leading axes are batch axes: a layer acts on the last one. What a layer computes with is kept for its backward
pass only if that needs it, and the rest is done in place, for memory traffic is what such layers cost.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from core.autodiff.tensor import Array, Tensor, record

__all__ = ["dropout", "embedding", "erf", "gelu", "gelu_tanh", "layer_norm", "linear", "rms_norm", "silu"]


def linear(x: Tensor | ArrayLike, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x @ weight + bias: x (..., n, in), weight (in, out), bias (out,) -> (..., n, out).

    With weight (R, in, out) and bias (R, out) it is R layers at once: the result has shape (R, n, out).
    """
    x = x if isinstance(x, Tensor) else Tensor(np.asarray(x, weight.dtype))
    if weight.ndim != 2:
        out = x @ weight
        return out if bias is None else out + bias[..., None, :]
    rows = x.data.reshape(-1, weight.shape[0])  # one matrix product, whatever the batch axes
    y = rows @ weight.data
    if bias is not None:
        y += bias.data
    pairs = [
        (x, lambda g: (_rows(g) @ weight.data.T).reshape(x.shape)),
        (weight, lambda g: rows.T @ _rows(g)),
    ]
    if bias is not None:
        pairs.append((bias, lambda g: _rows(g).sum(axis=0)))
    return record(y.reshape(*x.shape[:-1], weight.shape[1]), *pairs)


def embedding(ids: ArrayLike, weight: Tensor) -> Tensor:
    """Row `ids` of the table: ids whole numbers (...), weight (vocabulary, width) -> (..., width)."""
    index = np.asarray(ids)
    if index.dtype.kind not in "iu":
        raise TypeError(f"expected whole numbers as ids, found {index.dtype}")
    if index.size and (index.min() < 0 or index.max() >= len(weight)):
        raise ValueError(f"expected ids from 0 to {len(weight) - 1}, found {index.min()} to {index.max()}")

    def back(g: Array) -> Array:
        full = np.zeros_like(weight.data)
        flat = index.reshape(-1)
        if flat.size:
            order = np.argsort(flat, kind="stable")  # equal ids side by side, so that each run is one sum
            ids, starts = np.unique(flat[order], return_index=True)
            full[ids] = np.add.reduceat(_rows(g)[order], starts, axis=0)
        return full

    return record(weight.data[index], (weight, back))


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor | None = None, eps: float = 1e-5) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * weight + bias over the last axis; weight and bias (width,).

    Ba, Kiros & Hinton, "Layer normalization", 2016. The variance is that of the population.
    """
    normal = x.data - x.data.mean(axis=-1, keepdims=True)
    scale = 1 / np.sqrt(_mean_product(normal, normal) + x.dtype.type(eps))
    normal *= scale  #: layer norm
    y = normal * weight.data
    if bias is not None:
        y += bias.data

    def back_x(g: Array) -> Array:
        g = g * weight.data
        along = _mean_product(g, normal)
        g -= g.mean(axis=-1, keepdims=True)
        g -= normal * along
        g *= scale
        return g

    pairs: list[Any] = [(x, back_x), (weight, lambda g: _sum_product(g, normal))]
    if bias is not None:
        pairs.append((bias, lambda g: _rows(g).sum(axis=0)))
    return record(y, *pairs)


def rms_norm(x: Tensor, weight: Tensor, eps: float = 1e-5) -> Tensor:
    """x / sqrt(mean(x^2) + eps) * weight over the last axis; weight (width,).

    Zhang & Sennrich, "Root mean square layer normalization", 2019.
    """
    scale = 1 / np.sqrt(_mean_product(x.data, x.data) + x.dtype.type(eps))  #: rms norm
    normal = x.data * scale

    def back_x(g: Array) -> Array:
        g = g * weight.data
        g -= normal * _mean_product(g, normal)
        g *= scale
        return g

    return record(normal * weight.data, (x, back_x), (weight, lambda g: _sum_product(g, normal)))


def gelu(x: Tensor) -> Tensor:
    """x Phi(x), with Phi the normal distribution's cumulative function.

    Hendrycks & Gimpel, "Gaussian error linear units", 2016. Its slope is Phi(x) + x phi(x).
    """
    z = x.data
    phi = erf(z * z.dtype.type(math.sqrt(0.5)))
    phi += 1
    phi *= 0.5

    def back(g: Array) -> Array:
        density = np.exp(-0.5 * z * z) * z.dtype.type(1 / math.sqrt(2 * math.pi))
        return g * (phi + z * density)

    return record(z * phi, (x, back))


def gelu_tanh(x: Tensor) -> Tensor:
    """x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2: GELU as GPT-2 approximates it."""
    z = x.data
    root, cubic = z.dtype.type(math.sqrt(2 / math.pi)), z.dtype.type(0.044715)
    t = z * z
    t *= cubic
    t += 1
    t *= z
    t *= root
    np.tanh(t, out=t)
    y = t + 1
    y *= z
    y *= 0.5

    def back(g: Array) -> Array:
        # y' = (1 + t) / 2 + z (1 - t^2) root (1 + 3 cubic z^2) / 2
        slope = z * z
        slope *= 3 * cubic
        slope += 1
        slope *= z
        slope *= root
        slope *= 1 - t  # and (1 + t) is common to both terms
        slope += 1
        slope *= 1 + t
        slope *= 0.5
        slope *= g
        return slope

    return record(y, (x, back))


def silu(x: Tensor) -> Tensor:
    """x sigmoid(x), also called swish. Elfwing, Uchibe & Doya 2018; Ramachandran, Zoph & Le 2017."""
    z = x.data
    with np.errstate(over="ignore"):  # exp(-z) = inf gives the right 0
        gate = np.exp(-z)
    gate += 1
    np.reciprocal(gate, out=gate)
    return record(z * gate, (x, lambda g: g * (gate * (1 + z * (1 - gate)))))


def dropout(x: Tensor, rate: float, rng: np.random.Generator | None) -> Tensor:
    """Each element set to 0 with probability `rate`, the others divided by 1 - rate; without rng, x itself.

    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.
    """
    if rng is None or rate == 0:
        return x
    if not 0 <= rate < 1:
        raise ValueError(f"dropout: expected a rate in [0, 1), found {rate}")
    mask = (rng.random(x.shape, dtype=np.float32) >= rate).astype(x.dtype)
    mask /= 1 - rate
    return record(x.data * mask, (x, lambda g: g * mask))


def erf(x: Array) -> Array:
    """The error function 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x, elementwise.

    To 3e-7 in float32 and 3e-14 in float64: a Chebyshev series of erf(x) / x in x^2, up to where erf is 1.
    """
    reach, degree = (4.0, 16) if x.dtype == np.float32 else (6.0, 40)
    near = np.clip(x, -reach, reach)
    u = near * near
    u *= 2 / reach**2
    u -= 1
    series = np.polynomial.chebyshev.chebval(u, _erf_series(reach, degree).astype(x.dtype), tensor=False)
    return np.where(near == x, near * series, np.sign(x))


@lru_cache
def _erf_series(reach: float, degree: int) -> Array:
    def ratio(u: Any) -> Any:
        x = reach * np.sqrt((u + 1) / 2)  # never 0: Chebyshev's points lie inside (-1, 1)
        return np.array([math.erf(each) / each for each in x])

    return np.polynomial.chebyshev.chebinterpolate(ratio, degree)


def _rows(a: Array) -> Array:
    return a.reshape(-1, a.shape[-1])


def _mean_product(a: Array, b: Array) -> Array:
    """The mean of a * b over the last axis, which is kept."""
    return (np.einsum("...i,...i->...", a, b) / a.shape[-1])[..., None].astype(a.dtype, copy=False)


def _sum_product(a: Array, b: Array) -> Array:
    """The sum of a * b over all axes but the last."""
    return np.einsum("ni,ni->i", _rows(a), _rows(b))
