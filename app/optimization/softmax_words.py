"""What becomes of a softmax, in words."""

from __future__ import annotations

import numpy as np

from app.stage.numbers import number
from core.optimization.softmax import Form, Precision, SoftmaxConfig, SoftmaxFrame

SHORT = {
    "none": "holds",
    "overflow_to_nan": "∞/∞: no value",
    "underflow_to_nan": "0/0: no value",
    "sum_overflow_to_zero": "sum ∞: all p = 0",
    "underflow_of_target": "p = 0: loss ∞",
}
LONG = {
    "none": "",
    "overflow_to_nan": "exp(z) overflows to ∞, and ∞/∞ has no value",
    "underflow_to_nan": "every exp(z) underflows to 0, and 0/0 has no value",
    "sum_overflow_to_zero": "each exp(z) is finite, their sum overflows to ∞: every probability reads 0",
    "underflow_of_target": "the target's probability underflows to 0, and its loss reads ∞",
}


def error_of(form: Form, shows: str) -> float:
    """The largest error of what is in front; NaN where there is no value."""
    return form.cross_entropy_error if shows == "cross_entropy" else float(form.error.max())


def verdict(shown: Precision, *, stable: bool, shows: str) -> tuple[bool, str, str]:
    """Whether a form holds, in three words, and in a sentence."""
    form = shown.stable if stable else shown.naive
    if shows == "log_softmax" and shown.failure == "none" and np.isinf(form.log_probabilities).any():
        return False, "✕ ln 0 = −∞", "✕ a probability underflows to 0, and its logarithm reads −∞"
    if stable or shown.failure == "none":
        error = error_of(form, shows)
        what = "loss" if shows == "cross_entropy" else "p"
        told = f"{what} exact" if error == 0 else f"{what} off by {number(error, 1)} at most"
        return True, f"✓ {told}", f"✓ {told}"
    return False, f"✕ {SHORT[shown.failure]}", f"✕ {LONG[shown.failure]}"


def notes(frame: SoftmaxFrame, config: SoftmaxConfig) -> list[str]:
    """What to notice, the failures first."""
    failed = [shown for shown in frame.precisions if shown.failure != "none"]
    said = [f"{shown.name}, as written: {LONG[shown.failure]}." for shown in failed]
    if not said:
        said.append("Both forms hold in every precision: no logit is near a threshold.")
    worst = max(float(p.stable.error.max()) for p in frame.precisions)
    said.append(
        "Less the maximum, the largest exponent is 0 and the sum at least 1: nothing can overflow, and no "
        f"probability is off by more than {number(worst, 1)}."
    )
    stored = max(frame.precisions, key=lambda p: float(p.storage_error.max()))
    lost = float(stored.storage_error.max())
    if lost > 1e-3:
        said.append(
            f"Storing the logits in {stored.name} alone moves one of them by {number(lost, 2)}: no form of "
            "softmax can bring that back."
        )
    return said


def description(frame: SoftmaxFrame, config: SoftmaxConfig) -> str:
    """The picture for a reader who does not see it."""
    logits = ", ".join(number(float(z), 4) for z in frame.logits)
    parts = [f"Logits {logits}; the target is class {frame.target}."]
    for shown in frame.precisions:
        naive = LONG[shown.failure] or "holds"
        stable = ", ".join(number(float(p), 3) for p in shown.stable.probabilities)
        parts.append(f"{shown.name}: as written, {naive}; less the maximum, probabilities {stable}.")
    return " ".join(parts)
