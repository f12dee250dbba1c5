"""The minimum of a quadratic with an L1 penalty, exactly: the weights that are not zero are found one by one.

With the support A and its signs s held, the penalised loss is a quadratic whose minimum is a linear system,
(G_AA + rho I) w_A = c_A - alpha s, where G = X'X/n and c = X'y/n. A weight that meets zero on the way there
leaves the support; a weight at zero whose gradient exceeds alpha enters it, the most violating first. Every
round lowers the loss, so no support comes back and the rounds are finite; and a zero is a zero, nothing is
rounded to it. This is the primal active set of Osborne, Presnell & Turlach (2000), with the "covariance
updates" of Friedman, Hastie & Tibshirani (2010): once the columns' products are known the examples are not
looked at again.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray

SLACK = 1e-12
"""By how much of the most that its column could reach a gradient may differ from what it should be."""

DEPENDENT = 1e-13
"""A column of whose squared length no larger share stands off the support is a combination of the support."""

REFINEMENTS = 6
"""Newton steps on one support: the first is exact but for rounding, the others take that away."""


class ActiveSet:
    """Weights that are carried from one penalty to the next.

    Args:
        x, y: (n, p) and (n,), centred already if there is an intercept.

    Attributes:
        coef: (p,), the weights: exactly 0.0 off the support.
        gap: the duality gap where the last `solve` ended, in the units of its objective.
    """

    def __init__(self, x: Array, y: Array) -> None:
        self._x, (self._count, features) = x, x.shape
        # Made at once it is fastest; where columns are many, only the rows of the support are made
        self._gram = x.T @ x / self._count if features <= 2 * self._count else None
        self._corr = x.T @ y / self._count
        self._squares = np.einsum("ij,ij->j", x, x) / self._count
        self._energy = float(y @ y) / self._count
        self._lengths = np.sqrt(np.where(self._squares > 0, self._squares, 1.0))
        self._slack = SLACK * np.sqrt(self._squares * self._energy)
        self._rounds = 50 * (features + min(features, self._count)) + 100
        self._ridge = 0.0
        self.coef = np.zeros(features)
        self.gap = 0.0
        self._support = np.empty(0, int)
        self._signs = np.empty(0)
        self._rows = np.empty(
            (min(features, 16), features)
        )  # of the Gram matrix, one for each of the support
        self._inverse = np.empty((0, 0))  # of G_AA + rho I

    def solve(self, alpha: float, ridge: float, tol: float) -> Array:
        """Minimises ||y - Xw||^2 / (2n) + alpha ||w||_1 + ridge/2 ||w||^2, alpha > 0.

        Begins where the weights are and ends where the conditions of a minimum hold to rounding. The duality
        gap must then be at most tol ||y||^2 / n, else ArithmeticError.
        """
        if ridge != self._ridge:
            self._ridge = ridge
            self._invert()
        gradient = self._gradient()
        steps, barred = 0, np.zeros(len(self.coef), bool)
        for _ in range(self._rounds):
            rest = gradient[self._support] - alpha * self._signs
            if steps < REFINEMENTS and (np.abs(rest) > self._slack[self._support]).any():
                steps = steps + 1 if self._move(rest) else 0
                if steps > 1:
                    self._invert()
                gradient = self._gradient()
                continue
            steps = 0
            excess = (np.abs(gradient) - alpha - self._slack) / self._lengths
            excess[self._support] = excess[barred] = 0.0
            if (largest := excess.max()) <= 0:
                break
            first = int(np.argmax(excess >= largest * (1 - 1e-9)))  # among equal columns the first
            barred[first] = not self._enter(first, 1.0 if gradient[first] > 0 else -1.0)
            if self.coef[first]:  # traded for another
                gradient = self._gradient()
        self.gap = self._duality_gap(gradient, alpha)
        if not self.gap <= tol * self._energy:
            raise ArithmeticError(
                f"At alpha = {alpha:.3g} the duality gap stays at {self.gap:.1e}: the columns depend on one "
                "another too nearly for double precision."
            )
        return self.coef.copy()

    def _gradient(self) -> Array:
        """Minus the gradient of the smooth part, (p,): c - G w - rho w."""
        size = len(self._support)
        return self._corr - self.coef[self._support] @ self._rows[:size] - self._ridge * self.coef

    def _duality_gap(self, gradient: Array, alpha: float) -> float:
        """Primal less dual objective, the dual point being the residual, shrunk until it is feasible.

        The ridge counts as p more examples, sqrt(n rho) I with targets 0.
        """
        fit = float(self._corr @ self.coef)
        residual = max(self._energy - fit - float(gradient @ self.coef), 0.0)  # its mean square
        largest = float(np.abs(gradient).max())
        shrink = min(1.0, alpha / largest) if largest > 0 else 1.0
        primal = residual / 2 + alpha * float(np.abs(self.coef).sum())
        return primal - shrink * (self._energy - fit) + shrink**2 * residual / 2

    def _move(self, rest: Array) -> bool:
        """Towards the minimum on the support, as far as no sign changes; whether all the way."""
        before = self.coef[self._support]
        after = before + self._inverse @ rest
        crossed = after * self._signs < 0
        if not crossed.any():
            self.coef[self._support] = after
            return True
        share = np.where(crossed, before, 1.0) / np.where(crossed, before - after, 1.0)
        self._leave(before + share.min() * (after - before), int(np.argmin(share)))
        return False

    def _leave(self, weights: Array, place: int) -> None:
        """The support's weights are set, and the one at that place of it becomes zero and leaves."""
        self.coef[self._support] = weights
        self.coef[self._support[place]] = 0.0
        last = len(self._support) - 1
        rest = np.arange(last)
        rest[place:] = np.where(rest[place:] == place, last, rest[place:])  # the last one takes its place
        self._rows[place] = self._rows[last]
        self._support, self._signs = self._support[rest], self._signs[rest]
        column = self._inverse[rest, place]
        pivot = self._inverse[place, place]
        self._inverse = self._inverse[np.ix_(rest, rest)] - np.outer(column, column / pivot)

    def _enter(self, index: int, sign: float) -> bool:
        """A weight at zero enters the support; False if only rounding tells its column from the support."""
        row = self._gram[index] if self._gram is not None else self._x[:, index] @ self._x / self._count
        mix = self._inverse @ row[self._support]
        own = self._squares[index] + self._ridge
        left = own - float(row[self._support] @ mix)
        weight = 0.0
        dependent = left <= DEPENDENT * own
        if dependent:
            # The column is `mix` of the others: trade them for it, at the same fit, until one of them is zero
            falls = mix * sign * self._signs > 0
            if not falls.any():
                return False
            before = self.coef[self._support]
            share = np.where(falls, np.abs(before), np.inf) / np.where(falls, np.abs(mix), 1.0)
            weight = float(share.min())
            self._leave(before - sign * weight * mix, int(np.argmin(share)))
        size = len(self._support)
        if size == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[size] = row
        self._support, self._signs = np.append(self._support, index), np.append(self._signs, sign)
        self.coef[index] = sign * weight
        if dependent:
            self._invert()
        else:
            self._border(mix, left)
        return True

    def _border(self, mix: Array, left: float) -> None:
        """The inverse with one more row and column, from what stands off the support."""
        size = len(mix)
        grown = np.empty((size + 1, size + 1))
        np.multiply(mix[:, None], mix / left, out=grown[:size, :size])
        grown[:size, :size] += self._inverse
        grown[size, :size] = grown[:size, size] = -mix / left
        grown[size, size] = 1 / left
        self._inverse = grown

    def _invert(self) -> None:
        """The inverse anew: a ridge has changed, or rounding has gathered."""
        size = len(self._support)
        block = self._rows[:size, self._support] + self._ridge * np.eye(size)
        scale = 1 / np.sqrt(np.diag(block))  # units of the columns are not to decide what counts as nothing
        scales = np.outer(scale, scale)
        try:
            self._inverse = np.linalg.inv(block * scales) * scales
        except np.linalg.LinAlgError:
            self._inverse = np.linalg.pinv(block * scales, rcond=1e-15, hermitian=True) * scales
