"""Where loss and penalty touch, against independent searches polished to machine precision."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from core.regularization.balls import Mixture, Penalty, Power, Quadratic, arc, outline, quadratic, size
from core.regularization.local_minima import constrained_minima, penalised_minima
from core.regularization.touching import constrained, kkt_residual, penalised, root

TIGHT = 1e-9

coordinates = st.floats(-3.0, 3.0).map(lambda x: round(x, 6))
bowls = st.builds(
    quadratic,
    st.tuples(coordinates, coordinates),
    rotation=st.floats(-90.0, 90.0),
    stretch=st.floats(1.0, 6.0),
)
convex = st.one_of(
    st.just(Mixture(1.0)),
    st.just(Mixture(0.0)),
    st.builds(Mixture, st.floats(0.0, 1.0)),
    st.builds(Power, st.floats(1.05, 4.0)),
)
hollow = st.builds(Power, st.floats(0.5, 0.97))


# --- the oracles ----------------------------------------------------------------------------------------


def radius(penalty: Penalty, budget: float, angle: np.ndarray) -> np.ndarray:
    """How far the ball reaches in a direction: from its definition, not from the engine's outline."""
    c, s = np.abs(np.cos(angle)), np.abs(np.sin(angle))
    if isinstance(penalty, Power):
        return budget / (c**penalty.p + s**penalty.p) ** (1 / penalty.p)
    a, b = (1 - penalty.ratio) / 2, penalty.ratio * (c + s)
    level = penalty.ratio * budget + a * budget**2
    return level / b if a == 0 else (-b + np.sqrt(b * b + 4 * a * level)) / (2 * a)


def on_rim(bowl: Quadratic, penalty: Penalty, budget: float) -> tuple[np.ndarray, float]:
    """The rim's best point: 4,000 directions, then the sign change of the loss's slope along the rim."""
    angles = np.linspace(0.0, 2 * math.pi, 4001)

    def loss(angle: np.ndarray) -> np.ndarray:
        r = radius(penalty, budget, angle)
        return bowl.loss(r * np.cos(angle), r * np.sin(angle))

    def along(angle: float) -> float:
        r = float(radius(penalty, budget, np.array(angle)))
        x, y = r * math.cos(angle), r * math.sin(angle)
        n1 = float(penalty.slope(abs(x))) * (1 if x > 0 else -1)
        n2 = float(penalty.slope(abs(y))) * (1 if y > 0 else -1)
        g1, g2 = bowl.gradient(x, y)
        return g2 * n1 - g1 * n2  # the rim runs at right angles to the penalty's slope

    k = int(loss(angles).argmin())
    low, high = angles[k] - 2e-3, angles[k] + 2e-3
    quarter = round(angles[k] / (math.pi / 2)) * math.pi / 2
    candidates = [quarter] if low < quarter < high else []
    for a, b in ((low, min(high, quarter - 1e-15)), (max(low, quarter + 1e-15), high)):
        if a < b and along(a) < 0 < along(b):
            candidates.append(float(brentq(along, a, b, xtol=1e-16, rtol=1e-15)))
    points = []
    for at in candidates:
        way = np.array([math.cos(at), math.sin(at)])
        points.append(
            budget * np.round(way) if at == quarter else radius(penalty, budget, np.array(at)) * way
        )
    best = min(points, key=lambda w: float(bowl.loss(*w)))
    return best, float(bowl.loss(*best))


def nested(bowl: Quadratic, penalty: Penalty, strength: float) -> tuple[float, float]:
    """The penalised minimum by one bracketing search within another on monotone slopes."""
    b1, b2 = bowl.linear

    def pull(w: float) -> float:
        return strength * float(penalty.slope(abs(w))) * np.sign(w) if w else 0.0

    def best(slope: Callable[[float], float], far: float = 1e4) -> float:
        return 0.0 if slope(-1e-300) * slope(1e-300) < 0 else brentq(slope, -far, far, xtol=1e-16, rtol=1e-15)

    def second(w1: float) -> float:
        return best(lambda w2: bowl.h12 * w1 + bowl.h22 * w2 - b2 + pull(w2), 1e6)

    w1 = best(lambda w1: bowl.h11 * w1 + bowl.h12 * second(w1) - b1 + pull(w1))
    return w1, second(w1)


