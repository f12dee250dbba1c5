"""Both forms in three precisions: each exponential, the sum, each probability, and what became of it."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.optimization.logit_bars import scaled, triangle
from app.optimization.softmax_words import verdict
from app.stage import theme as look
from app.stage.numbers import slot
from app.stage.pane import LEFT, RIGHT
from app.stage.theme import LIGHT, Theme
from core.optimization.softmax import Form, Precision, SoftmaxFrame

HEADS = {"softmax": "p", "log_softmax": "ln p", "cross_entropy": "p"}
FORMS = (
    ("As written", "p = eᶻ / Σ eᶻ", "eᶻ"),
    ("Less the maximum m", "p = eᶻ⁻ᵐ / Σ eᶻ⁻ᵐ", "eᶻ⁻ᵐ"),
)
GUTTER = 32.0
"""Pixels between columns."""


class SoftmaxTable(QWidget):
    """Columns are precisions; above the formula as written, below less the maximum."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Softmax in three precisions, as written and less the maximum")
        self.theme: Theme = LIGHT
        self._frame: SoftmaxFrame | None = None
        self._factor = 1.0
        self._shows = "softmax"
        self._told = 2
        """Lines that a verdict may take."""

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def show_frame(self, frame: SoftmaxFrame, shows: str) -> None:
        self._frame, self._shows = frame, shows
        self.update()

    def set_scale(self, factor: float) -> None:
        """How many times larger type and marks are than at a desk."""
        if factor != self._factor:
            self._factor = factor
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(800, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(480, 240)

    # --- the picture -----------------------------------------------------------------------------

    def _fonts(self, line: float) -> tuple[QFont, QFont]:
        """Type for rows of a height: as at a desk, larger in a large window, smaller where rows are low."""
        usual = look.font(look.CAPTION)
        fits = line / QFontMetricsF(usual).height()
        font = scaled(usual, max(0.7, min(self._factor, fits)))
        bold = QFont(font)
        bold.setWeight(QFont.Weight.DemiBold)
        return font, bold

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._frame is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        classes = len(self._frame.logits)
        usual = QFontMetricsF(scaled(look.font(look.CAPTION), self._factor)).height()
        rows = 2 * (classes + 5) + 1  # a band: title, heads, classes, sum, two for the verdict
        self._told = 2 if self.height() / rows >= 1.1 * usual else 1
        line = min(self.height() / (rows - 2 * (2 - self._told)), 2.8 * usual)
        font, bold = self._fonts(line)
        band = (self.height() - line) / 2
        left = (self.width() + GUTTER) / 3
        for column, shown in enumerate(self._frame.precisions):
            box = QRectF(column * left, 0, left - GUTTER, line)
            painter.setFont(bold)
            painter.setPen(self.theme.text)
            painter.drawText(box, RIGHT, shown.name)
        for index, (title, formula, head) in enumerate(FORMS):
            top = line * (0 if index == 0 else 1) + index * band
            self._paint_title(painter, QRectF(0, top, self.width(), line), title, formula, font, bold)
            for column, shown in enumerate(self._frame.precisions):
                box = QRectF(column * left, top + line, left - GUTTER, band - line)
                painter.setFont(font)
                self._paint_cell(painter, box, line, shown, index == 1, head)
        painter.end()

    def _paint_title(
        self, painter: QPainter, box: QRectF, title: str, formula: str, font: QFont, bold: QFont
    ) -> None:
        painter.setFont(bold)
        painter.setPen(self.theme.text)
        flags = LEFT
        painter.drawText(box, flags, title)
        used = QFontMetricsF(bold).horizontalAdvance(title) + 12
        painter.setFont(font)
        painter.setPen(self.theme.muted)
        room = (self.width() + GUTTER) / 3 - GUTTER - QFontMetricsF(bold).horizontalAdvance("float16") - 8
        if box.top() > 0 or used + QFontMetricsF(font).horizontalAdvance(formula) < room:
            painter.drawText(box.adjusted(used, 0, 0, 0), flags, formula)

    def _paint_cell(
        self, painter: QPainter, box: QRectF, line: float, shown: Precision, stable: bool, head: str
    ) -> None:
        """A form in a precision."""
        assert self._frame is not None
        form = shown.stable if stable else shown.naive
        metrics = QFontMetricsF(painter.font())
        columns = _Columns(box, metrics)
        painter.setPen(self.theme.muted)
        painter.drawText(columns.exponential(box.top(), line), RIGHT, head)
        painter.drawText(columns.result(box.top(), line), RIGHT, HEADS[self._shows])
        y = box.top() + line
        for index in range(len(form.exponentials)):
            self._paint_class(painter, columns, y, line, form, index)
            y += line
        painter.setPen(QPen(QColor(self.theme.line), 1))
        painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
        self._paint_sum(painter, columns, y, line, form, stable)
        self._paint_verdict(
            painter, QRectF(box.left(), y + line, box.width(), self._told * line), shown, stable
        )

    def _paint_class(
        self, painter: QPainter, columns: _Columns, y: float, line: float, form: Form, index: int
    ) -> None:
        assert self._frame is not None
        theme = self.theme
        is_target = index == self._frame.target
        name = columns.name(y, line)
        painter.setPen(theme.text if is_target else theme.muted)
        painter.drawText(name, RIGHT, str(index))
        if is_target:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.text))
            painter.drawPolygon(triangle(QPointF(name.left() + 3, name.center().y()), 3))
        exponential = float(form.exponentials[index])
        painter.setPen(theme.warning if math.isinf(exponential) else theme.text)
        painter.drawText(columns.exponential(y, line), RIGHT, slot(exponential))
        log = self._shows == "log_softmax"
        value = float(form.log_probabilities[index] if log else form.probabilities[index])
        lost = not math.isfinite(value)
        painter.setPen(theme.warning if lost else theme.text)
        painter.drawText(columns.result(y, line), RIGHT, self._written(value, form))
        share = 1.0 if lost else (-value / self._deepest() if log else value)
        self._paint_bar(painter, columns.bar(y, line), share, lost, is_target)

    def _written(self, value: float, form: Form) -> str:
        """A value, or the quotient that has none."""
        if math.isnan(value):
            return "∞/∞" if math.isinf(form.total) else "0/0"
        return slot(value)

    def _deepest(self) -> float:
        """-ln p of the least likely class: the length of the longest bar."""
        assert self._frame is not None
        logs = self._frame.precisions[-1].stable.log_probabilities
        return max(1e-9, -float(logs.min()))

    def _paint_bar(self, painter: QPainter, box: QRectF, share: float, lost: bool, is_target: bool) -> None:
        """How much of the whole; hatched where there is no value."""
        theme = self.theme
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawLine(box.topLeft(), box.bottomLeft())
        if lost:
            painter.setPen(QPen(QColor(theme.warning), 1))
            painter.setBrush(QBrush(QColor(theme.warning), Qt.BrushStyle.BDiagPattern))
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.mix(theme.accent, 0.07))
        painter.drawRect(box)
        painter.setBrush(theme.mix(theme.accent, 0.85 if is_target else 0.5))
        painter.drawRect(QRectF(box.left(), box.top(), max(0.0, min(1.0, share)) * box.width(), box.height()))

    def _paint_sum(
        self, painter: QPainter, columns: _Columns, y: float, line: float, form: Form, stable: bool
    ) -> None:
        theme = self.theme
        failed = not math.isfinite(form.total) or form.total == 0
        painter.setPen(theme.muted)
        painter.drawText(columns.name(y, line), RIGHT, "Σ")
        painter.setPen(theme.warning if failed else theme.text)
        painter.drawText(columns.exponential(y, line), RIGHT, slot(form.total))
        if self._shows == "cross_entropy":
            loss = form.cross_entropy
            text = "no value" if math.isnan(loss) else slot(loss)
            painter.setPen(theme.text if math.isfinite(loss) else theme.warning)
            painter.drawText(columns.after(y, line), RIGHT, f"loss −ln p = {text}")

    def _paint_verdict(self, painter: QPainter, box: QRectF, shown: Precision, stable: bool) -> None:
        holds, short, long = verdict(shown, stable=stable, shows=self._shows)
        metrics = QFontMetricsF(painter.font())
        room = box.width() * (0.9 * self._told if self._told > 1 else 1.0)
        text = long if metrics.horizontalAdvance(long) <= room else short
        box = box.adjusted(0, 0.1 * metrics.height(), 0, 0)
        painter.setPen(self.theme.muted if holds else self.theme.warning)
        wrapped = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        painter.drawText(box, int(wrapped), text)


class _Columns:
    """Where things stand in a cell: class, exponential, bar, result."""

    def __init__(self, box: QRectF, metrics: QFontMetricsF) -> None:
        self.box = box
        self._name = metrics.horizontalAdvance("0") + 12
        self._exponential = metrics.horizontalAdvance("−8.8×10⁻⁸⁸") + 2
        self._result = metrics.horizontalAdvance("8.8×10⁻⁸⁸") + 4

    def name(self, y: float, line: float) -> QRectF:
        return QRectF(self.box.left(), y, self._name, line)

    def exponential(self, y: float, line: float) -> QRectF:
        return QRectF(self.box.left() + self._name, y, self._exponential, line)

    def result(self, y: float, line: float) -> QRectF:
        return QRectF(self.box.right() - self._result, y, self._result, line)

    def bar(self, y: float, line: float) -> QRectF:
        left = self.box.left() + self._name + self._exponential + 12
        height = 0.6 * line
        return QRectF(
            left, y + (line - height) / 2, max(4.0, self.box.right() - self._result - 6 - left), height
        )

    def after(self, y: float, line: float) -> QRectF:
        left = self.box.left() + self._name + self._exponential + 6
        return QRectF(left, y, self.box.right() - left, line)
