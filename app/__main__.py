"""The command line: `python -m app`, or `training-lab` once installed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from app import import_plainly

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


def arguments(argv: list[str]) -> Any:
    import argparse

    parser = argparse.ArgumentParser(prog="training-lab", description="See how AI models are trained.")
    parser.add_argument("--scene", metavar="ID[?field=value&...]", default="", help="open this scene")
    parser.add_argument("--list-scenes", action="store_true", help="print every scene as a JSON line")
    parser.add_argument("--gallery", metavar="DIR", help="write one PNG per scene, without a window")
    parser.add_argument("--size", default="1280x800", metavar="WxH", help="the gallery's window size")
    parser.add_argument("--theme", choices=("light", "dark"), default="", help="colours")
    parser.add_argument("--self-test", action="store_true", help="open, play and drive every scene")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    given = sys.argv[1:] if argv is None else argv
    if not given and has_display():  # the common start does without a parser
        return run(make_app(), "", "")
    chosen = arguments(given)
    if chosen.list_scenes:
        return list_scenes()
    if chosen.gallery or chosen.self_test:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    elif not has_display():
        print("There is no display: use --gallery DIR to write every scene as a picture.", file=sys.stderr)
        return 2

    app = make_app()
    if chosen.gallery:
        from pathlib import Path

        from app.shell.gallery import write_gallery

        return write_gallery(app, Path(chosen.gallery), chosen.size, chosen.theme or "light", chosen.scene)
    if chosen.self_test:
        from app.shell.selftest import self_test

        return self_test(app)
    return run(app, chosen.scene, chosen.theme)


def make_app() -> QApplication:
    """The QApplication, with fonts to write with."""
    from PySide6.QtWidgets import QApplication

    import_plainly()
    from app.stage import theme

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("model-training-lab")
    app.setApplicationDisplayName("Model Training Lab")
    app.setDesktopFileName("training-lab")  # Wayland finds the icon by it
    theme.ensure_fonts()
    return app


def run(app: QApplication, link: str, theme_name: str) -> int:
    """Open the window and serve it until it closes."""
    from app.shell.main_window import MainWindow
    from app.stage import theme

    window = MainWindow(link=link)
    if theme_name:
        window.set_theme(theme.THEMES[theme_name])
    window.kept.fit_screen(window)
    sys.excepthook = window.fault
    window.show()
    return app.exec()


def list_scenes() -> int:
    """JSON lines: id, tab, title, question, config schema."""
    import json

    from app import scenes
    from core.config import schema

    for scene in scenes.SCENES:
        line = {"id": scene.id, "tab": scene.tab, "title": scene.title, "question": scene.question}
        print(json.dumps({**line, "config": schema(scene.load("config"))}))
    return 0


def has_display() -> bool:
    """Whether a window can be shown here."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
