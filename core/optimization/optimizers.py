"""First-order optimizers, each as two pure functions beside its textbook formula.

The conventions are PyTorch's:

- momentum is v <- beta v + g, x <- x - eta v (no dampening), Nesterov's look-ahead is folded into the step;
- eps is added outside the root: eta / (sqrt(v) + eps);
- a schedule is asked with the number of updates made so far, so its first value is eta(0).

Every hyperparameter is a number or an array that broadcasts against the parameters (one value per run: shape
`(runs, 1)` beside parameters of shape `(runs, 2)`); the learning rate may also be a schedule, a function of
the step. A state counts its updates and keeps its moments but holds no hyperparameters, so that a change in
the middle of a run is a new optimizer that goes on with the old state.

In the rules: `lr` is eta, `t` counts updates from 1, `x` the parameters, `g` their gradient. A comment that
begins with `#:` names what its line computes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from core.optimization.rules import (
    Hyperparameter,
    LearningRate,
    Optimizer,
    Schedule,
    Step,
    by_rule,
    steps,
)
from core.optimization.trees import Params

__all__ = [
    "OPTIMIZERS", "Optimizer", "Schedule", "Step", "adagrad", "adam", "adamw", "amsgrad", "gradient_descent",
    "momentum", "nesterov", "rmsprop", "steps",
]  # fmt: skip


class PlainState(NamedTuple):
    """State of gradient descent: nothing but `t`, the number of updates made."""

    t: Any


class VelocityState(NamedTuple):
    """State of momentum and Nesterov: `v`, the velocity, shaped like the parameters."""

    t: Any
    v: Params


class SquareState(NamedTuple):
    """State of AdaGrad (`s`, the sum of squared gradients) and RMSProp (`s`, their moving average)."""

    t: Any
    s: Params


class AdamState(NamedTuple):
    """State of Adam and AdamW: `m`, `v`, the first and second moment before bias correction."""

    t: Any
    m: Params
    v: Params


class AMSGradState(NamedTuple):
    """State of AMSGrad: Adam's moments and `v_max`, the largest second moment so far."""

    t: Any
    m: Params
    v: Params
    v_max: Params


def gradient_descent(learning_rate: LearningRate) -> Optimizer:
    r"""Gradient descent: :math:`x \leftarrow x - \eta\, g`.

    Cauchy, "Méthode générale pour la résolution des systèmes d'équations simultanées", 1847. It has no
    textbook learning rate: on a quadratic it converges exactly if 0 < eta < 2 / (largest curvature).

    >>> optimizer = gradient_descent(0.1)
    >>> x = np.array([1.0, 2.0])
    >>> optimizer.update(2 * x, optimizer.init(x), x)
    (array([0.8, 1.6]), PlainState(t=1))
    """

    def rate(lr, t):
        return lr

    def rule(lr, t, x, g):
        return (x - lr * g,)  #: step

    return by_rule("gradient_descent", PlainState, rule, rate, learning_rate)


def momentum(learning_rate: LearningRate, beta: Hyperparameter = 0.9) -> Optimizer:
    r"""Momentum, the heavy ball: :math:`v \leftarrow \beta v + g,\; x \leftarrow x - \eta\, v`.

    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.

    >>> optimizer = momentum(0.1, beta=0.5)
    >>> x, state = optimizer.update(2.0, optimizer.init(1.0), 1.0)
    >>> x, state = optimizer.update(2.0, state, x)
    >>> float(x), float(state.v)  # the second step is half as long again: 0.1 * (0.5 * 2 + 2)
    (0.5, 3.0)
    """

    def rate(lr, t, v):
        return lr

    def rule(lr, t, x, g, v):
        v = beta * v + g  #: velocity
        return x - lr * v, v  #: step

    return by_rule("momentum", VelocityState, rule, rate, learning_rate, beta=beta)


