"""Each icon is drawn in the colour it is given, whole, and nothing else."""

import pytest
from PySide6.QtGui import QImage

from app.stage.icons import RESOURCES, icon

FILES = sorted((RESOURCES / "icons").glob("*.svg"))
STROKES = [file.stem for file in FILES if "currentColor" in file.read_text(encoding="utf-8")]


def drawn(name: str, colour: str) -> QImage:
    return icon(name, colour, 24).pixmap(24, 24).toImage()


@pytest.mark.parametrize("name", STROKES)
def test_icon_takes_the_themes_colour(name: str) -> None:
    picture = drawn(name, "#D55E00")
    inked = [
        picture.pixelColor(x, y).name()
        for x in range(picture.width())
        for y in range(picture.height())
        if picture.pixelColor(x, y).alpha() == 255
    ]
    assert inked
    assert set(inked) == {"#d55e00"}


@pytest.mark.parametrize("name", STROKES)
def test_icon_is_not_cut_off(name: str) -> None:
    picture = drawn(name, "#000000")
    right, bottom = picture.width() - 1, picture.height() - 1
    rim = [(x, y) for x in range(right + 1) for y in (0, bottom)]
    rim += [(x, y) for x in (0, right) for y in range(bottom + 1)]
    assert all(picture.pixelColor(x, y).alpha() == 0 for x, y in rim)
