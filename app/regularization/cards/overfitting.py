"""Presets and teacher's words of "What does the penalty buy?". Each claim is tested."""

from __future__ import annotations

from app.stage.scene import Card, Preset
from core.config import to_query
from core.regularization.overfitting import OverfittingConfig, sample_points

_MANY = to_query(OverfittingConfig(points=sample_points(80, 20, 0.25, 17), lam=1e-5))

OVERFITTING = Card(
    presets=(
        Preset(
            "Overfit", "",
            "Drag the ring of the upper chart to the right, as far as the star.",
            "Training error rises a little, held-out error falls to a tenth: that is what the penalty buys.",
        ),
        Preset(
            "Fewer weights", "penalty=none",
            "Drag the ring of the lower chart down to degree 5.",
            "Without any penalty a lower degree does it too, but only whole steps can be had.",
        ),
        Preset(
            "L1", "penalty=l1&lam=0.03",
            "Change the penalty from L1 to L2 and watch the weights.",
            "L1 makes six of the 14 exactly 0; L2 makes none of them 0.",
        ),
        Preset(
            "Underfit", "lam=10",
            "Drag λ back to the left until the curve bends again.",
            "Weights held down so far leave a flat line: both errors are large, and the band is narrow.",
        ),
        Preset(
            "More points", _MANY,
            "Drag the ring to the star.",
            "With 80 points the curve is right almost without a penalty: it buys next to nothing.",
        ),
        Preset(
            "Bumps", "basis=bumps&degree=20",
            "Play, and watch the resampled curves; then raise λ and play again.",
            "Twenty bumps overfit as well as a polynomial does; a penalty draws the band together.",
        ),
    ),
    question="A penalty makes the curve miss its own points. Why should anyone want that?",
    wrong_answer="Nobody should: the error has become larger.",
    minutes=10,
)  # fmt: skip
