"""Recurrent models: their layers beside PyTorch's, their attention, and the state that they carry."""

from pathlib import Path

import numpy as np
import pytest

from core.autodiff import Tensor, linear, recur, softmax_cross_entropy
from core.language.recurrent import Recurrent, RecurrentConfig, shapes
from core.language.sampling import SamplingConfig, sample

CELLS = ("elman", "gru", "lstm")


def model_of(cell, **fields):
    defaults = {"vocab_size": 20, "width": 8, "layers": 2, "attention_width": 6, "context": 12}
    return Recurrent(RecurrentConfig(cell=cell, **defaults | fields), seed=1)


@pytest.mark.parametrize("cell", CELLS)
def test_layers_are_pytorchs(cell):
    """Outputs and gradients of two layers; PyTorch keeps its matrices as (out, in)."""
    with np.load(Path(__file__).parent / "golden" / "recurrent.npz") as file:
        golden = {n.removeprefix(f"{cell}:"): file[n] for n in file.files if n.startswith(f"{cell}:")}
    theirs = {n: Tensor(a, requires_grad=True) for n, a in golden.items() if n[-3:-1] == "_l"}
    inputs = Tensor(golden["x"], requires_grad=True)
    x = inputs
    for i in range(2):
        gates = linear(x, theirs[f"weight_ih_l{i}"].T, theirs[f"bias_ih_l{i}"])
        first = Tensor(np.zeros((3, 8 if cell == "lstm" else 4), np.float32))
        x = recur(cell, gates, first, theirs[f"weight_hh_l{i}"].T, theirs[f"bias_hh_l{i}"])[..., :4]
    np.testing.assert_allclose(x.data, golden["out"], atol=1e-6)
    x.backward(golden["weighing"])
    np.testing.assert_allclose(inputs.grad, golden["x.grad"], atol=1e-5)
    assert len(theirs) == 8
    for name, tensor in theirs.items():
        np.testing.assert_allclose(tensor.grad, golden[name + ".grad"], atol=1e-5, err_msg=name)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("attention", [0, 6])
def test_the_state_carries_all(cell, attention):
    """Token by token, in pieces and at once; windows of the context overlap by half beyond it."""
    model = model_of(cell, attention_width=attention)
    ids = np.random.default_rng(0).integers(0, 20, 40)
    whole = model.logits(ids[:12])
    state, pieces = model.start(ids[:1]), model.start(ids[:4])
    for t in range(1, 12):
        np.testing.assert_allclose(state.logits, whole[t - 1], atol=1e-5)
        state.push(int(ids[t]))
    np.testing.assert_allclose(pieces.push(ids[4:12]), whole[11], atol=1e-5)
    nlls = model.nlls(ids[1:], ids[:1])
    for t in range(1, 40):
        assert nlls[t - 1] == pytest.approx(-model.log_probs(ids[:t])[ids[t]], abs=1e-5)


def test_batches_are_rows():
    model = model_of("gru")
    ids = np.random.default_rng(0).integers(0, 20, (3, 9))
    weights = {n: Tensor(a) for n, a in model.parameters.items()}
    batched = model.forward(weights, ids).data
    for row, logits in zip(ids, batched, strict=True):
        np.testing.assert_allclose(model.logits(row), logits, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_a_model_learns_by_its_own_gradient(cell):
    model, rng = model_of(cell), np.random.default_rng(0)
    params = {n: a.astype(float) for n, a in model.parameters.items()}
    ids = rng.integers(0, 20, (2, 7))

    def loss_of(weights):
        return softmax_cross_entropy(model.forward(weights, ids[:, :-1]), ids[:, 1:]).mean()

    weights = {n: Tensor(a, requires_grad=True) for n, a in params.items()}
    loss_of(weights).backward()
    for n, array in params.items():
        place = tuple(int(rng.integers(0, size)) for size in array.shape)
        sides = []
        for step in (1e-5, -1e-5):
            moved = array.copy()
            moved[place] += step
            sides.append(loss_of({m: Tensor(a) for m, a in (params | {n: moved}).items()}).item())
        assert weights[n].grad[place] == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-5, abs=1e-9), n


def test_attention_looks_back_and_only_back():
    model = model_of("gru")
    kept = {}
    logits = model.logits([1, 2, 3, 4, 5], keep=kept.__setitem__)
    np.testing.assert_array_equal(kept["logits"], logits)
    pattern = kept["attention.pattern"]
    assert (np.triu(pattern) == 0).all()
    np.testing.assert_allclose(pattern.sum(axis=-1), [0, 1, 1, 1, 1], atol=1e-6)
    np.testing.assert_allclose(kept["attention.context"], pattern @ kept["layers.1.states"], atol=1e-6)
    expected = {
        "embedding": (5, 8), "layers.0.states": (5, 8), "layers.1.states": (5, 8), "attention.query": (5, 6),
        "attention.key": (5, 6), "attention.scores": (5, 5), "attention.pattern": (5, 5),
        "attention.context": (5, 8), "mixed": (5, 8), "logits": (5, 20),
    }  # fmt: skip
    gates = ("reset", "update", "candidate")
    expected |= {f"layers.{i}.{gate}": (5, 8) for i in (0, 1) for gate in gates}
    assert {n: a.shape for n, a in kept.items()} == expected
    np.testing.assert_array_equal(model.logits([1, 2, 9, 9])[:2], logits[:2])


def test_generation():
    model = model_of("lstm")
    model = model.with_parameters({n: a * 3 for n, a in model.parameters.items()})
    config = SamplingConfig(temperature=0.9)
    found = model.generate([1], 10, config, np.random.default_rng(2))
    rng, text = np.random.default_rng(2), [1]
    for _ in range(10):
        text.append(sample(model.logits(text)[-1], config, rng, text))
    assert found == text[1:]


def test_sizes_and_refusals():
    model = model_of("gru")
    assert model.size == sum(int(np.prod(s)) for s in shapes(model.config).values())
    with pytest.raises(ValueError, match="Recurrent needs one token of context"):
        model.nlls([1])
