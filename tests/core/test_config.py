"""Round trips and refusals, by example and for any value a config can hold."""

import math
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import (
    Config,
    ConfigError,
    Source,
    changed_roles,
    choice,
    fields,
    from_json,
    from_query,
    number,
    replace,
    setting,
    to_json,
    to_query,
    validate,
    with_changes,
    with_view,
)

Coordinate = Annotated[float, number(-5, 5, "Coordinate")]


class Inner(Config):
    on: Annotated[bool, setting("On")] = True
    rate: Annotated[float, number(1e-5, 10.0, "Rate", scale="log", role="live")] = 0.1


class Outer(Config):
    kind: Annotated[Literal["b", "a"], choice("Kind", labels={"a": "The first"})] = "a"
    text: Annotated[str, setting("Text", shown_if={"kind": ["b"]})] = "x + y"
    count: Annotated[int, number(0, 100, "Count")] = 7
    inner: Annotated[Inner, setting("The inner")] = Inner()
    place: tuple[Coordinate, Coordinate] = (0.0, 1.0)
    places: tuple[tuple[Coordinate, Coordinate], ...] = ()
    data: Annotated[Source, setting("Data")] = Source("iris")
    shown: Annotated[bool, setting("Shown", role="view")] = False

    def check(self) -> None:
        if "forbidden" in self.text:
            raise ConfigError("Text: that word is forbidden.", "text")


coordinates = st.floats(-5, 5)
configs = st.builds(
    Outer,
    kind=st.sampled_from("ab"),
    text=st.text(st.characters(codec="utf-8"), max_size=40),
    count=st.integers(0, 100),
    inner=st.builds(Inner, on=st.booleans(), rate=st.floats(1e-5, 10.0)),
    place=st.tuples(coordinates, coordinates),
    places=st.lists(st.tuples(coordinates, coordinates), max_size=5).map(tuple),
    data=st.builds(Source, name=st.text(st.characters(codec="utf-8"), max_size=9), path=st.text(max_size=9)),
    shown=st.booleans(),
)


@given(configs)
def test_json_and_link_round_trip(config: Outer) -> None:
    assert from_json(Outer, to_json(config)) == config
    assert from_query(Outer, to_query(config)) == config
    assert validate(config) == config


def test_a_default_config_has_an_empty_query() -> None:
    assert to_query(Outer()) == ""


def test_fields_are_flat_and_in_order() -> None:
    paths = [field.path for field in fields(Outer)]
    assert paths == ["kind", "text", "count", "inner.on", "inner.rate", "place", "places", "data", "shown"]
    rate = fields(Outer)[4]
    assert (rate.low, rate.high, rate.scale, rate.role) == (1e-5, 10.0, "log", "live")
    assert rate.groups == ("The inner",)
    assert fields(Outer)[0].choices == ("b", "a"), "as declared"
    assert fields(Outer)[1].shown_if == {"kind": ("b",)}
    assert [field.kind for field in fields(Outer)] == [
        "choice", "text", "int", "bool", "float", "canvas", "canvas", "source", "bool",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "sentence", "path"),
    [
        ("kind=c", "Kind: expected one of b, a, found c.", "kind"),
        ("count=101", "Count: expected at most 100, found 101.", "count"),
        ("count=1.5", "Count: expected a whole number, found 1.5.", "count"),
        ("inner.rate=0", "The inner, Rate: expected at least 1e-05, found 0.", "inner.rate"),
        ("inner.rate=fast", "The inner, Rate: expected a number, found fast.", "inner.rate"),
        ("inner.rat=1", "There is no setting 'inner.rat'; did you mean 'inner.rate'?", ""),
        ("place=[0,9]", "Place: expected at most 5, found 9.", "place"),
        ("place=[0,null]", "Place: expected a number, found NoneType.", "place"),
        ("text=forbidden", "Text: that word is forbidden.", "text"),
        ("inner=3", "There is no setting 'inner'; did you mean 'inner.on'?", ""),
    ],
)
def test_refusals_are_one_sentence(query: str, sentence: str, path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_query(Outer, query)
    assert str(caught.value) == sentence
    assert caught.value.path == path


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(ConfigError):
        replace(Outer(), "inner.rate", value)
    with pytest.raises(ConfigError):
        validate(msgspec.structs.replace(Outer(), place=(value, 0.0)))


@given(st.text(max_size=80))
def test_any_text_as_a_query_is_read_or_refused(text: str) -> None:
    said = ""
    try:
        from_query(Outer, text)
    except ConfigError as error:
        said = str(error)
    assert "\n" not in said


@given(st.binary(max_size=80))
def test_any_bytes_as_json_are_read_or_refused(data: bytes) -> None:
    said = ""
    try:
        from_json(Outer, data)
    except ConfigError as error:
        said = str(error)
    assert "\n" not in said


@pytest.mark.parametrize(
    ("path", "value", "roles"),
    [
        ("kind", "b", {"restart"}),
        ("inner.rate", 0.5, {"live"}),
        ("shown", True, {"view"}),
        ("count", 7, set()),
    ],
)
def test_roles_of_a_change(path: str, value: Any, roles: set[str]) -> None:
    assert changed_roles(Outer(), replace(Outer(), path, value)) == roles


def test_what_one_config_is_with_anothers_view() -> None:
    made_by, looked_at = Outer(count=3), Outer(count=9, shown=True)
    assert with_view(made_by, looked_at) == Outer(count=3, shown=True)
    assert with_view(made_by, Outer(count=9)) is made_by


def test_a_change_is_carried_over_to_another_config() -> None:
    shown, wanted = Outer(), Outer(count=9)
    assert with_changes(wanted, shown, replace(shown, "shown", True)) == Outer(count=9, shown=True)
    assert with_changes(wanted, shown, shown) is wanted
