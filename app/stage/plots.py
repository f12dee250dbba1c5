"""Plot: axes, a ground that is painted once, trails that are painted as they grow, and marks over them.

Three pictures lie on one another. The *ground* (axes, maps, contours, landmarks) is painted when the range,
the size, the theme or the layers change. The *picture* is the ground with the trails: while a run plays only
the new pieces are painted into it. Markers, arrows, names and the playhead are painted straight onto the
screen, and only where something moved. pyqtgraph finds the ticks and draws the axes.

    plot = Plot("Step", "Loss", log_y=True, title="Loss against step")
    plot.set_range((0, 200), (1e-8, 10))                  # once for each run
    trail = plot.trail("adam", label="Adam")              # once
    trail.show(losses, upto=step)                         # for each frame: paints only what is new
    plot.playhead().move(step)
    plot.settle()                                         # nothing moves: whole, in a fixed order
"""

from __future__ import annotations

import itertools
import math

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPixmap, QRegion, QResizeEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from app.stage.axes import Mapping
from app.stage.decor import Decor
from app.stage.ground import ColourBar, Layer, Paper
from app.stage.labels import EndLabels, Name
from app.stage.marks import Arrows, Live, Mark, Playhead
from app.stage.navigation import Navigated
from app.stage.theme import LIGHT, Theme
from app.stage.trails import Trail
from app.stage.turns import Turns

REACH = 14.0
"""Pixels around a marker in which it counts as hit."""


