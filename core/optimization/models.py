"""Real models trained by several optimizers side by side, on the same mini-batches, from the same weights.

>>> config = ModelsConfig(steps=60, messages=300)
>>> inputs = prepared(config)
>>> last = list(train(config, inputs))[-1]
>>> last.step, last.params.shape == (len(last.runners), inputs.objective.model.size)
(60, True)
>>> bool((last.objective < np.log(2)).all())  # all better than not knowing
True
"""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np

from core.config import ConfigError
from core.datasets import POINTS, DataError, linear, messages, read_points
from core.optimization import explain
from core.optimization.losses import Examples, LinearRegression, LogisticRegression, Network, Penalised
from core.optimization.models_config import SETS, ModelsConfig, make_optimizer, runners
from core.optimization.optimizers import OPTIMIZERS, Optimizer, Step
from core.optimization.proximal import proximal
from core.optimization.side_by_side import side_by_side
from core.trace import Equation, Frame, freeze

__all__ = ["Inputs", "ModelsConfig", "ModelsFrame", "prepare", "prepared", "train"]

Array: TypeAlias = np.ndarray

TRIALS = np.geomspace(1e-3, 10.0, 9)
"""The learning rates that each optimizer is tried with: two to a decade."""

LONGEST_TRIAL = 400
"""Steps of a trial at most, so that the run itself can begin soon."""

MOST_SEEN = 100_000
"""Examples that a trial sees at most, for the same reason."""

FAR = 1e6
"""A run with a parameter beyond this has diverged."""

FEW = ((-1.0, 0.3, 0), (-0.7, -0.4, 0), (-1.2, -0.1, 0), (1.0, -0.3, 1), (0.7, 0.4, 1), (1.2, 0.1, 1))
"""x, y and class of the points to begin painting on."""

