"""Recurrent cells: one step from a state to the next, and a whole sequence of steps as one operation.

A cell is given the input's share of its gates, computed for all steps at once (`linear`), and the state; the
state's share is `h @ weight`. Its state is h (B, H), for the LSTM h and the cell's memory c side by side
(B, 2 H). Backpropagation through time is the loop of `recur`, run in reverse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from core.autodiff.tensor import Array, Keep, Tensor, jointly, record
from core.numerics import sigmoid

__all__ = ["CELLS", "Cell", "elman_cell", "gru_cell", "lstm_cell", "recur"]


class Cell(NamedTuple):
    """A recurrent cell for states of hidden width H.

    Attributes:
        gates: how many times H the gates are wide.
        parts: how many times H the state is wide.
        forward: (inputs (B, gates H), state's share (B, gates H), state (B, parts H)) -> the new state, and
            what the backward step needs.
        backward: (gradient by the new state, what forward left) -> gradients by inputs, state's share, and
            by the state itself where it enters beside the gates.
        left: names of the first things that forward leaves, each (B, H).
    """

    gates: int
    parts: int
    forward: Callable[[Array, Array, Array], tuple[Array, Any]]
    backward: Callable[[Array, Any], tuple[Array, Array, Array | float]]
    left: tuple[str, ...] = ()


def _elman(inputs: Array, share: Array, state: Array) -> tuple[Array, Any]:
    h = np.tanh(inputs + share)  #: elman
    return h, h


def _elman_back(g: Array, h: Array) -> tuple[Array, Array, Array | float]:
    d = g * (1 - h * h)
    return d, d, 0.0


def _gru(inputs: Array, share: Array, h: Array) -> tuple[Array, Any]:
    H = h.shape[-1]
    gates = sigmoid(inputs[:, : 2 * H] + share[:, : 2 * H])
    r, z = gates[:, :H], gates[:, H:]
    candidate = np.tanh(inputs[:, 2 * H :] + r * share[:, 2 * H :])
    new = candidate + z * (h - candidate)  #: gru
    return new, (r, z, candidate, share[:, 2 * H :], h)


def _gru_back(g: Array, saved: Any) -> tuple[Array, Array, Array | float]:
    r, z, candidate, share, h = saved
    d_candidate = g * (1 - z) * (1 - candidate * candidate)
    d_r = d_candidate * share * r * (1 - r)
    d_z = g * (h - candidate) * z * (1 - z)
    d_inputs = np.concatenate([d_r, d_z, d_candidate], axis=-1)
    d_share = np.concatenate([d_r, d_z, d_candidate * r], axis=-1)
    return d_inputs, d_share, g * z


def _lstm(inputs: Array, share: Array, state: Array) -> tuple[Array, Any]:
    H = state.shape[-1] // 2
    a = inputs + share
    i, f, o = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H]), sigmoid(a[:, 3 * H :])
    new = np.tanh(a[:, 2 * H : 3 * H])
    c = state[:, H:]
    c_new = f * c + i * new  #: memory
    squashed = np.tanh(c_new)
    h = o * squashed  #: lstm
    return np.concatenate([h, c_new], axis=-1), (i, f, o, new, c, squashed)


def _lstm_back(g: Array, saved: Any) -> tuple[Array, Array, Array | float]:
    i, f, o, new, c, squashed = saved
    H = i.shape[-1]
    g_h, g_c = g[:, :H], g[:, H:] + g[:, :H] * o * (1 - squashed * squashed)
    d = np.concatenate(
        [
            g_c * new * i * (1 - i),
            g_c * c * f * (1 - f),
            g_c * i * (1 - new * new),
            g_h * squashed * o * (1 - o),
        ],
        axis=-1,
    )
    return d, d, np.concatenate([np.zeros_like(g_c), g_c * f], axis=-1)


CELLS = {
    "elman": Cell(1, 1, _elman, _elman_back),
    "gru": Cell(3, 1, _gru, _gru_back, ("reset", "update", "candidate")),
    "lstm": Cell(4, 2, _lstm, _lstm_back, ("input", "forget", "output", "candidate")),
}


def elman_cell(inputs: Tensor, state: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """h' = tanh(inputs + h U + b): inputs and state (B, H), weight (H, H). Elman 1990."""
    return _step("elman", inputs, state, weight, bias)


def gru_cell(inputs: Tensor, state: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """h' = (1 - z) n + z h: inputs (B, 3 H) for r, z, n; state (B, H), weight (H, 3 H), bias (3 H,).

    r and z are sigmoids, n = tanh(inputs_n + r (h U_n + b_n)). Cho et al. 2014, with the reset gate behind
    the product as in cuDNN and PyTorch.
    """
    return _step("gru", inputs, state, weight, bias)


def lstm_cell(inputs: Tensor, state: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """c' = f c + i g, h' = o tanh(c'): inputs (B, 4 H) for i, f, g, o; state (B, 2 H) is h, then c.

    i, f, o are sigmoids, g a tanh. Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000.
    """
    return _step("lstm", inputs, state, weight, bias)


def recur(
    kind: str, inputs: Tensor, state: Tensor, weight: Tensor, bias: Tensor, keep: Keep | None = None
) -> Tensor:
    """A cell over a sequence: inputs (B, T, gates H), first state (B, parts H) -> states (B, T, parts H).

    `keep` is given the gates by name: `reset`, `update`, `candidate`, or `input`, `forget`, `output`,
    `candidate`, each (B, T, H).
    """
    cell = CELLS[kind]
    H = weight.shape[0]
    B, T = inputs.shape[:2]
    states = np.empty((T, B, cell.parts * H), inputs.dtype)  # time first: each step's numbers lie together
    saved = []
    h = state.data
    for t in range(T):
        share = h[:, :H] @ weight.data
        share += bias.data
        states[t], left = cell.forward(inputs.data[:, t], share, h)
        saved.append(left)
        h = states[t]
    if keep is not None:
        for which, name in enumerate(cell.left):
            keep(name, np.stack([each[which] for each in saved], axis=1))

    def back(g: Array) -> tuple[Array, Array, Array, Array]:
        d_inputs, d_shares = (np.empty((T, B, cell.gates * H), inputs.dtype) for _ in range(2))
        d_state = np.zeros_like(state.data)
        for t in reversed(range(T)):
            d_inputs[t], d_shares[t], beside = cell.backward(g[:, t] + d_state, saved[t])
            d_state = np.zeros_like(d_state) + beside
            d_state[:, :H] += d_shares[t] @ weight.data.T
        before = np.concatenate([state.data[None, :, :H], states[:-1, :, :H]])
        d_weight = before.reshape(-1, H).T @ d_shares.reshape(T * B, -1)
        return d_inputs.swapaxes(0, 1), d_state, d_weight, d_shares.sum(axis=(0, 1))

    shares = jointly(back, 4)
    return record(states.swapaxes(0, 1), *zip((inputs, state, weight, bias), shares, strict=True))


def _step(kind: str, inputs: Tensor, state: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return recur(kind, inputs.reshape(len(inputs), 1, -1), state, weight, bias)[:, 0]
