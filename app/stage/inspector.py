"""The column at the right: controls, the step's equations with their numbers, what to notice, the source.

Two panes that scroll on their own, so that a long list of controls does not push the equations out of sight.
What is closed or hidden costs nothing: the last step is kept and shown when it is opened.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFontInfo, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.stage import theme as look
from app.stage.controls import ROOM, Controls, style_sheet
from app.stage.disclosure import Disclosure
from app.stage.formula import FormulaView
from app.stage.source import SourceView
from app.stage.typeset import Need, Request, Typeset, needs, typeset

if TYPE_CHECKING:
    from core.config import Config
    from core.trace import Equation

WIDTH = 320
BAR = 10
"""Width that a scroll bar takes; kept free so that nothing moves when it comes."""
KEPT = 400
"""Equations set that are remembered."""
MATH = 1.15
"""The size of formulas against that of text: their small letters are smaller."""

TypesetInJob = Callable[[str, Callable[[], Iterator[Typeset]], Callable[[Any], None]], None]


def typeset_now(key: str, work: Callable[[], Iterator[Typeset]], item: Callable[[Any], None]) -> None:
    """Set an equation at once, on this thread: what there is until a stage lends its jobs."""
    for made in work():
        item(made)


def _work(request: Request) -> Iterator[Typeset]:
    yield typeset(request)


class Section(QWidget):
    """A heading and what it opens."""

    def __init__(self, title: str, parent: QWidget, *, is_open: bool = True) -> None:
        super().__init__(parent)
        self.heading = Disclosure(title, self)
        self.heading.setFont(look.font(look.BODY, bold=True))
        self.heading.setChecked(is_open)
        self.body = QWidget(self)
        self.body.setVisible(is_open)
        self.rows = QVBoxLayout(self.body)
        self.rows.setContentsMargins(0, look.GAP, 0, 2 * look.GAP)
        self.rows.setSpacing(2 * look.GAP)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.heading)
        column.addWidget(self.body)
        self.heading.toggled.connect(self.body.setVisible)

    @property
    def is_open(self) -> bool:
        return self.heading.isChecked()


class EquationView(QWidget):
    """An equation under the tag of its source line."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.caption = QLabel(self)
        self.caption.setProperty("role", "muted")
        self.caption.setFont(look.font(look.CAPTION))
        self.caption.setWordWrap(True)
        self.formula = FormulaView(self)
        self.shown: Typeset | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, look.GAP)
        column.setSpacing(look.GAP)
        column.addWidget(self.caption)
        column.addWidget(self.formula)

    def show_equation(self, equation: Equation, made: Typeset | None) -> None:
        tag = equation.tag[:1].upper() + equation.tag[1:]
        if tag != self.caption.text():
            self.caption.setText(tag)
            self.formula.setAccessibleName(tag)
        other = self.shown is not None and self.shown.request.template != equation.template
        if made is not self.shown and (made is not None or other):
            self.shown = made
            self.formula.set_typeset(made)
        self.formula.set_values(equation.values)


