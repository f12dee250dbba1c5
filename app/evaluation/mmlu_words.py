"""The exam in words."""

from __future__ import annotations

from app.stage.numbers import THIN, count
from core.evaluation.exam import CHANCE, INVALID, LETTERS, Tally
from core.evaluation.exam_subjects import SUBJECTS
from core.language.examination import ExaminationConfig, ExaminationFrame
from core.trace import Trace

NAMES = {
    "letter": "Letter", "answer": "Whole answer", "per_byte": "Whole answer, per byte",
    "generation": "Generation", "written": "As written",
}  # fmt: skip
LONGEST = 60
"""Characters of what a model wrote that are quoted."""


def percent(share: float) -> str:
    """ "29.2 %", always with one decimal."""
    return f"{100 * share:.1f}{THIN}%"


def interval(tally: Tally) -> str:
    low, high = tally.interval
    return f"{100 * low:.1f}–{100 * high:.1f}"


def quoted(text: str) -> str:
    """What was written, on one line."""
    shown = text.replace("\n", "⏎")
    return f"“{shown[:LONGEST]}{'…' if len(shown) > LONGEST else ''}”"


def place(frame: ExaminationFrame) -> str:
    """ "Question 37 of 144 · physics · STEM"."""
    question = frame.question
    told = [f"Question {frame.step + 1} of {len(frame.inputs.exam)}", question.subject, question.group]
    return " · ".join(dict.fromkeys(part for part in told if part))


def verdict(frame: ExaminationFrame) -> str:
    """What came of the text that the model wrote."""
    if frame.inputs.seated.missing:
        return frame.inputs.seated.missing
    chosen = int(frame.chosen[-1])
    if chosen == INVALID:
        return f"It wrote {quoted(frame.said)}: that names none of the four, is invalid, and counts as wrong."
    return f"It wrote {quoted(frame.said)}: that is {LETTERS[chosen]}."


def describe(trace: Trace, index: int, config: ExaminationConfig) -> str:
    frame = trace.frame(index)
    if not isinstance(frame, ExaminationFrame):
        return "The exam is being taken."
    if frame.inputs.seated.missing:
        return frame.inputs.seated.missing
    question = frame.question
    options = "; ".join(
        f"{letter} {option}" for letter, option in zip(LETTERS, question.options, strict=True)
    )
    chose = ", ".join(
        f"{NAMES[method]} {'none' if c == INVALID else LETTERS[c]}"
        for method, c in zip(frame.methods, frame.chosen.tolist(), strict=True)
    )
    so_far = "; ".join(
        f"{NAMES[method]} {percent(frame.overall(method).accuracy)} ({interval(frame.overall(method))})"
        for method in frame.methods
    )
    return (
        f"{place(frame)}. {question.text} {options}. Right is {LETTERS[question.answer]}; chosen: {chose}. "
        f"So far, with the 95% interval: {so_far}. Chance is 25 %."
    )


def notes(trace: Trace, index: int, config: ExaminationConfig) -> list[str]:
    frame = trace.frame(index)
    if not isinstance(frame, ExaminationFrame):
        return []
    told = [frame.inputs.seated.missing] if frame.inputs.seated.missing else []
    if not told:
        told += [_against_chance(frame, config), *_leak(frame, config), *_disagreement(frame)]
        told += [*_one_letter(frame), *_invalid(frame), *_moved(frame, config), _averages(frame, config)]
    return [note for note in told if note] + _left_out(frame)


def _against_chance(frame: ExaminationFrame, config: ExaminationConfig) -> str:
    """Whether the method in front is told apart from guessing."""
    method = frame.methods[frame.index(config.method)]
    tally = frame.overall(method)
    low, high = tally.interval
    name, got = NAMES[method], f"{percent(tally.accuracy)} of {count(tally.asked, 'question')}"
    span = f"({interval(tally)})"
    if low <= CHANCE <= high:
        return (
            f"{name}: {got}. Its interval {span} holds 25 %: that is near chance, and cannot be told from "
            "guessing."
        )
    side = "above" if low > CHANCE else "below"
    return f"{name}: {got}. Its interval {span} lies {side} 25 %: chance alone hardly ever does that."


def _leak(frame: ExaminationFrame, config: ExaminationConfig) -> list[str]:
    total, leaked = frame.inputs.seated.counted
    if not leaked:
        return []
    return [
        f"{count(leaked, 'token')} of the {count(total, 'token')} that were counted are this exam with its "
        "answers. The score measures memory, and no score tells that by itself.",
    ]


def _disagreement(frame: ExaminationFrame) -> list[str]:
    if len(frame.methods) == 1:
        return []
    letter, answer = frame.index("letter"), frame.index("answer")
    apart, asked = int(frame.apart[letter, answer]), int(frame.asked.sum())
    if not apart:
        return []
    return [
        f"The same model, asked for the letter and for the whole answer, chose differently on {apart} of "
        f"{asked}: a score means little without how it was asked. On MMLU the same LLaMA-65B read 63.7, 48.8 "
        "and 63.6 % under three harnesses (Hugging Face, 2023)."
    ]


def _one_letter(frame: ExaminationFrame) -> list[str]:
    """A model that has a favourite letter."""
    asked = int(frame.asked.sum())
    if len(frame.methods) == 1 or asked < 20:
        return []
    row = frame.letters[frame.index("letter")]
    if row.max() < 0.8 * asked:
        return []
    favourite = LETTERS[int(row.argmax())]
    return [
        f"By letter it chose {favourite} {int(row.max())} times of {asked}: it has a favourite letter, "
        "not an opinion. Where right letters are balanced that earns a quarter."
    ]


def _invalid(frame: ExaminationFrame) -> list[str]:
    if not (invalid := int(frame.invalid[-1])):
        return []
    return [
        f"{invalid} of {int(frame.asked.sum())} texts named no letter. They count as wrong, which pulls this "
        "score below chance without saying what the model knows."
    ]


def _moved(frame: ExaminationFrame, config: ExaminationConfig) -> list[str]:
    if not config.shuffle or len(frame.methods) == 1:
        return []
    moved, asked = frame.moved, int(frame.asked.sum())
    return [
        f"In another order of the options the letter’s choice was another answer on {int(moved[0])} of "
        f"{asked}; the whole answer, which never sees the options, changed on {int(moved[1])}."
    ]


def _averages(frame: ExaminationFrame, config: ExaminationConfig) -> str:
    method = frame.methods[frame.index(config.method)]
    sizes = {tally.asked for tally in frame.tallies(method)}
    if len(sizes) == 1:
        return "Each subject has as many questions, so micro and macro average agree."
    return (
        f"Micro average {percent(frame.overall(method).accuracy)} counts questions alike, macro average "
        f"{percent(frame.macro(method))} subjects. The intervals are the micro average’s."
    )


def _left_out(frame: ExaminationFrame) -> list[str]:
    """The rows that are not scored, and the files passed over."""
    asked = frame.inputs.exam
    told = []
    if bad := asked.malformed:
        listed = " ".join(str(each) for each in bad[:3])
        more = f" And {len(bad) - 3} more." if len(bad) > 3 else ""
        told.append(f"{count(len(bad), 'row')} not scored. {listed}{more}")
    if all(subject in SUBJECTS for subject in asked.subjects):
        told.append("About 6.5 % of MMLU’s questions carry an error (Gema et al. 2024).")
    if asked.skipped:
        told.append(f"Not read, as there are test files: {', '.join(asked.skipped[:3])}.")
    return told
