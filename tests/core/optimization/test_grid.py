"""Maps of runs: every pixel once, and each the run that the optimizer makes alone."""

import numpy as np
import pytest

from core.optimization.grid import interleaved, sampled
from core.optimization.optimizers import OPTIMIZERS, steps
from core.optimization.surfaces import SURFACES


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (32, 32), (33, 31), (128, 96)])
@pytest.mark.parametrize("strides", [(1,), (4, 1), (8, 4, 2, 1)])
def test_every_pixel_is_computed_once_and_shown_from_the_first_lattice_on(shape, strides):
    computed = np.zeros(shape, int)
    shown = np.full(shape, -1)
    first = -(-shape[0] // strides[0]) * -(-shape[1] // strides[0])
    for chunk in interleaved(shape, strides, most=100):
        assert 0 < len(chunk.pixels) <= 100
        computed.flat[chunk.pixels] += 1
        shown.flat[chunk.painted] = chunk.pixels[chunk.source]
        if computed.sum() == first:
            assert (shown >= 0).all()
        own = np.flatnonzero(computed)
        np.testing.assert_array_equal(shown.flat[own], own)  # never painted over by a neighbour
    assert (computed == 1).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_run_among_many_is_the_run_alone(name):
    surface = SURFACES["beale"]
    rates = np.array([1e-3, 1e-2, 10.0])
    starts = np.array([[1.0, 1.5], [2.0, 0.0], [-1.0, 1.0]])
    *_, before, many = sampled(surface, OPTIMIZERS[name](rates[:, None]), starts, 30, 10)
    np.testing.assert_array_equal(before, many[:-1])
    assert many.shape == (4, 2, 3)
    for run, (rate, start) in enumerate(zip(rates, starts, strict=True)):
        alone = steps(surface.gradient, OPTIMIZERS[name](rate), start)
        points = [start, *(next(alone).new_params for _ in range(30))]
        np.testing.assert_array_equal(many[:, :, run], points[::10])
