"""Maps whose every pixel is a whole run: many runs at once, the coarse picture first.

The runs are the public optimizers', drained from `optimizers.steps` with hyperparameters or starts that
differ from run to run. Pixels are taken in an interleaved order, so that the first lattice is a picture of
the whole map and every later one refines it; nothing is computed twice.

>>> [chunk.pixels.tolist() for chunk in interleaved((3, 3), strides=(2, 1))]
[[0, 2, 6, 8], [1, 3, 4, 5, 7]]
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple, TypeVar

import numpy as np

from core.optimization.optimizers import Optimizer, steps
from core.optimization.surfaces import Surface

Array = np.ndarray
V = TypeVar("V")

STRIDES = (4, 1)
"""Spacing of the lattices, coarse to fine: 1/16 of the pixels, then all."""

MOST = 16384
"""Runs in one chunk: NumPy's cost per call, 10 to 20 microseconds a step, stays small beside the arithmetic,
and the arrays of one step still lie in a core's own cache or near it."""


class Chunk(NamedTuple):
    """Pixels to be computed together.

    Attributes:
        pixels: flat indices, shape (n,).
        painted: flat indices of all pixels that show a value of this chunk until they have their own.
        source: for each painted pixel, which of the chunk's `n` it shows.
    """

    pixels: Array
    painted: Array
    source: Array


def interleaved(
    shape: tuple[int, int], strides: tuple[int, ...] = STRIDES, most: int = MOST
) -> Iterator[Chunk]:
    """Every pixel of a map exactly once, in chunks of at most `most`, the coarse lattices first.

    After the chunks of one lattice the whole map has been painted; pixels that have a value of their own are
    never painted over.
    """
    rows, columns = shape
    taken = np.zeros(shape, bool)
    for stride in strides:
        lattice = np.zeros(shape, bool)
        lattice[::stride, ::stride] = True
        fresh = np.flatnonzero(lattice & ~taken)
        taken |= lattice
        for pixels in np.array_split(fresh, max(1, -(-len(fresh) // most))) if len(fresh) else ():
            if stride == 1:
                yield Chunk(pixels, pixels, np.arange(len(pixels)))
                continue
            offset = np.arange(stride)
            i = (pixels // columns)[:, None, None] + offset[:, None]
            j = (pixels % columns)[:, None, None] + offset
            inside = (i < rows) & (j < columns)
            source = np.broadcast_to(np.arange(len(pixels))[:, None, None], inside.shape)
            yield Chunk(pixels, (i * columns + j)[inside], source[inside])


def sampled(surface: Surface, optimizer: Optimizer, starts: Array, count: int, every: int) -> Iterator[Array]:
    """Positions of many runs at steps 0, `every`, 2 `every`, ... up to `count`.

    Yields after each sample the part that is filled so far, so that the caller can turn to something else in
    between; the last is the whole.

    Args:
        optimizer: its hyperparameters are numbers, or arrays of shape (runs, 1).
        starts: shape (runs, 2).

    Yields:
        shape (samples, 2, runs). A run that diverged holds inf or nan from then on.
    """
    # Column-major, so that one coordinate of all runs is contiguous and (runs, 1) broadcasts along it:
    # otherwise the innermost loop of every operation would be two elements long.
    params = np.asfortranarray(starts, float)
    kept = np.empty((count // every + 1, 2, len(starts)))
    kept[0] = params.T
    run = steps(_slopes(surface, params), optimizer, params)
    for at in range(1, len(kept)):
        with np.errstate(all="ignore"):  # to diverge is legal
            for _ in range(every):
                params = next(run).new_params
        kept[at] = params.T
        yield kept[: at + 1]


def meanwhile(shown: V | None, work: Iterator[Array]) -> Generator[V, None, Array]:
    """Drain `work` and return its last item; yield `shown`, if there is one, after each item before it.

    What is shown already, yielded again, lets a worker that steps through this turn to other work, or give it
    up, within milliseconds.
    """
    last = next(work)
    for item in work:
        if shown is not None:
            yield shown
        last = item
    return last


def _slopes(surface: Surface, params: Array) -> Callable[[Array], Array]:
    """The surface's gradient in the memory order of `params`.

    Each call writes over what the last one returned, which is at an end with its step: no rule keeps it.
    """
    slopes = np.empty_like(params)
    along_x, along_y = slopes[:, 0], slopes[:, 1]

    def gradient(params: Array) -> Array:
        along_x[:], along_y[:] = surface.partials(params[:, 0], params[:, 1])
        return slopes

    return gradient
