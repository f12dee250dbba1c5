"""Training: what a run computes, that it can be taken up exactly, and what it does with each setting."""

import itertools
import threading

import numpy as np
import pytest

from core.autodiff import Tensor, softmax_cross_entropy
from core.config import ConfigError, replace, validate
from core.language.parallel import _openblas, in_parallel, one_blas_thread
from core.language.recurrent import Recurrent, RecurrentConfig
from core.language.train_config import optimizer_of, schedule_of
from core.language.training import (
    Batch,
    Stream,
    TrainConfig,
    TrainFrame,
    TrainInputs,
    clipped,
    gradients,
    train,
)
from core.language.transformer import Transformer, gpt2, llama
from core.optimization.optimizers import OPTIMIZERS
from core.trace import Trace

TEXT = np.tile(np.array([1, 2, 3, 4, 5, 6, 7, 0]), 60)
MODELS = {
    "gpt2": Transformer(gpt2(vocab_size=8, context=16, layers=1, width=16, heads=2)),
    "llama": Transformer(
        llama(vocab_size=8, context=16, layers=1, width=16, heads=2, kv_heads=1, mlp_width=24)
    ),
    "gru": Recurrent(RecurrentConfig(vocab_size=8, context=16, width=12, attention_width=4)),
}
SMALL = TrainConfig(
    steps=12, batch=4, length=8, learning_rate=0.01, warm_up_steps=3, checkpoint_every=4, evaluate_every=6,
    sample_every=5, sample_tokens=6, dropout=0.1, seed=3,
)  # fmt: skip


def inputs_of(name="gpt2", **fields):
    defaults = {"held_out": TEXT[:40], "held_out_bytes": 39, "prompt": (0,), "batches": Stream(TEXT)}
    return TrainInputs(**{"model": MODELS[name]} | defaults | fields)


def same(a, b):
    """Two frames, number by number."""
    assert a.step == b.step
    for name, value in a.columns().items():
        np.testing.assert_array_equal(value, b.columns()[name], err_msg=name)
    assert (a.sample, a.sample_ids, a.resumable) == (b.sample, b.sample_ids, b.resumable)
    if a.checkpoint:
        for name, array in a.checkpoint.parameters.items():
            np.testing.assert_array_equal(array, b.checkpoint.parameters[name])
        for left, right in zip(a.checkpoint.state[1:], b.checkpoint.state[1:], strict=True):
            for name, array in left.items():
                np.testing.assert_array_equal(array, right[name])


