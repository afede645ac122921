"""What stands on the sheets over the step screen: a path, one sample alone."""

from functools import partial

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import shape_text
from tui_backprop.ui.step.numbers import cell_text, long_text
from tui_backprop.ui.step.sheet import Sheet, SheetRow
from tui_backprop.walkthrough.derivation import Cell
from tui_backprop.walkthrough.one_sample import Part, SampleArray, one_sample
from tui_backprop.walkthrough.path import Branch, Factor, GradientPath, gradient_path
from tui_backprop.walkthrough.tape import Tape
from tui_backprop.walkthrough.target import Target

_END = "dy = (y − t) / N, at the scores: there the loss is, and the path ends."
_MOST_NUMBERS = 64
_PARTS = {
    Part.ROW: "",
    Part.SHARE: "this sample's share",
    Part.WHOLE: "the same for all",
    Part.SUM: "of all samples together",
}


def path_sheet(tape: Tape, cell: Cell) -> Sheet:
    """Return a gradient as a sum of products, largest first, and the largest one's own sum below.

    Raises:
        ValueError: no path leads to the cell.
    """
    path = gradient_path(tape, cell)
    title, rows = f"From the loss to {path.name}", _sum_rows(tape, path)
    first = next((at for at, row in enumerate(rows) if row.can_be_entered), 0)
    while path.branches and (opens := path.branches[0].opens) is not None:
        note = path.branches[0].note
        path = gradient_path(tape, opens)
        rows += [SheetRow(""), *([SheetRow(note)] if note else []), *_sum_rows(tape, path)]
    if tape.made("dy") is not None:
        rows += [SheetRow(""), SheetRow(_END)]
    heading = "  from the gradient   its slopes · it = product   Σ the sum so far"
    return Sheet(title, heading, tuple(rows), first)


def _sum_rows(tape: Tape, path: GradientPath) -> list[SheetRow]:
    over = f", a sum over {path.over}, largest first" if path.over else ""
    verdict = "✓ up to rounding" if path.agrees else "✗"
    rows = [SheetRow(f"{path.name} = {long_text(path.shown)} {verdict}{over}")]
    if path.branches:
        largest = path.branches[0]
        names = [factor.text for factor in _telling(largest)]
        rows.append(SheetRow(f"  the largest: {' · '.join([*names, largest.gradient.name])}"))
    width = max((len(branch.gradient.name) for branch in path.branches), default=0)
    for branch, total in zip(path.branches, path.totals, strict=True):
        values = [*(factor.value for factor in _telling(branch)), branch.gradient.value]
        numbers = " · ".join(map(_in_product, values))
        product = f"{cell_text(branch.value)}   Σ {cell_text(total)}"
        text = f"  {branch.gradient.name:<{width}}  {numbers} = {product}"
        rows.append(SheetRow(text, opens=partial(branch_sheet, tape, path.name, branch)))
    return rows


def branch_sheet(tape: Tape, name: str, branch: Branch) -> Sheet:
    """Return the factors of one product on the path to the gradient `name`, a line each."""
    factors, end = branch.factors, branch.gradient
    width = max(len(text) for text in (*(factor.text for factor in factors), end.name, "product"))
    rows = []
    for factor in factors:
        made = next((read for read in factor.cells if read.source is not None), None)
        read_from = [f"{read.name} = {cell_text(read.value)}" for read in factor.cells]
        said = f"   from {', '.join(read_from)}" if factor.text not in _names(factor) else ""
        text = f"  {factor.text:<{width}}  {cell_text(factor.value):>9}{said}"
        rows.append(
            SheetRow(text, says="no operation made it: it is given, or learned")
            if made is None
            else SheetRow(text, leads_to=_target(made.source))
        )
    value = f"{cell_text(end.value):>9}"
    rows.append(
        SheetRow(
            f"  {end.name:<{width}}  {value}   the gradient it comes from",
            leads_to=_target(end.source),
            says="no operation made it",
        )
    )
    if (opens := branch.opens) is not None:
        text = f"  {'':<{width}}  {'':>9}   … as a sum in its turn, on to the loss"
        rows.append(SheetRow(text, opens=partial(path_sheet, tape, opens)))
    rows.append(SheetRow(f"  {'product':<{width}}  {cell_text(branch.value):>9}"))
    heading = f"  {'factor':<{width}}  {'value':>9}   Enter goes to the operation that made it"
    return Sheet(f"{name}: one summand, factor by factor", heading, tuple(rows))


def _names(factor: Factor) -> set[str]:
    return {read.name for read in factor.cells}


def _target(cell: Cell | None) -> Target | None:
    return None if cell is None else Target(cell.step, cell.index)


def _telling(branch: Branch) -> list[Factor]:
    """Return the factors of a branch but for those that are 1 whatever the numbers are."""
    return [factor for factor in branch.factors if factor.text != "1"]


def _in_product(value: float) -> str:
    text = cell_text(value)
    return f"({text})" if value < 0 else text


def sample_sheet(tape: Tape, sample: int) -> Sheet:
    """Return one sample's pass forward and back: small arrays whole, of others the norm."""
    arrays = one_sample(tape, sample)
    width = max(len(array.label) for array in arrays)
    rows = tuple(row for array in arrays for row in _array_rows(array, width))
    heading = f"{'array':<{width}}  its numbers, a row a line; of large arrays the norm"
    return Sheet(f"Sample {sample} alone", heading, rows)


def _array_rows(array: SampleArray, width: int) -> list[SheetRow]:
    said = "its own: the batch's is the mean" if array.label == "loss" else _PARTS[array.part]
    part = f"   {said}" if said else ""
    head = f"{array.label:<{width}}"
    target = None if array.step is None else Target(array.step)
    if array.array.size > _MOST_NUMBERS:
        norm = float(np.linalg.norm(array.array.astype(np.float64).ravel()))
        size = f"{shape_text(array.array.shape)}  ‖·‖ {cell_text(norm)}"
        return [SheetRow(f"{head}  {size}{part}", leads_to=target)]
    first, *others = _rows(array.array)
    return [
        SheetRow(f"{head}  {first}{part}", leads_to=target),
        *(SheetRow(f"{' ' * width}  {row}") for row in others),
    ]


def _rows(array: Array) -> list[str]:
    matrix = array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)
    return ["".join(f"{cell_text(float(value)):>9}" for value in row) for row in matrix]
