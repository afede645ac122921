"""Tracing: run one iteration on the side and record every operation of it."""

import copy
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from tui_backprop.nn import TRAINING, Network, Optimizer, Pass
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.blueprint import PlannedLayer
from tui_backprop.nn.layers.layer import Layer
from tui_backprop.nn.losses.loss import Targets
from tui_backprop.nn.operation import Operation
from tui_backprop.walkthrough.decay_and_clipping import (
    DATA_LOSS,
    record_clipping,
    record_costs,
    record_decayed,
)
from tui_backprop.walkthrough.minibatch import read_minibatch
from tui_backprop.walkthrough.recorder import Known, Recorder, arrays_of, constants, copied
from tui_backprop.walkthrough.tape import NamedArray, Origin, Phase, Prediction, Tape


def trace(
    net: Network, optimizer: Optimizer, x: Array, t: npt.ArrayLike, mode: Pass = TRAINING
) -> Tape:
    """Return the tape of the iteration that `net` and `optimizer` would make next.

    The layers' and the optimizer's own code runs on the same parameters, but with passes,
    gradients and state of its own: nothing the caller holds changes a bit, and every array on the
    tape equals to the bit what the iteration itself will compute.

    Args:
        net: its parameters and state are read, never written.
        optimizer: its learning rate and state are read, never written.
        x: the minibatch's samples, shape (N, …), or one sample without N.
        t: class indices (N,), or one-hot rows; for a net that predicts numbers, those.
        mode: the pass that the iteration will make.

    Raises:
        ValueError: `x` or `t` does not fit the net, or there is no sample.
    """
    x, targets = read_minibatch(net, x, t)
    with np.errstate(all="ignore"):
        tracer = _Tracer(net, x, targets, mode)
        dy = tracer.record_loss(tracer.record_forward(x))
        tracer.record_backward(dy)
        prediction = tracer.record_update(optimizer, x)
    return Tape(tuple(tracer.steps), targets, prediction)


