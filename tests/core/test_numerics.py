"""Softmax and its relatives: never NaN when stable, and failing as IEEE arithmetic does when naive."""

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core import numerics

DTYPES = (np.float16, np.float32, np.float64)


def finite_logits(dtype, max_side=12):
    """Any finite numbers of the type, its largest and its subnormal ones among them."""
    width = np.dtype(dtype).itemsize * 8
    largest = float(np.finfo(dtype).max)
    numbers = st.one_of(
        st.floats(allow_nan=False, allow_infinity=False, width=width),
        st.floats(-20, 20, width=width),
        st.sampled_from([-largest, largest, 0.0, -0.0]),
    )
    return hnp.arrays(
        dtype, hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=max_side), elements=numbers
    )


any_logits = st.sampled_from(DTYPES).flatmap(finite_logits)


@given(any_logits)
def test_softmax_of_finite_logits_is_a_distribution(logits):
    p = numerics.softmax(logits)
    assert p.dtype == logits.dtype
    assert p.shape == logits.shape
    assert not np.isnan(p).any()
    assert (p >= 0).all()
    assert (p <= 1).all()
    # each entry is rounded relatively by eps and, when subnormal, absolutely by half a subnormal
    info = np.finfo(logits.dtype)
    n = logits.shape[-1]
    bound = 4 * float(info.eps) + n * float(info.smallest_subnormal)
    np.testing.assert_allclose(p.astype(np.float64).sum(axis=-1), 1, atol=bound, rtol=0)


@given(any_logits)
def test_the_stable_forms_are_never_nan(logits):
    assert not np.isnan(numerics.log_softmax(logits)).any()
    assert np.isfinite(numerics.logsumexp(logits)).all()
    assert np.isfinite(numerics.sigmoid(logits)).all()
    assert not np.isnan(numerics.cross_entropy(logits, np.zeros(logits.shape[:-1], int))).any()


@given(
    st.sampled_from(DTYPES), st.lists(st.integers(-20, 20), min_size=1, max_size=9), st.integers(-1000, 1000)
)
def test_adding_a_constant_changes_nothing(dtype, logits, constant):
    """Bit for bit, when the addition itself is exact: whole numbers below 2,048 are exact even in float16."""
    z = np.array(logits, dtype)
    moved = z + dtype(constant)
    np.testing.assert_array_equal(numerics.softmax(moved), numerics.softmax(z))
    np.testing.assert_array_equal(numerics.log_softmax(moved), numerics.log_softmax(z))


@given(finite_logits(np.float64))
def test_agrees_with_scipy(logits):
    with np.errstate(all="ignore"):
        expected = scipy.special.softmax(logits, axis=-1)
        np.testing.assert_allclose(numerics.softmax(logits), expected, rtol=1e-13, atol=1e-300)
        np.testing.assert_allclose(
            numerics.logsumexp(logits), scipy.special.logsumexp(logits, axis=-1), rtol=1e-13, atol=1e-13
        )
    np.testing.assert_allclose(numerics.sigmoid(logits), scipy.special.expit(logits), rtol=1e-14, atol=0)


@given(st.sampled_from(DTYPES), st.lists(st.floats(-4, 4, width=16), min_size=1, max_size=8))
def test_naive_and_stable_agree_within_range(dtype, logits):
    z = np.array(logits, dtype)
    rtol = 16 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(numerics.softmax_naive(z), numerics.softmax(z), rtol=rtol)
    np.testing.assert_allclose(numerics.log_softmax_naive(z), numerics.log_softmax(z), rtol=rtol, atol=rtol)
    np.testing.assert_allclose(numerics.sigmoid_naive(z), numerics.sigmoid(z), rtol=rtol)


@pytest.mark.parametrize("dtype", DTYPES)
def test_first_failure_inf_over_inf(dtype):
    """The threshold is log of the largest finite number: a little above it the exponential is inf."""
    limit = np.log(np.finfo(dtype).max)
    above = np.nextafter(limit, dtype(np.inf)) + dtype(1)
    assert np.isnan(numerics.softmax_naive(np.array([above, above], dtype))).all()
    one_over = numerics.softmax_naive(np.array([above, 0], dtype))
    assert np.isnan(one_over[0])
    assert one_over[1] == 0
    np.testing.assert_array_equal(numerics.softmax(np.array([above, above], dtype)), [0.5, 0.5])
    assert np.isfinite(numerics.softmax_naive(np.array([limit - 1, 0], dtype))).all()


