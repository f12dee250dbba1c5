"""What all tests share. Those of the engine run without Qt, so nothing here may import it."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# Limits on time count processor time; hypothesis would count the clock's, which a crowded machine stretches.
settings.register_profile("lab", deadline=None)
settings.load_profile("lab")

# `pytest` puts only tests/ on the path, `python -m pytest` the repository too: the same for both.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# Before anything imports Qt: draw offscreen unless told otherwise, and let pyqtgraph find the right Qt.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Where pytest-qt is not installed its settings in pyproject.toml mean nothing, yet are no mistake."""
    if not pluginmanager.hasplugin("pytest-qt"):
        for name in ("qt_api", "qt_log_level_fail", "qt_log_ignore"):
            parser.addini(name, "ignored: pytest-qt is not installed", type="args")
