"""Which weights survive? Their paths over the penalty, the errors below them, the weights where one looks."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from app.regularization import paths_words
from app.regularization.path_layers import MANY, Counts, Entries, NamesBefore, Upright, hue, style
from app.regularization.weight_table import Row, WeightTable
from app.stage import theme as look
from app.stage.ground import Layer, Line, Region
from app.stage.handles import Handle
from app.stage.numbers import number
from app.stage.plots import Plot
from app.stage.theme import GAP, GROUP, Theme
from app.stage.view import View
from core.regularization.paths import Path, PathsConfig, PathsFrame
from core.trace import Trace

Array = np.ndarray

LONGEST_NAME = 16
"""Characters of a name before a line, at most."""


SHARE = 0.62
"""Of the width, for the plots."""


class PathsView(View):
    """Paths above errors at the left, on one axis; the weights at the cursor at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.paths = Plot(
            "", "Weights that are not 0", log_x=True, fixed=True, title="Weights along the path", parent=self
        )
        self.errors = Plot(
            "Penalty λ (log scale)", "Mean squared error; band: ± one standard error", log_x=True, fixed=True,
            parent=self,
        )  # fmt: skip
        self.table = WeightTable(self)
        self.heading = QLabel(self)
        self.unit = QLabel(self)
        self.unit.setTextFormat(Qt.TextFormat.PlainText)
        self.unit.setProperty("role", "muted")
        self.unit.setWordWrap(True)
        self.unit.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.reading = QLabel(self)
        self.reading.setTextFormat(Qt.TextFormat.PlainText)
        self.reading.setWordWrap(True)
        self.reading.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.best = QPushButton("Go to λ min", self)
        self.one_se = QPushButton("Go to λ 1se", self)
        self.handle = Handle(self.paths, "Penalty", colour="accent")
        self._path: Path | None = None
        self._drawn: tuple[Any, ...] = ()
        for plot in (self.paths, self.errors):
            plot.clicked.connect(self._click)
        self.handle.moved.connect(self._drag)
        self.handle.released.connect(self.committed)
        self.table.chosen.connect(self._watch)
        self.best.clicked.connect(self._to_best)
        self.one_se.clicked.connect(self._to_one_se)
        self.parts = (self.paths, self.errors, self.table)

    @property
    def _config(self) -> PathsConfig:
        return cast(PathsConfig, self.config)

    # --- what the stage calls --------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        self.heading.setFont(look.font(look.BODY, bold=True))
        for label in (self.reading, self.unit):
            label.setFont(look.font(look.CAPTION))
        super().set_theme(theme)

    def draw(self, trace: Trace, index: int) -> None:
        frame = trace.frame(index)
        if not isinstance(frame, PathsFrame):
            return
        path = self._path = frame.path
        config = cast(PathsConfig, trace.config) if self.config is None else self._config
        drawn = (path, config.penalty, config.watched)
        if drawn != self._drawn:
            self._drawn = drawn
            self._show_path(path, config)
        at = path.nearest(config.cursor)
        where = float(path.alphas[at])
        for plot in (self.paths, self.errors):
            plot.playhead().move(where)
        if not self.handle.held:
            self.handle.within = ((float(path.alphas[-1]), float(path.alphas[0])), (0.0, 0.0))
        self.handle.place(where, 0.0)
        self._show_weights(path, config, at)

    def settle(self) -> None:
        for plot in (self.paths, self.errors):
            plot.settle()

    def describe(self, trace: Trace, index: int) -> str:
        frame = trace.frame(index)
        return paths_words.described(frame.path, self._config) if isinstance(frame, PathsFrame) else ""

    def notes(self, trace: Trace, index: int) -> list[str]:
        frame = trace.frame(index)
        return paths_words.notes(frame.path, self._config) if isinstance(frame, PathsFrame) else []

    # --- what the reader does --------------------------------------------------------------------

    def _drag(self, x: float, y: float) -> None:
        self._look(x)

    def _click(self, x: float, y: float) -> None:
        self._look(x)
        self.committed.emit()

    def _to_best(self) -> None:
        if self._path is not None:
            self._click(float(self._path.alphas[self._path.errors.best]), 0.0)

    def _to_one_se(self) -> None:
        if self._path is not None:
            self._click(float(self._path.alphas[self._path.errors.one_se]), 0.0)

    def _look(self, alpha: float) -> None:
        if self._path is None:
            return
        low = float(self._path.alphas[-1] / self._path.alphas[0])
        cursor = min(1.0, max(low, alpha / float(self._path.alphas[0])))
        cursor = float(f"{cursor:.4g}")
        if cursor != self._config.cursor:
            self.edited.emit(msgspec.structs.replace(self._config, cursor=max(1e-5, cursor)))

    def _watch(self, index: int) -> None:
        self.edited.emit(msgspec.structs.replace(self._config, watched=index))
        self.committed.emit()

    # --- drawing -------------------------------------------------------------------------------

    def _show_path(self, path: Path, config: PathsConfig) -> None:
        colours = _colours(path)
        self.paths.set_labels("", "Weights that are not 0", paths_words.title(config))
        self._fit(path)
        upon = {config.watched: 1} | ({path.copied[0]: 2} if path.copied else {})
        order = sorted(range(len(path.names)), key=lambda j: upon.get(j, 0))
        zero = np.array([[path.alphas[-1], 0.0], [path.alphas[0], 0.0]])
        layers: list[Layer] = [*_marks(path, named=False), Line(zero, "muted", width=1.0)]
        for j in order:
            points = np.stack([path.alphas, _alive(path.effects[j])], axis=1)
            width = 2.6 if j == config.watched else 1.5 if len(order) <= MANY else 1.0
            layers.append(Line(points, colours[j][0], "", colours[j][1], width))
        entered = path.entered > 0
        if config.penalty != "ridge":
            layers.append(Entries(path.entered[entered], [colours[j][0] for j in np.flatnonzero(entered)]))
        ends = [(name, float(path.effects[j, -1]), colours[j][0]) for j, name in enumerate(path.names)]
        layers.append(NamesBefore(float(path.alphas[-1]), ends))
        layers.append(Counts(path.alphas[::-1], (len(path.names) - path.zeros)[::-1]))
        self.paths.set_ground(*layers)
        self._show_errors(path)

    def _show_errors(self, path: Path) -> None:
        errors, alphas = path.errors, path.alphas
        upper, lower = errors.mean + errors.spread, errors.mean - errors.spread
        band = np.concatenate([np.stack([alphas, upper], 1), np.stack([alphas, lower], 1)[::-1]])
        start = float(alphas[-1])
        ends = [
            ("cross-validated", float(errors.mean[-1]), "text"),
            ("training", float(path.training[-1]), "accent"),
        ]
        self.errors.set_ground(
            *_marks(path, named=True),
            Region(band, "muted", opacity=0.16),
            Line(np.stack([alphas, errors.mean], 1), "text", width=1.8),
            Line(np.stack([alphas, path.training], 1), "accent", "", Qt.PenStyle.DashLine, 1.8),
            NamesBefore(start, ends),
        )

    def _fit(self, path: Path) -> None:
        """The range of both plots, with room for names before the lines."""
        span = (float(path.alphas[-1]), float(path.alphas[0]))
        metrics = self.reading.fontMetrics()
        longest = max(len(name) for name in path.names)
        wide = metrics.averageCharWidth() * min(longest, LONGEST_NAME) * 1.1 + 30
        room = max(0.05, min(0.4, wide / max(120.0, self.paths.mapping.rect.width())))
        decades = float(np.log10(span[1] / span[0]))
        x = (span[0] * 10 ** (-decades * room / (1 - room)), span[1] * 10 ** (0.02 * decades))
        low, high = min(0.0, float(path.effects.min())), max(0.0, float(path.effects.max()))
        pad = 0.08 * (high - low) or 1.0
        self.paths.set_range(x, (low - pad, high + pad))
        errors = path.errors
        low = min(float(path.training.min()), float((errors.mean - errors.spread).min()))
        high = max(float(path.training.max()), float((errors.mean + errors.spread).max()))
        pad = 0.08 * (high - low) or 1.0
        self.errors.set_range(x, (low - pad, high + pad))

    def _show_weights(self, path: Path, config: PathsConfig, at: int) -> None:
        colours = _colours(path)
        values = path.effects[:, at].tolist()
        ranks = {} if config.penalty == "ridge" else {j: k for k, j in enumerate(path.order.tolist(), 1)}
        rows = [Row(j, path.names[j], values[j], *colours[j], ranks.get(j, 0)) for j in _shown(path)]
        grown = len(rows) != self.table.rows
        self.table.show_weights(rows, float(np.abs(path.effects).max()), config.watched)
        self.heading.setText(f"At λ = {number(float(path.alphas[at]), 3)}")
        self.reading.setText(paths_words.reading(path, at))
        self.unit.setText(paths_words.unit(path))
        if grown:
            self._place_column(round(SHARE * self.width()) + GROUP)

    # --- layout --------------------------------------------------------------------------------

    def lay_out(self) -> None:
        width, height = self.width(), self.height()
        left, upper = round(SHARE * width), round(0.6 * height)
        self.paths.setGeometry(0, 0, left, upper)
        self.errors.setGeometry(0, upper, left, height - upper)
        self._place_column(left + GROUP)
        if self._path is not None:
            self._drawn = ()
            self._show_path(self._path, self._config)

    def _place_column(self, x: int) -> None:
        """The right column: a table as high as its rows like, within what there is."""
        height, room = self.height(), max(120, self.width() - x)
        line, button = self.reading.fontMetrics().height(), self.best.sizeHint().height()
        head, read, unit = self.heading.sizeHint().height(), 3 * line + GAP, 2 * line + GAP
        self.heading.setGeometry(x + 6, GAP, room - 6, head)
        self.reading.setGeometry(x + 6, 2 * GAP + head, room - 6, read)
        top = 4 * GAP + head + read
        rows = max(40, min(height - top - unit - button - 5 * GAP, self.table.wanted_height()))
        self.table.setGeometry(x, top, room, rows)
        self.unit.setGeometry(x + 6, top + rows + 2 * GAP, room - 6, unit)
        foot, each = top + rows + unit + 4 * GAP, min(220, (room - GAP) // 2)
        self.best.setGeometry(x, foot, each, button)
        self.one_se.setGeometry(x + each + GAP, foot, each, button)


def _shown(path: Path) -> list[int]:
    """Of the columns: as they stand, or where they are many those first that survive longest."""
    if len(path.names) <= MANY:
        return list(range(len(path.names)))
    last = np.argsort(-np.abs(path.effects[:, -1]), kind="stable").tolist()
    first = path.order.tolist() if path.zeros.any() else last
    return list(dict.fromkeys([*first, *last]))


def _marks(path: Path, *, named: bool) -> list[Layer]:
    """Upright lines at the two penalties that cross-validation points to."""
    best, one_se = (float(path.alphas[i]) for i in (path.errors.best, path.errors.one_se))
    return [Upright(best, "λ min" * named, at_left=True), Upright(one_se, "λ 1se" * named)]


def _alive(values: Array) -> Array:
    """A path's values where they are not zero, and the zeros next to them; the rest is the zero line's."""
    alive = values != 0
    near = alive.copy()
    near[1:] |= alive[:-1]
    near[:-1] |= alive[1:]
    return np.where(near, values, np.nan)


def _colours(path: Path) -> list[tuple[str, Qt.PenStyle]]:
    """Colour and dash of each column; a copy is dashed in ink, to be seen upon its original."""
    if path.copied is None:
        return [(hue(j), style(j)) for j in range(len(path.names))]
    copy, _ = path.copied
    places = [j - (copy < j) for j in range(len(path.names))]
    made = [(hue(place), style(place)) for place in places]
    made[copy] = ("text", Qt.PenStyle.DashLine)
    return made
