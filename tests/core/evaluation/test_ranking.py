import doctest
import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from core.evaluation import order, ranking
from core.evaluation.auc_intervals import Resampler
from core.evaluation.order import rank
from core.evaluation.ranking import (
    auc_by_pairs,
    average_precision,
    average_precision_of,
    bootstrap_interval,
    delong_interval,
    delong_test,
    delong_variance,
    mann_whitney_u,
    pair_tally,
    precision_recall_curve,
    roc_auc,
    roc_curve,
)

Array = np.ndarray

anything = st.lists(
    st.tuples(
        st.booleans(), st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, 1.0, -0.0])
    ),
    max_size=40,
)
"""Cases of any sort: no case, one class, ties, both zeros, the smallest and the largest floats."""


def split(cases: list[tuple[bool, float]]) -> tuple[Array, Array]:
    return np.array([c[0] for c in cases], bool), np.array([c[1] for c in cases], float)


def adversarial() -> Iterator[tuple[str, Array, Array]]:
    rng = np.random.default_rng(7)
    y = rng.random(200) < 0.3
    yield "random", y, rng.normal(size=200) + y
    yield "ties", y, np.round(rng.normal(size=200) + y)
    yield "constant", y, np.full(200, 0.5)
    yield "perfect", y, y.astype(float)
    yield "reversed", y, -y.astype(float)
    yield "rare", np.arange(200) == 11, rng.random(200)
    yield "neighbours", y, 1 + np.where(y, 1, 0) * np.finfo(float).eps
    yield "huge range", y, rng.choice([-1, 1], 200) * 10.0 ** rng.integers(-308, 308, 200)
    yield "signed zeros", y, np.where(rng.random(200) < 0.5, 0.0, -0.0)
    yield "only positives", np.ones(9, bool), rng.random(9)
    yield "only negatives", np.zeros(9, bool), rng.random(9)
    yield "one case", np.ones(1, bool), np.zeros(1)


CASES = [pytest.param(y, s, id=name) for name, y, s in adversarial()]


