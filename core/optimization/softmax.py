"""Why softmax subtracts the maximum: the formula as written beside the stable form, in three precisions.

Both forms are the same real function, for the common factor cancels:

    exp(z_i - m) / sum_j exp(z_j - m) = exp(z_i) / sum_j exp(z_j)        for any m

What differs is where the intermediate results lie. Everything here is computed by `core.numerics` in the
precision that it is shown for; the errors are against 40-digit decimal arithmetic on the logits as they
were stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal, localcontext
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct

from core.config import Config, choice, number, setting
from core.numerics import (
    SoftmaxParts,
    cross_entropy,
    cross_entropy_naive,
    log_softmax,
    log_softmax_naive,
    softmax_naive_parts,
    softmax_parts,
)
from core.trace import Equation, Frame, freeze

PRECISIONS: dict[str, type[np.floating]] = {
    "float16": np.float16,
    "float32": np.float32,
    "float64": np.float64,
}

Failure = Literal[
    "none", "overflow_to_nan", "underflow_to_nan", "sum_overflow_to_zero", "underflow_of_target"
]


class SoftmaxConfig(Config, frozen=True):
    """Logits, what is done to all of them at once, and what is looked at.

    The bounds keep scale * z + add within float16, so that every failure is softmax's own.
    """

    logits: Annotated[
        tuple[Annotated[float, Meta(ge=-1000.0, le=1000.0)], ...],
        Meta(min_length=2, max_length=8),
        setting("Logits", "One score for each class; drag the bars."),
    ] = (12.0, 11.0, 9.0, 4.0)
    add: Annotated[
        float, number(-1000.0, 1000.0, "Add to all", "Changes no probability in real arithmetic.")
    ] = 0.0
    scale: Annotated[
        float, number(0.01, 20.0, "Scale", "Multiplies every logit; 1 / temperature.", scale="log")
    ] = 1.0
    target: Annotated[
        int, number(0, 7, "Target class", "The true class, counted from 0; the last one if there are fewer.")
    ] = 0
    shows: Annotated[
        Literal["softmax", "log_softmax", "cross_entropy"],
        choice(
            "Compared", labels={"log_softmax": "Log-softmax", "cross_entropy": "Cross-entropy"}, role="view"
        ),
    ] = "softmax"
    precision: Annotated[
        Literal["float16", "float32", "float64"],
        choice("Precision", "Whose arithmetic the equations show.", role="view"),
    ] = "float16"

    def frames(self) -> int:
        return 1


class Limits(Struct, frozen=True):
    """Where a precision ends, from `numpy.finfo`."""

    overflow: float
    """log of the largest finite number: exp(z) is infinite above."""
    underflow: float
    """log of the smallest subnormal number: exp(z) rounds to 0 from ln 2 below it."""
    largest: float
    smallest: float
    eps: float
    """Distance from 1 to the next number."""


class Form(Struct, frozen=True, eq=False):
    """One form's arithmetic: arrays (classes,) in the precision itself, read-only."""

    exponents: np.ndarray
    """The logits, less their maximum in the stable form."""
    exponentials: np.ndarray
    total: float
    probabilities: np.ndarray
    log_probabilities: np.ndarray
    cross_entropy: float
    """Of the target class, in nats."""
    error: np.ndarray
    """|probability - exact|, float64; NaN where the probability is NaN."""
    cross_entropy_error: float


class Precision(Struct, frozen=True, eq=False):
    """Both forms in one precision."""

    name: str
    logits: np.ndarray
    """As stored: (classes,) of this precision."""
    storage_error: np.ndarray
    """|stored - intended|, float64: what rounding the logits themselves has lost."""
    largest: float
    naive: Form
    stable: Form
    exact: np.ndarray
    """Probabilities of the stored logits by decimal arithmetic, rounded to float64."""
    exact_cross_entropy: float
    failure: Failure
    """What becomes of the naive form."""
    limits: Limits


class SoftmaxFrame(Frame, frozen=True, eq=False):
    """`logits` (classes,) float64 is scale * z + add; `precisions` from the smallest to the largest."""

    logits: np.ndarray
    target: int
    precisions: tuple[Precision, ...]

    def precision(self, name: str) -> Precision:
        return next(each for each in self.precisions if each.name == name)

    def explain(self, config: SoftmaxConfig | None = None) -> list[Equation]:
        """The naive form, then the stable one, in the precision and to the quantity that `config` names."""
        config = config or SoftmaxConfig()
        shown = self.precision(config.precision)
        return [
            *_naive_equations(shown, self.target, config.shows),
            *_stable_equations(shown, self.target, config.shows),
        ]


def compare(config: SoftmaxConfig, inputs: None = None, start: Frame | None = None) -> Iterator[SoftmaxFrame]:
    """The one frame of a timeless scene."""
    if start is None:
        yield softmax_frame(config)


def softmax_frame(config: SoftmaxConfig) -> SoftmaxFrame:
    """Both forms of softmax, log-softmax and cross-entropy in every precision."""
    logits = config.scale * np.array(config.logits, np.float64) + config.add
    target = min(config.target, len(logits) - 1)
    precisions = tuple(_precision(name, logits, target) for name in PRECISIONS)
    return SoftmaxFrame(logits=freeze(logits), target=target, precisions=precisions)


def limits(dtype: type[np.floating]) -> Limits:
    """Where exp leaves the finite positive numbers of a type.

    >>> [round(limits(dtype).overflow, 2) for dtype in PRECISIONS.values()]
    [11.09, 88.72, 709.78]
    """
    info = np.finfo(dtype)
    largest, smallest = float(info.max), float(info.smallest_subnormal)
    return Limits(
        overflow=float(np.log(largest)),
        underflow=float(np.log(smallest)),
        largest=largest,
        smallest=smallest,
        eps=float(info.eps),
    )


