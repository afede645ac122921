"""The whole state of a trainer as arrays and plain values: restored, it goes on bit for bit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.runs.format.plain_values import PlainValues, StateError
from tui_backprop.runs.format.stored_hyperparameters import read_hyperparameters
from tui_backprop.runs.format.stored_statistics import read_rows, stored_rows
from tui_backprop.training.sample_stream import BLOCK
from tui_backprop.training.snapshot import NonFinite
from tui_backprop.training.trainer import Trainer

Arrays = dict[str, npt.NDArray[Any]]

MOST = 2**62
"""More iterations or samples than any run makes."""


@dataclass(frozen=True, eq=False)
class TrainerState:
    """A trainer between two pieces of work.

    `arrays` are the trainer's own where they can be: write them out, or copy them, before it works
    on. `values` is what JSON can hold.
    """

    arrays: Arrays
    values: dict[str, Any]


def capture(trainer: Trainer) -> TrainerState:
    """Return the state of `trainer`; an evaluation under way will be started over."""
    accuracies, every, seen = trainer.evaluations.state()
    stop = trainer.non_finite
    return TrainerState(
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


def restore(state: TrainerState, dataset: Dataset, available_memory: int | None = None) -> Trainer:
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
    accuracies = values.table("accuracies")
    every, seen = accuracies.integer("every", 1, MOST), accuracies.integer("seen", 0, MOST)
    _restore_arrays(trainer, state.arrays, iteration)
    try:
        trainer.minibatches.stream.restore(stream)
        trainer.evaluations.restore(state.arrays["accuracies"], every, seen)
    except (ValueError, TypeError, KeyError) as error:
        raise StateError(f"samples or accuracies: {error}") from error
    trainer.take_up(
        iteration=iteration,
        samples_seen=values.integer("samples_seen", 0, MOST),
        loss=values.optional("loss"),
        evaluating=values.flag("evaluating"),
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
    expected = _arrays_of(trainer)
    optimizer_arrays = {name for name in arrays if name.startswith("optimizer/")}
    needed = expected.keys() | {"accuracies"}
    if arrays.keys() - optimizer_arrays != needed - optimizer_arrays:
        names = ", ".join(sorted(needed ^ arrays.keys()))
        raise StateError(f"holds other arrays than its net has: {names[:100]}")
    for name, array in expected.items():
        found = arrays.get(name, array)
        if found.shape != array.shape or found.dtype != array.dtype:
            raise StateError(
                f"{name} is {found.dtype} {found.shape}, expected {array.dtype} {array.shape}"
            )
    for key, param in trainer.net.params.items():
        param[...] = arrays[f"params/{key}"]
    for name, layer in trainer.net.layers.items():
        for symbol, part in layer.state.items():
            part[...] = arrays[f"state/{name}/{symbol}"]
    kept = {key: _parts(arrays, f"optimizer/{key}/") for key in trainer.net.params}
    try:
        trainer.optimizer.restore(kept, trainer.net.params)
    except ValueError as error:
        raise StateError(str(error)) from error
    losses = _parts(arrays, "losses/")
    check_curves({part: array[np.newaxis] for part, array in losses.items()}, count)
    trainer.losses.restore(losses)
    trends = _parts(arrays, "trends/")
    check_curves(trends, count)
    for row, series in enumerate(trainer.trends.series.values()):
        series.restore({part: stack[row] for part, stack in trends.items()})


def _parts(arrays: Mapping[str, npt.NDArray[Any]], prefix: str) -> Arrays:
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}


def check_curves(parts: Mapping[str, npt.NDArray[Any]], most: int) -> None:
    """Refuse what no series of at most `most` finite values has; each part has a row a series."""
    capacity = parts["low"].shape[1]
    for row, (width, count) in enumerate(parts["head"].tolist()):
        is_power = 1 <= width < MOST and width.is_integer() and int(width).bit_count() == 1
        fits = count.is_integer() and 0 <= count <= min(most, width * capacity)
        if not (is_power and fits):
            raise StateError(f"a curve has buckets of {width:g} and {count:g} values")
        used = -(-int(count) // int(width))
        if not all(np.isfinite(parts[name][row, :used]).all() for name in ("mean", "low", "high")):
            raise StateError("a curve has values that are not finite")


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
