"""Losses of real models: gradients against central differences, minima against scikit-learn."""

import numpy as np
import pytest

from core.datasets import linear, messages, two_moons
from core.optimization.losses import (
    ACTIVATIONS,
    Examples,
    LinearRegression,
    LogisticRegression,
    Network,
    Penalised,
    product,
)
from core.optimization.optimizers import OPTIMIZERS, gradient_descent
from core.optimization.proximal import proximal, soft_threshold


def regression_data():
    made = linear(80, 5, 50.0, 0.3, 0, correlated=True)
    return Examples(made.x, made.y)


def moons():
    made = two_moons(60, 0.2, 1)
    return Examples(made.x, made.labels.astype(float))


def words(count=300):
    made = messages(count, 0)
    return Examples(made.present, made.labels.astype(float))


MODELS = {
    "logistic": (LogisticRegression(2), moons),
    "linear": (LinearRegression(5), regression_data),
    **{name: (Network((2, 4, 3, 1), name), moons) for name in ACTIVATIONS},
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("penalty", [{}, {"l2": 0.3}, {"l1": 0.2, "proximal": False}])
def test_gradients_are_those_of_central_differences(name, penalty):
    model, data = MODELS[name]
    objective, examples = Penalised(model, **penalty), data()
    params = np.random.default_rng(3).standard_normal((4, model.size))
    slope = objective.gradient(params, examples)
    assert slope.shape == params.shape
    for k in range(model.size):
        step = np.zeros(model.size)
        step[k] = 1e-6
        numeric = (objective.value(params + step, examples) - objective.value(params - step, examples)) / 2e-6
        np.testing.assert_allclose(slope[:, k], numeric, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_models_side_by_side_are_the_models_alone(name):
    model, data = MODELS[name]
    params = np.random.default_rng(5).standard_normal((3, model.size))
    for function in (model.loss, model.gradient, model.score):
        together = function(params, data())
        for i in range(3):
            np.testing.assert_allclose(together[i], function(params[i : i + 1], data())[0], rtol=1e-12)
    assert model.loss(params[:0], data()).shape == (0,)
    assert model.gradient(params[:0], data()).shape == (0, model.size)


def test_the_network_is_the_formula_written_out():
    model = Network((2, 2, 1), "tanh")
    params = np.array([[1.0, 2.0, 3.0, 4.0, 0.1, -0.1, 0.5, -0.5, 0.2]])  # W1 by rows, b1, W2, b2
    x, y = 0.3, -0.2
    hidden = np.tanh([x * 1 + y * 3 + 0.1, x * 2 + y * 4 - 0.1])
    logit = 0.5 * hidden[0] - 0.5 * hidden[1] + 0.2
    examples = Examples(np.array([[x, y]]), np.array([1.0]))
    assert model.outputs(params, examples.x)[0, 0] == pytest.approx(logit, rel=1e-14)
    assert model.loss(params, examples)[0] == pytest.approx(np.log1p(np.exp(-logit)), rel=1e-14)
    assert model.weights.tolist() == [True] * 4 + [False] * 2 + [True] * 2 + [False]


@pytest.mark.parametrize("shape", [(3, 4, 5), (900, 300, 6), (6, 900, 300), (1, 1, 1), (0, 5, 5)])
def test_a_product_in_parts_is_the_product(shape):
    rows, inner, columns = shape
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((rows, inner)), rng.standard_normal((inner, columns))
    np.testing.assert_allclose(product(a, b), a @ b, rtol=1e-10, atol=1e-10)


def test_losses_hold_for_outputs_of_any_size():
    examples = Examples(np.array([[1e4, 0.0], [-1e4, 0.0]]), np.array([0.0, 1.0]))
    model = LogisticRegression(2)
    assert model.loss(np.array([[1.0, 0.0, 0.0]]), examples)[0] == 1e4
    assert np.isfinite(model.gradient(np.array([[1e3, 0.0, 0.0]]), examples)).all()


@pytest.mark.parametrize("l2", [0.01, 0.1])
def test_the_minimum_of_logistic_regression_is_scikit_learns(l2):
    sklearn = pytest.importorskip("sklearn.linear_model")
    examples = words()
    count, features = examples.x.shape
    oracle = sklearn.LogisticRegression(C=1 / (l2 * count), tol=1e-12, max_iter=10_000)
    oracle.fit(examples.x, examples.y)
    theirs = np.append(oracle.coef_[0], oracle.intercept_)[None]
    objective = Penalised(LogisticRegression(features), l2=l2)
    assert np.abs(objective.gradient(theirs, examples)).max() < 1e-6
    params = np.zeros((1, features + 1))
    optimizer = OPTIMIZERS["nesterov"](1.0, 0.95)
    state = optimizer.init(params)
    for _ in range(1500):
        params, state = optimizer.update(objective.gradient(params, examples), state, params)
    ours, best = objective.value(params, examples)[0], objective.value(theirs, examples)[0]
    assert ours == pytest.approx(best, abs=1e-9)
    np.testing.assert_allclose(params, theirs, atol=1e-4)


@pytest.mark.parametrize("name", ["gradient_descent", "momentum", "nesterov", "adagrad", "adam", "rmsprop"])
def test_the_proximal_step_ends_at_scikit_learns_lasso(name):
    sklearn = pytest.importorskip("sklearn.linear_model")
    made = linear(80, 6, 5.0, 0.1, 2, correlated=True)
    l1 = 0.6
    oracle = sklearn.Lasso(alpha=l1, tol=1e-12, max_iter=100_000).fit(made.x, made.y)
    theirs = np.append(oracle.coef_, oracle.intercept_)
    assert 0 < (theirs[:-1] == 0).sum() < 6  # otherwise nothing is shown
    model = LinearRegression(6)
    objective, examples = Penalised(model, l1=l1), Examples(made.x, made.y)
    settings = {
        "momentum": (0.05, 0.9),
        "nesterov": (0.05, 0.9),
        "gradient_descent": (0.3,),
        "adagrad": (1.0,),
    }
    rates = 0.01 * 0.5 ** np.arange(13) if name in ("adam", "rmsprop") else [None]
    params, state = np.zeros((1, 7)), None
    for rate in rates:  # a constant Adam rate circles the minimum: it is lowered
        optimizer = proximal(OPTIMIZERS[name](*settings.get(name, (rate,))), l1, model.weights)
        state = optimizer.init(params) if state is None else state
        for _ in range(3000):
            params, state = optimizer.update(objective.gradient(params, examples), state, params)
    assert ((params[0, :-1] == 0) == (theirs[:-1] == 0)).all()
    np.testing.assert_allclose(params[0], theirs, atol=1e-4)


def test_soft_threshold_is_the_minimiser():
    grid = np.linspace(-3, 3, 60_001)
    for x in (-2.0, -0.4, 0.0, 0.3, 1.7):
        best = grid[np.argmin((grid - x) ** 2 / 2 + 0.5 * np.abs(grid))]
        assert soft_threshold(np.array([x]), 0.5)[0] == pytest.approx(best, abs=1e-4)


def test_biases_are_not_penalised():
    model = LogisticRegression(2)
    objective = Penalised(model, l1=1.0, l2=1.0, proximal=False)
    bias = np.array([[0.0, 0.0, 5.0]])
    assert objective.penalty(bias)[0] == 0
    optimizer = proximal(gradient_descent(0.1), 1.0, model.weights)
    moved, _ = optimizer.update(np.zeros((1, 3)), optimizer.init(bias), np.array([[0.05, -0.3, 5.0]]))
    np.testing.assert_allclose(moved, [[0.0, -0.2, 5.0]])
