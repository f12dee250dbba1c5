"""Which free minima give a zero, which budgets no lambda reaches: against solving point after point."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from core.regularization.balls import Mixture, Penalty, Power, Quadratic, quadratic, size
from core.regularization.frontier import frontier, gaps
from core.regularization.local_minima import constrained_minima, penalised_minima
from core.regularization.touching import constrained, penalised
from core.regularization.zero_regions import clip, zero_region

WINDOW = 3.0
KINKED = [Mixture(1.0), Mixture(0.7), Mixture(0.15), Power(0.5), Power(0.8)]


def solve(
    bowl: Quadratic, penalty: Penalty, *, strength: float | None = None, budget: float | None = None
) -> tuple[float, float]:
    """The solution, by the engine that knows no regions."""
    if isinstance(penalty, Power) and penalty.p < 1:
        if strength is not None:
            best = penalised_minima(bowl, penalty.p, strength)[0]
        else:
            assert budget is not None
            best = constrained_minima(bowl, penalty.p, budget)[0]
        return best.w1, best.w2
    if strength is not None:
        return penalised(bowl, penalty, strength)
    assert budget is not None
    return constrained(bowl, penalty, budget)[:2]


def holds(polygon: np.ndarray, x: float, y: float) -> bool:
    """Whether a point lies within (crossing number)."""
    (x1, y1), (x2, y2) = polygon.T, np.roll(polygon, -1, axis=0).T
    crosses = (y1 > y) != (y2 > y)
    with np.errstate(all="ignore"):
        return bool((crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)).sum() % 2)


HELD: list[dict[str, float]] = [{"strength": 0.4}, {"strength": 1.5}, {"budget": 0.5}, {"budget": 1.8}]


@pytest.mark.parametrize("penalty", KINKED, ids=str)
@pytest.mark.parametrize("held", HELD, ids=str)
def test_the_region_is_where_solutions_have_a_zero(penalty: Penalty, held: dict[str, float]) -> None:
    rng = np.random.default_rng(7)
    for rotation, stretch in ((25.0, 2.0), (-64.0, 5.0)):
        bowl = quadratic((0.0, 0.0), rotation, stretch)
        region = zero_region(bowl, penalty, window=WINDOW, **held)  # type: ignore[arg-type]
        wrong = zeros = 0
        points = rng.uniform(-WINDOW, WINDOW, (120, 2))
        for x, y in points.tolist():
            solution = solve(bowl._replace(c1=x, c2=y), penalty, **held)
            zero = 0.0 in solution
            zeros += zero
            wrong += zero == any(holds(piece, x, y) for piece in region.pieces)
        assert wrong <= (1 if isinstance(penalty, Power) else 0)  # a curve is drawn in straight pieces
        assert region.share == pytest.approx(zeros / len(points), abs=4 * math.sqrt(0.25 / len(points)))


@pytest.mark.parametrize("held", [{"strength": 0.8}, {"budget": 0.9}], ids=str)
@pytest.mark.parametrize("penalty", [Mixture(0.0), Power(1.5), Power(4.0)], ids=str)
def test_without_a_kink_there_are_lines_and_the_share_is_exactly_zero(
    penalty: Penalty, held: dict[str, float]
) -> None:
    bowl = quadratic((0.0, 0.0), 30.0, 3.0)
    region = zero_region(bowl, penalty, window=WINDOW, **held)  # type: ignore[arg-type]
    assert region.share == 0.0
    assert region.pieces == ()
    for zero, line in zip((1, 0), region.lines, strict=True):
        inside = line[np.abs(line).max(axis=1) < 20][1::7]
        for x, y in inside.tolist():
            solution = solve(bowl._replace(c1=x, c2=y), penalty, **held)
            assert abs(solution[zero]) < 1e-6


def test_shares_in_closed_form() -> None:
    bowl = quadratic((0.0, 0.0), 0.0, 1.0)
    for strength in (0.3, 1.0, 2.0):  # |c1| <= lambda or |c2| <= lambda
        share = zero_region(bowl, Mixture(1.0), window=WINDOW, strength=strength).share
        assert share == pytest.approx(1 - (1 - strength / WINDOW) ** 2, abs=1e-12)
    # t = 1: |c1| - |c2| > 1 or the other way round, four triangles with legs of 2
    assert zero_region(bowl, Mixture(1.0), window=WINDOW, budget=1.0).share == pytest.approx(
        16 / 36, abs=1e-12
    )
    assert zero_region(bowl, Mixture(1.0), window=WINDOW, strength=0.0).share == pytest.approx(0.0, abs=1e-12)
    assert zero_region(bowl, Power(0.5), window=WINDOW, strength=0.0).share == pytest.approx(0.0, abs=1e-12)
    assert zero_region(bowl, Mixture(1.0), window=WINDOW, strength=9.0).share == 1.0


def test_one_weight_below_one_half_in_closed_form() -> None:
    """On round ellipses each weight is by itself: it leaves zero where u^2 / 2 - |c| u + lambda u^p / p first
    gets below 0. For p = 1/2 that is at |c| = (3/2) lambda^(2/3) 2^(1/3): there u^(3/2) = 2 lambda."""
    strength = 0.4
    threshold = 1.5 * (2 * strength) ** (2 / 3)
    share = zero_region(quadratic((0.0, 0.0), 0.0, 1.0), Power(0.5), window=WINDOW, strength=strength).share
    assert share == pytest.approx(1 - (1 - threshold / WINDOW) ** 2, abs=2e-3)
    just_in, just_out = threshold * 0.9999, threshold * 1.0001
    assert penalised_minima(quadratic((just_in, 2.9), 0.0, 1.0), 0.5, strength)[0].w1 == 0.0
    assert penalised_minima(quadratic((just_out, 2.9), 0.0, 1.0), 0.5, strength)[0].w1 > 0.0


def test_either_a_strength_or_a_budget() -> None:
    bowl = quadratic((0.0, 0.0), 0.0, 1.0)
    for both in ({}, {"strength": 1.0, "budget": 1.0}):
        with pytest.raises(ValueError, match="strength or a budget"):
            zero_region(bowl, Mixture(1.0), window=WINDOW, **both)


def test_clipping() -> None:
    square = np.array([[-5.0, -5.0], [5.0, -5.0], [5.0, 5.0], [-5.0, 5.0]])
    assert sorted(map(tuple, clip(square, 1.0).tolist())) == [
        (-1.0, -1.0),
        (-1.0, 1.0),
        (1.0, -1.0),
        (1.0, 1.0),
    ]
    assert len(clip(square + 20.0, 1.0)) == 0
    inner = square / 10
    assert np.array_equal(clip(inner, 1.0), inner)


# --- the frontier ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("penalty", [*KINKED, Mixture(0.0), Power(1.4), Power(4.0)], ids=str)
def test_the_frontier_is_the_smallest_loss_of_each_budget(penalty: Penalty) -> None:
    bowl = quadratic((1.1, 1.9), 25.0, 3.0)
    free = size(penalty, bowl.c1, bowl.c2)
    curve = frontier(bowl, penalty, 1.2 * free, 61)
    assert (curve.budgets[0], curve.losses[0]) == (0.0, bowl.loss(0.0, 0.0))
    assert curve.budgets[-1] == pytest.approx(1.2 * free)
    assert curve.losses[-1] == 0.0
    assert np.all(np.diff(curve.losses) <= 0)
    for k in (3, 11, 25, 40, 52):
        budget = float(curve.budgets[k])
        best = solve(bowl, penalty, strength=None, budget=budget)
        assert curve.losses[k] == pytest.approx(bowl.loss(*best), abs=2e-5 * curve.losses[0])
        assert curve.penalties[k] == pytest.approx(float(penalty.phi(budget)))


@pytest.mark.parametrize("p", [0.5, 0.7, 0.9])
@pytest.mark.parametrize("rotation", [-70.0, -20.0, 25.0, 80.0])
def test_no_lambda_reaches_a_gap_and_every_jump_is_one(p: float, rotation: float) -> None:
    bowl, penalty = quadratic((1.3, -1.7), rotation, 2.5), Power(p)
    found = gaps(bowl, penalty)
    assert found
    reached = []
    for strength in np.geomspace(2e-3, 20.0, 250).tolist():
        best = penalised_minima(bowl, p, strength)[0]
        reached.append(size(penalty, best.w1, best.w2))
    for gap in found:
        assert not any(gap.low + 1e-9 < budget < gap.high - 1e-9 for budget in reached)
        assert gap.lower.value == pytest.approx(gap.upper.value, rel=1e-12)
        below, above = (penalised_minima(bowl, p, gap.strength * k)[0] for k in (1 - 1e-6, 1 + 1e-6))
        assert size(penalty, below.w1, below.w2) == pytest.approx(gap.high, rel=1e-3)
        assert size(penalty, above.w1, above.w2) == pytest.approx(gap.low, abs=1e-3)
    for before, after in itertools.pairwise(reached):
        if before - after > 0.25 * size(penalty, bowl.c1, bowl.c2):
            assert any(after - 1e-9 <= gap.low and gap.high <= before + 1e-9 for gap in found)


def test_one_weight_jumps_where_theory_says() -> None:
    """From u^(3/2) = 2 lambda at |c| = (3/2)(2 lambda)^(2/3): c = 2, lambda = (4/3)^(3/2) / 2, u = 4/3."""
    (first, *_) = gaps(quadratic((2.0, 0.3), 0.0, 1.0), Power(0.5))
    assert first.strength == pytest.approx((4 / 3) ** 1.5 / 2, rel=1e-12)
    assert (first.low, first.high) == (0.0, pytest.approx(4 / 3, rel=1e-12))


def test_a_convex_penalty_has_no_gaps() -> None:
    for penalty in (Mixture(1.0), Mixture(0.0), Power(1.2), Power(4.0)):
        assert gaps(quadratic((1.3, -1.7), 40.0, 2.5), penalty) == ()
