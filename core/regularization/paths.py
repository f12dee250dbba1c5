"""Which weights survive? A penalised regression along its penalty, and what each penalty is worth.

The objective, for n examples, p standardised columns, weights w and an intercept b that no penalty touches:

    ||y - b - Xw||^2 / (2n) + lambda (ratio ||w||_1 + (1 - ratio) / 2 ||w||^2)

with ratio 1 for the lasso, 0 for ridge, and between them for the elastic net (as in glmnet: Friedman, Hastie
& Tibshirani 2010). The path is solved on 100 penalties, and again without each fold for its error on it.

>>> inputs = prepare(PathsConfig())
>>> frame = next(paths(PathsConfig(), inputs))
>>> inputs.coefs.shape, int(inputs.zeros[0]), int(inputs.zeros[-1])
((10, 100), 10, 0)
>>> bool(inputs.errors.one_se < inputs.errors.best)  # the penalty of the rule is the larger one
True
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

import numpy as np
from msgspec import Struct

from core.config import Config, Source, choice, number, setting
from core.datasets import TABLES, DataError, Table, read_table
from core.regularization import penalties
from core.trace import Equation, Frame, freeze

__all__ = ["CrossValidated", "Path", "PathsConfig", "PathsFrame", "paths", "prepare"]

Array: TypeAlias = np.ndarray

STEPS = 100
"""Penalties on a path, evenly in the logarithm."""

DECADES = 5.0
"""From the largest penalty to the smallest."""

SHORTER = (3.5, 2.0)
"""Tried where columns depend so nearly on one another that double precision does not reach that far."""

_NET = {"penalty": ("elastic_net",)}


class PathsConfig(Config, frozen=True):
    """Which data, which penalty, and where on the path one looks."""

    data: Annotated[
        Source,
        setting("Data", "A CSV file of numbers; the first line may name the columns, the last column is the "
                "one that is predicted.", bundled=TABLES, labels={"diabetes": "Diabetes patients"},
                files="Tables (*.csv *.tsv *.txt)"),
    ] = Source(name="diabetes")  # fmt: skip
    penalty: Annotated[
        Literal["lasso", "ridge", "elastic_net"],
        choice("Penalty", "What is added to the loss.",
               labels={"lasso": "Lasso", "ridge": "Ridge", "elastic_net": "Elastic net"}),
    ] = "lasso"  # fmt: skip
    l1_ratio: Annotated[
        float,
        number(0.05, 1.0, "L1 share", "How much of the elastic net's penalty is the lasso's.", shown_if=_NET),
    ] = 0.5
    standardise: Annotated[
        bool,
        setting(
            "Standardise",
            "Each column to mean 0 and standard deviation 1, by the training rows of each fold.",
        ),
    ] = True
    duplicate: Annotated[
        Literal["none", "last", "first"],
        choice("Copy a column", "A copy of the column that is correlated most with the target, behind the "
               "others or before them.",
               labels={"none": "No", "last": "Last", "first": "First"}),
    ] = "none"  # fmt: skip
    folds: Annotated[
        int, number(3, 20, "Folds", "Parts of the data; each is left out once, and predicted.")
    ] = 10
    seed: Annotated[int, number(0, 2**31 - 1, "Seed", "Of the folds.")] = 0
    cursor: Annotated[
        float,
        number(10**-DECADES, 1.0, "Penalty λ / λ max", "Where on the path one looks; drag it on the plot.",
               scale="log", role="view"),
    ] = 0.12  # fmt: skip
    watched: Annotated[
        int, number(0, 100, "Watched weight", "Whose condition the equations show; click it.", role="view")
    ] = 2

    @property
    def ratio(self) -> float:
        """The L1 share of the penalty."""
        return {"lasso": 1.0, "ridge": 0.0, "elastic_net": self.l1_ratio}[self.penalty]

    def frames(self) -> int:
        return 1


class CrossValidated(Struct, frozen=True, eq=False):
    """Mean squared errors on examples that the weights have not seen, for each penalty.

    Attributes:
        mean: (L,), over all examples, each predicted without its fold.
        spread: (L,), the standard error of that mean, from how much the folds differ.
        best: the index of the penalty with the smallest error (lambda.min).
        one_se: of the largest penalty whose error is within one standard error of it (lambda.1se).
    """

    mean: Array
    spread: Array
    best: int
    one_se: int


class Path(Struct, frozen=True, eq=False):
    """The weights at L penalties, the largest first.

    Attributes:
        names: of the p columns, and `target`, of what is predicted.
        copied: the index of the column that is a copy, and of the one it copies; None if there is none.
        alphas: (L,), the penalties lambda.
        coefs: (p, L), as they are penalised: for a standard deviation of the column, or for one of its units.
        deviations: (p,), what times `coefs` is the weight for a standard deviation: 1 where columns have one.
        gradients: (p, L), x_j'r / n less the part of the squared penalty: what the L1 penalty must outweigh.
        zeros: (L,), how many weights are exactly zero.
        entered: (p,), the largest penalty at which a weight is not zero; 0 if it never is.
        training: (L,), mean squared error on the examples themselves.
        gaps: (L,), duality gaps, in units of the objective.
        intercept: b where the columns are at their means: the mean of the target, for no penalty touches it.
        rows: n.
        errors: by cross-validation.
    """

    names: tuple[str, ...]
    target: str
    copied: tuple[int, int] | None
    alphas: Array
    coefs: Array
    deviations: Array
    gradients: Array
    zeros: Array
    entered: Array
    training: Array
    gaps: Array
    intercept: float
    rows: int
    errors: CrossValidated

    @property
    def effects(self) -> Array:
        """(p, L): the change of the target for a standard deviation of each column, whatever its units."""
        return self.coefs * self.deviations[:, None]

    @property
    def order(self) -> Array:
        """The columns whose weight is ever not zero, as they enter from the largest penalty on.

        Of those that enter between the same two penalties the one whose gradient is nearer to the bound.
        """
        alive = self.coefs != 0
        before = np.maximum(alive.argmax(axis=1) - 1, 0)
        pull = np.abs(self.gradients[np.arange(len(before)), before])
        found = np.lexsort((-pull, -self.entered))
        return found[self.entered[found] > 0]

    @property
    def is_short(self) -> bool:
        """Whether the path ends before penalties that double precision does not reach."""
        return bool(self.alphas[-1] > 1.01 * 10**-DECADES * self.alphas[0])

    def nearest(self, cursor: float) -> int:
        """The index of the penalty nearest to this share of the largest."""
        return int(np.abs(np.log(self.alphas / self.alphas[0] / cursor)).argmin())


class PathsFrame(Frame, frozen=True, eq=False):
    """The one frame of a timeless scene: all of the path."""

    path: Path

    def explain(self, config: PathsConfig | None = None) -> list[Equation]:
        """Why the watched weight is where it is, the objective, and the rule of one standard error."""
        config = config or PathsConfig()
        at = self.path.nearest(config.cursor)
        return [*_condition(self.path, config, at), *_objective(self.path, config, at), *_rule(self.path)]


def paths(config: PathsConfig, inputs: Path, start: Frame | None = None) -> Iterator[PathsFrame]:
    """The path as it was prepared."""
    if start is None:
        yield PathsFrame(path=inputs)


def prepare(config: PathsConfig) -> Path:
    """The path and its cross-validated errors. DataError for a file that cannot be used."""
    table, copied = _with_copy(read_table(config.data), config.duplicate)
    for decades in (DECADES, *SHORTER):
        try:
            return solve(table, config, copied, decades)
        except ArithmeticError:
            continue
    raise DataError(f"The columns that predict {table.target} are too nearly the same for double precision.")


prepare.fields = (  # type: ignore[attr-defined]
    "data", "penalty", "l1_ratio", "standardise", "duplicate", "folds", "seed",
)  # fmt: skip


def _with_copy(table: Table, duplicate: str) -> tuple[Table, tuple[int, int] | None]:
    """The table, with a copy of the column that is correlated most with the target if one is wanted."""
    if duplicate == "none":
        return table, None
    x, y = table.x - table.x.mean(axis=0), table.y - table.y.mean()
    lengths = np.sqrt((x**2).sum(axis=0))
    which = int((np.abs(x.T @ y) / np.where(lengths > 0, lengths, np.inf)).argmax())
    copy, name = table.x[:, which : which + 1], f"{table.names[which]}, copy"
    if duplicate == "first":
        wider = Table((name, *table.names), table.target, np.hstack([copy, table.x]), table.y)
        return wider, (0, which + 1)
    wider = Table((*table.names, name), table.target, np.hstack([table.x, copy]), table.y)
    return wider, (len(table.names), which)


# --- the path ---------------------------------------------------------------------------------------


def scaling(x: Array, standardise: bool) -> tuple[Array, Array]:
    """The mean and the unit (p,) of each column: its standard deviation, or 1."""
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    constant = deviation <= 8 * np.finfo(float).eps * np.abs(mean)
    return mean, np.where(constant | (not standardise), 1.0, deviation)


def largest(x: Array, y: Array, ratio: float) -> float:
    """Where the path begins, for centred columns: the penalty from which every weight is zero. Ridge has
    none: ten times the largest eigenvalue of X'X / n, which leaves an eleventh along a direction at most."""
    if ratio > 0:
        return penalties.largest_alpha(x, y, ratio)
    return 10 * float(np.linalg.norm(x, 2)) ** 2 / len(y)


