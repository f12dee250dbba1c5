"""The transformer beside Hugging Face's: logits, gradients, ten steps of Adam; and its cache beside none."""

from pathlib import Path

import numpy as np
import pytest

from core.autodiff import Tensor, softmax_cross_entropy
from core.config import ConfigError
from core.language import huggingface
from core.language.checkpoint import load, load_model
from core.language.model import windows
from core.language.sampling import SamplingConfig, sample
from core.language.transformer import Transformer, TransformerConfig, gpt2, llama, shapes
from core.optimization.optimizers import adam

GOLDEN = Path(__file__).parent / "golden"
NAMES = ("gpt2", "gpt2_flags", "gpt2_by_layer", "llama", "llama_flags", "llama_linear")
SMALL = {"vocab_size": 30, "context": 16, "layers": 2, "width": 16, "heads": 4}
BOTH = {"gpt2": gpt2(**SMALL), "llama": llama(**SMALL, kv_heads=2, mlp_width=24)}


def golden(name):
    with np.load(GOLDEN / name / "expected.npz") as file:
        return dict(file)


def loss_of(model, weights, ids):
    return softmax_cross_entropy(model.forward(weights, ids[:, :-1]), ids[:, 1:]).mean()


@pytest.mark.parametrize("name", NAMES)
def test_logits_are_hugging_faces(name):
    expected = golden(name)
    model = load_model(GOLDEN / name)
    found = np.stack([model.logits(row) for row in expected["ids"]])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected["logits"], rtol=0, atol=1e-4)
    batched = model.forward({n: Tensor(a) for n, a in model.parameters.items()}, expected["ids"]).data
    np.testing.assert_allclose(batched, expected["logits"], rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_gradients_of_a_step_are_torchs(name):
    expected = golden(name)
    model = load_model(GOLDEN / name)
    theirs = {n.removeprefix("grad:"): g for n, g in expected.items() if n.startswith("grad:")}
    wanted = huggingface.parameters(name, model.config, theirs, np.shape, lambda g: g)
    weights = {n: Tensor(a, requires_grad=True) for n, a in model.parameters.items()}
    loss = loss_of(model, weights, expected["ids"])
    loss.backward()
    assert loss.item() == pytest.approx(expected["losses"][0], abs=1e-5)
    assert wanted.keys() == weights.keys()
    for n, tensor in weights.items():
        np.testing.assert_allclose(tensor.grad, wanted[n], rtol=0, atol=1e-5, err_msg=n)


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_ten_steps_of_adam_track_torch(name):
    expected = golden(name)
    model = load_model(GOLDEN / name)
    optimizer = adam(0.01)
    params, state, losses = model.parameters, optimizer.init(model.parameters), []
    for _ in range(10):
        weights = {n: Tensor(a, requires_grad=True) for n, a in params.items()}
        loss = loss_of(model, weights, expected["ids"])
        loss.backward()
        losses.append(loss.item())
        params, state = optimizer.update({n: t.grad for n, t in weights.items()}, state, params)
    assert losses[-1] < losses[0] - 1
    np.testing.assert_allclose(losses, expected["losses"], rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_the_cache_changes_nothing(name):
    """Token by token, in pieces and all at once; beyond the context too, where windows overlap."""
    model = load_model(GOLDEN / name)
    ids = np.random.default_rng(0).integers(0, model.vocab_size, 3 * model.context)
    whole = model.logits(ids[: model.context])
    state = model.start(ids[:3])
    for t in range(3, model.context):
        np.testing.assert_allclose(state.logits, whole[t - 1], rtol=0, atol=1e-4)
        state.push(int(ids[t]))
    pieces = model.start(ids[:5])
    pieces.push(ids[5:20])
    np.testing.assert_allclose(pieces.logits, whole[19], rtol=0, atol=1e-4)
    for t in range(model.context, len(ids)):
        state.push(int(ids[t]))
        begin = windows(t + 1, model.context)[-1][0]
        fresh = model.logits(ids[begin : t + 1])[-1]
        np.testing.assert_allclose(state.logits, fresh, rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", BOTH)
def test_generation_is_the_same_without_the_cache(name):
    model = Transformer(BOTH[name], seed=1)
    model = model.with_parameters({n: a * 8 if a.ndim == 2 else a for n, a in model.parameters.items()})
    for config in (SamplingConfig(temperature=0.0), SamplingConfig(temperature=1.2, top_p=0.9)):
        found = model.generate([1, 2], 40, config, np.random.default_rng(5))
        rng, text = np.random.default_rng(5), [1, 2]
        for _ in range(40):
            begin = windows(len(text), 16)[-1][0]
            text.append(sample(model.logits(text[begin:])[-1], config, rng, text))
        assert found == text[2:]
    assert model.generate([1, 2], 0, SamplingConfig(), np.random.default_rng(0)) == []


@pytest.mark.parametrize("name", BOTH)
def test_scores_are_those_of_the_state(name):
    """nlls of a text three times the context, token by token; a context in front counts for nothing."""
    model = Transformer(BOTH[name], seed=2)
    ids = np.random.default_rng(0).integers(0, 30, 50)
    nlls = model.nlls(ids[1:], ids[:1])
    state = model.start(ids[:1])
    for t in range(1, 50):
        p = np.exp(model.log_probs(ids[:t]))
        assert p.sum() == pytest.approx(1, abs=1e-5)
        assert nlls[t - 1] == pytest.approx(-np.log(p[ids[t]]), abs=1e-4)
        state.push(int(ids[t]))
    np.testing.assert_allclose(model.nlls(ids[20:], ids[:20]), nlls[19:], atol=1e-5)
    assert model.nll(ids[1:], ids[:1]) == pytest.approx(nlls.sum())
    assert model.nlls([], ids[:4]).shape == (0,)


@pytest.mark.parametrize("name", BOTH)
def test_a_model_learns_by_its_own_gradient(name):
    """Central differences through the whole model, in float64, at some of its parameters."""
    model = Transformer(BOTH[name], seed=3)
    rng = np.random.default_rng(0)
    params = {n: a.astype(float) + rng.normal(size=a.shape) * 0.1 for n, a in model.parameters.items()}
    ids = rng.integers(0, 30, (2, 9))
    weights = {n: Tensor(a, requires_grad=True) for n, a in params.items()}
    loss_of(model, weights, ids).backward()
    for n, array in params.items():
        place = tuple(int(rng.integers(0, size)) for size in array.shape)
        if n == "embedding.weight":
            place = (int(ids[0, 0]), 3)
        if n == "position.weight":
            place = (2, 3)
        sides = []
        for step in (1e-5, -1e-5):
            moved = array.copy()
            moved[place] += step
            plain = {m: Tensor(a) for m, a in (params | {n: moved}).items()}
            sides.append(loss_of(model, plain, ids).item())
        assert weights[n].grad[place] == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-5, abs=1e-9), n


@pytest.mark.parametrize("name", BOTH)
def test_every_intermediate_has_a_name(name):
    config = BOTH[name]
    model = Transformer(config, seed=1)
    kept = {}
    logits = model.logits([3, 1, 4, 1, 5], keep=kept.__setitem__)
    np.testing.assert_array_equal(kept["logits"], logits)
    T, C, H, D = 5, 16, 4, 4
    K = config.key_value_heads
    block = {
        "attention.norm": (T, C), "attention.query": (T, H, D), "attention.key": (T, K, D),
        "attention.value": (T, K, D), "attention.scores": (H, T, T), "attention.pattern": (H, T, T),
        "attention.mixed": (T, H, D), "attention.output": (T, C), "middle": (T, C), "mlp.norm": (T, C),
        "mlp.up": (T, config.inner), "mlp.hidden": (T, config.inner), "mlp.output": (T, C), "output": (T, C),
    }  # fmt: skip
    if name == "llama":
        block |= {"attention.rotated_query": (T, H, D), "attention.rotated_key": (T, K, D)}
        block |= {"mlp.gate": (T, config.inner)}
    expected = {f"blocks.{i}.{part}": shape for i in (0, 1) for part, shape in block.items()}
    expected |= {"embedding.token": (T, C), "embedding": (T, C), "norm": (T, C), "logits": (T, 30)}
    expected |= {"embedding.position": (T, C)} if name == "gpt2" else {}
    assert {n: a.shape for n, a in kept.items()} == expected
    np.testing.assert_allclose(
        kept["blocks.1.output"], kept["blocks.1.middle"] + kept["blocks.1.mlp.output"], atol=1e-6
    )
    np.testing.assert_allclose(kept["blocks.0.attention.pattern"].sum(axis=-1), 1, atol=1e-6)


def test_the_future_is_not_seen():
    for config in BOTH.values():
        model = Transformer(config, seed=1)
        a, b = model.logits([1, 2, 3, 4]), model.logits([1, 2, 9, 9])
        np.testing.assert_array_equal(a[:2], b[:2])
        assert np.abs(a[2:] - b[2:]).max() > 1e-4


def test_sizes():
    assert sum(int(np.prod(s)) for s in shapes(gpt2()).values()) == 124_439_808  # GPT-2 "124M"
    model = Transformer(BOTH["gpt2"])
    assert model.size == sum(int(np.prod(s)) for s in shapes(model.config).values())
    again = Transformer(BOTH["gpt2"])
    assert all((again.parameters[n] == a).all() for n, a in model.parameters.items())


def test_refusals():
    model = Transformer(BOTH["gpt2"])
    with pytest.raises(ValueError, match="at most 16 tokens, found 17"):
        model.logits(np.zeros(17, int))
    with pytest.raises(ValueError, match="ids from 0 to 29, found 0 to 30"):
        model.logits([0, 30])
    with pytest.raises(ValueError, match="ids: expected 0 to 29, found -1"):
        model.start([-1])
    with pytest.raises(ValueError, match="whole numbers, found float64"):
        model.logits([0.5])
    for empty in (lambda: model.start().logits, lambda: model.nlls([1, 2]), lambda: model.log_probs()):
        with pytest.raises(ValueError, match="needs one token of context"):
            empty()
    with pytest.raises(ConfigError, match="multiple of 3 heads, found 16"):
        Transformer(TransformerConfig(width=16, heads=3))
    with pytest.raises(ConfigError, match="expected a divisor of the heads, found 3"):
        Transformer(llama(width=16, heads=4, kv_heads=3))
    with pytest.raises(ConfigError, match="rotary positions need an even one, found 5"):
        Transformer(llama(width=20, heads=4))


def test_a_real_model_tells_its_story(real):
    """stories260K, greedy from nothing: the text that is known of it."""
    model, tokenizer = load(real / "stories260K" / "stories260K.bin")
    assert tokenizer.encode("Zoo") == [1, 410, 469, 347]
    ids = tokenizer.encode("")
    ids += model.generate(ids, 80, SamplingConfig(temperature=0.0), np.random.default_rng(0))
    assert ids[:16] == [1, 403, 407, 261, 378, 432, 383, 286, 261, 376, 298, 315, 421, 395, 317, 426]
    assert tokenizer.decode(ids).startswith(
        "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. "
        "One day, she saw a big, red ball."
    )
