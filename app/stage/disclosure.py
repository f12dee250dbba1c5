"""The heading that opens and closes what lies under it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.stage.theme import GAP, MARKERS, RADIUS, Theme

CHEVRON = 20
"""Width that the arrow takes; what lies under a heading is set in by as much."""
MARKER = 11


class Disclosure(QAbstractButton):
    """A flat heading: an arrow, the marker of the thing it names if it has one, and the title.

    Space and Enter, and the arrows right and left, open and close it.
    """

    def __init__(self, title: str, parent: QWidget | None = None, thing: str = "") -> None:
        super().__init__(parent)
        self.setText(title)
        self.setCheckable(True)
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._thing = thing
        self._colour = QColor()
        self._muted = False

    def set_theme(self, theme: Theme) -> None:
        if self._thing:
            self._colour = theme.colour(self._thing)
            self.update()

    def set_muted(self, muted: bool) -> None:
        """Whether what it heads is switched off."""
        if muted != self._muted:
            self._muted = muted
            self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        return QSize(
            self._indent() + metrics.horizontalAdvance(self.text()) + GAP, metrics.height() + 2 * GAP
        )

    def minimumSizeHint(self) -> QSize:
        return QSize(self._indent() + 8 * GAP, self.sizeHint().height())

    def _indent(self) -> int:
        return CHEVRON + (MARKER + 2 * GAP if self._thing else 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        wanted = {Qt.Key.Key_Right: True, Qt.Key.Key_Left: False}.get(Qt.Key(event.key()))
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or (
            wanted is not None and wanted != self.isChecked()
        ):
            self.click()
        elif wanted is None:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = self.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = palette.windowText().color()
        quiet = palette.placeholderText().color()
        middle = self.height() / 2
        painter.setPen(QPen(palette.highlight().color() if self.underMouse() else quiet, 1.5))
        painter.drawPolyline(_arrow(1, middle, down=self.isChecked()))
        if self._thing:
            self._draw_marker(painter, QPointF(CHEVRON + MARKER / 2, middle))
        painter.setPen(quiet if self._muted else ink)
        painter.setFont(self.font())
        place = QRectF(self._indent(), 0, self.width() - self._indent(), self.height())
        text = QFontMetrics(self.font()).elidedText(
            self.text(), Qt.TextElideMode.ElideRight, int(place.width())
        )
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
        if self.hasFocus():
            painter.setPen(QPen(palette.highlight().color(), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.end()

    def _draw_marker(self, painter: QPainter, centre: QPointF) -> None:
        """The very marker that the plots use; it is hollow while the thing is off."""
        from app.stage.marks import symbol

        painter.save()
        painter.translate(centre)
        painter.scale(MARKER / 2, MARKER / 2)
        painter.setPen(QPen(self._colour, 2.8 / MARKER))
        painter.setBrush(Qt.BrushStyle.NoBrush if self._muted else self._colour)
        painter.drawPath(symbol(MARKERS[self._thing]))
        painter.restore()


def _arrow(left: float, middle: float, *, down: bool) -> QPolygonF:
    if down:
        points = [(left, middle - 2), (left + 4, middle + 2), (left + 8, middle - 2)]
    else:
        points = [(left + 2, middle - 4), (left + 6, middle), (left + 2, middle + 4)]
    return QPolygonF([QPointF(x, y) for x, y in points])
