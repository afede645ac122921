"""From a tape to the bytes of its file."""

import json
import zipfile
from dataclasses import asdict
from typing import Any, BinaryIO

import numpy.lib.format as npy

from tui_backprop import __version__
from tui_backprop.runs.format.plain_values import stored_number
from tui_backprop.tape_file.format import (
    FORMAT,
    HEADER_NAME,
    MAX_ARRAYS,
    MAX_HEADER_BYTES,
    ORIGINS,
    PHASES,
    array_name,
)
from tui_backprop.walkthrough.catalogue import code_of
from tui_backprop.walkthrough.step import NamedArray, Numbers, Step
from tui_backprop.walkthrough.summary import ArraySummary
from tui_backprop.walkthrough.tape import Disagreement, Prediction, SampleFacts, Tape
from tui_backprop.walkthrough.undeclared import Undeclared


def write_tape(file: BinaryIO, tape: Tape) -> None:
    """Write a tape's file.

    Raises:
        ValueError: it has more steps than a file is read with.
        OSError: as writing does.
    """
    arrays = _Arrays()
    header = {
        "format": FORMAT,
        "program": f"tui-backprop {__version__}",
        "steps": [_step(step, arrays) for step in tape],
        "targets": None if tape.targets is None else arrays.number_of(tape.targets),
        "prediction": None if tape.prediction is None else _prediction(tape.prediction),
        "samples": _samples(tape.facts),
        "disagreement": None if tape.disagreement is None else _disagreement(tape.disagreement),
        "arrays": arrays.listed,
    }
    text = json.dumps(header, allow_nan=False, ensure_ascii=False).encode()
    if len(text) > MAX_HEADER_BYTES or len(arrays.kept) > MAX_ARRAYS:
        raise ValueError(f"a tape of {len(tape):,} steps is too long for a file")
    # As numpy.savez does, which leaves its archive open when the disk is full.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        archive.writestr(HEADER_NAME, text)
        for number, array in arrays.kept.items():
            with archive.open(array_name(number), "w", force_zip64=True) as member:
                npy.write_array(member, array, allow_pickle=False)


class _Arrays:
    """Numbers the arrays of a tape: one that stands in several places is kept once."""

    def __init__(self) -> None:
        self.listed: list[dict[str, Any]] = []
        self.kept: dict[int, Numbers] = {}
        self._numbers: dict[int, int] = {}

    def number_of(self, array: Numbers, left_out: ArraySummary | None = None) -> int:
        """Return the number of an array, which is listed now if it was not."""
        key = id(array)
        if key not in self._numbers:
            number = self._numbers[key] = len(self.listed)
            entry: dict[str, Any] = {"shape": list(array.shape), "dtype": array.dtype.name}
            if left_out is None:
                self.kept[number] = array
            else:
                entry["left_out"] = _summary(left_out)
            self.listed.append(entry)
        return self._numbers[key]


def _step(step: Step, arrays: _Arrays) -> dict[str, Any]:
    operation = step.operation
    code = operation.code if isinstance(operation, Undeclared) else code_of(operation)
    return {
        "phase": PHASES[step.phase],
        "layer": step.layer,
        "title": step.title,
        "formula": step.formula,
        "operation": code,
        "inputs": [_named(named, arrays) for named in step.inputs],
        "output": _named(step.output, arrays),
        "names": dict(step.names),
        "samplewise": step.samplewise,
    }


def _named(named: NamedArray, arrays: _Arrays) -> dict[str, Any]:
    return {
        "symbol": named.symbol,
        "label": named.label,
        "array": arrays.number_of(named.array, named.left_out),
        "origin": ORIGINS[named.origin],
        "step": named.step,
        "view": None if named.view is None else asdict(named.view),
    }


def _summary(summary: ArraySummary) -> dict[str, Any]:
    values = {name: value for name, value in asdict(summary).items() if name != "shape"}
    return {name: stored_number(value) for name, value in values.items()}


def _prediction(prediction: Prediction) -> dict[str, Any]:
    return {
        "loss_before": stored_number(prediction.loss_before),
        "loss_after": stored_number(prediction.loss_after),
        "changes": [
            {"parameter": key, "change": stored_number(change)}
            for key, change in prediction.changes
        ],
    }


def _samples(facts: SampleFacts) -> dict[str, Any]:
    return {
        "indices": list(facts.indices),
        "image_shape": None if facts.image_shape is None else list(facts.image_shape),
        "output_names": list(facts.output_names),
    }


def _disagreement(found: Disagreement) -> dict[str, Any]:
    return {
        "step": found.step,
        "cell": None if found.cell is None else list(found.cell),
        "shape": None if found.shape is None else list(found.shape),
    }
