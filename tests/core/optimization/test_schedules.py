"""Schedules by hand: their ends, their middle, and steps as arrays."""

import doctest

import numpy as np
import pytest

from core.optimization import schedules as module
from core.optimization.schedules import constant, cosine, step_decay, warm_up

SCHEDULES = {
    "constant": constant(0.3),
    "cosine": cosine(0.3, total=50, final=0.01),
    "warm_up": warm_up(cosine(0.3, total=50), steps=10),
    "step": step_decay(0.3, every=7, factor=0.5),
}


def test_cosine_starts_high_passes_the_middle_and_stays_at_its_end():
    schedule = cosine(0.4, total=100, final=0.2)
    assert [schedule(k) for k in (0, 50, 100, 250)] == pytest.approx([0.4, 0.3, 0.2, 0.2], abs=1e-15)


def test_warm_up_hands_over_to_the_start_of_what_follows():
    schedule = warm_up(cosine(0.4, total=10), steps=4)
    assert [schedule(k) for k in range(4)] == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=1e-15)
    assert [schedule(k + 4) for k in range(12)] == [cosine(0.4, total=10)(k) for k in range(12)]


@pytest.mark.parametrize("name", SCHEDULES)
def test_an_array_of_steps_gives_what_each_step_gives(name):
    schedule = SCHEDULES[name]
    each = [schedule(k) for k in range(80)]
    assert all(type(rate) is float for rate in each)
    np.testing.assert_array_equal(schedule(np.arange(80)), each)


def test_the_base_rate_may_be_an_array():
    rates = np.array([[0.1], [0.2]])
    for make in (constant, lambda r: cosine(r, total=9), lambda r: step_decay(r, every=3)):
        np.testing.assert_allclose(make(rates)(4), [[make(0.1)(4)], [make(0.2)(4)]], rtol=1e-15)


def test_a_length_of_nothing_is_refused():
    with pytest.raises(ValueError, match="total must be at least 1, found 0"):
        cosine(0.1, total=0)


def test_doctests():
    assert doctest.testmod(module).failed == 0
