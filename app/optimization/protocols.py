"""Three rankings side by side: what a comparison says depends on how the rates were chosen."""

from __future__ import annotations

import itertools
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.optimization import words
from app.stage import theme as look
from app.stage.marks import draw_symbol, unit
from app.stage.numbers import number
from app.stage.view import View
from core.optimization.race_config import runners
from core.optimization.tuning import PROTOCOLS, TRIALS, ComparisonFrame, ProtocolsConfig, Row, as_race, tuned
from core.trace import Trace

TITLES = {"same": "The same rate for all", "defaults": "Textbook defaults", "tuned": "Each tuned alike"}
GAP_SHARE = 0.16
"""Of the width, for the lines between two columns."""


class ProtocolsView(View):
    """A column for each protocol, first to last from the top; each optimizer's line joins its places.

    A click on an optimizer opens the race with the rates of that column.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self._frame: ComparisonFrame | None = None
        self._cells: list[tuple[QRectF, str, Row]] = []
        self._hovered = ""
        self._grown = 1.0

    # --- what the stage calls --------------------------------------------------------------------

    def draw(self, trace: Trace, index: int) -> None:
        frame = trace.frame(index)
        if isinstance(frame, ComparisonFrame):
            self._frame = frame
            self.update()

    def describe(self, trace: Trace, index: int) -> str:
        frame = trace.frame(index)
        if not isinstance(frame, ComparisonFrame):
            return "The comparison is being computed."
        parts = []
        for protocol in PROTOCOLS:
            order = [f"{words.NAMES[row.runner]} ({self._outcome(row)})" for row in frame.table(protocol)]
            parts.append(f"{TITLES[protocol]}: " + (", ".join(order) or "not yet tuned") + ".")
        return " ".join(parts)

    def notes(self, trace: Trace, index: int) -> list[str]:
        frame = trace.frame(index)
        if not isinstance(frame, ComparisonFrame):
            return []
        winners = {p: rows[0] for p in PROTOCOLS if (rows := frame.table(p)) and rows[0].rank == 1}
        told = [
            f"{TITLES[protocol]}: {words.NAMES[row.runner]} is first, {self._outcome(row)}."
            for protocol, row in winners.items()
        ]
        if len({row.runner for row in winners.values()}) > 1:
            told.insert(0, "The winner changes with the protocol: the ranking is not the optimizers’ alone.")
        if frame.done < frame.total:
            told.append(f"Tuned so far: {frame.done} of {frame.total}.")
        else:
            told.append(
                f"Tuning is not free: {len(TRIALS)} trials each are counted in the gradient evaluations."
            )
        told.append("For gradient descent and momentum no textbook names a rate: the curvature sets it.")
        return told

    # --- drawing ---------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        self._cells = []
        with QPainter(self) as painter:  # closed when something raises, too
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._frame is not None and isinstance(self.config, ProtocolsConfig):
                self._paint(painter, self._frame, self.config)

    def _paint(self, painter: QPainter, frame: ComparisonFrame, config: ProtocolsConfig) -> None:
        self._grown = max(1.0, min(2.2, self.width() / 1100, self.height() / 640))
        heading = QFontMetricsF(self._font(look.HEADING, bold=True)).height()
        caption = QFontMetricsF(self._font(look.CAPTION)).height()
        top = heading + caption + 4 * look.GAP
        row = min(
            (self.height() - top) / max(1, frame.total), (self.height() - top) / 6, 26 * look.GAP * self._unit
        )
        places: dict[str, list[QRectF]] = {}
        for column, protocol in enumerate(PROTOCOLS):
            box = self._column(column)
            self._head(painter, box, protocol, frame, config, heading, caption)
            for at, entry in enumerate(frame.table(protocol)):
                cell = QRectF(box.left(), top + at * row, box.width(), row)
                self._cells.append((cell, protocol, entry))
                places.setdefault(entry.runner, []).append(cell)
        for runner, cells in places.items():
            self._join(painter, runner, cells)
        for cell, under, entry in self._cells:
            self._entry(painter, cell, under, entry)

    @property
    def _unit(self) -> float:
        """Pixels of one unit of marks, larger where the stage is large."""
        return unit() * self._grown

    def _font(self, points: int, *, bold: bool = False) -> QFont:
        made = look.font(points, bold=bold)
        made.setPointSizeF(made.pointSizeF() * self._grown)
        return made

    def _column(self, index: int) -> QRectF:
        width = self.width() / (3 + 2 * GAP_SHARE * 2)
        return QRectF(index * width * (1 + 2 * GAP_SHARE), 0, width, self.height())

    def _head(
        self, painter: QPainter, box: QRectF, protocol: str, frame: ComparisonFrame, config: ProtocolsConfig,
        heading: float, caption: float,
    ) -> None:  # fmt: skip
        said = {
            "same": f"η = {number(config.same_rate)}",
            "defaults": "the rates that PyTorch starts with",
            "tuned": f"best of {len(TRIALS)} rates over {config.steps} steps"
            if frame.done == frame.total
            else f"tuning… {frame.done} of {frame.total}",
        }[protocol]
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(self.theme.text))
        painter.setFont(self._font(look.HEADING, bold=True))
        painter.drawText(
            QRectF(box.left(), 0, box.width() + 40 * self._grown, heading), flags, TITLES[protocol]
        )
        painter.setPen(QColor(self.theme.muted))
        painter.setFont(self._font(look.CAPTION))
        painter.drawText(QRectF(box.left(), heading, box.width() + 40 * self._grown, caption), flags, said)

    def _join(self, painter: QPainter, runner: str, cells: list[QRectF]) -> None:
        colour = self.theme.colour(runner)
        faint = bool(self._hovered) and self._hovered != runner
        colour = self.theme.mix(colour.name(), 0.25, self.theme.ground) if faint else colour
        painter.setPen(QPen(colour, (3.0 if self._hovered == runner else 1.8) * self._unit))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for left, right in itertools.pairwise(cells):
            start = QPointF(left.right(), left.center().y())
            end = QPointF(right.left() - 3 * look.GAP, right.center().y())
            bend = (end.x() - start.x()) / 2
            path = QPainterPath(start)
            path.cubicTo(start + QPointF(bend, 0), end - QPointF(bend, 0), end)
            painter.drawPath(path)

    def _entry(self, painter: QPainter, cell: QRectF, protocol: str, entry: Row) -> None:
        name_font, small = self._font(look.BODY, bold=True), self._font(look.CAPTION)
        name_height, line = QFontMetricsF(name_font).height(), QFontMetricsF(small).height()
        lines = [self._outcome(entry), self._rate(protocol, entry)]
        if cell.height() < name_height + 2 * line - 1:
            lines = lines[:1] if cell.height() < name_height + line else [" · ".join(lines)]
        y = cell.center().y() - (name_height + line * len(lines)) / 2
        radius = 6.5 * self._unit
        arrived = entry.rank is not None
        at = QPointF(cell.left() + radius, y + name_height / 2)
        draw_symbol(painter, at, look.MARKERS[entry.runner], self.theme.colour(entry.runner), radius)
        left = cell.left() + 2 * radius + 2 * look.GAP
        rank = f"{entry.rank}  " if arrived else "–  "
        painter.setFont(name_font)
        painter.setPen(QColor(self.theme.text if arrived else self.theme.muted))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        room = cell.right() - left
        painter.drawText(QRectF(left, y, room, name_height), flags, rank + words.NAMES[entry.runner])
        painter.setFont(small)
        painter.setPen(QColor(self.theme.muted))
        metrics = QFontMetricsF(small)
        for at_line, text in enumerate(lines):
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(left, y + name_height + at_line * line, room, line), flags, shown)

    @staticmethod
    def _outcome(entry: Row) -> str:
        """ "75 steps, path 11.3", or why it did not arrive, with its path all the same."""
        path = f"path {number(entry.verdict.length, 3)}"
        if entry.rank is not None:
            return f"{entry.verdict.since} steps, {path}"
        return f"{words.verdict(entry.verdict)}, {path}"

    @staticmethod
    def _rate(protocol: str, entry: Row) -> str:
        rate = f"η {number(entry.learning_rate, 3)}"
        if not entry.recommended:
            return f"{rate}, nobody’s recommendation"
        if protocol == "tuned" and entry.learning_rate in (TRIALS[0], TRIALS[-1]):
            return f"{rate}, at the edge of the trials"
        if protocol == "tuned" and entry.evaluations is not None:
            return f"{rate}, {number(entry.evaluations)} gradients in all"
        return rate

    # --- what a reader does ------------------------------------------------------------------------

    def _at(self, pos: QPointF) -> tuple[str, Row] | None:
        return next(((protocol, row) for cell, protocol, row in self._cells if cell.contains(pos)), None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        runner = found[1].runner if found else ""
        if runner != self._hovered:
            self._hovered = runner
            self.setCursor(Qt.CursorShape.PointingHandCursor if runner else Qt.CursorShape.ArrowCursor)
            self.setToolTip("Open the race with these rates" if runner else "")
            self.update()

    def leaveEvent(self, event: Any) -> None:
        self._hovered = ""
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        if found is None or self._frame is None or not isinstance(self.config, ProtocolsConfig):
            return
        protocol, row = found
        if protocol == "tuned":
            if self._frame.done < len(runners(self.config)):
                return
            race = tuned(self.config, self._frame)
        else:
            race = as_race(self.config, "same" if protocol == "same" else "defaults")
        import msgspec

        self.visit.emit("optimization/race", msgspec.structs.replace(race, inspected=row.runner))
