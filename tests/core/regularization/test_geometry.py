"""The scene's run: solvers against the exact solution, zeros that are zeros, budget and lambda in line."""

from __future__ import annotations

import importlib
import inspect
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.config import fields, from_query, to_query
from core.regularization.balls import Mixture, quadratic
from core.regularization.geometry import GeometryConfig, GeometryFrame, goal_of, picture_of, race
from core.regularization.geometry_config import touch_of
from core.regularization.solvers import NAMES, SOLVERS, objective
from core.regularization.touching import penalised
from core.trace import Trace

PROXIMAL = ("ista", "fista", "coordinate_descent")


def last(config: GeometryConfig) -> GeometryFrame:
    trace = Trace(race, config).run()
    frame = trace.frame(trace.available - 1)
    assert isinstance(frame, GeometryFrame)
    return frame


# --- the solvers ----------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(
    st.tuples(st.floats(-3, 3), st.floats(-3, 3)), st.floats(-90, 90), st.floats(1, 3),
    st.sampled_from([1.0, 0.6, 0.0]), st.floats(0.05, 3.0),
)  # fmt: skip
def test_proximal_solvers_arrive_with_the_solutions_own_zeros(
    minimum: tuple[float, float], rotation: float, stretch: float, ratio: float, strength: float
) -> None:
    bowl = quadratic(minimum, rotation, stretch)
    goal = objective(bowl, strength * ratio, strength * (1 - ratio))
    exact = np.array(penalised(bowl, Mixture(ratio), strength))
    for name in PROXIMAL:
        solver = SOLVERS[name](goal)
        w = np.array([2.3, -1.6])
        state = solver.init(w)
        for _ in range(800):
            w, state = solver.update(w, state)
        assert np.abs(w - exact).max() < 1e-6
        slack = goal.l1 - np.abs(goal.gradient(exact))
        for i in range(2):
            if exact[i] == 0 and slack[i] > 1e-3:  # held by more than rounding
                assert w[i] == 0.0


def value(goal: Any, w: np.ndarray) -> float:
    off = w - goal.minimum
    return float(0.5 * off @ goal.hessian @ off + goal.l1 * np.abs(w).sum() + 0.5 * goal.l2 * w @ w)


@pytest.mark.parametrize("name", ["ista", "coordinate_descent"])
def test_each_step_goes_down(name: str) -> None:
    goal = objective(quadratic((1.1, 1.9), 25.0, 4.0), 0.7, 0.2)
    solver = SOLVERS[name](goal)
    w = np.array([2.3, -1.6])
    state, heights = solver.init(w), []
    for _ in range(60):
        heights.append(value(goal, w))
        w, state = solver.update(w, state)
    assert np.all(np.diff(heights) <= 1e-12)


def test_fista_keeps_its_promise() -> None:
    """f - f* <= 2 L |w0 - w*|^2 / (k + 1)^2 (Beck & Teboulle 2009, theorem 4.4)."""
    bowl = quadratic((1.1, 1.9), 25.0, 6.0)
    goal, exact = objective(bowl, 0.7, 0.0), np.array(penalised(bowl, Mixture(1.0), 0.7))
    solver, w = SOLVERS["fista"](goal), np.array([2.3, -1.6])
    state, room = solver.init(w), 2 * goal.largest * ((w - exact) ** 2).sum()
    for k in range(1, 80):
        w, state = solver.update(w, state)
        assert value(goal, w) - value(goal, exact) <= room / (k + 1) ** 2 + 1e-12


def test_the_largest_eigenvalue_sets_the_step() -> None:
    goal = objective(quadratic((0.0, 0.0), 37.0, 5.0), 0.0, 0.0)
    assert goal.largest == pytest.approx(np.linalg.eigvalsh(goal.hessian)[-1])


def test_subgradient_is_gradient_descent_where_there_is_no_kink() -> None:
    goal = objective(quadratic((1.1, 1.9), 25.0, 2.0), 0.0, 0.5)
    w = np.array([2.3, -1.6])
    new, _ = SOLVERS["subgradient"](goal).update(w, SOLVERS["subgradient"](goal).init(w))
    assert new == pytest.approx(w - (goal.gradient(w) + 0.5 * w) / (goal.largest + 0.5))


# --- the run --------------------------------------------------------------------------------------------


def test_only_a_soft_threshold_ends_in_exact_zeros() -> None:
    frame = last(GeometryConfig())
    touch = frame.picture.touch
    assert touch.w1 == 0.0
    assert touch.w2 == pytest.approx(1.0, rel=1e-12)
    zeros = dict(zip(frame.solvers, frame.zeros.tolist(), strict=True))
    assert zeros == {"ista": 1, "fista": 1, "coordinate_descent": 1, "subgradient": 0, "adam": 0}
    for name in PROXIMAL:
        assert frame.positions[frame.solvers.index(name), 0] == 0.0


def test_l2_leaves_no_zero_to_anyone() -> None:
    frame = last(GeometryConfig(penalty="l2"))
    assert frame.picture.touch.zeros == 0
    assert frame.zeros.tolist() == [0] * 5
    assert frame.picture.for_budget.share == frame.picture.for_strength.share == 0.0


def test_lp_has_no_race_but_every_minimum() -> None:
    config = GeometryConfig(penalty="lp", p=0.5, held="strength", strength=0.3)
    (frame,) = race(config)
    assert frame.solvers == ()
    assert config.frames() == 1
    assert len(frame.picture.touch.minima) == 2
    assert len(frame.picture.gaps) == 2
    assert GeometryConfig(penalty="lp", p=1.0).frames() == 61
    assert last(GeometryConfig(penalty="lp", p=1.0)).positions == pytest.approx(
        last(GeometryConfig()).positions
    )