class _Tracer(Recorder):
    """Runs the passes of one iteration and appends a step for each operation."""

    def __init__(self, net: Network, x: Array, targets: Targets, mode: Pass) -> None:
        super().__init__()
        self.net = net.around(net.params)
        self.mode = mode
        self.targets = targets
        (outputs,) = net.blueprint.out
        shown = net.last_layer.shown_targets(targets, outputs, net.dtype)
        self.x = NamedArray("x", "x", x, Origin.MINIBATCH)
        self.t = NamedArray("t", "t", shown, Origin.MINIBATCH)
        self.params = {
            key: NamedArray(key, key, param.copy(), Origin.PARAMETER)
            for key, param in net.params.items()
        }
        self.grads: Known = {}
        self.updated: Known = {}
        self.known = {planned.name: self._leaves(planned) for planned in net.blueprint.layers}

    def _leaves(self, planned: PlannedLayer) -> Known:
        """Return what a layer's operations read that no operation makes."""
        layer = self.net.layers[planned.name]
        known = {symbol: self.params[key] for symbol, key in planned.keys.items()}
        for symbol, part in layer.state.items():
            label = f"{symbol} of {planned.name}"
            known[symbol] = NamedArray(symbol, label, part.copy(), Origin.STATE)
        return known | constants(layer.constants())

    def record_forward(self, x: Array) -> Array:
        """Run the layers, and return the scores."""
        current = self.x
        for name, layer in self.net.layers.items():
            known = self.known[name]
            known["x"] = current
            x = layer.forward(x, self.mode)
            made = {**layer.arrays, "out": x}
            for symbol in layer.DRAWN:
                label = f"{name}.{symbol}"
                known[symbol] = NamedArray(symbol, label, made[symbol].copy(), Origin.DRAWN)
            for operation in layer.FORWARD:
                self._append_for(Phase.FORWARD, name, "forward", operation, known, made)
            current = known["out"]
        self.scores = current
        return x

    def record_loss(self, scores: Array) -> Array:
        """Run the last layer both ways, and return dy. Records dy's step too."""
        last, name = self.net.last_layer, type(self.net.last_layer).__name__
        made = {"loss": np.array(last.forward(scores, self.targets)), "y": last.y}
        known = {"x": self.scores, "t": self.t}
        for operation in last.FORWARD:
            symbol = operation.output
            label = DATA_LOSS if symbol == "loss" and self.net.weight_decay else symbol
            formula = operation.formula.replace(symbol, label, 1)
            title = f"{name}.forward"
            known[symbol] = self.append(
                Phase.LOSS, name, title, operation, known, label, made[symbol], formula=formula
            )
        if self.net.weight_decay:
            known["loss"] = record_costs(self, Phase.LOSS, self.net, self.params, known["loss"])
        self.loss = float(known["loss"].array)
        dy = last.backward()
        (operation,) = last.BACKWARD
        self.dy = self.append(Phase.BACKWARD, name, f"{name}.backward", operation, known, "dy", dy)
        return dy

    def record_backward(self, dout: Array) -> None:
        """Run the layers backwards. The first one's dx, which nothing uses, is not computed."""
        incoming = self.dy
        learning = self.net.learning_layers
        for name in reversed(learning):
            layer, known = self.net.layers[name], self.known[name]
            known["dout"] = incoming
            made: dict[str, Array] = {}
            if name == learning[0]:
                layer.parameter_gradients(dout)
            else:
                made["dx"] = dout = layer.backward(dout)
            made |= layer.arrays
            made |= {f"d{symbol}": grad for symbol, grad in layer.grads.items()}
            for operation in layer.BACKWARD:
                if operation.output != "dx" or name != learning[0]:
                    self._append_for(Phase.BACKWARD, name, "backward", operation, known, made)
            incoming = known.get("dx", incoming)
        if self.net.weight_decay:
            record_decayed(self, self.net, self.params, self.grads)

    def _append_for(
        self,
        phase: Phase,
        name: str,
        direction: str,
        operation: Operation,
        known: Known,
        made: Mapping[str, Array],
    ) -> None:
        """Append an operation of a layer, and note what it made among what is known."""
        symbol = operation.output
        key = self._key_of_gradient(name, symbol) if phase is Phase.BACKWARD else None
        is_whole = key is not None and not (self.net.weight_decay and key in self.net.decaying)
        label = f"d{key}" if is_whole else f"{name}.{symbol}"
        title = f"{name}.{direction}"
        samplewise = self.net.layers[name].SAMPLEWISE
        known[symbol] = self.append(
            phase, name, title, operation, known, label, made[symbol], samplewise=samplewise
        )
        if key is not None:
            self.grads[key] = known[symbol]

    def _key_of_gradient(self, name: str, symbol: str) -> str | None:
        """Return the parameter whose gradient a layer's operation makes, if it makes one."""
        planned = next(p for p in self.net.blueprint.layers if p.name == name)
        return planned.keys.get(symbol.removeprefix("d"))

    def record_update(self, optimizer: Optimizer, x: Array) -> Prediction:
        """Run a copy of the optimizer, and the same batch's loss with what it made."""
        step = self.mode.iteration or optimizer.steps_made + 1
        before = {key: _copies(optimizer.state(key)) for key in self.params}
        optimizer = copy.deepcopy(optimizer)
        proposal = optimizer.propose(self.net.params, self.net.grads, step)
        changes = tuple(
            (key, float(np.dot(_flat(self.net.grads[key]), _flat(update))))
            for key, update in proposal.updates.items()
        )
        updated = {key: param.array.copy() for key, param in self.params.items()}
        optimizer.commit(updated)
        if optimizer.clip:
            in_order = {key: self.grads[key] for key in optimizer.clipped}
            self.grads = record_clipping(self, optimizer, in_order)
        numbers = constants(optimizer.constants(step))
        for key in self.params:
            self._record_update_of(key, optimizer, before[key], numbers, updated[key])
        for name, layer in self.net.layers.items():
            self._record_renewal(name, layer)
        return Prediction(self.loss, self._record_loss_after(updated, x), changes)

    def _record_update_of(
        self,
        key: str,
        optimizer: Optimizer,
        before: Mapping[str, Array],
        numbers: Known,
        updated: Array,
    ) -> None:
        name = type(optimizer).__name__
        param, renewed = self.params[key], optimizer.state(key)
        known = {"W": param, "dW": self.grads[key], **numbers}
        for symbol, after in renewed.items():
            part = before.get(symbol, np.zeros_like(after))
            known[symbol] = NamedArray(symbol, f"{symbol} of {key}", part, Origin.STATE)
        made = {**renewed, "W": updated}
        for operation in optimizer.UPDATE:
            symbol = operation.output
            label = f"{key}′" if symbol == "W" else f"{symbol}′ of {key}"
            if symbol not in made:
                label = f"{symbol} of {key}"
                made[symbol] = operation.compute(arrays_of(known, operation))
            known[symbol] = self.append(
                Phase.UPDATE,
                name,
                f"{name}.update",
                operation,
                known,
                label,
                made[symbol],
                formula=operation.formula.replace("W", key),
                names={"W": key, "dW": f"d{key}"},
            )
        self.updated[key] = known["W"]

    def _record_renewal(self, name: str, layer: Layer) -> None:
        renewed = layer.renewed_state()
        for operation in layer.RENEWAL:
            symbol = operation.output
            label = f"{symbol}′ of {name}"
            self.append(
                Phase.UPDATE,
                name,
                f"{name}.update",
                operation,
                self.known[name],
                label,
                renewed[symbol],
            )

    def _record_loss_after(self, params: Mapping[str, Array], x: Array) -> float:
        net = self.net.around(params)
        scores = net.predict(x, self.mode)
        name = type(net.last_layer).__name__
        data_loss = np.array(net.last_layer.forward(scores, self.targets))
        operation = net.last_layer.FORWARD[-1]
        known = {
            "t": self.t,
            "x": NamedArray("x", f"{self.scores.label}′", copied(scores), Origin.AFTER_UPDATE),
            "y": NamedArray("y", "y′", copied(net.last_layer.y), Origin.AFTER_UPDATE),
        }
        label = f"{DATA_LOSS}′" if net.weight_decay else "loss′"
        formula = operation.formula.replace("loss", label).replace("y", "y′")
        loss = self.append(
            Phase.UPDATE,
            name,
            f"{name}.forward",
            operation,
            known,
            label,
            data_loss,
            formula=formula,
            names={"y": "y′"},
        )
        if net.weight_decay:
            loss = record_costs(self, Phase.UPDATE, net, self.updated, loss, "′")
        return float(loss.array)


def _copies(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name: array.copy() for name, array in arrays.items()}


def _flat(array: Array) -> Array:
    return array.astype(np.float64).ravel()
