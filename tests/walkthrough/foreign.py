"""Tapes as other people's code would make them: odd shapes, unknown operations, phases missing."""

from dataclasses import replace

import numpy as np

from tests.walkthrough.nets import make_case, tape_of
from tui_backprop.nn import Affine
from tui_backprop.nn.operation import Operation
from tui_backprop.walkthrough.disagreement import compared
from tui_backprop.walkthrough.recorder import Recorder
from tui_backprop.walkthrough.step import Numbers, Step
from tui_backprop.walkthrough.tape import NamedArray, Origin, Phase, Tape
from tui_backprop.walkthrough.undeclared import Undeclared

AFFINE_OUT = Affine.FORWARD[0]
AFFINE_DX, AFFINE_DW, AFFINE_DB = Affine.BACKWARD


def odd_tape(max_bytes: int | None = None) -> Tape:
    """Return a forward and a backward pass on token ids: arrays of 0 to 5 axes, most steps unknown.

    There are no targets, no predictions, no loss and no update.
    """
    rng = np.random.default_rng(0)
    ids, table, W, b = (
        rng.integers(0, 9, (2, 3)),
        rng.random((9, 4)),
        rng.random((4, 5)),
        np.full(5, 0.01),
    )
    recorder = Recorder(max_bytes)
    known = {
        "ids": recorder.leaf("ids", "ids", ids, Origin.MINIBATCH),
        "table": recorder.leaf("table", "wte.weight", table, Origin.PARAMETER),
        "W": recorder.leaf("W", "h.0.mlp.fc1.weight", W, Origin.PARAMETER),
        "b": recorder.leaf("b", "h.0.mlp.fc1.bias", b, Origin.PARAMETER),
    }

    def record(phase: Phase, layer: str, code: str, reads: str, label: str, made: Numbers) -> None:
        operation = Undeclared(code, tuple(reads.split()), label)
        title = f"{layer}.{phase.value}"
        known[label] = recorder.append(phase, layer, title, operation, known, label, made)

    def append(phase: Phase, operation: Operation, label: str, made: Numbers) -> None:
        title = f"h.0.mlp.fc1.{phase.value}"
        known[label] = recorder.append(phase, "h.0.mlp.fc1", title, operation, known, label, made)

    forward, backward = Phase.FORWARD, Phase.BACKWARD
    record(forward, "wte", "aten.embedding", "table ids", "wte.out", table[ids])
    rows = table[ids].reshape(6, 4)
    record(forward, "h.0.mlp", "aten.view", "wte.out", "x", rows)
    out = rows @ W + b
    append(forward, AFFINE_OUT, "h.0.mlp.fc1.out", out)
    five = out.reshape(1, 2, 3, 1, 5)
    record(forward, "h.0.[red]split", "aten.view", "h.0.mlp.fc1.out", "five", five)
    record(forward, "h.0.mask", "aten.tril", "five", "mask", five > 0.5)
    record(forward, "h.0.none", "aten.slice", "five", "none", out[:0])
    record(forward, "h.0.range", "aten.arange", "", "positions", np.arange(3))
    record(
        forward, "sum", "aten.sum", "five mask none positions b W", "total", np.array(five.sum())
    )
    record(backward, "sum", "aten.expand", "total", "dout", np.ones_like(out))
    append(backward, AFFINE_DW, "dh.0.mlp.fc1.weight", rows.T @ np.ones_like(out))
    append(backward, AFFINE_DB, "dh.0.mlp.fc1.bias", np.ones_like(out).sum(axis=0))
    return Tape(tuple(recorder.steps))


def wrong_at(label: str, factor: float = 0.5) -> Tape:
    """Return a net's tape on which one array, and all that reads it, has another factor."""
    tape = tape_of(make_case(dtype=np.float64))
    number = tape.find(label).number
    made = {number: replace(tape.step(number).output, array=tape.find(label).output.array * factor)}
    steps: list[Step] = []
    for step in tape:
        inputs = tuple(_again(named, made) for named in step.inputs)
        output = made.get(step.number, step.output)
        if step.number > number and step.declared is not None:
            arrays = {named.symbol: named.array for named in inputs}
            output = replace(output, array=np.asarray(step.declared.compute(arrays)))
            made[step.number] = output
        steps.append(replace(step, inputs=inputs, output=output))
    return compared(replace(tape, steps=tuple(steps)))


def _again(named: NamedArray, made: dict[int, NamedArray]) -> NamedArray:
    if named.step not in made or named.step is None:
        return named
    return replace(named, array=made[named.step].array)
