"""Reverse-mode differentiation over NumPy arrays.

A `Tensor` is an array that remembers how it was made. Calling `backward` on a loss walks that record from
the end to the beginning and leaves in each parameter's `.grad` the derivative of the loss by it:

    >>> x = Tensor([2.0], requires_grad=True)
    >>> loss = (x**2 + 3 * x).sum()
    >>> loss.backward()
    >>> x.grad
    array([7.])

An operation is its forward value and, for each input, a closure that carries the gradient of the output back
to that input. `record` is the one place where the graph grows, so a new operation is one function:

    def square(a: Tensor) -> Tensor:
        return record(a.data**2, (a, lambda g: 2 * g * a.data))

A closure may return its gradient in the shape that broadcasting gave the operand; `unbroadcast` sums it back
to the operand's own. Leading axes are batch axes everywhere, so that parameters of shape (R, in, out) train R
models at once. The type is kept: numbers and plain arrays take the type of the tensor they meet. NumPy's
floating-point warnings are left to the caller, who wraps a whole update in `numpy.errstate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.numerics import class_index, log_softmax, sigmoid, softmax

Array = NDArray[np.floating]
Back = Callable[[Array], Any]
"""Gradient of the loss by an operation's output -> its share for one input."""

__all__ = [
    "Tensor",
    "binary_cross_entropy_with_logits",
    "concatenate",
    "linear",
    "no_grad",
    "record",
    "softmax_cross_entropy",
    "unbroadcast",
    "value_and_gradient",
    "where",
]

_recording: ContextVar[bool] = ContextVar("recording", default=True)


@contextmanager
def no_grad() -> Iterator[None]:
    """Within it nothing is recorded: for evaluation. Never yield inside it (as with `numpy.errstate`)."""
    token = _recording.set(False)
    try:
        yield
    finally:
        _recording.reset(token)


