"""The lines of the sheets over the step screen: a path, one sample alone, the net as a graph."""

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import shape_text
from tui_backprop.ui.step.numbers import cell_text, long_text
from tui_backprop.walkthrough.derivation import Cell
from tui_backprop.walkthrough.graph import graph, size_on_edge
from tui_backprop.walkthrough.one_sample import Part, SampleArray, one_sample
from tui_backprop.walkthrough.path import Branch, Factor, GradientPath, gradient_path
from tui_backprop.walkthrough.tape import Tape

_MOST_NUMBERS = 64
_PARTS = {Part.ROW: "", Part.SHARE: "this sample's share", Part.WHOLE: "the same for all"}


def path_lines(tape: Tape, cell: Cell) -> list[str]:
    """Return a gradient as a sum of products, largest first, and the largest one's own sum below.

    Raises:
        ValueError: no path leads to the cell.
    """
    path = gradient_path(tape, cell)
    lines = _sum_lines(path)
    while path.branches and (opens := path.branches[0].opens) is not None:
        note = path.branches[0].note
        path = gradient_path(tape, opens)
        lines += ["", *([note] if note else []), *_sum_lines(path)]
    return [*lines, "", "dy = (y − t) / N, at the scores: there the loss is, and the path ends."]


def _sum_lines(path: GradientPath) -> list[str]:
    over = f", a sum over {path.over}, largest first" if path.over else ""
    verdict = "✓ up to rounding" if path.agrees else "✗"
    lines = [f"{path.name} = {long_text(path.shown)} {verdict}{over}"]
    if path.branches:
        largest = path.branches[0]
        names = [factor.text for factor in _telling(largest)]
        lines.append(f"  the largest: {' · '.join([*names, largest.gradient.name])}")
    width = max((len(branch.gradient.name) for branch in path.branches), default=0)
    for branch, total in zip(path.branches, path.totals, strict=True):
        values = [*(factor.value for factor in _telling(branch)), branch.gradient.value]
        numbers = " · ".join(map(_in_product, values))
        product = f"{cell_text(branch.value)}   Σ {cell_text(total)}"
        lines.append(f"  {branch.gradient.name:<{width}}  {numbers} = {product}")
    return lines


def _telling(branch: Branch) -> list[Factor]:
    """Return the factors of a branch but for those that are 1 whatever the numbers are."""
    return [factor for factor in branch.factors if factor.text != "1"]


def _in_product(value: float) -> str:
    text = cell_text(value)
    return f"({text})" if value < 0 else text


def sample_lines(tape: Tape, sample: int) -> list[str]:
    """Return one sample's pass forward and back: small arrays whole, of others what sums them "
    "up."""
    arrays = one_sample(tape, sample)
    width = max(len(array.label) for array in arrays)
    return [line for array in arrays for line in _array_lines(array, width)]


def _array_lines(array: SampleArray, width: int) -> list[str]:
    said = "its own: the batch's is the mean" if array.label == "loss" else _PARTS[array.part]
    part = f"   {said}" if said else ""
    head = f"{array.label:<{width}}"
    if array.array.size > _MOST_NUMBERS:
        norm = float(np.linalg.norm(array.array.astype(np.float64).ravel()))
        return [f"{head}  {shape_text(array.array.shape)}  ‖·‖ {cell_text(norm)}{part}"]
    rows = _rows(array.array)
    return [
        f"{head if place == 0 else ' ' * width}  {row}{part if place == 0 else ''}"
        for place, row in enumerate(rows)
    ]


def _rows(array: Array) -> list[str]:
    matrix = array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)
    return ["".join(f"{cell_text(float(value)):>9}" for value in row) for row in matrix]


def graph_lines(tape: Tape, number: int, sample: int | None) -> list[str]:
    """Return the net box by box, values on the way forward, gradients on the way back.

    Of a sample, or of the batch; the box of step `number` is marked.
    """
    net = graph(tape)
    here = net.box_of(number)
    lines = []
    for place, edge in enumerate(net.edges):
        value = f"{edge.value.label} {cell_text(size_on_edge(tape, edge.value, sample))}"
        back = ""
        if edge.gradient is not None:
            size = cell_text(size_on_edge(tape, edge.gradient, sample))
            back = f"▲ {edge.gradient.label} {size}"
        lines.append(f"     ▼ {value:<28}{back}".rstrip())
        if place < len(net.boxes):
            box = net.boxes[place]
            mark = "▸" if place == here else " "
            parameters = ", ".join(
                f"‖d{named.label}‖ {cell_text(_norm(tape, f'd{named.label}'))}"
                for named in box.parameters
            )
            text = f" {mark} [{box.name}]  {box.formulas[-1]}"
            lines.append(f"{text:<36}{parameters}".rstrip())
    return lines


def _norm(tape: Tape, label: str) -> float:
    return size_on_edge(tape, tape.find(label).output, None)
