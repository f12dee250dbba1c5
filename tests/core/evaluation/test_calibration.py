import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.calibration import calibration_curve

from core.evaluation.calibration import (
    expected_calibration_error,
    luck,
    poisson_binomial,
    reliability,
    rms_calibration_error,
    wald_interval,
    wilson_interval,
)


@given(n=st.integers(1, 5000), share=st.floats(0, 1), level=st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_is_scipys(n: int, share: float, level: float) -> None:
    successes = round(share * n)
    low, high = wilson_interval(successes, n, level)
    theirs = stats.binomtest(successes, n).proportion_ci(level, method="wilson")
    assert low == pytest.approx(theirs.low, abs=1e-12)
    assert high == pytest.approx(theirs.high, abs=1e-12)
    assert 0 <= low <= successes / n <= high <= 1


def test_wilson_solves_its_own_quadratic() -> None:
    z = stats.norm.ppf(0.975)
    for p in wilson_interval(7, 20):
        assert abs(7 / 20 - p) == pytest.approx(z * math.sqrt(p * (1 - p) / 20), abs=1e-14)


def test_wilson_is_never_sure() -> None:
    assert wilson_interval(0, 10).low == 0.0
    assert wilson_interval(0, 10).high > 0.25
    assert wilson_interval(10, 10).high == 1.0
    assert wilson_interval(10, 10).low < 0.75


def test_wald_by_hand() -> None:
    # 0.5 ± 1.959964 * sqrt(0.25 / 100)
    assert wald_interval(50, 100) == pytest.approx((0.4020018, 0.5979982), abs=1e-7)
    assert wald_interval(0, 10) == (0.0, 0.0)
    assert wald_interval(1, 10).low < 0


@pytest.mark.parametrize("interval", [wilson_interval, wald_interval])
@pytest.mark.parametrize("arguments", [(1, 0), (-1, 3), (4, 3), (1, 3, 0.0), (1, 3, 1.0), (1, 3, math.nan)])
def test_intervals_refuse(interval, arguments) -> None:
    with pytest.raises(ValueError, match="expected"):
        interval(*arguments)


answers = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(0, 1), min_size=n, max_size=n),
        st.lists(st.booleans(), min_size=n, max_size=n),
    )
)


@given(answers, st.integers(1, 30))
def test_equal_width_is_scikit_learns(given_answers, bins) -> None:
    confidence, correct = given_answers
    table = reliability(confidence, correct, bins)
    # theirs takes a confidence on an inner edge into the bin below; ours into the one above
    edges = np.arange(1, bins) / bins
    if np.isin(confidence, edges).any():
        return
    share, mean = calibration_curve(np.array(correct, int), confidence, n_bins=bins, pos_label=1)
    np.testing.assert_allclose(table.accuracy, share, atol=1e-12)
    np.testing.assert_allclose(table.confidence, mean, atol=1e-12)


@given(answers, st.integers(1, 30), st.sampled_from(["equal_width", "equal_count"]))
def test_no_answer_is_lost(given_answers, bins, binning) -> None:
    confidence, correct = given_answers
    table = reliability(confidence, correct, bins, binning)
    assert table.count.sum() == len(confidence)
    assert table.right.sum() == sum(correct)
    assert (table.low <= table.confidence + 1e-12).all()
    assert (table.confidence <= table.high + 1e-12).all()
    # Jensen: a mean of gaps is at most their root mean square, and the gap of all together is at most both
    expected, rms = table.expected_error, table.rms_error
    assert abs(np.mean(confidence) - np.mean(correct)) <= expected + 1e-12 <= rms + 2e-12


@given(answers, st.integers(1, 30), st.randoms())
def test_errors_do_not_depend_on_the_order(given_answers, bins, random) -> None:
    pairs = list(zip(*given_answers, strict=True))
    random.shuffle(pairs)
    shuffled = list(zip(*pairs, strict=True))
    for binning in ("equal_width", "equal_count"):
        one = rms_calibration_error(*given_answers, bins, binning)
        assert rms_calibration_error(*shuffled, bins, binning) == pytest.approx(one, abs=1e-12)


def test_equal_count_cuts_evenly() -> None:
    table = reliability(np.linspace(0, 1, 23), np.arange(23) % 2, 5, "equal_count")
    assert sorted(table.count) == [4, 4, 5, 5, 5]
    assert reliability([0.5] * 9 + [0.6], [1] * 10, 5, "equal_count").count.tolist() == [9, 1]


