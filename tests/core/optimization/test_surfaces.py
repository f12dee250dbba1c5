"""The surfaces: exact gradients, every minimum stated, and how turning and scaling carry them along."""

import doctest
import time

import numpy as np
import pytest

from core.optimization import stationary
from core.optimization import surfaces as module
from core.optimization.surfaces import SURFACES, from_formula, quadratic, transformed

EVERY = pytest.mark.parametrize("name", SURFACES)

COUNTS = {  # minima, saddles; Ackley, Rastrigin, camel and Himmelblau counted by a separate Newton search
    "quadratic": (1, 0), "ravine": (1, 0), "rosenbrock": (1, 0), "beale": (1, 2), "himmelblau": (4, 4),
    "booth": (1, 0), "saddle": (2, 1), "styblinski_tang": (4, 4), "ackley": (121, 220),
    "rastrigin": (121, 220), "six_hump_camel": (6, 7), "plateau": (1, 0),
}  # fmt: skip


def inside(surface, count, seed=0):
    (x0, x1), (y0, y1) = surface.domain
    return np.random.default_rng(seed).uniform((x0, y0), (x1, y1), (count, 2))


def difference(surface, points, h=1e-6):
    """Fourth-order central differences of the value, (n, 2)."""
    columns = []
    for axis in np.eye(2):
        near = surface.value(points + h * axis) - surface.value(points - h * axis)
        far = surface.value(points + 2 * h * axis) - surface.value(points - 2 * h * axis)
        columns.append((8 * near - far) / (12 * h))
    return np.stack(columns, axis=-1)


def check_gradient(surface):
    points = inside(surface, 400)
    exact = surface.gradient(points)
    scale = 1 + np.abs(surface.value(points))[:, None]  # what a difference of values can resolve
    h = 1e-4
    assert np.all(np.abs(exact - difference(surface, points, h)) <= 1e-6 * np.maximum(scale, np.abs(exact)))


def check_stationary(surface):
    points = surface.minimum_points
    smooth = points if surface.name != "ackley" else points[~np.isclose(points, surface.centre).all(axis=1)]
    h = stationary.hessian(surface.partials, smooth, 1e-5)
    eigenvalues = np.linalg.eigvalsh(h)
    assert np.abs(surface.gradient(points)).max() < 1e-10 * max(1.0, eigenvalues.max())
    assert (eigenvalues > 0).all()
    if len(surface.saddles):
        bends = np.linalg.eigvalsh(stationary.hessian(surface.partials, surface.saddles, 1e-5))
        assert np.abs(surface.gradient(surface.saddles)).max() < 1e-10 * np.abs(bends).max()
        assert (bends[:, 0] < 0).all()
        assert (bends[:, 1] > 0).all()


def test_every_surface_of_the_lab_is_there():
    assert list(SURFACES) == list(COUNTS)
    assert all(key == surface.name for key, surface in SURFACES.items())


@EVERY
def test_gradient_equals_a_central_difference(name):
    check_gradient(SURFACES[name])


@EVERY
def test_minima_and_saddles_are_what_they_are_called(name):
    check_stationary(SURFACES[name])


@EVERY
def test_none_is_missing_inside_the_domain(name):
    surface = SURFACES[name]
    assert (len(surface.minima), len(surface.saddles)) == COUNTS[name]
    found = stationary.find_minima(surface.formula, surface.partials, surface.domain, grid=101)
    assert len(found) == len(surface.minima)
    apart = np.linalg.norm(found[:, None] - surface.minimum_points, axis=-1).min(axis=1)
    assert apart.max() < 1e-6


@EVERY
def test_minima_lie_in_the_domain_lowest_first_and_nothing_is_lower(name):
    surface = SURFACES[name]
    values = [m.value for m in surface.minima]
    assert surface.minima[0].is_global
    assert values == pytest.approx(sorted(values), abs=1e-9)
    np.testing.assert_array_equal(surface.value(surface.minimum_points), values)
    assert surface.value(inside(surface, 20_000)).min() >= values[0]
    (x0, x1), (y0, y1) = surface.domain
    for points in (surface.minimum_points, surface.saddles, np.atleast_2d(surface.start)):
        assert ((points >= (x0, y0)) & (points <= (x1, y1))).all()