class Pane(QScrollArea):
    """Part of the column, scrolled up and down only."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.content = QWidget(self)
        self.content.setObjectName("panel")
        self.content.setFixedWidth(WIDTH - 1 - BAR)
        self.column = QVBoxLayout(self.content)
        self.column.setContentsMargins(look.PANEL - 1, 2 * look.GAP, look.PANEL - BAR, 2 * look.GAP)
        self.column.setSpacing(2 * look.GAP)
        self.setWidget(self.content)

    def wanted(self) -> int:
        """The height at which nothing needs scrolling."""
        margins = self.content.width()
        layout = self.column
        return (
            layout.totalHeightForWidth(margins) if layout.hasHeightForWidth() else layout.sizeHint().height()
        )


class Inspector(QWidget):
    """What a reader sets, and what the step says. The stage feeds it; it never asks."""

    edited = Signal(object)
    committed = Signal()
    file_chosen = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        self.controls: Controls | None = None
        self.theme = look.LIGHT
        self._by_type: dict[type, Controls] = {}
        self._typeset_in_job: TypesetInJob = typeset_now
        self._made: dict[Request, Typeset] = {}
        self._asked: dict[str, Request] = {}
        self._needs: dict[str, tuple[Need, ...]] = {}
        self._equations: list[Equation] = []
        self._notes: list[str] = []
        self._stale = False
        self._views: list[EquationView] = []
        self._sentences: list[QLabel] = []
        self._lay_out()

    def _lay_out(self) -> None:
        self.above, self.below = Pane(self), Pane(self)
        self.rule = QFrame(self)
        self.setting = Section("Controls", self.above.content)
        self.above.column.addWidget(self.setting)
        self.above.column.addStretch(1)
        self.step = Section("This step", self.below.content)
        self.notice = Section("What to notice", self.below.content)
        self.origin = Section("Source", self.below.content, is_open=False)
        self.source = SourceView(self.origin.body)
        self.origin.rows.addWidget(self.source)
        for section in (self.notice, self.step, self.origin):
            self.below.column.addWidget(section)
            section.setVisible(False)
            section.heading.toggled.connect(self._refresh)
        self.below.column.addStretch(1)
        for pane in (self.above, self.below):
            pane.content.installEventFilter(self)

    def set_theme(self, theme: look.Theme) -> None:
        self.theme = theme
        self.setStyleSheet(
            style_sheet(theme)
            + f"Inspector {{ background: {theme.panel}; border-left: 1px solid {theme.line}; }}"
            + f"QScrollBar:vertical {{ width: {BAR}px; }}"
            + f"QScrollArea {{ background: {theme.panel}; }} QTextEdit {{ background: {theme.panel}; }}"
        )
        self.rule.setStyleSheet(f"background: {theme.line};")
        for controls in self._by_type.values():
            controls.set_theme(theme)
        self.source.set_theme(theme)
        self._refresh()

    def set_typesetting(self, typeset_in_job: TypesetInJob) -> None:
        """Lend jobs: called with a key, the work (an iterator of one Typeset) and who takes it."""
        self._typeset_in_job = typeset_in_job

    # --- controls --------------------------------------------------------------------------------

    def set_scene(self, config_type: type[Config]) -> None:
        """Show the controls of a scene; those of scenes seen before are kept as they were left."""
        if self.controls is not None:
            self.controls.setVisible(False)
        if config_type not in self._by_type:
            made = Controls(config_type, self.setting.body)
            made.set_theme(self.theme)
            made.edited.connect(self.edited)
            made.committed.connect(self.committed)
            made.file_chosen.connect(self.file_chosen)
            self.setting.rows.addWidget(made)
            self._by_type[config_type] = made
        self.controls = self._by_type[config_type]
        self.controls.setVisible(True)
        self.setting.setVisible(bool(self.controls.fields))
        self._asked.clear()
        self.show_step([], [])
        for pane in (self.above, self.below):
            pane.verticalScrollBar().setValue(0)

    def show_config(self, config: Config) -> None:
        """Put a config's values into the controls, without a signal."""
        if self.controls is not None:
            self.controls.show_config(config)

    def refuse(self, path: str, sentence: str) -> bool:
        """Show at its control why a field's value was not taken; whether there is such a control."""
        return self.controls.refuse(path, sentence) if self.controls is not None else False

    def open_all(self) -> None:
        """Open every section and every group."""
        for section in (self.setting, self.step, self.notice, self.origin):
            section.heading.setChecked(True)
        if self.controls is not None:
            for group in self.controls.groups.values():
                group.open()

    # --- the step --------------------------------------------------------------------------------

    def show_step(self, equations: list[Equation], notes: list[str]) -> None:
        """The equations of the step shown, and what to notice in it."""
        self._equations, self._notes = equations, notes
        if self.isVisible():
            self._fill()
        else:
            self._stale = True

    def _refresh(self) -> None:
        if self.isVisible():
            self._fill()
        else:
            self._stale = True

    def _fill(self) -> None:
        self._stale = False
        _show(self.step, bool(self._equations))
        _show(self.notice, bool(self._notes))
        _show(self.origin, any(e.function for e in self._equations))
        if self.step.is_open:
            self._fill_equations()
        if self.notice.is_open:
            self._fill_notes()
        if self.origin.is_open:
            functions = tuple(dict.fromkeys(e.function for e in self._equations if e.function))
            self.source.show_functions(functions, frozenset(e.tag for e in self._equations))

    def _fill_notes(self) -> None:
        while len(self._sentences) < len(self._notes):
            label = QLabel(self.notice.body)
            label.setTextFormat(Qt.TextFormat.PlainText)  # it may hold names from a reader's file
            label.setWordWrap(True)
            self.notice.rows.addWidget(label)
            self._sentences.append(label)
        for index, label in enumerate(self._sentences):
            text = self._notes[index] if index < len(self._notes) else ""
            if text != label.text():
                label.setText(text)
            _show(label, bool(text))

    def _fill_equations(self) -> None:
        while len(self._views) < len(self._equations):
            view = EquationView(self.step.body)
            self.step.rows.addWidget(view)
            self._views.append(view)
        for index, view in enumerate(self._views):
            if index < len(self._equations):
                equation = self._equations[index]
                view.show_equation(equation, self._typeset_of(equation, f"equation {index}"))
            _show(view, index < len(self._equations))

    def _typeset_of(self, equation: Equation, key: str) -> Typeset | None:
        """The equation set with room for its numbers, if it is there; asked for if not."""
        room = self._room(equation)
        size = round(QFontInfo(self.font()).pixelSize() * MATH)
        request = Request(equation.template, room, self.theme.text, size, ROOM)
        if request not in self._made and self._asked.get(key) != request:
            self._asked[key] = request
            self._typeset_in_job(key, functools.partial(_work, request), self._take)
        return self._made.get(request)

    def _room(self, equation: Equation) -> tuple[Need, ...]:
        now = needs(equation.template, equation.values)
        before = self._needs.get(equation.template, ())
        if now != before:
            known = {need.name: need for need in before}
            now = tuple(need.wider(known.get(need.name)) for need in now)
            self._needs[equation.template] = now
        return now

    def _take(self, made: Typeset) -> None:
        if len(self._made) >= KEPT:
            del self._made[next(iter(self._made))]
        self._made[made.request] = made
        if any(asked == made.request for asked in self._asked.values()):
            self._asked = {key: r for key, r in self._asked.items() if r != made.request}
            self._refresh()

    # --- the two panes ---------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._fill()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._share()
        return False

    def _share(self) -> None:
        """Controls get half the height, or all that the rest does not need."""
        height = self.height() - 1
        upper = min(self.above.wanted(), max(height // 2, height - self.below.wanted()))
        self.above.setGeometry(1, 0, WIDTH - 1, upper)
        self.rule.setGeometry(1, upper, WIDTH - 1, 1)
        self.below.setGeometry(1, upper + 1, WIDTH - 1, height - upper)


def _show(widget: QWidget, wanted: bool) -> None:
    if widget.isHidden() == wanted:
        widget.setVisible(wanted)
