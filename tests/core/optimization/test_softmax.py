"""The softmax scene's frame: what each precision makes of the same logits, and why."""

import importlib
import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import config as configs
from core import numerics
from core.optimization.softmax import PRECISIONS, SoftmaxConfig, compare, exact_softmax, limits, softmax_frame
from core.trace import Trace

FAILURES = [
    # logits, add, what becomes of float16, float32, float64
    ((2.0, 1.0, 0.1), 0.0, ("none", "none", "none")),
    ((12.0, 11.0, 9.0, 4.0), 0.0, ("overflow_to_nan", "none", "none")),
    ((11.0, 11.0, 11.0), 0.0, ("sum_overflow_to_zero", "none", "none")),
    ((88.0, 88.0, 88.0), 0.0, ("overflow_to_nan", "sum_overflow_to_zero", "none")),
    ((709.5, 709.5), 0.0, ("overflow_to_nan", "overflow_to_nan", "sum_overflow_to_zero")),
    ((1.0, 0.0), -19.0, ("underflow_to_nan", "none", "none")),
    ((1.0, 0.0), -106.0, ("underflow_to_nan", "underflow_to_nan", "none")),
    ((1.0, 0.0), -800.0, ("underflow_to_nan",) * 3),
    ((1.0, 0.0), 800.0, ("overflow_to_nan",) * 3),
    ((-15.0, 5.0), 0.0, ("underflow_of_target", "none", "none")),
    ((-800.0, 0.0), 0.0, ("underflow_of_target",) * 3),
]


@pytest.mark.parametrize(("logits", "add", "expected"), FAILURES)
def test_what_becomes_of_the_naive_form(logits, add, expected):
    """The code, and the numbers that it is a code for; the stable form gets every one of them right."""
    frame = softmax_frame(SoftmaxConfig(logits=logits, add=add))
    assert tuple(p.failure for p in frame.precisions) == expected
    for p in frame.precisions:
        naive = p.naive.probabilities
        assert np.isnan(naive).any() == (p.failure in ("overflow_to_nan", "underflow_to_nan"))
        assert (naive == 0).all() == (p.failure == "sum_overflow_to_zero")
        assert (p.naive.cross_entropy == np.inf) == (
            p.failure in ("sum_overflow_to_zero", "underflow_of_target")
        )
        assert (p.stable.error <= 4 * p.limits.eps).all()
        # the logarithm of a sum between 1 and the number of classes, less an exact difference
        assert p.stable.cross_entropy_error <= 4 * p.limits.eps * max(1, p.exact_cross_entropy)


@pytest.mark.parametrize("name", PRECISIONS)
def test_the_thresholds_are_where_the_codes_change(name):
    dtype = PRECISIONS[name]
    edge = limits(dtype)
    assert edge.overflow == float(np.log(np.float64(np.finfo(dtype).max)))

    def code(logit):
        config = SoftmaxConfig(logits=(logit, logit - 1), precision=name)
        return softmax_frame(config).precision(name).failure

    step = 2 * float(np.spacing(dtype(edge.overflow)))
    assert code(edge.overflow + step) == "overflow_to_nan"
    assert code(edge.overflow - step) in ("none", "sum_overflow_to_zero")
    step = 2 * float(np.spacing(dtype(-edge.underflow)))
    assert code(edge.underflow + step) == "none"
    assert code(edge.underflow - np.log(2) - step) == "underflow_to_nan"


def test_the_default_tells():
    """float16 alone fails: its first exponential, e^12 = 162,755, is above 65,504."""
    (frame,) = compare(SoftmaxConfig())
    half, single, double = frame.precisions
    assert [p.failure for p in frame.precisions] == ["overflow_to_nan", "none", "none"]
    assert half.naive.exponentials[0] == np.inf
    assert half.naive.exponentials[1] == 59872
    assert np.isnan(half.naive.probabilities[0])
    np.testing.assert_array_equal(half.naive.probabilities[1:], 0)
    np.testing.assert_array_equal(half.stable.exponents, [0, -1, -3, -8])
    np.testing.assert_allclose(half.stable.probabilities, double.stable.probabilities, rtol=2e-3, atol=1e-6)
    np.testing.assert_allclose(single.naive.probabilities, single.stable.probabilities, rtol=1e-6)


def test_by_hand():
    """(ln 3 + 700) and 700: probabilities 3/4 and 1/4, the loss of the first ln(4/3)."""
    config = SoftmaxConfig(logits=(float(np.log(3)), 0.0), add=700.0, target=0)
    p = softmax_frame(config).precision("float64")
    np.testing.assert_allclose(p.stable.probabilities, [0.75, 0.25], rtol=1e-13)
    assert p.stable.cross_entropy == pytest.approx(np.log(4 / 3), rel=1e-12)
    assert p.failure == "none"
    assert softmax_frame(config).precision("float32").failure == "overflow_to_nan"


