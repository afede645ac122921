"""The net as the book's computational graph: boxes in a row, arrays between, there and back."""

import math
from dataclasses import dataclass

import numpy as np

from tui_backprop.walkthrough.tape import NamedArray, Origin, Phase, Step, Tape
from tui_backprop.walkthrough.words import scores_label


@dataclass(frozen=True, eq=False)
class Box:
    """A layer, or one operation of the loss, with the steps that belong to it.

    `formulas` are those of its forward steps; `parameters` the labels of what it has learned.
    """

    name: str
    formulas: tuple[str, ...]
    steps: tuple[int, ...]
    parameters: tuple[NamedArray, ...]


@dataclass(frozen=True, eq=False)
class Edge:
    """What passes between two boxes: an array on the way forward, its gradient on the way back.

    There is no gradient where none is computed: at x, and within the loss.
    """

    value: NamedArray
    gradient: NamedArray | None


@dataclass(frozen=True, eq=False)
class Graph:
    """Boxes from first to last. Edge i leads into box i, and the loss comes out at the last."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]

    def box_of(self, number: int) -> int | None:
        """Return the place of the box that a step belongs to.

        None of the loss after the update, and of what clips all gradients together.
        """
        return next((at for at, box in enumerate(self.boxes) if number in box.steps), None)


def graph(tape: Tape) -> Graph:
    """Return the graph of a tape's net.

    Raises:
        ValueError: its layers are no row, each on the one before, as a graph of boxes has them.
    """
    layers: dict[str, list[Step]] = {}
    for step in tape:
        if step.phase is Phase.FORWARD:
            layers.setdefault(step.layer, []).append(step)
    if tape.input is None or not _is_row(tape.input, list(layers.values())):
        raise ValueError("the layers of this tape are no row of boxes, each on the one before")
    boxes = [_layer_box(tape, name, steps) for name, steps in layers.items()]
    values = [tape.input, *(steps[-1].output for steps in layers.values())]
    dy = tape.made("dy")
    for step in tape:
        if step.phase is Phase.LOSS:
            is_y = step.output.label == "y"
            back = (dy.number,) if dy is not None and is_y else ()
            name = step.layer.removesuffix("WithLoss") if is_y else step.output.label
            boxes.append(Box(name, (step.formula,), (step.number, *back), ()))
            values.append(step.output)
    gradients = _gradients_by_value(tape)
    edges = tuple(Edge(value, gradients.get(value.label)) for value in values)
    return Graph(tuple(boxes), edges)


def size_on_edge(tape: Tape, named: NamedArray, sample: int | None) -> float:
    """Return what stands at an edge: a single number itself, of more the norm.

    Of one sample's row, or without a sample of the whole array. A loss is the minibatch's.
    """
    if named.missing:
        return named.left_out.norm if named.left_out else math.nan
    array = named.array
    if sample is not None and tape.is_by_sample(named):
        array = array[sample]
    if array.size == 1:
        return float(array.ravel()[0])
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(array.astype(np.float64).ravel()))


def _is_row(x: NamedArray, layers: list[list[Step]]) -> bool:
    """Whether each layer reads what the one before has made, and nothing of those before that."""
    before = x
    for steps in layers:
        own = {step.number for step in steps}
        read = {
            named.label
            for step in steps
            for named in step.inputs
            if (named.step is not None and named.step not in own)
            or named.origin is Origin.MINIBATCH
        }
        if read != {before.label}:
            return False
        before = steps[-1].output
    return bool(layers)


def _layer_box(tape: Tape, name: str, forward: list[Step]) -> Box:
    parameters = {
        named.label: named
        for step in forward
        for named in step.inputs
        if named.origin is Origin.PARAMETER
    }
    own = {f"{key}′" for key in parameters} | {f"d{key}" for key in parameters}
    of_own = tuple(f" of {key}" for key in parameters)
    numbers = [
        step.number
        for step in tape
        if step.layer == name or step.output.label in own or step.output.label.endswith(of_own)
    ]
    formulas = tuple(step.formula for step in forward)
    return Box(name, formulas, tuple(numbers), tuple(parameters.values()))


def _gradients_by_value(tape: Tape) -> dict[str, NamedArray]:
    """Return what is ∂loss/∂ of which array that passes between layers, by that one's label."""
    scores, dy = scores_label(tape), tape.made("dy")
    gradients = {} if scores is None or dy is None else {scores: dy.output}
    xs = {
        step.layer: named.label
        for step in tape
        if step.phase is Phase.FORWARD
        for named in step.inputs
        if named.symbol == "x"
    }
    for step in tape:
        if step.phase is Phase.BACKWARD and step.output.symbol == "dx" and step.layer in xs:
            gradients[xs[step.layer]] = step.output
    return gradients
