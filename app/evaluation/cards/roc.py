"""The card of "What does AUC measure?"."""

from app.stage.scene import Card, Preset

ROC = Card(
    presets=(
        Preset(
            "Drag a case", "",
            "Drag a positive case past its neighbours, then onto the same score as a negative.",
            "All three AUCs change together, by half a pair for a tie, and agree to the last digit.",
        ),
        Preset(
            "Rare disease", "data={\"name\":\"normal\"}&separation=2&reweigh=true&prevalence=0.02",
            "Drag the dashed line of the precision-recall plot up and down.",
            "The ROC curve and the AUC stand still; precision falls with the prevalence.",
        ),
        Preset(
            "No lines",
            "between=straight&reweigh=true&prevalence=0.1&points=[[0.9,0.9,1],[0.8,0.8,1],[0.5,0.5,1],"
            "[0.5,0.4,1],[0.5,0.3,1],[0.5,0.7,0],[0.5,0.6,0],[0.5,0.2,0],[0.3,0.1,0],[0.2,0.15,0]]",
            "Change “Between points” to By a coin, then to Steps.",
            "Straight lines promise more precision than any coin between two thresholds achieves.",
        ),
        Preset(
            "Costs",
            'data={"name":"normal"}&iso_cost=true&hull=true&reweigh=true&prevalence=0.1&cost_fn=5',
            "Raise the cost of a miss, or the prevalence.",
            "The line of equal cost tilts and touches the hull further up: misses are to be avoided.",
        ),
        Preset(
            "Dented curve", "data={\"name\":\"normal\"}&separation=0.6&spread=3&hull=true",
            "Follow the curve from the lower left, then look for where it lies under its hull.",
            "At the upper right the curve is worse than chance, and a coin between two thresholds beats it.",
        ),
        Preset(
            "Few or many?", "data={\"name\":\"normal\"}&cases=60&separation=0.9&seed=2",
            "Raise the cases to 600.",
            "With 60 cases the interval of the difference holds 0; with 600 it does not.",
        ),
    ),
    question="An AUC of 0.8: what happens 80% of the time?",
    wrong_answer="The classifier is right.",
    minutes=10,
)  # fmt: skip
