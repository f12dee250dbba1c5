"""The card of "Who is called positive?"."""

from app.stage.scene import Card, Preset

THRESHOLD = Card(
    presets=(
        Preset(
            "A test", "",
            "Drag the line to the right, then to the left.",
            "To the right precision rises and recall falls, to the left the reverse: one line, two errors.",
        ),
        Preset(
            "1 in 100", "cases=20000&prevalence=0.01&separation=2&threshold=2&chart=rates",
            "Look for a threshold with a precision above one half.",
            "Specificity is near 1, accuracy too, and yet most of those called positive are not.",
        ),
        Preset(
            "Accuracy", "prevalence=0.05&separation=1&threshold=2.5&more=true",
            "Read accuracy, then recall and Matthews’ coefficient.",
            "Accuracy is above 0.94 with hardly anybody found: calling nobody positive would do as well.",
        ),
        Preset(
            "Costly miss", "prevalence=0.1&cost_fn=20&chart=cost&threshold=1.5",
            "Drag the line to the star.",
            "The cheapest threshold lies far to the left: twenty false alarms are worth one hit.",
        ),
        Preset(
            "Nobody", "threshold=9&more=true",
            "Read precision and F1, then come back from the right.",
            "Precision is 0/0, undefined: the 0 is a convention. F1 is 0 in earnest.",
        ),
        Preset(
            "No signal", "separation=0&prevalence=0.5&chart=rates&threshold=0",
            "Drag the line through the scores.",
            "Scores that know nothing: precision stays at the prevalence wherever the line is.",
        ),
    ),
    question="A test is 95% accurate. How many of those whom it calls ill are ill?",
    wrong_answer="95%.",
    minutes=8,
)  # fmt: skip
