"""Layers, attention and recurrence against central differences and against what each is defined to be."""

import math
import statistics

import numpy as np
import pytest

from core.autodiff import (
    Tensor,
    additive_attention,
    causal_attention,
    dropout,
    elman_cell,
    embedding,
    erf,
    gelu,
    gelu_tanh,
    gru_cell,
    jointly,
    layer_norm,
    linear,
    lstm_cell,
    record,
    recur,
    rms_norm,
    rotary,
    silu,
)
from core.autodiff.attention import ROWS
from tests.core.autodiff.gradients import check_gradient, check_single_precision

rng = np.random.default_rng(0)
IDS = np.array([[1, 4, 1], [0, 1, 3]])
ANGLES = rng.normal(size=(4, 3))


def normal(*shape):
    return rng.normal(size=shape)


OPERATIONS = {
    "linear": (linear, normal(2, 3, 4), normal(4, 5), normal(5)),
    "linear without bias": (linear, normal(2, 3, 4), normal(4, 5)),
    "linear by a transpose": (lambda x, w: linear(x, w.T), normal(2, 3), normal(5, 3)),
    "embedding": (lambda w: embedding(IDS, w), normal(6, 3)),
    "layer norm": (layer_norm, normal(2, 3, 5), normal(5), normal(5)),
    "layer norm without bias": (lambda x, w: layer_norm(x, w, eps=0.1), normal(3, 5), normal(5)),
    "rms norm": (rms_norm, normal(2, 3, 5), normal(5)),
    "gelu": (gelu, normal(4, 3) * 2),
    "gelu tanh": (gelu_tanh, normal(4, 3) * 2),
    "silu": (silu, normal(4, 3) * 2),
    "dropout": (lambda x: dropout(x, 0.4, np.random.default_rng(5)), normal(4, 5)),
    "attention": (causal_attention, normal(2, 4, 2, 3), normal(2, 4, 2, 3), normal(2, 4, 2, 3)),
    "attention, grouped": (
        lambda q, k, v: causal_attention(q, k, v, scale=0.3),
        *(normal(4, 6, 2), normal(4, 3, 2), normal(4, 3, 2)),
    ),
    "attention, one key-value head": (causal_attention, normal(4, 2, 2), normal(4, 1, 2), normal(4, 1, 2)),
    "attention over a past": (causal_attention, normal(2, 2, 3), normal(5, 1, 3), normal(5, 1, 3)),
    "attention of one query": (causal_attention, normal(1, 2, 3), normal(5, 2, 3), normal(5, 2, 3)),
    "rotary": (lambda x: rotary(x, np.cos(ANGLES), np.sin(ANGLES)), normal(2, 4, 2, 6)),
    "rotary, interleaved": (lambda x: rotary(x, np.cos(ANGLES), np.sin(ANGLES), True), normal(4, 2, 6)),
    "additive attention": (
        additive_attention,
        *(normal(2, 4, 3), normal(2, 4, 3), normal(3), normal(2, 4, 2)),
    ),
    "additive attention over a past": (
        additive_attention,
        *(normal(1, 2, 3), normal(1, 5, 3), normal(3), normal(1, 5, 2)),
    ),
    "elman cell": (elman_cell, normal(2, 3), normal(2, 3), normal(3, 3), normal(3)),
    "gru cell": (gru_cell, normal(2, 9), normal(2, 3), normal(3, 9), normal(9)),
    "lstm cell": (lstm_cell, normal(2, 12), normal(2, 6), normal(3, 12), normal(12)),
    "elman": (lambda *a: recur("elman", *a), normal(2, 4, 3), normal(2, 3), normal(3, 3), normal(3)),
    "gru": (lambda *a: recur("gru", *a), normal(2, 4, 9), normal(2, 3), normal(3, 9), normal(9)),
    "lstm": (lambda *a: recur("lstm", *a), normal(2, 4, 12), normal(2, 6), normal(3, 12), normal(12)),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_gradient_is_the_central_difference(name):
    check_gradient(*OPERATIONS[name])


@pytest.mark.parametrize("name", OPERATIONS)
def test_single_precision_stays_single(name):
    check_single_precision(*OPERATIONS[name])


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_input_is_written_to(name):
    operation, *arrays = OPERATIONS[name]
    before = [a.copy() for a in arrays]
    for a in arrays:
        a.flags.writeable = False
    try:
        out = operation(*(Tensor(a, requires_grad=True) for a in arrays))
        weights = np.ones(out.shape)
        weights.flags.writeable = False
        out.backward(weights)
    finally:
        for a in arrays:
            a.flags.writeable = True
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 4e-7), (np.float64, 5e-14)])
def test_erf(dtype, error):
    x = np.concatenate([np.linspace(-8, 8, 2001), [-100, 0, 1e-8, 100]]).astype(dtype)
    assert erf(x).dtype == dtype
    np.testing.assert_allclose(erf(x), [math.erf(each) for each in x], rtol=0, atol=error)


