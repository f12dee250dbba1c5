"""The one ordered list of every scene.

An entry names its config, algorithm, view and card by "module:name", so that listing the scenes imports
none of them. Everything a scene needs stands in its line; adding one is adding a line.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.stage.scene import Scene

TABS = {
    "taxonomy": "Taxonomy",
    "language": "Language Models",
    "optimization": "Optimization",
    "regularization": "Regularization",
    "evaluation": "Evaluation",
}

SCENES: tuple[Scene, ...] = (
    Scene(
        "optimization/race", "Optimizer race", "Which optimizer gets there first, and why?",
        config="core.optimization.race:RaceConfig", algorithm="core.optimization.race:race",
        view="app.optimization.race:RaceView", card="app.optimization.cards.race:RACE", telling=120,
    ),
    Scene(
        "optimization/protocols", "A fair race?", "Does the winner depend on who chose the learning rates?",
        config="core.optimization.tuning:ProtocolsConfig", algorithm="core.optimization.tuning:compare",
        view="app.optimization.protocols:ProtocolsView", card="app.optimization.cards.protocols:PROTOCOLS",
        telling=20, in_job=True,
    ),
    Scene(
        "optimization/rates", "Learning-rate map", "How fast can each go before it falls off?",
        config="core.optimization.rates:RatesConfig", algorithm="core.optimization.rates:rates",
        prepare="core.optimization.rates:prepare", view="app.optimization.rates:RatesView",
        card="app.optimization.cards.rates:RATES", telling=60,
    ),
    Scene(
        "optimization/basins", "Basins", "Where you start decides where you end.",
        config="core.optimization.basins:BasinsConfig", algorithm="core.optimization.basins:basins",
        prepare="core.optimization.basins:prepare", view="app.optimization.basins:BasinsView",
        card="app.optimization.cards.basins:BASINS", telling=60,
    ),
    Scene(
        "optimization/models", "Real models", "Does it matter on a real model?",
        config="core.optimization.models:ModelsConfig", algorithm="core.optimization.models:train",
        prepare="core.optimization.models:prepare", view="app.optimization.models:ModelsView",
        card="app.optimization.cards.models:MODELS", telling=200, in_job=True,
    ),
    Scene(
        "optimization/softmax", "Softmax stability", "Why does softmax subtract the maximum?",
        config="core.optimization.softmax:SoftmaxConfig", algorithm="core.optimization.softmax:compare",
        view="app.optimization.softmax:SoftmaxView", card="app.optimization.cards.softmax:SOFTMAX",
        timeless=True,
    ),
    Scene(
        "regularization/geometry", "Geometry of zeros", "Why does L1 give exact zeros and L2 not?",
        config="core.regularization.geometry:GeometryConfig", algorithm="core.regularization.geometry:race",
        view="app.regularization.geometry:GeometryView", card="app.regularization.cards.geometry:GEOMETRY",
        telling=60,
    ),
    Scene(
        "regularization/shrinkage", "Shrinkage", "What does a penalty do to one weight?",
        config="core.regularization.shrinkage:ShrinkageConfig",
        algorithm="core.regularization.shrinkage:shrinkage",
        view="app.regularization.shrinkage:ShrinkageView",
        card="app.regularization.cards.shrinkage:SHRINKAGE", timeless=True,
    ),
    Scene(
        "regularization/paths", "Coefficient paths", "Which weights survive?",
        config="core.regularization.paths:PathsConfig", algorithm="core.regularization.paths:paths",
        prepare="core.regularization.paths:prepare", view="app.regularization.paths:PathsView",
        card="app.regularization.cards.paths:PATHS", timeless=True,
    ),
    Scene(
        "regularization/overfitting", "Overfitting", "What does the penalty buy?",
        config="core.regularization.overfitting:OverfittingConfig",
        algorithm="core.regularization.overfitting:overfit",
        view="app.regularization.overfitting:OverfittingView",
        card="app.regularization.cards.overfitting:OVERFITTING", telling=30,
    ),
    Scene(
        "evaluation/threshold", "Threshold", "Who is called positive?",
        config="core.evaluation.threshold:ThresholdConfig", algorithm="core.evaluation.threshold:call",
        prepare="core.evaluation.threshold:prepare", view="app.evaluation.threshold:ThresholdView",
        card="app.evaluation.cards.threshold:THRESHOLD", timeless=True,
    ),
    Scene(
        "evaluation/roc", "ROC and AUC", "What does AUC measure?",
        config="core.evaluation.roc:RocConfig", algorithm="core.evaluation.roc:compare",
        prepare="core.evaluation.roc:prepare", view="app.evaluation.roc:RocView",
        card="app.evaluation.cards.roc:ROC", timeless=True,
    ),
    Scene(
        "evaluation/perplexity", "Perplexity", "How surprised is the model?",
        config="core.language.surprise:SurpriseConfig", algorithm="core.language.surprise:surprise",
        prepare="core.language.surprise:prepare", view="app.evaluation.perplexity:PerplexityView",
        card="app.evaluation.cards.perplexity:PERPLEXITY", timeless=True,
    ),
    Scene(
        "evaluation/mmlu", "Multiple choice", "How is a multiple-choice exam scored?",
        config="core.language.examination:ExaminationConfig",
        algorithm="core.language.examination:examination", prepare="core.language.examination:prepare",
        view="app.evaluation.mmlu:MmluView", card="app.evaluation.cards.mmlu:MMLU", telling=143, in_job=True,
    ),
    Scene(
        "evaluation/hle", "Calibration", "Does it know what it does not know?",
        config="core.evaluation.hle:HleConfig", algorithm="core.evaluation.hle:examine",
        prepare="core.evaluation.hle:prepare", view="app.evaluation.hle:HleView",
        card="app.evaluation.cards.hle:HLE", timeless=True,
    ),
    Scene(
        "evaluation/variability", "Variability", "Why are language models hard to grade?",
        config="core.language.variability:VariabilityConfig", algorithm="core.language.variability:vary",
        prepare="core.language.variability:prepare", view="app.evaluation.variability:VariabilityView",
        card="app.evaluation.cards.variability:VARIABILITY", telling=11, in_job=True,
    ),
)  # fmt: skip


def scene(id: str) -> Scene:
    """The scene with this id; KeyError with the ids there are."""
    for each in SCENES:
        if each.id == id:
            return each
    raise KeyError(f"There is no scene {id!r}; there are {', '.join(s.id for s in SCENES)}.")


def tabs() -> Iterator[tuple[str, str, list[Scene]]]:
    """Each tab that has scenes: id, title, scenes in order."""
    for tab, title in TABS.items():
        if found := [s for s in SCENES if s.tab == tab]:
            yield tab, title, found