def test_thresholds_are_those_stated():
    limits = [float(np.log(np.float64(np.finfo(t).max))) for t in DTYPES]
    np.testing.assert_allclose(limits, [11.09, 88.72, 709.78], atol=0.005)


@pytest.mark.parametrize("dtype", DTYPES)
def test_second_failure_zero_over_zero(dtype):
    """Half the smallest subnormal rounds to zero: every logit below its log vanishes."""
    below = np.log(np.float64(np.finfo(dtype).smallest_subnormal)) - 2
    z = np.array([below, below], dtype)
    assert np.isnan(numerics.softmax_naive(z)).all()
    np.testing.assert_array_equal(numerics.softmax(z), [0.5, 0.5])


def test_second_failure_near_minus_800_in_float64():
    assert np.isnan(numerics.softmax_naive([-800.0, -801.0])).all()
    np.testing.assert_allclose(numerics.softmax([-800.0, -801.0]), numerics.softmax([0.0, -1.0]))


def test_third_failure_the_sum_overflows():
    z = np.array([11, 11, 11], np.float16)
    assert np.isfinite(np.exp(z)).all()
    np.testing.assert_array_equal(numerics.softmax_naive(z), [0, 0, 0])
    np.testing.assert_allclose(numerics.softmax(z), [1 / 3] * 3, rtol=1e-3)


def test_log_of_a_probability_that_underflowed():
    assert numerics.log_softmax_naive([0.0, -1000.0])[1] == -np.inf
    np.testing.assert_array_equal(numerics.log_softmax([0.0, -1000.0]), [0, -1000])
    assert numerics.cross_entropy_naive([0.0, -1000.0], 1) == np.inf
    assert numerics.cross_entropy([0.0, -1000.0], 1) == 1000


def test_by_hand():
    """z = (0, log 3): exponentials 1 and 3, so probabilities 1/4 and 3/4."""
    z = [0, np.log(3)]
    np.testing.assert_allclose(numerics.softmax(z), [0.25, 0.75])
    np.testing.assert_allclose(numerics.logsumexp(z), np.log(4))
    np.testing.assert_allclose(numerics.cross_entropy(z, 1), np.log(4 / 3))
    np.testing.assert_allclose(numerics.sigmoid(np.log(3)), 0.75)


def test_axis_shapes_and_types():
    z = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    np.testing.assert_allclose(numerics.softmax(z, axis=1).sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(
        numerics.softmax(z, axis=0), np.moveaxis(numerics.softmax(np.moveaxis(z, 0, -1)), -1, 0)
    )
    assert numerics.logsumexp(z, axis=1).shape == (2, 4)
    assert numerics.logsumexp(z.astype(np.float16)).dtype == np.float16
    assert numerics.softmax([1, 2]).dtype == np.float64
    assert numerics.cross_entropy(z, np.zeros((2, 3), int)).shape == (2, 3)


def test_many_equal_logits_in_float16():
    """A sum accumulated in float16 would stop at 2,048, along either axis."""
    z = np.zeros((5000, 2), np.float16)
    np.testing.assert_allclose(numerics.softmax(z, axis=0), 1 / 5000, rtol=1e-3)


def test_masked_entries():
    np.testing.assert_array_equal(numerics.softmax([0.0, -np.inf, 0.0]), [0.5, 0, 0.5])
    assert numerics.logsumexp([-np.inf, -np.inf]) == -np.inf
    assert numerics.logsumexp([0.0, np.inf]) == np.inf
    assert np.isnan(numerics.softmax([-np.inf, -np.inf])).all()


def test_refusals():
    with pytest.raises(ValueError, match="targets from 0 to 1, found -1 to 0"):
        numerics.cross_entropy(np.zeros((2, 2)), [0, -1])
    with pytest.raises(TypeError, match="whole numbers"):
        numerics.cross_entropy([0.0, 1.0], 0.5)
    with pytest.raises(TypeError, match="real numbers"):
        numerics.softmax(["a"])


def test_the_callers_error_settings_are_left_alone():
    before = np.geterr()
    numerics.softmax_naive([1e6, 1e6])
    assert np.geterr() == before
