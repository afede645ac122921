"""Dropout in one operation, as GPUs have it; elsewhere it is a mask, a quotient and a product."""

from typing import Any

from tui_backprop.walkthrough.aten.elementwise import Summand, cellwise
from tui_backprop.walkthrough.aten.entry import Call, Entry


def _kept(x: Any, mask: Any, scale: Any) -> Any:
    return x * mask * scale


def _scale(call: Call) -> float:
    share = float(call["p"] or 0)
    return 1.0 if share >= 1 or call["train"] is False else 1 / (1 - share)


ENTRIES: tuple[Entry, ...] = (
    cellwise(
        "aten.native_dropout",
        "out = x × mask × c",
        (Summand("{0} · {1} · {2}", ("x", "mask", "c"), _kept),),
        {"x": "input", "mask": "result1"},
        (
            "{x} with {mask}: where the mask is 0 it is dropped, where it is 1 it passes, times"
            " {c}.",
            "The mask is drawn anew for each pass. c = 1 / (1 − p) makes up for what is dropped, so"
            " that nothing has to be scaled when the net only predicts.",
        ),
        derived={"c": _scale},
    ),
    cellwise(
        "aten.native_dropout_backward",
        "dx = dout × mask × c",
        (Summand("{0} · {1} · {2}", ("dout", "mask", "c"), _kept),),
        {"dout": "grad_output", "mask": "mask", "c": "scale"},
        (
            "{dout} goes back by the same {mask}, times {c}.",
            "What was dropped forward had no effect on the loss: its gradient is 0.",
        ),
        output="dx",
    ),
)
