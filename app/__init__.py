"""The PySide6 program: it draws and listens, `core` computes."""

import builtins

_import = builtins.__import__


def import_plainly() -> None:
    """Take back PySide6's wrapper around `import`, if the program was imported before PySide6.

    The wrapper reads the source of every module imported after it, to see whether it asks for Qt's names in
    snake case. Nobody here does, and numpy and pyqtgraph are long: it costs a tenth of a second of the start.
    """
    builtins.__import__ = _import
