"""Perplexity and bits per byte: two readings of one number, the negative log-likelihood of a text.

Perplexity counts per token, so that it compares models of one tokenizer only: longer tokens are fewer and
each harder. Bits per byte counts per byte of the text's UTF-8, whatever the tokens.

A model that spreads its belief evenly over 8 tokens is as unsure as an eight-sided die; in a text of
4 such tokens and 6 bytes:

>>> nll = 4 * math.log(8)
>>> round(perplexity(nll, tokens=4), 12)
8.0
>>> round(bits_per_byte(nll, bytes=6), 12)
2.0
"""

from __future__ import annotations

import math

__all__ = ["bits_per_byte", "perplexity"]


def perplexity(nll: float, tokens: int) -> float:
    """exp(nll / tokens): the number of equally likely tokens that would be as surprising.

    `nll` is the sum of -ln p over the tokens, in nats. Infinite where the model gave a token no chance, and
    above e^709.78, where float64 ends. ValueError for no tokens, or a `nll` that is none.
    """
    _check(nll, tokens, "tokens")
    try:
        return math.exp(nll / tokens)  #: perplexity
    except OverflowError:
        return math.inf


def bits_per_byte(nll: float, bytes: int) -> float:
    """nll / (ln 2 · bytes): what an ideal compressor guided by the model would need for each byte.

    `nll` in nats, over all tokens of the text; `bytes` of the text's UTF-8. ValueError for no bytes, or a
    `nll` that is none.
    """
    _check(nll, bytes, "bytes")
    return nll / (math.log(2) * bytes)  #: bits per byte


def _check(nll: float, count: int, of: str) -> None:
    if math.isnan(nll):
        raise ValueError("nll: expected a sum of -ln p, found nan")
    if count < 1:
        raise ValueError(f"{of}: expected at least 1, found {count}")
