"""The one factory of settings and data places; tests point both at a folder of their own."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QSettings, QStandardPaths

ORGANISATION = "Model Training Lab"
HOME = "TRAINING_LAB_HOME"
"""Environment variable: a folder that holds settings and session instead of the user's own."""


def settings() -> QSettings:
    """Small preferences: theme, window size."""
    return QSettings(str(folder() / "settings.ini"), QSettings.Format.IniFormat)


def folder() -> Path:
    """Where settings and the session are kept."""
    if home := os.environ.get(HOME):
        return Path(home)
    base = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
    return Path(base)
