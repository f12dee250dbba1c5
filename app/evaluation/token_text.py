"""A text in its tokens, each on the colour of how much it surprised; one of them is inspected."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.stage import colours
from app.stage import theme as look
from app.stage.numbers import count
from app.stage.pane import LEFT, Pane, wrapped
from core.language.tokenizer import Piece

MOST = 12.0
"""Bits at which the colours end."""
STRENGTH = {"light": (0.10, 0.50), "dark": (0.10, 0.38)}
"""Of the colours at no surprise and at the most: the text must be legible on them."""
SIZES = (2.0, 1.7, 1.4, 1.2, 1.0, 0.9, 0.8, 0.72)
"""The type is as large as the text has room for; beyond the smallest size lines are left out."""
NEWLINE, TAB = "⏎", "⇥"


class Cell(NamedTuple):
    """A token as it is painted: its text, its bits (None for one that was given), where it begins."""

    text: str
    bits: float | None
    start: int
    breaks: bool = False
    """Whether a new line begins behind it."""


def written(data: bytes) -> str:
    """A token's text; bytes that are a part of a character stand as numbers, as in ‹F0›."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(f"‹{byte:02X}›" for byte in data)
    text = text.replace("\n", NEWLINE).replace("\t", TAB)
    return "".join(c if c.isprintable() else "·" for c in text)


