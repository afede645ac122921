"""Makes steps of a whole pass of somebody's net: its layers, its loss, its own sums."""

from typing import Any

import numpy as np

from tui_backprop.nn.losses.loss import Loss, Targets
from tui_backprop.nn.operation import Operation
from tui_backprop.nn.weight_decay import WeightDecay
from tui_backprop.own.declared_layers import declared_loss
from tui_backprop.own.ends import ends_for
from tui_backprop.own.layer_recorder import LayerRecorder
from tui_backprop.own.seen_pass import SeenCall, SeenPass
from tui_backprop.own.subject import OwnNet
from tui_backprop.walkthrough.book_loss import BOOK_LOSS
from tui_backprop.walkthrough.derivation import rounding_bound, terms_of
from tui_backprop.walkthrough.recorder import Known, arrays_of, constants
from tui_backprop.walkthrough.step import NamedArray, Numbers, Origin, Phase, Step
from tui_backprop.walkthrough.undeclared import Undeclared
from tui_backprop.walkthrough.uses import sum_of_uses

DECAYS = ("weight_decay_lambda", "weight_decay")
"""What people call the λ of a ½ λ ‖W‖² in their loss."""

_CLOSE = 1e-6
"""What is added in float32 is rounded so."""


class NetRecorder(LayerRecorder):
    """Records a pass of a net; `targets` are then as its loss keeps them, if that is known.

    Args:
        subject: the net with its batch.
        seen: the pass.
        owner: what the net is called.
    """

    def __init__(self, subject: OwnNet, seen: SeenPass, owner: str) -> None:
        super().__init__(subject, seen, owner)
        self.targets: Targets | None = None
        self._of_loss = next(iter(seen.of_last), None)
        t = self.leaf("t", "t", np.asarray(subject.t), Origin.MINIBATCH)
        self._read_by_loss: Known = {"t": t}

    def record(self, whole: float) -> None:
        """Record all of it, given the whole loss."""
        for call in self.seen.calls:
            if call is not self._of_loss:
                self.record_forward(call)
        if self._of_loss is None:
            self._record_loss_alone(whole)
        else:
            self._record_loss(self._of_loss, whole)
        for call in reversed(self.seen.calls):
            if call.dx is not None and call is not self._of_loss:
                self.record_backward(call)
        self._record_gradients()

    @property
    def _weights(self) -> list[str]:
        """The parameters that decay where any do: b's and what a normalization learns do not."""
        return [key for key in self.params if key.startswith("W")]

    @property
    def _decay(self) -> float:
        found = (getattr(self.subject.network, name, None) for name in DECAYS)
        return next((float(value) for value in found if isinstance(value, int | float)), 0.0)

    def _record_loss(self, call: SeenCall, whole: float) -> None:
        """Record the last layer both ways, and what the net adds to its loss."""
        name, made = call.name, float(np.asarray(call.out).reshape(()))
        known = self._read_by_loss
        known["x"] = self.source(call.x, Phase.LOSS, f"{name}.x")
        is_whole = self._is_whole(made, whole)
        label = "loss" if is_whole else "L"
        kind = self._kind_of_loss(call)
        title, cls = f"{name}.forward", type(call.layer).__name__
        if kind is None:
            operation: Operation | Undeclared = Undeclared(f"{cls}.forward", ("x", "t"), "loss")
            loss = self.append(Phase.LOSS, name, title, operation, known, label, np.array(made))
            back: Operation | Undeclared = Undeclared(f"{cls}.backward", ("x", "t"), "dy")
        else:
            loss = self._record_declared_loss(call, kind, label, made)
            (back,) = kind.BACKWARD
        if not is_whole:
            self._record_whole_loss(whole, loss)
        if call.dx is not None:
            step = Phase.BACKWARD, name, f"{name}.backward", back, known, "dy"
            self.note(self.append(*step, np.asarray(call.dx)))

    def _is_whole(self, made: float, whole: float) -> bool:
        """Whether a last layer's loss is all of the net's: it adds no decay, and nothing else."""
        weights = (self.params[key].array.astype(np.float64) for key in self._weights)
        costs = 0.5 * self._decay * sum(float(np.square(W).sum()) for W in weights)
        if costs and abs(made + costs - whole) < abs(made - whole):
            return False
        return abs(whole - made) <= _CLOSE * (1 + abs(whole))

    def _kind_of_loss(self, call: SeenCall) -> type[Loss] | None:
        """Return which loss of ours it is, and have the targets as that one reads them."""
        scores = np.asarray(call.x)
        kind = declared_loss(call.layer) or self._kind_by_number(call, scores)
        if kind is None or scores.ndim != 2:
            return None
        try:
            self.targets = kind.read_targets(self.subject.t, scores.shape)
        except (ValueError, IndexError):
            return None
        shown = kind.shown_targets(self.targets, scores.shape[1], scores.dtype)
        self._read_by_loss["t"] = self.leaf("t", "t", shown, Origin.MINIBATCH)
        return kind

    def _kind_by_number(self, call: SeenCall, scores: Numbers) -> type[Loss] | None:
        """Return which loss of ours comes to the same number, where the name says none."""
        if scores.ndim != 2:
            return None
        made = float(np.asarray(call.out).reshape(()))
        ends = ends_for(call.name, scores.astype(np.float64), self.subject.t, made)
        return next((end.kind for end in ends if end.factor == 1), None)

    def _record_declared_loss(
        self, call: SeenCall, kind: type[Loss], label: str, made: float
    ) -> NamedArray:
        name, known, title = call.name, self._read_by_loss, f"{call.name}.forward"
        of_y, of_loss = kind.FORWARD
        y = getattr(call.layer, "y", None)
        if not isinstance(y, np.ndarray) or y.shape != known["x"].array.shape:
            y = of_y.compute(arrays_of(known, of_y))
        known["y"] = self.note(self.append(Phase.LOSS, name, title, of_y, known, "y", y))
        loss = self._append_loss(name, of_loss, label, made)
        if not _derives(self.steps[-1]) and set(BOOK_LOSS.inputs) <= set(of_loss.inputs):
            loss = self._as_in_book(name, label, made) or loss
        return loss

    def _as_in_book(self, name: str, label: str, made: float) -> NamedArray | None:
        """Take the book's own loss instead of ours, if that is what was computed."""
        ours = self.steps.pop()
        loss = self._append_loss(name, BOOK_LOSS, label, made)
        if _derives(self.steps[-1]):
            return loss
        self.steps[-1] = ours
        return None

    def _append_loss(self, name: str, operation: Operation, label: str, made: float) -> NamedArray:
        step = Phase.LOSS, name, f"{name}.forward", operation, self._read_by_loss, label
        return self.append(
            *step, np.array(made), formula=operation.formula.replace("loss", label, 1)
        )

    def _record_whole_loss(self, whole: float, data: NamedArray) -> None:
        decay = self._decay
        decaying = self._weights
        title, known = f"{self._owner}.loss", {"L": data}
        if not decay or not decaying:
            operation = Undeclared(title, ("L",), "loss")
            self.append(Phase.LOSS, self._owner, title, operation, known, "loss", np.array(whole))
            return
        self.decaying = frozenset(decaying)
        for key in decaying:
            read: Known = {"W": self.params[key], **constants({"λ": decay})}
            made = WeightDecay.COSTS.compute(arrays_of(read, WeightDecay.COSTS))
            step = Phase.LOSS, WeightDecay.NAME, title, WeightDecay.COSTS, read, f"q{key}", made
            formula = f"q{key} = ½ λ Σⱼ {key}²"
            known[f"q{key}"] = self.append(*step, formula=formula, names={"W": key})
        whole_loss = WeightDecay.whole_loss(decaying)
        array = np.array(whole)
        self.append(Phase.LOSS, WeightDecay.NAME, title, whole_loss, known, "loss", array)

    def _record_loss_alone(self, whole: float) -> None:
        title = f"{self._owner}.loss"
        known: Known = {"x": self.latest, "t": self._read_by_loss["t"]}
        if not self.seen.calls:
            known |= self.params
        operation = Undeclared(title, tuple(known), "loss")
        self.append(Phase.LOSS, self._owner, title, operation, known, "loss", np.array(whole))

    def _record_gradients(self) -> None:
        """Record what the net itself has made of its layers' gradients."""
        title = f"{self._owner}.gradient"
        for key, grad in self.seen.gradients.items():
            label, param, made = f"d{key}", self.params[key], self.grads.get(key, [])
            if not made:
                operation = Undeclared(title, ("x", "W"), label)
                known: Known = {"x": self.x, "W": param}
                self.append(Phase.BACKWARD, self._owner, title, operation, known, label, grad)
            elif len(made) > 1:
                self._record_sum(key, made, grad)
            elif made[0].label != label:
                self._record_decayed(key, made[0], grad)

    def _record_sum(self, key: str, made: list[NamedArray], grad: Any) -> None:
        """Record the gradient of a parameter that several layers use."""
        uses = {named.label: named for named in reversed(made)}
        operation, title = sum_of_uses(tuple(uses)), f"{self._owner}.gradient"
        is_last = key not in self.decaying
        label = f"d{key}" if is_last else f"{self._owner}.d{key}"
        array = grad if is_last else operation.compute(arrays_of(uses, operation))
        step = Phase.BACKWARD, self._owner, title, operation, uses, label, np.asarray(array)
        formula = operation.formula.replace("dW", label, 1)
        total = self.append(*step, formula=formula)
        if not is_last:
            self._record_decayed(key, total, grad)

    def _record_decayed(self, key: str, made: NamedArray, grad: Any) -> None:
        """Record the gradient with λ W, where that is in the loss; else it is the layer's own."""
        label, decay = f"d{key}", self._decay if key in self.decaying else 0.0
        self.append(
            Phase.BACKWARD,
            WeightDecay.NAME if decay else self._owner,
            f"{self._owner}.gradient",
            WeightDecay.GRADIENT,
            {"dW": made, "W": self.params[key], **constants({"λ": decay})},
            label,
            np.asarray(grad),
            formula=f"{label} = dW + λ {key}" if decay else f"{label} = dW",
            names={"W": key},
        )


def _derives(step: Step) -> bool:
    """Whether a lone number is what its derivation makes, up to rounding."""
    derivation = terms_of(step, ())
    if derivation is None:
        return False
    off = abs(float(step.output.array) - derivation.value)
    return off <= rounding_bound(derivation, step.dtype)
