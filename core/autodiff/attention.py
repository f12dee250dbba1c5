"""Attention: which earlier positions a position reads from, and what it reads there.

Shapes: T queries, S keys of which the last T stand at the queries' own positions, H query heads, K key-value
heads (H a multiple of K: query head h reads head h // (H / K)), D the head's width.
"""

from __future__ import annotations

import math

import numpy as np

from core.autodiff.tensor import Array, Keep, Tensor, jointly, record

__all__ = ["additive_attention", "causal_attention", "causal_mask", "rotary"]

ROWS = 64
"""Queries that causal attention takes at a time: what all of them may not look at is never computed."""

KEPT = {"scores": -np.inf, "pattern": 0.0}
"""What causal attention hands out, and what stands in it for the keys behind a query's own position."""

BLOCK = 32
"""Queries that additive attention takes at a time: its (queries, keys, width) numbers then stay in cache."""


def causal_mask(queries: int, keys: int, dtype: np.dtype) -> Array:
    """(queries, keys): 0 where a query may look, -inf at the keys behind its own position."""
    position = np.arange(keys - queries, keys)[:, None]
    return np.where(np.arange(keys) <= position, 0, -np.inf).astype(dtype)


def causal_attention(q: Tensor, k: Tensor, v: Tensor, scale: float = 0.0, keep: Keep | None = None) -> Tensor:
    """softmax(q k^T scale) v, each position reading from itself and those before it.

    q (..., T, H, D), k and v (..., S, K, D) -> (..., T, H, D); `scale` 0 is 1 / sqrt(D). Vaswani et al.,
    "Attention is all you need", 2017; heads that share keys: Ainslie et al., "GQA", 2023. `keep` is given
    `scores` (before the softmax, masked with -inf) and `pattern`, both (..., H, T, S).
    """
    T, H, D = q.shape[-3:]
    S, K = k.shape[-3], k.shape[-2]
    scale = scale or 1 / math.sqrt(D)
    batch = q.shape[:-3]
    queries = _by_head(q.data.reshape(*batch, T, K, H // K, D))  # (..., K, G, T, D)
    keys, values = _by_head(k.data[..., None, :]), _by_head(v.data[..., None, :])  # (..., K, 1, S, D)

    past = S - T
    mixed = np.empty((*batch, T, K, H // K, D), queries.dtype)
    by_head = _by_head(mixed)
    patterns: list[Array] = []
    whole = {name: np.full((*batch, H, T, S), fill, mixed.dtype) for name, fill in KEPT.items() if keep}
    blocks = [(begin, min(begin + ROWS, T)) for begin in range(0, T, ROWS)]
    for begin, end in blocks:  # of queries, with the keys that one of them at least may look at
        seen = past + end
        scores = queries[..., begin:end, :] @ keys[..., :seen, :].swapaxes(-1, -2)  # (..., K, G, rows, seen)
        scores *= scale  #: scaled
        if end - begin > 1:
            scores[..., past + begin :] += causal_mask(end - begin, end - begin, scores.dtype)
        if keep is not None:
            whole["scores"][..., begin:end, :seen] = scores.reshape(*batch, H, end - begin, seen)
        patterns.append(_softmax_in_place(scores))
        if keep is not None:
            whole["pattern"][..., begin:end, :seen] = scores.reshape(*batch, H, end - begin, seen)
        by_head[..., begin:end, :] = patterns[-1] @ values[..., :seen, :]  #: mixed
    if keep is not None:
        for name, array in whole.items():
            keep(name, array)

    def back(g: Array) -> tuple[Array, Array, Array]:
        g = _by_head(g.reshape(mixed.shape))
        d_mixed = np.empty_like(mixed)
        d_queries = _by_head(d_mixed)
        d_keys, d_values = (np.zeros((*batch, K, S, D), g.dtype) for _ in range(2))
        for (begin, end), pattern in zip(blocks, patterns, strict=True):
            seen, rows = past + end, slice(begin, end)
            d_values[..., :seen, :] += (pattern.swapaxes(-1, -2) @ g[..., rows, :]).sum(axis=-3)
            d_scores = g[..., rows, :] @ values[..., :seen, :].swapaxes(-1, -2)
            d_scores -= np.einsum("...s,...s->...", d_scores, pattern)[..., None]
            d_scores *= pattern
            d_scores *= scale
            d_queries[..., rows, :] = d_scores @ keys[..., :seen, :]
            d_keys[..., :seen, :] += (d_scores.swapaxes(-1, -2) @ queries[..., rows, :]).sum(axis=-3)
        return d_mixed.reshape(q.shape), d_keys.swapaxes(-2, -3), d_values.swapaxes(-2, -3)

    back_q, back_k, back_v = jointly(back, 3)
    return record(mixed.reshape(q.shape), (q, back_q), (k, back_k), (v, back_v))


def rotary(x: Tensor, cosines: Array, sines: Array, interleaved: bool = False) -> Tensor:
    """Each pair of coordinates turned by an angle that grows with the position.

    x (..., T, H, D), cosines and sines (T, D / 2). A pair is (i, i + D / 2); (2 i, 2 i + 1) if interleaved.
    The product of a query and a key so turned depends on how far apart they stand, not on where. Su et al.,
    "RoFormer: enhanced transformer with rotary position embedding", 2021.
    """
    cos, sin = cosines[:, None, :], sines[:, None, :]

    def turn(a: Array, sin: Array) -> Array:
        first, second = _pairs(a, interleaved)
        out = np.empty_like(a)
        out_first, out_second = _pairs(out, interleaved)
        np.multiply(first, cos, out=out_first)  #: turned
        out_first -= second * sin
        np.multiply(second, cos, out=out_second)
        out_second += first * sin
        return out

    return record(turn(x.data, sin), (x, lambda g: turn(g, -sin)))


def additive_attention(
    query: Tensor, key: Tensor, weight: Tensor, values: Tensor, keep: Keep | None = None
) -> Tensor:
    """The mean of the strictly earlier values, weighed by softmax(weight . tanh(query + key)).

    query (B, T, A), key (B, S, A), weight (A,), values (B, S, C) -> (B, T, C). The first position of all has
    no past and reads 0. `keep` is given `scores` and `pattern`, both (B, T, S). Bahdanau, Cho & Bengio,
    "Neural machine translation by jointly learning to align and translate", 2014; here over its own past.
    """
    (B, T, A), S = query.shape, key.shape[1]
    past = S - T
    scores = np.full((B, T, S), -np.inf, query.dtype)
    blocks = [(b, t, min(t + BLOCK, T)) for b in range(B) for t in range(0, T, BLOCK)]

    def activation(b: int, begin: int, end: int) -> Array:
        hidden = query.data[b, begin:end, None] + key.data[b, None, : past + end]
        return np.tanh(hidden, out=hidden)  # (queries, keys, A)

    for b, begin, end in blocks:
        scores[b, begin:end, : past + end] = activation(b, begin, end) @ weight.data  #: compared
    later = np.arange(S) >= np.arange(past, S)[:, None]
    scores[:, later] = -np.inf
    if keep is not None:
        keep("scores", scores.copy())
    if past == 0:
        scores[:, 0] = 0  # no past: any finite row will do, it is set to 0 below
    pattern = _softmax_in_place(scores)
    pattern[:, later] = 0
    if keep is not None:
        keep("pattern", pattern)

    def back(g: Array) -> tuple[Array, Array, Array, Array]:
        d_scores = g @ values.data.swapaxes(-1, -2)
        d_scores -= np.einsum("bts,bts->bt", d_scores, pattern)[..., None]
        d_scores *= pattern
        d_query, d_key, d_weight = (np.zeros_like(t.data) for t in (query, key, weight))
        for b, begin, end in blocks:
            hidden = activation(b, begin, end)
            d = d_scores[b, begin:end, : past + end]
            d_weight += d.reshape(-1) @ hidden.reshape(-1, A)
            hidden *= hidden
            np.subtract(1, hidden, out=hidden)
            hidden *= d[..., None]
            d_query[b, begin:end] = hidden.sum(axis=1)
            d_key[b, : past + end] += hidden.sum(axis=0)
        d_query *= weight.data
        d_key *= weight.data
        return d_query, d_key, d_weight, pattern.swapaxes(-1, -2) @ g

    shares = jointly(back, 4)
    context = pattern @ values.data  #: read
    return record(context, *zip((query, key, weight, values), shares, strict=True))


def _by_head(a: Array) -> Array:
    """(..., T, K, G, D) -> (..., K, G, T, D), a view."""
    return np.moveaxis(a, -4, -2)


def _softmax_in_place(scores: Array) -> Array:
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)  #: softmax
    return scores


def _pairs(a: Array, interleaved: bool) -> tuple[Array, Array]:
    """The first and the second coordinates of the pairs, as views."""
    half = a.shape[-1] // 2
    return (a[..., 0::2], a[..., 1::2]) if interleaved else (a[..., :half], a[..., half:])