def test_published_minima():
    lowest = {name: surface.minima[0] for name, surface in SURFACES.items()}
    assert lowest["rosenbrock"].position == (1, 1)
    assert lowest["beale"].position == (3, 0.5)
    assert lowest["booth"].position == (1, 3)
    assert lowest["styblinski_tang"].value == pytest.approx(2 * -39.16617, abs=1e-4)
    assert lowest["six_hump_camel"].value == pytest.approx(-1.0316, abs=1e-4)
    assert sorted(m.position for m in SURFACES["six_hump_camel"].minima if m.is_global) == [
        pytest.approx((-0.0898, 0.7126), abs=1e-4),
        pytest.approx((0.0898, -0.7126), abs=1e-4),
    ]
    assert sum(m.is_global for m in SURFACES["himmelblau"].minima) == 4
    for name in ("rosenbrock", "beale", "himmelblau", "booth", "ackley", "rastrigin", "plateau"):
        assert lowest[name].value == pytest.approx(0, abs=1e-25)


def test_ackleys_slope_does_not_vanish_towards_its_tip():
    ackley = SURFACES["ackley"]
    assert np.linalg.norm(ackley.gradient([1e-9, 1e-9])) == pytest.approx(2 * np.sqrt(2), rel=1e-6)
    assert ackley.gradient([0.0, 0.0]).tolist() == [0.0, 0.0]


@EVERY
def test_shapes(name):
    surface = SURFACES[name]
    grid = inside(surface, 12).reshape(3, 4, 2)
    value, gradient = surface.value_and_gradient(grid)
    assert value.shape == (3, 4)
    assert gradient.shape == (3, 4, 2)
    np.testing.assert_array_equal(gradient, surface.gradient(grid))
    assert surface.value(surface.start).shape == ()
    assert surface.gradient(surface.start).shape == (2,)
    assert surface.gradient([1e200, -1e200]).shape == (2,)  # overflows, without a warning


# --- turned and scaled ---------------------------------------------------------------------------


@EVERY
def test_turning_and_scaling_carry_everything_along(name):
    surface = SURFACES[name]
    turned = transformed(surface, rotation=0.7, loss_scale=3.0)
    check_gradient(turned)
    check_stationary(turned)
    points = inside(surface, 50)
    np.testing.assert_allclose(
        turned.value(turned.place(points)), 3 * surface.value(points), rtol=1e-9, atol=1e-9
    )
    np.testing.assert_allclose(turned.own(turned.place(points)), points, atol=1e-12)
    carried = turned.place(surface.minimum_points)
    if surface.beyond is None:
        np.testing.assert_allclose(turned.minimum_points, carried, atol=1e-12)
        assert [m.is_global for m in turned.minima] == [m.is_global for m in surface.minima]
    else:  # some leave the square, and others come into it: see below
        stayed = carried[(np.abs(carried) <= surface.domain[0][1]).all(axis=1)]
        apart = np.abs(turned.minimum_points[:, None] - stayed).max(axis=2)
        assert apart.min(axis=0).max() < 1e-9
        assert sum(m.is_global for m in turned.minima) == 1
    np.testing.assert_allclose(turned.start, turned.place(surface.start), atol=1e-12)
    assert turned.domain == surface.domain


def test_a_single_global_minimum_stays_where_it_is():
    turned = transformed(SURFACES["booth"], rotation=1.0)
    assert turned.minima[0].position == pytest.approx((1, 3), abs=1e-15)


@pytest.mark.parametrize("name", [name for name in SURFACES if SURFACES[name].curvatures])
def test_curvatures_are_the_hessians_eigenvalues(name):
    surface = transformed(SURFACES[name], rotation=0.3, loss_scale=2.0)
    eigenvalues = np.linalg.eigvalsh(stationary.hessian(surface.partials, inside(surface, 5)))
    np.testing.assert_allclose(eigenvalues, np.broadcast_to(surface.curvatures, (5, 2)), rtol=1e-6)