# --- convex penalties -----------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(bowls, convex, st.floats(0.05, 3.0))
@example(quadratic((1.1, 1.9), 25.0, 2.0), Mixture(1.0), 1.0)
def test_constrained_is_the_rims_best_point(bowl: Quadratic, penalty: Penalty, budget: float) -> None:
    w1, w2, strength = constrained(bowl, penalty, budget)
    if size(penalty, bowl.c1, bowl.c2) <= budget:
        assert (w1, w2, strength) == (bowl.c1, bowl.c2, 0.0)
        return
    expected, loss = on_rim(bowl, penalty, budget)
    assert bowl.loss(w1, w2) <= loss + 1e-12
    assert np.hypot(*(expected - (w1, w2))) <= TIGHT
    assert size(penalty, w1, w2) == pytest.approx(budget, rel=1e-12)
    assert kkt_residual(bowl, penalty, strength, w1, w2) <= 1e-8 * max(1.0, strength)


@settings(max_examples=15, deadline=None)
@given(bowls, convex, st.floats(0.01, 8.0))
def test_penalised_is_the_nested_search(bowl: Quadratic, penalty: Penalty, strength: float) -> None:
    w1, w2 = penalised(bowl, penalty, strength)
    expected = nested(bowl, penalty, strength)
    assert math.hypot(w1 - expected[0], w2 - expected[1]) <= TIGHT
    assert kkt_residual(bowl, penalty, strength, w1, w2) <= 1e-8


@pytest.mark.parametrize("p", [1.05, 1.3, 1.5, 1.8, 2.0, 2.5, 3.0, 4.0])
@pytest.mark.parametrize("angle", range(-90, 91, 20))
def test_every_p_and_angle(p: float, angle: int) -> None:
    penalty = Mixture(0.0) if p == 2.0 else Power(p)
    for minimum in ((1.1, 1.9), (-2.0, 0.4), (2.5, 0.0)):
        bowl = quadratic(minimum, float(angle), 3.0)
        w1, w2, strength = constrained(bowl, penalty, 0.8)
        expected, _ = on_rim(bowl, penalty, 0.8)
        assert np.hypot(*(expected - (w1, w2))) <= TIGHT
        again = penalised(bowl, penalty, strength)
        assert math.hypot(again[0] - w1, again[1] - w2) <= TIGHT
        assert kkt_residual(bowl, penalty, strength, w1, w2) <= 1e-8


@settings(max_examples=40, deadline=None)
@given(bowls, st.floats(0.05, 1.0), st.floats(0.05, 2.0))
def test_zeros_are_zeros(bowl: Quadratic, ratio: float, budget: float) -> None:
    """Whatever rounding does: a weight that the kink holds is 0.0, and no other is small by rounding."""
    penalty = Mixture(ratio)
    w1, w2, strength = constrained(bowl, penalty, budget)
    for w, g in zip((w1, w2), bowl.gradient(w1, w2), strict=True):
        if strength and abs(g) < strength * ratio * (1 - 1e-9):
            assert w == 0.0
        elif strength and abs(g) > strength * ratio * (1 + 1e-9):
            assert w != 0.0


def test_budget_and_lambda_follow_one_another_the_whole_way() -> None:
    bowl = quadratic((1.1, 1.9), 25.0, 2.0)
    for penalty in (Mixture(1.0), Mixture(0.4), Mixture(0.0), Power(1.3), Power(4.0)):
        budgets = []
        for strength in np.geomspace(1e-3, 5.0, 25).tolist():
            w1, w2 = penalised(bowl, penalty, strength)
            budget = size(penalty, w1, w2)
            budgets.append(budget)
            if budget:
                assert constrained(bowl, penalty, budget)[2] == pytest.approx(strength, rel=1e-7)
        assert np.all(np.diff(budgets) <= 0)


