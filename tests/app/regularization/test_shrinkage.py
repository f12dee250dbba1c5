"""One weight on stage: what is dragged, what is drawn, and that the card keeps its word."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.regularization import shrinkage_words
from app.regularization.cards.shrinkage import SHRINKAGE
from app.regularization.shrinkage import ShrinkageView
from app.stage.handles import Handle
from app.stage.source import listing
from core.config import from_query, validate
from core.regularization.shrinkage import METHODS, ShrinkageConfig, ShrinkageFrame, shrink, shrinkage
from tests.app.stand import Stand, runner


@pytest.fixture
def stand(qtbot: QtBot) -> Stand:
    return Stand(qtbot, ShrinkageView(), ShrinkageConfig(), runner(shrinkage), (880, 580))


def preset(index: int) -> ShrinkageFrame:
    return shrink(validate(from_query(ShrinkageConfig, SHRINKAGE.presets[index].query)))


def drag(qtbot: QtBot, stand: Stand, handle: Handle, to: tuple[float, float]) -> None:
    """Pressed, moved and let go."""
    goal = stand.view.curves.mapping.point(*to)
    assert goal is not None
    qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=handle.rect().center())
    qtbot.mouseMove(handle, handle.mapFromParent(goal.toPoint()))
    assert stand.commits == 0
    qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=handle.rect().center())
    assert stand.commits == 1


def test_the_ring_stays_on_the_diagonal(qtbot: QtBot, stand: Stand) -> None:
    drag(qtbot, stand, stand.view.z, (-2.0, -4.0))  # pulled off it: the nearest point on it
    assert stand.config.z == pytest.approx(-3.0, abs=0.05)
    assert stand.view.z.position() == (stand.config.z, stand.config.z)
    assert stand.config.penalty == 1.0
    for method in METHODS:
        assert stand.view.weights[method].data == (stand.config.z, stand.frame.weights[method])


def test_the_diamond_is_where_the_lasso_leaves_zero(qtbot: QtBot, stand: Stand) -> None:
    drag(qtbot, stand, stand.view.threshold, (2.0, 3.0))
    assert stand.config.penalty == pytest.approx(2.0, abs=0.05)
    assert stand.view.threshold.position()[1] == 0.0
    assert stand.frame.weights["lasso"] == 0.0
    grid, soft = stand.frame.grid, stand.frame.curves["lasso"]
    assert (soft[np.abs(grid) <= stand.config.penalty] == 0.0).all()
    assert (soft[np.abs(grid) > stand.config.penalty + 0.02] != 0.0).all()


def test_the_diamond_does_not_leave_the_axis_to_the_left(qtbot: QtBot, stand: Stand) -> None:
    drag(qtbot, stand, stand.view.threshold, (-3.0, 0.0))
    assert stand.config.penalty == 0.0
    assert stand.frame.weights["ridge"] == 1.5
    assert "Without a penalty" in stand.view.notes(stand.trace, 0)[0]
    stand.view.grab()


def test_keys_move_both(qtbot: QtBot, stand: Stand) -> None:
    qtbot.keyClick(stand.view.threshold, Qt.Key.Key_Right)
    assert stand.config.penalty > 1.0
    qtbot.keyClick(stand.view.z, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert stand.config.z > 1.5
    assert stand.commits == 2


def test_a_click_puts_z_there(qtbot: QtBot, stand: Stand) -> None:
    at = stand.view.curves.mapping.point(-2.5, 3.0)
    qtbot.mouseClick(stand.view.curves.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at.toPoint()))
    assert stand.config.z == pytest.approx(-2.5, abs=0.05)
    assert stand.commits == 1


def test_minima_are_marked_where_the_objectives_are_least(stand: Stand) -> None:
    for z in (0.4, 1.5, -3.0):
        stand.show(ShrinkageConfig(z=z))
        for method, mark in stand.view.minima.items():
            w, value = mark.data
            assert w == stand.frame.weights[method]
            assert stand.frame.objectives[method].min() - 1e-3 <= value
            assert value <= stand.frame.objectives[method].min() + 1e-12


def test_the_picture_settles_to_the_same_whatever_was_shown_before(stand: Stand) -> None:
    def picture():
        QApplication.processEvents()
        return stand.view.grab().toImage()

    before = picture()
    stand.show(ShrinkageConfig(z=-4.0, penalty=3.0, rows=7))
    assert picture() != before
    stand.show(ShrinkageConfig())
    assert picture() == before


# --- what the card claims ------------------------------------------------------------------------------


def test_three_ways() -> None:
    assert preset(0).weights == {"lasso": 0.5, "ridge": 0.5, "hard_threshold": 1.5}


def test_exactly_zero() -> None:
    weights = preset(1).weights
    assert weights["lasso"] == 0.0
    assert 0 < weights["ridge"] < 0.3


def test_a_large_weight() -> None:
    weights = preset(2).weights
    assert weights == {"lasso": 3.5, "ridge": pytest.approx(1.5), "hard_threshold": 4.5}


def test_just_below_the_cliff() -> None:
    below, above = preset(3), shrink(ShrinkageConfig(z=1.01))
    assert below.weights["hard_threshold"] == 0.0
    assert above.weights["hard_threshold"] == 1.01
    assert above.weights["lasso"] - below.weights["lasso"] < 0.02


def test_whose_lambda(stand: Stand) -> None:
    frame = preset(4)
    table = {(each.method, each.library): each for each in frame.conversions}
    assert table["lasso", "scikit-learn"].alpha == pytest.approx(1 / 442)
    assert table["ridge", "scikit-learn"].alpha == 2.0
    for method in ("lasso", "ridge", "elastic_net"):
        weights = [each.weight for each in frame.conversions if each.method == method]
        np.testing.assert_allclose(weights, weights[0], atol=1e-9)
    stand.show(from_query(ShrinkageConfig, SHRINKAGE.presets[4].query))
    told = stand.view.table.accessibleDescription()
    assert "Lasso(alpha=0.00226) gives w = 0.5" in told
    assert "lambda = 0.00452, alpha = 0 gives w = 0.5" in told


@pytest.mark.parametrize("index", range(5))
def test_words_say_what_is_there(index: int, stand: Stand) -> None:
    stand.show(from_query(ShrinkageConfig, SHRINKAGE.presets[index].query))
    told, notes = stand.view.describe(stand.trace, 0), stand.view.notes(stand.trace, 0)
    assert all(note.endswith(".") for note in notes)
    assert "nan" not in " ".join([told, *notes])
    assert f"on {stand.config.rows} rows" in " ".join(notes)
    assert ("exactly 0" in notes[0]) == (stand.frame.weights["lasso"] == 0)


def test_every_cell_has_an_objective() -> None:
    for each in preset(0).conversions:
        assert "‖" in shrinkage_words.OBJECTIVES[each.method, each.library]
        assert shrinkage_words.setting(each)


def test_each_equation_names_a_line_of_source() -> None:
    for equation in preset(0).explain():
        tags = [line.tag for line in listing(equation.function).lines]
        assert tags.count(equation.tag) == 1
