"""The source of the core function that made a step, its tagged lines marked.

Read as text, never by importing what is shown, so that it works from a folder with an executable too.
"""

from __future__ import annotations

import ast
import functools
import importlib.resources
import importlib.util
import re
import textwrap

from msgspec import Struct
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextEdit, QWidget

from app.stage import theme as look

HANG = 3
"""Characters by which a line that is broken goes on further in."""
COLOURS = {
    "light": {"keyword": "#0A58A6", "string": "#2C6A3B", "number": "#8A4300", "comment": "#565B62"},
    "dark": {"keyword": "#7CC0FF", "string": "#9BD3A5", "number": "#F2B27C", "comment": "#AEB4BC"},
}
_TAG = re.compile(r"#: (.+?)\s*$")


class Line(Struct, frozen=True):
    """A line of source, its indentation kept, and the tag it carries."""

    text: str
    tag: str = ""


class Listing(Struct, frozen=True):
    """A function's source: where it stands, and its lines."""

    file: str
    first: int
    lines: tuple[Line, ...]


@functools.lru_cache(maxsize=64)
def listing(function: str) -> Listing:
    """The source of "module:name" or "module:Class.name"; of its documentation the first sentence.

    ValueError where there is no such function.
    """
    module, _, name = function.partition(":")
    text = _text(module)
    node = _find(ast.parse(text), name.split("."))
    if text is None or node is None:
        raise ValueError(f"There is no function {name} in {module}.")
    assert isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
    start = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    lines = text.splitlines()
    kept = [*range(start, node.end_lineno + 1)] if node.end_lineno else [start]
    shortened: dict[int, str] = {}
    doc = node.body[0]
    if ast.get_docstring(node) and doc.end_lineno and doc.end_lineno > doc.lineno:
        kept = [n for n in kept if not doc.lineno < n <= doc.end_lineno]
        shortened[doc.lineno] = lines[doc.lineno - 1].rstrip() + ' …"""'
    shown = textwrap.dedent("\n".join(shortened.get(n, lines[n - 1]) for n in kept)).splitlines()
    return Listing(module.replace(".", "/") + ".py", start, tuple(_line(text) for text in shown))


def _line(text: str) -> Line:
    found = _TAG.search(text)
    return Line(text, found[1] if found else "")


def _text(module: str) -> str:
    spec = importlib.util.find_spec(module)
    if spec is None:
        raise ValueError(f"There is no module {module}.")
    get_source = getattr(spec.loader, "get_source", None)
    text = get_source(module) if get_source else None
    if text is None:
        package, _, name = module.rpartition(".")
        text = (importlib.resources.files(package) / f"{name}.py").read_text("utf-8")
    return str(text)


def _find(tree: ast.AST, names: list[str]) -> ast.AST | None:
    """The definition, wherever in its parent it stands (in an `if`, in a function)."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef) and node.name == names[0]:
            return node if len(names) == 1 else _find(node, names[1:])
    return None


class SourceView(QTextEdit):
    """Functions as they are in the engine, as high as they need; long lines go on further in."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Source of this step")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.setTabChangesFocus(True)
        self._theme = look.LIGHT
        self._functions: tuple[str, ...] = ()
        self._tags: frozenset[str] = frozenset()

    def set_theme(self, theme: look.Theme) -> None:
        self._theme = theme
        self._write()

    def show_functions(self, functions: tuple[str, ...], tags: frozenset[str]) -> None:
        """Show the source of these; lines that carry one of the tags are marked."""
        if (functions, tags) != (self._functions, self._tags):
            self._functions, self._tags = functions, tags
            self._write()

    def marked(self) -> list[str]:
        """The lines that are marked."""
        block, found = self.document().begin(), []
        while block.isValid():
            if block.blockFormat().background().style() != Qt.BrushStyle.NoBrush:
                found.append(block.text())
            block = block.next()
        return found

    # --- writing ---------------------------------------------------------------------------------

    def _write(self) -> None:
        self.clear()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        formats = self._formats()
        for index, function in enumerate(self._functions):
            found = listing(function)
            caption = QTextBlockFormat()
            caption.setTopMargin(4 * look.GAP if index else 0)
            caption.setBottomMargin(look.GAP)
            self._block(cursor, caption)
            cursor.insertText(f"{found.file}, line {found.first}", formats["caption"])
            for line, tokens in zip(found.lines, _tokens(found), strict=True):
                self._block(cursor, self._line_format(line, formats["code"]))
                for kind, text in tokens:
                    cursor.insertText(text, formats[kind])
        cursor.endEditBlock()
        self._fit()

    @staticmethod
    def _block(cursor: QTextCursor, form: QTextBlockFormat) -> None:
        if cursor.position() == 0:
            cursor.setBlockFormat(form)
        else:
            cursor.insertBlock(form)

    def _formats(self) -> dict[str, QTextCharFormat]:
        colours = COLOURS[self._theme.name] | {"code": self._theme.text, "caption": self._theme.muted}
        made = {}
        for kind, colour in colours.items():
            form = QTextCharFormat()
            form.setFont(look.font(look.CAPTION, mono=kind != "caption"))
            form.setForeground(QColor(colour))
            form.setFontItalic(kind == "comment")
            made[kind] = form
        made["name"] = QTextCharFormat(made["code"])
        made["name"].setFontWeight(QFont.Weight.DemiBold)
        return made

    def _line_format(self, line: Line, code: QTextCharFormat) -> QTextBlockFormat:
        form = QTextBlockFormat()
        indent = len(line.text) - len(line.text.lstrip()) + HANG
        width = QFontMetricsF(code.font()).horizontalAdvance(" ") * min(indent, 16)
        form.setLeftMargin(width)
        form.setTextIndent(-width)
        form.setLineHeight(112, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        if line.tag and line.tag in self._tags:
            form.setBackground(self._theme.mix(self._theme.accent, 0.16))
        return form

    # --- as high as its text ---------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self.viewport().width() > 0:
            self.document().setTextWidth(self.viewport().width())
        height = round(self.document().size().height() + 0.5) + 2
        if height != self.minimumHeight():
            self.setFixedHeight(height)

    def sizeHint(self) -> QSize:
        return QSize(100, self.minimumHeight())


def _tokens(found: Listing) -> list[list[tuple[str, str]]]:
    """For each line its pieces, with the kind of each."""
    from pygments.lexers.python import PythonLexer
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    kinds = ((Comment, "comment"), (Keyword, "keyword"), (Operator.Word, "keyword"), (String, "string"),
             (Number, "number"), (Name.Function, "name"), (Name.Class, "name"))  # fmt: skip
    text = "\n".join(line.text for line in found.lines)
    rows: list[list[tuple[str, str]]] = [[]]
    for token, value in PythonLexer(stripnl=False, ensurenl=False).get_tokens(text):
        kind = next((word for kind, word in kinds if token in kind), "code")
        for index, piece in enumerate(value.split("\n")):
            if index:
                rows.append([])
            if piece:
                rows[-1].append((kind, piece))
    return rows[: len(found.lines)]
