"""Losses of real models over data: value, exact gradient and score, for many parameter vectors at once.

A model's parameters are one flat vector of `size` numbers; `params` of shape (R, size) holds R of them, which
share every pass over the data. Values are means over the examples, in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np

from core.autodiff import Tensor, binary_cross_entropy_with_logits, linear
from core.numerics import sigmoid

Array: TypeAlias = np.ndarray


ALONE = 2**18
"""Multiplications up to which a matrix product stays on one thread in OpenBLAS. Beyond, its threads wait for
one another at every call, which on a busy machine takes a hundred times as long as the product."""


def product(a: Array, b: Array) -> Array:
    """a @ b for matrices, in parts small enough for one thread."""
    rows, columns = a.shape[0], b.shape[1]
    parts = -(-rows * a.shape[1] * columns // ALONE)
    if parts <= 1:
        return a @ b
    if rows >= columns:
        return np.concatenate([part @ b for part in np.array_split(a, parts)])
    return np.concatenate([a @ part for part in np.array_split(b, parts, axis=1)], axis=1)


class Examples(NamedTuple):
    """Inputs x, shape (n, features), and targets y, shape (n,)."""

    x: Array
    y: Array

    def rows(self, index: Array) -> Examples:
        return Examples(self.x[index], self.y[index])


class Model(Protocol):
    """What a loss is taken of."""

    @property
    def size(self) -> int:
        """How many parameters there are."""

    @property
    def weights(self) -> Array:
        """Shape (size,): which parameters are weights, that penalties apply to; the others are biases."""

    def start(self, rng: np.random.Generator) -> Array:
        """Parameters to begin with, shape (size,)."""

    def outputs(self, params: Array, x: Array) -> Array:
        """The model's output for each example: params (R, size), x (n, features) -> (R, n)."""

    def loss(self, params: Array, examples: Examples) -> Array:
        """Mean loss over the examples, shape (R,)."""

    def gradient(self, params: Array, examples: Examples) -> Array:
        """Its gradient, shape (R, size)."""

    def score(self, params: Array, examples: Examples) -> Array:
        """How good it is, shape (R,): share of right classes, or R^2 of a regression; 1 is best."""


@dataclass(frozen=True, eq=False)
class LogisticRegression:
    """P(class 1) = sigmoid(w.x + b); its loss is the cross-entropy in nats."""

    features: int

    @property
    def size(self) -> int:
        return self.features + 1

    @cached_property
    def weights(self) -> Array:
        return np.arange(self.size) < self.features

    def start(self, rng: np.random.Generator) -> Array:
        return np.zeros(self.size)

    def outputs(self, params: Array, x: Array) -> Array:
        return (product(x, params[:, :-1].T) + params[:, -1]).T

    def loss(self, params: Array, examples: Examples) -> Array:
        z = self.outputs(params, examples.x)
        return np.mean(np.logaddexp(0, z) - examples.y * z, axis=1)  #: cross-entropy

    def gradient(self, params: Array, examples: Examples) -> Array:
        x, y = examples
        error = (sigmoid(self.outputs(params, x)) - y) / len(y)  #: predicted minus true
        return np.concatenate([product(error, x), error.sum(axis=1, keepdims=True)], axis=1)

    def score(self, params: Array, examples: Examples) -> Array:
        return _accuracy(self.outputs(params, examples.x), examples.y)


@dataclass(frozen=True, eq=False)
class LinearRegression:
    """y = w.x + b; its loss is half the mean squared error."""

    features: int

    @property
    def size(self) -> int:
        return self.features + 1

    @cached_property
    def weights(self) -> Array:
        return np.arange(self.size) < self.features

    def start(self, rng: np.random.Generator) -> Array:
        return np.zeros(self.size)

    def outputs(self, params: Array, x: Array) -> Array:
        return (product(x, params[:, :-1].T) + params[:, -1]).T

    def loss(self, params: Array, examples: Examples) -> Array:
        return np.mean(np.square(self.outputs(params, examples.x) - examples.y), axis=1) / 2  #: squared error

    def gradient(self, params: Array, examples: Examples) -> Array:
        x, y = examples
        error = (self.outputs(params, x) - y) / len(y)  #: predicted minus true
        return np.concatenate([product(error, x), error.sum(axis=1, keepdims=True)], axis=1)

    def score(self, params: Array, examples: Examples) -> Array:
        residual = np.mean(np.square(self.outputs(params, examples.x) - examples.y), axis=1)
        return 1 - residual / max(float(np.var(examples.y)), np.finfo(float).tiny)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": Tensor.tanh,
    "relu": Tensor.relu,
    "sigmoid": Tensor.sigmoid,
}


