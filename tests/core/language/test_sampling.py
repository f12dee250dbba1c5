"""Sampling: by hand, against transformers' processors, and what holds whatever the logits and settings."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.config import fields, validate
from core.language.sampling import SamplingConfig, SamplingInputs, distribution, draw, masks, sample, sampling
from core.trace import Trace

GOLDEN = Path(__file__).parent / "golden" / "sampling.npz"
STAGES = [
    "logits", "repetition_penalty", "temperature", "top_k", "top_p", "min_p", "probabilities", "draw",
]  # fmt: skip

logits_st = arrays(np.float64, st.integers(1, 40), elements=st.floats(-50, 50))
configs = st.builds(
    SamplingConfig,
    temperature=st.one_of(st.just(0.0), st.floats(1e-3, 5.0)),
    top_k=st.integers(0, 50),
    top_p=st.floats(0, 1),
    min_p=st.floats(0, 1),
    repetition_penalty=st.floats(1, 2),
)


# --- by hand -----------------------------------------------------------------------------------------


def probabilities_as_logits(*p: float) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(np.array(p))


Z = probabilities_as_logits(0.4, 0.3, 0.15, 0.1, 0.05)


def test_nothing_set_is_softmax():
    np.testing.assert_allclose(distribution(Z, SamplingConfig()), [0.4, 0.3, 0.15, 0.1, 0.05], rtol=1e-14)


def test_top_k_by_hand():
    p = distribution(Z, SamplingConfig(top_k=2))
    np.testing.assert_allclose(p, [4 / 7, 3 / 7, 0, 0, 0], rtol=1e-14)


def test_top_p_by_hand():
    """0.4 + 0.3 < 0.8 <= 0.4 + 0.3 + 0.15: three tokens."""
    p = distribution(Z, SamplingConfig(top_p=0.8))
    np.testing.assert_allclose(p, np.array([0.4, 0.3, 0.15, 0, 0]) / 0.85, rtol=1e-14)


def test_min_p_by_hand():
    """At least 0.3 of 0.4 = 0.12."""
    p = distribution(Z, SamplingConfig(min_p=0.3))
    np.testing.assert_allclose(p, np.array([0.4, 0.3, 0.15, 0, 0]) / 0.85, rtol=1e-14)


def test_temperature_by_hand():
    """p^(1/T), renormalized: T = 1/2 squares."""
    p = distribution(Z, SamplingConfig(temperature=0.5))
    squares = np.array([0.4, 0.3, 0.15, 0.1, 0.05]) ** 2
    np.testing.assert_allclose(p, squares / squares.sum(), rtol=1e-13)


def test_repetition_penalty_by_hand():
    """Above 0 divided, below 0 multiplied, once for a token that occurs twice."""
    p = distribution([2.0, -2.0, 1.0], SamplingConfig(repetition_penalty=2.0), [0, 0, 1])
    expected = np.exp([1.0, -4.0, 1.0])
    np.testing.assert_allclose(p, expected / expected.sum(), rtol=1e-14)


def test_order_top_k_before_top_p():
    """Top-2 leaves 4/7 and 3/7; of those top-p 0.5 keeps one. Alone it would keep two."""
    assert (distribution(Z, SamplingConfig(top_k=2, top_p=0.5)) > 0).sum() == 1
    assert (distribution(Z, SamplingConfig(top_p=0.5)) > 0).sum() == 2


def test_ties_go_to_the_smaller_id():
    tied = [1.0, 3.0, 3.0, 3.0]
    assert distribution(tied, SamplingConfig(top_k=2)).tolist() == [0, 0.5, 0.5, 0]
    assert distribution(tied, SamplingConfig(temperature=0.0)).tolist() == [0, 1, 0, 0]
    assert np.flatnonzero(distribution(np.zeros(5), SamplingConfig(top_p=0.5))).tolist() == [0, 1, 2]


def test_the_nucleus_of_a_long_tail_is_exact():
    """Where the mass lies far down the list, beyond any fifty tokens that a screen would show."""
    logits = -0.002 * np.arange(50_257.0)
    p = distribution(logits, SamplingConfig(top_p=0.9))
    full = np.exp(logits) / np.exp(logits).sum()
    expected = int(np.searchsorted(np.cumsum(full), 0.9)) + 1
    assert (p > 0).sum() == expected
    assert expected > 1000


# --- against transformers ----------------------------------------------------------------------------


def test_same_as_transformers():
    golden = np.load(GOLDEN)
    for logits, chosen, context, expected in zip(
        golden["logits"], golden["settings"], golden["contexts"], golden["probabilities"], strict=True
    ):
        temperature, k, top_p, min_p, penalty = map(float, chosen)
        config = SamplingConfig(
            temperature=temperature, top_k=int(k), top_p=top_p, min_p=min_p, repetition_penalty=penalty
        )
        found = distribution(logits, config, context.tolist())
        np.testing.assert_array_equal(found > 0, expected > 0, err_msg=str(config))
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)


# --- whatever the input --------------------------------------------------------------------------------


@given(logits_st, configs, st.data())
def test_a_distribution(logits, config, data):
    context = data.draw(st.lists(st.integers(0, len(logits) - 1), max_size=5))
    p = distribution(logits, config, context)
    assert p.shape == logits.shape
    assert p.dtype == np.float64
    assert (p >= 0).all()
    assert abs(p.sum() - 1) < 1e-12
    if config.top_k > 0:
        assert (p > 0).sum() <= config.top_k


@given(logits_st, st.floats(0, 1))
def test_the_nucleus_is_the_smallest(logits, top_p):
    before = distribution(logits, SamplingConfig())
    after = distribution(logits, SamplingConfig(top_p=top_p))
    kept = np.sort(before[after > 0])
    assert kept.sum() >= top_p - 1e-9
    assert len(kept) == 1 or kept[1:].sum() < top_p + 1e-9
    assert before[after == 0].max(initial=0) <= kept[0]


@given(logits_st, configs, st.integers(0, 2**32))
def test_draws_repeat_and_are_possible(logits, config, seed):
    first = sample(logits, config, np.random.default_rng(seed))
    assert sample(logits, config, np.random.default_rng(seed)) == first
    assert distribution(logits, config)[first] > 0


@given(logits_st, configs)
def test_one_number_for_each_draw(logits, config):
    rng, other = np.random.default_rng(3), np.random.default_rng(3)
    sample(logits, config, rng)
    other.random()
    assert rng.random() == other.random()


def test_draws_follow_the_distribution():
    """20,000 draws: each frequency within five standard deviations."""
    p = distribution(Z, SamplingConfig(temperature=1.3))
    rng = np.random.default_rng(0)
    counts = Counter(draw(p, rng.random()) for _ in range(20_000))
    for token, chance in enumerate(p):
        assert abs(counts[token] / 20_000 - chance) < 5 * np.sqrt(chance * (1 - chance) / 20_000)


@pytest.mark.parametrize("uniform", [0.0, 0.5, np.nextafter(1.0, 0.0)])
def test_no_impossible_token_is_drawn(uniform):
    p = np.array([0, 0, 1 / 3, 0, 1 / 3, 1 / 3, 0, 0])
    assert p[draw(p, uniform)] > 0


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 1e-10])
def test_tiny_temperatures_are_greedy(temperature):
    assert distribution([1.0, 2.0, 1.5], SamplingConfig(temperature=temperature)).tolist() == [0, 1, 0]


def test_ruled_out_tokens_stay_out():
    p = distribution([0.0, -np.inf, 0.0], SamplingConfig(top_k=3, repetition_penalty=1.5), [1])
    assert p.tolist() == [0.5, 0, 0.5]


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        ([1.0, np.nan], "found nan for token 1"),
        ([np.inf, 1.0], "found inf for token 0"),
        ([-np.inf, -np.inf], "at least one above -inf"),
        ([], "found an array of shape"),
        ([[1.0]], "found an array of shape"),
    ],
)
def test_refused_logits(logits, message):
    with pytest.raises(ValueError, match=message):
        distribution(logits, SamplingConfig())


@pytest.mark.parametrize("context", [[3], [-1]])
def test_context_of_another_vocabulary(context):
    with pytest.raises(ValueError, match="context: expected ids from 0 to 2"):
        distribution([1.0, 2.0, 3.0], SamplingConfig(repetition_penalty=1.5), context)


# --- frames --------------------------------------------------------------------------------------------


@given(logits_st, configs)
@settings(max_examples=30)
def test_frames_are_what_is_computed(logits, config):
    frames = list(sampling(config, SamplingInputs(logits)))
    assert [frame.stage for frame in frames] == STAGES
    assert len(frames) == config.frames()
    np.testing.assert_array_equal(frames[-1].probabilities, distribution(logits, config))
    assert frames[-1].token == sample(logits, config, np.random.default_rng(config.seed))
    for before, frame in pairwise(frames):
        assert not (frame.kept & ~before.kept).any()
        np.testing.assert_array_equal(frame.kept, frame.logits > -np.inf)
        assert frame.removed == pytest.approx(
            before.probabilities[before.kept & ~frame.kept].sum(), abs=1e-15
        )
        for array in (frame.logits, frame.probabilities, frame.kept):
            assert not array.flags.writeable
        if not frame.active:
            np.testing.assert_array_equal(frame.probabilities, before.probabilities)


def test_going_on_behind_any_frame():
    config, inputs = SamplingConfig(temperature=0.7, top_k=3, seed=5), SamplingInputs(Z)
    frames = list(sampling(config, inputs))
    for i, frame in enumerate(frames):
        rest = list(sampling(config, inputs, frame))
        assert [f.stage for f in rest] == STAGES[i + 1 :]
        for again, first in zip(rest, frames[i + 1 :], strict=True):
            np.testing.assert_array_equal(again.probabilities, first.probabilities)
            assert again.token == first.token


def test_as_a_trace():
    trace = Trace(sampling, SamplingConfig(), SamplingInputs(Z)).run()
    assert trace.available == trace.total == 8


def test_explained_with_its_numbers():
    config = SamplingConfig(temperature=0.5, top_k=4, top_p=0.9, min_p=0.05, repetition_penalty=1.2)
    frames = list(sampling(config, SamplingInputs(Z, context=(0,))))
    assert all(frame.active for frame in frames)
    equations = {frame.stage: frame.explain(config) for frame in frames}
    assert equations.pop("logits") == []
    for stage, (equation,) in equations.items():
        for name in equation.values:
            assert f"<{name}>" in equation.template
        assert equation.template.count("<") - equation.template.count(" < ") >= len(equation.values), stage
    (drawn,) = equations["draw"]
    assert drawn.values["before"] <= drawn.values["u"] < drawn.values["after"]
    assert next(sampling(SamplingConfig(), SamplingInputs(Z))).explain() == []


def test_every_tag_stands_in_the_source():
    import importlib
    import inspect

    config = SamplingConfig(temperature=0.5, top_k=4, top_p=0.9, min_p=0.05, repetition_penalty=1.2)
    greedy = SamplingConfig(temperature=0.0)
    for each in (config, greedy):
        for frame in sampling(each, SamplingInputs(Z, context=(0,))):
            for equation in frame.explain(each):
                module, _, name = equation.function.partition(":")
                source = inspect.getsource(getattr(importlib.import_module(module), name))
                assert f"#: {equation.tag}\n" in source


def test_config_refuses_what_is_out_of_range():
    for field in fields(SamplingConfig):
        assert field.low is not None
        with pytest.raises(ValueError, match=field.title):
            validate(msgspec.structs.replace(SamplingConfig(), **{field.path: field.high + 1}))


def test_masks_leave_the_input_alone():
    logits = Z.copy()
    list(masks(logits, SamplingConfig(temperature=0.5, top_k=2, repetition_penalty=2.0), [0]))
    np.testing.assert_array_equal(logits, Z)
