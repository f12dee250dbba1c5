"""The optimizers as a choice in a config: one list, and one name for each, for every scene that offers it."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import Meta

from core.config import choice

OptimizerName: TypeAlias = Literal[
    "gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "amsgrad"
]
"""The keys of `optimizers.OPTIMIZERS`, in their order."""

LABELS = {
    "gradient_descent": "Gradient descent", "momentum": "Momentum", "nesterov": "Nesterov",
    "adagrad": "AdaGrad", "rmsprop": "RMSProp", "adam": "Adam", "adamw": "AdamW", "amsgrad": "AMSGrad",
}  # fmt: skip


def optimizer_choice(title: str, help: str, **more: Any) -> Meta:
    """Meta of a field that names one of the optimizers; `more` as for `core.config.choice`."""
    return choice(title, help, labels=LABELS, **more)
