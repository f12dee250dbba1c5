"""Fingerprints notice what has changed in a file or a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from core.config import ConfigError, Source
from core.datasets import fingerprint as module
from core.datasets.fingerprint import check_fingerprint, fingerprint


def test_a_file_has_its_sha256(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"one")
    assert fingerprint(file) == hashlib.sha256(b"one").hexdigest()


def test_a_folder_is_told_by_names_and_contents(tmp_path: Path) -> None:
    def folder(name: str, **files: str) -> str:
        inside = tmp_path / name
        (inside / "test").mkdir(parents=True)
        for file, text in files.items():
            (inside / "test" / file).write_text(text)
        return fingerprint(inside)

    same, again = folder("one", a="1", b="2"), folder("two", b="2", a="1")
    assert same == again
    assert (
        len({same, folder("three", a="2", b="1"), folder("four", a="1", c="2"), folder("five", a="1")}) == 4
    )


def test_a_change_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"one")
    source = Source(path=str(file), sha256=fingerprint(file))
    check_fingerprint(source, "questions")
    check_fingerprint(Source(path=str(file)), "questions")  # typed, not chosen
    file.write_bytes(b"two")
    with pytest.raises(ConfigError, match=r"^a\.csv: expected it as it was when it was chosen") as caught:
        check_fingerprint(source, "questions")
    assert caught.value.path == "questions"
    file.unlink()
    with pytest.raises(ConfigError, match=r"^a\.csv: cannot be read \(no such file or directory\)\.$"):
        check_fingerprint(source, "questions")


def test_a_folder_of_everything_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 2)
    for name in "abc":
        (tmp_path / name).touch()
    with pytest.raises(ConfigError, match="expected a folder of at most 2 files, found more"):
        fingerprint(tmp_path)
