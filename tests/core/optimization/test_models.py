"""Training side by side: resumable, live, fair, and as the scene says it is."""

import hashlib

import numpy as np
import pytest

from core.config import ConfigError, Source, changed_roles, fields, get, replace
from core.optimization.models import TRIALS, ModelsConfig, prepare, prepared, train
from core.optimization.models_config import make_optimizer
from core.trace import Trace

SMALL = {
    "words": ModelsConfig(messages=200, steps=40),
    "regression": ModelsConfig(problem="regression", steps=40),
    "mlp": ModelsConfig(problem="mlp", points=60, hidden=4, steps=40),
}


def end(config):
    trace = Trace(train, config, prepared(config)).run()
    return trace.frame(trace.available - 1)


def of(frame, name):
    return frame.runners.index(name)


@pytest.mark.parametrize("problem", SMALL)
def test_a_run_that_goes_on_is_bit_exact(problem):
    config = SMALL[problem]
    inputs = prepared(config)
    whole = list(train(config, inputs))
    assert [frame.step for frame in whole] == list(range(41))
    for at in (0, 17, 39):
        behind = list(train(config, inputs, whole[at]))
        assert [frame.step for frame in behind] == list(range(at + 1, 41))
        np.testing.assert_array_equal(behind[-1].params, whole[-1].params)
        np.testing.assert_array_equal(behind[-1].gradients, whole[-1].gradients)
    assert not list(train(config, inputs, whole[-1]))


@pytest.mark.parametrize("problem", SMALL)
def test_preparing_and_training_again_gives_the_same(problem):
    np.testing.assert_array_equal(end(SMALL[problem]).params, end(SMALL[problem]).params)


def test_a_live_learning_rate_takes_effect_from_the_next_step():
    config = replace(SMALL["words"], "rates", "own")
    inputs = prepared(config)
    trace = Trace(train, config, inputs).run(21)
    changed = replace(config, "gradient_descent.learning_rate", 0.5)
    assert changed_roles(config, changed) == {"live"}
    forked = trace.fork(20, changed).run()
    before, after = forked.frame(20), forked.frame(21)
    assert before is trace.frame(20)
    i = of(before, "gradient_descent")
    np.testing.assert_allclose(after.params[i], before.params[i] - 0.5 * before.gradients[i], rtol=1e-12)
    unchanged = Trace(train, config, inputs).run().frame(21)
    j = of(before, "adam")
    np.testing.assert_array_equal(after.params[j], unchanged.params[j])
    assert not np.array_equal(after.params[i], unchanged.params[i])
    assert forked.series("rates")[21, i] == 0.5


def test_a_step_is_explained_with_the_rate_that_takes_it_before_and_behind_a_live_change():
    config = replace(replace(SMALL["words"], "rates", "own"), "inspected", "gradient_descent")
    changed = replace(config, "gradient_descent.learning_rate", 0.5)
    trace = Trace(train, config, prepared(config)).run(21).fork(20, changed).run()
    for at, rate in ((19, config.gradient_descent.learning_rate), (20, 0.5), (21, 0.5)):
        frame, after = trace.frame(at), trace.frame(at + 1)
        values = frame.explain(trace.config_at(at + frame.explains_next))[-1].values
        assert values["eta"] == rate
        assert values["x_new"] == after.params[of(after, "gradient_descent"), config.watched]


@pytest.mark.parametrize("problem", SMALL)
def test_all_begin_alike_and_see_the_same_examples(problem):
    config = SMALL[problem]
    first = next(train(config, prepared(config)))
    assert np.ptp(first.params, axis=0).max() == 0
    assert np.ptp(first.gradients, axis=0).max() == 0


