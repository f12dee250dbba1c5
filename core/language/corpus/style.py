"""How stories are told: how many friends, how much time between a fact and its recall, how many questions."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["STORY", "Style", "curriculum"]

MEMBERS = (2, 3, 4)
"""Possible numbers of members: the friends of a story, or the things of a pair."""


@dataclass(frozen=True)
class Style:
    """Weights, all whole numbers so that every machine draws the same.

    `members`: of 2, 3 and 4 members. `gap`: of 0, 1, 2, ... sentences between the facts and their recall.
    `recalls`: of 0, 1, 2, ... sentences that recall facts. `recaps`: of one fact in such a sentence, and of
    all of a kind. `echoes`: of going on as soon as facts are told, and of such a sentence. `questions`: of
    0, 1, 2, ... questions behind the story. `exam`: of an answer in words and of one by letter. `brief`
    stories are facts and questions alone: no weather, no scenery, no farewell. `wordings`: how many patterns
    of each beat are used, the first ones; 0 stands for all.
    """

    members: tuple[int, int, int] = (1, 2, 7)
    gap: tuple[int, ...] = (3, 3, 2, 1)
    recalls: tuple[int, ...] = (1, 2, 3, 1)
    recaps: tuple[int, int] = (3, 1)
    echoes: tuple[int, int] = (1, 0)
    questions: tuple[int, ...] = (4, 2, 2, 2)
    exam: tuple[int, int] = (2, 1)
    brief: bool = False
    wordings: int = 0


STORY = Style()
"""How the shipped corpus and the question set are told."""


def curriculum(progress: float) -> Style:
    """From short stories full of recall (0) to those of `STORY`, but with questions behind each (1).

    Attention learns to look back first where there is little to look through: two friends, no gap.
    """
    progress = min(1.0, max(0.0, progress))
    hard = round(100 * progress)
    easy = 100 - hard
    return Style(
        members=(5 * easy + hard, 3 * easy + 2 * hard, 2 * easy + 7 * hard),
        gap=(9 * easy + 3 * hard, 3 * hard, 2 * hard, hard),
        recalls=(hard, 2 * easy + 2 * hard, easy + 3 * hard, hard),
        recaps=(easy + 3 * hard, 3 * easy + hard),
        echoes=(hard, easy),
        questions=(0, 1, 1, 1),
        exam=(4 * easy + 2 * hard, hard),
    )
