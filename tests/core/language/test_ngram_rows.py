"""Whole distributions at many places: the same numbers as one context at a time gives."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.language.ngram import NGram, Smoothing
from core.language.ngram_rows import probability_rows

TEXT = np.random.default_rng(0).integers(0, 7, 300)


@pytest.mark.parametrize("smoothing", get_args(Smoothing))
@given(
    ids=st.lists(st.integers(0, 8), min_size=1, max_size=20),
    order=st.integers(1, 6),
    first=st.integers(0, 20),
)
@settings(max_examples=40, deadline=None)
def test_rows_are_the_models_own(smoothing, ids, order, first):
    model = NGram(order, smoothing, vocab_size=9).fit(TEXT)  # 7 and 8 were never seen
    first = min(first, len(ids))
    rows = probability_rows(model, ids, first)
    assert rows.shape == (len(ids) - first, 9)
    for t, row in enumerate(rows, first):
        np.testing.assert_array_equal(row, model.probabilities(ids[:t]))


def test_a_text_of_nothing_has_no_rows():
    assert probability_rows(NGram(3).fit(TEXT), []).shape == (0, 7)
