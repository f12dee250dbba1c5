"""From next-token scores to one token: penalty, temperature, top-k, top-p, min-p, the draw, in this order.

Exact over the whole vocabulary: a mask is computed from every token's probability, not from the few that are
drawn on screen. Each mask works on what the one before it has left, renormalized. Ties go to the smaller id.

- repetition penalty: Keskar et al. 2019 (CTRL)
- temperature: Ackley, Hinton & Sejnowski 1985; 0 is greedy
- top-k: Fan, Lewis & Dauphin 2018
- top-p, the nucleus: Holtzman et al. 2020
- min-p: Nguyen et al. 2024
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Literal

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from core.config import Config, number
from core.numerics import softmax
from core.trace import Equation, Frame, freeze

__all__ = [
    "SamplingConfig",
    "SamplingFrame",
    "SamplingInputs",
    "distribution",
    "draw",
    "masks",
    "sample",
    "sampling",
]

Array = NDArray[np.float64]
Stage = Literal[
    "logits", "repetition_penalty", "temperature", "top_k", "top_p", "min_p", "probabilities", "draw"
]


class SamplingConfig(Config, frozen=True):
    """How the next token is chosen; the defaults change nothing."""

    temperature: Annotated[
        float, number(0.0, 5.0, "Temperature", "Below 1 the likely grow likelier; 0 takes the likeliest.")
    ] = 1.0
    top_k: Annotated[int, number(0, 1000, "Top-k", "Only the k most likely tokens; 0 for all.")] = 0
    top_p: Annotated[
        float, number(0.0, 1.0, "Top-p", "The fewest most likely tokens that hold this probability.")
    ] = 1.0
    min_p: Annotated[
        float, number(0.0, 1.0, "Min-p", "Only tokens at least this likely, relative to the likeliest.")
    ] = 0.0
    repetition_penalty: Annotated[
        float, number(1.0, 2.0, "Repetition penalty", "Makes tokens of the text so far less likely.")
    ] = 1.0
    seed: Annotated[int, number(0, 2**31 - 1, "Seed", "The same seed draws the same tokens.")] = 0

    def frames(self) -> int:
        return 8


class SamplingInputs(Struct, frozen=True, eq=False):
    """The next-token logits (V,), and the ids of the text so far, which the repetition penalty looks at."""

    logits: np.ndarray
    context: tuple[int, ...] = ()


class SamplingFrame(Frame, frozen=True, eq=False):
    """One stage's result. Arrays are (V,) over the whole vocabulary; a stage that is off changes nothing."""

    stage: Stage
    active: bool
    """Whether the stage is switched on."""
    logits: np.ndarray
    """float64; -inf where a mask has removed the token."""
    probabilities: np.ndarray
    """Their softmax, float64."""
    kept: np.ndarray
    """bool: which tokens can still be drawn."""
    removed: float = 0.0
    """The probability that this stage took away, of what the one before it had left."""
    threshold: float | None = None
    """Of a mask: the least probability that it keeps, before renormalizing."""
    uniform: float | None = None
    """Of the draw: the number from [0, 1) that decided it."""
    token: int | None = None
    """Of the draw: the token."""

    def explain(self, config: SamplingConfig | None = None) -> list[Equation]:
        from core.language.sampling_words import equations

        return equations(self, config or SamplingConfig())


# --- the plain functions -------------------------------------------------------------------------------


def distribution(logits: ArrayLike, config: SamplingConfig, context: Sequence[int] = ()) -> Array:
    """Probabilities (V,) of the next token, float64, after every mask. `logits` (V,), -inf allowed.

    ValueError for logits that are NaN, +inf, or all -inf.
    """
    *_, last = masks(logits, config, context)
    return last.probabilities


def sample(
    logits: ArrayLike, config: SamplingConfig, rng: np.random.Generator, context: Sequence[int] = ()
) -> int:
    """Draw the next token. Takes exactly one number from `rng`, whatever the settings."""
    return draw(distribution(logits, config, context), rng.random())


def draw(probabilities: Array, uniform: float) -> int:
    """The token in whose stretch `uniform`, from [0, 1), falls when all lie end to end by id."""
    ends = np.cumsum(probabilities)
    token = int(np.searchsorted(ends, uniform * ends[-1], side="right"))  #: draw
    return min(token, int(np.flatnonzero(probabilities)[-1]))  # where rounding reached the very end


def sampling(
    config: SamplingConfig, inputs: SamplingInputs, start: SamplingFrame | None = None
) -> Iterator[SamplingFrame]:
    """All stages as frames, the draw (from `config.seed`) last."""
    behind = start is None
    for frame in masks(inputs.logits, config, inputs.context):
        if behind:
            yield frame
        behind = behind or (start is not None and frame.stage == start.stage)
    if behind:
        uniform = np.random.default_rng(config.seed).random()
        token = draw(frame.probabilities, uniform)
        yield SamplingFrame(
            "draw", True, frame.logits, frame.probabilities, frame.kept, uniform=uniform, token=token
        )


# --- the stages ----------------------------------------------------------------------------------------