def nesterov(learning_rate: LearningRate, beta: Hyperparameter = 0.9) -> Optimizer:
    r"""Nesterov momentum: :math:`v \leftarrow \beta v + g,\; x \leftarrow x - \eta\,(g + \beta v)`.

    Nesterov, "A method of solving a convex programming problem with convergence rate O(1/k^2)", 1983, in the
    form of Sutskever et al., 2013, where x is the point looked ahead to: the gradient is taken where the path
    stands, and v is the textbook's velocity divided by -eta.

    >>> optimizer = nesterov(0.1, beta=0.5)
    >>> x, state = optimizer.update(2.0, optimizer.init(1.0), 1.0)
    >>> float(x), float(state.v)  # 1 - 0.1 * (2 + 0.5 * 2)
    (0.7, 2.0)
    """

    def rate(lr, t, v):
        return lr

    def rule(lr, t, x, g, v):
        v = beta * v + g  #: velocity
        return x - lr * (g + beta * v), v  #: step with look-ahead

    return by_rule("nesterov", VelocityState, rule, rate, learning_rate, beta=beta)


def adagrad(learning_rate: LearningRate, eps: Hyperparameter = 1e-10) -> Optimizer:
    r"""AdaGrad: :math:`s \leftarrow s + g^2,\; x \leftarrow x - \eta\, g / (\sqrt{s} + \epsilon)`.

    Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning and stochastic optimization",
    2011. The sum never shrinks, so no rate ever grows again.

    >>> optimizer = adagrad(0.5)
    >>> x = np.array([1.0, 1.0])
    >>> optimizer.update(np.array([3.0, -400.0]), optimizer.init(x), x)[0]  # first step: eta, whatever g
    array([0.5, 1.5])
    """

    def rate(lr, t, s):
        return lr / (np.sqrt(s) + eps)  #: effective rate per coordinate

    def rule(lr, t, x, g, s):
        s = s + g * g  #: sum of squared gradients
        return x - rate(lr, t, s) * g, s  #: step

    return by_rule("adagrad", SquareState, rule, rate, learning_rate, eps=eps)


def rmsprop(
    learning_rate: LearningRate, alpha: Hyperparameter = 0.99, eps: Hyperparameter = 1e-8
) -> Optimizer:
    r"""RMSProp: AdaGrad with an average that forgets in the place of the sum.

    :math:`s \leftarrow \alpha s + (1-\alpha) g^2,\; x \leftarrow x - \eta\, g / (\sqrt{s} + \epsilon)`.

    Tieleman & Hinton, "Lecture 6.5: RMSProp", Neural Networks for Machine Learning, 2012. It has no bias
    correction, so its first step is eta / sqrt(1 - alpha), ten times eta by default.

    >>> optimizer = rmsprop(0.1)
    >>> float(optimizer.update(7.0, optimizer.init(1.0), 1.0)[0].round(6))  # 1 - 0.1 / sqrt(0.01)
    0.0
    """

    def rate(lr, t, s):
        return lr / (np.sqrt(s) + eps)  #: effective rate per coordinate

    def rule(lr, t, x, g, s):
        s = alpha * s + (1 - alpha) * g * g  #: moving average of squared gradients
        return x - rate(lr, t, s) * g, s  #: step

    return by_rule("rmsprop", SquareState, rule, rate, learning_rate, alpha=alpha, eps=eps)


def adam(
    learning_rate: LearningRate,
    beta1: Hyperparameter = 0.9,
    beta2: Hyperparameter = 0.999,
    eps: Hyperparameter = 1e-8,
) -> Optimizer:
    r"""Adam: :math:`x \leftarrow x - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)` with bias-corrected moments.

    :math:`m \leftarrow \beta_1 m + (1-\beta_1) g,\; v \leftarrow \beta_2 v + (1-\beta_2) g^2,\;
    \hat m = m / (1-\beta_1^t),\; \hat v = v / (1-\beta_2^t)`.

    Kingma & Ba, "Adam: a method for stochastic optimization", 2015. At the first step the corrected moments
    are g and g^2 themselves, so the step is eta in every coordinate.

    >>> optimizer = adam(0.1)
    >>> x = np.array([1.0, 1.0])
    >>> optimizer.update(np.array([3.0, -400.0]), optimizer.init(x), x)[0].round(6)
    array([0.9, 1.1])
    """

    def rate(lr, t, m, v):
        v_hat = v / (1 - beta2**t)  #: bias correction of the second moment
        return lr / (np.sqrt(v_hat) + eps)  #: effective rate per coordinate

    def rule(lr, t, x, g, m, v):
        m = beta1 * m + (1 - beta1) * g  #: first moment
        v = beta2 * v + (1 - beta2) * g * g  #: second moment
        m_hat = m / (1 - beta1**t)  #: bias correction of the first moment
        return x - rate(lr, t, m, v) * m_hat, m, v  #: step

    return by_rule("adam", AdamState, rule, rate, learning_rate, beta1=beta1, beta2=beta2, eps=eps)


