"""The AUC three ways, and what follows from it, with this moment's numbers, for the inspector."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from core.trace import Equation

if TYPE_CHECKING:
    from core.evaluation.roc import RocFrame
    from core.evaluation.roc_config import RocConfig

RANKING = "core.evaluation.ranking:"
GEOMETRY = "core.evaluation.roc_geometry:"


def equations(frame: RocFrame, config: RocConfig) -> list[Equation]:
    """Three ways to the AUC, DeLong's variance, precision at the threshold, average precision, cost."""
    each, reading = frame.classifier, frame.readings[frame.which]
    p, n = each.scored.positives, each.scored.negatives
    shown: list[Equation] = []
    values: dict[str, Any]
    if reading.auc is not None:
        shown += _three_ways(frame)
    if not math.isnan(each.variance) and reading.delong is not None:
        values = {"v": each.variance, "p": p, "n": n, "error": math.sqrt(each.variance)}
        template = (
            r"\widehat{\text{var}} = \frac{s^{2}(V_{10})}{<p>} + \frac{s^{2}(V_{01})}{<n>} = <v>, "
            r"\text{ s.e.} = <error>"
        )
        shown.append(
            Equation("DeLong's variance", template, values, "core.evaluation.auc_intervals:delong_of")
        )
    called = frame.counts.tp + frame.counts.fp
    shares = {"a": frame.prevalence, "b": 1 - frame.prevalence}
    read: dict[str, Any] = {"value": frame.point.precision if called else "0/0"}
    values = {**shares, "tpr": frame.point.tpr, "fpr": frame.point.fpr, **read}
    template = (
        r"\text{precision} = \frac{\pi \, TPR}{\pi \, TPR + (1 - \pi) FPR} = "
        r"\frac{<a> \cdot <tpr>}{<a> \cdot <tpr> + <b> \cdot <fpr>} = <value>"
    )
    shown.append(Equation("precision at prevalence", template, values, GEOMETRY + "precision_at"))
    values = {"ap": reading.average_precision}
    shown.append(
        Equation("average precision", r"AP = \sum_{i} (R_{i} - R_{i-1}) P_{i} = <ap>", values,
                 RANKING + "average_precision_of")
    )  # fmt: skip
    if math.isfinite(frame.cheap.slope):
        values = {**shares, "fp": config.cost_fp, "fn": config.cost_fn, "m": frame.cheap.slope}
        template = (
            r"m = \frac{(1 - \pi) \, c_{FP}}{\pi \, c_{FN}} = \frac{<b> \cdot <fp>}{<a> \cdot <fn>} = <m>"
        )
        shown.append(Equation("iso-cost slope", template, values, GEOMETRY + "iso_cost_slope"))
    return shown


def _three_ways(frame: RocFrame) -> list[Equation]:
    each = frame.classifier
    p, n, pairs = each.scored.positives, each.scored.negatives, each.pairs
    area, by_pairs, from_u = each.aucs
    twice_u = each.ranks_twice - p * (p + 1)
    tally = each.tally
    parts: list[tuple[str, str, dict[str, Any], str]] = [
        ("area", r"\text{area} = \frac{<twice>}{2 \cdot <p> \cdot <n>} = <auc>",
         {"twice": each.area_twice, "p": p, "n": n, "auc": area}, "area_twice"),
        ("wins", r"\text{pairs} = \frac{2 \cdot <wins> + <ties>}{2 \cdot <pairs>} = <auc>",
         {"wins": tally.wins, "ties": tally.ties, "pairs": pairs, "auc": by_pairs}, "pair_tally"),
        ("U", r"2 U = <ranks> - <p> \cdot <p1> = <u>",
         {"ranks": each.ranks_twice, "p": p, "p1": p + 1, "u": twice_u}, "mann_whitney_u"),
        ("ranks", r"\frac{2 U}{2 P N} = \frac{<u>}{2 \cdot <pairs>} = <auc>",
         {"u": twice_u, "pairs": pairs, "auc": from_u}, "rank_sum_twice"),
    ]  # fmt: skip
    return [Equation(tag, template, values, RANKING + name) for tag, template, values, name in parts]
