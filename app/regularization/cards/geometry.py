"""The geometry's presets and teacher's words. Each claim made here is tested against a run."""

from __future__ import annotations

from app.stage.scene import Card, Preset

GEOMETRY = Card(
    presets=(
        Preset(
            "L1’s corner", "",
            "Drag the ring, the free minimum, about the shaded region; then press play.",
            "w₁ stays exactly 0 all over the region. Three solvers find that zero, two never do.",
        ),
        Preset(
            "L2: no corner", "penalty=l2&strength=1.069",
            "Drag the free minimum anywhere.",
            "Both weights shrink and neither is zero: the region has shrunk to two lines, 0 % of the window.",
        ),
        Preset(
            "Elastic net", "penalty=elastic_net&strength=0.9269",
            "Drag L1 ratio from 1 to 0.",
            "The corners stay as long as there is any L1, but their fans and the region narrow to nothing.",
        ),
        Preset(
            "p = ½ jumps", "penalty=lp&held=strength&strength=0.3&budget=1.388",
            "Drag λ slowly from 0.1 to 1.",
            "The solution jumps from one local minimum to another, over budgets that no λ reaches.",
        ),
        Preset(
            "1/√k steps", "shrinking=true&adam_rate=0.5&steps=300",
            "Play to the end: the rates now fall as 1/√k.",
            "Subgradient and Adam come closer and closer, and still end with no exact zero.",
        ),
        Preset(
            "p = 4", "penalty=lp&p=4&strength=1.152",
            "Drag p from 4 down to 1.",
            "The larger p, the more alike the two weights; at p = 1 the corners are there.",
        ),
    ),
    question="Both penalties pull weights towards zero. Why does L1 put some exactly there, and L2 none?",
    wrong_answer="L1 pulls harder.",
    minutes=12,
)  # fmt: skip
