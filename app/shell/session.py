"""The session: which scene was open and how each was set, kept from one start to the next.

Written atomically; a damaged one is set aside, not deleted.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QIODevice, QSaveFile

from app.shell import settings

VERSION = 1
LARGEST = 1_000_000
"""Bytes: a session file above this is not one of ours."""


def path() -> Path:
    return settings.folder() / "session.json"


def save(scene: str, configs: dict[str, str]) -> str:
    """Write the open scene and each scene's query. Returns a sentence if it could not be written."""
    import json

    file = path()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"{file}: the session could not be saved ({error.strerror})."
    out = QSaveFile(str(file))
    if not out.open(QIODevice.OpenModeFlag.WriteOnly):
        return f"{file}: the session could not be saved ({out.errorString()})."
    out.write(json.dumps({"version": VERSION, "scene": scene, "configs": configs}).encode())
    return "" if out.commit() else f"{file}: the session could not be saved ({out.errorString()})."


def load() -> tuple[str, dict[str, str], str]:
    """The last scene, each scene's query, and a sentence if the file was damaged (then it is set aside)."""
    file = path()
    if not file.exists():
        return "", {}, ""
    try:
        return (*_read(file), "")
    except (OSError, ValueError, RecursionError) as error:
        return "", {}, _set_aside(file, str(error).split("\n")[0])


def _read(file: Path) -> tuple[str, dict[str, str]]:
    """Plain json, as this runs before the first paint. ValueError for anything that is no session."""
    import json

    if file.stat().st_size > LARGEST:
        raise ValueError(f"larger than {LARGEST:,} bytes")
    match json.loads(file.read_bytes()):
        case {"version": int(), "scene": str(scene), "configs": dict(configs)} if all(
            isinstance(each, str) for each in configs.values()
        ):
            return scene, configs
        case _:
            raise ValueError("not a session of this program")


def _set_aside(file: Path, reason: str) -> str:
    number = 1
    while (aside := file.with_name(f"session.damaged-{number}.json")).exists():
        number += 1
    try:
        file.rename(aside)
    except OSError:
        return f"{file}: the saved session could not be read ({reason})."
    return f"The saved session could not be read ({reason}); it was set aside as {aside.name}."
