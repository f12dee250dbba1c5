"""Training a language model: predict the next token, follow the gradient, step by step.

Frame k holds the run after k updates: the loss of the batch that update k was made from, how long its
gradient was, and now and then the score on held-out text, a sample, and a checkpoint from which the run can
be taken up exactly. All that is random in a step is drawn from (seed, step), so a step needs no history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from msgspec import Struct

from core.autodiff import Tensor, dropout, softmax_cross_entropy
from core.config import ConfigError
from core.evaluation.perplexity import bits_per_byte
from core.language.model import Array, Network, token_ids
from core.language.parallel import HALVES, in_parallel, one_blas_thread
from core.language.sampling import SamplingConfig, sample
from core.language.train_config import TrainConfig, optimizer_of, schedule_of
from core.optimization.optimizers import Optimizer
from core.optimization.trees import tree_map
from core.trace import Equation, Frame, freeze

__all__ = [
    "Batch", "Batches", "Checkpoint", "Stream", "TrainConfig", "TrainFrame", "TrainInputs", "clipped",
    "gradients", "train", "weighed",
]  # fmt: skip

Params = dict[str, Array]
NOTHING = -1
"""In ids without weights, what pads a short text: it is not predicted, and nothing behind it is."""


class Batch(NamedTuple):
    """ids (B, T + 1), and weights (B, T): how much each prediction of ids[:, 1:] from those before counts."""

    ids: np.ndarray
    weights: np.ndarray


class Batches(Protocol):
    """Where training text comes from; a function of the step, so that a curriculum can be one."""

    def __call__(self, rng: np.random.Generator, step: int, size: int, length: int) -> np.ndarray | Batch:
        """ids (size, at most length + 1); -1 behind the first column where there is nothing to predict.

        Or with weights: then some predictions count more, and others may not count at all.
        """


class Stream:
    """Windows of one long text, anywhere in it or only from `starts` (the first tokens of its stories)."""

    def __init__(self, ids: Any, starts: Any = None) -> None:
        self.ids = token_ids(ids)
        self.starts = None if starts is None else np.asarray(starts)

    def __call__(self, rng: np.random.Generator, step: int, size: int, length: int) -> np.ndarray:
        last = len(self.ids) - length - 1
        if last < 0:
            raise ValueError(f"the text: expected more than {length} tokens, found {len(self.ids)}")
        if self.starts is None:
            begin = rng.integers(0, last + 1, size)
        else:
            begin = rng.choice(self.starts[self.starts <= last], size)
        return self.ids[begin[:, None] + np.arange(length + 1)]


class TrainInputs(Struct, frozen=True, eq=False):
    """What a run needs beside its config.

    Attributes:
        model: where it begins; it is copied.
        batches: the training text.
        held_out: ids (M,) of text that is not trained on, its first token given; None for no score.
        held_out_bytes: of the rest of that text, in UTF-8.
        prompt: ids that a sample goes on from.
        decode: from ids to text, for the samples.
    """

    model: Network
    batches: Batches
    held_out: np.ndarray | None = None
    held_out_bytes: int = 0
    prompt: tuple[int, ...] = (0,)
    decode: Callable[[list[int]], str] | None = None


class Checkpoint(Struct, frozen=True, eq=False):
    """All that a run goes on from: parameters by name, and the optimizer's state."""

    parameters: Params
    state: Any


class TrainFrame(Frame, frozen=True, eq=False):
    """The run after `step` updates. Attributes:

    loss: nats per token on the batch that the update was made from, as its tokens count, before it; NaN in
        frame 0.
    learning_rate: of that update, and of the first one in frame 0.
    gradient_norm: of that batch, before clipping, with the L2 penalty's share; NaN in frame 0.
    gradient_norms: (parameters,), the same for each of `names`.
    held_out: bits per byte on the held-out text after the update; NaN where it was not measured.
    tokens: how many tokens have been predicted in training so far.
    sample: a text that the model made at this step, or None; `sample_ids` without the prompt.
    checkpoint: or None where the run cannot be taken up from here.
    diverged: whether loss or gradient were not finite: then no update was made, and the run ends.
    """

    step: int
    loss: float
    learning_rate: float
    gradient_norm: float
    gradient_norms: np.ndarray
    names: tuple[str, ...]
    held_out: float
    tokens: int
    sample: str | None = None
    sample_ids: tuple[int, ...] = ()
    checkpoint: Checkpoint | None = None
    diverged: bool = False

    @property
    def resumable(self) -> bool:
        return self.checkpoint is not None

    def columns(self) -> dict[str, Any]:
        return {
            "loss": self.loss,
            "learning_rate": self.learning_rate,
            "gradient_norm": self.gradient_norm,
            "gradient_norms": self.gradient_norms,
            "held_out": self.held_out,
            "tokens": float(self.tokens),
        }

    def explain(self, config: Any = None) -> list[Equation]:
        if config is None or not np.isfinite(self.loss):
            return []
        here = "core.language.training:"
        found = [
            Equation(
                "mean loss",
                r"L = -\frac{1}{N} \sum_i \ln p(x_i \mid x_{<i}) = <loss>",
                {"loss": self.loss},
                here + "_part",
            )
        ]
        if config.clip and self.gradient_norm > config.clip:
            found.append(
                Equation(
                    "clipping",
                    r"g \leftarrow g \cdot \frac{c}{\lVert g \rVert} = g \cdot \frac{<clip>}{<norm>}",
                    {"clip": config.clip, "norm": self.gradient_norm},
                    here + "clipped",
                )
            )
        return found


