"""The steps of a tape out of its header, and what stands beside them."""

from collections.abc import Sequence
from dataclasses import replace

from tui_backprop.nn.losses.loss import Targets
from tui_backprop.nn.operation import Shape
from tui_backprop.printable import printable
from tui_backprop.runs.format.plain_values import PlainValues, StateError
from tui_backprop.tape_file.format import (
    MAX_INPUTS,
    MAX_SAMPLES,
    MAX_TEXT,
    ORIGINS,
    PHASES,
)
from tui_backprop.tape_file.header import Entries, read_shape
from tui_backprop.walkthrough.catalogue import operation_of
from tui_backprop.walkthrough.derivation import check_index
from tui_backprop.walkthrough.disagreement import difference_at
from tui_backprop.walkthrough.step import NamedArray, Numbers, Origin, Step
from tui_backprop.walkthrough.tape import Disagreement, Prediction, SampleFacts, Tape
from tui_backprop.walkthrough.undeclared import Undeclared
from tui_backprop.walkthrough.view import View

_ORIGINS = {name: origin for origin, name in ORIGINS.items()}
_PHASES = {name: phase for phase, name in PHASES.items()}


class StepReader:
    """Reads one step after the other; `steps` are those so far.

    Every method raises StateError, where a value is not such as it has to be.
    """

    def __init__(self, arrays: Sequence[Numbers], entries: Entries) -> None:
        self.steps: list[Step] = []
        self._arrays = arrays
        self._entries = entries

    def read(self, values: PlainValues) -> None:
        """Read the next step."""
        number = len(self.steps) + 1
        inputs = tuple(self._named(v, number) for v in values.tables("inputs", MAX_INPUTS))
        output = self._named(values.table("output"), number)
        if output.step != number or output.origin is not Origin.STEP:
            raise StateError(f"the output of step {number} is said to be made elsewhere")
        symbols, code = tuple(named.symbol for named in inputs), _text(values, "operation")
        if len(set(symbols)) < len(symbols):
            raise StateError(f"two inputs of step {number} have the same symbol")
        operation = operation_of(code, symbols, output.symbol)
        undeclared = Undeclared(code or "an operation", symbols, output.symbol)
        phase = values.text("phase", MAX_TEXT)
        if phase not in _PHASES:
            raise StateError(f"phase is {phase}, expected one of {', '.join(_PHASES)}")
        self.steps.append(
            Step(
                number,
                _PHASES[phase],
                _text(values, "layer"),
                _text(values, "title"),
                _text(values, "formula", undeclared.formula),
                operation or undeclared,
                inputs,
                output,
                _names(values.table("names")),
                values.flag("samplewise", default=True),
            )
        )

    def targets(self, header: PlainValues) -> Targets | None:
        """Return the targets, if there are any."""
        if not header.has("targets"):
            return None
        number = header.integer("targets", 0, len(self._arrays) - 1)
        if self._entries[number].left_out is not None or not self._arrays[number].ndim:
            raise StateError("the targets are no array of samples")
        return self._arrays[number]

    def _named(self, values: PlainValues, number: int) -> NamedArray:
        at = values.integer("array", 0, len(self._arrays) - 1)
        origin = values.text("origin", MAX_TEXT)
        if origin not in _ORIGINS:
            raise StateError(f"origin is {origin}, expected one of {', '.join(_ORIGINS)}")
        step = values.integer("step", 1, number) if values.has("step") else None
        named = NamedArray(
            _text(values, "symbol"),
            _text(values, "label"),
            self._arrays[at],
            _ORIGINS[origin],
            step,
            self._entries[at].left_out,
            _view(values, self._arrays[at].shape),
        )
        if step is not None and step < number:
            made = self.steps[step - 1].output
            shape = named.array.shape if named.view is None else named.view.shape
            if made.array.shape != shape:
                raise StateError(
                    f"{named.label} of step {number} is not of the shape that step {step} made"
                )
        return named


def _view(values: PlainValues, own: Shape) -> View | None:
    """Return where the cells of an array of this shape stood in another, if that is told."""
    if not values.has("view"):
        return None
    given = values.table("view")
    shape, strides = read_shape(given, "shape"), read_shape(given, "strides")
    view = View(shape, strides, read_shape(given, "own_strides"), given.integer("offset", 0, 2**50))
    if not view.fits(own):
        raise StateError("view: tells of cells that there are not")
    return view


def read_prediction(header: PlainValues) -> Prediction | None:
    """Return what the update did to the loss, if that is known.

    Raises:
        StateError: by a value that is not such as it has to be.
    """
    if not header.has("prediction"):
        return None
    values = header.table("prediction")
    changes = tuple(
        (_text(change, "parameter"), change.any_number("change"))
        for change in values.tables("changes", MAX_INPUTS)
    )
    return Prediction(values.any_number("loss_before"), values.any_number("loss_after"), changes)


def read_samples(header: PlainValues) -> SampleFacts:
    """Return what is known of the samples.

    Raises:
        StateError: by a value that is not such as it has to be.
    """
    values = header.table("samples")
    indices = values.items("indices", MAX_SAMPLES)
    names = values.items("output_names", MAX_SAMPLES)
    if not all(type(index) is int and 0 <= index < 2**62 for index in indices):
        raise StateError("samples.indices are no whole numbers from 0 on")
    if not all(isinstance(name, str) for name in names):
        raise StateError("samples.output_names are no texts")
    image = None
    if values.has("image_shape"):
        shape = read_shape(values, "image_shape")
        if len(shape) != 2 or not all(shape):
            raise StateError("samples.image_shape is no height and width")
        image = shape[0], shape[1]
    return SampleFacts(tuple(indices), image, tuple(printable(name, MAX_TEXT) for name in names))


def with_disagreement(header: PlainValues, tape: Tape) -> Tape:
    """Return the tape with the first step that disagrees, if what the header says of it is true.

    Raises:
        StateError: by a value that is not such as it has to be.
    """
    if not header.has("disagreement"):
        return tape
    values = header.table("disagreement")
    step = tape.step(values.integer("step", 1, len(tape)))
    found = None
    if values.has("cell"):
        cell = read_shape(values, "cell")
        try:
            check_index(step.output.label, step.output.array.shape, cell)
        except IndexError as error:
            raise StateError(f"disagreement.cell: {error}") from error
        found = difference_at(step, cell)
    elif (shape := read_shape(values, "shape")) != step.output.array.shape:
        found = Disagreement(step.number, shape=shape)
    return replace(tape, disagreement=found)


def _names(values: PlainValues) -> dict[str, str]:
    return {printable(name): _text(values, name) for name in list(values.as_dict())[:MAX_INPUTS]}


def _text(values: PlainValues, name: str, default: str | None = None) -> str:
    return printable(values.text(name, MAX_TEXT, default), MAX_TEXT)
