"""The painted tables of the threshold and ROC scenes: no text is cut, whatever the size and the counts."""

from typing import Any, ClassVar

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF, QPainter
from pytestqt.qtbot import QtBot

from app.evaluation import auc_table, confusion_table, rates_table, roc_words, threshold_words
from app.evaluation.auc_table import AucTable
from app.evaluation.confusion_table import ConfusionTable
from app.evaluation.rates_table import RatesTable
from app.stage import theme
from core.config import from_query
from core.evaluation.confusion import Counts
from core.evaluation.roc import RocConfig, compare
from core.evaluation.threshold import ThresholdConfig, call

SIZES = [(500, 190), (560, 300), (1500, 900)]


class Watched(QPainter):
    """Notes every text that does not fit where it is drawn."""

    cut: ClassVar[list[str]] = []
    seen: ClassVar[list[str]] = []

    def drawText(self, where: QRectF, flags: Any, text: str) -> None:
        metrics = QFontMetricsF(self.font())
        self.seen.append(text)
        needed = metrics.boundingRect(where, int(flags), text)
        room = QRectF(self.viewport()).intersected(where.adjusted(0, -4, 0, 4))
        if not room.adjusted(-1, -2, 1, 2).contains(needed):
            self.cut.append(f"{text!r} needs {needed}, has {room}")
        super().drawText(where, flags, text)


@pytest.fixture(autouse=True)
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (auc_table, confusion_table, rates_table):
        monkeypatch.setattr(module, "QPainter", Watched)
    Watched.cut.clear()
    Watched.seen.clear()


def painted(qtbot: QtBot, widget: Any, size: tuple[int, int], factor: float) -> None:
    qtbot.addWidget(widget)
    widget.set_theme(theme.DARK)
    widget.set_scale(factor)
    widget.resize(*size)
    widget.grab()
    assert Watched.seen
    assert Watched.cut == []


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("query", ["more=true", "cases=200000&more=true&beta=10", "threshold=9&more=true"])
def test_rates(qtbot: QtBot, size: tuple[int, int], query: str) -> None:
    config = from_query(ThresholdConfig, query)
    table = RatesTable()
    table.show_lines(threshold_words.lines(next(call(config)), config))
    painted(qtbot, table, size, 2.0 if size[0] > 1000 else 1.0)
    assert {"Accuracy", "Matthews", "Cost"} <= set(Watched.seen)


@pytest.mark.parametrize("size", [(280, 150), (330, 270), (1500, 900)], ids=str)
@pytest.mark.parametrize("counts", [Counts(3, 1, 0, 6), Counts(2_500_000, 31, 7_123_456, 375_912)], ids=repr)
def test_matrix(qtbot: QtBot, size: tuple[int, int], counts: Counts) -> None:
    table = ConfusionTable()
    table.show_counts(counts, ("unsolicited advertising", "ordinary message"))
    painted(qtbot, table, size, 2.0 if size[0] > 1000 else 1.0)
    assert any(text.startswith("is uns") for text in Watched.seen)


@pytest.mark.parametrize("size", [(870, 130), (870, 250), (3000, 700)], ids=str)
@pytest.mark.parametrize("query", ["", 'data={"name":"normal"}&cases=100000&replicates=100'])
def test_aucs(qtbot: QtBot, size: tuple[int, int], query: str) -> None:
    config = from_query(RocConfig, query)
    frame, table = next(compare(config)), AucTable()
    table.show_lines(roc_words.lines(frame, frame.inputs, config), roc_words.heads(frame), 1)
    painted(qtbot, table, size, 2.0 if size[0] > 1000 else 1.0)
    assert Watched.seen.count(repr(frame.classifier.aucs[0])) == 3
