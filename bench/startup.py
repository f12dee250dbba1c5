"""Start-up: whole processes, from their start to a window on the screen and to controls that answer.

Each process ends itself the moment what it is timed for has happened.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable

from bench.harness import Pair, benchmark

BARE = """
import os, sys
from PySide6.QtWidgets import QApplication, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        {painted}
app = QApplication(sys.argv)
window = Window()
window.resize(1440, 900)
window.show()
{then}
app.exec()
"""

BARE_PLOT = """
import pyqtgraph
plot = pyqtgraph.PlotWidget()
plot.plot([0, 1, 2, 3], [0, 1, 4, 9])
window.setCentralWidget(plot)
app.processEvents()
plot.viewport().repaint()
os._exit(0)
"""

OURS = """
import os, sys
from app import __main__ as program
from app.shell import main_window
class Window(main_window.MainWindow):
    {hook}
main_window.MainWindow = Window
program.main([])
"""

PAINTED = """
    def complete(self):
        os._exit(0)
"""

ANSWERS = """
    def complete(self):
        super().complete()
        assert not self.stage.current.failure.report
        assert self.stage.current.view.standings is not None
        widgets = sys.modules["PySide6.QtWidgets"]
        widgets.QApplication.sendPostedEvents()
        self.repaint()
        for plot in self.stage.current.view.findChildren(widgets.QAbstractScrollArea):
            plot.viewport().repaint()
        os._exit(0)
"""


def process(code: str) -> Callable[[], None]:
    home = tempfile.mkdtemp(prefix="training-lab-bench-")

    def call() -> None:
        done = subprocess.run(
            [sys.executable, "-c", code], env=_environment(home), capture_output=True, text=True, timeout=60
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    return call


def _environment(home: str) -> dict[str, str]:
    import os

    return {
        **os.environ,
        "XDG_CONFIG_HOME": home,
        "PYQTGRAPH_QT_LIB": "PySide6",
        "QT_QPA_PLATFORM": "offscreen",
    }


@benchmark("start to the first paint, against a bare main window", bound=1.3, rounds=9)
def first_paint() -> Pair:
    ours = OURS.format(hook=PAINTED.strip())
    return process(ours), process(BARE.format(painted="os._exit(0)", then=""))


@benchmark("start to a plot and controls that answer, against a bare pyqtgraph plot", bound=1.2, rounds=9)
def answering() -> Pair:
    ours = OURS.format(hook=ANSWERS.strip())
    return process(ours), process(BARE.format(painted="pass", then=BARE_PLOT))