def train(config: TrainConfig, inputs: TrainInputs, start: TrainFrame | None = None) -> Iterator[TrainFrame]:
    """Frames 0 to `config.steps`, or those behind `start`, which must hold a checkpoint.

    ConfigError if the model cannot see a whole text of the config's length.
    """
    model, optimizer, rate = inputs.model, optimizer_of(config), schedule_of(config)
    if model.context is not None and config.length > model.context:
        raise ConfigError(
            f"Length: expected at most the model's {model.context} tokens, found {config.length}.", "length"
        )
    if start is None:
        params: Params = {name: np.array(array) for name, array in model.parameters.items()}
        state, first, tokens = optimizer.init(params), 1, 0
        yield _frame(config, inputs, Checkpoint(params, state), step=0, learning_rate=float(rate(0)))
    else:
        if start.checkpoint is None:
            raise ValueError(f"Step {start.step} holds no checkpoint to go on from.")
        params, state = start.checkpoint.parameters, start.checkpoint.state
        first, tokens = start.step + 1, start.tokens
    for step in range(first, config.steps + 1):
        rng = np.random.default_rng([config.seed, step])
        batch = weighed(inputs.batches(rng, step, config.batch, config.length))
        with one_blas_thread():
            loss, grads = gradients(model, params, batch, config, step)
            grads = _penalized(config, params, grads)
            norms = {name: _norm(grad) for name, grad in grads.items()}
            norm = float(np.sqrt(sum(n * n for n in norms.values())))
            fine = bool(np.isfinite(loss) and np.isfinite(norm))
            if fine:
                grads = clipped(grads, norm, config.clip)
                params, state = _updated(optimizer, grads, state, params)
                params = _shrunk(params, float(rate(step - 1)) * config.l1)
        tokens += int((batch.weights > 0).sum())
        yield _frame(
            config, inputs, Checkpoint(params, state), step=step, loss=loss, gradient_norm=norm,
            learning_rate=float(rate(step - 1)), gradient_norms=freeze(list(norms.values()), float),
            tokens=tokens, diverged=not fine,
        )  # fmt: skip
        if not fine:
            return


def weighed(batch: np.ndarray | Batch) -> Batch:
    """The batch with its weights: where none are given each token counts once, and `NOTHING` not at all.

    >>> weighed(np.array([[5, 6, 7], [8, 9, -1]])).weights.tolist()
    [[1.0, 1.0], [1.0, 0.0]]
    """
    if isinstance(batch, Batch):
        return batch
    told = batch[:, 1:] != NOTHING
    return Batch(np.where(batch == NOTHING, 0, batch), told.astype(np.float32))


def gradients(
    model: Network, params: Mapping[str, Array], batch: np.ndarray | Batch, config: TrainConfig, step: int
) -> tuple[float, Params]:
    """The mean loss over the predictions in a batch, as they count, and its gradient by each parameter."""
    ids, weights = weighed(batch)
    total = float(weights.sum(dtype=np.float64))
    if total == 0:
        raise ValueError(f"the batch of step {step}: expected tokens to predict, found none")
    halves = min(HALVES, len(ids)) if config.in_halves else 1
    parts = [Batch(*part) for part in zip(*(np.array_split(a, halves) for a in (ids, weights)), strict=True)]

    def call(which: int) -> Callable[[], tuple[float, Params]]:
        rng = np.random.default_rng([config.seed, step, which])
        return lambda: _part(model, params, parts[which], total, config.dropout, rng)

    found = in_parallel([call(which) for which in range(len(parts))])
    loss, grads = found[0]
    for more, others in found[1:]:
        loss += more
        grads = {name: grad + others[name] for name, grad in grads.items()}
    return loss, grads


def _part(
    model: Network, params: Mapping[str, Array], batch: Batch, total: float, rate: float,
    rng: np.random.Generator,
) -> tuple[float, Params]:  # fmt: skip
    """A part's share of the mean loss, and of its gradient."""
    ids, counts = batch
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # to diverge is legal
        weights = {name: Tensor(array, requires_grad=True) for name, array in params.items()}
        logits = model.forward(weights, ids[:, :-1], drop=lambda x: dropout(x, rate, rng))
        losses = softmax_cross_entropy(logits, ids[:, 1:])
        loss = (losses * (counts / total).astype(losses.dtype)).sum()  #: mean loss
        loss.backward()
    return loss.item(), {
        name: np.zeros_like(t.data) if t.grad is None else t.grad for name, t in weights.items()
    }


