"""What optimizers do, operation by operation: SGD with momentum and decay, Adam and AdamW."""

from functools import partial
from typing import Any

import numpy as np

from tui_backprop.walkthrough.aten.elementwise import Summand, cellwise, first, less_times, times
from tui_backprop.walkthrough.aten.entry import Call, Entry


def _downhill(call: Call) -> bool:
    """Hold for W − η · what the optimizer makes of the gradient."""
    return call.updates and call.kind("self") == "parameter" and (call["alpha"] or 0) < 0


def _turned(argument: str, call: Call) -> float:
    """Return −1 times what was given, as steps go downhill."""
    return -float(call[argument])


def _decayed(call: Call) -> bool:
    """Hold for dW + λ · W, weight decay as SGD's and Adam's."""
    return call.updates and call.kind("self") == "gradient" and call.kind("other") == "parameter"


def _shrunk(call: Call) -> bool:
    """Hold for W · (1 − η λ), weight decay as AdamW's."""
    return call.updates and call.kind("self") == "parameter"


def _of_state(call: Call) -> bool:
    return call.updates and call.kind("self") == "state" and np.ndim(call["self"]) > 0


def _gathers(call: Call) -> bool:
    return _of_state(call) and np.ndim(call["other"]) > 0


def _is_pulled(call: Call) -> bool:
    return _of_state(call) and np.ndim(call["weight"]) == 0


def _squares_pulled(call: Call) -> bool:
    return _of_state(call) and call["tensor1"] is call["tensor2"]


def _scaled_step(call: Call) -> bool:
    return call.updates and call.kind("self") == "parameter" and (call["value"] or 0) < 0


def _factor(argument: str, call: Call) -> float:
    return 1.0 if call[argument] is None else float(call[argument])


def _pull(w: Any, towards: Any, x: Any) -> Any:
    return w * (towards - x)


def _pull_scale(w: Any, towards: Any, x: Any) -> Any:
    return w * (towards + x)


def _scaled_product(c: Any, y: Any, z: Any) -> Any:
    return c * y * z


def _scaled_quotient(c: Any, y: Any, z: Any) -> Any:
    return c * y / z


def _back_by_quotient(c: Any, y: Any, z: Any) -> Any:
    return -c * y / z


