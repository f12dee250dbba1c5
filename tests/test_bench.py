"""The harness of `python -m bench`."""

import pytest

from bench import harness
from bench.harness import Benchmark, run


@pytest.fixture(autouse=True)
def register_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "BENCHMARKS", {})


def test_ours_and_reference_take_turns_and_both_are_warmed() -> None:
    calls: list[str] = []
    run(Benchmark("turns", lambda: (lambda: calls.append("ours"), lambda: calls.append("ref")), 1.0, "ms", 3))
    assert calls[:2] == ["ours", "ref"]
    assert calls[2:] == ["ours", "ref", "ref", "ours", "ours", "ref"]


def test_row_holds_medians_of_what_the_calls_return() -> None:
    ours = iter([99.0, 3.0, 1.0, 2.0])
    row = run(Benchmark("median", lambda: (lambda: next(ours), 4.0), 0.4, "MiB", 3))
    assert (row.ours, row.reference, row.ratio, row.kept) == (2.0, 4.0, 0.5, False)


def test_calls_that_return_no_figure_are_timed() -> None:
    row = run(Benchmark("timed", lambda: (lambda: None, lambda: sum(range(100_000))), None, "us", 3))
    assert 0 < row.ours < row.reference
    assert row.kept


def test_a_unit_that_is_no_time_needs_figures() -> None:
    with pytest.raises(TypeError, match="MiB"):
        run(Benchmark("size", lambda: (lambda: None, 1.0), 1.0, "MiB", 1))


def test_two_of_one_name_are_refused() -> None:
    harness.benchmark("same", bound=None)(lambda: (lambda: None, 1.0))
    with pytest.raises(ValueError, match="same"):
        harness.benchmark("same", bound=None)(lambda: (lambda: None, 1.0))
