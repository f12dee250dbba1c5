import numpy as np
import pytest

from core.config import replace
from core.optimization.models import ModelsConfig, prepared, train
from core.optimization.readings import reading


def test_words_from_common_to_rare_speak_for_their_club():
    config = ModelsConfig(steps=20)
    inputs = prepared(config)
    read = reading(inputs)
    assert read is reading(inputs)
    assert len(set(read.labels)) == 12
    assert (np.diff(read.sizes) <= 0).all()
    assert read.sizes[-1] <= 3
    x, y = inputs.training
    for label, size, k in zip(read.labels, read.sizes, read.parameters, strict=True):
        assert inputs.names[k] == label
        assert x[:, k].sum() == size
        if size <= 5:
            assert y[x[:, k] == 1].mean() in (0, 1)
    *_, last = train(config, inputs)
    values = read.values(last)
    assert values.shape == (12, 6)
    np.testing.assert_array_equal(values[3], last.params[:, read.parameters[3]])


@pytest.mark.parametrize("correlated", [False, True])
def test_progress_is_one_at_the_minimum(correlated):
    config = ModelsConfig(problem="regression", condition=20.0, correlated=correlated, steps=1500)
    for name in ("gradient_descent", "momentum", "adagrad", "rmsprop", "adam"):
        config = replace(config, f"{name}.on", False)
    config = replace(replace(config, "batch_size", 1024), "rates", "own")
    inputs = prepared(config)
    read = reading(inputs)
    frames = list(train(config, inputs))
    np.testing.assert_array_equal(read.values(frames[0]), 0)
    np.testing.assert_allclose(read.values(frames[-1]), 1, atol=1e-3)
    early = read.values(frames[10])[:, 0]
    assert early[0] > 0.9 > early[-1]
    assert read.sizes[0] / read.sizes[-1] == pytest.approx(20, rel=0.3)


def test_a_network_has_none():
    assert reading(prepared(ModelsConfig(problem="mlp", points=20, steps=20))) is None
