"""Config: all that a person may set, declared once.

A config is a frozen ``msgspec.Struct`` whose fields carry their range, unit, title, help and role.
From that one declaration come the control, its validation, its help, the JSON, the link, the undo
entry and the test that drives it to both ends.

>>> class Walk(Config):
...     rate: Annotated[float, number(0.001, 1.0, "Learning rate", scale="log", role="live")] = 0.1
...     steps: Annotated[int, number(1, 500, "Steps")] = 100
>>> to_query(Walk(rate=0.5))
'rate=0.5'
>>> from_query(Walk, "steps=9999")
Traceback (most recent call last):
    ...
core.config.ConfigError: Steps: expected at most 500, found 9999.
"""

from __future__ import annotations

import difflib
import functools
import re
import typing
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeVar, cast
from urllib.parse import parse_qsl, quote

import msgspec
from msgspec import Meta, Struct

Role = Literal["restart", "live", "view"]
Kind = Literal["bool", "int", "float", "choice", "text", "source", "canvas"]
C = TypeVar("C", bound="Config")

__all__ = [
    "Annotated",
    "Config",
    "ConfigError",
    "Field",
    "Literal",
    "Source",
    "changed_roles",
    "choice",
    "default_of",
    "fields",
    "from_json",
    "from_query",
    "get",
    "number",
    "replace",
    "schema",
    "setting",
    "to_json",
    "to_query",
    "validate",
    "with_changes",
    "with_view",
]


class ConfigError(ValueError):
    """A value that a config does not take, told in one sentence; `path` names the field where known."""

    def __init__(self, sentence: str, path: str = "") -> None:
        super().__init__(sentence)
        self.path = path


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every config; a nested Config is shown as a group of controls."""

    def frames(self) -> int | None:
        """How many frames the run has in all, the first included; None for an endless run."""
        return None

    def check(self) -> None:
        """What the types of the fields cannot say (a formula parses): raises ConfigError. Fast."""

    def follow(self: C, before: Config) -> C:
        """This config, edited from `before`, with the fields brought into line that hang on the edited ones.

        A config that was meant as a whole (a link, an undo, a preset) must come back as it is. Fast.
        """
        return self


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """What a config names instead of holding: bundled data by name, or a file by path and SHA-256."""

    name: str = ""
    path: str = ""
    sha256: str = ""


class Field(Struct, frozen=True):
    """One leaf of a config, as a control needs it. `path` is dotted: "adam.learning_rate"."""

    path: str
    kind: Kind
    default: Any
    title: str
    help: str = ""
    unit: str = ""
    scale: Literal["linear", "log"] = "linear"
    role: Role = "restart"
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    labels: Mapping[str, str] = {}
    groups: tuple[str, ...] = ()
    shown_if: Mapping[str, tuple[Any, ...]] = {}
    extra: Mapping[str, Any] = {}

    @property
    def ends(self) -> tuple[Any, ...]:
        """The values that a test drives this field to: both ends, or every choice."""
        if self.kind in ("int", "float"):
            cast_to = int if self.kind == "int" else float
            return (cast_to(cast(float, self.low)), cast_to(cast(float, self.high)))
        if self.kind == "bool":
            return (True, False)
        return self.choices

    def label(self, value: Any) -> str:
        """The words for one choice."""
        return self.labels.get(str(value)) or str(value).replace("_", " ")


# --- declaring -----------------------------------------------------------------------------------


def number(
    low: float, high: float, title: str, help: str = "", *, unit: str = "", scale: str = "linear",
    role: Role = "restart", **extra: Any,
) -> Meta:  # fmt: skip
    """Meta of a bounded number. Both bounds are needed: an unbounded float would let NaN through."""
    return Meta(ge=low, le=high, title=title, description=help,
                extra={"unit": unit, "scale": scale, "role": role, **extra})  # fmt: skip


def choice(title: str, help: str = "", *, labels: Mapping[str, str] | None = None, role: Role = "restart",
           **extra: Any) -> Meta:  # fmt: skip
    """Meta of a Literal field; `labels` words the choices whose name is not its own label."""
    return Meta(title=title, description=help, extra={"role": role, "labels": dict(labels or {}), **extra})


def setting(title: str, help: str = "", *, role: Role = "restart", **extra: Any) -> Meta:
    """Meta of any other field: a switch, a text (give `max_length` in the type), a Source, a nested
    Config. `shown_if={"surface": ("formula",)}` names the values of other fields it makes sense for."""
    return Meta(title=title, description=help, extra={"role": role, **extra})


# --- reading the declaration ---------------------------------------------------------------------


def fields(config_type: type[Config]) -> tuple[Field, ...]:
    """Every leaf of the config in the order of declaration, nested configs flattened."""
    return _fields(config_type)


@functools.cache
def _fields(config_type: type[Config]) -> tuple[Field, ...]:
    info = cast(msgspec.inspect.StructType, msgspec.inspect.type_info(config_type))
    return tuple(_walk(info, "", (), {}))


def _walk(
    info: msgspec.inspect.StructType,
    prefix: str,
    groups: tuple[str, ...],
    shown: Mapping[str, tuple[Any, ...]],
) -> Iterator[Field]:
    for field in info.fields:
        kind, words, extra = _unwrap(field.type)
        title = words.get("title") or field.name.replace("_", " ").capitalize()
        shown_if = {**shown, **{k: tuple(v) for k, v in extra.get("shown_if", {}).items()}}
        path = prefix + field.name
        if isinstance(kind, msgspec.inspect.StructType) and issubclass(kind.cls, Config):
            yield from _walk(kind, path + ".", (*groups, title), shown_if)
            continue
        default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
        yield Field(
            path=path, kind=_kind(kind), default=default, title=title, help=words.get("description", ""),
            unit=extra.get("unit", ""), scale=extra.get("scale", "linear"), role=extra.get("role", "restart"),
            low=getattr(kind, "ge", None), high=getattr(kind, "le", None),
            choices=_choices(info.cls, field.name) if isinstance(kind, msgspec.inspect.LiteralType) else (),
            labels=extra.get("labels", {}), groups=groups, shown_if=shown_if, extra=extra,
        )  # fmt: skip


@functools.cache
def _hints(config_type: type) -> dict[str, Any]:
    return typing.get_type_hints(config_type)


def _choices(config_type: type, name: str) -> tuple[Any, ...]:
    """A Literal's values as declared; msgspec sorts them."""
    return typing.get_args(_hints(config_type)[name])