def test_gelu_is_x_times_the_normal_distribution():
    x = np.array([-2.0, -0.5, 0.0, 1.0, 3.0])
    expected = [each * statistics.NormalDist().cdf(each) for each in x]
    np.testing.assert_allclose(gelu(Tensor(x)).data, expected, atol=1e-13)
    assert 1e-5 < np.abs(gelu_tanh(Tensor(x)).data - expected).max() < 1e-3  # close, and another function


def test_activations_far_out():
    """No warning (it would be an error) and no NaN, whatever the input."""
    x = np.array([-1e4, -100.0, 100.0, 1e4], np.float32)
    for activation in (gelu, gelu_tanh, silu):
        tensor = Tensor(x, requires_grad=True)
        y = activation(tensor)
        y.backward(np.ones(4))
        np.testing.assert_allclose(y.data, [0, 0, 100, 1e4], atol=1e-6)
        np.testing.assert_allclose(tensor.grad, [0, 0, 1, 1], atol=1e-6)


def test_norms_by_hand():
    """(1, 3): mean 2, deviation 1; root mean square sqrt(5)."""
    x, one = Tensor([1.0, 3.0]), Tensor([1.0, 1.0])
    np.testing.assert_allclose(layer_norm(x, one, Tensor([0.0, 5.0]), eps=0).data, [-1, 6])
    np.testing.assert_allclose(rms_norm(x, one, eps=0).data, np.array([1, 3]) / np.sqrt(5))


def attention_in_words(q, k, v, scale):
    """One query, one head at a time, as the paper says it."""
    (T, H, D), (S, K, _) = q.shape, k.shape
    out = np.zeros((T, H, D))
    for h in range(H):
        kv = h // (H // K)
        for t in range(T):
            seen = S - T + t + 1
            scores = np.array([q[t, h] @ k[s, kv] * scale for s in range(seen)])
            weights = np.exp(scores) / np.exp(scores).sum()
            out[t, h] = weights @ v[:seen, kv]
    return out


@pytest.mark.parametrize(
    ("T", "S", "H", "K"),
    [
        (5, 5, 4, 4),
        (5, 5, 6, 2),
        (2, 7, 4, 1),
        (1, 3, 2, 2),
        (ROWS + 6, ROWS + 6, 2, 1),
        (ROWS + 1, ROWS + 9, 2, 2),
    ],
)
def test_attention_as_the_paper_says(T, S, H, K):
    q, k, v = normal(T, H, 3), normal(S, K, 3), normal(S, K, 3)
    kept = {}
    out = causal_attention(*map(Tensor, (q, k, v)), keep=kept.__setitem__)
    np.testing.assert_allclose(out.data, attention_in_words(q, k, v, 3**-0.5), atol=1e-12)
    assert kept["pattern"].shape == kept["scores"].shape == (H, T, S)
    np.testing.assert_allclose(kept["pattern"].sum(axis=-1), 1)
    for t in range(T):
        assert (kept["pattern"][:, t, S - T + t + 1 :] == 0).all()
        assert (kept["scores"][:, t, S - T + t + 1 :] == -np.inf).all()


@pytest.mark.parametrize("rows", [1, 3, 64])
def test_attention_in_blocks_of_any_size_has_the_same_gradient(rows, monkeypatch):
    monkeypatch.setattr("core.autodiff.attention.ROWS", rows)
    check_gradient(causal_attention, normal(2, 7, 4, 3), normal(2, 9, 2, 3), normal(2, 9, 2, 3))


