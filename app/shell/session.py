"""The session: which scene was open and how each was set, kept from one start to the next.

Written atomically; a damaged one is set aside, not deleted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QIODevice, QSaveFile

from app.shell import settings

LARGEST = 1_000_000
"""Bytes: a session file above this is not one of ours."""


def path() -> Path:
    return settings.folder() / "session.json"


def save(scene: str, configs: dict[str, str]) -> str:
    """Write the open scene and each scene's query. Returns a sentence if it could not be written."""
    import msgspec

    file = path()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"{file}: the session could not be saved ({error.strerror})."
    out = QSaveFile(str(file))
    if not out.open(QIODevice.OpenModeFlag.WriteOnly):
        return f"{file}: the session could not be saved ({out.errorString()})."
    out.write(msgspec.json.encode({"version": 1, "scene": scene, "configs": configs}))
    return "" if out.commit() else f"{file}: the session could not be saved ({out.errorString()})."


def load() -> tuple[str, dict[str, str], str]:
    """The last scene, each scene's query, and a sentence if the file was damaged (then it is set aside)."""
    file = path()
    if not file.exists():
        return "", {}, ""
    import msgspec

    class Session(msgspec.Struct):
        version: int
        scene: str
        configs: dict[str, str]

    try:
        if file.stat().st_size > LARGEST:
            raise ValueError("too large")
        found: Any = msgspec.json.decode(file.read_bytes(), type=Session)
        return found.scene, found.configs, ""
    except (OSError, ValueError) as error:
        return "", {}, _set_aside(file, str(error))


def _set_aside(file: Path, reason: str) -> str:
    number = 1
    while (aside := file.with_name(f"session.damaged-{number}.json")).exists():
        number += 1
    try:
        file.rename(aside)
    except OSError:
        return f"{file}: the saved session could not be read ({reason})."
    return f"The saved session could not be read ({reason}); it was set aside as {aside.name}."
