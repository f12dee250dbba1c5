"""The race: the same numbers as each optimizer alone, resumable, and honest about those that leave."""

import doctest
import inspect
import itertools
import time

import msgspec
import numpy as np
import pytest

from core.config import ConfigError, fields, from_json, from_query, get, replace, to_json, to_query, validate
from core.optimization import race as module
from core.optimization import race_config, side_by_side
from core.optimization.course import Course, noise_of, start_of, surface_of
from core.optimization.optimizers import OPTIMIZERS, gradient_descent, momentum
from core.optimization.race import RaceConfig, minimize, race
from core.optimization.race_config import make_optimizer, runners
from core.optimization.surfaces import SURFACES, from_formula
from core.trace import Trace

ALL = "adamw.on=true&amsgrad.on=true"


def config(query=""):
    return from_query(RaceConfig, f"{ALL}&{query}")


def run(query=""):
    return list(race(config(query)))


def same(a, b):
    """Whether two frames hold bit for bit the same."""
    arrays = all(
        np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True)
        for name in ("positions", "values", "slopes", "gradients", "distances", "rates", "new_positions")
    )
    moments = zip(itertools.chain(*a.new_states), itertools.chain(*b.new_states), strict=True)
    return a.step == b.step and arrays and all(np.array_equal(x, y) for x, y in moments)


@pytest.mark.parametrize("surface", ["quadratic", "himmelblau", "ackley", "formula"])
def test_each_runner_goes_as_it_would_alone(surface):
    setting = config(f"surface={surface}&steps=80&protocol=same&same_rate=0.0001")
    ground = surface_of(setting)
    frames = list(race(setting))
    for i, name in enumerate(runners(setting)):
        alone = minimize(ground, make_optimizer(setting, name), start_of(setting, ground), 80)
        np.testing.assert_array_equal(np.stack([f.positions[i] for f in frames]), alone)


@pytest.mark.parametrize(
    "query",
    [
        "steps=40",
        "steps=40&noise=0.7&schedule=warm_up_cosine",
        "steps=40&surface=reddi",
        "steps=40&surface=rosenbrock",
    ],
)
def test_goes_on_from_any_frame_bit_for_bit(query):
    whole = run(query)
    for k in (0, 1, 17, 39, 40):
        rest = list(race(config(query), start=whole[k]))
        assert len(rest) == 40 - k
        assert all(same(a, b) for a, b in zip(whole[k + 1 :], rest, strict=True))


def test_frames_are_numbered_and_chained_and_read_only():
    frames = run("steps=25&noise=0.1")
    assert [f.step for f in frames] == list(range(26))
    for before, after in itertools.pairwise(frames):
        np.testing.assert_array_equal(before.new_positions, after.positions)
        assert before.new_states is after.states
    for frame in frames:
        for name in ("positions", "values", "slopes", "gradients", "distances", "rates", "new_positions"):
            assert not getattr(frame, name).flags.writeable
        for state in (*frame.states, *frame.new_states):
            assert not any(moment.flags.writeable for moment in state[1:])


def test_columns_through_a_trace():
    trace = Trace(race, config("steps=30&surface=himmelblau")).run()
    ground = SURFACES["himmelblau"]
    positions = trace.series("positions")
    assert positions.shape == (31, 8, 2)
    np.testing.assert_array_equal(trace.series("values"), ground.value(positions))
    apart = np.linalg.norm(positions[:, :, None] - ground.minimum_points, axis=-1)
    np.testing.assert_allclose(trace.series("distances"), apart.min(axis=-1), rtol=1e-12)
    np.testing.assert_array_equal(trace.series("nearest"), apart.argmin(axis=-1))
    np.testing.assert_allclose(
        trace.series("slopes"), np.linalg.norm(ground.gradient(positions), axis=-1), rtol=1e-12
    )
    assert trace.series("rates").shape == (31, 8, 2)


# --- leaving for infinity ------------------------------------------------------------------------


def test_a_diverged_runner_stays_at_its_last_place_and_the_others_go_on():
    frames = run("surface=rosenbrock&steps=60&gradient_descent.learning_rate=0.05")
    gone = frames[-1].diverged
    i = runners(config()).index("gradient_descent")
    left = int(gone[i])
    assert 0 < left < 10
    assert all((f.diverged[i] == left) == (f.step >= left) for f in frames)
    assert all(np.array_equal(f.positions[i], frames[left - 1].positions[i]) for f in frames[left:])
    assert np.isfinite(frames[-1].positions).all()
    adam = runners(config()).index("adam")
    assert gone[adam] == 0
    assert not np.array_equal(frames[-1].positions[adam], frames[-2].positions[adam])


def test_noise_does_not_bring_back_a_runner_that_has_diverged():
    frames = run("surface=plateau&noise=10&protocol=same&same_rate=100&steps=400")
    gone = np.array([frame.diverged for frame in frames])
    assert gone[-1].any()
    for left in gone.T:
        assert set(left.tolist()) <= {0, int(left[-1])}


