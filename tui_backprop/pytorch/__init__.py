"""Your PyTorch model on the tape, and its training on the screen: `trace`, `check`, `Recorder`."""

from tui_backprop.pytorch.checking import check
from tui_backprop.pytorch.recorder import Recorder
from tui_backprop.pytorch.tracing import trace

__all__ = ["Recorder", "check", "trace"]
