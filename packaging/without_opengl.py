"""Runs first in the executable: stands in for the OpenGL modules (10 MB) that pyqtgraph always imports.

pyqtgraph names their classes for plots drawn by OpenGL. The lab draws none, so empty classes do.
"""

import sys
from types import ModuleType


class _Empty(ModuleType):
    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


for _name in ("PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets"):
    sys.modules[_name] = _Empty(_name)