def test_one_alone_runs_as_it_does_among_others():
    config = SMALL["mlp"]
    alone = config
    for name in ("gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop"):
        alone = replace(alone, f"{name}.on", False)
    together, single = end(config), end(alone)
    assert single.runners == ("adam",)
    np.testing.assert_allclose(single.params[0], together.params[of(together, "adam")], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("size", [1, 8, 50, 1024])
def test_every_epoch_goes_through_all_examples_once(size):
    config = replace(SMALL["regression"], "batch_size", size)
    inputs = prepared(config)
    count = len(inputs.training.y)
    per_epoch = -(-count // min(size, count))
    for epoch in range(2):
        seen = [inputs.batch(config, epoch * per_epoch + k).y for k in range(per_epoch)]
        np.testing.assert_array_equal(np.sort(np.concatenate(seen)), np.sort(inputs.training.y))


def test_held_out_examples_are_not_learned_from():
    inputs = prepared(SMALL["regression"])
    assert len(inputs.held_out.y) == 90
    assert not set(inputs.held_out.y) & set(inputs.training.y)


def test_trials_choose_the_best_of_nine_for_this_very_run():
    config = replace(SMALL["words"], "steps", 100)
    inputs = prepared(config)
    assert set(inputs.rates) == {"gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam"}
    assert all(rate in TRIALS for rate in inputs.rates.values())
    own = replace(config, "rates", "own")
    best = inputs.rates["adagrad"]
    reached = {}
    for rate in (best / 10, best, best * 10):
        tried = replace(own, "adagrad.learning_rate", float(rate))
        frames = list(train(tried, inputs))
        i = of(frames[0], "adagrad")
        reached[rate] = np.mean([frame.objective[i] for frame in frames[90:]])
    assert min(reached, key=reached.get) == best
    items = list(prepare(config))
    assert items[:-1] == [None] * 25  # a worker may stop after each
    assert items[-1].rates == inputs.rates


def test_a_diverged_run_stays_and_the_others_go_on():
    config = replace(replace(SMALL["regression"], "rates", "own"), "gradient_descent.learning_rate", 100.0)
    trace = Trace(train, config, prepared(config)).run()
    last = trace.frame(40)
    i, j = of(last, "gradient_descent"), of(last, "adam")
    at = last.diverged[i]
    assert 0 < at < 40
    assert last.diverged[j] == 0
    np.testing.assert_array_equal(trace.frame(40).params[i], trace.frame(int(at)).params[i])
    assert np.isfinite(trace.series("objective")).all()
    assert last.explain(replace(config, "inspected", "gradient_descent")) == []


@pytest.mark.parametrize("name", ["gradient_descent", "momentum", "adam", "amsgrad"])
@pytest.mark.parametrize("l1", [0.0, 0.01])
def test_the_equations_end_in_the_watched_weight_of_the_next_frame(name, l1):
    config = replace(replace(SMALL["words"], f"{name}.on", True), "inspected", name)
    config = replace(replace(config, "l1", l1), "watched", 5)
    frames = list(train(config, prepared(config)))
    i = of(frames[0], name)
    lines = frames[20].explain(config)
    assert lines[-1].values["x_new"] == pytest.approx(frames[21].params[i, 5], rel=1e-12, abs=1e-300)
    assert ("soft threshold" in [line.tag for line in lines]) == (l1 > 0)


def test_the_field_is_the_networks_probability():
    frame = end(SMALL["mlp"])
    inputs = frame.inputs
    field = frame.field(0, 40)
    assert field is frame.field(0, 40)
    x = (2 * (7 + 0.5) / 40 - 1) * inputs.reach
    y = (2 * (31 + 0.5) / 40 - 1) * inputs.reach
    logit = inputs.objective.model.outputs(frame.params[:1], np.array([[x, y]]))[0, 0]
    assert field[31, 7] == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-12)


# --- what the scene says --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_adagrad_leads_on_rare_words(seed):
    frame = end(ModelsConfig(seed=seed))
    lead = frame.objective[of(frame, "adagrad")]
    for name in ("gradient_descent", "momentum", "nesterov"):
        assert lead < frame.objective[of(frame, name)] - 0.005


def test_adaptive_rates_help_with_units_but_not_with_correlations():
    def behind(correlated):
        frame = end(ModelsConfig(problem="regression", correlated=correlated, l2=0.0))
        return frame.objective[of(frame, "gradient_descent")] / frame.objective[of(frame, "adam")]

    assert behind(False) > 3
    assert behind(True) < 1.5


def test_only_the_proximal_step_makes_exact_zeros():
    config = ModelsConfig(l1=0.003, l2=0.0)
    sparse, dense = end(config), end(replace(config, "l1_step", "subgradient"))
    seen = prepared(config).training.x.any(axis=0)
    never = int((~seen).sum())
    assert (sparse.zeros > 130).all()
    assert (dense.zeros <= never).all()
    assert (dense.near + dense.zeros < sparse.zeros).all()
    np.testing.assert_allclose(sparse.objective, dense.objective, rtol=0.06)


@pytest.mark.parametrize("data", ["moons", "circles", "blobs"])
def test_the_network_learns_its_sets(data):
    frame = end(ModelsConfig(problem="mlp", data=Source(name=data), noise=0.1))
    assert frame.held_out_score[of(frame, "adam")] >= 0.95


# --- data that the reader brings ------------------------------------------------------------------


def test_painted_points_are_all_learned_from():
    config = ModelsConfig(
        problem="mlp", data=Source(name="few"), painted=((0.5, 1.5, 1), (-3.0, 0.0, 0)), steps=20
    )
    inputs = prepared(config)
    np.testing.assert_array_equal(inputs.training.x[-2:], [[0.5, 1.5], [-3.0, 0.0]])
    assert inputs.training.y[-2:].tolist() == [1, 0]
    assert inputs.reach == pytest.approx(3.3)
    assert len(inputs.held_out.y) == 2
    end(config)


def test_points_come_from_a_file(tmp_path):
    file = tmp_path / "mine.csv"
    rng = np.random.default_rng(0)
    rows = [
        f"{100 + 30 * a:.3f},{0.01 * b:.5f},{'yes' if a > b else 'no'}" for a, b in rng.normal(size=(80, 2))
    ]
    file.write_text("x,y,label\n" + "\n".join(rows))
    source = Source(path=str(file), sha256=hashlib.sha256(file.read_bytes()).hexdigest())
    config = ModelsConfig(problem="mlp", data=source, steps=20)
    inputs = prepared(config)
    both = np.concatenate([inputs.training.x, inputs.held_out.x])
    np.testing.assert_allclose(both.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(both.std(axis=0), 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("1,2\n", "mine.csv, line 1: expected 3 columns (x, y, label), found 2."),
    ],
)
def test_a_file_that_cannot_be_used_is_told_at_its_field(tmp_path, content, said):
    file = tmp_path / "mine.csv"
    if content is not None:
        file.write_text(content)
    config = ModelsConfig(problem="mlp", data=Source(path=str(file)))
    with pytest.raises(ConfigError) as caught:
        prepared(config)
    assert caught.value.path == "data"
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_set_is_named():
    with pytest.raises(ConfigError, match=r"^Points: expected one of moons, .*, found “mars”\.$"):
        prepared(ModelsConfig(problem="mlp", data=Source(name="mars")))


def test_painted_points_are_bounded():
    with pytest.raises(ConfigError, match="Painted points"):
        replace(ModelsConfig(), "painted", ((0.0, 0.0, 2),))
    with pytest.raises(ConfigError):
        replace(ModelsConfig(), "painted", ((0.0, float("nan"), 1),))
    with pytest.raises(ConfigError):
        replace(ModelsConfig(), "painted", ((0.0, 0.0, 1),) * 401)


@pytest.mark.parametrize("problem", SMALL)
def test_every_setting_to_both_ends(problem):
    base = replace(SMALL[problem], "steps", 20)
    for field in fields(ModelsConfig):
        if field.path in ("problem", "steps") or field.kind in ("source", "canvas"):
            continue
        for value in field.ends:
            config = replace(base, field.path, value)
            assert get(config, field.path) == value
            if field.role == "view":
                continue
            frame = next(train(config, prepared(config)))
            assert np.isfinite(frame.objective).all()
            assert all(make_optimizer(config, name, 0.1).name == name for name in frame.runners)


def test_nobody_taking_part_is_no_error():
    config = SMALL["mlp"]
    for name in ("gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam"):
        config = replace(config, f"{name}.on", False)
    frame = end(config)
    assert frame.objective.shape == (0,)
    assert frame.explain(config) == []
