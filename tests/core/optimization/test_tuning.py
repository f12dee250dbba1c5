"""Tuning: equal budgets, the best of the trials, and the tuned race runs as its trial did."""

import numpy as np
import pytest

from core.config import from_query, replace
from core.optimization.course import surface_of
from core.optimization.race import race
from core.optimization.race_config import DEFAULT_RATES, NO_TEXTBOOK_RATE, runners
from core.optimization.tuning import (
    PROTOCOLS,
    TRIALS,
    ProtocolsConfig,
    as_comparison,
    as_race,
    compare,
    trials,
    tuned,
)  # fmt: skip
from core.optimization.verdicts import judge
from core.trace import Trace


def config(query=""):
    return from_query(ProtocolsConfig, query)


def frames_of(setting, start=None):
    return [frame for frame in compare(setting, start=start) if frame is not None]


def last(query=""):
    return frames_of(config(query))[-1]


def verdicts_of(setting):
    if isinstance(setting, ProtocolsConfig):
        setting = as_race(setting, "own")
    trace = Trace(race, setting).run()
    return dict(zip(trace.frame(0).runners, judge(trace.series, setting, surface_of(setting)), strict=True))


def test_the_table_grows_by_one_optimizer_at_a_time():
    frames = frames_of(config("steps=60"))
    names = runners(config())
    assert [f.done for f in frames] == list(range(len(names) + 1))
    assert all(len(f.table("same")) == len(f.table("defaults")) == len(names) for f in frames)
    assert [len(f.table("tuned")) for f in frames] == list(range(len(names) + 1))
    assert {row.runner for row in frames[-1].table("tuned")} == set(names)


def test_it_goes_on_from_any_frame():
    frames = frames_of(config("steps=40"))
    assert [f.rows for f in frames_of(config("steps=40"), frames[2])] == [f.rows for f in frames[3:]]


@pytest.mark.parametrize(
    "query", ["", "surface=himmelblau&noise=0.2", "surface=reddi&schedule=warm_up", "surface=rosenbrock"]
)
def test_a_trial_is_the_race_with_that_rate(query):
    setting = config(f"steps=120&{query}")
    for name in runners(setting):
        every = trials(setting, surface_of(setting), name)
        for i in (0, 12, 20, 30):
            alone = verdicts_of(replace(setting, f"{name}.learning_rate", float(TRIALS[i])))[name]
            for part in ("code", "since", "minimum"):
                assert getattr(every[i], part) == getattr(alone, part)
            assert every[i].length == pytest.approx(alone.length, rel=1e-6)


def test_none_of_the_trials_beats_the_chosen_one():
    setting = config("steps=300&surface=booth")
    for row in last("steps=300&surface=booth").table("tuned"):
        every = trials(setting, surface_of(setting), row.runner)
        arrived = [v.since for v in every if v.code == "reached"]
        assert row.verdict.since == min(arrived)
        assert row.learning_rate in TRIALS


def test_the_tuned_race_does_what_its_trials_promised():
    setting = config("steps=200")
    frame = last("steps=200")
    race_of_tuned = tuned(setting, frame)
    found = verdicts_of(race_of_tuned)
    assert race_of_tuned.protocol == "own"
    for row in frame.table("tuned"):
        assert found[row.runner].code == row.verdict.code
        assert found[row.runner].since == row.verdict.since
        assert found[row.runner].length == pytest.approx(row.verdict.length, rel=1e-9)


def test_rows_are_ranked_and_count_what_was_spent():
    frame = last("steps=200")
    for protocol in PROTOCOLS:
        rows = frame.table(protocol)
        ranks = [row.rank for row in rows if row.rank is not None]
        assert ranks == sorted(ranks)
        assert all((row.rank is None) == (row.verdict.code != "reached") for row in rows)
        spent = 31 * 200 if protocol == "tuned" else 0
        assert all(row.evaluations == row.verdict.since + spent for row in rows if row.rank)
    assert any(row.rank for row in frame.table("tuned"))


def test_defaults_say_where_they_are_no_recommendation():
    rows = {row.runner: row for row in last("steps=20").table("defaults")}
    assert {name for name, row in rows.items() if not row.recommended} == NO_TEXTBOOK_RATE
    assert {name: row.learning_rate for name, row in rows.items()} == {n: DEFAULT_RATES[n] for n in rows}
    assert all(row.recommended for row in last("steps=20").table("same"))


def test_five_rates_to_a_decade():
    np.testing.assert_allclose(TRIALS[5:] / TRIALS[:-5], 10)
    assert (TRIALS[0], TRIALS[-1]) == pytest.approx((1e-5, 10))


def test_a_comparison_and_its_race_share_the_course():
    setting = config("surface=booth&rotation=30&same_rate=0.2&adam.beta1=0.8")
    assert as_comparison(as_race(setting, "own")) == setting
    assert setting.frames() == len(frames_of(setting))


def test_others_have_their_turn_every_hundred_steps():
    """Nobody waits for a whole search: 31 runs of 250 steps are handed out in three parts."""
    setting = config("steps=250")
    parts = [frame is None for frame in compare(setting)]
    races = 2 * [True, True]
    assert parts == [*races, False, *len(runners(setting)) * [True, True, False]]
