"""Tensor, the array that remembers how it was made, and `record`, by which it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.numerics import sigmoid

Array = NDArray[np.floating]
Back = Callable[[Array], Any]
"""Gradient of the loss by an operation's output -> its share for one input."""

Keep = Callable[[str, Array], None]
"""Where a forward pass hands out what it computes on the way, by name."""

__all__ = ["Array", "Back", "Keep", "Tensor", "jointly", "no_grad", "record", "unbroadcast"]

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


def jointly(back: Callable[[Array], Sequence[Array]], inputs: int) -> list[Back]:
    """For an operation whose gradients are computed together: `back`, shared out by input.

    The first input asked for computes all of them, the others take what is there.
    """
    held: list[Any] = [None, []]  # a gradient of the output, and the shares that are still to be taken

    def share(which: int) -> Back:
        def take(g: Array) -> Array:
            if held[0] is not g or held[1][which] is None:
                held[:] = g, list(back(g))
            part, held[1][which] = held[1][which], None
            return part

        return take

    return [share(which) for which in range(inputs)]


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
