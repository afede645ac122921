"""tui-backprop: watch a neural network learn in the terminal, and walk its backpropagation."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui_backprop.own.check import check as check

__version__ = "0.1.0"

_MODULES = {"check": "tui_backprop.own.check"}
"""Where each name that is for your own code is found; loaded when it is first used."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
