"""A training run put aside in a file, to be taken up exactly where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from core.language.train_config import TrainConfig, optimizer_of
from core.language.training import Checkpoint, TrainFrame

__all__ = ["pause", "resumed"]


def pause(file: Path, frame: TrainFrame, about: object) -> None:
    """Write a frame that holds a checkpoint, and what else belongs to the run (anything JSON can hold)."""
    if frame.checkpoint is None:
        raise ValueError(f"step {frame.step} holds no checkpoint")
    count, *moments = frame.checkpoint.state
    arrays: dict[str, Any] = {f"0/{name}": array for name, array in frame.checkpoint.parameters.items()}
    for i, moment in enumerate(moments, 1):
        arrays |= {f"{i}/{name}": array for name, array in moment.items()}
    arrays["numbers"] = np.array([frame.step, frame.tokens, count])
    arrays["about"] = np.frombuffer(msgspec.json.encode(about), np.uint8)
    whole = file.with_suffix(".part")
    with whole.open("wb") as out:
        np.savez(out, **arrays)
    whole.replace(file)  # never half a file


def resumed(file: Path, config: TrainConfig) -> tuple[TrainFrame, bytes]:
    """The frame, as `train` wants it for its start, and the JSON of what was written with it."""
    with np.load(file) as stored:
        step, tokens, count = stored["numbers"].tolist()
        trees: list[dict[str, np.ndarray]] = []
        for key in stored.files:
            place, _, name = key.partition("/")
            if name:
                trees += [{}] * (int(place) + 1 - len(trees))
                trees[int(place)] = trees[int(place)] | {name: stored[key]}
        about = stored["about"].tobytes()
    parameters, *moments = trees
    State = type(optimizer_of(config).init(parameters))
    nothing = np.full(len(parameters), np.nan)
    frame = TrainFrame(
        step=step, loss=np.nan, learning_rate=np.nan, gradient_norm=np.nan, gradient_norms=nothing,
        names=tuple(parameters), held_out=np.nan, tokens=tokens,
        checkpoint=Checkpoint(parameters, State(count, *moments)),
    )  # fmt: skip
    return frame, about
