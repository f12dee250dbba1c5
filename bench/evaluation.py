"""Ranking ten million scores against scikit-learn, a threshold under the hand, a reader's file of scores."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from bench.harness import Pair, benchmark
from bench.interaction import window

Array = np.ndarray

FRAMES = 120


def scores_of(count: int, dtype: type) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    y = (rng.random(count) < 0.3).astype(int)
    return y, (rng.normal(size=count) + y).astype(dtype)


def ranking(count: int, dtype: type) -> Pair:
    """AUC and both curves, each from the scores as they come; they must agree."""
    from sklearn import metrics

    from core.evaluation.ranking import precision_recall_curve, roc_auc, roc_curve

    y, scores = scores_of(count, dtype)

    def ours() -> object:
        return roc_auc(y, scores), roc_curve(y, scores), precision_recall_curve(y, scores)

    def theirs() -> object:
        return (
            metrics.roc_auc_score(y, scores),
            metrics.roc_curve(y, scores),
            metrics.precision_recall_curve(y, scores),
        )

    few = slice(0, 10_000)
    for mine, other in zip(
        roc_curve(y[few], scores[few]), metrics.roc_curve(y[few], scores[few]), strict=True
    ):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-12)
    return ours, theirs


@benchmark(
    "AUC and both curves, 10^7 scores of float32, against scikit-learn", bound=0.45, unit="s", rounds=1
)
def ranking_single() -> Pair:
    return ranking(10_000_000, np.float32)


@benchmark(
    "AUC and both curves, 10^7 scores of float64, against scikit-learn", bound=0.45, unit="s", rounds=1
)
def ranking_double() -> Pair:
    return ranking(10_000_000, np.float64)


def drag(link: str, move) -> float:
    """Move something so many times; the 95th percentile of what a step takes to be on the screen, ms.

    Processor time of the window's thread, on which all of it happens: a crowded machine does not stretch it.
    """
    from PySide6.QtWidgets import QApplication

    with window(link) as lab:
        view, player = lab.stage.current.view, lab.player
        taken = []
        for step in range(FRAMES):
            start = time.thread_time()
            view.edited.emit(move(lab.stage.config, step / FRAMES))
            player.step(1 / 60)  # what the player's timer does, without waiting for it
            QApplication.processEvents()
            taken.append((time.thread_time() - start) * 1e3)
        return float(np.percentile(taken, 95))


@benchmark("drag the threshold over 10^6 cases, a frame against 16 ms", bound=1.0, unit="ms p95", rounds=3)
def dragging() -> Pair:
    import msgspec

    def move(config, share: float):
        return msgspec.structs.replace(config, threshold=-2 + 5 * share)

    return lambda: drag("evaluation/threshold?cases=1000000&chart=rates", move), lambda: 16.0


@benchmark("drag a case under two classifiers, a frame against 16 ms", bound=1.0, unit="ms p95", rounds=3)
def dragging_a_case() -> Pair:
    import msgspec

    def move(config, share: float):
        points = ((round(share, 2), 0.7, 1), *config.points[1:])
        return msgspec.structs.replace(config, points=points)

    return lambda: drag("evaluation/roc", move), lambda: 16.0


@benchmark("a file of 10^6 labels and scores, against numpy.loadtxt", bound=None, unit="s", rounds=5)
def reading() -> Pair:
    from core.evaluation.scores_file import read_scores

    y, scores = scores_of(1_000_000, np.float64)
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "scores.csv"
    path.write_text(
        "label,score\n" + "".join(f"{a},{b!r}\n" for a, b in zip(y.tolist(), scores.tolist(), strict=True))
    )

    def ours() -> object:
        assert folder is not None  # kept until the last call
        return read_scores(path)

    def theirs() -> object:
        return np.loadtxt(path, delimiter=",", skiprows=1)

    assert np.array_equal(read_scores(path).scores[0], np.loadtxt(path, delimiter=",", skiprows=1)[:, 1])
    return ours, theirs