def _unwrap(kind: Any) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    words: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    while isinstance(kind, msgspec.inspect.Metadata):
        words |= kind.extra_json_schema or {}
        extra |= kind.extra or {}
        kind = kind.type
    return kind, words, extra


def _kind(kind: Any) -> Kind:
    match kind:
        case msgspec.inspect.BoolType():
            return "bool"
        case msgspec.inspect.IntType():
            return "int"
        case msgspec.inspect.FloatType():
            return "float"
        case msgspec.inspect.LiteralType():
            return "choice"
        case msgspec.inspect.StrType():
            return "text"
        case msgspec.inspect.StructType() if issubclass(kind.cls, Source):
            return "source"
        case _:
            return "canvas"


def get(config: Config, path: str) -> Any:
    """The value at a dotted path."""
    for name in path.split("."):
        config = getattr(config, name)
    return config


def replace(config: C, path: str, value: Any) -> C:
    """The config with one leaf changed; validated, ConfigError if refused."""
    return validate(_replace(config, path.split("."), value))


def _replace(config: Any, names: list[str], value: Any) -> Any:
    if len(names) > 1:
        value = _replace(getattr(config, names[0]), names[1:], value)
    return msgspec.structs.replace(config, **{names[0]: value})


def with_view(config: C, other: C) -> C:
    """`config` with the view fields of `other`."""
    for field in fields(type(config)):
        if field.role == "view" and get(config, field.path) != (value := get(other, field.path)):
            config = _replace(config, field.path.split("."), value)
    return config


def with_changes(config: C, old: C, new: C) -> C:
    """`config` with the fields in which `new` differs from `old`."""
    for field in fields(type(config)):
        if get(old, field.path) != (value := get(new, field.path)):
            config = _replace(config, field.path.split("."), value)
    return config


