"""The transcript: a whole tape and its gradient check as a handout for who has a calculator."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tui_backprop.check_words import OUTCOME_WORDS, net_words
from tui_backprop.nn.operation import shape_text
from tui_backprop.printable import printable
from tui_backprop.walkthrough.blocks import (
    Block,
    Formula,
    Heading,
    Item,
    Listing,
    Paragraph,
    Table,
    matrix_around,
)
from tui_backprop.walkthrough.calculation import Calculation
from tui_backprop.walkthrough.derivation import NoDerivation, derive
from tui_backprop.walkthrough.full_check import NetCheck, ParameterCheck
from tui_backprop.walkthrough.html import as_html
from tui_backprop.walkthrough.judgement import CheckVerdict
from tui_backprop.walkthrough.markdown import as_markdown
from tui_backprop.walkthrough.step import Numbers
from tui_backprop.walkthrough.subject import Related, first_subject, related
from tui_backprop.walkthrough.tape import NamedArray, Prediction, Step, Tape
from tui_backprop.walkthrough.words import disagreement_words, words

TITLE = "One minibatch, step by step"

_SHOWN_SAMPLES = 10


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which minibatch of which run a walkthrough is of, and how to come to it again.

    Args:
        iteration: the one that was traced, counted from 1.
        dataset: the data set's name.
        net_title: the net in a few words.
        hyperparameters: all of them, as texts, by what they are called on the command line.
        command: what makes the same walkthrough again.
        run: the stored run's id, empty where there is none.
        class_names: of the classes, where they are called by other than their numbers.
    """

    iteration: int
    dataset: str
    net_title: str
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    run: str = ""
    class_names: Sequence[str] = ()


def markdown_transcript(
    tape: Tape,
    check: NetCheck | None = None,
    provenance: Provenance | None = None,
    sample: int | None = None,
) -> Iterator[str]:
    """Yield the lines of the transcript as Markdown, without line ends: see `transcript`."""
    return as_markdown(transcript(tape, check, provenance, sample), Calculation(tape.dtype).number)


def html_transcript(
    tape: Tape,
    check: NetCheck | None = None,
    provenance: Provenance | None = None,
    sample: int | None = None,
) -> Iterator[str]:
    """Yield the lines of the transcript as an HTML page that stands alone: see `transcript`."""
    return as_html(
        transcript(tape, check, provenance, sample), Calculation(tape.dtype).number, TITLE
    )


def transcript(
    tape: Tape,
    check: NetCheck | None = None,
    provenance: Provenance | None = None,
    sample: int | None = None,
) -> Iterator[Block]:
    """Yield what a handout of the tape is made of. The same tape makes the same.

    Of every operation one cell is explained in words and worked out; of arrays too large to be
    shown whole, the part around that cell, or around the cells that it is made of.

    Args:
        tape: of one minibatch.
        check: a finished gradient check of the same minibatch, for the table at the end.
        provenance: which run, which iteration, by which command.
        sample: of which the cells are taken; None for the one the net gets most wrong.
    """
    calculation = Calculation(tape.dtype)
    yield Heading(1, TITLE)
    if provenance is not None:
        yield from _origin(provenance)
    yield from _samples(tape)
    if found := disagreement_words(tape):
        yield Paragraph(found)
    class_names = () if provenance is None else provenance.class_names
    shown: set[str] = set()
    for step in tape:
        yield from _step(tape, step, calculation, shown, class_names, sample)
    if tape.prediction is not None:
        yield from _prediction(tape.prediction, calculation)
    if check is not None:
        yield from _check(check)


def _origin(provenance: Provenance) -> Iterator[Block]:
    dataset, run = printable(provenance.dataset), printable(provenance.run)
    of_run = f" of run {run}" if run else ""
    yield Paragraph(
        f"Iteration {provenance.iteration:,}{of_run} on {dataset}, net {provenance.net_title}."
    )
    if provenance.command:
        yield Paragraph("Made again, to the bit, where nothing was changed on the way, by:")
        yield Formula(provenance.command)
    if provenance.hyperparameters:
        rows = tuple((key, printable(text)) for key, text in provenance.hyperparameters.items())
        yield Table(("hyperparameter", "value"), rows, frozenset({0, 1}))


def _samples(tape: Tape) -> Iterator[Block]:
    if not tape.sample_count:
        return
    yield Paragraph(
        f"The minibatch has N = {tape.sample_count:,} samples, of type {tape.dtype.name}. "
        "Samples, classes and cells are counted from 0, steps from 1."
    )
    shown = range(min(_SHOWN_SAMPLES, tape.sample_count))
    labels, wanted, y = tape.labels, tape.wanted, tape.predictions
    if labels is not None and y is not None:
        header = ["sample", "class t", "probability y of it", "most probable class"]
        rows = [_class_row(n, int(labels[n]), y[n]) for n in shown]
    elif wanted is not None and y is not None:
        header = ["sample", "t", "y"]
        rows = [(str(n), _numbers(wanted[n]), _numbers(y[n])) for n in shown]
    else:
        return
    yield Table(tuple(header), tuple(rows), frozenset())
    if tape.sample_count > _SHOWN_SAMPLES:
        yield Paragraph(f"Left out: samples {_SHOWN_SAMPLES} to {tape.sample_count - 1}.")


