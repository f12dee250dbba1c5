"""The presets and teacher's words of variability. Each claim made here is tested against a run."""

from __future__ import annotations

from app.stage.scene import Card, Preset

VARIABILITY = Card(
    presets=(
        Preset(
            "Fifty times", "temperature=0.5",
            "Drag across the temperatures; step to another question.",
            "Rounds of the same questions score differently: the pale band is all that one model can score.",
        ),
        Preset(
            "Greedy", "temperature=0",
            "Compare the fifty replies with those at temperature 0.5.",
            "All fifty are the same, and the band is gone: repeatable is not the same as right.",
        ),
        Preset(
            "Another wording", "temperature=0.5&wording=plain",
            "Click the wordings in the table.",
            "In a form that it never saw in training the model has hardly a valid answer to give.",
        ),
        Preset(
            "A story goes on", "task=stories&temperature=0",
            "Step through the stories, then drag across the temperatures.",
            "It goes on making claims as if it knew, and hardly one of them is borne out by the story.",
        ),
    ),
    question="Ask the same question fifty times. How many different scores can one model have?",
    wrong_answer="One: a computer gives the same answer to the same question.",
    minutes=10,
)  # fmt: skip
