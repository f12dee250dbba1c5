"""What it costs to look into a model, beside not looking; and one story read by the models that ship."""

from __future__ import annotations

import numpy as np

from bench.harness import Pair, benchmark
from core.language.pipeline import values_of
from core.language.surprise import SurpriseConfig, prepare
from core.language.transformer import Transformer, TransformerConfig

TOKENS = 64
BUDGET = 200.0
"""Milliseconds in which a chosen story is to stand there in colours: it is read in a job."""


@benchmark("pipeline: every value of a forward pass, 64 tokens, beside the pass alone", bound=2.5)
def pipeline_values() -> Pair:
    """Lenses included: each reads the whole vocabulary once more, as the output does."""
    model = Transformer(TransformerConfig(vocab_size=1024, context=256, layers=4, width=128, heads=4), seed=0)
    ids = np.random.default_rng(0).integers(0, 1024, TOKENS)
    values = values_of(model, ids)
    assert values["logits"].tobytes() == model.logits(ids).tobytes()
    return lambda: values_of(model, ids), lambda: model.logits(ids)


@benchmark("perplexity: a story of 300 tokens read by every model there is", bound=1.0)
def story_read() -> Pair:
    """With the counts made, as they are from the second story on."""
    config = SurpriseConfig()
    list(prepare(config))
    return lambda: list(prepare(config)), BUDGET
