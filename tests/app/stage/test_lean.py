"""pyqtgraph imported lean is the same library, and costs fewer of Qt's types."""

import subprocess
import sys
from pathlib import Path

COUNT = """
import sys, PySide6.QtWidgets
{how}
import shiboken6
assert pyqtgraph.Qt.QtCore.QObject is PySide6.QtCore.QObject
assert pyqtgraph.Qt.QtGui.QPainter is sys.modules["PySide6.QtGui"].QPainter
assert pyqtgraph.Qt.QtWidgets.QGraphicsView is PySide6.QtWidgets.QGraphicsView
assert "QWidget" in dir(PySide6.QtWidgets), "the names are listed again"
app = PySide6.QtWidgets.QApplication([])
plot = pyqtgraph.PlotWidget()
plot.plot([0, 1, 2], [0, 1, 4])
plot.resize(300, 200)
image = plot.grab().toImage()
image.save(sys.argv[1])
"""


def picture(how: str, file: Path) -> bytes:
    code = COUNT.format(how=how)
    subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)
    return file.read_bytes()


def test_it_draws_the_same_picture(tmp_path: Path) -> None:
    plain = picture("import pyqtgraph", tmp_path / "plain.png")
    lean = picture("from app.stage.lean import pyqtgraph", tmp_path / "lean.png")
    assert plain == lean
    assert plain.startswith(b"\x89PNG")
