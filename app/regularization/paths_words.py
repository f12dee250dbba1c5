"""Coefficient paths in words."""

from __future__ import annotations

import numpy as np

from app.stage.numbers import count, number, slot
from core.regularization.paths import Path, PathsConfig

NAMES = {"lasso": "lasso", "ridge": "ridge", "elastic_net": "elastic net"}


def title(config: PathsConfig) -> str:
    """ "Weights along the lasso’s path"."""
    if config.penalty == "ridge":
        return "Weights along ridge’s path"
    return f"Weights along the {NAMES[config.penalty]}’s path"


def unit(path: Path) -> str:
    """What a weight is measured in."""
    return f"Weight: change of {path.target} for a standard deviation of the column."


def reading(path: Path, at: int) -> str:
    """Zeros and errors at a penalty, three lines."""
    errors = path.errors
    lines = [
        zeros(path, at) + ".",
        f"Error on these {number(path.rows)} rows: {number(float(path.training[at]))}.",
        f"Cross-validated: {number(float(errors.mean[at]))} ± {slot(float(errors.spread[at]))}.",
    ]
    return "\n".join(lines)


def zeros(path: Path, at: int) -> str:
    """ "5 of 10 weights are exactly 0"."""
    dropped, total = int(path.zeros[at]), len(path.names)
    if dropped == 0:
        return f"None of the {total} weights is 0"
    if dropped == total:
        return f"All {total} weights are exactly 0"
    return f"{dropped} of {total} weights {'is' if dropped == 1 else 'are'} exactly 0"


def described(path: Path, config: PathsConfig) -> str:
    """The picture for a reader who does not see it."""
    at = path.nearest(config.cursor)
    effects = path.effects[:, at]
    order = np.argsort(-np.abs(effects), kind="stable")
    values = [f"{path.names[j]} {slot(float(effects[j]))}" for j in order[:5] if effects[j] != 0]
    told = "; the largest: " + ", ".join(values) if values else ""
    alphas, errors = path.alphas, path.errors
    here, best, one_se = (number(float(alphas[i]), 3) for i in (at, errors.best, errors.one_se))
    first, last = number(float(alphas[-1]), 3), number(float(alphas[0]), 3)
    error, spread = number(float(errors.mean[at])), number(float(errors.spread[at]), 2)
    gone = zeros(path, at)
    return (
        f"{title(config)}, {count(len(path.names), 'column')} that predict {path.target}, λ from {first} to "
        f"{last}. At λ = {here}: {gone[0].lower() + gone[1:]}{told}. Mean squared error "
        f"{number(float(path.training[at]))} on the training rows, {error} ± {spread} cross-validated. "
        f"The smallest cross-validated error is at λ = {best}, the largest λ within its standard error is "
        f"{one_se}."
    )


def notes(path: Path, config: PathsConfig) -> list[str]:
    """What to notice, most telling first."""
    told = [_survivors(path, config)]
    if path.copied is not None:
        told.append(_copy(path, config))
    if config.penalty != "ridge":
        told.append(_first(path, config))
    if path.is_short:
        told.append(
            f"The path ends at λ = {number(float(path.alphas[-1]), 3)}: with less, the columns are too "
            "nearly the same for double precision."
        )
    told.append(_watched(path, config))
    told.append(_rule(path, config))
    told.append(
        f"No penalty touches the intercept: it is the mean of {path.target}, {number(path.intercept)}, "
        f"{'as the columns’ means are 0' if config.standardise else 'where every column is at its mean'}."
    )
    return told


def _survivors(path: Path, config: PathsConfig) -> str:
    at = path.nearest(config.cursor)
    alive = [path.names[j] for j in np.flatnonzero(path.coefs[:, at])]
    if config.penalty == "ridge":
        return (
            "Ridge shrinks every weight, and none to exactly 0, however large λ is: look at the counts above."
        )
    if not alive:
        return "From this λ on every weight is exactly 0, and the intercept alone predicts."
    if len(alive) == 1:
        return f"One weight has survived so far: {alive[0]}."
    if len(alive) <= 4:
        return f"{', '.join(alive[:-1])} and {alive[-1]} have survived so far."
    return f"{zeros(path, at)}; go on to the right, and they go one by one."


def _watched(path: Path, config: PathsConfig) -> str:
    """What the condition in the equations says of the weight that is watched."""
    at, j = path.nearest(config.cursor), min(config.watched, len(path.names) - 1)
    name, bound = path.names[j], number(float(path.alphas[at]) * config.ratio, 3)
    if config.penalty == "ridge":
        return f"The condition below is {name}’s: its pull on the residual is λ times its weight, so never 0."
    if path.coefs[j, at] == 0:
        pull = number(abs(float(path.gradients[j, at])), 3)
        return (
            f"The condition below is {name}’s: its pull, {pull}, is weaker than {bound}, and it stays at 0."
        )
    return f"The condition below is {name}’s: like each weight that is not 0 it pulls with exactly {bound}."


def _first(path: Path, config: PathsConfig) -> str:
    names = ", ".join(path.names[j] for j in path.order[:4])
    rest = ", then the others" * (len(path.order) > 4)
    order = f"From the right the weights enter in this order: {names}{rest}"
    if config.standardise:
        return f"{order}. The first, at λ max, is the column correlated most with {path.target}."
    return (
        f"{order}. Where columns keep their units, large numbers need small weights, and small weights are "
        "cheap: standardise, and the order is another."
    )


def _rule(path: Path, config: PathsConfig) -> str:
    best, one_se = path.errors.best, path.errors.one_se
    luck = "λ 1se is the largest λ whose error is within one standard error of the smallest"
    if config.penalty == "ridge":
        return f"{luck}: the data cannot tell the two apart, and the larger one shrinks more."
    few, many = len(path.names) - int(path.zeros[one_se]), len(path.names) - int(path.zeros[best])
    if few == many:
        return f"{luck}; both keep {count(many, 'weight')}."
    return f"{luck}: {count(few, 'weight')} do what {number(many)} do, as far as these data can tell."


def _copy(path: Path, config: PathsConfig) -> str:
    assert path.copied is not None
    at = path.nearest(config.cursor)
    copy, original = path.copied
    first, second = (path.names[j] for j in sorted(path.copied))
    if config.penalty == "lasso":
        return (
            f"{path.names[original]} and its copy hold the same numbers. Any split of their weight "
            f"costs the lasso the same; it gives all to {first}, which stands first: {second} never enters."
        )
    values = [slot(float(path.effects[j, at])) for j in (original, copy)]
    return (
        f"{path.names[original]} and its copy share the weight equally, {values[0]} and {values[1]}: of all "
        "splits that one has the smallest sum of squares."
    )
