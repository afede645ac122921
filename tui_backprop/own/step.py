"""`tui_backprop.step`: one pass of your own net on the step screen, or in a file."""

import sys
from pathlib import Path
from typing import Any

from tui_backprop.own.layered import LayeredNet
from tui_backprop.own.tracing import trace_own
from tui_backprop.tape_file import save_tape
from tui_backprop.walkthrough.words import disagreement_words


def step(network: Any, x: Any, t: Any, save: str | Path | None = None, *, loss: Any = None) -> None:
    """Walk one forward and backward pass of your own net, operation by operation.

    `network` is any object with `params` (a dict of arrays), `loss(x, t)` and `gradient(x, t)`.
    Where its `layers` have forward and backward, the arrays are those that passed through them;
    a layer that is called as one of the book's (Affine, Relu, SoftmaxWithLoss, …), or makes the
    same of the same, is derived cell by cell, and the first operation whose result its derivation
    does not make is marked. Other layers show their arrays.

    A copy of your net makes the pass, or where none computes by itself your net, which is put back
    to the bit: nothing of yours changes.

    Args:
        network: your net.
        x: the samples of a batch, in the form that your net takes.
        t: their targets.
        save: a file to write the tape to instead, as "batch.tape": `tui-backprop step batch.tape`
            opens it, on any machine.
        loss: of a list of layers with `params` and `grads`, that knows no loss itself: an object
            with loss(predicted, t) and grad(predicted, t).

    Raises:
        TypeError: what is given is no net: the message says what is missing.
        TapeFileError: the file cannot be written.
        NoTerminalError: there is no terminal to show it on.
        Exception: what your own code raises.
    """
    name = type(network).__name__
    tape = trace_own(network if loss is None else LayeredNet(network, loss), x, t, name)
    if save is not None:
        save_tape(tape, save)
        if found := disagreement_words(tape):
            print(f"tui-backprop: {found}", file=sys.stderr)  # noqa: T201
        return
    # Imported when needed: what only writes a file loads no screen.
    from tui_backprop.ui.tape_app import show_tape

    show_tape(tape, name)