def test_the_last_bin_counts() -> None:
    """The published code for equal counts leaves out its last bin; here all of the error is in it."""
    confidence = [0.1] * 10 + [0.9] * 10
    correct = [1] + [0] * 9 + [0] * 10
    assert rms_calibration_error(confidence, correct, 2, "equal_count") == pytest.approx(
        math.sqrt(0.9**2 / 2)
    )
    assert expected_calibration_error(confidence, correct, 2, "equal_count") == pytest.approx(0.45)
    assert rms_calibration_error([1.0], [0], 10) == 1.0


def test_edges_belong_to_the_bin_above() -> None:
    said = np.arange(101) / 100
    assert reliability(said, said > 2 / 3, 100).count.tolist() == [1] * 99 + [2]


@pytest.mark.parametrize("bins", [0, -1, 1001])
def test_bins_are_bounded(bins) -> None:
    with pytest.raises(ValueError, match="bins: expected 1 to 1000"):
        reliability([0.5], [1], bins)


@pytest.mark.parametrize(
    ("confidence", "correct"),
    [
        ([], []),
        ([0.5], [1, 0]),
        ([math.nan], [1]),
        ([1.2], [1]),
        ([-0.1], [0]),
        ([0.5], [2]),
        ([[0.5]], [[1]]),
    ],
)
def test_answers_are_checked(confidence, correct) -> None:
    with pytest.raises(ValueError, match="expected"):
        reliability(confidence, correct)


# --- luck -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 7, 200, 1000])
def test_poisson_binomial_is_scipys(n) -> None:
    p = np.random.default_rng(n).random(n)
    theirs = stats.poisson_binom(p).pmf(np.arange(n + 1))
    np.testing.assert_allclose(poisson_binomial(p), theirs, atol=1e-13)


def test_poisson_binomial_of_equal_chances_is_binomial() -> None:
    theirs = stats.binom(500, 0.3).pmf(np.arange(501))
    np.testing.assert_allclose(poisson_binomial([0.3] * 500), theirs, atol=1e-13)
    assert poisson_binomial([]).tolist() == [1.0]


def test_luck_of_twenty_questions() -> None:
    """Twenty questions in ten bins at confidences of 30% to 100%: mean error 0.19, RMS 0.24 by luck alone."""
    rng = np.random.default_rng(7)
    expected, rms, exact = [], [], []
    for _ in range(3000):
        said = rng.uniform(0.3, 1.0, 20)
        table = reliability(said, rng.random(20) < said)
        expected.append(table.expected_error)
        rms.append(table.rms_error)
        if len(exact) < 300:
            exact.append(luck(said, draws=1).mean_expected_error)
    assert np.mean(expected) == pytest.approx(0.19, abs=0.006)
    assert np.mean(rms) == pytest.approx(0.24, abs=0.006)
    assert np.mean(exact) == pytest.approx(np.mean(expected), abs=0.004)


@pytest.mark.parametrize("binning", ["equal_width", "equal_count"])
def test_band_is_what_simulated_people_show(binning) -> None:
    rng = np.random.default_rng(3)
    said = np.round(rng.uniform(0.25, 1.0, 40), 2)
    band = luck(said, 8, binning, level=0.9)
    people = [reliability(said, rng.random(40) < said, 8, binning) for _ in range(3000)]
    for name in ("expected_error", "rms_error"):
        errors = np.array([getattr(person, name) for person in people])
        low, high = getattr(band, name)
        assert np.mean((errors >= low) & (errors <= high)) == pytest.approx(0.9, abs=0.03)
    squared = np.mean([person.rms_error**2 for person in people])
    assert band.root_mean_square_error == pytest.approx(math.sqrt(squared), rel=0.03)
    assert len(band.bins) == len(people[0].count)


def test_luck_is_reproducible_and_shrinks() -> None:
    said = np.linspace(0.3, 0.99, 20)
    assert luck(said, seed=5).rms_error == luck(said, seed=5).rms_error
    assert luck(said, seed=5).rms_error != luck(said, seed=6).rms_error
    assert luck(np.repeat(said, 100)).rms_error.high < luck(said).rms_error.high / 5


def test_luck_of_the_sure_is_none() -> None:
    band = luck([1.0, 1.0, 0.0])
    assert band.rms_error == (0.0, 0.0)
    assert band.accuracy == (2 / 3, 2 / 3)
