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

from core.autodiff.attention import additive_attention, causal_attention, causal_mask, rotary
from core.autodiff.functions import (
    binary_cross_entropy_with_logits,
    concatenate,
    softmax_cross_entropy,
    value_and_gradient,
    where,
)
from core.autodiff.layers import (
    dropout,
    embedding,
    erf,
    gelu,
    gelu_tanh,
    layer_norm,
    linear,
    rms_norm,
    silu,
)
from core.autodiff.recurrence import CELLS, Cell, elman_cell, gru_cell, lstm_cell, recur
from core.autodiff.tensor import Array, Back, Keep, Tensor, jointly, no_grad, record, unbroadcast

__all__ = [
    "CELLS",
    "Array",
    "Back",
    "Cell",
    "Keep",
    "Tensor",
    "additive_attention",
    "binary_cross_entropy_with_logits",
    "causal_attention",
    "causal_mask",
    "concatenate",
    "dropout",
    "elman_cell",
    "embedding",
    "erf",
    "gelu",
    "gelu_tanh",
    "gru_cell",
    "jointly",
    "layer_norm",
    "linear",
    "lstm_cell",
    "no_grad",
    "record",
    "recur",
    "rms_norm",
    "rotary",
    "silu",
    "softmax_cross_entropy",
    "unbroadcast",
    "value_and_gradient",
    "where",
]