@pytest.mark.parametrize("name", MODELS)
def test_a_model_learns_a_text_by_heart(name):
    config = replace(SMALL, "steps", 150)
    frames = list(train(replace(config, "dropout", 0.0), inputs_of(name, decode=str)))
    assert len(frames) == config.frames() == 151
    assert frames[0].held_out == pytest.approx(3, abs=0.6)  # 8 tokens of a byte each: 3 bits
    assert frames[-1].held_out < 0.3
    assert frames[-1].loss < 0.3
    assert frames[-1].tokens == 150 * 4 * 8
    config = replace(config, "temperature", 0.0)
    last = list(train(config, inputs_of(name), start=frames[148]))[-1]
    assert last.sample_ids == (1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize("name", MODELS)
def test_a_run_is_taken_up_exactly(name):
    frames = list(train(SMALL, inputs_of(name)))
    again = list(train(SMALL, inputs_of(name)))
    assert [f.step for f in frames if f.resumable] == [0, 4, 8, 12]
    for a, b in zip(frames, again, strict=True):
        same(a, b)
    for at in (0, 4, 8):
        for a, b in zip(train(SMALL, inputs_of(name), start=frames[at]), frames[at + 1 :], strict=True):
            same(a, b)
    assert list(train(SMALL, inputs_of(name), start=frames[12])) == []
    with pytest.raises(ValueError, match="Step 5 holds no checkpoint"):
        next(train(SMALL, inputs_of(name), start=frames[5]))


def test_a_live_change_of_rate_is_recorded_and_replayed():
    inputs = inputs_of()
    trace = Trace(train, SMALL, inputs)
    while trace.available < 7:
        trace.advance()
    other = replace(SMALL, "learning_rate", 0.002)
    forked = trace.fork(6, other).run()
    assert forked.segments == [(0, SMALL), (4, other)]  # from the newest checkpoint
    start, then = list(train(SMALL, inputs))[4], forked.frame(12)
    by_hand = list(train(other, inputs, start=start))
    same(by_hand[-1], then)
    rates = forked.series("learning_rate")
    assert rates[4] == pytest.approx(schedule_of(SMALL)(3))
    assert rates[5] == pytest.approx(schedule_of(other)(4))


def test_a_step_is_the_optimizers_on_the_mean_loss():
    config = TrainConfig(steps=1, batch=4, length=8, learning_rate=0.01, schedule="constant", clip=0.0)
    model, text = MODELS["gpt2"], np.random.default_rng(7).integers(0, 8, (4, 9))
    frame = list(train(config, TrainInputs(model=model, batches=lambda *_: text)))[-1]
    weights = {n: Tensor(a, requires_grad=True) for n, a in model.parameters.items()}
    loss = softmax_cross_entropy(model.forward(weights, text[:, :-1]), text[:, 1:]).mean()
    loss.backward()
    grads = {n: t.grad for n, t in weights.items()}
    optimizer = optimizer_of(config)
    expected, _ = optimizer.update(grads, optimizer.init(model.parameters), model.parameters)
    assert frame.loss == pytest.approx(loss.item(), abs=1e-6)
    norms = [np.linalg.norm(g) for g in grads.values()]
    np.testing.assert_allclose(frame.gradient_norms, norms, rtol=1e-4, atol=1e-7)
    assert frame.gradient_norm == pytest.approx(np.linalg.norm(norms), rel=1e-4)
    for n, array in frame.checkpoint.parameters.items():
        np.testing.assert_allclose(array, expected[n], atol=2e-4, err_msg=n)
        if n.endswith("mlp.up.weight"):  # every gradient far from 0, where Adam's first step is a sign
            np.testing.assert_allclose(array, expected[n], atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_halves_and_padding(name):
    """A batch in halves has the whole's gradient; tokens marked as nothing count for nothing."""
    model, ids = MODELS[name], np.random.default_rng(0).integers(0, 8, (5, 9))
    ids[0, 4:] = -1
    ids[3, 7:] = -1
    plain = TrainConfig(batch=5, length=8)
    whole_loss, whole = gradients(model, model.parameters, ids, replace(plain, "in_halves", False), 1)
    loss, halves = gradients(model, model.parameters, ids, plain, 1)
    assert loss == pytest.approx(whole_loss, abs=1e-6)
    nlls = [model.nlls(row[1:][row[1:] >= 0], row[:1]) for row in ids]
    assert loss == pytest.approx(np.concatenate(nlls).mean(), abs=1e-5)
    for n, grad in whole.items():
        np.testing.assert_allclose(halves[n], grad, atol=1e-6, err_msg=n)
    with pytest.raises(ValueError, match="step 9: expected tokens to predict"):
        gradients(model, model.parameters, np.full((2, 4), -1), plain, 9)


def test_predictions_count_by_their_weights():
    """Weighted losses by hand; a token that does not count is still read."""
    model = MODELS["llama"]
    ids = TEXT[: 4 * 9].reshape(4, 9)
    weights = np.random.default_rng(0).choice([0.0, 1.0, 5.0], (4, 8)).astype(np.float32)
    losses = softmax_cross_entropy(model.forward(model._tensors, ids[:, :-1]), ids[:, 1:]).data
    config = replace(SMALL, "dropout", 0.0)
    loss, grads = gradients(model, model.parameters, Batch(ids, weights), config, 1)
    assert loss == pytest.approx((losses * weights).sum() / weights.sum(), rel=1e-5)
    once, alone = gradients(model, model.parameters, Batch(ids, (weights > 0).astype(np.float32)), config, 1)
    plain = gradients(model, model.parameters, ids, config, 1)
    evenly = gradients(model, model.parameters, Batch(ids, np.full((4, 8), 3, np.float32)), config, 1)
    assert evenly[0] == pytest.approx(plain[0], rel=1e-6)
    for name in grads:
        np.testing.assert_allclose(evenly[1][name], plain[1][name], atol=1e-6)
    assert once != pytest.approx(plain[0], rel=1e-3)
    assert any(np.abs(alone[name] - grads[name]).max() > 1e-4 for name in grads)


def test_the_model_given_is_left_alone():
    model = Transformer(MODELS["gpt2"].config, seed=5)
    before = {n: a.copy() for n, a in model.parameters.items()}
    frames = list(train(SMALL, inputs_of(model=model, held_out=None, prompt=(1,))))
    for n, array in model.parameters.items():
        np.testing.assert_array_equal(array, before[n])
        assert array.flags.writeable
    for frame in frames:
        assert not frame.gradient_norms.flags.writeable
        if frame.checkpoint:
            assert not any(a.flags.writeable for a in frame.checkpoint.parameters.values())
            assert not any(a.flags.writeable for tree in frame.checkpoint.state[1:] for a in tree.values())
    assert all(np.isnan(f.held_out) for f in frames)


def test_clipping():
    grads = {"a": np.array([3.0, 0.0]), "b": np.array([4.0])}
    assert clipped(grads, 5.0, 0.0) is grads
    assert clipped(grads, 5.0, 5.0) is grads
    short = clipped(grads, 5.0, 1.0)
    np.testing.assert_allclose(short["a"], [0.6, 0])
    np.testing.assert_allclose(short["b"], [0.8])
    frame = list(train(replace(SMALL, "clip", 0.01), inputs_of()))[-1]
    (loss, clipping) = frame.explain(replace(SMALL, "clip", 0.01))
    assert loss.values["loss"] == frame.loss
    assert clipping.values == {"clip": 0.01, "norm": frame.gradient_norm}
    assert frame.gradient_norm > 0.01


def test_penalties():
    """L1 leaves exact zeros, L2 shorter weights; neither touches biases and gains."""
    plain, l1, l2 = (
        list(train(config, inputs_of()))[-1].checkpoint.parameters
        for config in (SMALL, replace(SMALL, "l1", 0.5), replace(SMALL, "l2", 0.5))
    )
    matrices = [n for n, a in plain.items() if a.ndim > 1]
    assert sum((l1[n] == 0).sum() for n in matrices) > sum((plain[n] == 0).sum() for n in matrices) + 500
    assert all((l1[n] != 0).any() for n in plain if n.endswith("norm.weight"))
    assert sum((l2[n] ** 2).sum() for n in matrices) < 0.9 * sum((plain[n] ** 2).sum() for n in matrices)


def test_a_run_that_diverges_says_so_and_ends():
    config = TrainConfig(
        steps=50, batch=4, length=8, optimizer="gradient_descent", learning_rate=10.0, clip=0.0,
        schedule="constant", checkpoint_every=1,
    )  # fmt: skip
    model = MODELS["gpt2"]
    huge = model.with_parameters({n: a * np.float32(1e18) for n, a in model.parameters.items()})
    inputs = inputs_of(model=huge)
    frames = list(train(config, inputs))
    assert frames[-1].diverged
    assert frames[-1].step < 50
    assert not frames[-1].resumable
    assert not any(f.diverged for f in frames[:-1])
    trace = Trace(train, config, inputs)
    while not trace.finished:
        trace.advance()
    assert trace.error is None
    assert trace.available == len(frames)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_and_schedule(optimizer):
    schedules = itertools.cycle(["constant", "cosine", "warm_up", "warm_up_cosine", "step"])
    for schedule in itertools.islice(schedules, 2):
        config = replace(replace(SMALL, "optimizer", optimizer), "schedule", schedule)
        frames = list(train(config, inputs_of()))
        assert np.isfinite(frames[-1].loss)
        for frame in frames[1:]:
            assert frame.learning_rate == pytest.approx(schedule_of(config)(frame.step - 1))
            assert frame.checkpoint is None or frame.checkpoint.parameters["norm.weight"].dtype == np.float32


def test_streams():
    stream, rng = Stream(np.arange(100)), np.random.default_rng(0)
    batch = stream(rng, 0, 50, 10)
    assert batch.shape == (50, 11)
    assert (np.diff(batch) == 1).all()
    starts = Stream(np.arange(100), [0, 20, 95])(rng, 0, 200, 10)[:, 0]
    assert set(starts) == {0, 20}
    with pytest.raises(ValueError, match="more than 100 tokens, found 100"):
        stream(rng, 0, 1, 100)


def test_refusals_and_frames():
    with pytest.raises(ConfigError, match="at most the model's 16 tokens, found 17"):
        next(train(replace(SMALL, "length", 17), inputs_of()))
    first = next(train(SMALL, inputs_of()))
    assert isinstance(first, TrainFrame)
    assert first.resumable
    assert np.isnan(first.loss)
    assert first.explain(SMALL) == []
    assert validate(SMALL) == SMALL


def test_threads_are_given_back():
    before = threading.active_count()
    assert in_parallel([lambda i=i: i * i for i in range(4)]) == [0, 1, 4, 9]
    with pytest.raises(ZeroDivisionError):
        in_parallel([lambda: 1 // 0, lambda: 2])
    assert threading.active_count() == before
    if _openblas() is not None:
        count, _ = _openblas()
        threads = count()
        with one_blas_thread():
            assert count() == 1
        assert count() == threads
