"""A run put aside goes on as if it had never stopped."""

import json

import numpy as np
import pytest

from core.language.paused import pause, resumed
from core.language.training import Stream, TrainConfig, TrainInputs, train
from core.language.transformer import Transformer
from core.language.transformer_config import llama


@pytest.mark.parametrize("optimizer", ["gradient_descent", "adam", "amsgrad", "muon"])
def test_a_run_goes_on_exactly(optimizer, tmp_path):
    config = TrainConfig(
        steps=6,
        batch=2,
        length=8,
        optimizer=optimizer,
        learning_rate=0.01,
        checkpoint_every=3,
        sample_every=0,
    )
    model = Transformer(llama(vocab_size=11, context=8, layers=1, width=8, heads=2, tied=True))
    inputs = TrainInputs(model, Stream(np.random.default_rng(0).integers(0, 11, 200)))
    frames = list(train(config, inputs))
    file = tmp_path / "run.npz"
    pause(file, frames[3], {"seconds": 4})
    frame, about = resumed(file, config)
    assert (frame.step, frame.tokens) == (3, frames[3].tokens)
    assert json.loads(about) == {"seconds": 4}
    rest = list(train(config, inputs, frame))
    assert [f.loss for f in rest] == [f.loss for f in frames[4:]]
    for name, array in frames[-1].checkpoint.parameters.items():
        assert (array == rest[-1].checkpoint.parameters[name]).all()
    assert list(tmp_path.iterdir()) == [file]


def test_a_step_without_a_checkpoint_cannot_be_put_aside(tmp_path):
    config = TrainConfig(steps=1, batch=2, length=8, checkpoint_every=10, sample_every=0)
    model = Transformer(llama(vocab_size=11, context=8, layers=1, width=8, heads=2, tied=True))
    first = next(train(config, TrainInputs(model, Stream(np.arange(11).repeat(3)))))
    bare = type(first)(
        **{name: getattr(first, name) for name in first.__struct_fields__} | {"checkpoint": None}
    )
    with pytest.raises(ValueError, match="step 0 holds no checkpoint"):
        pause(tmp_path / "run.npz", bare, None)
