"""Brushes: below a canvas, which kind of point a click adds."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from app.stage import theme as look
from app.stage.canvas import PointCanvas
from app.stage.marks import draw_symbol
from app.stage.theme import GAP, Theme


class Brushes(QWidget):
    """A button for each kind of point, with its marker; the one that is down is what the canvas adds.

    Args:
        canvas: whose kinds of point (`things`) these are, in the same order.
        titles, names: what each says, and what it says to those who do not see it.
        hint: what a click does.
    """

    def __init__(
        self, canvas: PointCanvas, titles: tuple[str, ...], names: tuple[str, ...], hint: str,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.canvas = canvas
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._group = QButtonGroup(self)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(GAP, 0, 0, 0)
        self.row.setSpacing(GAP)
        for label, (thing, title, name) in enumerate(zip(canvas.things, titles, names, strict=True)):
            brush = QToolButton(self)
            brush.setText(title)
            brush.setAccessibleName(name)
            brush.setCheckable(True)
            brush.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            brush.setProperty("thing", thing)
            brush.setToolTip(hint)
            brush.setIconSize(QSize(14, 14))
            self._group.addButton(brush, label)
            self.row.addWidget(brush)
        self.row.addStretch(1)
        self._group.idClicked.connect(self.take)
        self.take(0)

    def button(self, label: int) -> QToolButton:
        found = self._group.button(label)
        assert isinstance(found, QToolButton)
        return found

    def take(self, label: int) -> None:
        """From now on a click adds points of this kind."""
        self._group.button(label).setChecked(True)
        self.canvas.label = label

    def set_theme(self, theme: Theme) -> None:
        for brush in self._group.buttons():
            brush.setIcon(_icon(theme, str(brush.property("thing"))))


def _icon(theme: Theme, thing: str) -> QIcon:
    pixmap = QPixmap(28, 28)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(QColor(0, 0, 0, 0))
    with QPainter(pixmap) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_symbol(painter, QPointF(7, 7), look.MARKERS[thing], theme.colour(thing), 5.5)
    return QIcon(pixmap)
