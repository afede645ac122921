"""Operations that go cell by cell: sums, products, quotients, roots and powers."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, Term
from tui_backprop.nn.words import About, Words, number
from tui_backprop.walkthrough.aten.entry import AnyArray, Call, Entry, always, spread, spread_index

Formula: TypeAlias = Callable[..., Any]


class Summand(NamedTuple):
    """How a summand is written, the symbols it reads, and what it comes to: of numbers or arrays.

    `scale`, where it is not the value's magnitude, is what rounding acts on.
    """

    form: str
    symbols: tuple[str, ...]
    formula: Formula
    scale: Formula | None = None


def first(x: Any) -> Any:
    """Return it."""
    return x


def negative(x: Any) -> Any:
    """Return −x."""
    return -x


def times(x: Any, y: Any) -> Any:
    """Return x · y."""
    return x * y


def less_times(x: Any, y: Any) -> Any:
    """Return −x · y."""
    return -x * y


def over(x: Any, y: Any) -> Any:
    """Return x / y."""
    return np.divide(x, y)


def exponential_scale(x: Any) -> Any:
    """Return what rounding acts on in exp(±x): an error of x is magnified by exp."""
    return np.exp(x) * (1 + x)


def one_over_root(x: Any) -> Any:
    """Return 1 / √x."""
    return 1 / np.sqrt(x)


def cell_terms(summands: tuple[Summand, ...], inputs: Inputs, index: Index) -> Derivation:
    """Return a cell as a sum of these, each of the cells that meet it."""
    terms = []
    for summand in summands:
        operands = tuple(spread(inputs, symbol, index) for symbol in summand.symbols)
        values = [operand.value for operand in operands]
        with np.errstate(all="ignore"):
            value = float(summand.formula(*values))
            scale = None if summand.scale is None else float(summand.scale(*map(abs, values)))
        terms.append(Term.of(summand.form, *operands, value=value, scale=scale))
    return Derivation(tuple(terms))


def cell_compute(summands: tuple[Summand, ...], inputs: Inputs) -> AnyArray:
    """Return the same for all cells at once, in the type of the arrays among the inputs."""
    with np.errstate(all="ignore"):
        # A plain number takes the type of the arrays it meets.
        parts = [
            summand.formula(*(_plain(inputs[symbol]) for symbol in summand.symbols))
            for summand in summands
        ]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
    return np.asarray(total)


def _plain(value: AnyArray) -> float | AnyArray:
    return value if value.shape or value.dtype != np.float64 else float(value)


def say(text: str, more: str, about: About) -> Words:
    """Return words with the numbers of this cell in the places of the symbols in braces."""
    told = {
        symbol: about.at(symbol, *spread_index(about.inputs, symbol, about.index))
        for symbol in about.inputs
    }
    filled = text.format(**told)
    return Words(f"{filled} {about.cell} = {number(about.value)}.", more)


def cellwise(
    key: str,
    formula: str,
    summands: tuple[Summand, ...],
    reads: Mapping[str, str],
    words: tuple[str, str],
    when: Callable[[Call], bool] = always,
    derived: Mapping[str, Callable[[Call], Any]] | None = None,
    output: str = "out",
    *,
    of_update: bool = False,
) -> Entry:
    """Declare an operation whose cells are each made of the cells that meet them."""
    used = tuple(dict.fromkeys(symbol for summand in summands for symbol in summand.symbols))
    operation = Operation(
        output,
        formula,
        used,
        ", ".join(f"{{{symbol}}}" for symbol in used),
        partial(cell_terms, summands),
        partial(cell_compute, summands),
        partial(say, *words),
    )
    own = derived or {}
    return Entry(key, operation, reads, when=when, derived=own, of_update=of_update)


_X = {"x": "self"}
_XY = {"x": "self", "y": "other"}
_GRADIENTS_MEET = (
    "Forward, one array went two ways; backward, what comes back on both is added: a change of it"
    " changes the loss by each."
)


def _scaled(call: Call) -> bool:
    return call["alpha"] not in (None, 1)


def _unscaled(call: Call) -> bool:
    return not _scaled(call)


def _meet(call: Call) -> bool:
    return _unscaled(call) and call.kind("self") == call.kind("other") == "dout"


def _comes_back(call: Call) -> bool:
    return call.gradient_of is not None and call.kind("self") == "dout" != call.kind("other")


def _comes_back_over(call: Call) -> bool:
    return _exact(call) and _comes_back(call)


def _exact(call: Call) -> bool:
    return call["rounding_mode"] is None


def _is_power(call: Call) -> bool:
    return np.ndim(call["exponent"]) == 0


ENTRIES: tuple[Entry, ...] = (
    cellwise(
        "aten.add.gradients",
        "out = x + y",
        (Summand("{0}", ("x",), first), Summand("{0}", ("y",), first)),
        _XY,
        ("{x} and {y} come back from two uses of the same array.", _GRADIENTS_MEET),
        _meet,
    ),
    cellwise(
        "aten.add",
        "out = x + y",
        (Summand("{0}", ("x",), first), Summand("{0}", ("y",), first)),
        _XY,
        (
            "{x} and {y} are added.",
            "What is added passes every gradient on to both as it is: ∂out/∂x and ∂out/∂y are 1.",
        ),
        _unscaled,
    ),
    cellwise(
        "aten.add.scaled",
        "out = x + α · y",
        (Summand("{0}", ("x",), first), Summand("{0} · {1}", ("α", "y"), times)),
        _XY | {"α": "alpha"},
        ("{x}, and {y} times {α}.", "α is one number for all cells."),
        _scaled,
    ),
    cellwise(
        "aten.sub",
        "out = x − y",
        (Summand("{0}", ("x",), first), Summand("−{0}", ("y",), negative)),
        _XY,
        ("{y} is taken from {x}.", "∂out/∂x is 1, ∂out/∂y is −1."),
        _unscaled,
    ),
    cellwise(
        "aten.sub.scaled",
        "out = x − α · y",
        (Summand("{0}", ("x",), first), Summand("−{0} · {1}", ("α", "y"), less_times)),
        _XY | {"α": "alpha"},
        ("{y} times {α} is taken from {x}.", "α is one number for all cells."),
        _scaled,
    ),
    cellwise(
        "aten.rsub",
        "out = y − x",
        (Summand("{0}", ("y",), first), Summand("−{0}", ("x",), negative)),
        _XY,
        ("{x} is taken from {y}.", "∂out/∂x is −1."),
        _unscaled,
    ),
    cellwise(
        "aten.mul.back",
        "dx = dout × y",
        (Summand("{0} · {1}", ("dout", "y"), times),),
        {"dout": "self", "y": "other"},
        (
            "{dout} times the other factor, {y}.",
            "Of x × y the slope ∂out/∂x is y: a change of x counts as much as y is large.",
        ),
        _comes_back,
        output="dx",
    ),
    cellwise(
        "aten.mul",
        "out = x × y",
        (Summand("{0} · {1}", ("x", "y"), times),),
        _XY,
        (
            "{x} times {y}.",
            "× goes cell by cell. A change of one factor counts as much as the other is large:"
            " ∂out/∂x is y, and ∂out/∂y is x.",
        ),
    ),
    cellwise(
        "aten.div.back",
        "dx = dout / y",
        (Summand("{0} / {1}", ("dout", "y"), over),),
        {"dout": "self", "y": "other"},
        ("{dout} over {y}.", "Of x / y the slope ∂out/∂x is 1 / y; of a mean it is 1 / N."),
        _comes_back_over,
        output="dx",
    ),
    cellwise(
        "aten.div",
        "out = x / y",
        (Summand("{0} / {1}", ("x", "y"), over),),
        _XY,
        ("{x} over {y}.", "/ goes cell by cell: ∂out/∂x is 1 / y."),
        _exact,
    ),
    cellwise(
        "aten.neg",
        "out = −x",
        (Summand("−{0}", ("x",), negative),),
        _X,
        ("The sign of {x} is turned.", "∂out/∂x is −1."),
    ),
    cellwise(
        "aten.sqrt",
        "out = √x",
        (Summand("√{0}", ("x",), np.sqrt),),
        _X,
        ("The root of {x}.", "∂out/∂x is 1 / (2√x)."),
    ),
    cellwise(
        "aten.rsqrt",
        "out = 1 / √x",
        (Summand("1 / √{0}", ("x",), one_over_root),),
        _X,
        ("1 over the root of {x}.", "As a normalization needs it."),
    ),
    cellwise(
        "aten.exp",
        "out = exp(x)",
        (Summand("exp({0})", ("x",), np.exp, exponential_scale),),
        _X,
        ("exp of {x}.", "∂out/∂x is out itself."),
    ),
    cellwise(
        "aten.log",
        "out = log x",
        (Summand("log {0}", ("x",), np.log),),
        _X,
        ("The natural log of {x}.", "∂out/∂x is 1 / x."),
    ),
    cellwise(
        "aten.pow",
        "out = x^p",
        (Summand("{0}^{1}", ("x", "p"), np.power),),
        {"x": "self", "p": "exponent"},
        ("{x} to the power of {p}.", "∂out/∂x is p · x^(p − 1)."),
        _is_power,
    ),
)