def test_divergence_does_not_touch_the_others():
    calm = run("surface=rosenbrock&steps=40&gradient_descent.learning_rate=0.0001")
    wild = run("surface=rosenbrock&steps=40&gradient_descent.learning_rate=10")
    for a, b in zip(calm, wild, strict=True):
        np.testing.assert_array_equal(a.positions[1:], b.positions[1:])


@pytest.mark.parametrize("surface", [*SURFACES, "reddi", "formula"])
def test_every_surface_with_absurd_rates_and_noise_raises_no_warning(surface):
    frames = run(f"surface={surface}&steps=60&protocol=same&same_rate=100&noise=10&loss_scale=100")
    assert np.isfinite(frames[-1].positions).all()


def test_a_formula_with_holes_freezes_whoever_falls_in():
    frames = run("surface=formula&formula=x*log(x)%2By^2&start=[1,1]&steps=40&protocol=same&same_rate=0.9")
    assert (frames[-1].diverged > 0).any()
    assert np.isfinite(frames[-1].positions).all()


# --- start, noise, axes --------------------------------------------------------------------------


def test_noise_of_a_runner_depends_on_neither_the_others_nor_the_length():
    full = noise_of(config("noise=1&steps=100"))
    alone = noise_of(config("noise=1&steps=50"), ("adam",))
    i = runners(config()).index("adam")
    np.testing.assert_array_equal(full[:51, i], alone[:, 0])
    assert noise_of(config("noise=2&steps=1000")).std() == pytest.approx(2.0, rel=0.02)
    assert not np.array_equal(full, noise_of(config("noise=1&steps=100&seed=1")))
    many = run("noise=0.5&steps=20")
    few = run("noise=0.5&steps=20&gradient_descent.on=false&momentum.on=false")
    np.testing.assert_array_equal(many[-1].positions[2:], few[-1].positions)


def test_noise_is_in_the_gradients_and_not_in_the_slopes():
    frame = run("noise=0.5&steps=10")[3]
    np.testing.assert_array_equal(frame.slopes, SURFACES["quadratic"].gradient(frame.positions))
    assert not np.array_equal(frame.slopes, frame.gradients)


def test_scaling_the_loss_leaves_the_adaptive_ones_and_turning_the_axes_the_plain_ones():
    plain, scaled = run("steps=60")[-1], run("steps=60&loss_scale=1.9")[-1]
    turned_config = config("steps=60&rotation=35")
    turned = surface_of(turned_config).own(list(race(turned_config))[-1].positions)
    for i, name in enumerate(runners(config())):
        by_scale = np.abs(plain.positions[i] - scaled.positions[i]).max()
        by_turn = np.abs(plain.positions[i] - turned[i]).max()
        if name in ("gradient_descent", "momentum", "nesterov"):
            assert by_scale > 1e-4
            assert by_turn < 1e-9
        else:
            assert by_scale < 1e-5
            assert by_turn > 1e-5


def test_the_start_turns_with_the_axes_and_one_from_another_surface_is_replaced():
    straight, turned = config("start=[2,1]"), config("start=[2,1]&rotation=90")
    np.testing.assert_allclose(start_of(straight, surface_of(straight)), [2, 1])
    np.testing.assert_allclose(start_of(turned, surface_of(turned)), [-1, 2], atol=1e-15)
    other = config("start=[4,4]&surface=rosenbrock")
    np.testing.assert_allclose(start_of(other, surface_of(other)), SURFACES["rosenbrock"].start)


def test_the_protocols_name_the_rates():
    assert make_optimizer(config(), "adam").hyperparameters["learning_rate"] == 0.1
    assert (
        make_optimizer(config("protocol=same&same_rate=0.3"), "adam").hyperparameters["learning_rate"] == 0.3
    )
    assert make_optimizer(config("protocol=defaults"), "adam").hyperparameters["learning_rate"] == 0.001


@pytest.mark.parametrize("schedule", ["constant", "cosine", "warm_up", "warm_up_cosine", "step"])
def test_schedules_set_the_effective_rate(schedule):
    frames = run(f"schedule={schedule}&steps=120")
    rate = race_config.make_schedule(config(f"schedule={schedule}&steps=120"), 0.05)
    assert [f.rates[0, 0] for f in frames] == [rate(k) for k in range(121)]


# --- the counter-example -------------------------------------------------------------------------


def test_adam_goes_to_the_worst_point_of_its_counter_example_and_amsgrad_to_the_best():
    papers = "&".join(
        f"{name}.beta1=0&{name}.beta2=0.1&{name}.learning_rate=0.05" for name in ("adam", "amsgrad")
    )
    frames = run(f"surface=reddi&steps=600&{papers}")
    where = dict(zip(frames[-1].runners, np.mean([f.positions for f in frames[-30:]], axis=0), strict=True))
    assert where["adam"][0] > 0.95
    assert where["amsgrad"][0] < -0.95
    assert all(np.abs(f.positions[:, 0]).max() <= 1 for f in frames)
    assert all(abs(y) < 0.1 for _, y in where.values())
    given = [frame.gradients[0, 0] for frame in frames[:6]]
    assert given == [3, -1, -1, 3, -1, -1]


