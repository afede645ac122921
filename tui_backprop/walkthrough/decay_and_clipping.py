"""Recording what is done to a net's loss and gradients as a whole: weight decay, clipping."""

from collections.abc import Mapping

import numpy as np

from tui_backprop.nn import Network, Optimizer
from tui_backprop.nn.clipping import Clipping
from tui_backprop.nn.operation import Operation
from tui_backprop.nn.weight_decay import WeightDecay
from tui_backprop.walkthrough.recorder import Known, Recorder, arrays_of, constants
from tui_backprop.walkthrough.tape import NamedArray, Phase

DATA_LOSS = "L"
"""The label of the loss that the data alone make, where weights cost something beside it."""


def record_costs(
    recorder: Recorder,
    phase: Phase,
    net: Network,
    params: Mapping[str, NamedArray],
    data_loss: NamedArray,
    mark: str = "",
) -> NamedArray:
    """Append what the weights cost, and the whole loss, which is returned.

    Args:
        recorder: to append to.
        phase: of the steps.
        net: whose parameters are `params`.
        params: by the net's names.
        data_loss: what the last layer made.
        mark: what labels end in: ′ after an update.
    """
    decay = constants({"λ": net.weight_decay})
    title = f"{WeightDecay.NAME}.forward"
    known = {DATA_LOSS: data_loss}
    for key in net.decaying:
        operation, used = WeightDecay.COSTS, {"W": params[key], **decay}
        label, costs = f"q{key}{mark}", operation.compute(arrays_of(used, operation))
        formula = f"{label} = ½ λ Σⱼ {key}{mark}²"
        known[f"q{key}"] = recorder.append(
            phase,
            WeightDecay.NAME,
            title,
            operation,
            used,
            label,
            costs,
            formula=formula,
            names={"W": f"{key}{mark}"},
        )
    whole = WeightDecay.whole_loss(net.decaying)
    loss = np.array(net.with_decay(float(data_loss.array)))
    label = f"loss{mark}"
    costs_of_all = (f"Σ q{key}{mark}" for key in net.decaying)
    formula = " + ".join([f"{label} = {DATA_LOSS}{mark}", *costs_of_all])
    return recorder.append(
        phase, WeightDecay.NAME, title, whole, known, label, loss, formula=formula
    )


def record_decayed(
    recorder: Recorder, net: Network, params: Mapping[str, NamedArray], grads: Known
) -> None:
    """Add the decay to the net's gradients, and append that; `grads` are those of the data."""
    net.add_decay()
    decay, operation = constants({"λ": net.weight_decay}), WeightDecay.GRADIENT
    for key in reversed(net.decaying):
        known = {"dW": grads[key], "W": params[key], **decay}
        grads[key] = recorder.append(
            Phase.BACKWARD,
            WeightDecay.NAME,
            f"{WeightDecay.NAME}.backward",
            operation,
            known,
            f"d{key}",
            net.grads[key],
            formula=f"d{key} = dW + λ {key}",
            names={"W": key},
        )


def record_clipping(recorder: Recorder, optimizer: Optimizer, grads: Known) -> Known:
    """Append what made the optimizer's `clipped` of these gradients, and return that."""

    def append(operation: Operation, known: Known, label: str, key: str = "") -> NamedArray:
        made = optimizer.clipped[key] if operation is Clipping.CLIPPED else None
        if made is None:
            made = operation.compute(arrays_of(known, operation))
        formula = operation.formula.replace("W", key) if key else None
        title = f"{Clipping.NAME}.update"
        names = {"dW": f"d{key}"} if key else {}
        step = Phase.UPDATE, Clipping.NAME, title, operation, known, label, made
        return recorder.append(*step, formula=formula, names=names)

    known = constants({"c": optimizer.clip})
    for key, grad in grads.items():
        known[f"q{key}"] = append(Clipping.SQUARES, {"dW": grad}, f"q of {key}", key)
    known["‖g‖²"] = append(Clipping.norm(grads), known, "‖g‖²")
    factor = append(Clipping.FACTOR, known, "f")
    return {
        key: append(Clipping.CLIPPED, {"f": factor, "dW": grad}, f"dW′ of {key}", key)
        for key, grad in grads.items()
    }
