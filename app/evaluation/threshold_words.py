"""One threshold in words: the lines of the table, what to notice, and the picture for who does not see it."""

from __future__ import annotations

import math

from app.evaluation.rates_table import RateLine
from app.stage.numbers import count, number
from core.evaluation.confusion import Rate
from core.evaluation.threshold import Best, ThresholdConfig, ThresholdFrame

MOST = 3
"""Sentences that are told at once, the most telling first."""


def percent(share: float, digits: int = 3) -> str:
    """A share as a percentage: "23.5%"."""
    return f"{number(100 * share, digits)}%"


def lines(frame: ThresholdFrame, config: ThresholdConfig) -> tuple[RateLine, ...]:
    """Five rates and the cost; three more under More."""
    c = frame.counts
    tp, fp, fn, tn, n = (number(each) for each in (c.tp, c.fp, c.fn, c.tn, c.total))
    table = [
        _line("Accuracy", "(TP + TN) / n", f"({tp} + {tn}) / {n}", frame.rates["accuracy"]),
        _line("Precision", "TP / (TP + FP)", f"{tp} / ({tp} + {fp})", frame.rates["precision"]),
        _line("Recall", "TP / (TP + FN)", f"{tp} / ({tp} + {fn})", frame.rates["recall"]),
        _line("Specificity", "TN / (TN + FP)", f"{tn} / ({tn} + {fp})", frame.rates["specificity"]),
        _line("F1", "2TP / (2TP + FP + FN)", f"{number(2 * c.tp)} / ({number(2 * c.tp)} + {fp} + {fn})",
              frame.rates["f1"]),
    ]  # fmt: skip
    if config.more:
        squared = config.beta**2
        top, misses = (_amount(each) for each in ((1 + squared) * c.tp, squared * c.fn))
        balanced = frame.rates["balanced_accuracy"]
        mcc = frame.rates["mcc"]
        halves = " + ".join(number(frame.rates[k].value, 3) for k in ("recall", "specificity"))
        table += [
            _line(f"F{number(config.beta, 2)}", "(1+β²)TP / ((1+β²)TP + β²FN + FP)",
                  f"{top} / ({top} + {misses} + {fp})", frame.rates["f_beta"]),
            _line("Matthews", "(TP·TN − FP·FN) / √(PNP̂N̂)",
                  f"{number(mcc.numerator, 4)} / {number(mcc.denominator, 4)}", mcc),
            _line("Balanced", "(recall + specificity) / 2", f"({halves}) / 2", balanced),
        ]  # fmt: skip
    costs = f"({number(c.fp)}·{number(config.cost_fp, 3)} + {number(c.fn)}·{number(config.cost_fn, 3)}) / {n}"
    table.append(RateLine("Cost", "(FP·cost + FN·cost) / n", costs, number(frame.cost, 4), None))
    return tuple(table)


def _amount(value: float) -> str:
    """A weighted count: in full where it is whole."""
    return number(int(value)) if float(value).is_integer() else number(value, 5)


def _line(name: str, formula: str, numbers: str, rate: Rate) -> RateLine:
    if not rate.defined:
        return RateLine(name, formula, numbers, "0/0 → 0", 0.0, True)
    return RateLine(name, formula, numbers, f"{rate.value:.3f}".replace("-", "−"), rate.value)


def notes(frame: ThresholdFrame, config: ThresholdConfig) -> list[str]:
    """What to notice at this threshold, what is undefined first."""
    c, said = frame.counts, []
    undefined = [name for name in ("precision", "recall", "specificity") if not frame.rates[name].defined]
    if undefined:
        why = {"precision": "nobody is called positive", "recall": "there is no positive",
               "specificity": "there is no negative"}  # fmt: skip
        told = "; ".join(f"{name}, since {why[name]}" for name in undefined)
        said.append(f"Undefined (0/0): {told}. By convention it reads 0; some programs say 1, or nothing.")
    if c.positives and c.tp + c.fp and c.prevalence < 0.1 and c.precision < 0.5 < c.specificity:
        said.append(
            f"Few are positive ({percent(c.prevalence)}), so even with a specificity of "
            f"{percent(c.specificity)} false alarms outnumber hits, {number(c.fp)} to {number(c.tp)}."
        )
    larger = max(c.positives, c.negatives) / max(1, c.total)
    common = "negative" if c.negatives >= c.positives else "positive"
    said += [
        _cheapest(frame, config),
        f"Calling everybody {common} would have an accuracy of {percent(larger)}; this threshold has "
        f"{percent(c.accuracy)}.",
        _best_f1(frame),
    ]
    return said[:MOST]


def _best_f1(frame: ThresholdFrame) -> str:
    here, best = frame.rates["f1"].value, frame.best_f1
    if math.isclose(here, best.value, rel_tol=1e-9):
        return f"No threshold has a larger F1 than this one’s {number(here, 3)}."
    return f"F1 is {number(here, 3)} here and {number(best.value, 3)} at best, {_where(best)}."


def _cheapest(frame: ThresholdFrame, config: ThresholdConfig) -> str:
    ratio = f"a miss costs {number(config.cost_fn, 3)}, a false alarm {number(config.cost_fp, 3)}"
    cheap = frame.cheapest
    if math.isclose(frame.cost, cheap.value, rel_tol=1e-9, abs_tol=1e-15):
        return f"Where {ratio}, no threshold is cheaper than this one."
    return (
        f"Where {ratio}, a case costs {number(frame.cost, 3)} here, and {number(cheap.value, 3)} "
        f"{_where(cheap)}."
    )


def _where(best: Best) -> str:
    return (
        f"at {number(best.threshold, 3)}"
        if math.isfinite(best.threshold)
        else "when nobody is called positive"
    )


def description(frame: ThresholdFrame, labels: tuple[str, str]) -> str:
    """The picture for a reader who does not see it."""
    c = frame.counts
    rates = ", ".join(
        f"{name} {number(frame.rates[name].value, 3)}" if frame.rates[name].defined else f"{name} 0/0"
        for name in ("accuracy", "precision", "recall", "specificity", "f1")
    )
    return (
        f"{count(c.total, 'case')} with scores, {number(c.positives)} of them {labels[0]}. From a score of "
        f"{number(frame.threshold, 4)} on a case is called positive: {number(c.tp)} true and {number(c.fp)} "
        f"false positives, {number(c.fn)} false and {number(c.tn)} true negatives; {rates}. "
        f"A case costs {number(frame.cost, 3)}."
    )