def test_rotary_keeps_lengths_and_knows_only_distances():
    q, k = normal(1, 1, 8), normal(1, 1, 8)
    frequencies = 10_000.0 ** (-np.arange(4) / 4)

    def at(x, position, interleaved):
        angle = position * frequencies[None]
        return rotary(Tensor(x), np.cos(angle), np.sin(angle), interleaved).data

    for interleaved in (False, True):
        assert np.linalg.norm(at(q, 7, interleaved)) == pytest.approx(np.linalg.norm(q))
        near = np.sum(at(q, 5, interleaved) * at(k, 2, interleaved))
        far = np.sum(at(q, 105, interleaved) * at(k, 102, interleaved))
        assert near == pytest.approx(far)
        assert near != pytest.approx(np.sum(at(q, 6, interleaved) * at(k, 2, interleaved)))


def test_additive_attention_in_words():
    query, key, weight, values = normal(1, 40, 3), normal(1, 45, 3), normal(3), normal(1, 45, 2)
    kept = {}
    out = additive_attention(*map(Tensor, (query, key, weight, values)), keep=kept.__setitem__).data
    for t in (0, 1, 31, 32, 39):  # both sides of a block's edge
        seen = 5 + t
        scores = np.array([weight @ np.tanh(query[0, t] + key[0, s]) for s in range(seen)])
        weights = np.exp(scores) / np.exp(scores).sum()
        np.testing.assert_allclose(out[0, t], weights @ values[0, :seen], atol=1e-12)
        np.testing.assert_allclose(kept["pattern"][0, t, :seen], weights, atol=1e-12)
    first = additive_attention(*map(Tensor, (query, key[:, :40], weight, values[:, :40])))
    np.testing.assert_array_equal(first.data[0, 0], 0)  # nothing to look back to


def test_a_sequence_is_its_steps():
    for kind, cell, gates, parts in (
        ("elman", elman_cell, 1, 1),
        ("gru", gru_cell, 3, 1),
        ("lstm", lstm_cell, 4, 2),
    ):
        inputs, state = normal(2, 5, gates * 3), Tensor(normal(2, parts * 3))
        weight, bias = Tensor(normal(3, gates * 3)), Tensor(normal(gates * 3))
        states = recur(kind, Tensor(inputs), state, weight, bias).data
        for t in range(5):
            state = cell(Tensor(inputs[:, t]), state, weight, bias)
            np.testing.assert_allclose(states[:, t], state.data, atol=1e-12)


def test_a_gate_by_hand():
    """An update gate held open keeps the GRU's state; an LSTM whose gates are 0 and 1 carries its memory."""
    shut = Tensor([[0.0, 40.0, 0.3]])
    assert gru_cell(shut, Tensor([[0.7]]), Tensor(np.zeros((1, 3))), Tensor(np.zeros(3))).item() == 0.7
    carried = lstm_cell(
        Tensor([[-40.0, 40, 9, 40]]), Tensor([[0.0, 0.5]]), Tensor(np.zeros((1, 4))), Tensor(np.zeros(4))
    )
    np.testing.assert_allclose(carried.data, [[np.tanh(0.5), 0.5]])


def test_dropout():
    x = Tensor(np.ones(100_000), requires_grad=True)
    y = dropout(x, 0.25, np.random.default_rng(0))
    assert set(np.unique(y.data)) == {0.0, 1 / 0.75}
    assert (y.data == 0).mean() == pytest.approx(0.25, abs=0.01)
    y.backward(np.ones(100_000))
    np.testing.assert_array_equal(x.grad, y.data)
    np.testing.assert_array_equal(dropout(x, 0.25, np.random.default_rng(0)).data, y.data)
    assert dropout(x, 0.0, np.random.default_rng(0)) is x
    assert dropout(x, 0.5, None) is x
    with pytest.raises(ValueError, match="found 1"):
        dropout(x, 1, np.random.default_rng(0))


def test_jointly_computes_once_and_again_when_asked_again():
    calls = []
    x, y = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)

    def back(g):
        calls.append(g)
        return g * y.data, g * x.data

    product = record(x.data * y.data, *zip((x, y), jointly(back, 2), strict=True))
    product.backward()
    assert len(calls) == 1
    product.backward()
    assert (x.grad, y.grad, len(calls)) == (6, 4, 2)


def test_refusals():
    with pytest.raises(ValueError, match="ids from 0 to 2, found -1 to 1"):
        embedding([-1, 1], Tensor(np.ones((3, 2))))
    with pytest.raises(TypeError, match="found float64"):
        embedding([0.5], Tensor(np.ones((3, 2))))
