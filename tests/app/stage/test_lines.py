"""Polylines as segments: what is left out, cut and dashed."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from app.stage import lines

BOX = QRectF(0, 0, 100, 80)


def distance_to_polyline(points: np.ndarray, polyline: np.ndarray) -> float:
    """The greatest distance of any point to the polyline."""
    start, way = polyline[:-1], np.diff(polyline, axis=0)
    square = np.maximum((way**2).sum(axis=1), 1e-30)
    worst = 0.0
    for point in points:
        share = np.clip(((point - start) * way).sum(axis=1) / square, 0, 1)
        worst = max(worst, float(np.hypot(*(start + share[:, None] * way - point).T).min()))
    return worst


def test_a_straight_line_needs_its_ends_alone() -> None:
    points = np.column_stack([np.linspace(0, 90, 1025), np.linspace(0, 45, 1025)])
    left = lines.simplified(points)
    assert len(left) < 40
    assert left[0].tolist() == points[0].tolist()
    assert left[-1].tolist() == points[-1].tolist()


@pytest.mark.parametrize("turns", [1, 5, 30])
def test_what_is_left_out_would_not_be_seen(turns: int) -> None:
    t = np.linspace(0, 2 * math.pi * turns, 2000)
    points = np.column_stack([50 + t * np.cos(t), 40 + t * np.sin(t)])
    assert distance_to_polyline(points, lines.simplified(points)) <= 0.05 * 6


def test_a_line_that_turns_back_on_itself_keeps_its_tips() -> None:
    there_and_back = np.array([[0.0, 0.0], [50.0, 0.0]] * 20)
    assert np.array_equal(lines.simplified(there_and_back), there_and_back)


def test_a_long_curve_costs_its_width_and_keeps_its_extremes() -> None:
    rng = np.random.default_rng(1)
    points = np.column_stack([np.linspace(0, 100, 50_000), rng.normal(size=50_000)])
    left = lines.by_column(points)
    assert len(left) <= 4 * 101
    for column in (0, 31, 99):
        there = points[np.floor(points[:, 0]) == column, 1]
        here = left[np.floor(left[:, 0]) == column, 1]
        assert (here.min(), here.max()) == (there.min(), there.max())
    assert left[0].tolist() == points[0].tolist()
    assert left[-1].tolist() == points[-1].tolist()
    assert (np.diff(left[:, 0]) >= 0).all()


def test_a_short_curve_and_one_with_gaps_stay_whole() -> None:
    points = np.column_stack([np.linspace(0, 100, 300), np.linspace(0, 1, 300)])
    assert lines.by_column(points) is points
    gaps = np.column_stack([np.linspace(0, 10, 300), np.linspace(0, 1, 300)])
    gaps[7] = math.nan
    assert lines.by_column(gaps) is gaps


def test_gaps_stay_gaps() -> None:
    points = np.column_stack([np.arange(40.0), np.zeros(40)])
    points[20] = math.nan
    found = lines.segments(lines.simplified(points))
    assert found[:, [0, 2]].max(initial=0) == 39
    assert not any(a < 20 < b for a, b in found[:, [0, 2]])


@given(arrays(float, (6, 4), elements=st.floats(-300, 300)))
def test_clipping_keeps_what_lies_inside(segments: np.ndarray) -> None:
    """Against sampling: every sampled point in the box lies on a clipped segment, and none lies outside."""
    cut = lines.clipped(segments, BOX, margin=0.0)
    assert ((cut[:, 0::2] >= -1e-6) & (cut[:, 0::2] <= 100 + 1e-6)).all()
    assert ((cut[:, 1::2] >= -1e-6) & (cut[:, 1::2] <= 80 + 1e-6)).all()
    share = np.linspace(0, 1, 41)[:, None]
    for x0, y0, x1, y1 in segments:
        sampled = np.array([x0, y0]) + share * np.array([x1 - x0, y1 - y0])
        inside = sampled[
            (sampled[:, 0] > 0.01)
            & (sampled[:, 0] < 99.99)
            & (sampled[:, 1] > 0.01)
            & (sampled[:, 1] < 79.99)
        ]
        for point in inside:
            nearest = min(distance_to_polyline(point[None], each.reshape(2, 2)) for each in cut)
            assert nearest < 1e-6


def length(found: np.ndarray) -> float:
    return float(np.hypot(found[:, 2] - found[:, 0], found[:, 3] - found[:, 1]).sum())


def test_dashes_have_the_length_that_their_pattern_says() -> None:
    straight = np.array([[0.0, 0.0, 130.0, 0.0]])
    made, travelled = lines.dashed(straight, (9.0, 4.0))
    assert travelled == 130
    assert length(made) == pytest.approx(90)
    assert made[0].tolist() == [0, 0, 9, 0]
    assert made[1].tolist() == [13, 0, 22, 0]


@given(st.lists(st.floats(0.01, 30), min_size=1, max_size=30))
def test_dashes_made_step_by_step_are_those_made_at_once(steps: list[float]) -> None:
    """The short way for one segment and the long way for many agree, over corners as well."""
    corners = np.zeros((len(steps) + 1, 2))
    for i, step in enumerate(steps):
        corners[i + 1] = corners[i] + ((step, 0) if i % 2 else (0, step))
    whole, end = lines.dashed(lines.segments(corners), (9.0, 3.5, 2.0, 3.5))
    pieces, at = [], 0.0
    for segment in lines.segments(corners):
        piece, at = lines.dashed(segment[None], (9.0, 3.5, 2.0, 3.5), at)
        pieces.append(piece)
    assert at == pytest.approx(end)
    assert length(np.concatenate(pieces)) == pytest.approx(length(whole), abs=1e-6)


def test_segments_are_drawn_without_an_object_each() -> None:
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    with QPainter(image) as painter:
        painter.setPen(lines.pen(QColor("black"), 2.0))
        lines.draw(painter, np.array([[2.0, 5.0, 18.0, 5.0], [10.0, 8.0, 10.0, 18.0]]))
        lines.draw(painter, np.empty((0, 4)))
    dark = {(x, y) for x in range(20) for y in range(20) if image.pixelColor(x, y).lightness() < 100}
    assert {(6, 4), (6, 5), (9, 12), (10, 12)} <= dark
    assert (15, 12) not in dark
