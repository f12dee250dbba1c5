import doctest
import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from core.evaluation import confusion
from core.evaluation.confusion import Counts, Rate, confusion_matrix, precision_recall_f1, rates

counts = st.builds(Counts, *[st.integers(0, 50)] * 4)
AVERAGES: list[Any] = [None, "macro", "micro", "weighted"]


def test_the_example_in_the_documentation() -> None:
    assert doctest.testmod(confusion).failed == 0


def labels_of(c: Counts) -> tuple[list[int], list[int]]:
    true = [1] * (c.tp + c.fn) + [0] * (c.fp + c.tn)
    return true, [1] * c.tp + [0] * c.fn + [1] * c.fp + [0] * c.tn


def test_worked_by_hand() -> None:
    """Ten patients: 3 of 4 sick are found, 1 of 6 healthy is alarmed."""
    c = Counts(tp=3, fp=1, fn=1, tn=5)
    assert c.accuracy == 8 / 10
    assert c.precision == c.recall == c.f1 == 3 / 4
    assert c.specificity == 5 / 6
    assert c.balanced_accuracy == pytest.approx((3 / 4 + 5 / 6) / 2, abs=1e-15)
    assert c.mcc == pytest.approx((3 * 5 - 1 * 1) / math.sqrt(4 * 6 * 4 * 6), abs=1e-15)
    assert c.f_beta(2) == pytest.approx(5 * 3 / (5 * 3 + 4 * 1 + 1), abs=1e-15)
    assert c.expected_cost(1, 20) == (1 + 20) / 10
    assert c.lr_positive == pytest.approx((3 / 4) / (1 / 6), abs=1e-14)


@settings(max_examples=40, deadline=None)
@given(counts)
def test_rates_are_scikit_learns(c: Counts) -> None:
    true, called = labels_of(c)
    assert Counts.of(true, called) == c
    if not true:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {
            "accuracy": metrics.accuracy_score(true, called),
            "precision": metrics.precision_score(true, called, zero_division=0),
            "recall": metrics.recall_score(true, called, zero_division=0),
            "specificity": metrics.recall_score(true, called, pos_label=0, zero_division=0),
            "npv": metrics.precision_score(true, called, pos_label=0, zero_division=0),
            "f1": metrics.f1_score(true, called, zero_division=0),
            "jaccard": metrics.jaccard_score(true, called, zero_division=0),
            "balanced_accuracy": metrics.balanced_accuracy_score(true, called),
            "mcc": metrics.matthews_corrcoef(true, called),
        }
        beta = metrics.fbeta_score(true, called, beta=2.5, zero_division=0)
        kappa = metrics.cohen_kappa_score(true, called)
    for name, value in expected.items():
        assert getattr(c, name) == pytest.approx(value, abs=1e-12), name
    assert c.f_beta(2.5) == pytest.approx(beta, abs=1e-12)
    if not math.isnan(kappa):
        assert c.kappa == pytest.approx(kappa, abs=1e-12)


@given(counts, st.floats(0.1, 10))
def test_every_rate_has_a_value_and_its_own_name(c: Counts, beta: float) -> None:
    for name, rate in rates(c, beta).items():
        assert not math.isnan(rate.value)
        assert rate.defined == (rate.numerator != 0 or rate.denominator != 0)
        if name != "f_beta":
            assert getattr(c, name) == rate.value


def test_what_0_over_0_gives_is_stated() -> None:
    assert (Rate(0, 0).value, Rate(0, 0).defined, Rate(0, 0).or_else(1.0)) == (0.0, False, 1.0)
    assert (Rate(0, 3).value, Rate(0, 3).defined) == (0.0, True)
    assert Rate(2, 0).value == math.inf
    undefined = {name for name, rate in rates(Counts(0, 0, 0, 9)).items() if not rate.defined}
    assert undefined >= {"precision", "recall", "f1", "f_beta", "mcc", "jaccard", "fdr"}
    assert Counts(0, 0, 0, 9).balanced_accuracy == 1.0  # of the one class that occurs


