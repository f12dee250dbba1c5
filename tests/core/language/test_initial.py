"""The transformer's beginning: one head looks back from the first step on, and nothing else is settled."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.language.initial import looking_back, spread
from core.language.pipeline import values_of
from core.language.transformer import Transformer
from core.language.transformer_config import llama

CONFIG = llama(vocab_size=512, context=128, layers=2, width=128, heads=4, mlp_width=64, tied=True)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_the_first_head_attends_to_the_token_before(seed):
    model = Transformer(CONFIG, looking_back(spread(CONFIG, seed), CONFIG, seed))
    ids = np.random.default_rng(seed).integers(0, 512, 100)
    values = values_of(model, ids)
    before = [np.diagonal(values[f"blocks.{i}.attention.pattern"], -1, 1, 2).mean(axis=1) for i in (0, 1)]
    assert before[0][0] > 0.75
    assert max(*before[0][1:], *before[1]) < 0.2


def test_only_what_the_head_needs_is_changed():
    plain = spread(CONFIG, 3)
    found = looking_back(plain, CONFIG, 3)
    changed = {name for name, weight in plain.items() if not (found[name] == weight).all()}
    assert changed == {"embedding.weight", "blocks.0.attention.query.weight", "blocks.0.attention.key.weight"}
    for name in sorted(changed)[:2]:
        assert (found[name][:, 32:] == plain[name][:, 32:]).all()
    common = found["embedding.weight"] - plain["embedding.weight"]
    assert np.ptp(common, axis=0).max() < 1e-6
    assert np.linalg.norm(common[0]) == pytest.approx(1, abs=1e-5)


def test_weights_are_spread_by_how_many_numbers_come_in():
    found = spread(CONFIG, 1)
    assert found["blocks.0.mlp.up.weight"].std() == pytest.approx(128**-0.5, rel=0.05)
    assert found["blocks.0.mlp.down.weight"].std() == pytest.approx(64**-0.5 / 2, rel=0.05)
    assert found["embedding.weight"].std() == pytest.approx(128**-0.5, rel=0.05)
    assert (found["norm.weight"] == 1).all()
