import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.stage import source
from app.stage.source import COLOURS, SourceView, listing
from app.stage.theme import THEMES
from core.optimization import optimizers

ADAM = "core.optimization.optimizers:adam"


def contrast(a: QColor, b: QColor) -> float:
    """WCAG's contrast ratio of two colours."""

    def light(colour: QColor) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]  # type: ignore[no-any-return]

    high, low = sorted((light(a), light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", sorted(optimizers.OPTIMIZERS))
def test_each_optimizers_source_carries_the_tags_of_its_step(name: str) -> None:
    found = listing(f"core.optimization.optimizers:{name}")
    assert found.file == "core/optimization/optimizers.py"
    assert found.lines[0].text.startswith(f"def {name}(")
    text = Path(optimizers.__file__).read_text("utf-8").splitlines()
    assert text[found.first - 1].startswith(f"def {name}(")
    assert any(line.tag.startswith("step") for line in found.lines)


def test_a_method_and_a_nested_function_are_found() -> None:
    assert listing("core.trace:Trace.run").lines[0].text.startswith("def run(")
    assert listing("core.config:Config").lines[0].text.startswith("class Config(")


def test_documentation_is_cut_to_its_first_line() -> None:
    text = "\n".join(line.text for line in listing(ADAM).lines)
    assert "Adam" in text
    assert ">>>" not in text
    compile(text, "adam", "exec")


@pytest.mark.parametrize("function", ["core.trace:nothing", "core.nowhere:f"])
def test_what_is_not_there_is_a_value_error(function: str) -> None:
    with pytest.raises((ValueError, ModuleNotFoundError)):
        listing(function)


class WithoutSource:
    """A loader as in an executable: it runs code and holds no text."""

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        return None

    def get_source(self, name: str) -> None:
        return None


def test_the_text_comes_from_the_folder_where_the_loader_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    real = source.importlib.util.find_spec

    def find(name: str, *rest: Any) -> Any:
        if name == "core.optimization.optimizers":
            return ModuleSpec(name, WithoutSource())  # type: ignore[arg-type]
        return real(name, *rest)

    monkeypatch.setattr(source.importlib.util, "find_spec", find)
    listing.cache_clear()
    assert listing(ADAM).lines[0].text.startswith("def adam(")
    assert "core.optimization.optimizers" in sys.modules


@pytest.mark.parametrize("name", sorted(THEMES))
def test_every_kind_of_text_is_legible_marked_or_not(name: str) -> None:
    theme = THEMES[name]
    marked = theme.mix(theme.accent, 0.16)
    for colour in (*COLOURS[name].values(), theme.text, theme.muted):
        assert contrast(QColor(colour), QColor(theme.panel)) >= 4.5
    for colour in (*COLOURS[name].values(), theme.text):
        assert contrast(QColor(colour), marked) >= 4.5, colour


@pytest.fixture
def view(qtbot: QtBot) -> SourceView:
    made = SourceView()
    qtbot.addWidget(made)
    made.resize(288, 100)
    made.show()
    return made


def test_only_the_lines_of_this_steps_tags_are_marked(view: SourceView) -> None:
    view.show_functions((ADAM,), frozenset({"first moment", "step"}))
    assert [line.partition("#: ")[2] for line in view.marked()] == ["first moment", "step"]
    assert "def adam(" in view.toPlainText()


def test_it_is_as_high_as_its_text_and_never_scrolls(view: SourceView) -> None:
    view.show_functions((ADAM, "core.optimization.optimizers:momentum"), frozenset())
    QApplication.processEvents()
    assert view.height() >= view.document().size().height()
    assert view.verticalScrollBar().maximum() == 0
    assert view.document().idealWidth() <= view.viewport().width() + 1


def test_the_same_source_is_not_written_again(view: SourceView, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    monkeypatch.setattr(SourceView, "_write", lambda self: written.append(1))
    for _ in range(3):
        view.show_functions((ADAM,), frozenset({"step"}))
    assert written == [1]