@pytest.mark.parametrize("module", [ranking, order], ids=lambda m: m.__name__)
def test_the_examples_in_the_documentation(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("kind", [bool, int, float])
@pytest.mark.parametrize(("y", "scores"), CASES)
def test_curves_and_areas_are_scikit_learns(y: Array, scores: Array, kind: type) -> None:
    labels = y.astype(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of one class only
        for drop in (True, False):
            theirs = metrics.roc_curve(labels, scores, drop_intermediate=drop, pos_label=1)
            for mine, other in zip(roc_curve(labels, scores, drop_intermediate=drop), theirs, strict=True):
                np.testing.assert_allclose(mine, other, rtol=0, atol=1e-12)
        theirs = metrics.precision_recall_curve(labels, scores, pos_label=1)
        for mine, other in zip(precision_recall_curve(labels, scores), theirs, strict=True):
            np.testing.assert_allclose(mine, other, rtol=0, atol=1e-12)
        ap = metrics.average_precision_score(labels, scores)
        assert average_precision(labels, scores) == pytest.approx(ap, abs=1e-12)
        auc = metrics.roc_auc_score(labels, scores) if 0 < y.sum() < len(y) else math.nan
    assert roc_auc(labels, scores) == pytest.approx(auc, abs=1e-12, nan_ok=True)


@given(anything)
def test_the_three_aucs_are_one_number(cases: list[tuple[bool, float]]) -> None:
    y, scores = split(cases)
    area, pairs = roc_auc(y, scores), int(y.sum()) * int((~y).sum())
    if not pairs:
        assert math.isnan(area)
        assert math.isnan(auc_by_pairs(y, scores))
        return
    assert area == auc_by_pairs(y, scores) == mann_whitney_u(y, scores) / pairs
    wins = sum(int(a > b) for a in scores[y] for b in scores[~y])
    ties = sum(int(a == b) for a in scores[y] for b in scores[~y])
    assert pair_tally(y, scores) == (wins, ties, pairs - wins - ties)
    assert area == (2 * wins + ties) / (2 * pairs)


@given(anything)
def test_ranking_counts_what_each_threshold_calls_positive(cases: list[tuple[bool, float]]) -> None:
    y, scores = split(cases)
    ranked = rank(y, scores)
    assert np.array_equal(ranked.thresholds, np.unique(scores)[::-1])
    for threshold, tp, fp in zip(ranked.thresholds, ranked.tps, ranked.fps, strict=True):
        called = scores >= threshold
        assert (tp, fp) == (int((called & y).sum()), int((called & ~y).sum()))
        assert ranked.called(threshold) == (tp, fp)
    assert ranked.called(math.inf) == (0, 0)
    assert ranked.called(-math.inf) == (int(y.sum()), int((~y).sum()))


def test_auc_of_a_thousandfold_more_cases_is_the_same_number() -> None:
    """Counts beyond 2^32 pairs are exact."""
    y, scores = np.tile([True, False, True], 60_000), np.tile([0.3, 0.3, 0.1], 60_000)
    assert roc_auc(y, scores) == auc_by_pairs(y, scores) == 0.25


def test_mann_whitney_u_is_scipys() -> None:
    rng = np.random.default_rng(3)
    y = rng.random(80) < 0.4
    scores = np.round(rng.normal(size=80) + y, 1)
    assert mann_whitney_u(y, scores) == stats.mannwhitneyu(scores[y], scores[~y]).statistic


def test_average_precision_at_its_own_prevalence_is_itself() -> None:
    rng = np.random.default_rng(5)
    y = rng.random(300) < 0.2
    ranked = rank(y, np.round(rng.normal(size=300) + y, 1))
    assert average_precision_of(ranked, y.mean()) == pytest.approx(average_precision_of(ranked), abs=1e-12)
    assert average_precision_of(ranked, 0.02) < average_precision_of(ranked)


@pytest.mark.parametrize(
    ("y", "scores", "said"),
    [
        ([0, 1], [0.1, math.nan], "scores: expected finite numbers, found nan at position 1."),
        ([0, 1], [math.inf, 0.1], "scores: expected finite numbers, found inf at position 0."),
        ([0, 1], [0.1], r"scores: expected shape \(2,\) as y_true, found \(1,\)."),
        ([0, 1], ["a", "b"], "scores: expected numbers, found something else."),
        ([0, 1, 2], [1, 2, 3], "y_true: expected two labels"),
        ([2, 3], [1, 2], "y_true: expected 0 or -1 and 1 where no pos_label is told"),
        ([0.0, math.nan], [1, 2], "y_true: expected labels, found NaN."),
        ([[0]], [1], "y_true: expected labels of shape"),
    ],
)
@pytest.mark.parametrize("measure", [roc_auc, auc_by_pairs, mann_whitney_u, average_precision, roc_curve])
def test_bad_input_is_refused_in_a_sentence(measure: Any, y: Any, scores: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        measure(y, scores)


def test_any_two_labels_with_the_positive_told() -> None:
    assert roc_auc(["ham", "spam", "ham"], [1, 2, 3], pos_label="spam") == 0.5
    assert roc_auc([-1, 1, -1], [1, 2, 3]) == 0.5
    assert roc_auc([1, 2, 1], [1, 2, 3], pos_label=2) == 0.5


# --- intervals -----------------------------------------------------------------------------------


def delong_by_hand(y: Array, scores: Array) -> tuple[float, float]:
    """The definition, pair by pair (DeLong, DeLong & Clarke-Pearson 1988, equations 1 to 5)."""
    ours, theirs = scores[y], scores[~y]
    psi = [[1.0 if a > b else 0.5 if a == b else 0.0 for b in theirs] for a in ours]
    v10 = [sum(row) / len(theirs) for row in psi]
    v01 = [sum(row[j] for row in psi) / len(ours) for j in range(len(theirs))]
    auc = sum(v10) / len(ours)
    s10 = sum((v - auc) ** 2 for v in v10) / (len(ours) - 1)
    s01 = sum((v - auc) ** 2 for v in v01) / (len(theirs) - 1)
    return auc, s10 / len(ours) + s01 / len(theirs)


@pytest.mark.parametrize(("y", "scores"), CASES)
def test_delong_is_its_definition(y: Array, scores: Array) -> None:
    if y.sum() < 2 or (~y).sum() < 2:
        with pytest.raises(ValueError, match="two cases of each class"):
            delong_variance(y, scores)
        return
    auc, variance = delong_variance(y, scores)
    expected = delong_by_hand(y, scores)
    assert (auc, variance) == (pytest.approx(expected[0], abs=1e-12), pytest.approx(expected[1], abs=1e-12))
    assert auc == pytest.approx(roc_auc(y, scores), abs=1e-12)
    z, half = stats.norm.ppf(0.975), math.sqrt(expected[1])
    low, high = delong_interval(y, scores, 0.95)
    assert low == pytest.approx(max(0, auc - z * half), abs=1e-12)
    assert high == pytest.approx(min(1, auc + z * half), abs=1e-12)


def test_delong_is_the_published_formula_of_hanley_and_mcneil() -> None:
    """Their 1982 variance, [A(1-A) + (P-1)(Q1-A²) + (N-1)(Q2-A²)] / PN, Q1 and Q2 the shares of triples
    ranked right, counts the same triples; DeLong's differs from it by its P-1 and N-1 alone."""
    rng = np.random.default_rng(11)
    y = np.arange(400) < 150
    scores = rng.normal(size=400) + y
    ours, theirs = scores[y], scores[~y]
    p, n = len(ours), len(theirs)
    win = (ours[:, None] > theirs).astype(float)
    a, q1, q2 = win.mean(), np.mean(win.mean(0) ** 2), np.mean(win.mean(1) ** 2)
    hanley = (a * (1 - a) + (p - 1) * (q1 - a**2) + (n - 1) * (q2 - a**2)) / (p * n)
    _, variance = delong_variance(y, scores)
    assert variance == pytest.approx((q2 - a**2) / (p - 1) + (q1 - a**2) / (n - 1), abs=1e-12)
    assert variance == pytest.approx(hanley, rel=0.02)


def test_delong_test_takes_the_pairing_into_account() -> None:
    rng = np.random.default_rng(2)
    y = rng.random(120) < 0.5
    first = np.round(rng.normal(size=120) + 1.2 * y, 1)
    second = first + 0.3 * rng.normal(size=120)
    found = delong_test(y, first, second)
    assert found.difference == pytest.approx(roc_auc(y, first) - roc_auc(y, second), abs=1e-12)
    apart = delong_variance(y, first)[1] + delong_variance(y, second)[1]
    assert found.standard_error**2 < apart  # the same cases: what moves one moves the other
    low, high = found.interval(0.9)
    assert (low + high) / 2 == pytest.approx(found.difference, abs=1e-12)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(found.z)), abs=1e-12)
    same = delong_test(y, first, first)
    assert same.difference == same.standard_error == 0.0
    assert math.isnan(same.z)


STATISTICS: dict[Any, Any] = {
    "auc": metrics.roc_auc_score,
    "average_precision": metrics.average_precision_score,
}


def test_resamples_are_measured_as_scikit_learn_measures_them() -> None:
    rng = np.random.default_rng(4)
    y = rng.random(60) < 0.4
    scores = np.round(rng.normal(size=(2, 60)) + y, 1)
    ours, theirs = Resampler(y, scores, seed=9)._indices(12)
    assert (ours.shape, theirs.shape) == ((12, y.sum()), (12, (~y).sum()))
    for statistic, measure in STATISTICS.items():
        (made,) = Resampler(y, scores, seed=9).draw(12, statistic)
        for row in range(12):
            took = np.concatenate([np.flatnonzero(y)[ours[row]], np.flatnonzero(~y)[theirs[row]]])
            for k in (0, 1):
                assert made[row, k] == pytest.approx(measure(y[took], scores[k][took]), abs=1e-12)


def test_the_bootstrap_interval_is_about_delongs_where_that_holds() -> None:
    rng = np.random.default_rng(6)
    y = np.arange(400) < 160
    scores = rng.normal(size=400) + y
    np.testing.assert_allclose(bootstrap_interval(y, scores), delong_interval(y, scores), atol=0.008)
    assert bootstrap_interval(y, scores, seed=3) == bootstrap_interval(y, scores, seed=3)
    assert bootstrap_interval(y, scores, seed=3) != bootstrap_interval(y, scores, seed=4)
    low, high = bootstrap_interval(y, scores, statistic="average_precision")
    assert low < average_precision(y, scores) < high


@settings(max_examples=20)
@given(anything)
def test_each_resample_is_a_sample(cases: list[tuple[bool, float]]) -> None:
    y, scores = split(cases)
    if y.all() or not y.any():
        with pytest.raises(ValueError, match="one class only"):
            bootstrap_interval(y, scores)
        return
    low, high = bootstrap_interval(y, scores, replicates=50)
    assert 0 <= low <= high <= 1


@pytest.mark.parametrize("confidence", [0.0, 1.0, 1.5, -1.0])
def test_a_confidence_lies_between_0_and_1(confidence: float) -> None:
    for interval in (delong_interval, bootstrap_interval):
        with pytest.raises(ValueError, match="confidence: expected a number between 0 and 1"):
            interval([0, 0, 1, 1], [1, 2, 3, 4], confidence)