def _class_row(sample: int, label: int, y: Numbers) -> tuple[str, ...]:
    return str(sample), str(label), f"{y[label]:.4f}", str(y.argmax())


def _numbers(values: Numbers) -> str:
    return ", ".join(f"{value:.4g}" for value in values.ravel().tolist())


def _step(
    tape: Tape,
    step: Step,
    calculation: Calculation,
    shown: set[str],
    class_names: Sequence[str],
    sample: int | None,
) -> Iterator[Block]:
    subject = first_subject(tape, step.number, sample)
    made_of = related(tape, step.number, subject.index)
    said = words(tape, step.number, subject.index, class_names)
    output = step.output
    cell = f"{output.label}{list(subject.index) if subject.index else ''}"
    yield Heading(2, f"{step.number}/{len(tape)} {step.title} ({step.phase.value})")
    yield Formula(step.formula)
    yield Formula(step.shapes)
    yield Paragraph(said.short)
    if said.more:
        yield Paragraph(said.more)
    for named in step.inputs:
        yield from _input(named, made_of.get(named.symbol), calculation, shown)
    if output.missing:
        summary = f"; {calculation.summary(output.summary)}" if output.left_out else ""
        yield Paragraph(f"Result {output.label}, {output.missing}{summary}")
        return
    yield Paragraph(
        f"Result {output.label} {shape_text(output.array.shape)}: "
        f"{calculation.summary(output.summary)}"
    )
    window = matrix_around(output.array, subject.index)
    yield window
    if not window.left_out:
        shown.add(output.label)
    try:
        derivation = derive(tape, step.number, subject.index)
    except NoDerivation:
        return
    yield Paragraph(f"Worked out: {cell}; {subject.reason}.")
    yield Listing(calculation.derivation(derivation))


def _input(
    named: NamedArray, used: Related | None, calculation: Calculation, shown: set[str]
) -> Iterator[Block]:
    """Yield where an input comes from, and of the array what is used, if not all is shown above."""
    name = named.symbol if named.symbol == named.label else f"{named.symbol} = {named.label}"
    shape = shape_text(named.array.shape)
    origin = named.origin.value if named.step is None else f"the result of step {named.step}"
    if named.missing:
        summary = f"; {calculation.summary(named.summary)}" if named.left_out else ""
        yield Item(f"{name}: {origin}; {named.missing}{summary}")
        return
    if named.array.ndim == 0:
        yield Item(f"{name} = {calculation.number(float(named.array))}: {origin}")
        return
    if named.label in shown:
        yield Item(f"{name} {shape}: {origin}, shown above")
        return
    window = matrix_around(named.array, None if used is None else used.first)
    if not window.left_out:
        shown.add(named.label)
    yield Item(f"{name} {shape}: {origin}; {calculation.summary(named.summary)}")
    yield window


def _prediction(prediction: Prediction, calculation: Calculation) -> Iterator[Block]:
    number = calculation.number
    yield Heading(2, "What the update did")
    yield Paragraph(
        "To first order, as if it were a straight line, the loss changes by gradient times update, "
        "summed over all entries: that is what is foretold."
    )
    rows = (
        ("before the update", number(prediction.loss_before)),
        *((f"foretold change by {key}", number(change)) for key, change in prediction.changes),
        ("foretold after the update", number(prediction.loss_predicted)),
        ("after the update", number(prediction.loss_after)),
    )
    yield Table(("", "loss"), rows, frozenset({0}))


def _check(check: NetCheck) -> Iterator[Block]:
    yield Heading(2, "Gradient check")
    yield Paragraph(
        f"Central differences of the loss in float64 at h = {check.h:g}, for every entry. "
        "Errors are relative, over the entries that were compared: those where h is neither too "
        "small for the difference nor too large for the curved loss, and no kink is in the way."
    )
    yield Paragraph(f"The check says: {net_words(check)}.")
    header = (
        *("parameter", "shape", "entries", "compared", "largest error", "mean error"),
        *("worst entry", "kinks", "h too large", "round-off", "verdict"),
    )
    rows = tuple(_check_row(parameter) for parameter in check.parameters)
    yield Table(header, rows, frozenset({0, 1, 6, 10}))
    for parameter in check.parameters:
        if parameter.example_kink is not None:
            index, kink = parameter.example_kink
            yield Item(
                f"{parameter.key}{list(index)}: within ±h, unit {kink.unit} of {kink.layer}"
                f" crosses 0 for sample {kink.sample}"
            )


def _check_row(parameter: ParameterCheck) -> tuple[str, ...]:
    return (
        parameter.key,
        shape_text(parameter.shape),
        f"{parameter.entries:,}",
        f"{parameter.compared:,}",
        *_errors(parameter),
        f"{parameter.counts[CheckVerdict.KINK]:,}",
        f"{parameter.counts[CheckVerdict.CURVATURE]:,}",
        f"{parameter.counts[CheckVerdict.ROUND_OFF]:,}",
        OUTCOME_WORDS[parameter.outcome],
    )


def _errors(parameter: ParameterCheck) -> tuple[str, str, str]:
    """Return the largest error, the mean and where the largest is, if anything was compared."""
    if not parameter.compared:
        return "–", "–", "–"
    largest, mean = f"{parameter.largest_error:.2e}", f"{parameter.mean_error:.2e}"
    return largest, mean, str(list(parameter.worst.index))
