"""Verdicts: each rule on a path made for it, and on races whose outcome is known."""

import time

import numpy as np
import pytest

from core.config import from_query
from core.optimization.course import surface_of
from core.optimization.race import RaceConfig, measure, race
from core.optimization.surfaces import SURFACES
from core.optimization.verdicts import STAY, judge, ranking, stays
from core.trace import Trace


def of_paths(surface, *paths, query=""):
    """The verdicts on paths written down, each a list of points of one length."""
    positions = np.stack([np.asarray(path, float) for path in paths], axis=1)
    found = [measure(surface, row, surface.value(row)) for row in positions]
    columns = {
        "positions": positions, "diverged": np.zeros(positions.shape[:2]),
        "values": surface.value(positions), "slopes": np.linalg.norm(surface.gradient(positions), axis=-1),
        **{name: np.stack([f[i] for f in found]) for i, name in enumerate(("nearest", "distances", "gaps"))},
    }  # fmt: skip
    return judge(columns.__getitem__, from_query(RaceConfig, query), surface)


def of_race(query):
    config = from_query(RaceConfig, query)
    trace = Trace(race, config).run()
    return dict(
        zip(trace.frame(0).runners, judge(trace.series, config, surface_of(config)), strict=True)
    ), trace


def line(a, b, count):
    return np.linspace(a, b, count).tolist()


BOWL = SURFACES["quadratic"]


def test_reached_counts_from_the_first_step_of_the_last_stay():
    path = [*line((1, 0), (0, 0), 11), *[(0, 0)] * 20]
    (v,) = of_paths(BOWL, path, query="tolerance=0.15")
    assert (v.code, v.since, v.evaluations, v.minimum, v.is_global) == ("reached", 9, 9, 0, True)
    assert v.distance == 0
    assert v.length == pytest.approx(1)


def test_shooting_through_is_neither_reached_nor_left():
    path = [*line((-1, 0), (1, 0), 21), *line((1, 0), (1.5, 0), 30)]
    (v,) = of_paths(BOWL, path, query="tolerance=0.15")
    assert v.code == "moving"
    assert v.closest == pytest.approx(0, abs=1e-15)


def test_left_after_a_stay():
    path = [*[(0, 0)] * STAY, *line((0.5, 0), (1.5, 0), 30)]
    (v,) = of_paths(BOWL, path, query="tolerance=0.15")
    assert (v.code, v.since, v.evaluations) == ("left", STAY, None)


def test_by_value_and_by_distance_are_different_questions():
    flat = [(0.1, 0.0)] * 30  # loss 0.005, distance 0.1
    assert of_paths(BOWL, flat, query="tolerance=0.01&reached_by=value")[0].code == "reached"
    assert of_paths(BOWL, flat, query="tolerance=0.01&reached_by=distance")[0].code == "stalled"


def test_a_saddle_is_called_a_saddle_and_only_once_it_holds_the_run():
    saddle = SURFACES["saddle"]
    stuck, passing = [(0.001, 0)] * 60, line((0, -0.6), (0, 0.6), 60)
    codes = [v.code for v in of_paths(saddle, stuck, passing)]
    assert codes == ["saddle", "moving"]


def test_stalled_and_circling():
    crawl = line((3, 0), (3 - 1e-5, 0), 60)
    circle = [(3 + np.cos(k), np.sin(k)) for k in np.arange(60) * (2 * np.pi / 50)]
    assert [v.code for v in of_paths(BOWL, crawl, circle)] == ["stalled", "circling"]


def test_races_whose_outcome_is_known():
    verdicts, _ = of_race("surface=saddle&start=[2,0]")
    assert {v.code for v in verdicts.values()} == {"saddle"}
    verdicts, _ = of_race("surface=formula&formula=x^2-y^2%2By^4/4&start=[2,0]")  # the saddle has to be found
    assert {v.code for v in verdicts.values()} == {"saddle"}
    verdicts, _ = of_race("surface=plateau")
    assert verdicts["gradient_descent"].code == "stalled"
    assert verdicts["adam"].code == "reached"
    verdicts, _ = of_race("surface=rosenbrock&steps=2000")
    assert (verdicts["gradient_descent"].code, verdicts["gradient_descent"].since) == ("diverged", 3)
    assert verdicts["adam"].code == "reached"
    verdicts, _ = of_race("surface=styblinski_tang&protocol=same&same_rate=0.01")
    assert not verdicts["momentum"].is_global
    verdicts, _ = of_race("steps=2000&tolerance=1e-6&condition=100&protocol=same&same_rate=0.01")
    assert verdicts["rmsprop"].code == "left"  # it came within 1e-180, and its tiny average threw it out