NEAR_ZERO = 1e-3
"""A weight smaller than this, but not 0, is counted as near zero."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """What is trained, and on what.

    Attributes:
        objective: the model's loss and its penalties.
        training, held_out: the examples.
        names: one for each parameter: a word, "feature 3", "layer 1, 2 to 5"; the biases last or by layer.
        begin: the first parameters, shape (size,).
        rates: the learning rate that the trials found for each optimizer; empty if none were made.
        reach: for points of the plane, the half side of the square that holds them.
    """

    objective: Penalised
    training: Examples
    held_out: Examples
    names: tuple[str, ...]
    begin: Array
    rates: dict[str, float]
    reach: float = 0.0

    def batch(self, config: ModelsConfig, step: int) -> Examples:
        """The mini-batch of a step: every epoch goes through the examples once, in an order of its own."""
        count = len(self.training.y)
        if config.batch_size >= count:
            return self.training
        per_epoch = -(-count // config.batch_size)
        order = _order(config.seed, step // per_epoch, count)
        first = step % per_epoch * config.batch_size
        return self.training.rows(order[first : first + config.batch_size])


@functools.lru_cache(maxsize=8)
def _order(seed: int, epoch: int, count: int) -> Array:
    return np.random.default_rng([seed, 2, epoch]).permutation(count)


class ModelsFrame(Frame, frozen=True, eq=False):
    """The R models after `step` updates, and the gradients of the update that they are about to make.

    Attributes:
        runners: the names of their optimizers, and `rates`, (R,), the learning rates in force.
        params, gradients: (R, size); the gradients are the coming mini-batch's, penalties included (but not
            an L1 that is met by a proximal step), and `lengths`, (R,), how long they are.
        states: the optimizers' states before the coming update.
        training, held_out: (R,), mean loss without penalties on all examples of either kind.
        objective: (R,), training loss and penalties.
        score, held_out_score: (R,), share of right classes, or R^2 of the regression.
        zeros, near: (R,), how many weights are exactly 0, and how many others are within 1e-3 of it.
        inputs: what is trained, and on what.

    A model that would leave for infinity stays as it was; see `diverged`.
    """

    explains_next: ClassVar[bool] = True
    step: int
    runners: tuple[str, ...]
    rates: Array
    params: Array
    gradients: Array
    lengths: Array
    states: tuple[Any, ...]
    training: Array
    held_out: Array
    objective: Array
    score: Array
    held_out_score: Array
    zeros: Array
    near: Array
    inputs: Inputs

    def columns(self) -> dict[str, Any]:
        names = (
            "training", "held_out", "objective", "score", "held_out_score", "lengths", "zeros", "near",
            "rates", "diverged",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    @property
    def diverged(self) -> Array:
        """(R,): the step at which a run diverged, 0 if it has not."""
        made = np.array([state[0] for state in self.states], dtype=int)
        return np.where(made < self.step, made + 1, 0)

    def inspected(self, config: ModelsConfig) -> int | None:
        """The index of the run that the config inspects, or of the first, or None if there is none."""
        if config.inspected in self.runners:
            return self.runners.index(config.inspected)
        return 0 if self.runners else None

    def field(self, i: int, resolution: int = 48) -> Array:
        """Run i's P(class 1) over the square of the points, shape (resolution, resolution), rows from below.

        For the network alone; computed when asked for, and kept while the frame is.
        """
        return _field(self, i, resolution)

    def explain(self, config: Any = None) -> list[Equation]:
        """The coming update of one weight of one model, line by line."""
        i = self.inspected(config)
        if i is None or self.diverged[i]:
            return []
        k = min(config.watched, self.params.shape[1] - 1)
        rate = float(rates_of(config, self.inputs, self.runners)[i])
        optimizer = make_optimizer(config, self.runners[i], rate)
        old = type(self.states[i])(self.states[i][0], *(moment[k] for moment in self.states[i][1:]))
        x, g = self.params[i, k], self.gradients[i, k]
        lines = explain.equations(optimizer, Step(x, g, old, *optimizer.update(g, old, x)))
        if self._soft(config, k):
            lines.append(_soft_line(config, optimizer, x, g, old))
        return lines

    def _soft(self, config: ModelsConfig, k: int) -> bool:
        return bool(config.l1 and config.l1_step == "proximal" and self.inputs.objective.model.weights[k])


def _soft_line(config: ModelsConfig, optimizer: Optimizer, x: Any, g: Any, old: Any) -> Equation:
    arrived, state = optimizer.update(g, old, x)
    landed, _ = proximal(optimizer, config.l1).update(g, old, x)
    rate = optimizer.effective_rate(state) / (1 - float(optimizer.hyperparameters.get("beta", 0.0)))  # type: ignore[arg-type]
    return Equation(
        "soft threshold",
        r"x \leftarrow \mathrm{sign}(x)\,\max(|x| - r \lambda_1,\, 0), \quad "
        r"|x| = <size>,\; r \lambda_1 = <threshold>,\; x = <x_new>",
        {"size": abs(float(arrived)), "threshold": float(rate * config.l1), "x_new": float(landed)},
        "core.optimization.proximal:proximal",
    )


@functools.lru_cache(maxsize=32)
def _field(frame: ModelsFrame, i: int, resolution: int) -> Array:
    model, reach = frame.inputs.objective.model, frame.inputs.reach
    axis = (2 * (np.arange(resolution) + 0.5) / resolution - 1) * reach
    x, y = np.meshgrid(axis, axis)
    logits = model.outputs(frame.params[i : i + 1], np.stack([x.ravel(), y.ravel()], axis=1))
    return freeze((1 + np.tanh(logits / 2)).reshape(resolution, resolution) / 2)  # the sigmoid


def train(
    config: ModelsConfig, inputs: Inputs | None = None, start: ModelsFrame | None = None
) -> Iterator[ModelsFrame]:
    """Train; yields the frames of steps 0 to `config.steps`, or those behind `start`.

    Mini-batches depend on the seed and the step alone, and a frame's update is made anew when the run goes on
    from it: so a run that goes on is bit-exact, and a changed learning rate takes effect at once.
    """
    inputs = prepared(config) if inputs is None else inputs
    names = runners(config)
    rates = rates_of(config, inputs, names)
    together = _together(config, inputs, names, rates)
    if start is None:
        params = np.tile(inputs.begin, (len(names), 1))
        frame = _frame(config, inputs, 0, names, rates, params, together.init(params))
        yield frame
    else:
        frame = start
    while frame.step < config.steps:
        params, states = together.update(frame.gradients, frame.states, frame.params)
        frame = _frame(config, inputs, frame.step + 1, names, rates, params, states)
        yield frame


def rates_of(config: ModelsConfig, inputs: Inputs, names: tuple[str, ...]) -> Array:
    """The learning rates that the runs begin with, shape (R,)."""
    if config.rates == "tuned":
        return freeze(np.array([inputs.rates[name] for name in names]))
    return freeze(np.array([getattr(config, name).learning_rate for name in names]))


def _together(config: ModelsConfig, inputs: Inputs, names: tuple[str, ...], rates: Array) -> Optimizer:
    each = [make_optimizer(config, name, float(rate)) for name, rate in zip(names, rates, strict=True)]
    return side_by_side([_with_l1(config, inputs.objective, one) for one in each], reach=FAR)


def _with_l1(config: ModelsConfig, objective: Penalised, optimizer: Optimizer) -> Optimizer:
    if config.l1 and config.l1_step == "proximal":
        return proximal(optimizer, config.l1, objective.model.weights)
    return optimizer


def _frame(
    config: ModelsConfig, inputs: Inputs, step: int, names: tuple[str, ...], rates: Array, params: Array,
    states: tuple[Any, ...],
) -> ModelsFrame:  # fmt: skip
    objective, model = inputs.objective, inputs.objective.model
    with np.errstate(all="ignore"):  # a run on its way to infinity
        gradients = objective.gradient(params, inputs.batch(config, step))
        training = model.loss(params, inputs.training)
        size = np.abs(params[:, model.weights])
        frame = ModelsFrame(
            step=step, runners=names, rates=rates, params=freeze(params), gradients=freeze(gradients),
            lengths=freeze(np.linalg.norm(gradients, axis=1)), states=states, training=freeze(training),
            held_out=freeze(model.loss(params, inputs.held_out)),
            objective=freeze(training + objective.penalty(params)),
            score=freeze(model.score(params, inputs.training)),
            held_out_score=freeze(model.score(params, inputs.held_out)),
            zeros=freeze((size == 0).sum(axis=1)), near=freeze(((size > 0) & (size < NEAR_ZERO)).sum(axis=1)),
            inputs=inputs,
        )  # fmt: skip
    for state in states:
        for moment in state[1:]:
            freeze(moment)
    return frame


# --- what is trained, and on what ----------------------------------------------------------------


def prepared(config: ModelsConfig) -> Inputs:
    """What `prepare` comes to."""
    *_, inputs = prepare(config)
    assert inputs is not None
    return inputs


def prepare(config: ModelsConfig) -> Iterator[Inputs | None]:
    """Make or read the data, set some aside, and try the learning rates.

    Painted points are all learned from. ConfigError if a file cannot be used. Yields None now and then during
    the trials, so that a worker that steps through this can turn to other work or give it up, and the inputs
    at the end.
    """
    rng = np.random.default_rng([config.seed, 1])
    examples, names, model, reach = _PROBLEMS[config.problem](config)
    splittable = len(examples.y) - (len(config.painted) if config.problem == "mlp" else 0)
    order = rng.permutation(splittable)
    aside = min(splittable - 1, max(1, round(config.held_out * splittable)))
    training = np.concatenate([np.sort(order[aside:]), np.arange(splittable, len(examples.y))])
    objective = Penalised(model, config.l1, config.l2, config.l1_step == "proximal")
    inputs = Inputs(
        objective=objective, training=examples.rows(training),
        held_out=examples.rows(np.sort(order[:aside])), names=names, begin=freeze(model.start(rng)),
        rates={}, reach=reach,
    )  # fmt: skip
    if config.rates == "tuned":
        inputs.rates.update((yield from tuned(config, inputs)))
    yield inputs


def tuned(
    config: ModelsConfig, inputs: Inputs, trials: Array = TRIALS
) -> Generator[None, None, dict[str, float]]:
    """For each optimizer the rate, of those tried, with the lowest mean objective late in the run.

    All trials of all optimizers run side by side, on the config's own mini-batches, for its own number of
    steps but at most `LONGEST_TRIAL` and `MOST_SEEN` examples; late is their last tenth. A trial that
    diverges loses. Yields after every fourth step, returns the rates.
    """
    names = runners(config)
    seen = min(config.batch_size, len(inputs.training.y))
    count, length = len(trials), max(20, min(config.steps, LONGEST_TRIAL, MOST_SEEN // seen))
    each = [_with_l1(config, inputs.objective, make_optimizer(config, n, trials[:, None])) for n in names]
    params = np.tile(inputs.begin, (count * len(names), 1))
    states = [optimizer.init(params[:count]) for optimizer in each]
    late = np.zeros(len(params))
    watched = {round(at) for at in np.linspace(0.9 * length, length - 1, 6)}
    for step in range(length):
        with np.errstate(all="ignore"):
            slopes = inputs.objective.gradient(params, inputs.batch(config, step))
            moved = np.empty_like(params)
            for k, optimizer in enumerate(each):
                own = slice(k * count, (k + 1) * count)
                moved[own], states[k] = optimizer.update(slopes[own], states[k], params[own])
            params = moved
            if step in watched:
                late += inputs.objective.value(params, inputs.training)
        if step % 4 == 3:
            yield
    ranked = np.where(np.isfinite(late), late, np.inf).reshape(len(names), count)
    return {name: float(trials[row.argmin()]) for name, row in zip(names, ranked, strict=True)}


def _words(config: ModelsConfig):
    made = messages(config.messages, config.seed)
    examples = Examples(made.present, made.labels.astype(float))
    return examples, (*made.words, "bias"), LogisticRegression(len(made.words)), 0.0


def _regression(config: ModelsConfig):
    made = linear(300, 20, config.condition, 0.3, config.seed, config.correlated)
    names = tuple(f"feature {k + 1}" for k in range(20))
    return Examples(made.x, made.y), (*names, "bias"), LinearRegression(20), 0.0


def _network(config: ModelsConfig):
    x, labels = _points(config)
    model = Network((2, *[config.hidden] * config.layers, 1), config.activation)
    names = tuple(
        f"layer {at // 2 + 1}, " + (f"{k[0] + 1} → {k[1] + 1}" if len(k) == 2 else f"bias {k[0] + 1}")
        for at, shape in enumerate(model.shapes)
        for k in np.ndindex(shape)
    )
    reach = max(2.0, 1.1 * float(np.abs(x).max(initial=0.0)))
    return Examples(x, labels.astype(float)), names, model, reach


def _points(config: ModelsConfig) -> tuple[Array, Array]:
    """The chosen points, a file's put at mean 0 and deviation 1, and behind them those that were painted."""
    if config.data.path:
        try:
            found = read_points(config.data)
        except DataError as error:
            raise ConfigError(str(error), "data") from None
        x, labels = (found.x - found.x.mean(axis=0)) / np.maximum(found.x.std(axis=0), 1e-12), found.labels
    elif config.data.name == "few":
        x, labels = np.array(FEW)[:, :2], np.array(FEW)[:, 2]
    elif make := POINTS.get(config.data.name):
        made = make(config.points, config.noise, config.seed)
        x, labels = made.x, made.labels
    else:
        expected = ", ".join(SETS)
        raise ConfigError(f"Points: expected one of {expected}, found “{config.data.name[:40]}”.", "data")
    painted = np.array(config.painted, float).reshape(-1, 3)
    return np.concatenate([x, painted[:, :2]]), np.concatenate([labels, painted[:, 2]])


_PROBLEMS = {"words": _words, "regression": _regression, "mlp": _network}

prepare.fields = (  # type: ignore[attr-defined]
    "problem", "messages", "condition", "correlated", "data", "painted", "points", "noise",
    "hidden", "layers", "activation", "held_out", "batch_size", "steps", "l1", "l1_step", "l2", "rates",
    "seed",
    *(f"{name}.on" for name in OPTIMIZERS), "momentum.beta", "nesterov.beta", "adagrad.eps", "rmsprop.alpha",
    "rmsprop.eps", "adamw.weight_decay",
    *(f"{name}.{key}" for name in ("adam", "adamw", "amsgrad") for key in ("beta1", "beta2", "eps")),
)  # fmt: skip
