"""Small nets with a minibatch each, drawn at random or made on purpose."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from tui_backprop.nn import SGD, Affine, MultiLayerNet, Network, Optimizer, Pass
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.blueprint import Blueprint, LayerChoice
from tui_backprop.nn.initializers import normal
from tui_backprop.nn.losses.loss import Loss, Targets
from tui_backprop.settings.catalogue import LAYERS, OPTIMIZERS, Slot, load
from tui_backprop.settings.tasks import TASKS

MODE = Pass(seed=3, iteration=2)
"""A pass in which layers that draw draw something."""


class Case(NamedTuple):
    """A net, its optimizer, and a minibatch."""

    net: Network
    optimizer: Optimizer
    x: Array
    t: Targets


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
    inputs: int = 4,
    samples: int = 6,
    std: float = 0.7,
    dtype: npt.DTypeLike = np.float32,
    seed: int = 0,
    optimizer: Optimizer | None = None,
) -> Case:
    """Return a net of any layers whose parameters and state are all other than at their start."""
    rng = np.random.default_rng(seed)
    blueprint = Blueprint((inputs,), layers, loss)
    net = Network(blueprint, blueprint.draw_parameters(normal(rng, std), dtype))
    for param in net.params.values():
        param += (0.3 * std * rng.standard_normal(param.shape)).astype(dtype)
    for layer in net.layers.values():
        for part in layer.state.values():
            part += rng.random(part.shape).astype(dtype)
    x = rng.standard_normal((samples, inputs)).astype(dtype)
    (outputs,) = blueprint.out
    classes = loss is load(TASKS["classification"].loss)
    t = rng.integers(0, outputs, samples) if classes else rng.standard_normal((samples, outputs))
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


@st.composite
def any_cases(draw: st.DrawFn) -> Case:
    """Draw a net of any layers of the catalogue in any order, with any loss and optimizer.

    Its weights may decay and its gradients be clipped.
    """
    values = {field.name: field.default for entry in LAYERS for field in entry.fields}
    kinds = []
    for entry in draw(st.lists(st.sampled_from(LAYERS), max_size=4)):
        options = entry.options(values | {"activation": "", **_switched_on()})
        kinds.append(LayerChoice(load(entry.path), options))
    places = draw(st.lists(st.integers(0, len(kinds)), max_size=2, unique=True))
    for place in sorted(places, reverse=True):
        kinds.insert(place, LayerChoice(Affine, {"units": draw(st.integers(1, 5))}))
    optimizer = draw(st.sampled_from(OPTIMIZERS))
    options = optimizer.options({field.name: field.default for field in optimizer.fields})
    case = case_of(
        [*kinds, LayerChoice(Affine, {"units": draw(st.integers(2, 4))})],
        load(TASKS[draw(st.sampled_from(sorted(TASKS)))].loss),
        inputs=draw(st.integers(1, 5)),
        samples=draw(st.integers(1, 6)),
        dtype=draw(st.sampled_from([np.float32, np.float64])),
        seed=draw(st.integers(0, 2**32 - 1)),
        optimizer=load(optimizer.path)(0.1, **options),
    )
    case.net.weight_decay = draw(st.sampled_from([0.0, 0.3]))
    case.optimizer.clip = draw(st.sampled_from([0.0, 0.05, 100.0]))
    return case


def _switched_on() -> dict[str, object]:
    """Return a value of each field that puts a layer into the net."""
    switches = [entry.switch for entry in LAYERS if entry.switch is not None]
    return {field.name: 0.4 if field.default == 0 else "on" for field in switches}


def hidden_choices(name: str) -> list[LayerChoice]:
    """Return the layers of a net with the catalogue's layer of that name in its middle."""
    entry = next(entry for entry in LAYERS if entry.name == name)
    values = {field.name: field.default for other in LAYERS for field in other.fields}
    options = entry.options(values | {"activation": name, **_switched_on()})
    behind = [LayerChoice(load(entry.path), options)]
    if entry.slot is not Slot.ACTIVATION:
        behind.append(LayerChoice(load("tui_backprop.nn.layers.sigmoid:Sigmoid")))
    units = LayerChoice(Affine, {"units": 5})
    return [units, *behind, LayerChoice(Affine, {"units": 3})]