@dataclass(frozen=True, eq=False)
class Network:
    """A multilayer perceptron from the plane to one logit; its loss is the cross-entropy in nats.

    `widths` are those of the layers, input and output included: (2, 12, 12, 1).
    """

    widths: tuple[int, ...]
    activation: str = "tanh"
    shapes: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        pairs = zip(self.widths, self.widths[1:], strict=False)
        shapes = tuple(shape for n, m in pairs for shape in ((n, m), (m,)))
        object.__setattr__(self, "shapes", shapes)

    @cached_property
    def size(self) -> int:
        return sum(math.prod(shape) for shape in self.shapes)

    @cached_property
    def weights(self) -> Array:
        return np.concatenate([np.full(math.prod(shape), len(shape) == 2) for shape in self.shapes])

    def start(self, rng: np.random.Generator) -> Array:
        """Normal weights of variance 1 / inputs (2 / inputs before a ReLU, He et al. 2015), biases zero."""
        gain = 2.0 if self.activation == "relu" else 1.0
        parts = [
            rng.standard_normal(s) * np.sqrt(gain / s[0]) if len(s) == 2 else np.zeros(s) for s in self.shapes
        ]
        return np.concatenate([part.ravel() for part in parts])

    def outputs(self, params: Array, x: Array) -> Array:
        return self._logits([Tensor(part) for part in self._parts(params)], x).data

    def loss(self, params: Array, examples: Examples) -> Array:
        return self._losses([Tensor(part) for part in self._parts(params)], examples).data

    def gradient(self, params: Array, examples: Examples) -> Array:
        tensors = [Tensor(part, requires_grad=True) for part in self._parts(params)]
        self._losses(tensors, examples).backward(np.ones(len(params)))
        slopes = [np.zeros_like(t.data) if t.grad is None else t.grad for t in tensors]
        sized = zip(slopes, self.shapes, strict=True)
        return np.concatenate([s.reshape(len(params), math.prod(shape)) for s, shape in sized], axis=1)

    def score(self, params: Array, examples: Examples) -> Array:
        return _accuracy(self.outputs(params, examples.x), examples.y)

    def _parts(self, params: Array) -> Iterator[Array]:
        """The matrices (R, in, out) and biases (R, out) that the vectors hold."""
        at = 0
        for shape in self.shapes:
            length = math.prod(shape)
            yield params[:, at : at + length].reshape(len(params), *shape)
            at += length

    def _logits(self, parts: list[Tensor], x: Array) -> Tensor:
        out: Tensor | Array = x
        for layer in range(0, len(parts), 2):
            out = linear(out, parts[layer], parts[layer + 1])  #: layer
            if layer + 2 < len(parts):
                out = ACTIVATIONS[self.activation](out)  #: activation
        assert isinstance(out, Tensor)
        return out[..., 0]

    def _losses(self, parts: list[Tensor], examples: Examples) -> Tensor:
        each = binary_cross_entropy_with_logits(self._logits(parts, examples.x), examples.y)  #: cross-entropy
        return each.sum(axis=-1) * (1 / len(examples.y))


def _accuracy(logits: Array, labels: Array) -> Array:
    return np.mean((logits > 0) == (labels > 0.5), axis=1)


@dataclass(frozen=True, eq=False)
class Penalised:
    """A model's loss with penalties on its weights: loss + l1 sum |w| + l2 / 2 sum w^2.

    With `proximal`, the gradient leaves the L1 part out: it is dealt with by `proximal.proximal`. Otherwise
    its subgradient l1 sign(w) is added, with sign(0) = 0.
    """

    model: Model
    l1: float = 0.0
    l2: float = 0.0
    proximal: bool = True

    def value(self, params: Array, examples: Examples) -> Array:
        """Loss and penalties, shape (R,)."""
        return self.model.loss(params, examples) + self.penalty(params)

    def penalty(self, params: Array) -> Array:
        """Shape (R,)."""
        w = params[:, self.model.weights]
        return self.l1 * np.abs(w).sum(axis=1) + self.l2 / 2 * np.square(w).sum(axis=1)  #: penalties

    def gradient(self, params: Array, examples: Examples) -> Array:
        """Shape (R, size)."""
        slope = self.model.gradient(params, examples)
        if self.l2:
            slope = slope + self.l2 * params * self.model.weights  #: slope of the L2 penalty
        if self.l1 and not self.proximal:
            slope = slope + self.l1 * np.sign(params) * self.model.weights  #: subgradient of the L1 penalty
        return slope
