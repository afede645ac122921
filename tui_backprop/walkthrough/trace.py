"""Tracing: run one iteration on the side and record every operation of it."""

import copy
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tui_backprop.nn import MultiLayerNet, Optimizer
from tui_backprop.nn.arrays import Array, Labels
from tui_backprop.nn.operation import Operation
from tui_backprop.walkthrough.minibatch import read_minibatch
from tui_backprop.walkthrough.tape import NamedArray, Origin, Phase, Prediction, Step, Tape

_LOSS_LAYER = "SoftmaxWithLoss"


def trace(net: MultiLayerNet, optimizer: Optimizer, x: Array, t: Array | Labels) -> Tape:
    """Return the tape of the iteration that `net` and `optimizer` would make next.

    The layers' and the optimizer's own code runs on the same parameters, but with passes,
    gradients and state of its own: nothing the caller holds changes a bit, and every array on the
    tape equals to the bit what the iteration itself will compute.

    Args:
        net: its parameters are read, never written.
        optimizer: its learning rate and state are read, never written.
        x: the minibatch's samples, shape (N, …), or one sample without N.
        t: class indices (N,), or one-hot rows.

    Raises:
        ValueError: `x` or `t` does not fit the net, or there is no sample.
    """
    x, labels = read_minibatch(net, x, t)
    targets = np.eye(net.params[f"b{len(net.params) // 2}"].size, dtype=net.dtype)[labels]
    with np.errstate(all="ignore"):
        tracer = _Tracer(net, x, targets)
        dy = tracer.record_loss(tracer.record_forward(x), labels)
        tracer.record_backward(dy)
        prediction = tracer.record_update(optimizer, x, labels)
    return Tape(tuple(tracer.steps), labels, prediction)


