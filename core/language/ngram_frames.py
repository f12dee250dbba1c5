"""Which order gave which part of a prediction: one frame for each token of a text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct

from core.language.ngram import NGram, NGramConfig
from core.language.ngram_counts import NONE
from core.trace import Equation, Frame, freeze

__all__ = ["NGramFrame", "NGramInputs", "Part", "parts", "predicting"]

CANDIDATES = 12


class NGramInputs(Struct, frozen=True, eq=False):
    """A fitted model, and the ids of the text that it predicts."""

    model: NGram
    ids: tuple[int, ...]


class Part(Struct, frozen=True, eq=False):
    """What n-grams of `order` tokens say about every next token; order 0 is the uniform distribution."""

    order: int
    seen: bool
    """Whether the context of order - 1 tokens was ever followed by anything."""
    left_over: float
    """The factor that this order leaves for the shorter one."""
    weight: float
    """The product of what all longer orders left over: how much this order counts."""
    own: np.ndarray
    """(V,): what it says of itself: seen(hw)."""
    share: np.ndarray
    """(V,): its part of every score, `weight` · `own`, less what a longer one replaced. The parts add up."""


class NGramFrame(Frame, frozen=True, eq=False):
    """The prediction of the token at `position`."""

    position: int
    context: tuple[int, ...]
    """The ids before it that the model looks at."""
    token: int
    """What stands there."""
    probability: float
    parts: tuple[Part, ...]
    """Order 0 first; `own` and `share` only of the candidates, and `share` of the probability."""
    candidates: np.ndarray
    """(m,): ids of the likeliest tokens, the likeliest first, and last the token that stands there."""
    normalizer: float
    """What the scores were divided by: 1 but for stupid back-off."""

    def columns(self) -> dict[str, float]:
        surprise = -math.log(self.probability) if self.probability > 0 else math.inf
        return {"nll": surprise, "probability": self.probability}

    def explain(self, config: NGramConfig | None = None) -> list[Equation]:
        """P_k = seen + left over · P_{k-1} for the token that stands there, the shortest context first."""
        lines = []
        replaces = config is not None and config.smoothing == "stupid_backoff"
        p = float(self.parts[0].own[-1])
        for part in self.parts[1:]:
            own, name = float(part.own[-1]), rf"P_{{{part.order}}}"
            values: dict[str, float] = {"seen": own, "left": part.left_over, "shorter": p}
            if replaces and own > 0:
                p, template = own, name + " = <seen>"
            else:
                p = own + part.left_over * p
                template = name + r" = <seen> + <left> \cdot <shorter> = <p>"
                values["p"] = p
            used = {key: value for key, value in values.items() if f"<{key}>" in template}
            lines.append(Equation("this context", template, used, "core.language.ngram:NGram.scores"))
        if replaces:
            values = {"score": p, "sum": self.normalizer, "p": self.probability}
            template, function = r"p = \frac{<score>}{<sum>} = <p>", "core.language.ngram:NGram.probabilities"
            lines.append(Equation("sum", template, values, function))
        return lines


def parts(model: NGram, context: Sequence[int]) -> list[Part]:
    """The orders' shares in `model.scores(context)`, each (V,); they add up to it."""
    uniform = np.full(model.vocab_size, 1 / model.vocab_size)
    found = [Part(0, True, 0.0, 1.0, uniform, uniform)]
    for k, node in model.used(context):
        rest = model.left_over(k, node)
        own = np.zeros(model.vocab_size)
        kept = np.full(model.vocab_size, rest)
        seen = False
        if node != NONE:
            level = model.counts.levels[k - 1]
            where = level.followers(node)
            own[level.tokens[where]] = model.weights[k - 1].seen[where]
            seen = where.start < where.stop
            if model.smoothing == "stupid_backoff":
                kept[level.tokens[where]] = 0.0
        found = [Part(p.order, p.seen, p.left_over, p.weight * rest, p.own, p.share * kept) for p in found]
        found.append(Part(k, seen, rest, 1.0, own, own))
    return found


def predicting(
    config: NGramConfig, inputs: NGramInputs, start: NGramFrame | None = None
) -> Iterator[NGramFrame]:
    """One frame for each token of the text, the first included (its context is empty)."""
    for position in range(0 if start is None else start.position + 1, len(inputs.ids)):
        yield prediction(inputs.model, inputs.ids[:position], inputs.ids[position], position)


def prediction(model: NGram, context: Sequence[int], token: int, position: int) -> NGramFrame:
    """The frame of one token behind a context."""
    context = tuple(context[max(0, len(context) - model.order + 1) :])
    found = parts(model, context)
    scores = np.sum([part.share for part in found], axis=0)
    normalizer = float(scores.sum()) if model.smoothing == "stupid_backoff" else 1.0
    likeliest = np.argsort(-scores, kind="stable")[:CANDIDATES]
    candidates = np.append(likeliest, token)
    return NGramFrame(
        position,
        context,
        token,
        float(scores[token]) / normalizer,
        tuple(_of(part, candidates, normalizer) for part in found),
        freeze(candidates),
        normalizer,
    )


def _of(part: Part, tokens: np.ndarray, normalizer: float) -> Part:
    own, share = freeze(part.own[tokens]), freeze(part.share[tokens] / normalizer)
    return Part(part.order, part.seen, part.left_over, part.weight, own, share)
