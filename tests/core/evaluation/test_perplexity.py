"""Perplexity and bits per byte, by hand and by what they must not depend on."""

import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation import perplexity as module
from core.evaluation.perplexity import bits_per_byte, perplexity


def test_by_hand():
    """p = 1/2, 1/4, 1/8: nll = 6 ln 2, mean 2 ln 2, perplexity 4; over 3 bytes 2 bits each."""
    nll = -(math.log(1 / 2) + math.log(1 / 4) + math.log(1 / 8))
    assert perplexity(nll, 3) == pytest.approx(4, rel=1e-15)
    assert bits_per_byte(nll, 3) == pytest.approx(2, rel=1e-15)


def test_documentation():
    assert doctest.testmod(module).failed == 0


@given(st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=50))
def test_perplexity_is_the_inverse_of_the_geometric_mean(chances):
    nll = -sum(map(math.log, chances))
    assert perplexity(nll, len(chances)) == pytest.approx(1 / np.prod(np.power(chances, 1 / len(chances))))


def test_tokens_change_perplexity_and_not_bits_per_byte():
    """The same text in half as many tokens: perplexity is squared, bits per byte stay."""
    nll = 100.0
    assert perplexity(nll, 50) == pytest.approx(perplexity(nll, 100) ** 2)
    assert bits_per_byte(nll, 300) == pytest.approx(100 / (300 * 0.6931471805599453))


def test_ends():
    assert perplexity(0.0, 5) == 1.0
    assert perplexity(math.inf, 5) == math.inf
    assert perplexity(1e6, 1) == math.inf
    assert bits_per_byte(math.inf, 1) == math.inf
    assert perplexity(709.0, 1) < math.inf


@pytest.mark.parametrize("count", [0, -1])
def test_nothing_to_divide_by(count):
    with pytest.raises(ValueError, match=f"tokens: expected at least 1, found {count}"):
        perplexity(1.0, count)
    with pytest.raises(ValueError, match=f"bytes: expected at least 1, found {count}"):
        bits_per_byte(1.0, count)


def test_nan_is_refused():
    with pytest.raises(ValueError, match="found nan"):
        perplexity(math.nan, 1)
