import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge

from core.config import ConfigError, from_query, to_query, validate
from core.regularization.overfitting import (
    DEGREES,
    GRID,
    LAMBDAS,
    RESAMPLES,
    OverfittingConfig,
    features,
    fit,
    overfit,
    sample_points,
    split,
)

PENALTIES = ("none", "l2", "l1", "elastic")


def test_two_points_by_hand() -> None:
    """phi_1 = sqrt(3) x: X'X/n = 3 and X'y/n = sqrt(3)."""
    config = OverfittingConfig(points=((-1.0, -1.0, 0), (1.0, 1.0, 0)), degree=1, lam=0.5)
    for penalty, weight in (
        ("none", 1 / math.sqrt(3)),
        ("l2", math.sqrt(3) / 3.5),
        ("l1", (math.sqrt(3) - 0.5) / 3),
        ("elastic", (math.sqrt(3) - 0.25) / 3.25),
    ):
        fitted = fit(replace(config, penalty=penalty))
        assert fitted.weights == pytest.approx([weight], abs=1e-12)
        assert fitted.intercept == pytest.approx(0.0, abs=1e-12)
        assert fitted.training_error == pytest.approx(abs(1 - math.sqrt(3) * weight), abs=1e-12)
        assert math.isnan(fitted.held_out_error)


def theirs(config: OverfittingConfig, X: np.ndarray, y: np.ndarray):
    model = {
        "none": LinearRegression(),
        "l2": Ridge(alpha=len(y) * config.lam),
        "l1": Lasso(alpha=config.lam, tol=1e-10, max_iter=200_000),
        "elastic": ElasticNet(alpha=config.lam, l1_ratio=config.ratio, tol=1e-10, max_iter=200_000),
    }[config.penalty]
    return model.fit(X, y)


@pytest.mark.parametrize("basis", ["polynomial", "bumps"])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_weights_and_errors_are_scikit_learns(penalty, basis) -> None:
    config = OverfittingConfig(penalty=penalty, basis=basis, degree=7, lam=0.02, ratio=0.4)
    training, held_out = split(config)
    X, others = (features(part[:, 0], basis, 7) for part in (training, held_out))
    model = theirs(config, X, training[:, 1])
    fitted = fit(config)
    np.testing.assert_allclose(fitted.weights, model.coef_, atol=1e-6)
    assert fitted.intercept == pytest.approx(model.intercept_, abs=1e-6)
    for error, at, y in (
        (fitted.training_error, X, training[:, 1]),
        (fitted.held_out_error, others, held_out[:, 1]),
    ):
        assert error == pytest.approx(np.sqrt(np.mean((y - model.predict(at)) ** 2)), abs=1e-6)
    np.testing.assert_allclose(fitted.curve, model.predict(features(GRID, basis, 7)), atol=1e-5)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_both_charts_pass_through_the_present_fit(penalty) -> None:
    config = OverfittingConfig(penalty=penalty, degree=8, lam=float(LAMBDAS[13]))
    fitted = fit(config)
    now = (fitted.training_error, fitted.held_out_error)
    np.testing.assert_allclose(fitted.by_lambda[13], now, rtol=1e-6)
    np.testing.assert_allclose(fitted.by_degree[DEGREES.tolist().index(8)], now, rtol=1e-6)
    for i in (0, 6, 24):
        other = fit(replace(config, lam=float(LAMBDAS[i])))
        np.testing.assert_allclose(
            fitted.by_lambda[i], (other.training_error, other.held_out_error), rtol=1e-6
        )


def test_legendre_columns_are_orthonormal() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(32)
    columns = features(nodes, "polynomial", 20)
    np.testing.assert_allclose(columns.T * (weights / 2) @ columns, np.eye(20), atol=1e-12)


def test_legendre_is_conditioned_far_better_than_powers() -> None:
    x = np.linspace(-1, 1, 60)
    columns = np.column_stack([np.ones(60), features(x, "polynomial", 14)])
    assert np.linalg.cond(columns) < 10
    assert np.linalg.cond(np.vander(x, 15)) > 1e4


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), degree=st.integers(1, 20), penalty=st.sampled_from(["l2", "l1"]))
def test_training_error_grows_with_the_penalty(seed, degree, penalty) -> None:
    config = OverfittingConfig(points=sample_points(15, 5, 0.3, seed), degree=degree, penalty=penalty)
    errors = fit(config).by_lambda[:, 0]
    assert (np.diff(errors) >= -1e-7).all()


