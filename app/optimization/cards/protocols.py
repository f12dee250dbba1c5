"""Presets and teacher's words of the comparison of protocols."""

from __future__ import annotations

from app.stage.scene import Card, Preset

PROTOCOLS = Card(
    presets=(
        Preset(
            "A narrow bowl", "",
            "Compare the three columns; click an optimizer to see that race.",
            "Nesterov wins with one rate for all, nobody arrives with the defaults, RMSProp wins when tuned.",
        ),
        Preset(
            "Rosenbrock’s valley", "surface=rosenbrock&steps=1000&same_rate=0.002",
            "Follow gradient descent’s line from column to column.",
            "A rate that suits one optimizer throws another out of the valley.",
        ),
        Preset(
            "A turned bowl", "rotation=45&condition=50",
            "Look at the adaptive methods after tuning.",
            "Along slanted axes tuning does not give AdaGrad back what the rotation took.",
        ),
    ),
    question="Two papers race the same optimizers and report different winners. Who is wrong?",
    wrong_answer="One of them must have made a mistake.",
    minutes=8,
)  # fmt: skip
