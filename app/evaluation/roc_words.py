"""AUCs, curves and intervals in words."""

from __future__ import annotations

import math

from app.evaluation.auc_table import AucLine
from app.evaluation.threshold_words import MOST, percent
from app.stage.numbers import count, number
from core.evaluation.auc_intervals import Comparison, Interval
from core.evaluation.roc import Classifier, RocConfig, RocFrame, RocInputs, resampled

NONE = "–"


def exact(value: float) -> str:
    """Every digit of a float, so that it can be told from its neighbours."""
    return NONE if math.isnan(value) else repr(value)


def interval(found: Interval | None) -> str:
    """Both ends."""
    return f"[{_fixed(found.low)}, {_fixed(found.high)}]" if found is not None else NONE


def _fixed(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")


def lines(frame: RocFrame, inputs: RocInputs, config: RocConfig) -> tuple[AucLine, ...]:
    """Three ways, average precision, two intervals, and the difference; `inputs` may hold more resamples."""
    each, all_ = frame.classifier, frame.inputs.classifiers
    p, n, t = each.scored.positives, each.scored.negatives, each.tally
    twice = f"2 · {number(p)} · {number(n)}"
    ways = (
        ("Area under the curve", f"{number(each.area_twice)} / ({twice}), by trapezoids"),
        ("Pairs ranked right",
         f"(2 · {number(t.wins)} won + {count(t.ties, 'tie')}) / (2 · {number(each.pairs)} pairs)"),
        ("Mann–Whitney U / PN",
         f"({half(each.ranks_twice)} − {number(p * (p + 1) // 2)}) / {number(each.pairs)}, from ranks"),
    )  # fmt: skip
    table = [
        AucLine(name, working, tuple(exact(one.aucs[way]) for one in all_), exact=True)
        for way, (name, working) in enumerate(ways)
    ]
    sure, drawn = percent(config.confidence), resampled(inputs, config.confidence)
    resamples = f"{count(drawn.made, 'resample')} of each class" if drawn.made else "not drawn yet"
    table += [
        AucLine("Average precision", f"steps, at a prevalence of {percent(frame.prevalence)}",
                tuple(_fixed(r.average_precision) if p else NONE for r in frame.readings)),
        AucLine(f"DeLong, {sure}", "the AUC’s normal interval",
                tuple(interval(r.delong) for r in frame.readings)),
        AucLine(f"Bootstrap, {sure}", resamples, tuple(map(interval, drawn.aucs))),
    ]  # fmt: skip
    if len(all_) == 2:
        paired = inputs.comparison
        ends = interval(paired.interval(config.confidence)) if paired is not None else NONE
        less = _fixed(paired.difference) if paired is not None else NONE
        table += [
            AucLine(f"A − B, DeLong, {sure}", _test(paired), (f"{less}  {ends}",)),
            AucLine(f"A − B, bootstrap, {sure}", "the same cases for both", (interval(drawn.difference),)),
        ]
    return tuple(table)


def half(twice: int) -> str:
    """Half a whole number, in full."""
    return number(twice // 2) + (".5" if twice % 2 else "")


def _test(paired: Comparison | None) -> str:
    if paired is None:
        return "takes two cases of each class"
    if math.isnan(paired.z):
        return "paired; no variance"
    return f"paired: z = {number(paired.z, 3)}, p = {number(paired.p_value, 2)}"


def heads(frame: RocFrame) -> tuple[tuple[str, str], ...]:
    """Thing and name of each classifier, for the table's columns."""
    names = frame.inputs.cases.names
    shown = [f"{each.name}" if name in ("A", "B") else f"{each.name}: {name[:16]}"
             for each, name in zip(frame.inputs.classifiers, names, strict=True)]  # fmt: skip
    return tuple(zip(("classifier_a", "classifier_b"), shown, strict=False))


def notes(frame: RocFrame, config: RocConfig) -> list[str]:
    """What to notice, the undefined first."""
    each, reading = frame.classifier, frame.readings[frame.which]
    if reading.auc is None:
        missing = "positive" if not each.scored.positives else "negative"
        return [f"There is no {missing} case, so there are no pairs, and an AUC is undefined (0/0)."]
    said = [
        f"Of {count(each.pairs, 'pair')} of a positive and a negative {each.name} ranks "
        f"{number(each.tally.wins)} right, {number(each.tally.ties)} the same and "
        f"{number(each.tally.losses)} wrong. Area, pairs and ranks come to the same integer and divide it "
        "once: they agree to the last digit."
    ]
    if frame.prevalence != each.scored.prevalence:
        said.append(
            f"At a prevalence of {percent(frame.prevalence)} instead of {percent(each.scored.prevalence)} "
            "the ROC curve and its area stand still; precision and its curve do not."
        )
    if config.iso_cost:
        said.append(_cheapest(frame))
    between = _between(frame, config)
    sure = _sure(frame, each)
    said += [between, *sure] if config.between != "steps" else [*sure, between]
    return said[:MOST]


def _between(frame: RocFrame, config: RocConfig) -> str:
    reading = frame.readings[frame.which]
    assert reading.achievable is not None
    if config.between == "straight":
        gap = reading.straight - reading.achievable
        return (
            f"Straight lines would have an area of {number(reading.straight, 4)}, {number(abs(gap), 2)} "
            f"{'more' if gap >= 0 else 'less'} than any coin between two thresholds achieves "
            f"({number(reading.achievable, 4)}): precision is not linear in recall."
        )
    if config.between == "achievable":
        return (
            "Between two thresholds a coin achieves any point of the ROC curve’s straight line; in precision "
            f"and recall that line is bent. The area is {number(reading.achievable, 4)}."
        )
    return (
        f"Average precision, {number(reading.average_precision, 4)}, is the area under the steps: no lines "
        "are drawn between points."
    )


def _cheapest(frame: RocFrame) -> str:
    cheap = frame.cheap
    where = f"at a threshold of {number(cheap.threshold, 3)}" if math.isfinite(cheap.threshold) else (
        "when nobody is called positive")  # fmt: skip
    slope = number(cheap.slope, 3) if math.isfinite(cheap.slope) else "infinite"
    return (
        f"Lines of equal cost have a slope of {slope}. The one nearest to the upper left touches the curve "
        f"{where}, for {number(cheap.cost, 3)} a case."
    )


def _sure(frame: RocFrame, each: Classifier) -> list[str]:
    said = []
    if math.isnan(each.variance):
        said.append("DeLong’s interval takes at least two cases of each class.")
    elif each.variance == 0:
        said.append(
            "Every pair is ranked alike, so both intervals have no width. That is not certainty: so few "
            "cases cannot show a rare error."
        )
    comparison = frame.inputs.comparison
    if comparison is not None and not math.isnan(comparison.z):
        verdict = "could well be luck" if comparison.p_value > 0.05 else "is hard to put down to luck"
        said.append(
            f"A’s AUC less B’s is {number(comparison.difference, 3)} ± "
            f"{number(comparison.standard_error, 2)} (standard error): it {verdict} "
            f"(p = {number(comparison.p_value, 2)})."
        )
    return said


def description(frame: RocFrame) -> str:
    """The picture for a reader who does not see it."""
    parts = [f"{count(frame.counts.total, 'case')}, {number(frame.counts.positives)} of them positive."]
    for each, reading in zip(frame.inputs.classifiers, frame.readings, strict=True):
        if reading.auc is None:
            parts.append(f"{each.name}: no pairs, no AUC.")
        else:
            parts.append(
                f"{each.name}: AUC {number(reading.auc, 5)}, average precision "
                f"{number(reading.average_precision, 4)} at a prevalence of {percent(frame.prevalence)}."
            )
    parts.append(
        f"The threshold of {frame.classifier.name} is {number(frame.threshold, 4)}: true positive rate "
        f"{number(frame.point.tpr, 3)}, false positive rate {number(frame.point.fpr, 3)}, precision "
        + (number(frame.point.precision, 3) if frame.counts.tp + frame.counts.fp else "0/0")
        + "."
    )
    return " ".join(parts)