def clipped(grads: Params, norm: float, longest: float) -> Params:
    """The gradient, shortened to `longest` if its norm is more (0: left as it is). Pascanu et al. 2013."""
    if not longest or norm <= longest:
        return grads
    return {name: grad * (longest / norm) for name, grad in grads.items()}  #: clipping


def _penalized(config: TrainConfig, params: Params, grads: Params) -> Params:
    """With the gradient of (λ/2) Σw² over the weights; biases and gains of norms are none."""
    if not config.l2:
        return grads
    return {name: g + config.l2 * params[name] if g.ndim > 1 else g for name, g in grads.items()}


def _shrunk(params: Params, threshold: float) -> Params:
    """The proximal step of λ Σ|w|: every weight moved towards 0 by the threshold, and not beyond."""
    if not threshold:
        return params
    return {
        name: np.sign(w) * np.maximum(np.abs(w) - w.dtype.type(threshold), 0) if w.ndim > 1 else w
        for name, w in params.items()
    }


def _updated(optimizer: Optimizer, grads: Params, state: Any, params: Params) -> tuple[Params, Any]:
    """`optimizer.update`, one half of the parameters beside the other."""
    halves: tuple[list[str], list[str]] = ([], [])
    sizes = [0, 0]
    for name, array in params.items():
        which = int(sizes[0] > sizes[1])
        halves[which].append(name)
        sizes[which] += array.size
    State = type(state)

    def call(names: list[str]) -> Callable[[], tuple[Params, Any]]:
        def part(tree: Any) -> Any:
            return {name: tree[name] for name in names}

        return lambda: optimizer.update(part(grads), State(state[0], *map(part, state[1:])), part(params))

    (first, left), (second, right) = in_parallel([call(names) for names in halves])
    moments = ({n: (a | b)[n] for n in params} for a, b in zip(left[1:], right[1:], strict=True))
    return {n: (first | second)[n] for n in params}, State(left[0], *moments)


def _norm(grad: Array) -> float:
    flat = grad.reshape(-1)
    return float(np.sqrt(np.dot(flat, flat)))


def _frame(
    config: TrainConfig, inputs: TrainInputs, now: Checkpoint, *, step: int, **values: Any
) -> TrainFrame:
    """The frame of a step, with what is due at it: every so often, and at the end."""
    names = tuple(now.parameters)
    given: dict[str, Any] = {
        "loss": np.nan, "gradient_norm": np.nan, "tokens": 0, "held_out": np.nan,
        "gradient_norms": freeze(np.full(len(names), np.nan)),
    } | values  # fmt: skip
    if given.get("diverged"):
        return TrainFrame(step=step, names=names, **given)
    last = step == config.steps
    model = inputs.model.with_parameters(now.parameters)
    if inputs.held_out is not None and (last or step % config.evaluate_every == 0):
        given["held_out"] = held_out_score(model, inputs)
    if config.sample_every and (last or step % config.sample_every == 0):
        rng = np.random.default_rng([config.seed, step, HALVES])
        ids = _sample(model, inputs.prompt, config, rng)
        given["sample_ids"] = tuple(ids)
        given["sample"] = inputs.decode(ids) if inputs.decode else None
    if last or step % config.checkpoint_every == 0:
        tree_map(freeze, now.parameters)
        for moments in now.state[1:]:
            tree_map(freeze, moments)
        given["checkpoint"] = now
    return TrainFrame(step=step, names=names, **given)


def _sample(
    model: Network, prompt: Sequence[int], config: TrainConfig, rng: np.random.Generator
) -> list[int]:
    """What the model goes on with; it ends where a run that diverges has no more distribution."""
    taste = SamplingConfig(temperature=config.temperature)
    text = list(prompt)
    with np.errstate(over="ignore", invalid="ignore"):
        state = model.start(prompt)
        while len(text) < len(prompt) + config.sample_tokens and np.isfinite(state.logits).all():
            text.append(sample(state.logits, taste, rng, text))
            state.push(text[-1])
    return text[len(prompt) :]


def held_out_score(model: Network, inputs: TrainInputs) -> float:
    """Bits per byte of the held-out text behind its first token."""
    assert inputs.held_out is not None
    with np.errstate(over="ignore", invalid="ignore"):
        nll = model.nll(inputs.held_out[1:], inputs.held_out[:1].tolist())
    return bits_per_byte(nll, inputs.held_out_bytes) if np.isfinite(nll) else np.inf
