"""The learning-rate map against what is exactly known, and its measurement on made-up contractions."""

import numpy as np
import pytest

from core.config import fields, get, replace
from core.optimization.rates import (
    RatesConfig,
    axes,
    chosen,
    contraction,
    optimizer_of,
    prepare,
    rates,
    spectral_radius,
    surface_of,
    theory,
)
from core.trace import Trace


def finest(config):
    *_, last = prepare(config)
    return last


def geometric(factor, count=41, every=5):
    """Samples of a run that comes to the origin by a constant factor per step: shape (count, 2, 1)."""
    d = factor ** np.arange(0.0, every * count, every)
    return np.stack([3 * d, -4 * d], axis=1)[:, :, None]


@pytest.mark.parametrize("factor", [0.01, 0.3, 0.9, 0.999, 1.0])
def test_a_constant_contraction_is_read_exactly(factor):
    read = contraction(geometric(factor), np.zeros((1, 2)), 5)
    np.testing.assert_allclose(read, factor, rtol=1e-9)


def test_divergence_is_told_from_slowness():
    origin = np.zeros((1, 2))
    assert np.isnan(contraction(geometric(1.01), origin, 5))
    overflowing = np.concatenate([geometric(1e3, 10), np.full((3, 2, 1), np.inf), np.full((3, 2, 1), np.nan)])
    assert np.isnan(contraction(overflowing, origin, 5))


def test_a_run_that_has_arrived_is_measured_up_to_its_arrival():
    """Rounding holds the distance at 1e-16 from then on; the factor must not read 1."""
    samples = np.maximum(np.abs(geometric(0.5)), 1e-16)
    np.testing.assert_allclose(contraction(samples, np.zeros((1, 2)), 5), 0.5, rtol=0.02)


def test_distance_is_to_the_minimum_where_the_run_ends():
    minima = np.array([[0.0, 0.0], [10.0, 0.0]])
    samples = geometric(0.9) + np.array([10.0, 0.0])[None, :, None]
    np.testing.assert_allclose(contraction(samples, minima, 5), 0.9, rtol=1e-9)


def test_a_run_that_starts_on_the_minimum_reads_zero():
    assert contraction(np.zeros((41, 2, 1)), np.zeros((1, 2)), 5) == 0.0


@pytest.mark.parametrize("optimizer", ["momentum", "nesterov"])
@pytest.mark.parametrize("surface", ["quadratic", "booth"])
def test_the_measured_map_is_the_theory(optimizer, surface):
    config = RatesConfig(surface=surface, optimizer=optimizer, resolution=64, steps=400, condition=20.0)
    seen, exact = finest(config), theory(config)
    stable = exact.predicted < 1
    # A factor of 1.003 makes 3.3 of 1 in 400 steps: nearer to the boundary a run cannot show its side.
    clear = np.abs(exact.predicted - 1) > 3e-3
    np.testing.assert_array_equal(seen.diverged[clear], ~stable[clear])
    error = np.abs(seen.rate - exact.predicted)[stable & clear]
    assert np.median(error) < 1e-4
    # Near the optimum the two factors of an axis are equal and d falls as t * rate^t: it reads high.
    assert np.quantile(error, 0.99) < 0.03
    assert error.max() < 0.1


@pytest.mark.parametrize("optimizer", ["momentum", "nesterov"])
def test_the_spectral_radius_is_that_of_the_update_matrix(optimizer):
    """The update of (x, v) along one axis, as the optimizer's docstring states it."""
    rng = np.random.default_rng(1)
    for rate, beta, c in rng.uniform([0, 0, 0.1], [2, 1, 3], (200, 3)):
        ahead = beta if optimizer == "nesterov" else 1.0
        own = 1.0 if optimizer == "nesterov" else 0.0
        matrix = np.array([[1 - rate * (own * c + ahead * c), -rate * ahead * beta], [c, beta]])
        expected = np.abs(np.linalg.eigvals(matrix)).max()
        assert float(spectral_radius(optimizer, rate, beta, c)) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("optimizer", ["momentum", "nesterov"])
@pytest.mark.parametrize("condition", [4.0, 20.0, 300.0])
def test_the_stated_optimum_and_boundary_are_those_of_the_spectral_radius(optimizer, condition):
    config = RatesConfig(optimizer=optimizer, condition=condition)
    exact = theory(config)
    own = exact.best["heavy_ball" if optimizer == "momentum" else "nesterov"]

    def radius(rate, beta):
        return max(float(spectral_radius(optimizer, rate, beta, c)) for c in (1.0, condition))

    assert radius(own.learning_rate, own.beta) == pytest.approx(own.rate, abs=1e-6)
    rng = np.random.default_rng(0)
    for _ in range(300):  # nothing nearby or far is faster
        beta = rng.uniform(0, 0.999)
        rate = own.learning_rate * np.exp(rng.normal(scale=0.5))
        assert radius(rate, beta) >= own.rate - 1e-9
    plain = exact.best["gradient_descent"]
    assert radius(plain.learning_rate, 0.0) == pytest.approx(plain.rate)
    for edge, beta in zip(exact.boundary[::17], axes(config)[1][::17], strict=True):
        assert radius(edge * 0.999, beta) < 1 < radius(edge * 1.001, beta)


