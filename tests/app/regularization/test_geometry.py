"""What a hand does to the geometry, what each preset shows, and the words for it."""

from __future__ import annotations

import itertools
import math
import re
import time

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.regularization.cards.geometry import GEOMETRY
from app.regularization.geometry import GeometryView
from app.regularization.geometry_shapes import RING, ellipse
from app.regularization.geometry_words import percent
from app.regularization.ledger import Ledger, Line
from app.stage.handles import Handle
from app.stage.theme import DARK, LIGHT
from core.config import from_query, validate
from core.regularization.balls import quadratic
from core.regularization.geometry import GeometryConfig, GeometryFrame, picture_of, race
from core.trace import Trace


class Stand:
    """The stage, in short: an edit is validated, what follows from it follows, and the end is shown."""

    def __init__(self, qtbot: QtBot, query: str = "") -> None:
        self.view = GeometryView()
        qtbot.addWidget(self.view)
        self.view.resize(940, 600)
        self.view.set_theme(LIGHT)
        self.commits = 0
        self.config = from_query(GeometryConfig, query)
        self.view.edited.connect(self._edited)
        self.view.committed.connect(self._committed)
        self.show(self.config)
        self.view.show()
        qtbot.waitExposed(self.view)

    def _edited(self, config: GeometryConfig) -> None:
        self.show(validate(config).follow(self.config))

    def _committed(self) -> None:
        self.commits += 1
        self.view.settle()

    def show(self, config: GeometryConfig) -> None:
        self.config = config
        self.trace = Trace(race, config).run()
        self.view.show_config(config, None)
        self.at(self.trace.available - 1)

    def at(self, index: int) -> None:
        self.view.draw(self.trace, index)

    @property
    def frame(self) -> GeometryFrame:
        found = self.trace.frame(self.trace.available - 1)
        assert isinstance(found, GeometryFrame)
        return found

    def drag(self, handle: Handle, *to: tuple[float, float]) -> None:
        """Along so many points, in data coordinates."""
        QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=handle.rect().center())
        for x, y in to:
            at = handle.plot.mapping.point(x, y)
            assert at is not None
            QTest.mouseMove(handle, handle.mapFromParent(at.toPoint()))
        QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=handle.rect().center())

    def picture(self) -> QImage:
        self.view.settle()
        QApplication.processEvents()
        return self.view.grab().toImage()


# --- a hand -------------------------------------------------------------------------------------------


def test_the_free_minimum_is_dragged_and_lambda_follows(qtbot: QtBot) -> None:
    stand = Stand(qtbot)
    stand.drag(stand.view.minimum, (0.5, 1.5), (2.0, -1.0))
    assert stand.config.minimum == pytest.approx((2.0, -1.0), abs=0.02)
    assert stand.config.budget == 1.0
    assert stand.config.strength == pytest.approx(stand.frame.picture.touch.strength, rel=1e-3)
    assert stand.commits == 1


def test_the_corner_of_the_ball_is_the_budget(qtbot: QtBot) -> None:
    stand = Stand(qtbot, "held=strength")
    stand.drag(stand.view.ball, (-1.6, 0.7))
    assert stand.config.budget == pytest.approx(1.6, abs=0.02)
    assert stand.config.held == "budget"
    assert stand.view.ball.position() == (pytest.approx(-stand.config.budget), 0.0), (
        "let go, it is on its axis"
    )


def test_the_axis_turns_and_stretches(qtbot: QtBot) -> None:
    stand = Stand(qtbot)
    x, y = stand.config.minimum
    reach = RING * math.sqrt(3.0)
    stand.drag(stand.view.axis, (x - reach * math.cos(1.0), y - reach * math.sin(1.0)))
    assert stand.config.rotation == pytest.approx(math.degrees(1.0), abs=1.5)
    assert stand.config.stretch == pytest.approx(3.0, rel=0.05)
    at = stand.view.axis.position()
    assert at is not None
    off = np.array(at) - (x, y)
    assert np.hypot(*off) == pytest.approx(RING * math.sqrt(stand.config.stretch))


def test_the_start_moves_the_solvers_alone(qtbot: QtBot) -> None:
    stand = Stand(qtbot)
    before = stand.frame.picture.touch
    stand.drag(stand.view.start, (-2.0, -2.0))
    assert stand.trace.series("positions")[0] == pytest.approx(np.full((5, 2), -2.0), abs=0.02)
    assert stand.frame.picture.touch == before


def test_the_point_of_the_curve_is_the_budget_too(qtbot: QtBot) -> None:
    stand = Stand(qtbot)
    chart = stand.view.budgets
    stand.drag(chart.point, (2.0, 0.5))
    assert stand.config.budget == pytest.approx(2.0, abs=0.03)
    assert chart.point.position() == pytest.approx((stand.frame.picture.spent, stand.frame.picture.loss))


