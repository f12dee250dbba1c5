"""pyqtgraph, imported without a Python type for every class of Qt.

PySide6 makes the Python type of a Qt class when its name is first used. There are some 1,500, and a window
needs a tenth of them; but pyqtgraph mirrors Qt's modules name by name in `pyqtgraph.Qt`, and so makes them
all, half of its time to import. Here the mirrors exist before it is imported, and look a name up when it is
used. Whoever needs pyqtgraph writes ``from app.stage.lean import pyqtgraph``.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

MODULES = ("QtCore", "QtGui", "QtWidgets")


class Mirror(ModuleType):
    """A module with another's names, each fetched when it is first used."""

    def __init__(self, name: str, source: ModuleType) -> None:
        super().__init__(name)
        self.__dict__["_source"] = source
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and not name.startswith("__version"):
            raise AttributeError(name)
        value = getattr(self.__dict__["_source"], name)
        self.__dict__[name] = value
        return value


@contextlib.contextmanager
def _nothing_listed(modules: list[ModuleType]) -> Iterator[None]:
    """While inside, `dir` of the modules is empty: pyqtgraph copies what `dir` lists."""
    for module in modules:
        module.__dict__["__dir__"] = list
    try:
        yield
    finally:
        for module in modules:
            del module.__dict__["__dir__"]


def _import() -> ModuleType:
    os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
    if "pyqtgraph" in sys.modules:
        return sys.modules["pyqtgraph"]
    sources = [importlib.import_module(f"PySide6.{name}") for name in MODULES]
    for name, source in zip(MODULES, sources, strict=True):
        sys.modules[f"pyqtgraph.Qt.{name}"] = Mirror(f"pyqtgraph.Qt.{name}", source)
    with _nothing_listed(sources):
        return importlib.import_module("pyqtgraph")


pyqtgraph: Any = _import()
