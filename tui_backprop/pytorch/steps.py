"""Makes a tape's steps of recorded events: declared ones derive, others show their numbers."""

import re
from typing import Any

import numpy as np

from tui_backprop.nn.operation import Operation
from tui_backprop.pytorch.events import Event
from tui_backprop.pytorch.held import Made, Seen
from tui_backprop.pytorch.labels import symbol_of
from tui_backprop.walkthrough.aten.catalogue import entries_for
from tui_backprop.walkthrough.aten.entry import Call, Entry
from tui_backprop.walkthrough.step import NamedArray, Origin, Phase, Step, without_numbers
from tui_backprop.walkthrough.undeclared import Undeclared
from tui_backprop.walkthrough.view import View

_TITLES = {
    Phase.FORWARD: "forward",
    Phase.LOSS: "forward",
    Phase.BACKWARD: "backward",
    Phase.UPDATE: "update",
}


_DRAWN = {("aten.native_dropout", "result1")}
"""What an operation draws at random beside what it makes."""


class Steps:
    """Appends a step for each result of each event."""

    def __init__(self, roles: dict[Made, tuple[Event, str]], optimizer: str) -> None:
        self.steps: list[Step] = []
        self._roles = roles
        self._optimizer = optimizer
        self._numbers: dict[Made, int] = {}
        self._rows: set[Made] = set()

    def append(self, event: Event) -> None:
        """Append the steps of an event: what is declared of it in the order of its declarations."""
        arguments: dict[str, Any] = dict(event.arguments)
        for key, made in event.results.items():
            # What was written in place is, as an argument, what it was before.
            if key.startswith("result"):
                arguments[key] = Seen(made, made.geometry)
        call = self._call(event, arguments)
        entries = entries_for(call) if not event.name.endswith("_into_a_part") else ()
        entries = tuple(e for e in entries if e.result in event.results and _reads(e, arguments))
        declared = {entry.result for entry in entries}
        for key, made in event.results.items():
            if (event.name, key) in _DRAWN:
                made.origin = Origin.DRAWN
            elif key not in declared and 0 not in made.geometry.shape:
                self._append_undeclared(event, key, made)
        for entry in entries:
            self._append_declared(event, entry, call, arguments)

    def _call(self, event: Event, given: dict[str, Any]) -> Call:
        arguments: dict[str, Any] = {}
        kinds, transposed = {}, set()
        for name, value in given.items():
            arguments[name] = _shown(value) if isinstance(value, Seen) else value
            if isinstance(value, Seen) and name in event.arguments:
                kinds[name] = _kind(event, value.made)
                if value.is_transposed:
                    transposed.add(name)
        role = next((r for m in event.results.values() if (r := self._roles.get(m))), None)
        gradient_of = None if role is None else (role[0].name, role[1])
        updates = event.phase is Phase.UPDATE
        return Call(event.name, arguments, kinds, frozenset(transposed), gradient_of, updates)

    def _append_declared(
        self, event: Event, entry: Entry, call: Call, arguments: dict[str, Any]
    ) -> None:
        inputs = []
        for symbol in entry.operation.inputs:
            if symbol in entry.derived:
                value = entry.derived[symbol](call)
            else:
                value = arguments.get(entry.reads[symbol])
                value = entry.defaults.get(symbol) if value is None else value
            if isinstance(value, Seen) and symbol in entry.transposed:
                value = value.turned
            inputs.append(self._input(symbol, value, entry))
        made = event.results[entry.result]
        self._append(event, entry.operation, tuple(inputs), made, flat=entry.flat)

    def _append_undeclared(self, event: Event, key: str, made: Made) -> None:
        inputs: dict[str, NamedArray] = {}
        for name, seen in event.tensors():
            symbol = symbol_of(event.name, name)
            while symbol in inputs:
                symbol += "′"
            inputs[symbol] = self._input(symbol, seen)
        output = "out" if key in ("result0", "out") else key
        while output in inputs:
            output += "′"
        operation = Undeclared(event.name, tuple(inputs), output)
        self._append(event, operation, tuple(inputs.values()), made, flat=False)

    def _append(
        self,
        event: Event,
        operation: Operation | Undeclared,
        inputs: tuple[NamedArray, ...],
        made: Made,
        *,
        flat: bool,
    ) -> None:
        number = len(self.steps) + 1
        seen = Seen(made, made.geometry)
        output = named(operation.output, made.label, seen, Origin.STEP, number)
        if flat and not output.missing:
            array = output.array.reshape(-1)
            output = NamedArray(operation.output, made.label, array, Origin.STEP, number)
            self._rows.add(made)
        layer = self._optimizer if event.phase is Phase.UPDATE else event.place.name or "backward"
        title = f"{layer}.{_TITLES[event.phase]}"
        self.steps.append(
            Step(
                number,
                event.phase,
                layer,
                title,
                operation.formula,
                operation,
                inputs,
                output,
                samplewise="batch_norm" not in event.name,
            )
        )
        self._numbers[made] = number

    def _input(self, symbol: str, value: Any, entry: Entry | None = None) -> NamedArray:
        if not isinstance(value, Seen):
            # What the formula does not name is no number that the result is made of.
            is_named = entry is None or symbol in re.findall(r"\w+", entry.operation.formula)
            kind = Origin.CONSTANT if is_named else Origin.SETTING
            return NamedArray(symbol, symbol, _constant(value), kind)
        made = value.made
        number = self._numbers.get(made)
        origin = made.origin if number is not None or made.origin is not Origin.STEP else None
        label = made.label or symbol
        if value.is_transposed:
            label += "ᵀ"
        elif np.prod(value.geometry.shape) < np.prod(made.geometry.shape):
            label += "[…]"
        view = None
        if number is not None and not value.is_whole:
            base = made.geometry
            shape, strides = base.shape, base.strides
            if made in self._rows:
                shape, strides = (int(np.prod(shape)),), (1,)
            offset = value.geometry.offset - base.offset
            view = View(shape, strides, value.geometry.strides, offset)
        return named(symbol, label, value, origin or Origin.STATE, number, view)


def named(
    symbol: str, label: str, seen: Seen, origin: Origin, step: int | None, view: View | None = None
) -> NamedArray:
    """Return an array by its names, or its summary where that is all that was kept."""
    if seen.made.summary is not None:
        dtype = np.dtype(str(seen.made.dtype).removeprefix("torch.").replace("bfloat16", "float32"))
        kept = seen.made.summary
        return without_numbers(symbol, label, seen.geometry.shape, dtype, origin, step, kept, view)
    return NamedArray(symbol, label, seen.array, origin, step, view=view)


def _shown(seen: Seen) -> Any:
    """Return what an operation saw, as a declaration may ask about it: of a summary the shape."""
    if seen.made.summary is None:
        return seen.array
    return np.broadcast_to(np.zeros((), np.float32), seen.geometry.shape)


def _reads(entry: Entry, arguments: dict[str, Any]) -> bool:
    """Whether all that a declaration reads is there, or has something that stands for it."""
    known = {*entry.derived, *entry.defaults}
    given = {s for s, argument in entry.reads.items() if arguments.get(argument) is not None}
    return known | given >= set(entry.operation.inputs)


def _kind(event: Event, made: Made) -> str:
    if event.phase is Phase.BACKWARD:
        back = made.event is not None and made.event.phase is Phase.BACKWARD
        return "dout" if back or (made.event is None and made.label == "dloss") else ""
    return made.kind


def _constant(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, bool | int):
        return np.asarray(value, np.int64)
    return np.asarray(value, np.float64)
