"""What stated confidences are worth, in words."""

from __future__ import annotations

from app.evaluation.published_chart import figure
from app.evaluation.readings import Block, Reading
from app.stage.numbers import MINUS, count, number
from core.evaluation.hle import HleConfig, HleFrame
from core.evaluation.published import ERRONEOUS, PUBLISHED

BINNINGS = {"equal_width": "of equal width", "equal_count": "of equally many answers"}
WHO = {"you": "You", "simulated": "The made-up person", "file": "The file"}


def percent(share: float) -> str:
    """A share as percent: "0.4%", "24%", "100%"."""
    value = 100 * share
    text = number(value, 2) if abs(value) < 10 else f"{value:.0f}"
    return text.replace("-", MINUS) + "%"


def ends(low: float, high: float) -> str:
    """Both ends of a range of shares."""
    return f"{percent(low).removesuffix('%')} to {percent(high)}"


def span(low: float, high: float) -> str:
    """The same in little room."""
    return f"{percent(low).removesuffix('%')}–{percent(high)}"


def blocks(frame: HleFrame) -> tuple[Block, ...]:
    """Accuracy under both intervals beside the mean confidence; both errors beside what luck gives."""
    if frame.table is None or frame.luck is None or frame.wilson is None or frame.wald is None:
        return ()
    p, band, table = 100 * frame.accuracy, frame.luck, frame.table
    shares = tuple(
        Reading(name, p, f"{percent(frame.accuracy)}  ({span(*found)})", (100 * found[0], 100 * found[1]))
        for name, found in (("Wilson 95%", frame.wilson), ("Wald 95%", frame.wald))
    )
    sure = frame.mean_confidence
    shares += (Reading("Mean confidence", 100 * sure, percent(sure)),)
    errors = tuple(
        Reading(
            name, 100 * value, f"{percent(value)}  (luck {span(*luck)})", None,
            (100 * luck[0], 100 * luck[1]), value > luck[1],
        )
        for name, value, luck in (
            ("Expected (ECE)", table.expected_error, band.expected_error),
            ("RMS", table.rms_error, band.rms_error),
        )
    )  # fmt: skip
    largest = max(max(row.value, row.band[1]) for row in errors if row.band)
    end = next(each for each in (5, 10, 20, 30, 50, 75, 100) if each >= largest - 1e-9)
    return (Block("Accuracy", 100, shares), Block("Calibration error", float(end), errors))


def verdict(frame: HleFrame) -> str:
    """What the errors allow one to say, in a sentence."""
    if frame.table is None or frame.luck is None:
        return ""
    rms, luck = frame.table.rms_error, frame.luck.rms_error
    if frame.verdict == "luck":
        return (
            f"No more error than luck: {percent(rms)} RMS, where perfect calibration gives {ends(*luck)} "
            f"with {count(frame.answered, 'answer')}."
        )
    gap = abs(frame.mean_confidence - frame.accuracy)
    points = f"by {number(round(100 * gap))} points on average"
    said = {
        "over": f"Over-confident {points}",
        "under": f"Under-confident {points}",
        "mixed": "Off beyond luck, though not to one side",
    }[frame.verdict]
    return f"{said}: {percent(rms)} RMS error, where luck gives at most {percent(luck[1])}."


def binning(frame: HleFrame, config: HleConfig) -> str:
    """How the answers were put into bins."""
    if frame.table is None:
        return ""
    filled = len(frame.table.count)
    empty = config.bins - filled
    rest = f", {empty} of them empty" if empty else ""
    said = f"{count(config.bins, 'bin')} {BINNINGS[config.binning]}{rest}; all count, the last one too"
    if not frame.file:
        return said
    unit = "percent" if frame.percent else "shares of 1"
    return f"{frame.file}: {count(frame.answered, 'answer')}, confidences read as {unit}. {said}"


def notes(frame: HleFrame, config: HleConfig) -> list[str]:
    """What to notice, most telling first."""
    if config.who == "published":
        return _published_notes()
    if frame.table is None or frame.luck is None or frame.wald is None:
        return [_nothing(config)]
    said = [verdict(frame), binning(frame, config) + "."]
    said.append(
        "Humanity’s Last Exam reports accuracy with Wald’s interval and this RMS error (Phan et al. 2025)."
    )
    mean = frame.luck.mean_expected_error
    said.append(
        f"A perfectly calibrated person with these {count(frame.answered, 'confidence')} would show an "
        f"expected error of {percent(mean)} on average: an error counts only beyond the grey band, which "
        "holds 95% of what luck gives."
    )
    if frame.verdict == "luck" and frame.beyond:
        said.append(
            f"{frame.beyond} of {count(len(frame.table.count), 'bin')} beyond its own grey bar: by luck "
            "alone one in twenty is."
        )
    low, high = frame.wald
    if low < 0 or high > 1:
        said.append(
            f"Wald’s interval reaches {ends(low, high)}, beyond what a share can be; Wilson’s cannot."
        )
    elif low == high:
        said.append("Wald’s interval has shrunk to a point, as if nothing were uncertain; Wilson’s has not.")
    if config.bins > frame.answered:
        said.append(
            "There are more bins than answers: most hold one, which is right or wrong, never 70% right."
        )
    return said


def _published_notes() -> list[str]:
    return [
        "MMLU has been climbed from chance to near the experts’ estimate; the last stretch is unsure, as "
        f"{ERRONEOUS.relation} {percent(ERRONEOUS.accuracy)} of its questions carry an error "
        f"({ERRONEOUS.source}).",
        "Humanity’s Last Exam kept a question only if frontier models of the time failed it. On its "
        "multiple-choice items that filter alone can push a score below chance.",
        "About 14% of its questions come with an image and about 24% are multiple choice; the others want a "
        "short, exact answer (Phan et al. 2025).",
    ]


def _nothing(config: HleConfig) -> str:
    if config.who == "file":
        return "Open a CSV or JSON file with id, confidence and correct."
    return "Answer the first question: every answer is a point of the diagram."


def describe(frame: HleFrame, config: HleConfig) -> str:
    """The picture for a reader who does not see it."""
    if config.who == "published":
        told = [f"{row.exam}, {row.who}: {figure(row)} ({row.source})" for row in PUBLISHED]
        return "Published accuracies. " + "; ".join(told) + "."
    if frame.table is None or frame.wilson is None or frame.wald is None:
        return f"No answers yet. {_nothing(config)}"
    points = "; ".join(
        f"{percent(sure)} sure, {number(int(right))} of {number(int(n))} right"
        for sure, right, n in zip(frame.table.confidence, frame.table.right, frame.table.count, strict=True)
    )
    return (
        f"{WHO[config.who]}: {number(frame.right)} of {count(frame.answered, 'answer')} right, Wilson "
        f"{ends(*frame.wilson)}, Wald {ends(*frame.wald)}. {verdict(frame)} "
        f"{binning(frame, config)}. By bin: {points}."
    )
