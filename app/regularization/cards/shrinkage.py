"""The card of the one-dimensional story. Each claim made here is tested against a run."""

from __future__ import annotations

from app.stage.scene import Card, Preset

SHRINKAGE = Card(
    presets=(
        Preset(
            "Three ways", "",
            "Drag the ring along the diagonal, and the diamond along the axis.",
            "Lasso and ridge both leave 0.5 of 1.5 here, the hard threshold all of it.",
        ),
        Preset(
            "Exactly zero", "z=0.8",
            "Drag the ring through the flat stretch, and watch the three minima at the right.",
            "The lasso’s minimum sits in a corner at exactly 0; ridge’s is small, but not 0.",
        ),
        Preset(
            "A large weight", "z=4.5",
            "Compare what each takes away from 4.5.",
            "The lasso takes 1, ridge two thirds, the hard threshold nothing: ridge hits large ones most.",
        ),
        Preset(
            "Just below the cliff", "z=0.99&penalty=1",
            "Move the ring by a hair, past z = 1.",
            "The hard threshold jumps from 0 to all of it; the lasso passes without a jump.",
        ),
        Preset(
            "Whose λ?", "rows=442",
            "Drag Rows, and read the three columns of the table.",
            "alpha is λ/n for Lasso and 2λ for Ridge, and every cell gives the same weight.",
        ),
    ),
    question="Ridge halves each weight, the lasso subtracts the same from each. Which can reach zero?",
    wrong_answer="Both, if the penalty is only large enough.",
    minutes=8,
)  # fmt: skip
