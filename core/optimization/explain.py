"""An optimizer's update in numbers: each tagged line of its rule as an equation with the values filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from core.optimization.optimizers import Optimizer, Step
from core.trace import Equation

Array: TypeAlias = np.ndarray
Line: TypeAlias = tuple[str, str, dict[str, Any]]


class _Numbers(NamedTuple):
    """What the lines are filled from: the update, its number t (from 1), eta, and the hyperparameters."""

    x: Array
    g: Array
    old: Any
    new: Any
    x_new: Array
    t: int
    eta: Any
    rate: Any
    h: dict[str, Any]


def equations(optimizer: Optimizer, update: Step) -> list[Equation]:
    """The lines of one runner's update, in the order in which they are computed.

    Values are floats, or tuples of floats with one number per coordinate; products and quotients of tuples
    are coordinate by coordinate. Every tag is the comment behind `#:` on the line of the optimizer that it
    explains.
    """
    function = f"core.optimization.optimizers:{optimizer.name}"
    lines = _LINES[optimizer.name](_numbers(optimizer, update))
    return [
        Equation(tag, template, {name: _plain(value) for name, value in values.items()}, function)
        for tag, template, values in lines
    ]


def arrows(optimizer: Optimizer, update: Step) -> dict[str, Array]:
    """The vectors to draw at a runner: `gradient`; `velocity`, what the rule smooths it to; `decay`; `step`.

    Gradient and velocity point up, as they are defined; decay and step point where they move the runner.
    """
    n = _numbers(optimizer, update)
    found = {"gradient": n.g}
    if optimizer.name in ("momentum", "nesterov"):
        found["velocity"] = n.new.v
    if optimizer.name in ("adam", "adamw", "amsgrad"):
        found["velocity"] = n.new.m / (1 - n.h["beta1"] ** n.t)
    if optimizer.name == "adamw":
        found["decay"] = -n.eta * n.h["weight_decay"] * n.x
    found["step"] = n.x_new - n.x
    return found


def _numbers(optimizer: Optimizer, update: Step) -> _Numbers:
    h = dict(optimizer.hyperparameters)
    done = update.state[0]
    eta = h["learning_rate"]
    return _Numbers(
        x=update.params, g=update.grads, old=update.state, new=update.new_state, x_new=update.new_params,
        t=done + 1, eta=eta(done) if callable(eta) else eta,
        rate=optimizer.effective_rate(update.new_state), h=h,
    )  # fmt: skip


def _plain(value: Any) -> Any:
    return tuple(map(float, value)) if np.ndim(value) else float(value)


# --- the rules, line by line ---------------------------------------------------------------------


def _gradient_descent(n: _Numbers) -> Iterator[Line]:
    yield (
        "step",
        r"x \leftarrow x - \eta\, g = <x> - <eta> \cdot <g> = <x_new>",
        {"x": n.x, "eta": n.eta, "g": n.g, "x_new": n.x_new},
    )


def _velocity(n: _Numbers) -> Line:
    return (
        "velocity",
        r"v \leftarrow \beta v + g = <beta> \cdot <v> + <g> = <v_new>",
        {"beta": n.h["beta"], "v": n.old.v, "g": n.g, "v_new": n.new.v},
    )


def _momentum(n: _Numbers) -> Iterator[Line]:
    yield _velocity(n)
    yield (
        "step",
        r"x \leftarrow x - \eta\, v = <x> - <eta> \cdot <v_new> = <x_new>",
        {"x": n.x, "eta": n.eta, "v_new": n.new.v, "x_new": n.x_new},
    )


def _nesterov(n: _Numbers) -> Iterator[Line]:
    yield _velocity(n)
    yield (
        "step with look-ahead",
        r"x \leftarrow x - \eta\,(g + \beta v)"
        r" = <x> - <eta> \cdot \left(<g> + <beta> \cdot <v_new>\right) = <x_new>",
        {"x": n.x, "eta": n.eta, "g": n.g, "beta": n.h["beta"], "v_new": n.new.v, "x_new": n.x_new},
    )


def _plain_rate(n: _Numbers) -> Line:
    return (
        "effective rate per coordinate",
        r"r = \frac{\eta}{\sqrt{s} + \epsilon} = \frac{<eta>}{\sqrt{<s_new>} + <eps>} = <rate>",
        {"eta": n.eta, "s_new": n.new.s, "eps": n.h["eps"], "rate": n.rate},
    )


def _scaled_step(n: _Numbers) -> Line:
    return (
        "step",
        r"x \leftarrow x - r\, g = <x> - <rate> \cdot <g> = <x_new>",
        {"x": n.x, "rate": n.rate, "g": n.g, "x_new": n.x_new},
    )


def _adagrad(n: _Numbers) -> Iterator[Line]:
    yield (
        "sum of squared gradients",
        r"s \leftarrow s + g^2 = <s> + <g>^2 = <s_new>",
        {"s": n.old.s, "g": n.g, "s_new": n.new.s},
    )
    yield _plain_rate(n)
    yield _scaled_step(n)


def _rmsprop(n: _Numbers) -> Iterator[Line]:
    yield (
        "moving average of squared gradients",
        r"s \leftarrow \alpha s + (1-\alpha)\, g^2 = <alpha> \cdot <s> + <rest> \cdot <g>^2 = <s_new>",
        {"alpha": n.h["alpha"], "s": n.old.s, "rest": 1 - n.h["alpha"], "g": n.g, "s_new": n.new.s},
    )
    yield _plain_rate(n)
    yield _scaled_step(n)


def _moments(n: _Numbers) -> Iterator[Line]:
    beta1, beta2 = n.h["beta1"], n.h["beta2"]
    yield (
        "first moment",
        r"m \leftarrow \beta_1 m + (1-\beta_1)\, g = <beta1> \cdot <m> + <rest> \cdot <g> = <m_new>",
        {"beta1": beta1, "m": n.old.m, "rest": 1 - beta1, "g": n.g, "m_new": n.new.m},
    )
    yield (
        "second moment",
        r"v \leftarrow \beta_2 v + (1-\beta_2)\, g^2 = <beta2> \cdot <v> + <rest> \cdot <g>^2 = <v_new>",
        {"beta2": beta2, "v": n.old.v, "rest": 1 - beta2, "g": n.g, "v_new": n.new.v},
    )


def _corrected(n: _Numbers, symbol: str, second: Array) -> Iterator[Line]:
    """The lines from the moments to the effective rate; `second` is the moment under the root."""
    first, last = 1 - n.h["beta1"] ** n.t, 1 - n.h["beta2"] ** n.t
    yield (
        "bias correction of the first moment",
        r"\hat m = \frac{m}{1-\beta_1^t} = \frac{<m_new>}{<correction>} = <m_hat>",
        {"m_new": n.new.m, "correction": first, "m_hat": n.new.m / first},
    )
    yield (
        "bias correction of the second moment",
        r"\hat v = \frac{" + symbol + r"}{1-\beta_2^t} = \frac{<v_used>}{<correction>} = <v_hat>",
        {"v_used": second, "correction": last, "v_hat": second / last},
    )
    yield (
        "effective rate per coordinate",
        r"r = \frac{\eta}{\sqrt{\hat v} + \epsilon} = \frac{<eta>}{\sqrt{<v_hat>} + <eps>} = <rate>",
        {"eta": n.eta, "v_hat": second / last, "eps": n.h["eps"], "rate": n.rate},
    )


def _moment_step(n: _Numbers, x: Array) -> Line:
    return (
        "step",
        r"x \leftarrow x - r\, \hat m = <x> - <rate> \cdot <m_hat> = <x_new>",
        {"x": x, "rate": n.rate, "m_hat": n.new.m / (1 - n.h["beta1"] ** n.t), "x_new": n.x_new},
    )


def _adam(n: _Numbers) -> Iterator[Line]:
    yield from _moments(n)
    yield from _corrected(n, "v", n.new.v)
    yield _moment_step(n, n.x)


def _adamw(n: _Numbers) -> Iterator[Line]:
    decayed = n.x - n.eta * n.h["weight_decay"] * n.x
    yield from _moments(n)
    yield from _corrected(n, "v", n.new.v)
    yield (
        "decoupled weight decay",
        r"x \leftarrow x - \eta \lambda\, x = <x> - <eta> \cdot <weight_decay> \cdot <x> = <x_decayed>",
        {"x": n.x, "eta": n.eta, "weight_decay": n.h["weight_decay"], "x_decayed": decayed},
    )
    yield _moment_step(n, decayed)


def _amsgrad(n: _Numbers) -> Iterator[Line]:
    yield from _moments(n)
    yield (
        "largest second moment so far",
        r"v_{\max} \leftarrow \max(v_{\max}, v) = \max\left(<v_max>, <v_new>\right) = <v_max_new>",
        {"v_max": n.old.v_max, "v_new": n.new.v, "v_max_new": n.new.v_max},
    )
    yield from _corrected(n, r"v_{\max}", n.new.v_max)
    yield _moment_step(n, n.x)


_LINES: dict[str, Callable[[_Numbers], Iterator[Line]]] = {
    "gradient_descent": _gradient_descent,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adamw,
    "amsgrad": _amsgrad,
}
