"""What a file or folder held when it was chosen: a SHA-256, by which a change is noticed later."""

from __future__ import annotations

import hashlib
from pathlib import Path

from core.config import ConfigError, Source

__all__ = ["check_fingerprint", "fingerprint"]

MOST_FILES = 2_000
"""The most files that a folder may hold, those in its folders included."""


def fingerprint(path: str | Path) -> str:
    """The SHA-256 of a file, or of all names and contents in a folder, as 64 hexadecimal digits.

    OSError if it cannot be read; ConfigError for a folder of more than 2,000 files.
    """
    path = Path(path)
    if not path.is_dir():
        return _digest(path)
    files: list[Path] = []
    for each in path.rglob("*"):
        if each.is_file():
            files.append(each)
        if len(files) > MOST_FILES:
            raise ConfigError(f"{path.name}: expected a folder of at most {MOST_FILES:,} files, found more.")
    whole = hashlib.sha256()
    for file in sorted(files, key=lambda each: each.relative_to(path).as_posix()):
        line = f"{file.relative_to(path).as_posix()}\0{_digest(file)}\n"
        whole.update(line.encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


def check_fingerprint(source: Source, field: str) -> None:
    """ConfigError, which names the config's `field`, if what the source names has changed or gone."""
    if not source.path or not source.sha256:
        return
    name = Path(source.path).name
    try:
        found = fingerprint(source.path)
    except OSError as error:
        why = (error.strerror or "no reason given").lower()
        raise ConfigError(f"{name}: cannot be read ({why}).", field) from None
    if found != source.sha256:
        raise ConfigError(f"{name}: expected it as it was when it was chosen, found it changed.", field)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
