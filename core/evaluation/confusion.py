"""The confusion matrix, and every rate that is derived from its four counts.

What 0/0 gives: the rate is undefined, and its value reads 0.0, scikit-learn's default; `Rate.defined` tells
such a 0.0 from an earned one. Balanced accuracy is the mean over the classes that occur. A likelihood ratio
over 0 is infinite.

>>> counts = Counts(tp=40, fp=10, fn=20, tn=130)
>>> counts.precision, round(counts.recall, 4), round(counts.f1, 4), round(counts.mcc, 4)
(0.8, 0.6667, 0.7273, 0.6299)
>>> nobody = Counts(tp=0, fp=0, fn=3, tn=7)
>>> nobody.precision, nobody.rate("precision").defined
(0.0, False)

Precision, recall and the F-measure: van Rijsbergen, "Information Retrieval", 1979.
"""

from __future__ import annotations

import math
import operator
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

__all__ = ["Counts", "PrecisionRecallF1", "Rate", "confusion_matrix", "precision_recall_f1", "rates"]

Average = Literal["binary", "micro", "macro", "weighted"]


class Rate(NamedTuple):
    """A quotient, kept as such."""

    numerator: float
    denominator: float

    @property
    def defined(self) -> bool:
        """Whether it is anything but 0/0."""
        return self.denominator != 0 or self.numerator != 0

    @property
    def value(self) -> float:
        """The quotient; 0.0 for 0/0, infinite for anything else over 0."""
        return self.or_else(0.0)

    def or_else(self, undefined: float) -> float:
        """The quotient; `undefined` for 0/0."""
        if not self.defined:
            return undefined
        return self.numerator / self.denominator if self.denominator else math.inf


class Counts(Struct, frozen=True):
    """True and false positives, false and true negatives.

    Raises:
        ValueError: for anything but whole numbers from 0.
    """

    tp: int
    fp: int
    fn: int
    tn: int

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            found = getattr(self, name)
            try:
                value = operator.index(found)
            except TypeError:
                raise ValueError(f"{name}: expected a whole number, found {found!r}.") from None
            if value < 0:
                raise ValueError(f"{name}: expected at least 0, found {value}.")
            if type(found) is not int:  # products of NumPy's integers overflow
                msgspec.structs.force_setattr(self, name, value)

    @classmethod
    def of(cls, y_true: ArrayLike, y_pred: ArrayLike, pos_label: Any = 1) -> Counts:
        """The counts of one label against all others, from labels of shape (n,) each."""
        true, predicted = _pair(y_true, y_pred)
        actual, called = true == pos_label, predicted == pos_label
        tp, p, called_p = (int(np.count_nonzero(each)) for each in (actual & called, actual, called))
        return cls(tp=tp, fp=called_p - tp, fn=p - tp, tn=len(true) - p - called_p + tp)

    def rate(self, name: str, beta: float = 1.0) -> Rate:
        """One of `rates`, as a quotient. KeyError for a name that is none."""
        return rates(self, beta)[name]

    def f_beta(self, beta: float) -> float:
        """The harmonic mean of precision and recall, recall counting beta² times as much."""
        return self.rate("f_beta", beta).value

    def expected_cost(self, cost_fp: float = 1.0, cost_fn: float = 1.0) -> float:
        """What the errors cost for each case; 0.0 without cases."""
        return Rate(self.fp * cost_fp + self.fn * cost_fn, self.total).value  #: cost

    @property
    def total(self) -> int:
        return self.tp + self.fp + self.fn + self.tn

    @property
    def positives(self) -> int:
        """How many are positive, P."""
        return self.tp + self.fn

    @property
    def negatives(self) -> int:
        """How many are negative, N."""
        return self.fp + self.tn

    @property
    def prevalence(self) -> float:
        """P / n: the share of positives."""
        return self.rate("prevalence").value

    @property
    def accuracy(self) -> float:
        """(tp + tn) / n."""
        return self.rate("accuracy").value

    @property
    def error_rate(self) -> float:
        """(fp + fn) / n."""
        return self.rate("error_rate").value

    @property
    def precision(self) -> float:
        """tp / (tp + fp), the positive predictive value."""
        return self.rate("precision").value

    @property
    def recall(self) -> float:
        """tp / P: sensitivity, true positive rate."""
        return self.rate("recall").value

    @property
    def specificity(self) -> float:
        """tn / N, the true negative rate."""
        return self.rate("specificity").value

    @property
    def npv(self) -> float:
        """tn / (tn + fn), the negative predictive value."""
        return self.rate("npv").value

    @property
    def fpr(self) -> float:
        """fp / N, the false positive rate."""
        return self.rate("fpr").value

    @property
    def fnr(self) -> float:
        """fn / P, the false negative rate."""
        return self.rate("fnr").value

    @property
    def fdr(self) -> float:
        """fp / (tp + fp), the false discovery rate."""
        return self.rate("fdr").value

    @property
    def false_omission_rate(self) -> float:
        """fn / (tn + fn)."""
        return self.rate("false_omission_rate").value

    @property
    def f1(self) -> float:
        """2 tp / (2 tp + fp + fn), the harmonic mean of precision and recall."""
        return self.rate("f1").value

    @property
    def jaccard(self) -> float:
        """tp / (tp + fp + fn)."""
        return self.rate("jaccard").value

    @property
    def balanced_accuracy(self) -> float:
        """The mean of recall and specificity; one of them alone where only one class occurs."""
        return self.rate("balanced_accuracy").value

    @property
    def informedness(self) -> float:
        """recall + specificity - 1, Youden's J: 0 for a guess, whatever the prevalence."""
        return self.recall + self.specificity - 1

    @property
    def mcc(self) -> float:
        """Matthews' correlation coefficient, -1 to 1."""
        return self.rate("mcc").value

    @property
    def kappa(self) -> float:
        """Cohen's kappa: agreement beyond chance."""
        return self.rate("kappa").value

    @property
    def lr_positive(self) -> float:
        """recall / fpr, the positive likelihood ratio; infinite for an fpr of 0."""
        return self.rate("lr_positive").value

    @property
    def lr_negative(self) -> float:
        """fnr / specificity, the negative likelihood ratio; infinite for a specificity of 0."""
        return self.rate("lr_negative").value


