"""One protocol: counted, recurrent or attending, every model is asked alike and answers alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.language.model import LanguageModel, generate, windows
from core.language.ngram import NGram
from core.language.recurrent import Recurrent, RecurrentConfig
from core.language.sampling import SamplingConfig, sample
from core.language.transformer import Transformer, gpt2, llama
from core.numerics import log_softmax

TEXT = np.random.default_rng(0).integers(0, 9, 200)
MODELS: dict[str, LanguageModel] = {
    "bigram": NGram(2, vocab_size=9).fit(TEXT),
    "backing off": NGram(4, "stupid_backoff", vocab_size=9).fit(TEXT),
    "lstm": Recurrent(RecurrentConfig(vocab_size=9, width=6, cell="lstm", attention_width=3, context=8)),
    "gpt2": Transformer(gpt2(vocab_size=9, context=8, layers=1, width=8, heads=2)),
    "llama": Transformer(llama(vocab_size=9, context=8, layers=1, width=8, heads=2, mlp_width=12)),
}


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(ids=st.lists(st.integers(0, 8), min_size=2, max_size=30))
def test_one_distribution_read_in_every_way(name, ids):
    """log_probs sums to one; nlls, nll and the state say the same as it."""
    model = MODELS[name]
    assert model.vocab_size == 9
    nlls = model.nlls(ids[1:], ids[:1])
    assert nlls.shape == (len(ids) - 1,)
    assert model.nll(ids[1:], ids[:1]) == pytest.approx(nlls.sum())
    state = model.start(ids[:1])
    for t in range(1, len(ids)):
        log_probs = model.log_probs(ids[:t])
        assert np.exp(log_probs).sum() == pytest.approx(1, abs=1e-5)
        assert nlls[t - 1] == pytest.approx(-log_probs[ids[t]], abs=1e-4)
        p = np.exp(state.logits - state.logits.max())
        np.testing.assert_allclose(p / p.sum(), np.exp(log_probs), atol=1e-5)
        state.push(ids[t])


@pytest.mark.parametrize("name", MODELS)
def test_generation_is_the_state_and_the_draw(name):
    model, config = MODELS[name], SamplingConfig(temperature=0.7, top_k=5)
    rng, text, state = np.random.default_rng(4), [1, 2], model.start([1, 2])
    for _ in range(12):
        text.append(sample(state.logits, config, rng, text))
        state.push(text[-1])
    assert model.generate([1, 2], 12, config, np.random.default_rng(4)) == text[2:]
    assert generate(model, [1, 2], 0, config, np.random.default_rng(4)) == []


@pytest.mark.parametrize("name", MODELS)
def test_a_fork_goes_its_own_way(name):
    """Two ways on from one place, one beyond the context, leave each other and the place as they are."""
    model = MODELS[name]
    state = model.start([1, 2, 3])
    before = np.array(state.logits)
    one, other = state.fork(), state.fork()
    for t in (4, 5, 6, 7, 0, 1, 2):
        one.push(t)
    other.push([8, 8])
    for found, text in ((one, [1, 2, 3, 4, 5, 6, 7, 0, 1, 2]), (other, [1, 2, 3, 8, 8])):
        np.testing.assert_allclose(log_softmax(found.logits), model.log_probs(text), atol=1e-5)
    for ids in ([4], [4, 5], [4, 5, 6, 7, 8, 0, 1, 2]):  # within the context, and beyond it
        np.testing.assert_allclose(state.nlls(ids), model.nlls(ids, [1, 2, 3]), atol=1e-5)
    np.testing.assert_array_equal(state.logits, before)
    np.testing.assert_allclose(log_softmax(state.push(4)), model.log_probs([1, 2, 3, 4]), atol=1e-5)


@given(length=st.integers(0, 300), context=st.integers(1, 40))
def test_windows(length, context):
    """Every token is read once as new, by a window no longer than the context and with half of it behind."""
    found = windows(length, context)
    fresh = [t for _, first, end in found for t in range(first, end)]
    assert fresh == list(range(length))
    for begin, first, end in found:
        assert 0 < end - begin <= context
        assert first == 0 or first - begin >= context // 2
    for n in range(1, length):  # a place's window does not depend on what follows it
        assert windows(n, context)[-1][0] == next(b for b, first, end in found if first <= n - 1 < end)
    assert windows(length, None) == ([(0, 0, length)] if length else [])