class Tensor:
    """An array with a gradient.

    `data` float32 or float64 (integers become float64); `grad` None or an array of the same shape,
    added to by each `backward`; `requires_grad` True for a parameter and all that is computed from it.
    """

    __array_ufunc__ = None  # array * tensor is the tensor's business
    __slots__ = ("__weakref__", "_inputs", "data", "grad", "requires_grad")

    def __init__(self, data: ArrayLike, requires_grad: bool = False) -> None:
        if isinstance(data, Tensor):
            raise TypeError("expected an array, found a Tensor")
        array = np.asarray(data)
        self.data: Array = array if array.dtype.kind == "f" else array.astype(np.float64)
        self.grad: Array | None = None
        self.requires_grad = requires_grad
        self._inputs: tuple[tuple[Tensor, Back], ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.data.dtype

    def item(self) -> float:
        return self.data.item()

    def detach(self) -> Tensor:
        """The same data as a constant."""
        return Tensor(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"Tensor({self.data!r}{', requires_grad=True' if self.requires_grad else ''})"

    def backward(self, gradient: ArrayLike | None = None) -> None:
        """Add to the `.grad` of every parameter the derivative of this tensor by it.

        `gradient` (this tensor's shape) weighs the elements; without it the tensor must hold one number.
        """
        if not self.requires_grad:
            raise ValueError("backward: nothing that this tensor was computed from requires a gradient")
        if gradient is None and self.data.size != 1:
            raise ValueError(
                f"backward: expected one number, found shape {self.shape}; sum it or give weights"
            )
        seed = np.ones_like(self.data) if gradient is None else np.asarray(gradient, self.dtype)
        gradients: dict[Tensor, Array] = {self: np.broadcast_to(seed, self.shape)}
        for tensor in reversed(_inputs_first(self)):
            g = gradients.pop(tensor)
            if not tensor._inputs:  # a parameter: only these keep their gradient
                tensor.grad = g.astype(tensor.dtype) if tensor.grad is None else tensor.grad + g
            for operand, back in tensor._inputs:
                share = unbroadcast(back(g), operand.shape)
                known = gradients.get(operand)
                gradients[operand] = share if known is None else known + share

    # --- arithmetic ------------------------------------------------------------------------------

    def _lift(self, other: Tensor | ArrayLike) -> Tensor:
        return other if isinstance(other, Tensor) else Tensor(np.asarray(other, self.dtype))

    def __add__(self, other: Tensor | ArrayLike) -> Tensor:
        b = self._lift(other)
        return record(self.data + b.data, (self, _same), (b, _same))

    def __sub__(self, other: Tensor | ArrayLike) -> Tensor:
        b = self._lift(other)
        return record(self.data - b.data, (self, _same), (b, np.negative))

    def __mul__(self, other: Tensor | ArrayLike) -> Tensor:
        b = self._lift(other)
        return record(self.data * b.data, (self, lambda g: g * b.data), (b, lambda g: g * self.data))

    def __truediv__(self, other: Tensor | ArrayLike) -> Tensor:
        b = self._lift(other)
        out = self.data / b.data
        return record(out, (self, lambda g: g / b.data), (b, lambda g: -g * out / b.data))

    def __pow__(self, exponent: float) -> Tensor:
        """To a constant power."""
        if isinstance(exponent, Tensor):
            raise TypeError("expected a number as the exponent, found a Tensor")
        n = float(exponent)
        if n == 0:
            return record(np.ones_like(self.data), (self, np.zeros_like))
        return record(self.data**n, (self, lambda g: g * n * self.data ** (n - 1)))

    def __neg__(self) -> Tensor:
        return record(-self.data, (self, np.negative))

    def __radd__(self, other: ArrayLike) -> Tensor:
        return self + other

    def __rsub__(self, other: ArrayLike) -> Tensor:
        return self._lift(other) - self

    def __rmul__(self, other: ArrayLike) -> Tensor:
        return self * other

    def __rtruediv__(self, other: ArrayLike) -> Tensor:
        return self._lift(other) / self

    def __matmul__(self, other: Tensor | ArrayLike) -> Tensor:
        """(..., n, k) @ (..., k, m) -> (..., n, m); leading axes broadcast, vectors as in `numpy.matmul`."""
        b = self._lift(other)
        a_data, b_data = self.data, b.data
        # a vector is a matrix of one row (left) or one column (right) whose axis the result drops
        a_matrix = a_data[None, :] if a_data.ndim == 1 else a_data
        b_matrix = b_data[:, None] if b_data.ndim == 1 else b_data

        def widen(g: Array) -> Array:
            g = g[..., None] if b_data.ndim == 1 else g
            return g[..., None, :] if a_data.ndim == 1 else g

        def back_a(g: Array) -> Array:
            share = widen(g) @ np.swapaxes(b_matrix, -1, -2)
            return share[..., 0, :] if a_data.ndim == 1 else share

        def back_b(g: Array) -> Array:
            share = np.swapaxes(a_matrix, -1, -2) @ widen(g)
            return share[..., 0] if b_data.ndim == 1 else share

        return record(a_data @ b_data, (self, back_a), (b, back_b))

    def __rmatmul__(self, other: ArrayLike) -> Tensor:
        return self._lift(other) @ self

    # --- elementwise functions -------------------------------------------------------------------

    def exp(self) -> Tensor:
        out = np.exp(self.data)
        return record(out, (self, lambda g: g * out))

    def log(self) -> Tensor:
        return record(np.log(self.data), (self, lambda g: g / self.data))

    def sqrt(self) -> Tensor:
        out = np.sqrt(self.data)
        return record(out, (self, lambda g: 0.5 * g / out))

    def abs(self) -> Tensor:
        """The slope at 0 is taken as 0."""
        return record(np.abs(self.data), (self, lambda g: g * np.sign(self.data)))

    def tanh(self) -> Tensor:
        out = np.tanh(self.data)
        return record(out, (self, lambda g: g * (1 - out**2)))

    def relu(self) -> Tensor:
        """max(x, 0); the slope at 0 is taken as 0."""
        return record(np.maximum(self.data, 0), (self, lambda g: g * (self.data > 0)))

    def sigmoid(self) -> Tensor:
        out = sigmoid(self.data)
        return record(out, (self, lambda g: g * out * (1 - out)))

    # --- sums ------------------------------------------------------------------------------------

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensor:
        def back(g: Array) -> Array:
            if axis is not None and not keepdims:
                g = np.expand_dims(g, axis)
            return np.broadcast_to(g, self.shape)

        return record(self.data.sum(axis=axis, keepdims=keepdims), (self, back))

    def mean(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensor:
        total = self.sum(axis, keepdims)
        return total * (total.data.size / self.data.size)

    # --- shape -----------------------------------------------------------------------------------

    def reshape(self, *shape: int) -> Tensor:
        return record(self.data.reshape(shape), (self, lambda g: g.reshape(self.shape)))

    def transpose(self, *axes: int) -> Tensor:
        """The axes in a new order; without arguments, reversed."""
        order = axes or tuple(reversed(range(self.ndim)))
        inverse = np.argsort([axis % self.ndim for axis in order])
        return record(self.data.transpose(order), (self, lambda g: g.transpose(inverse)))

    @property
    def T(self) -> Tensor:
        """The last two axes exchanged, so that a stack of matrices transposes each."""
        return self.transpose(*range(self.ndim - 2), self.ndim - 1, self.ndim - 2)

    def __getitem__(self, index: Any) -> Tensor:
        """Any index of NumPy's; an element taken twice receives both gradients."""

        def back(g: Array) -> Array:
            full = np.zeros_like(self.data)
            if _is_basic(index):
                full[index] = g
            else:
                np.add.at(full, index, g)
            return full

        return record(self.data[index], (self, back))


# --- the record ----------------------------------------------------------------------------------------


def record(data: Any, *inputs: tuple[Tensor, Back]) -> Tensor:
    """The result of an operation: its value, and for each input how a gradient gets back to it.

    Inputs that need no gradient are dropped, and with them the work of carrying one back.
    """
    out = Tensor(data)
    if _recording.get():
        out._inputs = tuple(pair for pair in inputs if pair[0].requires_grad)
        out.requires_grad = bool(out._inputs)
    return out


def unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """`gradient` summed over the axes along which an operand of `shape` was repeated."""
    if gradient.shape == shape:
        return gradient
    added = gradient.ndim - len(shape)
    repeated = [added + i for i, n in enumerate(shape) if n == 1 and gradient.shape[added + i] != 1]
    return gradient.sum(axis=(*range(added), *repeated), keepdims=True).reshape(shape)


def _inputs_first(root: Tensor) -> list[Tensor]:
    """All that `root` was computed from, each behind its inputs; by a stack of our own, however deep."""
    order: list[Tensor] = []
    seen = {root}
    stack = [(root, iter(root._inputs))]
    while stack:
        tensor, inputs = stack[-1]
        for operand, _ in inputs:
            if operand not in seen:
                seen.add(operand)
                stack.append((operand, iter(operand._inputs)))
                break
        else:
            order.append(tensor)
            stack.pop()
    return order


def _same(g: Array) -> Array:
    return g


def _is_basic(index: Any) -> bool:
    """Whether an index selects no element twice: numbers, slices, ... and None."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, int | slice) for part in parts)


# --- operations on several tensors -----------------------------------------------------------------------


def linear(x: Tensor | ArrayLike, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x @ weight + bias: x (..., n, in), weight (..., in, out), bias (..., out) -> (..., n, out)."""
    out = weight._lift(x) @ weight
    return out if bias is None else out + bias[..., None, :]


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
    losses = -np.take_along_axis(log_softmax(logits.data), index, axis=-1)[..., 0]

    def back(g: Array) -> Array:
        difference = softmax(logits.data)
        at_target = np.take_along_axis(difference, index, axis=-1)
        np.put_along_axis(difference, index, at_target - 1, axis=-1)
        return difference * g[..., None]

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
