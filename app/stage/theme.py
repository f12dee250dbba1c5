"""The look: two palettes, one type scale, one spacing scale, and a colour for each thing.

A thing (an optimizer, a model family, a class) keeps its colour, marker and dash in every tab.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QPalette, QRawFont
from PySide6.QtWidgets import QApplication

GAP, PANEL, GROUP, RADIUS = 4, 16, 24, 6
"""Pixels: the grid's step, the inset of a panel, the space between groups, the corner radius."""

CAPTION, BODY, HEADING, TITLE = 11, 13, 15, 20
"""Points before scaling."""

RESOURCES = Path(__file__).resolve().parents[2] / "resources"

_SERIES = {
    "gradient_descent": "#7F7F7F", "momentum": "#0072B2", "nesterov": "#56B4E9", "adagrad": "#009E73",
    "rmsprop": "#E69F00", "adam": "#D55E00", "adamw": "#CC79A7", "amsgrad": "#8C6BB1",
    "ngram": "#7F7F7F", "recurrent": "#E69F00", "transformer": "#0072B2",
    "characters": "#CC79A7", "uniform": "#56B4E9", "opened": "#009E73",
    "lasso": "#D55E00", "ridge": "#0072B2", "elastic_net": "#009E73", "hard_threshold": "#7F7F7F",
    "positive": "#D55E00", "negative": "#0072B2",
    "ista": "#8C6BB1", "fista": "#56B4E9", "coordinate_descent": "#009E73", "subgradient": "#7F7F7F",
    "solution": "#1F2328", "zero_region": "#CC79A7",
    "training": "#0072B2", "held_out": "#D55E00",
    "classifier_a": "#009E73", "classifier_b": "#CC79A7",
    "accuracy": "#7F7F7F", "precision": "#0072B2", "recall": "#D55E00", "specificity": "#56B4E9",
    "f1": "#009E73", "cost": "#8C6BB1",
    "letter": "#D55E00", "answer": "#009E73", "per_byte": "#CC79A7", "generation": "#8C6BB1",
    "words": "#009E73", "inline": "#CC79A7", "plain": "#8C6BB1",
    "supported": "#009E73", "contradicted": "#D55E00", "not in the story": "#8C6BB1", "unreadable": "#7F7F7F",
}  # fmt: skip
# On the light ground these hues are too pale for a mark (3:1); the same hue, darker.
_LIGHT_VARIANT = {"#56B4E9": "#2F8FC9", "#E69F00": "#B97F00", "#CC79A7": "#B85C90", "#009E73": "#008A64"}
_DARK_VARIANT = {"#0072B2": "#3D9BD6", "#8C6BB1": "#A98BCB", "#7F7F7F": "#9A9A9A", "#D55E00": "#E8743B",
                 "#1F2328": "#E8EAED"}  # fmt: skip

MARKERS = {
    "lasso": "o", "ridge": "s", "elastic_net": "t1", "hard_threshold": "d",
    "gradient_descent": "o", "momentum": "s", "nesterov": "d", "adagrad": "t1", "rmsprop": "t",
    "adam": "star", "adamw": "p", "amsgrad": "h", "ngram": "o", "recurrent": "s", "transformer": "star",
    "characters": "d", "uniform": "t", "opened": "t1",
    "training": "o", "held_out": "d",
    "classifier_a": "t1", "classifier_b": "d", "accuracy": "o", "precision": "s", "recall": "d",
    "specificity": "t", "f1": "star", "cost": "h",
    "ista": "s", "fista": "d", "coordinate_descent": "t1", "subgradient": "o", "solution": "+",
    "positive": "o", "negative": "s", "letter": "o", "answer": "s", "per_byte": "d", "generation": "t1",
    "words": "s", "inline": "d", "plain": "t1",
}  # fmt: skip
"""pyqtgraph's symbol for each thing."""


