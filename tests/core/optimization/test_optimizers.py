"""The optimizers against PyTorch's paths, against arithmetic by hand, and as pure functions."""

import doctest
import itertools
import time
from pathlib import Path

import numpy as np
import pytest

from core.optimization import optimizers as module
from core.optimization.optimizers import (
    OPTIMIZERS,
    adam,
    adamw,
    amsgrad,
    gradient_descent,
    momentum,
    nesterov,
    rmsprop,
    steps,
)
from core.optimization.surfaces import SURFACES, transformed
from core.optimization.trees import tree_map

GOLDEN = np.load(Path(__file__).parent / "golden" / "torch_paths.npz")
KEYS = [key for key in GOLDEN.files if not key.endswith("/learning_rate")]
EVERY = pytest.mark.parametrize("name", OPTIMIZERS)


def path(gradient, optimizer, start, count):
    run = itertools.islice(steps(gradient, optimizer, start), count)
    return np.stack([np.asarray(start, float), *(step.new_params for step in run)])


def test_golden_file_holds_every_optimizer_on_five_surfaces():
    assert {key.split("/")[1] for key in KEYS} == set(OPTIMIZERS)
    assert len({key.split("/")[0] for key in KEYS}) == 5
    assert all(GOLDEN[key].shape == (201, 2) and GOLDEN[key].dtype == np.float64 for key in KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_path_equals_pytorchs(key):
    surface, name = key.split("/")
    theirs = GOLDEN[key]
    optimizer = OPTIMIZERS[name](float(GOLDEN[key + "/learning_rate"]))
    ours = path(SURFACES[surface].gradient, optimizer, theirs[0], 200)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10)


def test_doctests():
    assert doctest.testmod(module).failed == 0


# --- by hand -------------------------------------------------------------------------------------


def test_two_steps_of_momentum_and_nesterov_by_hand():
    # gradients 2 then 1, beta 0.5, rate 0.1: v = 2, then 0.5 * 2 + 1 = 2
    for make, moved in ((momentum, (0.2, 0.2)), (nesterov, (0.1 * (2 + 1), 0.1 * (1 + 1)))):
        optimizer = make(0.1, beta=0.5)
        x, state = np.array([10.0]), optimizer.init(np.zeros(1))
        for g, move in zip((2.0, 1.0), moved, strict=True):
            new, state = optimizer.update(np.array([g]), state, x)
            assert x[0] - new[0] == pytest.approx(move, abs=1e-15)
            x = new
        assert state.v[0] == 2.0


def test_two_steps_of_adam_by_hand():
    # beta1 = 1/2, beta2 = 3/4, gradients 4 then 0: m = 2, 1; v = 4, 3; the corrections divide by 1/2, 3/4 and
    # by 1/4, 7/16, so that the steps are 4 / 4 and (4/3) / sqrt(48/7)
    optimizer = adam(1.0, beta1=0.5, beta2=0.75, eps=0.0)
    x, state = optimizer.update(np.array([4.0]), optimizer.init(np.zeros(1)), np.zeros(1))
    assert (x[0], state.m[0], state.v[0], state.t) == (-1.0, 2.0, 4.0, 1)
    x, state = optimizer.update(np.array([0.0]), state, x)
    assert (state.m[0], state.v[0], state.t) == (1.0, 3.0, 2)
    assert x[0] == pytest.approx(-1 - (4 / 3) / np.sqrt(48 / 7), abs=1e-15)


def test_adamw_without_decay_is_adam_and_its_decay_pulls_to_the_origin():
    surface = SURFACES["beale"]
    plain = path(surface.gradient, adam(0.05), surface.start, 50)
    assert np.array_equal(plain, path(surface.gradient, adamw(0.05, weight_decay=0.0), surface.start, 50))
    still = path(lambda x: np.zeros(2), adamw(0.1, weight_decay=0.5), (4.0, -2.0), 3)
    np.testing.assert_allclose(still[-1], np.array([4.0, -2.0]) * 0.95**3, rtol=1e-15)


def test_amsgrad_never_lets_a_second_moment_fall():
    optimizer = amsgrad(0.1, beta2=0.5)
    x, state = np.zeros(1), optimizer.init(np.zeros(1))
    seen = []
    for g in (1.0, 3.0, 0.0, 0.0, 0.0):
        x, state = optimizer.update(np.array([g]), state, x)
        seen.append((state.v[0], state.v_max[0]))
    assert [v_max for _, v_max in seen] == sorted(v_max for _, v_max in seen)
    assert seen[-1][0] < seen[-1][1] == max(v for v, _ in seen)


