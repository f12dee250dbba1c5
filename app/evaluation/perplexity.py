"""How surprised is the model? A text in colours, its running score, and every model beside every other."""

from __future__ import annotations

import math
from typing import Any, cast

import msgspec
import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from app.evaluation import perplexity_words as words
from app.evaluation.method_table import Line as Row
from app.evaluation.method_table import MethodTable
from app.evaluation.token_text import Cell, TokenText, cells_of
from app.stage import theme as look
from app.stage.ground import Layer, Line
from app.stage.plots import Plot
from app.stage.theme import GAP, GROUP, PANEL
from app.stage.view import View
from core.language.reading import Reading
from core.language.surprise import SurpriseConfig, SurpriseFrame
from core.trace import Trace

LARGEST = 2.6
"""Type and marks grow with the window up to so many times their size at a desk."""

PLACE = "Place in the text (bytes)"
LABELS = {"bits_per_byte": "Bits per byte so far", "perplexity": "Perplexity per token so far (log scale)"}
SHORT = 0.5
"""Share of the room for the text that a short one has."""
SETTLED = 0.15
"""Share of the text behind which the running score sets the range: the first tokens swing widely."""


class PerplexityView(View):
    """The text above; below it the running score at the left and the table of models at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = QLineEdit(self)
        self.line.setAccessibleName("Type a text")
        self.line.setPlaceholderText("Type a text of your own")
        self.line.setMaxLength(2000)
        self.text = TokenText(self)
        self.inspected, self.compared = QLabel(self), QLabel(self)
        self.compared.setProperty("role", "muted")
        for label in (self.inspected, self.compared):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.chart = Plot(PLACE, LABELS["bits_per_byte"], grid=True, fixed=True, parent=self)
        self.table = MethodTable("Every model’s reading of the text", self)
        self._frame: SurpriseFrame | None = None
        self._charted: tuple[object, ...] = ()
        self._painted: tuple[object, ...] = ()
        self.line.textEdited.connect(self._typed)
        self.line.editingFinished.connect(self._done)
        self.text.chosen.connect(self._inspect)
        self.text.released.connect(self.committed)
        self.chart.clicked.connect(self._point)
        self.table.chosen.connect(self._put_in_front)
        self.parts = (self.text, self.chart, self.table)

    @property
    def _config(self) -> SurpriseConfig:
        return cast(SurpriseConfig, self.config)

    # --- what the stage calls --------------------------------------------------------------------

    def show_config(self, config: Any, inputs: object) -> None:
        super().show_config(config, inputs)
        typed = config.text if config.passage == "typed" else ""
        if not (self.line.hasFocus() and self.line.isModified()) and typed != self.line.text():
            self.line.setText(typed)
            self.line.setCursorPosition(0)

    def draw(self, trace: Trace, index: int) -> None:
        frame = trace.frame(index)
        if not isinstance(frame, SurpriseFrame):
            return
        self._frame = frame
        config, front = self._config, frame.reading(self._config.front)
        self._show_text(frame, front)
        self._show_chart(frame, front)
        rows = [Row(each.name, words.name_of(each), words.cells(each)) for each in frame.readings]
        self.table.show_lines(words.HEADS, tuple(rows), config.front)
        self.inspected.setText(words.inspected(front, config.at))
        self.compared.setText(words.compared(frame))
        self.lay_out()

    def settle(self) -> None:
        self.chart.settle()

    def describe(self, trace: Trace, index: int) -> str:
        frame = trace.frame(index)
        return words.describe(frame, self._config) if isinstance(frame, SurpriseFrame) else ""

    def notes(self, trace: Trace, index: int) -> list[str]:
        frame = trace.frame(index)
        return words.notes(frame, self._config) if isinstance(frame, SurpriseFrame) else []

    # --- drawing -------------------------------------------------------------------------------

    def _show_text(self, frame: SurpriseFrame, front: Reading) -> None:
        painted = (frame, front.name)
        if painted != self._painted:
            self._painted = painted
            if front.pieces:
                bits: list[float | None] = [*[None] * len(front.given), *map(float, front.bits)]
                self._cells = cells_of((*front.given, *front.pieces), bits)
            else:
                self._cells = _plain(frame.passage.text)
        chosen = len(front.given) + front.at(self._config.at) if front.pieces else -1
        self.text.show_cells(self._cells, chosen, front.missing)

    def _show_chart(self, frame: SurpriseFrame, front: Reading) -> None:
        measure = self._config.measure
        charted = (frame, measure, front.name)
        if charted != self._charted:
            fresh = charted[:2] != self._charted[:2]
            self._charted = charted
            curves = {each.name: _curve(each, measure) for each in frame.readings if each.pieces}
            if fresh:
                self.chart.set_log(x=False, y=measure == "perplexity")
                self.chart.set_range((0, frame.passage.bytes), _range(curves, frame, front, measure))
                self.chart.set_labels(PLACE, LABELS[measure])
            for trail in self.chart.trails:
                if trail.key not in curves:
                    trail.clear()
            for name, curve in curves.items():
                trail = self.chart.trail(name, label=words.NAMES[name], size=5.0)
                trail.show(curve)
            self.chart.emphasise(front.name)
            self.chart.set_ground(*_ground(frame, front, measure, self.chart.view_range()[1]))
        if front.pieces:
            self.chart.playhead().move(float(front.ends[front.at(self._config.at)]))

    # --- what the reader does --------------------------------------------------------------------

    def _inspect(self, place: int) -> None:
        if place != self._config.at:
            self.edited.emit(msgspec.structs.replace(self._config, at=place))

    def _point(self, place: float, _: float) -> None:
        if self._frame is not None and math.isfinite(place):
            self._inspect(round(min(max(0.0, place), self._frame.passage.bytes - 1)))
            self.committed.emit()

    def _put_in_front(self, name: str) -> None:
        if name != self._config.front:
            self.edited.emit(msgspec.structs.replace(self._config, front=name))
            self.committed.emit()

    def _typed(self, text: str) -> None:
        """Every letter counts: the text is read anew while one types."""
        if text:
            at = len(text.encode("utf-8", "replace")) - 1
            self.edited.emit(msgspec.structs.replace(self._config, passage="typed", text=text, at=at))

    def _done(self) -> None:
        if self.line.isModified():
            self.line.setModified(False)
            self.committed.emit()

    # --- layout --------------------------------------------------------------------------------

    def lay_out(self) -> None:
        width, height = self.width(), self.height()
        factor = self.scale(LARGEST)
        for pane in (self.text, self.table):
            pane.set_scale(factor)
        font = look.font(look.BODY)
        font.setPointSizeF(font.pointSizeF() * factor)
        self.inspected.setFont(font)
        self.line.setFont(font)
        small = look.font(look.CAPTION)
        small.setPointSizeF(small.pointSizeF() * factor)
        self.compared.setFont(small)
        typed = self.line.sizeHint().height()
        gap = round((GROUP if height > 520 else PANEL) * factor)
        said = round(2.2 * self.inspected.fontMetrics().height())
        rows = 6
        table = self.table.height_for(rows)
        right = min(round(0.42 * width), round(380 * factor))
        why = self.compared.heightForWidth(right)
        below = max(table + why + 2 * GAP, round(0.40 * height))
        text = max(60, height - typed - said - below - 6 * GAP)
        if self.text.largest(width) <= SHORT * text:  # a short text leaves the chart more room
            text = round(SHORT * text)
        self.line.setGeometry(QRect(0, GAP, width, typed))
        self.text.setGeometry(QRect(0, typed + 3 * GAP, width, text))
        y = typed + 3 * GAP + text
        self.inspected.setGeometry(QRect(0, y, width, said))
        y += said + 2 * GAP
        self.chart.setGeometry(QRect(0, y, width - right - gap, height - y))
        self.table.setGeometry(QRect(width - right, y, right, table))
        self.compared.setGeometry(QRect(width - right, y + table + 2 * GAP, right, why))


def _plain(text: str) -> tuple[Cell, ...]:
    """A text that nobody has read, word by word, without colours."""
    made, at = [], 0
    for piece in text.replace("\n", "\n\0").split("\0"):
        for i, word in enumerate(piece.split(" ")):
            shown = (" " if i else "") + word
            data = shown.encode("utf-8", "replace")
            made.append(Cell(shown.replace("\n", "⏎"), None, at, data.endswith(b"\n")))
            at += len(data)
    return tuple(made)


def _curve(reading: Reading, measure: str) -> np.ndarray:
    """(n, 2): the running score behind each token, a gap where it is infinite."""
    score = reading.running_perplexity() if measure == "perplexity" else reading.running_bits_per_byte()
    return np.column_stack([reading.ends.astype(float), np.where(np.isfinite(score), score, np.nan)])


def _range(
    curves: dict[Any, np.ndarray], frame: SurpriseFrame, front: Reading, measure: str
) -> tuple[float, float]:
    """Of the running score where it has settled, and the floor."""
    late = [curve[curve[:, 0] >= SETTLED * frame.passage.bytes, 1] for curve in curves.values()]
    values = np.concatenate(late) if late else np.empty(0)
    values = values[np.isfinite(values)]
    high = float(values.max()) if len(values) else 8.0
    if measure == "perplexity":
        return 0.25, max(10.0, 1.6 * high)
    return 0.0, 1.12 * max(high, frame.passage.floor or 0.0, 0.1)


def _ground(frame: SurpriseFrame, front: Reading, measure: str, span: tuple[float, float]) -> list[Layer]:
    """The floor of a story, and where a model ruled out what stands there."""
    layers: list[Layer] = []
    length = float(frame.passage.bytes)
    floor = frame.floor(front, measure)
    if floor is not None:
        points = np.array([[0.0, floor], [length, floor]])
        layers.append(Line(points, "text", "", Qt.PenStyle.DashLine, 1.4))
        beside = (
            math.sqrt(span[0] * floor) if measure == "perplexity" else floor + 0.055 * (span[1] - span[0])
        )
        layers.append(Line(np.array([[length, beside]]), "text", words.FLOOR))
    if front.impossible is not None:
        at = float(front.ends[front.impossible])
        middle = math.sqrt(span[0] * span[1]) if measure == "perplexity" else sum(span) / 2
        points = np.array([[at, span[0]], [at, middle], [at, span[1]]])
        layers.append(Line(points, "warning", "∞ from here on", Qt.PenStyle.DashLine, 1.6))
    return layers
