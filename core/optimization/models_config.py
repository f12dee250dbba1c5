"""What a person may set when optimizers train real models."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from core.config import Config, Source, choice, number, setting
from core.optimization.choices import OptimizerName, optimizer_choice
from core.optimization.optimizers import OPTIMIZERS, Optimizer
from core.optimization.race_config import (
    AdaGradSettings,
    AdamSettings,
    AdamWSettings,
    AMSGradSettings,
    GradientDescentSettings,
    MomentumSettings,
    NesterovSettings,
    RMSPropSettings,
)

__all__ = ["SETS", "ModelsConfig", "make_optimizer", "runners"]

# The race's settings, but that a learning rate takes effect in the middle of a run. The defaults are good for
# the messages; which rates are good elsewhere, the trials find.
_LIVE = number(
    1e-6, 100.0, "Learning rate", "How far a step goes: η. Takes effect from the next step.", scale="log",
    role="live", shown_if={"rates": ("own",)},
)  # fmt: skip


class LiveGradientDescent(GradientDescentSettings, frozen=True):
    learning_rate: Annotated[float, _LIVE] = 3.0


class LiveMomentum(MomentumSettings, frozen=True):
    learning_rate: Annotated[float, _LIVE] = 0.3


class LiveNesterov(NesterovSettings, frozen=True):
    learning_rate: Annotated[float, _LIVE] = 0.3


class LiveAdaGrad(AdaGradSettings, frozen=True):
    learning_rate: Annotated[float, _LIVE] = 0.3


class LiveRMSProp(RMSPropSettings, frozen=True):
    learning_rate: Annotated[float, _LIVE] = 0.03


class LiveAdam(AdamSettings, frozen=True):
    learning_rate: Annotated[float, _LIVE] = 0.03


class LiveAdamW(AdamWSettings, frozen=True):
    learning_rate: Annotated[float, _LIVE] = 0.03


class LiveAMSGrad(AMSGradSettings, frozen=True):
    learning_rate: Annotated[float, _LIVE] = 0.03


SETS = ("moons", "circles", "spiral", "blobs", "few")
"""The sets of points by name."""

_COORDINATE = Annotated[float, Meta(ge=-1e3, le=1e3)]
_POINT = tuple[_COORDINATE, _COORDINATE, Literal[0, 1]]
_WORDS = {"problem": ("words",)}
_REGRESSION = {"problem": ("regression",)}
_NETWORK = {"problem": ("mlp",)}


class ModelsConfig(Config, frozen=True):
    """Which model learns what, with which optimizers."""

    problem: Annotated[
        Literal["words", "regression", "mlp"],
        choice("Model", "What is trained.", labels={
            "words": "Logistic regression on words", "regression": "Linear regression",
            "mlp": "Small neural network",
        }),
    ] = "words"  # fmt: skip
    messages: Annotated[
        int,
        number(100, 2000, "Messages", "How many there are, the held-out ones included.", shown_if=_WORDS),
    ] = 1000
    condition: Annotated[
        float,
        number(1.0, 1e4, "Condition number", "Largest curvature of the loss over the smallest.",
               scale="log", shown_if=_REGRESSION),
    ] = 300.0  # fmt: skip
    correlated: Annotated[
        bool,
        setting("Correlated features", "The curvatures differ along mixtures of features, not along each.",
                shown_if=_REGRESSION),
    ] = False  # fmt: skip
    data: Annotated[
        Source,
        setting("Points", "Two classes in the plane, made up or from a CSV file with x, y and label in "
                "each line. Paint more on the plot.", shown_if=_NETWORK, bundled=SETS,
                labels={"moons": "Two moons", "circles": "Circles", "spiral": "Spiral",
                        "blobs": "Two clouds", "few": "A few, to paint on"},
                files="Tables (*.csv *.tsv *.txt)"),
    ] = Source(name="moons")  # fmt: skip
    painted: Annotated[
        tuple[_POINT, ...],
        Meta(max_length=400),
        setting("Painted points", "x, y and class of each point that was painted.", shown_if=_NETWORK),
    ] = ()
    points: Annotated[int, number(20, 1000, "How many points", shown_if=_NETWORK)] = 200
    noise: Annotated[
        float, number(0.0, 0.5, "Noise", "Standard deviation of the points' scatter.", shown_if=_NETWORK)
    ] = 0.15
    hidden: Annotated[
        int, number(1, 48, "Hidden width", "Units in each hidden layer.", shown_if=_NETWORK)
    ] = 12
    layers: Annotated[int, number(1, 3, "Hidden layers", shown_if=_NETWORK)] = 2
    activation: Annotated[
        Literal["tanh", "relu", "sigmoid"],
        choice("Activation", labels={"relu": "ReLU", "sigmoid": "Sigmoid"}, shown_if=_NETWORK),
    ] = "tanh"
    held_out: Annotated[
        float, number(0.1, 0.6, "Held-out share", "Examples that nothing learns from, to test on.")
    ] = 0.3
    batch_size: Annotated[
        int, number(1, 1024, "Mini-batch", "Examples in each step.", scale="log", unit="examples")
    ] = 8
    steps: Annotated[int, number(20, 3000, "Steps", scale="log")] = 300
    l1: Annotated[float, number(0.0, 0.1, "L1 penalty", "λ₁ times the sum of the weights' sizes.")] = 0.0
    l1_step: Annotated[
        Literal["proximal", "subgradient"],
        choice("L1 is met by", "An exact proximal step, or the slope of |w| added to the gradient.",
               labels={"proximal": "Proximal step", "subgradient": "Subgradient"}),
    ] = "proximal"  # fmt: skip
    l2: Annotated[float, number(0.0, 0.1, "L2 penalty", "λ₂ / 2 times the sum of the squared weights.")] = (
        0.001
    )
    rates: Annotated[
        Literal["tuned", "own"],
        choice("Learning rates", "The best of nine trials for each optimizer, or as you set.",
               labels={"tuned": "Tuned for each", "own": "As set for each"}),
    ] = "tuned"  # fmt: skip
    seed: Annotated[
        int, number(0, 2**31 - 1, "Seed", "Of the data, the first weights and the mini-batches.")
    ] = 0
    inspected: Annotated[
        OptimizerName, optimizer_choice("Inspect", "Whose model and step are shown.", role="view")
    ] = "adagrad"
    watched: Annotated[
        int, number(0, 10_000, "Watched weight", "Whose update the equations show.", role="view")
    ] = 0
    curve: Annotated[
        Literal["loss", "score", "gradient", "zeros"],
        choice("Second curve", "What is drawn beside the training loss.", role="view", labels={
            "loss": "Held-out loss", "score": "Held-out accuracy", "gradient": "Gradient’s length",
            "zeros": "Weights at exactly 0",
        }),
    ] = "loss"  # fmt: skip
    log_axis: Annotated[bool, setting("Log axis", role="view")] = True
    gradient_descent: Annotated[LiveGradientDescent, setting("Gradient descent")] = LiveGradientDescent()
    momentum: Annotated[LiveMomentum, setting("Momentum")] = LiveMomentum()
    nesterov: Annotated[LiveNesterov, setting("Nesterov")] = LiveNesterov()
    adagrad: Annotated[LiveAdaGrad, setting("AdaGrad")] = LiveAdaGrad()
    rmsprop: Annotated[LiveRMSProp, setting("RMSProp")] = LiveRMSProp()
    adam: Annotated[LiveAdam, setting("Adam")] = LiveAdam()
    adamw: Annotated[LiveAdamW, setting("AdamW")] = LiveAdamW()
    amsgrad: Annotated[LiveAMSGrad, setting("AMSGrad")] = LiveAMSGrad()

    def frames(self) -> int | None:
        return self.steps + 1


def runners(config: ModelsConfig) -> tuple[str, ...]:
    """The names of the optimizers that take part, in their fixed order."""
    return tuple(name for name in OPTIMIZERS if getattr(config, name).on)


def make_optimizer(config: ModelsConfig, name: str, rate: Any) -> Optimizer:
    """An optimizer as it is set, with a learning rate of its own: a number, or an array to try."""
    settings = getattr(config, name)
    others = {
        key: getattr(settings, key)
        for key in settings.__struct_fields__
        if key not in ("on", "learning_rate")
    }
    return OPTIMIZERS[name](rate, **others)