# --- what each family does with scale and axes ---------------------------------------------------


@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adam", "amsgrad"])
def test_scaling_the_loss_leaves_adaptive_paths_where_they_were(name):
    bowl = SURFACES["quadratic"]
    optimizer = OPTIMIZERS[name](0.1, eps=1e-12)
    once = path(bowl.gradient, optimizer, bowl.start, 40)
    scaled = path(transformed(bowl, loss_scale=100.0).gradient, optimizer, bowl.start, 40)
    np.testing.assert_allclose(scaled, once, atol=1e-6)


@EVERY
def test_turning_the_axes_leaves_only_the_plain_ones_unchanged(name):
    bowl = SURFACES["quadratic"]
    turned = transformed(bowl, rotation=0.6)
    optimizer = OPTIMIZERS[name](0.05)
    once = path(bowl.gradient, optimizer, bowl.start, 60)
    after = turned.own(path(turned.gradient, optimizer, turned.start, 60))
    same = np.abs(after - once).max() < 1e-12
    assert same == (name in ("gradient_descent", "momentum", "nesterov"))


# --- as functions --------------------------------------------------------------------------------


@EVERY
def test_update_writes_nothing_in_place(name):
    optimizer = OPTIMIZERS[name](0.1)
    x, g = np.array([1.0, -2.0]), np.array([0.5, 3.0])
    state = optimizer.init(x)
    for array in (x, g, *state[1:]):
        array.flags.writeable = False
    new, new_state = optimizer.update(g, state, x)
    assert new is not x
    assert all(a is not b for a, b in zip(new_state[1:], state[1:], strict=True))
    for array in new_state[1:]:
        array.flags.writeable = False
    optimizer.update(g, new_state, new)


@EVERY
def test_dict_of_arrays_moves_as_its_arrays_do(name):
    optimizer = OPTIMIZERS[name](0.1)
    tree = {"w": np.ones((2, 3)), "layer": {"b": np.full(2, -1.0)}}
    together, state = tree, optimizer.init(tree)
    w, b = tree["w"], tree["layer"]["b"]
    w_state, b_state = optimizer.init(w), optimizer.init(b)
    for k in range(4):
        g = tree_map(lambda leaf, k=k: np.sin(leaf + k), together)
        together, state = optimizer.update(g, state, together)
        w, w_state = optimizer.update(np.sin(w + k), w_state, w)
        b, b_state = optimizer.update(np.sin(b + k), b_state, b)
    assert np.array_equal(together["w"], w)
    assert np.array_equal(together["layer"]["b"], b)
    assert state.t == 4


@EVERY
def test_rates_that_broadcast_are_runs_of_their_own(name):
    surface = SURFACES["himmelblau"]
    rates = np.array([0.001, 0.01, 0.03])
    starts = np.broadcast_to(surface.start, (3, 2))
    batch = path(surface.gradient, OPTIMIZERS[name](rates[:, None]), starts, 30)
    for i, rate in enumerate(rates):
        alone = path(surface.gradient, OPTIMIZERS[name](float(rate)), surface.start, 30)
        np.testing.assert_allclose(batch[:, i], alone, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("make", "key"), [(momentum, "beta"), (adam, "beta2"), (rmsprop, "alpha")])
def test_other_hyperparameters_broadcast_too(make, key):
    surface = SURFACES["quadratic"]
    values = np.array([0.0, 0.5, 0.9])
    starts = np.broadcast_to(surface.start, (3, 2))
    batch = path(surface.gradient, make(0.01, **{key: values[:, None]}), starts, 20)
    for i, value in enumerate(values):
        alone = path(surface.gradient, make(0.01, **{key: float(value)}), surface.start, 20)
        np.testing.assert_allclose(batch[:, i], alone, rtol=1e-12, atol=1e-14)


def test_schedule_is_asked_with_the_updates_made_so_far():
    asked = []

    def schedule(step):
        asked.append(step)
        return 0.5 if step < 2 else 0.0

    points = path(lambda x: np.ones(1), gradient_descent(schedule), [0.0], 4)
    assert asked == [0, 1, 2, 3]
    assert points[:, 0].tolist() == [0.0, -0.5, -1.0, -1.0, -1.0]


