"""The set-up: what is pinned, and what it says to a user who lacks the rights to install."""

import importlib.util
import re
import sys
import tomllib
from argparse import Namespace
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONSTRAINTS = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8")
DECLARED = [
    *PROJECT["dependencies"],
    *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
]


def pins() -> dict[str, str]:
    lines = [line for line in CONSTRAINTS.splitlines() if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}


@pytest.fixture
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "packaging" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("declared", DECLARED)
def test_every_requirement_is_pinned_to_a_version_it_allows(declared: str) -> None:
    requirement = Requirement(declared)
    assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)])


def test_constraints_name_versions_and_nothing_else() -> None:
    assert all(re.fullmatch(r"[\w.+]+", version) for version in pins().values())
    assert "://" not in CONSTRAINTS


def test_engine_environment_leaves_out_what_needs_qt(bootstrap: ModuleType) -> None:
    lines = bootstrap.requirements(Namespace(extras=["test"], no_qt=True))
    names = {canonicalize_name(Requirement(line).name) for line in lines}
    assert {"numpy", "msgspec", "pytest", "pytest-timeout", "hypothesis"} <= names
    assert names.isdisjoint({"pyside6-essentials", "pyqtgraph", "superqt", "ziamath", "pytest-qt"})


def test_user_without_rights_gets_the_exact_command(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(bootstrap, "lacks", lambda name: name in ("libEGL.so.1", "libxcb-cursor.so.0"))
    monkeypatch.setattr(bootstrap, "privileged", lambda: None)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(SystemExit):
        bootstrap.install_system_packages(Namespace(extras=["test"], no_qt=False))
    assert "sudo apt-get install -y libegl1 libxcb-cursor0\n" in capsys.readouterr().out


def test_a_library_that_only_a_window_needs_stops_nobody(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(bootstrap, "lacks", lambda name: name == "libxcb-cursor.so.0")
    monkeypatch.setattr(bootstrap, "privileged", lambda: None)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    bootstrap.install_system_packages(Namespace(extras=["test"], no_qt=False))
    assert "libxcb-cursor0" in capsys.readouterr().out


def test_environment_is_made_anew_when_a_pin_moves(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = bootstrap.fingerprint(["numpy"])
    assert bootstrap.fingerprint(["numpy"]) == before
    assert bootstrap.fingerprint(["numpy", "regex"]) != before
    (tmp_path / "packaging").mkdir()
    (tmp_path / "packaging" / "constraints.txt").write_text(CONSTRAINTS + "regex==1\n", encoding="utf-8")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    assert bootstrap.fingerprint(["numpy"]) != before
