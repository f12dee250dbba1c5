import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.spatial import ConvexHull

from core.evaluation.order import rank
from core.evaluation.roc_geometry import (
    achievable_area,
    achievable_curve,
    cheapest,
    convex_hull,
    expected_cost,
    iso_cost_slope,
    precision_at,
    thinned,
)

Array = np.ndarray
steps = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40)


def corners(moves: list[tuple[int, int]]) -> tuple[Array, Array]:
    path = np.cumsum([(0, 0), *moves], axis=0)
    return path[:, 0], path[:, 1]


def many(count: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    y = rng.random(count) < 0.3
    ranked = rank(y, rng.normal(size=count) + y)
    return np.concatenate([[0], ranked.fps]), np.concatenate([[0], ranked.tps])


@given(steps)
def test_the_hull_is_the_least_concave_curve_above(moves: list[tuple[int, int]]) -> None:
    x, y = corners(moves)
    hull = convex_hull(x, y)
    assert hull[0] == 0
    assert (x[hull[-1]], y[hull[-1]]) == (x[-1], y[-1])
    a, b = np.diff(x[hull]), np.diff(y[hull])
    assert (a[:-1] * b[1:] - b[:-1] * a[1:] < 0).all()  # it turns right at each corner
    for i, j in pairwise(hull):  # no point lies above one of its lines
        assert ((x[j] - x[i]) * (y - y[i]) - (y[j] - y[i]) * (x - x[i]) <= 0).all()


def test_the_hull_of_many_points_is_scipys() -> None:
    x, y = many(60_000)
    hull = convex_hull(x, y)
    points = np.column_stack([x, y]).astype(float)
    found = ConvexHull(np.vstack([points, [[x[-1], 0.0]]])).vertices
    assert set(hull.tolist()) == {int(v) for v in found if v < len(x)}


def test_the_cheapest_threshold_is_where_an_iso_cost_line_touches_the_hull() -> None:
    x, y = many(2_000)
    fpr, tpr = x / x[-1], y / y[-1]
    for prevalence, cost_fp, cost_fn in ((0.3, 1, 1), (0.05, 1, 10), (0.5, 3, 1)):
        found = cheapest(fpr, tpr, prevalence, cost_fp, cost_fn)
        assert found.cost == pytest.approx(
            min(expected_cost(fpr, tpr, prevalence, cost_fp, cost_fn)), abs=1e-15
        )
        slope = iso_cost_slope(prevalence, cost_fp, cost_fn)
        assert slope == pytest.approx((1 - prevalence) * cost_fp / (prevalence * cost_fn), rel=1e-12)
        line = tpr[found.at] + slope * (fpr - fpr[found.at])
        assert (tpr <= line + 1e-12).all()
        assert found.at in convex_hull(x, y)
    assert iso_cost_slope(0.5, 1, 0) == math.inf


def test_precision_follows_bayes_rule() -> None:
    """One in a hundred is sick; the test finds 90% of them and alarms 5% of the healthy."""
    assert precision_at(0.05, 0.9, 0.01) == pytest.approx(0.009 / (0.009 + 0.0495), abs=1e-15)
    assert precision_at(0.0, 0.0, 0.01) == 1.0
    tp, fp = np.array([3, 5]), np.array([1, 4])
    np.testing.assert_allclose(precision_at(fp / 20, tp / 10, 10 / 30), tp / (tp + fp), atol=1e-15)


@given(steps, st.floats(0.01, 0.99))
def test_the_area_between_points_is_its_integral(moves: list[tuple[int, int]], prevalence: float) -> None:
    x, y = corners(moves)
    if not x[-1] or not y[-1]:
        return
    fpr, tpr = x / x[-1], y / y[-1]
    total = 0.0
    for i in range(len(x) - 1):
        if y[i + 1] > y[i]:

            def at(share: float, i: int = i) -> float:
                u = fpr[i] + share * (fpr[i + 1] - fpr[i])
                v = tpr[i] + share * (tpr[i + 1] - tpr[i])
                return precision_at(u, v, prevalence) * (tpr[i + 1] - tpr[i])

            total += quad(at, 0, 1, epsabs=1e-11)[0]
    assert achievable_area(fpr, tpr, prevalence) == pytest.approx(total, abs=1e-9)


def test_a_straight_line_between_points_promises_too_much() -> None:
    """Davis & Goadrich's example: from (tp 5, fp 5) to (tp 10, fp 30) of 20 positives and 2,000 negatives."""
    fpr, tpr, prevalence = np.array([5, 30]) / 2000, np.array([5, 10]) / 20, 20 / 2020
    recall, precision = achievable_curve(fpr, tpr, prevalence, per_segment=5)
    np.testing.assert_allclose(recall, [0.25, 0.3, 0.35, 0.4, 0.45, 0.5], atol=1e-12)
    np.testing.assert_allclose(precision, [5 / 10, 6 / 16, 7 / 22, 8 / 28, 9 / 34, 10 / 40], atol=1e-12)
    straight = np.interp(recall, recall[[0, -1]], precision[[0, -1]])
    assert (straight[1:-1] > precision[1:-1]).all()


def test_thinned_leaves_out_what_nobody_could_see() -> None:
    x, y = many(100_000)
    kept = thinned(x, y, cells=512)
    assert len(kept) <= 4 * 512 + 2
    assert (kept[0], kept[-1]) == (0, len(x) - 1)
    assert set(kept) <= set(range(len(x)))
    across = np.abs(np.interp(np.arange(len(x)), kept, x[kept]) - x) / x[-1]
    up = np.abs(np.interp(np.arange(len(x)), kept, y[kept]) - y) / y[-1]
    assert max(across.max(), up.max()) <= 1 / 512
    assert len(thinned(x[:100], y[:100], cells=512)) == 100
