"""The import contracts of pyproject.toml, and what importing the command line must not load."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

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


def test_no_modules_import_each_other() -> None:
    """Not within functions or for the type checker either."""
    paths = {module_name(path): path for path in (ROOT / "tui_backprop").rglob("*.py")}
    imports = {name: imported_modules(path, set(paths)) - {name} for name, path in paths.items()}
    order = TopologicalSorter(imports)
    try:
        order.prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(path: Path, modules: set[str]) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module in modules:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & modules or {node.module}
    return found


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
        f"from tui_backprop.cli.main import main\nmain({arguments!r}, standalone_mode=False)"
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


def test_what_is_for_ones_own_code_is_loaded_when_it_is_named() -> None:
    heavy = {"numpy", "textual", "rich", "click"}
    assert not modules_loaded_by("import tui_backprop") & heavy
    assert not modules_loaded_by("import tui_backprop; dir(tui_backprop)") & heavy
    loaded = modules_loaded_by("import tui_backprop; tui_backprop.check")
    assert "numpy" in loaded
    assert not loaded & {"textual", "rich", "plotext", "click"}
