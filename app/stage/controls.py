"""Controls made from a config's fields: nothing about a control is declared twice.

An edit comes out as a whole validated config. What is complete by itself (a handle let go, a choice, a
switch, Enter) is committed at once; typing, the wheel and keys by the one single-shot timer of a Controls,
after half a second in which nothing more came.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.stage.disclosure import CHEVRON, Disclosure
from app.stage.row import Row
from app.stage.rows import SwitchRow, make_row
from app.stage.source_row import SourceRow
from app.stage.theme import GAP, LIGHT, MARKERS, RADIUS, Theme
from core.config import Config, ConfigError, Field, fields, get, replace

QUIET = 500
"""Milliseconds without a further key, turn of the wheel or letter, after which an edit is committed."""
ROOM = 288
"""Pixels across: the inspector less its insets."""


def style_sheet(theme: Theme) -> str:
    """Fields without a frame until one points at them, segments that show which one holds."""
    return f"""
    QLineEdit[quiet="true"] {{ background: transparent; border: 1px solid transparent; padding: 1px 4px; }}
    QLineEdit[quiet="true"]:hover {{ border-color: {theme.line}; }}
    QLineEdit[quiet="true"]:focus {{ border-color: {theme.accent}; background: {theme.panel}; }}
    QToolButton[segment="true"] {{ border: 1px solid {theme.line}; border-radius: {RADIUS}px;
        padding: 2px 8px; }}
    QToolButton[segment="true"]:checked {{ border-color: {theme.accent}; font-weight: 600; }}
    QToolButton[segment="true"]:focus {{ border-color: {theme.text}; }}
    """


class Group(QWidget):
    """A nested config: a heading, the switch of its field `on`, and rows built when first opened."""

    def __init__(self, prefix: str, title: str, own: list[Field], controls: Controls) -> None:
        super().__init__(controls)
        name = prefix.rsplit(".", 1)[-1]
        self.prefix = prefix
        self.thing = name if name in MARKERS else ""
        self.controls = controls
        self.header = Disclosure(title, self, self.thing)
        self.switch: SwitchRow | None = None
        self.body: QWidget | None = None
        head = QHBoxLayout()
        head.setSpacing(2 * GAP)
        head.addWidget(self.header, 1)
        if own[0].path == f"{prefix}.on" and own[0].kind == "bool":
            self.switch = SwitchRow(own[0], self)
            self.switch.box.setText("")
            head.addWidget(self.switch)
            own = own[1:]
        self.own = own
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(GAP)
        self.column.addLayout(head)
        self.header.toggled.connect(self.open)

    def open(self, wanted: bool = True) -> None:
        """Open or close the group; its rows are made the first time."""
        if wanted != self.header.isChecked():
            self.header.setChecked(wanted)  # comes back here
            return
        if wanted and self.body is None:
            self.body = QWidget(self)
            rows = QVBoxLayout(self.body)
            rows.setContentsMargins(CHEVRON, 0, 0, 2 * GAP)
            rows.setSpacing(2 * GAP)
            for row in self.controls.build(self.own, self.body, ROOM - CHEVRON, self.thing):
                rows.addWidget(row)
            self.column.addWidget(self.body)
        if self.body is not None:
            self.body.setVisible(wanted)

    def set_on(self, on: bool) -> None:
        self.header.set_muted(not on)


class Controls(QWidget):
    """One control for each field of a config that is not edited on the plot."""

    edited = Signal(object)
    """The validated config after each change."""
    committed = Signal()
    """What was edited is complete: one undo entry."""
    file_chosen = Signal(str, str)
    """The path of a source field, and the file the reader picked for it."""

    def __init__(self, config_type: type[Config], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.config_type = config_type
        self.config: Config | None = None
        self.theme = LIGHT
        self.fields = {f.path: f for f in fields(config_type) if f.kind != "canvas"}
        self.rows: dict[str, Row] = {}
        self.groups: dict[str, Group] = {}
        self._told: set[str] = set()
        self._touched: dict[str, Row] = {}
        self._dirty = False
        self._conditions = {path: self._condition(f) for path, f in self.fields.items() if f.shown_if}
        self._deciding = {key for condition in self._conditions.values() for key in condition}
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(QUIET)
        self._quiet.timeout.connect(self.commit)
        self._lay_out()

    def _lay_out(self) -> None:
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(2 * GAP)
        members: dict[str, list[Field]] = {}
        for field in self.fields.values():
            members.setdefault(field.path.rpartition(".")[0], []).append(field)
        for row in self.build(members.pop("", []), self, ROOM, ""):
            self.column.addWidget(row)
        extras = dict(_group_extras(self.config_type, ""))
        for prefix, own in members.items():
            group = Group(prefix, " · ".join(own[0].groups), own, self)
            self.groups[prefix] = group
            self.column.addWidget(group)
            group.header.setToolTip(extras[prefix].get("help", ""))
            group.header.set_theme(self.theme)
            if group.switch is not None:
                self._adopt(group.switch)
            if extras[prefix].get("open"):
                group.open()

    def build(self, own: list[Field], parent: QWidget, room: int, thing: str) -> Iterator[Row]:
        """Rows of some fields, connected and showing what the config says."""
        for field in own:
            row = make_row(field, parent, room)
            if thing:
                row.tint(self.theme.colour(thing))
            self._adopt(row)
            if self.config is not None:
                row.put(get(self.config, field.path))
                row.setVisible(self._is_shown(field.path))
            yield row

    def _adopt(self, row: Row) -> None:
        self.rows[row.field.path] = row
        row.edited.connect(self._edit)
        row.settled.connect(self._settled)
        row.touched.connect(self._touch)
        if isinstance(row, SourceRow):
            row.file_chosen.connect(self.file_chosen)

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of the things that groups are about."""
        self.theme = theme
        for group in self.groups.values():
            group.header.set_theme(theme)
            if group.thing:
                for field in group.own:
                    if field.path in self.rows:
                        self.rows[field.path].tint(theme.colour(group.thing))

    # --- showing ---------------------------------------------------------------------------------

    def show_config(self, config: Config) -> None:
        """Put a config's values in, without a signal; only what changed is touched."""
        old, self.config = self.config, config
        changed = [path for path in self.fields if old is None or get(old, path) != get(config, path)]
        for path in changed:
            if path in self.rows:
                self.rows[path].put(get(config, path))
        self._follow(changed)

    def _follow(self, changed: list[str]) -> None:
        """What depends on changed fields: what is shown, and which groups are off."""
        if self.config is None:
            return
        for path in changed:
            prefix, _, name = path.rpartition(".")
            if name == "on" and prefix in self.groups:
                self.groups[prefix].set_on(get(self.config, path))
        if self._deciding.isdisjoint(changed):
            return
        for path in self._conditions:
            if path in self.rows:
                self.rows[path].setVisible(self._is_shown(path))
        for group in self.groups.values():
            group.setVisible(any(self._is_shown(f.path) for f in (*group.own, *_on(group))))

    def _condition(self, field: Field) -> dict[str, tuple[Any, ...]]:
        """The fields that decide, by their full paths: names in a group may be relative to it."""
        prefix = field.path.rpartition(".")[0]
        return {
            (key if key in self.fields or not prefix else f"{prefix}.{key}"): values
            for key, values in field.shown_if.items()
        }

    def _is_shown(self, path: str) -> bool:
        condition = self._conditions.get(path, {})
        return all(get(self.config, key) in values for key, values in condition.items())  # type: ignore[arg-type]

    # --- editing ---------------------------------------------------------------------------------

    def _edit(self, path: str, value: Any) -> None:
        if self.config is None:
            return
        row = self.rows[path]
        try:
            config = replace(self.config, path, value)
        except ConfigError as error:
            row.refuse(str(error))
            return
        row.refuse("")
        self._told.discard(path)
        row.put(get(config, path))
        if config == self.config:
            return
        self.config = config
        self._dirty = True
        self._follow([path])
        self.edited.emit(config)

    def _settled(self) -> None:
        self.commit()

    def _touch(self) -> None:
        row = self.sender()
        if isinstance(row, Row):
            self._touched[row.field.path] = row
        self._quiet.start()

    def commit(self) -> None:
        """Read what was typed, then end the change that is under way."""
        self._quiet.stop()
        touched, self._touched = self._touched, {}
        for row in touched.values():
            row.apply()
        if self._dirty:
            self._dirty = False
            self.committed.emit()

    def refuse(self, path: str, sentence: str) -> bool:
        """Show why a field's value was not taken, at the field; whether there is a control to show it at.

        An empty path takes back every sentence shown this way.
        """
        if not path:
            for told in self._told:
                self.rows[told].refuse("")
            self._told.clear()
            return False
        if path not in self.fields or (self.config is not None and not self._is_shown(path)):
            return False
        row = self.row(path)
        row.refuse(sentence)
        if sentence:
            self._told.add(path)
        return True

    # --- for tests and for keys ------------------------------------------------------------------

    def row(self, path: str) -> Row:
        """The control of a field, its group opened if need be. KeyError where there is none."""
        if path in self.fields and path not in self.rows:
            self.groups[path.rpartition(".")[0]].open()
        return self.rows[path]

    def drive(self, path: str, value: Any) -> None:
        """Set a control as a person would: open its group, make the choices that show it, handle it."""
        for key, values in self._conditions.get(path, {}).items():
            if get(self.config, key) not in values:  # type: ignore[arg-type]
                self.drive(key, values[0])
        self.row(path).drive(value)

    def value(self, path: str) -> Any:
        """What the control of a field says now."""
        return self.row(path).value()


def _on(group: Group) -> list[Field]:
    return [group.switch.field] if group.switch is not None else []


def _group_extras(config_type: type, prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is declared of nested configs themselves: their help, and whether they are open at first."""
    info = msgspec.inspect.type_info(config_type)
    assert isinstance(info, msgspec.inspect.StructType)
    for field in info.fields:
        kind: Any = field.type
        extra: dict[str, Any] = {}
        while isinstance(kind, msgspec.inspect.Metadata):
            extra |= {"help": (kind.extra_json_schema or {}).get("description", ""), **(kind.extra or {})}
            kind = kind.type
        if isinstance(kind, msgspec.inspect.StructType) and issubclass(kind.cls, Config):
            yield prefix + field.name, extra
            yield from _group_extras(kind.cls, f"{prefix}{field.name}.")
