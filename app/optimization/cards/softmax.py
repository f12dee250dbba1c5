"""Presets and teacher's words of softmax stability."""

from __future__ import annotations

from app.stage.scene import Card, Preset

SOFTMAX = Card(
    presets=(
        Preset(
            "Half precision", "",
            "Drag the tallest bar down below 11.09.",
            "In float16 exp(12) is infinite and ∞/∞ undefined; float32 and float64 still hold.",
        ),
        Preset(
            "A sum too large", "logits=[11,11,11]",
            "Look at the sum in float16.",
            "Each exponential is finite, their sum is not: every probability reads 0.",
        ),
        Preset(
            "All too small", "logits=[1,0]&add=-800",
            "Raise “Add to all” until the naive form recovers.",
            "Every exponential is 0, and 0/0 undefined, even in float64; the stable form has not changed.",
        ),
        Preset(
            "All too large", "logits=[1,0]&add=800",
            "Move “Add to all” through 0.",
            "The same two probabilities at every position in the stable form: the constant cancels.",
        ),
        Preset(
            "The loss becomes infinite", "logits=[-800,0]&shows=cross_entropy",
            "Compare the two forms of the loss at the target.",
            "The naive form takes the log of 0; the stable one gives 800.",
        ),
    ),
    question="exp(800) is infinite in every precision. How can softmax still be computed exactly?",
    wrong_answer="With more bits.",
    minutes=5,
)  # fmt: skip
