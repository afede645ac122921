"""Makes steps of what went through somebody's layers, forward and backward."""

from collections import Counter
from typing import Any

import numpy as np

from tui_backprop.nn.operation import Operation
from tui_backprop.own.declared_layers import parameters_of
from tui_backprop.own.layer_kinds import Kind, kind_of
from tui_backprop.own.seen_pass import SeenCall, SeenPass
from tui_backprop.own.sources import Sources
from tui_backprop.own.subject import OwnNet
from tui_backprop.walkthrough.recorder import Known, arrays_of
from tui_backprop.walkthrough.step import NamedArray, Origin, Phase
from tui_backprop.walkthrough.undeclared import Undeclared


class LayerRecorder(Sources):
    """Records the layers of a pass.

    `grads` has of each parameter the gradients that its layers have made, `params` the parameters;
    to those of `decaying` the net itself adds something.

    Args:
        subject: the net with its batch.
        seen: the pass.
        owner: what the net is called.
    """

    def __init__(self, subject: OwnNet, seen: SeenPass, owner: str) -> None:
        super().__init__(owner)
        self.subject, self.seen = subject, seen
        self.params = {
            key: self.leaf(key, key, param, Origin.PARAMETER)
            for key, param in subject.params.items()
        }
        self.grads: dict[str, list[NamedArray]] = {}
        self._uses = Counter(key for call in seen.calls for key in self._keys_of(call))
        self._calls = Counter(id(call.layer) for call in seen.calls)
        self.decaying: frozenset[str] = frozenset()
        self.x = self.note(self.leaf("x", "x", np.asarray(subject.x), Origin.MINIBATCH))
        self._kinds: dict[int, tuple[Kind | None, Known]] = {}

    def record_forward(self, call: SeenCall) -> None:
        """Record a layer's forward pass: what it made, and what only its derivation makes."""
        name, forward = call.name, Phase.FORWARD
        x = self.source(call.x, forward, f"{name}.x")
        kind = kind_of(call, self.subject.params)
        known: Known = {"x": x}
        self._kinds[id(call)] = kind, known
        if kind is None:
            known |= self._held(call)
            unknown = Undeclared(f"{_class(call)}.forward", tuple(known))
            self._append(forward, call, unknown, known, f"{name}.out", call.out)
            return
        known |= self._read_by(kind, name)
        if kind.takes_rows:
            known["whole x"], known["x"] = x, self.rows(x, forward, name, f"{name}.rows")
        for operation in kind.layer.FORWARD:
            symbol, out = operation.output, np.asarray(call.out)
            if symbol == "out" and known["x"] is not x and out.ndim > 2:
                out = out.reshape(len(out), -1)
            made = out if symbol == "out" else operation.compute(arrays_of(known, operation))
            label = f"{name}.{symbol}"
            known[symbol] = self._append(forward, call, operation, known, label, made, kind)

    def record_backward(self, call: SeenCall) -> None:
        """Record a layer's backward pass: its dx, and the gradients of its parameters."""
        name, backward = call.name, Phase.BACKWARD
        kind, known = self._kinds[id(call)]
        known["dout"] = self.source(call.dout, backward, f"{name}.dout")
        if kind is None:
            self._record_unknown_backward(call, known)
            return
        in_rows = kind.takes_rows and known["x"] is not known.get("whole x")
        if in_rows:
            known["dout"] = self.rows(known["dout"], backward, name, f"{name}.dout rows")
        for operation in kind.layer.BACKWARD:
            symbol = operation.output
            if symbol == "dx":
                self._record_dx(call, operation, known, kind, in_rows=in_rows)
            elif symbol.removeprefix("d") in kind.layer.params:
                self._record_declared_gradient(call, operation, known, kind)
            else:
                made = operation.compute(arrays_of(known, operation))
                label = f"{name}.{symbol}"
                known[symbol] = self._append(backward, call, operation, known, label, made, kind)

    def _record_unknown_backward(self, call: SeenCall, known: Known) -> None:
        code, reads = f"{_class(call)}.backward", ("dout", "x")
        dx = Undeclared(code, reads, "dx")
        self._append(Phase.BACKWARD, call, dx, known, f"{call.name}.dx", call.dx)
        for symbol in parameters_of(call.layer):
            grad = getattr(call.layer, f"d{symbol}", None)
            if grad is not None:
                made = Undeclared(code, reads, f"d{symbol}")
                self._append_gradient(call, made, known, symbol, grad, None)

    def _record_dx(
        self, call: SeenCall, operation: Operation, known: Known, kind: Kind, *, in_rows: bool
    ) -> None:
        dx, label = np.asarray(call.dx), f"{call.name}.dx"
        if not in_rows or dx.ndim <= 2:
            self._append(Phase.BACKWARD, call, operation, known, label, dx, kind)
            return
        rows = dx.reshape(len(dx), -1)
        of_rows = f"{label} rows"
        made = self._append(Phase.BACKWARD, call, operation, known, of_rows, rows, kind)
        self.as_it_was({"dout": made, "x": known["whole x"]}, call.name, label, dx)

    def _record_declared_gradient(
        self, call: SeenCall, operation: Operation, known: Known, kind: Kind
    ) -> None:
        symbol = operation.output.removeprefix("d")
        grad = getattr(call.layer, operation.output, None)
        if grad is None and (key := kind.keys.get(symbol)) is not None:
            grad = self.seen.gradients.get(key)
        if grad is not None:
            self._append_gradient(call, operation, known, symbol, grad, kind)

    def _append_gradient(
        self,
        call: SeenCall,
        operation: Operation | Undeclared,
        known: Known,
        symbol: str,
        grad: Any,
        kind: Kind | None,
    ) -> None:
        if self._calls[id(call.layer)] > 1:
            # Of a layer that is used twice nobody knows what which use has made.
            return
        held = getattr(call.layer, symbol, None)
        key = None if kind is None else kind.keys.get(symbol)
        named = (k for k, param in self.subject.params.items() if param is held)
        key = key or next(named, None)
        array = np.asarray(grad)
        whole = None if key is None else self.seen.gradients.get(key)
        is_whole = whole is not None and np.array_equal(whole, array, equal_nan=True)
        is_whole &= key not in self.decaying and (key is None or self._uses[key] <= 1)
        label = f"d{key}" if is_whole else f"{call.name}.d{symbol}"
        made = self._append(Phase.BACKWARD, call, operation, known, label, array, kind)
        if key is not None:
            self.grads.setdefault(key, []).append(made)

    def _keys_of(self, call: SeenCall) -> list[str]:
        """Return the parameters of the net that a layer holds."""
        held = {id(array) for array in parameters_of(call.layer).values()}
        return [key for key, param in self.subject.params.items() if id(param) in held]

    def _held(self, call: SeenCall) -> Known:
        """Return the parameters that a layer of no known kind holds."""
        held = parameters_of(call.layer)
        names = {id(param): key for key, param in self.subject.params.items()}
        return {
            symbol: self.params[names[id(array)]]
            for symbol, array in held.items()
            if id(array) in names
        }

    def _read_by(self, kind: Kind, name: str) -> Known:
        known: Known = {}
        for symbol, array in kind.layer.params.items():
            key = kind.keys.get(symbol)
            is_its = key is not None and self.params[key].array.shape == array.shape
            label = key or f"{name}.{symbol}"
            leaf = self.leaf(symbol, label, array, Origin.PARAMETER)
            known[symbol] = self.params[key] if key is not None and is_its else leaf
        for symbol, number in kind.constants.items():
            known[symbol] = NamedArray(symbol, symbol, number, Origin.CONSTANT)
        for symbol, drawn in kind.given.items():
            if symbol in kind.layer.DRAWN:
                known[symbol] = self.leaf(symbol, f"{name}.{symbol}", drawn, Origin.DRAWN)
        return known

    def _append(
        self,
        phase: Phase,
        call: SeenCall,
        operation: Operation | Undeclared,
        known: Known,
        label: str,
        array: Any,
        kind: Kind | None = None,
    ) -> NamedArray:
        title = f"{call.name}.{phase.value}"
        samplewise = kind is None or kind.layer.SAMPLEWISE
        made = np.asarray(array)
        return self.note(
            self.append(
                phase, call.name, title, operation, known, label, made, samplewise=samplewise
            )
        )


def _class(call: SeenCall) -> str:
    return type(call.layer).__name__