class TokenText(Pane):
    """A click or a drag, or the arrow keys, choose a token; the wheel moves a text that is too long."""

    chosen = Signal(int)
    """Where the chosen token begins, in bytes of the text."""
    released = Signal()
    """The drag is over, or the key is up again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("The text, each token on the colour of its surprise", parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._cells: tuple[Cell, ...] = ()
        self._chosen = 0
        self._message = ""
        self._boxes: list[tuple[int, QRectF]] = []  # line and place of each cell, the first line at 0
        self._lines = 1
        self._size = 1.0
        self._top = 0
        self._laid: tuple[object, ...] = ()
        self._held = False
        self._picture: QPixmap | None = None
        self._made_for: tuple[object, ...] = ()
        self._measured: tuple[tuple[object, ...], float] = ((), 0.0)

    def show_cells(self, cells: tuple[Cell, ...], chosen: int, message: str = "") -> None:
        """The tokens, which of them is inspected, and a sentence in place of colours where there are none."""
        if cells != self._cells or message != self._message:
            self._cells, self._message, self._laid = cells, message, ()
        self._chosen = chosen
        self._lay_out()
        if 0 <= chosen < len(self._boxes):
            self._reveal(self._boxes[chosen][0])
            cell = cells[chosen]
            bits = "given" if cell.bits is None else f"{cell.bits:.1f} bits"
            said = message or f"Token {chosen + 1} of {len(cells)}, “{cell.text}”: {bits}"
            self.setAccessibleDescription(said)
        self.update()

    def set_scale(self, factor: float) -> None:
        super().set_scale(factor)
        self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def sizeHint(self) -> QSize:
        return QSize(640, 240)

    def largest(self, width: int) -> float:
        """Pixels of height in which the text would stand in its largest type."""
        wanted = (self._cells, width, self.factor, look.size(look.BODY))
        if wanted != self._measured[0]:
            boxes, lines, size = self._boxes, self._lines, self._size
            self._size = SIZES[0]
            self._wrap(width)
            self._measured = (wanted, self._key() + self._lines * self._line_height())
            self._boxes, self._lines, self._size = boxes, lines, size
        return self._measured[1]

    # --- places --------------------------------------------------------------------------------

    def _line_height(self) -> float:
        return QFontMetricsF(self._type()).height() * 1.32

    def _type(self) -> QFont:
        font = self.font_of(look.BODY)
        font.setPointSizeF(font.pointSizeF() * self._size)
        return font

    def _key(self) -> float:
        """Height of the scale of colours above the text."""
        return self.line_height() + 10 * self.factor

    def _fits(self) -> int:
        """How many lines have room; one of them goes to what is left out, if anything is."""
        return max(1, int((self.height() - self._key()) / self._line_height()))

    def _lay_out(self) -> None:
        laid = (self._cells, self.width(), self.height(), self.factor, look.size(look.BODY))
        if laid == self._laid or not self._cells:
            return
        self._laid = laid
        for self._size in SIZES:
            self._wrap(self.width())
            if self._lines <= self._fits():
                break
        self._top = max(0, min(self._top, self._lines - self._fits()))

    def _wrap(self, across: float) -> None:
        """Break the tokens into lines so wide, between words where they can be."""
        metrics = QFontMetricsF(self._type())
        height = self._line_height()
        x, line, begin = 0.0, 0, 0  # begin: the first cell of the word in the making
        self._boxes = []
        for i, cell in enumerate(self._cells):
            width = metrics.horizontalAdvance(cell.text)
            if cell.text[:1] in (" ", NEWLINE):
                begin = i
            if x + width > across and x > 0:
                moved = self._boxes[begin:i] if 0 < begin <= i and self._boxes_from(begin, line) > 0 else []
                line, x = line + 1, 0.0
                for j, (_, box) in enumerate(moved, begin):
                    self._boxes[j] = (line, QRectF(x, line * height, box.width(), height))
                    x += box.width()
            self._boxes.append((line, QRectF(x, line * height, width, height)))
            x += width
            if cell.breaks:
                line, x, begin = line + 1, 0.0, i + 1
        self._lines = (self._boxes[-1][0] if self._boxes else 0) + 1

    def _boxes_from(self, begin: int, line: int) -> float:
        """Where a word in the making began on this line; 0 if it fills the line from its start."""
        if begin >= len(self._boxes):
            return 0.0
        at, box = self._boxes[begin]
        return box.left() if at == line else 0.0

    def _reveal(self, line: int) -> None:
        room = self._room()
        if line < self._top:
            self._top = line
        elif line >= self._top + room:
            self._top = line - room + 1

    def _at(self, pos: QPointF) -> int:
        """The cell at a pixel, or the nearest one on its line; -1 for none."""
        height = self._line_height()
        line = int((pos.y() - self._key()) / height) + self._top
        on_line = [(i, box) for i, (at, box) in enumerate(self._boxes) if at == line]
        if pos.y() < self._key() or not on_line:
            return -1
        for i, box in on_line:
            if pos.x() < box.right():
                return i
        return on_line[-1][0]

    # --- what the reader does ------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = True
            self._choose(self._at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self._choose(self._at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held and event.button() == Qt.MouseButton.LeftButton:
            self._held = False
            self.released.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        step = -1 if event.angleDelta().y() > 0 else 1
        top = max(0, min(self._top + 2 * step, self._lines - self._fits() + 1))
        if self._lines > self._fits() and top != self._top:
            self._top = top
            self.update()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if not self._boxes or not 0 <= self._chosen < len(self._boxes):
            event.ignore()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._choose(self._chosen + (1 if key == Qt.Key.Key_Right else -1))
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            line, box = self._boxes[self._chosen]
            line += 1 if key == Qt.Key.Key_Down else -1
            x = box.center().x()
            row = [(abs(b.center().x() - x), i) for i, (at, b) in enumerate(self._boxes) if at == line]
            self._choose(min(row)[1] if row else -1)
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        arrows = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
        if Qt.Key(event.key()) in arrows and not event.isAutoRepeat():
            self.released.emit()
        else:
            event.ignore()

    def _choose(self, index: int) -> None:
        if 0 <= index < len(self._cells):
            self.chosen.emit(self._cells[index].start)

    # --- painting ------------------------------------------------------------------------------

    def _colours(self) -> list[QColor]:
        """From no surprise to `MOST` bits: away from the ground."""
        full = colours.of("viridis", self.theme, 1.0).astype(float)
        full = full[::-1] if self.theme.name == "light" else full
        strength = np.linspace(*STRENGTH[self.theme.name], len(full))[:, None]
        table = strength * full + (1 - strength) * colours.rgb(QColor(self.theme.ground))
        return [QColor(*map(round, row)) for row in table.tolist()]

    def paintEvent(self, event: QPaintEvent) -> None:
        """The text as it was painted once; what is inspected is framed anew."""
        made_for = (*self._laid, self._top, self.theme, self._message, self.devicePixelRatioF())
        if self._picture is None or made_for != self._made_for:
            self._made_for = made_for
            self._picture = self._painted()
        with QPainter(self) as painter:
            painter.drawPixmap(0, 0, self._picture)
            if 0 <= self._chosen < len(self._boxes):
                line, box = self._boxes[self._chosen]
                if self._top <= line < self._top + self._room():
                    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                    width = (2.6 if self.hasFocus() else 2.0) * self.factor
                    painter.setPen(QPen(QColor(self.theme.accent), width))
                    body = _body(box.translated(0, self._key() - self._top * self._line_height()))
                    painter.drawRoundedRect(body.adjusted(-0.5, 0.5, 0.5, 0.5), 3, 3)

    def _room(self) -> int:
        """Lines of text that are seen."""
        return max(1, self._fits() - 1) if self._lines > self._fits() else self._fits()

    def _painted(self) -> QPixmap:
        table, ratio = self._colours(), self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(self.theme.ground))
        with QPainter(picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_key(painter, table)
            painter.translate(0, self._key())
            height, room = self._line_height(), self._room()
            painter.setFont(self._type())
            for cell, (line, box) in zip(self._cells, self._boxes, strict=True):
                if self._top <= line < self._top + room:
                    self._paint_cell(painter, cell, box.translated(0, -self._top * height), table)
            if self._lines > self._fits():
                self._paint_left_out(painter, room, height)
        return picture

    def _paint_cell(self, painter: QPainter, cell: Cell, box: QRectF, table: list[QColor]) -> None:
        theme, body = self.theme, _body(box)
        bar = max(2.0, 0.16 * box.height())
        if cell.bits is not None:
            share = min(1.0, cell.bits / MOST)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(table[round(255 * share)])
            painter.drawRect(body)
            if math.isinf(cell.bits):
                painter.setBrush(QBrush(QColor(theme.warning), Qt.BrushStyle.BDiagPattern))
                painter.drawRect(body)
            painter.setBrush(QColor(theme.warning if math.isinf(cell.bits) else theme.text))
            tall = bar * share
            painter.drawRect(QRectF(body.left(), body.bottom() - tall, body.width(), tall))
        muted = cell.bits is None or cell.text.strip() in ("", NEWLINE, TAB)
        painter.setPen(QColor(theme.muted if muted else theme.text))
        painter.drawText(box.adjusted(0, 0, 20, -bar), LEFT, cell.text)

    def _paint_left_out(self, painter: QPainter, room: int, height: float) -> None:
        above, below = self._top, max(0, self._lines - self._top - room)
        told = [f"{count(n, 'line')} {where}" for n, where in ((above, "above"), (below, "below")) if n]
        painter.setFont(self.font_of())
        painter.setPen(QColor(self.theme.muted))
        painter.drawText(QRectF(0, room * height, self.width(), height), LEFT, ", ".join(told))

    def _paint_key(self, painter: QPainter, table: list[QColor]) -> None:
        """The scale of colours, or the sentence that says why there are none."""
        line = self.line_height()
        painter.setFont(self.font_of())
        metrics = QFontMetricsF(painter.font())
        if self._message:
            painter.setPen(QColor(self.theme.warning))
            text = wrapped(self._message, painter.font(), self.width(), 1)[0]
            painter.drawText(QRectF(0, 0, self.width(), line), LEFT, text)
            return
        painter.setPen(QColor(self.theme.muted))
        title = "Surprise in bits"
        painter.drawText(QRectF(0, 0, self.width(), line), LEFT, title)
        left = metrics.horizontalAdvance(title) + 14 * self.factor
        width = min(180.0 * self.factor, max(60.0, self.width() - left - 90 * self.factor))
        at = left + metrics.horizontalAdvance("0") + 6
        painter.drawText(QRectF(left, 0, 40, line), LEFT, "0")
        cells = 48
        for i in range(cells):
            share = (i + 0.5) / cells
            box = QRectF(at + i * width / cells, 0.12 * line, width / cells + 0.6, 0.76 * line)
            painter.fillRect(box, table[round(255 * share)])
            tall = 0.16 * 1.3 * line * share
            painter.fillRect(box.adjusted(0, box.height() - tall, 0, 0), QColor(self.theme.text))
        painter.drawText(QRectF(at + width + 6, 0, 90 * self.factor, line), LEFT, f"{MOST:.0f} and more")


def _body(box: QRectF) -> QRectF:
    """The coloured part of a token's place: hairlines of ground between it and its neighbours."""
    return box.adjusted(0.5, 0, -0.5, -0.06 * box.height())


def cells_of(pieces: Sequence[Piece], bits: Sequence[float | None]) -> tuple[Cell, ...]:
    """Cells of tokens and their bits, None where one was given; a line ends behind the token that ends it."""
    return tuple(
        Cell(written(piece.data), each, piece.start, piece.data.endswith(b"\n"))
        for piece, each in zip(pieces, bits, strict=True)
    )