def changed_roles(old: Config, new: Config) -> set[Role]:
    """The roles of the fields in which two configs of one type differ."""
    return {f.role for f in fields(type(old)) if get(old, f.path) != get(new, f.path)}


def default_of(config_type: type[C]) -> C:
    return config_type()


# --- validating, writing and reading -------------------------------------------------------------


def validate(config: C) -> C:
    """The config if every field holds; the constructor checks nothing. Raises ConfigError."""
    return _convert(msgspec.to_builtins(config), type(config), strict=True)


def to_json(config: Config) -> bytes:
    return msgspec.json.encode(config)


def from_json(config_type: type[C], text: bytes | str) -> C:
    """Raises ConfigError with one sentence for text that is no JSON or holds a refused value."""
    try:
        raw = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise ConfigError(f"Not readable as JSON: {error}.") from None
    return _convert(raw, config_type, strict=True)


def schema(config_type: type[Config]) -> dict[str, Any]:
    """JSON schema, as `--list-scenes` prints it."""
    return msgspec.json.schema(config_type)


def to_query(config: Config) -> str:
    """Leaves that differ from the defaults, as "surface=beale&adam.beta1=0.8"."""
    parts = []
    for field in fields(type(config)):
        value = get(config, field.path)
        if value != field.default:
            text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
            parts.append(f"{field.path}={quote(text, safe='.,:[]()*^/+-')}".replace("+", "%2B"))
    return "&".join(parts)


def from_query(config_type: type[C], query: str, base: C | None = None) -> C:
    """The inverse of `to_query`; what is not named is taken from `base` or the defaults."""
    raw = msgspec.to_builtins(base if base is not None else default_of(config_type))
    known = {field.path: field for field in fields(config_type)}
    for path, text in parse_qsl(query, keep_blank_values=True, max_num_fields=500):
        field = known.get(path)
        if field is None:
            near = difflib.get_close_matches(path, known, 1)
            raise ConfigError(
                f"There is no setting {path!r}" + (f"; did you mean {near[0]!r}?" if near else ".")
            )
        place = raw
        *parents, leaf = path.split(".")
        for name in parents:
            place = place[name]
        place[leaf] = _read(field, text)
    return _convert(raw, config_type, strict=False)


def _read(field: Field, text: str) -> Any:
    if field.kind in ("text", "choice") and not any(isinstance(c, int) for c in field.choices):
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text  # refused by the conversion, which names the field


def _convert(raw: Any, config_type: type[C], *, strict: bool) -> C:
    try:
        config = msgspec.convert(raw, config_type, strict=strict)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), raw, config_type) from None
    config.check()
    return config


def _refusal(error: str, raw: Any, config_type: type[Config]) -> ConfigError:
    """msgspec's "Expected `float` <= 1.0 - at `$.adam.beta1`" in a reader's words."""
    what, _, where = error.partition(" - at `$")
    path = where.strip("`").lstrip(".")
    found: Any = raw
    for name in re.findall(r"\w+", path):
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, list | tuple) and name.isdigit():
            found = found[int(name)]
    leaf = next((f for f in fields(config_type) if path == f.path or path.startswith(f.path + "[")), None)
    title = ", ".join((*leaf.groups, leaf.title)) if leaf else path or "Settings"
    if leaf and leaf.choices:
        expected = "one of " + ", ".join(map(str, leaf.choices))
    elif bound := re.match(r"Expected `(?:float|int)` ([<>]=) (\S+)", what):
        expected = ("at most " if bound[1] == "<=" else "at least ") + f"{float(bound[2]):.12g}"
    elif kind := re.match(r"Expected `([^`]+)`, got", what):
        words = {"float": "a number", "int": "a whole number", "bool": "true or false", "str": "text"}
        expected = words.get(kind[1], kind[1])
    else:
        return ConfigError(f"{title}: {what[0].lower() + what[1:]}.", path)
    shown = f"{found:.12g}" if isinstance(found, float) else found
    if not isinstance(found, str | int | float):
        shown = type(found).__name__
    return ConfigError(f"{title}: expected {expected}, found {str(shown)[:60]}.", leaf.path if leaf else path)
