"""The exam's presets and teacher's words. Each claim made here is tested against a run."""

from __future__ import annotations

from app.stage.scene import Card, Preset

MMLU = Card(
    presets=(
        Preset(
            "Guessing", "",
            "Step through the questions; put another way of asking in front.",
            "The likelihoods score a quarter: it knows nothing of the world. What it writes is no letter.",
        ),
        Preset(
            "The test leaked", "leak=1&method=answer",
            "Compare the whole answer’s score with the first preset’s.",
            "After one copy of the exam in the training text the whole answer is right nine times in ten.",
        ),
        Preset(
            "Then shuffled", "leak=1&shuffle=true",
            "Switch Shuffle off and on.",
            "By letter it falls back to a quarter; the whole answer, which sees no options, keeps its score.",
        ),
        Preset(
            "On stories", 'questions={"name":"stories"}&method=answer',
            "Read the story, then look at the bars.",
            "All four options stand in the story; a model that looks back a few tokens stays at a quarter.",
        ),
    ),
    question="One model, one exam, three honest scores. Which one goes into the table?",
    wrong_answer="The scores must agree: it is the same model.",
    minutes=10,
)  # fmt: skip