def test_ackleys_minimum_is_reached_though_its_slope_never_vanishes():
    verdicts, trace = of_race("surface=ackley&start=[0.4,0.3]&protocol=same&same_rate=0.01&tolerance=0.05")
    assert verdicts["adam"].code == "reached"
    assert verdicts["adam"].is_global
    adam = trace.frame(0).runners.index("adam")
    assert trace.series("slopes")[-1, adam] > 1


def test_a_verdict_at_an_earlier_step_is_the_verdict_of_a_shorter_race():
    config = from_query(RaceConfig, "steps=200&surface=himmelblau")
    trace, surface = Trace(race, config).run(), surface_of(config)
    for k in (0, 1, 5, 9, 10, 30, 120, 200):
        short = Trace(race, config).run(k + 1)
        assert judge(trace.series, config, surface, k) == judge(short.series, config, surface)


def test_no_minimum_no_arrival():
    verdicts, _ = of_race("surface=formula&formula=x%2By&steps=60")
    assert {v.minimum for v in verdicts.values()} == {-1}
    assert all(v.distance is None and v.gap is None and v.evaluations is None for v in verdicts.values())
    assert {v.code for v in verdicts.values()} <= {"moving", "stalled"}


def test_ranking_puts_global_before_local_shares_ties_and_leaves_the_rest_unranked():
    camel = SURFACES["six_hump_camel"]
    best, worse = camel.minima[0].position, camel.minima[-1].position
    far = line((2, 1), (1.9, 1), 40)
    slow = [*[(0, 0)] * 20, *[best] * 20]
    verdicts = of_paths(camel, [worse] * 40, far, slow, [best] * 40, [best] * 40)
    assert ranking(verdicts, spent=100) == [
        (3, 1, 100), (4, 1, 100), (2, 3, 120), (0, 4, 100), (1, None, None),
    ]  # fmt: skip


def test_stays_by_hand():
    inside = np.zeros((20, 4), bool)
    inside[5:, 0] = True  # to the end
    inside[2:14, 1] = True  # a stay that ended
    inside[17:, 2] = True  # too short as yet
    since, ever, last = stays(inside)
    assert since.tolist() == [5, 20, 17, 20]
    assert ever.tolist() == [True, True, False, False]
    assert last.tolist() == [19, 13, -1, -1]


def test_a_verdict_is_cheap_at_any_playhead():
    config = from_query(RaceConfig, "steps=2000&surface=rastrigin&adamw.on=true&amsgrad.on=true")
    trace, surface = Trace(race, config).run(), surface_of(config)
    best = np.inf
    for _ in range(5):
        began = time.perf_counter()
        judge(trace.series, config, surface, 1999)
        best = min(best, time.perf_counter() - began)
    assert best < 0.01


def test_where_the_loss_has_no_value_nobody_diverges():
    """sqrt(x) + y^2 has no value left of x = 0: a start there is told, and so is a step into it."""
    verdicts, trace = of_race("surface=formula&formula=sqrt(x)%2By^2&start=[-1,0.5]&steps=20")
    assert {(v.code, v.since) for v in verdicts.values()} == {("undefined", 0)}
    config = from_query(RaceConfig, "surface=formula&formula=sqrt(x)%2By^2&start=[-1,0.5]&steps=20")
    at_once = judge(trace.series, config, surface_of(config), 0)
    assert {(v.code, v.since) for v in at_once} == {("undefined", 0)}
    assert ranking(at_once)[0][1] is None
    verdicts, trace = of_race(
        "surface=formula&formula=sqrt(x)%2By^2&start=[0.04,0.5]&protocol=same&same_rate=0.1"
    )
    found = verdicts["gradient_descent"]
    assert (found.code, found.since) == ("undefined", 1)  # 0.04 - 0.1 / (2 sqrt(0.04)) is below 0
    assert trace.series("positions")[1, 0, 0] == pytest.approx(-0.21)
    verdicts, _ = of_race("surface=rosenbrock&steps=50&protocol=same&same_rate=1")
    assert verdicts["gradient_descent"].code == "diverged"  # it has a value everywhere
