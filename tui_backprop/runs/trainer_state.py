"""The whole state of a trainer as arrays and plain values: restored, it goes on bit for bit."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.runs.format.checkpoint import Arrays, Checkpoint
from tui_backprop.runs.format.layers import read_rows, stored_rows
from tui_backprop.runs.format.plain_values import MOST, PlainValues, StateError
from tui_backprop.runs.format.stored_hyperparameters import read_hyperparameters
from tui_backprop.runs.stored_progress import check_curves, restored_evaluations
from tui_backprop.training.sample_stream import BLOCK
from tui_backprop.training.snapshot import NonFinite
from tui_backprop.training.trainer import Trainer


def capture(trainer: Trainer) -> Checkpoint:
    """Return the state of `trainer`; an evaluation under way will be started over."""
    accuracies, every, seen = trainer.evaluations.state()
    stop = trainer.non_finite
    return Checkpoint(
        arrays=_arrays_of(trainer) | {"accuracies": accuracies},
        values={
            "hyperparameters": trainer.hyperparameters.to_dict(),
            "iteration": trainer.iteration,
            "samples_seen": trainer.samples_seen,
            "loss": trainer.loss,
            "evaluating": trainer.evaluating,
            "samples": _stored_stream(trainer.minibatches.stream.state()),
            "accuracies": {"every": every, "seen": seen},
            "layers": stored_rows(trainer.layer_rows()),
            "non_finite": None
            if stop is None
            else {"iteration": stop.iteration, "where": stop.where, "what": stop.what},
        },
    )


def restore(state: Checkpoint, dataset: Dataset, available_memory: int | None = None) -> Trainer:
    """Return a trainer that goes on from `state`, on the data set it was taken on.

    Raises:
        StateError: the state is damaged, or does not fit the data set.
        DatasetError: the minibatch is larger than the training set.
        NotEnoughMemoryError: as for Trainer.
    """
    values = PlainValues(state.values)
    hyperparameters = read_hyperparameters(values.table("hyperparameters"))
    trainer = Trainer(hyperparameters, dataset, available_memory)
    iteration = values.integer("iteration", 0, MOST)
    stream = _read_stream(values.table("samples"), max(BLOCK, dataset.train_size))
    _restore_arrays(trainer, state.arrays, iteration)
    trainer.evaluations = restored_evaluations(state)
    try:
        trainer.minibatches.stream.restore(stream)
    except (ValueError, TypeError, KeyError) as error:
        raise StateError(f"samples: {error}") from error
    trainer.resume_at(
        iteration=iteration,
        samples_seen=values.integer("samples_seen", 0, MOST),
        loss=values.optional("loss"),
        evaluating=values.flag("evaluating", default=False),
        non_finite=_read_stop(values),
        layers=read_rows(values, "layers"),
    )
    return trainer


def _arrays_of(trainer: Trainer) -> Arrays:
    """Return every array but the accuracies, all of which have one shape for one net."""
    arrays: Arrays = {}
    for key, param in trainer.net.params.items():
        arrays[f"params/{key}"] = param
        for symbol, array in trainer.optimizer.state(key).items():
            arrays[f"optimizer/{key}/{symbol}"] = array
    for name, layer in trainer.net.layers.items():
        for symbol, array in layer.state.items():
            arrays[f"state/{name}/{symbol}"] = array
    for part, array in trainer.losses.state().items():
        arrays[f"losses/{part}"] = array
    # Stacked: a file of a deep net holds a few arrays, not hundreds of tiny ones.
    trends = [series.state() for series in trainer.trends.series.values()]
    for part in trends[0]:
        arrays[f"trends/{part}"] = np.stack([trend[part] for trend in trends])
    return arrays


def _restore_arrays(trainer: Trainer, arrays: Mapping[str, npt.NDArray[Any]], count: int) -> None:
    """Take the arrays of a trainer that had made `count` iterations; what is more is ignored."""
    params, optimizer = trainer.net.params, trainer.optimizer
    expected = _arrays_of(trainer)
    # What an optimizer keeps begins with its first step; each is like its parameter.
    kept = [(key, symbol) for key in params for symbol in optimizer.STATE if count]
    expected |= {f"optimizer/{key}/{symbol}": params[key] for key, symbol in kept}
    if missing := sorted(expected.keys() - arrays.keys()):
        raise StateError(f"lacks arrays that its net has: {', '.join(missing)[:100]}")
    for name, array in expected.items():
        found = arrays[name]
        if found.shape != array.shape or found.dtype != array.dtype:
            raise StateError(
                f"{name} is {found.dtype} {found.shape}, expected {array.dtype} {array.shape}"
            )
    for key, param in params.items():
        param[...] = arrays[f"params/{key}"]
    for name, layer in trainer.net.layers.items():
        for symbol, part in layer.state.items():
            part[...] = arrays[f"state/{name}/{symbol}"]
    state: dict[str, Arrays] = {key: {} for key in params}
    for key, symbol in kept:
        state[key][symbol] = arrays[f"optimizer/{key}/{symbol}"]
    optimizer.restore(state, params)
    losses = _parts(arrays, "losses/")
    check_curves({part: array[np.newaxis] for part, array in losses.items()}, count)
    trainer.losses.restore(losses)
    trends = _parts(arrays, "trends/")
    check_curves(trends, count)
    for row, series in enumerate(trainer.trends.series.values()):
        series.restore({part: stack[row] for part, stack in trends.items()})


def _parts(arrays: Mapping[str, npt.NDArray[Any]], prefix: str) -> Arrays:
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}


def _stored_stream(state: dict[str, Any]) -> dict[str, Any]:
    generator = state["generator"]
    return {
        "generator": generator["bit_generator"],
        "state": str(generator["state"]["state"]),
        "increment": str(generator["state"]["inc"]),
        "has_half": generator["has_uint32"],
        "half": generator["uinteger"],
        "position": state["position"],
    }


def _read_stream(values: PlainValues, longest_block: int) -> dict[str, Any]:
    name = values.text("generator", 100)
    if name != "PCG64":
        raise StateError(f"samples.generator is {name!r}, expected PCG64")
    return {
        "generator": {
            "bit_generator": name,
            "state": {
                "state": values.big_integer("state", 128),
                "inc": values.big_integer("increment", 128),
            },
            "has_uint32": values.integer("has_half", 0, 1),
            "uinteger": values.integer("half", 0, 2**32 - 1),
        },
        "position": values.integer("position", 0, longest_block - 1),
    }


def _read_stop(values: PlainValues) -> NonFinite | None:
    if not values.has("non_finite"):
        return None
    stop = values.table("non_finite")
    return NonFinite(
        stop.integer("iteration", 0, MOST), stop.text("where", 100), stop.text("what", 100)
    )
