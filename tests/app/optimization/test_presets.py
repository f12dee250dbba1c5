"""Each preset shows what its card says one should see."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.optimization.cards.race import RACE
from app.optimization.cards.softmax import SOFTMAX
from core.config import from_query
from core.optimization.race import RaceConfig, race
from core.trace import Trace


def run(preset: int, more: str = "") -> tuple[tuple[str, ...], np.ndarray, Any]:
    """Names, distances to the nearest minimum (steps + 1, runners), and the last frame of a race."""
    query = "&".join(filter(None, (RACE.presets[preset].query, more)))
    trace = Trace(race, from_query(RaceConfig, query)).run()
    last: Any = trace.frame(trace.available - 1)
    return last.runners, trace.series("distances"), last


def steps_to_stay(distances: np.ndarray, tolerance: float = 1e-2) -> list[int | None]:
    """For each runner the step from which it stays within the tolerance, or None."""
    out = []
    for column in distances.T:
        outside = np.flatnonzero(column > tolerance)
        first = int(outside[-1]) + 1 if len(outside) else 0
        out.append(first if first < len(column) else None)
    return out


def test_a_narrow_bowl_everyone_arrives_and_nesterov_before_gradient_descent() -> None:
    names, distances, _ = run(0)
    steps = dict(zip(names, steps_to_stay(distances), strict=True))
    assert None not in steps.values()
    assert steps["nesterov"] < steps["gradient_descent"]  # type: ignore[operator]
    first_within = {name: int(np.argmax(distances[:, i] <= 1e-2)) for i, name in enumerate(names)}
    assert first_within["momentum"] < first_within["gradient_descent"]
    assert first_within["momentum"] < steps["momentum"], "it overshoots"  # type: ignore[operator]


def test_scaling_the_loss() -> None:
    names, distances, last = run(1)
    _, before, _ = run(0)
    for i, name in enumerate(names):
        if name in ("gradient_descent", "momentum", "nesterov"):
            assert last.diverged[i]
        else:
            assert np.allclose(distances[:, i], before[:, i], atol=1e-6)


def test_turning_the_axes() -> None:
    names, turned, _ = run(2)
    _, before, _ = run(0)
    was = dict(zip(names, steps_to_stay(before), strict=True))
    now = dict(zip(names, steps_to_stay(turned), strict=True))
    for name in ("gradient_descent", "momentum", "nesterov"):
        assert now[name] == was[name]
    for name in ("adam", "rmsprop"):
        assert 1.8 < now[name] / was[name] < 2.5  # type: ignore[operator]


def test_rosenbrocks_valley_only_momentum_and_adam_arrive() -> None:
    names, distances, last = run(3)
    steps = dict(zip(names, steps_to_stay(distances), strict=True))
    assert {name for name, step in steps.items() if step is not None} == {"momentum", "adam"}
    assert not last.diverged.any()


def test_adam_goes_wrong_and_amsgrad_does_not() -> None:
    names, _, last = run(4)
    where = dict(zip(names, last.positions[:, 0], strict=True))
    assert where["adam"] > 0.9
    assert where["amsgrad"] < -0.99


def test_the_own_formula_is_rosenbrocks() -> None:
    names, _, last = run(5)
    assert not last.diverged.any()
    assert "adam" in names


@pytest.mark.parametrize(
    ("preset", "half", "single", "double"),
    [
        (0, "overflow_to_nan", "none", "none"),
        (1, "sum_overflow_to_zero", "none", "none"),
        (2, "underflow_to_nan", "underflow_to_nan", "underflow_to_nan"),
        (3, "overflow_to_nan", "overflow_to_nan", "overflow_to_nan"),
    ],
)
def test_softmax_fails_as_the_card_says(preset: int, half: str, single: str, double: str) -> None:
    from core.optimization.softmax import SoftmaxConfig, compare

    (frame,) = compare(from_query(SoftmaxConfig, SOFTMAX.presets[preset].query))
    found = [frame.precision(name).failure for name in ("float16", "float32", "float64")]
    assert found == [half, single, double]
