"""The map of basins: each pixel is where its own run ends, by the stated rule."""

import numpy as np
import pytest

from core.config import ConfigError, fields, replace
from core.optimization.basins import (
    DIVERGED,
    MOVING,
    SADDLE,
    UNDEFINED,
    BasinsConfig,
    basins,
    judged,
    optimizer_of,
    prepare,
    surface_of,
    tints,
)
from core.optimization.race import minimize
from core.optimization.surfaces import SURFACES
from core.trace import Trace


def finest(config):
    *_, last = prepare(config)
    return last


@pytest.mark.parametrize("optimizer", ["gradient_descent", "momentum", "nesterov", "rmsprop", "adam"])
@pytest.mark.parametrize("surface", ["himmelblau", "six_hump_camel", "rastrigin"])
def test_a_pixel_is_the_outcome_of_its_own_run(surface, optimizer):
    config = BasinsConfig(surface=surface, optimizer=optimizer, resolution=32, steps=200, learning_rate=0.002)
    seen = finest(config)
    rng = np.random.default_rng(0)
    for i, j in rng.integers(0, 32, (12, 2)):
        route = minimize(SURFACES[surface], optimizer_of(config), (seen.x[j], seen.y[i]), 200)
        ends = np.linalg.norm(SURFACES[surface].minimum_points - route[-1], axis=1)
        width = max(high - low for low, high in SURFACES[surface].domain)
        if seen.outcome[i, j] >= 0:
            assert ends.argmin() == seen.outcome[i, j]
            assert ends.min() <= 0.01 * width
            here = np.linalg.norm(route - SURFACES[surface].minimum_points[ends.argmin()], axis=1)
            inside = here[:: 200 // 50] <= 0.01 * width
            since = int(seen.arrival[i, j]) // (200 // 50)
            assert inside[since:].all()
            assert since == 0 or not inside[since - 1]
        else:
            assert ends.min() > 0.01 * width or seen.outcome[i, j] == DIVERGED
            assert np.isnan(seen.arrival[i, j])


def test_gradient_descent_in_small_steps_reaches_every_minimum_from_its_own_quarter():
    seen = finest(BasinsConfig(resolution=64, learning_rate=0.005))
    assert set(seen.shares()) == {0, 1, 2, 3}
    minima = SURFACES["himmelblau"].minima
    for k, minimum in enumerate(minima):
        assert seen.outcome[seen.at(minimum.position)] == k
        assert seen.arrival[seen.at(minimum.position)] == 0
    assert sum(seen.shares().values()) == pytest.approx(1)


def test_the_surface_is_symmetric_and_so_are_its_basins():
    outcome = finest(BasinsConfig(surface="saddle", resolution=32)).outcome
    np.testing.assert_array_equal(outcome, (1 - outcome)[::-1])
    np.testing.assert_array_equal(outcome, outcome[:, ::-1])


def test_saddle_divergence_and_being_on_the_way_are_told_apart():
    surface = SURFACES["saddle"]
    ends = np.array([[0.0, 0.0], [0.0, 2**0.5], [0.0, 1.0], [np.nan, 0.0], [1e9, 0.0], [0.0, -(2**0.5)]])
    samples = np.stack([np.ones((6, 2)) * 2, ends, ends]).transpose(0, 2, 1)
    outcome, arrival = judged(samples, surface, 10)
    assert outcome.tolist() == [SADDLE, 1, MOVING, DIVERGED, DIVERGED, 0]
    np.testing.assert_array_equal(arrival, [np.nan, 10, np.nan, np.nan, np.nan, 10])


def test_who_starts_on_the_ridge_stays_on_the_saddle():
    config = BasinsConfig(surface="saddle", start=(2.0, 0.0), learning_rate=0.02)
    end = Trace(basins, config).run().series("position")[-1]
    np.testing.assert_allclose(end, 0.0, atol=1e-3)
    nudged = replace(config, "start", (2.0, 1e-3))
    end = Trace(basins, nudged).run().series("position")[-1]
    np.testing.assert_allclose(end, (0, 2**0.5), atol=0.01)


def test_the_run_that_is_played_ends_where_its_pixel_says():
    config = BasinsConfig(optimizer="momentum", resolution=64)
    seen = finest(config)
    for i, j in [(3, 60), (40, 20), (31, 32)]:
        start = (float(seen.x[j]), float(seen.y[i]))
        trace = Trace(basins, replace(config, "start", start), seen).run()
        end = trace.frame(trace.available - 1)
        assert seen.outcome[i, j] == (DIVERGED if end.diverged else end.minimum)


def test_neighbouring_minima_have_different_colours():
    assert tints(SURFACES["himmelblau"].minimum_points, 6) == (0, 1, 2, 3)
    minima = SURFACES["rastrigin"].minimum_points
    chosen = np.array(tints(minima, 6))
    apart = np.linalg.norm(minima[:, None] - minima, axis=-1)
    assert not ((apart < 1.2) & (apart > 0) & (chosen[:, None] == chosen)).any()


def test_paler_means_later():
    seen = finest(BasinsConfig(resolution=32))
    speed = seen.speed()
    assert speed.min() >= 0
    assert speed.max() <= 1
    late, soon = np.nanargmax(seen.arrival), np.nanargmin(seen.arrival)
    assert speed.flat[late] < speed.flat[soon]


def test_a_typed_surface_has_basins_too():
    config = BasinsConfig(surface="formula", formula="(x^2-1)^2 + y^2", reach=2.0, resolution=32)
    seen = finest(config)
    left = seen.surface.minimum_points[:, 0].argmin()
    assert (seen.outcome[:, :16] == left).all()
    assert (seen.outcome[:, 16:] == 1 - left).all()


def test_a_refused_formula_is_one_sentence():
    with pytest.raises(ConfigError, match=r"^[^\n]+$") as caught:
        next(prepare(BasinsConfig(surface="formula", formula="__import__('os')")))
    assert caught.value.path == "formula"
    with pytest.raises(ConfigError):
        replace(BasinsConfig(), "formula", "x" * 500)


def test_a_surface_without_minima_has_no_basins():
    seen = finest(BasinsConfig(surface="formula", formula="x + y", resolution=32))
    assert (seen.outcome == MOVING).all()


def test_the_first_picture_is_the_whole_map_and_pixels_keep_their_value():
    versions = list(prepare(BasinsConfig(resolution=64)))
    first, last = versions[0], versions[-1]
    assert first.done == 1 / 16
    assert last.done == 1
    np.testing.assert_array_equal(first.outcome, np.kron(first.outcome[::4, ::4], np.ones((4, 4))))
    np.testing.assert_array_equal(first.outcome[::4, ::4], last.outcome[::4, ::4])


@pytest.mark.parametrize("field", fields(BasinsConfig), ids=lambda f: f.path)
def test_every_setting_to_both_ends(field):
    for end in field.ends:
        config = replace(BasinsConfig(resolution=32), field.path, end)
        if field.role != "view":
            last = finest(config)
            assert last.outcome.min() >= DIVERGED
            assert last.outcome.max() < max(1, len(surface_of(config).minima))
            assert next(iter(basins(config, last))).step == 0


def test_where_the_loss_has_no_value_no_run_begins():
    seen = finest(BasinsConfig(surface="formula", formula="sqrt(x) + y^2 + x", resolution=32, steps=100))
    empty = seen.outcome == UNDEFINED
    np.testing.assert_array_equal(empty, np.broadcast_to(seen.x < 0, empty.shape))
    assert seen.shares()[UNDEFINED] == 0.5
