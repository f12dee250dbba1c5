"""One weight under a penalty, in words; and what each library writes before it."""

from __future__ import annotations

from app.stage.numbers import number
from core.regularization.shrinkage import Conversion, ShrinkageConfig, ShrinkageFrame

NAMES = {"lasso": "Lasso", "ridge": "Ridge", "elastic_net": "Elastic net", "hard_threshold": "Hard threshold"}

LIBRARIES = {"document": "λ as here", "scikit-learn": "scikit-learn", "glmnet": "glmnet"}

OBJECTIVES = {
    ("lasso", "document"): "½‖y−Xw‖² + λ Σ|w|",
    ("lasso", "scikit-learn"): "‖y−Xw‖²/2n + α Σ|w|",
    ("lasso", "glmnet"): "‖y−Xw‖²/2n + λ Σ|w|",
    ("ridge", "document"): "½‖y−Xw‖² + λ Σw²",
    ("ridge", "scikit-learn"): "‖y−Xw‖² + α Σw²",
    ("ridge", "glmnet"): "‖y−Xw‖²/2n + λ Σw²/2",
    ("elastic_net", "document"): "½‖y−Xw‖² + λ(Σ|w| + Σw²)",
    ("elastic_net", "scikit-learn"): "‖y−Xw‖²/2n + α(ρΣ|w| + (1−ρ)Σw²/2)",
    ("elastic_net", "glmnet"): "‖y−Xw‖²/2n + λ(αΣ|w| + (1−α)Σw²/2)",
}
"""What is minimised, as each writes it."""

CURVES = {
    "lasso": "soft threshold: lasso", "ridge": "scaling: ridge",
    "hard_threshold": "hard threshold: best subset",
}  # fmt: skip

PRIORS = {"lasso": "Laplace", "ridge": "Gaussian", "hard_threshold": "mass at 0, else flat"}

CALLS = {"lasso": "Lasso", "ridge": "Ridge", "elastic_net": "ElasticNet"}


def setting(each: Conversion) -> str:
    """The call, or the settings, that this penalty is: "Ridge(alpha=2)"."""
    alpha = number(each.alpha, 3)
    if each.library == "document":
        return f"λ = {alpha}"
    if each.library == "scikit-learn":
        share = "" if each.l1_ratio is None else f", l1_ratio={number(each.l1_ratio, 3)}"
        return f"{CALLS[each.method]}(alpha={alpha}{share})"
    return f"lambda = {alpha}, alpha = {number(each.l1_ratio or 0.0, 3)}"


def described(frame: ShrinkageFrame, config: ShrinkageConfig) -> str:
    """The picture for a reader who does not see it."""
    weights = ", ".join(f"{NAMES[m].lower()} {number(w, 3)}" for m, w in frame.weights.items())
    ridge = [each for each in frame.conversions if each.method == "ridge"]
    called = "; ".join(f"{LIBRARIES[each.library]}: {setting(each)}" for each in ridge)
    return (
        f"Weight against its least-squares value z, from −5 to 5, for λ = {number(frame.penalty, 3)}. At z = "
        f"{number(frame.z, 3)}: {weights}. Of {number(config.rows)} rows, ridge’s penalty is called {called}."
    )


def notes(frame: ShrinkageFrame, config: ShrinkageConfig) -> list[str]:
    """What to notice, most telling first."""
    z, penalty = number(frame.z, 3), number(frame.penalty, 3)
    if frame.penalty == 0:
        return [
            "Without a penalty all three leave the weight where least squares put it, and no prior is told."
        ]
    told = [_lasso(frame)]
    share = number(100 / (1 + 2 * frame.penalty), 3)
    told.append(f"Ridge leaves {share} % of any weight: never nothing, as its slope at 0 is 0.")
    if frame.weights["hard_threshold"] == 0:
        told.append(f"The hard threshold drops z = {z} whole; a little beyond λ it would keep it whole.")
    else:
        told.append(f"The hard threshold keeps z = {z} as it is, at the price of a jump at ±{penalty}.")
    lasso, ridge = (number(frame.spreads[name], 3) for name in ("lasso", "ridge"))
    told.append(
        "The same weights are the most probable ones under a prior: Laplace for the lasso, of standard "
        f"deviation {lasso}, its peak a corner; Gaussian for ridge, of {ridge}, round at the top. The hard "
        "threshold’s would be a mass at 0 on a line that never falls: no proper density."
    )
    told.append(
        "The number called λ, or alpha, differs by 2 and by n from one library to the next: the table gives "
        f"the settings for one and the same weight on {number(config.rows)} rows. Unless told otherwise, "
        "glmnet also standardises the columns first."
    )
    return told


def _lasso(frame: ShrinkageFrame) -> str:
    penalty = number(frame.penalty, 3)
    if frame.weights["lasso"] == 0:
        return (
            f"Up to |z| = λ = {penalty} the lasso’s weight is exactly 0: there the slope of the loss at 0, "
            f"{number(abs(frame.z), 3)}, is not steeper than the corner of λ|w|."
        )
    return f"The lasso takes {penalty} off every weight that is larger, however large it is."
