"""The rates of one threshold with this moment's counts in them, for the inspector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.evaluation.confusion import Rate
from core.trace import Equation

if TYPE_CHECKING:
    from core.evaluation.threshold import ThresholdConfig, ThresholdFrame

RATES = "core.evaluation.confusion:rates"


def equations(frame: ThresholdFrame, config: ThresholdConfig) -> list[Equation]:
    """The five rates in view, the cost, and the three rates under More."""
    c, rates = frame.counts, frame.rates
    shown = [
        _fraction("accuracy", r"\text{accuracy}", r"\frac{TP + TN}{n}", r"\frac{<tp> + <tn>}{<n>}",
                  {"tp": c.tp, "tn": c.tn, "n": c.total}, rates["accuracy"]),
        _fraction("precision", r"\text{precision}", r"\frac{TP}{TP + FP}", r"\frac{<tp>}{<tp> + <fp>}",
                  {"tp": c.tp, "fp": c.fp}, rates["precision"]),
        _fraction("recall and specificity", r"\text{recall}", r"\frac{TP}{TP + FN}",
                  r"\frac{<tp>}{<tp> + <fn>}", {"tp": c.tp, "fn": c.fn}, rates["recall"]),
        _fraction("recall and specificity", r"\text{specificity}", r"\frac{TN}{TN + FP}",
                  r"\frac{<tn>}{<tn> + <fp>}", {"tn": c.tn, "fp": c.fp}, rates["specificity"]),
        _fraction("F1", r"F_{1}", r"\frac{2 TP}{2 TP + FP + FN}",
                  r"\frac{2 \cdot <tp>}{2 \cdot <tp> + <fp> + <fn>}",
                  {"tp": c.tp, "fp": c.fp, "fn": c.fn}, rates["f1"]),
    ]  # fmt: skip
    cost = {
        "fp": c.fp,
        "a": config.cost_fp,
        "fn": c.fn,
        "b": config.cost_fn,
        "n": c.total,
        "cost": frame.cost,
    }
    shown.append(
        Equation("cost", r"\text{cost} = \frac{<fp> \cdot <a> + <fn> \cdot <b>}{<n>} = <cost>", cost,
                 "core.evaluation.confusion:Counts.expected_cost")
    )  # fmt: skip
    return shown + _more(frame, config)


def _more(frame: ThresholdFrame, config: ThresholdConfig) -> list[Equation]:
    c, rates = frame.counts, frame.rates
    recall, specificity = (_read(rates[name]) for name in ("recall", "specificity"))
    f_beta = rates["f_beta"]
    parts = {"a": (1 + config.beta**2) * c.tp, "b": config.beta**2 * c.fn, "fp": c.fp}
    mcc = rates["mcc"]
    return [
        _fraction("F-beta", r"F_{\beta}",
                  r"\frac{(1 + \beta^{2}) TP}{(1 + \beta^{2}) TP + \beta^{2} FN + FP}",
                  r"\frac{<a>}{<a> + <b> + <fp>}", parts, f_beta),
        _fraction("Matthews", r"\text{MCC}", r"\frac{TP \cdot TN - FP \cdot FN}{\sqrt{P N \hat{P} \hat{N}}}",
                  r"\frac{<top>}{<bottom>}", {"top": mcc.numerator, "bottom": mcc.denominator}, mcc),
        Equation("balanced accuracy",
                 r"\text{balanced accuracy} = \frac{\text{recall} + \text{specificity}}{2} = "
                 r"\frac{<recall> + <specificity>}{2} = <value>",
                 {"recall": recall, "specificity": specificity, "value": _read(rates["balanced_accuracy"])},
                 RATES),
    ]  # fmt: skip


def _fraction(tag: str, name: str, words: str, numbers: str, values: dict[str, Any], rate: Rate) -> Equation:
    return Equation(tag, f"{name} = {words} = {numbers} = <value>", {**values, "value": _read(rate)}, RATES)


def _read(rate: Rate) -> float | str:
    """The value; 0/0 as such."""
    return rate.value if rate.defined else "0/0"
