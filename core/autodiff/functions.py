"""Operations on several tensors, the losses, and the gradient of a function of named parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from core.autodiff.tensor import Array, Back, Tensor, record
from core.numerics import class_index, sigmoid, softmax_parts

__all__ = [
    "binary_cross_entropy_with_logits",
    "concatenate",
    "softmax_cross_entropy",
    "value_and_gradient",
    "where",
]


def concatenate(tensors: Sequence[Tensor], axis: int = -1) -> Tensor:
    """The tensors one behind the other along an axis."""
    ends = np.cumsum([t.shape[axis] for t in tensors])

    def back(begin: int, end: int) -> Back:
        return lambda g: np.moveaxis(np.moveaxis(g, axis, 0)[begin:end], 0, axis)

    pairs = [(t, back(end - t.shape[axis], end)) for t, end in zip(tensors, ends, strict=True)]
    return record(np.concatenate([t.data for t in tensors], axis), *pairs)


def where(condition: ArrayLike, a: Tensor, b: Tensor | ArrayLike) -> Tensor:
    """`a` where the condition holds, else `b`; each gets the gradient of its own places."""
    chosen, other = np.asarray(condition, bool), a._lift(b)
    out = np.where(chosen, a.data, other.data)
    return record(out, (a, lambda g: np.where(chosen, g, 0)), (other, lambda g: np.where(chosen, 0, g)))


def softmax_cross_entropy(logits: Tensor, targets: ArrayLike) -> Tensor:
    """-log softmax(logits)[target] in nats, one for each example.

    logits (..., classes), targets whole numbers that broadcast to (...) -> losses (...). Its gradient is
    softmax(logits) minus 1 at the target: nothing to overflow, whatever the logits.
    """
    index = class_index(targets, logits.shape)
    parts = softmax_parts(logits.data)
    losses = (np.log(parts.total) - np.take_along_axis(parts.exponents, index, axis=-1))[..., 0]
    probabilities = parts.probabilities

    def back(g: Array) -> Array:
        at_target = np.take_along_axis(probabilities, index, axis=-1)
        difference = probabilities * g[..., None]
        np.put_along_axis(difference, index, (at_target - 1) * g[..., None], axis=-1)
        return difference

    return record(losses, (logits, back))


def binary_cross_entropy_with_logits(logits: Tensor, targets: ArrayLike) -> Tensor:
    """-t log sigmoid(z) - (1 - t) log(1 - sigmoid(z)) in nats, elementwise; targets in [0, 1] broadcast.

    Computed as max(z, 0) - z t + log(1 + exp(-|z|)), whose gradient is sigmoid(z) - t.
    """
    z, t = logits.data, np.asarray(targets, logits.dtype)
    losses = np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))
    return record(losses, (logits, lambda g: g * (sigmoid(z) - t)))


def value_and_gradient(
    loss: Callable[[dict[str, Tensor]], Tensor], params: Mapping[str, ArrayLike]
) -> tuple[Array, dict[str, Array]]:
    """The loss at `params` and its derivative by each of them, as plain arrays.

    `loss` takes a dict of tensors of the same names. If it returns several numbers, one for each of R
    models trained at once, the gradients are those of their sum: each model's own.
    """
    tensors = {name: Tensor(value, requires_grad=True) for name, value in params.items()}
    out = loss(tensors)
    if out.requires_grad:
        out.backward(np.ones_like(out.data))
    gradients = {n: np.zeros_like(t.data) if t.grad is None else t.grad for n, t in tensors.items()}
    return out.data, gradients