@EVERY
def test_a_run_goes_on_from_any_step_bit_for_bit(name):
    surface = SURFACES["rosenbrock"]
    optimizer = OPTIMIZERS[name](0.0005)
    run = list(itertools.islice(steps(surface.gradient, optimizer, surface.start), 30))
    again = steps(surface.gradient, optimizer, run[11].new_params, run[11].new_state)
    for before, after in zip(run[12:], again, strict=False):
        assert np.array_equal(before.new_params, after.new_params)
        assert before.new_state.t == after.new_state.t


@EVERY
def test_a_live_change_is_a_new_optimizer_with_the_old_state(name):
    surface = SURFACES["quadratic"]
    schedule = path(surface.gradient, OPTIMIZERS[name](lambda k: 0.05 if k < 10 else 0.01), surface.start, 20)
    first = list(itertools.islice(steps(surface.gradient, OPTIMIZERS[name](0.05), surface.start), 10))[-1]
    rest = steps(surface.gradient, OPTIMIZERS[name](0.01), first.new_params, first.new_state)
    changed = [step.new_params for step in itertools.islice(rest, 10)]
    assert np.array_equal(np.stack(changed), schedule[11:])


@EVERY
def test_the_effective_rate_is_what_multiplied_the_gradient(name):
    optimizer = OPTIMIZERS[name](0.1)
    x, g = np.array([1.0, 1.0]), np.array([3.0, -0.2])
    new, state = optimizer.update(g, optimizer.init(x), x)
    moved = x - new
    if name == "adamw":
        moved = moved - 0.1 * 0.01 * x
    if name == "nesterov":
        g = 1.9 * g
    np.testing.assert_allclose(optimizer.effective_rate(state) * g, moved, rtol=1e-9)


@EVERY
def test_divergence_is_silent_and_float32_stays_float32(name):
    optimizer = OPTIMIZERS[name](10.0)
    steep = np.float32([3e38])
    for step in itertools.islice(steps(lambda x: steep, optimizer, np.float32([3.0])), 6):
        assert step.new_params.dtype == np.float32


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: gradient_descent(-0.1),
            r"gradient_descent: learning_rate must be in \[0, inf\), found -0.1",
        ),
        (lambda: gradient_descent(float("nan")), "found nan"),
        (lambda: adam(0.1, beta2=1.0), r"adam: beta2 must be in \[0, 1\), found 1.0"),
        (lambda: momentum(np.array([0.1, -1.0])), "found -1.0"),
    ],
)
def test_undefined_hyperparameters_are_refused_in_one_sentence(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_later_changes_by_the_caller_do_not_reach_into_a_run():
    start = np.array([1.0])
    run = steps(lambda x: x, gradient_descent(0.5), start)
    first = next(run)
    start[0] = 7.0
    assert first.params[0] == 1.0
    assert next(run).params[0] == 0.5


def test_the_tagged_lines_are_where_they_are_said_to_be():
    source = Path(module.__file__).read_text()
    for tag in ("velocity", "first moment", "second moment", "effective rate per coordinate", "step"):
        assert f"#: {tag}\n" in source


def test_eight_updates_take_well_under_a_quarter_millisecond():
    x, g = np.ones(2), np.ones(2)
    made = [make(0.01) for make in OPTIMIZERS.values()]
    states = [optimizer.init(x) for optimizer in made]
    best = np.inf
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(50):
            for optimizer, state in zip(made, states, strict=True):
                optimizer.update(g, state, x)
        best = min(best, (time.perf_counter() - began) / 50)
    assert best < 250e-6


def test_every_config_offers_the_optimizers_that_there_are():
    from typing import get_args

    from core.config import fields
    from core.optimization.basins import BasinsConfig
    from core.optimization.choices import LABELS, OptimizerName
    from core.optimization.models_config import ModelsConfig
    from core.optimization.race_config import RaceConfig

    assert get_args(OptimizerName) == tuple(LABELS) == tuple(OPTIMIZERS)
    for config, path in ((RaceConfig, "inspected"), (ModelsConfig, "inspected"), (BasinsConfig, "optimizer")):
        (field,) = (each for each in fields(config) if each.path == path)
        assert field.choices == tuple(OPTIMIZERS)
        assert field.label("rmsprop") == "RMSProp"
