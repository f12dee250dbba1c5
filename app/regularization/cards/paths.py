"""The card of the coefficient paths. Each claim made here is tested against a run."""

from __future__ import annotations

from app.stage.scene import Card, Preset

PATHS = Card(
    presets=(
        Preset(
            "Lasso", "",
            "Drag the ring from the left end to the right: from 10 weights to none.",
            "Weights go one by one; BMI and triglycerides stay longest, and 5 of 10 do at λ 1se.",
        ),
        Preset(
            "Ridge", "penalty=ridge&cursor=0.0135",
            "Drag the ring to the far right and read the smallest weight.",
            "All weights shrink together and none is exactly 0, at any λ.",
        ),
        Preset(
            "Elastic net", "penalty=elastic_net&l1_ratio=0.5&cursor=0.0107",
            "Compare with the lasso at its λ 1se.",
            "The same error with more weights: what is correlated stays in together.",
        ),
        Preset(
            "As measured", "standardise=false&cursor=0.0037",
            "Switch Standardise on and off, and watch who enters first.",
            "In their own units cholesterol enters first, and the triglycerides, a short scale, almost last.",
        ),
        Preset(
            "A copy, lasso", "duplicate=last",
            "Switch the copy from Last to First.",
            "All the weight goes to the one that stands first: the other is 0 along the whole path.",
        ),
        Preset(
            "A copy, ridge", "penalty=ridge&duplicate=last&cursor=0.0135",
            "Look for the copy’s line.",
            "It lies on the original’s: ridge gives each exactly half.",
        ),
    ),
    question="Ten measurements of 442 patients. Which of them would you still take if each cost money?",
    wrong_answer="Those with the largest weights in the unpenalised fit.",
    minutes=10,
)  # fmt: skip
