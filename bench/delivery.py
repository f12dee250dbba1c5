"""The executable: how large it is, and how fast it starts beside the same program run from source."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from app.scenes import SCENES
from bench import MissingError, Pair, benchmark

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "dist" / "training-lab"
MEBIBYTE = 1024 * 1024


def executable() -> Path:
    program = FOLDER / ("training-lab.exe" if os.name == "nt" else "training-lab")
    if not program.exists():
        raise MissingError("there is no executable; make dist")
    return program


@benchmark("executable folder", bound=1.0, unit="MiB", rounds=1)
def folder_size() -> Pair:
    executable()

    def ours() -> float:
        files = [file for file in FOLDER.rglob("*") if file.is_file() and not file.is_symlink()]
        return sum(file.stat().st_size for file in files) / MEBIBYTE

    return ours, 160.0


@benchmark("executable: start to the first scene drawn, against source", bound=1.2)
def start() -> Pair:
    """From nothing to a finished picture of the first scene, plots and equations included."""
    return draw_first([str(executable())]), draw_first([sys.executable, "-m", "app"])


def draw_first(command: list[str]) -> Callable[[], None]:
    if not SCENES:
        raise MissingError("there is no scene")

    def call() -> None:
        with tempfile.TemporaryDirectory() as folder:
            arguments = ["--scene", SCENES[0].id, "--gallery", folder]
            subprocess.run([*command, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

    return call