def test_large_counts_do_not_overflow() -> None:
    big = np.int64(3_000_000_000)
    c = Counts(*[big] * 4)  # type: ignore[list-item]
    assert c.mcc == 0.0
    assert c.kappa == 0.0
    assert Counts(big, np.int64(0), np.int64(0), big).mcc == pytest.approx(1.0, abs=1e-12)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [-1, 0.5, "3"])
def test_counts_are_whole_numbers_from_0(bad: Any) -> None:
    with pytest.raises(ValueError, match="fp: expected"):
        Counts(1, bad, 1, 1)


def test_beta_is_above_0() -> None:
    with pytest.raises(ValueError, match="beta: expected a number above 0"):
        Counts(1, 1, 1, 1).f_beta(0.0)


many = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40)


@given(many, st.sampled_from([None, [0, 1], [3, 1, 2], [4, 7]]))
def test_confusion_matrix_is_scikit_learns(pairs: list[tuple[int, int]], which: list[int] | None) -> None:
    true, called = zip(*pairs, strict=True)
    if which is not None and not set(which) & set(true):
        with pytest.raises(ValueError, match="expected at least one that occurs"):
            confusion_matrix(true, called, which)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a matrix of one label
        expected = metrics.confusion_matrix(true, called, labels=which)
    assert np.array_equal(confusion_matrix(true, called, which), expected)


@given(
    many, st.sampled_from(AVERAGES), st.sampled_from([None, [0, 1], [3, 1, 9]]), st.sampled_from([0.0, 1.0])
)
def test_averages_are_scikit_learns(
    pairs: list[tuple[int, int]], average: Any, which: list[int] | None, undefined: float
) -> None:
    true, called = zip(*pairs, strict=True)
    ours = precision_recall_f1(true, called, average, labels=which, zero_division=undefined)
    theirs = metrics.precision_recall_fscore_support(
        true, called, average=average, labels=which, zero_division=undefined
    )
    for mine, other in zip(ours, theirs[:3], strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-12)


def test_words_are_labels_too() -> None:
    true, called = ["cat", "dog", "cat", "owl"], ["cat", "cat", "cat", "dog"]
    assert confusion_matrix(true, called, ["owl", "cat", "dog"]).tolist() == [[0, 0, 1], [0, 2, 0], [0, 1, 0]]
    precision, recall, f1 = precision_recall_f1(true, called, "binary", pos_label="cat")
    assert (precision, recall, f1) == (pytest.approx(2 / 3), 1.0, pytest.approx(0.8))


def test_macro_f1_is_the_mean_of_f1s_not_the_f1_of_means() -> None:
    precision, recall, f1 = precision_recall_f1([0, 0, 0, 1], [0, 0, 1, 1], "macro")
    assert f1 == pytest.approx((0.8 + 2 / 3) / 2)
    assert f1 != pytest.approx(2 * precision * recall / (precision + recall))


@pytest.mark.parametrize(
    ("true", "called", "more", "said"),
    [
        ([0, 1], [0], {}, "y_pred: expected 2 labels as in y_true, found 1."),
        ([0.0, math.nan], [0.0, 1.0], {}, "y_true: expected labels, found NaN at position 1."),
        ([[0]], [0], {}, "y_true: expected labels of shape"),
        ([0, 1], [0, 1], {"labels": [1, 1]}, "labels: expected each label once, found one twice."),
        ([0, 1], [0, 1], {"labels": []}, "labels: expected a list of at least one"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(true: Any, called: Any, more: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        confusion_matrix(true, called, **more)


def test_an_unknown_average_is_refused() -> None:
    with pytest.raises(ValueError, match="average: expected binary"):
        precision_recall_f1([0], [0], "samples")  # type: ignore[arg-type]