def test_going_on_from_a_frame_changes_nothing() -> None:
    config = GeometryConfig(shrinking=True)
    whole = Trace(race, config).run()
    start = whole.frame(23)
    for frame, expected in zip(race(config, None, start), range(24, 61), strict=True):
        other = whole.frame(expected)
        assert isinstance(other, GeometryFrame)
        assert frame.step == expected
        assert np.array_equal(frame.positions, other.positions)


def test_the_multiplier_of_an_unreachable_budget_has_a_lower_minimum() -> None:
    config = GeometryConfig(penalty="lp", p=0.5, budget=2.5)
    picture = picture_of(config)
    assert not picture.reachable
    held = picture_of(replace(config, held="strength", strength=picture.touch.strength))
    assert held.reachable
    assert abs(held.touch.budget - 2.5) > 0.1
    assert picture.touch.strength > 0
    assert picture.residual < 1e-8


def test_the_fan_holds_the_pull() -> None:
    for config in (GeometryConfig(), GeometryConfig(penalty="elastic_net")):
        picture = picture_of(config)
        fan = picture.fan()
        assert fan is not None
        (x1, y1), (x2, y2) = fan
        g1, g2 = (-g for g in picture.gradient)
        assert (x1 * g2 - y1 * g1) * (x2 * g2 - y2 * g1) < 0
        assert x1 * g1 + y1 * g2 > 0
    assert picture_of(GeometryConfig(penalty="l2")).fan() is None


# --- budget and lambda ----------------------------------------------------------------------------------


def moved(config: GeometryConfig, **changes: Any) -> GeometryConfig:
    return replace(config, **changes).follow(config)


def test_moving_one_moves_the_other() -> None:
    config = GeometryConfig()
    assert moved(config, rotation=25.0) == config, "the default is in line"
    wider = moved(config, budget=1.5)
    assert (wider.held, wider.budget) == ("budget", 1.5)
    assert wider.strength == pytest.approx(touch_of(wider).strength, rel=1e-3)
    assert wider.strength < config.strength
    back = moved(wider, strength=0.9269)
    assert (back.held, back.strength) == ("strength", 0.9269)
    assert back.budget == pytest.approx(1.0, abs=1e-3)
    assert moved(back, minimum=(1.0, 2.0)).strength == 0.9269
    assert moved(config, minimum=(1.0, 2.0)).budget == 1.0


def test_no_penalty_stands_for_every_budget_beyond_the_free_minimum() -> None:
    config = moved(GeometryConfig(), budget=3.5)
    assert config.strength == 0.0
    touch = touch_of(config)
    assert (touch.w1, touch.w2, touch.strength) == (1.1, 1.9, 0.0)
    none = moved(GeometryConfig(), strength=0.0)
    assert none.budget == 3.0  # |1.1| + |1.9|


def test_both_stay_within_their_bounds() -> None:
    ends = {f.path: f for f in fields(GeometryConfig)}
    tight = moved(GeometryConfig(penalty="l2"), budget=0.05)
    assert tight.strength == ends["strength"].high
    assert touch_of(tight).strength > ends["strength"].high
    strong = moved(GeometryConfig(), strength=10.0)
    assert strong.budget == ends["budget"].low
    assert touch_of(strong).budget == 0.0


def test_what_is_meant_as_a_whole_is_left_alone() -> None:
    config = GeometryConfig()
    whole = replace(config, budget=2.0, strength=3.0, rotation=-10.0)
    assert whole.follow(config) == whole
    one = replace(config, budget=2.0, rotation=-10.0)
    assert one.follow(config) == one
    query = to_query(moved(config, budget=1.234))
    assert from_query(GeometryConfig, query).follow(from_query(GeometryConfig, query)) == moved(
        config, budget=1.234
    )


# --- the equations --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("penalty", ["l1", "elastic_net", "l2"])
def test_each_equation_names_the_line_that_made_it(name: str, penalty: str) -> None:
    config = GeometryConfig(penalty=penalty, inspected=name)  # type: ignore[arg-type]
    trace = Trace(race, config).run(8)
    frame, after = trace.frame(6), trace.frame(7)
    assert isinstance(frame, GeometryFrame)
    assert isinstance(after, GeometryFrame)
    equations = frame.explain(config)
    for equation in equations:
        module, _, path = equation.function.partition(":")
        function: Any = importlib.import_module(module)
        for part in path.split("."):
            function = getattr(function, part)
        assert f"#: {equation.tag}\n" in inspect.getsource(function), equation.tag
        slots = {part.split(">")[0] for part in equation.template.split("<")[1:]}
        assert slots == set(equation.values)
    landed = after.positions[NAMES.index(name)]
    steps = [e for e in equations if {"new", "x_new"} & set(e.values)]
    new = steps[-1].values.get("new", steps[-1].values.get("x_new"))
    assert np.ravel(new) == pytest.approx(
        landed if name != "coordinate_descent" else [landed[frame.states[2]]]
    )


def test_the_balance_adds_up() -> None:
    picture = picture_of(GeometryConfig())
    (frame, *_) = race(GeometryConfig())
    pull, held = frame.explain()
    assert pull.values["g"] == picture.gradient
    slopes = np.array(held.values["s"])
    assert held.values["strength"] * slopes == pytest.approx(held.values["minus"])
    assert slopes[1] == pytest.approx(1.0)
    assert abs(slopes[0]) < 1
    assert math.isclose(goal_of(picture).l1, picture.touch.strength)
    (only,) = next(iter(race(GeometryConfig(budget=3.9)))).explain()
    assert only.values["g"] == pytest.approx((0.0, 0.0))
