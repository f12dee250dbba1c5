"""Data to learn from: made from a seed, or read from a file that the reader names.

>>> moons = two_moons(200, noise=0.1, seed=0)
>>> moons.x.shape, moons.labels.mean()
((200, 2), np.float64(0.5))
>>> parse_points("x;y;label\\n0,5;1;a\\n0;1;a\\n1;0;b\\n1;1;b\\n", "mine.csv").labels.tolist()
[0, 0, 1, 1]
>>> parse_points("0.5,1,red\\n0.5,l,blue\\n", "mine.csv")
Traceback (most recent call last):
    ...
core.datasets.files.DataError: mine.csv, line 2: expected a number for y, found “l”.
"""

from core.datasets.files import DataError, parse_points, read_points
from core.datasets.linear import Linear, linear
from core.datasets.messages import Messages, messages
from core.datasets.points import POINTS, Points, blobs, circles, spiral, two_moons
from core.datasets.tables import TABLES, Table, parse_table, read_table

__all__ = [
    "POINTS",
    "TABLES",
    "DataError",
    "Linear",
    "Messages",
    "Points",
    "Table",
    "blobs",
    "circles",
    "linear",
    "messages",
    "parse_points",
    "parse_table",
    "read_points",
    "read_table",
    "spiral",
    "two_moons",
]
