"""From hyperparameters to the network and the optimizer they mean."""

from typing import Any

import numpy as np

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.nn import Affine, Optimizer
from tui_backprop.nn.blueprint import Blueprint, Draw, LayerChoice
from tui_backprop.settings.catalogue import (
    INITIALIZER_BY_NAME,
    OPTIMIZER_BY_NAME,
    hidden_layers,
    load,
)
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.settings.tasks import TASKS


def blueprint_of(hyperparameters: Hyperparameters, dataset: Dataset) -> Blueprint:
    """Return the plan of the net that learns this data set."""
    values = hyperparameters.to_dict()
    behind = [LayerChoice(load(e.path), e.options(values)) for e in hidden_layers(values)]
    choices: list[LayerChoice] = []
    for units in hyperparameters.hidden:
        choices += [LayerChoice(Affine, {"units": units}), *behind]
    choices.append(LayerChoice(Affine, {"units": dataset.output_size}))
    return Blueprint((dataset.input_size,), choices, load(TASKS[dataset.task].loss))


def initializer_of(hyperparameters: Hyperparameters, rng: np.random.Generator) -> Draw:
    """Return what draws the first weights."""
    entry = INITIALIZER_BY_NAME[hyperparameters.init]
    draw: Draw = load(entry.path)(rng, **entry.options(hyperparameters.to_dict()))
    return draw


def optimizer_of(hyperparameters: Hyperparameters) -> Optimizer:
    """Return a new optimizer."""
    entry = OPTIMIZER_BY_NAME[hyperparameters.optimizer]
    optimizer: Any = load(entry.path)(
        hyperparameters.learning_rate, **entry.options(hyperparameters.to_dict())
    )
    assert isinstance(optimizer, Optimizer)
    optimizer.clip = hyperparameters.clip
    return optimizer