def test_condition_number_belongs_to_the_bowl():
    assert transformed(SURFACES["quadratic"], condition=50.0).curvatures == (1.0, 50.0)
    assert quadratic(50.0).value([0.0, 1.0]) == 25.0
    with pytest.raises(ValueError, match="Beale has no condition number"):
        transformed(SURFACES["beale"], condition=5.0)


# --- typed formulas ------------------------------------------------------------------------------

SQUARE = ((-3.0, 3.0), (-3.0, 3.0))


def test_a_typed_rosenbrock_is_rosenbrock():
    typed, ours = from_formula("(1-x)^2 + 100*(y-x^2)^2", SQUARE), SURFACES["rosenbrock"]
    points = inside(ours, 200)
    np.testing.assert_allclose(typed.value(points), ours.value(points), rtol=1e-12)
    np.testing.assert_allclose(typed.gradient(points), ours.gradient(points), rtol=1e-11, atol=1e-9)
    assert typed.found
    assert typed.minima[0].position == pytest.approx((1, 1), abs=1e-9)
    check_gradient(transformed(typed, rotation=0.4, loss_scale=2.0))
    value, gradient = transformed(typed, rotation=0.4).value_and_gradient(points)
    np.testing.assert_allclose(value, transformed(ours, rotation=0.4).value(points), rtol=1e-9)
    np.testing.assert_allclose(
        gradient, transformed(ours, rotation=0.4).gradient(points), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x^2", []),  # a valley with a level floor
        ("(x - 0.37*y)^2", []),
        ("x + y", []),
        ("3", []),
        ("1/x + y", []),
        ("x*log(x) + y^2", [(1 / np.e, 0)]),
        ("(x-0.1)^4 + y^4", [(0.1, 0)]),
        ("x^2 + y^4", [(0, 0)]),
        ("abs(x-0.3) + abs(y+0.7)", [(0.3, -0.7)]),
        ("(x^2-1)^2 + y^2", [(-1, 0), (1, 0)]),
        ("sqrt(x^2 + y^2)", [(0, 0)]),
    ],
)
def test_minima_of_formulas_are_found_and_only_those(text, expected):
    found = sorted(from_formula(text, SQUARE).minimum_points.tolist())
    assert len(found) == len(expected)
    for (x, y), (u, v) in zip(found, expected, strict=True):
        assert (x, y) == pytest.approx((u, v), abs=2e-4 if "^4" in text else 1e-7)


def test_the_search_is_quick_even_with_many_minima():
    text = "20 + x^2 + y^2 - 10*cos(2*pi*x) - 10*cos(2*pi*y)"
    from_formula(text, SQUARE)
    best = np.inf
    for _ in range(3):
        began = time.thread_time()
        surface = from_formula(text, ((-5.12, 5.12), (-5.12, 5.12)))
        best = min(best, time.thread_time() - began)
    assert len(surface.minima) == 121
    assert best < 0.25


def test_a_refused_formula_is_a_value_error():
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        from_formula("__import__('os')", SQUARE)


def test_doctests():
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("name", ["ackley", "rastrigin"])
@pytest.mark.parametrize("degrees", [20.0, 45.0, -70.0])
def test_a_turn_brings_in_the_minima_of_the_corners(name, degrees):
    """All that a search from everywhere in the square finds, and nothing outside it."""
    turned = transformed(SURFACES[name], np.deg2rad(degrees), 2.0)
    (low, high), _ = turned.domain
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    whole = np.arange(-9.0, 10.0)
    seeds = np.array([(i, j) for i in whole for j in whole if (i, j) != (0, 0)]) @ turn.T
    found = np.vstack([[0.0, 0.0], stationary.newton(turned.partials, seeds)])
    found = found[((found >= low) & (found <= high)).all(axis=1)]
    listed = turned.minimum_points
    assert len(listed) == len(found)
    assert np.abs(listed[:, None] - found).max(axis=2).min(axis=1).max() < 1e-9
    np.testing.assert_allclose(turned.minimum_values, turned.value(listed), atol=1e-9)
    again = transformed(turned, -angle)
    assert len(again.minima) == 121
    assert len(again.saddles) == 220
