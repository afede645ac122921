"""Small nets with a minibatch each, drawn at random or made on purpose."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from tui_backprop.nn import (
    SGD,
    Affine,
    Convolution,
    IdentityWithLoss,
    MultiLayerNet,
    Network,
    Optimizer,
    Pass,
    Sigmoid,
    SigmoidWithLoss,
)
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.blueprint import Blueprint, LayerChoice
from tui_backprop.nn.initializers import normal
from tui_backprop.nn.losses.loss import Loss, Targets
from tui_backprop.nn.operation import Shape
from tui_backprop.settings.catalogue import (
    LAYER_BY_NAME,
    LAYERS,
    OPTIMIZERS,
    LayerEntry,
    Slot,
    load,
)
from tui_backprop.settings.layer_chain import LAYERS_FIELD
from tui_backprop.settings.tasks import TASKS
from tui_backprop.walkthrough.tape import Tape
from tui_backprop.walkthrough.trace import trace

MODE = Pass(seed=3, iteration=2)
"""A pass in which layers that draw draw something."""


class Case(NamedTuple):
    """A net, its optimizer, and a minibatch."""

    net: Network
    optimizer: Optimizer
    x: Array
    t: Targets


def tape_of(case: Case) -> Tape:
    """Return the tape of the case's minibatch."""
    return trace(case.net, case.optimizer, case.x, case.t, MODE)


def make_case(
    sizes: Sequence[int] = (4, 5, 3),
    samples: int = 6,
    std: float = 0.5,
    dtype: npt.DTypeLike = np.float32,
    seed: int = 0,
    rate: float = 0.1,
) -> Case:
    rng = np.random.default_rng(seed)
    net = MultiLayerNet(sizes[0], sizes[1:-1], sizes[-1], std, rng=rng, dtype=dtype)
    for key, param in net.params.items():
        if key.startswith("b"):
            param[:] = std * rng.standard_normal(param.shape)
    x = rng.standard_normal((samples, sizes[0])).astype(dtype)
    return Case(net, SGD(rate), x, rng.integers(0, sizes[-1], samples))


def case_of(
    layers: Sequence[LayerChoice],
    loss: type[Loss],
    *,
    sample: Shape = (4,),
    samples: int = 6,
    std: float = 0.7,
    dtype: npt.DTypeLike = np.float32,
    seed: int = 0,
    optimizer: Optimizer | None = None,
) -> Case:
    """Return a net of any layers whose parameters and state are all other than at their start."""
    rng = np.random.default_rng(seed)
    blueprint = Blueprint(sample, layers, loss)
    net = Network(blueprint, blueprint.draw_parameters(normal(rng, std), dtype))
    for param in net.params.values():
        param += (0.3 * std * rng.standard_normal(param.shape)).astype(dtype)
    for layer in net.layers.values():
        for part in layer.state.values():
            part += rng.random(part.shape).astype(dtype)
    x = rng.standard_normal((samples, *sample)).astype(dtype)
    (outputs,) = blueprint.out
    if loss is IdentityWithLoss:
        t: Targets = rng.standard_normal((samples, outputs))
    else:
        t = rng.integers(0, max(2, outputs), samples)
    return Case(net, optimizer or SGD(0.1), x, t)


@st.composite
def cases(draw: st.DrawFn, stds: Sequence[float] = (0.01, 0.5, 3.0, 30.0)) -> Case:
    hidden = draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))
    return make_case(
        [draw(st.integers(1, 6)), *hidden, draw(st.integers(2, 5))],
        samples=draw(st.integers(1, 7)),
        std=draw(st.sampled_from(list(stds))),
        dtype=draw(st.sampled_from([np.float32, np.float64])),
        seed=draw(st.integers(0, 2**32 - 1)),
        rate=draw(st.sampled_from([0.0, 0.1, 100.0])),
    )


PICTURES = {
    "conv": "conv 2 2x2 pad 1",
    "pool": "pool 2 stride 1",
    "mean_pool": "mean_pool 2x1 stride 1",
}
"""The layers that take pictures alone, each in words."""


def any_cases() -> st.SearchStrategy[Case]:
    """Draw a net of any layers of the catalogue in any order, with any loss and optimizer.

    Its weights may decay and its gradients be clipped.
    """
    return st.one_of(row_cases(), picture_cases())


