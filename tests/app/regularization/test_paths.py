"""The coefficient paths on stage: what a drag, a click and a key do, and that the card keeps its word."""

import functools

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.regularization import paths_words
from app.regularization.cards.paths import PATHS
from app.regularization.path_layers import HUES, STYLES, hue, style
from app.regularization.paths import PathsView
from app.stage import theme
from app.stage.colours import contrast, resolve
from app.stage.source import listing
from core.config import from_query, get, validate
from core.regularization.paths import Path, PathsConfig, paths, prepare
from core.trace import Trace
from tests.app.stand import Stand


@functools.lru_cache(maxsize=32)
def _prepared(key: tuple) -> Path:
    return prepare(PathsConfig(**dict(zip(prepare.fields, key, strict=True))))


def solved(config: PathsConfig) -> Path:
    return _prepared(tuple(get(config, name) for name in prepare.fields))


def preset(index: int) -> PathsConfig:
    return validate(from_query(PathsConfig, PATHS.presets[index].query))


class Course(Stand):
    @property
    def path(self) -> Path:
        return solved(self.config)

    @property
    def at(self) -> int:
        return self.path.nearest(self.config.cursor)


def run(config: PathsConfig) -> Trace:
    return Trace(paths, config, solved(config)).run(1)


@pytest.fixture
def stand(qtbot: QtBot) -> Course:
    return Course(qtbot, PathsView(), PathsConfig(), run, (880, 580))


def pixel(stand: Course, alpha: float) -> QPoint:
    at = stand.view.paths.mapping.point(alpha, 0.0)
    assert at is not None
    return at.toPoint()


def test_the_ring_is_dragged_along_the_path_and_commits_once(qtbot: QtBot, stand: Course) -> None:
    handle, start = stand.view.handle, pixel(stand, float(stand.path.alphas[stand.at]))
    goal = pixel(stand, float(stand.path.alphas[4]))
    middle = handle.rect().center()
    seen = []
    qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=middle)
    for share in np.linspace(0.25, 1.0, 4):
        x = round(start.x() + share * (goal.x() - start.x()))
        qtbot.mouseMove(handle, handle.mapFromParent(QPoint(x, start.y() + 50)))
        seen.append(int(stand.path.zeros[stand.at]))
    assert stand.commits == 0
    qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=middle)
    assert stand.commits == 1
    assert abs(stand.at - 4) <= 1
    assert seen == sorted(seen)
    assert seen[-1] >= 8
    assert handle.position()[1] == 0.0
    assert stand.view.heading.text().startswith("At λ = ")


def test_the_arrow_keys_move_it_as_well(qtbot: QtBot, stand: Course) -> None:
    before = stand.at
    stand.view.handle.setFocus()
    for _ in range(3):
        qtbot.keyClick(stand.view.handle, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert stand.at > before  # to smaller penalties
    assert stand.commits == 3


def test_dragging_computes_nothing_anew(qtbot: QtBot, stand: Course) -> None:
    path, layers = stand.view._path, stand.view.paths._layers
    stand.view._drag(1.0, 0.0)
    assert stand.view._path is path
    assert stand.view.paths._layers is layers


@pytest.mark.parametrize("plot", ["paths", "errors"])
def test_a_click_goes_there_and_the_buttons_to_what_cross_validation_found(stand: Course, plot: str) -> None:
    getattr(stand.view, plot).clicked.emit(float(stand.path.alphas[60]), 0.0)
    assert stand.at == 60
    stand.view.best.click()
    assert stand.at == stand.path.errors.best
    stand.view.one_se.click()
    assert stand.at == stand.path.errors.one_se
    assert stand.commits == 3


def test_a_click_in_the_margin_goes_to_the_end_of_the_path(stand: Course) -> None:
    stand.view.paths.clicked.emit(float(stand.path.alphas[-1]) / 10, 0.0)
    assert stand.at == 99
    stand.view.paths.clicked.emit(float(stand.path.alphas[0]) * 1.2, 0.0)
    assert stand.at == 0


def test_a_row_is_watched_by_click_and_key(qtbot: QtBot, stand: Course) -> None:
    table = stand.view.table
    qtbot.mouseClick(
        table, Qt.MouseButton.LeftButton, pos=QPoint(40, round(table._top() + 6.5 * table._height()))
    )
    assert stand.config.watched == 6
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert stand.config.watched == 8
    qtbot.keyClick(table, Qt.Key.Key_Up)
    assert stand.config.watched == 7
    assert "exactly 0" in table.accessibleDescription()


def test_many_columns_show_the_survivors_first(tmp_path, stand: Course) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 40))
    y = 3 * x[:, 30] - 2 * x[:, 20]
    text = "\n".join(",".join(f"{v:.4f}" for v in (*row, out)) for row, out in zip(x, y, strict=True))
    path = tmp_path / "mine.csv"
    path.write_text(text)
    stand.show(from_query(PathsConfig, f'data={{"path":"{path}"}}&folds=3&watched=39'))
    rows = stand.view.table._rows
    assert [row.column for row in rows[:2]] == [30, 20]
    seen = stand.view.table._seen()
    assert len(seen) < len(rows)
    assert seen[-1].column == 39  # the watched one always is
    stand.view.grab()


