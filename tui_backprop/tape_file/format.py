"""What reading and writing a tape have to agree upon."""

import numpy as np

from tui_backprop.walkthrough.step import Origin, Phase

FORMAT = 1
HEADER_NAME = "tape.json"

MAX_HEADER_BYTES = 2**24
MAX_ARRAYS = 100_000
"""Each takes some 100 bytes of the archive's directory, which is no larger than the header."""

MAX_STEPS = 100_000
MAX_INPUTS = 10_000
MAX_SAMPLES = 10**6
MAX_AXES = 32
MAX_TEXT = 1000

ORIGINS = {
    Origin.STEP: "step",
    Origin.MINIBATCH: "minibatch",
    Origin.PARAMETER: "parameter",
    Origin.STATE: "state",
    Origin.DRAWN: "drawn",
    Origin.CONSTANT: "constant",
    Origin.SETTING: "setting",
    Origin.AFTER_UPDATE: "after_update",
}
PHASES = {phase: phase.value for phase in Phase}

DTYPES = {
    np.dtype(name).name: np.dtype(name)
    for name in (
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64"),
    )
}
"""The types that a tape's numbers may be of, by their names."""


def array_name(number: int) -> str:
    """Return the name of the archive's member that holds an array."""
    return f"{number}.npy"