class Plot(Navigated):
    """A plot with cached ground, growing trails and live marks; signals and range: see `Navigated`.

    Args:
        x_label, y_label: words beside the axes, with their unit.
        log_x, log_y: logarithmic axes. Values are handed over as they are, never as logarithms.
        equal: one unit of x is as long as one of y; the axes then take the largest place that allows it.
        title: a heading over the plot.
        grid: faint lines at the labelled ticks, under everything.
        fixed: no pan and zoom (a plot on which one paints).
    """

    def __init__(
        self, x_label: str = "", y_label: str = "", *, log_x: bool = False, log_y: bool = False,
        equal: bool = False, title: str = "", grid: bool = False, fixed: bool = False,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(log_x, log_y, fixed, parent)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.NoViewportUpdate)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(96, 80)
        self.setAccessibleName(title or f"{y_label} against {x_label}")
        self.equal = equal
        self.theme: Theme = LIGHT
        self.decor = Decor(x_label, y_label, title, log_x, log_y, grid)
        for axis in (self.decor.x_axis, self.decor.y_axis):
            self.addItem(axis)
        self.trails: list[Trail] = []
        self.trails_stale = True
        self.label_margin = 0.0
        self.end_labels = EndLabels(self)
        self._playhead = Playhead(self)
        self._live: list[Live] = []
        self._names: list[Name] = []
        self._scenery_names: list[Name] = []
        self._followers: list[QWidget] = []
        self._layers: tuple[Layer, ...] = ()
        self._scenery: tuple[Layer, ...] = ()
        self._ground: QPixmap | None = None
        self._picture: QPixmap | None = None
        self._painted_in: Theme | None = None
        self.turns: Turns | None = None
        """Whom to ask before the ground is painted anew; nobody unless told."""
        self._grown = False  # trails have something to be painted
        self._in_pieces = False  # some was painted by and by
        self._ready = True
        self.set_theme(self.theme)

    @property
    def caption_font(self) -> QFont:
        """The small type of ticks and labels."""
        return self.decor.font

    # --- what is shown -------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Take the colours, and the type at its present scale."""
        self.theme = theme
        self.decor.set_theme(theme)
        self._home_button.set_theme(theme)
        self.arrange()

    def set_ground(self, *layers: Layer) -> None:
        """What lies under the trails, lowest first: see `app.stage.ground`."""
        self._layers = layers
        self.arrange()

    def set_scenery(self, *layers: Layer) -> None:
        """What lies between the ground and the trails and is another at each move of a hand: painted with the
        trails, so that the axes and the ground stay as they are."""
        self._scenery, self._scenery_names = layers, []
        self.repaint_trails()

    def set_log(self, *, x: bool, y: bool) -> None:
        """Make the axes logarithmic or not. `set_range` must follow: the old range means nothing on them."""
        if (x, y) != (self.log_x, self.log_y):
            self.log_x, self.log_y = x, y
            self.decor.x_axis.log, self.decor.y_axis.log = x, y
            self.decor.x_axis.setStyle(maxTextLevel=int(x))
            self.decor.y_axis.setStyle(maxTextLevel=int(y))
            self._home = self._span = ((0.0, 1.0), (0.0, 1.0))
            self.arrange()

    def set_labels(self, x_label: str, y_label: str, title: str | None = None) -> None:
        """Change the words when what the axes measure changes."""
        decor = self.decor
        words = (x_label, y_label, decor.title if title is None else title)
        if words != (decor.x_label, decor.y_label, decor.title):
            decor.x_label, decor.y_label, decor.title = words
            self.arrange()

    def trail(
        self, key: str, *, thing: str = "", label: str = "", width: float = 1.8, cased: bool = True,
        marker: bool = True, size: float = 6.5,
    ) -> Trail:  # fmt: skip
        """The trail of this key, made when first asked for; trails lie in the order in which they were made.

        Args:
            thing: whose colour, dash and marker it has (`app.stage.theme`); the key unless told.
            label: a name beside its end.
            width: of the line, in pixels at a desk.
            cased: with a rim in the panel's colour, for lines over a map.
            marker: whether its newest point has the thing's marker, of radius `size`.
        """
        for each in self.trails:
            if each.key == key:
                return each
        made = Trail(self, key, thing or key, label, width, cased)
        self.trails.append(made)
        if marker:
            made.head = self.mark(key, thing=thing or key, size=size)
        if label:
            self.arrange()
        return made

    def mark(self, key: str, *, thing: str = "", size: float = 6.5) -> Mark:
        """A marker of its own; shown once it is moved."""
        made = Mark(self, key, thing or key, size)
        self._live.append(made)
        return made

    def arrows(self) -> Arrows:
        """A group of arrows from one point; shown once it is told."""
        made = Arrows(self)
        self._live.append(made)
        return made

    def lay(self, live: Live) -> None:
        """Have a live thing of the owner's own painted with the markers, in the order of their making."""
        self._live.append(live)
        self.arrange()

    def playhead(self) -> Playhead:
        """The upright line that says where the player stands; shown once it is moved."""
        return self._playhead

    def follow(self, widget: QWidget) -> None:
        """Have `widget.replace()` called whenever data move on the screen: handles and canvases."""
        self._followers.append(widget)

    def emphasise(self, key: str) -> None:
        """Bring one trail and its marker forward; none for an empty key."""
        for each in self.trails:
            each.emphasise(each.key == key)

    def settle(self) -> None:
        """Nothing moves: paint whole what was painted in pieces."""
        if self._grown or self._in_pieces:
            self.repaint_trails()

    def mark_at(self, pos: QPointF) -> str:
        """The key of the marker nearest to a pixel of the viewport, if it is near enough; else empty."""
        marks = [mark for mark in self._live if isinstance(mark, Mark)]
        found = [(mark.distance(pos), -i, mark.key) for i, mark in enumerate(marks)]
        distance, _, key = min(found, default=(math.inf, 0, ""))
        return key if distance <= REACH else ""

    # --- what trails and marks tell --------------------------------------------------------------

    def touch(self, rect: QRectF) -> None:
        """Something live changed here."""
        if not rect.isNull():
            self.viewport().update(rect.toAlignedRect().adjusted(-1, -1, 1, 1))

    def touch_trails(self, rect: QRectF) -> None:
        """A trail has something new to be painted here."""
        self._grown = True
        self.touch(rect & self.mapping.rect.adjusted(-1, -1, 1, 1))

    def repaint_trails(self) -> None:
        """Paint all trails whole before the next look."""
        self.trails_stale = True
        self.viewport().update()

    # --- geometry ------------------------------------------------------------------------------

    def arrange(self) -> None:
        """Find every place again: the axes, what lies on them, and the widgets that follow."""
        x, y = self._span
        box = self.decor.room(self.size(), y)
        self.label_margin = self.end_labels.margin(box.width(), box.height())
        bars = [layer.width(self.caption_font) for layer in self._layers if isinstance(layer, ColourBar)]
        box.setWidth(max(20.0, box.width() - self.label_margin - sum(bars)))
        if self.equal:
            box = _equalised(box, (x[1] - x[0]) / (y[1] - y[0]))
        box = QRectF(box.toRect())
        self.mapping = Mapping(box, x, y, self.log_x, self.log_y)
        self.decor.place(box, x, y)
        self._home_button.place(box)
        for live in (*self._live, self._playhead, self.end_labels):
            live.place(self.mapping)
        for widget in self._followers:
            widget.replace()  # type: ignore[attr-defined]
        self._ground = None
        self.repaint_trails()

    def resizeEvent(self, ev: QResizeEvent | None) -> None:
        super().resizeEvent(ev)
        if self._ready:
            self.arrange()

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, ev: QPaintEvent) -> None:
        picture = self._refresh()
        touched = ev.region()
        with QPainter(self.viewport()) as painter:
            _blit(painter, picture, touched)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            lives = self._names, self._scenery_names, (self._playhead,), sorted(self._live, key=_rank)
            for live in (*itertools.chain(*lives), self.end_labels):
                if touched.intersects(live.rect.toAlignedRect()):
                    live.paint(painter, self.theme)

    def _refresh(self) -> QPixmap:
        """The picture, ground and trails up to date."""
        ratio = self.devicePixelRatioF()
        size = self.viewport().size() * ratio
        ground, picture = self._ground, self._picture
        if ground is None or ground.size() != size or ground.devicePixelRatio() != ratio:
            if picture is not None and picture.size() == size and self._waits():
                return picture
            self._ground = ground = QPixmap(size)
            ground.setDevicePixelRatio(ratio)
            self._paint_ground(ground)
            if self.turns is not None:
                self.turns.painted(self)
            self.trails_stale = True
        if picture is None or picture.size() != size or picture.devicePixelRatio() != ratio:
            self._picture = picture = QPixmap(size)
            picture.setDevicePixelRatio(ratio)
            self.trails_stale = True
        whole = self.trails_stale
        if whole or self._grown:
            with QPainter(picture) as painter:
                if whole:
                    _blit(painter, ground, QRegion(self.viewport().rect()))
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setClipRect(self.mapping.rect.adjusted(-1, -1, 1, 1))
                if whole and self._scenery:
                    paper = Paper(painter, self.mapping, self.theme, self.caption_font)
                    for layer in self._scenery:
                        painter.save()
                        layer.paint(paper)
                        painter.restore()
                    self._scenery_names = [Name(self, *label) for label in paper.labels]
                for trail in sorted(self.trails, key=_rank):
                    if whole:
                        trail.paint_whole(painter)
                    else:
                        trail.paint_new(painter)
        self._in_pieces = (self._in_pieces or self._grown) and not whole
        self._grown = self.trails_stale = False
        return picture

    def _waits(self) -> bool:
        """Whether the picture of before is to be shown once more, as others are being painted."""
        return self.turns is not None and self._painted_in is self.theme and not self.turns.may_paint(self)

    def _paint_ground(self, pixmap: QPixmap) -> None:
        self._painted_in = self.theme
        pixmap.fill(QColor(self.theme.ground))
        with QPainter(pixmap) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paper = Paper(painter, self.mapping, self.theme, self.caption_font)
            painter.setClipRect(self.mapping.rect)
            self.decor.paint_grid(painter, self.mapping, self.theme)
            for over_axes in (False, True):
                for layer in self._layers:
                    if layer.over_axes == over_axes:
                        painter.save()
                        layer.paint(paper)
                        painter.restore()
                painter.setClipping(False)
            self.decor.paint(painter, self.mapping.rect, self.theme, self.width())
        self._names = [Name(self, *label) for label in paper.labels]


def _blit(painter: QPainter, picture: QPixmap, region: QRegion) -> None:
    """Copy the picture pixel by pixel, scaling undone so that Qt takes its straight path."""
    ratio = picture.devicePixelRatio()
    painter.save()
    painter.scale(1 / ratio, 1 / ratio)
    for rect in region:  # type: ignore[attr-defined]  # its stub has no __iter__
        left, top = math.floor(rect.left() * ratio), math.floor(rect.top() * ratio)
        right, bottom = math.ceil((rect.right() + 1) * ratio), math.ceil((rect.bottom() + 1) * ratio)
        part = QRect(left, top, right - left, bottom - top)
        painter.drawPixmap(part, picture, part)
    painter.restore()


def _rank(thing: Trail | Live) -> bool:
    """Emphasised ones last, over the others; else the order in which they were made (sorting is stable)."""
    return getattr(thing, "emphasised", False)


def _equalised(box: QRectF, shape: float) -> QRectF:
    """The largest part of the box whose width is `shape` times its height, at its top left."""
    width, height = min(box.width(), box.height() * shape), min(box.height(), box.width() / shape)
    return QRectF(box.left(), box.top(), max(8.0, width), max(8.0, height))
