"""What the calibration scene computes while a slider moves, and a file of predictions."""

from __future__ import annotations

import numpy as np

from bench import Pair, benchmark
from core.evaluation.calibration import luck, reliability
from core.evaluation.predictions import parse_predictions


@benchmark("band of luck, 2,500 answers in 10 bins, against half a frame", bound=1.0)
def band() -> Pair:
    said = np.random.default_rng(0).integers(30, 101, 2500) / 100
    return lambda: luck(said), 8.0


@benchmark("reliability, 1e6 answers in 10 bins, against numpy.histogram thrice", bound=1.5)
def bins() -> Pair:
    rng = np.random.default_rng(0)
    said = rng.random(1_000_000)
    right = rng.random(1_000_000) < said

    hits = right.astype(float)

    def reference() -> list[np.ndarray]:
        edges = np.linspace(0, 1, 11)
        return [np.histogram(said, edges, weights=each)[0] for each in (None, said, hits)]

    table = reliability(said, right)
    assert np.allclose(table.count, reference()[0])
    return lambda: reliability(said, right), reference


@benchmark("100,000 predictions of a CSV file read and checked, against a second", bound=1.0, rounds=3)
def predictions() -> Pair:
    rng = np.random.default_rng(0)
    said, right = rng.random(100_000).round(3), rng.integers(0, 2, 100_000)
    rows = [f"q{i},{c},{r}" for i, (c, r) in enumerate(zip(said, right, strict=True))]
    text = "\n".join(["id,confidence,correct", *rows])
    return lambda: parse_predictions(text, "predictions.csv"), 1000.0