class Theme(NamedTuple):
    """One palette. Colours as "#RRGGBB"."""

    name: str
    ground: str
    panel: str
    line: str
    text: str
    muted: str
    accent: str
    warning: str
    variants: dict[str, str]

    def colour(self, thing: str) -> QColor:
        """The colour of an optimizer, model family or class, fit for a mark on this ground."""
        base = _SERIES[thing]
        return QColor(self.variants.get(base, base))

    def mix(self, colour: str, share: float, into: str = "") -> QColor:
        """`share` of a colour laid over another (the panel unless told)."""
        a, b = QColor(colour), QColor(into or self.panel)
        pairs = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
        red, green, blue = (round(share * x + (1 - share) * y) for x, y in pairs)
        return QColor(red, green, blue)


LIGHT = Theme(
    "light", "#FBFBFA", "#FFFFFF", "#E3E2DE", "#1F2328", "#5B6067", "#0B6BCB", "#B3261E", _LIGHT_VARIANT
)
DARK = Theme(
    "dark", "#15171A", "#1D2024", "#33383F", "#E8EAED", "#A3A9B1", "#5AB0FF", "#FF8A80", _DARK_VARIANT
)
THEMES = {"light": LIGHT, "dark": DARK}

_scale = 0.8  # 13 pt reads as a desktop's 10.4 pt; presenting raises it


def size(points: int) -> float:
    """A type size of the scale, in points, after the one factor."""
    return points * _scale


def set_scale(factor: float) -> None:
    """The one factor for type: 0.8 at a desk."""
    global _scale
    _scale = factor


def font(points: int = BODY, *, bold: bool = False, mono: bool = False) -> QFont:
    made = (
        QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont) if mono else QFont(QApplication.font())
    )
    made.setPointSizeF(size(points))
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return made


def ensure_fonts() -> None:
    """On a machine without fonts text has no glyphs: register the DejaVu Sans that ziafont carries."""
    if QRawFont.fromFont(QFont()).isValid():
        return
    import ziafont

    for file in sorted((Path(ziafont.__file__).parent / "fonts").glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(file))
    if families := QFontDatabase.families():
        QApplication.setFont(QFont(families[0]))


def apply(app: QApplication, theme: Theme) -> None:
    """Fusion with an explicit palette (setColorScheme does nothing offscreen) and a small style sheet."""
    if not app.property("styled"):  # by name: asking for the style costs its whole class at start-up
        app.setStyle("Fusion")
        app.setProperty("styled", True)
    app.setPalette(palette(theme))
    base = app.font()
    if QFontInfo(base).pointSizeF() != size(BODY):
        base.setPointSizeF(size(BODY))
        app.setFont(base)
    app.setStyleSheet(style_sheet(theme))


def palette(theme: Theme) -> QPalette:
    made = QPalette()
    role = QPalette.ColorRole
    colours: dict[QPalette.ColorRole, str] = {
        role.Window: theme.ground, role.WindowText: theme.text, role.Base: theme.panel,
        role.AlternateBase: theme.ground, role.Text: theme.text, role.Button: theme.panel,
        role.ButtonText: theme.text, role.BrightText: theme.warning, role.Highlight: theme.accent,
        role.HighlightedText: theme.panel, role.Link: theme.accent, role.ToolTipBase: theme.panel,
        role.ToolTipText: theme.text, role.PlaceholderText: theme.muted, role.Mid: theme.line,
        role.Midlight: theme.line, role.Light: theme.panel, role.Dark: theme.line, role.Shadow: theme.line,
    }  # fmt: skip
    for which, colour in colours.items():
        made.setColor(which, QColor(colour))
    for which in (role.Text, role.ButtonText, role.WindowText):
        made.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.muted))
    return made


