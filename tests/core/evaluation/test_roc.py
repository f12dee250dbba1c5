import math
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from core.config import Source, from_query, replace, validate
from core.evaluation.cases import normal_cases
from core.evaluation.ranking import bootstrap_interval, delong_interval, delong_test, mann_whitney_u, roc_auc
from core.evaluation.roc import RocConfig, RocFrame, RocInputs, beside, compare, nearest, prepare, resampled
from core.trace import Trace

MADE = 'data={"name":"normal"}'


def run(config: RocConfig) -> RocFrame:
    *_, inputs = prepare(validate(config))
    frame = Trace(compare, config, inputs).run(1).frame(0)
    assert isinstance(frame, RocFrame)
    return frame


def of(query: str) -> RocFrame:
    return run(from_query(RocConfig, query))


score = st.integers(0, 20).map(lambda k: k / 20)
cases = st.lists(st.tuples(score, score, st.sampled_from([0, 1])), min_size=2, max_size=25).map(tuple)


@settings(max_examples=60, deadline=None)
@given(cases)
def test_the_three_aucs_of_both_classifiers_are_one_number(points) -> None:
    frame = run(RocConfig(points=points, replicates=100))
    y = np.array([case[2] for case in points])
    for k, each in enumerate(frame.inputs.classifiers):
        scores = np.array([case[k] for case in points])
        area, pairs, u = each.aucs
        if y.min() == y.max():
            assert math.isnan(area)
            assert math.isnan(pairs)
            assert math.isnan(u)
            assert frame.readings[k].auc is None
            continue
        assert area == pairs == u == roc_auc(y, scores) == frame.readings[k].auc
        assert u == mann_whitney_u(y, scores) / each.pairs
        assert area == pytest.approx(metrics.roc_auc_score(y, scores), abs=1e-12)
        expected = metrics.average_precision_score(y, scores)
        assert frame.readings[k].average_precision == pytest.approx(expected, abs=1e-12)
    assert all(np.isfinite(curve).all() for curve in frame.curves)


def test_intervals_and_comparison_are_those_of_the_ranking_module() -> None:
    made = normal_cases(80, 0.3, 1.5, 1.0, 7, 2)
    config = from_query(RocConfig, f"{MADE}&cases=80&seed=7&confidence=0.9&replicates=300")
    frame = run(config)
    found = resampled(frame.inputs, 0.9)
    for k in (0, 1):
        assert frame.readings[k].delong == pytest.approx(delong_interval(made.positive, made.scores[k], 0.9))
    alone = bootstrap_interval(made.positive, made.scores[0], 0.9, replicates=300, seed=7)
    assert found.aucs[0] == alone
    assert found.made == 300
    assert frame.inputs.comparison == delong_test(made.positive, *made.scores)
    assert found.difference is not None
    assert found.difference.low < frame.inputs.comparison.difference < found.difference.high


def test_prevalence_moves_precision_and_leaves_the_roc_curve_alone() -> None:
    before = of(MADE)
    after = of(MADE + "&reweigh=true&prevalence=0.01")
    for one, other in zip(before.inputs.classifiers, after.inputs.classifiers, strict=True):
        assert one.aucs == other.aucs
        assert np.array_equal(one.rates[0], other.rates[0])
    assert (before.point.fpr, before.point.tpr) == (after.point.fpr, after.point.tpr)
    assert after.point.precision < 0.2 < before.point.precision
    assert before.point.precision == pytest.approx(before.counts.precision, abs=1e-12)
    assert after.readings[0].average_precision < before.readings[0].average_precision


def test_what_is_drawn_between_points_has_the_area_that_is_told() -> None:
    for kind, name in (
        ("steps", "average_precision"),
        ("achievable", "achievable"),
        ("straight", "straight"),
    ):
        frame = of(f"between={kind}&reweigh=true&prevalence=0.2")
        for curve, reading in zip(frame.curves, frame.readings, strict=True):
            drawn = np.trapezoid(curve[:, 1], curve[:, 0])
            assert drawn == pytest.approx(getattr(reading, name), abs=2e-3 if kind == "achievable" else 1e-12)


def test_the_cheapest_point_lies_on_the_iso_cost_line_and_no_other_above_it() -> None:
    frame = of(MADE + "&cost_fn=5&reweigh=true&prevalence=0.1")
    fpr, tpr = frame.classifier.rates
    above = tpr - (frame.cheap.tpr + frame.cheap.slope * (fpr - frame.cheap.fpr))
    assert above.max() <= 1e-12
    assert frame.cheap.slope == pytest.approx(0.9 / 0.5)
    assert math.isinf(of("cost_fn=0").cheap.slope)


def test_a_place_in_the_plane_is_the_nearest_threshold() -> None:
    each = of("").classifier
    for i in (1, 5, len(each.scored.thresholds) - 1):
        fpr, tpr = (axis[i] for axis in each.rates)
        assert nearest(each, fpr + 1e-4, tpr - 1e-4) == each.scored.thresholds[i]
    assert each.scored.ranking.called(nearest(each, 0.0, 0.0)) == (0, 0)


def test_steps_along_the_curve_visit_every_point() -> None:
    each = of("").classifier
    threshold, seen = 2.0, []
    for _ in each.scored.thresholds:
        seen.append(each.scored.ranking.called(threshold))
        threshold = beside(each, threshold, 1)
    assert seen == list(zip(each.scored.tps, each.scored.fps, strict=True))
    assert beside(each, threshold, 1) == threshold
    assert each.scored.ranking.called(beside(each, 2.0, -1)) == (0, 0)


def test_a_file_with_one_score_has_one_classifier(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("label,score\n1,3\n0,1\n1,2\n0,2.5\n", encoding="utf-8")
    frame = run(RocConfig(data=Source(path=str(path)), classifier="b"))
    assert len(frame.readings) == 1
    assert frame.which == 0
    assert frame.readings[0].auc == 0.75
    path.write_text("label,score,score_b\n1,3,1\n0,1,2\n1,2,4\n0,2.5,3\n", encoding="utf-8")
    frame = run(RocConfig(data=Source(path=str(path)), classifier="b"))
    assert [reading.auc for reading in frame.readings] == [0.75, 0.5]
    assert frame.which == 1


def test_prepare_shows_the_curves_before_the_resamples() -> None:
    items = list(prepare(from_query(RocConfig, MADE + "&cases=20000&replicates=200")))
    versions = [each for each in items if isinstance(each, RocInputs)]
    assert [len(each.drawn) for each in versions] == [0, 200]
    assert items.count(None) > 2


def test_a_step_of_a_drag_takes_little() -> None:
    config = RocConfig()
    next(compare(config))
    start = time.thread_time()
    for step in range(20):
        next(compare(replace(config, "points", ((step / 20, 0.3, 1), *config.points))))
    assert time.thread_time() - start < 20 * 0.008  # measured: 2 ms each


def test_equations_hold_the_numbers_and_name_their_lines() -> None:
    frame = of("iso_cost=true")
    shown = frame.explain(from_query(RocConfig, "iso_cost=true"))
    values = {e.tag: e.values for e in shown}
    assert values["wins"] == {"wins": 114, "ties": 3, "pairs": 144, "auc": 231 / 288}
    assert values["area"]["twice"] == 231
    assert values["ranks"]["u"] == 231
    assert {"DeLong's variance", "precision at prevalence", "average precision", "iso-cost slope"} <= set(
        values
    )
    for equation in shown:
        module, _, name = equation.function.partition(":")
        source = Path(module.replace(".", "/") + ".py").read_text(encoding="utf-8")
        assert f"def {name}(" in source
        assert f"#: {equation.tag}\n" in source
