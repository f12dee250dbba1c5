"""Contours, colours and layers."""

import itertools
import math

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from app.stage import colours, theme
from app.stage.axes import Mapping
from app.stage.contours import contour, contours
from app.stage.ground import Classes, ColourBar, Heatmap, Landmark, Layer, Line, Points, Region
from app.stage.plots import Plot
from core.optimization.optimizers import OPTIMIZERS


def grid(n: int = 41) -> tuple[np.ndarray, np.ndarray]:
    return np.meshgrid(np.linspace(-1, 1, n), np.linspace(-1, 1, n))


def test_contours_lie_where_the_level_is() -> None:
    x, y = grid(81)
    found = contour(x * x + y * y, 0.5)
    points = found.reshape(-1, 2) / 40 - 1
    assert len(found) > 100
    assert np.hypot(*points.T) == pytest.approx(math.sqrt(0.5), abs=2e-3)


def test_contours_are_closed_and_leave_no_end_loose() -> None:
    x, y = grid()
    found = contour(np.sin(4 * x) * np.cos(5 * y) - 0.2 * x, 0.15)
    ends = np.round(found.reshape(-1, 2), 9)
    inner = ends[(ends > 0).all(axis=1) & (ends < 40).all(axis=1)]
    _, met = np.unique(inner, axis=0, return_counts=True)
    assert set(met) == {2}


@pytest.mark.parametrize(("middle", "pairs"), [(0.9, "joined"), (-0.9, "apart")])
def test_a_cell_with_opposite_corners_above_asks_its_middle(middle: float, pairs: str) -> None:
    values = np.array([[1.0, -1.0 + middle], [-1.0 + middle, 1.0]])
    found = contour(values, 0.0)
    assert len(found) == 2
    assert any(corner(each) for each in found) == (pairs == "apart")


def corner(segment: np.ndarray) -> bool:
    """Whether a segment cuts the lower left corner off: from the side below to the side at the left."""
    ends = segment.reshape(2, 2)
    return bool((ends[:, 1] == 0).any() and (ends[:, 0] == 0).any())


def test_cells_with_a_hole_stay_empty() -> None:
    x, y = grid()
    values = x + 0 * y
    values[20, 20] = math.nan
    found = contours(values, [0.01, 0.5])
    near = np.abs(found.reshape(-1, 2, 2).mean(axis=1) - 20).max(axis=1) < 0.9
    assert not near.any()
    assert len(found) == 40 - 2 + 40


@pytest.mark.parametrize("look", theme.THEMES.values(), ids=lambda look: look.name)
@pytest.mark.parametrize("name", ["viridis", "cividis", "diverging"])
def test_trails_stay_legible_on_every_pale_map(look: theme.Theme, name: colours.ColourMap) -> None:
    """A trail has 3:1 against its rim, which parts it from the map; and is told from the map itself."""
    table = [QColor(*each) for each in colours.of(name, look).tolist()]
    for thing in OPTIMIZERS:
        colour = look.colour(thing)
        assert colours.contrast(colour, QColor(look.panel)) >= 3.0
        assert min(colours.contrast(colour, each) for each in table) >= 1.6


def test_a_diverging_map_has_its_zero_in_the_middle() -> None:
    heatmap = Heatmap(np.array([[-1.0, 0.5], [0.0, 3.0]]), (0, 1), (0, 1), colour_map="diverging")
    assert heatmap.span == (-3, 3)


def pixel(plot: Plot, x: float, y: float) -> QColor:
    at = plot.mapping.point(x, y)
    assert at is not None
    return plot.grab().toImage().pixelColor(at.toPoint())


def test_a_map_has_its_first_row_below_and_blanks_where_there_is_nothing(qtbot) -> None:
    plot = Plot(fixed=True)
    qtbot.addWidget(plot)
    plot.resize(300, 260)
    plot.set_range((0, 2), (0, 2))
    values = np.array([[0.0, 0.0], [1.0, math.nan]])
    plot.set_ground(Heatmap(values, (0, 2), (0, 2), cells=True))
    table = colours.of("viridis", plot.theme)
    assert pixel(plot, 0.5, 0.5).getRgb()[:3] == tuple(table[0])
    assert pixel(plot, 0.5, 1.5).getRgb()[:3] == tuple(table[255])
    assert pixel(plot, 1.5, 1.5) == QColor(plot.theme.ground)


def test_nodes_of_a_smooth_map_are_where_they_say(qtbot) -> None:
    """The contour of x = 0.3 on a 5x5 grid of nodes is drawn at 0.3, and the colours agree with it."""
    plot = Plot(fixed=True)
    qtbot.addWidget(plot)
    plot.resize(500, 400)
    plot.set_range((0, 1), (0, 1))
    x, _ = np.meshgrid(np.linspace(0, 1, 5), np.linspace(0, 1, 5))
    heatmap = Heatmap(x, (0, 1), (0, 1), levels=[0.3])
    found = heatmap._contours(plot.mapping)
    at = plot.mapping.point(0.3, 0.5)
    assert at is not None
    assert found[:, [0, 2]] == pytest.approx(at.x())
    assert found[:, [1, 3]].min() == pytest.approx(plot.mapping.rect.top())
    assert found[:, [1, 3]].max() == pytest.approx(plot.mapping.rect.bottom())