def test_what_storing_the_logits_loses():
    """1000.25 is no float16: adding a constant can merge two logits before softmax sees them."""
    frame = softmax_frame(SoftmaxConfig(logits=(0.25, 0.0), add=1000.0))
    np.testing.assert_array_equal(frame.precision("float16").storage_error, [0.25, 0])
    np.testing.assert_array_equal(frame.precision("float16").stable.probabilities, [0.5, 0.5])
    np.testing.assert_array_equal(frame.precision("float32").storage_error, [0, 0])


logits = st.lists(st.floats(-1000, 1000), min_size=2, max_size=8).map(tuple)


@given(logits, st.floats(-1000, 1000), st.floats(0.01, 20), st.integers(0, 7))
def test_every_config_gives_a_frame_whose_stable_form_is_right(logits, add, scale, target):
    config = configs.validate(SoftmaxConfig(logits=logits, add=add, scale=scale, target=target))
    frame = softmax_frame(config)
    assert 0 <= frame.target < len(logits)
    for p in frame.precisions:
        assert np.isfinite(p.logits).all()
        assert p.logits.dtype == p.naive.probabilities.dtype == p.stable.log_probabilities.dtype == p.name
        assert (p.stable.error <= 8 * p.limits.eps).all()
        assert np.isfinite(p.stable.cross_entropy)
        # what is shown is what the public functions compute
        np.testing.assert_array_equal(p.stable.probabilities, numerics.softmax(p.logits))
        np.testing.assert_array_equal(p.naive.probabilities, numerics.softmax_naive(p.logits))
        if p.failure == "none":
            assert np.isfinite(p.naive.cross_entropy)


def test_the_reference_is_better_than_float64():
    """sum of e^-k, k = 0..7 is (1 - e^-8) / (1 - e^-1); and log1p(e^-40) keeps its digits."""
    exact, loss = exact_softmax(-np.arange(8.0), 7)
    total = np.expm1(-8) / np.expm1(-1)
    np.testing.assert_allclose(exact, np.exp(-np.arange(8.0)) / total, rtol=1e-15)
    assert loss == pytest.approx(7 + np.log(total), rel=1e-15)
    tiny, loss = exact_softmax(np.array([0.0, -40.0]), 0)
    assert loss == pytest.approx(np.exp(-40.0), rel=1e-12)  # float64's log(1 + e^-40) is 0
    assert tiny[0] == 1


@pytest.mark.parametrize("shows", ["softmax", "log_softmax", "cross_entropy"])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_equations_carry_the_frames_numbers_and_name_tagged_lines(shows, precision):
    config = SoftmaxConfig(shows=shows, precision=precision)
    frame = softmax_frame(config)
    p = frame.precision(precision)
    equations = {equation.tag: equation for equation in frame.explain(config)}
    for equation in equations.values():
        module, name = equation.function.split(":")
        source = inspect.getsource(getattr(importlib.import_module(module), name))
        assert any(line.endswith(f"#: {equation.tag}") for line in source.splitlines())
        for slot in equation.values:
            assert f"<{slot}>" in equation.template
    assert equations["naive sum"].values["s"] == p.naive.total
    assert equations["shift"].values["shifted"] == (0, -1, -3, -8)
    last = {"softmax": "quotient", "log_softmax": "logarithm", "cross_entropy": "loss"}[shows]
    assert last in equations
    if shows == "cross_entropy":
        assert equations["loss"].values["loss"] == p.stable.cross_entropy


def test_the_scene_is_timeless():
    trace = Trace(compare, SoftmaxConfig())
    assert trace.total == 1
    trace.run()
    assert trace.available == 1
    assert list(compare(SoftmaxConfig(), None, trace.frame(0))) == []
    assert not trace.frame(0).precisions[0].stable.exponentials.flags.writeable


def test_the_config_keeps_its_bounds():
    config = SoftmaxConfig(logits=(1.5, -2.0), target=7)
    assert softmax_frame(config).target == 1
    assert configs.from_json(SoftmaxConfig, configs.to_json(config)) == config
    assert configs.from_query(SoftmaxConfig, configs.to_query(config)) == config
    for bad in ((1.0,), (0.0,) * 9, (0.0, 1001.0)):
        with pytest.raises(configs.ConfigError, match="Logits"):
            configs.validate(SoftmaxConfig(logits=bad))
    kinds = {field.path: field.kind for field in configs.fields(SoftmaxConfig)}
    assert kinds["logits"] == "canvas"
    assert configs.changed_roles(SoftmaxConfig(), SoftmaxConfig(shows="cross_entropy")) == {"view"}