def test_scikit_learn_finds_the_same_weights() -> None:
    from sklearn.linear_model import ElasticNet

    for ratio in (1.0, 0.6, 0.2):
        for rotation in (-60.0, 10.0, 45.0):
            bowl = quadratic((1.4, -0.8), rotation, 3.0)
            hessian = np.array([[bowl.h11, bowl.h12], [bowl.h12, bowl.h22]])
            x = math.sqrt(2) * np.linalg.cholesky(hessian).T  # X'X / n = H
            y = x @ (bowl.c1, bowl.c2)
            model = ElasticNet(alpha=0.7, l1_ratio=ratio, fit_intercept=False, tol=1e-12, max_iter=10**5)
            assert np.allclose(model.fit(x, y).coef_, penalised(bowl, Mixture(ratio), 0.7), atol=1e-6)


def test_one_by_hand() -> None:
    """f = (w1 - 2)^2 + (w2 - 1)^2 / 4, L1 with lambda = 1: w1 = 2 - 1/2, and |f'| = 1/2 < 1 holds w2."""
    bowl = quadratic((2.0, 1.0), rotation=90.0, stretch=2.0)
    assert penalised(bowl, Mixture(1.0), 1.0) == pytest.approx((1.5, 0.0))
    assert penalised(bowl, Mixture(1.0), 1.0)[1] == 0.0


def test_a_power_below_one_is_not_convex() -> None:
    with pytest.raises(ValueError, match="power above 1"):
        penalised(quadratic((1.0, 1.0), 0.0, 1.0), Power(0.5), 1.0)


def test_root_survives_a_slope_that_lies() -> None:
    assert root(lambda x: (x**3 - 2, 1e-9), 0.0, 10.0) == pytest.approx(2 ** (1 / 3), rel=1e-15)
    assert root(lambda x: (math.atan(50 * (x - 3)), 0.0), -1e3, 1e3) == pytest.approx(3.0, rel=1e-14)


# --- p < 1 ----------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(bowls, hollow, st.floats(0.1, 2.5))
def test_below_one_the_lowest_is_the_rims_best_point(bowl: Quadratic, penalty: Power, budget: float) -> None:
    found = constrained_minima(bowl, penalty.p, budget)
    best = found[0]
    if size(penalty, bowl.c1, bowl.c2) <= budget:
        assert (best.w1, best.w2) == (bowl.c1, bowl.c2)
        return
    expected, loss = on_rim(bowl, penalty, budget)
    assert best.value <= loss + 1e-12
    if len(found) == 1 or found[1].value - best.value > 1e-6:  # else which is the lower is the search's luck
        assert np.hypot(*(expected - (best.w1, best.w2))) <= TIGHT
    for each in found:
        if each.strength:  # a cusp along which the loss is flat has no multiplier
            off = kkt_residual(bowl, penalty, each.strength, each.w1, each.w2)
            assert off <= 1e-8 * max(1.0, each.strength)