ENTRIES: tuple[Entry, ...] = (
    cellwise(
        "aten.add.descent",
        "W ← W − η g",
        (Summand("{0}", ("W",), first), Summand("−{0} · {1}", ("η", "g"), less_times)),
        {"W": "self", "g": "other"},
        (
            "{g} says which way the loss rises; {W} goes the other way by {η} times that.",
            "g is the gradient, or what momentum and weight decay have made of it. η, the learning"
            " rate, says how far to trust it.",
        ),
        _downhill,
        {"η": partial(_turned, "alpha")},
        "W",
        of_update=True,
    ),
    cellwise(
        "aten.add.decay",
        "g = dW + λ W",
        (Summand("{0}", ("dW",), first), Summand("{0} · {1}", ("λ", "W"), times)),
        {"dW": "self", "W": "other"},
        (
            "To {dW} comes the pull of weight decay: {λ} times {W}.",
            "½ λ ‖W‖² added to the loss would have this gradient: large weights are pulled to 0.",
        ),
        _decayed,
        {"λ": partial(_factor, "alpha")},
        "g",
        of_update=True,
    ),
    cellwise(
        "aten.add.momentum",
        "v ← v + c g",
        (Summand("{0}", ("v",), first), Summand("{0} · {1}", ("c", "g"), times)),
        {"v": "self", "g": "other"},
        (
            "{v} is what is left of earlier gradients; {c} times {g} is added.",
            "v is state, kept from iteration to iteration: where gradients agree it grows, where"
            " they go to and fro they cancel.",
        ),
        _gathers,
        {"c": partial(_factor, "alpha")},
        "v",
        of_update=True,
    ),
    cellwise(
        "aten.mul.decay",
        "W ← W × c",
        (Summand("{0} · {1}", ("W", "c"), times),),
        {"W": "self", "c": "other"},
        (
            "Weight decay: {W} shrinks to {c} of itself.",
            "c is 1 − η λ. AdamW takes the decay off the weights themselves, so that it is not"
            " scaled by the size of the gradients.",
        ),
        _shrunk,
        output="W",
        of_update=True,
    ),
    cellwise(
        "aten.mul.state",
        "s ← s × c",
        (Summand("{0} · {1}", ("s", "c"), times),),
        {"s": "self", "c": "other"},
        (
            "Of {s}, kept from the iterations before, {c} stays.",
            "So what was long ago counts ever less.",
        ),
        _of_state,
        output="s",
        of_update=True,
    ),
    cellwise(
        "aten.lerp.mean",
        "m ← m + c (dW − m)",
        (
            Summand("{0}", ("m",), first),
            Summand("{0} · ({1} − {2})", ("c", "dW", "m"), _pull, _pull_scale),
        ),
        {"m": "self", "dW": "end", "c": "weight"},
        (
            "The running mean of this entry's gradient: {m} goes {c} of the way to {dW}.",
            "c is 1 − β₁. m is state, and 0 at first: it smooths out what differs from minibatch to"
            " minibatch.",
        ),
        _is_pulled,
        output="m",
        of_update=True,
    ),
    cellwise(
        "aten.addcmul.square",
        "v ← v + c dW²",
        (
            Summand("{0}", ("v",), first),
            Summand("{0} · {1} · {2}", ("c", "dW", "dW"), _scaled_product),
        ),
        {"v": "self", "dW": "tensor1"},
        (
            "The running mean of this entry's squared gradient: {v}, which β₂ has shrunk before,"
            " and {c} times the square of {dW}.",
            "c is 1 − β₂. The root of v says how large this entry's gradients usually are.",
        ),
        _squares_pulled,
        {"c": partial(_factor, "value")},
        "v",
        of_update=True,
    ),
    cellwise(
        "aten.addcdiv.adam",
        "W ← W − c m / d",
        (
            Summand("{0}", ("W",), first),
            Summand("−{0} · {1} / {2}", ("c", "m", "d"), _back_by_quotient),
        ),
        {"W": "self", "m": "tensor1", "d": "tensor2"},
        (
            "{m}, the usual gradient, over {d}, its usual size, times −c with {c}, moves {W}.",
            "c is η / (1 − β₁ᵗ): m started from 0, and this makes up for it. d is √v, made up for"
            " in the same way, and ε, which keeps it from 0. Entries with small gradients so take"
            " steps as long as those with large ones.",
        ),
        _scaled_step,
        {"c": partial(_turned, "value")},
        "W",
        of_update=True,
    ),
    cellwise(
        "aten.lerp",
        "out = x + c (y − x)",
        (
            Summand("{0}", ("x",), first),
            Summand("{0} · ({1} − {2})", ("c", "y", "x"), _pull, _pull_scale),
        ),
        {"x": "self", "y": "end", "c": "weight"},
        ("{x} goes {c} of the way to {y}.", "With c from 0 to 1 that is between the two."),
    ),
    cellwise(
        "aten.addcmul",
        "out = x + c y × z",
        (
            Summand("{0}", ("x",), first),
            Summand("{0} · {1} · {2}", ("c", "y", "z"), _scaled_product),
        ),
        {"x": "self", "y": "tensor1", "z": "tensor2"},
        ("{x}, and {y} times {z} times {c}.", "× goes cell by cell."),
        derived={"c": partial(_factor, "value")},
    ),
    cellwise(
        "aten.addcdiv",
        "out = x + c y / z",
        (
            Summand("{0}", ("x",), first),
            Summand("{0} · {1} / {2}", ("c", "y", "z"), _scaled_quotient),
        ),
        {"x": "self", "y": "tensor1", "z": "tensor2"},
        ("{x}, and {y} over {z} times {c}.", "/ goes cell by cell."),
        derived={"c": partial(_factor, "value")},
    ),
)
