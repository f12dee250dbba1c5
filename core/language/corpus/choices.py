"""The generator is a probabilistic program: all its randomness passes through `pick` and `weigh`.

Whoever answers those two questions decides what the program does. `Dice` draws, and sums the log-probability
of its draws; `Script` answers from a list, which lets `derivations` run the program down every path there is.
"""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

__all__ = ["Choices", "DeadEnd", "Dice", "Script", "derivations"]

T = TypeVar("T")
Step = tuple[int, float]
_LOG = [0.0] + [math.log(n) for n in range(1, 4097)]


class Choices(Protocol):
    """Answers the program's questions; `log_prob` is that of all answers so far, in nats."""

    log_prob: float

    def pick(self, n: int) -> int:
        """One of range(n), all equally likely."""
        ...

    def weigh(self, weights: Sequence[int]) -> int:
        """An index, with probability in proportion to its weight; a weight of 0 never comes."""
        ...


class Dice:
    """Draws. Only `random.Random.random` is used, whose sequence Python keeps the same for all versions."""

    __slots__ = ("_random", "log_prob")

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random
        self.log_prob = 0.0

    def pick(self, n: int) -> int:
        self.log_prob -= _LOG[n]
        return int(self._random() * n)

    def weigh(self, weights: Sequence[int]) -> int:
        total = sum(weights)
        left = int(self._random() * total)
        for index, weight in enumerate(weights):
            left -= weight
            if left < 0:
                self.log_prob += _LOG[weight] - _LOG[total]
                return index
        raise ValueError("no weight is positive")


class DeadEnd(Exception):  # noqa: N818 - a signal to turn back, not an error
    """The path taken so far cannot lead to what is looked for."""


class Script:
    """Answers from a list of (answer, log-probability); behind its end it takes the first possible answer and
    notes the others in `open`. `check`, if set, is called before each new answer and may raise DeadEnd."""

    __slots__ = ("_given", "check", "log_prob", "open", "path")

    def __init__(self, given: Sequence[Step]) -> None:
        self._given = given
        self.check: Callable[[], None] | None = None
        self.path: list[Step] = []
        self.open: list[list[Step]] = []
        self.log_prob = 0.0

    def pick(self, n: int) -> int:
        return self._answer([(i, -_LOG[n]) for i in range(n)])

    def weigh(self, weights: Sequence[int]) -> int:
        total = sum(weights)
        return self._answer([(i, _LOG[w] - _LOG[total]) for i, w in enumerate(weights) if w])

    def _answer(self, possible: list[Step]) -> int:
        if len(self.path) < len(self._given):
            step = self._given[len(self.path)]
        else:
            if self.check is not None:
                self.check()
            step, *others = possible
            self.open.extend([*self.path, other] for other in others)
        self.path.append(step)
        self.log_prob += step[1]
        return step[0]


def derivations(program: Callable[[Script], T]) -> Iterator[T]:
    """The program's result on every path that it does not leave by raising DeadEnd, depth first."""
    todo: list[list[Step]] = [[]]
    while todo:
        script = Script(todo.pop())
        with contextlib.suppress(DeadEnd):
            yield program(script)
        todo.extend(script.open)