@pytest.mark.parametrize("p", [0.5, 0.65, 0.8, 0.95])
@pytest.mark.parametrize("angle", range(-80, 91, 34))
@pytest.mark.parametrize("strength", [0.05, 0.3, 1.0])
def test_below_one_every_local_minimum_is_listed(p: float, angle: int, strength: float) -> None:
    """None on a fine grid is missing, none is lower, and each is lower than all about it."""
    bowl = quadratic((1.3, -1.7), float(angle), 2.0)
    found = penalised_minima(bowl, p, strength)
    axis = np.linspace(-3.5, 3.5, 561)
    x, y = np.meshgrid(axis, axis)

    def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return bowl.loss(x, y) + strength * (np.abs(x) ** p + np.abs(y) ** p) / p

    heights = height(x, y)
    assert found[0].value <= heights.min() + 1e-12
    middle = heights[1:-1, 1:-1]
    lowest = np.ones_like(middle, bool)
    for i in (0, 1, 2):
        for j in (0, 1, 2):
            if (i, j) != (1, 1):
                lowest &= middle < heights[i : i + 559, j : j + 559]
    for a, b in zip(x[1:-1, 1:-1][lowest], y[1:-1, 1:-1][lowest], strict=True):
        assert min(math.hypot(a - m.w1, b - m.w2) for m in found) < 0.15
    turn = np.linspace(0, 2 * math.pi, 61)
    for each in found:
        assert each.value == pytest.approx(float(height(np.array(each.w1), np.array(each.w2))))
        steps = [1e-4, 1e-4]  # at zero no farther than where the penalty is still steeper than the loss
        for i, (w, g) in enumerate(zip(each[:2], bowl.gradient(each.w1, each.w2), strict=True)):
            if w == 0 and g:
                steps[i] = min(1e-4, 0.1 * (strength / abs(g)) ** (1 / (1 - p)))
        if min(steps) > 1e-6:
            ring = height(each.w1 + steps[0] * np.cos(turn), each.w2 + steps[1] * np.sin(turn))
            assert ring.min() > each.value - 1e-15
        assert kkt_residual(bowl, Power(p), strength, each.w1, each.w2) <= 1e-8


def test_without_a_penalty_there_is_one_minimum() -> None:
    assert [m[:3] for m in penalised_minima(quadratic((1.0, 2.0), 0.0, 2.0), 0.5, 0.0)] == [(1.0, 2.0, 0.0)]


# --- balls ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "penalty", [Mixture(1.0), Mixture(0.3), Mixture(0.0), Power(0.5), Power(3.0)], ids=str
)
def test_outline_and_arc_lie_on_the_rim(penalty: Penalty) -> None:
    rim = outline(penalty, 1.3)
    assert {(1.3, 0.0), (-1.3, 0.0)} <= {(round(x, 12), round(y, 12)) for x, y in rim.tolist()}
    spent = penalty.phi(np.abs(rim[:, 0])) + penalty.phi(np.abs(rim[:, 1]))
    assert np.allclose(spent, penalty.phi(1.3), rtol=1e-12)
    assert np.all(np.diff(np.unwrap(np.arctan2(rim[:, 1], rim[:, 0]))) > 0)
    x, y = arc(penalty, 1.3, np.linspace(0, 1, 9))
    assert np.allclose(penalty.phi(x) + penalty.phi(y), penalty.phi(1.3))


def test_the_families_meet() -> None:
    u = np.linspace(0.1, 3, 7)
    for power, mixture in ((1.0, 1.0), (2.0, 0.0)):
        assert np.allclose(Power(power).phi(u), Mixture(mixture).phi(u))
        assert np.allclose(Power(power).slope(u), Mixture(mixture).slope(u))
        assert np.allclose(Power(power).inverse(u), Mixture(mixture).inverse(u))
    assert (Power(1.0).kink, Power(0.5).kink, Power(1.5).kink) == (1.0, math.inf, 0.0)


def test_stretch_is_how_many_times_as_long_as_wide() -> None:
    bowl = quadratic((0.0, 0.0), 30.0, 4.0)
    values, vectors = np.linalg.eigh([[bowl.h11, bowl.h12], [bowl.h12, bowl.h22]])
    assert values == pytest.approx([0.25, 4.0])
    long = vectors[:, 0]
    assert math.degrees(math.atan2(long[1], long[0])) % 180 == pytest.approx(30.0)
    assert bowl.solve(*bowl.gradient(0.3, -0.2)) == pytest.approx((0.3, -0.2))