class _Tracer:
    """Runs the passes of one iteration and appends a step for each operation."""

    def __init__(self, net: MultiLayerNet, x: Array, targets: Array) -> None:
        self.steps: list[Step] = []
        self.net = net.around(net.params)
        self.x = NamedArray("x", "x", x, Origin.MINIBATCH)
        self.targets = NamedArray("t", "t", targets, Origin.MINIBATCH)
        self.params = {
            key: NamedArray(key, key, param.copy(), Origin.PARAMETER)
            for key, param in net.params.items()
        }
        self.grads: dict[str, NamedArray] = {}
        self.layer_inputs: dict[str, NamedArray] = {}

    def record_forward(self, x: Array) -> Array:
        """Run the layers, and return the scores."""
        current = self.x
        for name, layer in self.net.layers.items():
            self.layer_inputs[name] = current
            x = layer.forward(x)
            (operation,) = layer.FORWARD
            known = {"x": current, **self._parameters_of(name)}
            current = self._append(
                Phase.FORWARD, name, f"{name}.forward", operation, known, f"{name}.out", x
            )
        self.scores = current
        return x

    def record_loss(self, scores: Array, labels: Labels) -> Array:
        """Run the last layer both ways, and return dy. Records dy's step too."""
        last = self.net.last_layer
        self.loss = last.forward(scores, labels)
        probabilities, loss = last.FORWARD
        (gradient,) = last.BACKWARD
        known = {"x": self.scores, "t": self.targets}
        forward = f"{_LOSS_LAYER}.forward"
        known["y"] = self._append(
            Phase.LOSS, _LOSS_LAYER, forward, probabilities, known, "y", last.y
        )
        self._append(Phase.LOSS, _LOSS_LAYER, forward, loss, known, "loss", np.array(self.loss))
        dy = last.backward()
        title = f"{_LOSS_LAYER}.backward"
        self.dy = self._append(Phase.BACKWARD, _LOSS_LAYER, title, gradient, known, "dy", dy)
        return dy

    def record_backward(self, dout: Array) -> None:
        """Run the layers backwards. The first one's dx, which nothing uses, is not computed."""
        incoming = self.dy
        first = next(iter(self.net.layers))
        for name, layer in reversed(self.net.layers.items()):
            dx = None
            if name == first:
                layer.parameter_gradients(dout)
            else:
                dx = layer.backward(dout)
            known = {"dout": incoming, "x": self.layer_inputs[name], **self._parameters_of(name)}
            for operation in layer.BACKWARD:
                if operation.output == "dx":
                    if dx is not None:
                        incoming = self._append(
                            Phase.BACKWARD,
                            name,
                            f"{name}.backward",
                            operation,
                            known,
                            f"{name}.dx",
                            dx,
                        )
                else:
                    symbol = operation.output.removeprefix("d")
                    key = self._key(name, symbol)
                    self.grads[key] = self._append(
                        Phase.BACKWARD,
                        name,
                        f"{name}.backward",
                        operation,
                        known,
                        f"d{key}",
                        layer.grads[symbol],
                    )
            if dx is not None:
                dout = dx

    def record_update(self, optimizer: Optimizer, x: Array, labels: Labels) -> Prediction:
        """Run a copy of the optimizer, and the same batch's loss with what it made."""
        name = type(optimizer).__name__
        state = {key: _copies(optimizer.state(key)) for key in self.params}
        optimizer = copy.deepcopy(optimizer)
        updates = optimizer.compute_updates(self.net.grads)
        changes = tuple(
            (key, float(np.dot(_flat(self.net.grads[key]), _flat(update))))
            for key, update in updates.items()
        )
        updated = {key: param.array.copy() for key, param in self.params.items()}
        optimizer.apply_updates(updated)
        constants = {
            symbol: NamedArray(symbol, symbol, self._scalar(value), Origin.CONSTANT)
            for symbol, value in optimizer.constants().items()
        }
        for key, param in self.params.items():
            renewed = optimizer.state(key)
            known = {"W": param, "dW": self.grads[key], **constants}
            for symbol, after in renewed.items():
                before = state[key].get(symbol, np.zeros_like(after))
                known[symbol] = NamedArray(symbol, f"{symbol} of {key}", before, Origin.STATE)
            for operation in optimizer.UPDATE:
                symbol = operation.output
                is_parameter = symbol == "W"
                known[symbol] = self._append(
                    Phase.UPDATE,
                    name,
                    f"{name}.update",
                    operation,
                    known,
                    f"{key}′" if is_parameter else f"{symbol}′ of {key}",
                    updated[key] if is_parameter else renewed[symbol],
                    formula=operation.formula.replace("W", key),
                )
        return Prediction(self.loss, self._record_loss_after(updated, x, labels), changes)

    def _record_loss_after(self, params: Mapping[str, Array], x: Array, labels: Labels) -> float:
        net = self.net.around(params)
        scores = net.predict(x)
        loss = net.last_layer.forward(scores, labels)
        operation = net.last_layer.FORWARD[-1]
        known = {
            "t": self.targets,
            "x": NamedArray("x", f"{self.scores.label}′", scores.copy(), Origin.AFTER_UPDATE),
            "y": NamedArray("y", "y′", net.last_layer.y.copy(), Origin.AFTER_UPDATE),
        }
        self._append(
            Phase.UPDATE,
            _LOSS_LAYER,
            f"{_LOSS_LAYER}.forward",
            operation,
            known,
            "loss′",
            np.array(loss),
            formula="loss′ = −Σ t · log y′ / N",
        )
        return loss

    def _append(
        self,
        phase: Phase,
        layer: str,
        title: str,
        operation: Operation,
        known: Mapping[str, NamedArray],
        label: str,
        output: Array,
        *,
        formula: str | None = None,
    ) -> NamedArray:
        """Append the step that made `output`, of which it keeps a copy, and return that."""
        number = len(self.steps) + 1
        inputs = tuple(replace(known[symbol], symbol=symbol) for symbol in operation.inputs)
        made = NamedArray(operation.output, label, output.copy(), Origin.STEP, number)
        formula = formula or operation.formula
        self.steps.append(Step(number, phase, layer, title, formula, operation, inputs, made))
        return made

    def _parameters_of(self, layer: str) -> dict[str, NamedArray]:
        return {
            symbol: self.params[self._key(layer, symbol)]
            for symbol in self.net.layers[layer].params
        }

    def _key(self, layer: str, symbol: str) -> str:
        """Return the network's key of a layer's parameter: the one that holds the same array."""
        param = self.net.layers[layer].params[symbol]
        return next(key for key, value in self.net.params.items() if value is param)

    def _scalar(self, value: float) -> Array:
        return np.array(value, self.net.dtype)


def _copies(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name: array.copy() for name, array in arrays.items()}


def _flat(array: Array) -> Array:
    return array.astype(np.float64).ravel()
