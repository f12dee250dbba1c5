"""Central differences: what a gradient worked out by hand must agree with."""

import numpy as np

from core.autodiff import Tensor


def check_gradient(operation, *arrays, rtol=1e-6, atol=1e-8):
    """The gradient of a random weighing of the operation's output, by every element of every input."""
    tensors = [Tensor(a, requires_grad=True) for a in arrays]
    out = operation(*tensors)
    weights = np.random.default_rng(1).normal(size=out.shape)
    out.backward(weights)
    for which, tensor in enumerate(tensors):
        expected = np.empty_like(arrays[which])
        for place in np.ndindex(expected.shape):
            sides = []
            for step in (1e-5, -1e-5):
                moved = [a.copy() for a in arrays]
                moved[which][place] += step
                sides.append(np.sum(weights * operation(*map(Tensor, moved)).data))
            expected[place] = (sides[0] - sides[1]) / 2e-5
        np.testing.assert_allclose(tensor.grad, expected, rtol=rtol, atol=atol)


def check_single_precision(operation, *arrays):
    """float32 in, float32 out, both ways, and the numbers are those of float64 to single precision."""
    singles = [Tensor(a.astype(np.float32), requires_grad=True) for a in arrays]
    doubles = [Tensor(a, requires_grad=True) for a in arrays]
    out, exact = operation(*singles), operation(*doubles)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out.data, exact.data, rtol=1e-4, atol=1e-5)
    out.backward(np.ones(out.shape))
    exact.backward(np.ones(out.shape))
    for single, double in zip(singles, doubles, strict=True):
        assert single.grad.dtype == np.float32
        assert single.grad.shape == single.shape
        np.testing.assert_allclose(single.grad, double.grad, rtol=1e-3, atol=1e-4)
