"""Activations and what they let back: relu, gelu, tanh, sigmoid and silu."""

import math
from typing import Any

import numpy as np

from tui_backprop.nn.layers.relu import Relu
from tui_backprop.walkthrough.aten.elementwise import Summand, cellwise, first
from tui_backprop.walkthrough.aten.entry import Call, Entry

_erf = np.frompyfunc(math.erf, 1, 1)
_ROOT_2 = math.sqrt(2)
_TANH_SCALE, _TANH_CUBE = math.sqrt(2 / math.pi), 0.044715


def _float(x: Any, made: Any) -> Any:
    """Return what was made cell by cell in the type of `x`."""
    return np.asarray(made, np.asarray(x).dtype)


def _normal_share(x: Any) -> Any:
    return 0.5 * (1 + _float(x, _erf(np.asarray(x) / _ROOT_2)))


def gelu(x: Any) -> Any:
    """Return x · Φ(x), Φ being the share of a normal distribution below x."""
    return x * _normal_share(x)


def gelu_back(dout: Any, x: Any) -> Any:
    """Return dout · (Φ(x) + x · φ(x))."""
    return dout * (_normal_share(x) + x * np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi))


def tanh_gelu(x: Any) -> Any:
    """Return x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))."""
    return 0.5 * x * (1 + np.tanh(_TANH_SCALE * (x + _TANH_CUBE * x * x * x)))


def tanh_gelu_back(dout: Any, x: Any) -> Any:
    """Return dout times the slope of that."""
    inner = np.tanh(_TANH_SCALE * (x + _TANH_CUBE * x * x * x))
    slope = _TANH_SCALE * (1 + 3 * _TANH_CUBE * x * x)
    return dout * (0.5 * (1 + inner) + 0.5 * x * (1 - inner * inner) * slope)


def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + exp(−x))."""
    return 1 / (1 + np.exp(-np.asarray(x)))


def silu(x: Any) -> Any:
    """Return x · σ(x)."""
    return x * sigmoid(x)


def silu_back(dout: Any, x: Any) -> Any:
    """Return dout · σ(x) (1 + x (1 − σ(x)))."""
    s = sigmoid(x)
    return dout * s * (1 + x * (1 - s))


def tanh_back(dout: Any, out: Any) -> Any:
    """Return dout · (1 − out²)."""
    return dout * (1 - out * out)


def sigmoid_back(dout: Any, out: Any) -> Any:
    """Return dout · out (1 − out)."""
    return dout * out * (1 - out)


def _passed(dout: Any, out: Any) -> Any:
    return dout * (np.asarray(out) > 0)


def _of_dout(dout: Any, out: Any) -> Any:
    return dout


def _back_scale(dout: Any, x: Any) -> Any:
    return dout * (1 + x) ** 2


def _is_tanh(call: Call) -> bool:
    return bool(call["approximate"] == "tanh")


def _is_exact(call: Call) -> bool:
    return not _is_tanh(call)


def _at_zero(call: Call) -> bool:
    return not call["threshold"]


_BEND = "Without a bend between them, linear layers would come to nothing more than one."
_CHAIN = "The chain rule: ∂loss/∂x = dout · ∂out/∂x, cell by cell, as each cell of out depends on"
_CHAIN += " its own cell of x alone."
_BACK = {"dout": "grad_output", "x": "self"}
_OF_OUT = {"dout": "grad_output", "out": "output"}

(_RELU,) = Relu.FORWARD

ENTRIES: tuple[Entry, ...] = (
    Entry("aten.relu", _RELU, {"x": "self"}),
    cellwise(
        "aten.threshold_backward",
        "dx = dout × (out > 0)",
        (Summand("{0} · ({1} > 0)", ("dout", "out"), _passed),),
        {"dout": "grad_output", "out": "self"},
        (
            "With {out}, {dout} goes back as it is where out is above 0, and ends where it is 0.",
            "out is above 0 where x was: there it rises at slope 1, elsewhere it stays 0 whatever x"
            " does. " + _CHAIN,
        ),
        _at_zero,
        output="dx",
    ),
    cellwise(
        "aten.gelu",
        "out = x × Φ(x)",
        (Summand("{0} · Φ({0})", ("x",), gelu, first),),
        {"x": "self"},
        (
            "{x} passes by the share Φ(x) of a normal distribution that lies below it.",
            "Large x pass almost whole, very negative ones hardly at all, with no corner between. "
            + _BEND,
        ),
        _is_exact,
    ),
    cellwise(
        "aten.gelu.tanh",
        "out = x / 2 × (1 + tanh(√(2/π) (x + 0.044715 x³)))",
        (Summand("{0}/2 · (1 + tanh(√(2/π) ({0} + 0.044715 {0}³)))", ("x",), tanh_gelu, first),),
        {"x": "self"},
        (
            "{x} passes by a share that tanh puts close to that of a normal distribution.",
            "Large x pass almost whole, very negative ones hardly at all, with no corner between. "
            + _BEND,
        ),
        _is_tanh,
    ),
    cellwise(
        "aten.gelu_backward",
        "dx = dout × (Φ(x) + x φ(x))",
        (Summand("{0} · (Φ({1}) + {1} · φ({1}))", ("dout", "x"), gelu_back, _back_scale),),
        _BACK,
        ("{dout} times the slope of gelu at {x}.", _CHAIN),
        _is_exact,
        output="dx",
    ),
    cellwise(
        "aten.gelu_backward.tanh",
        "dx = dout × gelu′(x)",
        (Summand("{0} · gelu′({1})", ("dout", "x"), tanh_gelu_back, _back_scale),),
        _BACK,
        ("{dout} times the slope of gelu, in its form with tanh, at {x}.", _CHAIN),
        _is_tanh,
        output="dx",
    ),
    cellwise(
        "aten.tanh",
        "out = tanh(x)",
        (Summand("tanh({0})", ("x",), np.tanh),),
        {"x": "self"},
        ("{x} is bent into −1 to 1.", _BEND),
    ),
    cellwise(
        "aten.tanh_backward",
        "dx = dout × (1 − out²)",
        (Summand("{0} · (1 − {1}²)", ("dout", "out"), tanh_back, _of_dout),),
        _OF_OUT,
        ("{dout} times the slope 1 − out², with {out}.", _CHAIN),
        output="dx",
    ),
    cellwise(
        "aten.sigmoid",
        "out = 1 / (1 + exp(−x))",
        (Summand("1 / (1 + exp(−{0}))", ("x",), sigmoid),),
        {"x": "self"},
        ("{x} is bent into 0 to 1.", _BEND),
    ),
    cellwise(
        "aten.sigmoid_backward",
        "dx = dout × out × (1 − out)",
        (Summand("{0} · {1} · (1 − {1})", ("dout", "out"), sigmoid_back, _of_dout),),
        _OF_OUT,
        ("{dout} times the slope out (1 − out), with {out}.", _CHAIN),
        output="dx",
    ),
    cellwise(
        "aten.silu",
        "out = x × σ(x)",
        (Summand("{0} · σ({0})", ("x",), silu, first),),
        {"x": "self"},
        ("{x} passes by the share σ(x).", _BEND),
    ),
    cellwise(
        "aten.silu_backward",
        "dx = dout × σ(x) (1 + x (1 − σ(x)))",
        (
            Summand(
                "{0} · σ({1}) · (1 + {1} · (1 − σ({1})))", ("dout", "x"), silu_back, _back_scale
            ),
        ),
        _BACK,
        ("{dout} times the slope of x σ(x) at {x}.", _CHAIN),
        output="dx",
    ),
)
