"""What is used of Textual's private parts: all of it is listed here, and why.

pyproject.toml pins Textual's minor version for them. Whoever raises it goes through this list.
"""

import ast
import inspect
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module

import textual

import tui_backprop.ui
from tests.support.processes import ROOT

MODULES = {
    "textual._compositor": "updates are reduced to the cells that differ, and fewer rendered",
    "textual._context": "a screen that has been closed closes no other",
    "textual._xterm_parser": "input is read by a reader that drops what means nothing",
}

NAMES = {
    "_compositor": "a screen's own, which renders fewer widgets",
    "_dirty_regions": "what an update shows",
    "_get_renders": "renders only the widgets in it",
    "_display": "what is sent to the terminal is reduced",
    "_batch_count": "nothing is sent while updates are collected",
    "_previous_cursor_position": "nothing is sent where the cursor has not moved either",
    "_set_pointer_shape": "is not sent again where it is the same",
    "_driver": "how much waits for the terminal; when keys may come",
    "_writer_thread": "how much waits for the terminal",
    "_queue": "how much waits for the terminal; that of the thread which writes",
    "_file": "writes to a terminal that may be gone",
    "_app": "a driver's app",
    "_query_in_band_window_resize": "no sizes are wanted among the keys",
    "_must_signal_resume": "tells whether the terminal was given back",
    "_sigcont_application": "resumes only what was suspended",
    "_debug": "passed on to the parser of input",
    "_installed_screens": "the step screen that is kept",
    "_get_screen": "mounts it out of sight",
    "_load_screen_css": "styles it before it is asked for",
    "_modal_binding_chain": "every key of a screen, those that wait while a field is edited too",
}
"""Attributes of Textual's objects."""


def test_textual_is_pinned_to_a_minor_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (pin,) = [line for line in project["dependencies"] if line.startswith("textual")]
    low, high = re.findall(r"(\d+)\.(\d+)", pin)
    assert (low[0], int(low[1]) + 1) == (high[0], int(high[1])), pin
    assert textual.__version__.startswith(".".join(low) + ".")


def test_every_private_module_and_name_is_listed_and_needed() -> None:
    used_modules: set[str] = set()
    used_names: set[str] = set()
    for name in ui_modules():
        tree = ast.parse(inspect.getsource(import_module(name)))
        used_modules |= private_modules(tree)
        used_names |= names_of_others(tree)
        used_names |= {used for _, used in inherited_names(name)}
    assert used_modules == MODULES.keys()
    assert used_names == NAMES.keys()


def test_no_attribute_of_ours_takes_the_place_of_a_private_one_unseen() -> None:
    """A widget's own `_task`, say, would be that of its message loop."""
    unseen = {
        (cls, name)
        for module in ui_modules()
        for cls, name in inherited_names(module)
        if name not in NAMES
    }
    assert not unseen


def ui_modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(tui_backprop.ui.__path__, "tui_backprop.ui."):
        yield module.name


def private_modules(tree: ast.AST) -> set[str]:
    froms = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {module for module in froms if re.match(r"textual(\.\w+)*\._", module)}


def names_of_others(tree: ast.AST) -> set[str]:
    """Return the private attributes of anything but `self` that the module does not define."""
    defined = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    } | {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and re.match(r"_[a-z]", node.attr)
        and not (isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"})
        and node.attr not in defined
    } - {"_replace"}


def inherited_names(module: str) -> set[tuple[str, str]]:
    """Return our classes' private names that one of their Textual ancestors has too."""
    found = set()
    for _, cls in inspect.getmembers(import_module(module), inspect.isclass):
        if cls.__module__ != module:
            continue
        theirs = set[str]()
        for base in cls.__mro__[1:]:
            if base.__module__.startswith("textual"):
                theirs |= private_names(base) | set(vars(base))
        found |= {(cls.__name__, n) for n in private_names(cls) & theirs}
    return found


_NAMES_IN: dict[type, set[str]] = {}
"""By class: reading and searching the same sources again and again takes most of the time."""


def private_names(cls: type) -> set[str]:
    if cls not in _NAMES_IN:
        source = inspect.getsource(cls)
        _NAMES_IN[cls] = set(re.findall(r"\bself\.(_[a-z]\w*)", source)) | set(
            re.findall(r"\bdef (_[a-z]\w*)", source)
        )
    return _NAMES_IN[cls]
