"""Sets up a virtual environment with everything the lab needs: `python3 packaging/bootstrap.py`.

Needs nothing but Python's standard library, asks nothing, and does nothing the second time: a stamp in the
environment remembers what it was made from. On Debian and Ubuntu it also installs the system libraries
that Qt loads, or prints the command that would. Its syntax is old, so that an old Python can say that it is.
"""

import argparse
import ctypes
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 14)

# What only the program needs; `--no-qt` leaves these out, and the engine's tests must pass without them.
QT_SIDE = {"pyside6-essentials", "pyqtgraph", "ziamath", "pillow", "pygments", "pytest-qt"}

# Shared object -> Debian package. Without the first group Qt cannot be imported; without the second it
# opens no window under X, and draws offscreen all the same.
NEEDED_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfreetype.so.6": "libfreetype6",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
WINDOW_LIBRARIES = {
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}


def say(text):
    print(text, flush=True)


def stop(text):
    raise SystemExit("bootstrap: " + text)


def use_supported_python():
    """Goes on in a supported Python, or stops with one line that says which are."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        other = shutil.which(f"python3.{minor}")
        if other and subprocess.call([other, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            raise SystemExit(subprocess.call([other, __file__, *sys.argv[1:]]))
    found = ".".join(map(str, sys.version_info[:2]))
    stop("Python 3.11 to 3.14 is needed, this is " + found + "; name another with make PYTHON=python3.12")


# ----------------------------------------------------------------------------------------- system packages


def lacks(library):
    try:
        ctypes.CDLL(library)
    except OSError:
        return True
    return False


def system_packages(options):
    """The Debian packages that are missing: (those without which nothing works, those a window needs)."""
    if not sys.platform.startswith("linux"):
        return [], []
    needed, window = [], []
    python = "python{}.{}".format(*sys.version_info[:2])
    if importlib.util.find_spec("ensurepip") is None:
        needed.append(python + "-venv")
    if "dist" in options.extras:
        if not (shutil.which("objcopy") and shutil.which("strip")):
            needed.append("binutils")
        if sys.base_prefix == "/usr" and not list(Path("/usr/lib").glob(f"*/lib{python}.so.1.0")):
            needed.append("lib" + python)
    if not options.no_qt:
        needed += [package for name, package in NEEDED_LIBRARIES.items() if lacks(name)]
        window += [package for name, package in WINDOW_LIBRARIES.items() if lacks(name)]
    return needed, window


def privileged():
    """The prefix that runs a command as root without asking, or None where there is no such right."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.call([sudo, "-n", "true"], stderr=subprocess.DEVNULL) == 0:
        return [sudo, "-n", "DEBIAN_FRONTEND=noninteractive"]
    return None


def install_system_packages(options):
    needed, window = system_packages(options)
    if not needed + window:
        return
    packages = needed + window
    by_hand = "sudo apt-get update && sudo apt-get install -y " + " ".join(packages)
    if not shutil.which("apt-get"):
        say("Missing from this system (named as Debian names them): " + " ".join(packages))
        return
    prefix = privileged()
    if prefix is not None:
        say("Installing system packages: " + " ".join(packages))
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        subprocess.call([*prefix, "apt-get", "-q", "update"], env=environment, stdout=subprocess.DEVNULL)
        install = [*prefix, "apt-get", "-q", "install", "-y", "--no-install-recommends", *packages]
        if subprocess.call(install, env=environment, stdout=subprocess.DEVNULL) == 0:
            return
        stop("apt-get failed; once it works again: " + by_hand)
    say("System packages are missing that this user has no right to install. Run:\n  " + by_hand)
    if needed:
        raise SystemExit(1)


# ------------------------------------------------------------------------------------- virtual environment


def requirements(options):
    """What pyproject.toml asks for: the program's dependencies and those of the chosen extras."""
    import tomllib

    with open(ROOT / "pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    wanted = list(project["dependencies"])
    for extra in options.extras:
        wanted += project["optional-dependencies"][extra]
    if not options.no_qt:
        return wanted
    return [line for line in wanted if re.split(r"[^\w.-]", line)[0].lower() not in QT_SIDE]


def fingerprint(wanted):
    """What an environment was made from, as one line."""
    recipe = [Path(__file__), ROOT / "packaging" / "constraints.txt"]
    made_from = [platform.python_version(), *wanted, *(file.read_text(encoding="utf-8") for file in recipe)]
    return hashlib.sha256("\n".join(made_from).encode()).hexdigest()


def interpreter(environment):
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def version_of(python):
    """Version of the interpreter at that path, or None where it does not run."""
    try:
        return subprocess.check_output(
            [str(python), "-c", "import platform as p; print(p.python_version())"],
            text=True,
            stderr=subprocess.DEVNULL,
        ).strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def make_environment(environment, wanted):
    python = interpreter(environment)
    if version_of(python) != platform.python_version():
        say(f"Making {environment.name} with Python {platform.python_version()}")
        subprocess.check_call([sys.executable, "-m", "venv", "--clear", str(environment)])
    say(f"Installing the pinned packages into {environment.name}")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--prefer-binary"]
    constraints = str(ROOT / "packaging" / "constraints.txt")
    if subprocess.call([*pip, "--constraint", constraints, *wanted]) != 0:
        stop("pip could not install the packages named above; is there a network?")
    # Without bytecode imports cost twice as much, and not every system lets Python write it later. Files
    # that do not compile (templates, samples for other versions) are no concern of ours.
    places = [str(environment), str(ROOT / "core"), str(ROOT / "app")]
    subprocess.call([str(python), "-m", "compileall", "-qq", *places], stdout=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venv", default=".venv", help="directory of the environment (default: .venv)")
    parser.add_argument("--extras", default="test,lint", help="of pyproject.toml (default: test,lint)")
    parser.add_argument("--no-qt", action="store_true", help="only what core and its tests need")
    options = parser.parse_args()
    options.extras = [extra for extra in options.extras.split(",") if extra]
    use_supported_python()

    environment = ROOT / options.venv
    stamp = environment / ".stamp"
    wanted = requirements(options)
    if stamp.is_file() and stamp.read_text() == fingerprint(wanted) and version_of(interpreter(environment)):
        stamp.touch()
        return
    install_system_packages(options)
    make_environment(environment, wanted)
    stamp.write_text(fingerprint(wanted))
    say(f"{environment.name} is ready")


if __name__ == "__main__":
    main()