def test_while_a_hand_moves_the_axes_stay(qtbot: QtBot) -> None:
    stand = Stand(qtbot)
    stand.view.settle()
    handle, chart = stand.view.minimum, stand.view.budgets
    before = chart.view_range()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=handle.rect().center())
    QTest.mouseMove(handle, handle.rect().center() + QPoint(60, 60))
    assert stand.config.minimum != (1.1, 1.9)
    assert chart.view_range() == before
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=handle.rect().center())
    assert chart.view_range() != before


def test_keys_move_a_handle(qtbot: QtBot) -> None:
    stand = Stand(qtbot)
    QTest.keyClick(stand.view.minimum, Qt.Key.Key_Right)
    assert stand.config.minimum[0] > 1.1
    assert stand.commits == 1
    assert "Free minimum at (" in stand.view.minimum.accessibleName()


def test_lp_has_no_start_and_lists_its_minima(qtbot: QtBot) -> None:
    stand = Stand(qtbot)
    assert stand.view.start.isVisible()
    stand.show(from_query(GeometryConfig, GEOMETRY.presets[3].query))
    stand.view.resize(1000, 640)
    QApplication.processEvents()
    assert not stand.view.start.isVisible()
    assert not stand.view.race.isVisible()
    assert [line.cells[1] for line in stand.view.ledger.lines] == ["1 of 2", "2 of 2"]
    stand.show(GeometryConfig())
    assert stand.view.start.isVisible()


def test_a_line_of_the_table_is_chosen(qtbot: QtBot) -> None:
    stand = Stand(qtbot)
    table = stand.view.ledger
    row = QPoint(30, round(4.5 * table.row_height()))
    QTest.mouseClick(table, Qt.MouseButton.LeftButton, pos=row)
    assert stand.config.inspected == "subgradient"
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert stand.config.inspected == "adam"
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert stand.config.inspected == "ista"
    assert stand.commits == 3


def test_a_table_that_is_only_read_takes_no_clicks(qtbot: QtBot) -> None:
    table = Ledger()
    qtbot.addWidget(table)
    table.show_lines(("A", "B"), (Line("x", "", ("1", "2")),), name="Two numbers", choosable=False)
    chosen: list[str] = []
    table.chosen.connect(chosen.append)
    QTest.mouseClick(table, Qt.MouseButton.LeftButton, pos=QPoint(30, round(1.5 * table.row_height())))
    assert chosen == []
    assert table.accessibleDescription() == "1, 2"


# --- what is drawn ------------------------------------------------------------------------------------


