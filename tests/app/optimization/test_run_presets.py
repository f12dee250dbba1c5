"""What the cards of the learning-rate map, the basins and the models promise, held against their runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from app.optimization.cards.basins import BASINS
from app.optimization.cards.models import MODELS
from app.optimization.cards.rates import RATES
from app.stage.scene import Card
from core.config import Config, from_query, replace
from core.optimization import basins, models, rates
from core.optimization.readings import reading
from core.trace import Trace


def config(card: Card, title: str, kind: type[Config]) -> Any:
    return from_query(kind, next(preset.query for preset in card.presets if preset.title == title))


def last(versions: Iterator[Any]) -> Any:
    *_, found = versions
    return found


def rate_map(title: str) -> Any:
    return last(rates.prepare(config(RATES, title, rates.RatesConfig)))


def digits(factor: Any) -> Any:
    """Steps for each decimal digit."""
    with np.errstate(divide="ignore"):
        return -1 / np.log10(np.clip(np.where(np.isnan(factor), 1.0, factor), 1e-12, 1 - 1e-15))


# --- the learning-rate map ------------------------------------------------------------------------


def test_heavy_ball_is_four_times_as_fast_where_theory_puts_it() -> None:
    found = rate_map("Heavy ball")
    i, j = found.best()
    best = found.theory.best["heavy_ball"]
    assert abs(np.log(found.learning_rates[j] / best.learning_rate)) < 0.06  # a pixel
    assert found.seconds[i] == pytest.approx(best.beta, abs=0.02)
    assert 4 < digits(found.rate[0]).min() / digits(found.rate[i, j]) < 5.5
    assert found.diverged[i, j + 2]


def test_a_round_bowl_is_fast_nearly_everywhere() -> None:
    fast = [(digits(rate_map(title).rate) < 20).mean() for title in ("Heavy ball", "Round bowl")]
    assert fast[1] > 2 * fast[0]


def test_a_narrow_bowl_needs_momentum() -> None:
    found = rate_map("Narrow bowl")
    assert digits(found.rate[0]).min() > 300
    i, j = found.best()
    assert found.seconds[i] > 0.8
    assert digits(found.rate[i, j]) < 30
    assert not found.diverged[found.nearest((0.0047, 0.0))]


def test_nesterovs_boundary_leans_the_other_way() -> None:
    assert (np.diff(rate_map("Nesterov").theory.boundary) < 0).all()
    assert (np.diff(rate_map("Heavy ball").theory.boundary) > 0).all()


def test_adam_seldom_flies_off_and_does_not_come_nearer_with_a_short_memory() -> None:
    found = rate_map("Adam")
    assert found.diverged.mean() < 0.01
    short, large = (found.seconds > 0.5) & (found.seconds < 0.9), found.learning_rates > 1
    corner = found.rate[np.ix_(short, large)]
    assert np.median(digits(corner)) > 500


def test_rosenbrock_is_ragged_and_needs_momentum() -> None:
    found = rate_map("Rosenbrock")
    assert found.theory is None
    turns = np.diff(found.diverged.astype(int), axis=1)
    assert (np.abs(turns).sum(axis=1) > 1).mean() > 0.1, "more than one edge in many rows"
    assert digits(found.rate[found.seconds < 0.5]).min() > 5 * digits(found.rate[found.seconds > 0.8]).min()


# --- basins ---------------------------------------------------------------------------------------


def basin_map(title: str) -> Any:
    return last(basins.prepare(config(BASINS, title, basins.BasinsConfig)))


def borders(found: Any) -> float:
    """Share of neighbouring pixels that end differently."""
    o = found.outcome
    return float(((o[1:] != o[:-1]).mean() + (o[:, 1:] != o[:, :-1]).mean()) / 2)


def test_four_valleys_share_the_map() -> None:
    shares = basin_map("Four valleys").shares()
    assert set(shares) == {0, 1, 2, 3}
    assert min(shares.values()) > 0.2


def test_momentum_folds_the_borders_and_large_steps_break_them() -> None:
    calm = borders(basin_map("Four valleys"))
    assert borders(basin_map("Momentum")) > 5 * calm
    fast = basin_map("Too fast")
    assert borders(fast) > 2 * calm
    middle = slice(32, 96)
    slow = basin_map("Four valleys")
    assert (fast.outcome[middle, middle] == slow.outcome[middle, middle]).mean() > 0.95, "only at the rim"


def test_nobody_leaves_the_saddle_from_the_ridge() -> None:
    setting = config(BASINS, "Saddle", basins.BasinsConfig)
    end = Trace(basins.basins, setting).run().series("position")[-1]
    assert np.abs(end).max() < 1e-3
    end = Trace(basins.basins, replace(setting, "start", (2.0, 0.01))).run().series("position")[-1]
    assert end[1] > 1.3


def test_one_start_in_a_hundred_finds_the_best_of_the_egg_box() -> None:
    found = basin_map("Egg box")
    shares = found.shares()
    assert len([k for k in shares if k >= 0]) == 121
    assert 0.005 < shares[0] < 0.015


# --- models ---------------------------------------------------------------------------------------


def trained(title: str, **changes: Any) -> Any:
    setting = config(MODELS, title, models.ModelsConfig)
    for path, value in changes.items():
        setting = replace(setting, path, value)
    return last(models.train(setting, models.prepared(setting)))


def losses(frame: Any) -> dict[str, float]:
    return dict(zip(frame.runners, frame.objective.tolist(), strict=True))


def test_adagrad_knows_the_rare_words() -> None:
    frame = trained("Rare words")
    lost = losses(frame)
    assert lost["adagrad"] == min(lost.values())
    assert lost["adagrad"] < lost["momentum"] - 0.01
    read = reading(frame.inputs)
    assert read is not None
    size = np.abs(read.values(frame))
    rare = read.sizes <= 5
    ahead = size[:, frame.runners.index("adagrad")] / size[:, frame.runners.index("gradient_descent")]
    assert np.median(ahead[rare]) > 1.5
    assert 0.7 < np.median(ahead[read.sizes > 40]) < 1.2


ADAPTIVE, OTHERS = ("adagrad", "rmsprop", "adam"), ("gradient_descent", "momentum", "nesterov")


def test_a_rate_for_each_feature_undoes_unlike_units() -> None:
    lost = losses(trained("Unlike units"))
    assert max(lost[name] for name in ADAPTIVE) < min(lost[name] for name in OTHERS)


def test_but_not_correlations() -> None:
    lost = losses(trained("Correlated"))
    assert lost["nesterov"] == min(lost.values())


def test_the_network_learns() -> None:
    assert (trained("Small network").held_out_score > 0.9).all()


def test_the_proximal_step_holds_half_the_weights_at_zero() -> None:
    exact, other = trained("Exact zeros"), trained("Exact zeros", l1_step="subgradient")
    unused = int((~exact.inputs.training.x.any(axis=0)).sum())
    assert (exact.zeros > 0.45 * exact.params.shape[1]).all()
    assert (other.zeros <= unused).all()


def test_a_rate_changed_midway_bends_the_curve_from_there() -> None:
    setting = config(MODELS, "Hands on", models.ModelsConfig)
    trace = Trace(models.train, setting, models.prepared(setting)).run(151)
    other = trace.fork(150, replace(setting, "gradient_descent.learning_rate", 0.3)).run()
    same = trace.fork(150, setting).run()
    mine, theirs = other.series("objective")[:, 0], same.series("objective")[:, 0]
    np.testing.assert_array_equal(mine[:151], theirs[:151])
    assert mine[151] != theirs[151]
