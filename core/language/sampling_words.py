"""The equation of each sampling stage. K is the set of tokens kept; i is the likeliest token."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.language.sampling import SamplingConfig, SamplingFrame
from core.trace import Equation

__all__ = ["equations"]

_HERE = "core.language.sampling:"
_MASS = r", \; |K| = <count>, \; \sum_{j \in K} p_{j} = <left>"
_LINES: dict[str, tuple[str, str, str]] = {
    "repetition_penalty": (
        "repetition penalty",
        r"z_{j} \to z_{j} / \theta \; (z_{j} > 0), \; \theta z_{j} \; (z_{j} < 0), \; \theta = <theta>",
        _HERE + "penalized",
    ),
    "temperature": (
        "temperature",
        r"z_{j} \leftarrow \frac{z_{j} - \max z}{\tau}, \; \tau = <tau>, \; p_{i} = <p>",
        _HERE + "scaled",
    ),
    "greedy": ("greedy", r"\tau \to 0, \; i = \mathrm{argmax} \, z, \; p_{i} = <p>", _HERE + "greedy"),
    "top_k": ("top-k", r"k = <k>" + _MASS, _HERE + "top_k"),
    "top_p": ("top-p", r"\sum_{j \in K} p_{j} \geq <threshold>" + _MASS, _HERE + "top_p"),
    "min_p": (
        "min-p",
        r"p_{j} \geq <threshold> \cdot \max p" + _MASS,
        _HERE + "min_p",
    ),
    "probabilities": (
        "quotient",
        r"p_{i} = \frac{e^{z_{i}}}{\sum_{j} e^{z_{j}}} = <p>",
        "core.numerics:softmax_parts",
    ),
    "draw": (
        "draw",
        r"\sum_{j < d} p_{j} \leq u < \sum_{j \leq d} p_{j}: \; <before> \leq <u> < <after>, \; d = <token>",
        _HERE + "draw",
    ),
}


def equations(frame: SamplingFrame, config: SamplingConfig) -> list[Equation]:
    """None for a stage that is off."""
    if not frame.active or frame.stage == "logits":
        return []
    stage: str = frame.stage
    values: dict[str, Any] = {"p": float(np.max(frame.probabilities))}
    if stage == "temperature":
        stage = "temperature" if config.temperature else "greedy"
        values["tau"] = config.temperature
    elif stage == "repetition_penalty":
        values = {"theta": config.repetition_penalty}
    elif stage in ("top_k", "top_p", "min_p"):
        values = {"count": int(frame.kept.sum()), "left": 1 - frame.removed, "k": config.top_k}
        values["threshold"] = config.top_p if stage == "top_p" else config.min_p
    elif stage == "draw" and frame.token is not None:
        before = float(frame.probabilities[: frame.token].sum())
        after = before + float(frame.probabilities[frame.token])
        values = {"before": before, "u": frame.uniform, "after": after, "token": frame.token}
    tag, template, function = _LINES[stage]
    return [Equation(tag, template, {k: v for k, v in values.items() if f"<{k}>" in template}, function)]
