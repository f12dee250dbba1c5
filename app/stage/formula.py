"""An equation on screen: its picture set once in a job, its numbers painted into it each frame."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QPainter, QPaintEvent, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.stage.numbers import slot
from app.stage.typeset import Slot, Typeset

__all__ = ["FormulaView", "texts"]

WAITING = 32
"""Height held free until the equation is set."""


def texts(slots: tuple[Slot, ...], values: Mapping[str, Any]) -> tuple[str, ...]:
    """What stands in each slot for these values; nothing where slot and value differ in shape.

    They do while a value has become a vector and the wider equation is still being set.
    """
    found = []
    for each in slots:
        value = values.get(each.name, "")
        parts = [value] if isinstance(value, str) or not hasattr(value, "__len__") else list(value)
        index = max(0, each.component)
        fits = (each.component >= 0) == (len(parts) > 1) or len(parts) == 1
        value = parts[index] if fits and index < len(parts) else ""
        text = value if isinstance(value, str) else slot(value)
        found.append(f"({text})" if each.brackets and text.startswith("−") else text)
    return tuple(found)


@functools.cache
def _family() -> str:
    """The family that the equations are set in, so that the numbers look the same."""
    import ziamath

    path = Path(ziamath.__file__).parent / "fonts" / "STIXTwoMath-Regular.ttf"
    added = QFontDatabase.addApplicationFont(str(path))
    families = QFontDatabase.applicationFontFamilies(added) if added >= 0 else []
    return families[0] if families else QFont().family()


@functools.lru_cache(maxsize=32)
def _font(size: float) -> tuple[QFont, QFontMetricsF]:
    font = QFont(_family())
    font.setPixelSize(max(1, round(size * 64)))  # hinting off and scaled down: sizes need not be whole
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font, QFontMetricsF(font)


class FormulaView(QWidget):
    """One equation. Cheap to feed: nothing is painted again while its numbers read the same."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._typeset: Typeset | None = None
        self._texts: tuple[str, ...] = ()
        self._values: Mapping[str, Any] = {}
        self._picture = QPixmap()
        self._widths: dict[tuple[str, float], float] = {}

    def set_typeset(self, made: Typeset | None) -> None:
        """Take the picture; the numbers stay those last shown. None: wait for another equation's."""
        self._typeset = made
        self._picture = QPixmap()
        self._texts = ()
        self.updateGeometry()
        self.set_values(self._values)
        self.update()

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show these numbers."""
        self._values = values
        if self._typeset is None:
            return
        shown = texts(self._typeset.slots, values)
        if shown != self._texts:
            self._texts = shown
            self.update()

    def shown(self) -> tuple[str, ...]:
        """What stands in the slots, left to right and line by line."""
        return self._texts

    def in_words(self) -> str:
        """The numbers by name, for a screen reader."""
        slots = self._typeset.slots if self._typeset is not None else ()
        return ", ".join(f"{s.name} {text}" for s, text in zip(slots, self._texts, strict=True))

    def sizeHint(self) -> QSize:
        if self._typeset is None:
            return QSize(100, WAITING)
        return QSize(round(self._typeset.width + 0.5), round(self._typeset.height + 0.5))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._typeset is None:
            return
        ratio = self.devicePixelRatioF()
        if self._picture.isNull() or self._picture.devicePixelRatio() != ratio:
            self._picture = self._render(ratio)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._picture)
        painter.setPen(QColor(self._typeset.request.colour))
        for place, text in zip(self._typeset.slots, self._texts, strict=True):
            self._paint(painter, place, text)
        painter.end()

    def _paint(self, painter: QPainter, place: Slot, text: str) -> None:
        """A number in the middle of its place; one that is too wide is narrowed, never cut."""
        font, metrics = _font(place.size)
        width = self._widths.get((text, place.size))
        if width is None:
            if len(self._widths) > 2000:
                self._widths.clear()
            width = self._widths[text, place.size] = metrics.horizontalAdvance(text) / 64
        narrow = min(1.0, (place.width + 3.0) / width) if width else 1.0
        painter.save()
        painter.translate(QPointF(place.x + (place.width - width * narrow) / 2, place.baseline))
        painter.scale(narrow / 64, 1 / 64)
        painter.setFont(font)
        painter.drawText(QPointF(0, 0), text)
        painter.restore()

    def _render(self, ratio: float) -> QPixmap:
        assert self._typeset is not None
        size = self.sizeHint()
        picture = QPixmap(size * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        renderer = QSvgRenderer(QByteArray(self._typeset.svg))
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        renderer.render(painter, QRectF(0, 0, self._typeset.width, self._typeset.height))
        painter.end()
        return picture