def rates(counts: Counts, beta: float = 1.0) -> dict[str, Rate]:
    """Every rate of a confusion matrix by its name. ValueError for a `beta` that is not above 0.

    Numerators and denominators are exact integers but for beta, the root in Matthews' coefficient, and the
    mean of the balanced accuracy.
    """
    if not (beta > 0 and math.isfinite(beta)):
        raise ValueError(f"beta: expected a number above 0, found {beta}.")
    tp, fp, fn, tn = counts.tp, counts.fp, counts.fn, counts.tn
    p, n, called_p, called_n = tp + fn, fp + tn, tp + fp, tn + fn
    squared = beta * beta
    recall, specificity = Rate(tp, p), Rate(tn, n)  #: recall and specificity
    return {
        "prevalence": Rate(p, p + n),
        "accuracy": Rate(tp + tn, p + n),  #: accuracy
        "error_rate": Rate(fp + fn, p + n),
        "precision": Rate(tp, called_p),  #: precision
        "recall": recall,
        "specificity": specificity,
        "npv": Rate(tn, called_n),
        "fpr": Rate(fp, n),
        "fnr": Rate(fn, p),
        "fdr": Rate(fp, called_p),
        "false_omission_rate": Rate(fn, called_n),
        "f1": Rate(2 * tp, 2 * tp + fp + fn),  #: F1
        "f_beta": Rate((1 + squared) * tp, (1 + squared) * tp + squared * fn + fp),  #: F-beta
        "jaccard": Rate(tp, tp + fp + fn),
        "balanced_accuracy": Rate(recall.value + specificity.value, bool(p) + bool(n)),  #: balanced accuracy
        "mcc": Rate(tp * tn - fp * fn, math.sqrt(p * n * called_p * called_n)),  #: Matthews
        "kappa": Rate(2 * (tp * tn - fp * fn), called_p * n + p * called_n),
        "lr_positive": Rate(tp * n, fp * p),
        "lr_negative": Rate(fn * n, tn * p),
    }


def confusion_matrix(
    y_true: ArrayLike, y_pred: ArrayLike, labels: ArrayLike | None = None
) -> NDArray[np.int64]:
    """How often each label was called which, shape (k, k): rows are true labels, columns the predicted.

    Args:
        y_true, y_pred: labels of any comparable kind, shapes (n,).
        labels: which ones, and in which order; all that occur, sorted, unless told. Cases with another label
            are left out.

    Raises:
        ValueError: for unequal lengths, NaN among the labels, `labels` that repeat, or of which none occurs.
    """
    true, predicted = _pair(y_true, y_pred)
    known = _labels(true, predicted, labels)
    if labels is not None and len(true) and not np.isin(true, known).any():
        raise ValueError("labels: expected at least one that occurs in y_true, found none.")
    row, column = _codes(true, known), _codes(predicted, known)
    inside = (row >= 0) & (column >= 0)
    size = len(known)
    flat = np.bincount(row[inside] * size + column[inside], minlength=size * size)
    return flat.reshape(size, size).astype(np.int64)


