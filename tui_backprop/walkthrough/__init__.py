"""One minibatch as a tape of operations: tracing, derivations, gradient check, transcript."""

from tui_backprop.walkthrough.derivation import (
    Cell,
    CellDerivation,
    RankedTerm,
    TracedOperand,
    TracedTerm,
    derive,
)
from tui_backprop.walkthrough.full_check import NetCheck, ParameterCheck, check_all, check_pieces
from tui_backprop.walkthrough.gradient_check import (
    DEFAULT_STEP,
    STEP_SIZES,
    CellCheck,
    Kink,
    check_cell,
    error_by_step_size,
)
from tui_backprop.walkthrough.judgement import Verdict
from tui_backprop.walkthrough.summary import (
    ArraySummary,
    heat_levels,
    minimap,
    minimap_edges,
    summarize,
)
from tui_backprop.walkthrough.tape import (
    NamedArray,
    Origin,
    Phase,
    PhaseSpan,
    Prediction,
    Step,
    Tape,
)
from tui_backprop.walkthrough.trace import trace
from tui_backprop.walkthrough.transcript import transcript, worked_cell

__all__ = [
    "DEFAULT_STEP",
    "STEP_SIZES",
    "ArraySummary",
    "Cell",
    "CellCheck",
    "CellDerivation",
    "Kink",
    "NamedArray",
    "NetCheck",
    "Origin",
    "ParameterCheck",
    "Phase",
    "PhaseSpan",
    "Prediction",
    "RankedTerm",
    "Step",
    "Tape",
    "TracedOperand",
    "TracedTerm",
    "Verdict",
    "check_all",
    "check_cell",
    "check_pieces",
    "derive",
    "error_by_step_size",
    "heat_levels",
    "minimap",
    "minimap_edges",
    "summarize",
    "trace",
    "transcript",
    "worked_cell",
]
