"""What a person may set in the training of a language model, and the optimizer that follows from it."""

from __future__ import annotations

from typing import Annotated, Literal

from core.config import Config, choice, number, setting
from core.optimization.muon import muon
from core.optimization.optimizers import OPTIMIZERS, Optimizer
from core.optimization.schedules import Schedule, constant, cosine, step_decay, warm_up

__all__ = ["TrainConfig", "optimizer_of", "schedule_of"]


class TrainConfig(Config, frozen=True):
    """A training run; what is `live` takes effect from the next step of a run that has begun."""

    steps: Annotated[int, number(1, 10**6, "Steps", "How many updates.", scale="log")] = 1000
    batch: Annotated[int, number(1, 1024, "Batch", "Texts in a step.", scale="log")] = 16
    length: Annotated[int, number(1, 2**13, "Length", "Tokens of each.", unit="tokens", scale="log")] = 128
    optimizer: Annotated[
        Literal[
            "gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "amsgrad",
            "muon",
        ],
        choice("Optimizer", labels={
            "gradient_descent": "Gradient descent", "adagrad": "AdaGrad", "rmsprop": "RMSProp",
            "adam": "Adam", "adamw": "AdamW", "amsgrad": "AMSGrad", "muon": "Muon",
        }),
    ] = "adam"  # fmt: skip
    learning_rate: Annotated[
        float,
        number(1e-6, 10.0, "Learning rate", "How far a step goes: η.", scale="log", role="live"),
    ] = 1e-3
    momentum: Annotated[
        float,
        number(0.0, 0.9999, "Momentum", "β", shown_if={"optimizer": ["momentum", "nesterov", "muon"]}),
    ] = 0.9
    beta1: Annotated[
        float,
        number(0.0, 0.9999, "First-moment decay", "β₁", shown_if={"optimizer": ["adam", "adamw", "amsgrad"]}),
    ] = 0.9
    beta2: Annotated[
        float,
        number(
            0.0, 0.99999, "Second-moment decay", "β₂ (RMSProp's α).",
            shown_if={"optimizer": ["adam", "adamw", "amsgrad", "rmsprop"]},
        ),
    ] = 0.99  # fmt: skip
    weight_decay: Annotated[
        float, number(0.0, 1.0, "Weight decay", "λ of AdamW.", shown_if={"optimizer": ["adamw"]})
    ] = 0.01
    schedule: Annotated[
        Literal["constant", "cosine", "warm_up", "warm_up_cosine", "step"],
        choice("Schedule", "How the learning rate changes over the run.", labels={
            "warm_up": "Warm-up", "warm_up_cosine": "Warm-up, then cosine", "step": "Steps down",
        }),
    ] = "warm_up_cosine"  # fmt: skip
    warm_up_steps: Annotated[
        int, number(1, 10**5, "Warm-up", unit="steps", shown_if={"schedule": ["warm_up", "warm_up_cosine"]})
    ] = 100
    final_share: Annotated[
        float,
        number(
            0.0, 1.0, "Final share", "Of the rate, at the end.",
            shown_if={"schedule": ["cosine", "warm_up_cosine"]},
        ),
    ] = 0.1  # fmt: skip
    decay_every: Annotated[int, number(1, 10**6, "Every", unit="steps", shown_if={"schedule": ["step"]})] = (
        1000
    )
    decay_factor: Annotated[
        float, number(0.01, 1.0, "Factor", "What the rate is multiplied by.", shown_if={"schedule": ["step"]})
    ] = 0.3
    clip: Annotated[
        float, number(0.0, 1000.0, "Clip", "The longest gradient; longer ones are shortened. 0: none is.",
                      role="live"),
    ] = 1.0  # fmt: skip
    l1: Annotated[
        float, number(0.0, 1.0, "L1", "λ of λ Σ|w|, as a proximal step behind each update.", role="live")
    ] = 0.0
    l2: Annotated[float, number(0.0, 1.0, "L2", "λ of (λ/2) Σw², in the gradient.", role="live")] = 0.0
    dropout: Annotated[
        float, number(0.0, 0.9, "Dropout", "Share of the activations that are set to 0.", role="live")
    ] = 0.0
    seed: Annotated[int, number(0, 2**31 - 1, "Seed", "Of the batches, the dropout and the samples.")] = 0
    evaluate_every: Annotated[int, number(1, 10**6, "Held-out score every", unit="steps", scale="log")] = 100
    sample_every: Annotated[int, number(0, 10**6, "Sample every", "0: no samples.", unit="steps")] = 100
    sample_tokens: Annotated[int, number(1, 1000, "Length of a sample", unit="tokens")] = 48
    temperature: Annotated[float, number(0.0, 5.0, "Temperature of samples")] = 0.8
    checkpoint_every: Annotated[
        int, number(1, 10**6, "Checkpoint every", "Steps from which the run can be taken up.", unit="steps")
    ] = 50
    in_halves: Annotated[
        bool, setting("In halves", "Each batch as two halves, side by side on two processors.")
    ] = True

    def frames(self) -> int:
        return self.steps + 1


def schedule_of(config: TrainConfig) -> Schedule:
    """The learning rate as a function of the updates made so far."""
    c, rate = config, config.learning_rate
    match c.schedule:
        case "cosine":
            return cosine(rate, c.steps, c.final_share * rate)
        case "warm_up":
            return warm_up(constant(rate), c.warm_up_steps)
        case "warm_up_cosine":
            rest = max(1, c.steps - c.warm_up_steps)
            return warm_up(cosine(rate, rest, c.final_share * rate), c.warm_up_steps)
        case "step":
            return step_decay(rate, c.decay_every, c.decay_factor)
        case _:
            return constant(rate)


def optimizer_of(config: TrainConfig) -> Optimizer:
    """The config's optimizer, its learning rate the schedule."""
    c = config
    if c.optimizer == "muon":
        return muon(schedule_of(c), c.momentum)
    others = {
        "momentum": {"beta": c.momentum},
        "nesterov": {"beta": c.momentum},
        "rmsprop": {"alpha": c.beta2},
        "adam": {"beta1": c.beta1, "beta2": c.beta2},
        "adamw": {"beta1": c.beta1, "beta2": c.beta2, "weight_decay": c.weight_decay},
        "amsgrad": {"beta1": c.beta1, "beta2": c.beta2},
    }
    return OPTIMIZERS[c.optimizer](schedule_of(c), **others.get(c.optimizer, {}))