def adamw(
    learning_rate: LearningRate,
    beta1: Hyperparameter = 0.9,
    beta2: Hyperparameter = 0.999,
    eps: Hyperparameter = 1e-8,
    weight_decay: Hyperparameter = 0.01,
) -> Optimizer:
    r"""AdamW: Adam and, beside it, a decay of the weights.

    :math:`x \leftarrow (1 - \eta\lambda)\, x - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)`.

    Loshchilov & Hutter, "Decoupled weight decay regularization", 2019. The decay does not pass through the
    moments, so every weight shrinks at the same rate; it pulls to the origin, wherever the minimum is.

    >>> optimizer = adamw(0.1, weight_decay=0.5)
    >>> float(optimizer.update(0.0, optimizer.init(1.0), 1.0)[0])  # no gradient: 1 - 0.1 * 0.5
    0.95
    """

    def rate(lr, t, m, v):
        v_hat = v / (1 - beta2**t)  #: bias correction of the second moment
        return lr / (np.sqrt(v_hat) + eps)  #: effective rate per coordinate

    def rule(lr, t, x, g, m, v):
        m = beta1 * m + (1 - beta1) * g  #: first moment
        v = beta2 * v + (1 - beta2) * g * g  #: second moment
        m_hat = m / (1 - beta1**t)  #: bias correction of the first moment
        x = x - lr * weight_decay * x  #: decoupled weight decay
        return x - rate(lr, t, m, v) * m_hat, m, v  #: step

    return by_rule(
        "adamw",
        AdamState,
        rule,
        rate,
        learning_rate,
        beta1=beta1,
        beta2=beta2,
        eps=eps,
        weight_decay=weight_decay,
    )


def amsgrad(
    learning_rate: LearningRate,
    beta1: Hyperparameter = 0.9,
    beta2: Hyperparameter = 0.999,
    eps: Hyperparameter = 1e-8,
) -> Optimizer:
    r"""AMSGrad: Adam with the largest second moment so far under the root.

    :math:`v_{max} \leftarrow \max(v_{max}, v),\;
    x \leftarrow x - \eta\, \hat m / (\sqrt{\hat v_{max}} + \epsilon)`.

    Reddi, Kale & Kumar, "On the convergence of Adam and beyond", 2018. As in PyTorch the maximum is taken of
    the second moment before its bias correction.

    >>> optimizer = amsgrad(0.1)
    >>> x, state = optimizer.update(5.0, optimizer.init(1.0), 1.0)
    >>> x, state = optimizer.update(0.0, state, x)
    >>> bool(state.v < state.v_max)
    True
    """

    def rate(lr, t, m, v, v_max):
        v_hat = v_max / (1 - beta2**t)  #: bias correction of the second moment
        return lr / (np.sqrt(v_hat) + eps)  #: effective rate per coordinate

    def rule(lr, t, x, g, m, v, v_max):
        m = beta1 * m + (1 - beta1) * g  #: first moment
        v = beta2 * v + (1 - beta2) * g * g  #: second moment
        v_max = np.maximum(v_max, v)  #: largest second moment so far
        m_hat = m / (1 - beta1**t)  #: bias correction of the first moment
        return x - rate(lr, t, m, v, v_max) * m_hat, m, v, v_max  #: step

    return by_rule("amsgrad", AMSGradState, rule, rate, learning_rate, beta1=beta1, beta2=beta2, eps=eps)


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    make.__name__: make
    for make in (gradient_descent, momentum, nesterov, adagrad, rmsprop, adam, adamw, amsgrad)
}
