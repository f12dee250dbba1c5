"""Every operation against central differences, and what the record must guarantee."""

import gc
import weakref

import numpy as np
import pytest

from core.autodiff import (
    Tensor,
    binary_cross_entropy_with_logits,
    concatenate,
    linear,
    no_grad,
    record,
    softmax_cross_entropy,
    unbroadcast,
    value_and_gradient,
    where,
)

rng = np.random.default_rng(0)


def positive(*shape):
    return rng.uniform(0.5, 2.0, shape)


def normal(*shape):
    """Away from 0, where relu and abs have their kink."""
    values = rng.normal(size=shape)
    return values + 0.1 * np.sign(values)


TARGETS = np.array([2, 0, 1])
OPERATIONS = {
    "add": (lambda a, b: a + b, normal(3, 4), normal(3, 4)),
    "add broadcast": (lambda a, b: a + b, normal(3, 4), normal(4)),
    "subtract both broadcast": (lambda a, b: a - b, normal(3, 1), normal(2, 1, 4)),
    "multiply": (lambda a, b: a * b, normal(3, 4), normal(1, 4)),
    "multiply by itself": (lambda a: a * a, normal(3)),
    "divide": (lambda a, b: a / b, normal(3, 4), positive(3, 1)),
    "numbers left and right": (lambda a: 2 - (1 + a * 3) / 2 + 1 / a - (-a), positive(5)),
    "arrays on the left": (lambda a: np.arange(3.0) * a + np.eye(3) @ a, normal(3)),
    "power": (lambda a: a**3 + a**-1.5, positive(4)),
    "power of a negative": (lambda a: a**2 + a**3, normal(4)),
    "power zero": (lambda a: a**0 + a, np.array([0.0, 2.0])),
    "matmul": (lambda a, b: a @ b, normal(3, 4), normal(4, 2)),
    "matmul batched": (lambda a, b: a @ b, normal(5, 3, 4), normal(5, 4, 2)),
    "matmul broadcast batch": (lambda a, b: a @ b, normal(3, 4), normal(5, 4, 2)),
    "matmul broadcast both": (lambda a, b: a @ b, normal(2, 1, 3, 4), normal(5, 4, 2)),
    "matrix @ vector": (lambda a, b: a @ b, normal(3, 4), normal(4)),
    "vector @ matrix": (lambda a, b: a @ b, normal(4), normal(4, 3)),
    "vector @ vector": (lambda a, b: a @ b, normal(4), normal(4)),
    "batch @ vector": (lambda a, b: a @ b, normal(2, 3, 4), normal(4)),
    "vector @ batch": (lambda a, b: a @ b, normal(3), normal(2, 3, 4)),
    "exp": (lambda a: a.exp(), normal(3)),
    "log": (lambda a: a.log(), positive(3)),
    "sqrt": (lambda a: a.sqrt(), positive(3)),
    "abs": (lambda a: a.abs(), normal(3)),
    "tanh": (lambda a: a.tanh(), normal(3)),
    "relu": (lambda a: a.relu(), normal(6)),
    "sigmoid": (lambda a: a.sigmoid(), normal(3)),
    "sum": (lambda a: a.sum(), normal(3, 4)),
    "sum axis": (lambda a: a.sum(axis=0), normal(3, 4)),
    "sum axes": (lambda a: a.sum(axis=(0, -1)), normal(3, 4, 2)),
    "sum keepdims": (lambda a: a - a.sum(axis=-1, keepdims=True), normal(3, 4)),
    "mean": (lambda a: a.mean(), normal(3, 4)),
    "mean axis": (lambda a: a.mean(axis=(0, 1)), normal(3, 4, 2)),
    "reshape": (lambda a: a.reshape(2, -1), normal(3, 4)),
    "transpose": (lambda a: a.transpose(2, 0, -2), normal(2, 3, 4)),
    "transpose all": (lambda a: a.transpose(), normal(2, 3, 4)),
    "T": (lambda a: a.T, normal(2, 3, 4)),
    "getitem": (lambda a: a[1:, None, ..., 0], normal(3, 4)),
    "getitem repeated": (lambda a: a[np.array([0, 2, 0])], normal(3, 4)),
    "getitem list": (lambda a: a[[1, 1]], normal(3, 4)),
    "getitem mask": (lambda a: a[np.array([True, False, True])], normal(3, 4)),
    "linear": (linear, normal(5, 3), normal(3, 2), normal(2)),
    "linear of R models": (linear, normal(5, 3), normal(4, 3, 2), normal(4, 2)),
    "linear without bias": (linear, normal(5, 3), normal(3, 2)),
    "concatenate": (lambda a, b: concatenate([a, b, a], axis=0), normal(2, 3), normal(1, 3)),
    "where": (lambda a, b: where([True, False, True], a, b), normal(2, 3), normal(3)),
    "softmax cross-entropy": (lambda z: softmax_cross_entropy(z, TARGETS), normal(3, 4)),
    "softmax cross-entropy of R models": (lambda z: softmax_cross_entropy(z, TARGETS), normal(2, 3, 4)),
    "binary cross-entropy": (lambda z: binary_cross_entropy_with_logits(z, [0, 1, 0.3]), normal(2, 3)),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_gradient_is_the_central_difference(name):
    operation, *arrays = OPERATIONS[name]
    tensors = [Tensor(a, requires_grad=True) for a in arrays]
    out = operation(*tensors)
    weights = np.random.default_rng(1).normal(size=out.shape)
    out.backward(weights)

    def loss(*arrays):
        return np.sum(weights * operation(*map(Tensor, arrays)).data)

    for which, tensor in enumerate(tensors):
        expected = np.empty_like(arrays[which])
        for place in np.ndindex(expected.shape):
            sides = []
            for step in (1e-5, -1e-5):
                moved = [a.copy() for a in arrays]
                moved[which][place] += step
                sides.append(loss(*moved))
            expected[place] = (sides[0] - sides[1]) / 2e-5
        np.testing.assert_allclose(tensor.grad, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", OPERATIONS)
def test_single_precision_stays_single(name):
    operation, *arrays = OPERATIONS[name]
    tensors = [Tensor(a.astype(np.float32), requires_grad=True) for a in arrays]
    out = operation(*tensors)
    assert out.dtype == np.float32
    out.backward(np.ones(out.shape))
    assert all(t.grad.dtype == np.float32 and t.grad.shape == t.shape for t in tensors)


def test_a_neuron_by_hand():
    """y = tanh(w1 x1 + w2 x2 + b) with x = (2, 0), w = (-3, 1), b = 6.88137358: tanh(0.88137) = 1/sqrt(2).

    dy/dn = 1 - y^2 = 1/2, so dw = x/2 = (1, 0), dx = w/2 = (-1.5, 0.5), db = 1/2.
    """
    x, w = Tensor([2.0, 0.0], requires_grad=True), Tensor([-3.0, 1.0], requires_grad=True)
    b = Tensor(6 + np.arcsinh(1), requires_grad=True)
    y = (x @ w + b).tanh()
    y.backward()
    assert y.item() == pytest.approx(np.sqrt(0.5))
    np.testing.assert_allclose(w.grad, [1, 0], rtol=1e-14)
    np.testing.assert_allclose(x.grad, [-1.5, 0.5], rtol=1e-14)
    np.testing.assert_allclose(b.grad, 0.5, rtol=1e-14)


def test_cross_entropies_by_hand():
    """Logits (0, log 3): probabilities (1/4, 3/4); the gradient is these minus the one-hot target."""
    z = Tensor([0.0, np.log(3)], requires_grad=True)
    loss = softmax_cross_entropy(z, 0)
    loss.backward()
    assert loss.item() == pytest.approx(np.log(4))
    np.testing.assert_allclose(z.grad, [-0.75, 0.75])

    z = Tensor(np.log(3), requires_grad=True)
    loss = binary_cross_entropy_with_logits(z, 1.0)
    loss.backward()
    assert loss.item() == pytest.approx(np.log(4 / 3))
    assert z.grad == pytest.approx(-0.25)


def test_cross_entropies_far_out():
    """No overflow and no NaN, in the value or in the gradient; a warning would fail the test."""
    z = Tensor(np.array([[1e4, -1e4], [0, 3e38]], np.float32), requires_grad=True)
    losses = softmax_cross_entropy(z, [1, 1])
    losses.backward([1, 1])
    np.testing.assert_array_equal(losses.data, [2e4, 0])
    np.testing.assert_array_equal(z.grad, [[1, -1], [0, 0]])
    z = Tensor([1e4, -1e4], requires_grad=True)
    losses = binary_cross_entropy_with_logits(z, [0, 1])
    losses.backward([1, 1])
    np.testing.assert_array_equal(losses.data, [1e4, 1e4])
    np.testing.assert_array_equal(z.grad, [1, -1])


def test_gradients_add_up_over_uses_and_calls():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    loss = (y * y + y).sum()  # 9 x^2 + 3 x
    loss.backward()
    np.testing.assert_allclose(x.grad, [21, 39])
    loss.backward()
    np.testing.assert_allclose(x.grad, [42, 78])
    assert y.grad is None


def test_gradients_are_the_callers_own():
    x, y = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    (x + y).backward()
    x.grad += 1
    np.testing.assert_array_equal(y.grad, [1])
    total = x.sum()
    x.grad = None
    total.backward()
    x.grad += 1  # not the read-only picture of a broadcast


def test_constants_cost_nothing():
    called = []
    data, weight = Tensor(np.ones(3)), Tensor(np.ones(3), requires_grad=True)
    product = record(
        data.data * weight.data,
        (data, lambda g: called.append("data")),
        (weight, lambda g: g),
    )
    product.backward(np.ones(3))
    assert called == []
    assert data.grad is None
    assert not (data * 2).requires_grad
    assert not weight.detach().requires_grad


def test_no_grad():
    x = Tensor(1.0, requires_grad=True)
    with no_grad():
        assert not (x * 2).requires_grad
    with pytest.raises(RuntimeError, match="inside"), no_grad():
        raise RuntimeError("inside")
    assert (x * 2).requires_grad


def test_a_chain_of_any_length():
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1
    y.backward()
    assert x.grad == 1
    del y  # and no recursion when it is given back


def test_nothing_is_kept_alive():
    x = Tensor(np.ones(3), requires_grad=True)
    gc.disable()
    try:
        hidden = (x * 2).tanh()
        watched = weakref.ref(hidden)
        loss = hidden.sum()
        loss.backward()
        del hidden, loss
        assert watched() is None  # by reference counts alone: the record has no cycles
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("shape", "own"),
    [((3, 4), (4,)), ((2, 3, 4), (3, 1)), ((2, 1, 4), (1, 4)), ((3,), ()), ((2, 0, 3), (3,))],
)
def test_unbroadcast_undoes_broadcasting(shape, own):
    gradient = unbroadcast(np.ones(shape), own)
    assert gradient.shape == own
    assert gradient.sum() == np.prod(shape)


def test_models_trained_at_once_are_independent():
    """R models through one batched graph get what each gets alone."""
    x, targets = rng.normal(size=(6, 3)), np.array([0, 1, 1, 0, 1, 0])
    params = {"w": rng.normal(size=(4, 3, 5)), "b": rng.normal(size=(4, 5)), "v": rng.normal(size=(4, 5, 2))}

    def loss(p):
        return softmax_cross_entropy(linear(x, p["w"], p["b"]).relu() @ p["v"], targets).mean(axis=-1)

    values, gradients = value_and_gradient(loss, params)
    assert values.shape == (4,)
    for r in range(4):
        value, alone = value_and_gradient(loss, {name: array[r] for name, array in params.items()})
        assert values[r] == pytest.approx(value)
        for name in params:
            np.testing.assert_allclose(gradients[name][r], alone[name], rtol=1e-12, atol=1e-15)


def test_value_and_gradient_of_an_unused_parameter():
    value, gradients = value_and_gradient(
        lambda p: (p["a"] * 2).sum(), {"a": [1.0, 2.0], "b": np.ones((2, 2))}
    )
    assert value == 6
    np.testing.assert_array_equal(gradients["a"], [2, 2])
    np.testing.assert_array_equal(gradients["b"], np.zeros((2, 2)))
    _, gradients = value_and_gradient(lambda p: Tensor(1.0), {"a": [1.0]})
    np.testing.assert_array_equal(gradients["a"], [0])


def test_a_network_learns_exclusive_or():
    inputs = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    targets = np.array([0.0, 1, 1, 0])
    draw = np.random.default_rng(3)
    params = {"w": draw.normal(size=(2, 8)), "b": np.zeros(8), "v": draw.normal(size=(8,)), "c": np.zeros(())}

    def loss(p):
        logits = linear(inputs, p["w"], p["b"]).tanh() @ p["v"] + p["c"]
        return binary_cross_entropy_with_logits(logits, targets).mean()

    first, _ = value_and_gradient(loss, params)
    for _ in range(300):
        value, gradients = value_and_gradient(loss, params)
        params = {name: array - 1.0 * gradients[name] for name, array in params.items()}
    assert first > 0.5
    assert value < 0.02


def test_refusals():
    x = Tensor(np.ones(2), requires_grad=True)
    with pytest.raises(ValueError, match=r"expected one number, found shape \(2,\)"):
        (x * 2).backward()
    with pytest.raises(ValueError, match="nothing that this tensor was computed from"):
        Tensor(1.0).backward()
    with pytest.raises(TypeError, match="found a Tensor"):
        x**x
    with pytest.raises(TypeError, match="found a Tensor"):
        Tensor(x)
    with pytest.raises(ValueError, match="targets from 0 to 1, found 2 to 2"):
        softmax_cross_entropy(x, 2)
    assert Tensor([1, 2]).dtype == np.float64