class PrecisionRecallF1(NamedTuple):
    """Numbers for an average, arrays (k,) for each label."""

    precision: Any
    recall: Any
    f1: Any


def precision_recall_f1(
    y_true: ArrayLike, y_pred: ArrayLike, average: Average | None = None, *,
    labels: ArrayLike | None = None, pos_label: Any = 1, zero_division: float = 0.0,
) -> PrecisionRecallF1:  # fmt: skip
    """Precision, recall and F1 of each label, or one average of them.

    Args:
        average: None for each label; "micro" counts over all labels together; "macro" means over labels (F1:
            the mean of the F1s, not the F1 of the means), "weighted" the same by how often each label is
            true; "binary" for `pos_label` alone.
        labels: as in `confusion_matrix`, but every case counts: one whose true label is not among them can
            still be somebody's false positive.
        zero_division: what 0/0 gives; NaN leaves such labels out of the means.

    Raises:
        ValueError: as in `confusion_matrix`, and for another `average`.
    """
    true, predicted = _pair(y_true, y_pred)
    if average not in (None, "binary", "micro", "macro", "weighted"):
        raise ValueError(f"average: expected binary, micro, macro, weighted or None, found {average!r}.")
    known = np.array([pos_label]) if average == "binary" else _labels(true, predicted, labels)
    row, column = _codes(true, known), _codes(predicted, known)
    size = len(known)
    support = np.bincount(row[row >= 0], minlength=size)
    called = np.bincount(column[column >= 0], minlength=size)
    hit = np.bincount(row[(row == column) & (row >= 0)], minlength=size)
    if average in ("micro", "binary"):
        support, called, hit = (np.array([each.sum()]) for each in (support, called, hit))
    parts = [
        np.array([Rate(int(a), int(b)).or_else(zero_division) for a, b in zip(top, bottom, strict=True)])
        for top, bottom in ((hit, called), (hit, support), (2 * hit, called + support))
    ]
    if average is None:
        return PrecisionRecallF1(*parts)
    weights = support if average == "weighted" else np.ones_like(support)
    return PrecisionRecallF1(*(_mean(part, weights) for part in parts))


def _mean(values: NDArray[np.float64], weights: NDArray[np.int64]) -> float:
    """The weighted mean of what is not NaN; the plain one where all weights are 0."""
    seen = ~np.isnan(values)
    values, weights = values[seen], weights[seen]
    if not len(values):
        return math.nan
    total = int(weights.sum())
    return float(np.dot(values, weights) / total) if total else float(values.mean())


def _pair(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    true, predicted = np.asarray(y_true), np.asarray(y_pred)
    for name, each in (("y_true", true), ("y_pred", predicted)):
        if each.ndim != 1:
            raise ValueError(f"{name}: expected labels of shape (n,), found shape {each.shape}.")
        if each.dtype.kind == "f" and np.isnan(each).any():
            raise ValueError(
                f"{name}: expected labels, found NaN at position {int(np.isnan(each).argmax())}."
            )
    if len(true) != len(predicted):
        raise ValueError(f"y_pred: expected {len(true)} labels as in y_true, found {len(predicted)}.")
    return true, predicted


def _labels(true: NDArray[Any], predicted: NDArray[Any], labels: ArrayLike | None) -> NDArray[Any]:
    if labels is None:
        return np.union1d(true, predicted)
    known = np.asarray(labels)
    if known.ndim != 1 or not len(known):
        raise ValueError(f"labels: expected a list of at least one, found shape {known.shape}.")
    if len(np.unique(known)) != len(known):
        raise ValueError("labels: expected each label once, found one twice.")
    return known


def _codes(values: NDArray[Any], known: NDArray[Any]) -> NDArray[np.int64]:
    """The index of each value among the known ones, -1 for any other."""
    if not len(values) or not len(known):
        return np.full(len(values), -1, np.int64)
    order = np.argsort(known, kind="stable")
    at = np.minimum(np.searchsorted(known[order], values), len(known) - 1)
    found = order[at].astype(np.int64)
    return np.where(known[found] == values, found, -1)
