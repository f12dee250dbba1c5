"""Colour scales, pale enough that trails and words stay legible on them."""

from __future__ import annotations

import functools
from typing import Literal

import numpy as np
from PySide6.QtGui import QColor

from app.stage.lean import pyqtgraph as pg
from app.stage.theme import Theme

ColourMap = Literal["viridis", "cividis", "diverging"]
STRENGTH = 0.30
"""Share of the full colour in a pale map; the rest is the panel."""


@functools.lru_cache(maxsize=32)
def scale(name: ColourMap, theme_name: str, panel: str, strength: float = STRENGTH) -> np.ndarray:
    """256 colours (256, 3), uint8, from low to high. A diverging map has its zero in the middle."""
    if name == "diverging":
        full = _diverging()
    else:
        full = pg.colormap.get(name).getLookupTable(nPts=256)[:, :3].astype(float)
    ground = rgb(QColor(panel))
    return np.round(strength * full + (1 - strength) * ground).astype(np.uint8)


def of(name: ColourMap, theme: Theme, strength: float = STRENGTH) -> np.ndarray:
    return scale(name, theme.name, theme.panel, strength)


def _diverging() -> np.ndarray:
    """Blue to orange over a light middle, evenly."""
    low, middle, high = (rgb(QColor(c)) for c in ("#0072B2", "#F2F2F0", "#D55E00"))
    at = np.linspace(-1.0, 1.0, 256)[:, None]
    return np.where(at < 0, middle - at * (low - middle), middle + at * (high - middle))


def rgb(colour: QColor) -> np.ndarray:
    """Red, green and blue, 0 to 255, as floats (3,)."""
    return np.array([colour.red(), colour.green(), colour.blue()], float)


def resolve(theme: Theme, name: str | QColor) -> QColor:
    """A colour by its role in the palette ("text", "accent", ...), its thing ("adam") or "#RRGGBB"."""
    if isinstance(name, QColor):
        return name
    if name.startswith("#"):
        return QColor(name)
    if name in ("ground", "panel", "line", "text", "muted", "accent", "warning"):
        return QColor(getattr(theme, name))
    return theme.colour(name)


def luminance(colour: QColor) -> float:
    """Relative luminance, as WCAG defines it."""
    shares = (colour.redF(), colour.greenF(), colour.blueF())
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