# --- what is said about a step -------------------------------------------------------------------


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_frame_explains_the_inspected_runners_coming_update(name):
    setting = config(f"inspected={name}&steps=12")
    frame = list(race(setting))[7]
    i = frame.runners.index(name)
    equations = frame.explain(setting)
    assert equations[-1].values["x_new"] == tuple(frame.new_positions[i].tolist())
    np.testing.assert_allclose(
        frame.positions[i] + frame.arrows(setting, i)["step"], frame.new_positions[i], rtol=1e-13, atol=1e-15
    )


def test_a_step_that_is_projected_back_is_explained_as_two():
    setting = config("surface=reddi&steps=600&adam.beta1=0&adam.beta2=0.1&adam.learning_rate=0.05")
    held = 0
    for frame in list(race(setting))[500:600]:
        *_, step, projection = frame.explain(setting)
        x, rate, m_hat, x_new = (np.array(step.values[name]) for name in ("x", "rate", "m_hat", "x_new"))
        np.testing.assert_allclose(x - rate * m_hat, x_new, rtol=1e-12)
        assert projection.values["x"] == x_new[0]
        assert projection.values["x_new"] == frame.new_positions[frame.inspected(setting), 0]
        held += projection.values["x"] > 1
    assert held > 10
    assert projection.tag in inspect.getsource(Course.constrain)


def test_nothing_is_explained_of_one_that_has_left_and_another_stands_in_for_one_that_is_off():
    setting = config("surface=rosenbrock&inspected=gradient_descent&steps=20")
    assert list(race(setting))[-1].explain(setting) == []
    setting = config("inspected=adam&adam.on=false&steps=10")
    assert list(race(setting))[-1].explain(setting)[-1].function.endswith(":gradient_descent")


def test_a_race_of_none():
    off = "&".join(f"{name}.on=false" for name in OPTIMIZERS)
    setting = from_query(RaceConfig, f"{off}&steps=10&noise=1")
    frames = list(race(setting))
    assert len(frames) == 11
    assert frames[-1].positions.shape == (0, 2)
    assert frames[-1].explain(setting) == []


# --- config --------------------------------------------------------------------------------------


def test_every_field_at_both_ends_makes_a_race():
    for field in fields(RaceConfig):
        for value in field.ends:
            frames = list(itertools.islice(race(replace(config("steps=12"), field.path, value)), 6))
            assert frames


def test_config_round_trips():
    setting = config("surface=formula&formula=x^2%2By^2&start=[0.5,-1.25]&adam.beta1=0.5&tolerance=1e-6")
    assert get(setting, "start") == (0.5, -1.25)
    assert from_json(RaceConfig, to_json(setting)) == setting
    assert from_query(RaceConfig, to_query(setting)) == setting
    assert setting.frames() == setting.steps + 1


@pytest.mark.parametrize(
    "text", ["", "x+", "0.1*(x^2", "import os", "__import__('os')", "x^9^9^9^9^9^9^9^9^z"]
)
def test_a_config_refuses_a_formula_at_its_field(text):
    with pytest.raises(ConfigError) as refused:
        validate(msgspec.structs.replace(config("surface=formula"), formula=text))
    assert refused.value.path == "formula"
    assert "\n" not in str(refused.value)
    validate(RaceConfig(formula=text))  # where it is not asked for, it does no harm


def test_a_refused_formula_ends_the_run_with_one_sentence():
    trace = Trace(race, msgspec.structs.replace(config("surface=formula"), formula="import os"))
    trace.advance()
    assert isinstance(trace.error, ValueError)
    assert "\n" not in str(trace.error)


def test_minimize_is_a_path_of_steps_and_one():
    path = minimize(SURFACES["booth"], momentum(0.02), (0.0, 0.0), 300)
    assert path.shape == (301, 2)
    assert path[0].tolist() == [0, 0]
    np.testing.assert_allclose(path[-1], [1, 3], atol=1e-5)
    assert minimize(SURFACES["booth"], gradient_descent(0.1), (2, 2), 0).shape == (1, 2)
    bowl = from_formula("x^2 + y^2", ((-1, 1), (-1, 1)))
    np.testing.assert_allclose(minimize(bowl, gradient_descent(0.25), (1, 1), 3)[:, 0], [1, 0.5, 0.25, 0.125])


def test_500_steps_of_8_optimizers_are_quick():
    setting = config("steps=500&surface=rosenbrock&protocol=same&same_rate=0.0005")
    best = np.inf
    for _ in range(3):
        began = time.thread_time()
        Trace(race, setting).run()
        best = min(best, time.thread_time() - began)
    assert best < 0.3  # 0.07 on an idle core; room for a busy one


def test_doctests():
    assert all(doctest.testmod(m).failed == 0 for m in (module, side_by_side))
