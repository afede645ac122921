"""Products of matrices: a linear layer's three, and those of stacks of matrices."""

from collections.abc import Callable
from functools import partial
from itertools import product as pairs

import numpy as np

from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, cell, plain, product
from tui_backprop.nn.words import About, Words, counted, number
from tui_backprop.walkthrough.aten.entry import AnyArray, Call, Entry, always, spread, spread_index

_LINEAR = (("aten.addmm", "mat1"), ("aten.mm", "self"))
_WEIGHTS = (("aten.addmm", "mat2"), ("aten.mm", "mat2"))


def _terms(
    left: str, right: str, flips: str, bias: str, inputs: Inputs, index: Index
) -> Derivation:
    *stack, i, j = index
    inner = inputs[left].shape[-2 if flips[0] == "t" else -1]
    met = (_factors(flips, i, j, k) for k in range(inner))
    terms = [
        product(cell(inputs, left, *stack, *one), cell(inputs, right, *stack, *other))
        for one, other in met
    ]
    if bias:
        terms.append(plain(spread(inputs, bias, index)))
    return Derivation(tuple(terms))


def _factors(flips: str, i: int, j: int, k: int) -> tuple[Index, Index]:
    """Return where the two factors of a cell's product number k stand in their matrices."""
    return (k, i) if flips[0] == "t" else (i, k), (j, k) if flips[1] == "t" else (k, j)


def _turned(array: AnyArray, flip: str) -> AnyArray:
    return array.swapaxes(-1, -2) if flip == "t" else array


def _compute(left: str, right: str, flips: str, bias: str, inputs: Inputs) -> AnyArray:
    made: AnyArray = np.matmul(_turned(inputs[left], flips[0]), _turned(inputs[right], flips[1]))
    return made + inputs[bias] if bias else made


def _largest(left: str, right: str, flips: str, about: About) -> tuple[int, str]:
    """Return how many products a cell is the sum of, and the largest of them as it is written."""
    *stack, i, j = about.index
    a, b = about.array(left)[tuple(stack)], about.array(right)[tuple(stack)]
    a, b = _turned(a, flips[0])[i], _turned(b, flips[1])[:, j]
    k = int(np.abs(a * b).argmax())
    one, other = _factors(flips, i, j, k)
    of_left, of_right = about.name(left, *stack, *one), about.name(right, *stack, *other)
    return a.size, f"{of_left} · {of_right} = {number(a[k] * b[k])}"


def _why_out(left: str, right: str, flips: str, bias: str, about: About) -> Words:
    i, j = about.index
    count, largest = _largest(left, right, flips, about)
    weights = f"row {j}" if flips[1] == "t" else f"column {j}"
    added = (
        f" {about.at(bias, *spread_index(about.inputs, bias, about.index))} is added."
        if bias
        else ""
    )
    return Words(
        f"Row {i} of {left} meets {weights} of {right}: of {counted(count, 'product')} the largest"
        f" is {largest}.{added} {about.cell} = {number(about.value)}.",
        "A row of x is a sample, or one place of one. PyTorch keeps a linear layer's weights with"
        " a row for each unit, (outputs, inputs), so that the transpose stands here where the book"
        " has none."
        if flips[1] == "t"
        else "A row of x is a sample, or one place of one; a column of W holds the weights into one"
        " unit. So every row meets every unit, and none another row.",
    )


def _why_dx(left: str, right: str, flips: str, bias: str, about: About) -> Words:
    count, largest = _largest(left, right, flips, about)
    return Words(
        f"∂loss/∂{about.name('x', *about.index)}: this cell went by {counted(count, 'weight')} into"
        f" the layer's outputs, and by the same weights the gradient comes back. The largest of the"
        f" products is {largest}. Summed: {about.of_raising('it')}.",
        "By the chain rule ∂loss/∂x is the sum over all outputs of ∂loss/∂out · ∂out/∂x, and"
        " ∂out/∂x is the weight between the two.",
    )


def _why_dW(left: str, right: str, flips: str, bias: str, about: About) -> Words:  # noqa: N802
    count, largest = _largest(left, right, flips, about)
    return Words(
        f"{about.parameter} was used for {counted(count, 'row')} of x, and each has its say: its"
        f" cell of x times its dout. The largest is {largest}. Summed:"
        f" {about.of_raising(about.parameter)}.",
        "∂out/∂W is the cell of x that the weight met. As every row uses the same weight, their"
        " gradients are summed over the rows: that is the inner length of this product.",
    )


def _why_stack(left: str, right: str, flips: str, bias: str, about: About) -> Words:
    stack, i, j = about.index
    count, largest = _largest(left, right, flips, about)
    return Words(
        f"In matrix {stack} of the stack row {i} of {left} meets column {j} of {right}: of"
        f" {counted(count, 'product')} the largest is {largest}. {about.cell} ="
        f" {number(about.value)}.",
        "Each matrix of the stack is multiplied with its own partner and with no other: as each"
        " head of each sample in attention, which compares every query with every key, and mixes"
        " the values by what comes of that.",
    )