def weights(x: Array, y: Array, alphas: Array, ratio: float) -> penalties.Path:
    """The weights (p, L) for centred columns and target, by the objective at the head of this module."""
    if ratio > 0:
        return penalties.elastic_net_path(x, y, alphas, ratio)
    return penalties.ridge_path(x, y, alphas * len(y))._replace(alphas=alphas)


def solve(table: Table, config: PathsConfig, copied: tuple[int, int] | None, decades: float) -> Path:
    """The path on all examples and its errors on folds that are left out. ArithmeticError as in `lasso`."""
    x, y = table.x, table.y
    mean, unit = scaling(x, config.standardise)
    columns, centred = (x - mean) / unit, y - y.mean()
    columns[:, np.ptp(x, axis=0) == 0] = 0.0
    alphas = largest(columns, centred, config.ratio) * np.logspace(0, -decades, STEPS)
    found = weights(columns, centred, alphas, config.ratio)
    residuals = centred[:, None] - columns @ found.coefs
    pull = columns.T @ residuals / len(y) - alphas * (1 - config.ratio) * found.coefs  #: condition
    alive = found.coefs != 0
    return Path(
        names=table.names,
        target=table.target,
        copied=copied,
        alphas=freeze(alphas),
        coefs=freeze(found.coefs),
        deviations=freeze(x.std(axis=0) / unit),
        gradients=freeze(pull),
        zeros=freeze((~alive).sum(axis=0)),
        entered=freeze(np.where(alive.any(axis=1), alphas[alive.argmax(axis=1)], 0.0)),
        training=freeze(np.square(residuals).mean(axis=0)),
        gaps=freeze(found.gaps),
        intercept=float(y.mean()),
        rows=len(y),
        errors=cross_validate(x, y, alphas, config),
    )


