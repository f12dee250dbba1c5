"""Optimizers on real models, in words."""

from __future__ import annotations

from app.optimization.words import NAMES
from app.stage.numbers import number
from core.optimization.models import ModelsConfig, ModelsFrame
from core.optimization.models_config import runners
from core.trace import Trace

PROBLEMS = {
    "words": "Logistic regression on bags of words",
    "regression": "Linear regression",
    "mlp": "A small neural network on points of the plane",
}


def dots(config: ModelsConfig, count: int) -> tuple[str, str, str, float | None]:
    """Title, what the sizes mean, what the axis measures, and the goal's place."""
    if config.problem == "words":
        left = f"Word, and how many of the {number(count)} messages hold it"
        return "Weights of a few words", left, "← gardening      weight      astronomy →", None
    return (
        "How far each direction has come",
        "Direction, and its curvature",
        "share of the way to the minimum",
        1.0,
    )


def curve(config: ModelsConfig) -> tuple[str, str, bool]:
    """Column, title and whether it is logarithmic of the second chart."""
    score = "Held-out R²" if config.problem == "regression" else "Held-out accuracy"
    return {
        "loss": ("held_out", "Held-out loss", config.log_axis),
        "score": ("held_out_score", score, False),
        "gradient": ("lengths", "Length of the mini-batch gradient", config.log_axis),
        "zeros": ("zeros", "Weights at exactly 0", False),
    }[config.curve]


def score(value: float, config: ModelsConfig) -> str:
    return f"R² {number(value, 3)}" if config.problem == "regression" else f"{number(100 * value, 3)}\u202f%"


def standing(frame: ModelsFrame, i: int, config: ModelsConfig) -> str:
    """ "0.158 · held-out 0.23, 92.3 % · η 0.32"."""
    if at := int(frame.diverged[i]):
        return f"diverged at step {at} with η {number(float(frame.rates[i]), 2)}"
    held = f"held-out {number(float(frame.held_out[i]), 3)}, {score(float(frame.held_out_score[i]), config)}"
    zeros = f" · {int(frame.zeros[i])} zeros" if config.l1 else ""
    return f"{number(float(frame.objective[i]), 3)} · {held}{zeros} · η {number(float(frame.rates[i]), 2)}"


def describe(trace: Trace, index: int, config: ModelsConfig) -> str:
    frame = trace.frame(index)
    if not isinstance(frame, ModelsFrame):
        return "The run is being computed."
    if not frame.runners:
        return f"{PROBLEMS[config.problem]}. No optimizer takes part."
    order = sorted(range(len(frame.runners)), key=lambda i: (frame.diverged[i] > 0, frame.objective[i]))
    told = "; ".join(f"{NAMES[frame.runners[i]]} {standing(frame, i, config)}" for i in order)
    return (
        f"{PROBLEMS[config.problem]}, {len(frame.inputs.training.y)} training examples, at step {index} of "
        f"{config.steps}. From the lowest training loss with penalties up: {told}."
    )


def notes(trace: Trace, index: int, config: ModelsConfig) -> list[str]:
    frame = trace.frame(index)
    if not isinstance(frame, ModelsFrame) or not frame.runners:
        return ["Switch an optimizer on to see it learn."]
    told = []
    alive = [i for i in range(len(frame.runners)) if not frame.diverged[i]]
    if alive and index:
        best = min(alive, key=lambda i: frame.objective[i])
        told.append(
            f"{NAMES[frame.runners[best]]} has the lowest training loss, penalties included, at this step."
        )
    told += [
        f"{NAMES[name]} diverged at step {int(at)}: its rate is too large."
        for name, at in zip(frame.runners, frame.diverged, strict=True)
        if at
    ]
    told += _about(frame, config)
    if config.rates == "tuned":
        tried = "nine learning rates, half a decade apart"
        told.append(f"Each has the best of {tried}, on the same mini-batches: a fair comparison.")
    if config.batch_size < len(frame.inputs.training.y):
        told.append(
            f"Each step sees {config.batch_size} of the {len(frame.inputs.training.y)} examples: the noise "
            "never dies out at a constant rate."
        )
    return told


def _about(frame: ModelsFrame, config: ModelsConfig) -> list[str]:
    """What this model has to show."""
    told = []
    if config.problem == "words" and "adagrad" in runners(config):
        told.append(
            "The rarer a word, the farther apart the markers: a word in two messages has had a slope in a "
            "few steps only, and AdaGrad makes much of those."
        )
    if config.problem == "regression":
        told.append(
            "Directions mix the features here, and a rate for each feature cannot help: the adaptive methods "
            "lose their lead."
            if config.correlated
            else "Steep directions are learned at once; where the curvature is small, adaptive rates help."
        )
    if config.l1 and config.l1_step == "proximal":
        told.append("The proximal step puts weights at exactly 0, and they stay there.")
    elif config.l1:
        told.append(
            "Along the subgradient of |w| a weight steps to and fro across 0, and hardly ever lands on it."
        )
    return told
