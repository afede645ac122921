"""From hyperparameters to the network and the optimizer they mean."""

from typing import Any

import numpy as np

from tui_backprop.datasets import DatasetError
from tui_backprop.datasets.dataset import Dataset
from tui_backprop.nn import Affine, Loss, Optimizer
from tui_backprop.nn.blueprint import Blueprint, Draw, LayerChoice, PlanError
from tui_backprop.settings.catalogue import (
    INITIALIZER_BY_NAME,
    OPTIMIZER_BY_NAME,
    hidden_layers,
    load,
)
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.settings.layer_chain import LAYERS_FIELD
from tui_backprop.settings.tasks import TASKS, Task


def blueprint_of(hyperparameters: Hyperparameters, dataset: Dataset) -> Blueprint:
    """Return the plan of the net that learns this data set.

    Raises:
        DatasetError: the layers do not fit it.
    """
    task = task_of(hyperparameters, dataset)
    outputs = 1 if task.name == "binary" else dataset.output_size
    if hyperparameters.layers:
        return _chain(hyperparameters, dataset, outputs, load(task.loss))
    values = hyperparameters.to_dict()
    behind = [LayerChoice(load(e.path), e.options(values)) for e in hidden_layers(values)]
    choices: list[LayerChoice] = []
    for units in hyperparameters.hidden:
        choices += [LayerChoice(Affine, {"units": units}), *behind]
    choices.append(LayerChoice(Affine, {"units": outputs}))
    return Blueprint((dataset.input_size,), choices, load(task.loss))


def _chain(
    hyperparameters: Hyperparameters, dataset: Dataset, outputs: int, loss: type[Loss]
) -> Blueprint:
    chain = LAYERS_FIELD.read(hyperparameters.layers)
    choices = [LayerChoice(load(layer.entry.path), layer.options) for layer in chain]
    rows = choices[0].kind.TAKES_ROWS
    sample = (dataset.input_size,) if rows else dataset.sample_shape
    try:
        blueprint = Blueprint(sample, choices, loss)
    except PlanError as error:
        at = f"{chain[error.place].text!r} (layer {error.place + 1})"
        raise DatasetError(f"layers {at} on {dataset.name}: {error}") from error
    if blueprint.out != (outputs,) or not blueprint.parameter_count:
        raise DatasetError(
            f"layers {chain[-1].text!r} (layer {len(chain)}): the last one must be"
            f" 'affine {outputs}', as {dataset.name} has {outputs} outputs"
        )
    return blueprint


def task_of(hyperparameters: Hyperparameters, dataset: Dataset) -> Task:
    """Return what the net is trained for.

    Raises:
        DatasetError: one output cannot tell the data set's classes.
    """
    if hyperparameters.binary == "off":
        return TASKS[dataset.task]
    if dataset.class_count != 2:
        found = f"{dataset.class_count} classes" if dataset.class_count else "numbers to predict"
        raise DatasetError(f"binary: {dataset.name} has {found}, but must have 2 classes")
    return TASKS["binary"]


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
