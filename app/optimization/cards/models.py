"""Presets and teacher's words of the real models."""

from __future__ import annotations

from app.stage.scene import Card, Preset

MODELS = Card(
    presets=(
        Preset(
            "Rare words", "",
            "Compare the markers in the lowest rows: AdaGrad’s and gradient descent’s.",
            "AdaGrad keeps a large rate for words that it has seldom seen, and is ahead of momentum.",
        ),
        Preset(
            "Unlike units", "problem=regression&condition=1000&batch_size=32&l2=0&inspected=adam",
            "Watch the directions with little curvature, the lowest rows.",
            "All learn the steep ones at once; the flat ones only who has a rate for each feature.",
        ),
        Preset(
            "Correlated",
            "problem=regression&condition=1000&correlated=true&batch_size=32&l2=0&inspected=adam",
            "Compare with the preset before: the same curvatures, along mixtures of features.",
            "The adaptive methods have lost their lead to Nesterov: a mixture has no rate of its own.",
        ),
        Preset(
            "Small network", "problem=mlp&batch_size=32&inspected=adam",
            "Paint points of your own.",
            "The border bends around them while the network learns.",
        ),
        Preset(
            "Exact zeros", "l1=0.003&l2=0&curve=zeros",
            "Change “L1 is met by” to Subgradient.",
            "The proximal step holds half of the weights at exactly 0; the subgradient none that was in use.",
        ),
        Preset(
            "Hands on", "rates=own&inspected=gradient_descent",
            "Stop in the middle and change gradient descent’s learning rate.",
            "Its curve takes another way from that very step; what came before stays.",
        ),
    ),
    question="Which optimizer would you choose for words that occur twice in a thousand messages?",
    wrong_answer="The one with the fastest first step.",
    minutes=10,
)  # fmt: skip