def _why_stack_back(left: str, right: str, flips: str, bias: str, about: About) -> Words:
    stack, *_ = about.index
    count, largest = _largest(left, right, flips, about)
    return Words(
        f"What comes back in matrix {stack} of the stack: of {counted(count, 'product')} the"
        f" largest is {largest}. {about.cell} = {number(about.value)}.",
        "Of a product each factor's gradient is dout times the other factor, turned around: each"
        " cell of it gets what came of all that it was multiplied with.",
    )


Why = Callable[[str, str, str, str, About], Words]


def _entry(
    key: str,
    symbols: tuple[str, str, str],
    reads: tuple[str, str],
    flips: str,
    why: Why,
    when: Callable[[Call], bool],
    bias: str = "",
) -> Entry:
    """Declare output = left · right (+ bias), either of them transposed where `flips` has a t."""
    output, left, right = symbols
    one, other = (
        f"{s}{'ᵀ' if flip == 't' else ''}" for s, flip in zip((left, right), flips, strict=True)
    )
    plus = f" + {bias}" if bias else ""
    # In braces stands what to write the shape of; ᵀ turns it around.
    shapes = f"{{{one}}}·{{{other}}}" + (f" + {{{bias}}}" if bias else "")
    given = (left, right, flips, bias)
    operation = Operation(
        output,
        f"{output} = {one} · {other}{plus}",
        (left, right, bias) if bias else (left, right),
        shapes,
        partial(_terms, *given),
        partial(_compute, *given),
        partial(why, *given),
    )
    read = dict(zip((left, right), reads, strict=True)) | ({bias: "self"} if bias else {})
    turned = frozenset(s for s, flip in zip((left, right), flips, strict=True) if flip == "t")
    return Entry(key, operation, read, when=partial(_holds, reads, flips, when), transposed=turned)


def _holds(reads: tuple[str, str], flips: str, when: Callable[[Call], bool], call: Call) -> bool:
    turned = "".join("t" if name in call.transposed else "n" for name in reads)
    return turned == flips and when(call)


def _is_plain(call: Call) -> bool:
    return call["beta"] in (None, 1) and call["alpha"] in (None, 1)


def _is_dx(call: Call) -> bool:
    return call.gradient_of in _LINEAR


def _is_dW(call: Call) -> bool:  # noqa: N802
    return call.gradient_of in _WEIGHTS


def _is_dW_turned(call: Call) -> bool:  # noqa: N802
    return _is_dW(call) and call.kind("self") == "dout"


def _is_forward(call: Call) -> bool:
    return call.gradient_of is None


def _first_back(call: Call) -> bool:
    return call.gradient_of is not None and call.kind("self") == "dout"


def _other_back(call: Call) -> bool:
    return call.gradient_of is not None and call.kind("mat2") == "dout"


_FLIPS = tuple("".join(flip) for flip in pairs("nt", repeat=2))

ENTRIES: tuple[Entry, ...] = (
    *(
        _entry(f"aten.addmm.{f}", ("out", "x", "W"), ("mat1", "mat2"), f, _why_out, _is_plain, "b")
        for f in _FLIPS
    ),
    *(
        _entry(f"aten.mm.dx_{f}", ("dx", "dout", "W"), ("self", "mat2"), f, _why_dx, _is_dx)
        for f in ("nn", "nt")
    ),
    # PyTorch multiplies in the order that suits the layout of W in memory.
    _entry("aten.mm.dW_dout", ("dW", "dout", "x"), ("self", "mat2"), "tn", _why_dW, _is_dW_turned),
    _entry("aten.mm.dW_x", ("dW", "x", "dout"), ("self", "mat2"), "tn", _why_dW, _is_dW),
    *(
        _entry(f"aten.mm.{f}", ("out", "x", "W"), ("self", "mat2"), f, _why_out, _is_forward)
        for f in _FLIPS
    ),
    *(
        _entry(f"aten.mm.any_{f}", ("out", "x", "y"), ("self", "mat2"), f, _why_out, always)
        for f in _FLIPS
    ),
    _entry(
        "aten.bmm.dx", ("dx", "dout", "y"), ("self", "mat2"), "nn", _why_stack_back, _first_back
    ),
    _entry(
        "aten.bmm.dy", ("dy", "x", "dout"), ("self", "mat2"), "nn", _why_stack_back, _other_back
    ),
    _entry("aten.bmm", ("out", "x", "y"), ("self", "mat2"), "nn", _why_stack, always),
    _entry(
        "aten.baddbmm", ("out", "x", "y"), ("batch1", "batch2"), "nn", _why_stack, _is_plain, "z"
    ),
)
