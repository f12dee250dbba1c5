"""How fast, beside a reference timed in the same run: `python -m bench [NAME ...]`.

A benchmark is a function in any module of this package, registered by name:

    @benchmark("softmax of 1e6 logits", bound=1.2)
    def softmax_against_flat() -> Pair:
        logits = ...                                     # set-up, not timed
        return lambda: softmax(logits), lambda: flat(logits)

Each of the two is called in turn, again and again, and timed; a callable that measures itself (the start of a
program, the 99th percentile of its frames) returns its own figure, a float in the row's unit, instead. Where
the bound is an absolute one, the reference is that number and the bound 1.
"""

from bench.harness import MissingError, Pair, benchmark

__all__ = ["MissingError", "Pair", "benchmark"]