def objective(training: float, weights: Array, alpha: float, ratio: float) -> tuple[float, float, float]:
    """Half the mean squared error, the penalty, and their sum."""
    penalty = alpha * float(ratio * np.abs(weights).sum() + (1 - ratio) / 2 * (weights**2).sum())
    return training / 2, penalty, training / 2 + penalty  #: objective


# --- cross-validation -------------------------------------------------------------------------------


def cross_validate(x: Array, y: Array, alphas: Array, config: PathsConfig) -> CrossValidated:
    """Errors at each penalty. The folds' means are weighed by their sizes, as in glmnet."""
    folds = held_out(len(y), config.folds, config.seed)
    means = np.array([fold_errors(x, y, fold, alphas, config).mean(axis=0) for fold in folds])
    share = np.array([len(fold) / len(y) for fold in folds])
    mean = share @ means
    spread = np.sqrt(share @ np.square(means - mean) / (len(folds) - 1))
    best, one_se = one_standard_error(mean, spread)
    return CrossValidated(mean=freeze(mean), spread=freeze(spread), best=best, one_se=one_se)


def held_out(rows: int, folds: int, seed: int) -> list[Array]:
    """The examples of each fold, drawn once, as equal in number as can be."""
    order = np.random.default_rng(seed).permutation(rows)
    return np.array_split(order, min(folds, rows))


