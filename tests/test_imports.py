"""The import contracts of pyproject.toml, and what importing the command line must not load."""

import subprocess
import sys

import pytest

from tests.support.processes import ROOT, environment
from tui_backprop.cli.main import COMMANDS


def test_imports_keep_the_contracts() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def modules_loaded_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint('loaded:', *sys.modules)"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.rpartition("loaded:")[2].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    loaded = modules_loaded_by(
        f"from tui_backprop.cli import main\nmain({arguments!r}, standalone_mode=False)"
    )
    assert "click" in loaded
    assert not loaded & {"numpy", "textual", "rich", "plotext"}


def test_the_app_imports_without_drawing_anything() -> None:
    """plotext is imported at the first chart, so that the first frame does not wait for it."""
    loaded = modules_loaded_by("import tui_backprop.ui.app")
    assert "textual" in loaded
    assert "plotext" not in loaded


def test_the_command_line_loads_only_what_opens_the_app() -> None:
    loaded = modules_loaded_by("import tui_backprop.cli.main")
    assert "tui_backprop.cli.options" in loaded
    unneeded = {f"tui_backprop.cli.{command}" for command in COMMANDS}
    assert not loaded & {*unneeded, "tui_backprop.cli.app", "tomllib", "platformdirs", "textual"}
