"""Presets and teacher's words of the basins."""

from __future__ import annotations

from app.stage.scene import Card, Preset

BASINS = Card(
    presets=(
        Preset(
            "Four valleys", "",
            "Drag the start across a border.",
            "A hair’s breadth decides which of Himmelblau’s four minima is reached.",
        ),
        Preset(
            "Momentum", "optimizer=momentum",
            "Compare with gradient descent.",
            "The borders are folded: a run with momentum rolls through one valley into another.",
        ),
        Preset(
            "Too fast", "learning_rate=0.0125",
            "Drag the learning rate from 0.005 up to here.",
            "The rim belongs to other valleys now: the first step is so long that it lands across one.",
        ),
        Preset(
            "Saddle", "surface=saddle&learning_rate=0.02&start=[2,0]",
            "Play, then drag the start up by a hair.",
            "From y = 0 nobody leaves the saddle: its gradient points straight into it.",
        ),
        Preset(
            "Egg box", "surface=rastrigin&start=[2.3,1.4]",
            "Read off how many starts find the best minimum.",
            "121 squares of one size: every start finds the nearest minimum, one in a hundred the best.",
        ),
    ),
    question="Two runs start a millimetre apart. Do they end in the same place?",
    wrong_answer="Of course: the surface is smooth.",
    minutes=5,
)  # fmt: skip