def masks(logits: ArrayLike, config: SamplingConfig, context: Sequence[int] = ()) -> Iterator[SamplingFrame]:
    """Every stage but the draw, in order."""
    c = config
    stages: tuple[tuple[Stage, bool, Callable[[SamplingFrame], NDArray]], ...] = (
        (
            "repetition_penalty",
            c.repetition_penalty != 1 and len(context) > 0,
            lambda f: penalized(f.logits, context, c.repetition_penalty),
        ),
        (
            "temperature",
            c.temperature != 1,
            lambda f: scaled(f.logits, c.temperature) if c.temperature else greedy(f.logits),
        ),
        ("top_k", c.top_k > 0, lambda f: top_k(f.logits, c.top_k)),
        ("top_p", c.top_p < 1, lambda f: top_p(f.probabilities, c.top_p)),
        ("min_p", c.min_p > 0, lambda f: min_p(f.probabilities, c.min_p)),
    )
    frame = _frame("logits", _checked(logits))
    yield frame
    for stage, active, change in stages:
        if not active:
            frame = SamplingFrame(stage, False, frame.logits, frame.probabilities, frame.kept)
        else:
            changed = change(frame)
            frame = _masked(stage, frame, changed) if changed.dtype == bool else _frame(stage, changed)
        yield frame
    yield SamplingFrame("probabilities", True, frame.logits, frame.probabilities, frame.kept)


def penalized(logits: Array, context: Sequence[int], penalty: float) -> Array:
    """Each token of the context less likely, once: z / penalty, or z · penalty below 0."""
    tokens = np.unique(np.asarray(context, np.int64))
    if tokens[0] < 0 or tokens[-1] >= len(logits):
        found = f"{tokens[0]} to {tokens[-1]}"
        raise ValueError(f"context: expected ids from 0 to {len(logits) - 1}, found {found}")
    z = logits.copy()
    z[tokens] = np.where(z[tokens] < 0, z[tokens] * penalty, z[tokens] / penalty)  #: repetition penalty
    return z


@np.errstate(over="ignore")  # a tiny temperature: all but the maximum become -inf, as they should
def scaled(logits: Array, temperature: float) -> Array:
    """Logits at a temperature above 0, their maximum at 0."""
    return (logits - logits.max()) / temperature  #: temperature


def greedy(logits: Array) -> NDArray[np.bool_]:
    """The likeliest token alone: what a temperature tends to on its way to 0."""
    return np.arange(len(logits)) == np.argmax(logits)  #: greedy


def top_k(logits: Array, k: int) -> NDArray[np.bool_]:
    """The k largest; of those tied at the end the smaller ids."""
    if k >= len(logits):
        return np.ones(len(logits), bool)
    least = np.partition(logits, -k)[-k]
    keep = logits > least
    keep[np.flatnonzero(logits == least)[: k - int(keep.sum())]] = True  #: top-k
    return keep


def top_p(probabilities: Array, p: float) -> NDArray[np.bool_]:
    """The fewest most likely tokens whose probabilities sum to at least p, one at the least."""
    # Tokens below (1-p)/V hold less than 1-p together, so the nucleus lies above: only that is sorted.
    likely = np.flatnonzero(probabilities > 0.999 * (1 - p) / len(probabilities))
    order = likely[np.argsort(-probabilities[likely], kind="stable")]
    count = int(np.searchsorted(np.cumsum(probabilities[order]), p)) + 1  #: top-p
    keep = np.zeros(len(probabilities), bool)
    keep[order[:count]] = True
    return keep


def min_p(probabilities: Array, p: float) -> NDArray[np.bool_]:
    """Those at least p times as likely as the likeliest."""
    return probabilities >= p * probabilities.max()  #: min-p


# --- frames --------------------------------------------------------------------------------------------


def _checked(logits: ArrayLike) -> Array:
    z = np.array(logits, np.float64)
    if z.ndim != 1 or not len(z):
        raise ValueError(f"logits: expected one for each token, found an array of shape {z.shape}")
    wrong = np.flatnonzero(np.isnan(z) | (z == np.inf))
    if len(wrong):
        raise ValueError(f"logits: expected numbers below infinity, found {z[wrong[0]]} for token {wrong[0]}")
    if z.max() == -np.inf:
        raise ValueError("logits: expected at least one above -inf")
    return z


def _frame(stage: Stage, logits: Array) -> SamplingFrame:
    return SamplingFrame(stage, True, freeze(logits), freeze(softmax(logits)), freeze(logits > -np.inf))


def _masked(stage: Stage, before: SamplingFrame, mask: NDArray[np.bool_]) -> SamplingFrame:
    """Only the tokens in the mask that were still there; their probabilities renormalized."""
    kept = before.kept & mask
    p = before.probabilities
    left = float(p[kept].sum())
    removed = float(p[before.kept & ~mask].sum())
    return SamplingFrame(
        stage,
        True,
        freeze(np.where(kept, before.logits, -np.inf)),
        freeze(np.where(kept, p, 0.0) / left),  #: renormalize
        freeze(kept),
        removed,
        float(p[kept].min()) if removed else None,
    )