def colours_of(image: QImage) -> np.ndarray:
    """Blue, green and red of each pixel: (height, width, 3)."""
    held = image.convertToFormat(QImage.Format.Format_RGB32)  # its memory goes when it goes
    shape = (held.height(), held.bytesPerLine() // 4, 4)
    return np.frombuffer(held.constBits(), np.uint8).reshape(shape)[:, : held.width(), :3].astype(int)


def inked(image: QImage, colour: QColor) -> int:
    """Pixels of exactly a colour."""
    wanted = (colour.blue(), colour.green(), colour.red())
    return int((colours_of(image) == wanted).all(axis=-1).sum())


def test_the_region_is_shaded_as_much_as_its_share_says(qtbot: QtBot) -> None:
    """Counted in pixels of the picture, away from all lines."""
    stand = Stand(qtbot)
    for config in (GeometryConfig(), GeometryConfig(held="strength"), GeometryConfig(penalty="l2")):
        stand.show(config)
        seen = stand.picture()
        stand.show(replace(config, shaded=False))
        bare = stand.picture()
        box = stand.view.plane.mapping.rect.toRect()
        place = box.translated(stand.view.plane.pos())
        before, after = (colours_of(each.copy(place)) for each in (seen, bare))
        changed = (np.abs(before - after).max(axis=-1) > 2).mean()
        picture = stand.frame.picture
        share = (picture.for_budget if config.held == "budget" else picture.for_strength).share
        assert changed == pytest.approx(share, abs=0.03)


def test_ellipses_are_contours(qtbot: QtBot) -> None:
    bowl = quadratic((0.7, -1.2), 33.0, 3.0)
    ring = ellipse(bowl, 0.8)
    assert bowl.loss(ring[:, 0], ring[:, 1]) == pytest.approx(0.8)
    assert np.hypot(*(ring - (0.7, -1.2)).T).max() == pytest.approx(math.sqrt(1.6 * 3.0), rel=1e-3)


def test_one_unit_of_each_weight_is_as_long(qtbot: QtBot) -> None:
    stand = Stand(qtbot)
    for size in ((700, 480), (1500, 600), (620, 900)):
        stand.view.resize(*size)
        QApplication.processEvents()
        box = stand.view.plane.mapping.rect
        assert box.width() == pytest.approx(box.height(), abs=1.0)


def test_the_same_step_is_the_same_picture_after_a_drag(qtbot: QtBot) -> None:
    stand = Stand(qtbot)
    before = stand.picture()
    stand.show(GeometryConfig(minimum=(2.0, 0.3), penalty="l2"))
    assert stand.picture() != before
    stand.view.set_theme(DARK)
    stand.view.set_theme(LIGHT)
    stand.show(GeometryConfig())
    assert stand.picture() == before


def test_a_drag_costs_less_than_a_frame(qtbot: QtBot) -> None:
    stand = Stand(qtbot)
    spent = []
    for k in range(12):
        begin = time.thread_time()
        stand.show(replace(stand.config, minimum=(1.1 + 0.01 * k, 1.9)))
        stand.view.plane.viewport().repaint()
        stand.view.budgets.viewport().repaint()
        spent.append(time.thread_time() - begin)
    assert min(spent) < 0.016


# --- words --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("penalty", ["l1", "l2", "elastic_net", "lp"])
@pytest.mark.parametrize(
    "query", ["", "held=strength&strength=10", "budget=4", "minimum=[0,0]", "p=4", "l1_ratio=0"]
)
def test_words_hold_whatever_is_set(qtbot: QtBot, penalty: str, query: str) -> None:
    stand = Stand(qtbot, f"penalty={penalty}&{query}")
    said = [stand.view.describe(stand.trace, 0), *stand.view.notes(stand.trace, stand.trace.available - 1)]
    said += [stand.view.head.whole, stand.view.foot.whole, stand.view.ledger.accessibleDescription()]
    assert all(said)
    assert not re.search(r"\b(nan|inf)\b", " ".join(said), re.IGNORECASE)


def test_shares_are_exact_at_their_ends() -> None:
    assert [percent(each) for each in (0.0, 0.00004, 0.5632, 1.0)] == [
        "0 %",
        "under 0.1 %",
        "56.3 %",
        "100 %",
    ]


# --- presets ------------------------------------------------------------------------------------------


def preset(index: int) -> GeometryConfig:
    return from_query(GeometryConfig, GEOMETRY.presets[index].query)


def ends(config: GeometryConfig) -> dict[str, int]:
    frame = Trace(race, config).run().frame(config.steps)
    assert isinstance(frame, GeometryFrame)
    return dict(zip(frame.solvers, frame.zeros.tolist(), strict=True))


@pytest.mark.parametrize("index", range(6))
def test_a_presets_budget_and_lambda_belong_together(index: int) -> None:
    config = preset(index)
    assert config.follow(replace(config, steps=config.steps + 1)) == config


def test_l1_keeps_w1_at_zero_all_over_the_region() -> None:
    config = preset(0)
    for minimum in ((1.1, 1.9), (-0.4, 2.4), (1.6, 2.6), (-1.6, -2.6)):
        assert picture_of(replace(config, minimum=minimum)).touch.w1 == 0.0
    zeros = ends(config)
    assert sum(zeros.values()) == 3
    assert (zeros["subgradient"], zeros["adam"]) == (0, 0)


def test_l2_shrinks_both_and_neither_is_zero() -> None:
    config = preset(1)
    for minimum in ((1.1, 1.9), (-2.4, 0.7), (0.3, -2.0)):
        picture = picture_of(replace(config, minimum=minimum))
        assert picture.touch.zeros == 0
        assert np.hypot(picture.touch.w1, picture.touch.w2) < np.hypot(*minimum)
        assert picture.for_budget.share == picture.for_strength.share == 0.0


def test_the_elastic_nets_region_narrows_to_nothing() -> None:
    shares = [picture_of(replace(preset(2), l1_ratio=r)).for_budget.share for r in (1.0, 0.7, 0.4, 0.1, 0.0)]
    assert all(after < before for before, after in itertools.pairwise(shares))
    assert shares[-1] == 0.0
    assert picture_of(replace(preset(2), l1_ratio=0.1)).touch.budget == 1.0


def test_p_one_half_jumps_over_budgets() -> None:
    config, strengths = preset(3), np.linspace(0.1, 1.0, 91).tolist()
    reached = [picture_of(replace(config, strength=each)).touch.budget for each in strengths]
    jumps = -np.diff(reached)
    assert (jumps > 0.5).sum() == 2
    assert len(picture_of(config).gaps) == 2


def test_shrinking_steps_come_closer_and_still_find_no_zero() -> None:
    config = preset(4)
    trace = Trace(race, config).run()
    names = trace.frame(0).solvers  # type: ignore[union-attr]
    for name in ("subgradient", "adam"):
        away = trace.series("distances")[:, names.index(name)]
        assert away[-50:].max() < away[100:150].max() < away[20:60].max()
        assert ends(config)[name] == 0


def test_a_larger_p_makes_the_weights_more_alike() -> None:
    ratios = []
    for p in (4.0, 3.0, 2.0, 1.5, 1.1, 1.0):
        touch = picture_of(replace(preset(5), p=p)).touch
        ratios.append(touch.w1 / touch.w2)
    assert all(after < before for before, after in itertools.pairwise(ratios))
    assert ratios[-1] == 0.0
