"""The picture on stage as a PNG file or on the clipboard."""

from __future__ import annotations

from PySide6.QtCore import QIODevice, QSaveFile
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import QFileDialog, QWidget


def picture(view: QWidget) -> QPixmap:
    """The view as it stands, in the pixels of its screen."""
    return view.grab()


def write_png(pixmap: QPixmap, path: str) -> str:
    """Write atomically; returns a sentence if it could not be written."""
    out = QSaveFile(path)
    if not out.open(QIODevice.OpenModeFlag.WriteOnly):
        return f"{path}: the picture could not be saved ({out.errorString()})."
    if not pixmap.save(out, "PNG") or not out.commit():
        return f"{path}: the picture could not be saved ({out.errorString()})."
    return ""


def save_picture(view: QWidget, scene_id: str, window: QWidget) -> str:
    """Ask for a file and write the picture; returns a sentence about what happened."""
    name = scene_id.replace("/", "-") + ".png"
    path, _ = QFileDialog.getSaveFileName(window, "Save picture", name, "PNG picture (*.png)")
    if not path:
        return ""
    return write_png(picture(view), path) or f"Picture saved as {path}."


def copy_picture(view: QWidget) -> None:
    QGuiApplication.clipboard().setPixmap(picture(view))
