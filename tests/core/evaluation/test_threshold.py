import math
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from core.config import Source, from_query, replace
from core.datasets import DataError
from core.evaluation.cases import histogram, normal_cases
from core.evaluation.confusion import Counts
from core.evaluation.order import rank
from core.evaluation.threshold import (
    ThresholdConfig,
    ThresholdFrame,
    ThresholdInputs,
    best_f,
    call,
    cheapest,
    f_surface,
    prepare,
)
from core.trace import Trace


def run(config: ThresholdConfig) -> tuple[ThresholdInputs, ThresholdFrame]:
    *_, inputs = prepare(config)
    assert inputs is not None
    frame = Trace(call, config, inputs).run(1).frame(0)
    assert isinstance(frame, ThresholdFrame)
    return inputs, frame


def of(query: str) -> tuple[ThresholdInputs, ThresholdFrame]:
    return run(from_query(ThresholdConfig, query))


def test_the_frame_is_the_confusion_matrix_of_its_threshold() -> None:
    cases = normal_cases(500, 0.3, 1.5, 1.0, seed=4)
    for threshold in (-9.0, -0.3, 0.0, 0.77, 2.0, 9.0):
        _, frame = of(f"cases=500&seed=4&threshold={threshold}")
        assert frame.counts == Counts.of(cases.positive, cases.scores[0] >= threshold)
        assert frame.rates["f_beta"].value == frame.counts.f_beta(2.0)


@pytest.mark.parametrize(
    "query", ["", "cases=20", "cases=300&prevalence=0.02", "spread=3&separation=0.5", "separation=0"]
)
@pytest.mark.parametrize("costs", [(1.0, 1.0), (1.0, 20.0), (5.0, 0.5), (0.0, 1.0), (1.0, 0.0)])
def test_the_best_thresholds_on_the_hull_are_the_best_of_all(query: str, costs: tuple[float, float]) -> None:
    inputs, _ = of(query)
    ranking = inputs.scored.ranking
    everywhere = [
        Counts(int(tp), int(fp), ranking.positives - int(tp), ranking.negatives - int(fp))
        for tp, fp in zip([0, *ranking.tps], [0, *ranking.fps], strict=True)
    ]
    found = cheapest(inputs.scored, *costs)
    assert found.value == pytest.approx(min(c.expected_cost(*costs) for c in everywhere), abs=1e-12)
    for beta in (0.3, 1.0, 4.0):
        best = best_f(inputs.scored, beta)
        assert best.value == pytest.approx(max(c.f_beta(beta) for c in everywhere), abs=1e-12)
        tp, fp = ranking.called(best.threshold)
        at = Counts(tp, fp, ranking.positives - tp, ranking.negatives - fp)
        assert at.f_beta(beta) == pytest.approx(best.value, abs=1e-12)


def test_charts_are_the_rates_at_their_thresholds() -> None:
    cases = normal_cases(200, 0.4, 1.0, 1.0, seed=1)
    inputs, _ = of("cases=200&prevalence=0.4&separation=1&seed=1")
    sweep = inputs.sweep
    for i in range(0, len(sweep.thresholds), 40):
        called = cases.scores[0] >= sweep.thresholds[i]
        assert sweep.curve("accuracy")[i] == pytest.approx(metrics.accuracy_score(cases.positive, called))
        assert sweep.curve("recall")[i] == pytest.approx(metrics.recall_score(cases.positive, called))
        f1 = metrics.f1_score(cases.positive, called, zero_division=0)
        assert sweep.curve("f1")[i] == pytest.approx(f1)
        counts = Counts.of(cases.positive, called)
        assert sweep.cost(2, 3)[i] == pytest.approx(counts.expected_cost(2, 3))
    assert math.isnan(sweep.curve("precision")[-1])


def test_f_surface_is_the_harmonic_mean() -> None:
    surface = f_surface(nodes=5)
    assert surface[0, 0] == 0.0
    assert surface[-1, -1] == 1.0
    assert surface[1, 3] == pytest.approx(2 * 0.25 * 0.75, abs=1e-15)  # precision 1/4, recall 3/4
    assert f_surface(2.0, nodes=5)[1, 3] == pytest.approx(5 * 0.25 * 0.75 / (4 * 0.25 + 0.75), abs=1e-15)


def test_histograms_hold_every_case_once() -> None:
    for cases, spread in ((20, 1.0), (5000, 4.0)):
        ranking = rank(*(normal_cases(cases, 0.3, 1.0, spread, 0)[i] for i in (0,)), np.arange(cases) / 7)
        made = histogram(ranking)
        assert made.positives.sum() == ranking.positives
        assert made.negatives.sum() == ranking.negatives
        assert made.edges[0] <= ranking.thresholds[-1]
        assert made.edges[-1] > ranking.thresholds[0]
        assert 2 <= len(made.edges) <= 63
    constant = histogram(rank([0, 1, 1], [0.5, 0.5, 0.5]))
    assert constant.positives.sum() == 2


def test_a_class_keeps_its_cases_when_the_balance_changes() -> None:
    few, many = (normal_cases(1000, share, 1.0, 1.0, 3) for share in (0.1, 0.5))
    assert np.array_equal(few.scores[0][few.positive], many.scores[0][many.positive][:100])
    assert np.array_equal(few.scores[0][~few.positive][:500], many.scores[0][~many.positive])


def test_a_readers_file_is_read_and_its_threshold_is_one_half(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("label;score\nspam;0,9\nham;0,2\nspam;0,4\nham;0,6\n", encoding="utf-8")
    inputs, frame = run(ThresholdConfig(data=Source(path=str(path))))
    assert frame.threshold == 0.5
    assert frame.counts == Counts(tp=1, fp=1, fn=1, tn=1)
    assert (inputs.scored.positive_label, inputs.scored.negative_label) == ("spam", "ham")
    path.write_text("label,score\n1,0.5\n0,high\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 3: expected a number"):
        list(prepare(ThresholdConfig(data=Source(path=str(path)))))


def test_a_threshold_over_a_million_cases_is_a_binary_search() -> None:
    config = ThresholdConfig(cases=1_000_000)
    *_, inputs = prepare(config)
    start = time.thread_time()
    for step in range(100):
        next(call(replace(config, "threshold", step / 50), inputs))
    assert time.thread_time() - start < 0.4  # 4 ms each at most; measured: 0.1


def test_equations_hold_the_counts_of_the_moment() -> None:
    _, frame = of("threshold=9&more=true")
    shown = {e.tag: e for e in frame.explain(from_query(ThresholdConfig, "threshold=9&more=true"))}
    assert shown["precision"].values == {"tp": 0, "fp": 0, "value": "0/0"}
    assert shown["accuracy"].values == {"tp": 0, "tn": 700, "n": 1000, "value": 0.7}
    assert {"F-beta", "Matthews", "balanced accuracy", "cost"} <= set(shown)
    source = Path("core/evaluation/confusion.py").read_text(encoding="utf-8")
    for equation in shown.values():
        assert f"#: {equation.tag}\n" in source