@st.composite
def row_cases(draw: st.DrawFn) -> Case:
    """Draw a net whose samples are rows."""
    entries = [entry for entry in LAYERS if entry.name not in PICTURES]
    layers = []
    for entry in draw(st.lists(st.sampled_from(entries), max_size=5)):
        if entry.name == "affine":
            layers.append(LayerChoice(Affine, {"units": draw(st.integers(1, 5))}))
        else:
            layers.append(_choice(entry))
    return _drawn_case(draw, layers, (draw(st.integers(1, 5)),))


@st.composite
def picture_cases(draw: st.DrawFn) -> Case:
    """Draw a net whose samples are pictures, with a layer of filters or windows first."""
    shape: Shape = (draw(st.integers(1, 2)), draw(st.integers(2, 5)), draw(st.integers(2, 5)))
    sample = shape
    others = [e for e in LAYERS if e.name not in (*PICTURES, "affine", "flatten")]
    entries = [LAYER_BY_NAME[draw(st.sampled_from(sorted(PICTURES)))]]
    entries += draw(
        st.lists(
            st.sampled_from([*others, *(LAYER_BY_NAME[name] for name in PICTURES)]), max_size=2
        )
    )
    layers = []
    for entry in entries:
        choice = _choice(entry)
        if entry.name in PICTURES:
            sizes = [draw(st.integers(1, min(3, side))) for side in shape[1:]]
            options = {"size": tuple(sizes), "stride": draw(st.integers(1, 3))}
            if entry.name == "conv":
                options |= {"filters": draw(st.integers(1, 3)), "pad": draw(st.integers(0, 2))}
            choice = LayerChoice(choice.kind, options)
        layers.append(choice)
        shape = choice.kind.plan(shape, **choice.options).out
    return _drawn_case(draw, layers, sample)


def _drawn_case(draw: st.DrawFn, layers: list[LayerChoice], sample: Shape) -> Case:
    optimizer = draw(st.sampled_from(OPTIMIZERS))
    options = optimizer.options({field.name: field.default for field in optimizer.fields})
    loss = load(TASKS[draw(st.sampled_from(sorted(TASKS)))].loss)
    outputs = draw(st.integers(2, 4)) if loss is not SigmoidWithLoss else 1
    case = case_of(
        [*layers, LayerChoice(Affine, {"units": outputs})],
        loss,
        sample=sample,
        samples=draw(st.integers(1, 6)),
        dtype=draw(st.sampled_from([np.float32, np.float64])),
        seed=draw(st.integers(0, 2**32 - 1)),
        optimizer=load(optimizer.path)(0.1, **options),
    )
    case.net.weight_decay = draw(st.sampled_from([0.0, 0.3]))
    case.optimizer.clip = draw(st.sampled_from([0.0, 0.05, 100.0]))
    return case


def _choice(entry: LayerEntry) -> LayerChoice:
    """Return a layer of the catalogue with what its fields say by default, and switched on."""
    values = {field.name: field.default for other in LAYERS for field in other.fields}
    return LayerChoice(load(entry.path), entry.options(values | _switched_on()))


def _switched_on() -> dict[str, object]:
    """Return a value of each field that puts a layer into the net."""
    switches = [entry.switch for entry in LAYERS if entry.switch is not None]
    return {field.name: 0.4 if field.default == 0 else "on" for field in switches}


def layer_case(
    name: str,
    task: str = "classification",
    *,
    samples: int = 6,
    dtype: npt.DTypeLike = np.float32,
    optimizer: Optimizer | None = None,
) -> Case:
    """Return a net with the catalogue's layer of that name as its second."""
    entry = LAYER_BY_NAME[name]
    pictures = name in PICTURES or name == "flatten"
    if entry.slot is Slot.CHAIN:
        words = {**PICTURES, "flatten": "flatten", "affine": "affine 4"}[name]
        (chained,) = LAYERS_FIELD.read(words)
        layers = [LayerChoice(load(entry.path), chained.options)]
    else:
        layers = [_choice(entry)]
        if entry.slot is not Slot.ACTIVATION:
            layers.append(LayerChoice(Sigmoid))
    first = LayerChoice(Convolution, {"filters": 2, "size": (2, 2)})
    return case_of(
        [
            first if pictures else LayerChoice(Affine, {"units": 5}),
            *layers,
            LayerChoice(Affine, {"units": 1 if task == "binary" else 3}),
        ],
        load(TASKS[task].loss),
        sample=(2, 4, 4) if pictures else (4,),
        samples=samples,
        dtype=dtype,
        optimizer=optimizer,
    )
