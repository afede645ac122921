"""tui-backprop: watch a neural network learn in the terminal, and walk its backpropagation."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_FOR_YOUR_CODE = {
    "check": "tui_backprop.own.check",
    "record": "tui_backprop.own.record",
    "step": "tui_backprop.own.step",
}
"""What somebody's own script calls, and the module of each: loaded when it is first named."""


def __getattr__(name: str) -> Any:
    """Return what is for somebody's own code; nothing of it is loaded before."""
    if name not in _FOR_YOUR_CODE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_FOR_YOUR_CODE[name]), name)


def __dir__() -> list[str]:
    """Return the names that can be asked for."""
    return sorted([*globals(), *_FOR_YOUR_CODE])