def _precision(name: str, logits: np.ndarray, target: int) -> Precision:
    stored = logits.astype(PRECISIONS[name])
    exact, exact_loss = exact_softmax(stored, target)
    naive_parts, stable_parts = softmax_naive_parts(stored), softmax_parts(stored)
    naive_loss, stable_loss = float(cross_entropy_naive(stored, target)), float(cross_entropy(stored, target))
    return Precision(
        name=name,
        logits=freeze(stored),
        storage_error=freeze(np.abs(stored.astype(np.float64) - logits)),
        largest=float(stored.max()),
        naive=_form(naive_parts, log_softmax_naive(stored), naive_loss, exact, exact_loss),
        stable=_form(stable_parts, log_softmax(stored), stable_loss, exact, exact_loss),
        exact=freeze(exact),
        exact_cross_entropy=exact_loss,
        failure=failure(naive_parts, target),
        limits=limits(PRECISIONS[name]),
    )


def _form(
    parts: SoftmaxParts, log_probabilities: np.ndarray, loss: float, exact: np.ndarray, exact_loss: float
) -> Form:
    return Form(
        exponents=freeze(parts.exponents),
        exponentials=freeze(parts.exponentials),
        total=float(parts.total[0]),
        probabilities=freeze(parts.probabilities),
        log_probabilities=freeze(log_probabilities),
        cross_entropy=loss,
        error=freeze(np.abs(parts.probabilities.astype(np.float64) - exact)),
        cross_entropy_error=abs(loss - exact_loss),
    )


def failure(parts: SoftmaxParts, target: int) -> Failure:
    """What has become of a softmax, from its own intermediate results, the gravest first."""
    if np.isinf(parts.exponentials).any():
        return "overflow_to_nan"  # inf / inf
    if parts.total[0] == 0:
        return "underflow_to_nan"  # 0 / 0
    if np.isinf(parts.total[0]):
        return "sum_overflow_to_zero"  # finite / inf, for every class
    if parts.probabilities[target] == 0:
        return "underflow_of_target"  # log 0 in the loss
    return "none"


def exact_softmax(logits: np.ndarray, target: int) -> tuple[np.ndarray, float]:
    """Probabilities (classes,) and cross-entropy of finite logits in 40 decimal digits, then float64."""
    with localcontext(Context(prec=40)):
        z = [Decimal(float(value)) for value in logits]
        shifted = [value - max(z) for value in z]
        exponentials = [value.exp() for value in shifted]
        total = sum(exponentials, Decimal(0))
        loss = total.ln() - shifted[target]
        return np.array([float(e / total) for e in exponentials]), float(loss)


# --- the equations --------------------------------------------------------------------------------------


def _vector(values: np.ndarray) -> tuple[float, ...]:
    return tuple(map(float, values))


def _naive_equations(p: Precision, target: int, shows: str) -> list[Equation]:
    form, source = p.naive, "core.numerics:softmax_naive_parts"
    z, e, quotient = map(_vector, (form.exponents, form.exponentials, form.probabilities))
    equations = [
        Equation("naive exponentials", r"e^{z} = \exp <z> = <e>", {"z": z, "e": e}, source),
        Equation("naive sum", r"s = \sum_{j} e^{z_{j}} = <s>", {"s": form.total}, source),
        Equation("naive quotient", r"p = \frac{e^{z}}{s} = <p>", {"p": quotient}, source),
    ]
    if shows == "log_softmax":
        values = {"p": quotient, "log_p": _vector(form.log_probabilities)}
        source = "core.numerics:log_softmax_naive"
        equations.append(Equation("naive logarithm", r"\ln p = \ln <p> = <log_p>", values, source))
    if shows == "cross_entropy":
        loss = {"p": quotient[target], "loss": form.cross_entropy}
        source = "core.numerics:cross_entropy_naive"
        equations.append(Equation("naive loss", r"L = -\ln p_{t} = -\ln <p> = <loss>", loss, source))
    return equations


def _stable_equations(p: Precision, target: int, shows: str) -> list[Equation]:
    form, source = p.stable, "core.numerics:softmax_parts"
    z, shifted, e = map(_vector, (p.logits, form.exponents, form.exponentials))
    shift: dict[str, Any] = {"z": z, "m": p.largest, "shifted": shifted}
    equations = [
        Equation("maximum", r"m = \max_{j} z_{j} = <m>", {"m": p.largest}, source),
        Equation("shift", r"z - m = <z> - <m> = <shifted>", shift, source),
        Equation("exponentials", r"e^{z - m} = <e>", {"e": e}, source),
        Equation("sum", r"s = \sum_{j} e^{z_{j} - m} = <s>", {"s": form.total}, source),
    ]
    if shows == "softmax":
        quotient = {"p": _vector(form.probabilities)}
        equations.append(Equation("quotient", r"p = \frac{e^{z - m}}{s} = <p>", quotient, source))
    if shows == "log_softmax":
        values: dict[str, Any] = {"s": form.total, "log_p": _vector(form.log_probabilities)}
        template, source = r"\ln p = (z - m) - \ln <s> = <log_p>", "core.numerics:log_softmax"
        equations.append(Equation("logarithm", template, values, source))
    if shows == "cross_entropy":
        loss = {"s": form.total, "shifted": shifted[target], "loss": form.cross_entropy}
        template, source = (
            r"L = \ln s - (z_{t} - m) = \ln <s> - <shifted> = <loss>",
            "core.numerics:cross_entropy",
        )
        equations.append(Equation("loss", template, loss, source))
    return equations
