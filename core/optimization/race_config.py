"""What a person may set in the race, and the optimizers and schedules that follow from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from core.config import Config, ConfigError, choice, number, setting
from core.expression import parse
from core.optimization.choices import OptimizerName, optimizer_choice
from core.optimization.optimizers import OPTIMIZERS, Optimizer
from core.optimization.schedules import Schedule, constant, cosine, step_decay, warm_up

__all__ = [
    "DEFAULT_RATES",
    "NO_TEXTBOOK_RATE",
    "ProtocolsConfig",
    "RaceConfig",
    "make_optimizer",
    "make_schedule",
    "rate_of",
    "runners",
]

DEFAULT_RATES = {
    "gradient_descent": 0.001,
    "momentum": 0.001,
    "nesterov": 0.001,
    "adagrad": 0.01,
    "rmsprop": 0.01,
    "adam": 0.001,
    "adamw": 0.001,
    "amsgrad": 0.001,
}
"""PyTorch's default learning rates; Adam's is the one that Kingma & Ba recommend."""

NO_TEXTBOOK_RATE = frozenset({"gradient_descent", "momentum", "nesterov"})
"""Where the default is no recommendation: the right rate is set by the curvature of the loss at hand."""

_RATE = number(1e-6, 100.0, "Learning rate", "How far a step goes: η.", scale="log")
_BETA = number(0.0, 0.9999, "Momentum", "How much of the old velocity each step keeps: β.")
_BETA1 = number(0.0, 0.9999, "First-moment decay", "How long gradients are averaged over: β₁.")
_BETA2 = number(0.0, 0.99999, "Second-moment decay", "How long squared gradients are averaged over: β₂.")
_EPS = number(
    1e-16, 1.0, "ε", "Keeps the rate finite where gradients vanish; added outside the root.", scale="log"
)
_ON = setting("Takes part")


class GradientDescentSettings(Config, frozen=True):
    on: Annotated[bool, _ON] = True
    learning_rate: Annotated[float, _RATE] = 0.05


class MomentumSettings(Config, frozen=True):
    on: Annotated[bool, _ON] = True
    learning_rate: Annotated[float, _RATE] = 0.02
    beta: Annotated[float, _BETA] = 0.9


class NesterovSettings(Config, frozen=True):
    on: Annotated[bool, _ON] = True
    learning_rate: Annotated[float, _RATE] = 0.02
    beta: Annotated[float, _BETA] = 0.9


class AdaGradSettings(Config, frozen=True):
    on: Annotated[bool, _ON] = True
    learning_rate: Annotated[float, _RATE] = 0.5
    eps: Annotated[float, _EPS] = 1e-10


class RMSPropSettings(Config, frozen=True):
    on: Annotated[bool, _ON] = True
    learning_rate: Annotated[float, _RATE] = 0.05
    alpha: Annotated[
        float, number(0.0, 0.99999, "Decay", "How long squared gradients are averaged over: α.")
    ] = 0.99
    eps: Annotated[float, _EPS] = 1e-8


class AdamSettings(Config, frozen=True):
    on: Annotated[bool, _ON] = True
    learning_rate: Annotated[float, _RATE] = 0.1
    beta1: Annotated[float, _BETA1] = 0.9
    beta2: Annotated[float, _BETA2] = 0.999
    eps: Annotated[float, _EPS] = 1e-8


class AdamWSettings(Config, frozen=True):
    on: Annotated[bool, _ON] = False
    learning_rate: Annotated[float, _RATE] = 0.1
    beta1: Annotated[float, _BETA1] = 0.9
    beta2: Annotated[float, _BETA2] = 0.999
    eps: Annotated[float, _EPS] = 1e-8
    weight_decay: Annotated[
        float, number(0.0, 1.0, "Weight decay", "How strongly every step pulls to the origin: λ.")
    ] = 0.01


class AMSGradSettings(Config, frozen=True):
    on: Annotated[bool, _ON] = False
    learning_rate: Annotated[float, _RATE] = 0.1
    beta1: Annotated[float, _BETA1] = 0.9
    beta2: Annotated[float, _BETA2] = 0.999
    eps: Annotated[float, _EPS] = 1e-8


_COORDINATE = Annotated[float, Meta(ge=-1e6, le=1e6)]


class CourseConfig(Config, frozen=True):
    """What is raced on: the surface, the start, the length, and when a minimum counts as reached."""

    surface: Annotated[
        Literal[
            "quadratic", "ravine", "rosenbrock", "beale", "himmelblau", "booth", "saddle", "styblinski_tang",
            "ackley", "rastrigin", "six_hump_camel", "plateau", "reddi", "formula",
        ],
        choice("Surface", "The loss that the optimizers go down.", labels={
            "quadratic": "Quadratic bowl", "styblinski_tang": "Styblinski-Tang", "ackley": "Ackley",
            "rosenbrock": "Rosenbrock", "beale": "Beale", "himmelblau": "Himmelblau", "booth": "Booth",
            "rastrigin": "Rastrigin", "six_hump_camel": "Six-hump camel", "ravine": "Ravine",
            "saddle": "Saddle", "plateau": "Plateau",
            "reddi": "Adam's counter-example", "formula": "Your formula",
        }),
    ] = "quadratic"  # fmt: skip
    formula: Annotated[
        str,
        Meta(max_length=400),
        setting("f(x, y)", "The loss, in x and y.", shown_if={"surface": ("formula",)}),
    ] = "(1-x)^2 + 100*(y-x^2)^2"
    centre_x: Annotated[
        float, number(-1e3, 1e3, "Middle x", "Where to look.", shown_if={"surface": ("formula",)})
    ] = 0.0
    centre_y: Annotated[
        float, number(-1e3, 1e3, "Middle y", "Where to look.", shown_if={"surface": ("formula",)})
    ] = 0.0
    reach: Annotated[
        float,
        number(0.01, 1e3, "Reach", "How far the picture goes from its middle.", scale="log",
               shown_if={"surface": ("formula",)}),
    ] = 3.0  # fmt: skip
    condition: Annotated[
        float,
        number(1.0, 1000.0, "Condition number", "How many times steeper the bowl bends across than along.",
               scale="log", shown_if={"surface": ("quadratic",)}),
    ] = 10.0  # fmt: skip
    rotation: Annotated[
        float,
        number(-180.0, 180.0, "Rotation", "Turns the surface's axes, and the start with them.", unit="°"),
    ] = 0.0
    loss_scale: Annotated[
        float, number(0.01, 100.0, "Loss scale", "Multiplies the loss, and so every gradient.", scale="log")
    ] = 1.0
    start: Annotated[
        tuple[_COORDINATE, _COORDINATE] | None,
        setting("Start", "Along the surface's own axes; none is the surface's good start."),
    ] = None
    steps: Annotated[int, number(10, 2000, "Steps", scale="log")] = 300
    noise: Annotated[
        float, number(0.0, 10.0, "Gradient noise", "Standard deviation of what is added to each gradient.")
    ] = 0.0
    seed: Annotated[int, number(0, 2**31 - 1, "Seed", "Of the gradient noise.")] = 0
    schedule: Annotated[
        Literal["constant", "cosine", "warm_up", "warm_up_cosine", "step"],
        choice("Schedule", "How the learning rates change over the run.", labels={
            "warm_up": "Warm-up", "warm_up_cosine": "Warm-up, then cosine", "step": "Steps down",
        }),
    ] = "constant"  # fmt: skip
    warm_up_steps: Annotated[
        int, number(1, 500, "Warm-up", unit="steps", shown_if={"schedule": ("warm_up", "warm_up_cosine")})
    ] = 30
    decay_every: Annotated[int, number(1, 2000, "Every", unit="steps", shown_if={"schedule": ("step",)})] = (
        100
    )
    decay_factor: Annotated[
        float,
        number(0.01, 1.0, "Factor", "What the rate is multiplied by.", shown_if={"schedule": ("step",)}),
    ] = 0.3
    reached_by: Annotated[
        Literal["distance", "value"],
        choice("Reached by", "What must be within the tolerance.", role="view", labels={
            "distance": "Distance to the minimum", "value": "Loss above the minimum's",
        }),
    ] = "distance"  # fmt: skip
    tolerance: Annotated[
        float, number(1e-12, 1.0, "Tolerance", "How close counts as reached.", scale="log", role="view")
    ] = 1e-2

    def check(self) -> None:
        if self.surface == "formula":
            try:
                parse(self.formula)
            except ValueError as error:
                raise ConfigError(str(error), "formula") from None


class Entrants(CourseConfig, frozen=True):
    """A course, and one group of settings for each optimizer."""

    gradient_descent: Annotated[GradientDescentSettings, setting("Gradient descent")] = (
        GradientDescentSettings()
    )
    momentum: Annotated[MomentumSettings, setting("Momentum")] = MomentumSettings()
    nesterov: Annotated[NesterovSettings, setting("Nesterov")] = NesterovSettings()
    adagrad: Annotated[AdaGradSettings, setting("AdaGrad")] = AdaGradSettings()
    rmsprop: Annotated[RMSPropSettings, setting("RMSProp")] = RMSPropSettings()
    adam: Annotated[AdamSettings, setting("Adam")] = AdamSettings()
    adamw: Annotated[AdamWSettings, setting("AdamW")] = AdamWSettings()
    amsgrad: Annotated[AMSGradSettings, setting("AMSGrad")] = AMSGradSettings()


class RaceConfig(Entrants, frozen=True):
    """A race: the course, the optimizers that take part, which rates they run with, and what is looked at."""

    protocol: Annotated[
        Literal["own", "same", "defaults"],
        choice("Learning rates", "Which learning rate each optimizer runs with.", labels={
            "own": "As set for each", "same": "The same for all", "defaults": "Textbook defaults",
        }),
    ] = "own"  # fmt: skip
    same_rate: Annotated[
        float, number(1e-6, 100.0, "Rate for all", scale="log", shown_if={"protocol": ("same",)})
    ] = 0.05
    inspected: Annotated[
        OptimizerName, optimizer_choice("Inspect", "Whose step the equations show.", role="view")
    ] = "adam"
    curve: Annotated[
        Literal["loss", "distance", "rate"],
        choice("Curve", "What is drawn against the step.", role="view", labels={"rate": "Effective rate"}),
    ] = "loss"
    log_axis: Annotated[bool, setting("Log axis", role="view")] = True
    arrows: Annotated[
        bool,
        setting(
            "Arrows", "Where the inspected runner is driven; only its step is drawn to scale.", role="view"
        ),
    ] = True

    def frames(self) -> int:
        return self.steps + 1


class ProtocolsConfig(Entrants, frozen=True):
    """Three ways to choose the learning rates, on one course with the same optimizers."""

    same_rate: Annotated[
        float, number(1e-6, 100.0, "Rate for all", "The one rate of the first protocol.", scale="log")
    ] = 0.05

    def frames(self) -> int:
        return 1 + len(runners(self))


def runners(config: Entrants) -> tuple[str, ...]:
    """The names of the optimizers that take part, in their fixed order."""
    return tuple(name for name in OPTIMIZERS if getattr(config, name).on)


def rate_of(config: Entrants, name: str) -> float:
    """The learning rate that an optimizer runs with under the config's protocol, before the schedule."""
    match getattr(config, "protocol", "own"):
        case "same":
            return config.same_rate  # type: ignore[attr-defined]
        case "defaults":
            return DEFAULT_RATES[name]
        case _:
            return getattr(config, name).learning_rate


def make_schedule(config: CourseConfig, rate: Any) -> Schedule:
    """The config's schedule from a base rate, a number or an array of rates to try side by side."""
    match config.schedule:
        case "cosine":
            return cosine(rate, config.steps)
        case "warm_up":
            return warm_up(constant(rate), config.warm_up_steps)
        case "warm_up_cosine":
            return warm_up(cosine(rate, max(1, config.steps - config.warm_up_steps)), config.warm_up_steps)
        case "step":
            return step_decay(rate, config.decay_every, config.decay_factor)
        case _:
            return constant(rate)


def make_optimizer(config: Entrants, name: str, rate: Any = None) -> Optimizer:
    """One of the race's optimizers as it is set; `rate`, a number or an array, replaces its learning rate."""
    settings = getattr(config, name)
    others = {
        key: getattr(settings, key)
        for key in settings.__struct_fields__
        if key not in ("on", "learning_rate")
    }
    rate = rate_of(config, name) if rate is None else rate
    return OPTIMIZERS[name](rate if config.schedule == "constant" else make_schedule(config, rate), **others)