def style_sheet(theme: Theme) -> str:
    hover = theme.mix(theme.accent, 0.10).name()
    chosen = theme.mix(theme.accent, 0.14).name()
    control = theme.mix(theme.muted, 0.55).name()
    ink = "#FFFFFF" if theme.name == "light" else "#0B1A2B"
    icons = (RESOURCES / "icons").as_posix()
    return f"""
    QToolTip {{ color: {theme.text}; background: {theme.panel};
        border: 1px solid {theme.line}; padding: 4px; }}
    QWidget#panel {{ background: {theme.panel}; }}
    QLabel[role="muted"] {{ color: {theme.muted}; }}
    QLabel[role="warning"] {{ color: {theme.warning}; }}
    QLineEdit, QComboBox, QAbstractSpinBox {{ background: {theme.panel};
        border: 1px solid {theme.line}; border-radius: {RADIUS}px; padding: 2px 6px; }}
    QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {{ border-color: {theme.accent}; }}
    QComboBox::drop-down {{ border: 0; width: 20px; }}
    QComboBox::down-arrow {{ image: url({icons}/chevron.svg); width: 12px; height: 12px; }}
    QComboBox QAbstractItemView {{ background: {theme.panel}; border: 1px solid {theme.line}; padding: 4px;
        selection-background-color: {chosen}; selection-color: {theme.text}; }}
    QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {control}; border-radius: 4px;
        background: {theme.panel}; }}
    QCheckBox::indicator:checked {{ background: {theme.accent}; border-color: {theme.accent};
        image: url({icons}/check.svg); }}
    QCheckBox::indicator:focus, QCheckBox::indicator:hover {{ border-color: {theme.accent}; }}
    QPushButton, QToolButton {{ border: 1px solid transparent; border-radius: {RADIUS}px; padding: 4px 8px; }}
    QPushButton, QToolButton[role="preset"] {{ border-color: {theme.line}; background: {theme.panel}; }}
    QPushButton:hover, QToolButton:hover {{ background: {hover}; }}
    QPushButton:checked, QToolButton:checked {{ background: {chosen}; color: {theme.accent};
        border-color: {theme.accent}; }}
    QPushButton:focus, QToolButton:focus {{ border-color: {theme.accent}; }}
    QPushButton:disabled, QToolButton:disabled {{ color: {theme.mix(theme.muted, 0.6).name()}; }}
    QTabBar {{ background: transparent; }}
    QTabBar::tab {{ background: transparent; border: 0; border-bottom: 2px solid transparent;
        padding: 6px 12px; margin: 0 2px; color: {theme.muted}; }}
    QTabBar::tab:selected {{ color: {theme.text}; border-bottom-color: {theme.accent}; }}
    QTabBar::tab:hover, QTabBar::tab:focus {{ color: {theme.accent}; }}
    QListWidget {{ background: {theme.ground}; border: 0; border-right: 1px solid {theme.line};
        padding: 8px 4px; outline: 0; }}
    QListWidget::item {{ border-radius: {RADIUS}px; padding: 4px 8px; color: {theme.text}; }}
    QListWidget::item:hover {{ background: {hover}; }}
    QListWidget::item:selected {{ background: {chosen}; color: {theme.accent}; }}
    QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {theme.line}; }}
    QSlider::sub-page:horizontal {{ height: 4px; border-radius: 2px; background: {theme.accent}; }}
    QSlider::handle:horizontal {{ width: 12px; height: 12px; margin: -5px 0; border-radius: 7px;
        border: 1px solid {theme.accent}; background: {theme.panel}; }}
    QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ background: {theme.accent}; }}
    QSlider::handle:horizontal:disabled {{ border-color: {theme.line}; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {theme.line}; border-radius: 4px;
        min-height: 32px; margin: 1px; }}
    QScrollBar::handle:vertical:hover {{ background: {control}; }}
    QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical {{ height: 0; }}
    QScrollBar::add-page:vertical, QScrollBar::sub-page:vertical {{ background: transparent; }}
    QSplitter::handle {{ background: {theme.line}; }}
    QProgressBar {{ border: 0; background: {theme.line}; border-radius: 2px; }}
    QProgressBar::chunk {{ background: {theme.accent}; border-radius: 2px; color: {ink}; }}
    """
