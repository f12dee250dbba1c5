"""Whether what a window shows can be read: no text cut off, no scroll bar in the stage."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QScrollBar, QWidget

from app.stage.header import Line


def clipped(window: QWidget) -> list[str]:
    """Visible labels, buttons and combos whose text needs more room than they have."""
    found = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.visibleRegion().isEmpty():
            continue
        if isinstance(widget, Line):
            continue  # ends in an ellipsis by design, the whole in its tool tip
        text = ""
        if isinstance(widget, QLabel | QAbstractButton):
            text = widget.text()
        elif isinstance(widget, QComboBox):
            text = widget.currentText()
        if not text:
            continue
        needed = widget.minimumSizeHint() if isinstance(widget, QComboBox) else widget.sizeHint()
        height = needed.height()
        if isinstance(widget, QLabel) and widget.wordWrap():
            height, width = widget.heightForWidth(widget.width()), 0
        else:
            width = needed.width()
        if width > widget.width() + 1 or height > widget.height() + 1:
            room = f"{widget.width()}x{widget.height()}"
            found.append(f"{type(widget).__name__} {text[:50]!r} needs {width}x{height}, has {room}")
    return found


def scroll_bars_in(widget: QWidget) -> list[str]:
    """Visible scroll bars below a widget."""
    return [bar.parent().objectName() for bar in widget.findChildren(QScrollBar) if bar.isVisible()]