def fold_errors(x: Array, y: Array, fold: Array, alphas: Array, config: PathsConfig) -> Array:
    """Squared errors (fold, L) on a fold of weights that know nothing of it, not even its columns' means."""
    rest = np.ones(len(y), bool)
    rest[fold] = False
    mean, unit = scaling(x[rest], config.standardise)
    centre = y[rest].mean()
    found = weights((x[rest] - mean) / unit, y[rest] - centre, alphas, config.ratio)
    predicted = centre + (x[fold] - mean) / unit @ found.coefs
    return np.square(y[fold, None] - predicted)


def one_standard_error(mean: Array, spread: Array) -> tuple[int, int]:
    """Indices of the smallest error, and of the first (largest) penalty that is within its standard error."""
    best = int(mean.argmin())
    bound = mean[best] + spread[best]  #: one standard error
    return best, int(np.flatnonzero(mean <= bound)[0])


# --- the equations ----------------------------------------------------------------------------------


def _condition(path: Path, config: PathsConfig, at: int) -> list[Equation]:
    """Where the derivative along the watched weight is zero, or held between the two slopes of |w|."""
    j = min(config.watched, len(path.names) - 1)
    alpha, weight, pull = float(path.alphas[at]), float(path.coefs[j, at]), float(path.gradients[j, at])
    source = "core.regularization.paths:solve"
    values = {"g": pull, "w": weight, "alpha": alpha, "bound": alpha * config.ratio}
    if config.penalty == "ridge":
        plain = {"g": pull + alpha * weight, "alpha": alpha, "w": weight}
        template = r"\tfrac{1}{n} x_{j}^{\top} r = <g> = \lambda w_{j} = <alpha> \cdot <w>"
        return [Equation("condition", template, plain, source)]
    left = r"\tfrac{1}{n} x_{j}^{\top} r"
    bound = r"\lambda"
    if config.penalty == "elastic_net":
        left, bound = left + r" - \lambda (1 - \alpha) w_{j}", r"\lambda \alpha"
    if weight == 0:
        end = rf"\left| <g> \right| \leq {bound} = <bound> \;\Rightarrow\; w_{{j}} = 0"
        return [Equation("condition", rf"{left} = <g>, \quad {end}", values, source)]
    sign = "" if weight > 0 else "-"
    end = rf"= {sign}{bound} \;\Rightarrow\; w_{{j}} = <w>"
    return [Equation("condition", rf"{left} = <g> {end}", values, source)]


def _objective(path: Path, config: PathsConfig, at: int) -> list[Equation]:
    alpha = float(path.alphas[at])
    half, penalty, total = objective(float(path.training[at]), path.coefs[:, at], alpha, config.ratio)
    norm = {
        "lasso": r"\lambda \| w \|_{1}",
        "ridge": r"\tfrac{\lambda}{2} \| w \|^{2}",
        "elastic_net": r"\lambda ( \alpha \| w \|_{1} + \tfrac{1 - \alpha}{2} \| w \|^{2} )",
    }[config.penalty]
    template = r"\tfrac{1}{2n} \| r \|^{2} + " + norm + r" = <half> + <penalty> = <total>"
    values = {"half": half, "penalty": penalty, "total": total}
    return [Equation("objective", template, values, "core.regularization.paths:objective")]


def _rule(path: Path) -> list[Equation]:
    mean, spread = float(path.errors.mean[path.errors.best]), float(path.errors.spread[path.errors.best])
    values = {"mean": mean, "spread": spread, "bound": mean + spread,
              "alpha": float(path.alphas[path.errors.one_se])}  # fmt: skip
    template = r"E_{\min} + s = <mean> + <spread> = <bound> \;\Rightarrow\; \lambda_{1se} = <alpha>"
    return [Equation("one standard error", template, values, "core.regularization.paths:one_standard_error")]