def test_every_column_has_a_colour_or_dash_of_its_own() -> None:
    looks = [(hue(j), style(j)) for j in range(len(HUES) * len(STYLES))]
    assert len(set(looks)) == len(looks)
    for palette in (theme.LIGHT, theme.DARK):
        for name in HUES:
            assert contrast(resolve(palette, name), resolve(palette, "ground")) >= 3


def test_the_picture_settles_to_the_same_whatever_was_shown_before(stand: Course) -> None:
    def picture():
        QApplication.processEvents()
        return stand.view.grab().toImage()

    before = picture()
    stand.show(PathsConfig(penalty="ridge", watched=0))
    assert picture() != before
    stand.show(PathsConfig())
    assert picture() == before


# --- what the card claims ------------------------------------------------------------------------------


def test_lasso_drops_the_weights_one_by_one_and_keeps_half_at_one_standard_error() -> None:
    config, path = preset(0), solved(preset(0))
    assert path.nearest(config.cursor) == path.errors.one_se
    assert path.zeros[path.errors.one_se] == 5
    longest = [path.names[j] for j in path.order[:2]]
    assert longest == ["BMI", "log triglycerides"]
    assert set(range(11)) >= set(path.zeros.tolist()) >= {0, 1, 2, 3, 5, 6, 8, 10}


def test_ridge_has_no_zero_anywhere() -> None:
    config, path = preset(1), solved(preset(1))
    assert path.nearest(config.cursor) == path.errors.one_se
    assert (path.zeros == 0).all()
    assert np.abs(path.coefs[:, 0]).max() < np.abs(path.coefs[:, -1]).min() + 2


def test_the_elastic_net_has_the_same_error_with_more_weights() -> None:
    config, net, lasso = preset(2), solved(preset(2)), solved(preset(0))
    assert net.nearest(config.cursor) == net.errors.one_se
    few, many = lasso.errors.one_se, net.errors.one_se
    assert net.zeros[many] < lasso.zeros[few]
    assert net.errors.mean[many] == pytest.approx(lasso.errors.mean[few], rel=0.01)


def test_as_measured_cholesterol_enters_first_and_the_triglycerides_late() -> None:
    config, path = preset(3), solved(preset(3))
    assert path.nearest(config.cursor) == path.errors.one_se
    order = [path.names[j] for j in path.order]
    assert order[0] == "cholesterol"
    assert order.index("log triglycerides") >= 7


def test_a_copy_is_left_out_by_the_lasso_and_shared_by_ridge() -> None:
    lasso, ridge = solved(preset(4)), solved(preset(5))
    assert (lasso.coefs[-1] == 0.0).all()
    first = solved(PathsConfig(duplicate="first"))
    assert (first.coefs[first.names.index("BMI")] == 0.0).all()
    np.testing.assert_allclose(ridge.coefs[-1], ridge.coefs[2], rtol=1e-9)
    assert ridge.nearest(preset(5).cursor) in range(ridge.errors.one_se - 1, ridge.errors.one_se + 2)


@pytest.mark.parametrize("index", range(6))
def test_words_say_what_is_there(index: int, stand: Course) -> None:
    stand.show(preset(index))
    told = stand.view.describe(stand.trace, 0)
    notes = stand.view.notes(stand.trace, 0)
    assert f"{11 if index > 3 else 10} columns that predict progression" in told
    assert all(note.endswith(".") for note in notes)
    assert "nan" not in " ".join([told, *notes])
    assert any("intercept" in note for note in notes)
    if index > 3:
        assert any("copy" in note for note in notes)
    if index in (0, 3, 4):
        assert f"{stand.path.zeros[stand.at]} of" in stand.view.reading.text()


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (0, "the intercept alone predicts"),
        (1, "BMI and log triglycerides have survived"),
        (99, "None of the 10 weights is 0"),
    ],
)
def test_the_first_note_follows_the_cursor(at: int, told: str) -> None:
    path = solved(PathsConfig())
    config = PathsConfig(cursor=float(path.alphas[at] / path.alphas[0]))
    assert told in paths_words.notes(path, config)[0]


def test_each_equation_names_a_line_of_source() -> None:
    for penalty in ("lasso", "ridge", "elastic_net"):
        for watched in (0, 2):
            config = PathsConfig(penalty=penalty, watched=watched)
            for equation in next(paths(config, solved(config))).explain(config):
                tags = [line.tag for line in listing(equation.function).lines]
                assert tags.count(equation.tag) == 1


def test_names_in_a_file_are_shown_as_they_are_written(tmp_path, stand: Course) -> None:
    path = tmp_path / "mine.csv"
    rows = "".join(f"{i % 5},{i % 7},{i}\n" for i in range(20))
    path.write_text("<b>bold</b>,x,<u>y</u>\n" + rows)
    stand.show(from_query(PathsConfig, f'data={{"path":"{path}"}}&folds=3'))
    assert stand.view.unit.textFormat() == Qt.TextFormat.PlainText
    assert "<u>y</u>" in stand.view.unit.text()