@pytest.mark.parametrize("optimizer", ["momentum", "nesterov"])
def test_at_critical_damping_the_roots_meet(optimizer):
    config = RatesConfig(optimizer=optimizer)
    rates = axes(config)[0]
    for curvature, betas in zip((1.0, 20.0), theory(config).critical, strict=True):
        for rate, beta in zip(rates[::9], betas[::9], strict=True):
            if np.isfinite(beta) and beta < 1:  # there the radius is sqrt(determinant) and has a kink
                shrink = 1 - rate * curvature
                determinant = beta * shrink if optimizer == "nesterov" else beta
                expected = pytest.approx(np.sqrt(determinant), abs=1e-6)
                assert float(spectral_radius(optimizer, rate, beta, curvature)) == expected


def test_gradient_descent_at_its_best_is_the_textbook_rate():
    config = RatesConfig(condition=10.0, second_low=0.0, resolution=32)
    exact = theory(config)
    assert exact.best["gradient_descent"].learning_rate == pytest.approx(2 / 11)
    assert exact.best["gradient_descent"].rate == pytest.approx(9 / 11)


def test_nothing_is_claimed_where_nothing_is_known():
    assert theory(RatesConfig(surface="beale")) is None
    assert theory(RatesConfig(optimizer="adam")) is None


def test_the_first_picture_is_the_whole_map_and_pixels_keep_their_value():
    versions = list(prepare(RatesConfig(resolution=64, surface="rosenbrock")))
    assert len(versions) >= 2
    done = [each.done for each in versions]
    assert done[0] <= 1 / 16
    assert done == sorted(done)
    assert done[-1] == 1
    first, last = versions[0], versions[-1]
    assert len({id(each) for each in versions}) == len(set(done))  # the same version again, not a copy
    np.testing.assert_array_equal(first.rate[::4, ::4], last.rate[::4, ::4])
    np.testing.assert_array_equal(first.rate, np.kron(first.rate[::4, ::4], np.ones((4, 4))))
    assert not last.rate.flags.writeable


@pytest.mark.parametrize("optimizer", ["momentum", "rmsprop", "adam", "amsgrad"])
def test_playing_a_pixel_plays_the_run_that_was_measured(optimizer):
    config = RatesConfig(optimizer=optimizer, surface="himmelblau", resolution=32, rate_high=0.02)
    seen = finest(config)
    i, j = 13, 20
    selected = (float(seen.learning_rates[j]), float(seen.seconds[i]))
    config = replace(config, "selected", selected)
    assert seen.nearest(selected) == (i, j)
    trace = Trace(rates, config).run()
    positions = trace.series("position")
    assert len(positions) == 201
    read = contraction(positions[::5, :, None], surface_of(config).minimum_points, 5)
    np.testing.assert_array_equal(read, seen.rate[i, j])


def test_a_resumed_run_is_bit_exact():
    config = RatesConfig(optimizer="adam", surface="beale", selected=(0.05, 0.9))
    whole = list(rates(config))
    behind = list(rates(config, None, whole[70]))
    assert behind[0].step == 71
    np.testing.assert_array_equal([f.position for f in behind], [f.position for f in whole[71:]])
    for mine, other in zip(behind, whole[71:], strict=True):
        assert np.array_equal(mine.update.new_state.v, other.update.new_state.v)


def test_a_diverging_run_ends_before_it_leaves():
    frames = list(rates(RatesConfig(surface="rosenbrock", selected=(0.5, 0.9))))
    assert frames[-1].diverged
    assert not any(f.diverged for f in frames[:-1])
    assert len(frames) < 10
    assert list(rates(RatesConfig(), None, frames[-1])) == []
    assert np.isfinite([f.loss for f in frames]).all()


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_the_equations_end_in_the_next_position(optimizer):
    config = RatesConfig(surface="beale", optimizer=optimizer, selected=(0.01, 0.9))
    *_, before, after = (frame for frame, _ in zip(rates(config), range(20), strict=False))
    assert before.explain(config)[-1].values["x_new"] == tuple(after.position)


@pytest.mark.parametrize("field", fields(RatesConfig), ids=lambda f: f.path)
def test_every_setting_to_both_ends(field):
    for end in field.ends:
        config = replace(RatesConfig(resolution=32), field.path, end)
        assert get(config, field.path) == end
        if field.role != "view" and field.path != "resolution":
            low, high = axes(config)[0][[0, -1]]
            assert 0 < low < high
            assert (np.diff(axes(config)[1]) > 0).all()
            last = finest(config)
            assert np.isfinite(last.rate[~last.diverged]).all()
            frame = next(iter(rates(config)))
            assert frame.step == 0
            assert optimizer_of(config, 0.1, 0.5).name == config.optimizer


def test_the_run_that_is_played_is_the_pixels():
    """What a pixel reads is how the run behind it fares, though another rate was asked for."""
    config = RatesConfig(selected=(0.095, 0.001), resolution=64)
    found = finest(config)
    i, j = found.nearest(config.selected)
    assert chosen(config) == (found.learning_rates[j], found.seconds[i])
    assert abs(chosen(config)[0] - 0.095) > 1e-4
    distances = np.array([frame.distance for frame in rates(config)])
    assert (distances[200] / distances[150]) ** (1 / 50) == pytest.approx(found.rate[i, j], rel=1e-3)
