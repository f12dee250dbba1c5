"""Polylines as the painter likes them: separate segments, cut to what is seen, dashes made here.

Antialiased lines wider than a pixel are some thirty times slower as one polyline than as segments, and a
dash pattern would begin anew with each segment; hence both are made in NumPy. Pixels are logical.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
import shiboken6
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

Array = np.ndarray

DASHES: dict[str, tuple[float, ...]] = {
    "nesterov": (9.0, 4.0),
    "fista": (9.0, 4.0),
    "adamw": (9.0, 3.5, 2.0, 3.5),
    "amsgrad": (2.5, 3.5),
    "characters": (9.0, 4.0),
    "uniform": (2.5, 3.0),
    "classifier_b": (9.0, 4.0),
    "accuracy": (2.5, 3.0),
    "specificity": (9.0, 3.5, 2.0, 3.5),
    "f1": (9.0, 4.0),
}
"""Things that are told apart by their dash as well: pixels on, off, on, ..."""

STYLES: dict[Qt.PenStyle, tuple[float, ...]] = {
    Qt.PenStyle.DashLine: (7.0, 4.0),
    Qt.PenStyle.DashDotLine: (7.0, 3.0, 2.0, 3.0),
    Qt.PenStyle.DotLine: (2.0, 3.0),
}
"""The same for lines that stay."""


def simplified(points: Array, tolerance: float = 0.05, passes: int = 6) -> Array:
    """The polyline (n, 2) without points that nobody could see missing.

    Each pass leaves out every other point that lies within `tolerance` pixels of the line between its
    neighbours, so that no point moves by more than `tolerance * passes`. The ends and gaps (NaN) stay.
    """
    for _ in range(passes):
        if len(points) < 8:
            break
        inner = slice(1, len(points) - 1, 2)
        a, b, c = points[0:-2:2], points[inner], points[2::2]
        chord, arm = c - a, b - a
        with np.errstate(invalid="ignore"):
            square = chord[:, 0] ** 2 + chord[:, 1] ** 2
            cross = chord[:, 0] * arm[:, 1] - chord[:, 1] * arm[:, 0]
            along = chord[:, 0] * arm[:, 0] + chord[:, 1] * arm[:, 1]
            between = (along >= 0) & (arm[:, 0] ** 2 + arm[:, 1] ** 2 <= square + tolerance**2)
            spare = ((cross**2 <= tolerance**2 * square) & between).nonzero()[0]
        if len(spare) < len(points) // 16:
            break
        keep = np.ones(len(points), bool)
        keep[1 + 2 * spare] = False
        points = points[keep]
    return points


def by_column(points: Array) -> Array:
    """A curve (n, 2) whose x ascends, reduced to what each pixel column shows of it.

    Of a column with more than four points stay the first, the lowest, the highest and the last, so that the
    cost of a long run is bounded by the width of its chart. A curve with gaps stays as it is.
    """
    if len(points) < 8 or not np.isfinite(points).all():
        return points
    columns = np.floor(points[:, 0])
    first = np.flatnonzero(np.diff(columns, prepend=columns[0] - 1))
    if len(points) <= 4 * len(first):
        return points
    last = np.append(first[1:], len(points)) - 1
    y = points[:, 1]
    middle = (points[first, 0] + points[last, 0]) / 2
    x = np.stack([points[first, 0], middle, middle, points[last, 0]], axis=1)
    heights = np.stack(
        [y[first], np.minimum.reduceat(y, first), np.maximum.reduceat(y, first), y[last]], axis=1
    )
    return np.column_stack([x.ravel(), heights.ravel()])


def segments(points: Array) -> Array:
    """Consecutive points (n, 2) as segments (m, 4); a point that is not finite leaves a gap."""
    if len(points) < 2:
        return np.empty((0, 4))
    joined = np.concatenate([points[:-1], points[1:]], axis=1)
    whole = np.isfinite(joined).all(axis=1)
    return joined if whole.all() else joined[whole]


def clipped(lines: Array, box: QRectF, margin: float = 8.0) -> Array:
    """Segments (m, 4) cut to a box, those outside left out (Liang & Barsky 1984)."""
    left, right = box.left() - margin, box.right() + margin
    top, bottom = box.top() - margin, box.bottom() + margin
    x, y = lines[:, 0::2], lines[:, 1::2]
    if not len(lines) or (
        x.min() >= left and x.max() <= right and y.min() >= top and y.max() <= bottom
    ):  # fmt: skip
        return lines
    start, step = lines[:, :2], lines[:, 2:] - lines[:, :2]
    first, last = np.zeros(len(lines)), np.ones(len(lines))
    inside = np.ones(len(lines), bool)
    for axis, low, high in ((0, left, right), (1, top, bottom)):
        for sign, edge in ((-1.0, -low), (1.0, high)):
            toward, room = sign * step[:, axis], edge - sign * start[:, axis]
            with np.errstate(all="ignore"):
                at = room / toward
            first = np.where(toward < 0, np.maximum(first, at), first)
            last = np.where(toward > 0, np.minimum(last, at), last)
            inside &= (toward != 0) | (room >= 0)
    inside &= first <= last
    start, step = start[inside], step[inside]
    return np.concatenate(
        [start + first[inside, None] * step, start + last[inside, None] * step], axis=1
    )  # fmt: skip


def dashed(lines: Array, pattern: Sequence[float], offset: float = 0.0) -> tuple[Array, float]:
    """The segments' dashes, and the length that the line has come to (the next `offset`).

    `lines` (m, 4) follow one another; the pattern goes on over corners, as long as it is handed its offset.
    """
    if not len(lines):
        return lines, offset
    if len(lines) == 1:
        x0, y0, x1, y1 = lines[0].tolist()
        end = offset + math.hypot(x1 - x0, y1 - y0)
        if (one := _dash(pattern, offset)) == _dash(pattern, end):  # the usual step of a run: within one dash
            return lines if one % 2 == 0 else lines[:0], end
    lengths = np.hypot(lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1])
    ends = offset + np.cumsum(lengths)
    starts = ends - lengths
    bounds = np.concatenate([[0.0], np.cumsum(pattern)])
    period = float(bounds[-1])
    repeats = np.arange(np.floor(starts[0] / period), np.ceil(ends[-1] / period) + 1)
    changes = np.unique((repeats[:, None] * period + bounds[None, :-1]).ravel())
    changes = changes[(changes > starts[0]) & (changes < ends[-1])]
    cuts = np.sort(np.concatenate([[starts[0]], ends, changes]))
    middles = (cuts[:-1] + cuts[1:]) / 2
    phase = np.searchsorted(bounds, middles % period, side="right") - 1
    on = (phase % 2 == 0) & (cuts[1:] > cuts[:-1])
    low, high, middle = cuts[:-1][on], cuts[1:][on], middles[on]
    which = np.minimum(np.searchsorted(ends, middle), len(lines) - 1)
    origin, span = starts[which], np.maximum(lengths[which], 1e-12)
    from_, to = lines[which, :2], lines[which, 2:]
    head = ((low - origin) / span)[:, None]
    tail = ((high - origin) / span)[:, None]
    return np.concatenate([from_ + head * (to - from_), from_ + tail * (to - from_)], axis=1), float(ends[-1])


def _dash(pattern: Sequence[float], at: float) -> int:
    """Which dash or gap a length falls into, counted from the start of the line."""
    periods, rest = divmod(at, sum(pattern))
    which = 0
    for each in pattern:
        if rest < each:
            break
        rest -= each
        which += 1
    return int(periods) * len(pattern) + which


def draw(painter: QPainter, lines: Array) -> None:
    """Draw segments (m, 4) with the painter's pen, without a Qt object for each."""
    if len(lines):
        lines = np.ascontiguousarray(lines, dtype=np.float64)  # held until the call returns
        first = cast(QLineF, shiboken6.wrapInstance(lines.ctypes.data, QLineF))
        painter.drawLines(first, len(lines))


def pen(colour: QColor, width: float, cap: Qt.PenCapStyle = Qt.PenCapStyle.SquareCap) -> QPen:
    """A pen for segments: square caps close the joints (round ones take the painter's slow path)."""
    made = QPen(colour, width)
    made.setCapStyle(cap)
    return made


def bounds(lines: Array, margin: float) -> QRectF:
    """The rectangle around segments (m, 4), and a margin; a null one for none."""
    if not len(lines):
        return QRectF()
    if len(lines) == 1:
        x0, y0, x1, y1 = lines[0].tolist()
        return QRectF(
            min(x0, x1) - margin, min(y0, y1) - margin, abs(x1 - x0) + 2 * margin, abs(y1 - y0) + 2 * margin
        )
    x, y = lines[:, 0::2], lines[:, 1::2]
    left, top = float(x.min()) - margin, float(y.min()) - margin
    return QRectF(left, top, float(x.max()) + margin - left, float(y.max()) + margin - top)