def test_without_a_penalty_training_error_falls_with_the_degree() -> None:
    errors = fit(OverfittingConfig(penalty="none")).by_degree[:, 0]
    assert (np.diff(errors) <= 1e-9).all()


def test_lambda_large_enough_leaves_the_mean() -> None:
    fitted = fit(OverfittingConfig(penalty="l1", lam=10.0))
    training, _ = split(OverfittingConfig())
    assert fitted.zeros == 14
    assert fitted.intercept == pytest.approx(training[:, 1].mean())
    np.testing.assert_allclose(fitted.curve, fitted.intercept)


# --- the run ------------------------------------------------------------------------------------


def test_a_run_goes_on_exactly_where_it_was_left() -> None:
    config = OverfittingConfig(penalty="l1", lam=0.01)
    frames = list(overfit(config))
    assert [frame.step for frame in frames] == list(range(RESAMPLES + 1))
    rest = list(overfit(config, None, frames[12]))
    assert len(rest) == RESAMPLES - 12
    np.testing.assert_array_equal(rest[-1].resampled, frames[-1].resampled)
    np.testing.assert_array_equal(rest[-1].band, frames[-1].band)


def test_resampled_fits_are_fits_of_resampled_points() -> None:
    config = OverfittingConfig(degree=5, penalty="none")
    *_, last = overfit(config)
    training, _ = split(config)
    again = np.random.default_rng([0, 3]).integers(0, len(training), len(training))
    model = LinearRegression().fit(features(training[again, 0], "polynomial", 5), training[again, 1])
    np.testing.assert_allclose(last.resampled[3], model.predict(features(GRID, "polynomial", 5)), atol=1e-7)
    assert last.spread == pytest.approx(last.resampled.std(axis=0, ddof=1).mean())
    low, high = last.band
    inside = (last.resampled >= low) & (last.resampled <= high)
    assert inside.mean() == pytest.approx(0.8, abs=0.03)


def test_a_penalty_lowers_the_variance() -> None:
    spreads = []
    for lam in (1e-4, 1e-2, 10.0):
        *_, last = overfit(OverfittingConfig(lam=lam))
        spreads.append(last.spread)
    assert spreads[0] > 3 * spreads[1] > 9 * spreads[2]


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize(
    "points", [(), ((0.0, 1.0, 0),), ((0.0, 1.0, 1),), ((0.5, 1.0, 0), (0.5, -1.0, 0)), ((0.1, 0.2, 0),) * 5]
)
def test_few_points_are_no_trouble(points, penalty) -> None:
    config = validate(OverfittingConfig(points=points, penalty=penalty, lam=0.1))
    *_, last = overfit(config)
    assert np.isfinite(last.fitted.curve).all()
    assert np.isfinite(last.resampled).all()
    for equation in last.explain(config):
        assert all(np.isfinite(np.ravel(value)).all() for value in equation.values.values())


def test_points_are_bounded_and_come_back_from_a_link() -> None:
    config = OverfittingConfig(points=((0.25, -1.5, 0), (1.0, 2.0, 1)))
    assert from_query(OverfittingConfig, to_query(config)) == config
    for query in ("points=[[2,0,0]]", "points=[[0,3,0]]", "points=[[0,0,2]]"):
        with pytest.raises(ConfigError):
            from_query(OverfittingConfig, query)


@pytest.mark.parametrize(("penalty", "limit"), [("l2", 0.016), ("l1", 0.032)])
def test_a_drag_is_answered_at_once(penalty, limit) -> None:
    """The first frame, of processor time; the best of several, for the machine may be busy."""
    config = OverfittingConfig(penalty=penalty, lam=0.03)
    spent = []
    for step in range(8):
        moved = replace(config, points=((step / 10, 0.5, 0), *config.points[1:]))
        start = time.thread_time()
        next(overfit(moved))
        spent.append(time.thread_time() - start)
    assert min(spent) < limit
