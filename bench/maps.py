"""The learning-rate map against the same arithmetic written out flat: the runs, and what is measured of them.

The reference is plain NumPy for the one bowl, in one block, and shares nothing with ours but its axes.
"""

from __future__ import annotations

import numpy as np

from bench import Pair, benchmark
from core.optimization.rates import FLOOR, SAMPLES, RatesConfig, axes, origin_of, prepare

Array = np.ndarray


@benchmark("learning-rate map, momentum, 128 x 128 x 200", bound=1.2)
def momentum_map() -> Pair:
    return pair(RatesConfig(optimizer="momentum"), flat_momentum)


@benchmark("learning-rate map, Adam, 128 x 128 x 200", bound=1.2)
def adam_map() -> Pair:
    return pair(RatesConfig(optimizer="adam", rate_high=10.0, second_high=0.9999), flat_adam)


@benchmark("learning-rate map: first picture, against 100 ms", bound=1.0)
def first_picture() -> Pair:
    def ours() -> object:
        return next(prepare(RatesConfig()))

    return ours, 100.0


def pair(config: RatesConfig, flat) -> Pair:
    """Ours with all its versions, and the flat one, which must agree with it."""

    def ours() -> Array:
        *_, last = prepare(config)
        return last.rate

    def reference() -> Array:
        return flat(config)

    near = np.isclose(ours().ravel(), reference(), atol=1e-6, equal_nan=True)
    assert near.mean() > 0.999, near.mean()  # where a run is chaotic the last digit of a sum decides
    return ours, reference


def grid_of(config: RatesConfig) -> tuple[Array, Array]:
    rates, seconds = axes(config)
    return np.tile(rates, len(seconds)), np.repeat(seconds, len(rates))


def flat_momentum(config: RatesConfig) -> Array:
    lr, beta = grid_of(config)
    x, y = (np.full(lr.shape, each) for each in origin_of(config))
    vx, vy = np.zeros_like(x), np.zeros_like(y)
    every = config.steps // SAMPLES
    samples = np.empty((SAMPLES + 1, 2, len(lr)))
    samples[0] = x, y
    with np.errstate(all="ignore"):
        for t in range(1, config.steps + 1):
            gx, gy = x, config.condition * y
            vx, vy = beta * vx + gx, beta * vy + gy
            x, y = x - lr * vx, y - lr * vy
            if t % every == 0:
                samples[t // every] = x, y
    return flat_factor(samples, every)


def flat_adam(config: RatesConfig, beta1: float = 0.9, eps: float = 1e-8) -> Array:
    lr, beta2 = grid_of(config)
    x, y = (np.full(lr.shape, each) for each in origin_of(config))
    mx, my, vx, vy = (np.zeros_like(x) for _ in range(4))
    every = config.steps // SAMPLES
    samples = np.empty((SAMPLES + 1, 2, len(lr)))
    samples[0] = x, y
    with np.errstate(all="ignore"):
        for t in range(1, config.steps + 1):
            gx, gy = x, config.condition * y
            mx, my = beta1 * mx + (1 - beta1) * gx, beta1 * my + (1 - beta1) * gy
            vx = beta2 * vx + (1 - beta2) * gx * gx
            vy = beta2 * vy + (1 - beta2) * gy * gy
            first, second = 1 - beta1**t, 1 - beta2**t
            x = x - lr / (np.sqrt(vx / second) + eps) * (mx / first)
            y = y - lr / (np.sqrt(vy / second) + eps) * (my / first)
            if t % every == 0:
                samples[t // every] = x, y
    return flat_factor(samples, every)


def flat_factor(samples: Array, every: int) -> Array:
    """Factor per step: the slope of log d over the later half up to a run's end; nan where it diverged."""
    with np.errstate(all="ignore"):
        distance = np.sqrt(samples[:, 0] ** 2 + samples[:, 1] ** 2)
        last = len(distance) - 1
        late = np.arange(last // 2, last + 1)
        weight = late - late.mean()
        factor = np.exp(weight @ flat_log(distance[late]) / (weight @ weight) / every)
        arrived = distance <= FLOOR * distance[0]
        early = arrived.any(0)
        end = arrived[:, early].argmax(0)
        at, first = np.arange(last + 1)[:, None], end // 2
        weight = np.where((at >= first) & (at <= end), at - (first + end) / 2, 0.0)
        slope = (weight * flat_log(distance[:, early])).sum(0) / (weight**2).sum(0)
        factor[early] = np.exp(slope / every)
        growing = (distance[-1] > distance[0]) & (factor > 1)
        return np.where(growing | ~np.isfinite(distance[-1]), np.nan, factor)


def flat_log(distance: Array) -> Array:
    return np.log(np.maximum(distance, np.finfo(float).tiny))
