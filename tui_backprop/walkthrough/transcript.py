"""The transcript: a whole tape and its gradient check as Markdown, to be read with a calculator."""

from collections.abc import Iterator, Sequence

from tui_backprop.check_words import OUTCOME_WORDS, net_words
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import shape_text
from tui_backprop.walkthrough.derivation import derive
from tui_backprop.walkthrough.full_check import NetCheck, ParameterCheck
from tui_backprop.walkthrough.judgement import CheckVerdict
from tui_backprop.walkthrough.markdown import MarkdownWriter
from tui_backprop.walkthrough.summary import strongest_cell
from tui_backprop.walkthrough.tape import NamedArray, Step, Tape

_SHOWN_SAMPLES = 10


def transcript(
    tape: Tape, check: NetCheck | None = None, heading: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the lines of the tape as Markdown, without line ends.

    Every array stands where it first comes up, cut if it is long; of every operation the cell of
    the largest magnitude is worked out. The same tape gives the same lines.

    Args:
        tape: of one minibatch.
        check: a finished gradient check of the same minibatch, for the table at the end.
        heading: Markdown lines to stand below the title: which run, which iteration.
    """
    writer = MarkdownWriter(tape.dtype)
    yield "# One minibatch, step by step"
    yield ""
    if heading:
        yield from heading
        yield ""
    yield from _samples(tape)
    seen: set[str] = set()
    for step in tape:
        yield from _step(tape, step, writer, seen)
    yield from _prediction(tape, writer)
    if check is not None:
        yield from _check(check)


def transcript_heading(
    iteration: int, dataset: str, layer_sizes: Sequence[int], learning_rate: float
) -> list[str]:
    """Return which minibatch of which run a walkthrough is of, for `heading`."""
    sizes = "-".join(str(size) for size in layer_sizes)
    return [f"Iteration {iteration:,} on {dataset}, net {sizes}, learning rate {learning_rate:g}."]


def _samples(tape: Tape) -> Iterator[str]:
    yield f"The minibatch has N = {tape.sample_count:,} samples, of type {tape.dtype.name}."
    yield "Samples, classes and cells are counted from 0, steps from 1."
    yield ""
    if tape.targets.ndim == 1:
        yield "| sample | class t | probability y of it | most probable class |"
        yield "|---:|---:|---:|---:|"
        for n, label in enumerate(tape.targets[:_SHOWN_SAMPLES]):
            yield f"| {n} | {label} | {tape.y[n, label]:.4f} | {tape.y[n].argmax()} |"
    else:
        yield "| sample | t | y |"
        yield "|---:|---:|---:|"
        for n, target in enumerate(tape.targets[:_SHOWN_SAMPLES]):
            yield f"| {n} | {_numbers(target)} | {_numbers(tape.y[n])} |"
    if tape.sample_count > _SHOWN_SAMPLES:
        yield ""
        yield f"Left out: samples {_SHOWN_SAMPLES} to {tape.sample_count - 1}."
    yield ""


def _numbers(values: Array) -> str:
    return ", ".join(f"{value:.4g}" for value in values.tolist())


def _step(tape: Tape, step: Step, writer: MarkdownWriter, seen: set[str]) -> Iterator[str]:
    yield f"## {step.number}/{len(tape)} {step.title} ({step.phase.value})"
    yield ""
    yield f"`{step.formula}`"
    yield ""
    yield f"`{step.shapes}`"
    yield ""
    for named in step.inputs:
        yield from _input(named, writer, seen)
    output = step.output
    yield f"Result {output.label} {shape_text(output.array.shape)}: {writer.summary(output.array)}"
    yield ""
    yield from writer.array(output.array)
    yield ""
    index = strongest_cell(output.array)
    yield f"Worked out: {output.label}{list(index) if index else ''}"
    yield ""
    yield from writer.derivation(derive(tape, step.number, index))
    yield ""


def _input(named: NamedArray, writer: MarkdownWriter, seen: set[str]) -> Iterator[str]:
    """Yield where an input comes from, and the array itself if it has not been shown before."""
    name = named.symbol if named.symbol == named.label else f"{named.symbol} = {named.label}"
    shape = shape_text(named.array.shape)
    if named.step is not None:
        yield f"- {name} {shape}: the result of step {named.step}"
        yield ""
        return
    if named.array.ndim == 0:
        yield f"- {name} = {writer.number(float(named.array))}: {named.origin.value}"
        yield ""
        return
    if named.label in seen:
        yield f"- {name} {shape}: {named.origin.value}, shown above"
        yield ""
        return
    seen.add(named.label)
    yield f"- {name} {shape}: {named.origin.value}; {writer.summary(named.array)}"
    yield ""
    yield from writer.array(named.array)
    yield ""


def _prediction(tape: Tape, writer: MarkdownWriter) -> Iterator[str]:
    prediction = tape.prediction
    yield "## What the update did"
    yield ""
    yield "To first order the loss changes by gradient times update, summed over all entries."
    yield ""
    yield "| | loss |"
    yield "|---|---:|"
    yield f"| before the update | {writer.number(prediction.loss_before)} |"
    for key, change in prediction.changes:
        yield f"| foretold change by {key} | {writer.number(change)} |"
    yield f"| foretold after the update | {writer.number(prediction.loss_predicted)} |"
    yield f"| after the update | {writer.number(prediction.loss_after)} |"
    yield ""


def _check(check: NetCheck) -> Iterator[str]:
    yield "## Gradient check"
    yield ""
    yield f"Central differences of the loss in float64 at h = {check.h:g}, for every entry."
    yield "Errors are relative, over the entries that were compared: those where h is neither too"
    yield "small for the difference nor too large for the curved loss, and no kink is in the way."
    yield ""
    yield f"The check says: {net_words(check)}."
    yield ""
    yield (
        "| parameter | shape | entries | compared | largest error | mean error | worst entry"
        " | kinks | h too large | round-off | verdict |"
    )
    yield "|---|---|---:|---:|---:|---:|---|---:|---:|---:|---|"
    for parameter in check.parameters:
        yield _check_row(parameter)
    yield ""
    for parameter in check.parameters:
        if parameter.example_kink is not None:
            index, kink = parameter.example_kink
            yield (
                f"- {parameter.key}{list(index)}: within ±h, unit {kink.unit} of {kink.layer}"
                f" crosses 0 for sample {kink.sample}"
            )


def _check_row(parameter: ParameterCheck) -> str:
    columns = [
        parameter.key,
        shape_text(parameter.shape),
        f"{parameter.entries:,}",
        f"{parameter.compared:,}",
        *_errors(parameter),
        f"{parameter.counts[CheckVerdict.KINK]:,}",
        f"{parameter.counts[CheckVerdict.CURVATURE]:,}",
        f"{parameter.counts[CheckVerdict.ROUND_OFF]:,}",
        OUTCOME_WORDS[parameter.outcome],
    ]
    return f"| {' | '.join(columns)} |"


def _errors(parameter: ParameterCheck) -> tuple[str, str, str]:
    """Return the largest error, the mean and where the largest is, if anything was compared."""
    if not parameter.compared:
        return "–", "–", "–"
    largest, mean = f"{parameter.largest_error:.2e}", f"{parameter.mean_error:.2e}"
    return largest, mean, str(list(parameter.worst.index))
