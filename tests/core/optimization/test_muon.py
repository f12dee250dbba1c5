"""Muon against a singular value decomposition, against PyTorch's path, and by hand."""

import doctest
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.optimization import muon as module
from core.optimization.muon import QUINTIC, ROUNDS, muon, orthogonalized

GOLDEN = np.load(Path(__file__).parent / "golden" / "torch_muon.npz")


def by_decomposition(x):
    """The same polynomial, put to each singular value on its own."""
    u, s, v = np.linalg.svd(x, full_matrices=False)
    s = s / np.linalg.norm(s)
    a, b, c = QUINTIC
    for _ in range(ROUNDS):
        s = a * s + b * s**3 + c * s**5
    return (u * s) @ v


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1), st.floats(-6, 6))
def test_the_iteration_is_a_polynomial_of_the_singular_values(rows, columns, seed, exponent):
    x = np.random.default_rng(seed).standard_normal((rows, columns)) * 10**exponent
    if np.linalg.norm(x) > 1e-3:  # what keeps a division by zero away is seen below
        np.testing.assert_allclose(orthogonalized(x), by_decomposition(x), rtol=0, atol=2e-3)


@pytest.mark.parametrize("shape", [(128, 128), (128, 336), (2048, 128)])
def test_large_singular_values_come_close_to_one(shape):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    found = orthogonalized(x)
    assert found.dtype == np.float32
    values = np.linalg.svd(found, compute_uv=False)
    before = np.linalg.svd(x, compute_uv=False)
    large = before > 0.02 * np.linalg.norm(before)  # what begins below that needs more rounds
    assert values[large].min() > 0.65
    assert values.max() < 1.25


def test_a_vector_comes_out_as_its_direction_and_nothing_as_nothing():
    np.testing.assert_allclose(orthogonalized(np.array([3.0, -4.0])), [0.6, -0.8], atol=1e-7)
    assert not orthogonalized(np.zeros((3, 2))).any()


def test_two_steps_by_hand():
    # v = g = (3, 4): the step is 0.2 * 0.1 * sqrt(2) along (0.6, 0.8); then v = 0.5 (3, 4) + (-4, -3)
    optimizer = muon(0.1, beta=0.5)
    x, state = optimizer.update(np.array([3.0, 4.0]), optimizer.init(np.zeros(2)), np.zeros(2))
    np.testing.assert_allclose(x, -0.02 * np.sqrt(2) * np.array([0.6, 0.8]), atol=1e-8)
    y, state = optimizer.update(np.array([-4.0, -3.0]), state, x)
    np.testing.assert_allclose(state.v, [-2.5, -1.0])
    ahead = np.array([-4 - 0.5 * 2.5, -3 - 0.5 * 1.0])
    np.testing.assert_allclose(y - x, -0.02 * np.sqrt(2) * ahead / np.linalg.norm(ahead), atol=1e-8)
    assert optimizer.effective_rate(state) == 0.1


@pytest.mark.parametrize("which", ["0", "1"])
def test_path_agrees_with_pytorchs_as_far_as_its_bfloat16_goes(which):
    path = GOLDEN[which + "/path"].astype(float)
    optimizer = muon(0.05, beta=0.9)
    x, state = path[0], optimizer.init(path[0])
    for gradient, theirs in zip(GOLDEN[which + "/gradients"], path[1:], strict=True):
        before = x
        x, state = optimizer.update(gradient, state, x)
        assert np.linalg.norm(x - theirs) < 0.03 * np.linalg.norm(theirs - path[0])
        assert np.linalg.norm(x - before) > 0.03


def test_trees_are_left_as_they_were_and_a_schedule_is_followed():
    params = {"w": np.ones((2, 3), np.float32), "b": {"c": np.ones(4, np.float32)}}
    grads = {"w": np.full((2, 3), 2, np.float32), "b": {"c": np.full(4, 3, np.float32)}}
    optimizer = muon(lambda step: 0.1 * 0.5**step)
    state = optimizer.init(params)
    one, state = optimizer.update(grads, state, params)
    two, state = optimizer.update(grads, state, one)
    assert (params["w"] == 1).all()
    assert state.t == 2
    assert two["w"].dtype == np.float32
    moved = [np.linalg.norm(params["b"]["c"] - one["b"]["c"]), np.linalg.norm(one["b"]["c"] - two["b"]["c"])]
    np.testing.assert_allclose(moved, [0.2 * 0.1 * 2, 0.2 * 0.05 * 2], rtol=1e-5)


def test_what_has_no_sense_is_refused():
    with pytest.raises(ValueError, match=r"muon: beta must be in \[0, inf\), found -1"):
        muon(0.1, beta=-1.0)


def test_doctests():
    assert doctest.testmod(module).failed == 0
