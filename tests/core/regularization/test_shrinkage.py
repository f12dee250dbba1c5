"""One weight and one penalty: closed forms against minimisers, lambda's other names against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from sklearn.linear_model import ElasticNet, Lasso, Ridge

from core.regularization.shrinkage import (
    METHODS,
    REACH,
    ShrinkageConfig,
    conversions,
    cost,
    estimate,
    shrink,
    shrinkage,
    spreads,
)

ZS = st.floats(-REACH, REACH).map(lambda z: round(z, 6))
PENALTIES = st.floats(0.0, 4.0).map(lambda each: round(each, 6))


def test_the_estimates_by_hand() -> None:
    weights = shrink(ShrinkageConfig(z=-3.0, penalty=1.0)).weights
    assert weights == {"lasso": -2.0, "ridge": -1.0, "hard_threshold": -3.0}
    small = shrink(ShrinkageConfig(z=-0.9, penalty=1.0)).weights
    assert small == {"lasso": 0.0, "ridge": pytest.approx(-0.3), "hard_threshold": 0.0}
    assert str(small["lasso"]) == "0.0"


@settings(max_examples=40, deadline=None)
@given(ZS, PENALTIES)
def test_each_estimate_minimises_its_objective(z: float, penalty: float) -> None:
    grid = np.linspace(-6, 6, 2401)
    for method in METHODS:
        best = estimate(method, np.array(z), penalty)

        def objective(w, method=method):
            return (w - z) ** 2 / 2 + cost(method, np.asarray(w), penalty)

        assert objective(best) <= objective(grid).min() + 1e-12


@pytest.mark.parametrize("z", [-2.2, 0.4, 3.0])
def test_the_ridge_against_a_numeric_minimiser(z: float) -> None:
    found = minimize_scalar(lambda w: (w - z) ** 2 / 2 + 0.7 * w**2, tol=1e-12).x
    assert estimate("ridge", np.array(z), 0.7) == pytest.approx(found, abs=1e-7)


@pytest.mark.parametrize("rows", [2, 50, 333])
@pytest.mark.parametrize(("z", "penalty"), [(1.5, 1.0), (-2.0, 0.3), (0.5, 1.0), (4.0, 2.5)])
def test_lambda_is_called_what_the_table_says(z: float, penalty: float, rows: int) -> None:
    """The same three problems given to scikit-learn with the settings of the table."""
    rng = np.random.default_rng(rows)
    columns = min(rows, 3)
    x, _ = np.linalg.qr(rng.standard_normal((rows, columns)))
    y = x @ np.full(columns, z)  # least squares gives z for each orthonormal column
    table = {(each.method, each.library): each for each in conversions(z, penalty, rows)}
    options = {"fit_intercept": False, "tol": 1e-14, "max_iter": 100_000}
    lasso, ridge, net = (table[method, "scikit-learn"] for method in ("lasso", "ridge", "elastic_net"))
    models = {
        "lasso": Lasso(alpha=lasso.alpha, **options),
        "ridge": Ridge(alpha=ridge.alpha, fit_intercept=False),
        "elastic_net": ElasticNet(alpha=net.alpha, l1_ratio=net.l1_ratio, **options),
    }
    for method, model in models.items():
        model.fit(x, y)
        np.testing.assert_allclose(model.coef_, table[method, "document"].weight, rtol=0, atol=1e-9)
    for method in models:  # glmnet's objective is scikit-learn's elastic net's, for all three
        each = table[method, "glmnet"]
        if each.alpha and each.l1_ratio:
            model = ElasticNet(alpha=each.alpha, l1_ratio=each.l1_ratio, **options).fit(x, y)
            np.testing.assert_allclose(model.coef_, each.weight, rtol=0, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(ZS, PENALTIES, st.integers(2, 300))
def test_every_library_finds_the_same_weight(z: float, penalty: float, rows: int) -> None:
    table = conversions(z, penalty, rows)
    for method in ("lasso", "ridge", "elastic_net"):
        weights = [each.weight for each in table if each.method == method]
        assert len(weights) == 3
        np.testing.assert_allclose(weights, weights[0], rtol=0, atol=1e-9)
        if abs(z) < penalty - 1e-6 and method != "ridge":
            assert weights == [0.0] * 3


def test_glmnets_ridge_is_minimised_by_the_scaling() -> None:
    each = next(c for c in conversions(3.0, 1.2, 40) if (c.method, c.library) == ("ridge", "glmnet"))
    x = np.full(40, 1 / np.sqrt(40))

    def objective(w: float) -> float:
        return np.square(3.0 * x - w * x).sum() / 80 + each.alpha / 2 * w**2

    assert minimize_scalar(objective, tol=1e-12).x == pytest.approx(each.weight, abs=1e-6)


@pytest.mark.parametrize("penalty", [0.4, 1.0, 3.0])
def test_the_priors_have_the_spreads_told(penalty: float) -> None:
    for method, spread in spreads(penalty).items():

        def density(w, method=method):
            return float(np.exp(-cost(method, np.asarray(w), penalty)))

        whole = 2 * quad(density, 0, 60)[0]
        variance = 2 * quad(lambda w: w**2 * density(w), 0, 60)[0] / whole
        assert np.sqrt(variance) == pytest.approx(spread, rel=1e-6)
    assert spreads(0.0) == {}


def test_the_hard_thresholds_prior_is_flat_but_at_zero() -> None:
    frame = shrink(ShrinkageConfig(penalty=1.0))
    prior = frame.priors["hard_threshold"]
    assert prior[frame.grid == 0].tolist() == [1.0]
    assert set(prior[frame.grid != 0].tolist()) == {np.exp(-0.5)}
    for method in METHODS:
        assert frame.priors[method].max() == 1.0


def test_the_equations_hold() -> None:
    config = ShrinkageConfig(z=-1.5, penalty=0.5)
    frame = next(shrinkage(config))
    soft, ridge, hard = frame.explain(config)
    assert soft.values["w"] == np.sign(-1.5) * max(1.5 - 0.5, 0)
    assert ridge.values["w"] == -1.5 / 2
    assert hard.values["w"] == -1.5
    assert list(shrinkage(config, None, frame)) == []


def test_one_look_is_cheap() -> None:
    import time

    config = ShrinkageConfig(rows=10_000)
    shrink(config)
    spent = []
    for _ in range(5):
        start = time.thread_time()
        shrink(config)
        spent.append(time.thread_time() - start)
    assert min(spent) < 0.008