def test_classes_take_the_colour_of_their_code(qtbot) -> None:
    plot = Plot(fixed=True)
    qtbot.addWidget(plot)
    plot.resize(300, 260)
    plot.set_range((0, 3), (0, 1))
    plot.set_ground(Classes(np.array([[0, 1, -1]]), (0, 3), (0, 1), ("adam", "momentum"), strength=1.0))
    assert pixel(plot, 0.5, 0.5) == plot.theme.colour("adam")
    assert pixel(plot, 1.5, 0.5) == plot.theme.colour("momentum")
    assert pixel(plot, 2.5, 0.5) == QColor(plot.theme.ground)


def test_log_axes_place_a_map_by_its_exponents() -> None:
    mapping = Mapping(QRectF(0, 0, 300, 100), (-3, 0), (0, 1), log_x=True)
    assert mapping.rectangle((1e-3, 1.0), (0, 1)) == QRectF(0, 0, 300, 100)
    assert mapping.point(0.01, 0.5) == QPointF(100, 50)
    assert mapping.point(-1.0, 0.5) is None
    assert mapping.data(QPointF(200, 0)) == pytest.approx((0.1, 1.0))


@pytest.mark.parametrize("look", theme.THEMES.values(), ids=lambda look: look.name)
def test_every_layer_paints_something_in_both_themes(look: theme.Theme, qtbot) -> None:
    x, y = grid(9)
    heatmap = Heatmap(x * y, (-1, 1), (-1, 1), levels=5)
    layers: list[Layer] = [
        heatmap,
        ColourBar(heatmap, [(-1, "low"), (1, "high")], "Height"),
        Region(np.array([[-0.5, -0.5], [0.5, -0.5], [0, 0.5]]), "accent", "here"),
        Line(np.array([[-1.0, -1.0], [1.0, 1.0]]), "text", "along"),
        Points(np.array([[0.2, 0.3], [math.nan, 0.0]]), "positive"),
        Landmark(0, 0, "global", "minimum"),
        Landmark(0.5, 0.5, "local"),
        Landmark(-0.5, 0.5, "saddle", "saddle"),
    ]
    plot = Plot("x", "y", equal=True, title="All")
    qtbot.addWidget(plot)
    plot.resize(420, 360)
    plot.set_theme(look)
    plot.set_range((-1, 1), (-1, 1))
    seen = []
    for layer in layers:
        plot.set_ground(layer)
        seen.append(plot.grab().toImage())
    plot.set_ground()
    bare = plot.grab().toImage()
    assert all(image != bare for image in seen)


def test_labels_keep_clear_of_one_another(qtbot) -> None:
    from PySide6.QtGui import QPainter, QPixmap

    from app.stage.ground import Paper

    pixmap = QPixmap(300, 200)
    with QPainter(pixmap) as painter:
        paper = Paper(painter, Mapping(QRectF(0, 0, 300, 200), (0, 1), (0, 1)), theme.LIGHT, theme.font(11))
        for _ in range(8):
            paper.label(QPointF(150, 100), "a minimum", QColor("black"))
    assert 2 <= len(paper.taken) <= 4
    assert not any(a.intersects(b) for i, a in enumerate(paper.taken) for b in paper.taken[:i])


def test_several_levels_are_found_as_each_alone() -> None:
    x, y = grid(61)
    values = np.sin(4 * x) * np.cos(5 * y) - 0.2 * x
    values[7, 9], values[30, 31], values[50, 2] = math.nan, math.inf, -math.inf
    levels = (-0.6, 0.0, 0.15, 0.5)
    together = contours(values, levels)
    alone = np.concatenate([contour(values, level) for level in levels])
    assert len(together) > 300
    assert np.array_equal(together[np.lexsort(together.T)], alone[np.lexsort(alone.T)])
    assert contours(values, ()).shape == (0, 4)


def test_a_trail_does_not_cross_out_a_name(qtbot: QtBot) -> None:
    """A name is as dark over a trail as without one, whether the trail is painted at once or in pieces."""
    plot = Plot("x", "y")
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.set_range((0, 1), (0, 1))
    plot.set_ground(Landmark(0.3, 0.5, "global", "minimum"))
    bare = plot.grab().toImage()
    (name,) = plot._names
    box = name.rect.toRect()

    def dark(image: QImage) -> set[tuple[int, int]]:
        found = itertools.product(range(box.left(), box.right()), range(box.top(), box.bottom()))
        return {at for at in found if image.pixelColor(*at).lightness() < 70}

    line = np.column_stack([np.linspace(0, 1, 60), np.full(60, 0.5)])
    trail = plot.trail("adam", marker=False)
    for step in range(60):
        trail.show(line, step)
        pieces = plot.grab().toImage()
    plot.settle()
    for image in (pieces, plot.grab().toImage()):
        assert image.copy(box) != bare.copy(box)
        assert len(dark(bare)) > 20
        assert dark(bare) <= dark(image)
