"""Lasso, ridge and elastic net against scikit-learn, the conditions of a minimum, and cases made by hand."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, Lasso, Ridge
from sklearn.linear_model import lasso_path as sklearn_path

from core.regularization.penalties import (
    elastic_net,
    elastic_net_path,
    intercept,
    largest_alpha,
    lasso,
    lasso_path,
    ridge,
    ridge_path,
    soft_threshold,
)


def made(n: int, p: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, p)) * rng.uniform(0.5, 2.0, p) + rng.standard_normal(p)
    return x, x[:, : min(p, 5)].sum(axis=1) + rng.standard_normal(n) + 3.0


def adversarial(kind: str) -> tuple[np.ndarray, np.ndarray]:
    x, y = made(8, 20) if kind == "n < p" else made(40, 6)
    if kind == "constant":
        x[:, 2] = 0.1
    elif kind == "zero":
        x[:, 2] = 0.0
    elif kind == "dependent":
        x[:, 5] = x[:, 0] + x[:, 1] - 2 * x[:, 3]
    elif kind == "units":
        x *= 10.0 ** np.arange(-3, 3)
    return x, y


KINDS = ("n < p", "constant", "zero", "dependent", "units")


def objective(x, y, w, alpha, ratio):
    residual = y - y.mean() - (x - x.mean(axis=0)) @ w
    return residual @ residual / (2 * len(y)) + alpha * (ratio * np.abs(w).sum() + (1 - ratio) / 2 * w @ w)


def kkt(x, y, w, alpha, ratio, centre=True):
    """By how much the conditions of a minimum are missed."""
    if centre:
        x, y = x - x.mean(axis=0), y - y.mean()
    gradient = x.T @ (y - x @ w) / len(y) - alpha * (1 - ratio) * w
    missed = np.where(w != 0, np.abs(gradient - alpha * ratio * np.sign(w)), np.abs(gradient) - alpha * ratio)
    return max(missed.max(), 0.0)


def test_one_worked_by_hand() -> None:
    x = np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])  # X'X/n is the identity
    y = x @ [3.0, -0.5] + 7.0
    assert lasso(x, y, 1.0).tolist() == [2.0, 0.0]
    assert elastic_net(x, y, 2.0, 0.5).tolist() == [1.0, 0.0]  # (3 - 1) / (1 + 1)
    np.testing.assert_allclose(ridge(x, y, 4.0), [1.5, -0.25], rtol=1e-14)  # n = 4: halved
    assert intercept(x, y, lasso(x, y, 1.0)) == 7.0
    assert soft_threshold(np.array([-3.0, 1.0, 1.5]), 1.0).tolist() == [-2.0, 0.0, 0.5]


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("alpha", [0.01, 0.3, 2.0])
@pytest.mark.parametrize("shape", [(60, 8), (30, 25), (12, 40)])
def test_scikit_learn_agrees(shape, alpha, fit_intercept) -> None:
    x, y = made(*shape)
    options = {"fit_intercept": fit_intercept, "tol": 1e-13, "max_iter": 2_000_000}
    for ours, theirs in (
        (lasso(x, y, alpha, fit_intercept=fit_intercept), Lasso(alpha=alpha, **options)),
        (
            elastic_net(x, y, alpha, 0.4, fit_intercept=fit_intercept),
            ElasticNet(alpha=alpha, l1_ratio=0.4, **options),
        ),
        (ridge(x, y, alpha, fit_intercept=fit_intercept), Ridge(alpha=alpha, fit_intercept=fit_intercept)),
    ):
        theirs.fit(x, y)
        np.testing.assert_allclose(ours, theirs.coef_, rtol=0, atol=1e-6)
        if fit_intercept:
            assert intercept(x, y, ours) == pytest.approx(theirs.intercept_, abs=1e-6)


def test_the_path_is_scikit_learns() -> None:
    x, y = made(80, 15)
    alphas = np.geomspace(largest_alpha(x, y, fit_intercept=False), 1e-4, 60)
    ours = lasso_path(x, y, alphas[::-1])
    _, theirs, _ = sklearn_path(x, y, alphas=alphas, tol=1e-14, max_iter=1_000_000)
    assert ours.alphas.tolist() == alphas.tolist()
    np.testing.assert_allclose(ours.coefs, theirs, rtol=0, atol=1e-8)
    assert (ours.coefs[:, 0] == 0.0).all()
    assert (ours.gaps <= 1e-12 * y @ y / 80).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ratio", [1.0, 0.5, 0.05])
def test_adversarial_inputs_reach_a_minimum(kind, ratio) -> None:
    x, y = adversarial(kind)
    alphas = largest_alpha(x, y, ratio) * np.geomspace(1.2, 1e-4, 40)
    path = elastic_net_path(x, y, alphas, ratio, fit_intercept=True)
    scale = np.abs(x).max()
    for alpha, w in zip(path.alphas, path.coefs.T, strict=True):
        assert kkt(x, y, w, alpha, ratio) <= 1e-8 * max(scale, 1.0)
        cold = elastic_net(x, y, alpha, ratio)  # the same from nothing
        assert objective(x, y, cold, alpha, ratio) == pytest.approx(
            objective(x, y, w, alpha, ratio), rel=1e-9
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ratio", [1.0, 0.5])
def test_scikit_learn_does_no_better_on_adversarial_inputs(kind, ratio) -> None:
    x, y = adversarial(kind)
    alpha = 0.05 * largest_alpha(x, y, ratio)
    model = ElasticNet(alpha=alpha, l1_ratio=ratio, tol=1e-12, max_iter=1_000_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs = model.fit(x, y).coef_
    ours = elastic_net(x, y, alpha, ratio)
    assert objective(x, y, ours, alpha, ratio) <= objective(x, y, theirs, alpha, ratio) * (1 + 1e-12)
    if kind not in ("n < p", "dependent"):  # where the minimum is one point
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


def test_of_equal_columns_the_lasso_keeps_the_first_and_ridge_shares() -> None:
    x, y = made(50, 4)
    doubled = np.column_stack([x, x[:, 1]])
    alone, twice = lasso(x, y, 0.1), lasso(doubled, y, 0.1)
    assert twice[4] == 0.0
    np.testing.assert_allclose(twice[:4], alone, rtol=0, atol=1e-12)
    swapped = lasso(doubled[:, [0, 4, 2, 3, 1]], y, 0.1)
    assert swapped[4] == 0.0
    assert swapped[1] == pytest.approx(alone[1])
    shared = ridge(doubled, y, 1.0)
    assert shared[1] == pytest.approx(shared[4], abs=1e-12)
    assert shared[1] + shared[4] > ridge(x, y, 1.0)[1]  # two shrink less than one
    net = elastic_net(doubled, y, 0.1, 0.5)
    assert net[1] == pytest.approx(net[4], abs=1e-10)


def test_no_penalty_is_least_squares() -> None:
    x, y = made(30, 4)
    expected = np.linalg.lstsq(x - x.mean(axis=0), y - y.mean(), rcond=None)[0]
    for ours in (lasso(x, y, 0.0), ridge(x, y, 0.0), elastic_net(x, y, 0.0, 0.5)):
        np.testing.assert_allclose(ours, expected, rtol=1e-10)
    wide, target = made(5, 9)
    shortest = np.linalg.pinv(wide - wide.mean(axis=0)) @ (target - target.mean())
    np.testing.assert_allclose(ridge(wide, target, 0.0), shortest, atol=1e-10)


def test_an_elastic_net_without_l1_is_ridge() -> None:
    x, y = made(30, 4)
    np.testing.assert_allclose(elastic_net(x, y, 0.2, 0.0), ridge(x, y, 0.2 * 30), rtol=1e-12)


def test_ridges_path_is_ridge_at_each_penalty() -> None:
    x, y = made(30, 6)
    path = ridge_path(x, y, [0.1, 10.0, 1.0], fit_intercept=True)
    assert path.alphas.tolist() == [10.0, 1.0, 0.1]
    for alpha, w in zip(path.alphas, path.coefs.T, strict=True):
        np.testing.assert_allclose(w, Ridge(alpha=alpha).fit(x, y).coef_, rtol=1e-9)


def test_the_largest_alpha_is_where_the_first_weight_enters() -> None:
    x, y = made(40, 7)
    for ratio in (1.0, 0.3):
        most = largest_alpha(x, y, ratio)
        assert (elastic_net(x, y, most, ratio) == 0.0).all()
        assert (elastic_net(x, y, 0.999 * most, ratio) != 0.0).sum() == 1


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whole_numbers_full_of_ties_meet_the_conditions_of_a_minimum(data) -> None:
    n, p = data.draw(st.integers(2, 9)), data.draw(st.integers(1, 9))
    x = data.draw(arrays(float, (n, p), elements=st.integers(-2, 2).map(float)))
    y = data.draw(arrays(float, n, elements=st.integers(-3, 3).map(float)))
    ratio = data.draw(st.sampled_from([1.0, 0.5]))
    path = elastic_net_path(x, y, [1.0, 0.5, 0.25, 0.125, 0.0625, 1e-3], ratio)
    for alpha, w in zip(path.alphas, path.coefs.T, strict=True):
        assert kkt(x, y, w, alpha, ratio, centre=False) <= 1e-8


@pytest.mark.parametrize(
    ("x", "y", "alpha", "told"),
    [
        ([[1.0], [np.nan]], [1.0, 2.0], 1.0, r"Expected finite numbers, found nan at X\[1, 0\]\."),
        ([[1.0], [2.0]], [1.0, np.inf], 1.0, r"Expected finite numbers, found inf at y\[1\]\."),
        ([[1.0], [2.0]], [1.0], 1.0, r"Expected X of shape \(n, p\) and y of shape \(n,\)"),
        ([1.0, 2.0], [1.0, 2.0], 1.0, r"Expected X of shape"),
        (np.empty((0, 2)), np.empty(0), 1.0, r"not empty"),
        ([[1.0], [2.0]], [1.0, 2.0], -1.0, r"not below 0"),
        ([[1.0], [2.0]], [1.0, 2.0], np.nan, r"finite"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(x, y, alpha, told) -> None:
    for fit in (lasso, ridge):
        with pytest.raises(ValueError, match=told) as refused:
            fit(x, y, alpha)
        assert str(refused.value).count(". ") == 0
    if alpha == 1.0:
        with pytest.raises(ValueError, match=told):
            lasso_path(x, y, [alpha])


def test_an_l1_ratio_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="l1_ratio from 0 to 1, found 2"):
        elastic_net([[1.0], [2.0]], [1.0, 2.0], 1.0, 2.0)
